"""test_namespaces.py - every namespace type: new, the host's, or another's by path"""

import contextlib
import os
import re
import subprocess

import pytest

from harness.needs import needs
from harness.runtime import contents, eventually
from harness.spy import spying

pytestmark = needs("root")

# the type in config.json, its file in /proc/PID/ns, unshare(1)'s option
KINDS = {
    "pid": ("pid", "--pid"),
    "network": ("net", "--net"),
    "mount": ("mnt", "--mount"),
    "ipc": ("ipc", "--ipc"),
    "uts": ("uts", "--uts"),
    "user": ("user", "--user"),
    "cgroup": ("cgroup", "--cgroup"),
    "time": ("time", "--time"),
}
HOST_ID = 100000

FILES = {kind: file for kind, (file, _) in KINDS.items()}


def own(kind):
    return os.readlink(f"/proc/self/ns/{FILES[kind]}")


@pytest.fixture
def holder(host, coracle, payload):
    """starts a process in new namespaces of the given kinds; returns its pid"""
    with contextlib.ExitStack() as stack:
        def hold(*kinds, mount_proc=False):
            options = [KINDS[kind][1] for kind in kinds]
            options += ["--mount-proc"] if mount_proc else []
            # with these two it is unshare(1)'s child that is inside
            forks = {"pid", "time"} & set(kinds)
            options += ["--fork", "--kill-child"] if forks else []
            out, _ = coracle.output_files()
            with open(out, "wb") as file:
                popen = host.started(subprocess.Popen(["unshare", *options, payload, "sleep"],
                                                      stdin=subprocess.DEVNULL, stdout=file))
            stack.callback(popen.wait)
            stack.callback(popen.kill)
            eventually(lambda: "ready" in contents(out), "the holder of the namespaces")
            children = contents(f"/proc/{popen.pid}/task/{popen.pid}/children").split()
            pid = int(children[0]) if forks else popen.pid
            if "user" in kinds:
                for name in ("uid_map", "gid_map"):
                    with open(f"/proc/{pid}/{name}", "w", encoding="ascii") as file:
                        file.write(f"0 {HOST_ID} 65536")
            return pid
        yield hold


def namespace_file(pid, kind):
    return f"/proc/{pid}/ns/{FILES[kind]}"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "user"])
def test_a_new_one(bundle, kind):
    bundle.set_namespace(kind)
    report = bundle.report()
    assert report.namespace(FILES[kind]) != own(kind)


@pytest.mark.parametrize("kind", ["pid", "network", "ipc", "uts", "cgroup", "time", "user"])
def test_the_hosts(bundle, kind):
    bundle.unset_namespace(kind)
    if kind == "uts":
        del bundle.config["hostname"]
    if kind == "network":
        bundle.without_mounts("/sys", "/sys/fs/cgroup")  # sysfs belongs to the network namespace
    assert bundle.report().namespace(FILES[kind]) == own(kind)


def test_init_is_process_1_of_a_new_pid_namespace(bundle):
    bundle.set_namespace("pid")
    report = bundle.report()
    assert (report.pid, report.ppid) == (1, 0)
    assert report.sid == 1


def test_init_is_itself_in_the_hosts_pid_namespace(bundle):
    bundle.unset_namespace("pid")
    assert bundle.report().pid > 1


def test_a_new_network_has_loopback_up(bundle):
    bundle.set_namespace("network")
    probes = bundle.probe(("list", "/sys/class/net"), ("read", "/sys/class/net/lo/flags"))
    assert probes.data("list", "/sys/class/net") == ["lo"]
    assert int(probes.data("read", "/sys/class/net/lo/flags"), 16) & 1, "IFF_UP"


@pytest.mark.parametrize("place", [0, 3])
def test_a_sysfs_is_of_the_new_network_wherever_it_stands(bundle, place):
    mounts = bundle.config["mounts"]
    mounts.insert(place, mounts.pop([mount["destination"] for mount in mounts].index("/sys")))
    probes = bundle.probe(("list", "/sys/class/net"))
    assert probes.data("list", "/sys/class/net") == ["lo"]


@pytest.mark.parametrize("kind, options", [("tmpfs", ["bind"]), ("none", ["ro", "rbind"]), ("bind", [])])
def test_a_bind_of_its_own_network_too(bundle, kind, options):
    bundle.config["mounts"].insert(0, {"destination": "/network", "type": kind, "options": options,
                                       "source": "/proc/self/ns/net"})
    bundle.allow("/network")
    container = bundle.start()
    inode = os.stat(f"/proc/{container.pid}/root/network").st_ino
    assert f"net:[{inode}]" == os.readlink(namespace_file(container.pid, "network")) != own("network")
    container.delete("--force")


@needs("root")
def test_a_new_network_where_the_runtime_has_no_threads(bundle, coracle):
    """the kernel refuses one to a process whose children will be in another pid namespace"""
    coracle.prefix = ["unshare", "--pid"]
    bundle.unset_namespace("pid")
    bundle.without_mounts("/proc")  # of a pid namespace in which the runtime is not
    bundle.linux.pop("maskedPaths"), bundle.linux.pop("readonlyPaths")
    probes = bundle.probe(("list", "/sys/class/net"), ("read", "/sys/class/net/lo/flags"))
    assert probes.data("list", "/sys/class/net") == ["lo"]
    assert int(probes.data("read", "/sys/class/net/lo/flags"), 16) & 1, "IFF_UP"


@needs("root")
def test_a_new_network_where_the_runtimes_is_not_its_own(bundle, coracle):
    """as below an engine's user namespace that has the host's network: it can be left, not come back to"""
    coracle.prefix = ["unshare", "--user", "--map-root-user"]
    bundle.config["annotations"] = {"run.oci.keep_original_groups": "1"}  # the kernel refuses to change them
    for mount in bundle.mounts:
        mount["options"] = [option for option in mount.get("options", []) if option != "gid=5"]
    probes = bundle.probe(("list", "/sys/class/net"), ("read", "/sys/class/net/lo/flags"))
    assert probes.data("list", "/sys/class/net") == ["lo"]
    assert int(probes.data("read", "/sys/class/net/lo/flags"), 16) & 1, "IFF_UP"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("mount", "user")])
def test_joined_by_path(bundle, holder, kind):
    pid = holder(kind)
    if kind == "uts":
        del bundle.config["hostname"]
    bundle.set_namespace(kind, namespace_file(pid, kind))
    assert bundle.report().namespace(FILES[kind]) == os.readlink(namespace_file(pid, kind))


def test_a_relative_path_is_refused(bundle, holder):
    """relative to what?"""
    path = os.path.relpath(namespace_file(holder("ipc"), "ipc"))
    assert os.path.exists(path)
    bundle.set_namespace("ipc", path)
    bundle.run_fails(rf"linux\.namespaces\[\d\]\.path: '{re.escape(path)}' is not an absolute path")


def test_a_joined_pid_namespace_has_the_container_as_another_child(bundle, holder):
    pid = holder("pid", "mount", mount_proc=True)
    bundle.set_namespace("pid", namespace_file(pid, "pid"))
    report = bundle.report()
    assert report.pid > 1
    # /proc is of the joined namespace: the holder is process 1 there
    probes = bundle.probe(("read", "/proc/1/comm"))
    assert probes.data("read", "/proc/1/comm") == "payload\n"


def test_the_state_has_the_hosts_pid_of_an_init_in_a_joined_pid_namespace(bundle, holder):
    bundle.set_namespace("pid", namespace_file(holder("pid"), "pid"))
    container = bundle.start()
    assert os.readlink(f"/proc/{container.pid}/exe") == "/bin/payload"
    container.remove()


def test_a_joined_user_namespace_gives_its_ids(bundle, holder):
    pid = holder("user")
    bundle.map_ids(HOST_ID)
    del bundle.linux["uidMappings"], bundle.linux["gidMappings"]
    bundle.set_namespace("user", namespace_file(pid, "user"))
    report = bundle.report()
    assert report.namespace("user") == os.readlink(namespace_file(pid, "user"))
    assert report.uid == 0
    assert report.proc["uid_map"].split() == ["0", str(HOST_ID), "65536"]


def test_a_joined_user_namespace_and_what_it_owns(bundle, holder):
    kinds = ("user", "network", "ipc", "uts")
    pid = holder(*kinds)
    bundle.map_ids(HOST_ID)
    del bundle.linux["uidMappings"], bundle.linux["gidMappings"]
    for kind in kinds:
        bundle.set_namespace(kind, namespace_file(pid, kind))
    del bundle.config["hostname"]
    report = bundle.report()
    for kind in kinds:
        assert report.namespace(FILES[kind]) == os.readlink(namespace_file(pid, kind)), kind


def test_a_new_user_namespace_beside_a_joined_network_of_the_hosts(bundle, holder):
    """joined before the user namespace is made: afterwards there is no right to"""
    pid = holder("network")
    bundle.map_ids(HOST_ID)
    bundle.set_namespace("network", namespace_file(pid, "network"))
    bundle.without_mounts("/sys", "/sys/fs/cgroup")
    report = bundle.report()
    assert report.namespace("net") == os.readlink(namespace_file(pid, "network"))
    assert report.uid == 0


@pytest.mark.parametrize("kinds", [["mount"], ["mount", "user"], ["mount", "user", "pid", "network", "ipc", "uts"]],
                         ids="+".join)
def test_a_joined_mount_namespace_becomes_the_containers(bundle, holder, kinds):
    """its root too: what was mounted there before is gone"""
    pid = holder(*kinds)
    if "user" in kinds:
        bundle.map_ids(HOST_ID)
        del bundle.linux["uidMappings"], bundle.linux["gidMappings"]
    for kind in kinds:
        bundle.set_namespace(kind, namespace_file(pid, kind))
    if "uts" in kinds:
        del bundle.config["hostname"]
    report = bundle.report()
    for kind in kinds:
        assert report.namespace(FILES[kind]) == os.readlink(namespace_file(pid, kind)), kind
    wanted = ["/", *(entry["destination"] for entry in bundle.mounts),
              *bundle.linux["maskedPaths"], *bundle.linux["readonlyPaths"]]
    if "user" in kinds:  # where nodes are the host's
        wanted += [f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty")]
    assert {mount.destination for mount in report.mounts} <= set(wanted)


def test_all_joined_but_mount_and_user(bundle, holder):
    kinds = ("pid", "network", "ipc", "uts", "cgroup", "time")
    pid = holder(*kinds)
    del bundle.config["hostname"]
    for kind in kinds:
        bundle.set_namespace(kind, namespace_file(pid, kind))
    report = bundle.report()
    for kind in kinds:
        assert report.namespace(FILES[kind]) == os.readlink(namespace_file(pid, kind)), kind


OTHERS = ("pid", "network", "ipc", "uts", "cgroup", "time")


def prepare_user(bundle, kind, user, pid):
    """user: "new", "joined" (that of process pid), or None"""
    if kind == "uts":
        del bundle.config["hostname"]
    # these file systems belong to their namespaces' owner: nobody else may mount them
    of_the_owner = {"network": ["/sys", "/sys/fs/cgroup"], "ipc": ["/dev/mqueue"],
                    "pid": ["/proc", "/sys", "/sys/fs/cgroup"]}
    if kind in of_the_owner:
        bundle.without_mounts(*of_the_owner[kind])
        bundle.linux["maskedPaths"] = bundle.linux["readonlyPaths"] = []
    bundle.map_ids(HOST_ID)
    if user == "joined":
        bundle.set_namespace("user", namespace_file(pid, "user"))
        del bundle.linux["uidMappings"], bundle.linux["gidMappings"]


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("user", ["new", "joined"])
def test_one_of_the_hosts_beside_a_user_namespace(bundle, holder, kind, user):
    """the joined namespace belongs to the host's user namespace: joined before the other"""
    pid = holder(kind)
    prepare_user(bundle, kind, user, holder("user") if user == "joined" else None)
    bundle.set_namespace(kind, namespace_file(pid, kind))
    container = bundle.start()
    seen = os.readlink(namespace_file(container.pid, kind))
    seen_user = os.readlink(namespace_file(container.pid, "user"))
    container.remove()
    assert seen == os.readlink(namespace_file(pid, kind))
    assert seen_user != own("user")


@pytest.mark.parametrize("kind", OTHERS)
def test_one_that_the_joined_user_namespace_owns(bundle, holder, kind):
    """joined behind the user namespace: only its root may"""
    pid = holder("user", kind)
    prepare_user(bundle, kind, "joined", pid)
    bundle.set_namespace(kind, namespace_file(pid, kind))
    container = bundle.start()
    seen = {each: os.readlink(namespace_file(container.pid, each)) for each in ("user", kind)}
    container.remove()
    assert seen == {each: os.readlink(namespace_file(pid, each)) for each in ("user", kind)}


@pytest.mark.parametrize("kind", ["network", "ipc", "uts"])
def test_one_of_another_user_namespace_is_told(bundle, holder, kind):
    """two user namespaces side by side: root of one has no right to what the other owns"""
    pid = holder("user", kind)
    prepare_user(bundle, kind, "new", None)
    bundle.set_namespace(kind, namespace_file(pid, kind))
    bundle.run_fails(f"join the {kind} namespace: Operation not permitted")


def test_all_of_another_but_mount(bundle, holder):
    kinds = ("user", *OTHERS)
    pid = holder(*kinds)
    prepare_user(bundle, "uts", "joined", pid)
    for kind in kinds:
        bundle.set_namespace(kind, namespace_file(pid, kind))
    container = bundle.start()
    seen = {kind: os.readlink(namespace_file(container.pid, kind)) for kind in kinds}
    container.remove()
    assert seen == {kind: os.readlink(namespace_file(pid, kind)) for kind in kinds}


def test_all_new(bundle):
    bundle.map_ids(HOST_ID)
    for kind in KINDS:
        bundle.set_namespace(kind)
    report = bundle.report()
    for kind in KINDS:
        assert report.namespace(FILES[kind]) != own(kind), kind


def test_another_containers_namespaces(make_bundle):
    first = make_bundle("first").start()
    second = make_bundle("second")
    del second.config["hostname"]
    for kind in ("network", "ipc", "uts", "pid"):
        second.set_namespace(kind, namespace_file(first.pid, kind))
    report = second.report()
    for kind in ("network", "ipc", "uts", "pid"):
        assert report.namespace(FILES[kind]) == os.readlink(namespace_file(first.pid, kind)), kind
    first.remove()


def test_who_is_in_a_joined_pid_namespace_cannot_look_into_the_runtime(bundle, holder):
    """CVE-2016-9962, of create: until init is root of the joined user namespace it can do to the host's
    files what the host's root can"""
    pid = holder("user", "pid")
    bundle.map_ids(HOST_ID)
    del bundle.linux["uidMappings"], bundle.linux["gidMappings"]
    for kind in ("user", "pid"):
        bundle.set_namespace(kind, namespace_file(pid, kind))
    source = bundle.outside("source")
    os.mkdir(source)
    for number in range(100):  # the host's root opens the sources, which takes its time
        bundle.mount(f"/mounts/{number}", "bind", source, ["bind"])
    with spying(pid) as seen:
        for _ in range(5):
            bundle.run("exit", 0)
    assert {program for program, _ in seen} <= {"/bin/payload"}, seen


def test_time_offsets(bundle):
    bundle.set_namespace("time")
    bundle.linux["timeOffsets"] = {"monotonic": {"secs": 172800}, "boottime": {"secs": 604800}}
    report = bundle.report()
    with open("/proc/uptime", encoding="ascii") as file:
        uptime = float(file.read().split()[0])
    assert abs(report.boottime - uptime - 604800) < 10
    assert abs(report.monotonic - uptime - 172800) < 10


class TestRefused:
    def test_a_path_that_is_no_namespace(self, bundle):
        bundle.set_namespace("network", "/etc/passwd")
        bundle.run_fails(r"linux.namespaces\[\d\].*/etc/passwd")

    def test_a_path_that_is_another_kind_of_namespace(self, bundle):
        bundle.set_namespace("network", "/proc/self/ns/uts")
        bundle.run_fails(r"linux.namespaces\[\d\].*/proc/self/ns/uts")

    def test_a_path_that_is_not_there(self, bundle):
        bundle.set_namespace("ipc", "/run/no-namespace")
        bundle.run_fails("/run/no-namespace.*No such file or directory")

    def test_a_relative_path(self, bundle):
        bundle.set_namespace("ipc", "run/ipc")
        bundle.run_fails(r"linux.namespaces\[\d\].*run/ipc")

    def test_a_kind_that_stands_twice(self, bundle):
        bundle.linux["namespaces"].append({"type": "uts"})
        bundle.run_fails(r"linux.namespaces\[\d\]")

    def test_an_unknown_kind(self, bundle):
        bundle.set_namespace("colour")
        bundle.run_fails(r"linux.namespaces\[\d\].*colour")

    def test_a_hostname_without_a_uts_namespace_of_its_own(self, bundle):
        bundle.unset_namespace("uts")
        bundle.config["hostname"] = "would-rename-the-host"
        bundle.run_fails("hostname")

    def test_a_hostname_that_is_empty_is_none(self, bundle):
        bundle.unset_namespace("uts")
        bundle.config["hostname"] = bundle.config["domainname"] = ""
        assert bundle.report().hostname == os.uname().nodename

    def test_no_mount_namespace(self, bundle):
        bundle.unset_namespace("mount")
        bundle.run_fails("linux.namespaces: a container needs a mount namespace")

    def test_time_offsets_without_a_time_namespace(self, bundle):
        bundle.unset_namespace("time")
        bundle.linux["timeOffsets"] = {"boottime": {"secs": 1}}
        bundle.run_fails("timeOffsets")

    def test_time_offsets_of_a_clock_that_has_none(self, bundle):
        bundle.set_namespace("time")
        bundle.linux["timeOffsets"] = {"realtime": {"secs": 1}}
        bundle.run_fails("linux.timeOffsets: 'realtime' is no clock with an offset")

    def test_time_offsets_of_a_time_namespace_of_others(self, bundle, holder):
        bundle.set_namespace("time", namespace_file(holder("time"), "time"))
        bundle.linux["timeOffsets"] = {"boottime": {"secs": 1}}
        assert bundle.error()["path"] == "linux.timeOffsets"

    def test_mappings_without_a_user_namespace(self, bundle):
        bundle.linux["uidMappings"] = [{"containerID": 0, "hostID": HOST_ID, "size": 1}]
        bundle.run_fails("uidMappings")

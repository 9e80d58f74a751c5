"""test_cgroup.py - the container's cgroup: where, for how long, device rules, limits

Each test runs on the host's own cgroup tree; those that take `view` run once more with a pure v2
host around coracle.
"""

import contextlib
import json
import os
import re
import subprocess

import pytest

from harness.cgroup import cgroup_directory, cgroup_mount, cgroup_path, controllers
from harness.host import read
from harness.needs import has_bfq, needs
from harness.runtime import HYBRID, PURE_V2, eventually, identifiers

pytestmark = needs("root")

DEVICE = "device"


@pytest.fixture(params=["the host's", "pure v2"])
def view(request, coracle):
    if request.param == "pure v2":
        coracle.prefix = PURE_V2
    return request.param


@pytest.fixture
def own_cgroup():
    """a cgroup for tests to put theirs below"""
    path = f"/t{os.getpid()}-parent"
    os.mkdir(cgroup_mount() + path)
    yield path
    for directory, _, _ in os.walk(cgroup_mount() + path, topdown=False):
        os.rmdir(directory)


def limit(bundle, **resources):
    bundle.linux.setdefault("resources", {}).update(resources)


def test_it_is_named_after_the_container_and_goes_with_it(bundle, view):
    container = bundle.start()
    path = cgroup_path(container.pid)
    assert path == os.path.join(os.path.dirname(cgroup_path("self")), container.id)
    assert os.path.isdir(cgroup_mount() + path)
    container.remove()
    assert not os.path.exists(cgroup_mount() + path)


def test_the_program_never_runs_outside_of_it(bundle):
    """clone puts init there: what the payload forks is there too"""
    bundle.unset_namespace("pid")
    container = bundle.start(payload=["spawn", 3])
    assert len(read(f"{cgroup_directory(container.pid)}/cgroup.procs").split()) == 4
    container.remove()


@needs("program:strace")
@pytest.mark.parametrize("command", ["run", "exec"])
def test_it_is_born_there(bundle, coracle, directory, command):
    """moving a process makes the kernel stop all that fork; CLONE_INTO_CGROUP does not"""
    container = bundle.start() if command == "exec" else None
    log = os.path.join(directory, "strace")
    coracle.prefix = ["strace", "-f", "-X", "raw", "-o", log, "-e", "trace=clone3"]
    if container:
        container.exec("exit", 0)
        coracle.prefix = []
        container.remove()
    else:
        bundle.run("exit", 0)
    flags = [int(number, 16) for number in re.findall(r"clone3\(\{flags=(\w+)", read(log))]
    assert any(number & 0x200000000 for number in flags), flags


def test_the_runtime_itself_stays_where_it_was(bundle, coracle):
    before = read("/proc/self/cgroup")
    bundle.run("exit", 0)
    assert read("/proc/self/cgroup") == before


@pytest.mark.parametrize("form", ["{}", "{}/", "/{}//", "/.{}/."])
def test_a_path_from_the_root(bundle, view, form):
    path = f"/t{os.getpid()}-absolute"
    bundle.linux["cgroupsPath"] = form.format(path)
    container = bundle.start()
    assert cgroup_path(container.pid) == path
    container.remove()


def test_the_form_of_the_systemd_manager_is_a_name_without_it(bundle, view):
    """BuildKit in a dockerd whose cgroups systemd makes gives it, but does not say --systemd-cgroup"""
    name = f"system.slice:docker:t{os.getpid()}"
    bundle.linux["cgroupsPath"] = name
    container = bundle.start()
    assert cgroup_path(container.pid) == os.path.join(os.path.dirname(cgroup_path("self")), name)
    container.remove()


def test_a_deep_path(bundle, own_cgroup):
    bundle.linux["cgroupsPath"] = f"{own_cgroup}/a/b"
    container = bundle.start()
    assert cgroup_path(container.pid) == f"{own_cgroup}/a/b"
    container.remove()
    assert not os.path.exists(f"{cgroup_mount()}{own_cgroup}/a/b")


def test_what_a_failed_create_made_goes_to_the_topmost(bundle, own_cgroup):
    bundle.linux["cgroupsPath"] = f"{own_cgroup}/a/b"
    bundle.process["args"] = ["/bin/missing"]
    bundle.run_fails("/bin/missing")
    assert [name for name in os.listdir(cgroup_mount() + own_cgroup)
            if os.path.isdir(f"{cgroup_mount()}{own_cgroup}/{name}")] == []


@needs("program:strace")
def test_a_parent_that_goes_on_the_way_is_made_anew(bundle, coracle, own_cgroup, directory):
    """a create that made it, and failed, has taken it away again"""
    bundle.linux["cgroupsPath"] = f"{own_cgroup}/parent/child"
    bundle.args("exit", 0)
    log = os.path.join(directory, "strace")
    parent = f"{cgroup_mount()}{own_cgroup}/parent"
    coracle.prefix = ["strace", "-f", "-o", log, "-e", "trace=mkdirat"]
    bundle.run()
    calls = [line for line in read(log).splitlines() if "mkdirat" in line]
    number = next(n for n, line in enumerate(calls, 1) if '"child"' in line)
    os.unlink(log)
    coracle.prefix += ["-e", f"inject=mkdirat:delay_enter=2s:when={number}"]
    popen = coracle.popen("run", "--bundle", bundle.path, next(identifiers))
    coracle.prefix = []

    def is_there():
        for pid in read(f"/proc/{popen.pid}/task/{popen.pid}/children").split():
            with contextlib.suppress(OSError):
                if parent in [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]:
                    return True
        return False
    eventually(is_there, "the runtime to be in the parent")
    os.rmdir(parent)
    result = coracle.finish(popen)
    assert result.returncode == 0, str(result)
    assert read(log).count('"parent"') == 2, "nothing was made anew"


@pytest.mark.parametrize("path", ["/", "..", "/a/../b", "../../escape", "/.", ""])
def test_a_path_that_leads_astray_is_refused(bundle, path):
    bundle.linux["cgroupsPath"] = path
    error = bundle.error()
    assert "linux.cgroupsPath" in error["msg"] + error.get("path", "")


def test_a_cgroup_in_use_is_refused_and_unharmed(bundle, make_bundle, own_cgroup):
    bundle.linux["cgroupsPath"] = f"{own_cgroup}/used"
    first = bundle.start()
    second = make_bundle("second")
    second.linux["cgroupsPath"] = f"{own_cgroup}/used"
    error = second.error()
    assert error["class"] == "cgroup"
    assert f"'{own_cgroup}/used'" in error["msg"] and "in use" in error["msg"]
    assert first.status == "running"
    first.remove()


def test_a_frozen_cgroup_is_refused(bundle, own_cgroup):
    os.mkdir(f"{cgroup_mount()}{own_cgroup}/frozen")
    with open(f"{cgroup_mount()}{own_cgroup}/frozen/cgroup.freeze", "w", encoding="ascii") as file:
        file.write("1")
    bundle.linux["cgroupsPath"] = f"{own_cgroup}/frozen"
    bundle.run_fails("frozen")


class TestThreaded:
    """below a cgroup whose children are threaded, a new one takes no process unless it is, too"""

    @pytest.fixture
    def parent(self, own_cgroup):
        sibling = f"{cgroup_mount()}{own_cgroup}/sibling"
        os.mkdir(sibling)
        with open(f"{sibling}/cgroup.type", "w", encoding="ascii") as file:
            file.write("threaded")
        assert read(f"{cgroup_mount()}{own_cgroup}/cgroup.type") == "domain threaded\n"
        return own_cgroup

    def test_a_container_is_made_and_goes(self, bundle, parent):
        bundle.unset_namespace("pid")
        bundle.linux["cgroupsPath"] = f"{parent}/container"
        container = bundle.start(payload=["spawn", 2])
        assert read(f"{cgroup_directory(container.pid)}/cgroup.type") == "threaded\n"
        container.runtime("pause", container.id)
        assert container.status == "paused"
        container.runtime("resume", container.id)
        container.remove()
        assert not os.path.exists(f"{cgroup_mount()}{parent}/container")

    def test_a_signal_reaches_all(self, bundle, parent):
        bundle.unset_namespace("pid")
        bundle.linux["cgroupsPath"] = f"{parent}/container"
        container = bundle.start(payload=["spawn", 2])
        container.kill("--all", "TERM")
        container.wait_stopped()
        events = f"{cgroup_mount()}{parent}/container/cgroup.events"
        eventually(lambda: "populated 0" in read(events), "the end of all")
        container.delete()

    def test_a_limit_that_threads_cannot_have_is_refused(self, bundle, keep_controllers, parent):
        bundle.linux["cgroupsPath"] = f"{parent}/container"
        bundle.linux["resources"] = {"memory": {"limit": 64 << 20}}
        assert "'memory'" in bundle.error()["msg"]


@needs("controller:memory", "controller:pids")
class TestBusy:
    """below a cgroup with processes of its own: the kernel hands no controller on there, or makes it
    threaded, and then it is never the place of a limit of memory again"""

    @pytest.fixture
    def parent(self, own_cgroup):
        path = f"{own_cgroup}/busy"
        directory = cgroup_mount() + path
        os.mkdir(directory)
        with subprocess.Popen(["sleep", "1000"]) as process:
            with open(f"{directory}/cgroup.procs", "w", encoding="ascii") as file:
                file.write(str(process.pid))
            yield path
            process.kill()
        eventually(lambda: "populated 0" in read(f"{directory}/cgroup.events"), "its end")

    @staticmethod
    def kind(path):
        return (read(f"{cgroup_mount()}{path}/cgroup.type").strip(),
                read(f"{cgroup_mount()}{path}/cgroup.subtree_control").split())

    def test_without_limits_a_container_is_made(self, bundle, keep_controllers, parent):
        bundle.linux["cgroupsPath"] = f"{parent}/container"
        container = bundle.start()
        assert self.kind(cgroup_path(container.pid)) == ("domain", [])
        assert self.kind(parent) == ("domain", [])
        container.remove()

    def test_a_limit_that_threads_cannot_have_is_refused(self, bundle, keep_controllers, parent):
        bundle.linux["cgroupsPath"] = f"{parent}/container"
        limit(bundle, pids={"limit": 23}, memory={"limit": 64 << 20})
        error = bundle.error()
        assert f"{parent}': Device or resource busy (that cgroup has processes of its own)" in error["msg"]
        assert self.kind(parent) == ("domain", [])

    def test_one_that_they_can_have_is_kept(self, bundle, keep_controllers, parent):
        bundle.linux["cgroupsPath"] = f"{parent}/container"
        limit(bundle, pids={"limit": 23})
        container = bundle.start()
        assert read(f"{cgroup_directory(container.pid)}/pids.max") == "23\n"
        assert self.kind(parent) == ("domain threaded", ["pids"])
        container.remove()


class TestInside:
    def test_a_namespace_of_its_own_shows_only_itself(self, bundle, view):
        bundle.set_namespace("cgroup")
        assert "0::/\n" in bundle.report().proc["cgroup"]

    def test_the_mount_is_read_only_by_default(self, bundle, view):
        bundle.set_namespace("cgroup")
        bundle.without_mounts("/sys/fs/cgroup")
        bundle.mount("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "ro"],
                     point=None)
        probes = bundle.probe(("list", "/sys/fs/cgroup"), ("mkdir", "/sys/fs/cgroup/new"),
                              ("read", "/sys/fs/cgroup/cgroup.procs"))
        assert "cgroup.procs" in probes.data("list", "/sys/fs/cgroup")
        assert probes["mkdir", "/sys/fs/cgroup/new"] == "EROFS"
        assert probes.data("read", "/sys/fs/cgroup/cgroup.procs") == "1\n"

    @pytest.fixture
    def without_namespace(self, bundle):
        """a mount, with options, where there is no cgroup namespace"""
        def without_namespace(*options):
            bundle.unset_namespace("cgroup")
            bundle.without_mounts("/sys/fs/cgroup")
            bundle.mount("/sys/fs/cgroup", "cgroup", "cgroup", list(options), point=None)
        return without_namespace

    @pytest.fixture
    def writable(self, without_namespace):
        without_namespace("rw", "rrw")

    @pytest.mark.parametrize("option", ["ro", "rw"])
    def test_without_a_namespace_of_its_own_it_sees_the_hosts(self, bundle, coracle, without_namespace, option):
        """and so itself where /proc/self/cgroup says: programs look for their limits there"""
        coracle.prefix = PURE_V2
        without_namespace(option)
        path = f"/t{os.getpid()}-shown"
        bundle.linux["cgroupsPath"] = path
        probes = bundle.probe(("read", "/proc/self/cgroup"), ("read", f"/sys/fs/cgroup{path}/cgroup.procs"),
                              ("mkdir", f"/sys/fs/cgroup{path}/new"))
        assert f"0::{path}\n" in probes.data("read", "/proc/self/cgroup")
        assert probes.data("read", f"/sys/fs/cgroup{path}/cgroup.procs") == "1\n"
        assert probes["mkdir", f"/sys/fs/cgroup{path}/new"] == ("EROFS" if option == "ro" else None)

    def sees_only_itself(self, bundle, option):
        probes = bundle.probe(("read", "/sys/fs/cgroup/cgroup.procs"), ("list", "/sys/fs/cgroup/.."))
        assert probes.data("read", "/sys/fs/cgroup/cgroup.procs") == "1\n"
        assert "cgroup.procs" not in probes.data("list", "/sys/fs/cgroup/..")
        mount = bundle.report().mount("/sys/fs/cgroup")
        assert os.path.basename(mount.root).startswith(f"t{os.getpid()}-")
        assert option in mount.options

    def test_in_a_user_namespace_it_sees_only_itself(self, bundle, view, writable):
        """CVE-2023-25809: and it is read-only"""
        bundle.map_ids(100000)
        self.sees_only_itself(bundle, "ro")

    def test_in_the_runtimes_user_namespace_too(self, bundle, coracle, writable):
        """CVE-2023-25809: a user's podman gives the container no other, and the user has more cgroups"""
        coracle.prefix = [*PURE_V2, "unshare", "--user", "--map-root-user"]
        bundle.without_mounts("/dev/pts")  # whose group is not mapped
        self.sees_only_itself(bundle, "rw")

    def test_on_a_hybrid_host_it_sees_only_itself(self, bundle, coracle, writable):
        """the host's hierarchies of cgroup v1 are not there to be written"""
        coracle.prefix = HYBRID
        self.sees_only_itself(bundle, "rw")

    def test_without_a_cgroup_all_is_read_only(self, bundle, coracle, view, writable):
        """CVE-2023-25809, where the container has none and so sees the host's"""
        bundle.linux.pop("resources", None)
        coracle.global_options = ("--cgroup-manager", "disabled")
        report = bundle.report()
        mounts = [mount for mount in report.mounts if mount.destination.startswith("/sys/fs/cgroup")]
        assert mounts and all("ro" in mount.options for mount in mounts)


class TestDevices:
    """linux.resources.devices, as a program that the kernel asks for each open and mknod"""

    @pytest.fixture(autouse=True)
    def may_make_nodes(self, bundle):
        for names in bundle.process["capabilities"].values():
            if "CAP_MKNOD" not in names:
                names.append("CAP_MKNOD")
        bundle.mount("/nodes", "tmpfs", "tmpfs", ["dev"])

    def allowed(self, bundle, *devices):
        """which of "c:1:3",... may be made and opened; that most have no driver comes later"""
        names = {device: f"/nodes/{device.replace(':', '-')}:{device}" for device in devices}
        probes = bundle.probe(*((DEVICE, name) for name in names.values()))
        answers = {device: probes[DEVICE, name] for device, name in names.items()}
        assert set(answers.values()) <= {None, "ENXIO", "EPERM"}
        return [device for device, answer in answers.items() if answer != "EPERM"]

    def rules(self, bundle, *rules):
        bundle.linux["resources"] = {"devices": [dict(rule) for rule in rules]}

    NOTHING = {"allow": False, "access": "rwm"}

    def test_denied_by_default_but_for_the_usual(self, bundle, view):
        self.rules(bundle, self.NOTHING)
        assert self.allowed(bundle, "c:1:3", "c:1:5", "c:1:7", "c:1:8", "c:1:9", "c:1:1",
                            "c:1:11", "c:240:1", "b:7:0") == ["c:1:3", "c:1:5", "c:1:7", "c:1:8",
                                                              "c:1:9"]

    def test_one_is_allowed(self, bundle, view):
        self.rules(bundle, self.NOTHING,
                   {"allow": True, "type": "c", "major": 240, "minor": 1, "access": "rwm"})
        assert self.allowed(bundle, "c:240:1", "c:240:2", "c:241:1", "b:240:1") == ["c:240:1"]

    def test_a_later_rule_wins(self, bundle):
        self.rules(bundle, {"allow": True, "access": "rwm"},
                   {"allow": False, "type": "c", "major": 240, "minor": 1, "access": "rwm"})
        assert self.allowed(bundle, "c:240:1", "c:240:2", "b:240:1") == ["c:240:2", "b:240:1"]

    def test_all_minors_of_a_major(self, bundle):
        self.rules(bundle, self.NOTHING,
                   {"allow": True, "type": "c", "major": 240, "access": "rwm"})
        assert self.allowed(bundle, "c:240:1", "c:240:9", "c:241:1") == ["c:240:1", "c:240:9"]

    def test_all_of_a_type(self, bundle):
        self.rules(bundle, self.NOTHING, {"allow": True, "type": "b", "access": "rwm"})
        assert self.allowed(bundle, "b:240:1", "b:241:9", "c:240:1") == ["b:240:1", "b:241:9"]

    def test_making_alone_is_not_reading(self, bundle):
        bundle.linux["devices"] = [{"path": "/dev/made", "type": "c", "major": 240, "minor": 1,
                                    "fileMode": 0o666}]
        self.rules(bundle, self.NOTHING,
                   {"allow": True, "type": "c", "major": 240, "minor": 1, "access": "m"})
        probes = bundle.probe(("stat", "/dev/made"), ("writable", "/dev/made"))
        assert probes.data("stat", "/dev/made")["rdev"] == [240, 1]
        assert probes["writable", "/dev/made"] == "EPERM"

    def test_reading_alone_is_not_writing(self, bundle):
        bundle.linux["devices"] = [{"path": "/dev/made", "type": "c", "major": 240, "minor": 1,
                                    "fileMode": 0o666}]
        self.rules(bundle, self.NOTHING,
                   {"allow": True, "type": "c", "major": 240, "minor": 1, "access": "rm"})
        probes = bundle.probe(("read", "/dev/made"), ("writable", "/dev/made"))
        assert (probes["read", "/dev/made"], probes["writable", "/dev/made"]) == ("ENXIO", "EPERM")

    def test_without_rules_only_the_usual(self, bundle):
        """as other runtimes have it: what no rule allows is denied"""
        bundle.linux["resources"] = {}
        assert self.allowed(bundle, "c:1:3", "c:240:1", "b:7:0") == ["c:1:3"]

    def test_bad_rules_are_refused(self, bundle):
        self.rules(bundle, {"allow": True, "type": "z", "access": "rwm"})
        bundle.run_fails(r"linux.resources.devices\[0\].*type")
        self.rules(bundle, {"allow": True, "type": "c", "access": "rwx"})
        bundle.run_fails(r"linux.resources.devices\[0\].*access")


LIMITS = [
    ("memory", {"memory": {"limit": 64 << 20}}, "memory.max", str(64 << 20)),
    ("memory", {"memory": {"limit": 64 << 20, "swap": 96 << 20}}, "memory.swap.max",
     str(32 << 20)),
    ("memory", {"memory": {"reservation": 32 << 20}}, "memory.low", str(32 << 20)),
    ("pids", {"pids": {"limit": 23}}, "pids.max", "23"),
    ("cpu", {"cpu": {"quota": 50000, "period": 200000}}, "cpu.max", "50000 200000"),
    ("cpu", {"cpu": {"quota": 50000, "burst": 20000}}, "cpu.max.burst", "20000"),
    ("cpu", {"cpu": {"shares": 512}}, "cpu.weight", "59"),
    ("cpu", {"cpu": {"idle": 1}}, "cpu.idle", "1"),
    ("cpuset", {"cpu": {"cpus": "0"}}, "cpuset.cpus", "0"),
    ("cpuset", {"cpu": {"mems": "0"}}, "cpuset.mems", "0"),
    ("io", {"blockIO": {"weight": 100}}, *(("io.bfq.weight", "default 100") if has_bfq() else
                                           ("io.weight", "default 910"))),
    ("memory", {"unified": {"memory.high": str(48 << 20)}}, "memory.high", str(48 << 20)),
]


@pytest.mark.parametrize("controller, resources, file, value", LIMITS,
                         ids=[f"{name}-{file}" for name, _, file, _ in LIMITS])
def test_a_limit_is_set_or_its_controller_named(bundle, keep_controllers, controller, resources,
                                                file, value):
    limit(bundle, **resources)
    if controller not in controllers():
        error = bundle.error()
        assert error["class"] == "cgroup"
        assert f"'{controller}'" in error["msg"] and "not available" in error["msg"]
        return
    container = bundle.start()
    seen = read(f"{cgroup_directory(container.pid)}/{file}").strip()
    container.remove()
    assert seen == value


def test_the_weight_that_a_cgroup_has_anyway_needs_no_controller(bundle, keep_controllers):
    """containerd gives it to every container that asks for none"""
    limit(bundle, cpu={"shares": 1024})
    container = bundle.start()
    if "cpu" in controllers():
        assert read(f"{cgroup_directory(container.pid)}/cpu.weight").strip() == "100"
    container.remove()


@needs("controller:hugetlb")
def test_a_hugetlb_limit(bundle, keep_controllers, view):
    limit(bundle, hugepageLimits=[{"pageSize": "2MB", "limit": 4 << 20}])
    container = bundle.start()
    directory = cgroup_directory(container.pid)
    assert read(f"{directory}/hugetlb.2MB.max").strip() == str(4 << 20)
    assert read(f"{directory}/hugetlb.2MB.rsvd.max").strip() == str(4 << 20)
    container.remove()


@pytest.mark.parametrize("resources, word", [
    ({"hugepageLimits": [{"pageSize": "64kB", "limit": 1}]},
     r"linux.resources.hugepageLimits\[0\].pageSize.*64kB"),
    ({"unified": {"../escape": "1"}}, r"linux.resources.unified.*escape"),
    ({"unified": {"no.such.file": "1"}}, r"no\.such\.file"),
    ({"unified": {"cgroup.procs": "999999999"}}, r"linux.resources.unified.*cgroup.procs.*limits nothing"),
    ({"unified": {"cgroup.freeze": "1"}}, r"linux.resources.unified.*cgroup.freeze.*limits nothing"),
    ({"memory": {"limit": -5}}, "linux.resources.memory.limit"),
], ids=["page size", "a path", "no such file", "processes", "an init that never begins", "negative"])
def test_bad_limits_are_refused(bundle, keep_controllers, resources, word):
    limit(bundle, **resources)
    bundle.run_fails(word)


def test_what_cgroup_v1_alone_has_is_told(bundle):
    """docs/cgroup.md"""
    limit(bundle, memory={"kernel": 1 << 20, "kernelTCP": 1 << 20, "swappiness": 0, "disableOOMKiller": True,
                          "useHierarchy": True},
          blockIO={"leafWeight": 10, "weightDevice": [{"major": 1, "minor": 3, "leafWeight": 10}]},
          network={"classID": 1, "priorities": [{"name": "lo", "priority": 1}]})
    told = bundle.run("exit", 0).stderr.splitlines()
    places = [*(f"memory.{name}" for name in ("kernel", "kernelTCP", "swappiness", "disableOOMKiller",
                                              "useHierarchy")),
              "blockIO.leafWeight", "blockIO.weightDevice[0].leafWeight", "network.classID",
              "network.priorities"]
    assert told == [f"coracle: warning: linux.resources.{place}: ignored: cgroup v1 only" for place in places]


class TestDisabled:
    OPTIONS = ("--cgroup-manager", "disabled")

    def run(self, bundle, **keywords):
        bundle.write()
        return bundle.runtime("run", "--bundle", bundle.path, next(identifiers),
                              options=self.OPTIONS, **keywords)

    def test_no_cgroup_is_made(self, bundle):
        bundle.linux["resources"] = {}
        bundle.args("wait").write()
        identifier = next(identifiers)
        bundle.runtime("run", "--detach", "--bundle", bundle.path, identifier,
                       options=self.OPTIONS)
        pid = json.loads(bundle.runtime("state", identifier).stdout)["pid"]
        assert cgroup_path(pid) == cgroup_path(os.getpid())
        bundle.runtime("delete", "--force", identifier)
        assert cgroup_path(os.getpid())

    def test_limits_are_refused(self, bundle):
        bundle.linux["resources"] = {"pids": {"limit": 5}}
        result = self.run(bundle, check=False)
        assert result.returncode != 0 and "linux.resources" in result.stderr


def test_v1_hierarchies_alone_are_refused_in_words(bundle, coracle):
    """a host without a v2 hierarchy is not supported: the error says so"""
    coracle.prefix = ["unshare", "--mount", "--propagation", "private", "sh", "-ec",
                      'umount -R /sys/fs/cgroup; exec "$@"', "sh"]
    result = bundle.run(check=False)
    assert result.returncode != 0
    assert "cgroup v2" in result.stderr or "cgroup2" in result.stderr

"""test_rootless.py - an ordinary user's containers: his own id alone or subordinate ones, no rights

Run as root the user is made up, see harness/rootless.py; run as a user he is that one.
"""

import json
import os
import re
import subprocess

import pytest

from harness.bundle import Bundle
from harness.cgroup import cgroup_mount
from harness.host import read
from harness.needs import needs
from harness.report import Report
from harness.rootless import COUNT, User
from harness.runtime import Runtime, identifiers
from harness.spy import spying


@pytest.fixture
def user(directory):
    os.mkdir(os.path.join(directory, "user"))
    user = User(os.path.join(directory, "user"))
    user.own(directory)
    return user


@pytest.fixture
def coracle(user, directory, host, coracle):
    runtime = Runtime(user.program(coracle.binary), coracle.root, coracle.directory, host)
    runtime.prefix = user.prefix
    return runtime


@pytest.fixture
def rootless_spec(user, coracle):
    """the text of the configuration that `coracle spec --rootless` writes for the user"""
    bundle = os.path.join(user.directory, "spec")
    os.mkdir(bundle)
    user.own(bundle)
    coracle("spec", "--rootless", "--bundle", bundle)
    with open(os.path.join(bundle, "config.json"), encoding="utf-8") as file:
        return file.read()


@pytest.fixture
def bundle(directory, user, coracle, payload, rootless_spec):
    bundle = Bundle(os.path.join(directory, "one", "bundle"), coracle, payload, rootless_spec)
    user.own(os.path.dirname(bundle.path))
    bundle.root["readonly"] = False
    return bundle


@pytest.fixture
def ranges(bundle, user):
    """the container's other ids are the user's subordinate ones"""
    if user.first is None:
        pytest.skip("the user has no subordinate ids")
    for kind, own in (("uidMappings", user.uid), ("gidMappings", user.gid)):
        bundle.linux[kind] = [{"containerID": 0, "hostID": own, "size": 1},
                              {"containerID": 1, "hostID": user.first, "size": COUNT - 1}]
    return bundle


class TestHisOwnId:
    def test_it_is_root_in_the_container(self, bundle, user):
        report = bundle.report()
        assert (report.uid, report.gid) == (0, 0)
        assert report.proc["uid_map"].split() == ["0", str(user.uid), "1"]
        assert report.proc["gid_map"].split() == ["0", str(user.gid), "1"]
        assert report.proc["setgroups"].strip() == "deny"

    def test_the_network_is_the_hosts(self, bundle):
        assert bundle.report().namespace("net") == os.readlink("/proc/self/ns/net")

    def test_what_it_makes_is_the_users(self, bundle, user):
        bundle.allow("/tmp/made")
        bundle.run("probe", "create", "/tmp/made")
        status = os.stat(bundle.inside("/tmp/made"))
        assert (status.st_uid, status.st_gid) == (user.uid, user.gid)

    def test_the_usual_devices_work(self, bundle):
        probes = bundle.probe(("writable", "/dev/null"), ("read", "/dev/zero"),
                              ("stat", "/dev/tty"), ("device", "/tmp/made:c:1:3"))
        assert probes["writable", "/dev/null"] is None
        assert probes.data("stat", "/dev/tty")["rdev"] == [5, 0]
        assert probes["device", "/tmp/made:c:1:3"] == "EPERM"

    def test_the_masks_are_there(self, bundle):
        report = bundle.report()
        for path in bundle.linux["readonlyPaths"]:
            if os.path.exists(path):
                assert "ro" in report.mount(path).options, path

    def test_the_hosts_files_stay_out_of_reach(self, bundle):
        bundle.mount("/mnt", "bind", "/etc", ["rbind", "ro"])
        probes = bundle.probe(("read", "/mnt/shadow"), ("create", "/mnt/made"))
        assert probes["read", "/mnt/shadow"] == "EACCES"
        assert probes["create", "/mnt/made"] == "EROFS"

    @pytest.mark.parametrize("kind", ["uid", "gid"])
    def test_another_id_is_refused(self, bundle, kind):
        bundle.process["user"][kind] = 7
        bundle.run_fails(rf"process\.user\.{kind}: the user namespace does not map the \w+ 7")

    def test_additional_groups_are_refused(self, bundle):
        bundle.process["user"]["additionalGids"] = [7]
        bundle.run_fails(r"process\.user\.additionalGids")

    def test_its_own_group_is_no_additional_one(self, bundle):
        """podman lists it, where the image's /etc/group has it"""
        bundle.process["user"]["additionalGids"] = [0]
        assert bundle.report().gid == 0


class TestRootOfAUserNamespace:
    """as podman calls it: in a user namespace, here one of a single id, and with none in the configuration"""

    @pytest.fixture(autouse=True)
    def inside(self, coracle, bundle):
        coracle.prefix = [*coracle.prefix, "unshare", "--user", "--map-root-user"]
        bundle.unset_namespace("user")
        del bundle.linux["uidMappings"], bundle.linux["gidMappings"]

    def test_it_stays_in_it(self, bundle, user):
        report = bundle.report()
        assert (report.uid, report.gid) == (0, 0)
        assert report.proc["uid_map"].split() == ["0", str(user.uid), "1"]
        assert report.proc["setgroups"].strip() == "deny"

    def test_additional_groups_are_refused(self, bundle):
        bundle.process["user"]["additionalGids"] = [0, 7]
        bundle.run_fails(r"process\.user\.additionalGids: the user namespace denies setgroups")

    def test_exec(self, bundle, coracle):
        """from within: each call of unshare would make another, from which the kernel forbids it"""
        bundle.args("wait")
        bundle.write()
        name, options = next(identifiers), f"--root={coracle.root}"
        script = ('"$0" "$1" run --detach --bundle "$2" "$3" > /dev/null; "$0" "$1" exec "$3" /bin/payload report; '
                  'state=$?; "$0" "$1" delete --force "$3"; exit $state')
        result = subprocess.run([*coracle.prefix, "sh", "-c", script, coracle.binary, options, bundle.path, name],
                                stdout=subprocess.PIPE, timeout=60, check=True)
        report = json.loads(result.stdout)
        assert (report["uid"], report["gid"]) == (0, 0)


def test_without_a_user_namespace(bundle, user):
    """none is added behind the configuration's back: the specification names all that there are"""
    bundle.unset_namespace("user")
    del bundle.linux["uidMappings"], bundle.linux["gidMappings"]
    error = bundle.error()
    assert error["class"] == "config" and error["path"] == "linux.namespaces", error
    assert "a user namespace among them" in error["msg"]


@needs("program:newuidmap", "program:newgidmap")
class TestRanges:
    def test_the_maps_are_written(self, ranges, user):
        report = ranges.report()
        numbers = [[int(word) for word in line.split()]
                   for line in report.proc["uid_map"].splitlines()]
        assert numbers == [[0, user.uid, 1], [1, user.first, COUNT - 1]]

    def test_other_users_and_groups(self, ranges, user):
        ranges.process["user"] = {"uid": 7, "gid": 8, "additionalGids": [9, 10]}
        os.chmod(ranges.inside("/tmp"), 0o1777)
        ranges.args("probe", "create", "/tmp/made")
        ranges.allow("/tmp/made")
        ranges.run()
        status = os.stat(ranges.inside("/tmp/made"))
        assert (status.st_uid, status.st_gid) == (user.first + 6, user.first + 7)
        assert sorted(ranges.report().groups) == [9, 10]

    def test_ids_of_others_are_refused(self, ranges):
        ranges.linux["uidMappings"][1].update(hostID=1, size=10)
        error = ranges.error()
        assert "newuidmap" in error["msg"], error

    @needs("root", "file:/usr/bin/newuidmap")
    @pytest.mark.parametrize("script, message", [
        ("exec sleep 1000", "it did not end within 10 seconds"),
        ("kill -KILL $$", "killed by signal 9"),
        ("exit 3", "exit status 3"),
        ("echo why >&2; echo more >&2; exit 1", "why$"),
    ], ids=["does not end", "killed", "silent", "talks"])
    def test_a_helper_that_fails(self, ranges, coracle, script, message):
        """another, where newuidmap was"""
        helper = ranges.file("/tmp/helper", f"#!/bin/sh\n{script}\n", 0o755)
        coracle.prefix = ["unshare", "--mount", "sh", "-ec",
                          'mount --bind "$0" /usr/bin/newuidmap; exec "$@"', helper,
                          *coracle.prefix]
        ranges.run_fails(f"map the user ids by 'newuidmap': {message}", timeout=30)


class TestLifeCycle:
    def test_from_create_to_delete(self, bundle):
        container = bundle.create(payload=["wait"])
        assert container.status == "created"
        container.start()
        container.wait_output("ready")
        assert container.status == "running"
        container.kill("TERM")
        container.wait_stopped()
        container.delete()

    def test_exec(self, bundle, coracle):
        container = bundle.start()
        result = coracle("exec", container.id, "/bin/payload", "report")
        report = json.loads(result.stdout)
        assert (report["uid"], report["gid"]) == (0, 0)
        for kind, name in report["namespaces"].items():
            if kind in ("user", "mnt", "pid", "ipc", "uts", "cgroup"):
                assert name == os.readlink(f"/proc/{container.pid}/ns/{kind}"), kind
        container.remove()

    @pytest.mark.parametrize("network", [False, True])
    def test_exec_before_start(self, bundle, coracle, network):
        """the kernel lets him look into an init that executes nothing yet as little as any other"""
        if network:
            bundle.set_namespace("network")
        container = bundle.create(payload=["report"])
        report = json.loads(coracle("exec", container.id, "/bin/payload", "report").stdout)
        assert (report["uid"], report["gid"]) == (0, 0)
        assert report["pid"] != 1
        container.start()
        container.wait_stopped()
        started = json.loads(container.output())
        assert report["namespaces"] == started["namespaces"]
        container.delete()

    def test_exec_before_start_where_init_gives_nothing(self, bundle, coracle, directory):
        container = bundle.create(payload=["wait"])
        socket = os.path.join(coracle.root, container.id, "start")
        os.rename(socket, f"{socket}.away")
        coracle.fails("exec", container.id, "/bin/payload", "report", message="reach init at '.*start'")
        os.rename(f"{socket}.away", socket)
        container.remove()

    @needs("program:newuidmap")
    def test_exec_as_another_user(self, ranges, coracle):
        container = ranges.start()
        result = coracle("exec", "--user", "7:8", container.id, "/bin/payload", "report")
        report = json.loads(result.stdout)
        assert (report["uid"], report["gid"]) == (7, 8)
        container.remove()

    def test_list_says_whose_it_is(self, bundle, coracle, user):
        container = bundle.start()
        listed = json.loads(coracle("list", "--format", "json").stdout)
        assert [entry["id"] for entry in listed] == [container.id]
        assert listed[0]["owner"] in ("tester", os.environ.get("USER"), str(user.uid))
        container.remove()

    def test_force(self, bundle, coracle):
        container = bundle.start()
        container.remove()
        assert coracle.identifiers() == []


@needs("root")
@pytest.mark.parametrize("hidepid", [1, 2])
class TestHiddenProcesses:
    """proc mounted with hidepid: init, which hides until it executes the program, is not there for the user"""

    @pytest.fixture(autouse=True)
    def hidden(self, coracle, hidepid):
        coracle.prefix = ["unshare", "--mount", "--propagation", "private", "sh", "-ec",
                          f'mount -t proc -o hidepid={hidepid} proc /proc; exec "$@"', "sh", *coracle.prefix]

    def test_from_create_to_delete(self, bundle, coracle):
        container = bundle.create(payload=["wait"])
        assert container.status == "created"
        report = json.loads(coracle("exec", container.id, "/bin/payload", "report").stdout)
        assert (report["uid"], report["gid"]) == (0, 0)
        container.start()
        container.wait_output("ready")
        assert container.status == "running"
        container.kill("KILL")
        container.wait_stopped()
        container.delete()

    @pytest.mark.parametrize("end", ["kill", "delete"])
    def test_what_was_not_started(self, bundle, coracle, end):
        container = bundle.create(payload=["wait"])
        if end == "kill":
            container.kill("KILL")
            container.wait_stopped()
        container.delete()
        assert coracle.identifiers() == []

    def test_run(self, bundle, coracle):
        """the record of it is written while init still hides"""
        bundle.process["oomScoreAdj"] = 600
        pid_file = bundle.outside("pid")
        bundle.args("report")
        bundle.write()
        result = coracle("run", "--pid-file", pid_file, "--bundle", bundle.path, next(identifiers))
        os.unlink(pid_file)
        assert Report(result.stdout).proc["oom_score_adj"] == "600\n"


class TestStateDirectory:
    @pytest.fixture
    def plainly(self, coracle, user, directory):
        """calls coracle without --root"""
        runtime_directory = os.path.join(directory, "runtime")
        os.mkdir(runtime_directory, 0o700)
        user.own(runtime_directory)
        coracle.command = lambda *args, options=(): [
            *coracle.prefix, "env", f"XDG_RUNTIME_DIR={runtime_directory}", coracle.binary, *options,
            *map(str, args)]
        return runtime_directory

    def test_it_is_below_the_runtime_directory(self, bundle, coracle, plainly):
        container = bundle.start()
        assert os.listdir(os.path.join(plainly, "coracle")) == [container.id]
        assert os.stat(os.path.join(plainly, "coracle", container.id)).st_mode & 0o077 == 0
        container.remove()
        assert os.listdir(os.path.join(plainly, "coracle")) == []

    def test_the_root_of_a_user_namespace_has_it_there_too(self, coracle, plainly):
        coracle.prefix = [*coracle.prefix, "unshare", "--user", "--map-root-user"]
        text = subprocess.run([*coracle.prefix, "strace", "-e", "trace=open,openat", "env",
                               f"XDG_RUNTIME_DIR={plainly}", coracle.binary, "list"],
                              capture_output=True, text=True).stderr
        assert f'"{plainly}/coracle"' in text
        assert "/run/coracle" not in text.replace(plainly, "")

    def test_without_one_it_asks_for_it(self, bundle, coracle):
        coracle.command = lambda *args, options=(): [
            *coracle.prefix, "env", "-u", "XDG_RUNTIME_DIR", coracle.binary, *options,
            *map(str, args)]
        bundle.write()
        coracle.fails("run", "--bundle", bundle.path, next(identifiers),
                      message="--root.*XDG_RUNTIME_DIR")


class TestMounts:
    def test_sysfs_without_a_network_of_its_own_is_refused_in_words(self, bundle):
        bundle.without_mounts("/sys/fs/cgroup")
        for mount in bundle.mounts:
            if mount["destination"] == "/sys":
                mount.update(type="sysfs", source="sysfs", options=["nosuid", "noexec", "nodev"])
        error = bundle.error()
        assert "'/sys'" in error["msg"] and "network namespace of the container's own" in error["msg"], error

    def test_proc_that_would_show_what_is_hidden(self, bundle, coracle, user):
        """the kernel refuses a new proc where part of the caller's is covered"""
        if not user.is_made_up:
            pytest.skip("covering a part of /proc needs root")
        coracle.prefix = ["unshare", "--mount", "--propagation", "private", "sh", "-ec",
                          'mount -t tmpfs none /proc/sys; exec "$@"', "sh", *coracle.prefix]
        error = bundle.error()
        assert "'/proc'" in error["msg"] and "a new proc would show what" in error["msg"], error

    def test_a_tmpfs_is_the_containers(self, bundle):
        bundle.mount("/mnt", "tmpfs", options=["size=64k", "mode=700"])
        probes = bundle.probe(("create", "/mnt/made"), ("stat", "/mnt"))
        assert probes["create", "/mnt/made"] is None
        assert probes.data("stat", "/mnt")["uid"] == 0


def memory(bundle):
    bundle.linux.setdefault("resources", {})["memory"] = {"limit": 1 << 26}


class TestCgroup:
    """where the user may make none: as root's made-up user always"""

    @pytest.fixture(autouse=True)
    def undelegated(self, user):
        if not user.is_made_up:
            pytest.skip("the user may have been given cgroups")

    def test_without_one_there_is_a_warning(self, bundle):
        """which says what and why"""
        warning = bundle.run("exit", 0).stderr
        assert re.search("warning: the container gets no cgroup: make the cgroup '/.*': "
                         "(Permission denied|Read-only file system)", warning), warning

    @pytest.mark.parametrize("command", ["create", "run"])
    def test_an_error_is_not_preceded_by_it(self, bundle, coracle, command):
        """podman tells by the first words that it knows whether the program is not there or not allowed"""
        bundle.process["args"] = ["/missing"]
        bundle.write()
        result = coracle(command, "--bundle", bundle.path, next(identifiers), check=False)
        assert result.returncode != 0
        assert re.fullmatch("coracle: error: .*no such file or directory\n", result.stderr), result.stderr

    def test_what_needs_one_says_so(self, bundle, coracle):
        container = bundle.start()
        for words in (("update", "--pids-limit", "5"), ("pause",), ("events", "--stats")):
            coracle.fails(*words, container.id, message="no cgroup")
        assert container.exec("exit", 7, check=False).returncode == 7
        container.remove()

    def test_one_that_he_may_not_enter_from_where_he_is(self, bundle, user):
        """his own, but not below what he is in: the session of a login, and a container of his service manager's"""
        his = next(identifiers)
        os.mkdir(f"{cgroup_mount()}/{his}")
        try:
            user.own(f"{cgroup_mount()}/{his}")
            bundle.linux["cgroupsPath"] = f"/{his}/container"
            error = bundle.error()
        finally:
            os.rmdir(f"{cgroup_mount()}/{his}")
        assert error["class"] == "cgroup", error
        assert f"into the cgroup '/{his}/container': it takes the right to write to cgroup.procs" in error["msg"]

    def test_a_limit_that_cannot_be_kept_is_an_error(self, bundle):
        memory(bundle)
        error = bundle.error()
        assert error["class"] == "cgroup", error


def test_a_terminal(bundle):
    bundle.process["terminal"] = True
    report = Report(bundle.run("report").stdout)
    assert report.terminal["stdin"] and report.terminal["controlling"]


@needs("root")
def test_the_container_cannot_look_into_exec(bundle):
    """CVE-2016-9962: a process in between makes that which joins, and hides before it does"""
    container = bundle.start()
    with spying(container.pid) as seen:
        for _ in range(10):
            container.exec("exit", 0)
    container.remove()
    assert {program for program, _ in seen} <= {"/bin/payload"}, seen


def test_an_oom_score(bundle):
    """anybody may raise his own, but not that of a process that hides from him"""
    bundle.process["oomScoreAdj"] = 600
    assert bundle.report().proc["oom_score_adj"] == "600\n"
    container = bundle.start()
    assert read(f"/proc/{container.pid}/oom_score_adj") == "600\n"
    assert Report(container.exec("report").stdout).proc["oom_score_adj"] == "600\n"
    container.remove()


def test_an_oom_score_in_a_user_namespace_of_another(bundle, directory, user, coracle, payload, rootless_spec):
    first = bundle.start()
    joining = Bundle(os.path.join(directory, "two", "bundle"), coracle, payload, rootless_spec)
    user.own(os.path.dirname(joining.path))
    joining.root["readonly"] = False
    joining.set_namespace("user", f"/proc/{first.pid}/ns/user")
    del joining.linux["uidMappings"], joining.linux["gidMappings"]
    joining.process["oomScoreAdj"] = 600
    second = joining.start()
    assert read(f"/proc/{second.pid}/oom_score_adj") == "600\n"
    second.remove()
    first.remove()


def test_a_bind_cannot_be_added(bundle, coracle):
    """it would be the host's to make; the command says so"""
    container = bundle.start()
    mounts = bundle.outside("mounts.json")
    with open(mounts, "w", encoding="ascii") as file:
        json.dump([{"destination": "/tmp", "type": "bind", "source": "/usr", "options": ["bind"]}], file)
    os.chmod(mounts, 0o644)
    coracle.fails("mounts", "add", container.id, mounts,
                  message=r"mounts\[0\] '/tmp': a bind of the host's files takes CAP_SYS_ADMIN")
    container.remove()

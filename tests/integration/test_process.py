"""test_process.py - process.*: user, capabilities, limits, environment, directory, privileges"""

import ctypes
import errno
import json
import os
import resource
import signal
import struct
import subprocess

import pytest

from harness.host import libc
from harness.needs import needs
from harness.report import Report

ALL_SETS = ("bounding", "effective", "permitted", "inheritable", "ambient")


def set_capabilities(bundle, *names, sets=("bounding", "effective", "permitted")):
    bundle.process["capabilities"] = {kind: list(names) for kind in sets}


class TestCapabilities:
    def test_exactly_these(self, bundle):
        set_capabilities(bundle, "CAP_KILL", "CAP_NET_RAW")
        report = bundle.report()
        for kind in ("bounding", "effective", "permitted"):
            assert report.capabilities(kind) == {"CAP_KILL", "CAP_NET_RAW"}, kind

    @needs("root")
    def test_each_set_alone(self, bundle):
        bundle.process["noNewPrivileges"] = True
        bundle.process["user"] = {"uid": 1000, "gid": 1000}
        bundle.process["capabilities"] = {
            "bounding": ["CAP_KILL", "CAP_CHOWN", "CAP_FOWNER"],
            "permitted": ["CAP_KILL", "CAP_CHOWN"], "inheritable": ["CAP_KILL"],
            "effective": ["CAP_KILL"], "ambient": ["CAP_KILL"]}
        report = bundle.report()
        assert report.capabilities("bounding") == {"CAP_KILL", "CAP_CHOWN", "CAP_FOWNER"}
        # execve(2) of a program without file capabilities leaves an ordinary user the ambient ones
        for kind in ("permitted", "effective", "inheritable", "ambient"):
            assert report.capabilities(kind) == {"CAP_KILL"}, kind

    @pytest.mark.parametrize("sets", [("bounding", "permitted"), ("bounding", "inheritable"), ("bounding",)],
                             ids="+".join)
    def test_an_ambient_one_that_cannot_be_is_told(self, bundle, sets):
        """config.md: what cannot be granted is a warning"""
        bundle.process["capabilities"] = {"ambient": ["CAP_KILL", "CAP_CHOWN"],
                                          **{kind: ["CAP_KILL"] for kind in ("bounding", "permitted", "inheritable")}}
        bundle.process["capabilities"].update({kind: ["CAP_KILL", "CAP_CHOWN"] for kind in sets})
        result = bundle.run("report")
        assert result.stderr == ("coracle: warning: process.capabilities: CAP_CHOWN cannot be granted: an ambient "
                                 "one has to be permitted and inheritable\n")
        assert Report(result.stdout).capabilities("ambient") == {"CAP_KILL"}

    def test_inheritable_stays_empty_unless_asked_for(self, bundle):
        """CVE-2022-24769, CVE-2022-27650, CVE-2022-29162, CVE-2025-27612"""
        set_capabilities(bundle, "CAP_KILL")
        report = bundle.report()
        assert report.capabilities("inheritable") == report.capabilities("ambient") == set()

    def test_none(self, bundle):
        bundle.process["capabilities"] = {}
        report = bundle.report()
        assert all(report.capabilities(kind) == set() for kind in ALL_SETS)

    def test_absent_means_none(self, bundle):
        del bundle.process["capabilities"]
        assert bundle.report().capabilities("bounding") == set()

    @needs("root")
    def test_another_user_loses_them_but_the_ambient(self, bundle):
        set_capabilities(bundle, "CAP_KILL", "CAP_CHOWN")
        bundle.process["user"] = {"uid": 1000, "gid": 1000}
        assert bundle.report().capabilities("effective") == set()

    @pytest.mark.parametrize("kind", ALL_SETS)
    def test_an_unknown_name_is_refused(self, bundle, kind):
        set_capabilities(bundle, "CAP_KILL", "CAP_FLY", sets=[kind])
        error = bundle.error()
        assert error["path"] == f"process.capabilities.{kind}[1]" and "'CAP_FLY'" in error["msg"]

    def test_mknod_is_not_possible_without_it(self, bundle):
        set_capabilities(bundle, "CAP_KILL")
        probe = ("device", "/dev/shm/null:c:1:3")
        assert bundle.probe(probe)[probe] == "EPERM"


class TestUser:
    @needs("root")
    def test_ids_and_groups(self, bundle):
        bundle.process["user"] = {"uid": 1000, "gid": 2000, "additionalGids": [5, 6, 2000]}
        report = bundle.report()
        assert (report.uid, report.euid, report.gid, report.egid) == (1000, 1000, 2000, 2000)
        assert sorted(report.groups) == [5, 6, 2000]
        assert report.status["Uid"].split() == ["1000"] * 4
        assert report.status["Gid"].split() == ["2000"] * 4

    @needs("root")
    def test_no_group_of_the_caller_is_left(self, bundle):
        report = bundle.report(preexec_fn=lambda: os.setgroups([4, 24, 27]))
        assert report.groups == []

    @pytest.mark.parametrize("mask, seen", [(0o77, 0o77), (0, 0), (None, 0o22)])
    @needs("root")
    def test_umask(self, bundle, mask, seen):
        if mask is not None:
            bundle.process["user"]["umask"] = mask
        report = bundle.report(preexec_fn=lambda: os.umask(0o111))
        assert report.umask == seen

    @needs("root")
    def test_the_largest_id(self, bundle):
        bundle.process["user"] = {"uid": 4294967294, "gid": 4294967294}
        report = bundle.report()
        assert (report.uid, report.gid) == (4294967294, 4294967294)


class TestLimits:
    def test_they_are_set(self, bundle):
        bundle.process["rlimits"] = [
            {"type": "RLIMIT_NOFILE", "soft": 100, "hard": 200},
            {"type": "RLIMIT_CORE", "soft": 0, "hard": 0},
            {"type": "RLIMIT_STACK", "soft": 1 << 20, "hard": 1 << 23}]
        limits = bundle.report().rlimits
        assert limits["RLIMIT_NOFILE"] == [100, 200]
        assert limits["RLIMIT_CORE"] == [0, 0]
        assert limits["RLIMIT_STACK"] == [1 << 20, 1 << 23]

    def test_others_are_the_callers(self, bundle):
        bundle.process["rlimits"] = []
        limits = bundle.report(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE,
                                                                     (321, 654))).rlimits
        assert limits["RLIMIT_NOFILE"] == [321, 654]

    def test_infinity(self, bundle):
        infinity = 2 ** 64 - 1
        bundle.process["rlimits"] = [{"type": "RLIMIT_CPU", "soft": infinity, "hard": infinity}]
        assert bundle.report().rlimits["RLIMIT_CPU"] == [infinity, infinity]

    @pytest.mark.parametrize("limit, word", [
        ({"type": "RLIMIT_FUN", "soft": 1, "hard": 1}, r"process.rlimits\[0\].type.*RLIMIT_FUN"),
        ({"type": "RLIMIT_CORE", "soft": 2, "hard": 1}, r"process.rlimits\[0\]"),
        ({"type": "RLIMIT_CORE", "soft": -1, "hard": 1}, r"process.rlimits\[0\].soft"),
        ({"type": "RLIMIT_CORE"}, r"process.rlimits\[0\]"),
    ], ids=["unknown", "soft above hard", "negative", "incomplete"])
    def test_bad_ones_are_refused(self, bundle, limit, word):
        bundle.process["rlimits"] = [limit]
        bundle.run_fails(word)

    def test_one_that_stands_twice_is_refused(self, bundle):
        bundle.process["rlimits"] = [{"type": "RLIMIT_CORE", "soft": 0, "hard": 0}] * 2
        bundle.run_fails(r"process.rlimits\[1\]")


class TestArguments:
    def test_they_arrive_as_they_are(self, bundle):
        words = ["", "with space", "quote\"'`$(x)", "ü", "--flag", "\n"]
        seen = json.loads(bundle.run("report", *words).stdout)["args"]
        # the payload prints bytes as code points
        assert [word.encode("latin-1").decode() for word in seen] == ["report", *words]

    def test_a_bare_name_is_found_in_the_containers_path(self, bundle):
        bundle.process["args"] = ["payload", "report"]
        bundle.process["env"] = ["PATH=/nowhere:/bin"]
        assert bundle.report_as_is().argv0 == "payload"

    def test_the_hosts_path_is_of_no_matter(self, bundle):
        bundle.process["args"] = ["payload", "report"]
        bundle.process["env"] = ["PATH=/nowhere"]
        bundle.run_fails(r"executable file not found in \$PATH", env={"PATH": "/bin:/usr/bin"})

    def test_what_cannot_be_executed_is_passed_over_for_what_can(self, bundle):
        bundle.file("/first/payload", "not executable")
        os.mkdir(bundle.inside("/second"))
        os.mkdir(bundle.inside("/second/payload"))
        bundle.process["args"] = ["payload", "report"]
        bundle.process["env"] = ["PATH=/first:/second:/bin"]
        assert bundle.report_as_is().argv0 == "payload"

    def test_a_relative_path_starts_at_cwd(self, bundle):
        bundle.process["args"] = ["./payload", "report"]
        bundle.process["cwd"] = "/bin"
        assert bundle.report_as_is().argv0 == "./payload"

    def test_a_script_runs_by_its_interpreter(self, bundle):
        bundle.file("/bin/script", "#!/bin/payload report\n", 0o755)
        bundle.process["args"] = ["/bin/script", "more"]
        assert bundle.report_as_is().args == ["report", "/bin/script", "more"]


class TestEnvironment:
    def test_exactly_this(self, bundle):
        bundle.process["env"] = ["A=1", "B=two words", "EMPTY=", "EQUALS=a=b"]
        environment = bundle.report().environment
        environment.pop("HOME", None)
        assert environment == {"A": "1", "B": "two words", "EMPTY": "", "EQUALS": "a=b"}

    def test_nothing_of_the_callers(self, bundle):
        bundle.process["env"] = []
        environment = bundle.report(env={**os.environ, "SECRET": "of the host"}).environment
        assert set(environment) <= {"HOME"}

    def test_the_last_of_the_same_name_counts(self, bundle):
        bundle.process["env"] = ["A=first", "B=x", "A=last"]
        values = [entry for entry in bundle.report().env if entry.startswith("A=")]
        assert values[-1] == "A=last"


class TestDirectory:
    def test_it_is_the_current_one(self, bundle):
        os.mkdir(bundle.inside("/work"))
        bundle.process["cwd"] = "/work"
        assert bundle.report().cwd == "/work"

    def test_a_link_is_followed_inside(self, bundle):
        os.mkdir(bundle.inside("/real"))
        os.symlink("/real", bundle.inside("/work"))
        bundle.process["cwd"] = "/work"
        assert bundle.report().cwd == "/real"

    @needs("root")
    def test_one_that_only_its_user_may_enter(self, bundle):
        os.mkdir(bundle.inside("/home"), 0o700)
        os.chown(bundle.inside("/home"), 1000, 1000)
        bundle.process["user"] = {"uid": 1000, "gid": 1000}
        bundle.process["cwd"] = "/home"
        assert bundle.report().cwd == "/home"

    @needs("root")
    def test_one_that_only_root_may_enter(self, bundle):
        """it is entered before the user changes: an image's directory need not be open to its user"""
        os.mkdir(bundle.inside("/closed"), 0o700)
        bundle.process["user"] = {"uid": 1000, "gid": 1000}
        bundle.process["cwd"] = "/closed"
        assert bundle.probe(("create", "here"))["create", "here"] in ("EACCES", "EROFS")

    def test_a_missing_one_is_made(self, bundle):
        bundle.process["cwd"] = "/made/deep"
        bundle.allow("/made")
        assert bundle.report().cwd == "/made/deep"
        assert os.path.isdir(bundle.inside("/made/deep"))

    def test_a_missing_one_is_made_inside(self, bundle):
        os.symlink("/../../made-here", bundle.inside("/place"))
        bundle.process["cwd"] = "/place/deep"
        bundle.allow("/made-here")
        assert bundle.report().cwd == "/made-here/deep"
        assert not os.path.exists("/made-here")

    @needs("root")
    def test_one_in_a_mount(self, bundle):
        bundle.mount("/mnt", "bind", "/etc", ["bind", "ro"])
        bundle.process["cwd"] = "/mnt"
        assert bundle.report().cwd == "/mnt"


class TestPrivileges:
    @pytest.mark.parametrize("wanted", [True, False])
    def test_no_new_privileges(self, bundle, wanted):
        bundle.process["noNewPrivileges"] = wanted
        assert bundle.report().status["NoNewPrivs"] == str(int(wanted))

    @needs("root")
    def test_oom_score_adj(self, bundle):
        bundle.process["oomScoreAdj"] = 77
        assert bundle.report().proc["oom_score_adj"] == "77\n"

    def test_oom_score_adj_is_the_callers_when_absent(self, bundle):
        """another one than ours, and higher: a user may not lower what systemd has given him"""
        with open("/proc/self/oom_score_adj", encoding="ascii") as file:
            wanted = str(int(file.read()) + 33)

        def adjust():
            with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
                file.write(wanted)
        assert bundle.report(preexec_fn=adjust).proc["oom_score_adj"] == f"{wanted}\n"

    def test_an_impossible_oom_score_adj_is_refused(self, bundle):
        bundle.process["oomScoreAdj"] = 1001
        bundle.run_fails("process.oomScoreAdj")


def told_by(container, *command):
    """what a program of the host says of the container's first process"""
    return subprocess.run([*command, str(container.pid)], check=True, text=True,
                          capture_output=True).stdout


@needs("root", "program:chrt")
class TestScheduler:
    # whether a cgroup's processes may be realtime ones is its host's choice: in no cgroup of its own
    OPTIONS = ("--cgroup-manager", "disabled")

    @pytest.fixture
    def scheduled(self, bundle, coracle):
        """the container whose scheduler is the given object, and what chrt(1) says of it"""
        coracle.global_options = self.OPTIONS
        bundle.unset_namespace("cgroup")
        bundle.linux.pop("resources", None)
        started = []

        def scheduled(**scheduler):
            bundle.process["scheduler"] = scheduler
            started.append(bundle.start())
            return started[-1], told_by(started[-1], "chrt", "--pid")
        yield scheduled
        for container in started:
            container.remove()

    @pytest.mark.parametrize("policy", ["SCHED_OTHER", "SCHED_BATCH"])
    @pytest.mark.parametrize("nice", [None, -20, 0, 19])
    def test_policies_with_a_nice_value(self, scheduled, policy, nice):
        container, told = scheduled(policy=policy, **({} if nice is None else {"nice": nice}))
        assert f"policy: {policy}\n" in told
        assert os.getpriority(os.PRIO_PROCESS, container.pid) == (nice or 0)

    def test_idle(self, scheduled):
        """its nice value is of no effect, says the kernel"""
        _, told = scheduled(policy="SCHED_IDLE", nice=5)
        assert "policy: SCHED_IDLE\n" in told

    @pytest.mark.parametrize("policy", ["SCHED_FIFO", "SCHED_RR"])
    @pytest.mark.parametrize("priority", [1, 99])
    def test_policies_with_a_priority(self, scheduled, policy, priority):
        _, told = scheduled(policy=policy, priority=priority)
        assert f"policy: {policy}\n" in told and f"priority: {priority}\n" in told

    @pytest.mark.parametrize("flags", [[], ["SCHED_FLAG_RECLAIM", "SCHED_FLAG_DL_OVERRUN"]])
    def test_deadlines(self, scheduled, flags):
        container, told = scheduled(policy="SCHED_DEADLINE", runtime=2000000, deadline=50000000,
                                    period=100000000, flags=flags)
        assert "policy: SCHED_DEADLINE\n" in told
        assert "2000000/50000000/100000000\n" in told
        assert flags_of(container.pid) == (0x2 | 0x4 if flags else 0)

    def test_reset_on_fork(self, scheduled):
        container, told = scheduled(policy="SCHED_BATCH", flags=["SCHED_FLAG_RESET_ON_FORK"])
        assert "SCHED_BATCH|SCHED_RESET_ON_FORK\n" in told
        assert flags_of(container.pid) == 0x1

    def test_what_is_kept(self, bundle, scheduled):
        """the policy is what the runtime has already, and its nice value"""
        bundle.runtime.prefix = ["nice", "-n", "7", "chrt", "--batch", "0"]
        container, told = scheduled(policy="SCHED_OTHER", flags=["SCHED_FLAG_KEEP_POLICY",
                                                                 "SCHED_FLAG_KEEP_PARAMS"])
        assert "policy: SCHED_BATCH\n" in told
        assert os.getpriority(os.PRIO_PROCESS, container.pid) == min(os.nice(0) + 7, 19)

    @pytest.mark.parametrize("flag, clamps", [("SCHED_FLAG_UTIL_CLAMP_MIN", (0, 1024)),
                                              ("SCHED_FLAG_UTIL_CLAMP_MAX", (0, 0))])
    def test_clamps(self, bundle, scheduled, flag, clamps):
        """with the value zero, for there is no other to go with them; or what the kernel says that has none"""
        if has_clamps():
            container, _ = scheduled(policy="SCHED_OTHER", flags=[flag])
            assert clamps_of(container.pid) == clamps
            return
        bundle.process["scheduler"] = {"policy": "SCHED_OTHER", "flags": [flag]}
        error = bundle.error()
        assert error["class"] == "kernel"
        assert error["msg"].endswith("set the scheduling policy 'SCHED_OTHER': Operation not supported")

    @pytest.mark.parametrize("scheduler, path", [
        ({}, "process.scheduler.policy"),
        ({"policy": "SCHED_ISO"}, "process.scheduler.policy"),
        ({"policy": 7}, "process.scheduler.policy"),
        ({"policy": "SCHED_OTHER", "nice": 20}, "process.scheduler.nice"),
        ({"policy": "SCHED_OTHER", "nice": -21}, "process.scheduler.nice"),
        ({"policy": "SCHED_OTHER", "nice": "1"}, "process.scheduler.nice"),
        ({"policy": "SCHED_IDLE", "priority": 1}, "process.scheduler.priority"),
        ({"policy": "SCHED_FIFO"}, "process.scheduler.priority"),
        ({"policy": "SCHED_RR", "priority": 100}, "process.scheduler.priority"),
        ({"policy": "SCHED_BATCH", "runtime": 1}, "process.scheduler"),
        ({"policy": "SCHED_BATCH", "deadline": 1}, "process.scheduler"),
        ({"policy": "SCHED_BATCH", "period": 1}, "process.scheduler"),
        ({"policy": "SCHED_DEADLINE", "runtime": -1}, "process.scheduler.runtime"),
        ({"policy": "SCHED_DEADLINE", "deadline": 5000, "period": 5000}, "process.scheduler"),
        ({"policy": "SCHED_DEADLINE", "runtime": 5001, "deadline": 5000}, "process.scheduler"),
        ({"policy": "SCHED_DEADLINE", "runtime": 5000, "deadline": 5001, "period": 5000}, "process.scheduler"),
        ({"policy": "SCHED_OTHER", "flags": ["SCHED_FLAG_FAST"]}, "process.scheduler.flags[0]"),
        ({"policy": "SCHED_OTHER", "flags": "SCHED_FLAG_RECLAIM"}, "process.scheduler.flags"),
    ], ids=str)
    def test_bad_ones(self, bundle, scheduler, path):
        bundle.process["scheduler"] = scheduler
        error = bundle.error()
        assert error["class"] == "config" and error["path"] == path

    def test_what_the_kernel_refuses(self, bundle):
        bundle.process["scheduler"] = {"policy": "SCHED_DEADLINE", "runtime": 3, "deadline": 5,
                                       "period": 7}
        error = bundle.error()
        assert error["class"] == "kernel"
        assert "set the scheduling policy 'SCHED_DEADLINE'" in error["msg"]


SCHED_SETATTR, SCHED_GETATTR = {"x86_64": (314, 315), "aarch64": (274, 275)}[os.uname().machine]
# of struct sched_attr: its size, policy, flags, nice value, priority, three times of deadlines, two clamps
ATTRIBUTES = "IIQiIQQQII"


def attributes_of(pid):
    """struct sched_attr, of which no program tells all"""
    attributes = ctypes.create_string_buffer(struct.calcsize(ATTRIBUTES))
    assert libc.syscall(SCHED_GETATTR, pid, attributes, len(attributes), 0) == 0
    return struct.unpack(ATTRIBUTES, attributes)


def flags_of(pid):
    return attributes_of(pid)[2]


def clamps_of(pid):
    """the lower and the upper one; (0, 0) from a kernel that has none"""
    return attributes_of(pid)[8:]


def has_clamps():
    """asks by setting what is so anyway"""
    keep_all, clamp_max = 0x18, 0x40
    size = struct.calcsize(ATTRIBUTES)
    attributes = struct.pack(ATTRIBUTES, size, 0, keep_all | clamp_max, 0, 0, 0, 0, 0, 0, 1024)
    if libc.syscall(SCHED_SETATTR, 0, attributes, 0) == 0:
        return True
    assert ctypes.get_errno() == errno.EOPNOTSUPP
    return False


@needs("root", "program:ionice")
class TestIoPriority:
    @pytest.mark.parametrize("io_class, priority, told", [
        ("IOPRIO_CLASS_RT", 0, "realtime: prio 0\n"), ("IOPRIO_CLASS_RT", 7, "realtime: prio 7\n"),
        ("IOPRIO_CLASS_BE", 5, "best-effort: prio 5\n"), ("IOPRIO_CLASS_IDLE", 0, "idle\n")])
    def test_classes(self, bundle, io_class, priority, told):
        bundle.process["ioPriority"] = {"class": io_class, "priority": priority}
        container = bundle.start()
        try:
            assert told_by(container, "ionice", "--pid") == told
        finally:
            container.remove()

    @pytest.mark.parametrize("priority, path", [
        ({"class": "IOPRIO_CLASS_NONE", "priority": 0}, "process.ioPriority.class"),
        ({"priority": 0}, "process.ioPriority.class"),
        ({"class": "IOPRIO_CLASS_BE", "priority": 8}, "process.ioPriority.priority"),
        ({"class": "IOPRIO_CLASS_BE", "priority": -1}, "process.ioPriority.priority"),
        ({"class": "IOPRIO_CLASS_BE", "priority": "1"}, "process.ioPriority.priority")], ids=str)
    def test_bad_ones(self, bundle, priority, path):
        bundle.process["ioPriority"] = priority
        error = bundle.error()
        assert error["class"] == "config" and error["path"] == path


@needs("file:/proc/self/numa_maps")
class TestMemoryPolicy:
    @pytest.mark.parametrize("policy, told", [
        ({"mode": "MPOL_DEFAULT"}, "default"),
        ({"mode": "MPOL_LOCAL"}, "local"),
        ({"mode": "MPOL_BIND", "nodes": "0"}, "bind:0"),
        ({"mode": "MPOL_INTERLEAVE", "nodes": "0"}, "interleave:0"),
        ({"mode": "MPOL_PREFERRED", "nodes": "0"}, "prefer:0"),
        ({"mode": "MPOL_PREFERRED"}, "local"),
        ({"mode": "MPOL_PREFERRED_MANY", "nodes": "0"}, "prefer (many):0"),
        ({"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES"]}, "bind=static:0"),
        ({"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_RELATIVE_NODES"]},
         "bind=relative:0"),
        ({"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_NUMA_BALANCING"]}, "bind=balancing:0"),
        pytest.param({"mode": "MPOL_WEIGHTED_INTERLEAVE", "nodes": "0"}, "weighted interleave:0",
                     marks=needs("kernel:6.9")),
        *(pytest.param({"mode": mode, "nodes": nodes, "flags": flags}, told, marks=needs("nodes:2"))
          for mode, nodes, flags, told in [
              ("MPOL_BIND", "1", [], "bind:1"), ("MPOL_BIND", "0-1", [], "bind:0-1"),
              ("MPOL_INTERLEAVE", "1,0", [], "interleave:0-1"), ("MPOL_PREFERRED", "1", [], "prefer:1"),
              ("MPOL_PREFERRED_MANY", "0-1", [], "prefer (many):0-1"),
              ("MPOL_BIND", "1", ["MPOL_F_STATIC_NODES"], "bind=static:1"),
              ("MPOL_INTERLEAVE", "1", ["MPOL_F_RELATIVE_NODES"], "interleave=relative:1")])], ids=str)
    def test_the_programs_memory_has_it(self, bundle, policy, told):
        bundle.linux["memoryPolicy"] = policy
        probes = bundle.probe(("read", "/proc/self/numa_maps"))
        lines = probes.data("read", "/proc/self/numa_maps").splitlines()
        assert lines
        assert [line for line in lines if f"{line} ".partition(" ")[2].startswith(f"{told} ")] == lines

    @needs("nodes:2")
    def test_it_is_where_its_memory_is(self, bundle):
        """what the program has written to"""
        bundle.linux["memoryPolicy"] = {"mode": "MPOL_BIND", "nodes": "1"}
        stack = bundle.probe(("read", "/proc/self/numa_maps")).data("read", "/proc/self/numa_maps")
        line = next(line for line in stack.splitlines() if " stack " in line)
        assert " N1=" in line and " N0=" not in line

    @needs("nodes:2", "controller:cpuset")
    def test_a_node_that_the_cgroup_has_not(self, bundle):
        """of several what is left is used"""
        bundle.linux["resources"] = {"cpu": {"mems": "1"}}
        bundle.linux["memoryPolicy"] = {"mode": "MPOL_BIND", "nodes": "0"}
        error = bundle.error()
        assert error["class"] == "kernel" and "'0': none of them is there, or in the cgroup's" in error["msg"]
        bundle.linux["memoryPolicy"]["nodes"] = "0-1"
        maps = bundle.probe(("read", "/proc/self/numa_maps")).data("read", "/proc/self/numa_maps")
        assert maps and all(line.split()[1] == "bind:1" for line in maps.splitlines())

    @pytest.mark.parametrize("policy, path", [
        ({}, "linux.memoryPolicy.mode"),
        ({"mode": "MPOL_RANDOM"}, "linux.memoryPolicy.mode"),
        ({"mode": "MPOL_BIND"}, "linux.memoryPolicy.nodes"),
        ({"mode": "MPOL_LOCAL", "nodes": "0"}, "linux.memoryPolicy.nodes"),
        ({"mode": "MPOL_BIND", "nodes": "3-1"}, "linux.memoryPolicy.nodes"),
        ({"mode": "MPOL_BIND", "nodes": "x"}, "linux.memoryPolicy.nodes"),
        ({"mode": "MPOL_BIND", "nodes": "9999"}, "linux.memoryPolicy.nodes"),
        ({"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_MOVE"]},
         "linux.memoryPolicy.flags[0]"),
        ({"mode": "MPOL_BIND", "nodes": "0",
          "flags": ["MPOL_F_STATIC_NODES", "MPOL_F_RELATIVE_NODES"]}, "linux.memoryPolicy.flags"),
    ], ids=str)
    def test_bad_ones(self, bundle, policy, path):
        bundle.linux["memoryPolicy"] = policy
        error = bundle.error()
        assert error["class"] == "config" and error["path"] == path


def test_a_command_line_is_windows(bundle):
    bundle.process["commandLine"] = "no such program"
    bundle.run("exit", 0)


def own_session_keyring():
    """as the payload tells the container's"""
    KEYCTL_DESCRIBE, KEY_SPEC_SESSION_KEYRING = 6, -3
    buffer = ctypes.create_string_buffer(256)
    number = {"x86_64": 250, "aarch64": 219}[os.uname().machine]
    assert libc.syscall(number, KEYCTL_DESCRIBE, KEY_SPEC_SESSION_KEYRING, buffer, len(buffer)) > 0
    return buffer.value.decode()


class TestWhatIsNotInherited:
    """The container starts clean, whatever state the runtime was called in."""

    def test_signals(self, bundle):
        ignored = (signal.SIGUSR1, signal.SIGRTMIN, signal.SIGRTMIN + 3, signal.SIGRTMAX)

        def ignore_and_block():
            for number in ignored:
                signal.signal(number, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
        status = bundle.report(preexec_fn=ignore_and_block).status
        assert int(status["SigBlk"], 16) == 0
        assert [number for number in ignored if int(status["SigIgn"], 16) & 1 << number - 1] == []

    @needs("root", "program:strace")
    def test_signals_that_the_runtimes_thread_is_late_to_tell(self, bundle, coracle, directory):
        """it asks for them when it has sent the network, while init goes on"""
        coracle.prefix = ["strace", "-f", "-o", os.path.join(directory, "strace"), "-e", "trace=sendmsg",
                          "-e", "inject=sendmsg:delay_exit=200ms:when=1"]
        self.test_signals(bundle)

    def test_the_umask_of_what_is_made(self, bundle):
        """the container's user must be able to pass what the runtime makes in the root file system"""
        bundle.root["readonly"] = False
        bundle.allow("/made", "/mounted", "/file")
        bundle.process["cwd"] = "/made/cwd"
        bundle.mount("/mounted/deep", "tmpfs", "tmpfs", point=None)
        bundle.mount("/file", "bind", bundle.file("/source"), ["bind"], point=None)
        bundle.run("exit", 0, preexec_fn=lambda: os.umask(0o077))
        modes = {path: oct(os.stat(bundle.inside(path)).st_mode & 0o7777)
                 for path in ("/made", "/made/cwd", "/mounted", "/mounted/deep", "/file")}
        assert modes == {**dict.fromkeys(modes, "0o755"), "/file": "0o644"}

    def test_a_death_signal(self, bundle):
        assert bundle.report().pdeathsig == 0

    def test_descriptors(self, bundle):
        assert sorted(bundle.report().fds) == ["0", "1", "2"]

    def test_the_session_keyring(self, bundle):
        first, second = bundle.report().session_keyring, bundle.report().session_keyring
        assert len({own_session_keyring(), first, second}) == 3

    @needs("root")  # in a user namespace its owner has another number
    def test_but_where_it_is_asked_for(self, bundle):
        kept = bundle.report(options=["--no-new-keyring"]).session_keyring
        assert kept == own_session_keyring()

    def test_being_dumpable(self, bundle):
        assert bundle.report().dumpable == 1

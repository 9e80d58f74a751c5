"""test_process.py - process.*: user, capabilities, limits, environment, directory, privileges"""

import json
import os
import resource
import signal

import pytest

from harness.needs import needs

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

    def test_an_unknown_name_is_told_and_left_out(self, bundle):
        set_capabilities(bundle, "CAP_KILL", "CAP_FLY")
        result = bundle.run("report", check=False)
        assert "CAP_FLY" in result.stderr

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
        def adjust():
            with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
                file.write("33")
        assert bundle.report(preexec_fn=adjust).proc["oom_score_adj"] == "33\n"

    def test_an_impossible_oom_score_adj_is_refused(self, bundle):
        bundle.process["oomScoreAdj"] = 1001
        bundle.run_fails("process.oomScoreAdj")


class TestWhatIsNotInherited:
    """The container starts clean, whatever state the runtime was called in."""

    def test_signals(self, bundle):
        def ignore_and_block():
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
        status = bundle.report(preexec_fn=ignore_and_block).status
        assert int(status["SigBlk"], 16) == 0
        assert int(status["SigIgn"], 16) & 1 << signal.SIGUSR1 - 1 == 0

    def test_a_death_signal(self, bundle):
        assert bundle.report().pdeathsig == 0

    def test_descriptors(self, bundle):
        assert sorted(bundle.report().fds) == ["0", "1", "2"]

    def test_the_session_keyring(self, bundle):
        kept = bundle.report(options=["--no-new-keyring"]).session_keyring
        first, second = bundle.report().session_keyring, bundle.report().session_keyring
        assert len({kept, first, second}) == 3

    def test_being_dumpable(self, bundle):
        assert bundle.report().dumpable == 1

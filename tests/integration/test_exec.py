"""test_exec.py - coracle exec: one program more in a container, with what the container has"""

import contextlib
import errno
import json
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import termios

import pytest

from harness.cgroup import cgroup_directory, cgroup_path
from harness.host import read
from harness.needs import missing, needs
from harness.report import Probes, Report
from harness.runtime import contents, eventually
from harness.terminal import Terminal, listening, read_until, receive_descriptor

NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts")
PAYLOAD = "/bin/payload"


def report(container, options=(), **keywords):
    return Report(container.exec("report", options=options, **keywords).stdout)


def namespaces(pid):
    return {kind: os.readlink(f"/proc/{pid}/ns/{kind}") for kind in NAMESPACES}


def document(directory, bundle, **members):
    """a process document, as engines make it: the container's process with other args"""
    process = {**bundle.process, **members}
    path = os.path.join(directory, "process.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({name: value for name, value in process.items() if value is not None}, file)
    return path


@contextlib.contextmanager
def detached(container, directory, *options):
    """the pid of a process that `exec --detach` left.  It is our child; while nobody reaps it, the
    container's init cannot end."""
    pid_file = os.path.join(directory, "exec.pid")
    popen = container.runtime.popen("exec", "--detach", "--pid-file", pid_file, *options,
                                    container.id, PAYLOAD, "sleep")
    result = container.runtime.finish(popen)
    assert result.returncode == 0, str(result)
    pid = int(read(pid_file))
    eventually(lambda: "ready" in contents(popen.out), "the program")
    yield pid
    end(pid, signal.SIGKILL)


def end(pid, number):
    """its exit code"""
    os.kill(pid, number)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.fixture
def container(bundle):
    running = bundle.start()
    yield running
    running.remove()


class TestWhatItGets:
    def test_every_namespace_of_init(self, container, directory):
        with detached(container, directory) as pid:
            assert namespaces(pid) == namespaces(container.pid)

    @needs("root")
    def test_every_namespace_of_a_user_namespace(self, bundle, directory):
        bundle.map_ids(100000)
        bundle.set_namespace("time")
        container = bundle.start()
        with detached(container, directory) as pid:
            assert namespaces(pid) == namespaces(container.pid)
            assert read(f"/proc/{pid}/status").split("Uid:")[1].split()[0] == "100000"
        assert report(container).uid == 0
        container.remove()

    @pytest.mark.parametrize("kind", ["pid", "network", "ipc", "uts", "cgroup"])
    @needs("root")
    def test_what_the_container_shares_with_the_host_it_does_too(self, bundle, directory, kind):
        bundle.unset_namespace(kind)
        if kind == "uts":
            del bundle.config["hostname"]
        if kind == "network":
            bundle.without_mounts("/sys", "/sys/fs/cgroup")
        container = bundle.start()
        with detached(container, directory) as pid:
            assert namespaces(pid) == namespaces(container.pid)
        container.remove()

    def test_the_cgroup(self, container, directory):
        with detached(container, directory) as pid:
            assert cgroup_path(pid) == cgroup_path(container.pid)

    def test_the_root_and_its_session(self, container):
        seen = report(container)
        assert (seen.cwd, seen.hostname) == ("/", "coracle")
        assert seen.sid == seen.pid == seen.pgid
        assert seen.pid > 1

    def test_a_session_keyring_of_its_own(self, container):
        assert report(container).session_keyring != report(container).session_keyring

    def test_no_descriptor_but_the_streams(self, container):
        assert sorted(report(container).fds) == ["0", "1", "2"]

    @needs("root")
    def test_the_processes_rights(self, bundle):
        bundle.process["user"] = {"uid": 0, "gid": 5, "umask": 0o27, "additionalGids": [6, 7]}
        bundle.process["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 100, "hard": 200}]
        bundle.process["oomScoreAdj"] = 321
        bundle.process["noNewPrivileges"] = True
        bundle.process["cwd"] = "/tmp"
        bundle.process["env"] = ["A=1", "PATH=/bin"]
        bundle.process["capabilities"] = {kind: ["CAP_KILL", "CAP_CHOWN"]
                                          for kind in ("bounding", "effective", "permitted")}
        bundle.process["scheduler"] = {"policy": "SCHED_BATCH", "nice": 3}
        bundle.linux["personality"] = {"domain": "LINUX32"}
        container = bundle.start()
        first, second = Report(bundle.run("report").stdout), report(container)
        for member in ("uid", "gid", "groups", "umask", "cwd", "rlimits", "environment",
                       "hostname", "personality"):
            assert getattr(second, member) == getattr(first, member), member
        for kind in ("bounding", "effective", "permitted", "inheritable", "ambient"):
            assert second.capabilities(kind) == first.capabilities(kind), kind
        assert second.status["NoNewPrivs"] == "1" and second.personality & 0xff == 8
        probe = Probes(container.exec("probe", "read", "/proc/self/oom_score_adj").stdout)
        assert probe.data("read", "/proc/self/oom_score_adj").strip() == "321"
        container.remove()

    def test_the_seccomp_filter(self, bundle):
        bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
            {"names": ["getpriority"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}
        for no_new_privileges in (True, False):
            bundle.process["noNewPrivileges"] = no_new_privileges
            container = bundle.start()
            assert container.exec("syscall", "getpriority", 0, 0).stdout == "EOPNOTSUPP\n"
            container.remove()

    def test_descriptors_of_a_service_manager(self, container):
        read_end, write_end = os.pipe()

        def activate():
            os.dup2(read_end, 3)
            os.environ["LISTEN_PID"] = str(os.getpid())
            os.environ["LISTEN_FDS"] = "1"
        seen = report(container, preexec_fn=activate, close_fds=False)
        os.close(read_end)
        os.close(write_end)
        assert seen.environment["LISTEN_FDS"] == "1"
        assert seen.environment["LISTEN_PID"] == str(seen.pid)
        assert "3" in seen.fds


@needs("root")
class TestWithoutPrivileges:
    @pytest.fixture
    def container(self, bundle, coracle):
        """of a user who is no one's root but in a user namespace"""
        coracle.prefix = ["setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups"]
        os.makedirs(coracle.root)
        os.chown(coracle.root, 1000, 1000)
        bundle.map_ids(1000, size=1)
        bundle.linux.pop("resources", None)
        for mount in bundle.mounts:
            mount["options"] = [option for option in mount.get("options", ())
                                if not option.startswith("gid=")]
        running = bundle.start()
        yield running
        running.remove()

    def test_every_namespace_of_init(self, container, directory):
        os.chown(directory, 1000, 1000)  # for the pid file
        with detached(container, directory) as pid:
            assert namespaces(pid) == namespaces(container.pid)

    def test_root_there_and_no_groups(self, container):
        seen = report(container)
        assert (seen.uid, seen.gid, seen.hostname) == (0, 0, "coracle")
        assert seen.proc["uid_map"].split() == ["0", "1000", "1"]

    def test_groups_cannot_be_had(self, container):
        container.exec_fails("process.user.additionalGids", "report", options=["-g", "5"])

    def test_status(self, container):
        assert container.exec("exit", 9, check=False).returncode == 9


class TestOptions:
    @pytest.mark.parametrize("options, seen", [
        (["--user", "5"], (5, 0)), (["-u", "5:6"], (5, 6)), (["-u0:6"], (0, 6)),
        (["--user=4294967294:4294967294"], (4294967294, 4294967294))])
    @needs("root")
    def test_user(self, container, options, seen):
        found = report(container, options)
        assert (found.uid, found.gid) == seen

    @pytest.mark.parametrize("user", ["1x", "x", "-1", "+1", " 1", "1:", ":1", "1:2:3", "0x1",
                                      "4294967295", "99999999999999999999", "root", "1:x"])
    def test_a_user_is_a_number_and_nothing_else(self, container, user):
        """CVE-2026-30892: `-u 1` was read as the user 0"""
        result = container.exec_fails(r"option '--user'", "report", options=["--user=" + user])
        assert result.stdout == ""

    @needs("root")
    def test_groups(self, container):
        assert report(container, ["-g", "7", "--additional-gids", "8"]).groups == [7, 8]
        container.exec_fails("option '--additional-gids': '7x'", "report", options=["-g", "7x"])

    def test_cwd(self, container):
        assert report(container, ["--cwd", "/tmp"]).cwd == "/tmp"
        container.exec_fails("process.cwd: 'tmp' is not an absolute path", "report",
                             options=["--cwd", "tmp"])
        container.exec_fails("process.cwd: enter '/nowhere'", "report",
                             options=["--cwd", "/nowhere"])

    @needs("root")
    def test_a_cwd_that_only_root_may_enter(self, bundle):
        """as for the container's program: it is entered before the user changes"""
        os.mkdir(bundle.inside("/closed"), 0o700)
        container = bundle.start()
        words = ["--cwd", "/closed", "--user", "1000:1000"]
        output = container.exec("probe", "create", "here", options=words).stdout
        assert Probes(output)["create", "here"] in ("EACCES", "EROFS")
        container.remove()

    @needs("root")
    def test_a_cwd_that_root_of_a_user_namespace_may_not_enter(self, bundle):
        """of somebody who is nobody there, and the user's by its group: it is entered when the user has changed"""
        bundle.map_ids(100000)
        os.mkdir(bundle.inside("/group"), 0o750)
        os.chown(bundle.inside("/group"), 7, 101000)
        bundle.process["user"] = {"uid": 1000, "gid": 1000}
        bundle.process["cwd"] = "/group"
        assert bundle.report().cwd == "/group"
        container = bundle.start()
        assert report(container).cwd == "/group"
        container.exec_fails("process.cwd: enter '/group': Permission denied", "report", options=["--user", "5:5"])
        container.remove()

    def test_environment(self, bundle):
        bundle.process["env"] = ["PATH=/bin", "A=container", "AB=other"]
        container = bundle.start()
        seen = report(container, ["-e", "A=mine", "--env", "C=two words", "-e", "D="])
        assert seen.env == ["PATH=/bin", "A=mine", "AB=other", "C=two words", "D=", "HOME=/"]
        for wrong in ("A", "=1"):
            container.exec_fails(f"option '--env': '{wrong}'", "report", options=["-e", wrong])
        container.remove()

    @needs("root")
    def test_home_is_the_users(self, bundle):
        bundle.file("/etc/passwd", "root:x:0:0::/root:/bin/sh\nu:x:5:5::/home/u:/bin/sh\n")
        container = bundle.start()
        assert report(container, ["-u", "5"]).environment["HOME"] == "/home/u"
        container.remove()

    @needs("root")
    def test_home_is_looked_up_before_the_limits_are_set(self, bundle):
        """where no descriptor more may be opened, /etc/passwd could not be read"""
        bundle.file("/etc/passwd", "root:x:0:0::/root:/bin/sh\n")
        bundle.process["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 3, "hard": 3}]
        assert Report(bundle.run("report").stdout).environment["HOME"] == "/root"
        container = bundle.start()
        assert report(container).environment["HOME"] == "/root"
        container.remove()

    def test_capabilities(self, bundle):
        """CVE-2022-29162: what is added is never inheritable"""
        bundle.process["capabilities"] = {"bounding": ["CAP_KILL"], "effective": ["CAP_KILL"],
                                          "permitted": ["CAP_KILL"]}
        container = bundle.start()
        seen = report(container, ["--cap", "CAP_SYS_ADMIN", "-c", "CAP_CHOWN"])
        for kind in ("bounding", "effective", "permitted"):
            assert seen.capabilities(kind) == {"CAP_KILL", "CAP_SYS_ADMIN", "CAP_CHOWN"}, kind
        assert seen.capabilities("inheritable") == seen.capabilities("ambient") == set()
        container.exec_fails("option '--cap': unknown capability 'CAP_FLY'", "report",
                             options=["--cap", "CAP_FLY"])
        container.remove()

    @pytest.mark.parametrize("kind", ["bounding", "effective", "permitted", "inheritable", "ambient"])
    def test_unknown_ones_of_a_document(self, bundle, container, directory, kind):
        path = document(directory, bundle, args=[PAYLOAD, "report"], capabilities={kind: ["CAP_KILL", "CAP_FLY"]})
        error = container.runtime.error("exec", "--process", path, container.id)
        assert error["path"] == f"process.capabilities.{kind}[1]" and "'CAP_FLY'" in error["msg"]

    @needs("root")
    def test_capabilities_of_another_user_are_ambient_where_the_container_has_inheritable(
            self, bundle):
        bundle.process["capabilities"] = {
            kind: ["CAP_KILL"] for kind in ("bounding", "effective", "permitted", "inheritable")}
        container = bundle.start()
        seen = report(container, ["-u", "5", "--cap", "CAP_KILL"])
        assert seen.capabilities("effective") == {"CAP_KILL"}
        container.remove()

    def test_no_new_privileges(self, bundle):
        bundle.process["noNewPrivileges"] = False
        container = bundle.start()
        assert report(container).status["NoNewPrivs"] == "0"
        assert report(container, ["--no-new-privs"]).status["NoNewPrivs"] == "1"
        container.remove()

    @pytest.mark.parametrize("option, field", [("--apparmor", "apparmorProfile"),
                                               ("--process-label", "selinuxLabel")])
    def test_labels_that_nobody_enforces_are_refused(self, container, option, field):
        container.exec_fails(f"process.{field}", "report", options=[option, "some:label"])

    def test_preserved_descriptors(self, container):
        read_end, write_end = os.pipe()
        seen = report(container, ["--preserve-fds", "1"], preexec_fn=lambda: os.dup2(read_end, 3),
                      close_fds=False)
        os.close(read_end)
        os.close(write_end)
        assert sorted(seen.fds) == ["0", "1", "2", "3"]

    def test_a_preserved_descriptor_must_be_there(self, container):
        container.exec_fails("3 is not open", "report", options=["--preserve-fds", "1"])

    @needs("root")
    def test_options_end_with_the_program(self, container):
        seen = Report(container.runtime("exec", "-u", "5", container.id, "-e", "A=b", PAYLOAD,
                                        "report", "-u", "--", "--env", "-d").stdout)
        assert seen.args == ["report", "-u", "--", "--env", "-d"]
        assert (seen.uid, seen.environment["A"]) == (5, "b")

    def test_a_double_dash_ends_them_too(self, container):
        seen = Report(container.runtime("exec", container.id, "--", PAYLOAD, "report").stdout)
        assert seen.args == ["report"]

    @pytest.mark.parametrize("args, message", [
        ([], "needs a program"), (["--process", "/nowhere", "x"], "which one"),
        (["--process", "/nowhere"], "open the process '/nowhere': No such file"),
        (["--fly", "x"], "unknown option '--fly'")])
    def test_bad_command_lines(self, container, args, message):
        result = container.runtime("exec", container.id, *args, check=False)
        assert result.returncode == 255
        assert message in result.stderr


class TestDocument:
    @needs("root")
    def test_as_engines_call_it(self, bundle, container, directory):
        path = document(directory, bundle, args=[PAYLOAD, "report"], cwd="/tmp",
                        user={"uid": 5, "gid": 6, "additionalGids": [7]}, env=["ONLY=this"],
                        capabilities={"bounding": ["CAP_KILL"]}, noNewPrivileges=True,
                        rlimits=[{"type": "RLIMIT_NOFILE", "soft": 10, "hard": 20}])
        seen = Report(container.runtime("exec", "--process", path, container.id).stdout)
        assert (seen.uid, seen.gid, seen.groups, seen.cwd) == (5, 6, [7], "/tmp")
        assert seen.env == ["ONLY=this", "HOME=/"]
        assert seen.capabilities("bounding") == {"CAP_KILL"}
        assert seen.rlimits["RLIMIT_NOFILE"] == [10, 20]

    @needs("root")
    def test_what_it_leaves_out_is_the_containers(self, bundle, directory):
        bundle.process["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 100, "hard": 200}]
        bundle.process["capabilities"] = {"bounding": ["CAP_KILL"]}
        bundle.process["oomScoreAdj"] = 123
        container = bundle.start()
        path = os.path.join(directory, "process.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"args": [PAYLOAD, "report"], "cwd": "/"}, file)
        seen = Report(container.runtime("exec", "-p", path, container.id).stdout)
        assert seen.rlimits["RLIMIT_NOFILE"] == [100, 200]
        assert seen.capabilities("bounding") == {"CAP_KILL"}
        assert seen.env == ["HOME=/"]
        container.remove()

    @pytest.mark.parametrize("members, message", [
        ({"args": []}, "process.args: names no program"),
        ({"args": None}, "process.args: names no program"),
        ({"cwd": "tmp"}, "process.cwd: 'tmp'"),
        ({"cwd": None}, "cwd"),
        ({"user": {"uid": 4294967295, "gid": 0}}, "process.user.uid"),
        ({"rlimits": [{"type": "RLIMIT_FUN", "soft": 1, "hard": 1}]}, r"process.rlimits\[0\].type"),
        ({"capabilities": {"bounding": ["CAP_KILL"], "effective": ["CAP_CHOWN"]}},
         "process.capabilities.effective"),
        ({"execCPUAffinity": {"initial": "3-1"}}, "process.execCPUAffinity.initial"),
        ({"terminal": "yes"}, "terminal"),
        ({"oomScoreAdj": 1001}, "process.oomScoreAdj"),
    ])
    def test_bad_ones_are_refused(self, bundle, container, directory, members, message):
        path = document(directory, bundle, **{"args": [PAYLOAD], **members})
        container.runtime.fails("exec", "--process", path, container.id, message=message)


class TestStatus:
    @pytest.mark.parametrize("args, status", [(["exit", 0], 0), (["exit", 7], 7),
                                              (["exit", 255], 255), (["signal", 9], 137),
                                              (["signal", 15], 143)])
    def test_the_programs_own(self, container, args, status):
        assert container.exec(*args, check=False).returncode == status

    @pytest.mark.parametrize("program, phrase", [
        ("nothing", "executable file not found in $PATH"),
        ("/nothing", "no such file or directory"),
        ("/etc/text", "permission denied"), ("/etc", "permission denied"), ("/etc", "is a directory"),
        ("/etc/garbage", "Exec format error")])
    def test_a_program_that_cannot_run_is_255_and_a_phrase(self, bundle, program, phrase):
        bundle.file("/etc/text", "text")
        bundle.file("/etc/garbage", "garbage", 0o755)
        container = bundle.start()
        result = container.runtime("exec", container.id, program, check=False)
        assert result.returncode == 255
        assert f"'{program}'" in result.stderr and phrase in result.stderr
        container.remove()

    def test_the_error_is_for_machines_too(self, container):
        error = container.runtime.error("exec", container.id, "nothing")
        assert (error["class"], error["path"]) == ("bundle", "process.args[0]")

    def test_signals_go_to_the_program(self, container):
        popen = container.runtime.popen("exec", container.id, PAYLOAD, "wait", "5")
        eventually(lambda: "ready" in contents(popen.out), "the program")
        popen.send_signal(signal.SIGUSR1)
        eventually(lambda: "signal 10" in contents(popen.out), "the signal")
        popen.send_signal(signal.SIGTERM)
        assert container.runtime.finish(popen).returncode == 5

    def test_the_end_of_the_container_ends_it(self, bundle):
        container = bundle.start()
        popen = container.runtime.popen("exec", container.id, PAYLOAD, "sleep")
        eventually(lambda: "ready" in contents(popen.out), "the program")
        container.kill("KILL")
        assert container.runtime.finish(popen).returncode == 137
        container.wait_stopped()
        container.delete()

    def test_many_short_ones(self, container):
        """runc#5208: a program that ends at once must not be waited for in vain"""
        for _ in range(20):
            assert container.exec("exit", 3, check=False, timeout=5).returncode == 3

    def test_many_at_a_time(self, container):
        popens = [container.runtime.popen("exec", container.id, PAYLOAD, "exit", n)
                  for n in range(12)]
        assert [container.runtime.finish(popen).returncode for popen in popens] == list(range(12))


class TestState:
    @needs("root")
    def test_a_created_container_takes_it(self, bundle):
        container = bundle.create(payload=["wait"])
        assert report(container).hostname == "coracle"
        assert container.status == "created"
        container.remove()

    def test_a_stopped_one_does_not(self, bundle):
        container = bundle.start(payload=["sleep"])
        container.kill("KILL")
        container.wait_stopped()
        error = bundle.runtime.error("exec", container.id, PAYLOAD)
        assert error["class"] == "state" and "stopped" in error["msg"]
        container.delete()

    @needs("root", "program:strace")
    def test_one_that_ends_meanwhile_does_not(self, bundle, coracle, directory):
        """stopped when it has entered the pid namespace: where that has no init, the kernel says no memory"""
        container = bundle.start(payload=["sleep"])
        log = os.path.join(directory, "strace")
        coracle.prefix = ["strace", "-f", "-o", log, "-e", "trace=setns", "-e", "inject=setns:signal=STOP:when=1"]
        popen = coracle.popen("exec", container.id, PAYLOAD, options=["--log-format", "json"])
        coracle.prefix = []
        eventually(lambda: os.path.exists(log) and "stopped by SIGSTOP" in contents(log), "the stop")
        container.kill("KILL")
        container.wait_stopped()
        os.kill(int(contents(log).split()[0]), signal.SIGCONT)
        result = coracle.finish(popen)
        assert result.returncode == 255
        error = json.loads(result.stderr)
        assert error["class"] == "state" and f"container '{container.id}' has ended" in error["msg"]
        container.delete()

    @needs("root")
    def test_one_that_is_ending_does_not(self, bundle, coracle):
        """init has left its namespaces, and waits for a process whose parent outside does not look"""
        container = bundle.start(payload=["sleep"])
        popen = coracle.popen("exec", container.id, PAYLOAD, "wait")
        eventually(lambda: "ready" in contents(popen.out), "the program to be ready")
        os.kill(popen.pid, signal.SIGSTOP)
        os.kill(container.pid, signal.SIGKILL)
        eventually(lambda: not os.path.exists(f"/proc/{container.pid}/ns/time"), "the namespaces' end")
        error = coracle.error("exec", container.id, PAYLOAD)
        os.kill(popen.pid, signal.SIGCONT)
        coracle.finish(popen)
        assert error["class"] == "state" and f"container '{container.id}' is ending" in error["msg"]
        container.wait_stopped()
        container.delete()

    @needs("root")
    def test_one_whose_first_thread_has_ended_does_not(self, bundle, coracle):
        container = bundle.start(payload=["leave"])
        eventually(lambda: read(f"/proc/{container.pid}/stat").rpartition(") ")[2][0] == "Z", "the thread's end")
        error = coracle.error("exec", container.id, PAYLOAD)
        assert error["class"] == "state" and "init's first thread has ended" in error["msg"]
        container.remove()

    def test_nobody(self, coracle):
        error = coracle.error("exec", "nobody", PAYLOAD)
        assert error["class"] == "state" and "does not exist" in error["msg"]

    @needs("cgroup")
    def test_a_paused_one_waits_if_asked_to(self, container):
        freeze = f"{cgroup_directory(container.pid)}/cgroup.freeze"
        with open(freeze, "w", encoding="ascii") as file:
            file.write("1")
        eventually(lambda: container.status == "paused", "the freezer")
        error = container.runtime.error("exec", container.id, PAYLOAD)
        assert error["class"] == "state"
        assert "paused" in error["msg"] and "--ignore-paused" in error["msg"]
        popen = container.runtime.popen("exec", "--ignore-paused", container.id, PAYLOAD, "exit", 6)
        with pytest.raises(subprocess.TimeoutExpired):
            popen.wait(0.3)
        with open(freeze, "w", encoding="ascii") as file:
            file.write("0")
        assert container.runtime.finish(popen).returncode == 6


class TestCgroup:
    @pytest.fixture
    def below(self, container):
        path = os.path.join(cgroup_directory(container.pid), "sub")
        os.mkdir(path)
        return path

    @pytest.mark.parametrize("option", ["sub", "/sub", "cpu:sub", "cpu,memory:/sub"])
    @needs("cgroup")
    def test_one_below(self, container, below, directory, option):
        with detached(container, directory, "--cgroup", option) as pid:
            assert cgroup_path(pid) == cgroup_path(container.pid) + "/sub"

    @needs("cgroup")
    def test_the_containers_itself(self, container, below, directory):
        with detached(container, directory, "--cgroup", "/") as pid:
            assert cgroup_path(pid) == cgroup_path(container.pid)

    @pytest.mark.parametrize("options, message", [
        (["--cgroup", ".."], "leads out of it"), (["--cgroup", "/.."], "leads out of it"),
        (["--cgroup", "sub/../.."], "leads out of it"), (["--cgroup", "gone"], "No such file"),
        (["--cgroup", ":sub"], "is not"), (["--cgroup", "cpu:"], "is not"),
        (["--cgroup", "cpu:sub", "--cgroup", "io:other"], "differ")])
    @needs("cgroup")
    def test_bad_ones_are_refused(self, container, below, options, message):
        container.exec_fails(message, "report", options=options)

    @needs("cgroup", "program:strace")
    def test_while_somebody_renames(self, container, below, directory):
        """the kernel answers EAGAIN then to a path with '..'"""
        container.runtime.prefix = ["strace", "-o", os.path.join(directory, "strace"), "-e", "trace=openat2",
                                    "-e", "inject=openat2:error=EAGAIN:when=1..5"]
        assert container.exec("exit", 3, options=["--cgroup", "sub/../sub"], check=False).returncode == 3
        container.runtime.prefix = []

    @needs("cgroup", "handed-down")
    def test_where_init_is_when_the_containers_own_takes_no_process(self, container, directory):
        """as systemd in a container leaves it: crun#1308, runc#2356"""
        top = cgroup_directory(container.pid)
        with open(os.path.join(top, "cgroup.controllers"), encoding="ascii") as file:
            controllers = file.read().split()
        os.mkdir(f"{top}/init.scope")
        with open(f"{top}/init.scope/cgroup.procs", "w", encoding="ascii") as file:
            file.write(str(container.pid))
        with open(f"{top}/cgroup.subtree_control", "w", encoding="ascii") as file:
            file.write(f"+{controllers[0]}")
        with detached(container, directory) as pid:
            assert cgroup_path(pid) == cgroup_path(container.pid)
            assert cgroup_path(pid).endswith("/init.scope")

    @needs("cgroup")
    def test_where_init_is_when_the_containers_own_has_gone(self, container, directory):
        """moved by whoever manages cgroups, who then takes away the empty one"""
        own = cgroup_directory(container.pid)
        os.mkdir(f"{own}-moved")
        with open(f"{own}-moved/cgroup.procs", "w", encoding="ascii") as file:
            file.write(str(container.pid))
        os.rmdir(own)
        with detached(container, directory) as pid:
            assert cgroup_path(pid) == cgroup_path(container.pid)
            assert cgroup_path(pid).endswith("-moved")
        container.exec_fails("open the cgroup", "report", options=["--cgroup", "sub"])
        container.kill("KILL")
        container.wait_stopped()
        os.rmdir(f"{own}-moved")

    def test_without_a_cgroup(self, bundle, coracle):
        bundle.linux.pop("resources", None)
        bundle.args("wait").write()
        coracle("run", "-d", "--bundle", bundle.path, "plain",
                options=("--cgroup-manager", "disabled"))
        seen = Report(coracle("exec", "plain", PAYLOAD, "report").stdout)
        assert seen.hostname == "coracle"
        coracle.fails("exec", "--cgroup", "sub", "plain", PAYLOAD, message="has no cgroup")
        coracle("delete", "--force", "plain")


class TestDetached:
    def test_as_containerd_calls_it(self, bundle, container, directory):
        path = document(directory, bundle, args=[PAYLOAD, "wait"])
        pid_file = os.path.join(directory, "pid")
        popen = container.runtime.popen("exec", "--process", path, "--detach", "--pid-file",
                                        pid_file, container.id)
        assert container.runtime.finish(popen).returncode == 0
        pid = int(read(pid_file))
        eventually(lambda: "ready" in contents(popen.out), "the program")
        assert os.readlink(f"/proc/{pid}/exe").endswith("/bin/payload")
        # the engine is its parent now, and reaps it
        assert int(read(f"/proc/{pid}/status").split("PPid:")[1].split()[0]) == os.getpid()
        assert end(pid, signal.SIGTERM) == 0

    def test_a_failure_is_told(self, container, directory):
        pid_file = os.path.join(directory, "pid")
        result = container.runtime("exec", "--detach", "--pid-file", pid_file, container.id,
                                   "/nothing", check=False)
        assert result.returncode == 255
        assert "no such file or directory" in result.stderr

    def test_pidfd_socket(self, container, directory):
        path = os.path.join(directory, "pidfd")
        with listening(path) as server:
            with detached(container, directory, "--pidfd-socket", path) as pid:
                _, pidfd = receive_descriptor(server)
                assert f"Pid:\t{pid}\n" in read(f"/proc/self/fdinfo/{pidfd}")
        os.close(pidfd)


def without(member):
    """a configuration of which that has been taken away, as none is created"""
    config = {"ociVersion": "1.3.0", "root": {"path": "/"}, "linux": {},
              "process": {"cwd": "/", "args": [PAYLOAD]}}
    del config[member]
    return lambda path: pathlib.Path(path).write_text(json.dumps(config), encoding="ascii")


@needs("root")  # for mounts
@pytest.mark.parametrize("make, what", [(os.mkfifo, "read 'config.json': it is not a regular file"),
                                        (os.mkdir, "read 'config.json': it is a directory"),
                                        (lambda path: None, "open 'config.json': No such file or directory"),
                                        (without("process"), "config.json: process: is missing"),
                                        (without("linux"), "config.json: linux: is missing")],
                         ids=["fifo", "directory", "missing", "no process", "no linux"])
def test_a_kept_configuration_that_cannot_be_used(container, coracle, directory, make, what):
    """is told with its container, by all that look at it"""
    mounts = os.path.join(directory, "mounts.json")
    with open(mounts, "w", encoding="ascii") as file:
        json.dump([{"destination": "/tmp"}], file)
    path = os.path.join(coracle.root, container.id, "config.json")
    os.rename(path, path + ".old")
    make(path)
    for words in (["exec", container.id, PAYLOAD], ["mounts", "remove", container.id, mounts],
                  ["update", "--l3-cache-schema", "L3:0=f", container.id], ["checkpoint", container.id],
                  ["events", "--stats", container.id], ["events", container.id]):
        coracle.fails(*words, message=f"error: container '{container.id}': {what}")
    if make is os.mkdir:
        os.rmdir(path)
    os.rename(path + ".old", path)


def test_a_hundred_at_once(container, directory):
    """none waits for another, and each has its own streams and status"""
    running = []
    for number in range(100):
        options = ["--detach", "--pid-file", os.path.join(directory, f"pid-{number}")] if number % 2 else []
        running.append(container.runtime.popen("exec", *options, container.id, PAYLOAD, "exit", number))
    results = [container.runtime.finish(popen) for popen in running]
    assert [result.returncode for result in results] == [0 if number % 2 else number for number in range(100)]
    assert {result.stderr for result in results} == {""}
    for number in range(1, 100, 2):
        pid = int(read(os.path.join(directory, f"pid-{number}")))
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == number


class TestTerminal:
    def test_the_users(self, container):
        with Terminal(rows=33, columns=77) as terminal:
            popen = container.runtime.popen("exec", "-t", container.id, PAYLOAD, "wait",
                                            **terminal.keywords())
            terminal.read_until("ready")
            terminal.resize(40, 90)
            popen.send_signal(signal.SIGWINCH)
            terminal.read_until("winch 40 90")
            terminal.type("\x03")
            terminal.read_until("signal 2")
            popen.send_signal(signal.SIGTERM)
            assert container.runtime.finish(popen).returncode == 0

    def test_stopped_and_continued_without_a_shell(self, container):
        with Terminal() as terminal:
            settings = terminal.attributes()
            popen = container.runtime.popen("exec", "-t", container.id, PAYLOAD, "wait", **terminal.keywords())
            terminal.read_until("ready")
            os.kill(popen.pid, signal.SIGSTOP)
            eventually(lambda: read(f"/proc/{popen.pid}/stat").rpartition(") ")[2][0] == "T", "the stop")
            os.kill(popen.pid, signal.SIGCONT)
            terminal.read_until(f"signal {signal.SIGCONT:d}")
            terminal.type("\x03")
            terminal.read_until("signal 2")
            container.kill("KILL")
            container.runtime.finish(popen)
            assert terminal.attributes() == settings

    def test_a_job_that_is_called_to_the_foreground(self, bundle, container, directory):
        """until then the terminal is the shell's: its settings stay, and what is typed is for others"""
        go = os.path.join(directory, "go")
        script = (f'"$@" & echo pid $!; until [ -e {go} ]; do sleep 0.05; done; '
                  'for i in 1 2; do read word; echo "shell: $word"; fg %1; bg %1; done')
        with Terminal() as terminal:
            container.runtime.prefix = ["bash", "-mc", script, "bash"]
            popen = container.runtime.popen("exec", "-t", container.id, PAYLOAD, "wait", **terminal.keywords())
            container.runtime.prefix = []
            pid = int(re.search(r"pid (\d+)", terminal.read_until("ready"))[1])
            settings = terminal.attributes()
            assert settings[3] & termios.ECHO and settings[3] & termios.ICANON
            for rows, word in enumerate(("first", "second"), 30):
                terminal.text = ""
                terminal.resize(rows, 90)  # of which the shell is told, and not the job
                terminal.type(f"{word}\n")
                open(go, "w", encoding="ascii").close()
                terminal.read_until(f"shell: {word}")
                eventually(lambda: os.tcgetpgrp(terminal.master) == pid, "the foreground")
                eventually(lambda: not terminal.attributes()[3] & termios.ICANON, "raw mode")
                terminal.read_until(f"winch {rows} 90")
                terminal.type("\x03")
                terminal.read_until("signal 2")
                if word == "first":
                    os.kill(pid, signal.SIGSTOP)
                    eventually(lambda: os.tcgetpgrp(terminal.master) != pid, "the shell")
            container.kill("KILL")
            container.runtime.finish(popen)
            assert terminal.attributes() == settings

    @needs("root")
    def test_a_reader_that_takes_nothing_is_not_waited_for_when_asked_to_end(self, container):
        """the program has ended by then: nobody else is there for the signal"""
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writer, bytes(4096))
        os.set_blocking(writer, True)
        with Terminal() as terminal:
            popen = container.runtime.popen("exec", "-t", container.id, PAYLOAD, "probe", "read", "/proc/self/stat",
                                            **{**terminal.keywords(), "stdout": writer})
            children = f"/proc/{popen.pid}/task/{popen.pid}/children"
            eventually(lambda: "poll" in read(f"/proc/{popen.pid}/wchan") and not read(children), "the program's end")
            popen.send_signal(signal.SIGTERM)
            assert container.runtime.finish(popen).returncode == 0
        os.close(reader)
        os.close(writer)

    def test_output_beyond_the_limit_of_a_file_is_no_signal_for_the_program(self, container, directory):
        path = os.path.join(directory, "four bytes")
        with Terminal() as terminal, open(path, "wb") as file:
            keywords = terminal.keywords()

            def limit():
                keywords["preexec_fn"]()
                resource.setrlimit(resource.RLIMIT_FSIZE, (4, 4))
            popen = container.runtime.popen("exec", "-t", container.id, PAYLOAD, "echo",
                                            **{**keywords, "stdout": file, "preexec_fn": limit})
            terminal.type("hello\n")
            eventually(lambda: os.path.getsize(path) == 4, "the output")
            terminal.type("\x04")
            assert container.runtime.finish(popen).returncode == 0

    @needs("root", "program:strace")
    def test_whose_output_nobody_reads_any_more_is_hung_up(self, container, directory):
        """SIGHUP ends it, unless it finds the terminal gone before; SIGPIPE is the relay's own"""
        reader, writer = os.pipe()
        os.close(reader)
        calls = os.path.join(directory, "calls")
        container.runtime.prefix = ["strace", "-o", calls, "-e", "trace=write,pidfd_send_signal"]
        with Terminal() as terminal:
            popen = container.runtime.popen("exec", "-t", container.id, PAYLOAD, "echo",
                                            **{**terminal.keywords(), "stdout": writer})
            container.runtime.prefix = []
            os.close(writer)
            terminal.type("word\r")
            assert container.runtime.finish(popen).returncode in (0, 1, 128 + signal.SIGHUP)
        told = read(calls)
        assert "EPIPE" in told and "pidfd_send_signal" not in told

    @needs("root", "program:strace")
    def test_a_file_that_cannot_be_written_to_hangs_nothing_up(self, container, directory):
        """a disk's EIO, here that of an address where no memory is, may pass; a terminal's does not"""
        calls = os.path.join(directory, "calls")
        open(calls, "w", encoding="ascii").close()
        container.runtime.prefix = ["strace", "-o", calls, "-e", "trace=write"]
        with Terminal() as terminal, open("/proc/self/mem", "r+b", buffering=0) as file:
            popen = container.runtime.popen("exec", "-t", container.id, PAYLOAD, "echo",
                                            **{**terminal.keywords(), "stdout": file})
            container.runtime.prefix = []
            terminal.type("word\r")
            eventually(lambda: "EIO" in read(calls), "the error")
            terminal.type("\x04")
            assert container.runtime.finish(popen).returncode == 0

    def test_it_is_the_controlling_one(self, bundle, container):
        with Terminal(rows=33, columns=77) as terminal:
            popen = container.runtime.popen("exec", "-t", container.id, PAYLOAD, "probe", "read",
                                            "/proc/self/stat", **terminal.keywords())
            text = terminal.read_until("]")
            container.runtime.finish(popen)
        tty = int(Probes(text[text.index("["):]).data("read", "/proc/self/stat")
                  .rpartition(")")[2].split()[4])
        assert os.major(tty) == 136

    def test_through_a_socket(self, bundle, container, directory):
        path = document(directory, bundle, args=[PAYLOAD, "wait"], terminal=True,
                        consoleSize={"height": 20, "width": 50})
        pid_file = os.path.join(directory, "pid")
        socket_path = os.path.join(directory, "console")
        with listening(socket_path) as server:
            container.runtime("exec", "--process", path, "--detach", "--pid-file", pid_file,
                              "--console-socket", socket_path, container.id)
            _, master = receive_descriptor(server)
        assert "ready" in read_until(master, "ready")
        assert end(int(read(pid_file)), signal.SIGTERM) == 0
        os.close(master)

    def test_who_gets_it_must_be_clear(self, container):
        container.exec_fails("--console-socket", "exit", options=["--tty", "--detach"])
        container.exec_fails("process.terminal is false", "exit",
                             options=["--console-socket", "/nowhere"])


@contextlib.contextmanager
def halfway(container, directory):
    """an exec, and the pid of its process that is not the program yet: it waits for its terminal to be
    taken, by an engine that is busy"""
    path = os.path.join(directory, "busy")
    with listening(path) as server, contextlib.ExitStack() as stack:
        server.listen(0)
        filler = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        filler.connect(path)
        popen = container.runtime.popen("exec", "--tty", "--console-socket", path,
                                        container.id, PAYLOAD, "exit", 4)
        children = f"/proc/{popen.pid}/task/{popen.pid}/children"
        pid = int(eventually(lambda: read(children).split(), "the process")[0])
        eventually(lambda: namespaces(pid) == namespaces(container.pid), "its joining")
        yield popen, pid
        server.accept()[0].close()
        _, master = receive_descriptor(server)
        assert container.runtime.finish(popen).returncode == 4
        os.close(master)


def processors(pid):
    return next(line.split()[1] for line in read(f"/proc/{pid}/status").splitlines()
                if line.startswith("Cpus_allowed_list:"))


def processors_of_initial(container):
    """of an initial "0": before 6.2 a cgroup with cpuset sets its own in its place"""
    own = os.path.join(cgroup_directory(container.pid), "cpuset.cpus.effective")
    return read(own).strip() if missing("kernel:6.2") and os.path.exists(own) else "0"


class TestAffinity:
    @needs("processors:2")
    def test_the_final_one(self, bundle):
        bundle.process["execCPUAffinity"] = {"initial": "0", "final": "1"}
        container = bundle.start()
        assert report(container).status["Cpus_allowed_list"] == "1"
        bundle.process["execCPUAffinity"] = {"initial": "0"}
        # of init it says nothing
        assert Report(bundle.run("report").stdout).status["Cpus_allowed_list"] != "0"
        container.remove()

    @needs("root", "processors:2")
    def test_the_initial_one_until_the_final_one(self, bundle, directory):
        bundle.process["execCPUAffinity"] = {"initial": "0", "final": "1"}
        container = bundle.start()
        with halfway(container, directory) as (popen, pid):
            assert (processors(popen.pid), processors(pid)) == ("0", processors_of_initial(container))
        assert report(container).status["Cpus_allowed_list"] == "1"
        container.remove()

    @needs("root", "processors:2", "controller:cpuset")
    @pytest.mark.parametrize("own, affinity, before, inside, last", [
        ("1", {"initial": "0"}, "0", "1", "1"),
        ("1", {"initial": "0", "final": "1"}, "0", "1", "1"),
        ("1", {"initial": "0", "final": "0-1"}, "0", "1", "1"),
        ("0-1", {"initial": "0-1", "final": "1"}, "0-1", "0-1", "1"),
        ("0-1", {"final": "0"}, None, "0-1", "0")])
    def test_beside_the_cgroups_own(self, bundle, directory, own, affinity, before, inside, last):
        """the initial one is the runtime's, before the cgroup; in it there is what the cgroup has"""
        bundle.linux["resources"] = {"cpu": {"cpus": own}}
        bundle.process["execCPUAffinity"] = affinity
        container = bundle.start()
        with halfway(container, directory) as (popen, pid):
            assert processors(popen.pid) == (before or processors("self"))
            assert processors(pid) == inside
        assert processors(container.pid) == own
        assert report(container).status["Cpus_allowed_list"] == last
        container.remove()

    @needs("root", "processors:2", "controller:cpuset")
    def test_a_final_one_that_the_cgroup_has_not(self, bundle):
        bundle.linux["resources"] = {"cpu": {"cpus": "1"}}
        bundle.process["execCPUAffinity"] = {"initial": "0", "final": "0"}
        container = bundle.start()
        container.exec_fails("bind the process to CPUs: .*'0': Invalid argument", "exit")
        container.remove()

    @needs("processors:2")
    def test_a_documents(self, bundle, directory):
        bundle.process["execCPUAffinity"] = {"final": "0"}
        container = bundle.start()
        for own, seen in (({"final": "1"}, "1"), (None, "0")):
            path = document(directory, bundle, args=[PAYLOAD, "report"], execCPUAffinity=own)
            result = container.runtime("exec", "--process", path, container.id)
            assert Report(result.stdout).status["Cpus_allowed_list"] == seen
        container.remove()

    def test_the_initial_one_alone(self, bundle):
        bundle.process["execCPUAffinity"] = {"initial": "0"}
        container = bundle.start()
        assert report(container).status["Cpus_allowed_list"] == processors_of_initial(container)
        container.remove()

    def test_malformed_ones_are_refused_by_create(self, bundle):
        bundle.process["execCPUAffinity"] = {"final": "3-1"}
        bundle.run_fails("process.execCPUAffinity.final")


def told(pid, *command):
    return subprocess.run([*command, str(pid)], check=True, text=True, capture_output=True).stdout


@needs("root", "program:chrt", "program:ionice")
class TestScheduling:
    CONTAINERS = {"scheduler": {"policy": "SCHED_BATCH", "nice": 3},
                  "ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 6}}
    OWN = {"scheduler": {"policy": "SCHED_OTHER", "nice": -4},
           "ioPriority": {"class": "IOPRIO_CLASS_IDLE", "priority": 0}}

    @pytest.fixture
    def container(self, bundle):
        bundle.process.update(self.CONTAINERS)
        bundle.linux["memoryPolicy"] = {"mode": "MPOL_BIND", "nodes": "0"}
        container = bundle.start()
        yield container
        container.remove()

    def test_the_containers(self, container, directory):
        with detached(container, directory) as pid:
            assert "policy: SCHED_BATCH\n" in told(pid, "chrt", "--pid")
            assert os.getpriority(os.PRIO_PROCESS, pid) == 3
            assert told(pid, "ionice", "--pid") == "best-effort: prio 6\n"
            assert " bind:0 " in read(f"/proc/{pid}/numa_maps")

    def test_its_own(self, container, directory):
        path = os.path.join(directory, "process.json")
        pid_file = os.path.join(directory, "pid")
        with open(path, "w", encoding="ascii") as file:
            json.dump({"cwd": "/", "args": [PAYLOAD, "sleep"], **self.OWN}, file)
        container.runtime("exec", "--detach", "--pid-file", pid_file, "--process", path, container.id)
        pid = int(read(pid_file))
        try:
            assert "policy: SCHED_OTHER\n" in told(pid, "chrt", "--pid")
            assert os.getpriority(os.PRIO_PROCESS, pid) == -4
            assert told(pid, "ionice", "--pid") == "idle\n"
            assert " bind:0 " in read(f"/proc/{pid}/numa_maps")
        finally:
            end(pid, signal.SIGKILL)


class TestAttacks:
    @pytest.fixture
    def halfway(self, container, directory):
        """the pid of an exec's process that is not the program yet"""
        with halfway(container, directory) as (_, pid):
            yield pid

    @needs("root")
    def test_the_runtimes_executable_is_on_a_read_only_mount(self, halfway):
        """CVE-2019-5736, CVE-2016-9962: what the container sees of us it cannot write"""
        fd = os.open(f"/proc/{halfway}/exe", os.O_RDONLY)
        assert os.fstatvfs(fd).f_flag & os.ST_RDONLY
        with pytest.raises(OSError) as failure:
            os.open(f"/proc/self/fd/{fd}", os.O_WRONLY)
        os.close(fd)
        assert failure.value.errno in (errno.EROFS, errno.ETXTBSY)

    @needs("root")
    @pytest.mark.parametrize("mapped", [False, True], ids=["", "user namespace"])
    def test_the_container_cannot_look_into_the_runtime(self, bundle, directory, mapped):
        """CVE-2016-9962; in a user namespace of the host's ids nothing forbids it to who may trace there but that
        the runtime hides (where the ids change on the way the kernel hides it by itself)"""
        if mapped:
            bundle.map_ids(0)
        container = bundle.start()
        with halfway(container, directory) as (_, pid):
            number = read(f"/proc/{pid}/status").split("NSpid:")[1].split()[1]
            probes = [("read", f"/proc/{number}/fd/0"), ("list", f"/proc/{number}/cwd/"),
                      ("read", f"/proc/{number}/environ"), ("read", f"/proc/{number}/maps")]
            words = [word for probe in probes for word in probe]
            options = ["--cap", "CAP_SYS_PTRACE"] if mapped else []
            seen = Probes(container.exec("probe", *words, options=options).stdout)
        container.remove()
        assert {seen[probe] for probe in probes} <= {"EACCES", "EPERM"}

    @pytest.mark.parametrize("arguments", [["/proc/self/exe", "--version"], ["/tricky"],
                                           ["/bin/script"]])
    def test_the_runtime_as_the_program(self, bundle, arguments):
        """CVE-2019-5736; that the file is the same after it is checked for every test"""
        os.symlink("/proc/self/exe", bundle.inside("/tricky"))
        bundle.file("/bin/script", "#!/proc/self/exe\n", 0o755)
        container = bundle.start()
        container.runtime("exec", container.id, *arguments, check=False)
        container.remove()

    @pytest.mark.parametrize("number", range(3, 12))
    def test_cwd_on_a_leaked_descriptor(self, container, number):
        """CVE-2024-21626: no descriptor leads out of the root"""
        result = container.exec("report", options=["--cwd", f"/proc/self/fd/{number}"], check=False)
        if result.returncode == 0:
            assert Report(result.stdout).cwd.startswith("/proc/")
        else:
            assert result.returncode == 255 and "process.cwd" in result.stderr

    @needs("cgroup")
    def test_a_sub_cgroup_is_no_way_out(self, container):
        container.exec_fails("leads out of it", "exit", options=["--cgroup", "../../.."])

    @needs("root")
    def test_the_callers_limits_and_groups_stay_outside(self, bundle):
        bundle.process["rlimits"] = []
        container = bundle.start()
        seen = report(container, preexec_fn=lambda: (os.setgroups([4, 24]), os.umask(0o111)))
        assert seen.groups == [] and seen.umask == 0o22
        limits = report(container, preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_NOFILE, (321, 654))).rlimits
        assert limits["RLIMIT_NOFILE"] == [321, 654]
        container.remove()

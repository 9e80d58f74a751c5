"""test_run.py - coracle run: exit status, standard streams, signals, terminal, --detach, --keep"""

import json
import os
import platform
import re
import resource
import select
import signal
import termios

import pytest

from harness.host import LIBRARIES
from harness.needs import needs
from harness.runtime import TIMEOUT, Container, contents, eventually, identifiers
from harness.terminal import Terminal

pytestmark = pytest.mark.disk


@pytest.mark.parametrize("status", [0, 1, 7, 125, 255])
def test_exit_status_is_the_programs(bundle, status):
    assert bundle.run("exit", status, check=False).returncode == status


def test_a_fault_gives_128_and_the_signal(bundle):
    assert bundle.run("crash", check=False).returncode == 128 + signal.SIGSEGV


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR2, signal.SIGKILL])
def test_a_signal_gives_128_and_its_number(bundle, number):
    bundle.share_pids()  # a namespace's init cannot end itself by a signal
    assert bundle.run("signal", int(number), check=False).returncode == 128 + number


def test_a_caller_may_ignore_the_end_of_children(bundle):
    """as some daemons do: to ignore SIGCHLD is inherited, and then the kernel reaps"""
    bundle.config["hooks"] = {"createRuntime": [{"path": "/bin/true"}]}
    result = bundle.run("exit", 7, check=False,
                        preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
    assert result.returncode == 7, str(result)


@needs("cgroup")
def test_streams_are_inherited(bundle):
    result = bundle.run("echo", stdin="through\n")
    assert (result.stdout, result.stderr) == ("through\n", "")


@needs("cgroup")
def test_standard_error_is_inherited(bundle):
    result = bundle.run("no-such-command", check=False)
    assert result.returncode == 125
    assert result.stderr == "payload: no such command: 'no-such-command'\n"


@needs("cgroup")
def test_nothing_is_printed_and_nothing_stays(bundle, coracle):
    result = bundle.run("exit", 0)
    assert (result.stdout, result.stderr) == ("", "")
    assert coracle.identifiers() == []


@needs("root")  # a user's has one process more
def test_few_descriptors_are_enough(bundle):
    """for any number of mounts, and for an exec"""
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
    bundle.process.pop("rlimits", None)
    for number in range(30):
        bundle.mount(f"/tmp/{number}", "tmpfs")
    bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW",
                               "syscalls": [{"names": ["getcpu"], "action": "SCMP_ACT_ERRNO"}]}
    container = bundle.start(preexec_fn=limit)
    assert container.exec("exit", 3, check=False, preexec_fn=limit).returncode == 3
    container.remove()


def started_in_foreground(bundle, *options, payload=("wait",), **keywords):
    bundle.args(*payload).write()
    return bundle.runtime.popen("run", *options, "--bundle", bundle.path, next(identifiers),
                                **keywords)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1,
                                    signal.SIGUSR2, signal.SIGCONT, signal.SIGRTMIN + 3])
def test_signals_are_forwarded(bundle, number):
    running = started_in_foreground(bundle, payload=("wait", "9"))
    eventually(lambda: "ready" in contents(running.out), "the payload to be ready")
    running.send_signal(number)
    word = f"signal {int(number)}\n"
    eventually(lambda: word in contents(running.out), f"{word!r} in the container")
    running.send_signal(signal.SIGTERM)
    assert bundle.runtime.finish(running).returncode == 9


def test_kill_ends_a_foreground_run_with_137(bundle, coracle):
    running = started_in_foreground(bundle, payload=("sleep",))
    eventually(lambda: "ready" in contents(running.out), "the payload to be ready")
    coracle("kill", coracle.identifiers()[0], "KILL")
    assert coracle.finish(running).returncode == 128 + signal.SIGKILL


def test_bundle_is_the_current_directory_by_default(bundle, coracle):
    bundle.args("exit", 3).write()
    assert coracle("run", next(identifiers), cwd=bundle.path, check=False).returncode == 3


@pytest.mark.parametrize("words", [("-f", "{}"), ("-f{}",), ("--config", "{}"), ("--config={}",)], ids=" ".join)
@pytest.mark.parametrize("place", ["absolute", "relative", "alone"])
@pytest.mark.parametrize("command", ["run", "create"])
def test_config_names_another_file(bundle, coracle, words, place, command):
    """a relative one from the current directory, not from the bundle; that of the bundle is not missed"""
    bundle.args("exit", 4).write()
    own, other = os.path.join(bundle.path, "config.json"), bundle.outside("other.json")
    os.rename(own, other)
    if place != "alone":
        bundle.args("exit", 5).write()
    coracle.host.watch(bundle.path)
    name = os.path.basename(other) if place == "relative" else other
    identifier = next(identifiers)
    result = coracle(command, "--bundle", bundle.path, *(word.format(name) for word in words), identifier,
                     cwd=os.path.dirname(other), check=False)
    if command == "run":
        assert result.returncode == 4, str(result)
        return
    with open(os.path.join(coracle.root, identifier, "config.json"), encoding="utf-8") as file:
        assert json.load(file)["process"]["args"][1:] == ["exit", "4"], "what later commands go by"
    os.unlink(other)
    coracle("start", identifier)
    coracle("delete", "--force", identifier)


@pytest.mark.parametrize("command", ["run", "create"])
@pytest.mark.parametrize("option", ["-f", "--config"])
def test_a_config_that_is_not_there_is_named(bundle, coracle, command, option):
    """and the bundle's does not take its place"""
    bundle.write()
    name = bundle.outside("absent.json")
    coracle.fails(command, "--bundle", bundle.path, option, name, next(identifiers),
                  message=f"open '{name}': No such file")
    assert coracle.identifiers() == []


@needs("root")
@pytest.mark.parametrize("options, adopts", [((), True), (("--no-subreaper",), False)])
def test_who_adopts_what_the_container_leaves_behind(bundle, options, adopts):
    """a process whose parent has ended, where the container has no pid namespace of its own"""
    bundle.share_pids()
    for name in LIBRARIES:
        bundle.mount(f"/{name}", "bind", f"/{name}", ["rbind", "ro"])
    bundle.process["args"] = ["/usr/bin/sh", "-c", "(sleep 100 & echo $!); exec sleep 100"]
    bundle.write()
    running = bundle.runtime.popen("run", *options, "--bundle", bundle.path, next(identifiers))
    orphan = eventually(lambda: contents(running.out).strip(), "the orphan")
    adopted = [os.getpid(), running.pid]

    def parent():
        return int(contents(f"/proc/{orphan}/stat").rpartition(")")[2].split()[1])
    eventually(lambda: parent() in adopted, "its adoption")
    assert (parent() == running.pid) == adopts
    bundle.runtime("delete", "--force", *bundle.runtime.identifiers())
    assert bundle.runtime.finish(running).returncode == 128 + signal.SIGKILL


class TestDetach:
    def test_returns_while_the_container_runs(self, bundle):
        container = bundle.start()
        assert container.status == "running"
        container.kill("TERM")
        container.wait_stopped()
        container.delete()

    def test_pid_file_holds_inits_pid(self, bundle):
        pid_file = bundle.outside("pid")
        container = bundle.start("--pid-file", pid_file)
        assert int(contents(pid_file)) == container.pid
        assert os.readlink(f"/proc/{container.pid}/root") == "/"
        assert os.readlink(f"/proc/{container.pid}/exe") == "/bin/payload"
        container.remove()

    def test_what_fails_to_execute_fails_the_command(self, bundle, coracle):
        bundle.process["args"] = ["/bin/missing"]
        bundle.run_fails("/bin/missing", options=["--detach"])
        assert coracle.identifiers() == []


class TestKeep:
    def test_a_kept_container_is_stopped_and_there(self, bundle, coracle):
        identifier = next(identifiers)
        bundle.args("exit", 5).write()
        result = coracle("run", "--keep", "--bundle", bundle.path, identifier, check=False)
        assert result.returncode == 5
        assert coracle.identifiers() == [identifier]
        assert '"stopped"' in coracle("state", identifier).stdout
        coracle("delete", identifier)
        assert coracle.identifiers() == []


class TestTerminal:
    @pytest.fixture
    def terminal(self):
        with Terminal(rows=33, columns=99) as terminal:
            yield terminal

    @pytest.fixture(autouse=True)
    def with_terminal(self, bundle):
        bundle.process["terminal"] = True

    def run_in(self, bundle, terminal, *payload, **options):
        bundle.args(*payload).write()
        return bundle.runtime.popen("run", "--bundle", bundle.path, next(identifiers),
                                    **terminal.keywords(), **options)

    def test_the_program_has_a_controlling_terminal_of_its_own(self, bundle, terminal):
        running = self.run_in(bundle, terminal, "report")
        seen = terminal.read_until('"personality"')
        assert bundle.runtime.finish(running).returncode == 0
        assert '"controlling": true' in seen
        assert '"0": "/dev/pts/0", "1": "/dev/pts/0", "2": "/dev/pts/0"' in seen

    def test_it_has_the_users_window_size(self, bundle, terminal):
        running = self.run_in(bundle, terminal, "report")
        assert '"rows": 33, "columns": 99' in terminal.read_until('"onlcr"')
        bundle.runtime.finish(running)

    def test_where_that_has_none_it_is_the_configurations(self, bundle, terminal):
        """a serial line, or a terminal that a program has just made"""
        terminal.resize(0, 0)
        bundle.process["consoleSize"] = {"height": 20, "width": 70}
        running = self.run_in(bundle, terminal, "report")
        assert '"rows": 20, "columns": 70' in terminal.read_until('"onlcr"')
        bundle.runtime.finish(running)

    def test_its_line_ends_are_those_of_a_new_terminal(self, bundle, terminal):
        running = self.run_in(bundle, terminal, "report")
        terminal.read_until('"onlcr": true')
        bundle.runtime.finish(running)

    def test_a_changed_window_size_follows(self, bundle, terminal):
        running = self.run_in(bundle, terminal, "wait")
        terminal.read_until("ready")
        terminal.resize(44, 111)
        terminal.read_until("winch 44 111")
        running.send_signal(signal.SIGTERM)
        terminal.read_until("signal 15")
        assert bundle.runtime.finish(running).returncode == 0

    def test_what_is_typed_arrives_and_is_echoed(self, bundle, terminal):
        running = self.run_in(bundle, terminal, "echo")
        terminal.type("typed\r")
        # once by the container's line discipline, once by the program
        terminal.read_until("typed\r\ntyped")
        terminal.type("\x04")  # end of file, as the container's terminal understands it
        assert bundle.runtime.finish(running).returncode == 0

    def test_ctrl_c_is_the_containers_matter(self, bundle, terminal):
        running = self.run_in(bundle, terminal, "wait")
        terminal.read_until("ready")
        terminal.type("\x03")
        terminal.read_until("signal 2")
        running.send_signal(signal.SIGTERM)
        bundle.runtime.finish(running)

    def test_the_users_terminal_is_as_before(self, bundle, terminal):
        before = terminal.attributes()
        running = self.run_in(bundle, terminal, "wait")
        terminal.read_until("ready")
        assert not terminal.attributes()[3] & (termios.ICANON | termios.ECHO), "raw while it runs"
        running.send_signal(signal.SIGTERM)
        bundle.runtime.finish(running)
        assert terminal.attributes() == before

    def test_all_output_comes_even_when_there_is_much(self, bundle, terminal):
        bundle.file("/etc/long", "x" * 4000)
        running = self.run_in(bundle, terminal, "probe",
                              *["read", "/etc/long"] * 40, "stat", "/last")
        seen = terminal.read_until("ENOENT")
        assert seen.count("x" * 4000) == 40
        assert bundle.runtime.finish(running).returncode == 0

    @pytest.mark.parametrize("gone", ["pipe", "terminal"])
    def test_whose_output_nobody_reads_any_more_is_hung_up(self, bundle, terminal, gone):
        """as by a terminal whose window is closed; as the first process it does not end by SIGHUP"""
        if gone == "pipe":
            reader, stdout = os.pipe()
            os.close(reader)
        else:
            with Terminal() as other:
                stdout = os.dup(other.slave)
        settings = terminal.attributes()
        bundle.args("echo").write()
        running = bundle.runtime.popen("run", "--bundle", bundle.path, next(identifiers),
                                       **{**terminal.keywords(), "stdout": stdout})
        os.close(stdout)
        terminal.type("word\r")
        assert bundle.runtime.finish(running).returncode in (0, 1)  # at the end of its input, or when it writes
        assert terminal.attributes() == settings

    def test_without_a_users_terminal_it_is_given_one_all_the_same(self, bundle):
        bundle.process["consoleSize"] = {"height": 20, "width": 70}
        result = bundle.run("report")
        assert '"rows": 20, "columns": 70' in result.stdout, str(result)


    def test_detached_needs_a_console_socket(self, bundle):
        bundle.run_fails("console", "exit", "0", options=["--detach"])


@needs("root")  # a user may not look
class TestMemory:
    """a static program gives its heap a place before the C library starts (linux/exe_entry.c)"""

    @staticmethod
    def begins_before_the_library(program):
        with open(program, "rb") as file:
            return platform.machine() == "x86_64" and b"/ld-" not in file.read(4096)

    @pytest.mark.parametrize("command", ["run", "events"])
    def test_the_heap_is_behind_the_program(self, bundle, coracle, command):
        if not self.begins_before_the_library(coracle.binary):
            pytest.skip("a dynamic program's loader is first")
        running = started_in_foreground(bundle)
        eventually(lambda: "ready" in contents(running.out), "the payload to be ready")
        looked_at = coracle.popen("events", coracle.identifiers()[0]) if command == "events" else running
        program = os.stat(coracle.binary).st_ino

        def distance():
            """None before its exec, when it is the test's program; 0 before its first instructions"""
            lines = [line.split() for line in contents(f"/proc/{looked_at.pid}/maps").splitlines()]
            ends = [int(line[0].partition("-")[2], 16) for line in lines if int(line[4]) == program]
            heaps = [int(line[0].partition("-")[0], 16) for line in lines if line[-1] == "[heap]"]
            return heaps[0] - max(ends) if ends and heaps else None
        found = eventually(distance, "a heap")
        running.terminate()
        coracle.finish(running)
        coracle.finish(looked_at)
        assert 0 < found < 4 << 20

    def test_where_mappings_grow_upwards(self, bundle):
        """nothing of it is free there; by chance it could be, so several times"""
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        for _ in range(10):
            bundle.run("exit", 0, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_STACK, unlimited))


@needs("root", "program:strace")  # a user's init asks for its ids
class TestStartsItself:
    """where nothing is left to do between ready and start, init does not wait for the word to start; strace
    holds it in one of its system calls"""

    @pytest.fixture
    def held(self, bundle, coracle):
        """held(NAME) runs with init held in that call: the container, the runtime's pid, what lets init go on"""
        def begin(name):
            bundle.args("wait").write()
            coracle.prefix = ["strace", "-f", "-o", bundle.path + ".strace", "-e", f"trace={name}",
                              "-e", f"inject={name}:delay_enter=60s"]
            container = Container(coracle, next(identifiers))
            popen = coracle.popen("run", "--bundle", bundle.path, container.id)
            coracle.prefix = []
            return container, popen

        def starts_itself(container, call):
            """or waits for the word, having overtaken what is beside it, which on a busy machine happens"""
            record = os.path.join(coracle.root, container.id, "state.json")
            eventually(lambda: os.path.exists(record) and re.search('"(starting|running)"', contents(record)),
                       "the record")
            eventually(lambda: call.partition("(")[0] + "(" in contents(bundle.path + ".strace"), call)
            return '"starting"' in contents(record) and call in contents(bundle.path + ".strace")

        def held(name, arguments=""):
            container, popen = begin(name)
            while not starts_itself(container, f"{name}({arguments}"):
                popen.kill()
                popen.wait()
                container.delete("--force")
                container, popen = begin(name)
            runtime = int(contents(f"/proc/{popen.pid}/task/{popen.pid}/children").split()[0])

            def let_go():
                popen.kill()  # it is strace
                popen.wait()
            return container, runtime, let_go
        return held

    @staticmethod
    def end(runtime):
        """and waits: what has been sent a signal may go on until it is its turn"""
        pidfd = os.pidfd_open(runtime)
        os.kill(runtime, signal.SIGKILL)
        ended = select.select([pidfd], [], [], TIMEOUT)[0]
        os.close(pidfd)
        assert ended

    def test_nobody_says_start(self, bundle, coracle, directory):
        """unless init overtakes the host, which on a busy machine happens"""
        log = os.path.join(directory, "strace")

        def speaks(*options):
            coracle.prefix = ["strace", "-f", "-o", log, "-e", "trace=sendmsg"]
            bundle.run("exit", 0, options=options)
            coracle.prefix = []
            senders = re.findall(r"^(\d+) +sendmsg\(", contents(log), re.M)
            return any(pid != senders[0] for pid in senders)  # the first is of the host's thread
        assert speaks("--pid-file", os.path.join(directory, "pid"))
        eventually(lambda: not speaks(), "a run in which nobody says start")

    def test_until_it_has_started_it_is_being_created(self, held, coracle):
        container, _, let_go = held("pivot_root")
        state = container.state()
        assert (state["status"], state.get("pid", 0)) == ("creating", 0)
        coracle.fails("kill", container.id, "KILL", message="container not running")
        coracle.fails("kill", "--all", container.id, "KILL", message="container not running")
        coracle.fails("events", "--stats", container.id, message="container not running")
        coracle.fails("exec", container.id, "/bin/payload", message="creating")
        let_go()
        eventually(lambda: container.status == "running", "the program")
        assert container.pid > 0
        container.kill("KILL")
        eventually(lambda: coracle.identifiers() == [], "the end")

    def test_it_ends_with_the_runtime(self, held, coracle):
        container, runtime, let_go = held("pivot_root")
        self.end(runtime)
        let_go()
        eventually(lambda: container.status == "stopped", "init's end")
        coracle("delete", container.id)

    def test_it_runs_on_when_it_was_ready_and_the_runtime_dies(self, held, coracle):
        container, runtime, let_go = held("close_range", "3, ")  # not that of who says that it is ready
        self.end(runtime)
        let_go()
        eventually(lambda: container.status == "running", "the program")
        coracle("exec", container.id, "/bin/payload", "exit", "0")
        coracle("delete", "--force", container.id)

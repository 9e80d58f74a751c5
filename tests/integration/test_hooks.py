"""test_hooks.py - the six kinds of hooks: when, in which order, with what, and what failure means"""

import json
import os
import re
import shutil
import termios
import time

import pytest

from harness.needs import needs
from harness.runtime import identifiers
from harness.terminal import Terminal

KINDS = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]
STATUS = {"prestart": "creating", "createRuntime": "creating", "createContainer": "creating",
          "startContainer": "created", "poststart": "running", "poststop": "stopped"}


@pytest.fixture
def hooks(bundle, directory, payload):
    """hooks.add(kind, ...) adds a payload that saves what it was given; hooks.calls() reads it"""

    class Hooks:
        def __init__(self):
            # at the same path on the host and, by a bind mount, in the container
            self.directory = os.path.join(directory, "hooks")
            self.program = os.path.join(self.directory, "payload")
            self.log = os.path.join(self.directory, "log")
            os.mkdir(self.directory)
            shutil.copy(payload, self.program)
            bundle.mount(self.directory, "bind", self.directory, ["bind"])
            bundle.config["hooks"] = {}

        def add(self, kind, *words, **more):
            hook = {"path": self.program, "args": [kind, "save", self.log, *words], **more}
            bundle.config["hooks"].setdefault(kind, []).append(hook)

        def add_failing(self, kind, **more):
            hook = {"path": self.program, "args": [kind, "exit", "3"], **more}
            bundle.config["hooks"].setdefault(kind, []).append(hook)

        def calls(self):
            if not os.path.exists(self.log):
                return []
            with open(self.log, encoding="utf-8") as file:
                return [json.loads(line) for line in file.read().replace(",\n", ", ").splitlines()]

        def words(self):
            return [call["args"][-1] for call in self.calls()]

    return Hooks()


def test_all_six_in_the_specifications_order(bundle, hooks):
    for kind in KINDS:
        hooks.add(kind, kind + "-1")
        hooks.add(kind, kind + "-2")
    bundle.run("exit", 0)
    assert hooks.words() == [f"{kind}-{number}" for kind in KINDS for number in (1, 2)]


def test_which_command_runs_which(bundle, hooks):
    for kind in KINDS:
        hooks.add(kind, kind)
    container = bundle.create(payload=["wait"])
    assert hooks.words() == KINDS[:3]
    container.start()
    assert hooks.words() == KINDS[:5]
    container.kill("KILL")
    container.wait_stopped()
    assert hooks.words() == KINDS[:5]
    container.delete()
    assert hooks.words() == KINDS


def test_each_gets_the_state_on_its_standard_input(bundle, hooks):
    bundle.config["annotations"] = {"org.example.colour": "blue"}
    for kind in KINDS:
        hooks.add(kind, kind)
    container = bundle.create(payload=["wait"])
    pid = container.pid
    container.start()
    container.kill("KILL")
    container.wait_stopped()
    container.delete()
    states = {call["args"][-1]: json.loads(call["input"]) for call in hooks.calls()}
    assert list(states) == KINDS
    for kind, state in states.items():
        assert state["id"] == container.id, kind
        assert state["status"] == STATUS[kind], kind
        assert state["bundle"] == bundle.path, kind
        assert state["ociVersion"].startswith("1."), kind
        assert state["annotations"]["org.example.colour"] == "blue", kind
        # those in the container see its first process as it does
        expected = {"createContainer": 1, "startContainer": 1, "poststop": 0}.get(kind, pid)
        assert state.get("pid", 0) == expected, kind


def test_environment_and_arguments_are_the_hooks_own(bundle, hooks):
    hooks.add("createRuntime", "a b", "", "last", env=["ONE=1", "TWO=2"])
    hooks.add("createRuntime", "last")
    bundle.run("exit", 0)
    first, second = hooks.calls()
    assert first["args"] == ["save", hooks.log, "a b", "", "last"]
    assert first["env"] == ["ONE=1", "TWO=2"]
    assert second["args"] == ["save", hooks.log, "last"]


@pytest.mark.parametrize("more, own", [({}, False), ({"env": []}, True), ({"env": None}, False)])
def test_an_environment_that_is_not_given(bundle, hooks, more, own):
    """as runc and crun have it: the caller's, and for what runs in the container its program's.  An empty
    one is empty."""
    for kind in KINDS:
        hooks.add(kind, kind, **more)
    bundle.process["env"] = ["OF=the program", "HOME=/"]
    bundle.run("exit", 0, env={"PATH": os.environ["PATH"], "OF": "the caller"})
    seen = {call["args"][-1]: call["env"] for call in hooks.calls()}
    assert list(seen) == KINDS
    for kind, env in seen.items():
        if own:
            assert env == [], kind
        elif kind == "startContainer":
            assert env == bundle.process["env"], kind
        else:
            assert sorted(env) == ["OF=the caller", f"PATH={os.environ['PATH']}"], kind


def test_without_args_the_path_is_argument_zero(bundle, hooks):
    bundle.config["hooks"]["createRuntime"] = [{"path": hooks.program}]
    bundle.run("exit", 0)


@pytest.mark.parametrize("namespace", ["uts", pytest.param("net", marks=needs("root"))])  # a user has the host's
@pytest.mark.parametrize("kind, inside", [
    ("prestart", False), ("createRuntime", False), ("createContainer", True),
    ("startContainer", True), ("poststart", False), ("poststop", False)])
def test_the_namespaces_of_each(bundle, hooks, kind, inside, namespace):
    """createContainer and startContainer run in the container's namespaces, the rest on the host"""
    out = os.path.join(hooks.directory, "out")
    bundle.config["hooks"][kind] = [
        {"path": hooks.program, "args": ["payload", "save-link", f"/proc/self/ns/{namespace}", out]}]
    bundle.run("exit", 0)
    with open(out, encoding="ascii") as file:
        assert (file.read() != os.readlink(f"/proc/self/ns/{namespace}")) == inside


@needs("root")  # a user has the host's network
@pytest.mark.parametrize("kind", ["prestart", "createRuntime"])
def test_the_network_is_there_for_the_first(bundle, hooks, kind):
    """engines look for it by the pid that the hook is told"""
    out = os.path.join(hooks.directory, "out")
    bundle.config["hooks"][kind] = [{"path": "/bin/sh", "args": ["sh", "-c", (
        'pid=$(sed "s/.*\\"pid\\": *\\([0-9]*\\).*/\\1/"); '
        f'nsenter --net=/proc/$pid/ns/net cat /proc/net/dev /proc/net/fib_trie > {out}')]}]
    bundle.run("exit", 0)
    with open(out, encoding="ascii") as file:
        text = file.read()
    devices, _, addresses = text.partition("Main:")
    assert re.findall(r"(\w+):", devices) == ["lo"]
    assert "127.0.0.1" in addresses, "it is up"


@needs("root")
@needs("program:strace")
@pytest.mark.parametrize("kind", ["createRuntime", "createContainer"])
def test_the_device_program_is_there_for_the_first(bundle, coracle, directory, kind):
    """an engine's hook may put one of its own in its place; however long the kernel takes to check it"""
    log = os.path.join(directory, "strace")
    bundle.config["hooks"] = {kind: [{"path": "/bin/true"}]}
    coracle.prefix = ["strace", "-f", "-o", log, "-e", "trace=bpf,execve", "-e",
                      "inject=bpf:delay_enter=200000"]
    bundle.run("exit", 0)
    with open(log, encoding="utf-8") as file:
        lines = file.readlines()

    def last(words):
        return max(number for number, line in enumerate(lines) if words in line)
    assert last("BPF_PROG_ATTACH") < last('execve("/bin/true"')


@needs("root")
@needs("program:strace")
def test_a_signal_while_the_device_program_is_checked_is_no_obstacle(bundle, coracle, directory):
    """the kernel's verifier gives up then, and is to be asked again"""
    coracle.prefix = ["strace", "-f", "-o", os.path.join(directory, "strace"), "-e", "trace=bpf", "-e",
                      "inject=bpf:error=EAGAIN:when=1..3"]
    bundle.run("exit", 0)
    with open(os.path.join(directory, "strace"), encoding="utf-8") as file:
        assert file.read().count("INJECTED") == 3


@needs("root")
@needs("program:strace")
def test_lo_is_up_for_the_first_inside(bundle, coracle, hooks, directory):
    """where the host has none to run before, either; however long the kernel takes to bring it up"""
    out = os.path.join(hooks.directory, "out")
    bundle.config["hooks"]["createContainer"] = [
        {"path": "/bin/sh", "args": ["sh", "-c", f"cat /proc/net/fib_trie > {out}"]}]
    coracle.prefix = ["strace", "-f", "-o", os.path.join(directory, "strace"), "-e", "trace=ioctl", "-e",
                      "inject=ioctl:delay_enter=200000"]
    bundle.run("exit", 0)
    with open(out, encoding="ascii") as file:
        assert "127.0.0.1" in file.read()


def test_create_runtime_comes_before_the_root_changes(bundle, hooks):
    """what a hook mounts on the host's side of the root file system before pivot arrives"""
    bundle.config["hooks"]["createRuntime"] = [
        {"path": "/bin/sh", "args": ["sh", "-c", f"echo from-the-hook > {bundle.rootfs}/etc/made"]}]
    bundle.allow("/etc/made")
    assert bundle.probe(("read", "/etc/made")).data("read", "/etc/made") == "from-the-hook\n"


class TestTimeout:
    def test_a_hook_that_takes_too_long_is_killed(self, bundle):
        bundle.config["hooks"] = {"createRuntime": [
            {"path": "/bin/sleep", "args": ["sleep", "100"], "timeout": 1}]}
        begin = time.monotonic()
        bundle.run_fails(r"hooks.createRuntime\[0\] '/bin/sleep'.*(timed out|timeout|longer than)")
        assert 0.9 < time.monotonic() - begin < 5

    def test_with_all_that_it_started(self, bundle):
        bundle.config["hooks"] = {"createRuntime": [
            {"path": "/bin/sh", "args": ["sh", "-c", "sleep 100 & wait"], "timeout": 1}]}
        bundle.run_fails(r"hooks.createRuntime\[0\]")

    def test_and_with_who_got_away_from_it(self, bundle, coracle):
        """a daemon of the hook's; the host is the same after the test as before"""
        bundle.config["hooks"] = {"createRuntime": [
            {"path": "/bin/sh", "args": ["sh", "-c", "(setsid sleep 100 &); sleep 100"],
             "timeout": 1}]}
        bundle.run_fails(r"hooks.createRuntime\[0\]")
        bundle.runtime.fails("create", "--bundle", bundle.path, next(identifiers),
                             message=r"hooks.createRuntime\[0\]")

    @pytest.mark.parametrize("kind", ["createContainer", "startContainer"])
    def test_inside_too(self, bundle, hooks, kind):
        bundle.config["hooks"][kind] = [
            {"path": hooks.program, "args": ["payload", "sleep"], "timeout": 1}]
        bundle.run_fails(rf"hooks.{kind}\[0\].*timeout")

    def test_time_enough_is_no_error(self, bundle):
        bundle.config["hooks"] = {"createRuntime": [
            {"path": "/bin/sleep", "args": ["sleep", "0.1"], "timeout": 5}]}
        bundle.run("exit", 0)

    @pytest.mark.parametrize("timeout", [0, -1])
    def test_no_time_at_all_is_refused(self, bundle, timeout):
        bundle.config["hooks"] = {"createRuntime": [{"path": "/bin/true", "timeout": timeout}]}
        bundle.run_fails(r"hooks.createRuntime\[0\].timeout")


class TestFailure:
    @pytest.mark.parametrize("kind", KINDS[:3])
    def test_before_create_has_ended_the_container_is_undone(self, bundle, hooks, coracle, kind):
        hooks.add("poststop", "poststop")
        hooks.add_failing(kind)
        hooks.add(kind, "not reached")
        bundle.args("exit").write()
        error = coracle.error("create", "--bundle", bundle.path, next(identifiers))
        assert error["class"] == "hook"
        assert f"hooks.{kind}[0]" in error["msg"] and "3" in error["msg"]
        assert coracle.identifiers() == []
        assert hooks.words() == ["poststop"]

    @pytest.mark.parametrize("kind", ["startContainer", "poststart"])
    def test_then_start_fails_and_the_container_is_deleted(self, bundle, hooks, coracle, kind):
        """runtime.md, "Lifecycle", steps 7, 9, 12 and 13"""
        hooks.add_failing(kind)
        hooks.add(kind, "not reached")
        hooks.add("poststop", "poststop")
        container = bundle.create(payload=["wait"])
        error = coracle.error("start", container.id)
        assert error["class"] == "hook" and f"hooks.{kind}[0]" in error["msg"]
        assert coracle.identifiers() == []
        assert hooks.words() == ["poststop"]
        if kind == "startContainer":
            assert container.output() == ""
        container.delete("--force")

    @pytest.mark.parametrize("options", [(), ("--detach",)], ids=["foreground", "detached"])
    @pytest.mark.parametrize("kind", KINDS[:5])
    def test_run_fails(self, bundle, hooks, coracle, kind, options):
        hooks.add_failing(kind)
        hooks.add("poststop", "poststop")
        bundle.run_fails(rf"hooks.{kind}\[0\]", "sleep", options=options)
        assert coracle.identifiers() == []
        assert hooks.words() == ["poststop"]

    def test_another_failure_runs_no_poststop(self, bundle, hooks, coracle):
        hooks.add("poststop", "poststop")
        bundle.process["args"] = ["/no/such/program"]
        bundle.run_fails("no such file or directory")
        assert hooks.words() == []

    def test_poststop_is_a_warning(self, bundle, hooks, coracle):
        hooks.add_failing("poststop")
        hooks.add("poststop", "the next one")
        result = bundle.run("exit", 0)
        assert "hooks.poststop[0]" in result.stderr
        assert hooks.words() == ["the next one"]
        assert coracle.identifiers() == []

    @pytest.mark.parametrize("path, word", [("relative", r"hooks.createRuntime\[0\].path"),
                                            ("/no/such/hook", "No such file or directory")])
    def test_a_hook_that_cannot_run_is_named(self, bundle, path, word):
        bundle.config["hooks"] = {"createRuntime": [{"path": path}]}
        bundle.run_fails(word)
        bundle.run_fails(path)

    def test_a_signal_is_told(self, bundle):
        bundle.config["hooks"] = {"createRuntime": [
            {"path": "/bin/sh", "args": ["sh", "-c", "kill -9 $$"]}]}
        bundle.run_fails(r"hooks.createRuntime\[0\] '/bin/sh'.*(signal|[Kk]illed)")


class TestOutput:
    """the annotations of crun"""

    def test_of_all_kinds(self, bundle, hooks, directory):
        out, errors = os.path.join(directory, "out"), os.path.join(directory, "err")
        bundle.config["annotations"] = {"run.oci.hooks.stdout": out, "run.oci.hooks.stderr": errors}
        for kind in KINDS:
            bundle.config["hooks"][kind] = [
                {"path": hooks.program, "args": ["payload", "echo"]},
                {"path": hooks.program, "args": ["payload", "no such command"]}]
            if kind != "poststop":
                bundle.config["hooks"][kind].pop()
        container = bundle.create(payload=["wait"])
        container.start()
        container.delete("--force")
        written = open(out, encoding="ascii").read().replace("}{", "}\n{").splitlines()
        assert [json.loads(line)["status"] for line in written] == list(STATUS.values())
        assert "no such command" in open(errors, encoding="ascii").read()

    @pytest.mark.parametrize("path, message", [
        ("relative", "'relative' is not an absolute path"),
        ("/no/such/directory/file", "open '/no/such/directory/file': No such file or directory")])
    def test_bad_files_are_refused(self, bundle, path, message):
        bundle.config["annotations"] = {"run.oci.hooks.stderr": path}
        bundle.run_fails(r'annotations\["run.oci.hooks.stderr"\]: ' + message)


def test_delete_force_runs_poststop(bundle, hooks):
    hooks.add("poststop", "poststop")
    container = bundle.start(payload=["sleep"])
    container.delete("--force")
    assert hooks.words() == ["poststop"]


@pytest.mark.parametrize("kind", ["createRuntime", "poststop"])
def test_a_hook_may_use_the_terminal(bundle, coracle, kind):
    """as sudo's question for a password does; who is not in its foreground would be stopped"""
    bundle.config["hooks"] = {kind: [{"path": "/bin/sh", "args": ["sh", "-c", "stty -echo < /dev/tty && echo set"],
                                      "env": ["PATH=/usr/bin:/bin"], "timeout": 10}]}
    bundle.args("exit", 0).write()
    with Terminal() as terminal:
        popen = coracle.popen("run", "--bundle", bundle.path, next(identifiers), **terminal.keywords())
        terminal.read_until("set")
        result = coracle.finish(popen, timeout=20)
        assert result.returncode == 0
        assert not terminal.attributes()[3] & termios.ECHO


def test_a_hook_has_no_descriptors_of_the_runtime(bundle, directory):
    out = os.path.join(directory, "descriptors")
    bundle.config["hooks"] = {"createRuntime": [
        {"path": "/bin/sh", "args": ["sh", "-c", f"ls /proc/$$/fd > {out}"]}]}
    bundle.run("exit", 0)
    # 10 is the shell's own
    assert set(open(out, encoding="ascii").read().split()) <= {"0", "1", "2", "10"}

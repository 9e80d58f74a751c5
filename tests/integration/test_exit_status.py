"""test_exit_status.py - the rows of the manual page's EXIT STATUS, and the errors that engines read"""

import json
import os
import re
import signal

import pytest

from harness.host import read
from harness.runtime import contents, eventually

MANUAL = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../docs/coracle.8")

# each with the tests below that hold it
ROWS = {
    "0": ["test_run", "test_exec_detached", "test_commands_that_succeed"],
    "1": ["test_errors_are_1", "test_an_error_for_one_of_many"],
    "255": ["test_exec_that_cannot_be"],
    "Ar N": ["test_run", "test_exec"],
    "128 + Ar N": ["test_run", "test_exec"],
}


def test_the_manual_page_has_these_rows():
    with open(MANUAL, encoding="utf-8") as file:
        section = file.read().partition(".Sh EXIT STATUS")[2].partition(".Sh ")[0]
    assert re.findall(r"^\.It (.*)$", section, re.MULTILINE) == list(ROWS)
    assert all(callable(globals()[test]) for tests in ROWS.values() for test in tests)


@pytest.mark.parametrize("words, options, status", [
    (["exit", "0"], (), 0),
    (["exit", "3"], (), 3),
    (["exit", "255"], (), 255),
    (["signal", "KILL"], (), 128 + signal.SIGKILL),
    (["signal", "TERM"], (), 128 + signal.SIGTERM),
    (["exit", "3"], ("--detach",), 0),
], ids=lambda value: " ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value))
def test_run(bundle, words, options, status):
    if words[0] == "signal":
        words = ["signal", str(int(getattr(signal, f"SIG{words[1]}")))]
        bundle.share_pids()  # the kernel protects its first process from itself
    bundle.args(*words).write()
    name = "exit-status"
    result = bundle.runtime("run", *options, "--bundle", bundle.path, name, check=False)
    assert result.returncode == status, str(result)
    if options:
        bundle.runtime("delete", "--force", name)


def test_run_that_cannot_clean_up(bundle, coracle):
    """what is left is told, once; the status is the program's"""
    bundle.args("wait").write()
    running = coracle.popen("run", "--bundle", bundle.path, "exit-status")
    eventually(lambda: contents(running.out), "the program")
    pid = json.loads(coracle("state", "exit-status").stdout)["pid"]
    record = os.path.join(coracle.root, "exit-status", "state.json")
    os.unlink(record)
    os.mkdir(record)
    os.kill(pid, signal.SIGKILL)
    result = coracle.finish(running)
    assert result.returncode == 128 + signal.SIGKILL, str(result)
    assert re.fullmatch(r"coracle: error: remove '.*/state.json': Is a directory\n", result.stderr)
    os.rmdir(record)
    coracle("delete", "--force", "exit-status")


@pytest.mark.parametrize("words, status", [
    (["exit", "3"], 3),
    (["signal", str(int(signal.SIGKILL))], 128 + signal.SIGKILL),
])
def test_exec(bundle, words, status):
    container = bundle.start()
    result = bundle.runtime("exec", container.id, "/bin/payload", *words, check=False)
    assert result.returncode == status, str(result)
    container.remove()


def test_exec_detached(bundle):
    """0, whatever the program ends with"""
    container = bundle.start()
    pid_file = bundle.outside("pid")
    bundle.runtime("exec", "--detach", "--pid-file", pid_file, container.id, "/bin/payload", "exit",
                   "3")
    # it is ours by now, and a pid namespace does not end before its last zombie
    assert os.waitstatus_to_exitcode(os.waitpid(int(read(pid_file)), 0)[1]) == 3
    container.remove()


def test_exec_that_cannot_be(bundle):
    """255: what the program itself could not be told from"""
    container = bundle.start()
    for words in ([container.id, "/no/such/program"], [container.id], ["nobody", "true"], [],
                  ["--no-such-option"], ["--cwd", "tmp", container.id, "/bin/payload"],
                  ["--process", "/no/such/file", container.id]):
        for detach in ([], ["--detach"]):
            result = bundle.runtime("exec", *detach, *words, check=False)
            assert result.returncode == 255, str(result)
    container.remove()


def test_commands_that_succeed(bundle, coracle):
    """all of them, along the life of one container"""
    container = bundle.create(payload=["wait"])
    container.start()
    for words in (["state"], ["pause"], ["resume"], ["events", "--stats"], ["ps"], ["kill", "TERM"]):
        assert coracle(words[0], *words[1:2] if words[0] == "events" else [], container.id,
                       *words[1:] if words[0] == "kill" else []).returncode == 0
    container.wait_stopped()
    for words in (["list"], ["features"], ["help"], ["completion", "bash"], ["--version"],
                  ["delete", container.id], ["delete", "--force", container.id]):
        assert coracle(*words).returncode == 0


def test_an_error_for_one_of_many(bundle, make_bundle, coracle):
    """delete --regex: the one that runs stays, the other goes"""
    running, stopped = bundle.start(), make_bundle("two").create(payload=["exit", "0"])
    result = coracle("delete", "--regex", "^t", check=False)
    assert result.returncode == 1, str(result)
    assert coracle.identifiers() == [running.id]
    assert stopped.id not in coracle.identifiers()
    running.remove()


@pytest.mark.parametrize("words", [
    ["dance"], ["start"], ["start", "nobody"], ["state", "nobody"], ["kill", "nobody"],
    ["delete", "nobody"], ["create", "--bundle", "/no/such/bundle", "x"],
    ["run", "--bundle", "/no/such/bundle", "x"], ["--log", "/no/such/directory/log", "list"],
    [], ["--no-such-option"], ["help", "dance"], ["completion", "dance"], ["list", "--format", "x"],
    ["pause", "nobody"], ["resume", "nobody"], ["ps", "nobody"], ["events", "nobody"],
    ["update", "nobody"], ["mounts", "add", "nobody", "/no/such/file"], ["kill", "x", "SIGWRONG"],
    ["spec", "--bundle", "/no/such/bundle"], ["features", "much"]],
    ids=" ".join)
def test_errors_are_1(coracle, words):
    assert coracle(*words, check=False).returncode == 1


class TestPhrases:
    """what containerd, CRI-O, docker and podman look for in the text"""

    @pytest.mark.parametrize("program, phrase", [
        ("nothing-in-path", "nothing-in-path.*executable file not found in \\$PATH"),
        ("/no/such/program", "/no/such/program.*no such file or directory"),
        ("/etc/plain", "/etc/plain.*permission denied"),
        ("/etc", "/etc.*permission denied"), ("/etc", "/etc.*is a directory"),
    ])
    @pytest.mark.parametrize("command", ["run", "exec"])
    def test_programs(self, bundle, command, program, phrase):
        bundle.file("/etc/plain", "no program", 0o644)
        if command == "run":
            bundle.process["args"] = [program]
            bundle.run_fails(phrase)
        else:
            container = bundle.start()
            bundle.runtime.fails("exec", container.id, program, message=phrase)
            container.remove()

    @pytest.mark.parametrize("source, point", [("/etc", "file"), ("/etc/hostname", "directory")])
    def test_a_mount_on_another_kind_of_file(self, bundle, source, point):
        """docker's status is 127 then, and it adds what may be wrong; it looks in small letters"""
        bundle.mount("/mnt", "bind", source, ["bind"], point=point)
        bundle.run_fails("(?i)'/mnt'.*not a directory")

    @pytest.mark.parametrize("command", ["start", "state", "kill", "delete", "exec", "pause", "ps"])
    def test_no_such_container(self, coracle, command):
        words = ["true"] if command == "exec" else []
        coracle.fails(command, "nobody", *words, message="container 'nobody' does not exist")

    def test_the_container_has_stopped(self, bundle):
        container = bundle.create(payload=["exit", "0"])
        container.start()
        container.wait_stopped()
        container.runtime.fails("kill", container.id, message="container not running")
        container.delete()

    def test_the_id_is_taken(self, bundle):
        container = bundle.create(payload=["wait"])
        bundle.runtime.fails("create", "--bundle", bundle.path, container.id,
                             message=f"container with id '{container.id}' already exists")
        container.remove()

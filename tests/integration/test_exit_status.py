"""test_exit_status.py - the rows of the manual page's EXIT STATUS, and the errors that engines read"""

import signal

import pytest


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
        bundle.unset_namespace("pid")  # the kernel protects its first process from itself
    bundle.args(*words).write()
    name = "exit-status"
    result = bundle.runtime("run", *options, "--bundle", bundle.path, name, check=False)
    assert result.returncode == status, str(result)
    if options:
        bundle.runtime("delete", "--force", name)


@pytest.mark.parametrize("words, status", [
    (["exit", "3"], 3),
    (["signal", str(int(signal.SIGKILL))], 128 + signal.SIGKILL),
])
def test_exec(bundle, words, status):
    container = bundle.start()
    result = bundle.runtime("exec", container.id, "/bin/payload", *words, check=False)
    assert result.returncode == status, str(result)
    container.remove()


def test_exec_that_cannot_be(bundle):
    """255: what the program itself could not be told from"""
    container = bundle.start()
    result = bundle.runtime("exec", container.id, "/no/such/program", check=False)
    assert result.returncode == 255
    container.remove()


@pytest.mark.parametrize("words", [
    ["dance"], ["start"], ["start", "nobody"], ["state", "nobody"], ["kill", "nobody"],
    ["delete", "nobody"], ["create", "--bundle", "/no/such/bundle", "x"],
    ["run", "--bundle", "/no/such/bundle", "x"], ["--log", "/no/such/directory/log", "list"]],
    ids=" ".join)
def test_errors_are_1(coracle, words):
    assert coracle(*words, check=False).returncode == 1


class TestPhrases:
    """what containerd, CRI-O, docker and podman look for in the text"""

    @pytest.mark.parametrize("program, phrase", [
        ("nothing-in-path", "nothing-in-path.*executable file not found in \\$PATH"),
        ("/no/such/program", "/no/such/program.*no such file or directory"),
        ("/etc/plain", "/etc/plain.*permission denied"),
        ("/etc", "/etc.*(is a directory|permission denied)"),
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

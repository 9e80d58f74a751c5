"""test_notify.py - NOTIFY_SOCKET: the service manager hears that the container's program is ready"""

import contextlib
import os
import re
import signal
import socket
import time

import pytest

from harness.needs import needs
from harness.runtime import contents, eventually, identifiers
from harness.terminal import Terminal


@pytest.fixture
def manager(directory, coracle, monkeypatch):
    """the service manager's socket; .recv() is what it is told"""
    path = os.path.join(directory, "manager")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        yield manager


def told(manager):
    return set(manager.recv(4096).decode().splitlines())


@pytest.fixture(autouse=True)
def allow(bundle):
    bundle.allow("/run")  # the mount point


def test_start_returns_when_it_is_ready(bundle, manager):
    container = bundle.create(payload=["notify", "STATUS=warming up", "READY=1\nSTATUS=here"])
    pid = container.pid
    container.start()
    assert told(manager) == {"STATUS=warming up"}
    assert told(manager) == {"READY=1", "STATUS=here", f"MAINPID={pid}"}
    container.remove()


@needs("root")
@needs("program:strace")
def test_a_start_that_was_killed_can_be_made_up_for(bundle, manager, coracle):
    """its socket is there, and nobody listens"""
    container = bundle.create(payload=["notify", "READY=1"])
    coracle.prefix = ["strace", "-o", os.devnull, "-e", "trace=fchmodat", "-e", "inject=fchmodat:signal=KILL:when=1"]
    assert container.start(check=False).returncode != 0
    coracle.prefix = []
    assert container.status == "created"
    container.start()
    assert "READY=1" in told(manager)
    container.remove()


def fill(manager):
    """its queue, which may take more than what one sender may have on the way"""
    sent = 1
    while sent:
        sent = 0
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other, contextlib.suppress(BlockingIOError):
            other.connect(manager.getsockname())
            other.setblocking(False)
            while True:
                other.send(b"busy")
                sent += 1


def test_a_stop_does_not_end_the_wait_for_a_busy_manager(bundle, manager, coracle):
    fill(manager)
    container = bundle.create(payload=["notify", "READY=1"])
    popen = coracle.popen("start", container.id)
    eventually(lambda: container.status != "created", "the start")
    time.sleep(0.2)
    popen.send_signal(signal.SIGSTOP)
    eventually(lambda: "\nState:\tT" in contents(f"/proc/{popen.pid}/status"), "the stop")
    popen.send_signal(signal.SIGCONT)
    time.sleep(0.1)
    while "READY=1" not in told(manager):
        pass
    result = coracle.finish(popen)
    assert result.returncode == 0, str(result)
    container.remove()


def test_an_abstract_name(bundle, monkeypatch):
    name = f"coracle-manager-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + name)
        manager.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + name)
        container = bundle.create("--detach", payload=["notify", "READY=1"], command="run")
        assert "READY=1" in told(manager)
    container.remove()


def test_a_path_longer_than_a_socket_address_holds(bundle, directory, monkeypatch):
    long = os.path.join(directory, "d" * 120)
    os.mkdir(long)
    fd = os.open(long, os.O_PATH)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"/proc/self/fd/{fd}/manager")
        os.close(fd)
        manager.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", f"{long}/manager")
        bundle.run("notify", "READY=1")
        assert "READY=1" in told(manager)


@pytest.mark.parametrize("address", ["/nowhere/manager", "left", "n" * 200, "@", "vsock:2:1234"],
                         ids=["missing", "nobody listens", "too long", "no name", "no path"])
@pytest.mark.parametrize("command", ["create", "run"])
def test_a_manager_that_is_not_there_is_warned_of(bundle, directory, monkeypatch, address, command):
    """a shell that some service has started may have a variable of long ago: the container is as without"""
    if address == "left":
        address = os.path.join(directory, address)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(address)
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    container = bundle.create(*["--detach"] * (command == "run"), payload=["wait"], command=command)
    warning = contents(container.err)
    assert warning.startswith("coracle: warning: nobody is told when the container is ready (NOTIFY_SOCKET): ")
    assert address in warning
    if command == "create":
        assert container.start().stderr == ""
    container.wait_output("ready")
    assert "NOTIFY_SOCKET" not in contents(f"/proc/{container.pid}/environ")
    container.remove()


@pytest.mark.parametrize("command", ["create", "run"])
def test_a_manager_that_goes_does_not_take_the_container_with_it(bundle, manager, command):
    bundle.config["hooks"] = {"poststart": [{"path": "/bin/rm", "args": ["rm", manager.getsockname()]}]}
    container = bundle.create(*["--detach"] * (command == "run"), payload=["notify", "READY=1"], command=command)
    warnings = contents(container.err) if command == "run" else container.start().stderr
    assert re.fullmatch("coracle: warning: tell the service manager: .*No such file or directory\n", warnings)
    container.remove()


def test_a_start_does_not_wait_where_the_manager_has_gone(bundle, manager):
    container = bundle.create(payload=["wait"])
    os.unlink(manager.getsockname())
    assert container.start().stderr.startswith("coracle: warning: nobody is told when the container is ready")
    container.remove()


def test_a_detached_run_too(bundle, manager):
    container = bundle.create("--detach", payload=["notify", "READY=1"], command="run")
    assert {"READY=1"} < told(manager)
    container.remove()


def test_a_start_without_a_service_manager_waits_for_nothing(bundle, manager, monkeypatch):
    container = bundle.create(payload=["notify", "READY=1"])
    monkeypatch.setenv("NOTIFY_SOCKET", "")
    container.start()
    assert not os.path.exists(os.path.join(bundle.runtime.root, container.id, "notify", "notify.sock"))
    container.remove()


def test_a_run_that_stays_tells_it_beside(bundle, manager):
    bundle.run("notify", "READY=1")
    assert {"READY=1"} < told(manager)


@needs("root")  # a user mounts no procfs of the host's pid namespace
def test_a_terminal_hangs_up_with_the_run(bundle, manager):
    """what waits beside it for the program to be ready does not hold the terminal"""
    bundle.process["terminal"] = True
    bundle.unset_namespace("pid")  # where it would be the first process, which such a signal does not end
    pid_file = bundle.outside("pid")
    with Terminal() as terminal:
        bundle.args("sleep").write()
        identifier = next(identifiers)
        running = bundle.runtime.popen("run", "--pid-file", pid_file, "--bundle", bundle.path, identifier,
                                       **terminal.keywords())
        eventually(lambda: '"running"' in bundle.runtime("state", identifier, check=False).stdout, "the program")
        running.kill()
        running.wait()
        eventually(lambda: '"stopped"' in bundle.runtime("state", identifier).stdout, "the end of the program")
    bundle.runtime("delete", identifier)


def test_the_end_of_the_program_ends_the_wait(bundle, manager):
    container = bundle.create(payload=["exit", "0"])
    container.start()
    container.wait_stopped()
    container.delete()
    manager.setblocking(False)
    with pytest.raises(BlockingIOError):
        manager.recv(1)


def test_the_program_cannot_speak_for_others(bundle, manager):
    bundle.run("notify", "MAINPID=1\nREADY=1\nFDSTORE=1")
    text = told(manager)
    assert "MAINPID=1" not in text and "FDSTORE=1" not in text and "READY=1" in text


@needs("root")
def test_any_user_may(bundle, manager):
    bundle.process["user"] = {"uid": 1234, "gid": 1234}
    bundle.run("notify", "READY=1")
    assert "READY=1" in told(manager)


def test_what_the_engine_has_arranged_stays(bundle, manager):
    bundle.process["env"].append("NOTIFY_SOCKET=/elsewhere")
    report = bundle.report()
    assert "NOTIFY_SOCKET=/elsewhere" in report.env
    assert "/run/notify" not in report.proc["mountinfo"]


def test_without_a_service_manager_there_is_nothing(bundle):
    report = bundle.report()
    assert not [line for line in report.env if line.startswith("NOTIFY_SOCKET")]

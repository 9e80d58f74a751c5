"""test_seccomp_notify.py - SCMP_ACT_NOTIFY: what an agent is sent, and that its answers count"""

import array
import contextlib
import errno
import fcntl
import json
import os
import platform
import re
import select
import socket
import struct
import subprocess
import threading

import pytest

from harness.needs import needs
from harness.runtime import eventually

CALL = "mkdirat"

# linux/seccomp.h: struct seccomp_notif (id, pid, flags, data: nr, arch, ip, args) and _resp
RECEIVE, SEND = 0xc0502100, 0xc0182101
NOTIFICATION = struct.Struct("=QII iIQ 6Q")
ANSWER = struct.Struct("=Qqi I")
CONTINUE = 1

MKDIRAT = {"x86_64": 258, "aarch64": 34}[platform.machine()]


class Agent:
    """listens at a socket; answers calls of mkdirat with an errno, lets all others go on"""

    def __init__(self, path, number=errno.EXDEV):
        self.number = number
        self.states, self.names, self.calls, self.ends = [], [], [], []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.bind(path)
        self.socket.listen()
        self.quit, self.wake = os.pipe()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def stop(self):
        os.write(self.wake, b"x")
        self.thread.join()
        self.socket.close()
        os.close(self.quit)
        os.close(self.wake)

    def serve(self):
        listeners = []
        while True:
            ready = select.select([self.quit, self.socket, *listeners], [], [])[0]
            if self.quit in ready:
                break
            if self.socket in ready:
                listeners.append(self.accept())
            for listener in ready:
                if listener in listeners and not self.answer(listener):
                    listeners.remove(listener)
                    os.close(listener)
        for listener in listeners:
            os.close(listener)

    def accept(self):
        connection = self.socket.accept()[0]
        with connection:
            data, control, _, _ = connection.recvmsg(65536, socket.CMSG_SPACE(16))
            more = b""
            while piece := connection.recv(65536):
                more += piece
        fds = array.array("i")
        for level, kind, content in control:
            assert (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
            fds.frombytes(content)
        assert len(fds) == 1
        self.states.append(json.loads(data + more))
        return fds[0]

    def answer(self, listener):
        """false: nobody asks any more, for which Linux before 6.11 would wait for ever"""
        poll = select.poll()
        poll.register(listener, select.POLLIN)
        events = dict(poll.poll(0)).get(listener, 0)
        if not events & select.POLLIN:
            return not events
        buffer = bytearray(NOTIFICATION.size)
        try:
            fcntl.ioctl(listener, RECEIVE, buffer)
        except OSError:
            return False
        number, pid, _, call, *_ = NOTIFICATION.unpack(buffer)
        self.calls.append((pid, call))
        if call == MKDIRAT:
            answer = ANSWER.pack(number, 0, -self.number, 0)
        else:
            answer = ANSWER.pack(number, 0, 0, CONTINUE)
        with contextlib.suppress(OSError):  # the caller has gone
            fcntl.ioctl(listener, SEND, bytearray(answer))
        return True


@pytest.fixture
def agent(directory):
    agent = Agent(os.path.join(directory, "agent"))
    yield agent
    agent.stop()


def notify(bundle, directory, *names, default="SCMP_ACT_ALLOW", **more):
    bundle.linux["seccomp"] = {
        "defaultAction": default,
        "syscalls": [{"names": list(names or [CALL]), "action": "SCMP_ACT_NOTIFY"}],
        "listenerPath": os.path.join(directory, "agent"), **more}


@pytest.mark.parametrize("privileged", [False, True], ids=["late", "early"])
def test_the_agent_decides(bundle, directory, agent, privileged):
    bundle.process["noNewPrivileges"] = not privileged
    notify(bundle, directory)
    assert bundle.run("syscall", CALL).stdout.strip() == "EXDEV"
    # and of the calls of the runtime, too, that come behind the loading
    assert [call for _, call in agent.calls][-1] == MKDIRAT


@pytest.mark.parametrize("privileged, status", [(False, "created"), (True, "creating")],
                         ids=["late", "early"])
def test_the_agent_is_told_who_it_is(bundle, directory, agent, privileged, status):
    bundle.process["noNewPrivileges"] = not privileged
    bundle.config["annotations"] = {"org.example.colour": "blue"}
    notify(bundle, directory, listenerMetadata="MKNOD=/dev/null;\u00fc")
    container = bundle.create(payload=["wait"])
    if privileged:
        eventually(lambda: agent.states, "what the agent has been told")
    assert len(agent.states) == int(privileged)
    pid = container.pid
    container.start()
    eventually(lambda: agent.states, "what the agent has been told")
    assert agent.states == [{
        "ociVersion": bundle.config["ociVersion"], "fds": ["seccompFd"], "pid": pid,
        "metadata": "MKNOD=/dev/null;\u00fc",
        "state": {"ociVersion": bundle.config["ociVersion"], "id": container.id, "status": status,
                  "pid": pid, "bundle": bundle.path, "annotations": {"org.example.colour": "blue"}}}]
    container.kill("KILL")
    container.wait_stopped()
    container.delete()


def test_a_kept_filter_has_the_listener_of_its_container(bundle, coracle, directory, agent):
    """one is kept for all of them, and none of its words are"""
    for metadata in ("one", "two", "one"):
        notify(bundle, directory, listenerMetadata=metadata)
        assert bundle.run("syscall", CALL).stdout.strip() == "EXDEV"
    assert [state["metadata"] for state in agent.states] == ["one", "two", "one"]
    assert len(os.listdir(os.path.join(coracle.root, "@seccomp"))) == 1
    del bundle.linux["seccomp"]["listenerPath"], bundle.linux["seccomp"]["listenerMetadata"]
    bundle.run_fails("linux.seccomp.listenerPath: is required")
    assert len(agent.states) == 3


def test_metadata_is_left_out_when_there_is_none(bundle, directory, agent):
    notify(bundle, directory)
    bundle.run("exit", 0)
    eventually(lambda: agent.states, "what the agent has been told")
    assert "metadata" not in agent.states[0]


@pytest.mark.parametrize("privileged", [False, True], ids=["late", "early"])
def test_all_calls_may_be_notified(bundle, directory, agent, privileged):
    """the runtime's own sending of the listener too"""
    bundle.process["noNewPrivileges"] = not privileged
    notify(bundle, directory, default="SCMP_ACT_NOTIFY", syscalls=[])
    assert bundle.run("syscall", CALL).stdout.strip() == "EXDEV"
    assert len(agent.calls) > 10


def test_the_handing_over_needs_no_system_call(bundle, directory, agent):
    """of init: a profile need not allow what only the runtime would need"""
    notify(bundle, directory)
    bundle.linux["seccomp"]["syscalls"].append(
        {"names": ["sendmsg", "recvmsg", "futex", "nanosleep", "clock_nanosleep", "poll", "sched_yield"],
         "action": "SCMP_ACT_KILL_PROCESS"})
    bundle.process["noNewPrivileges"] = True
    assert bundle.run("syscall", CALL).stdout.strip() == "EXDEV"


def test_with_flags(bundle, directory, agent):
    notify(bundle, directory, flags=["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
                                     "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_TSYNC",
                                     "SECCOMP_FILTER_FLAG_SPEC_ALLOW"])
    assert bundle.run("syscall", CALL).stdout.strip() == "EXDEV"


@needs("root", "program:strace")
def test_the_agents_flag_reaches_the_kernel(bundle, coracle, directory, agent):
    """NEW_LISTENER is 0x8 and WAIT_KILLABLE_RECV 0x20 in linux/seccomp.h"""
    notify(bundle, directory, flags=["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"])
    log = os.path.join(directory, "strace")
    coracle.prefix = ["strace", "-f", "-X", "raw", "-o", log, "-e", "trace=seccomp"]
    assert bundle.run("syscall", CALL).stdout.strip() == "EXDEV"
    with open(log, encoding="utf-8") as file:
        assert re.findall(r"seccomp\(0x1, (\w+), \{", file.read()) == ["0x28"]


def test_a_path_of_any_length(bundle, directory):
    below = os.path.join(directory, "x" * 100)
    os.mkdir(below)
    here = os.open(below, os.O_PATH)
    agent = Agent(f"/proc/self/fd/{here}/agent")
    notify(bundle, below)
    assert bundle.run("syscall", CALL).stdout.strip() == "EXDEV"
    agent.stop()
    os.close(here)


def test_without_a_rule_that_notifies_nobody_is_told(bundle, directory, agent):
    bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW",
                               "listenerPath": os.path.join(directory, "agent")}
    bundle.run("exit", 0)
    assert agent.states == []


@pytest.mark.parametrize("privileged", [False, True], ids=["late", "early"])
@pytest.mark.parametrize("command", ["run", "create"])
def test_nobody_listens(bundle, directory, privileged, command):
    notify(bundle, directory)
    bundle.process["noNewPrivileges"] = not privileged
    message = "linux.seccomp.listenerPath: connect to the socket '.*/agent': No such file"
    if command == "run":
        bundle.run_fails(message, "exit", "0")
        assert bundle.error()["path"] == "linux.seccomp.listenerPath"
    elif privileged:
        bundle.args("wait").write()
        bundle.runtime.fails("create", "--bundle", bundle.path, "none", message=message)
    else:
        container = bundle.create(payload=["wait"])
        bundle.runtime.fails("start", container.id, message=message)
        container.remove()


def test_an_agent_with_an_abstract_name(bundle, directory):
    name = f"coracle-agent-{os.getpid()}"
    agent = Agent("\0" + name)
    try:
        notify(bundle, directory, listenerPath="@" + name)
        assert bundle.run("syscall", CALL).stdout.strip() == "EXDEV"
    finally:
        agent.stop()


@pytest.mark.parametrize("change, message", [
    ({"listenerPath": "agent"}, "linux.seccomp.listenerPath: 'agent' is not an absolute path"),
    ({"listenerPath": None}, "linux.seccomp.listenerPath: is required"),
    ({"listenerPath": None, "syscalls": [], "listenerMetadata": "x"},
     "linux.seccomp.listenerMetadata: is nothing without"),
], ids=["relative", "missing", "metadata alone"])
def test_bad_listeners_are_refused(bundle, directory, change, message):
    notify(bundle, directory)
    bundle.linux["seccomp"].update(change)
    bundle.run_fails(message, "exit", "0")


@pytest.mark.parametrize("privileged", [False, True], ids=["late", "early"])
def test_exec_has_a_listener_of_its_own(bundle, directory, agent, privileged):
    bundle.process["noNewPrivileges"] = not privileged
    notify(bundle, directory)
    container = bundle.start()
    result = bundle.runtime("exec", container.id, "/bin/payload", "syscall", CALL)
    assert result.stdout.strip() == "EXDEV"
    first, second = agent.states
    assert first["pid"] == first["state"]["pid"] == second["state"]["pid"] == container.pid
    assert second["pid"] not in (0, container.pid)
    assert second["state"]["status"] == "running"
    container.remove()


def test_the_example_agent(bundle, directory, host):
    """contrib/seccomp-agent.c"""
    source = os.path.join(os.path.dirname(__file__), "../../contrib/seccomp-agent.c")
    program = os.path.join(directory, "seccomp-agent")
    subprocess.run(["cc", "-Wall", "-Werror", "-D_GNU_SOURCE", "-o", program, source], check=True)
    path = os.path.join(directory, "agent")
    log = os.path.join(directory, "log")
    with open(log, "wb") as file:
        agent = host.started(subprocess.Popen([program, path], stdout=file))
    eventually(lambda: os.path.exists(path), "the agent's socket")
    notify(bundle, directory)
    assert bundle.run("syscall", CALL).stdout.strip() != "EXDEV"
    lines = open(log, encoding="utf-8").read().splitlines()
    assert json.loads(lines[0])["fds"] == ["seccompFd"]
    assert lines[1].endswith(f"system call {MKDIRAT}")
    agent.kill()
    agent.wait()

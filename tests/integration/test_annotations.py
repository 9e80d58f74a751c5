"""test_annotations.py - annotations: kept verbatim, and those by which engines ask for more"""

import array
import os
import socket

import pytest

from harness.needs import needs


@pytest.fixture
def annotate(bundle):
    def annotate(name, value="1"):
        bundle.config.setdefault("annotations", {})[name] = value
    return annotate


def test_all_stand_in_the_state(bundle, annotate):
    values = {"org.example.empty": "", "run.oci.unknown": "\u00fc \"\\\n", "b.a": "{}", "a.b": "1"}
    for name, value in values.items():
        annotate(name, value)
    container = bundle.create(payload=["wait"])
    assert container.state()["annotations"] == values
    container.delete("--force")


def test_keep_original_groups(bundle, annotate):
    bundle.process["user"] = {"uid": 7, "gid": 7, "additionalGids": [20]}
    bundle.runtime.prefix = ["setpriv", "--groups", "44,45"]
    assert bundle.report().groups == [20]
    annotate("run.oci.keep_original_groups", "0")
    assert bundle.report().groups == [20]
    annotate("run.oci.keep_original_groups")
    assert sorted(bundle.report().groups) == [44, 45]


@needs("root")
def test_keep_original_groups_below_a_user_namespace(bundle, annotate):
    """where they have no number, but still are what lets the program at files of the groups'"""
    bundle.map_ids(100000)
    bundle.runtime.prefix = ["setpriv", "--groups", "44,45"]
    assert bundle.report().groups == []
    annotate("run.oci.keep_original_groups")
    assert bundle.report().groups == [65534, 65534]


def test_pidfd_receiver(bundle, annotate, directory):
    path = os.path.join(directory, "pidfd")
    annotate("run.oci.pidfd_receiver", path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as receiver:
        receiver.bind(path)
        receiver.listen()
        container = bundle.create(payload=["wait"])
        with receiver.accept()[0] as connection:
            fds = array.array("i", connection.recvmsg(64, socket.CMSG_SPACE(4))[1][0][2])
    with open(f"/proc/self/fdinfo/{fds[0]}", encoding="ascii") as file:
        assert f"Pid:\t{container.pid}\n" in file.read()
    os.close(fds[0])
    container.delete("--force")


def test_seccomp_fail_unknown_syscall(bundle, annotate):
    bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["getpid", "no_such_call"], "action": "SCMP_ACT_LOG"}]}
    bundle.run("exit", 0)
    annotate("run.oci.seccomp_fail_unknown_syscall", "0")
    bundle.run("exit", 0)
    annotate("run.oci.seccomp_fail_unknown_syscall")
    bundle.run_fails(r"linux.seccomp.syscalls\[0\].names\[1\]: unknown system call 'no_such_call'")


@pytest.mark.parametrize("name", ["run.oci.handler", "run.oci.seccomp_bpf_data",
                                  "run.oci.seccomp.plugins"])
def test_what_would_confine_is_not_ignored(bundle, annotate, name):
    annotate(name, "AAAA")
    error = bundle.error()
    assert error["class"] == "config" and error["path"] == f"annotations['{name}']"
    assert "is not supported" in error["msg"]


@pytest.mark.parametrize("name, words", [
    ("run.oci.timens_offset", "the offsets are linux.timeOffsets"),
    ("run.oci.systemd.force_cgroup_v1", "cgroup v1 is not supported")])
def test_what_is_ignored_is_told(bundle, annotate, name, words):
    annotate(name)
    assert words in bundle.run("exit", 0).stderr


def test_an_unknown_context_type(bundle, annotate):
    annotate("run.oci.mount_context_type", "some")
    error = bundle.error()
    assert error["path"] == "annotations['run.oci.mount_context_type']"


def test_seccomp_receiver(bundle, annotate, directory):
    bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["mkdirat"], "action": "SCMP_ACT_NOTIFY"}]}
    bundle.run_fails("linux.seccomp.listenerPath: is required", "exit", "0")
    path = os.path.join(directory, "agent")
    annotate("run.oci.seccomp.receiver", path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as agent:
        agent.bind(path)
        agent.listen()
        bundle.run("exit", 0)
        with agent.accept()[0] as connection:
            data, control, _, _ = connection.recvmsg(65536, socket.CMSG_SPACE(4))
    assert b'"seccompFd"' in data
    os.close(array.array("i", control[0][2])[0])

"""test_annotations.py - annotations: kept verbatim, and those by which engines ask for more"""

import array
import base64
import os
import platform
import re
import socket
import struct

import pytest

from harness.needs import needs

GETPRIORITY = {"x86_64": 140, "aarch64": 141}[platform.machine()]

# linux/filter.h: the one argument is the number of the call, at the beginning of seccomp_data
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, REFUSE, NOTIFY = 0x7fff0000, 0x00050000, 0x7fc00000


def instructions(*rows):
    """an array of struct sock_filter, as crun takes it"""
    return base64.b64encode(b"".join(struct.pack("=HBBI", *row) for row in rows)).decode()


def verdict_on_getpriority(verdict):
    return instructions((LOAD, 0, 0, 0), (EQUAL, 0, 1, GETPRIORITY), (RETURN, 0, 0, verdict),
                        (RETURN, 0, 0, ALLOW))


@pytest.fixture
def annotate(bundle):
    def annotate(name, value="1"):
        bundle.config.setdefault("annotations", {})[name] = value
    return annotate


def test_all_stand_in_the_state(bundle, annotate):
    values = {"module.wasm.image/variant": "compat", "krun.cpus": "2", "org.example.empty": "",
              "run.oci.unknown": "\u00fc \"\\\n", "b.a": "{}", "a.b": "1"}
    for name, value in values.items():
        annotate(name, value)
    container = bundle.create(payload=["wait"])
    assert container.state()["annotations"] == values
    container.delete("--force")


@needs("root")
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


@pytest.mark.parametrize("name", ["run.oci.handler", "run.oci.seccomp.plugins"])
def test_what_would_confine_is_not_ignored(bundle, annotate, name):
    annotate(name, "AAAA")
    error = bundle.error()
    assert error["class"] == "config" and error["path"] == f'annotations["{name}"]'
    assert "is not supported" in error["msg"]


@pytest.mark.parametrize("name, words", [
    ("run.oci.timens_offset", "the offsets are linux.timeOffsets"),
    ("run.oci.systemd.force_cgroup_v1", "cgroup v1 is not supported")])
def test_what_is_ignored_is_told(bundle, annotate, name, words):
    annotate(name)
    assert words in bundle.run("exit", 0).stderr


@pytest.mark.parametrize("late", [False, True])
class TestARawFilter:
    BPF = "run.oci.seccomp_bpf_data"

    @pytest.fixture(autouse=True)
    def _late(self, bundle, late):
        """as the last thing, or while CAP_SYS_ADMIN is still there"""
        bundle.process["noNewPrivileges"] = late
        bundle.linux.pop("seccomp", None)

    def test_it_is_the_filter(self, bundle, annotate):
        annotate(self.BPF, verdict_on_getpriority(REFUSE | 28))
        assert bundle.run("syscall", "getpriority").stdout.strip() == "ENOSPC"

    def test_it_takes_the_place_of_the_rules(self, bundle, annotate):
        bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
            {"names": ["getpriority"], "action": "SCMP_ACT_ERRNO"}]}
        annotate(self.BPF, verdict_on_getpriority(REFUSE | 28))
        assert bundle.run("syscall", "getpriority").stdout.strip() == "ENOSPC"
        assert not os.path.exists(os.path.join(bundle.runtime.root, "@seccomp"))

    def test_exec_has_it_too(self, bundle, annotate):
        annotate(self.BPF, verdict_on_getpriority(REFUSE | 28))
        container = bundle.start()
        assert container.exec("syscall", "getpriority").stdout.strip() == "ENOSPC"
        container.remove()

    def test_it_may_notify(self, bundle, annotate, directory):
        bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW",
                                   "listenerPath": os.path.join(directory, "agent")}
        annotate(self.BPF, verdict_on_getpriority(NOTIFY))
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as agent:
            agent.bind(bundle.linux["seccomp"]["listenerPath"])
            agent.listen()
            bundle.run("exit", 0)
            with agent.accept()[0] as connection:
                _, control, _, _ = connection.recvmsg(65536, socket.CMSG_SPACE(4))
        os.close(array.array("i", control[0][2])[0])

    @pytest.mark.parametrize("value, words", [
        ("", "0 bytes are no instructions"),
        ("????", "is not base64"),
        (instructions((RETURN, 0, 0, ALLOW))[:-4], "6 bytes are no instructions, which have 8"),
        (instructions(*[(RETURN, 0, 0, ALLOW)] * 4097), "has 4097 instructions.*takes 4096"),
        (verdict_on_getpriority(NOTIFY), "linux.seccomp.listenerPath does not say whom")])
    def test_what_is_none_is_refused(self, bundle, annotate, value, words):
        annotate(self.BPF, value)
        error = bundle.error()
        assert (error["class"], error["path"]) == ("config", f'annotations["{self.BPF}"]')
        assert re.search(words, error["msg"])

    def test_what_the_kernel_does_not_take(self, bundle, annotate):
        annotate(self.BPF, instructions((LOAD, 0, 0, 0)))  # it ends without a verdict
        bundle.run_fails("load the seccomp filter of 1 instructions: Invalid argument")


def test_an_unknown_context_type(bundle, annotate):
    annotate("run.oci.mount_context_type", "some")
    error = bundle.error()
    assert error["path"] == 'annotations["run.oci.mount_context_type"]'


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
    # that the filter is kept does not mean that somebody listens
    bundle.config["annotations"].clear()
    bundle.run_fails("linux.seccomp.listenerPath: is required", "exit", "0")

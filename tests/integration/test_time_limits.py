"""test_time_limits.py - nothing waits for ever: what never answers is given up, and said by name

A file system that never answers is one of FUSE whose server does nothing.
"""

import ctypes
import os
import socket
import struct
import threading
import time

import pytest

from harness.cgroup import cgroup_directory, cgroup_mount, cgroup_path, cgroup_processes
from harness.host import children_of, libc, read, within
from harness.needs import needs
from harness.report import Probes
from harness.runtime import TIMEOUT, eventually, identifiers

MNT_FORCE, MNT_DETACH = 1, 2
LATE = 2 * TIMEOUT  # a machine that is emulated stands still at times
FUSE_INIT = 26


@pytest.fixture
def server():
    descriptor = os.open("/dev/fuse", os.O_RDWR)
    yield descriptor
    os.close(descriptor)


def take_questions(server):
    """says that it is there, as the protocol asks, and then never a word"""
    while True:
        try:
            question = os.read(server, 1 << 20)
        except OSError:
            return
        _, opcode, unique = struct.unpack_from("=IIQ", question)
        if opcode == FUSE_INIT:
            os.write(server, struct.pack("=IiQ IIII HHII HHI 28x", 16 + 64, 0, unique,
                                         7, 31, 0, 0, 0, 0, 4096, 1, 0, 0, 0))


def mount_hung(server, path):
    options = f"fd={server},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
    if libc.mount(b"hung", path.encode(), b"fuse", 0, options) != 0:
        raise OSError(ctypes.get_errno(), "mount a file system of FUSE")


def test_an_engine_that_takes_nobody_in(make_bundle, directory):
    """all at once, for each takes its time"""
    path = os.path.join(directory, "busy")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as filler:
        server.bind(path)
        server.listen(0)
        filler.connect(path)
        console, pidfd, agent = (make_bundle(name) for name in ("console", "pidfd", "agent"))
        console.process["terminal"] = True
        agent.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": path, "syscalls": [
            {"names": ["mkdirat"], "action": "SCMP_ACT_NOTIFY"}]}
        agent.process["noNewPrivileges"] = False
        begin = time.monotonic()
        popens = []
        for bundle, options in ((console, ["--console-socket", path]), (pidfd, ["--pidfd-socket", path]),
                                (agent, [])):
            bundle.write()
            popens.append(bundle.runtime.popen("create", "--bundle", bundle.path, *options, next(identifiers)))
        for popen in popens:
            result = console.runtime.finish(popen, 40 + LATE)
            assert result.returncode == 1, str(result)
            assert (f"connect to the socket '{path}': whoever listens there took nobody in for 10 seconds"
                    in result.stderr)
        assert 9 < time.monotonic() - begin < 10 + LATE


@pytest.fixture
def frozen_cgroup():
    """as that of a pod that is paused: who is made below begins stopped"""
    path = os.path.join(os.path.dirname(cgroup_path("self")), f"t{os.getpid()}-frozen")
    os.mkdir(cgroup_mount() + path)
    with open(f"{cgroup_mount()}{path}/cgroup.freeze", "w", encoding="ascii") as file:
        file.write("1")
    yield path
    os.rmdir(cgroup_mount() + path)


@needs("root", "cgroup")
@pytest.mark.parametrize("is_killed", [True, False], ids=["its runtime was killed", "its runtime waits"])
def test_an_init_that_never_begins_is_deleted(bundle, coracle, frozen_cgroup, is_killed):
    bundle.linux["cgroupsPath"] = f"{frozen_cgroup}/{next(identifiers)}"
    procs = f"{cgroup_mount()}{bundle.linux['cgroupsPath']}/cgroup.procs"
    bundle.write()
    create = coracle.popen("create", "--bundle", bundle.path, "stuck")
    eventually(lambda: os.path.exists(procs) and read(procs), "init, which stands still")
    eventually(lambda: coracle("list", "-q").stdout == "stuck\n", "the state")
    if is_killed:
        create.kill()
        create.wait()
    coracle("delete", "--force", "stuck", timeout=LATE)
    if not is_killed:
        assert "init: ended without a word (killed by signal 9)" in coracle.finish(create).stderr
    assert coracle.identifiers() == []
    assert not os.path.exists(procs)


def test_a_start_that_comes_to_no_end_is_broken_off(bundle, coracle):
    """by delete --force, which has to have the lock"""
    bundle.config["hooks"] = {"startContainer": [{"path": "/bin/payload", "args": ["payload", "sleep"]}]}
    container = bundle.create(payload=["sleep"])
    start = coracle.popen("start", container.id)
    container.wait_output("ready")
    container.delete("--force", timeout=LATE)
    coracle.finish(start)
    assert coracle.identifiers() == []


@needs("root", "file:/dev/fuse")
class TestFileSystem:
    def test_a_hook_on_one(self, bundle, server):
        """its timeout begins before its execve(2)"""
        hung = bundle.outside("hung")
        os.mkdir(hung)
        mount_hung(server, hung)
        bundle.config["hooks"] = {"createRuntime": [{"path": f"{hung}/hook", "timeout": 1}]}
        bundle.run_fails(r"hooks\.createRuntime\[0\] '.*/hung/hook': did not end within its "
                         "timeout of 1 seconds")
        libc.umount2(hung.encode(), MNT_DETACH)

    def test_a_hook_that_cannot_even_be_killed(self, bundle, server, coracle):
        """the server takes the question and keeps the answer: the kernel waits for it, whatever"""
        hung = bundle.outside("hung")
        os.mkdir(hung)
        mount_hung(server, hung)
        silent = threading.Thread(target=take_questions, args=(server,), daemon=True)
        silent.start()
        bundle.config["hooks"] = {"createRuntime": [{"path": f"{hung}/hook", "timeout": 1}]}
        begin = time.monotonic()
        bundle.run_fails("did not end within its timeout of 1 seconds", timeout=40 + LATE)
        assert 11 <= time.monotonic() - begin < 20 + LATE
        # by force: all questions are answered with an error
        libc.umount2(hung.encode(), MNT_FORCE | MNT_DETACH)
        silent.join(TIMEOUT)
        assert not silent.is_alive()

    @pytest.mark.parametrize("has_user", [False, True])
    def test_a_killed_mounts_leaves_no_process_inside(self, bundle, server, coracle, host, has_user):
        os.mkdir(bundle.inside("/hung"))
        if has_user:
            bundle.map_ids(100000)
        container = bundle.start()
        within(container.pid, lambda: mount_hung(server, "/hung"))
        mounts = bundle.outside("mounts.json")
        with open(mounts, "w", encoding="ascii") as file:
            file.write('[{"destination": "/hung/x", "type": "tmpfs"}]')
        before = host.processes()
        popen = coracle.popen("mounts", "add", container.id, mounts)
        inside = os.readlink(f"/proc/{container.pid}/ns/mnt")

        def waiting():
            return [pid for pid in children_of(popen.pid)
                    if os.readlink(f"/proc/{pid}/ns/mnt") == inside and
                    "fuse" in read(f"/proc/{pid}/stack")]
        eventually(waiting, "the process inside to wait for the file system")
        popen.kill()
        popen.wait()

        def only_the_others():
            host.reap()
            return host.processes() <= before
        eventually(only_the_others, "the end of the process inside")
        container.remove()

    @needs("cgroup")
    def test_pause(self, bundle, server, coracle):
        """what waits for such an answer stops for no freezer: nobody else is left stopped for its sake"""
        os.mkdir(bundle.inside("/hung"))
        container = bundle.start()
        directory = cgroup_directory(container.pid)
        within(container.pid, lambda: mount_hung(server, "/hung"))
        silent = threading.Thread(target=take_questions, args=(server,), daemon=True)
        silent.start()
        popen = coracle.popen("exec", container.id, "/bin/payload", "probe", "mkdir", "/hung/x")

        def waiting():
            return [pid for pid in cgroup_processes(container.pid)
                    if "/bin/payload\0probe" in read(f"/proc/{pid}/cmdline") and
                    "fuse" in read(f"/proc/{pid}/stack")]
        pid, = eventually(waiting, "the program inside to wait for the file system")
        begin = time.monotonic()
        error = coracle.error("pause", container.id, timeout=10 + LATE)
        assert time.monotonic() - begin >= 10
        assert error["class"] == "cgroup"
        assert f"'{cgroup_path(container.pid)}': waited 10000 ms for 'frozen 1' in its" in error["msg"]
        assert f"(process {pid} sleeps and cannot be interrupted)" in error["msg"]
        assert (container.status, read(f"{directory}/cgroup.freeze")) == ("running", "0\n")
        container.kill("USR1")
        container.wait_output("signal 10\n")
        # by force: all questions are answered with an error
        within(container.pid, lambda: libc.umount2(b"/hung", MNT_FORCE | MNT_DETACH))
        assert Probes(coracle.finish(popen).stdout)["mkdir", "/hung/x"] == "ECONNABORTED"
        silent.join(TIMEOUT)
        assert not silent.is_alive()
        coracle("pause", container.id)
        assert container.status == "paused"
        container.remove()

    @needs("cgroup")
    def test_exec_and_mounts(self, bundle, server, coracle):
        """all three at once, for each takes its time"""
        os.mkdir(bundle.inside("/hung"))
        container = bundle.start()
        within(container.pid, lambda: mount_hung(server, "/hung"))
        frozen = os.path.join(cgroup_directory(container.pid), "frozen")
        os.mkdir(frozen)
        with open(f"{frozen}/cgroup.freeze", "w", encoding="ascii") as file:
            file.write("1")
        mounts = bundle.outside("mounts.json")
        with open(mounts, "w", encoding="ascii") as file:
            file.write('[{"destination": "/hung/x", "type": "tmpfs"}]')
        begin = time.monotonic()
        popens = [coracle.popen("mounts", "add", container.id, mounts),
                  coracle.popen("exec", "--cwd", "/hung/x", container.id, "/bin/payload", "exit"),
                  coracle.popen("exec", "--cgroup", "frozen", container.id, "/bin/payload", "exit")]
        results = [(coracle.finish(popen, 70 + LATE), time.monotonic() - begin) for popen in popens]
        (added, add_time), (entered, enter_time), (iced, ice_time) = results
        assert "did not answer within 30 seconds" in added.stderr and 29 < add_time < 30 + LATE
        assert entered.returncode == iced.returncode == 255
        assert "exec: after 'clone': process" in entered.stderr, entered
        assert "said nothing for 60 seconds" in entered.stderr and 59 < enter_time < 60 + LATE
        assert "in a frozen cgroup" in iced.stderr, iced
        assert "said nothing for 60 seconds" in iced.stderr and 59 < ice_time < 60 + LATE
        assert container.status == "running"
        container.remove()

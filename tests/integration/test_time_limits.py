"""test_time_limits.py - nothing waits for ever: what never answers is given up, and said by name

A file system that never answers is one of FUSE whose server does nothing.
"""

import ctypes
import os
import time

import pytest

from harness.cgroup import cgroup_directory
from harness.host import libc, within
from harness.needs import needs

MNT_DETACH = 2


@pytest.fixture
def server():
    descriptor = os.open("/dev/fuse", os.O_RDWR)
    yield descriptor
    os.close(descriptor)


def mount_hung(server, path):
    options = f"fd={server},rootmode=40000,user_id=0,group_id=0".encode()
    if libc.mount(b"hung", path.encode(), b"fuse", 0, options) != 0:
        raise OSError(ctypes.get_errno(), "mount a file system of FUSE")


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
        results = [(coracle.finish(popen, 90), time.monotonic() - begin) for popen in popens]
        (added, add_time), (entered, enter_time), (iced, ice_time) = results
        assert "did not answer within 30 seconds" in added.stderr and 29 < add_time < 50
        assert entered.returncode == iced.returncode == 255
        assert "exec: after 'clone': process" in entered.stderr, entered
        assert "said nothing for 60 seconds" in entered.stderr and 59 < enter_time < 80
        assert "in a frozen cgroup" in iced.stderr, iced
        assert "said nothing for 60 seconds" in iced.stderr and 59 < ice_time < 80
        assert container.status == "running"
        container.remove()

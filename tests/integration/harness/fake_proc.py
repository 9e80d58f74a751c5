"""fake_proc.py - a directory that looks like /proc to who writes a label there, and is none

The attack of CVE-2019-16884, CVE-2023-28642 and CVE-2025-52881: a label that goes into a file of the
image confines nobody.
"""

import os

from harness.host import libc, read, within

NAMES = [f"{process}/attr/{below}{name}"
         for process in ("self", "thread-self", "1", "self/task/1")
         for below in ("", "apparmor/") for name in ("exec", "current")]


def make(top):
    for name in NAMES:
        path = os.path.join(top, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write("fake")


def assert_untouched(top):
    for name in NAMES:
        assert read(os.path.join(top, name)) == "fake", name


def cover(pid):
    """puts a fake over /proc of the process's mount namespace"""
    def mount():
        if libc.mount(b"tmpfs", b"/proc", b"tmpfs", 0, None) == 0:
            make("/proc")
            os._exit(0)
        os._exit(1)
    within(pid, mount)

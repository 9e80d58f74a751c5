"""rdtbox.py - for tests of intelRdt: a directory that is mounted like resctrl for the program

The program finds resctrl in its mount table, so it gets one that names a directory of the test's, in a mount
namespace of its own.
"""

import os
import shutil

import pytest

from harness.host import read

SCHEMATA = "    MB:0=100;1=100\n    L3:0=7ff;1=01f\n"


class Resctrl:
    def __init__(self, path):
        self.path = path
        self.add("")
        os.mkdir(f"{path}/info")
        self.put("info/last_cmd_status", "ok\n")

    def put(self, name, text=""):
        with open(f"{self.path}/{name}", "w", encoding="ascii") as file:
            file.write(text)

    def read(self, name):
        return read(f"{self.path}/{name}")

    def add(self, name):
        """a class of service, or a watched group: what the kernel puts into one"""
        os.makedirs(f"{self.path}/{name}", exist_ok=True)
        self.put(f"{name}/tasks")
        if "mon_groups" not in name:
            self.put(f"{name}/schemata", SCHEMATA)
            os.mkdir(f"{self.path}/{name}/mon_groups")

    def empty(self, name):
        """its files are no obstacle to the kernel's rmdir"""
        shutil.rmtree(f"{self.path}/{name}")
        os.mkdir(f"{self.path}/{name}")

    def exists(self, name):
        return os.path.exists(f"{self.path}/{name}")


@pytest.fixture
def resctrl(bundle, directory):
    resctrl = Resctrl(os.path.join(directory, "resctrl"))
    table = os.path.join(directory, "mountinfo")
    with open(table, "w", encoding="ascii") as file:
        # one of its classes is bound elsewhere, too, and is not all of it
        file.write("1 1 0:1 / / rw shared:1 - ext4 /dev/root rw\n"
                   f"98 1 0:99 /gold {directory}/bound rw,relatime shared:6 - resctrl resctrl rw\n"
                   f"99 1 0:99 / {resctrl.path} rw,relatime shared:7 - resctrl resctrl rw\n")
    bundle.runtime.prefix = ["unshare", "--mount", "--propagation", "private", "sh", "-ec",
                             'mount --bind "$0" /proc/$$/mountinfo; exec "$@"', table]
    resctrl.add("gold")
    return resctrl

"""hardware.py - for tests of limits and of statistics: a disk, huge pages"""

import os
import subprocess

import pytest

from harness.host import read
from harness.needs import needs

MIB = 1 << 20
HUGE_PAGES = "/proc/sys/vm/nr_hugepages"
NEEDS_HUGE_PAGES = needs("root", "controller:hugetlb", "file:/sys/kernel/mm/hugepages/hugepages-2048kB")
NEEDS_DISK = needs("root", "controller:io", "program:losetup", "file:/dev/loop-control")


def put(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


@pytest.fixture
def huge_pages():
    """8 pages of 2 MiB for the test"""
    before = read(HUGE_PAGES)
    put(HUGE_PAGES, "8")
    if int(read(HUGE_PAGES)) < 8:
        pytest.skip("the kernel cannot find 8 pages of 2 MiB here")
    yield
    put(HUGE_PAGES, before)


@pytest.fixture
def disk(directory):
    """a loop device, by its numbers"""
    path = os.path.join(directory, "disk")
    with open(path, "wb") as file:
        file.write(os.urandom(8 * MIB))
    name = subprocess.run(["losetup", "--find", "--show", path], stdout=subprocess.PIPE, text=True,
                          check=True).stdout.strip()
    device = os.stat(name).st_rdev
    yield os.major(device), os.minor(device)
    subprocess.run(["losetup", "--detach", name], check=True)


def allow_device(bundle, path, numbers):
    """a block device that the container has, and may read and write"""
    device = dict(zip(("type", "major", "minor"), ("b", *numbers)))
    bundle.linux["devices"] = [{"path": path, **device}]
    bundle.linux.setdefault("resources", {})["devices"] = [{"allow": True, **device, "access": "rwm"}]

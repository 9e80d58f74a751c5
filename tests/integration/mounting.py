"""mounting.py - for tests of bundles whose root is a mount: a store, the drivers, what is mounted"""

import contextlib
import glob
import os
import shutil
import subprocess
import types

import pytest

from harness.host import read
from harness.runtime import Container, identifiers
from unpacking import PROGRAM, unpacking  # noqa: F401

DRIVERS = ["overlay", "erofs"]


def has_filesystem(kind):
    """in the kernel, or as a module that root can load"""
    def is_known():
        with open("/proc/filesystems") as file:
            return f"\t{kind}\n" in file.read()
    return is_known() or (os.geteuid() == 0 and shutil.which("modprobe") is not None
                          and subprocess.run(["modprobe", "--quiet", kind]).returncode == 0
                          and is_known())


def has_erofs():
    return has_filesystem("erofs") and shutil.which("mkfs.erofs") is not None


HAS_EROFS = has_erofs()


def driver(name):
    return pytest.param(name, marks=[] if name == "overlay" else pytest.mark.skipif(
        not HAS_EROFS, reason="needs erofs in the kernel, and mkfs.erofs"))


each_driver = pytest.mark.parametrize("name", [driver(name) for name in DRIVERS])
each_form = pytest.mark.parametrize("name", [driver(name) for name in
                                             [*DRIVERS, "erofs --per-layer"]])


class Store:
    """a store of a test's own, whose bundles are unmounted at its end"""

    def __init__(self, unpacking):
        self.unpacking = unpacking
        self.path = os.path.join(unpacking.directory, "store")
        self.bundles = []

    def command(self, *arguments):
        return [PROGRAM, "--store", self.path, *arguments]

    def call(self, *arguments):
        return subprocess.run(self.command(*arguments), timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def succeeds(self, *arguments):
        done = self.call(*arguments)
        assert done.returncode == 0, done.stderr
        return done

    def fails(self, message, *arguments):
        done = self.call(*arguments)
        assert done.returncode == 1
        assert message in done.stderr

    def unpack(self, driver, name="bundle", *options, reference=None):
        bundle = os.path.join(self.unpacking.directory, "place", name)
        self.bundles.append(bundle)
        self.succeeds("unpack", "--driver", *driver.split(), *options,
                      reference or self.unpacking.layout.reference(), bundle)
        return bundle

    def layers(self, kind="layers"):
        return sorted(os.listdir(os.path.join(self.path, kind)))

    def layers_images(self):
        return sorted(glob.glob(os.path.join(self.path, "erofs*/*/image")))


@pytest.fixture
def store(unpacking):
    store = Store(unpacking)
    yield store
    for bundle in store.bundles:
        if os.path.exists(bundle):
            store.call("umount", bundle)


def mounts_below(directory):
    with open("/proc/self/mountinfo") as file:
        return [line.split()[4] for line in file if directory in line.split()[4]]


def loops(directory):
    """of the files below it: other tests have theirs at the same time"""
    found = []
    for path in glob.glob("/sys/block/loop*/loop/backing_file"):
        with contextlib.suppress(OSError):  # it has gone meanwhile
            if read(path).startswith(f"{directory}/"):
                found.append(path.split("/")[3])
    return sorted(found)


def disks(directory):
    """file systems that have no mount point any more still hold their device: those of device mapper"""
    own = loops(directory)
    return sorted(path.split("/")[3] for path in glob.glob("/sys/block/dm-*/slaves/*")
                  if os.path.basename(path) in own)


def no_devices(directory):
    return not loops(directory) and not disks(directory)


def start(coracle, bundle):
    """a container of a bundle that coracle-unpack has made; its program sleeps"""
    container = Container(coracle, next(identifiers))
    container.create(types.SimpleNamespace(path=bundle))
    container.start()
    container.wait_output("ready")
    return container

"""unpacking.py - the fixture for tests of coracle-unpack: an image, a bundle, and what lies outside

    def test_something(unpacking):
        unpacking.image([Layer().file("a", b"1")])
        root = unpacking.succeeds()

Whatever a test unpacks, everything beside the bundle must stay as it was; and when unpacking fails,
nothing of the bundle may be left.
"""

import json
import os
import subprocess

import pytest

from conftest import CORACLE
from harness.runtime import is_sanitized
from ocilayout import Layout

PROGRAM = os.environ.get("CORACLE_UNPACK", os.path.join(os.path.dirname(CORACLE), "coracle-unpack"))


limits_memory = pytest.mark.skipif(is_sanitized(PROGRAM), reason="the address sanitizer takes terabytes")


def picture(top):
    """path -> all that an attack from a layer could change of it"""
    found = {}
    for directory, names, files in os.walk(top):
        for name in names + files:
            path = os.path.join(directory, name)
            status = os.lstat(path)
            found[os.path.relpath(path, top)] = (
                status.st_mode, status.st_uid, status.st_gid, status.st_ino, status.st_nlink,
                status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return found


class Unpacking:
    def __init__(self, directory):
        self.directory = directory
        self.layout = Layout(os.path.join(directory, "layout"))
        self.bundle = os.path.join(directory, "place", "bundle")
        self.root = os.path.join(self.bundle, "rootfs")
        self.outside = os.path.join(directory, "outside")
        os.mkdir(os.path.dirname(self.bundle))
        os.makedirs(os.path.join(self.outside, "sub"))
        for name in ("secret", "sub/file"):
            with open(os.path.join(self.outside, name), "w") as file:
                file.write("outside\n")

    def image(self, layers, **more):
        self.layout.add_image(layers, **more)
        return self

    def run(self, *options, reference=None, **more):
        before = {name: picture(os.path.join(self.directory, name))
                  for name in ("layout", "outside")}
        done = subprocess.run(
            [PROGRAM, "unpack", *options, reference or self.layout.reference(), self.bundle],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
            timeout=60, **more)
        for name, then in before.items():
            assert picture(os.path.join(self.directory, name)) == then, f"{name} has changed"
        return done

    def succeeds(self, *options, **more):
        done = self.run(*options, **more)
        assert done.returncode == 0, done.stderr
        assert done.stdout == ""
        assert os.listdir(os.path.dirname(self.bundle)) == ["bundle"]
        self.stderr = done.stderr
        return self.root

    def fails(self, *messages, options=(), **more):
        """it must fail and say each of the messages; returns what it said"""
        done = self.run(*options, **more)
        assert done.returncode == 1, done.stderr
        for message in messages:
            assert message in done.stderr
        assert os.listdir(os.path.dirname(self.bundle)) == [], "something is left"
        return done.stderr

    def config(self):
        with open(os.path.join(self.bundle, "config.json")) as file:
            return json.load(file)

    def files(self):
        """every path in the root, sorted"""
        found = []
        for directory, names, files in os.walk(self.root):
            found += [os.path.relpath(os.path.join(directory, name), self.root)
                      for name in names + files]
        return sorted(found)

    def read(self, name):
        with open(os.path.join(self.root, name), "rb") as file:
            return file.read()


@pytest.fixture
def unpacking(directory):
    return Unpacking(directory)

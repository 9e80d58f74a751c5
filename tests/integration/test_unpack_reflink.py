"""coracle-unpack: --reflink, a root whose files share their blocks with the store"""

import os
import shutil
import subprocess

import pytest

from harness.needs import needs
from mounting import Store, has_filesystem, unpacking  # noqa: F401
from ocilayout import Layer
from test_unpack_drivers import HARD_LINKS, IMAGES, gzipped_copy, names_of_one, notes, picture

pytestmark = [needs("root"), pytest.mark.disk]

SIZE = 8 << 20


@pytest.fixture(params=[pytest.param(kind, marks=needs(f"program:mkfs.{kind}"))
                        for kind in ("btrfs", "xfs")])
def store(request, unpacking):
    """store and bundles on a file system that can share blocks"""
    if not has_filesystem(request.param):
        pytest.skip(f"the kernel here has no {request.param}")
    disk, place = os.path.join(unpacking.directory, "disk"), os.path.dirname(unpacking.bundle)
    with open(disk, "wb") as file:
        file.truncate(512 << 20)
    subprocess.run([f"mkfs.{request.param}", "-q", disk], check=True)
    subprocess.run(["mount", "-o", "loop", disk, place], check=True)
    os.chmod(place, 0o777)
    store = Store(unpacking)
    store.path = os.path.join(place, "store")
    yield store
    subprocess.run(["umount", place], check=True)


def used(path):
    os.sync()
    status = os.statvfs(path)
    return (status.f_blocks - status.f_bfree) * status.f_frsize


def test_blocks_are_shared(unpacking, store):
    """and each bundle's writes are its own, not the store's"""
    unpacking.image([Layer().file("big", os.urandom(SIZE)).file("small", b"1")])
    first = store.unpack("dir", "first", "--reflink")
    before = used(store.path)
    second = store.unpack("dir", "second", "--reflink")
    assert used(store.path) - before < SIZE / 4
    with open(first + "/rootfs/big", "r+b") as file:
        file.write(b"mine")
    with open(second + "/rootfs/big", "rb") as file:
        assert file.read(4) != b"mine"
    third = store.unpack("dir", "third", "--reflink")
    subprocess.run(["cmp", second + "/rootfs/big", third + "/rootfs/big"], check=True)


@pytest.mark.parametrize("image", ["plain", "kinds change", "a directory's attributes"])
def test_same_as_unpacked(unpacking, store, image):
    unpacking.image([unpacking.layout.layer(gzipped_copy(layer), "") for layer in IMAGES[image]])
    clones = [store.unpack("dir", name, "--reflink") for name in ("first", "second")]
    flat = picture(os.path.join(store.unpack("dir", "flat"), "rootfs"))
    for clone in clones:
        assert picture(os.path.join(clone, "rootfs")) == flat
        assert sorted(os.listdir(clone)) == sorted(os.listdir(clone.replace("first", "flat")
                                                              .replace("second", "flat")))


@pytest.mark.parametrize("image", ["and others have it", "to a fifo and a device", "attributes",
                                   "sparse"])
def test_hard_links_and_attributes(unpacking, store, image):
    unpacking.image([unpacking.layout.layer(gzipped_copy(layer), "") for layer in HARD_LINKS[image]])
    clone = os.path.join(store.unpack("dir", "clone", "--reflink"), "rootfs")
    flat = os.path.join(store.unpack("dir", "flat"), "rootfs")
    assert picture(clone) == picture(flat)
    assert names_of_one(clone) == names_of_one(flat) and notes(clone) == notes(flat)


def test_gc_takes_the_tree(unpacking, store):
    """clones need it no more"""
    unpacking.image([Layer().file("a", b"1")])
    bundle = store.unpack("dir", "bundle", "--reflink")
    assert len(store.layers("trees")) == 1
    assert "1 unpacked layers" in store.succeeds("gc").stderr and store.layers("trees") == []
    with open(bundle + "/rootfs/a") as file:
        assert file.read() == "1"


def test_a_user_may_not_read_all(unpacking, store):
    """what cannot be cloned is unpacked"""
    for name in (unpacking.directory,):
        os.chmod(name, 0o777)
    unpacking.image([Layer().file("a", b"1", uid=3).dir("d", mode=0o0).file("secret", b"2", mode=0o0)])
    for _ in range(2):
        done = subprocess.run([*store.command("unpack", "--reflink", unpacking.layout.reference(),
                                              unpacking.bundle)], user=1000, group=1000,
                              extra_groups=[], stderr=subprocess.PIPE, text=True)
        assert done.returncode == 0, done.stderr
        assert sorted(os.listdir(unpacking.bundle + "/rootfs")) == ["a", "d", "secret"]
        assert sorted(os.listdir(unpacking.bundle)) == ["config.json", "hostname", "hosts", "rootfs"]
        with open(unpacking.bundle + "/rootfs/secret") as file:
            assert file.read() == "2"
        shutil.rmtree(unpacking.bundle)


def test_store_elsewhere(unpacking, store):
    unpacking.image([Layer().file("a", b"1")])
    store.path = os.path.join(unpacking.directory, "elsewhere")
    store.fails("--reflink: files of the store and of the bundle cannot share their blocks", "unpack",
                "--reflink", unpacking.layout.reference(), unpacking.bundle)
    assert not os.path.exists(unpacking.bundle)


def test_not_of_a_mount(unpacking, store):
    unpacking.image([Layer().file("a", b"1")])
    store.fails("--reflink is for --driver dir", "unpack", "--reflink", "--driver", "overlay",
                unpacking.layout.reference(), unpacking.bundle)

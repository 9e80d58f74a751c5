"""the store's unpacked layers and block images: gc removes those that nothing refers to"""

import ctypes
import fcntl
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import threading
import time

import pytest

from harness.needs import needs
from mounting import each_driver, loops, mounts_below, start, store, unpacking  # noqa: F401
from ocilayout import Layer
from unpacking import PROGRAM

pytestmark = [needs("root"), pytest.mark.disk]

F_OFD_SETLK = 37

# gc spares a layer that is mounted anywhere, be it another store's: this content is in no other.
MINE = os.urandom(8).hex().encode()


@pytest.fixture
def bundle(unpacking, store):
    """of an image that is not in the store"""
    unpacking.image([Layer().file("a", MINE), Layer().file("b", b"2")])
    return store.unpack("overlay")


def removed(store, *options):
    return int(store.succeeds("gc", *options).stderr.split("; ")[1].split()[0])


def records(store):
    return os.listdir(os.path.join(store.path, "bundles"))


@each_driver
def test_a_bundle_keeps_its_layers(unpacking, store, name):
    unpacking.image([Layer().file("a", MINE), Layer().file("b", b"2")])
    bundle = store.unpack(name)
    assert removed(store) == 0
    store.succeeds("umount", bundle)
    assert removed(store) == 0, "it can be mounted again"
    store.succeeds("mount", bundle)
    assert sorted(os.listdir(bundle + "/rootfs")) == ["a", "b"]


@each_driver
def test_without_the_bundle_they_go(unpacking, store, name):
    unpacking.image([Layer().file("a", MINE), Layer().file("b", b"2")])
    bundle = store.unpack(name)
    kind, n = ("layers", 2) if name == "overlay" else ("erofs", 1)
    store.succeeds("umount", bundle)
    shutil.rmtree(bundle)
    assert removed(store, "--dry-run") == n and len(store.layers(kind)) == n
    assert removed(store) == n and store.layers(kind) == [] and records(store) == []
    assert removed(store) == 0


def test_an_image_keeps_its_layers(unpacking, store):
    """the store is a layout: what it names may be unpacked from it"""
    unpacking.image([Layer().file("a", MINE), Layer().file("b", b"2")])
    shutil.copytree(unpacking.layout.directory, store.path)
    bundle = store.unpack("overlay")
    store.succeeds("umount", bundle)
    shutil.rmtree(bundle)
    assert removed(store) == 0 and len(store.layers()) == 2
    with open(os.path.join(store.path, "index.json"), "r+") as file:
        index = json.load(file)
        file.seek(0)
        file.truncate()
        json.dump({**index, "manifests": []}, file)
    assert removed(store) == 2 and store.layers() == []


def test_bundles_that_share(unpacking, store):
    """the second image begins with the first one's layer"""
    unpacking.image([Layer().file("a", MINE)])
    first = store.unpack("overlay", "first")
    unpacking.image([Layer().file("a", MINE), Layer().file("b", b"2")], tag="more")
    second = store.unpack("overlay", "second", reference=unpacking.layout.reference("more"))
    for bundle, stay in ((second, 1), (first, 0)):
        store.succeeds("umount", bundle)
        shutil.rmtree(bundle)
        assert removed(store) == 1 and len(store.layers()) == stay


def test_a_mount_without_its_bundle(store, bundle):
    """who has removed the bundle's files may still work in its root"""
    os.unlink(bundle + "/mount.json")
    assert removed(store) == 0
    with open(bundle + "/rootfs/a") as file:
        assert file.read() == MINE.decode()
    store.succeeds("umount", bundle)
    assert removed(store) == 2


def test_a_container_without_its_bundle(unpacking, store, coracle, payload):
    """it runs on when the host has unmounted and removed everything"""
    with open(payload, "rb") as file:
        unpacking.image([Layer().file("payload", file.read(), mode=0o755), Layer().file("b", b"2")],
                        config={"Cmd": ["/payload", "sleep"]})
    bundle = store.unpack("overlay")
    container = start(coracle, bundle)
    store.succeeds("umount", bundle)
    shutil.rmtree(bundle)
    assert removed(store) == 0
    assert coracle("exec", container.id, "/payload", "exit", "7", check=False).returncode == 7
    container.delete("--force")
    assert removed(store) == 2


def test_a_bundle_that_was_moved(unpacking, store, bundle):
    """once it was mounted there, its new place is known"""
    store.succeeds("umount", bundle)
    moved = os.path.join(unpacking.directory, "moved")
    os.rename(bundle, moved)
    store.bundles.append(moved)
    store.succeeds("mount", moved)
    assert removed(store) == 0
    store.succeeds("umount", moved)
    assert removed(store) == 0
    store.succeeds("mount", moved)


def has_handles(path):
    """whether files there can be found by a handle, as of most file systems but overlayfs"""
    libc = ctypes.CDLL(None, use_errno=True)
    handle = struct.pack("Ii128x", 128, 0)
    return libc.name_to_handle_at(-100, path.encode(), handle, ctypes.byref(ctypes.c_int()), 0) == 0


def test_a_bundle_that_was_moved_and_not_mounted(unpacking, store, bundle):
    """gc finds it where it is, and where it is then"""
    store.succeeds("umount", bundle)
    if not has_handles(bundle):
        pytest.skip("the file system has no handles")
    for i in range(3):
        os.makedirs(os.path.join(unpacking.directory, f"to{i}"))
        moved = os.path.join(unpacking.directory, f"to{i}", f"moved{i}")
        os.rename(bundle, moved)
        bundle = moved
        store.bundles.append(bundle)
        assert removed(store, "--dry-run") == 0
        assert removed(store) == 0 and len(records(store)) == 1
    store.succeeds("mount", bundle)
    store.succeeds("umount", bundle)
    shutil.rmtree(bundle)
    assert removed(store) == 2 and records(store) == []


def test_another_bundle_where_one_was_moved_from(unpacking, store, bundle):
    store.succeeds("umount", bundle)
    if not has_handles(bundle):
        pytest.skip("the file system has no handles")
    moved = os.path.join(unpacking.directory, "moved")
    os.rename(bundle, moved)
    unpacking.image([Layer().file("c", b"3")], tag="other")
    store.unpack("overlay", reference=unpacking.layout.reference("other"))
    assert removed(store) == 0 and len(records(store)) == 2 and len(store.layers()) == 3
    store.bundles.append(moved)
    store.succeeds("mount", moved)
    assert sorted(os.listdir(moved + "/rootfs")) == ["a", "b"]


@pytest.fixture
def removable(unpacking, store):
    """a disk for bundles, mounted at `place`; a call unmounts or mounts it"""
    disk = os.path.join(unpacking.directory, "disk")
    place = os.path.join(unpacking.directory, "place")
    with open(disk, "wb") as file:
        file.truncate(16 << 20)
    subprocess.run(["mkfs.ext4", "-q", disk], check=True)

    def switch(on):
        subprocess.run(["mount", "-o", "loop", disk, place] if on else ["umount", place], check=True)
    switch(True)
    yield switch
    for bundle in store.bundles:
        if os.path.exists(bundle):
            store.call("umount", bundle)
    if os.path.ismount(place):
        switch(False)


@needs("program:mkfs.ext4")
@each_driver
def test_a_bundle_on_a_disk_that_is_away(unpacking, store, removable, name):
    unpacking.image([Layer().file("a", MINE), Layer().file("b", b"2")])
    bundle = store.unpack(name)
    kind = "layers" if name == "overlay" else "erofs"
    before = store.layers(kind)
    store.succeeds("umount", bundle)
    removable(False)
    for options in ((), ("--dry-run",)):
        done = store.succeeds("gc", *options)
        assert " 0 unpacked layers" in done.stderr
        assert f"what the bundle '{bundle}' mounts stays" in done.stderr
    removable(True)
    store.succeeds("mount", bundle)
    assert sorted(os.listdir(bundle + "/rootfs")) == ["a", "b"]
    store.succeeds("umount", bundle)
    removable(False)
    assert removed(store, "--forget-away", "--dry-run") == len(before)
    assert store.layers(kind) == before
    assert removed(store, "--forget-away") == len(before) and records(store) == []


@needs("program:mkfs.ext4")
def test_a_bundle_that_is_gone_from_its_disk(unpacking, store, removable):
    unpacking.image([Layer().file("a", MINE)])
    bundle = store.unpack("overlay")
    store.succeeds("umount", bundle)
    shutil.rmtree(bundle)
    assert removed(store) == 1 and records(store) == []


@pytest.mark.parametrize("text", ["", "{}", '{"bundle": "x"}', '{"bundle": 1}'])
def test_a_record_that_says_nothing(store, bundle, text):
    name, = records(store)
    with open(os.path.join(store.path, "bundles", name), "w") as file:
        file.write(text)
    store.fails(f"the store's record '{name}'", "gc")
    assert len(store.layers()) == 2


def test_what_a_writer_of_records_has_left(store, bundle):
    name, = records(store)
    left = name + ".1-0~"
    with open(os.path.join(store.path, "bundles", left), "w"):
        pass
    assert removed(store, "--dry-run") == 0 and sorted(records(store)) == [name, left]
    assert removed(store) == 0
    assert records(store) == [name]


def test_a_record_of_an_earlier_version(store, bundle):
    """was a link, as that of a run still is"""
    name, = records(store)
    path = os.path.join(store.path, "bundles", name)
    os.unlink(path)
    os.symlink(bundle, path)
    assert removed(store) == 0
    store.succeeds("umount", bundle)
    shutil.rmtree(bundle)
    assert removed(store) == 2 and records(store) == []


def test_layers_that_are_gone(unpacking, store, bundle):
    store.succeeds("umount", bundle)
    shutil.rmtree(os.path.join(store.path, "layers"))
    store.fails(os.path.join(store.path, "layers"), "mount", bundle)
    shutil.rmtree(store.path)
    store.fails("which has the layers", "mount", bundle)
    assert not os.path.exists(store.path) and mounts_below(unpacking.directory) == []


def test_in_doubt(store, bundle):
    with open(bundle + "/mount.json", "w") as file:
        file.write("{")
    store.fails("nothing was removed", "gc")
    assert len(store.layers()) == 2


def unreadable(path, command):
    """the command, with a disk that does not tell what is in the directory"""
    return subprocess.run(["strace", "-o", "/dev/null", "-P", path, "-e", "trace=getdents64", "-e",
                           "inject=getdents64:error=EIO", *command], stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("what", ["/proc", "bundles"])
def test_in_doubt_by_the_disk(unpacking, store, bundle, what):
    if what == "/proc":  # by which it knows what is mounted, of a bundle that is gone
        os.rename(os.path.join(store.path, "bundles"), unpacking.directory + "/bundles")
    layers = store.layers()
    done = unreadable(os.path.join(store.path, what), store.command("gc"))
    assert done.returncode == 1 and "Input/output error" in done.stderr
    assert store.layers() == layers


def test_verify_of_what_cannot_be_listed(store, bundle):
    done = unreadable(os.path.join(store.path, "layers"), store.command("verify"))
    assert done.returncode == 1 and "Input/output error" in done.stderr


def test_other_names_that_cannot_be_listed(unpacking, store):
    """of a file that is linked to from the layer above"""
    lower = Layer().dir("d").file("d/a", b"1").hardlink("d/b", "d/a")
    unpacking.image([lower], tag="lower")
    unpacking.image([lower, Layer().hardlink("c", "d/a")], tag="both")
    store.unpack("overlay", "lower", reference=unpacking.layout.reference("lower"))
    layer, = store.layers()
    done = unreadable(os.path.join(store.path, "layers", layer, "diff/d"), store.command(
        "unpack", "--driver", "overlay", unpacking.layout.reference("both"), unpacking.bundle))
    assert done.returncode == 1 and "read 'd' in a layer below: Input/output error" in done.stderr


def test_the_same_place_with_another_driver(store, bundle):
    store.succeeds("umount", bundle)
    shutil.rmtree(bundle)
    store.unpack("dir")
    assert removed(store) == 2


def test_store_of_an_earlier_version(unpacking, store):
    """there were layers before the store was a layout"""
    os.makedirs(os.path.join(store.path, "layers"))
    unpacking.image([Layer().file("a", MINE)])
    store.unpack("overlay")
    store.succeeds("ls")


def staging(unpacking):
    return [name for name in os.listdir(os.path.join(unpacking.directory, "place"))
            if name.startswith(".")]


def kill_at_work(unpacking, store, driver, steps):
    """unpacks, and kills it behind so many seconds; True when it was not yet done"""
    process = subprocess.Popen([PROGRAM, "--store", store.path, "unpack", "--driver", driver,
                                unpacking.layout.reference(), unpacking.bundle],
                               stderr=subprocess.DEVNULL)
    time.sleep(steps)
    process.kill()
    return process.wait() == -signal.SIGKILL


@each_driver
def test_killed_at_any_moment(unpacking, store, name):
    """the next unpack works, or gc removes all"""
    unpacking.image([Layer().file(f"f{i}", os.urandom(1 << 18)) for i in range(8)])
    killed = 0
    for i in range(24):
        killed += kill_at_work(unpacking, store, name, i * 0.005)
        if i % 2:
            store.call("gc")
            assert staging(unpacking) == [] or not os.path.exists(unpacking.bundle)
        if os.path.exists(unpacking.bundle):
            store.succeeds("umount", unpacking.bundle)
            shutil.rmtree(unpacking.bundle)
    assert killed > 3
    root = os.path.join(store.unpack(name), "rootfs")
    assert len(os.listdir(root)) == 8 and staging(unpacking) == []
    store.succeeds("umount", unpacking.bundle)
    shutil.rmtree(unpacking.bundle)
    store.succeeds("gc")
    assert store.layers("layers" if name == "overlay" else "erofs") == []
    assert mounts_below(unpacking.directory) == [] and loops(unpacking.directory) == []


@each_driver
def test_killed_behind_the_mount(unpacking, store, name):
    """what is mounted in an unfinished bundle: unpack, and gc, take it away"""
    unpacking.image([Layer().file("a", MINE)])
    unfinished = os.path.join(unpacking.directory, "place", ".bundle.coracle-unpack")
    for again in ("unpack", "gc"):
        os.rename(store.unpack(name), unfinished)
        assert mounts_below(unfinished) != []
        if again == "unpack":
            store.unpack(name)
            store.succeeds("umount", unpacking.bundle)
            shutil.rmtree(unpacking.bundle)
        else:
            assert "removing '.bundle.coracle-unpack'" in store.succeeds("gc").stderr
        assert mounts_below(unpacking.directory) == []
        assert os.listdir(os.path.join(unpacking.directory, "place")) == []


def test_gc_that_was_killed(unpacking, store, bundle):
    """a layer loses its name before its files"""
    layer = os.path.join(store.path, "layers", store.layers()[0])
    os.rename(layer, os.path.join(os.path.dirname(layer),
                                  f".{os.path.basename(layer)}.coracle-unpack"))
    store.succeeds("umount", bundle)
    shutil.rmtree(bundle)
    assert removed(store) == 2 and store.layers() == []


@pytest.fixture
def cut(unpacking, store):
    """the store on a disk of its own; cut() is the store on what that disk had been given until then"""
    disk, copy, place = (os.path.join(unpacking.directory, name)
                         for name in ("disk", "disk-then", "then"))
    with open(disk, "wb") as file:
        file.truncate(64 << 20)
    subprocess.run(["mkfs.ext4", "-q", disk], check=True)
    os.mkdir(store.path)
    os.mkdir(place)
    subprocess.run(["mount", "-o", "loop", disk, store.path], check=True)
    os.rmdir(os.path.join(store.path, "lost+found"))

    def cut_now():
        shutil.copy(disk, copy)
        subprocess.run(["mount", "-o", "loop", copy, place], check=True)
        return place
    yield cut_now
    for bundle in store.bundles:
        store.call("umount", bundle)
    for mounted in mounts_below(unpacking.directory):
        subprocess.run(["umount", mounted], check=True)


@needs("program:mkfs.ext4")
@each_driver
def test_after_a_power_cut(unpacking, store, cut, name):
    """a layer has its name when it is on the disk"""
    contents = [os.urandom(1 << 20) for _ in range(3)]
    unpacking.image([Layer().file(f"f{i}", content) for i, content in enumerate(contents)])
    store.unpack(name)
    then = cut()
    kind, n = ("layers", 3) if name == "overlay" else ("erofs", 1)
    assert sorted(os.listdir(os.path.join(then, kind))) == store.layers(kind)
    assert len(store.layers(kind)) == n
    done = subprocess.run([PROGRAM, "--store", then, "verify"], stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr
    what = f"{n} unpacked layers and 0" if name == "overlay" else "0 unpacked layers and 1"
    assert f"{what} block images" in done.stderr


def sums_agree(store, layer):
    return subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "diff.sha256"],
                          cwd=os.path.join(store.path, "layers", layer),
                          stderr=subprocess.DEVNULL).returncode == 0


@pytest.mark.parametrize("file", ["usr/bad", "new\nline", "back\\slash", "new\nline and back\\slash"])
@pytest.mark.parametrize("harm", ["empty", "another byte", "gone", "a fifo", "a link"])
def test_verify_names_the_file(unpacking, store, file, harm):
    unpacking.image([Layer().dir("usr").file("usr/good", b"1").file(file, b"2" * 5000)
                     .symlink("link", "usr/good").fifo("fifo").hardlink("second", "usr/good")])
    store.unpack("overlay")
    layer, = store.layers()
    assert sums_agree(store, layer)
    store.succeeds("verify")
    path = os.path.join(store.path, "layers", layer, "diff", file)
    status = os.stat(path)
    if harm == "empty":
        os.truncate(path, 0)
    elif harm == "another byte":
        with open(path, "r+b") as changed:
            changed.seek(4000)
            changed.write(b"3")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    else:
        os.unlink(path)
    if harm == "a fifo":
        os.mkfifo(path)
    if harm == "a link":
        os.symlink("/etc/passwd", path)
    assert harm == "a fifo" or not sums_agree(store, layer)  # sha256sum waits for its writer
    done = store.call("verify")
    assert done.returncode == 1 and "1 of 1 unpacked layers are bad" in done.stderr
    layer = os.path.join(store.path, "layers", layer, "diff")
    shown = file.replace("\n", "\\x0a")
    assert f"unpacked layer '{layer}': diff/{shown}: " in done.stderr
    assert done.stderr.count("unpacked layer '") == 1


@pytest.mark.parametrize("change", ["gone", "empty", "shorter", "other text"])
def test_verify_needs_the_whole_list(unpacking, store, change):
    unpacking.image([Layer().file("a", MINE).file("b", b"2")])
    store.unpack("overlay")
    layer, = store.layers()
    path = os.path.join(store.path, "layers", layer, "diff.sha256")
    with open(path) as file:
        lines = file.readlines()
    assert lines[-1] == "# 2 files\n" and len(lines) == 3
    os.unlink(path)
    if change != "gone":
        with open(path, "w") as file:
            file.writelines({"empty": [], "shorter": lines[:1] + lines[2:],
                             "other text": ["x\n"] + lines}[change])
    store.fails("list of digests 'diff.sha256'", "verify")
    store.fails("1 of 1 unpacked layers are bad", "verify")


def test_verify_does_not_name_all(unpacking, store):
    """of a layer that is lost"""
    layer = Layer()
    for i in range(50):
        layer.file(f"f{i}", b"1")
    unpacking.image([layer])
    store.unpack("overlay")
    path = os.path.join(store.path, "layers", store.layers()[0], "diff")
    for name in os.listdir(path):
        os.truncate(os.path.join(path, name), 0)
    done = store.call("verify")
    assert done.returncode == 1 and done.stderr.count(f"'{path}': diff/f") == 10


def test_gc_beside_an_unpack(unpacking, store):
    """who holds the store's lock for reading unpacks: gc waits for him, and then says so"""
    unpacking.image([Layer().file("a", MINE)])
    bundle = store.unpack("overlay", "first")
    holder = os.open(os.path.join(store.path, "lock"), os.O_RDWR)
    fcntl.fcntl(holder, F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, 0, 1, 0))
    store.fails("is in use", "gc")
    os.close(holder)
    store.succeeds("gc")
    assert os.path.exists(bundle + "/rootfs/a")


def test_gc_beside_everything(unpacking, store):
    """unpack, unmount, remove, be killed, all at once with gc: whoever got a bundle has all of it"""
    contents = [os.urandom(1 << 16) for _ in range(4)]
    for tag in ("one", "two"):
        unpacking.image([Layer().file("shared", contents[0]), Layer().file(tag, contents[1]),
                         Layer().file("last", contents[2])], tag=tag)
    stop = time.monotonic() + 8
    counts = {"bundle": 0, "killed": 0, "gc": 0}
    wrong = []

    def bundles(number):
        tag = ("one", "two")[number % 2]
        bundle = os.path.join(unpacking.directory, "place", f"b{number}")
        store.bundles.append(bundle)
        while time.monotonic() < stop and not wrong:
            process = subprocess.Popen(
                store.command("unpack", "--driver", "overlay", unpacking.layout.reference(tag), bundle),
                stderr=subprocess.PIPE, text=True)
            if number == 3:
                time.sleep(random.random() / 20)
                process.kill()
            error = process.communicate()[1]
            if process.returncode == -signal.SIGKILL:
                counts["killed"] += 1
            elif process.returncode and "is being cleaned up" not in error:
                wrong.append(error)
            if os.path.exists(bundle + "/mount.json"):
                for name, content in (("shared", contents[0]), (tag, contents[1]),
                                      ("last", contents[2])):
                    with open(f"{bundle}/rootfs/{name}", "rb") as file:
                        if file.read() != content:
                            wrong.append(f"{bundle}/rootfs/{name}")
                counts["bundle"] += 1
                store.succeeds("umount", bundle)
                shutil.rmtree(bundle)

    def collect():
        while time.monotonic() < stop and not wrong:
            done = store.call("gc")
            counts["gc"] += done.returncode == 0
            if done.returncode and "is in use" not in done.stderr:
                wrong.append(done.stderr)
            time.sleep(0.02)

    def guarded(function, *arguments):
        try:
            function(*arguments)
        except Exception as error:  # a thread's own is seen by nobody
            wrong.append(repr(error))

    store.succeeds("ls")
    threads = [threading.Thread(target=guarded, args=(bundles, number)) for number in range(4)]
    threads.append(threading.Thread(target=guarded, args=(collect,)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert counts["bundle"] > 5 and counts["killed"] > 1 and counts["gc"] > 1, counts
    # one that was killed before it noted its place down is cleaned up by the next one there
    bundle = os.path.join(unpacking.directory, "place/b3")
    store.succeeds("unpack", "--driver", "overlay", unpacking.layout.reference("two"), bundle)
    store.succeeds("umount", bundle)
    shutil.rmtree(bundle)
    store.succeeds("gc")
    assert store.layers() == [] and records(store) == [] and mounts_below(unpacking.directory) == []
    assert os.listdir(os.path.join(unpacking.directory, "place")) == []

"""coracle-unpack: --driver overlay and erofs, mount and umount"""

import errno
import json
import os
import re
import shutil
import signal
import stat
import struct
import subprocess

import pytest

from harness.needs import needs
from harness.report import Report
from harness.runtime import eventually, identifiers
from mounting import (driver, each_driver, each_form, loops, mounts_below, no_devices, start,  # noqa: F401
                      store, unpacking)
from ocilayout import Layer, Layout
from unpacking import PROGRAM

pytestmark = [needs("root"), pytest.mark.disk]  # who may mount

each_block_form = pytest.mark.parametrize("options", [
    pytest.param(options, marks=driver("erofs").marks) for options in ((), ("--per-layer",))])


def picture(root):
    """path -> what a container sees of it; a time of now is that of a directory no layer describes"""
    found = {}
    for directory, names, files in os.walk(root):
        for path in [directory] + [os.path.join(directory, name) for name in names + files]:
            status = os.lstat(path)
            content = None
            if os.path.islink(path):
                content = os.readlink(path)
            elif os.path.isfile(path):
                with open(path, "rb") as file:
                    content = file.read()
            found[os.path.relpath(path, root)] = (
                status.st_mode, status.st_uid, status.st_gid, content,
                {name: os.getxattr(path, name, follow_symlinks=False)
                 for name in os.listxattr(path, follow_symlinks=False)},
                None if status.st_mtime > 1_500_000_000 else status.st_mtime_ns)
    return found


IMAGES = {
    "plain": [Layer().dir("etc", mode=0o750, uid=3, gid=4).file("etc/a", b"1").symlink("l", "etc")],
    "whiteouts": [Layer().file("a", b"1").dir("d").file("d/x", b"1").file("d/y", b"1"),
                  Layer().whiteout("a").whiteout("d/x").file("new", b"2")],
    "opaque before and behind": [
        Layer().dir("d").file("d/x", b"1").dir("e").file("e/x", b"1"),
        Layer().dir("d").file("d/z", b"2").opaque("d").opaque("e").dir("e").file("e/z", b"2")],
    "whiteout, then a directory": [Layer().dir("d").file("d/x", b"1"),
                                   Layer().whiteout("d").dir("d").file("d/z", b"2")],
    "a directory, then its whiteout": [Layer().dir("d").file("d/x", b"1"),
                                       Layer().dir("d").file("d/z", b"2").whiteout("d")],
    "kinds change": [Layer().dir("d").file("d/x", b"1").file("f", b"1").symlink("l", "d"),
                     Layer().file("d", b"2").dir("f").file("f/y", b"2").dir("l").file("l/z", b"2")],
    "a directory's attributes": [Layer().dir("d", mode=0o700, uid=5).file("d/x", b"1"),
                                 Layer().dir("d", mode=0o755, uid=6)],
    "directories that are not described": [
        Layer().dir("d", mode=0o711, uid=5, gid=6).file("d/x", b"1"), Layer().file("d/y", b"2")],
    "an opaque root": [Layer().file("a", b"1"), Layer().file("b", b"2"),
                       Layer().opaque("").file("c", b"3"), Layer().file("d", b"4")],
    "hard links": [Layer().file("a", b"1").hardlink("b", "a")],
    "a link below leads elsewhere": [
        Layer().dir("usr").dir("usr/lib", mode=0o711, uid=3).symlink("lib", "usr/lib")
        .symlink("abs", "/usr/lib").file("usr/lib/x", b"1"),
        Layer().file("lib/y", b"2").file("lib/new/z", b"2").file("abs/v", b"3"),
        Layer().whiteout("lib/x").file("abs/new/w", b"3")],
    "a link to a directory below": [
        Layer().dir("d", mode=0o700).file("d/x", b"1"),
        Layer().symlink("l", "d").file("l/y", b"2").symlink("d/up", "../l/../l").file("d/up/z", b"2")],
    "a directory that was hidden, and is not described": [
        Layer().dir("d", mode=0o700, uid=7).file("d/x", b"1"),
        Layer().whiteout("d"), Layer().file("d/y", b"2")],
    "hidden in the same layer, and not described": [
        Layer().dir("d", mode=0o700, uid=7).file("d/x", b"1"), Layer().whiteout("d").file("d/y", b"2")],
    "a file in the way of what is below": [
        Layer().dir("d").file("d/x", b"1"), Layer().file("d", b"2"),
        Layer().dir("d").file("d/y", b"3"), Layer().file("d/z", b"4")],
    "a whiteout where nothing is": [
        Layer().file("f", b"1").symlink("l", "nowhere"),
        Layer().whiteout("no/such").opaque("none").whiteout("f/x").whiteout("l/x")],
    "a whiteout in a new directory": [
        Layer().file("a", b"1"), Layer().dir("d").file("d/y", b"2").whiteout("d/x")],
    "whiteouts, and then all is hidden": [
        Layer().dir("d").file("d/x", b"1").dir("d/e").file("d/e/x", b"1").dir("f").file("f/x", b"1"),
        Layer().whiteout("d/x").whiteout("d/e/x").file("d/y", b"2").file("d/e/y", b"2").opaque("d")
        .whiteout("f/x").file("f/y", b"2").whiteout("f")],
    "directories of markers only, and then all is hidden": [
        Layer().dir("d").dir("d/e").file("d/e/x", b"1").dir("f").dir("f/e").file("f/e/x", b"1"),
        Layer().opaque("d/e").whiteout("d").whiteout("f/e/x").opaque("f")],
    "the root's own attributes": [
        Layer().dir("./", mode=0o1711, uid=5, gid=6, pax_headers={"SCHILY.xattr.user.note": "kept"})
        .file("a", b"1"), Layer().file("b", b"2")],
    "the root's attributes, changed": [
        Layer().dir("./", mode=0o1711, pax_headers={"SCHILY.xattr.user.note": "gone"}),
        Layer().dir("./", uid=7, mtime=77, pax_headers={"SCHILY.xattr.user.new": "2"})],
}

HARD_LINKS = {
    "to a file below": [Layer().file("a", b"1", uid=3, mode=0o4750), Layer().hardlink("b", "a")],
    "from another directory": [
        Layer().dir("d", mode=0o700, uid=4).file("d/a", b"1"), Layer(), Layer().hardlink("e/b", "d/a")],
    "two to one": [Layer().file("a", b"1"), Layer().hardlink("b", "a").hardlink("c", "a")
                   .hardlink("d", "b")],
    "to two names of one": [Layer().file("a", b"1").hardlink("c", "a"),
                            Layer().hardlink("b", "a").hardlink("d", "c")],
    "in two layers": [Layer().file("a", b"1"), Layer().hardlink("b", "a"), Layer().hardlink("c", "a"),
                      Layer().hardlink("d", "b")],
    "to a symbolic link": [Layer().symlink("a", "nowhere"), Layer().hardlink("b", "a")],
    "to a fifo and a device": [Layer().fifo("a").device("n", 1, 3),
                               Layer().hardlink("b", "a").hardlink("m", "n")],
    "through a link": [Layer().dir("d").file("d/a", b"1").symlink("l", "/d"),
                       Layer().hardlink("b", "l/a")],
    "then hidden": [Layer().file("a", b"1"), Layer().hardlink("b", "a").whiteout("a")],
    "then hidden with its directory": [Layer().dir("d").file("d/a", b"1"),
                                       Layer().hardlink("b", "d/a").whiteout("d")],
    "then hidden by an opaque directory": [
        Layer().dir("d").file("d/a", b"1").file("d/c", b"1"),
        Layer().hardlink("b", "d/a").hardlink("d/e", "d/c").opaque("d")],
    "then another file": [Layer().file("a", b"1"), Layer().hardlink("b", "a").file("a", b"2")],
    "then the new name another file": [Layer().file("a", b"1"),
                                       Layer().hardlink("b", "a"), Layer().file("b", b"2")],
    "over a file": [Layer().file("a", b"1").file("b", b"2").dir("c").file("c/x", b"2"),
                    Layer().hardlink("b", "a").hardlink("c", "a")],
    "and others have it": [
        Layer().dir("d").dir("e").file("d/a", b"1").hardlink("e/a", "d/a").hardlink("x", "d/a")
        .hardlink("y", "d/a").hardlink("z", "d/a"),
        Layer().whiteout("y"), Layer().hardlink("b", "d/a").file("z", b"2")],
    "to itself": [Layer().file("a", b"1").hardlink("b", "a"),
                  Layer().hardlink("a", "a").hardlink("b", "a")],
    "to itself, then hidden": [Layer().file("a", b"1").hardlink("b", "a"),
                               Layer().hardlink("a", "a").whiteout("a")],
    "sparse": [Layer().file("a", b"\0" * (1 << 20) + b"x" + b"\0" * (1 << 20)),
               Layer().hardlink("b", "a")],
    "attributes": [Layer().file("a", b"1", pax_headers={"SCHILY.xattr.user.note": "kept"}),
                   Layer().hardlink("b", "a")],
}


@each_form
@pytest.mark.parametrize("image", IMAGES)
def test_same_as_a_directory(unpacking, store, name, image):
    layers = [unpacking.layout.layer(gzipped_copy(layer), "") for layer in IMAGES[image]]
    unpacking.image(layers)
    mounted = picture(os.path.join(store.unpack(name), "rootfs"))
    assert mounted == picture(os.path.join(store.unpack("dir", "flat"), "rootfs"))


@each_driver
def test_what_has_become_of_the_root_stays(unpacking, store, name):
    unpacking.image([Layer().dir("./", mode=0o755, uid=5).file("a", b"1")])
    bundle = store.unpack(name)
    root = os.path.join(bundle, "rootfs")
    os.chmod(root, 0o700)
    os.chown(root, 8, 9)
    os.utime(root, (77, 77))
    store.succeeds("umount", bundle)
    store.succeeds("mount", bundle)
    status = os.stat(root)
    assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid, status.st_mtime) == (0o700, 8, 9, 77)


def names_of_one(root):
    """sets of paths that are one file"""
    found = {}
    for directory, names, files in os.walk(root):
        for name in files:
            path = os.path.join(directory, name)
            status = os.lstat(path)
            found.setdefault((status.st_dev, status.st_ino), set()).add(os.path.relpath(path, root))
    return sorted(map(sorted, found.values()))


def notes(root):
    return {name: os.getxattr(os.path.join(root, name), "user.note", follow_symlinks=False)
            for name in os.listdir(root)
            if "user.note" in os.listxattr(os.path.join(root, name), follow_symlinks=False)}


@each_form
def test_attributes_of_a_directory_that_a_layer_does_not_describe(unpacking, store, name):
    layers = [Layer().dir("d", pax_headers={"SCHILY.xattr.user.note": "kept"}).file("d/a", b"1"),
              Layer().file("d/b", b"2")]
    unpacking.image([unpacking.layout.layer(layer, "") for layer in layers])
    assert notes(os.path.join(store.unpack(name), "rootfs")) == {"d": b"kept"}


@pytest.mark.parametrize("name", [driver("overlay"), driver("erofs --per-layer")])
@pytest.mark.parametrize("image", HARD_LINKS)
def test_hard_links_across_layers(unpacking, store, image, name):
    """as in a directory, also who shares a file with whom; and nothing is left of the copying"""
    layers = [unpacking.layout.layer(gzipped_copy(layer), "") for layer in HARD_LINKS[image]]
    unpacking.image(layers)
    mounted = os.path.join(store.unpack(name), "rootfs")
    flat = os.path.join(store.unpack("dir", "flat"), "rootfs")
    assert picture(mounted) == picture(flat)
    assert names_of_one(mounted) == names_of_one(flat)
    assert notes(mounted) == notes(flat)
    for chain in store.layers():
        assert sorted(os.listdir(os.path.join(store.path, "layers", chain))) == ["diff", "diff.sha256"]


@pytest.mark.parametrize("bad, message", [
    (Layer().hardlink("b", "none"), "No such file"),
    (Layer().whiteout("a").hardlink("b", "a"), "No such file"),
    (Layer().opaque("").hardlink("b", "a"), "No such file"),
    (Layer().hardlink("b", "d"), "Is a directory"),
    (Layer().hardlink("b", "a/x"), "Not a directory"),
])
def test_bad_hard_links_across_layers(unpacking, store, bad, message):
    unpacking.image([Layer().file("a", b"1").dir("d"),
                     unpacking.layout.layer(gzipped_copy(bad), "")])
    store.fails(f"layer 2 (sha256:", "unpack", "--driver", "overlay", unpacking.layout.reference(),
                unpacking.bundle)
    store.fails(message, "unpack", "--driver", "overlay", unpacking.layout.reference(),
                unpacking.bundle)


def test_copies_count(unpacking, store):
    """or small layers, each a link to a large file below, would fill the disk"""
    unpacking.image([Layer().file("a", os.urandom(1 << 20))] +
                    [Layer().hardlink(f"b{i}", "a") for i in range(4)])
    store.fails("hard link to 'a': the file below is larger than what is left of --max-bytes",
                "unpack", "--driver", "overlay", "--max-bytes", "4M", unpacking.layout.reference(),
                unpacking.bundle)
    store.unpack("overlay", "bundle", "--max-bytes", "6M")


@pytest.mark.parametrize("order, message", [
    (("link", "file"), "that the limit leaves (--max-bytes)"),
    (("file", "link"), "hard link to 'a': the file below is larger than what is left"),
])
def test_copies_and_content_count_together(unpacking, store, order, message):
    """each of them alone would be within the limit"""
    layer = Layer()
    for what in order:
        if what == "link":
            layer.hardlink("b", "a")
        else:
            layer.file("c", os.urandom(3 << 20))
    unpacking.image([Layer().file("a", os.urandom(3 << 20)), layer])
    store.fails(message, "unpack", "--driver", "overlay", "--max-bytes", "8M",
                unpacking.layout.reference(), unpacking.bundle)
    store.unpack("overlay", "bundle", "--max-bytes", "10M")


def test_names_of_copies_count(unpacking, store):
    """the old one, as long as a path may be, is kept for each link until the layer is done"""
    links, name = 100, "/".join(["d" * 200] * 10)
    below, above = Layer().file(name, b"1"), Layer()
    for i in range(links):
        above.hardlink(f"l{i}", name)
    layers = [below.bytes(), above.bytes()]
    unpacking.image(layers)
    without = sum(len(layer) for layer in layers) + (8 << 10)
    store.fails("--max-bytes", "unpack", "--driver", "overlay",
                "--max-bytes", str(without + links * len(name) // 2),
                unpacking.layout.reference(), unpacking.bundle)
    store.unpack("overlay", "bundle", "--max-bytes", str(without + links * (len(name) + 1)))


def gzipped_copy(layer):
    """a Layer's bytes, which it gives only once"""
    if not hasattr(layer, "kept"):
        layer.kept = layer.bytes()
    return layer.kept


@each_form
def test_mount_and_umount(unpacking, store, name):
    unpacking.image([Layer().file("a", b"1").file("b", b"2")])
    bundle = store.unpack(name)
    root = os.path.join(bundle, "rootfs")
    store.fails("mounted already", "mount", bundle)
    with open(os.path.join(root, "new"), "w") as file:
        file.write("mine")
    os.unlink(os.path.join(root, "b"))
    store.succeeds("umount", bundle)
    assert os.listdir(root) == [] and mounts_below(bundle) == [] and loops(unpacking.directory) == []
    store.fails("its rootfs is not mounted", "umount", bundle)
    store.succeeds("mount", bundle)
    assert sorted(os.listdir(root)) == ["a", "new"]


@each_driver
def test_bundles_share(unpacking, store, name):
    unpacking.image([Layer().file("a", b"1"), Layer().file("b", b"2")])
    first, second = store.unpack(name), store.unpack(name, "second")
    assert len(store.layers("layers" if name == "overlay" else "erofs")) == (
        2 if name == "overlay" else 1)
    with open(os.path.join(first, "rootfs/a"), "w") as file:
        file.write("changed")
    with open(os.path.join(second, "rootfs/a")) as file:
        assert file.read() == "1"


@each_form
@pytest.mark.parametrize("name_of_place", ["a,b", "a:b", "a\\b", "a,upperdir=b:c\\,d", "a b\nc"])
def test_separators_in_paths(unpacking, store, name, name_of_place):
    """of the store, and of the bundle: a comma ends an option, a colon a layer"""
    store.path = os.path.join(unpacking.directory, name_of_place, "store")
    unpacking.image([Layer().file("a", b"1"), Layer().file("b", b"2")])
    bundle = store.unpack(name, name_of_place)
    assert sorted(os.listdir(bundle + "/rootfs")) == ["a", "b"]
    with open(bundle + "/rootfs/c", "w"):
        pass
    assert os.listdir(bundle + "/upper") == ["c"]
    store.succeeds("umount", bundle)
    store.succeeds("mount", bundle)
    assert sorted(os.listdir(bundle + "/rootfs")) == ["a", "b", "c"]


@pytest.mark.parametrize("long", [200, 230])
def test_separators_in_long_paths(unpacking, store, long):
    """fsconfig(2) takes no more than 255 bytes"""
    store.path = os.path.join(unpacking.directory, "s,:\\" + "s" * long)
    unpacking.image([Layer().file(f"f{i}", b"1") for i in range(12)])
    bundle = store.unpack("overlay", "b,:\\" + "b" * long)
    assert len(os.listdir(bundle + "/rootfs")) == 12
    with open(bundle + "/rootfs/c", "w"):
        pass
    assert os.listdir(bundle + "/upper") == ["c"]


def test_hundred_layers(unpacking, store):
    unpacking.image([Layer().file(f"f{i}", b"x").whiteout(f"f{i - 1}") for i in range(100)])
    assert os.listdir(os.path.join(store.unpack("overlay"), "rootfs")) == ["f99"]


@each_form
def test_container_runs(unpacking, store, coracle, payload, name):
    with open(payload, "rb") as file:
        unpacking.image([Layer().file("payload", file.read(), mode=0o755)],
                        config={"Cmd": ["/payload", "report"], "WorkingDir": "/made"})
    bundle = store.unpack(name)
    assert Report(coracle("run", "--bundle", bundle, "mounted").stdout).cwd == "/made"


@pytest.fixture
def sleeping(unpacking, payload):
    """an image whose program sleeps"""
    with open(payload, "rb") as file:
        unpacking.image([Layer().file("payload", file.read(), mode=0o755)],
                        config={"Cmd": ["/payload", "sleep"]})


@each_form
@pytest.mark.parametrize("order", ["delete, umount", "umount, delete"])
def test_nothing_stays_mounted(unpacking, store, sleeping, coracle, name, order):
    """whichever comes first: the last one takes the mount, and a loop device, away"""
    bundle = store.unpack(name)
    assert mounts_below(unpacking.directory) == [bundle + "/rootfs"], "and no place of an image"
    container = start(coracle, bundle)
    assert mounts_below(unpacking.directory) == [bundle + "/rootfs"], "create has added none"
    for step in order.split(", "):
        if step == "umount":
            store.succeeds("umount", bundle)
            assert mounts_below(unpacking.directory) == []
        else:
            container.delete("--force")
    assert mounts_below(unpacking.directory) == []
    eventually(lambda: no_devices(unpacking.directory), "the block devices to go")


@each_driver
def test_one_container_behind_the_other(store, sleeping, coracle, name):
    """delete leaves a bundle as create has found it"""
    bundle = store.unpack(name)
    for _ in range(2):
        start(coracle, bundle).delete("--force")


@each_driver
@pytest.mark.parametrize("command", ["create", "run"])
def test_umount_on_delete(unpacking, store, sleeping, coracle, name, command):
    bundle = store.unpack(name, "bundle", "--umount-on-delete")
    if command == "create":
        start(coracle, bundle).delete("--force")
    else:
        with open(bundle + "/config.json", "r+") as file:
            config = json.load(file)
            config["process"]["args"] = ["/payload", "exit", "0"]
            file.seek(0)
            file.truncate()
            json.dump(config, file)
        coracle("run", "--bundle", bundle, next(identifiers))
    assert mounts_below(unpacking.directory) == []
    eventually(lambda: no_devices(unpacking.directory), "the block devices to go")
    store.succeeds("mount", bundle)


def test_umount_on_delete_of_a_directory(unpacking, store):
    unpacking.image([Layer().file("a", b"1")])
    store.fails("--umount-on-delete is for", "unpack", "--umount-on-delete",
                unpacking.layout.reference(), unpacking.bundle)


@each_driver
@pytest.mark.parametrize("bad", [
    Layer().file("a").file("../b"),
    Layer().file("a").hardlink("b", "nowhere"),
])
def test_failure_leaves_nothing(unpacking, store, name, bad):
    unpacking.image([Layer().file("x"), unpacking.layout.layer(gzipped_copy(bad), "")])
    store.fails("layer 2 (sha256:", "unpack", "--driver", name,
                unpacking.layout.reference(), unpacking.bundle)
    assert os.listdir(os.path.dirname(unpacking.bundle)) == []
    assert mounts_below(unpacking.directory) == []
    kept = store.layers() if name == "overlay" else store.layers("erofs")
    assert len(kept) == (1 if name == "overlay" else 0)


def test_failure_behind_the_mount_leaves_nothing(unpacking, store):
    unpacking.image([Layer().file("x")], config={"User": "nobody-knows"})
    store.fails("nobody-knows", "unpack", "--driver", "overlay", unpacking.layout.reference(),
                unpacking.bundle)
    assert os.listdir(os.path.dirname(unpacking.bundle)) == []
    assert mounts_below(unpacking.directory) == []


def test_a_device_that_overlayfs_takes_for_nothing(unpacking, store):
    unpacking.image([Layer().file("a", b"1"), Layer().device("a", 0, 0)])
    root = os.path.join(store.unpack("overlay"), "rootfs")
    assert os.listdir(root) == []


def in_user_namespace(unpacking, script):
    """what that prints"""
    for name in (unpacking.directory, os.path.join(unpacking.directory, "place")):
        os.chmod(name, 0o777)
    done = subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec", script],
                          user=1000, group=1000, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True)
    if "unshare" in done.stderr:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_in_a_user_namespace(unpacking, store):
    """whose root may mount; overlayfs's marks are attributes of the other kind there"""
    unpacking.image([
        Layer().dir("d").file("d/x", b"1").file("a", b"1").dir("e").file("e/x", b"1"),
        Layer().opaque("d").file("d/y", b"2").whiteout("e").hardlink("b", "a")])
    *files, mount = in_user_namespace(unpacking, f"""
        {PROGRAM} --store {store.path} unpack --driver overlay {unpacking.layout.reference()} \
            {unpacking.bundle}
        cd {unpacking.bundle}/rootfs
        find . | sort
        test a -ef b
        cd /
        {PROGRAM} umount {unpacking.bundle}
        {PROGRAM} mount {unpacking.bundle}
        grep {unpacking.bundle}/rootfs /proc/self/mountinfo""")
    assert files == [".", "./a", "./b", "./d", "./d/y"] and "userxattr" in mount


def test_left_out_in_a_user_namespace(unpacking, store):
    """devices, which hide what was there all the same, and ACLs for whom the namespace does not know"""
    acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in (
        (1, 7, 0xffffffff), (2, 7, 12345), (4, 5, 0xffffffff), (16, 7, 0xffffffff), (32, 5, 0xffffffff)))
    unpacking.image([
        Layer().file("a", b"1").dir("d").file("d/a", b"1").file("e", b"1")
        .dir("acl", pax_headers={"SCHILY.xattr.system.posix_acl_default": os.fsdecode(acl)}),
        Layer().device("a", 1, 3).device("d/a", 1, 3).opaque("d").device("new", 1, 3).device("e", 1, 3).whiteout("e")])
    for driver_name in ("dir", "overlay"):
        assert in_user_namespace(unpacking, f"""
            {PROGRAM} --store {store.path} unpack --driver {driver_name} {unpacking.layout.reference()} \
                {unpacking.bundle}-{driver_name}
            cd {unpacking.bundle}-{driver_name}/rootfs
            find . | sort""") == [".", "./acl", "./d"], driver_name


def test_only_root_can_mount(unpacking, store):
    unpacking.image([Layer().file("a", b"1")])
    for name in (unpacking.directory, os.path.join(unpacking.directory, "place")):
        os.chmod(name, 0o777)
    done = subprocess.run([PROGRAM, "--store", store.path, "unpack", "--driver", "overlay",
                           unpacking.layout.reference(), unpacking.bundle], user=1000, group=1000,
                          stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "--driver overlay needs root" in done.stderr


@pytest.mark.parametrize("record, message", [
    (None, "mount.json"),
    ("{}", "mount.json: driver"),
    ('{"driver": "vfs"}', "mount.json: driver"),
    ('{"driver": "overlay"}', "mount.json names no layer"),
    ('{"driver": "overlay", "layers": ["/nowhere"]}', "/nowhere"),
])
def test_bad_record(unpacking, store, record, message):
    os.makedirs(unpacking.bundle + "/rootfs")
    if record is not None:
        with open(unpacking.bundle + "/mount.json", "w") as file:
            file.write(record)
    store.fails(message, "mount", unpacking.bundle)
    assert mounts_below(unpacking.directory) == []


@each_block_form
def test_verify(unpacking, store, options):
    """it names the block image of which a byte has changed"""
    unpacking.image([Layer().file("a", b"1" * 5000), Layer().file("b", b"2")])
    store.unpack("erofs", "bundle", *options)
    image = store.layers_images()[0]
    for names in ((), (unpacking.layout.reference(),)):
        assert f"{len(store.layers_images())} block images" in store.succeeds("verify", *names).stderr
    with open(image, "r+b") as file:
        file.seek(1024)
        byte = file.read(1)
        file.seek(1024)
        file.write(bytes([byte[0] ^ 1]))
    for names in ((), (unpacking.layout.reference(),)):
        store.fails(f"block image '{image}': the block image has the digest", "verify", *names)
    other = Layout(os.path.join(unpacking.directory, "other"))
    other.add_image([Layer().file("c", b"3")])
    assert " 0 block images" in store.succeeds("verify", other.reference()).stderr


@pytest.fixture
def mkfs(directory, monkeypatch):
    """puts a script in the place of mkfs.erofs"""
    def put(script):
        os.mkdir(os.path.join(directory, "bin"))
        path = os.path.join(directory, "bin", "mkfs.erofs")
        with open(path, "w") as file:
            file.write("#!/bin/sh\n" + script)
        os.chmod(path, 0o755)
        monkeypatch.setenv("PATH", os.path.dirname(path), prepend=":")
    return put


@pytest.mark.parametrize("script, message", [
    ("echo first >&2; printf '<E> \\tno space\\033 left\\n\\n' >&2; echo progress; exit 3",
     "mkfs.erofs failed with status 3: <E>  no space  left\n"),
    ("exit 1", "mkfs.erofs failed with status 1\n"),
    ("head -c 100000 /dev/zero | tr '\\0' x >&2; echo >&2; echo end >&2; exit 1",
     "mkfs.erofs failed with status 1: end\n"),
    ("kill -9 $$", "mkfs.erofs failed with status 137\n"),
], ids=["several lines", "silent", "long lines", "killed"])
@pytest.mark.parametrize("options", [(), ("--per-layer",)])
def test_mkfs_that_fails(unpacking, store, mkfs, options, script, message):
    mkfs(script)
    unpacking.image([Layer().file("a", b"1")])
    store.fails(message, "unpack", "--driver", "erofs", *options, unpacking.layout.reference(),
                unpacking.bundle)
    assert not os.path.exists(unpacking.bundle)
    assert store.layers("erofs-layers" if options else "erofs") == []


@needs("program:mkfs.erofs")
@pytest.mark.parametrize("options", [(), ("--per-layer",)])
def test_mkfs_on_a_full_store(unpacking, store, options):
    """it says so: there is room for the layer, and not for the image of it too"""
    unpacking.image([Layer().file("a", os.urandom(1 << 20))])
    os.mkdir(store.path)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1500k", "none", store.path], check=True)
    try:
        done = store.call("unpack", "--driver", "erofs", *options, unpacking.layout.reference(), unpacking.bundle)
        assert done.returncode == 1
        assert re.search("mkfs.erofs failed with status 1: .*No space left on device", done.stderr), done.stderr
    finally:
        subprocess.run(["umount", store.path], check=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_interrupted_mkfs(unpacking, store, mkfs, number):
    """it ends with us, and at once"""
    pid_file = os.path.join(unpacking.directory, "pid")
    mkfs(f"echo $$ > {pid_file}.new; mv {pid_file}.new {pid_file}; exec sleep 60")
    unpacking.image([Layer().file("a", b"1")])
    process = subprocess.Popen(
        store.command("unpack", "--driver", "erofs", unpacking.layout.reference(),
                      unpacking.bundle), stderr=subprocess.PIPE, text=True)
    eventually(lambda: os.path.exists(pid_file), "mkfs.erofs")
    with open(pid_file) as file:
        pid = int(file.read())
    process.send_signal(number)
    _, error = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "stopped by a signal" in error
    assert not os.path.exists(f"/proc/{pid}")
    assert not os.path.exists(unpacking.bundle)
    assert store.layers("erofs") == []


@each_block_form
def test_sha256sum_agrees(unpacking, store, options):
    unpacking.image([Layer().file("a", b"1" * 5000)])
    store.unpack("erofs", "bundle", *options)
    image, = store.layers_images()
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "image.sha256"],
                   cwd=os.path.dirname(image), check=True)


@pytest.mark.parametrize("option", ["--per-layer", "--verity"])
def test_options_of_erofs_only(unpacking, store, option):
    unpacking.image([Layer().file("a", b"1")])
    store.fails(f"{option} is for --driver erofs", "unpack", option, "--driver", "overlay",
                unpacking.layout.reference(), unpacking.bundle)


def test_per_layer_images_are_shared(unpacking, store):
    """and gc knows them"""
    # like no other: gc spares what any namespace of mounts has, and be it another run of this test
    own = os.urandom(8)
    unpacking.image([Layer().file("a", b"1")])
    store.unpack("erofs --per-layer", "first")
    unpacking.image([Layer().file("a", b"1"), Layer().file("b", own)], tag="more")
    store.unpack("erofs --per-layer", "second", reference=unpacking.layout.reference("more"))
    assert len(store.layers("erofs-layers")) == 2
    store.succeeds("umount", store.bundles[1])
    shutil.rmtree(store.bundles[1])
    store.succeeds("gc")
    assert len(store.layers("erofs-layers")) == 1
    store.succeeds("umount", store.bundles[0])
    store.succeeds("mount", store.bundles[0])
    assert os.listdir(store.bundles[0] + "/rootfs") == ["a"]


@pytest.fixture
def verity(unpacking, store):
    """the store on a file system that has fs-verity; unmounts and mounts it"""
    image = os.path.join(unpacking.directory, "disk")
    with open(image, "wb") as file:
        file.truncate(64 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-b", "4096", "-O", "verity", image], check=True)
    os.mkdir(store.path)
    subprocess.run(["mount", "-o", "loop", image, store.path], check=True)
    os.rmdir(os.path.join(store.path, "lost+found"))

    def again(change):
        subprocess.run(["umount", store.path], check=True)
        with open(image, "r+b") as file:
            content = file.read()
            # with --per-layer the layer's directory has the bytes too
            places = [found.start() for found in re.finditer(re.escape(change), content)]
            assert places
            for place in places:
                file.seek(place)
                file.write(bytes([change[0] ^ 1]))
        subprocess.run(["mount", "-o", "loop", image, store.path], check=True)
    yield again
    for bundle in store.bundles:
        store.call("umount", bundle)
    subprocess.run(["umount", store.path], check=True)


@needs("program:mkfs.ext4", "program:mkfs.erofs", "file:/sys/fs/ext4/features/verity")
@each_block_form
def test_verity(unpacking, store, verity, options):
    """a byte that changes on the disk below is an I/O error, and verify names the file"""
    secret = os.urandom(3 * 4096)
    unpacking.image([Layer().file("good", b"1").file("bad", secret)])
    bundle = store.unpack("erofs", "bundle", "--verity", *options)
    image, = store.layers_images()
    with pytest.raises(PermissionError):
        open(image, "r+b")
    with open(bundle + "/mount.json") as file:
        record = json.load(file)
    with open(os.path.dirname(image) + "/verity") as file:
        assert record["verity"] == [file.read().strip()]
    with open(bundle + "/rootfs/bad", "rb") as file:
        assert file.read() == secret
    store.succeeds("verify")
    store.succeeds("umount", bundle)
    verity(secret[4096:4128])
    store.succeeds("mount", bundle)
    with open(bundle + "/rootfs/good", "rb") as file:
        assert file.read() == b"1"
    with pytest.raises(OSError) as error, open(bundle + "/rootfs/bad", "rb") as file:
        file.read()
    assert error.value.errno == errno.EIO
    store.fails(f"block image '{image}': read it: Input/output error", "verify")


@needs("program:mkfs.ext4", "program:mkfs.erofs", "file:/sys/fs/ext4/features/verity")
def test_verity_of_another_image(unpacking, store, verity):
    """who replaces the whole file is found out when it is mounted"""
    unpacking.image([Layer().file("a", b"1")])
    bundle = store.unpack("erofs", "bundle", "--verity")
    store.succeeds("umount", bundle)
    image, = store.layers_images()
    os.rename(image, image + ".old")
    shutil.copy(image + ".old", image)
    store.fails(f"the block image '{image}' has no fs-verity digest", "mount", bundle)
    os.rename(image + ".old", image)
    with open(bundle + "/mount.json") as file:
        record = json.load(file)
    with open(bundle + "/mount.json", "w") as file:
        json.dump({**record, "verity": ["sha256:" + 64 * "0"]}, file)
    store.fails(f"instead of sha256:{64 * '0'}", "mount", bundle)
    assert mounts_below(bundle) == []


@needs("program:mkfs.ext4", "program:mkfs.erofs", "file:/sys/fs/ext4/features/verity")
def test_verity_of_an_image_that_was_there(unpacking, store, verity):
    """it is what it was when it was made, or it gets no seal"""
    unpacking.image([Layer().file("a", os.urandom(3 * 4096))])
    store.succeeds("umount", store.unpack("erofs", "first"))
    image, = store.layers_images()
    record = os.path.join(os.path.dirname(image), "verity")
    store.unpack("erofs", "second", "--verity")
    with open(record) as file:
        sealed = file.read()
    os.unlink(record)
    store.unpack("erofs", "third", "--verity")
    with open(record) as file:
        assert file.read() == sealed

    unpacking.image([Layer().file("b", os.urandom(3 * 4096))], tag="other")
    bundle = store.unpack("erofs", "fourth", reference=unpacking.layout.reference("other"))
    store.succeeds("umount", bundle)
    with open(bundle + "/mount.json") as file:
        image, = json.load(file)["images"]
    os.chmod(image, 0o644)
    with open(image, "r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"x")
    for _ in range(2):
        store.fails(f"block image '{image}': ", "unpack", "--driver", "erofs", "--verity",
                    unpacking.layout.reference("other"), unpacking.bundle)
        assert not os.path.exists(os.path.join(os.path.dirname(image), "verity"))


@needs("program:mkfs.ext4", "program:mkfs.erofs", "file:/sys/fs/ext4/features/verity")
def test_verity_by_several_at_once(unpacking, store, verity):
    unpacking.image([Layer().file("a", os.urandom(8 << 20))])
    store.unpack("erofs", "first")
    bundles = [os.path.join(unpacking.directory, "place", f"b{i}") for i in range(6)]
    store.bundles += bundles
    running = [subprocess.Popen(store.command("unpack", "--driver", "erofs", "--verity",
                                              unpacking.layout.reference(), bundle),
                                stderr=subprocess.PIPE, text=True) for bundle in bundles]
    for process in running:
        error = process.communicate()[1]
        assert process.returncode == 0, error


def test_verity_where_there_is_none(unpacking, store):
    """tmpfs cannot, whatever the kernel"""
    unpacking.image([Layer().file("a", b"1")])
    os.mkdir(store.path)
    subprocess.run(["mount", "-t", "tmpfs", "none", store.path], check=True)
    try:
        store.fails("has no fs-verity", "unpack", "--driver", "erofs", "--verity",
                    unpacking.layout.reference(), unpacking.bundle)
        assert os.listdir(os.path.dirname(unpacking.bundle)) == []
    finally:
        subprocess.run(["umount", store.path], check=True)

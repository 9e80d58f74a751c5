"""coracle-unpack: how layers are laid over each other, rule by rule (layer.md)"""

import os
import stat
import struct
import subprocess
import tarfile

import pytest

from ocilayout import Layer
from unpacking import PROGRAM, unpacking  # noqa: F401

from harness.needs import needs

pytestmark = [needs("root"), pytest.mark.disk]


def lower():
    return (Layer().dir("a").dir("a/b").dir("a/b/c").file("a/b/c/bar", b"lower")
            .file("a/b/f", b"lower").file("a/x", b"lower").symlink("a/l", "b").file("z", b"lower"))


LOWER = ["a", "a/b", "a/b/c", "a/b/c/bar", "a/b/f", "a/l", "a/x", "z"]


# what the upper layer holds, which names of LOWER go, which new ones come
@pytest.mark.parametrize("upper, gone, new", [
    # a whiteout hides a file, a link, a whole directory; or nothing
    (Layer().whiteout("a/x"), ["a/x"], []),
    (Layer().whiteout("a/l"), ["a/l"], []),
    (Layer().whiteout("a/b"), ["a/b", "a/b/c", "a/b/c/bar", "a/b/f"], []),
    (Layer().whiteout("a/none").whiteout("none/none").whiteout("z/none"), [], []),
    (Layer().whiteout("a"), LOWER[:-1], []),
    # through a link on the way
    (Layer().whiteout("a/l/f"), ["a/b/f"], []),
    # an opaque directory hides what is in it
    (Layer().opaque("a"), LOWER[1:-1], []),
    (Layer().opaque("a/b"), ["a/b/c", "a/b/c/bar", "a/b/f"], []),
    (Layer().opaque(""), LOWER, []),
    (Layer().opaque("none"), [], []),
    # what its own layer brings stays: marker first
    (Layer().opaque("a").dir("a/b").file("a/b/new"), LOWER[2:-1], ["a/b", "a/b/new"]),
    # marker last: the example of the specification
    (Layer().dir("a").dir("a/b").dir("a/b/c").file("a/b/c/foo").opaque("a"),
     ["a/b/c/bar", "a/b/f", "a/x", "a/l"], ["a/b/c/foo"]),
    # marker last, and no entries for the directories on the way
    (Layer().file("a/b/c/foo").opaque("a"), ["a/b/c/bar", "a/b/f", "a/x", "a/l"], ["a/b/c/foo"]),
    (Layer().file("a/b/c/foo").whiteout("a"), ["a/b/c/bar", "a/b/f", "a/x", "a/l"], ["a/b/c/foo"]),
    # a whiteout and the name itself in one layer, in both orders
    (Layer().whiteout("a/x").file("a/x", b"new"), [], []),
    (Layer().file("a/x", b"new").whiteout("a/x"), [], []),
    (Layer().dir("a/b").whiteout("a/b"), ["a/b/c", "a/b/c/bar", "a/b/f"], []),
    (Layer().whiteout("a/b").dir("a/b"), ["a/b/c", "a/b/c/bar", "a/b/f"], []),
    # over a file: a directory; over a directory: a file, a link
    (Layer().dir("a/x").file("a/x/y"), [], ["a/x/y"]),
    (Layer().file("a/b"), ["a/b/c", "a/b/c/bar", "a/b/f"], []),
    (Layer().symlink("a/b", "c"), ["a/b/c", "a/b/c/bar", "a/b/f"], []),
    (Layer().fifo("a/b"), ["a/b/c", "a/b/c/bar", "a/b/f"], []),
    (Layer().hardlink("a/b", "z"), ["a/b/c", "a/b/c/bar", "a/b/f"], []),
    # over a link to a directory: a directory
    (Layer().dir("a/l").file("a/l/y"), [], ["a/l/y"]),
    # through a link to a directory
    (Layer().file("a/l/y"), [], ["a/b/y"]),
    # what AUFS kept for itself
    (Layer().file(".wh..wh.aufs").dir(".wh..wh.plnk").file(".wh..wh.plnk/1.2"), [], []),
])
@pytest.mark.parametrize("first", [False, True], ids=["", "as-third"])
def test_upper_over_lower(unpacking, upper, gone, new, first):
    buffer = upper.bytes()
    layers = [lower(), Layer().file("unrelated")] if first else [lower()]
    unpacking.image([*layers, unpacking.layout.layer(buffer)]).succeeds()
    expected = sorted(set(LOWER) - set(gone) | set(new) | ({"unrelated"} if first else set()))
    if first and "z" in gone:
        expected.remove("unrelated")
    assert unpacking.files() == expected


def test_newer_content_wins(unpacking):
    unpacking.image([lower(), Layer().whiteout("a/x").file("a/x", b"new"),
                     Layer().file("z", b"new").whiteout("z")]).succeeds()
    assert unpacking.read("a/x") == unpacking.read("z") == b"new"


def test_whiteouts_in_the_lowest_layer_hide_nothing(unpacking):
    unpacking.image([Layer().file("a", b"1").whiteout("a").opaque("").whiteout("b")]).succeeds()
    assert unpacking.files() == ["a"]


def test_directory_over_directory_replaces_attributes_only(unpacking):
    first = Layer().dir("d", mode=0o700, uid=1, gid=2, pax_headers={
        "SCHILY.xattr.user.old": "1", "SCHILY.xattr.user.both": "1"}).file("d/f")
    second = Layer().dir("d", mode=0o2755, uid=3, gid=4, mtime=77, pax_headers={
        "SCHILY.xattr.user.new": "2", "SCHILY.xattr.user.both": "2"})
    root = unpacking.image([first, second]).succeeds()
    path = os.path.join(root, "d")
    status = os.stat(path)
    assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid, status.st_mtime) == (
        0o2755, 3, 4, 77)
    assert {x: os.getxattr(path, x) for x in os.listxattr(path)} == {
        "user.new": b"2", "user.both": b"2"}
    assert unpacking.files() == ["d", "d/f"]


def test_file_over_hard_link_leaves_the_other_name(unpacking):
    root = unpacking.image([Layer().file("a", b"old").hardlink("b", "a"),
                            Layer().file("a", b"new", mode=0o600)]).succeeds()
    assert (unpacking.read("a"), unpacking.read("b")) == (b"new", b"old")
    assert stat.S_IMODE(os.stat(os.path.join(root, "b")).st_mode) == 0o644


def test_hard_link_to_a_lower_layer_and_to_a_link(unpacking):
    root = unpacking.image([Layer().file("a/f", b"1").symlink("a/l", "f"),
                            Layer().hardlink("x/f", "a/f").hardlink("./x/l", "/a/./l")]).succeeds()
    assert os.stat(os.path.join(root, "x/f")).st_nlink == 2
    assert os.readlink(os.path.join(root, "x/l")) == "f"


def test_hard_link_to_itself_is_nothing(unpacking):
    unpacking.image([Layer().file("a", b"1").hardlink("a", "a").hardlink("b", "./a")
                     .hardlink("/b", "b")])
    unpacking.succeeds()
    assert unpacking.read("a") == unpacking.read("b") == b"1"


def test_directory_that_comes_again(unpacking):
    """changes its attributes; so do archives that were joined, and nothing is ambiguous in them"""
    root = unpacking.image([Layer().dir("d", mode=0o700).file("d/f").dir("d", mode=0o711)
                            .dir("./").dir(".")]).succeeds()
    assert stat.S_IMODE(os.stat(os.path.join(root, "d")).st_mode) == 0o711
    assert unpacking.files() == ["d", "d/f"]


TWICE = {
    "file, file": Layer().file("n", b"1").file("n", b"2"),
    "file, directory": Layer().file("n").dir("n"),
    "directory, file": Layer().dir("n").file("n"),
    "directory, link": Layer().dir("n").symlink("n", "m"),
    "link, link": Layer().symlink("n", "m").symlink("n", "m"),
    "device, file": Layer().device("n", 1, 3).file("n"),
    "hard links": Layer().file("m").hardlink("n", "m").hardlink("n", "m"),
    "file, hard link": Layer().file("m").file("n").hardlink("n", "m"),
    "another way to write it": Layer().file("d/n").file("./d//n"),
    "through a link": Layer().dir("d").symlink("l", "d").file("d/n").file("l/n"),
}


@pytest.mark.parametrize("options", [[], ["--driver", "overlay"]], ids=["dir", "overlay"])
@pytest.mark.parametrize("below", [False, True], ids=["lowest", "upper"])
@pytest.mark.parametrize("case", TWICE)
def test_name_twice_in_one_layer(unpacking, case, below, options):
    """two programs would see two files there: layer.md forbids it"""
    layers = [unpacking.layout.layer(TWICE[case].bytes())]
    if below:
        layers.insert(0, Layer().file("n", b"lower").dir("d").file("d/n"))
    unpacking.image(layers)
    if options:
        options = ["--store", os.path.join(unpacking.directory, "store"), *options]
    done = subprocess.run([PROGRAM, *options[:2], "unpack", *options[2:],
                           unpacking.layout.reference(), unpacking.bundle],
                          stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert "the layer has it twice" in done.stderr
    assert os.listdir(os.path.dirname(unpacking.bundle)) == []


def test_whiteout_and_name_are_not_twice(unpacking):
    unpacking.image([Layer().file("n", b"lower").file("m"),
                     Layer().whiteout("n").file("n", b"upper").whiteout("m").whiteout("m")])
    unpacking.succeeds()
    assert (unpacking.files(), unpacking.read("n")) == (["n"], b"upper")


def test_new_files_do_not_inherit_from_a_setgid_directory(unpacking):
    root = unpacking.image([Layer().dir("d", mode=0o2775, gid=50).file("d/f").dir("d/e")
                            .symlink("d/l", "f").file("d/implicit/f")]).succeeds()
    for name in ("f", "e", "l", "implicit", "implicit/f"):
        assert os.lstat(os.path.join(root, "d", name)).st_gid == 0
    for name in ("e", "implicit"):
        assert stat.S_IMODE(os.stat(os.path.join(root, "d", name)).st_mode) == 0o755


# who may what, as setfacl(1) writes it: u::rwx,u:12345:rwx,g::r-x,m::rwx,o::r-x
ACL = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in (
    (1, 7, 0xffffffff), (2, 7, 12345), (4, 5, 0xffffffff), (16, 7, 0xffffffff), (32, 5, 0xffffffff)))
DEFAULT_ACL = "system.posix_acl_default"


def test_new_files_do_not_inherit_an_acl(unpacking):
    first = Layer().dir("d", pax_headers={"SCHILY.xattr." + DEFAULT_ACL: os.fsdecode(ACL)}).file("d/f", mode=0o640)
    first.dir("d/e").symlink("d/l", "f").fifo("d/p").file("d/implicit/f")
    root = unpacking.image([first, Layer().file("d/g")]).succeeds()
    assert {name: os.listxattr(os.path.join(root, name), follow_symlinks=False)
            for name in unpacking.files()} == {
        "d": [DEFAULT_ACL], "d/f": [], "d/e": [], "d/l": [], "d/p": [], "d/implicit": [], "d/implicit/f": [],
        "d/g": []}
    assert os.getxattr(os.path.join(root, "d"), DEFAULT_ACL) == ACL
    assert stat.S_IMODE(os.stat(os.path.join(root, "d/f")).st_mode) == 0o640
    assert stat.S_IMODE(os.stat(os.path.join(root, "d/implicit")).st_mode) == 0o755


def test_root_inherits_nothing(unpacking):
    place = os.path.dirname(unpacking.bundle)
    os.chown(place, -1, 50)
    os.chmod(place, 0o2755)
    os.setxattr(place, DEFAULT_ACL, ACL)
    root = unpacking.image([Layer().file("f").file("i/f")]).succeeds()
    for name in (".", "f", "i", "i/f"):
        path = os.path.join(root, name)
        assert (os.listxattr(path), os.stat(path).st_gid) == ([], 0), name
        assert not os.stat(path).st_mode & stat.S_ISGID, name


@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_umask_does_not_matter(unpacking, mask):
    root = unpacking.image([Layer().file("i/f", mode=0o666).dir("d", mode=0o777)]).succeeds(
        preexec_fn=lambda: os.umask(mask))
    modes = {name: stat.S_IMODE(os.stat(os.path.join(root, name)).st_mode)
             for name in (".", "i", "i/f", "d")}
    assert modes == {".": 0o755, "i": 0o755, "i/f": 0o666, "d": 0o777}


def test_without_layers(unpacking):
    unpacking.image([]).succeeds()
    assert unpacking.files() == []


# As a user

def as_user(unpacking):
    """lets user 12345 read the layout and make the bundle"""
    os.chown(os.path.dirname(unpacking.bundle), 12345, 12345)
    return {"user": 12345, "group": 12345, "extra_groups": []}


def test_user_unpacks_what_a_user_can(unpacking):
    layer = (Layer().dir("./", mode=0o555).dir("ro", mode=0o555).file("ro/f", b"1", mode=0o444)
             .file("owned", uid=5, gid=6).device("null", 1, 3)
             .file("cap", pax_headers={"SCHILY.xattr.trusted.x": "y"}).dir("none", mode=0))
    upper = Layer().whiteout("ro/f").file("ro/g", mode=0o400).file("none/f").dir("none", mode=0)
    user = as_user(unpacking)
    root = unpacking.image([layer, upper]).succeeds(**user)
    assert unpacking.files() == ["cap", "none", "none/f", "owned", "ro", "ro/g"]
    assert {os.lstat(os.path.join(root, name)).st_uid for name in unpacking.files()} == {12345}
    assert stat.S_IMODE(os.stat(os.path.join(root, "ro")).st_mode) == 0o555
    assert stat.S_IMODE(os.stat(os.path.join(root, "none")).st_mode) == 0
    assert "files belong to you" in unpacking.stderr
    assert "1 device nodes were left out" in unpacking.stderr
    assert "1 extended attributes were left out" in unpacking.stderr


def test_user_sets_attributes_of_what_he_may_not_write(unpacking):
    def note(text):
        return {"pax_headers": {f"SCHILY.xattr.user.{text}": text}}
    lower = (Layer().dir("./", mode=0o555, **note("old")).file("f", mode=0o444, **note("a"))
             .dir("d", mode=0o555, **note("old")))
    upper = Layer().dir("./", mode=0o555, **note("b")).dir("d", mode=0o500, **note("c"))
    root = unpacking.image([lower, upper]).succeeds(**as_user(unpacking))
    found = {name: (stat.S_IMODE(os.stat(os.path.join(root, name)).st_mode),
                    [x for x in os.listxattr(os.path.join(root, name)) if x != "user.rootlesscontainers"])
             for name in (".", "f", "d")}
    assert found == {".": (0o555, ["user.b"]), "f": (0o444, ["user.a"]), "d": (0o500, ["user.c"])}
    assert "attributes were left out" not in unpacking.stderr


def test_user_leaves_nothing_either(unpacking):
    layer = Layer().dir("./", mode=0o555).dir("ro", mode=0o555).dir("ro/deep", mode=0)
    layer.file("ro/deep/f")
    broken = unpacking.layout.layer(Layer().file("x"), diff_id="sha256:" + "0" * 64)
    unpacking.image([layer, broken]).fails("layer 2", **as_user(unpacking))


def test_global_header_is_ignored(unpacking):
    header = tarfile.TarInfo.create_pax_global_header({"uid": "77", "path": "other"})
    root = unpacking.image([unpacking.layout.layer(header + Layer().file("f", b"1").bytes())]).succeeds()
    assert os.listdir(root) == ["f"] and os.stat(os.path.join(root, "f")).st_uid == 0


def test_type_of_what_no_layer_can_have(unpacking):
    """a part of a file on several volumes"""
    unpacking.image([Layer(tarfile.USTAR_FORMAT).add("f", b"M")]).fails("'f': its type is unknown")


def test_type_that_is_not_known_is_a_file(unpacking):
    """as POSIX asks of a reader"""
    tar = bytearray(Layer(tarfile.USTAR_FORMAT).file("s").bytes())
    tar[156] = ord("N")
    tar[148:156] = b"%06o\0 " % (sum(tar[:148]) + 8 * 32 + sum(tar[156:512]))
    root = unpacking.image([unpacking.layout.layer(bytes(tar))]).succeeds()
    assert os.path.isfile(os.path.join(root, "s"))

"""coracle-unpack: layers made to reach outside the root, or to cost too much

Each is refused, or does its work inside the root; the fixture sees that what lies outside does not
change and that nothing is left of what was refused.
"""

import gzip
import io
import os
import resource
import subprocess
import tarfile
import zipfile

import pytest

from ocilayout import Layer, sha256
from unpacking import PROGRAM, limits_memory, unpacking  # noqa: F401

from harness.needs import needs

REFUSED = "layer 1 (sha256:"

pytestmark = [needs("root"), pytest.mark.disk]


@pytest.mark.parametrize("name", [
    "..", "../x", "a/../../x", "/../x", "a/..", "./../outside/x", "a/../b", "../../outside/secret"])
@pytest.mark.parametrize("kind", ["file", "dir", "symlink", "fifo"])
def test_dot_dot(unpacking, name, kind):
    layer = Layer().dir("a")
    layer.symlink(name, "x") if kind == "symlink" else getattr(layer, kind)(name)
    unpacking.image([layer]).fails(REFUSED, f"'{name}", "the path has a '..' component")


def test_absolute_names_are_the_roots(unpacking):
    name = os.path.join(unpacking.outside, "secret")
    unpacking.image([Layer().file(name, b"inside").file("//etc//x/./y", b"1")]).succeeds()
    assert unpacking.read(name.lstrip("/")) == b"inside"
    assert unpacking.read("etc/x/y") == b"1"


def outward_links(unpacking):
    """links to the directory outside, which in the root lead to a place inside it"""
    depth = "../" * 30
    return {"absolute": unpacking.outside, "relative": depth + unpacking.outside.lstrip("/"),
            "proc": f"/proc/{os.getpid()}/root{unpacking.outside}", "self": "/proc/self/cwd"}


@pytest.mark.parametrize("which", ["absolute", "relative", "proc", "self"])
@pytest.mark.parametrize("action", ["write", "mkdir", "link", "whiteout", "opaque", "attributes"])
def test_parent_is_a_link_out(unpacking, which, action):
    target = outward_links(unpacking)[which]
    inside = target.lstrip("/").replace("../", "")
    layer = Layer().dir(inside).symlink("out", target)
    {"write": lambda: layer.file("out/secret", b"changed"),
     "mkdir": lambda: layer.dir("out/sub/new"),
     "link": lambda: layer.file("mine").hardlink("out/linked", "mine"),
     "whiteout": lambda: layer.whiteout("out/secret"),
     "opaque": lambda: layer.opaque("out"),
     "attributes": lambda: layer.dir("out/sub", mode=0o777, uid=5)}[action]()
    for _ in range(2):          # lowest layer, and one with something below it
        unpacking.layout.manifests.clear()
        data = layer.bytes()
        unpacking.image([unpacking.layout.layer(data)])
    unpacking.succeeds()
    if action == "write":
        assert unpacking.read(os.path.join(inside, "secret")) == b"changed"


@pytest.mark.parametrize("action", ["write", "whiteout", "opaque", "attributes"])
def test_link_of_a_lower_layer_leads_out(unpacking, action):
    lower = Layer().dir(unpacking.outside).symlink("out", unpacking.outside)
    upper = {"write": lambda: Layer().file("out/secret", b"changed"),
             "whiteout": lambda: Layer().whiteout("out/sub"),
             "opaque": lambda: Layer().opaque("out"),
             "attributes": lambda: Layer().dir("out/sub", mode=0o700, uid=7)}[action]()
    unpacking.image([lower, upper]).succeeds()


def test_link_that_leads_nowhere(unpacking):
    unpacking.image([Layer().symlink("out", "/nowhere").file("out/x")])
    unpacking.fails(REFUSED, "'out/x'", "is a link that leads nowhere")


def test_links_in_a_circle(unpacking):
    unpacking.image([Layer().symlink("a", "b").symlink("b", "a").file("a/x")])
    unpacking.fails(REFUSED, "Too many levels of symbolic links")


def test_last_component_is_never_followed(unpacking):
    """a file, mode, owner, time or attribute put through a link that is there already"""
    secret = os.path.join(unpacking.outside, "secret")
    lower = Layer()
    for name in ("file", "fifo", "dir", "device", "hard", "link"):
        lower.symlink(name, secret)
    upper = (Layer().file("file", b"changed", mode=0o4777, uid=9).fifo("fifo", mode=0o777)
             .dir("dir", mode=0o777).device("device", 1, 5).file("src").hardlink("hard", "src")
             .symlink("link", "x", uid=77, gid=77, mode=0o777, mtime=99))
    root = unpacking.image([lower, upper]).succeeds()
    assert not any(os.path.islink(os.path.join(root, name))
                   for name in ("file", "fifo", "dir", "device", "hard"))
    assert os.lstat(os.path.join(root, "link")).st_uid == 77


def test_hard_link_out(unpacking):
    secret = os.path.join(unpacking.outside, "secret")
    for target in (secret, "../" * 30 + secret, "none", "/"):
        unpacking.layout.manifests.clear()
        unpacking.image([Layer().dir("d").hardlink("x", target)])
        unpacking.fails(REFUSED, "'x': hard link to")
    unpacking.layout.manifests.clear()
    unpacking.image([Layer().hardlink("x", "")]).fails(REFUSED, "'x': its type is unknown")


def test_hard_link_through_a_link_out(unpacking):
    unpacking.image([Layer().symlink("out", unpacking.outside).hardlink("x", "out/secret")
                     .file("x", b"changed")])
    unpacking.fails(REFUSED, "hard link to 'out/secret': No such file")


def test_hard_link_to_a_link_then_written(unpacking):
    """the new name is the link itself, and a file over it replaces it"""
    secret = os.path.join(unpacking.outside, "secret")
    lower = Layer().symlink("l", secret).hardlink("x", "l")
    upper = Layer().file("x", b"inside", mode=0o777)
    unpacking.image([lower, upper])
    root = unpacking.succeeds()
    assert os.readlink(os.path.join(root, "l")) == secret
    assert unpacking.read("x") == b"inside"


def test_hard_link_to_a_directory(unpacking):
    unpacking.image([Layer().dir("d").hardlink("x", "d")]).fails(REFUSED, "Is a directory")


@pytest.mark.parametrize("name", [".", "./", "/", "a/..", ""])
def test_root_stays_a_directory(unpacking, name):
    for add in (lambda: Layer().symlink(name, unpacking.outside).file("secret", b"changed"),
                lambda: Layer().device(name, 1, 3), lambda: Layer().fifo(name),
                lambda: Layer().file("f").hardlink(name, "f")):
        unpacking.layout.manifests.clear()
        unpacking.image([add()]).fails(REFUSED)


@pytest.mark.parametrize("name", [".wh.", ".wh..", ".wh...", "a/.wh.", "a/.wh..."])
def test_whiteout_of_nothing_itself_or_the_parent(unpacking, name):
    unpacking.image([Layer().dir("a"), Layer().file(name)])
    unpacking.fails("layer 2 (sha256:", "the whiteout does not name a file")


def test_whiteout_through_the_parent(unpacking):
    unpacking.image([Layer().dir("a"), Layer().file("a/../.wh.x")]).fails("'..' component")


def test_directory_that_becomes_a_link_while_it_is_used(unpacking):
    """the parent is remembered from entry to entry: it must be found anew when it has changed"""
    lower = Layer().dir("d").dir("e").dir("e/f").file("e/f/1")
    upper = (Layer().file("d/1").symlink("d", unpacking.outside).dir(unpacking.outside)
             .file("d/secret", b"inside").file("e/f/2").file("e", b"x"))
    unpacking.image([lower, upper]).succeeds()
    assert unpacking.read(os.path.join(unpacking.outside.lstrip("/"), "secret")) == b"inside"
    assert unpacking.read("e") == b"x"


def test_link_and_what_would_be_written_through_it(unpacking):
    """in one layer: refused, for it has a name twice, and nothing was written outside"""
    unpacking.image([Layer().symlink("d", unpacking.outside).dir("d", mode=0o777)
                     .file("d/secret", b"changed")]).fails(REFUSED, "the layer has it twice")


def test_link_in_the_way_of_the_remembered_parent(unpacking):
    """l -> d/s, d/s -> . ; the entry l/s takes away what l itself leads through"""
    layer = (Layer().dir("d").symlink("d/s", ".").symlink("l", "d/s").file("l/1")
             .symlink("l/s", unpacking.outside).file("l/secret", b"changed"))
    done = unpacking.image([layer]).run()
    assert done.returncode in (0, 1)


@pytest.mark.parametrize("name", [
    "x" * 256, "x" * 5000, "d/" * 300 + "f", "/".join(["y" * 200] * 30)])
def test_path_too_long(unpacking, name):
    unpacking.image([Layer().file(name)]).fails(REFUSED, "the path is too long")


def test_tree_deeper_by_links_than_its_names(unpacking):
    layer = Layer()
    deep = "/".join(["d"] * 200)
    layer.dir(deep).symlink("l", deep).dir("l/" + deep).file("l/" + deep + "/f")
    unpacking.image([layer]).fails(REFUSED, "the directory lies more than 256 deep")


def test_link_target_too_long(unpacking):
    unpacking.image([Layer().symlink("l", "x" * 4096)]).fails(REFUSED, "target is too long")
    unpacking.layout.manifests.clear()
    unpacking.image([Layer().symlink("l", "")]).fails(REFUSED)


def test_xattr_too_large(unpacking):
    unpacking.image([Layer().file("f", pax_headers={"SCHILY.xattr.user.x": "y" * 70000})])
    unpacking.fails(REFUSED, "'f': the extended attribute 'user.x' is too large")


def test_header_too_large(unpacking):
    unpacking.image([Layer().file("f", pax_headers={"comment": "y" * (30 << 20)})])
    unpacking.fails(REFUSED)


@pytest.mark.parametrize("field, value", [("uid", -1), ("uid", (1 << 32) - 1), ("gid", 1 << 40)])
def test_owner_out_of_range(unpacking, field, value):
    tar = Layer(tarfile.GNU_FORMAT).file("f", **{field: value})
    unpacking.image([tar]).fails(REFUSED, "id", "is not in 0..4294967294")


def test_device_number_out_of_range(unpacking):
    tar = Layer(tarfile.GNU_FORMAT).device("d", 1 << 20, 0)
    unpacking.image([tar]).fails(REFUSED, "'d': the device number 1048576:0 is too large")


def test_device_nodes_are_only_nodes(unpacking):
    root = unpacking.image([Layer().device("mem", 1, 1, mode=0o666)
                            .device("sda", 8, 0, type=tarfile.BLKTYPE)
                            .device("whiteout", 0, 0)]).succeeds()
    assert os.lstat(os.path.join(root, "sda")).st_rdev == os.makedev(8, 0)


def gnu_sparse_map(pairs):
    """a tar whose only file has a sparse map of so many pieces (PAX, version 1.0)"""
    layer = Layer()
    sparse_map = f"{pairs}\n".encode() + b"0\n0\n" * pairs
    sparse_map += b"\0" * (-len(sparse_map) % 512)
    return layer.file("GNUSparseFile.0/f", sparse_map, pax_headers={
        "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "f",
        "GNU.sparse.realsize": "0"})


@limits_memory
def test_sparse_map_that_takes_memory(unpacking):
    unpacking.image([gnu_sparse_map(20_000_000)])
    done = unpacking.run(preexec_fn=limit_memory)
    assert done.returncode == 1
    assert os.listdir(os.path.dirname(unpacking.bundle)) == []


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (300 << 20, 300 << 20))


@limits_memory
def test_many_entries_take_little_memory(unpacking):
    """names of an upper layer are remembered: 100,000 of them"""
    layer = Layer(tarfile.USTAR_FORMAT)
    for i in range(100_000):
        layer.file(f"d{i // 1000}/.wh.{i}")
    for i in range(20_000):
        layer.file(f"d{i // 1000}/{i}")
    unpacking.image([Layer().file("x"), layer]).succeeds(preexec_fn=limit_memory)


def test_size_that_the_file_does_not_have(unpacking):
    tar = bytearray(Layer(tarfile.GNU_FORMAT).file("f", b"x").bytes())
    tar[124:136] = b"\x80" + (1 << 62).to_bytes(11, "big")
    tar[148:156] = b"%06o\0 " % (sum(tar[:148]) + 8 * 32 + sum(tar[156:512]))
    unpacking.image([unpacking.layout.layer(bytes(tar))]).fails(REFUSED)


def test_file_of_eight_exbibytes_of_nothing(unpacking):
    unpacking.image([Layer().file("GNUSparseFile.0/f", b"0\n" + b"\0" * 510, pax_headers={
        "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "f",
        "GNU.sparse.realsize": str((1 << 63) - 1)})])
    done = unpacking.run()
    assert done.returncode == 1
    assert "at most 1099511627776 (--max-file-bytes)" in done.stderr


def test_layers_that_disagree(unpacking):
    """every kind over every other, with children through whatever is there"""
    kinds = [lambda layer, name: layer.file(name, b"x"), lambda layer, name: layer.dir(name),
             lambda layer, name: layer.symlink(name, unpacking.outside),
             lambda layer, name: layer.fifo(name), lambda layer, name: layer.device(name, 1, 3),
             lambda layer, name: layer.hardlink(name, "target")]
    layers = [Layer().file("target").dir(unpacking.outside)]
    for first in kinds:
        for second in kinds:
            for kind in (first, second):
                layer = Layer()
                kind(layer, "n")
                layers.append(unpacking.layout.layer(layer))
    unpacking.image(layers).succeeds()


def test_bundle_name_is_not_a_way_out(unpacking):
    for bundle in (".", "..", "/", "x/..", ""):
        done = subprocess.run([PROGRAM, "unpack", unpacking.layout.reference(), bundle],
                              stderr=subprocess.PIPE, text=True, cwd=unpacking.outside)
        assert done.returncode == 1


def test_layer_in_a_layer(unpacking):
    """gzip within gzip is not peeled twice"""
    tar = gzip.compress(Layer().file("f").bytes())
    blob = unpacking.layout.blob(gzip.compress(tar), "application/vnd.oci.image.layer.v1.tar+gzip")
    unpacking.image([(blob, sha256(tar))]).fails(REFUSED, "damaged tar archive")


def test_archive_of_another_format(unpacking):
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("f", "x")
    unpacking.image([unpacking.layout.layer(zipped.getvalue())])
    unpacking.fails(REFUSED, "damaged tar archive")

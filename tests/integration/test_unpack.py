"""coracle-unpack: from a layout to a bundle; choosing the image; what is verified on the way"""

import json
import os
import random
import re
import shutil
import stat
import signal as signals
import struct
import subprocess
import tarfile
import time
import zlib

import pytest

from ocilayout import CONFIG, HOST_ARCHITECTURE, INDEX, LAYER, Layer, gzipped, sha256, zstandard
from unpacking import PROGRAM, limits_memory, unpacking  # noqa: F401

from harness.needs import needs

DOCKER = "application/vnd.docker."

pytestmark = [needs("root"), pytest.mark.disk]


def motd(text):
    return Layer().dir("etc").file("etc/motd", text.encode())


# What an image becomes

def test_bundle_has_config_and_root_and_is_private(unpacking):
    unpacking.image([motd("hello")]).succeeds()
    assert sorted(os.listdir(unpacking.bundle)) == ["config.json", "hostname", "hosts", "rootfs"]
    assert stat.S_IMODE(os.stat(unpacking.bundle).st_mode) == 0o700
    assert unpacking.read("etc/motd") == b"hello"
    assert re.fullmatch(r"unpacked '.*' to '.*': 1 layer, 2 entries, 0\.0 MiB in \d+\.\d\d s\n",
                        unpacking.stderr)


def test_empty_directory_is_taken(unpacking):
    os.mkdir(unpacking.bundle, 0o755)
    unpacking.image([motd("hello")]).succeeds()
    assert stat.S_IMODE(os.stat(unpacking.bundle).st_mode) == 0o700


@pytest.mark.parametrize("make, message", [
    (lambda path: (os.mkdir(path), open(path + "/x", "w").close()), "exists, and is not empty"),
    (lambda path: open(path, "w").close(), "exists, and is no directory"),
    (lambda path: os.symlink("/tmp", path), "exists, and is no directory"),
])
def test_what_is_in_the_way_stays(unpacking, make, message):
    make(unpacking.bundle)
    done = unpacking.image([motd("hello")]).run()
    assert done.returncode == 1
    assert message in done.stderr
    assert os.listdir(os.path.dirname(unpacking.bundle)) == ["bundle"]


def test_same_as_tar(unpacking, directory):
    """a plain tree: all that tar restores, we restore"""
    source = os.path.join(directory, "source")
    plant_tree(source)
    tar = subprocess.run(["tar", "--xattrs", "--xattrs-include=*", "--format=pax", "-C", source,
                          "-c", "."], stdout=subprocess.PIPE, check=True).stdout
    expected = os.path.join(directory, "expected")
    os.mkdir(expected)
    subprocess.run(["tar", "--xattrs", "--xattrs-include=*", "--same-owner", "-C", expected, "-xp"],
                   input=tar, check=True)
    root = unpacking.image([unpacking.layout.layer(tar)]).succeeds()
    assert describe(root) == describe(expected)


def plant_tree(top):
    rng = random.Random(1)
    os.makedirs(top)
    for i in range(20):
        directory = os.path.join(top, *(f"d{(i + j) % 7}" for j in range(1 + i % 4)))
        os.makedirs(directory, exist_ok=True)
        for j in range(10):
            path = os.path.join(directory, f"f{i}-{j}" + "x" * (j * 25))
            with open(path, "wb") as file:
                file.write(rng.randbytes(rng.choice([0, 1, 511, 512, 4096, 300000])))
            os.chown(path, rng.randrange(70000), rng.randrange(3_000_000_000))
            os.chmod(path, rng.choice([0o644, 0o755, 0o4755, 0o2711, 0o600, 0o000, 0o1777]))
            if j % 3 == 0:
                os.setxattr(path, "user.note", bytes(rng.randrange(256) for _ in range(50)))
            if j % 4 == 0:
                os.link(path, path + ".link")
        os.symlink("../" * i + "x", os.path.join(directory, f"link{i}"))
        os.mkfifo(os.path.join(directory, f"fifo{i}"), 0o640)
        os.mknod(os.path.join(directory, f"device{i}"), 0o660 | stat.S_IFCHR, os.makedev(1, 3 + i))
    os.setxattr(os.path.join(top, "d0"), "user.directory", b"yes")
    for directory, names, files in os.walk(top, topdown=False):
        os.chown(directory, rng.randrange(1000), rng.randrange(1000))
        os.chmod(directory, rng.choice([0o755, 0o700, 0o1777, 0o2775]))
        for name in names + files:
            os.utime(os.path.join(directory, name), follow_symlinks=False,
                     ns=(0, rng.randrange(2**61)))


def describe(top):
    described = {}
    inodes = {}
    for directory, names, files in os.walk(top):
        for name in names + files:
            path = os.path.join(directory, name)
            status = os.lstat(path)
            short = os.path.relpath(path, top)
            is_directory = stat.S_ISDIR(status.st_mode)
            is_file = stat.S_ISREG(status.st_mode)
            described[short] = (
                status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns, status.st_rdev,
                0 if is_directory else status.st_nlink,
                inodes.setdefault(status.st_ino, short) if is_file else None,
                os.readlink(path) if os.path.islink(path) else None,
                sha256(open(path, "rb").read()) if is_file else None,
                sorted((x, os.getxattr(path, x, follow_symlinks=False))
                       for x in os.listxattr(path, follow_symlinks=False)))
    return described


def test_file_capability_survives_the_change_of_owner(unpacking):
    value = bytes.fromhex("0100000200200000000000000000000000000000")
    layer = Layer().file("ping", b"x", mode=0o755, uid=7, gid=7, pax_headers={
        "SCHILY.xattr.security.capability": value.decode("latin-1")})
    root = unpacking.image([layer]).succeeds()
    assert os.getxattr(os.path.join(root, "ping"), "security.capability") == value
    assert os.stat(os.path.join(root, "ping")).st_uid == 7


@pytest.mark.parametrize("name", ["security.selinux", "trusted.overlay.opaque",
                                  "user.overlay.whiteout"])
def test_xattrs_that_no_image_may_set(unpacking, name):
    layer = Layer().file("f", b"x", pax_headers={f"SCHILY.xattr.{name}": "y"})
    root = unpacking.image([layer]).succeeds()
    assert name not in os.listxattr(os.path.join(root, "f"))
    assert "1 extended attributes were left out" in unpacking.stderr


def test_xattr_of_a_link_is_not_its_targets(unpacking):
    header = {"SCHILY.xattr.trusted.mark": "y"}
    layer = Layer().file("f").symlink("l", "f", pax_headers=header)
    root = unpacking.image([layer]).succeeds()
    assert os.listxattr(os.path.join(root, "f")) == []
    assert os.getxattr(os.path.join(root, "l"), "trusted.mark", follow_symlinks=False) == b"y"


@pytest.mark.parametrize("format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_names_of_every_tar_format(unpacking, format, locale):
    names = ["späß", "日本/語", "a b\tc", "x" * 99]
    if format != tarfile.USTAR_FORMAT:
        names += ["d" * 200 + "/" + "f" * 255, "/".join(["deep"] * 100) + "/f"]
    layer = Layer(format)
    for name in names:
        layer.file(name, name.encode(), mtime=1)
    unpacking.image([layer]).succeeds(env={**os.environ, "LC_ALL": locale})
    for name in names:
        assert unpacking.read(name) == name.encode()


def test_name_that_is_not_utf8(unpacking):
    layer = Layer(tarfile.GNU_FORMAT).file("caf\udce9", b"x")
    root = unpacking.image([layer]).succeeds()
    assert os.listdir(os.fsencode(root)) == [b"caf\xe9"]


def test_sparse_file_keeps_its_holes(unpacking, directory):
    path = os.path.join(directory, "sparse")
    with open(path, "wb") as file:
        file.seek(5 << 20)
        file.write(b"middle")
        file.truncate(20 << 20)
    for format in ("gnu", "pax"):
        tar = subprocess.run(["tar", "-S", f"--format={format}", "-C", directory, "-c", "sparse"],
                             stdout=subprocess.PIPE, check=True).stdout
        shutil.rmtree(unpacking.layout.directory)
        unpacking.layout.__init__(unpacking.layout.directory)
        shutil.rmtree(unpacking.bundle, ignore_errors=True)
        unpacking.image([unpacking.layout.layer(tar)]).succeeds()
        assert unpacking.read("sparse") == open(path, "rb").read()
        assert os.stat(os.path.join(unpacking.root, "sparse")).st_blocks * 512 < 1 << 20


def test_directories_keep_their_time(unpacking):
    """though entries are made in them later, in their own layer and above, and none names some"""
    lower = (Layer().dir("./", mtime=5).dir("a", mtime=11.5).dir("a/b", mtime=12).file("a/b/f")
             .file("c/implicit").file("a/g").dir("d", mtime=13))
    upper = Layer().file("a/b/new").whiteout("a/g").dir("d", mtime=14).file("d/x").whiteout("d/y")
    root = unpacking.image([lower, upper]).succeeds()
    times = {name: os.stat(os.path.join(root, name)).st_mtime for name in (".", "a", "a/b", "d")}
    assert times == {".": 5, "a": 11.5, "a/b": 12, "d": 14}


def test_nothing_is_needed_of_the_environment(unpacking):
    unpacking.image([motd("hello")]).succeeds(env={}, cwd="/")


# Compression

@pytest.mark.parametrize("compression", ["", "+gzip", "+zstd"])
def test_compression(unpacking, compression):
    data = os.urandom(700_000) + b"\0" * 3_000_000
    layer = Layer().file("big", data)
    unpacking.image([unpacking.layout.layer(layer, compression)]).succeeds()
    assert unpacking.read("big") == data


@pytest.mark.parametrize("compress, media_type", [(gzipped, LAYER + "+gzip"),
                                                  (zstandard, LAYER + "+zstd")])
def test_many_members_or_frames(unpacking, compress, media_type):
    tar = Layer().file("big", os.urandom(100_000)).bytes()
    blob = b"".join(compress(tar[i:i + 1000]) for i in range(0, len(tar), 1000))
    descriptor = unpacking.layout.blob(blob, media_type)
    unpacking.image([(descriptor, sha256(tar))]).succeeds()


def skippable(data, number=0):
    """a frame that decoders of zstd pass over"""
    return struct.pack("<II", 0x184D2A50 + number, len(data)) + data


def tar_of_three():
    """the tar, cut where an entry or its content begins"""
    contents = {"etc/motd": b"hello\n", "empty": b"", "big": os.urandom(70_000)}
    layer = Layer()
    for name, content in contents.items():
        layer.file(name, content)
    tar = layer.bytes()
    cuts, at = [0], 0
    for content in contents.values():
        cuts += [at + 512]
        at += 512 + (len(content) + 511) // 512 * 512
        cuts += [at]
    return contents, tar, [tar[a:b] for a, b in zip(cuts, [*cuts[1:], len(tar)])]


def test_zstd_chunked(unpacking):
    """a frame for each content; what lists them stands in frames that are skipped"""
    contents, tar, pieces = tar_of_three()
    toc = json.dumps({"version": 1, "entries": [{"type": "reg", "name": n} for n in contents]})
    blob = (b"".join(zstandard(piece) for piece in pieces) + skippable(zstandard(toc.encode()))
            + skippable(struct.pack("<QQQQ", len(tar), len(toc), len(toc), 1) + b"GNUlInUx"))
    descriptor = unpacking.layout.blob(blob, LAYER + "+zstd")
    descriptor["annotations"] = {
        "io.github.containers.zstd-chunked.manifest-checksum": sha256(toc.encode()),
        "io.github.containers.zstd-chunked.manifest-position": f"{len(tar)}:{len(toc)}:1:1"}
    unpacking.image([(descriptor, sha256(tar))])
    assert_unpacks(unpacking, contents)


@pytest.mark.parametrize("place", ["first", "between", "empty", "all kinds"])
def test_skippable_frames(unpacking, place):
    contents, tar, pieces = tar_of_three()
    frames = [zstandard(piece) for piece in pieces]
    blob = {"first": skippable(b"x" * 1000) + b"".join(frames),
            "between": skippable(b"y" * 100_000, 15).join(frames),
            "empty": skippable(b"").join(frames),
            "all kinds": b"".join(skippable(b"z", kind) for kind in range(16)) + b"".join(frames),
            }[place]
    unpacking.image([(unpacking.layout.blob(blob, LAYER + "+zstd"), sha256(tar))])
    assert_unpacks(unpacking, contents)


def test_skippable_frame_that_is_not_whole(unpacking):
    tar = motd("hello").bytes()
    blob = zstandard(tar) + skippable(b"x" * 100)[:-1]
    unpacking.image([(unpacking.layout.blob(blob, LAYER + "+zstd"), sha256(tar))])
    unpacking.fails("the zstd data ends too early")


def gzip_member(data, extra=None):
    if extra is None:
        return gzipped(data)
    deflated = zlib.compressobj(1, zlib.DEFLATED, -15)
    body = deflated.compress(data) + deflated.flush()
    return (b"\x1f\x8b\x08\x04" + b"\0" * 4 + b"\0\xff" + struct.pack("<H", len(extra)) + extra
            + body + struct.pack("<II", zlib.crc32(data), len(data)))


def test_estargz(unpacking):
    """a member for each content, and a footer whose extra field says where the list is"""
    contents, tar, pieces = tar_of_three()
    listing = Layer().file("stargz.index.json", b'{"version":1,"entries":[]}').bytes()
    members = [gzip_member(piece) for piece in pieces[:-1]]
    where = sum(map(len, members))
    footer = gzip_member(b"", b"SG" + struct.pack("<H", 22) + b"%016xSTARGZ" % where)
    descriptor = unpacking.layout.blob(b"".join(members) + gzip_member(listing) + footer,
                                       LAYER + "+gzip")
    descriptor["annotations"] = {"containerd.io/snapshot/stargz/toc.digest": sha256(listing)}
    unpacking.image([(descriptor, sha256(b"".join(pieces[:-1]) + listing))])
    assert_unpacks(unpacking, {**contents, "stargz.index.json": b'{"version":1,"entries":[]}'})


@pytest.mark.parametrize("tar", [b"", bytes(512), bytes(1024)], ids=["nothing", "one block", "two blocks"])
@pytest.mark.parametrize("compression", ["", "+gzip", "+zstd"])
def test_layer_without_entries(unpacking, tar, compression):
    """down to no bytes at all, as Go's reader takes it"""
    layout = unpacking.layout
    unpacking.image([motd("hello"), layout.layer(tar, compression)])
    assert_unpacks(unpacking, {"etc/motd": b"hello"})


def test_layer_of_no_bytes_is_verified(unpacking):
    unpacking.image([motd("hello"), unpacking.layout.layer(b"", diff_id=sha256(b"x"))])
    unpacking.fails("diff_id")


@pytest.mark.parametrize("length", [1, 511])
def test_layer_that_is_no_tar(unpacking, length):
    unpacking.image([unpacking.layout.layer(b"x" * length)])
    unpacking.fails("damaged tar archive")


def assert_unpacks(unpacking, contents):
    unpacking.succeeds()
    assert {name: unpacking.read(name) for name in contents} == contents


def zstd_long(log):
    """as a stream of unknown length, so that the whole window is asked for"""
    return lambda tar: subprocess.run(["zstd", "-q", "-c", f"--long={log}"], input=tar,
                                      stdout=subprocess.PIPE, check=True).stdout


def test_large_window(unpacking):
    tar = motd("hello").bytes()
    unpacking.image([(unpacking.layout.blob(zstd_long(25)(tar), LAYER + "+zstd"), sha256(tar))])
    unpacking.succeeds()


def test_bytes_behind_the_archives_end_count(unpacking):
    tar = motd("hello").bytes() + b"\0" * 1_000_000 + b"anything"
    unpacking.image([unpacking.layout.layer(tar)]).succeeds()
    assert unpacking.read("etc/motd") == b"hello"


@pytest.mark.parametrize("media_type, compress", [
    (LAYER.replace("layer.v1", "layer.nondistributable.v1") + "+gzip", gzipped),
    (DOCKER + "image.rootfs.diff.tar.gzip", gzipped),
    (DOCKER + "image.rootfs.diff.tar", bytes),
    (DOCKER + "image.rootfs.foreign.diff.tar.gzip", gzipped),
])
def test_layer_media_types(unpacking, media_type, compress):
    tar = motd("hello").bytes()
    descriptor = unpacking.layout.blob(compress(tar), media_type)
    unpacking.image([(descriptor, sha256(tar))]).succeeds()


def test_docker_schema_2(unpacking):
    layout = unpacking.layout
    tar = motd("hello").bytes()
    layer = (layout.blob(gzipped(tar), DOCKER + "image.rootfs.diff.tar.gzip"), sha256(tar))
    manifest = layout.manifest([layer], config_type=DOCKER + "container.image.v1+json",
                               mediaType=DOCKER + "distribution.manifest.v2+json")
    manifest["platform"] = {"os": "linux", "architecture": HOST_ARCHITECTURE}
    index = layout.blob({"schemaVersion": 2, "manifests": [manifest],
                         "mediaType": DOCKER + "distribution.manifest.list.v2+json"},
                        DOCKER + "distribution.manifest.list.v2+json")
    layout.add(index)
    unpacking.succeeds()


@pytest.mark.parametrize("blob, media_type, message", [
    (lambda tar: tar, "+gzip", "not valid gzip data"),
    (gzipped, "", "the blob is gzip data, but its media type"),
    (zstandard, "+gzip", "the blob is zstd data, but its media type"),
    (lambda tar: gzipped(tar)[:-1], "+gzip", "the gzip data ends too early"),
    (lambda tar: gzipped(tar)[:200], "+gzip", "the gzip data ends too early"),
    (lambda tar: zstandard(tar)[:-1], "+zstd", "the zstd data ends too early"),
    # what is no header ISA-L says when it could be a whole one, zlib at its first bytes
    (lambda tar: gzipped(tar) + b"garbage", "+gzip",
     "the gzip data ends too early|not valid gzip data: incorrect header check"),
    (lambda tar: gzipped(tar) + b"garbage" * 4, "+gzip",
     "not valid gzip data: (no gzip header|incorrect header check)"),
    (lambda tar: zstandard(tar) + b"garbage", "+zstd", "not valid zstd data"),
    (zstd_long(26), "+zstd", "the zstd data needs a window of more than 32 MiB"),
    (lambda tar: b"", "+gzip", "the gzip data ends too early"),
    (lambda tar: b"", "", r"the uncompressed layer \(its diff_id\) has the digest sha256:e3b0c442"),
])
def test_bad_compression(unpacking, blob, media_type, message):
    tar = Layer().file("big", os.urandom(10_000)).bytes()
    descriptor = unpacking.layout.blob(blob(tar), LAYER + media_type)
    assert re.search(message, unpacking.image([(descriptor, sha256(tar))]).fails("layer 1 (sha256:"))


@pytest.mark.parametrize("damage, message", [
    (lambda tar: b"not a tar at all" * 100, "damaged tar archive"),
    (lambda tar: tar[:700], "damaged tar archive: Truncated"),
    (lambda tar: tar[:512] + b"x" * 512 + tar[1024:], None),
])
def test_bad_tar(unpacking, damage, message):
    tar = damage(Layer().file("f", b"y" * 600).file("g", b"z").bytes())
    unpacking.image([unpacking.layout.layer(tar)])
    if message:
        unpacking.fails("layer 1 (sha256:", message)
    else:
        unpacking.succeeds()


@pytest.mark.parametrize("media_type", [
    LAYER + "+bzip2", LAYER + "+gzip+encrypted", "application/octet-stream", ""])
def test_unknown_layer_type(unpacking, media_type):
    layer = unpacking.layout.layer(motd("x"))
    layer[0]["mediaType"] = media_type
    unpacking.image([layer]).fails("layer" if media_type else "mediaType")


# What does not match its digest

def flip(path, offset=100):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)
        file.seek(offset)
        file.write(bytes([byte[0] ^ 1]))


def test_changed_layer(unpacking):
    layer = unpacking.layout.layer(Layer().file("f", os.urandom(500_000)))
    flip(unpacking.layout.blob_path(layer[0]["digest"]), 300_000)
    unpacking.image([layer]).fails("layer 1 (sha256:", "the blob has the digest sha256:")


@pytest.mark.parametrize("what", ["manifest", "config"])
def test_changed_document(unpacking, what):
    unpacking.image([motd("x")])
    manifest = unpacking.layout.manifests[0]
    digest = manifest["digest"] if what == "manifest" else read_json(
        unpacking.layout.blob_path(manifest["digest"]))["config"]["digest"]
    path = unpacking.layout.blob_path(digest)
    data = open(path, "rb").read()
    with open(path, "wb") as file:
        file.write(data.replace(b"{", b" ", 1).replace(b" ", b"{", 1).replace(b": ", b" :", 1))
    unpacking.fails("the blob has the digest sha256:")


def read_json(path):
    with open(path) as file:
        return json.load(file)


@pytest.mark.parametrize("lie, message", [
    ({"size": 5}, "bytes, its descriptor says 5"),
    ({"size": -1}, "size"),
    ({"size": 1 << 62}, "bytes, its descriptor says"),
    ({"digest": "sha256:" + "0" * 64}, "No such file"),
    ({"digest": "sha256:" + "0" * 63}, "is not 64 lower-case hexadecimal digits"),
    ({"digest": "sha256:../../../../outside/secret"}, "digest"),
    ({"digest": "sha256:" + "A" * 64}, "digest"),
    ({"digest": "md5:" + "0" * 32}, "digest"),
    ({"digest": "../../outside/secret"}, "digest"),
    ({"digest": ""}, "digest"),
])
@pytest.mark.parametrize("where", ["layer", "manifest"])
def test_lying_descriptor(unpacking, lie, message, where):
    layer = unpacking.layout.layer(motd("x"))
    if where == "layer":
        unpacking.image([({**layer[0], **lie}, layer[1])])
    else:
        unpacking.layout.add({**unpacking.layout.manifest([layer]), **lie})
    if where == "manifest" and lie.get("size") == 1 << 62:
        message = "at most 4194304 are read"
    unpacking.fails(message)


def test_wrong_diff_id(unpacking):
    layer = unpacking.layout.layer(motd("x"), diff_id="sha256:" + "1" * 64)
    unpacking.image([layer]).fails("layer 1 (sha256:", "the uncompressed layer (its diff_id) has")


def test_second_layer_is_named(unpacking):
    good = unpacking.layout.layer(motd("x"))
    bad = unpacking.layout.layer(motd("y"), diff_id="sha256:" + "1" * 64)
    unpacking.image([good, bad]).fails(f"layer 2 ({bad[0]['digest'][:19]}")


@pytest.mark.parametrize("rootfs", [{}, {"diff_ids": []}, {"diff_ids": None}])
def test_an_image_without_layers(unpacking, rootfs):
    """FROM scratch with nothing but an ENV: docker has no diff_ids then, Go writes null"""
    unpacking.image([], image={"rootfs": {"type": "layers", **rootfs}}).succeeds()
    assert unpacking.files() == []


@pytest.mark.parametrize("rootfs", [{}, {"diff_ids": []}])
def test_number_of_diff_ids(unpacking, rootfs):
    unpacking.image([motd("x")], image={"rootfs": {"type": "layers", **rootfs}})
    unpacking.fails("the manifest has 1 layers, the image configuration 0 diff_ids")


def test_blob_that_is_no_file(unpacking):
    layer = unpacking.layout.layer(motd("x"))
    path = unpacking.layout.blob_path(layer[0]["digest"])
    os.unlink(path)
    os.mkfifo(path)
    unpacking.image([layer]).fails("is not a regular file")


def test_blob_that_is_a_link_out_of_the_layout(unpacking, directory):
    layer = unpacking.layout.layer(motd("x"))
    path = unpacking.layout.blob_path(layer[0]["digest"])
    os.rename(path, os.path.join(unpacking.outside, "blob"))
    os.symlink(os.path.join(unpacking.outside, "blob"), path)
    unpacking.image([layer]).fails("open the blob", "No such file")


# Documents

@pytest.mark.parametrize("version, message", [
    ("1.1.0", "unknown value '1.1.0'"), (None, "imageLayoutVersion")])
def test_layout_version(unpacking, version, message):
    unpacking.image([motd("x")])
    unpacking.layout.write("oci-layout", {"imageLayoutVersion": version} if version else {})
    unpacking.fails(message)


def test_no_layout(unpacking):
    os.unlink(os.path.join(unpacking.layout.directory, "oci-layout"))
    unpacking.fails("is not an image layout")
    unpacking.fails("open the image layout", reference="oci:/nowhere/at/all")


@pytest.mark.parametrize("manifests", ["one", []], ids=["one", "empty"])
def test_manifest_and_index_in_one(unpacking, manifests):
    """even when the other's member is empty (CVE-2021-41190)"""
    layout = unpacking.layout
    manifest = layout.manifest([motd("x")])
    layout.add(layout.manifest([motd("x")],
                               manifests=[manifest] if manifests == "one" else manifests))
    unpacking.fails("is it an index or a manifest?")


@pytest.mark.parametrize("more", ["layers", "config", "empty layers", "nothing else"])
def test_index_and_manifest_in_one(unpacking, more):
    layout = unpacking.layout
    manifest = layout.manifest([motd("x")])
    both = {"schemaVersion": 2, "manifests": [manifest],
            **{"layers": {"layers": [manifest]}, "config": {"config": manifest},
               "empty layers": {"layers": []}, "nothing else": {"layers": []}}[more]}
    if more == "nothing else":
        both["manifests"] = []
    layout.add(layout.blob(both, INDEX))
    unpacking.fails("is it an index or a manifest?")


def test_media_type_differs_from_descriptor(unpacking):
    layout = unpacking.layout
    layout.add({**layout.manifest([motd("x")]),
                "mediaType": DOCKER + "distribution.manifest.v2+json"})
    unpacking.fails("calls itself", "but its descriptor says")


def test_media_type_may_be_missing(unpacking):
    unpacking.layout.add(unpacking.layout.manifest([motd("x")], mediaType=None))
    unpacking.succeeds()


def test_document_over_4_mib(unpacking):
    unpacking.image([motd("x")], config={"Labels": {"a": "x" * (4 << 20)}})
    unpacking.fails("at most 4194304 are read")


def test_artifact(unpacking):
    unpacking.image([motd("x")], config_type="application/vnd.oci.empty.v1+json")
    unpacking.fails("the manifest is an artifact's, not an image's")


SIGNATURE = "application/vnd.example.signature.v1"


@pytest.mark.parametrize("tag", [None, "1.0"])
def test_artifact_beside_the_only_image(unpacking, tag):
    """is not in its way, tagged or not"""
    layout = unpacking.layout
    layout.add({**layout.manifest([motd("no")], config_type="application/vnd.oci.empty.v1+json"),
                "artifactType": SIGNATURE}, tag=None)
    layout.add({**layout.manifest([motd("no")], config_type=SIGNATURE), "artifactType": SIGNATURE}, tag="signed")
    unpacking.image([motd("good")], tag=tag)
    unpacking.succeeds()
    assert unpacking.read("etc/motd") == b"good"


def test_artifact_is_not_another_platforms(unpacking):
    layout = unpacking.layout
    platform = {"os": "linux", "architecture": "s390x"}
    layout.add(layout.blob({"schemaVersion": 2, "manifests": [
        {**layout.manifest([motd("no")], config_type=SIGNATURE), "artifactType": SIGNATURE},
        {**layout.manifest([motd("no")]), "platform": platform}]}, INDEX))
    unpacking.fails("there is no image for", "only linux/s390x")


@pytest.mark.parametrize("type", [SIGNATURE, CONFIG])
def test_image_that_says_a_type(unpacking, type):
    """the manifest has the last word"""
    layout = unpacking.layout
    layout.add({**layout.manifest([motd("good")]), "artifactType": type}, tag=None)
    if type == CONFIG:
        layout.add({**layout.manifest([motd("no")], config_type=SIGNATURE), "artifactType": SIGNATURE}, tag=None)
    unpacking.succeeds()
    assert unpacking.read("etc/motd") == b"good"


def test_chosen_artifact(unpacking):
    layout = unpacking.layout
    layout.add({**layout.manifest([motd("no")], config_type=SIGNATURE), "artifactType": SIGNATURE}, tag="signed")
    unpacking.image([motd("good")], tag="1.0")
    unpacking.fails("the manifest is an artifact's, not an image's", reference=layout.reference("signed"))


# Which image

def tagged(unpacking, *tags):
    for tag in tags:
        unpacking.image([motd(tag or "untagged")], tag=tag)
    return unpacking


def test_tag(unpacking):
    tagged(unpacking, "one", "two").succeeds(reference=unpacking.layout.reference("two"))
    assert unpacking.read("etc/motd") == b"two"


def test_tag_with_colons_and_slashes(unpacking):
    tag = "docker.io/library/busybox:1.36"
    tagged(unpacking, "one", tag).succeeds(reference=unpacking.layout.reference(tag))
    assert unpacking.read("etc/motd") == tag.encode()


def test_no_tag_means_the_only_one(unpacking):
    tagged(unpacking, None).succeeds()
    assert unpacking.read("etc/motd") == b"untagged"


def test_no_tag_means_latest(unpacking):
    tagged(unpacking, "one", "latest", None).succeeds()
    assert unpacking.read("etc/motd") == b"latest"


def test_tags_are_listed(unpacking):
    tagged(unpacking, "one", "two").fails("several images", "'one', 'two'")
    unpacking.fails("no image is tagged 'three': there are 'one', 'two'",
                    reference=unpacking.layout.reference("three"))


def test_empty_layout(unpacking):
    unpacking.fails("the layout holds no image")


@pytest.mark.parametrize("reference", ["", "oci:", "oci::tag", "ftp://busybox", "oci:dir:"])
def test_bad_reference(unpacking, reference):
    done = subprocess.run([PROGRAM, "unpack", reference, unpacking.bundle], stderr=subprocess.PIPE,
                          text=True)
    assert done.returncode == 1
    assert "write NAME[:TAG], NAME@DIGEST, oci:DIR[:TAG], oci-archive:FILE[:TAG]" in done.stderr


def platform_index(unpacking, *platforms):
    layout = unpacking.layout
    manifests = []
    for platform in platforms:
        system, architecture, variant = (platform.split("/") + [""])[:3]
        manifest = layout.manifest([motd(platform)], architecture=architecture, os=system,
                                   image={"variant": variant} if variant else None)
        manifest["platform"] = {"os": system, "architecture": architecture}
        if variant:
            manifest["platform"]["variant"] = variant
        manifests.append(manifest)
    return layout.blob({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}, INDEX)


ALL = ["linux/arm/v5", "linux/arm/v7", "linux/arm/v6", "linux/arm64/v8", "linux/amd64",
       "linux/amd64/v3", "linux/386", "windows/amd64"]


@pytest.mark.parametrize("wanted, chosen", [
    ("linux/arm/v7", "linux/arm/v7"), ("linux/arm/v6", "linux/arm/v6"),
    ("linux/arm", "linux/arm/v7"),
    ("linux/arm64", "linux/arm64/v8"), ("linux/amd64", "linux/amd64"),
    ("linux/amd64/v4", "linux/amd64/v3"), ("linux/amd64/v2", "linux/amd64"),
    ("linux/386", "linux/386"),
])
def test_platform(unpacking, wanted, chosen):
    unpacking.layout.add(platform_index(unpacking, *ALL))
    unpacking.succeeds("--platform", wanted)
    assert unpacking.read("etc/motd") == chosen.encode()


def test_platform_of_the_host_in_nested_indexes(unpacking):
    index = platform_index(unpacking, "linux/s390x", f"linux/{HOST_ARCHITECTURE}")
    for _ in range(2):
        index = unpacking.layout.blob({"schemaVersion": 2, "manifests": [index]}, INDEX)
    unpacking.layout.add(index)
    unpacking.succeeds()
    assert unpacking.read("etc/motd") == f"linux/{HOST_ARCHITECTURE}".encode()


def test_indexes_nested_too_deep(unpacking):
    index = platform_index(unpacking, f"linux/{HOST_ARCHITECTURE}")
    for _ in range(5):
        index = unpacking.layout.blob({"schemaVersion": 2, "manifests": [index]}, INDEX)
    unpacking.layout.add(index)
    unpacking.fails("indexes are nested more than 4 deep")


def test_platforms_are_listed(unpacking):
    unpacking.layout.add(platform_index(unpacking, "linux/arm/v7", "linux/s390x"))
    unpacking.fails("there is no image for linux/riscv64: only linux/arm/v7, linux/s390x",
                    options=["--platform", "linux/riscv64"])


@pytest.mark.parametrize("text", ["linux", "linux/", "/amd64", "linux/arm/v7/x", "linux//v7"])
def test_bad_platform(unpacking, text):
    unpacking.image([motd("x")]).fails("is not of the form os/architecture[/variant]",
                                       options=["--platform", text])


def test_single_manifest_of_another_platform(unpacking):
    unpacking.image([motd("x")], architecture="s390x")
    unpacking.fails("the image is for linux/s390x, not for")
    unpacking.succeeds("--platform", "linux/s390x")


@pytest.mark.parametrize("other", [{"os": "linux", "architecture": HOST_ARCHITECTURE}, None],
                         ids=["platform", "no platform"])
def test_features_of_the_system(unpacking, other):
    """an image that needs some is for who has them, wherever it stands"""
    layout = unpacking.layout
    needing = {**layout.manifest([motd("needing")]),
               "platform": {"os": "linux", "architecture": HOST_ARCHITECTURE, "os.features": ["sails"]}}
    plain = {**layout.manifest([motd("plain")]), **({"platform": other} if other else {})}
    layout.add(layout.blob({"schemaVersion": 2, "manifests": [needing, plain]}, INDEX))
    unpacking.succeeds()
    assert unpacking.read("etc/motd") == b"plain"


def test_features_of_the_system_and_nothing_else(unpacking):
    layout = unpacking.layout
    needing = {**layout.manifest([motd("needing")]),
               "platform": {"os": "linux", "architecture": HOST_ARCHITECTURE, "os.features": ["sails"]}}
    layout.add(layout.blob({"schemaVersion": 2, "manifests": [needing]}, INDEX))
    unpacking.succeeds()
    assert unpacking.read("etc/motd") == b"needing"


def test_attestations_are_passed_over(unpacking):
    layout = unpacking.layout
    other = layout.manifest([motd("no")])
    good = {**layout.manifest([motd("good")]),
            "platform": {"os": "linux", "architecture": HOST_ARCHITECTURE}}
    index = {"schemaVersion": 2, "manifests": [
        {**other, "platform": {"os": "unknown", "architecture": "unknown"}},
        {**other, "annotations": {"vnd.docker.reference.type": "attestation-manifest"}}, good]}
    layout.add(layout.blob(index, INDEX))
    unpacking.succeeds()
    assert unpacking.read("etc/motd") == b"good"


# When it is cut short

def slow_image(unpacking):
    data = os.urandom(1 << 20)
    layer = Layer()
    for i in range(40):
        layer.file(f"f{i}", data)
    unpacking.image([unpacking.layout.layer(layer, "")] * 8)
    return [PROGRAM, "unpack", unpacking.layout.reference(), unpacking.bundle]


def temporary(unpacking):
    return os.path.join(os.path.dirname(unpacking.bundle), ".bundle.coracle-unpack")


def wait_for(path):
    for _ in range(2000):
        if os.path.exists(path):
            return
        time.sleep(0.001)
    raise AssertionError(f"{path} does not appear")


@pytest.mark.parametrize("signal", [1, 2, 15])
def test_signal_leaves_nothing(unpacking, signal):
    # under nohup(1) a hang-up is ignored, by children too
    child = subprocess.Popen(slow_image(unpacking), stderr=subprocess.PIPE, text=True,
                             preexec_fn=lambda: signals.signal(signal, signals.SIG_DFL))
    wait_for(temporary(unpacking) + "/rootfs/f0")
    child.send_signal(signal)
    _, stderr = child.communicate()
    assert child.returncode == 1
    assert "stopped by a signal" in stderr
    assert os.listdir(os.path.dirname(unpacking.bundle)) == []


def test_what_a_killed_one_left_is_removed_by_the_next(unpacking):
    child = subprocess.Popen(slow_image(unpacking))
    wait_for(temporary(unpacking) + "/rootfs/f0")
    child.kill()
    child.wait()
    assert os.listdir(os.path.dirname(unpacking.bundle)) == [".bundle.coracle-unpack"]
    unpacking.succeeds()
    assert "which an unpack that was killed has left" in unpacking.stderr


def test_two_at_the_same_time(unpacking):
    first = subprocess.Popen(slow_image(unpacking), stderr=subprocess.DEVNULL)
    wait_for(temporary(unpacking) + "/rootfs/f0")
    second = unpacking.run()
    assert second.returncode == 1
    assert "another process is making the bundle" in second.stderr
    assert first.wait() == 0
    assert os.listdir(os.path.dirname(unpacking.bundle)) == ["bundle"]


def test_full_disk(unpacking):
    place = os.path.dirname(unpacking.bundle)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], check=True)
    try:
        unpacking.image([Layer().file("a", b"x" * 1000).file("big", os.urandom(2 << 20))])
        unpacking.fails("layer 1 (sha256:", "'big': write: No space left on device")
    finally:
        subprocess.run(["umount", place], check=True)


@limits_memory
def test_memory_stays_bounded(unpacking):
    """a layer that is 200 times what it may cost"""
    unpacking.image([unpacking.layout.bomb(20, 20)])
    done = subprocess.run(["sh", "-c", "ulimit -v 200000; exec \"$@\"", "sh", PROGRAM, "unpack",
                           "--max-ratio", "2000", unpacking.layout.reference(), unpacking.bundle],
                          stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr

"""coracle-unpack: oci-archive: and docker-archive:"""

import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile

import pytest

from ocilayout import HOST_ARCHITECTURE, Layer, gzipped, sha256
from harness.runtime import eventually
from unpacking import PROGRAM, unpacking  # noqa: F401

pytestmark = pytest.mark.disk


@pytest.fixture
def temporary(unpacking):
    """nothing may stay of what an archive is turned into"""
    path = os.path.join(unpacking.directory, "temporary")
    os.mkdir(path)
    yield {**os.environ, "TMPDIR": path}
    assert os.listdir(path) == []


def test_oci_archive(unpacking, temporary):
    unpacking.image([Layer().file("a", b"1")], tag="one").image([Layer().file("b", b"2")], tag="two")
    archive = os.path.join(unpacking.directory, "image.tar")
    with tarfile.open(archive, "w") as tar:
        tar.add(unpacking.layout.directory, arcname=".")
    unpacking.succeeds(reference=f"oci-archive:{archive}:two", env=temporary)
    assert unpacking.files() == ["b"]


def test_oci_archive_with_other_things_in_it(unpacking, temporary):
    unpacking.image([Layer().file("a", b"1")])
    archive = os.path.join(unpacking.directory, "image.tar")
    with tarfile.open(archive, "w") as tar:
        for name in ("../outside/evil", "/evil", "blobs/sha256/../../evil", "blobs/sha256/link"):
            info = tarfile.TarInfo(name)
            info.size = 4
            tar.addfile(info, io.BytesIO(b"evil"))
        info = tarfile.TarInfo("blobs/sha256/" + "0" * 64)
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(info)
        tar.add(unpacking.layout.directory, arcname="")
    unpacking.succeeds(reference=f"oci-archive:{archive}", env=temporary)
    assert unpacking.files() == ["a"]


def test_what_a_killed_one_has_left_goes_with_the_next(unpacking, temporary):
    """but not what a living one has"""
    unpacking.image([Layer().file("a", os.urandom(2 << 20))])
    archive = os.path.join(unpacking.directory, "image.tar")
    with tarfile.open(archive, "w") as tar:
        tar.add(unpacking.layout.directory, arcname=".")
    fifo = os.path.join(unpacking.directory, "fifo")
    os.mkfifo(fifo)
    places = temporary["TMPDIR"]
    running = []
    for i in range(2):  # each waits for the rest of its archive
        running.append(subprocess.Popen([PROGRAM, "inspect", f"oci-archive:{fifo}"], env=temporary,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        eventually(lambda: len(os.listdir(places)) == i + 1, "it has made its directory")
    running[0].kill()
    running[0].wait()
    assert len(os.listdir(places)) == 2
    unpacking.succeeds(reference=f"oci-archive:{archive}", env=temporary)
    assert unpacking.files() == ["a"]
    alive, = os.listdir(places)
    running[1].kill()
    running[1].wait()
    shutil.rmtree(unpacking.bundle)
    unpacking.fails("/nowhere", f"removing '{alive}', which a process that was killed has left",
                    reference="oci-archive:/nowhere", env=temporary)


@pytest.mark.parametrize("transport", ["oci", "docker"])
def test_archive_through_a_pipe(unpacking, saved, temporary, transport):
    """as of `docker save`; docker's are read twice"""
    reference = saved.image([Layer().file("a", b"1")]).write()
    if transport == "oci":
        unpacking.image([Layer().file("a", b"1")])
        subprocess.run(["tar", "-cf", saved.path, "-C", unpacking.layout.directory, "."], check=True)
    with subprocess.Popen(["cat", saved.path], stdout=subprocess.PIPE) as cat:
        unpacking.succeeds(reference=f"{transport}-archive:/dev/stdin", env=temporary, stdin=cat.stdout)
        cat.stdout.close()
    assert unpacking.files() == ["a"]


@pytest.mark.parametrize("has_writer", [True, False])
def test_signal_while_a_pipe_is_waited_for(unpacking, temporary, has_writer):
    """it ends the work, and the directory goes"""
    fifo = os.path.join(unpacking.directory, "fifo")
    os.mkfifo(fifo)
    writer = os.open(fifo, os.O_RDWR) if has_writer else -1
    child = subprocess.Popen([PROGRAM, "unpack", f"oci-archive:{fifo}", unpacking.bundle], env=temporary,
                             stderr=subprocess.PIPE, text=True)
    eventually(lambda: os.listdir(temporary["TMPDIR"]), "it has made its directory")
    child.terminate()
    try:
        assert "stopped by a signal" in child.communicate(timeout=20)[1] and child.returncode == 1
    finally:
        child.kill()
        if has_writer:
            os.close(writer)


def bomb(path, members):
    """a gzipped archive of these (name, size) with nothing but zeros"""
    with gzip.open(path, "wb", compresslevel=1) as file:
        zeros = bytes(1 << 20)
        for name, size in members:
            info = tarfile.TarInfo(name)
            info.size = size
            file.write(info.tobuf())
            for _ in range(size >> 20):
                file.write(zeros)
        file.write(bytes(1024))


@pytest.mark.parametrize("transport", ["oci", "docker"])
@pytest.mark.parametrize("name", ["blobs/sha256/" + "0" * 64, "other"])
def test_archive_that_is_a_bomb(unpacking, temporary, transport, name):
    archive = os.path.join(unpacking.directory, "image.tar.gz")
    bomb(archive, [(name, 300 << 20), ("behind", 0)])
    unpacking.fails(f"archive '{archive}'", "it unpacks to more than 200 times its size",
                    reference=f"{transport}-archive:{archive}", env=temporary)


@pytest.mark.parametrize("options", [["--format=gnu"], ["--format=pax", "--sparse-version=0.1"],
                                     ["--format=pax", "--sparse-version=1.0"]])
@pytest.mark.parametrize("transport", ["oci", "docker"])
def test_archive_with_a_sparse_file(unpacking, temporary, transport, options):
    """which costs it nothing, and the disk all that it pretends to be"""
    name, archive = "0" * 64, os.path.join(unpacking.directory, "image.tar")
    os.makedirs(os.path.join(unpacking.directory, "blobs/sha256"))
    with open(os.path.join(unpacking.directory, "blobs/sha256", name), "wb") as file:
        file.truncate(1 << 40)
        file.write(b"x")
    subprocess.run(["tar", "-cSf", archive, *options, f"blobs/sha256/{name}"],
                   cwd=unpacking.directory, check=True)
    unpacking.fails("a sparse file", reference=f"{transport}-archive:{archive}", env=temporary)


@pytest.mark.parametrize("transport", ["oci", "docker"])
def test_archive_of_too_many_files(unpacking, temporary, transport):
    archive = os.path.join(unpacking.directory, "image.tar.gz")
    bomb(archive, [(f"{i}", 0) for i in range(100001)])
    unpacking.fails(f"archive '{archive}'", "it has more than 100000 members",
                    reference=f"{transport}-archive:{archive}", env=temporary)


class Saved:
    """what docker save writes"""

    def __init__(self, path):
        self.path, self.items, self.files = path, [], {}

    def image(self, layers, names=("example:latest",), **config):
        tars = [layer.bytes() for layer in layers]
        document = json.dumps({
            "os": "linux", "architecture": HOST_ARCHITECTURE, "config": config,
            "rootfs": {"type": "layers", "diff_ids": [sha256(tar) for tar in tars]}}).encode()
        config_name = hashlib.sha256(document).hexdigest() + ".json"
        self.files[config_name] = document
        paths = []
        for number, tar in enumerate(tars):
            path = f"{len(self.items)}-{number}/layer.tar"
            self.files[path] = tar
            paths.append(path)
        self.items.append({"Config": config_name, "RepoTags": list(names), "Layers": paths})
        return self

    def write(self, links=None):
        with tarfile.open(self.path, "w") as tar:
            for name, data in {**self.files,
                               "manifest.json": json.dumps(self.items).encode()}.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
            for name, target in (links or {}).items():
                info = tarfile.TarInfo(name)
                info.type, info.linkname = tarfile.SYMTYPE, target
                tar.addfile(info)
        return f"docker-archive:{self.path}"


@pytest.fixture
def saved(unpacking):
    return Saved(os.path.join(unpacking.directory, "saved.tar"))


def test_docker_archive(unpacking, saved, temporary):
    reference = saved.image([Layer().file("a", b"1").file("b"), Layer().whiteout("b")],
                            Cmd=["/a"]).write()
    unpacking.succeeds(reference=reference, env=temporary)
    assert unpacking.files() == ["a"]
    assert unpacking.config()["process"]["args"] == ["/a"]


def test_docker_archive_with_a_layer_that_is_linked(unpacking, saved, temporary):
    saved.image([Layer().file("a", b"1"), Layer().file("a", b"1")])
    del saved.files["0-1/layer.tar"]
    reference = saved.write(links={"0-1/layer.tar": "../0-0/layer.tar"})
    unpacking.succeeds(reference=reference, env=temporary)


@pytest.mark.parametrize("target, message", [
    ("../0-1/layer.tar", None), ("../0-2/layer.tar", "names '1-1/layer.tar', which the archive does not have")])
def test_docker_archive_with_a_layer_that_another_image_has(unpacking, saved, temporary, target, message):
    """docker saves each layer once, whatever number of images it is in"""
    saved.image([Layer().file("a", b"1"), Layer().file("b", b"2")], names=["one:latest"])
    saved.image([Layer().file("c", b"3"), Layer().file("b", b"2")], names=["two:latest"])
    del saved.files["1-1/layer.tar"]
    reference = saved.write(links={"1-1/layer.tar": target})
    if message:
        unpacking.fails(message, reference=reference + ":two", env=temporary)
        return
    unpacking.succeeds(reference=reference + ":two", env=temporary)
    assert unpacking.files() == ["b", "c"]


def test_docker_archive_of_gzip_layers(unpacking, saved, temporary):
    saved.image([Layer().file("a", b"1")])
    saved.files["0-0/layer.tar"] = gzipped(saved.files["0-0/layer.tar"])
    unpacking.succeeds(reference=saved.write(), env=temporary)


@pytest.mark.parametrize("name", ["two", "two:latest", "docker.io/library/two:latest"])
def test_docker_archive_of_several_images(unpacking, saved, temporary, name):
    saved.image([Layer().file("a")], names=["one:1"])
    saved.image([Layer().file("b")], names=["x:1", "docker.io/library/two:latest"])
    unpacking.succeeds(reference=f"{saved.write()}:{name}", env=temporary)
    assert unpacking.files() == ["b"]


def damage_layer(saved):
    saved.files["0-0/layer.tar"] = Layer().file("other").bytes()


def remove_layer(saved):
    del saved.files["0-0/layer.tar"]


def no_json(saved):
    saved.items = "nonsense"


@pytest.mark.parametrize("damage, name, message", [
    (damage_layer, "", "diff_id"),
    (remove_layer, "", "manifest.json names '0-0/layer.tar', which the archive does not have"),
    (no_json, "", "manifest.json: "),
    (lambda saved: saved.image([Layer()], names=["b:1"]), "",
     "the archive holds no image or several: there are 'example:latest', 'b:1'"),
    (lambda saved: saved.items[0].update(Comment="x" * (4 << 20)), "", "4194304 bytes"),
    (lambda saved: None, ":nobody", "no image is called 'nobody': there are 'example:latest'"),
])
def test_bad_docker_archive(unpacking, saved, temporary, damage, name, message):
    saved.image([Layer().file("a")])
    damage(saved)
    unpacking.fails(message, reference=saved.write() + name, env=temporary)


@pytest.mark.parametrize("kind", ["oci-archive", "docker-archive"])
@pytest.mark.parametrize("content", [b"", b"no tar at all" * 100])
def test_not_an_archive(unpacking, temporary, kind, content):
    path = os.path.join(unpacking.directory, "file")
    with open(path, "wb") as file:
        file.write(content)
    unpacking.fails("", reference=f"{kind}:{path}", env=temporary)


def test_archive_that_is_not_there(unpacking, temporary):
    unpacking.fails("archive '/nowhere'", reference="oci-archive:/nowhere", env=temporary)

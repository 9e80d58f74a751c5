"""hostile layers from a registry: refused with nothing left, and the store is as good as before"""

import json
import os

import pytest

from ocilayout import LAYER, Layer, Layout, gzipped, sha256, zstandard
from pulling import image, module_directory, plain, puller, tls  # noqa: F401

from harness.needs import needs

pytestmark = [needs("root"), pytest.mark.disk]


def flipped(data, at=-300):
    data = bytearray(data)
    data[at] ^= 0x10
    return bytes(data)


def content():
    return Layer().file("a", os.urandom(200_000)).file("b", b"x" * 1000).bytes()


def blob(layout, data, tar, media_type="+gzip", **lies):
    return layout.blob(data, LAYER + media_type, **lies), sha256(tar)


# how the layer is made; what is said of it
KINDS = {
    "truncated gzip": (lambda layout, tar: blob(layout, gzipped(tar)[:-500], tar),
                       "the gzip data ends too early"),
    "truncated zstd": (lambda layout, tar: blob(layout, zstandard(tar)[:-500], tar, "+zstd"),
                       "the zstd data ends too early"),
    "truncated tar": (lambda layout, tar: layout.layer(tar[:150_000]), "damaged tar archive"),
    "bit flipped in gzip": (lambda layout, tar: blob(layout, flipped(gzipped(tar)), tar),
                            "not valid gzip data"),
    "bit flipped in tar": (lambda layout, tar: blob(layout, gzipped(flipped(tar, 1000)), tar),
                           "the uncompressed layer (its diff_id) has the digest"),
    "name twice": (lambda layout, tar: layout.layer(Layer().file("n", b"1").file("n", b"2")),
                   "'n': the layer has it twice"),
    "bomb": (lambda layout, tar: layout.bomb(1, 300), "(--max-ratio"),
    "out of the root": (lambda layout, tar: layout.layer(Layer().file("../n")), "'..' component"),
}


@pytest.mark.parametrize("driver", ["dir", "overlay"])
@pytest.mark.parametrize("kind", KINDS)
def test_hostile_layer(puller, plain, directory, kind, driver):
    make, message = KINDS[kind]
    layout = Layout(os.path.join(directory, "layout"))
    layout.add_image([Layer().file("good", b"1"), make(layout, content())], tag="bad")
    name = "test/" + "".join(letter for letter in kind if letter.isalpha())
    plain.push(layout, "bad", f"{name}:1")
    bundle = os.path.join(directory, "place", "bundle")
    os.mkdir(os.path.dirname(bundle))
    for _ in range(2):
        error = puller.fails("unpack", "--tls-verify=false", "--driver", driver,
                             f"{plain.address}/{name}:1", bundle)
        assert message in error
        assert f"layer 2 ({layout_digest(layout)[:19]})" in error
        assert os.listdir(os.path.dirname(bundle)) == []
        assert puller.is_good()
        assert unfinished(puller) == []
    puller.succeeds("unpack", "--tls-verify=false", f"{plain.address}/test/app:1", bundle)
    with open(os.path.join(bundle, "rootfs/etc/motd")) as file:
        assert file.read() == "hello\n"


def layout_digest(layout):
    with open(layout.blob_path(layout.manifests[0]["digest"])) as file:
        return json.load(file)["layers"][1]["digest"]


def unfinished(puller):
    """what stands in the caches of layers under a name that no layer has"""
    found = []
    for cache in ("layers", "erofs"):
        top = os.path.join(puller.store, cache)
        found += [name for name in (os.listdir(top) if os.path.isdir(top) else [])
                  if not name.startswith("sha256-") and len(name) != 64]
    return found

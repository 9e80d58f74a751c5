"""ocilayout.py - OCI image layouts for tests: good ones, and ones that lie

    layout = Layout(directory)
    layer = Layer().dir("etc").file("etc/motd", b"hello")
    layout.add_image([layer], tag="latest")

Every step can be told to lie: a descriptor's size or digest, a diff_id, a media type.
"""

import functools
import gzip
import hashlib
import io
import json
import os
import platform
import subprocess
import tarfile
import zlib

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
TAG = "org.opencontainers.image.ref.name"

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "i686": "386"}
HOST_ARCHITECTURE = ARCHITECTURES.get(platform.machine(), platform.machine())


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def gzipped(data):
    return gzip.compress(data, 1, mtime=0)


def zstandard(data):
    return subprocess.run(["zstd", "-q", "-c", "-1"], input=data, stdout=subprocess.PIPE,
                          check=True).stdout


COMPRESSIONS = {"": lambda data: data, "+gzip": gzipped, "+zstd": zstandard}


class Layer:
    """a tar, entry by entry; attributes are TarInfo's: mode, uid, gid, mtime, pax_headers"""

    def __init__(self, format=tarfile.PAX_FORMAT):
        self.buffer = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.buffer, mode="w", format=format)

    def add(self, name, type, content=b"", **attributes):
        info = tarfile.TarInfo(name)
        info.type = type
        info.size = len(content)
        info.mtime = 1_000_000_000
        info.mode = 0o755 if type == tarfile.DIRTYPE else 0o644
        for key, value in attributes.items():
            setattr(info, key, value)
        self.tar.addfile(info, io.BytesIO(content))
        return self

    def file(self, name, content=b"", **attributes):
        return self.add(name, tarfile.REGTYPE, content, **attributes)

    def dir(self, name, **attributes):
        return self.add(name, tarfile.DIRTYPE, **attributes)

    def symlink(self, name, target, **attributes):
        return self.add(name, tarfile.SYMTYPE, linkname=target, **attributes)

    def hardlink(self, name, target, **attributes):
        return self.add(name, tarfile.LNKTYPE, linkname=target, **attributes)

    def device(self, name, major, minor, type=tarfile.CHRTYPE, **attributes):
        return self.add(name, type, devmajor=major, devminor=minor, **attributes)

    def fifo(self, name, **attributes):
        return self.add(name, tarfile.FIFOTYPE, **attributes)

    def whiteout(self, name):
        head, tail = os.path.split(name)
        return self.file(os.path.join(head, ".wh." + tail))

    def opaque(self, name):
        return self.file(os.path.join(name, ".wh..wh..opq"))

    def bytes(self):
        self.tar.close()
        return self.buffer.getvalue()


@functools.cache
def bomb(files, mebibytes):
    """a layer of files of zeros, each of so many MiB, and its diff_id; made bit by bit, for all of it would take
    seconds to write, hash and compress"""
    stream = zlib.compressobj(6, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    digest = hashlib.sha256()
    packed = []
    mebibyte = bytes(1 << 20)

    def put(data):
        digest.update(data)
        packed.append(stream.compress(data))
    for number in range(files):
        info = tarfile.TarInfo(f"zeros{number}")
        info.size = mebibytes << 20
        put(info.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(mebibytes):
            put(mebibyte)
    put(bytes(tarfile.RECORDSIZE))
    packed.append(stream.flush())
    return b"".join(packed), "sha256:" + digest.hexdigest()


class Layout:
    def __init__(self, directory, version="1.0.0"):
        self.directory = str(directory)
        os.makedirs(os.path.join(self.directory, "blobs/sha256"))
        self.write("oci-layout", {"imageLayoutVersion": version})
        self.manifests = []
        self.write_index()

    def write(self, name, document):
        with open(os.path.join(self.directory, name), "w") as file:
            json.dump(document, file)

    def write_index(self, **more):
        self.write("index.json", {"schemaVersion": 2, "manifests": self.manifests, **more})

    def blob_path(self, digest):
        return os.path.join(self.directory, "blobs", *digest.split(":"))

    def blob(self, data, media_type, **lies):
        """stores data; returns its descriptor, with lies in it if any"""
        if not isinstance(data, bytes):
            data = json.dumps(data).encode()
        descriptor = {"mediaType": media_type, "digest": sha256(data), "size": len(data)}
        with open(self.blob_path(descriptor["digest"]), "wb") as file:
            file.write(data)
        return {**descriptor, **lies}

    def layer(self, tar, compression="+gzip", media_type=None, diff_id=None, **lies):
        """returns the layer's descriptor and diff_id; tar is a Layer or bytes"""
        data = tar.bytes() if isinstance(tar, Layer) else tar
        descriptor = self.blob(COMPRESSIONS[compression](data), media_type or LAYER + compression,
                               **lies)
        return descriptor, diff_id or sha256(data)

    def bomb(self, files, mebibytes):
        """as layer(): of zeros, which compress to a thousandth"""
        data, diff_id = bomb(files, mebibytes)
        return self.blob(data, LAYER + "+gzip"), diff_id

    def manifest(self, layers, config=None, architecture=HOST_ARCHITECTURE, os="linux",
                 config_type=CONFIG, image=None, **more):
        """stores configuration and manifest; layers are Layers, tar bytes or results of layer()"""
        layers = [layer if isinstance(layer, tuple) else self.layer(layer) for layer in layers]
        image_config = {"os": os, "architecture": architecture, "config": config or {},
                        "rootfs": {"type": "layers", "diff_ids": [diff for _, diff in layers]},
                        **(image or {})}
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST,
                    "config": self.blob(image_config, config_type),
                    "layers": [descriptor for descriptor, _ in layers], **more}
        return self.blob({key: value for key, value in manifest.items() if value is not None},
                         manifest["mediaType"] or MANIFEST)

    def add(self, descriptor, tag="latest", **more):
        """puts a descriptor into index.json"""
        annotations = {TAG: tag} if tag else {}
        self.manifests.append({**descriptor, "annotations": annotations, **more})
        self.write_index()
        return self

    def add_image(self, layers, tag="latest", **more):
        return self.add(self.manifest(layers, **more), tag)

    def reference(self, tag=None):
        return f"oci:{self.directory}" + (f":{tag}" if tag else "")

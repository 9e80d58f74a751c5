"""images.py - the images of the bench: OCI layouts made here, the same bytes every time

    big     1 GB of files, 60,000 of them, in 8 gzip layers
    zstd    one layer of 256 MB, zstd
    small   100 gzip layers of 10 small files each, every tenth with a whiteout
"""

import hashlib
import io
import json
import os
import random
import subprocess
import tarfile

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
COMPRESSORS = {"+gzip": ["gzip", "-n", "-6", "-c"], "+zstd": ["zstd", "-q", "-3", "-c"]}


def content_pool(rng, size=32 << 20):
    """text of a few thousand words, and stretches that are like programs: compresses about 3:1"""
    words = [bytes(rng.choice(b"abcdefghijklmnopqrstuvwxyz_") for _ in range(rng.randint(2, 11)))
             for _ in range(4000)]
    pieces, length = [], 0
    while length < size:
        if rng.random() < 0.7:
            piece = b" ".join(rng.choices(words, k=2000)) + b"\n"
        else:
            block = rng.randbytes(24)
            piece = b"".join(block[:rng.randint(4, 24)] + rng.randbytes(6) for _ in range(400))
        pieces.append(piece)
        length += len(piece)
    return b"".join(pieces)[:size]


def file_sizes(rng, count, total):
    """sizes as a system's files have: most small, a few large"""
    sizes = [rng.lognormvariate(8, 1.7) for _ in range(count)]
    factor = total / sum(sizes)
    return [min(int(size * factor), 24 << 20) for size in sizes]


def write_tar(file, rng, pool, prefix, count, total):
    with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as tar:
        directory = None
        for number, size in enumerate(file_sizes(rng, count, total)):
            if number % 20 == 0:
                directory = f"{prefix}/d{number // 400:03}/d{number // 20 % 20:02}"
                if number % 400 == 0:
                    add(tar, tarfile.DIRTYPE, os.path.dirname(directory), 0o755)
                add(tar, tarfile.DIRTYPE, directory, 0o755)
            start = rng.randrange(len(pool) - size) if size < len(pool) else 0
            mode = 0o755 if rng.random() < 0.1 else 0o644
            add(tar, tarfile.REGTYPE, f"{directory}/file-{number:05}", mode,
                pool[start:start + size])


def add(tar, kind, name, mode, content=b""):
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.size, info.mtime = kind, mode, len(content), 1_600_000_000
    tar.addfile(info, io.BytesIO(content))


def sha256_of(path):
    with open(path, "rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


class Layout:
    def __init__(self, directory):
        self.directory = directory
        self.blobs = os.path.join(directory, "blobs/sha256")
        os.makedirs(self.blobs)

    def put(self, document, media_type):
        data = json.dumps(document, sort_keys=True).encode()
        digest = hashlib.sha256(data).hexdigest()
        with open(os.path.join(self.blobs, digest), "wb") as file:
            file.write(data)
        return {"mediaType": media_type, "digest": "sha256:" + digest, "size": len(data)}

    def layer(self, tar_path, compression):
        """compresses the tar and takes it in; the tar itself stays"""
        path = os.path.join(self.directory, "layer")
        with open(path, "wb") as file:
            subprocess.run(COMPRESSORS[compression] + [tar_path], stdout=file, check=True)
        digest, size = sha256_of(path), os.stat(path).st_size
        os.rename(path, os.path.join(self.blobs, digest[7:]))
        return {"mediaType": LAYER + compression, "digest": digest, "size": size}

    def finish(self, layers, diff_ids):
        machine = os.uname().machine
        config = self.put({"os": "linux", "architecture": ARCHITECTURES.get(machine, machine),
                           "config": {"Cmd": ["/bin/true"]},
                           "rootfs": {"type": "layers", "diff_ids": diff_ids}}, CONFIG)
        manifest = self.put({"schemaVersion": 2, "mediaType": MANIFEST, "config": config,
                             "layers": layers}, MANIFEST)
        manifest["annotations"] = {"org.opencontainers.image.ref.name": "latest"}
        for name, document in (("oci-layout", {"imageLayoutVersion": "1.0.0"}),
                               ("index.json", {"schemaVersion": 2, "mediaType": INDEX,
                                               "manifests": [manifest]})):
            with open(os.path.join(self.directory, name), "w") as file:
                json.dump(document, file)


def make(top, name, shapes, compression):
    """the layout top/NAME and the plain tars top/NAME.tars/N; nothing when they are there"""
    directory, tars = os.path.join(top, name), os.path.join(top, name + ".tars")
    if os.path.exists(os.path.join(directory, "index.json")):
        return
    rng = random.Random(name)
    pool = content_pool(rng)
    layout = Layout(directory)
    os.makedirs(tars)
    layers, diff_ids = [], []
    for number, (prefix, count, total) in enumerate(shapes):
        path = os.path.join(tars, f"{number:03}")
        with open(path, "wb") as file:
            write_tar(file, rng, pool, prefix, count, total)
        layers.append(layout.layer(path, compression))
        diff_ids.append(sha256_of(path))
    layout.finish(layers, diff_ids)


def make_all(top):
    make(top, "big", [(f"usr/part{n}", 7500, 125_000_000) for n in range(8)], "+gzip")
    make(top, "zstd", [("usr/share", 6000, 256_000_000)], "+zstd")
    make(top, "small", [(f"opt/l{n:02}", 10, 40_000) for n in range(100)], "+gzip")


if __name__ == "__main__":
    import sys
    make_all(sys.argv[1])

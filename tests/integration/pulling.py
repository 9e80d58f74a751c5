"""pulling.py - fixtures for tests that pull: registries for a whole module, a store for each test

    def test_something(puller, plain):
        puller.pulls(f"{plain.address}/test/app:1")
"""

import contextlib
import json
import os
import shutil
import subprocess

import pytest

from ocilayout import Layer, Layout
from registryserver import Proxy, Registry, Tls
from unpacking import PROGRAM

BIG = 3 << 20


class Image:
    """the image that every registry of a module has: three layers, of which one is big"""

    def __init__(self, directory):
        self.layout = Layout(directory)
        self.big = os.urandom(BIG)
        self.layout.add_image([
            Layer().dir("etc").file("etc/motd", b"hello\n"),
            Layer().file("big", self.big),
            Layer().file("etc/passwd", b"root:x:0:0::/:/bin/sh\n"),
        ], tag="one", config={"Cmd": ["/payload"]})


@pytest.fixture(scope="module")
def module_directory(tmp_path_factory):
    path = tmp_path_factory.mktemp("registry")
    yield str(path)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def image(module_directory):
    return Image(os.path.join(module_directory, "image"))


@pytest.fixture(scope="module")
def tls(module_directory):
    return Tls(os.path.join(module_directory, "tls"))


@pytest.fixture(scope="module")
def plain(module_directory, image):
    registry = Registry(os.path.join(module_directory, "plain"))
    registry.push(image.layout, "one", "test/app:1")
    yield registry
    registry.close()


@pytest.fixture(scope="module")
def module_proxy(plain):
    proxy = Proxy(plain.address)
    yield proxy
    proxy.close()


@pytest.fixture
def proxy(module_proxy):
    module_proxy.reset()
    yield module_proxy
    module_proxy.go_on.set()


class Puller:
    """coracle-unpack with a store, a home and a registries.conf of the test's own"""

    def __init__(self, directory):
        self.store = os.path.join(directory, "store")
        self.home = os.path.join(directory, "home")
        self.conf = os.path.join(directory, "registries.conf")
        os.mkdir(self.home)
        self.registries("")

    def registries(self, text):
        with open(self.conf, "w") as file:
            file.write(text)

    def environment(self, **more):
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith("XDG_") and name != "REGISTRY_AUTH_FILE"
                and "proxy" not in name.lower()}
        return {**kept, "HOME": self.home, "XDG_RUNTIME_DIR": os.path.join(self.home, "run"),
                "CONTAINERS_REGISTRIES_CONF": self.conf, **more}

    def command(self, *arguments):
        return [PROGRAM, "--store", self.store, *arguments]

    def run(self, *arguments, environment=None, **more):
        return subprocess.run(self.command(*arguments), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, errors="replace", timeout=90,
                              env=self.environment(**(environment or {})), **more)

    def succeeds(self, *arguments, **more):
        done = self.run(*arguments, **more)
        assert done.returncode == 0, done.stderr
        return done

    def fails(self, *arguments, **more):
        done = self.run(*arguments, **more)
        assert done.returncode == 1, done.stderr + done.stdout
        return done.stderr

    def pulls(self, name, *options, **more):
        return self.succeeds("pull", "--tls-verify=false", *options, name, **more)

    def pull_fails(self, name, *options, **more):
        error = self.fails("pull", "--tls-verify=false", *options, name, **more)
        assert self.images() == [], "a failed pull has left a name"
        return error

    def images(self):
        return json.loads(self.succeeds("ls", "--format", "json").stdout)

    def is_good(self):
        """every blob is what it should be, and nothing is in between"""
        self.succeeds("verify")
        partial = os.path.join(self.store, "partial")
        assert not os.path.isdir(partial) or os.listdir(partial) == []
        return True

    def partial(self):
        """name -> size of what is unfinished; a blob may be finished, and gone from there, while we look"""
        top = os.path.join(self.store, "partial")
        sizes = {}
        for name in os.listdir(top) if os.path.isdir(top) else []:
            with contextlib.suppress(FileNotFoundError):
                sizes[name] = os.path.getsize(os.path.join(top, name))
        return sizes

    def blob(self, digest):
        return os.path.join(self.store, "blobs", *digest.split(":"))

    def index(self):
        with open(os.path.join(self.store, "index.json")) as file:
            return json.load(file)


@pytest.fixture
def puller(directory):
    return Puller(directory)

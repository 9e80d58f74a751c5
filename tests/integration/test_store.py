"""the store's own commands: ls, inspect, verify, rm, gc"""

import json
import os
import signal
import subprocess

import pytest

from ocilayout import HOST_ARCHITECTURE
from pulling import image, module_directory, module_proxy, plain, proxy, puller, tls  # noqa: F401

from harness.needs import needs

pytestmark = [needs("root"), pytest.mark.disk]


@pytest.fixture
def pulled(puller, plain):
    """the puller, with one image"""
    puller.name = f"{plain.address}/test/app:1"
    puller.digest = puller.pulls(puller.name).stdout.strip()
    puller.manifest = json.loads(puller.succeeds("inspect", "--manifest", puller.name).stdout)
    return puller


def test_ls(pulled):
    lines = pulled.succeeds("ls").stdout.splitlines()
    assert lines[0].split() == ["NAME", "DIGEST", "PLATFORM", "SIZE"]
    assert lines[1].split()[:3] == [pulled.name, pulled.digest[:19], f"linux/{HOST_ARCHITECTURE}"]
    assert pulled.succeeds("ls", "-q").stdout == pulled.name + "\n"


def test_ls_of_nothing(puller):
    assert puller.images() == []
    assert puller.succeeds("ls", "--quiet").stdout == ""


def test_ls_of_what_is_not_whole(pulled):
    os.unlink(pulled.blob(pulled.manifest["layers"][0]["digest"]))
    assert "(incomplete)" in pulled.succeeds("ls").stdout
    assert pulled.images()[0]["complete"] is False


def test_inspect(pulled, image):
    document = json.loads(pulled.succeeds("inspect", pulled.name).stdout)
    assert document["name"] == pulled.name
    assert document["digest"] == document["pulledDigest"] == pulled.digest
    assert [layer["digest"] for layer in document["layers"]] == [
        layer["digest"] for layer in pulled.manifest["layers"]]
    assert document["config"]["config"]["Cmd"] == ["/payload"]
    config = json.loads(pulled.succeeds("inspect", "--config", pulled.name).stdout)
    assert config["config"] == {"Cmd": ["/payload"]}


def test_inspect_a_layout(puller, image):
    document = json.loads(puller.succeeds("inspect", image.layout.reference("one")).stdout)
    assert len(document["layers"]) == 3


def test_inspect_by_digest(pulled, plain):
    pulled.succeeds("inspect", f"{plain.address}/test/app@{pulled.digest}")


def test_rm_by_name_and_digest(pulled, plain, image):
    """of a name only what it has; without one whatever has the digest"""
    plain.push(image.layout, "one", "test/other:2")
    pulled.pulls(f"{plain.address}/test/other:2")
    pulled.pulls(f"{plain.address}/test/app@{pulled.digest}")
    assert "has no image" in pulled.fails("rm", f"{plain.address}/test/ap@{pulled.digest}")
    assert len(pulled.images()) == 3
    pulled.succeeds("rm", f"{plain.address}/test/app@{pulled.digest}")
    assert [entry["name"] for entry in pulled.images()] == [f"{plain.address}/test/other:2"]
    pulled.succeeds("rm", pulled.digest)
    assert pulled.images() == []


@pytest.mark.parametrize("command", ["inspect", "rm", "verify"])
def test_not_there(puller, command):
    assert "image" in puller.fails(command, "localhost/nothing:1")


def spoil(path, how):
    if how == "missing":
        os.unlink(path)
        return
    with open(path, "r+b") as file:
        if how == "shorter":
            file.truncate(os.path.getsize(path) - 1)
        else:
            file.seek(10)
            byte = file.read(1)
            file.seek(10)
            file.write(bytes([byte[0] ^ 1]))


@pytest.mark.parametrize("how", ["missing", "shorter", "flipped"])
@pytest.mark.parametrize("which", ["layer", "config", "manifest"])
def test_verify(pulled, plain, how, which):
    digest = {"layer": pulled.manifest["layers"][1]["digest"],
              "config": pulled.manifest["config"]["digest"], "manifest": pulled.digest}[which]
    spoil(pulled.blob(digest), how)
    error = pulled.fails("verify")
    assert f"blob {digest}" in error
    assert "1 of" in error
    assert f"blob {digest}" in pulled.fails("verify", pulled.name)
    # what verify says is true: this repairs it
    pulled.succeeds("rm", pulled.name)
    pulled.succeeds("gc")
    pulled.pulls(pulled.name)
    assert pulled.is_good()


@pytest.mark.parametrize("how", ["missing", "shorter"])
def test_pull_brings_what_is_missing(pulled, how):
    spoil(pulled.blob(pulled.manifest["layers"][1]["digest"]), how)
    done = pulled.pulls(pulled.name)
    assert "were fetched now" in done.stderr
    assert pulled.is_good()


def test_gc_keeps_what_is_named(pulled, plain, image):
    plain.push(image.layout, "one", "test/second:1")
    pulled.pulls(f"{plain.address}/test/second:1")
    pulled.succeeds("rm", pulled.name)
    assert "removed 0 blobs" in pulled.succeeds("gc").stderr
    assert pulled.is_good()


def test_gc(pulled):
    pulled.succeeds("rm", pulled.name)
    assert "would remove 5 blobs" in pulled.succeeds("gc", "--dry-run").stderr
    assert len(os.listdir(os.path.join(pulled.store, "blobs/sha256"))) == 5
    assert "removed 5 blobs and 0 unfinished ones, 3.0 MiB" in pulled.succeeds("gc").stderr
    assert os.listdir(os.path.join(pulled.store, "blobs/sha256")) == []


def test_gc_after_a_writer_that_was_killed(pulled):
    killed = subprocess.run(["strace", "-f", "-o", "/dev/null", "-e", "trace=renameat", "-e",
                             "inject=renameat:signal=KILL", *pulled.command("rm", pulled.name)])
    assert killed.returncode == -signal.SIGKILL
    assert [name for name in os.listdir(pulled.store) if name.endswith("~")]
    assert len(pulled.images()) == 1
    assert "would remove 0 blobs and 1 unfinished ones" in pulled.succeeds("gc", "--dry-run").stderr
    assert "removed 0 blobs and 1 unfinished ones" in pulled.succeeds("gc").stderr
    assert [name for name in os.listdir(pulled.store) if name.endswith("~")] == []
    assert pulled.is_good()


def test_rm_by_digest(pulled):
    pulled.succeeds("rm", pulled.digest)
    assert pulled.images() == []


def test_gc_in_doubt(pulled):
    spoil(pulled.blob(pulled.digest), "flipped")
    error = pulled.fails("gc")
    assert "nothing was removed" in error
    assert len(os.listdir(os.path.join(pulled.store, "blobs/sha256"))) == 5


def test_gc_waits_for_no_pull(puller, proxy):
    proxy.behave = lambda request: {"stall_at": 1 << 20} if request.is_blob else {}
    process = subprocess.Popen(puller.command("pull", "--tls-verify=false",
                                              f"{proxy.address}/test/app:1"),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env=puller.environment())
    try:
        assert proxy.stalled.wait(20)
        assert "is in use" in puller.fails("gc")
    finally:
        process.kill()
        process.wait()
    assert "1 unfinished" in puller.succeeds("gc").stderr, "a dead holder keeps no lock"
    assert puller.partial() == {}


def test_store_is_something_else(puller):
    os.mkdir(puller.store)
    with open(os.path.join(puller.store, "notes"), "w") as file:
        file.write("mine")
    assert "is no store of images: there is 'notes' in it" in puller.fails("ls")
    assert os.listdir(puller.store) == ["notes"]


def test_store_is_a_file(puller):
    with open(puller.store, "w") as file:
        file.write("mine")
    assert "open the store" in puller.fails("ls")


@pytest.mark.parametrize("variable, place", [("HOME", ".local/share/coracle"), ("XDG_DATA_HOME", "coracle")])
def test_default_store_of_root_of_a_user_namespace(directory, variable, place):
    """is the user's own, as the host's root's is not his to write"""
    from unpacking import PROGRAM
    environment = {"PATH": os.environ["PATH"], variable: directory}
    done = subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec",
                           'mount -t tmpfs none /var/lib; exec "$0" ls', PROGRAM],
                          env=environment, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr
    assert os.path.isfile(os.path.join(directory, place, "oci-layout"))


def test_default_store_of_a_user(directory, payload):
    """below $XDG_DATA_HOME, or below $HOME"""
    from unpacking import PROGRAM
    home = os.path.join(directory, "home")
    os.mkdir(home)
    os.chown(home, 12345, 12345)
    done = subprocess.run(["setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups",
                           PROGRAM, "ls"], env={"HOME": home, "PATH": os.environ["PATH"]},
                          stderr=subprocess.PIPE, text=True)
    if done.returncode == 127 or "Permission denied" in done.stderr:
        pytest.skip("the program cannot be reached by another user")
    assert done.returncode == 0, done.stderr
    assert os.path.isfile(os.path.join(home, ".local/share/coracle/oci-layout"))

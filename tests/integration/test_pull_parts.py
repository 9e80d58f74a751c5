"""a large layer on slow connections: fetched in several parts beside each other, unpacked meanwhile"""

import os
import signal
import subprocess
import time

import pytest

from ocilayout import Layer, Layout
from pulling import image, module_directory, module_proxy, plain, proxy, puller, tls  # noqa: F401

from harness.needs import needs
from harness.runtime import TIMEOUT

pytestmark = [needs("root"), pytest.mark.disk]

MIB = 1 << 20
PART = 4 * MIB
SLOW = int(160 * MIB / TIMEOUT)  # bytes a second of one connection: slower than who takes them


class Large:
    """an image of one layer of 40 MiB that does not compress, in the module's registry"""

    def __init__(self, registry, directory):
        self.layout = Layout(directory)
        self.layer, diff_id = self.layout.layer(
            Layer().file("etc/first", b"first\n").file("large", os.urandom(40 * MIB))
            .file("etc/last", b"last\n"), compression="")
        self.layout.add_image([(self.layer, diff_id)], tag="large", config={"Cmd": ["/payload"]})
        registry.push(self.layout, "large", "test/large:1", "--preserve-digests")
        with open(self.layout.blob_path(self.layer["digest"]), "rb") as file:
            self.bytes = file.read()


@pytest.fixture(scope="module")
def large(plain, module_directory):
    return Large(plain, os.path.join(module_directory, "large"))


def app(server):
    return f"{server.address}/test/large:1"


def slow(large, ranged=None, rate=SLOW, **more):
    """all of the layer comes slowly; a request for a part of it as `ranged` says, if it does"""
    def behave(request):
        if not request.path.endswith(large.layer["digest"]):
            return {}
        how = ranged(request.headers["Range"]) if ranged and request.headers.get("Range") else None
        return {"rate": rate, **more} if how is None else how
    return behave


def first(n, how):
    """`how` for the first n requests for a part"""
    left = [how] * n
    return lambda text: left.pop() if left else None


def ranges(proxy, large):
    """(first, last or None) of the requests for a part, in order"""
    found = []
    for path, text in proxy.blobs():
        if path.endswith(large.layer["digest"]) and text:
            first, last = text.removeprefix("bytes=").split("-")
            found.append((int(first), int(last) if last else None))
    return found


def start(puller, *arguments):
    return subprocess.Popen(puller.command(*arguments), stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True, env=puller.environment())


def test_parts(puller, proxy, large):
    """each byte is asked for once; a request that stands alone may ask for all the rest"""
    proxy.behave = slow(large, rate=6 * MIB)
    puller.pulls(app(proxy))
    assert puller.is_good()
    parts = sorted(ranges(proxy, large))
    assert len(parts) >= 3
    size = large.layer["size"]
    ends = [size - 1 if last is None else last for _, last in parts]
    assert [first for first, _ in parts[1:]] == [end + 1 for end in ends[:-1]]
    assert ends[-1] == size - 1
    assert all(last - first < PART for first, last in parts if last is not None)


def test_one_connection_when_asked_for(puller, proxy, large):
    proxy.behave = slow(large)
    puller.pulls(app(proxy), "--parallel", "1")
    assert ranges(proxy, large) == []
    assert puller.is_good()


def test_fast_connection_is_not_split(puller, plain, proxy, large):
    puller.pulls(app(proxy))
    asked = [path for path, _ in proxy.blobs() if path.endswith(large.layer["digest"])]
    assert len(asked) == 1 or ranges(proxy, large), "all was asked for twice"
    assert puller.is_good()


@pytest.mark.parametrize("how", [{"cut_at": 3 * MIB}, {"cut_at": 0}, {"status": 503},
                                 {"status": 429, "headers": {"Retry-After": "0"}}],
                         ids=["cut", "cut at once", "503", "429"])
def test_part_that_fails(puller, proxy, large, how):
    proxy.behave = slow(large, first(3, how))
    done = puller.pulls(app(proxy))
    assert "going on from byte" in done.stderr
    assert puller.is_good()


def test_part_that_fails_for_ever(puller, proxy, large):
    proxy.behave = slow(large, lambda text: {"cut_at": 0})
    error = puller.pull_fails(app(proxy), "--attempts", "2")
    assert f"blob {large.layer['digest'][:19]}" in error
    proxy.behave = lambda request: {}
    assert "goes on at" in puller.pulls(app(proxy)).stderr
    assert puller.is_good()


def test_part_that_stalls(puller, proxy, large):
    proxy.behave = slow(large, first(2, {"stall_at": MIB}))
    done = puller.pulls(app(proxy), "--stall", "3")
    assert "going on from byte" in done.stderr
    assert puller.is_good()


def test_flipped_bit_in_a_part(puller, proxy, large):
    proxy.behave = slow(large, first(1, {"flip_at": 12345}))
    done = puller.pulls(app(proxy))
    assert "fetching it once more" in done.stderr
    assert puller.is_good()


def test_server_that_only_says_it_knows_ranges(puller, proxy, large):
    """what it sends instead of a part is dropped, the rest comes over the first connection"""
    whole = slow(large, lambda text: {"rate": SLOW, "ignore_range": True})
    proxy.behave = whole
    puller.pulls(app(proxy))
    assert puller.is_good()
    asked = [text for path, text in proxy.blobs() if path.endswith(large.layer["digest"])]
    assert asked.count(None) == 1 and len(asked) <= 5


def test_server_without_ranges_is_asked_once(puller, proxy, large):
    proxy.behave = lambda request: {**slow(large)(request), "headers": {"Accept-Ranges": "none"}}
    puller.pulls(app(proxy))
    assert ranges(proxy, large) == []
    assert puller.is_good()


@pytest.mark.parametrize("header, message", [("bytes 5-9/10", "is another part"),
                                             (None, "more bytes are sent than those to")])
def test_part_that_is_another(puller, proxy, large, header, message):
    def ranged(text):
        begin = int(text.removeprefix("bytes=").split("-")[0])
        return {"headers": {"Content-Range": header or f"bytes {begin}-{begin + PART}/*"},
                "body": large.bytes[begin:begin + PART + 5]}
    proxy.behave = slow(large, ranged)
    assert message in puller.pull_fails(app(proxy), "--attempts", "2")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_interrupted_between_parts(puller, proxy, large, how):
    """what is kept is the beginning of the layer, without holes"""
    proxy.behave = slow(large)
    process = start(puller, "pull", "--tls-verify=false", app(proxy))
    end = time.monotonic() + 20
    while len(ranges(proxy, large)) < 3 or max(puller.partial().values(), default=0) < PART:
        assert time.monotonic() < end and process.poll() is None
        time.sleep(0.01)
    process.send_signal(how)
    process.communicate(timeout=20)
    (name, size), = puller.partial().items()
    with open(os.path.join(puller.store, "partial", name), "rb") as file:
        assert file.read() == large.bytes[:size]
    proxy.requests.clear()
    puller.pulls(app(proxy))
    assert ranges(proxy, large)[0][0] == size
    assert puller.is_good()


def peak_memory(process):
    """KiB at most, as was last seen before the process ended"""
    peak = 0
    while process.poll() is None:
        with open(f"/proc/{process.pid}/status") as file:
            lines = [line for line in file if line.startswith("VmHWM")]
        peak = int(lines[0].split()[1]) if lines else peak
        time.sleep(0.01)
    return peak


def test_memory_of_parts(puller, proxy, large):
    """parts that came before their turn wait in memory: three at most, however many may run"""
    proxy.behave = slow(large, lambda text: {})
    process = start(puller, "pull", "--tls-verify=false", "--parallel", "16", app(proxy))
    peak = peak_memory(process)
    _, error = process.communicate()
    assert process.returncode == 0, error
    assert len(ranges(proxy, large)) >= 3
    assert 0 < peak < 64 << 10
    assert puller.is_good()


# tokens that do not last

class ShortTokens:
    """the proxy wants a token for the layer, and may not want it for long; serves them too"""

    def __init__(self, proxy, large, has_expired):
        self.proxy, self.large, self.has_expired = proxy, large, has_expired
        self.given = 0
        self.used = set()
        proxy.behave = self.behave

    def behave(self, request):
        if request.path.startswith("/token"):
            self.given += 1
            return {"status": 200, "body": b'{"token": "t%d"}' % self.given}
        if not request.path.endswith(self.large.layer["digest"]):
            return {}
        token = request.headers.get("Authorization", "")
        if token != f"Bearer t{self.given}" or self.has_expired(self, token, request):
            realm = f'Bearer realm="http://{self.proxy.address}/token",service="tests"'
            return {"status": 401, "headers": {"WWW-Authenticate": realm}}
        self.used.add(token)
        return {"rate": SLOW}


def test_each_token_is_good_for_one_request(puller, proxy, large):
    """as on a slow line: each part of a layer finds the token expired that the last one had"""
    tokens = ShortTokens(proxy, large, lambda self, token, request: token in self.used)
    puller.pulls(app(proxy), "--parallel", "2")
    assert puller.is_good()
    assert len(tokens.used) > 8, "the layer came in too few parts to tell"


def test_parts_beside_each_other_take_one_new_token(puller, proxy, large):
    """the token that all of them were sent with expires after the first request for the layer"""
    tokens = ShortTokens(proxy, large, lambda self, token, request: (
        token == "Bearer t1" and request.headers.get("Range")))
    puller.pulls(app(proxy), "--parallel", "4")
    assert puller.is_good()
    refused = [headers for _, path, headers in proxy.requests
               if headers.get("Range") and headers.get("Authorization") == "Bearer t1"]
    assert len(refused) > 1, "too few were sent with the old token to tell"
    assert tokens.given == 2


def test_no_token_is_ever_good(puller, proxy, large):
    tokens = ShortTokens(proxy, large, lambda self, token, request: True)
    assert "it wants credentials" in puller.pull_fails(app(proxy))
    assert 1 <= tokens.given <= 10


# unpacked while it comes

def unpack_begins(puller, proxy, *options):
    return start(puller, "unpack", "--tls-verify=false", *options, app(proxy),
                 os.path.join(puller.home, "bundle"))


def staged(puller, name):
    """the file's content below the bundle that is being made; None when it is not there"""
    try:
        with open(os.path.join(puller.home, ".bundle.coracle-unpack/rootfs", name), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def test_entries_are_there_before_the_last_byte(puller, proxy, large):
    """the server waits in the middle of the layer until the first file was seen"""
    proxy.behave = lambda request: ({"stall_at": 12 * MIB} if request.path.endswith(
        large.layer["digest"]) and not request.headers.get("Range") else {})
    process = unpack_begins(puller, proxy, "--parallel", "1")
    try:
        assert proxy.stalled.wait(20)
        end = time.monotonic() + 10
        while staged(puller, "etc/first") != b"first\n" or not staged(puller, "large"):
            assert time.monotonic() < end and process.poll() is None
            time.sleep(0.02)
        assert staged(puller, "etc/last") is None
        assert not os.path.exists(puller.blob(large.layer["digest"]))
    finally:
        proxy.go_on.set()
        _, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    with open(os.path.join(puller.home, "bundle/rootfs/etc/last"), "rb") as file:
        assert file.read() == b"last\n"
    assert puller.is_good()


def test_interrupted_unpack_says_how_it_goes_on(puller, proxy, large):
    """nothing of the bundle stays, and what was fetched does; without parts, it is known how much"""
    proxy.behave = lambda request: ({"stall_at": 12 * MIB} if request.path.endswith(
        large.layer["digest"]) and not request.headers.get("Range") else {})
    process = unpack_begins(puller, proxy, "--parallel", "1")
    assert proxy.stalled.wait(20)
    end = time.monotonic() + 10
    while max(puller.partial().values(), default=0) < 12 * MIB:
        assert time.monotonic() < end and process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "12.0 MiB of 40.0 MiB are kept: the same command goes on from there" in error
    # whoever saw it first: who fetches, or who unpacks
    assert f"image '{app(proxy)}': interrupted" in error or "stopped by a signal" in error
    assert [name for name in os.listdir(puller.home) if "bundle" in name] == []
    proxy.requests.clear()
    proxy.behave = lambda request: {}
    process = unpack_begins(puller, proxy)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert ranges(proxy, large)[0][0] == 12 * MIB
    assert puller.is_good()


def test_wrong_bytes_that_were_unpacked_already_are_removed(puller, proxy, large):
    proxy.behave = slow(large, flip_at=MIB)
    process = unpack_begins(puller, proxy)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "the blob has the digest" in error or "its diff_id" in error
    assert [name for name in os.listdir(puller.home) if "bundle" in name] == []
    assert puller.images() == []


def test_unpack_of_parts(puller, proxy, large):
    proxy.behave = slow(large)
    process = unpack_begins(puller, proxy)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    assert len(ranges(proxy, large)) >= 3
    with open(os.path.join(puller.home, "bundle/rootfs/etc/first"), "rb") as file:
        assert file.read() == b"first\n"
    assert puller.is_good()

"""images pulled from a registry into the store"""

import contextlib
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import time
from email.utils import formatdate

import pytest

from ocilayout import CONFIG, INDEX, LAYER, MANIFEST, Layer, Layout, sha256
from pulling import BIG, image, module_directory, module_proxy, plain, proxy, puller, tls  # noqa: F401
from registryserver import Proxy

from harness.needs import needs
from harness.runtime import TIMEOUT

pytestmark = [needs("root"), pytest.mark.disk]


def app(server):
    return f"{server.address}/test/app:1"


def big_layer(image):
    """digest and size, as they are pushed"""
    with open(image.layout.blob_path(image.layout.manifests[0]["digest"])) as file:
        layer = json.load(file)["layers"][1]
    return layer["digest"], layer["size"]


def test_pull(puller, plain):
    done = puller.pulls(app(plain))
    assert done.stdout.startswith("sha256:")
    assert f"pulled '{app(plain)}': 3 layers, 3.0 MiB" in done.stderr
    assert done.stderr.count(" fetched\n") == 3
    (entry,) = puller.images()
    assert entry["name"] == app(plain)
    assert entry["digest"] == done.stdout.strip()
    assert entry["layers"] == 3
    assert entry["complete"]
    assert puller.is_good()


def test_libcurl_is_loaded_for_registries_only(puller, plain):
    debug = {"LD_DEBUG": "files"}
    assert "file=libcurl.so" in puller.pulls(app(plain), environment=debug).stderr
    listed = puller.succeeds("ls", environment=debug).stderr
    assert "file=libcrypto.so" in listed and "file=libcurl.so" not in listed


def test_without_libcurl(puller, plain, image):
    libraries = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    library = os.path.realpath(re.search(r"libcurl\.so\.4 .*=> (\S+)", libraries)[1])
    hidden = ["unshare", "--mount", "sh", "-ec", f'mount --bind /dev/null {library}; exec "$@"', "sh"]
    command = puller.command
    puller.command = lambda *arguments: hidden + command(*arguments)
    error = puller.pull_fails(app(plain))
    assert "to speak to registries takes libcurl: " in error
    puller.succeeds("unpack", f"oci:{image.layout.directory}:one", os.path.join(puller.home, "bundle"))


def test_pull_again_asks_once(puller, plain, proxy):
    first = puller.pulls(app(proxy))
    proxy.requests.clear()
    done = puller.pulls(app(proxy))
    assert done.stdout == first.stdout
    assert f"the store already has '{app(proxy)}'" in done.stderr
    assert [(method, path) for method, path, _ in proxy.requests] == [
        ("HEAD", "/v2/test/app/manifests/1")]


def test_pull_by_digest(puller, plain, proxy):
    digest = puller.pulls(app(proxy)).stdout.strip()
    proxy.requests.clear()
    name = f"{proxy.address}/test/app@{digest}"
    assert puller.pulls(name).stdout.strip() == digest
    assert proxy.requests == [], "the store knows the digest: nobody is to be asked"
    assert sorted(entry["name"] for entry in puller.images()) == sorted([app(proxy), name])


def test_tag_that_moves(puller, plain, image):
    plain.push(image.layout, "one", "test/moves:1")
    other = Layout(os.path.join(puller.home, "other"))
    other.add_image([Layer().file("other", b"x")], tag="two")
    first = puller.pulls(f"{plain.address}/test/moves:1").stdout
    plain.push(other, "two", "test/moves:1")
    second = puller.pulls(f"{plain.address}/test/moves:1").stdout
    assert first != second
    (entry,) = puller.images()
    assert entry["digest"] == second.strip()
    assert "removed 5 blobs" in puller.succeeds("gc").stderr
    assert puller.is_good()


def test_quiet(puller, plain):
    done = puller.pulls(app(plain), "--quiet")
    assert done.stderr == ""
    assert len(done.stdout) == len("sha256:") + 64 + 1


def test_json(puller, plain, image):
    done = puller.pulls(app(plain), "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.stderr == ""
    assert events[-1]["event"] == "pulled"
    assert events[-1]["name"] == app(plain)
    assert events[-1]["layers"] == 3
    assert events[-1]["fetched"] == events[-1]["size"] > BIG
    digest, size = big_layer(image)
    seen = [event for event in events[:-1] if event["digest"] == digest]
    assert all(event["size"] == size for event in seen)
    assert [seen[-1]["state"], seen[-1]["position"]] == ["fetched", size]
    positions = [event["position"] for event in seen]
    assert positions == sorted(positions)


def on_a_terminal(command, environment, rows, columns):
    """what the program writes to a terminal of this size, and its status"""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen(command, env=environment, stdin=slave, stdout=subprocess.DEVNULL,
                               stderr=slave)
    os.close(slave)
    written = b""
    while True:
        try:
            written += os.read(master, 65536)
        except OSError:  # the other side is closed
            break
    os.close(master)
    return written.decode().replace("\r\n", "\n"), process.wait(timeout=20)


def screens(written):
    """the lines below each other after every change, as a terminal shows them"""
    lines, at = [], 0
    for part in re.split(r"(\n|\033\[\d+A)", written):
        if part == "\n":
            at += 1
        elif part.startswith("\033[") and part.endswith("A"):
            at -= int(part[2:-1])
        elif part:
            lines += [""] * (at + 1 - len(lines))
            lines[at] = part.removeprefix("\r\033[K")
            yield list(lines)


@pytest.mark.parametrize("rows, columns", [(24, 80), (24, 200), (24, 40), (4, 80), (0, 0)])
def test_bars(puller, proxy, image, rows, columns):
    """bytes, rate and time left of each layer, within the screen whatever its size"""
    proxy.behave = lambda request: {"rate": 2 << 20} if is_big(image)(request) else {}
    written, status = on_a_terminal(puller.command("pull", "--tls-verify=false", app(proxy)),
                                    puller.environment(), rows, columns)
    assert status == 0, written
    shown = list(screens(written))
    digest, _ = big_layer(image)
    bars = [line for screen in shown for line in screen if line.startswith("sha256:")]
    assert max(map(len, bars)) < (columns or 80)
    assert max(map(len, shown)) <= max((rows or 24) - 2, 3)
    ours = [line for line in bars if line.startswith(digest[:19])]
    if columns != 40:
        assert any(re.fullmatch(r"\S+ \[=+> *\] [0-9.]+ [KM]iB / 3.0 MiB  [0-9.]+ [KM]iB/s  0:0\d", line)
                   for line in ours), ours
        widths = {line.index("]") - line.index("[") - 1 for line in ours}
        assert widths == {24 if columns == 200 else 16}
    if rows != 4:
        final = [line for line in shown[-1] if " [" in line]
        assert len(final) == 3
        if columns != 40:
            assert all(line.endswith("  fetched") and ">" not in line for line in final)


# what others make of our store, and we of theirs

def test_skopeo_reads_the_store(puller, plain, directory):
    digest = puller.pulls(app(plain)).stdout.strip()
    copy = os.path.join(directory, "copy")
    subprocess.run(["skopeo", "copy", "-q", "--insecure-policy",
                    f"oci:{puller.store}:{app(plain)}", f"oci:{copy}:x"], check=True)
    with open(os.path.join(copy, "index.json")) as file:
        assert json.load(file)["manifests"][0]["digest"] == digest


def test_umoci_reads_the_store(puller, plain, image, directory):
    puller.pulls(app(plain))
    bundle = os.path.join(directory, "bundle")
    subprocess.run(["umoci", "unpack", "--image", f"{puller.store}:{app(plain)}", bundle],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(os.path.join(bundle, "rootfs/big"), "rb") as file:
        assert file.read() == image.big


def test_skopeo_writes_the_store(puller, plain):
    puller.pulls(app(plain))
    subprocess.run(["skopeo", "copy", "-q", "--insecure-policy", "--src-tls-verify=false",
                    f"docker://{app(plain)}", f"oci:{puller.store}:localhost/mine:2"], check=True)
    assert [entry["name"] for entry in puller.images()] == [app(plain), "localhost/mine:2"]
    puller.succeeds("inspect", "localhost/mine:2")
    puller.succeeds("rm", app(plain))
    puller.succeeds("gc")
    puller.succeeds("verify", "localhost/mine:2")


# platforms and kinds of documents

@pytest.fixture(scope="module")
def platforms(plain, module_directory):
    layout = Layout(os.path.join(module_directory, "platforms"))
    manifests = []
    for architecture in ("amd64", "arm64"):
        manifests.append({**layout.manifest([Layer().file("arch", architecture.encode())],
                                            architecture=architecture),
                          "platform": {"os": "linux", "architecture": architecture}})
    attestation = {**layout.manifest([Layer().file("x", b"")]),
                   "platform": {"os": "unknown", "architecture": "unknown"},
                   "annotations": {"vnd.docker.reference.type": "attestation-manifest"}}
    layout.add(layout.blob({"schemaVersion": 2, "mediaType": INDEX,
                            "manifests": [*manifests, attestation]}, INDEX), "all")
    plain.push(layout, "all", "test/platforms:1", "--all")
    return {"name": f"{plain.address}/test/platforms:1",
            "index": layout.manifests[0]["digest"],
            **{entry["platform"]["architecture"]: entry["digest"] for entry in manifests}}


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_platform(puller, platforms, architecture):
    done = puller.pulls(platforms["name"], "--platform", f"linux/{architecture}")
    assert done.stdout.strip() == platforms[architecture]
    (entry,) = puller.images()
    assert entry["platform"].startswith(f"linux/{architecture}")
    assert len(os.listdir(os.path.join(puller.store, "blobs/sha256"))) == 3
    inspected = json.loads(puller.succeeds("inspect", "--platform", f"linux/{architecture}",
                                           platforms["name"]).stdout)
    assert inspected["pulledDigest"] == platforms["index"]


def test_both_platforms(puller, platforms):
    for architecture in ("amd64", "arm64"):
        puller.pulls(platforms["name"], "--platform", f"linux/{architecture}")
    assert [entry["digest"] for entry in puller.images()] == [platforms["amd64"],
                                                              platforms["arm64"]]
    again = puller.pulls(platforms["name"], "--platform", "linux/arm64")
    assert "the store already has" in again.stderr
    puller.succeeds("rm", platforms["name"])
    assert puller.images() == []


def test_no_such_platform(puller, platforms):
    error = puller.pull_fails(platforms["name"], "--platform", "linux/s390x")
    assert "there is no image for linux/s390x: only linux/amd64, linux/arm64" in error


def test_docker_schema_2(puller, plain, image):
    plain.push(image.layout, "one", "test/docker:1", "--format", "v2s2")
    puller.pulls(f"{plain.address}/test/docker:1")
    manifest = json.loads(puller.succeeds("inspect", "--manifest",
                                          f"{plain.address}/test/docker:1").stdout)
    assert manifest["mediaType"] == "application/vnd.docker.distribution.manifest.v2+json"
    assert puller.is_good()


def digest_header(body):
    return {"Docker-Content-Digest": sha256(body)}


def answer_manifest(proxy, document, media_type):
    """the registry has this document under every tag"""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    headers = {"Content-Type": media_type, **digest_header(body)}
    proxy.behave = lambda request: (
        {"status": 200, "headers": headers, "body": b"" if request.command == "HEAD" else body}
        if request.is_manifest else {})


DESCRIPTOR = {"mediaType": CONFIG, "digest": "sha256:" + "0" * 64, "size": 2}

BAD_DOCUMENTS = {
    "index and manifest": (
        {"schemaVersion": 2, "mediaType": INDEX, "manifests": [{**DESCRIPTOR, "mediaType": MANIFEST}],
         "layers": [DESCRIPTOR], "config": DESCRIPTOR}, INDEX, "is it an index or a manifest?"),
    "says another type": (
        {"schemaVersion": 2, "mediaType": INDEX, "layers": [], "config": DESCRIPTOR}, MANIFEST,
        "calls itself"),
    "artifact": (
        {"schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
         "config": {**DESCRIPTOR, "mediaType": "application/vnd.oci.empty.v1+json"}}, MANIFEST,
        "the manifest is an artifact's, not an image's"),
    "schema 1": (
        {"schemaVersion": 1, "name": "a", "fsLayers": []},
        "application/vnd.docker.distribution.manifest.v1+prettyjws", "schema 1"),
    "no JSON": (b"<html>sign in</html>", "text/html", "line 1"),
    "a digest that is a path": (
        {"schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
         "config": {**DESCRIPTOR, "digest": "sha256:../../../../etc/passwd"}}, MANIFEST,
        "config.digest"),
    "a layer's digest that is short": (
        {"schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
         "config": {**DESCRIPTOR, "digest": "sha256:abc"}}, MANIFEST,
        "is not 64 lower-case hexadecimal digits"),
    "a huge configuration": (
        {"schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
         "config": {**DESCRIPTOR, "size": 5 << 20}}, MANIFEST, "at most 4194304 are read"),
    "sizes without a sum": (
        {"schemaVersion": 2, "mediaType": MANIFEST, "config": DESCRIPTOR,
         "layers": [{**DESCRIPTOR, "mediaType": LAYER, "size": 1 << 62}] * 2}, MANIFEST,
        "its 2 layers have more bytes than a file can have"),
    "Docker's schema 1": (
        {"schemaVersion": 1, "name": "test/app", "tag": "1", "fsLayers": [], "history": []},
        "application/vnd.docker.distribution.manifest.v1+prettyjws", "is of Docker's schema 1"),
    "only artifacts": (
        {"schemaVersion": 2, "mediaType": INDEX, "manifests": [
            {**DESCRIPTOR, "mediaType": MANIFEST,
             "platform": {"os": "unknown", "architecture": "unknown"}}]}, INDEX,
        "only artifacts"),
}


@pytest.mark.parametrize("name", BAD_DOCUMENTS)
def test_bad_document(puller, proxy, name):
    document, media_type, message = BAD_DOCUMENTS[name]
    answer_manifest(proxy, document, media_type)
    error = puller.pull_fails(app(proxy))
    assert message in error
    assert f"image '{app(proxy)}'" in error
    assert proxy.blobs() == []


def test_oversized_manifest(puller, proxy):
    answer_manifest(proxy, b" " * ((4 << 20) + 1), MANIFEST)
    assert "the answer has more than 4194304 bytes" in puller.pull_fails(app(proxy))


def test_manifest_that_is_not_what_the_tag_means(puller, proxy):
    proxy.behave = lambda request: ({"body": b"{}"}
                                    if request.is_manifest and request.command == "GET" else {})
    assert "document has the digest" in puller.pull_fails(app(proxy))


# errors of names and connections

def test_each_request_is_in_the_log(puller, plain, image):
    program, *words = puller.command("pull", "--tls-verify=false", app(plain))
    done = subprocess.run([program, "--debug", *words], env=puller.environment(), check=True,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    digest, _ = big_layer(image)
    url = f"http://{plain.address}/v2/test/app/blobs/{digest}"
    assert f"debug: GET {url} from 0 to 0" in done.stderr
    assert f"debug: GET {url}: 200" in done.stderr


@needs("program:strace")
def test_a_blob_is_on_disk_before_it_has_its_name(puller, plain, image, directory):
    trace = os.path.join(directory, "trace")
    subprocess.run(["strace", "-f", "-y", "-o", trace, "-e",
                    "trace=fsync,fdatasync,rename,renameat,renameat2,link,linkat",
                    *puller.command("pull", "--tls-verify=false", app(plain))],
                   env=puller.environment(), check=True, stdout=subprocess.DEVNULL)
    with open(trace, encoding="utf-8") as file:
        lines = file.read().splitlines()
    digests = os.listdir(os.path.join(puller.store, "blobs/sha256"))
    assert len(digests) == 5
    for digest in digests:
        named = next(i for i, line in enumerate(lines)
                     if re.search(rf'rename.*"blobs/sha256/{digest}"', line))
        assert any(re.search(rf"fsync\(.*/partial/sha256-{digest}>\) = 0", line)
                   for line in lines[:named]), digest
        assert any(re.search(r"fsync\(.*/blobs/sha256>\) = 0", line) for line in lines[named:])


def test_no_such_image(puller, plain):
    error = puller.pull_fails(f"{plain.address}/test/nothing:1")
    assert f"registry '{plain.address}': there is no manifest '1' of 'test/nothing'" in error
    assert "manifest unknown" in error  # what the registry says of it


@pytest.mark.parametrize("status", [404, 405, 501])
def test_registry_that_does_not_know_head(puller, proxy, status):
    proxy.behave = lambda request: {"status": status, "body": b""} if request.command == "HEAD" else {}
    puller.pulls(app(proxy))
    assert puller.is_good()


def test_nobody_there(puller):
    error = puller.pull_fails("127.0.0.1:1/a:1", "--attempts", "1")
    assert "registry '127.0.0.1:1': cannot be reached" in error


def test_plain_http_is_not_taken_by_itself(puller, plain):
    error = puller.fails("pull", app(plain))
    assert "it does not speak TLS" in error
    assert "--tls-verify=false" in error


def by_proxy(address, **more):
    return {"http_proxy": f"http://{address}", "https_proxy": f"http://{address}", **more}


def test_proxy(puller, proxy):
    puller.pulls("registry.invalid/test/app:1", environment=by_proxy(proxy.address))
    assert {path.split("/v2/")[0] for _, path, _ in proxy.requests} == {"http://registry.invalid"}


@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
@pytest.mark.parametrize("value", ["x.io,registry.invalid", "*"])
def test_no_proxy(puller, proxy, name, value):
    error = puller.pull_fails("registry.invalid/test/app:1", "--attempts", "1",
                              environment=by_proxy(proxy.address, **{name: value}))
    assert "cannot be reached" in error
    assert proxy.requests == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_no_proxy_for_this_host(puller, plain, host):
    puller.pulls(f"{host}:{plain.port}/test/app:1", "--attempts", "1",
                 environment=by_proxy("127.0.0.1:1", NO_PROXY="x.io"))


@pytest.mark.parametrize("name", ["", "UPPER", "a b", "quay.io/../x", "oci:dir", "a@sha256:1"])
def test_bad_name(puller, name):
    assert f"image '{name}'" in puller.fails("pull", name)


# transfers that go wrong

def first_times(n, bad, is_it=lambda request: request.is_blob):
    """behaves badly for the first n requests that it is about"""
    left = [n]

    def behave(request):
        if not is_it(request) or left[0] == 0:
            return {}
        left[0] -= 1
        return bad
    return behave


def is_big(image):
    digest, _ = big_layer(image)
    return lambda request: request.path.endswith(digest)


def test_cut(puller, proxy, image):
    digest, size = big_layer(image)
    proxy.behave = first_times(2, {"cut_at": 1 << 20}, is_big(image))
    done = puller.pulls(app(proxy))
    assert puller.is_good()
    ranges = [range for path, range in proxy.blobs() if path.endswith(digest)]
    assert ranges == [None, f"bytes={1 << 20}-", f"bytes={2 << 20}-"]
    assert "going on from byte 1048576" in done.stderr


@pytest.mark.parametrize("which", ["HEAD", "GET", "blob"])
def test_cut_in_headers(puller, proxy, which):
    """which libcurl takes for an answer without a body; the first blob is the configuration"""
    proxy.behave = first_times(1, {"cut_in_headers": True}, lambda request: (
        request.is_blob if which == "blob" else request.is_manifest and request.command == which))
    puller.pulls(app(proxy), "--attempts", "2", "--parallel", "1")
    assert puller.is_good()


def test_document_that_stays_wrong(puller, proxy):
    proxy.behave = lambda request: {"cut_in_headers": True} if request.is_blob else {}
    error = puller.pull_fails(app(proxy))
    assert "it has 0 bytes, its descriptor says" in error
    assert len(proxy.blobs()) == 2


def test_cut_by_a_server_without_ranges(puller, proxy, image):
    behave = first_times(1, {"cut_at": 1 << 20}, is_big(image))
    proxy.behave = lambda request: {**behave(request), "ignore_range": True}
    puller.pulls(app(proxy))
    assert puller.is_good()


def test_cut_for_ever(puller, proxy, image):
    proxy.behave = lambda request: {"cut_at": 0} if is_big(image)(request) else {}
    error = puller.pull_fails(app(proxy), "--attempts", "2")
    assert "layer 2 of 3" in error
    digest, _ = big_layer(image)
    assert len([path for path, _ in proxy.blobs() if path.endswith(digest)]) == 2


def test_stall(puller, proxy, image):
    proxy.behave = first_times(1, {"stall_at": 1 << 20}, is_big(image))
    done = puller.pulls(app(proxy), "--stall", str(int(TIMEOUT) // 10))
    assert "going on from byte 1048576" in done.stderr
    assert puller.is_good()


def test_flipped_bit(puller, proxy, image):
    proxy.behave = first_times(1, {"flip_at": 12345}, is_big(image))
    done = puller.pulls(app(proxy))
    assert "fetching it once more" in done.stderr
    assert puller.is_good()


def test_flipped_bit_for_ever(puller, proxy, image):
    digest, _ = big_layer(image)
    proxy.behave = lambda request: {"flip_at": 12345} if is_big(image)(request) else {}
    error = puller.pull_fails(app(proxy))
    assert f"registry '{proxy.address}': blob {digest[:19]}" in error
    assert "has the digest" in error
    assert digest.replace(":", "-") not in puller.partial()  # others may be half there
    assert not os.path.exists(puller.blob(digest))


@pytest.mark.parametrize("more, message", [(b"", "ends after"), (b"xx", "more bytes")])
def test_wrong_size(puller, proxy, image, more, message):
    with open(image.layout.blob_path(big_layer(image)[0]), "rb") as file:
        body = file.read()
    body = body + more if more else body[:-1]
    proxy.behave = lambda request: {"body": body} if is_big(image)(request) else {}
    error = puller.pull_fails(app(proxy), "--attempts", "2")
    assert message in error


def test_other_range_than_was_asked_for(puller, proxy, image):
    cut = first_times(1, {"cut_at": 1 << 20}, is_big(image))
    proxy.behave = lambda request: cut(request) or (
        {"headers": {"Content-Range": "bytes 5-9/10"}} if request.headers.get("Range") else {})
    assert "is another part" in puller.pull_fails(app(proxy))


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_passing_failure(puller, proxy, status):
    proxy.behave = first_times(2, {"status": status, "headers": {"Retry-After": "0"}},
                               lambda request: True)
    done = puller.pulls(app(proxy))
    assert f"it answers with status {status}" in done.stderr
    assert puller.is_good()


def test_retry_after(puller, proxy):
    proxy.behave = first_times(1, {"status": 429, "headers": {"Retry-After": "2"}},
                               lambda request: request.is_manifest)
    begin = time.monotonic()
    done = puller.pulls(app(proxy))
    assert time.monotonic() - begin >= 2
    assert "(too many requests); trying again in 2.1 s" in done.stderr


# as Docker Hub says it
LIMIT = json.dumps({"errors": [{"code": "TOOMANYREQUESTS", "message":
                                "You have reached your pull rate limit."}]}).encode()


@pytest.mark.parametrize("which", ["manifest", "layer"])
@pytest.mark.parametrize("headers, options, hint", [
    ({"Retry-After": "0"}, [], "coracle-unpack login ADDRESS`, if who is known may ask for more, or "
                               "try again later"),
    ({"Retry-After": "0"}, ["--creds", "jim:secret"], "limit.: try again later"),
    ({"Retry-After": "1"}, ["--creds", "jim:secret"], "limit.: try again in 1 s"),
    ({}, ["--creds", "jim:secret"], "limit.: try again later"),
], ids=["unknown", "known", "soon", "it does not say"])
def test_rate_limit(puller, proxy, image, which, headers, options, hint):
    path = "/manifests/" if which == "manifest" else big_layer(image)[0]
    proxy.behave = lambda request: path in request.path and {"status": 429, "body": LIMIT,
                                                             "headers": headers}
    error = puller.pull_fails(app(proxy), "--attempts", "2", *options)
    last = error.splitlines()[-1]
    assert "status 429 (too many requests): You have reached your pull rate limit." in last
    assert hint.replace("ADDRESS", proxy.address) in last
    assert error.count("trying again in" if which == "manifest" else "going on from byte") >= 1


@pytest.mark.parametrize("status, when", [
    (429, lambda: "21600"), (503, lambda: "21600"),
    (429, lambda: formatdate(time.time() + 21590, usegmt=True)),
])
def test_registry_that_asks_for_hours(puller, proxy, status, when):
    """nobody waits so long: it is told at once"""
    proxy.behave = lambda request: request.is_manifest and {
        "status": status, "body": LIMIT, "headers": {"Retry-After": when()}}
    begin = time.monotonic()
    error = puller.pull_fails(app(proxy), "--creds", "jim:secret")
    assert "try again in 360 minutes" in error and "trying again" not in error
    assert time.monotonic() - begin < 30


def test_failure_for_ever(puller, proxy):
    proxy.behave = lambda request: {"status": 500, "headers": {"Retry-After": "0"}}
    error = puller.pull_fails(app(proxy), "--attempts", "3")
    assert "it answers with status 500" in error


def test_what_the_registry_says_is_one_line(puller, proxy):
    body = json.dumps({"errors": [{"code": "DENIED", "message": "no\n\x1b[31mred" + "x" * 999}]})
    proxy.behave = lambda request: {"status": 403, "body": body.encode()}
    error = puller.pull_fails(app(proxy))
    assert "\x1b" not in error
    assert "is denied" in error
    assert len(error.splitlines()) == 1


def warned(done):
    """what the registry's warnings were, as the log has them"""
    return re.findall(r"warning: registry '127.0.0.1:\d+' warns: (.*)", done.stderr)


def test_warnings(puller, proxy):
    """each text once, though it comes with every answer; codes but 299 are for caches"""
    proxy.behave = lambda request: {"headers": {"Warning": [
        '299 - "soon, \\"very\\" soon" "Wed, 21 Oct 2015 07:28:00 GMT", 110 - "stale", 299 - "b\x1b[31m\xe9' + "x" * 999
        + '"', '299 - "another"', '299 - "without end', '299 -', '299']}}
    done = puller.succeeds("pull", "--tls-verify=false", app(proxy))
    assert warned(done) == ['soon, "very" soon', "b?[31m?" + "x" * 393, "another"]
    assert puller.is_good()


def test_warnings_without_end(puller, proxy):
    proxy.behave = lambda request: {"headers": {"Warning": f'299 - "{len(proxy.requests)}", ' + ", ".join(
        f'299 - "{number}"' for number in range(1000, 1030))}}
    assert len(warned(puller.succeeds("pull", "--tls-verify=false", app(proxy)))) == 16


def test_warning_beside_an_error(puller, proxy):
    proxy.behave = lambda request: {"status": 403, "headers": {"Warning": '299 - "your account is closed"'}}
    error = puller.pull_fails(app(proxy))
    assert error.count("your account is closed") == 1 and "is denied" in error


def test_warning_of_whom_a_redirect_leads_to(puller, plain, proxy):
    """is not the registry's"""
    other = Proxy(plain.address)
    other.behave = lambda request: {"headers": {"Warning": '299 - "buy"'}}
    proxy.behave = lambda request: (
        {"redirect": f"http://{other.address}{request.path}"} if request.is_blob else {})
    try:
        done = puller.succeeds("pull", "--tls-verify=false", app(proxy))
    finally:
        other.close()
    assert other.requests and warned(done) == []


# interruptions

def start(puller, name, *options):
    return subprocess.Popen(puller.command("pull", "--tls-verify=false", *options, name),
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env=puller.environment())


def wait_for_partial(puller, size):
    end = time.monotonic() + 20
    while max(puller.partial().values(), default=0) < size:
        assert time.monotonic() < end, "nothing comes"
        time.sleep(0.01)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_interrupted_pull_goes_on(puller, proxy, image, how):
    digest, size = big_layer(image)
    proxy.behave = first_times(1, {"stall_at": 2 << 20}, is_big(image))
    process = start(puller, app(proxy))
    assert proxy.stalled.wait(20)
    wait_for_partial(puller, 2 << 20)
    process.send_signal(how)
    _, error = process.communicate(timeout=20)
    assert process.returncode == (-signal.SIGKILL if how == signal.SIGKILL else 1)
    if how != signal.SIGKILL:
        assert "are kept: the same pull goes on from there" in error
        assert "interrupted" in error
    assert puller.images() == []
    proxy.requests.clear()
    done = puller.pulls(app(proxy))
    assert "goes on at 2.0 MiB of 3.0 MiB" in done.stderr
    assert [(path, range) for path, range in proxy.blobs() if path.endswith(digest)] == [
        (f"/v2/test/app/blobs/{digest}", f"bytes={2 << 20}-")]
    assert puller.is_good()


def test_spoilt_partial_file(puller, proxy, image):
    digest, size = big_layer(image)
    puller.succeeds("ls")
    os.mkdir(os.path.join(puller.store, "partial"))
    with open(os.path.join(puller.store, "partial", digest.replace(":", "-")), "wb") as file:
        file.write(b"x" * 4096)
    done = puller.pulls(app(proxy))
    assert "fetching it once more" in done.stderr
    assert puller.is_good()


def test_pulls_at_the_same_time(puller, proxy):
    proxy.behave = lambda request: {"rate": 4 << 20} if request.is_blob else {}
    processes = [start(puller, app(proxy)) for _ in range(4)]
    said = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, said
    assert len({digest for digest, _ in said}) == 1
    assert len(proxy.blobs()) <= 4 + 3, "a blob was fetched more than once"
    assert puller.is_good()


def wait_for_blob(puller, digest):
    end = time.monotonic() + 20
    while not os.path.exists(puller.blob(digest)):
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.01)


@contextlib.contextmanager
def written_elsewhere(puller, image, member):
    """another process is about to add the document (by now it has its partial file locked)"""
    with open(image.layout.blob_path(image.layout.manifests[0]["digest"])) as file:
        digest = json.load(file)[member]["digest"]
    puller.succeeds("ls")
    os.makedirs(os.path.join(puller.store, "partial"), exist_ok=True)
    with open(os.path.join(puller.store, "partial", digest.replace(":", "-")), "w") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        yield file


def test_document_written_by_another_process(puller, plain, image):
    with written_elsewhere(puller, image, "config") as file:
        process = start(puller, app(plain))
        wait_for_blob(puller, big_layer(image)[0])
        time.sleep(0.5)
        assert process.poll() is None, process.communicate()
        fcntl.lockf(file, fcntl.LOCK_UN)
        _, error = process.communicate(timeout=20)
    assert process.returncode == 0, error
    assert puller.is_good()


def test_document_never_written_by_another_process(puller, plain, image):
    with written_elsewhere(puller, image, "config"):
        error = puller.pull_fails(app(plain))
    assert "another process is fetching the blob 'sha256-" in error
    puller.pulls(app(plain))
    assert puller.is_good()


@pytest.fixture
def hollow(proxy, directory):
    """an image that has a layer of no bytes twice, as no registry takes it; returns its digest"""
    layout = Layout(os.path.join(directory, "hollow"))
    empty = layout.blob(b"", LAYER), sha256(b"")
    manifest = layout.manifest([empty, Layer().file("a", b"1"), empty])
    with open(layout.blob_path(manifest["digest"]), "rb") as file:
        body = file.read()

    def behave(request):
        if request.is_manifest:
            return {"status": 200, "headers": {"Content-Type": MANIFEST, **digest_header(body)},
                    "body": b"" if request.command == "HEAD" else body}
        with open(layout.blob_path(request.path.split("/")[-1]), "rb") as file:
            return {"status": 200, "body": file.read()}
    proxy.behave = behave
    return empty[0]["digest"]


def test_layer_of_no_bytes(puller, proxy, hollow):
    puller.pulls(app(proxy))
    assert puller.is_good()


def test_layer_of_no_bytes_that_another_process_is_fetching(puller, proxy, hollow):
    assert puller.images() == []
    os.mkdir(os.path.join(puller.store, "partial"))
    with open(os.path.join(puller.store, "partial", hollow.replace(":", "-")), "w") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        process = start(puller, app(proxy))
        time.sleep(0.5)
        assert process.poll() is None
        assert not os.path.exists(puller.blob(hollow))
    _, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    assert puller.is_good()


def test_killed_at_any_moment(puller, proxy):
    proxy.behave = lambda request: {"rate": 8 << 20} if request.is_blob else {}
    for delay in range(0, 600, 40):
        process = start(puller, app(proxy))
        time.sleep(delay / 1000)
        process.kill()
        process.communicate()
        puller.succeeds("verify")
    puller.pulls(app(proxy))
    assert puller.is_good()


# redirects

def test_redirect_does_not_take_credentials_along(puller, plain, proxy):
    """CVE-2020-15157: blobs are elsewhere, on another host"""
    other = Proxy(plain.address)
    try:
        proxy.behave = lambda request: (
            {"redirect": f"http://localhost:{other.port}{request.path}"} if request.is_blob else
            {"status": 401, "headers": {"WWW-Authenticate": 'Basic realm="x"'}}
            if "Authorization" not in request.headers else {})
        puller.pulls(app(proxy), "--creds", "jim:se:cret")
        assert len(other.requests) == 4
        assert [headers for _, _, headers in other.requests if "Authorization" in headers] == []
        assert any("Authorization" in headers for _, _, headers in proxy.requests)
    finally:
        other.close()
    assert puller.is_good()


def test_redirect_to_another_port_does_not_either(puller, plain, proxy):
    other = Proxy(plain.address)
    try:
        proxy.behave = lambda request: (
            {"redirect": f"http://{other.address}{request.path}"} if request.is_blob else
            {"status": 401, "headers": {"WWW-Authenticate": 'Basic realm="x"'}}
            if "Authorization" not in request.headers else {})
        puller.pulls(app(proxy), "--creds", "jim:se:cret")
        assert [headers for _, _, headers in other.requests if "Authorization" in headers] == []
    finally:
        other.close()


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://x/"])
def test_redirect_to_another_protocol(puller, proxy, target):
    proxy.behave = lambda request: {"redirect": target} if request.is_blob else {}
    puller.pull_fails(app(proxy), "--attempts", "1")


def test_redirects_without_end(puller, proxy):
    proxy.behave = lambda request: {"redirect": request.path + "x"} if request.is_blob else {}
    puller.pull_fails(app(proxy), "--attempts", "1")
    assert len(proxy.blobs()) <= 12


def test_foreign_layer_is_not_fetched_elsewhere(puller, plain, proxy, directory):
    layout = Layout(os.path.join(directory, "foreign"))
    layer, diff_id = layout.layer(Layer().file("a", b"1"))
    foreign = {**layer, "mediaType": "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
               "urls": [f"http://{proxy.address}/elsewhere"]}
    manifest = layout.manifest([(foreign, diff_id)])
    with open(layout.blob_path(manifest["digest"]), "rb") as file:
        body = file.read()
    with open(layout.blob_path(json.loads(body)["config"]["digest"]), "rb") as file:
        config = file.read()

    def behave(request):
        if request.is_manifest:
            return {"status": 200, "headers": {"Content-Type": MANIFEST, **digest_header(body)},
                    "body": b"" if request.command == "HEAD" else body}
        if request.path.endswith(sha256(config)):
            return {"status": 200, "body": config}
        return {"status": 404}
    proxy.behave = behave
    error = puller.pull_fails(app(proxy))
    assert "is kept outside of the registry" in error
    assert "/elsewhere" not in [path for _, path, _ in proxy.requests]

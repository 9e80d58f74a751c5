"""registries.conf: short names, mirrors, places that are blocked or insecure"""

import json
import os
import subprocess

import pytest

from harness.needs import needs
from pulling import image, module_directory, module_proxy, plain, proxy, puller, tls  # noqa: F401
from registryserver import Proxy

pytestmark = pytest.mark.disk


@pytest.fixture
def other(plain):
    other = Proxy(plain.address)
    yield other
    other.close()


def insecure(*addresses):
    return "".join(f'[[registry]]\nlocation = "{address}"\ninsecure = true\n'
                   for address in addresses)


def test_insecure(puller, plain):
    puller.registries(insecure(plain.address))
    puller.succeeds("pull", f"{plain.address}/test/app:1")


def test_blocked(puller, plain):
    puller.registries(f'[[registry]]\nprefix = "{plain.address}/test"\nblocked = true\n')
    error = puller.pull_fails(f"{plain.address}/test/app:1")
    assert f"registries.conf blocks the registry '{plain.address}/test'" in error


def test_short_name_is_searched_for(puller, plain, proxy, other):
    proxy.behave = lambda request: {"status": 404} if request.is_manifest else {}
    puller.registries(f'unqualified-search-registries = ["{proxy.address}", "{other.address}"]\n'
                      + insecure(proxy.address, other.address))
    done = puller.succeeds("pull", "test/app:1")
    assert f"pulled '{other.address}/test/app:1'" in done.stderr
    assert proxy.requests
    puller.succeeds("inspect", "test/app:1")
    puller.succeeds("verify", "test/app:1")
    puller.succeeds("rm", "test/app:1")
    assert puller.images() == []


def test_ambiguous_short_name(puller, plain, other):
    places = insecure(plain.address, other.address) + f'[aliases]\n"app" = "{plain.address}/test/app"\n'
    search = 'short-name-mode = "enforcing"\nunqualified-search-registries = '
    puller.registries(f'{search}["{plain.address}", "{other.address}"]\n{places}')
    error = puller.pull_fails("test/app:1")
    assert f"write one of {plain.address}/test/app:1, {other.address}/test/app:1" in error
    assert other.requests == []
    puller.succeeds("pull", "app:1")
    puller.succeeds("inspect", "test/app:1")  # what is here is asked of nobody
    puller.registries(f'{search}["{plain.address}"]\n{places}')
    puller.succeeds("pull", "test/app:1")


def test_alias(puller, plain):
    puller.registries(insecure(plain.address) +
                      f'[aliases]\n"app" = "{plain.address}/test/app"\n')
    done = puller.succeeds("pull", "app:1")
    assert f"pulled '{plain.address}/test/app:1'" in done.stderr


def test_prefix_is_replaced(puller, plain):
    puller.registries('[[registry]]\nprefix = "example.org/old"\n'
                      f'location = "{plain.address}/test"\ninsecure = true\n')
    puller.succeeds("pull", "example.org/old/app:1")
    assert [entry["name"] for entry in puller.images()] == ["example.org/old/app:1"]


def mirrored(proxy, other, more=""):
    return (f'[[registry]]\nlocation = "{other.address}"\ninsecure = true\n{more}'
            f'[[registry.mirror]]\nlocation = "{proxy.address}"\ninsecure = true\n')


def test_mirror_comes_first(puller, proxy, other):
    puller.registries(mirrored(proxy, other))
    puller.succeeds("pull", f"{other.address}/test/app:1")
    assert proxy.requests
    assert other.requests == []
    assert [entry["name"] for entry in puller.images()] == [f"{other.address}/test/app:1"]


@pytest.mark.parametrize("status", [404, 403, 500])
def test_mirror_that_does_not_have_it(puller, proxy, other, status):
    proxy.behave = lambda request: {"status": status}
    puller.registries(mirrored(proxy, other))
    done = puller.succeeds("pull", "--attempts", "1", f"{other.address}/test/app:1")
    assert f"mirror '{proxy.address}' is passed over" in done.stderr


@pytest.mark.parametrize("mirror", ["127.0.0.1:1", "mirror.invalid"])
def test_mirror_that_is_not_there(puller, other, mirror):
    """nobody waits for it: there is another place"""
    puller.registries(f'[[registry]]\nlocation = "{other.address}"\ninsecure = true\n'
                      f'[[registry.mirror]]\nlocation = "{mirror}"\n')
    done = puller.succeeds("pull", f"{other.address}/test/app:1")
    assert f"mirror '{mirror}' is passed over" in done.stderr
    assert "trying again" not in done.stderr


@pytest.mark.parametrize("how", [{"status": 503}, {"cut_at": 10}], ids=str)
def test_mirror_that_fails_for_now(puller, proxy, other, how):
    """it is there, and is asked again"""
    left = [how]
    proxy.behave = lambda request: left.pop() if left and request.command == "GET" else {}
    puller.registries(mirrored(proxy, other))
    done = puller.succeeds("pull", f"{other.address}/test/app:1")
    assert "trying again" in done.stderr
    assert other.requests == []


def test_mirror_that_lies_about_layers(puller, proxy, other):
    proxy.behave = lambda request: ({"flip_at": 5} if request.is_blob and request.headers.get("Accept")
                                    == "*/*" and len(proxy.blobs()) > 1 else {})
    puller.registries(mirrored(proxy, other))
    done = puller.succeeds("pull", "--attempts", "1", f"{other.address}/test/app:1")
    assert f"mirror '{proxy.address}' is passed over" in done.stderr
    assert puller.is_good()


def test_mirror_that_lies_and_goes_away(puller, proxy, other):
    """what came of the second try at a blob that was wrong is not kept either"""
    answers = [{"flip_at": 5}, {"flip_at": 5, "cut_at": 100}]  # a layer's, behind the configuration
    proxy.behave = lambda request: (
        (answers.pop(0) if answers else {"status": 404})
        if request.is_blob and len(proxy.blobs()) > 1 else {})
    puller.registries(mirrored(proxy, other))
    done = puller.succeeds("pull", "--attempts", "1", "--parallel", "1", f"{other.address}/test/app:1")
    assert "fetching it once more" in done.stderr
    assert f"mirror '{proxy.address}' is passed over" in done.stderr
    assert puller.is_good()


def test_mirror_by_digest_only(puller, proxy, other):
    puller.registries(mirrored(proxy, other, "mirror-by-digest-only = true\n"))
    digest = puller.succeeds("pull", f"{other.address}/test/app:1").stdout.strip()
    assert proxy.requests == []
    puller.succeeds("rm", digest)
    puller.succeeds("gc")
    puller.succeeds("pull", f"{other.address}/test/app@{digest}")
    assert proxy.requests


def wants_password(request):
    return ({"status": 401, "headers": {"WWW-Authenticate": 'Basic realm="x"'}}
            if "Authorization" not in request.headers else {})


def has_got_password(server):
    return any("Authorization" in headers for _, _, headers in server.requests)


def test_given_password_is_not_for_mirrors(puller, proxy, other):
    proxy.behave = other.behave = wants_password
    puller.registries(mirrored(proxy, other))
    puller.succeeds("pull", "--creds", "jim:secret", f"{other.address}/test/app:1")
    assert proxy.requests and not has_got_password(proxy)
    assert has_got_password(other)


def test_given_password_is_not_for_another_location(puller, proxy):
    """but what is kept for that is"""
    proxy.behave = wants_password
    puller.registries(f'[[registry]]\nprefix = "example.org"\nlocation = "{proxy.address}"\ninsecure = true\n')
    arguments = ["pull", "--creds", "jim:secret", "example.org/test/app:1"]
    assert "it wants credentials" in puller.fails(*arguments)
    assert not has_got_password(proxy)
    os.makedirs(f"{puller.home}/.docker")
    with open(f"{puller.home}/.docker/config.json", "w") as file:
        json.dump({"auths": {proxy.address: {"username": "ann", "password": "other"}}}, file)
    puller.succeeds(*arguments)


@pytest.mark.parametrize("text, message", [
    ("nonsense", "line 1"),
    ('[[registry]]\nlocation = 1', "registry.location is not a string"),
    ("[registries.search]\nregistries = ['a']", "version 1"),
])
def test_bad_file(puller, plain, text, message):
    puller.registries(text)
    error = puller.fails("pull", f"{plain.address}/test/app:1")
    assert message in error
    assert puller.conf in error


def test_drop_in_files(puller, plain):
    """the user's own, beside the system's"""
    place = os.path.join(puller.home, ".config/containers/registries.conf.d")
    os.makedirs(place)
    with open(os.path.join(place, "10-test.conf"), "w") as file:
        file.write(insecure(plain.address))
    with open(os.path.join(place, "20-test.conf"), "w") as file:
        file.write(f'[aliases]\n"an-app-of-the-tests" = "{plain.address}/test/app"\n')
    with open(os.path.join(place, "README"), "w") as file:
        file.write("not TOML")
    puller.succeeds("pull", "an-app-of-the-tests:1", environment={"CONTAINERS_REGISTRIES_CONF": ""})


@needs("root")
@pytest.mark.parametrize("has_own", [False, True])
def test_files_of_the_system(puller, plain, directory, has_own):
    """who has a registries.conf of his own has drop-in files of his own, too"""
    system, own = os.path.join(directory, "etc"), os.path.join(puller.home, ".config/containers")
    os.makedirs(os.path.join(system, "registries.conf.d"))
    with open(os.path.join(system, "registries.conf.d/blocked.conf"), "w") as file:
        file.write(f'[[registry]]\nlocation = "{plain.address}"\nblocked = true\n')
    if has_own:
        os.makedirs(own)
        with open(os.path.join(own, "registries.conf"), "w") as file:
            file.write(insecure(plain.address))
    done = subprocess.run(["unshare", "--mount", "sh", "-c",
                           'mount --bind "$1" /etc/containers && shift && exec "$@"', "sh", system,
                           *puller.command("pull", f"{plain.address}/test/app:1")],
                          env=puller.environment(CONTAINERS_REGISTRIES_CONF=""), stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True)
    assert done.returncode == (0 if has_own else 1), done.stderr
    assert ("blocks the registry" in done.stderr) == (not has_own)

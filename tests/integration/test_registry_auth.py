"""registries that want to know who asks: tokens, passwords, certificates, credential helpers"""

import base64
import fcntl
import http.server
import json
import os
import re
import shutil
import subprocess
import termios
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pulling import Puller, image, module_directory, plain, puller, tls  # noqa: F401
from registryserver import Proxy, Registry, Server, Tls, Tokens

USERS = {"jim": "se:cret", "ann": "other"}
JIM = "jim:se:cret"

from harness.needs import needs
from harness.terminal import Terminal

pytestmark = [needs("root"), pytest.mark.disk]


def app(server):
    return f"{server.address}/test/app:1"


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def write_auth(path, document):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        json.dump(document, file)


@pytest.fixture(scope="module")
def with_passwords(module_directory, image):
    registry = Registry(os.path.join(module_directory, "passwords"), users=USERS)
    registry.push(image.layout, "one", "test/app:1")
    yield registry
    registry.close()


@pytest.fixture(scope="module")
def tokens(tls):
    server = Tokens(tls, USERS)
    yield server
    server.close()


@pytest.fixture(scope="module")
def with_tokens(module_directory, image, tokens):
    registry = Registry(os.path.join(module_directory, "tokens"), tokens=tokens)
    registry.push(image.layout, "one", "test/app:1")
    registry.push(image.layout, "one", "team/app:1")
    yield registry
    registry.close()


@pytest.fixture(scope="module")
def with_tls(module_directory, image, tls):
    registry = Registry(os.path.join(module_directory, "with-tls"), tls=tls)
    registry.push(image.layout, "one", "test/app:1")
    yield registry
    registry.close()


@pytest.fixture(autouse=True)
def forget(tokens):
    tokens.requests.clear()
    tokens.member = "token"
    tokens.lifetime = 300


# passwords

def test_password(puller, with_passwords):
    puller.pulls(app(with_passwords), "--creds", JIM)
    assert puller.is_good()


def test_no_password(puller, with_passwords):
    error = puller.pull_fails(app(with_passwords))
    assert f"registry '{with_passwords.address}': manifest '1': it wants credentials" in error
    assert f"`coracle-unpack login {with_passwords.address}`" in error


def test_wrong_password(puller, with_passwords):
    error = puller.pull_fails(app(with_passwords), "--creds", "jim:wrong")
    assert "the credentials are not accepted" in error
    assert "wrong" not in error


@pytest.mark.parametrize("creds", ["jim", ":x", ""])
def test_creds_that_are_none(puller, with_passwords, creds):
    assert "option '--creds'" in puller.pull_fails(app(with_passwords), "--creds", creds)


# tokens

def test_anonymous_token_is_refused(puller, with_tokens):
    assert "wants credentials" in puller.pull_fails(app(with_tokens))


@pytest.mark.parametrize("member", ["token", "access_token"])
def test_token(puller, with_tokens, tokens, member):
    tokens.member = member
    puller.pulls(app(with_tokens), "--creds", JIM)
    (method, query, authorization), = tokens.requests
    assert method == "GET"
    assert query["scope"] == ["repository:test/app:pull"]
    assert query["service"] == ["tests"]
    assert authorization == "Basic " + encoded(JIM)
    assert puller.is_good()


def test_identity_token(puller, with_tokens, tokens):
    write_auth(os.path.join(puller.home, "auth.json"), {"auths": {
        with_tokens.address: {"auth": encoded("00000000:x"), "identitytoken": "identity-of-jim"}}})
    puller.pulls(app(with_tokens), "--authfile", os.path.join(puller.home, "auth.json"))
    (method, query, authorization), = tokens.requests
    assert method == "POST"
    assert query["grant_type"] == ["refresh_token"]
    assert authorization is None


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_scope_of_several_entries(puller, with_tokens, tokens, method):
    """a query has a parameter for each, a form of OAuth 2 one for all"""
    proxy = Proxy(with_tokens.address)
    entries = ["repository:test/app:pull", "repository:team/app:pull"]
    proxy.behave = lambda request: {} if "Authorization" in request.headers else {
        "status": 401, "headers": {"WWW-Authenticate": f'Bearer realm="{tokens.url}",service="tests",'
                                                       f'scope="{" ".join(entries)}"'}}
    auth = {"auth": encoded(JIM), **({"identitytoken": tokens.identity_token} if method == "POST" else {})}
    write_auth(os.path.join(puller.home, ".docker/config.json"), {"auths": {proxy.address: auth}})
    try:
        puller.pulls(app(proxy))
    finally:
        proxy.close()
    (used, query, _), = tokens.requests
    assert used == method
    assert query["scope"] == (entries if method == "GET" else [" ".join(entries)])
    assert puller.is_good()


def test_token_that_expires_meanwhile(puller, with_tokens, tokens):
    """every blob's request finds the last token expired"""
    proxy = Proxy(with_tokens.address)
    seen = set()

    def behave(request):
        authorization = request.headers.get("Authorization")
        if request.is_blob and authorization and request.path not in seen:
            seen.add(request.path)
            return {"status": 401, "headers": {
                "WWW-Authenticate": f'Bearer realm="{tokens.url}",service="tests",'
                                    'scope="repository:test/app:pull",error="invalid_token"'}}
        return {}
    proxy.behave = behave
    try:
        puller.pulls(app(proxy), "--creds", JIM)
    finally:
        proxy.close()
    assert len(seen) == 4
    assert puller.is_good()


@pytest.mark.parametrize("body, message", [
    (b"{}", "there is no token in its answer"),
    (b"nonsense", "malformed"),
    (b'{"token":"a\\r\\nX-Evil: 1"}', "there is no token in its answer"),
    (b'{"token":""}', "there is no token in its answer"),
    (b" " * ((1 << 20) + 1), "the answer has more than 1048576 bytes"),
], ids=["empty", "nonsense", "header", "blank", "large"])
def test_bad_token(puller, with_tokens, tokens, monkeypatch, body, message):
    monkeypatch.setattr(tokens, "body", lambda query: body)
    error = puller.pull_fails(app(with_tokens), "--creds", JIM)
    assert message in error
    assert f"token server '{tokens.url}'" in error


def challenging(server, challenge):
    proxy = Proxy(server.address)
    proxy.behave = lambda request: {"status": 401, "headers": {"WWW-Authenticate": challenge}}
    return proxy


@pytest.mark.parametrize("realm", ["file:///etc/passwd", "ftp://x/y", "https://", "https:///x",
                                   "https://a b/", "nowhere"])
def test_bad_realm(puller, plain, realm):
    proxy = challenging(plain, f'Bearer realm="{realm}"')
    try:
        error = puller.pull_fails(app(proxy), "--creds", JIM)
    finally:
        proxy.close()
    assert "token server" in error


def test_challenge_for_ever(puller, plain, tokens):
    proxy = challenging(plain, f'Bearer realm="{tokens.url}",service="tests"')
    try:
        puller.pull_fails(app(proxy), "--creds", JIM)
        assert len(proxy.requests) < 10
    finally:
        proxy.close()


def test_credentials_do_not_go_in_the_clear(puller, tls, tokens):
    """a registry that is reached by https sends us to a token server without"""
    upstream = Proxy("127.0.0.1:1", tls)
    upstream.behave = lambda request: {"status": 401, "headers": {
        "WWW-Authenticate": f'Bearer realm="{tokens.url}",service="tests"'}}
    tls.trust(puller.home, upstream.address)
    try:
        error = puller.fails("pull", "--creds", JIM, app(upstream))
    finally:
        upstream.close()
    assert "is not reached by https: credentials are not sent there" in error
    assert tokens.requests == []


def test_token_server_that_another_host_names(puller, plain, tokens):
    """where a redirect has led, anybody may wait for a password"""
    registry, other = Proxy(plain.address), Proxy(plain.address)
    challenge = {"WWW-Authenticate": f'Bearer realm="{tokens.url}",service="x"'}
    registry.behave = lambda request: (
        {"redirect": f"http://{other.address}{request.path}"} if request.is_blob else {})
    other.behave = lambda request: {"status": 401, "headers": challenge}
    try:
        error = puller.pull_fails(app(registry), "--creds", JIM)
    finally:
        registry.close()
        other.close()
    assert other.requests
    assert tokens.requests == []
    assert "it leads to another host, which wants credentials" in error


class ElsewhereHandler(http.server.BaseHTTPRequestHandler):
    """a token server that sends who asks to another"""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(307)
        self.send_header("Location", self.server_object.target)
        self.send_header("Content-Length", "0")
        self.end_headers()


def test_identity_token_does_not_follow_a_redirect(puller, plain, tokens):
    registry, elsewhere = Proxy(plain.address), Server(ElsewhereHandler)
    elsewhere.target = tokens.url
    registry.behave = lambda request: {
        "status": 401, "headers": {"WWW-Authenticate": f'Bearer realm="http://{elsewhere.address}/"'}}
    write_auth(os.path.join(puller.home, ".docker/config.json"),
               {"auths": {registry.address: {"identitytoken": tokens.identity_token}}})
    try:
        error = puller.pull_fails(app(registry))
    finally:
        registry.close()
        elsewhere.close()
    assert tokens.requests == []
    assert "token: it answers with status 307" in error


# where credentials come from

@pytest.mark.parametrize("place", ["run/containers/auth.json", ".config/containers/auth.json",
                                   ".docker/config.json"])
def test_auth_files(puller, with_passwords, place):
    write_auth(os.path.join(puller.home, place),
               {"auths": {with_passwords.address: {"auth": encoded(JIM)}}})
    puller.pulls(app(with_passwords))


def test_auth_file_by_environment(puller, with_passwords):
    path = os.path.join(puller.home, "elsewhere.json")
    write_auth(path, {"auths": {with_passwords.address: {"auth": encoded(JIM)}}})
    puller.pulls(app(with_passwords), environment={"REGISTRY_AUTH_FILE": path})


def test_named_auth_file_that_is_not_there(puller, plain):
    path = os.path.join(puller.home, "auth.json")
    assert f"credentials: open '{path}'" in puller.pull_fails(app(plain), "--authfile", path)
    puller.pulls(app(plain), environment={"REGISTRY_AUTH_FILE": path})  # where login would put it


def test_first_file_counts(puller, with_passwords):
    for place, creds in (("run/containers/auth.json", JIM), (".docker/config.json", "jim:wrong")):
        write_auth(os.path.join(puller.home, place),
                   {"auths": {with_passwords.address: {"auth": encoded(creds)}}})
    puller.pulls(app(with_passwords))


@pytest.mark.parametrize("keys, who", [
    (["", "/team"], "/team"), (["/team/app", "/team", ""], "/team/app"), (["/other", ""], ""),
    (["/te", ""], ""), (["/team/app/more", "/team"], "/team"),
])
def test_namespaces(puller, with_tokens, tokens, keys, who):
    auths = {with_tokens.address + key: {"auth": encoded(JIM if key == who else f"x{i}:y")}
             for i, key in enumerate(keys)}
    write_auth(os.path.join(puller.home, "run/containers/auth.json"), {"auths": auths})
    puller.pulls(f"{with_tokens.address}/team/app:1")
    assert tokens.requests[0][2] == "Basic " + encoded(JIM)


@pytest.mark.parametrize("key", ["https://{}", "http://{}/", "https://{}/v1/", "https://{}/v2/"])
def test_keys_as_docker_writes_them(puller, with_passwords, key):
    write_auth(os.path.join(puller.home, ".docker/config.json"),
               {"auths": {key.format(with_passwords.address): {"auth": encoded(JIM)}},
                "HttpHeaders": {"User-Agent": "Docker-Client"}, "detachKeys": "ctrl-e,e"})
    puller.pulls(app(with_passwords))


def test_key_without_more_counts_first(puller, with_passwords):
    """docker's of old may stand beside it"""
    address = with_passwords.address
    write_auth(os.path.join(puller.home, ".docker/config.json"),
               {"auths": {f"https://{address}": {"auth": encoded("jim:old")}, address: {"auth": encoded(JIM)}}})
    puller.pulls(app(with_passwords))


@pytest.mark.parametrize("text, message", [
    ("{", "malformed at line 1"), ('{"auths":[]}', "malformed at auths"),
    ('{"auths":{"%s":{"auth":"###"}}}', "'auth' is not base64"),
    ('{"auths":{"%s":{"auth":"' + encoded("nocolon") + '"}}}', "not the base64 of USER:PASSWORD"),
])
def test_bad_auth_file(puller, with_passwords, text, message):
    path = os.path.join(puller.home, "auth.json")
    with open(path, "w") as file:
        file.write(text.replace("%s", with_passwords.address))
    error = puller.pull_fails(app(with_passwords), "--authfile", path)
    assert message in error
    assert path in error


def write_helper(directory, name, script):
    path = os.path.join(directory, f"docker-credential-{name}")
    with open(path, "w") as file:
        file.write("#!/bin/sh\n" + script)
    os.chmod(path, 0o755)
    return {"PATH": f"{directory}:{os.environ['PATH']}"}


ANSWER = """read -r server
[ "$1" = get ] || exit 9
printf '{"ServerURL":"%s","Username":"%s","Secret":"%s"}' "$server" jim se:cret
"""


@pytest.mark.parametrize("document", [
    lambda address: {"credHelpers": {address: "test"}},
    lambda address: {"credsStore": "test"},
    lambda address: {"credsStore": "test", "auths": {address: {}}},
    lambda address: {"credHelpers": {address: "test"}, "credsStore": "missing",
                     "auths": {address: {"auth": encoded("x:y")}}},
])
def test_credential_helper(puller, with_passwords, document):
    environment = write_helper(puller.home, "test", ANSWER)
    write_auth(os.path.join(puller.home, ".docker/config.json"), document(with_passwords.address))
    puller.pulls(app(with_passwords), environment=environment)


def test_helper_that_gives_an_identity_token(puller, with_tokens, tokens):
    environment = write_helper(puller.home, "test", ANSWER.replace("jim se:cret",
                                                                   "'<token>' identity-of-jim"))
    write_auth(os.path.join(puller.home, ".docker/config.json"), {"credsStore": "test"})
    puller.pulls(app(with_tokens), environment=environment)
    assert tokens.requests[0][0] == "POST"


@pytest.mark.parametrize("script, message", [
    ("echo broken; exit 3", "failed for"),
    ("echo '{'", "the answer of 'docker-credential-test'"),
    ("head -c 2000000 /dev/zero", "has more than"),
])
def test_bad_helper(puller, with_passwords, script, message):
    environment = write_helper(puller.home, "test", script)
    write_auth(os.path.join(puller.home, ".docker/config.json"),
               {"credHelpers": {with_passwords.address: "test"}})
    assert message in puller.pull_fails(app(with_passwords), environment=environment)


def test_helper_that_does_not_end(directory, with_passwords):
    """it is killed, and what it has said is not used; two at once, for each is given half a minute"""
    scripts = {"silent": "exec sleep 1000", "said": ANSWER + "exec sleep 1000 >&-"}
    messages = {"silent": "has not answered within 30 seconds", "said": "has not ended within 30 seconds"}

    def pull(name):
        os.mkdir(os.path.join(directory, name))
        puller = Puller(os.path.join(directory, name))
        pid = os.path.join(puller.home, "pid")
        environment = write_helper(puller.home, "test", f"echo $$ > {pid}\n{scripts[name]}")
        write_auth(os.path.join(puller.home, ".docker/config.json"), {"credsStore": "test"})
        begin = time.monotonic()
        error = puller.pull_fails(app(with_passwords), environment=environment)
        return pid, error, time.monotonic() - begin

    with ThreadPoolExecutor() as pool:
        results = dict(zip(scripts, pool.map(pull, scripts)))
    for name, (pid, error, took) in results.items():
        assert f"'docker-credential-test' {messages[name]}" in error
        assert 29 < took < 45, name
        with open(pid) as file:
            assert not os.path.exists(f"/proc/{file.read().strip()}"), name


def test_helper_that_knows_nothing(puller, with_passwords):
    environment = write_helper(puller.home, "test",
                               "echo 'credentials not found in native keychain'; exit 1")
    write_auth(os.path.join(puller.home, ".docker/config.json"), {"credsStore": "test"})
    assert "it wants credentials" in puller.pull_fails(app(with_passwords),
                                                       environment=environment)


@pytest.mark.parametrize("name, message", [
    ("missing", "there is no program 'docker-credential-missing'"),
    ("../../bin/sh", "is no credential helper's name"),
])
def test_no_helper(puller, with_passwords, name, message):
    write_auth(os.path.join(puller.home, ".docker/config.json"), {"credsStore": name})
    assert message in puller.pull_fails(app(with_passwords))


# login, logout

def login(puller, server, *options, password="se:cret\n", **more):
    return puller.run("login", "--tls-verify=false", "--username", "jim", "--password-stdin",
                      *options, server.address, input=password, **more)


@pytest.mark.parametrize("which", [0, 1], ids=["with_passwords", "with_tokens"])
def test_login(puller, with_passwords, with_tokens, which):
    server = (with_passwords, with_tokens)[which]
    done = login(puller, server)
    assert done.returncode == 0, done.stderr
    path = os.path.join(puller.home, "run/containers/auth.json")
    assert f"logged in to '{server.address}': kept in '{path}'" in done.stderr
    assert os.stat(path).st_mode & 0o777 == 0o600
    with open(path) as file:
        assert json.load(file) == {"auths": {server.address: {"auth": encoded(JIM)}}}
    puller.pulls(app(server))
    assert "logged out" in puller.succeeds("logout", server.address).stderr
    assert "holds no credentials" in puller.fails("logout", server.address)
    assert "wants credentials" in puller.fails("pull", "--tls-verify=false", f"{app(server)}2")


def test_login_for_a_part_of_a_registry(puller, with_passwords):
    address = with_passwords.address
    arguments = ["login", "--tls-verify=false", "--username", "jim", "--password", "se:cret"]
    puller.succeeds(*arguments, f"{address}/team")
    assert "wants credentials" in puller.pull_fails(app(with_passwords))
    puller.succeeds(*arguments, f"{address}/test")
    puller.pulls(app(with_passwords))
    puller.succeeds("logout", f"{address}/team")
    assert "holds no credentials" in puller.fails("logout", address)
    with open(os.path.join(puller.home, "run/containers/auth.json")) as file:
        assert list(json.load(file)["auths"]) == [f"{address}/test"]


def test_login_keeps_what_others_wrote(puller, with_passwords):
    path = os.path.join(puller.home, "auth.json")
    write_auth(path, {"auths": {"quay.io": {"auth": encoded("a:b")}}, "credHelpers": {"x.io": "y"}})
    assert login(puller, with_passwords, "--authfile", path).returncode == 0
    assert login(puller, with_passwords, "--authfile", path).returncode == 0
    with open(path) as file:
        document = json.load(file)
    assert sorted(document["auths"]) == sorted(["quay.io", with_passwords.address])
    assert document["credHelpers"] == {"x.io": "y"}


DOCKERS = """{
    "HttpHeaders" : { "User-Agent": "x, {\\"auths\\": []}" },
    "auths": {
        "https:\\/\\/quay.io\\/v1\\/": { "auth": "YTpi", "email": "a@b", "list": [1, {"x": "]"}] },
        "b.io": {}
    },
    "proxies": {"default": {"httpProxy": "http://p:1"}}, "psFormat": "table"
}
"""


@pytest.mark.parametrize("text", [
    DOCKERS, "{}", "", " ", '{"auths":{}}', '{"auths": null, "psFormat": "x"}', '{"psFormat": "x"}',
    '{"x": [], "auths": {"a.io": {"auth": "YTpi"}}}'])
def test_login_keeps_settings_that_are_not_its(puller, with_passwords, text):
    """docker's config.json may be the file, and a link may lead to it"""
    real, path = (os.path.join(puller.home, name) for name in ("real.json", "config.json"))
    with open(real, "w") as file:
        file.write(text)
    os.symlink("real.json", path)
    before = json.loads(text.strip() or "{}")
    auths = before.pop("auths", None) or {}
    for _ in range(2):
        assert login(puller, with_passwords, "--authfile", path).returncode == 0
        with open(path) as file:
            after = json.load(file)
        entry = after["auths"].pop(with_passwords.address)
        assert list(entry) == ["auth"] and after.pop("auths") == auths and after == before
    assert os.readlink(path) == "real.json" and os.stat(real).st_mode & 0o777 == 0o600
    puller.succeeds("logout", "--authfile", path, with_passwords.address)
    with open(path) as file:
        assert json.load(file) == {**before, "auths": auths}
    if text == DOCKERS:
        puller.succeeds("logout", "--authfile", path, "quay.io")
        with open(path) as file:
            assert json.load(file) == {**before, "auths": {"b.io": {}}}


def test_logouts_at_the_same_time(puller):
    path = os.path.join(puller.home, "auth.json")
    names = [f"r{i}.io" for i in range(24)]
    write_auth(path, {"auths": {name: {"auth": encoded("a:b")} for name in [*names, "last.io"]}})
    running = [subprocess.Popen(puller.command("logout", "--authfile", path, name),
                                env=puller.environment(), stderr=subprocess.DEVNULL)
               for name in names]
    assert [process.wait(timeout=30) for process in running] == [0] * len(names)
    with open(path) as file:
        assert list(json.load(file)["auths"]) == ["last.io"]


def test_logout_while_another_has_the_lock(puller):
    path = os.path.join(puller.home, "auth.json")
    write_auth(path, {"auths": {"x.io": {"auth": "YTpi"}}})
    holder = os.open(puller.home, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    try:
        error = puller.fails("logout", "--authfile", path, "x.io")
    finally:
        os.close(holder)
    assert f"another process has the directory '{puller.home}' locked" in error
    puller.succeeds("logout", "--authfile", path, "x.io")


def test_login_with_a_wrong_password(puller, with_passwords):
    done = login(puller, with_passwords, password="wrong")
    assert done.returncode == 1
    assert "the credentials are not accepted" in done.stderr
    assert not os.path.exists(os.path.join(puller.home, "run"))


@pytest.mark.parametrize("arguments, message", [
    (["--password-stdin", "x.io"], "needs '--username'"),
    (["x.io"], "there is no terminal"),
    (["--username", "a:b", "--password", "c", "x.io"], "has a ':' in it"),
    (["--username", "a", "--password", "b", "https://x.io"], "is no HOST[:PORT]"),
    (["--username", "a", "--password", "b", "x.io/Team"], "is no HOST[:PORT][/PATH]"),
    (["--username", "a", "--password", "b", "x.io/"], "is no HOST[:PORT][/PATH]"),
])
def test_bad_login(puller, arguments, message):
    assert message in puller.fails("login", *arguments, stdin=subprocess.DEVNULL)


def test_interrupted_login_leaves_the_terminal_as_it_was(puller):
    with Terminal() as terminal:
        before = terminal.attributes()
        process = subprocess.Popen(puller.command("login", "--username", "jim", "x.io"),
                                   env=puller.environment(), **terminal.keywords())
        deadline = time.monotonic() + 30
        while terminal.attributes() == before and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not terminal.attributes()[3] & termios.ECHO
        terminal.type("\x03")
        assert process.wait(timeout=30) == 1
        assert terminal.attributes() == before
        assert "interrupted" in terminal.read_until("interrupted")


def test_login_by_registries_conf(puller, with_passwords):
    arguments = ["login", "--username", "jim", "--password", "se:cret", with_passwords.address]
    assert "insecure = true in registries.conf" in puller.fails(*arguments)
    puller.registries(f'[[registry]]\nlocation = "{with_passwords.address}"\ninsecure = true\n')
    puller.succeeds(*arguments)
    puller.registries(f'[[registry]]\nlocation = "{with_passwords.address}"\nblocked = true\n')
    assert "blocks the registry" in puller.fails(*arguments)


def test_logout_of_dockers_hub(puller):
    """which docker has another name for"""
    path = os.path.join(puller.home, "config.json")
    write_auth(path, {"auths": {"https://index.docker.io/v1/": {"auth": "YTpi"}, "docker.io": {"auth": "YTpi"},
                                "x.io": {}}})
    puller.succeeds("logout", "--authfile", path, "docker.io")
    with open(path) as file:
        assert json.load(file) == {"auths": {"x.io": {}}}
    assert "holds no credentials" in puller.fails("logout", "--authfile", path, "docker.io")


# certificates

def test_authority_in_certs_d(puller, with_tls, tls):
    tls.trust(puller.home, with_tls.address)
    puller.succeeds("pull", app(with_tls))
    assert puller.is_good()


def test_all_by_one_connection_of_http_2(puller, with_tls, tls, directory):
    """what the server says of it, and what the kernel was asked for"""
    tls.trust(puller.home, with_tls.address)
    trace = os.path.join(directory, "trace")
    with open(with_tls.log, encoding="utf-8") as log:
        log.seek(0, os.SEEK_END)
        subprocess.run(["strace", "-f", "-o", trace, "-e", "trace=connect",
                        *puller.command("pull", "--parallel", "1", app(with_tls))],
                       check=True, env=puller.environment(), stdout=subprocess.DEVNULL)
        requests = re.findall(r'"(?:GET|HEAD) (/v2/\S*) (HTTP/[0-9.]+)"', log.read())
    assert len([path for path, _ in requests if "/blobs/" in path]) == 4
    assert {protocol for _, protocol in requests} == {"HTTP/2.0"}
    with open(trace, encoding="utf-8") as file:
        assert len(re.findall(rf"htons\({with_tls.port}\)", file.read())) == 1


def with_certificates(place, command):
    """the command where the system's certificates are those"""
    return ["unshare", "--mount", "sh", "-c",
            'mount --bind "$1" /etc/ssl/certs && shift && exec "$@"', "sh", place, *command]


@pytest.mark.parametrize("is_beside", [False, True])
@pytest.mark.parametrize("files", [["hashed"], ["bundle"], ["bundle", "stranger"],
                                   ["bundle", "hashed"]], ids="+".join)
def test_authority_of_the_system(puller, with_tls, tls, directory, files, is_beside):
    """found by its name's hash, or else in the bundle that has all; also beside those of certs.d"""
    if is_beside:
        Tls(os.path.join(directory, "other"), "another").trust(puller.home, with_tls.address)
    place = os.path.join(directory, "certs")
    os.mkdir(place)
    name = subprocess.run(["openssl", "x509", "-hash", "-noout", "-in", tls.authority], check=True,
                          stdout=subprocess.PIPE, text=True).stdout.strip()
    names = {"hashed": f"{name}.0", "bundle": "ca-certificates.crt", "stranger": "0123abcd.0"}
    for file in files:
        shutil.copy(tls.cert if file == "stranger" else tls.authority,
                    os.path.join(place, names[file]))
    subprocess.run(with_certificates(place, puller.command("pull", app(with_tls))),
                   check=True, env=puller.environment(), stdout=subprocess.DEVNULL)
    assert puller.is_good()


def test_no_authority_at_all(puller, with_tls, directory):
    place = os.path.join(directory, "certs")
    os.mkdir(place)
    done = subprocess.run(with_certificates(place, puller.command("pull", app(with_tls))), check=False,
                          env=puller.environment(), stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert f"registry '{with_tls.address}': the host has no certificates of authorities" in done.stderr
    assert "install the package ca-certificates" in done.stderr


def test_unknown_authority(puller, with_tls):
    error = puller.fails("pull", app(with_tls))
    assert f"registry '{with_tls.address}': its certificate is not trusted" in error
    assert f"/etc/containers/certs.d/{with_tls.address}/ca.crt" in error


def test_unknown_authority_is_taken_when_asked_to(puller, with_tls):
    puller.pulls(app(with_tls))


def test_certificate_of_another_host(puller, with_tls, tls, directory):
    """the name is checked too"""
    tls.trust(puller.home, f"127.0.0.2:{with_tls.port}")
    proxy = Proxy(with_tls.address, tls)
    try:
        error = puller.fails("pull", "--attempts", "1", f"127.0.0.2:{proxy.port}/test/app:1")
    finally:
        proxy.close()
    assert "cannot be reached" in error or "is not trusted" in error


def test_certificate_without_key(puller, with_tls):
    place = os.path.join(puller.home, ".config/containers/certs.d", with_tls.address)
    os.makedirs(place)
    with open(os.path.join(place, "client.cert"), "w") as file:
        file.write("x")
    assert "needs its key" in puller.fails("pull", app(with_tls))


def test_client_certificate(puller, tls, directory, plain):
    import ssl
    proxy = Proxy(plain.address)
    context = tls.server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(tls.authority)
    proxy.server.socket = context.wrap_socket(proxy.server.socket, server_side=True)
    tls.trust(puller.home, proxy.address)
    place = os.path.join(puller.home, ".config/containers/certs.d", proxy.address)
    try:
        assert "error" in puller.fails("pull", "--attempts", "1", app(proxy))
        for name, source in (("client.cert", tls.cert), ("client.key", tls.key)):
            with open(source) as file, open(os.path.join(place, name), "w") as copy:
                copy.write(file.read())
        puller.succeeds("pull", app(proxy))
    finally:
        proxy.close()


def test_no_redirect_from_https_to_http(puller, tls, plain):
    proxy = Proxy(plain.address, tls)
    proxy.behave = lambda request: ({"redirect": f"http://{plain.address}{request.path}"}
                                    if request.is_blob else {})
    tls.trust(puller.home, proxy.address)
    try:
        puller.fails("pull", "--attempts", "1", app(proxy))
    finally:
        proxy.close()

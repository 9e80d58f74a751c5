"""registryserver.py - registries for tests: Debian's docker-registry, a token server, a proxy that lies

    registry = Registry(directory)              plain http on a free port of 127.0.0.1
    registry = Registry(directory, tls=tls, users={"jim": "secret"})
    registry.push(layout, "latest", "team/app:1")
    proxy = Proxy(registry.address)
    proxy.behave = lambda request: {"cut_at": 1000} if request.is_blob else {}

Everything listens on 127.0.0.1 and ends with close().
"""

import base64
import http.client
import http.server
import json
import os
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse
import warnings

PATIENCE = 20


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, process=None):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process is None or process.poll() is None, "the registry has ended"
        time.sleep(0.02)
    raise AssertionError(f"nobody listens on port {port}")


class Tls:
    """an authority of the test's own and a certificate for 127.0.0.1 and localhost"""

    def __init__(self, directory, name="tests' authority"):
        os.makedirs(directory)
        self.authority = os.path.join(directory, "ca.crt")
        self.cert = os.path.join(directory, "server.cert")
        self.key = os.path.join(directory, "server.key")
        authority_key = os.path.join(directory, "ca.key")
        request = os.path.join(directory, "request")
        extensions = os.path.join(directory, "extensions")
        with open(extensions, "w") as file:
            file.write("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", authority_key,
                     "-out", self.authority, "-days", "2", "-subj", f"/CN={name}")
        self.openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", self.key, "-out", request,
                     "-subj", "/CN=127.0.0.1")
        self.openssl("x509", "-req", "-in", request, "-CA", self.authority, "-CAkey", authority_key,
                     "-CAcreateserial", "-days", "2", "-out", self.cert, "-extfile", extensions)

    @staticmethod
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def server_context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)
        return context

    def trust(self, directory, address):
        """puts the authority where a program looks that has `directory` as its $HOME"""
        place = os.path.join(directory, ".config/containers/certs.d", address)
        os.makedirs(place, exist_ok=True)
        with open(self.authority) as file, open(os.path.join(place, "ca.crt"), "w") as copy:
            copy.write(file.read())


class Registry:
    def __init__(self, directory, tls=None, users=None, tokens=None):
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.tls = tls
        self.creds = None
        os.makedirs(directory)
        config = {"version": "0.1", "log": {"level": "error"},
                  "storage": {"filesystem": {"rootdirectory": os.path.join(directory, "data")},
                              "delete": {"enabled": True}},
                  "http": {"addr": self.address}}
        if tls:
            config["http"]["tls"] = {"certificate": tls.cert, "key": tls.key}
        if users:
            config["auth"] = {"htpasswd": {"realm": "tests",
                                           "path": self.password_file(directory, users)}}
            self.creds = "{}:{}".format(*next(iter(users.items())))
        if tokens:
            config["auth"] = {"token": {"realm": tokens.url, "service": "tests",
                                        "issuer": "tests", "rootcertbundle": tokens.tls.cert}}
            self.creds = "{}:{}".format(*next(iter(tokens.users.items())))
        path = os.path.join(directory, "config.yml")
        with open(path, "w") as file:
            json.dump(config, file)  # which is YAML too
        self.log = os.path.join(directory, "log")
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(["docker-registry", "serve", path], stdout=log,
                                            stderr=log)
        wait_for_port(self.port, self.process)

    @staticmethod
    def password_file(directory, users):
        """bcrypt, which the registry wants, made by the C library"""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            import crypt
        path = os.path.join(directory, "users")
        with open(path, "w") as file:
            for user, password in users.items():
                salt = crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)
                file.write(f"{user}:{crypt.crypt(password, salt)}\n")
        return path

    def push(self, layout, tag, name, *options):
        """skopeo copies the image; `name` has no registry in it"""
        subprocess.run(["skopeo", "copy", "-q", "--insecure-policy", "--dest-tls-verify=false",
                        *(["--dest-creds", self.creds] if self.creds else []), *options,
                        f"oci:{layout.directory}:{tag}", f"docker://{self.address}/{name}"],
                       check=True, stdout=subprocess.DEVNULL)

    def close(self):
        self.process.terminate()
        self.process.wait(10)


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Server:
    """a threading http server around one handler class"""

    def __init__(self, handler, tls=None):
        owner = self

        class Handler(handler):
            protocol_version = "HTTP/1.1"
            server_object = owner

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if tls:
            self.server.socket = tls.server_context().wrap_socket(self.server.socket,
                                                                  server_side=True)
        self.port = self.server.server_address[1]
        self.address = f"127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)


class TokenHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        tokens = self.server_object
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        tokens.requests.append((self.command, query, self.headers.get("Authorization")))
        self.answer(tokens, query, self.headers.get("Authorization") or "")

    def do_POST(self):
        tokens = self.server_object
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        query = urllib.parse.parse_qs(body)
        tokens.requests.append((self.command, dict(query), self.headers.get("Authorization")))
        good = query.get("refresh_token") == [tokens.identity_token]
        query["scope"] = query.get("scope", [""])[0].split()  # as OAuth 2 has them
        self.answer(tokens, query, "", is_known=good)

    def answer(self, tokens, query, authorization, is_known=False):
        is_known = is_known or authorization in tokens.headers()
        if not is_known:
            body = b'{"errors":[{"code":"UNAUTHORIZED","message":"who are you?"}]}'
            self.send_response(401)
        else:
            body = tokens.body(query)
            self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Tokens(Server):
    """a token server: RS256 tokens that docker-registry believes"""

    def __init__(self, tls, users, is_https=False):
        super().__init__(TokenHandler, tls if is_https else None)
        self.tls, self.users = tls, users
        self.url = f"{'https' if is_https else 'http'}://{self.address}/token"
        self.requests = []
        self.identity_token = "identity-of-jim"
        self.member = "token"
        self.lifetime = 300

    def headers(self):
        return ["Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
                for user, password in self.users.items()]

    def body(self, query):
        return json.dumps({self.member: self.token(query.get("scope", []))}).encode()

    def token(self, scopes):
        access = []
        for scope in scopes:
            kind, name, actions = scope.split(":")
            access.append({"type": kind, "name": name, "actions": actions.split(",")})
        with open(self.tls.cert) as file:
            lines = file.read().splitlines()
        now = int(time.time())
        header = {"typ": "JWT", "alg": "RS256", "x5c": ["".join(lines[1:-1])]}
        claims = {"iss": "tests", "sub": "jim", "aud": "tests", "exp": now + self.lifetime,
                  "nbf": now - 60, "iat": now, "jti": str(time.monotonic_ns()), "access": access}
        signed = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.tls.key],
                                   input=signed.encode(), stdout=subprocess.PIPE, check=True).stdout
        return f"{signed}.{base64url(signature)}"


class ProxyHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.serve()

    def do_HEAD(self):
        self.serve()

    @property
    def is_blob(self):
        return "/blobs/" in self.path

    @property
    def is_manifest(self):
        return "/manifests/" in self.path

    def serve(self):
        proxy = self.server_object
        with proxy.lock:
            proxy.requests.append((self.command, self.path, dict(self.headers)))
            how = proxy.behave(self) or {}
        if "redirect" in how:
            return self.say(307, {"Location": how["redirect"]}, b"")
        if "status" in how:
            return self.say(how["status"], how.get("headers", {}), how.get("body", b"{}"))
        if "cut_in_headers" in how:
            self.write(b"HTTP/1.1 200 OK\r\nServer: x\r\n")
            self.close_connection = True
            return None
        headers = {name: value for name, value in self.headers.items()
                   if name.lower() not in ("host", "connection")
                   and not (name.lower() == "range" and how.get("ignore_range"))}
        upstream = http.client.HTTPConnection(proxy.upstream, timeout=PATIENCE)
        upstream.request(self.command, self.path, headers=headers)
        answer = upstream.getresponse()
        body = b"" if self.command == "HEAD" else answer.read()
        upstream.close()
        wanted = {name: value for name, value in answer.getheaders()
                  if name.lower() not in ("connection", "content-length", "transfer-encoding")}
        wanted["Content-Length"] = answer.getheader("Content-Length", "0")
        self.say(answer.status, {**wanted, **how.get("headers", {})}, how.get("body", body), how)

    def say(self, status, headers, body, how=None):
        how = how or {}
        if "body" in how or "Content-Length" not in headers:
            headers = {**headers, "Content-Length": str(len(body))}
        self.send_response(status)
        for name, value in headers.items():
            for one in value if isinstance(value, list) else [value]:
                self.send_header(name, one)
        self.end_headers()
        if "flip_at" in how and len(body) > how["flip_at"]:
            at = how["flip_at"]
            body = body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]
        if how.get("cut_at", len(body)) < len(body):
            self.write(body[:how["cut_at"]])
            self.close_connection = True
            return
        if how.get("stall_at", len(body)) < len(body):
            self.write(body[:how["stall_at"]])
            self.server_object.stalled.set()
            self.server_object.go_on.wait(PATIENCE)
            self.close_connection = True
            return
        if "rate" in how:
            step = max(how["rate"] // 20, 1)
            for at in range(0, len(body), step):
                if not self.write(body[at:at + step]):
                    return
                time.sleep(0.05)
        elif self.command != "HEAD":
            self.write(body)

    def write(self, data):
        try:
            self.wfile.write(data)
            self.wfile.flush()
            return True
        except OSError:
            self.close_connection = True
            return False


class Proxy(Server):
    def __init__(self, upstream, tls=None):
        self.upstream = upstream
        self.lock = threading.Lock()
        self.requests = []
        self.stalled = threading.Event()
        self.go_on = threading.Event()
        self.behave = lambda request: {}
        super().__init__(ProxyHandler, tls)

    def reset(self):
        self.requests = []
        self.stalled.clear()
        self.go_on.clear()
        self.behave = lambda request: {}

    def blobs(self):
        """the requests for blobs: (path, Range or None)"""
        return [(path, headers.get("Range")) for _, path, headers in self.requests
                if "/blobs/" in path]

    def close(self):
        self.go_on.set()
        super().close()

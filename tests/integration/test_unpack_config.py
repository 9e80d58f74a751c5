"""coracle-unpack: config.json out of the image's configuration (conversion.md)"""

import os
import stat

import pytest

from harness.needs import needs
from harness.report import Report
from ocilayout import HOST_ARCHITECTURE, Layer
from unpacking import unpacking  # noqa: F401

pytestmark = [needs("root"), pytest.mark.disk]

PASSWD = b"""root:x:0:0:root:/root:/bin/sh
# a comment
broken:x:nonsense
web:x:33:34:a:b:/srv
web:x:99:99::/second:/bin/sh
app:x:1000:1001:App:/home/app:/bin/sh
overflow:x:4294967296:0::/:/bin/sh
"""
GROUP = b"""root:x:0:
audio:x:29:app,root
video:x:44:app
twice:x:44:app
mine:x:1001:app
others:x:50:application,ap,xapp
toolarge:x:4294967295:app
last:x:60:app"""

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CAPABILITIES = [f"CAP_{name}" for name in (
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP "
    "SETGID SETPCAP SETUID SYS_CHROOT").split()]


def accounts():
    return Layer().file("etc/passwd", PASSWD).file("etc/group", GROUP)


def convert(unpacking, layers=None, image=None, **config):
    unpacking.image(layers if layers is not None else [accounts()], config=config, image=image)
    unpacking.succeeds()
    return unpacking.config()


def test_bundle_runs_as_it_is(unpacking, coracle, payload):
    """what the image says is what its program sees"""
    with open(payload, "rb") as file:
        layer = Layer().file("bin/payload", file.read(), mode=0o755)
    unpacking.image([accounts(), layer.dir("data", mode=0o700, uid=1000)], config={
        "User": "app", "Entrypoint": ["payload"], "Cmd": ["report"], "Env": ["GREETING=hello"],
        "WorkingDir": "/srv/app", "Volumes": {"/data": {}}})
    unpacking.succeeds()
    report = Report(coracle("run", "--bundle", unpacking.bundle, "from-image").stdout)
    assert report.cwd == "/srv/app"
    assert report.env == ["GREETING=hello", PATH, "HOME=/home/app"]
    assert report.hostname == "bundle"
    assert report.status["Uid"].split() == ["1000"] * 4
    assert report.status["Groups"].split() == ["29", "44", "60"]
    assert report.mount("/data").type == "tmpfs"


def test_image_that_says_nothing(unpacking):
    config = convert(unpacking, [])
    process = config["process"]
    assert process["args"] == ["sh"]
    assert process["env"] == [PATH]
    assert process["cwd"] == "/"
    assert process["user"] == {"uid": 0, "gid": 0}
    assert not process.get("terminal") and not process.get("noNewPrivileges")
    assert config["root"] == {"path": "rootfs"}
    assert config["hostname"] == "bundle"
    sets = process["capabilities"]
    assert sets == dict.fromkeys(["bounding", "effective", "permitted"], CAPABILITIES)
    assert config["annotations"] == {
        "org.opencontainers.image.os": "linux",
        "org.opencontainers.image.architecture": HOST_ARCHITECTURE}


@pytest.mark.parametrize("entrypoint, cmd, args", [
    (None, None, ["sh"]), (["a", "b"], None, ["a", "b"]), (None, ["c"], ["c"]),
    (["a"], ["c", ""], ["a", "c", ""]), ([], [], ["sh"])])
def test_args(unpacking, entrypoint, cmd, args):
    config = convert(unpacking, Entrypoint=entrypoint, Cmd=cmd)
    assert config["process"]["args"] == args


@pytest.mark.parametrize("env, expected", [
    (["A=b", "C="], ["A=b", "C=", PATH, "HOME=/root"]),
    (["PATH=/x", "A=b"], ["PATH=/x", "A=b", "HOME=/root"]),
    (["HOME=/x", "PATHS=y"], ["HOME=/x", "PATHS=y", PATH]),
    (["A=1=2", "nothing", "=x"], ["A=1=2", PATH, "HOME=/root"]),
])
def test_env(unpacking, env, expected):
    assert convert(unpacking, Env=env)["process"]["env"] == expected


@pytest.mark.parametrize("user, uid, gid, groups, home", [
    ("", 0, 0, [], "/root"),
    ("root", 0, 0, [29], "/root"),
    ("app", 1000, 1001, [29, 44, 60], "/home/app"),
    ("app:", 1000, 1001, [29, 44, 60], "/home/app"),
    ("web", 33, 34, [], None),
    ("app:video", 1000, 44, [], "/home/app"),
    ("app:7", 1000, 7, [], "/home/app"),
    ("1000", 1000, 1001, [], "/home/app"),
    ("1000:video", 1000, 44, [], "/home/app"),
    ("1000:7", 1000, 7, [], "/home/app"),
    ("4242", 4242, 0, [], None),
    ("4294967294:4294967294", 4294967294, 4294967294, [], None),
])
def test_user(unpacking, user, uid, gid, groups, home):
    process = convert(unpacking, User=user)["process"]
    more = {"additionalGids": groups} if groups else {}
    assert process["user"] == {"uid": uid, "gid": gid, **more}
    assert [item for item in process["env"] if item.startswith("HOME=")] == (
        [f"HOME={home}"] if home else [])


@pytest.mark.parametrize("user, message", [
    ("nobody", "/etc/passwd has no user 'nobody'"),
    ("app:nogroup", "/etc/group has no group 'nogroup'"),
    ("4294967295", "'4294967295' is not in 0..4294967294"),
    ("4294967296", "is not in 0..4294967294"),
    ("99999999999999999999", "is not in 0..4294967294"),
    ("0:4294967296", "is not in 0..4294967294"),
    ("-1", "has no user '-1'"),
    ("+0", "has no user '+0'"),
    ("0x0", "has no user '0x0'"),
    (" 0", "has no user ' 0'"),
    ("overflow", "has no user 'overflow'"),
    ("broken", "has no user 'broken'"),
    ("# a comment", "has no user"),
])
def test_bad_user(unpacking, user, message):
    unpacking.image([accounts()], config={"User": user})
    unpacking.fails("image configuration: user '", message)


def test_accounts_are_the_images_own(unpacking):
    """not the host's, by whatever link or file"""
    secret = os.path.join(unpacking.outside, "secret")
    with open(secret, "w") as file:
        file.write("app:x:7:7::/:/bin/sh\n")
    depth = "../" * 30
    for target in (secret, depth + secret, f"/proc/{os.getpid()}/root{secret}"):
        unpacking.layout.manifests.clear()
        unpacking.image([Layer().symlink("etc/passwd", target)], config={"User": "app"})
        unpacking.fails("/etc/passwd has no user 'app'")


@pytest.mark.parametrize("layer, message", [
    (lambda: Layer().fifo("etc/passwd"), "is not a regular file"),
    (lambda: Layer().device("etc/passwd", 1, 5), "is not a regular file"),
    (lambda: Layer().dir("etc/passwd"), "is not a regular file"),
    (lambda: Layer().symlink("etc/passwd", "passwd"), "Too many levels of symbolic links"),
    (lambda: Layer().file("etc/passwd", b"x" * ((10 << 20) + 1)), "larger than 10485760 bytes"),
    (lambda: Layer().file("etc/passwd", PASSWD).fifo("etc/group"), "is not a regular file"),
    (lambda: Layer().file("etc/passwd", PASSWD).file("etc/group", b"x" * ((10 << 20) + 1)),
     "larger than 10485760 bytes"),
])
def test_accounts_must_be_files(unpacking, layer, message):
    unpacking.image([layer()], config={"User": "app"}).fails("user 'app': ", message)


def test_accounts_must_be_files_whoever_is_meant(unpacking):
    unpacking.image([Layer().dir("etc/passwd")]).fails("user '': '/etc/passwd' of the image is not a regular file")


def test_accounts_through_a_link_in_the_image(unpacking):
    layer = Layer().symlink("etc/passwd", "/usr/lib/passwd").file("usr/lib/passwd", PASSWD)
    assert convert(unpacking, [layer], User="app")["process"]["user"] == {"uid": 1000, "gid": 1001}


def test_working_directory_is_made(unpacking):
    assert convert(unpacking, WorkingDir="/srv/app")["process"]["cwd"] == "/srv/app"
    status = os.stat(os.path.join(unpacking.root, "srv/app"))
    assert (stat.S_IMODE(status.st_mode), status.st_uid) == (0o755, 0)


def test_working_directory_without_slash(unpacking):
    assert convert(unpacking, WorkingDir="srv")["process"]["cwd"] == "/srv"


@pytest.mark.parametrize("path", [
    "/..", "/a/../../x", "/etc/passwd", "/etc/passwd/x", "/" + "x" * 300])
def test_bad_working_directory(unpacking, path):
    unpacking.image([accounts()], config={"WorkingDir": path}).fails("WorkingDir '")


def test_working_directory_through_a_link_out(unpacking):
    """links are followed in the root"""
    unpacking.image([Layer().dir(unpacking.outside).symlink("out", unpacking.outside)],
                    config={"WorkingDir": "/out/sub/new"})
    root = unpacking.succeeds()
    assert os.path.isdir(os.path.join(root, unpacking.outside.lstrip("/"), "sub/new"))


def test_annotations(unpacking):
    config = convert(
        unpacking, image={"os.version": "1", "os.features": ["x", "y"], "author": "me",
                          "created": "2026-01-01T00:00:00Z"},
        StopSignal="SIGINT", ExposedPorts={"80/tcp": {}, "53/udp": {}},
        Labels={"own": "label", "org.opencontainers.image.author": "label wins"})
    prefix = "org.opencontainers.image."
    assert config["annotations"] == {
        prefix + "os": "linux", prefix + "architecture": HOST_ARCHITECTURE,
        prefix + "os.version": "1", prefix + "os.features": "x,y", prefix + "author": "label wins",
        prefix + "created": "2026-01-01T00:00:00Z", prefix + "stopSignal": "SIGINT",
        prefix + "exposedPorts": "80/tcp,53/udp", "own": "label"}


@pytest.mark.parametrize("name", [
    "run.oci.hooks.stdout", "org.systemd.property.ExecStart", "org.criu.config", "cdi.k8s.io/x",
    "io.kubernetes.cri-o.Devices", "io.katacontainers.x", "io.containerd.x"])
def test_labels_that_would_instruct_the_runtime(unpacking, name):
    config = convert(unpacking, Labels={name: "x", "good": "y"})
    assert name not in config["annotations"] and config["annotations"]["good"] == "y"
    assert f"the image's label '{name}' would instruct the runtime: left out" in unpacking.stderr



@pytest.mark.parametrize("name", ["os", "architecture"])
def test_image_for_no_platform(unpacking, name):
    """no --platform, which the error for another one names, would help"""
    said = unpacking.image([], image={name: ""}).fails("the image does not say what it is for")
    assert "--platform" not in said


def test_label_without_a_name(unpacking):
    """the runtime's specification forbids such an annotation"""
    annotations = convert(unpacking, Labels={"": "x", "good": ""})["annotations"]
    assert "" not in annotations and annotations["good"] == ""
    assert "has a label without a name" in unpacking.stderr


def test_volumes(unpacking):
    layer = Layer().dir("data", mode=0o2770, uid=5, gid=6)
    config = convert(unpacking, [layer], Volumes={"/data": {}, "//new//x/": None, "/dev/shm": {}})
    common = ["rw", "nosuid", "nodev", "noexec", "relatime"]
    assert config["mounts"][-4:-2] == [
        {"destination": "/data", "type": "tmpfs", "source": "tmpfs",
         "options": [*common, "mode=2770", "uid=5", "gid=6"]},
        {"destination": "/new/x", "type": "tmpfs", "source": "tmpfs",
         "options": [*common, "mode=755"]}]
    places = [mount["destination"] for mount in config["mounts"]]
    assert places.count("/dev/shm") == 1


def test_volume_in_a_volume(unpacking):
    """whatever the order in the image, it is mounted after the one that it lies in"""
    config = convert(unpacking, Volumes={"/a/b/c": {}, "/a-b": {}, "/a/b/": {}, "/a": {}, "/a/b": {}})
    places = [mount["destination"] for mount in config["mounts"]]
    assert places[-6:-2] == ["/a", "/a-b", "/a/b", "/a/b/c"]


def test_volume_of_somebody_whom_the_namespace_does_not_know(unpacking, coracle, payload):
    """it belongs to the only user there: a tmpfs cannot have another owner"""
    with open(payload, "rb") as file:
        layer = Layer().file("bin/payload", file.read(), mode=0o755).dir("data", mode=0o750, uid=5, gid=6)
    unpacking.image([layer], config={"Cmd": ["payload", "report"], "User": "7:8", "Volumes": {"/data": {}}})
    unpacking.succeeds("--rootless")
    report = Report(coracle("run", "--bundle", unpacking.bundle, "rootless").stdout)
    assert report.mount("/data").type == "tmpfs" and "mode=750" in report.mount("/data").super_options


@pytest.mark.parametrize("target", ["/outside", "../" * 30 + "outside", "/proc/{pid}/root/outside"])
def test_volume_through_a_link_out(unpacking, target):
    """it looks like nothing on the host, which stays as it is"""
    os.chown(unpacking.outside, 5, 6)
    os.chmod(unpacking.outside, 0o2770)
    target = target.format(pid=os.getpid()).replace("/outside", unpacking.outside)
    config = convert(unpacking, [Layer().symlink("data", target)], Volumes={"/data": {}})
    mount, = [mount for mount in config["mounts"] if mount["destination"] == "/data"]
    assert mount["type"] == "tmpfs"
    assert not [option for option in mount["options"] if option.startswith(("uid=", "gid="))]
    assert "mode=755" in mount["options"]


def test_volume_without_slash(unpacking):
    config = convert(unpacking, Volumes={"./data/x": {}})
    assert "/data/x" in [mount["destination"] for mount in config["mounts"]]


@pytest.mark.parametrize("path", ["/", "", "relative/..", "dev/x", "/a/..", "/../x", "/proc/sys", "/sys/x",
                                  "/dev/x", "//proc//self"])
def test_bad_volume(unpacking, path):
    unpacking.image([accounts()], config={"Volumes": {path: {}}})
    unpacking.fails(f"image configuration: volume '{path}'")


def test_variable_without_name_or_value(unpacking):
    config = convert(unpacking, Env=["A", "B=", "=c", "", "D=e=f"])
    assert config["process"]["env"][:2] == ["B=", "D=e=f"]
    assert [item for item in config["process"]["env"] if item[:1] in "A=c"] == []
    for item in ("A", "=c", ""):
        assert f"the image's environment variable '{item}' has no name or value: left out" in unpacking.stderr


@pytest.mark.parametrize("name, items", [
    ("Env", ["A=b"] * 5000), ("Cmd", ["x"] * 5000),
    ("Labels", {str(i): "" for i in range(5000)}), ("Volumes", {f"/{i}": {} for i in range(5000)})])
def test_too_many_items(unpacking, name, items):
    unpacking.image([accounts()], config={name: items})
    unpacking.fails(f"{name} has 5000 items: at most 4096 are taken")


@pytest.mark.parametrize("name, hostname", [
    ("my.web_app", "my-web-app"), ("-x-", "x"), ("...", None), ("a" * 100, "a" * 63), ("é", None)])
def test_hostname_is_the_bundles_name(unpacking, name, hostname):
    unpacking.bundle = os.path.join(os.path.dirname(unpacking.bundle), name)
    unpacking.image([])
    assert unpacking.run().returncode == 0
    assert unpacking.config()["hostname"] == (hostname or "coracle")

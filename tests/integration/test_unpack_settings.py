"""coracle-unpack: what the options make of config.json, and of a container"""

import json
import os
import subprocess

import pytest

from harness.report import Report
from ocilayout import Layer
from unpacking import unpacking  # noqa: F401

pytestmark = pytest.mark.disk

CONFIG = {"Entrypoint": ["/bin/entry"], "Cmd": ["one", "two"], "Env": ["A=image", "B=image"],
          "User": "1:2", "WorkingDir": "/work"}


def config_of(unpacking, *options, config=CONFIG, **more):
    unpacking.image([Layer().dir("etc")], config=config)
    unpacking.succeeds(*options, **more)
    return unpacking.config()


@pytest.mark.parametrize("options, path, expected", [
    ((), "process.args", ["/bin/entry", "one", "two"]),
    (("--entrypoint", "/bin/other"), "process.args", ["/bin/other"]),
    (("--entrypoint", '["/bin/other", "x"]'), "process.args", ["/bin/other", "x"]),
    (("--entrypoint", "[]"), "process.args", ["sh"]),
    (("--entrypoint", ""), "process.args", ["sh"]),
    (("--user", "7:8"), "process.user", {"uid": 7, "gid": 8}),
    (("--workdir", "/else"), "process.cwd", "/else"),
    (("--hostname", "there"), "hostname", "there"),
    (("--hostname", "my_host.example.com"), "hostname", "my_host.example.com"),
    (("--read-only",), "root.readonly", True),
    (("--tty",), "process.terminal", True),
    (("--memory", "64M"), "linux.resources.memory", {"limit": 64 << 20}),
    (("-m", "1.5GiB"), "linux.resources.memory", {"limit": 3 << 29}),
    (("--cpus", "1.5"), "linux.resources.cpu", {"quota": 150000, "period": 100000}),
    (("--pids", "100"), "linux.resources.pids", {"limit": 100}),
    (("--seccomp", "none"), "linux.seccomp", None),
])
def test_option(unpacking, options, path, expected):
    value = config_of(unpacking, *options)
    for name in path.split("."):
        value = value.get(name)
    assert value == expected


def test_variables(unpacking):
    config = config_of(unpacking, "--env", "A=mine", "-e", "HERE", "-e", "NOT_HERE", "-e", "C=",
                       env={**os.environ, "HERE": "as it is"})
    assert [item for item in config["process"]["env"] if not item.startswith("PATH=")] == [
        "A=mine", "B=image", "HERE=as it is", "C="]


@pytest.mark.parametrize("options, image, term", [
    ((), [], "vt100"), ((), ["TERM=image"], "image"), (("--env", "TERM=mine"), ["TERM=image"], "mine")])
def test_kind_of_terminal(unpacking, options, image, term):
    """the caller's, where neither image nor user names one"""
    config = config_of(unpacking, "--tty", *options, config={"Env": image},
                       env={**os.environ, "TERM": "vt100"})
    assert [item for item in config["process"]["env"] if item.startswith("TERM=")] == [f"TERM={term}"]


@pytest.mark.parametrize("network", ["none", "host"])
def test_network(unpacking, network):
    config = config_of(unpacking, "--network", network)
    kinds = [item["type"] for item in config["linux"]["namespaces"]]
    assert ("network" in kinds) == (network == "none")
    places = [mount["destination"] for mount in config["mounts"]]
    assert ("/etc/resolv.conf" in places) == (network == "host")


@pytest.mark.parametrize("text, expected", [
    ("type=bind,source=/srv,target=/data",
     {"destination": "/data", "type": "bind", "source": "/srv",
      "options": ["rbind", "rprivate", "rw"]}),
    ("src=/srv,dst=/data,ro,bind-nonrecursive",
     {"destination": "/data", "type": "bind", "source": "/srv",
      "options": ["bind", "rprivate", "ro"]}),
    ("type=tmpfs,target=/data,tmpfs-size=1m,tmpfs-mode=700,noexec",
     {"destination": "/data", "type": "tmpfs", "source": "tmpfs",
      "options": ["nosuid", "nodev", "rw", "size=1m", "mode=700", "noexec"]}),
])
def test_mount(unpacking, text, expected):
    config = config_of(unpacking, "--mount", text)
    assert expected in config["mounts"]


@pytest.mark.parametrize("options, message", [
    (("--memory", "much"), "option --memory: 'much' is no number of bytes"),
    (("--memory", "0"), "option --memory: '0' is no number of bytes"),
    (("--memory", "-1"), "option --memory: '-1' is no number of bytes"),
    (("--cpus", "0"), "option --cpus: '0' is no number of processors"),
    (("--cpus", "nan"), "option --cpus: 'nan' is no number of processors"),
    (("--pids", "-1"), "option '--pids'"),
    (("--network", "bridge"), "option '--network'"),
    (("--hostname", "a\n127.0.0.1 b"), "is no host name"),
    (("--hostname", "a" * 65), "is no host name"),
    (("--driver", "vfs"), "option '--driver'"),
    (("--env", "=x"), "option --env: '=x' has no name"),
    (("--entrypoint", "[1]"), "option --entrypoint: '[1]' is not a JSON array of strings"),
    (("--user", "nobody"), "nobody"),
    (("--user", "4294967296"), "4294967296"),
    (("--mount", "type=bind,target=/x"), "source=PATH must be an absolute path"),
    (("--mount", "source=/srv,target=x"), "target=DIR must be an absolute path below /"),
    (("--mount", "source=/srv,target=/"), "target=DIR must be an absolute path below /"),
    (("--mount", "type=nfs,source=/srv,target=/x"), "the type must be bind or tmpfs"),
    (("--mount", "source=/srv,target=/x,what=1"), "unknown key 'what'"),
    (("--mount", "source=/srv,target=/x,what"), "unknown option 'what'"),
    (("--mount", "source=/srv,target=/x,ro=perhaps"), "true or false is wanted for 'ro'"),
])
def test_bad_option(unpacking, options, message):
    unpacking.image([Layer().dir("etc")])
    unpacking.fails(message, options=options)


def image_with_payload(unpacking, payload, **config):
    with open(payload, "rb") as file:
        layer = Layer().dir("bin").file("bin/payload", file.read(), mode=0o755)
    unpacking.image([layer], config={"Entrypoint": ["payload", "report"], **config})


def test_hosts_and_name(unpacking, coracle, payload):
    """they are in the container, and the image's root has none of them"""
    image_with_payload(unpacking, payload)
    root = unpacking.succeeds("--hostname", "there")
    with open(os.path.join(unpacking.bundle, "hosts")) as file:
        assert "127.0.0.1\tlocalhost there\n" in file.read()
    assert not os.path.exists(os.path.join(root, "etc/hosts"))
    report = Report(coracle("run", "--bundle", unpacking.bundle, "with-hosts").stdout)
    assert report.hostname == "there"
    assert report.mount("/etc/hosts") and report.mount("/etc/hostname")
    assert report.status["Seccomp"].strip() == "2"


def test_rootless_maps_the_user_of_the_image(unpacking):
    config = config_of(unpacking, "--rootless", "--user", "33:44")
    assert config["linux"]["uidMappings"] == [{"containerID": 33, "hostID": os.geteuid(), "size": 1}]
    assert config["linux"]["gidMappings"] == [{"containerID": 44, "hostID": os.getegid(), "size": 1}]
    assert config["process"]["user"] == {"uid": 33, "gid": 44}


# The profile

@pytest.fixture(scope="module")
def verdicts():
    """name -> action of the rows without conditions"""
    found = {}

    def of(profile):
        for row in profile["syscalls"]:
            for name in row["names"]:
                assert row.get("args") or name not in found, f"{name} is there twice"
                found.setdefault(name, row["action"])
        return found
    return of


def test_profile(unpacking, verdicts):
    profile = config_of(unpacking)["linux"]["seccomp"]
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    assert profile["defaultErrnoRet"] == 38
    actions = verdicts(profile)
    for name in ("read", "openat2", "execve", "futex", "mmap", "clone", "socket", "statx"):
        assert actions[name] == "SCMP_ACT_ALLOW", name
    for name in ("mount", "fsopen", "setns", "unshare", "bpf", "init_module", "keyctl", "reboot",
                 "open_by_handle_at", "perf_event_open", "kexec_load", "userfaultfd"):
        assert actions[name] == "SCMP_ACT_ERRNO", name
    for name in ("clone3", "io_uring_setup", "a_call_of_tomorrow"):
        assert name not in actions, name


PROBE = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#define TELL(name, call) printf("%s %d\n", name, ((errno = 0), (long) (call) < 0) ? errno : 0)
int main(void)
{
	TELL("clone", syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) ?: (_exit(0), 0));
	TELL("clone_newuser", syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) ?: (_exit(0), 0));
	TELL("clone3", syscall(435, 0, 0));
	TELL("unshare", unshare(CLONE_NEWUSER));
	TELL("mount", mount("none", "/", "tmpfs", 0, ""));
	TELL("unknown", syscall(999));
	TELL("io_uring", syscall(425, 1, 0));
	TELL("keyctl", syscall(SYS_keyctl, 0, -3, 0));
	TELL("vsock", socket(AF_VSOCK, SOCK_STREAM, 0));
	TELL("unix", socket(AF_UNIX, SOCK_STREAM, 0));
	TELL("personality", personality(0xffffffff));
	TELL("read_implies_exec", personality(0x0400000));
	return 0;
}
"""


def test_profile_in_a_container(unpacking, coracle, directory):
    source, program = os.path.join(directory, "probe.c"), os.path.join(directory, "probe")
    with open(source, "w") as file:
        file.write(PROBE)
    subprocess.run(["cc", "-static", "-O1", "-o", program, source], check=True)
    with open(program, "rb") as file:
        unpacking.image([Layer().file("probe", file.read(), mode=0o755)],
                        config={"Cmd": ["/probe"]})
    unpacking.succeeds()
    said = coracle("run", "--bundle", unpacking.bundle, "probe").stdout
    found = dict(line.split() for line in said.splitlines())
    eperm, enosys = "1", "38"
    assert found == {
        "clone": "0", "clone_newuser": enosys, "clone3": enosys, "unshare": eperm,
        "mount": eperm, "unknown": enosys, "io_uring": enosys, "keyctl": eperm,
        "vsock": enosys, "unix": "0", "personality": "0", "read_implies_exec": enosys}

"""test_builds.py - what a build leaves out it does not promise, and refuses by name; the rest runs

contrib/check runs this with each of its builds, and says in $CORACLE_WITHOUT what configure was told to
leave out: seccomp, selinux, systemd, criu, registry, unpack.  Unset, the build is a complete one.
"""

import json
import os
import re
import subprocess

import pytest

WITHOUT = frozenset(os.environ.get("CORACLE_WITHOUT", "").split())
PARTS = {"seccomp", "selinux", "systemd", "criu", "registry", "unpack"}
FILTER = {"defaultAction": "SCMP_ACT_ALLOW",
          "syscalls": [{"names": ["sysinfo"], "action": "SCMP_ACT_ERRNO"}]}
with_unpack = pytest.mark.skipif("unpack" in WITHOUT, reason="built without coracle-unpack")


def is_in(part):
    assert part in PARTS >= WITHOUT
    return part not in WITHOUT


@pytest.fixture
def features(coracle):
    return json.loads(coracle("features").stdout)


@pytest.fixture
def no_systemd(coracle, directory):
    """the bus is nowhere: only a build without systemd does not look for it"""
    address = f"unix:path={directory}/none"
    coracle.environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": address, "DBUS_SESSION_BUS_ADDRESS": address}


@pytest.fixture
def unpack(coracle, directory):
    """coracle-unpack with a store of the test's own"""
    def run(*words):
        program = os.path.join(os.path.dirname(coracle.binary), "coracle-unpack")
        return subprocess.run([program, "--store", os.path.join(directory, "store"), *words],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30)
    return run


def test_the_programs_of_the_build(coracle):
    names = {"coracle-systemd": is_in("systemd"), "coracle-unpack": is_in("unpack")}
    paths = {name: os.path.join(os.path.dirname(coracle.binary), name) for name in names}
    assert {name: os.path.exists(path) for name, path in paths.items()} == names
    for program in [coracle.binary, *(paths[name] for name, is_there in names.items() if is_there)]:
        if not program.endswith("-systemd"):  # which is for coracle only
            told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
            assert told.startswith(f"{os.path.basename(program)} version "), told


def test_the_version_names_what_is_linked(coracle):
    names = re.findall(r"^(\w+): ", coracle("--version").stdout, re.MULTILINE)
    assert names == ["commit", "spec", *(["libseccomp"] if is_in("seccomp") else [])]


def test_features_promise_what_is_built_in(features):
    linux = features["linux"]
    assert {"seccomp": linux["seccomp"]["enabled"], "selinux": linux["selinux"]["enabled"],
            "systemd": linux["cgroup"]["systemd"], "systemd of a user": linux["cgroup"]["systemdUser"],
            "criu": features["annotations"]["coracle.checkpoint.enabled"]} == {
        "seccomp": is_in("seccomp"), "selinux": is_in("selinux"), "systemd": is_in("systemd"),
        "systemd of a user": is_in("systemd"), "criu": "true" if is_in("criu") else "false"}


def test_features_have_no_names_for_filters_that_cannot_be(features):
    names = {"actions", "operators", "archs", "knownFlags", "supportedFlags"}
    assert names & set(features["linux"]["seccomp"]) == (names if is_in("seccomp") else set())
    assert ("io.github.seccomp.libseccomp.version" in features["annotations"]) == is_in("seccomp")


def test_what_asks_for_none_of_it_runs(bundle, coracle):
    assert bundle.run("exit", 7, check=False).returncode == 7
    assert coracle.identifiers() == []


def test_a_filter(bundle, coracle):
    bundle.linux["seccomp"] = FILTER
    if is_in("seccomp"):
        bundle.run("exit", 0)
    else:
        error = bundle.error()
        assert (error["path"], error["msg"]) == ("linux.seccomp", "linux.seccomp: built without libseccomp")
    assert coracle.identifiers() == []


@pytest.mark.parametrize("path", ["process.selinuxLabel", "linux.mountLabel"])
def test_a_label(bundle, coracle, path):
    """one that no policy has: refused by every build, but not with the same words"""
    section, name = path.split(".")
    bundle.config[section][name] = "no:such:label:s0"
    error = bundle.error()
    assert error["path"] == path
    assert (error["msg"] == f"{path}: built without libselinux") == (not is_in("selinux"))
    assert coracle.identifiers() == []


@pytest.mark.parametrize("options", [("--systemd-cgroup",), ("--cgroup-manager", "systemd")], ids=" ".join)
def test_the_systemd_cgroup_manager(bundle, coracle, no_systemd, options):
    coracle.global_options = options
    error = bundle.error()
    if is_in("systemd"):
        assert "connect to the " in error["msg"], error
    else:
        assert error["class"] == "usage"
        assert error["msg"] == ("the systemd cgroup manager is not in this build: use --cgroup-manager cgroupfs "
                                "or disabled")
    assert coracle.identifiers() == []


@pytest.mark.parametrize("command", ["checkpoint", "restore"])
def test_checkpoint_and_restore(bundle, coracle, directory, command):
    """of a container and of images that are not there, which every build refuses"""
    bundle.write()
    options = ["--bundle", bundle.path] if command == "restore" else []
    error = coracle.error(command, *options, "--image-path", os.path.join(directory, "images"), "absent")
    assert (error["msg"] == "checkpoint and restore are not in this build: it lacks libprotobuf-c") == (
        not is_in("criu")), error
    assert coracle.identifiers() == []
    assert not os.path.exists(os.path.join(directory, "images"))


@with_unpack
@pytest.mark.parametrize("command", ["pull", "login", "unpack"])
def test_registries(unpack, directory, command):
    """at a port that nobody listens at; a login there would be tried for long, so it has no name of a registry"""
    bundle = os.path.join(directory, "bundle")
    result = unpack(command, *{"pull": ("--attempts", "1", "localhost:1/image"),
                               "login": ("-u", "somebody", "-p", "secret", "localhost:1/Image"),
                               "unpack": ("--attempts", "1", "localhost:1/image", bundle)}[command])
    assert result.returncode == 1 and "secret" not in result.stderr, result
    assert ("was built without registries" in result.stderr) == (not is_in("registry")), result
    asked = re.search("localhost:1(/[iI]mage)?'(: cannot be reached| is no HOST)", result.stderr)
    assert bool(asked) == is_in("registry")
    assert not os.path.exists(bundle)


@with_unpack
def test_help_tells_which_commands_ask_registries(unpack):
    told = dict(re.findall(r"^  ([a-z]+)[A-Z \[\]/.|]* {2,}(.*)$", unpack("--help").stdout, re.MULTILINE))
    assert {"pull", "login", "logout", "unpack"} <= set(told)
    absent = {name for name, summary in told.items() if summary == "Not in this build: it has no registry client"}
    assert absent == (set() if is_in("registry") else {"pull", "login", "logout"})

"""test_features_spec.py - coracle features: the document, and that it tells the truth"""

import json
import os
import re

import pytest

from harness.needs import needs
from harness.report import CAPABILITIES


@pytest.fixture
def features(coracle):
    return json.loads(coracle("features").stdout)


def test_versions(features):
    assert re.fullmatch(r"1\.\d+\.\d+(-\S+)?", features["ociVersionMin"])
    assert re.fullmatch(r"1\.\d+\.\d+(-\S+)?", features["ociVersionMax"])


def test_hooks(features):
    assert sorted(features["hooks"]) == sorted(["prestart", "createRuntime", "createContainer",
                                                "startContainer", "poststart", "poststop"])


def test_namespaces(features):
    known = {"pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time"}
    assert set(features["linux"]["namespaces"]) == known


def test_capabilities_are_those_of_the_kernel(features):
    last = int(open("/proc/sys/kernel/cap_last_cap", encoding="ascii").read())
    assert set(features["linux"]["capabilities"]) == {f"CAP_{name}"
                                                      for name in CAPABILITIES[:last + 1]}


# the specification's MUST, config.md "Linux mount options"
MUST = """async atime bind defaults dev diratime dirsync exec iversion lazytime loud mand noatime
nodev nodiratime noexec noiversion nolazytime nomand norelatime nostrictatime nosuid private ratime
rbind rdev rdiratime relatime remount rexec rnoatime rnodiratime rnoexec rnorelatime rnostrictatime
rnosuid ro rprivate rrelatime rro rrw rshared rslave rstrictatime rsuid runbindable rw shared silent
slave strictatime suid sync unbindable""".split()


def test_mount_options_hold_the_specifications_must(features):
    assert not set(MUST) - set(features["mountOptions"])


def test_cgroup(features):
    cgroup = features["linux"]["cgroup"]
    assert cgroup["v2"] is True
    assert cgroup.get("v1", False) is False


def test_seccomp(features):
    seccomp = features["linux"]["seccomp"]
    assert seccomp["enabled"] is True
    assert {"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_LOG",
            "SCMP_ACT_TRACE", "SCMP_ACT_TRAP"} <= set(seccomp["actions"])
    assert {"SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_GE",
            "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ"} == set(seccomp["operators"])
    assert "SCMP_ARCH_X86_64" in seccomp["archs"]


def test_each_promised_action_is_kept(features, bundle):
    for action in features["linux"]["seccomp"]["actions"]:
        if action == "SCMP_ACT_NOTIFY":
            continue  # test_seccomp_notify.py
        bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
            {"names": ["sysinfo"], "action": action}]}
        bundle.run("exit", 0)


def test_each_promised_architecture_is_known(features, bundle):
    for arch in features["linux"]["seccomp"]["archs"]:
        bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": [arch], "syscalls": [
            {"names": ["sysinfo"], "action": "SCMP_ACT_ERRNO"}]}
        result = bundle.run("exit", 0, check=False)
        assert "architectures" not in result.stderr, str(result)


def test_each_promised_flag_is_taken(features, bundle):
    for flag in features["linux"]["seccomp"]["supportedFlags"]:
        if flag == "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV":
            continue  # test_seccomp_notify.py: it needs an agent
        bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "flags": [flag], "syscalls": [
            {"names": ["sysinfo"], "action": "SCMP_ACT_ERRNO"}]}
        bundle.run("exit", 0)


@needs("root")
def test_each_promised_option_is_taken(features, bundle):
    """by itself, on a bind mount; what belongs to other kinds of mounts stands apart"""
    elsewhere = {"remount", "idmap", "ridmap", "mand", "tmpcopyup"}
    failed = []
    for option in sorted(set(features["mountOptions"]) - elsewhere):
        bundle.config["mounts"] = [m for m in bundle.mounts if m["destination"] != "/mnt"]
        bundle.mount("/mnt", "bind", "/etc", ["bind", option])
        result = bundle.run("exit", 0, check=False)
        if result.returncode:
            failed.append(f"{option}: {result.stderr}")
    assert not failed


def test_annotations_name_the_build(features, coracle):
    version = coracle("--version").stdout.splitlines()[0].rpartition(" ")[2]
    assert features["annotations"]["coracle.version"] == version
    commit = re.search(r"^commit: (\S+)", coracle("--version").stdout, re.MULTILINE).group(1)
    assert features["annotations"]["coracle.commit"] == commit
    assert set(features["annotations"]) == {"coracle.version", "coracle.commit", "coracle.checkpoint.enabled",
                                            "io.github.seccomp.libseccomp.version"}


@needs("root")
def test_it_needs_nothing_of_the_host(coracle):
    """engines ask at start: no state root, no cgroup, nobody special"""
    coracle.root = "/no/such/root"
    coracle.prefix = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    assert json.loads(coracle("features", cwd=os.sep).stdout)["ociVersionMin"]


def test_seccomp_flags(features):
    seccomp = features["linux"]["seccomp"]
    assert set(seccomp["knownFlags"]) == {
        "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC",
        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"}
    assert set(seccomp["supportedFlags"]) <= set(seccomp["knownFlags"])
    assert "SECCOMP_FILTER_FLAG_LOG" in seccomp["supportedFlags"]
    assert "SCMP_ACT_NOTIFY" in seccomp["actions"]


def test_libseccomp_is_that_which_version_names(features, coracle):
    version = re.search(r"libseccomp: (\S+)", coracle("--version").stdout).group(1)
    assert features["annotations"]["io.github.seccomp.libseccomp.version"] == version


def test_unsafe_annotations(features):
    assert features["potentiallyUnsafeConfigAnnotations"] == ["org.criu.config", "org.systemd.property.",
                                                              "run.oci."]


def test_the_rest_of_linux(features):
    """what the document of specification 1.3 has besides"""
    linux = features["linux"]
    assert linux["intelRdt"] == {"enabled": True, "schemata": True, "monitoring": True}
    assert linux["memoryPolicy"] == {
        "modes": ["MPOL_BIND", "MPOL_DEFAULT", "MPOL_INTERLEAVE", "MPOL_LOCAL", "MPOL_PREFERRED",
                  "MPOL_PREFERRED_MANY", "MPOL_WEIGHTED_INTERLEAVE"],
        "flags": ["MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES", "MPOL_F_STATIC_NODES"]}
    assert linux["mountExtensions"] == {"idmap": {"enabled": True}}
    assert linux["netDevices"] == {"enabled": True}
    assert linux["apparmor"] == {"enabled": True}
    assert set(linux["selinux"]) == {"enabled"}
    assert set(linux) == {"namespaces", "capabilities", "cgroup", "seccomp", "apparmor", "selinux", "intelRdt",
                          "memoryPolicy", "mountExtensions", "netDevices"}
    assert set(features) == {"ociVersionMin", "ociVersionMax", "hooks", "mountOptions", "linux", "annotations",
                             "potentiallyUnsafeConfigAnnotations"}
    assert linux["cgroup"] == {"v1": False, "v2": True, "rdma": True,
                               "systemd": linux["cgroup"]["systemd"],
                               "systemdUser": linux["cgroup"]["systemd"]}


@pytest.mark.parametrize("flag", ["MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES",
                                  "MPOL_F_STATIC_NODES"])
def test_each_promised_memory_flag_is_taken(features, bundle, flag):
    assert flag in features["linux"]["memoryPolicy"]["flags"]
    bundle.linux["memoryPolicy"] = {"mode": "MPOL_BIND", "nodes": "0", "flags": [flag]}
    bundle.run("exit", 0)

"""needs.py - what a test needs of the machine: where that is missing it is skipped, with the reason

    @needs("controller:memory", "program:losetup")
    def test_...

    pytest.param(..., marks=needs("kernel:6.1"))
    pytestmark = needs("root")

Every run ends with the list of what was skipped and why; what is skipped on one machine has to run
on another.
"""

import glob
import os
import re
import shutil
import subprocess

import pytest

from harness.cgroup import cgroup_directory, cgroup_mount, cgroup_path, controllers
from harness.host import read


def no_controller(name):
    top = cgroup_mount()
    if name not in controllers():
        whom = "" if os.geteuid() == 0 else " for this user"
        return f"the cgroup v2 hierarchy here has no controller '{name}'{whom}"
    if name in read(f"{top}/cgroup.subtree_control").split():
        return None
    # the root of all may have processes beside cgroups with controllers; that of a namespace not
    if os.path.exists(f"{top}/cgroup.type") and read(f"{top}/cgroup.procs"):
        return f"the controller '{name}' cannot be enabled here: '{top}' has processes of its own"
    return None


def no_kernel(version):
    wanted = tuple(int(number) for number in version.split("."))
    release = os.uname().release
    if tuple(int(number) for number in re.findall(r"\d+", release)[:len(wanted)]) < wanted:
        return f"the kernel here is {release}, older than {version}"
    return None


def no_program(name):
    return None if shutil.which(name) else f"no program '{name}' here"


def no_file(path):
    return None if os.path.exists(path) else f"no '{path}' here"


def no_absence(path):
    return f"'{path}' is here" if os.path.exists(path) else None


def no_root(_):
    return None if os.geteuid() == 0 else "needs root"


def no_cgroup(_):
    """a user makes cgroups only where he was given one (systemd calls it delegation)"""
    own = cgroup_directory("self")
    return None if os.access(own, os.W_OK) else f"cgroups cannot be made in '{own}' by this user"


def no_lsm(name):
    enabled = {"apparmor": "/sys/kernel/security/apparmor/profiles",
               "selinux": "/sys/fs/selinux/enforce"}[name]
    return None if os.path.exists(enabled) else f"no {name} here"


def nothing_handed_down(_):
    """to the cgroups beside that of the tests, where a container's is: its file lists them"""
    parent = cgroup_mount() + os.path.dirname(cgroup_path("self"))
    if read(f"{parent}/cgroup.subtree_control").split():
        return None
    return "no controller of the v2 hierarchy reaches the container's cgroup"


def no_i386(_):
    """the kernel has this file where it has these system calls"""
    there = os.path.exists("/proc/sys/abi/vsyscall32")
    return None if there else "the kernel here runs no programs of i386"


def no_processors(number):
    have = len(os.sched_getaffinity(0))
    return None if have >= int(number) else f"{have} processors here, fewer than {number}"


def no_nodes(number):
    """of memory"""
    have = len(glob.glob("/sys/devices/system/node/node[0-9]*"))
    return None if have >= int(number) else f"{have} nodes of memory here, fewer than {number}"


def no_criu_feature(name):
    """criu's own name of something that the kernel may lack: `criu check --feature`"""
    asked = shutil.which("criu") and subprocess.run(["criu", "check", "--feature", name], capture_output=True,
                                                    check=False)
    return None if asked and asked.returncode == 0 else f"criu has no {name} here"


def has_bfq():
    return any("bfq" in read(path) for path in glob.glob("/sys/block/*/queue/scheduler"))


def no_weight(name):
    """of input and output: BFQ's file of weights takes the place of io.cost's while it is there"""
    if name == "bfq":
        loadable = shutil.which("modprobe") and subprocess.run(
            ["modprobe", "--dry-run", "--quiet", "bfq"], check=False).returncode == 0
        return None if has_bfq() or loadable else "the kernel here has no BFQ"
    if not os.path.exists(f"{cgroup_mount()}/io.cost.qos"):
        return "the cgroup v2 hierarchy here has no io.cost"
    return "BFQ's weights are those that count here" if has_bfq() else None


KINDS = {
    "controller": no_controller,
    "kernel": no_kernel,
    "program": no_program,
    "file": no_file,
    "absent": no_absence,
    "root": no_root,
    "cgroup": no_cgroup,
    "criu": no_criu_feature,
    "handed-down": nothing_handed_down,
    "i386": no_i386,
    "lsm": no_lsm,
    "nodes": no_nodes,
    "processors": no_processors,
    "weight": no_weight,
}


def needs(*what):
    """a mark; each of what is KIND:NAME"""
    for need in what:
        assert need.partition(":")[0] in KINDS, f"'{need}': no such kind of need"
    return pytest.mark.needs(*what)


def missing(what):
    """why the need cannot be met here; None: it can"""
    kind, _, name = what.partition(":")
    return KINDS[kind](name)

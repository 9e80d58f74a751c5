"""cgroup.py - the host's side of a container's cgroup"""

import os

from harness.host import cgroup_mounts, read


def cgroup_mount():
    """where cgroup v2 is mounted: /sys/fs/cgroup, or beside the v1 hierarchies"""
    found = sorted(cgroup_mounts(("cgroup2",)))
    assert found, "no cgroup v2 hierarchy is mounted"
    return found[0]


def cgroup_path(pid):
    """of the process, below the mount"""
    return next(line[3:] for line in read(f"/proc/{pid}/cgroup").splitlines()
                if line.startswith("0::"))


def cgroup_directory(pid):
    return cgroup_mount() + cgroup_path(pid)


def cgroup_processes(pid):
    """all pids in the same cgroup"""
    return [int(line) for line in read(f"{cgroup_directory(pid)}/cgroup.procs").split()]


def remove_cgroup(pid):
    """of a container, whose init `pid` is taken out of it; returns its path"""
    path = cgroup_path(pid)
    with open(f"{cgroup_directory('self')}/cgroup.procs", "w", encoding="ascii") as file:
        file.write(str(pid))
    os.rmdir(cgroup_mount() + path)
    return path


def controllers():
    """what the v2 hierarchy can limit: all of it on a v2 host, what v1 left on a hybrid one; of that
    a user has what he was given"""
    top = cgroup_mount()
    if os.geteuid() != 0:
        top = own = cgroup_directory("self")
        while os.access(f"{own}/cgroup.subtree_control", os.W_OK):
            top, own = own, os.path.dirname(own)
    return read(f"{top}/cgroup.controllers").split()

"""host.py - what of the host a test could change: a picture before, a picture after, the difference

A detector is a function from nothing to a set of lines; DETECTORS names them.  Processes are found
exactly: pytest is the subreaper of all that it starts, so whatever a test leaves running is a
descendant of pytest, however often it forked.
"""

import contextlib
import ctypes
import functools
import os
import re
import shutil
import signal
import socket
import struct
import time

PR_SET_CHILD_SUBREAPER = 36
MNT_DETACH = 2
SYS_BPF = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
# where this host's dynamic programs have their libraries: /lib64 is not of every processor
LIBRARIES = [name for name in ("usr", "lib", "lib64") if os.path.isdir(f"/{name}")]
SETTLE_SECONDS = 2.0 * float(os.environ.get("CORACLE_TEST_PATIENCE", "1"))

# the tests' own cgroups are named after their pytest (runtime.identifiers): those of one that runs at
# the same time are none of our business
OF_THIS_RUN = re.compile(rf"t{os.getpid()}-|coracle")
OF_ANOTHER_RUN = re.compile(rf"t(?!{os.getpid()}\b)\d+-")

HAS_CHILDREN = os.path.exists("/proc/thread-self/children")

libc = ctypes.CDLL(None, use_errno=True)


def become_subreaper():
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot become the subreaper of the tests")


def within(pid, function):
    """runs function in the mount namespace of the process"""
    child = os.fork()
    if child == 0:
        namespace = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY)
        if libc.setns(namespace, 0) == 0:
            function()
            os._exit(0)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0


def read(path):
    """the text of a file, in fewer system calls than open() takes"""
    fd = os.open(path, os.O_RDONLY)
    try:
        parts = []
        while part := os.read(fd, 1 << 16):
            parts.append(part)
    finally:
        os.close(fd)
    return b"".join(parts).decode("utf-8", "replace")


def tree(top):
    """every path below top, with what it is"""
    found = set()
    pending = [top]
    while pending:
        directory = pending.pop()
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            for entry in os.scandir(directory):
                is_directory = entry.is_dir(follow_symlinks=False)
                is_link = entry.is_symlink()
                kind = "directory" if is_directory else "link" if is_link else "file"
                found.add(f"{kind} {entry.path}")
                if is_directory:
                    pending.append(entry.path)
    return found


def mounts():
    return set(read("/proc/self/mountinfo").splitlines())


@functools.lru_cache(maxsize=8)
def cgroup_mounts_in(mountinfo):
    """[(type, mount point)]"""
    found = []
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        if after.startswith("cgroup"):
            found.append((after.split()[0], before.split()[4]))
    return found


def cgroup_mounts(kinds=("cgroup", "cgroup2")):
    return {top for kind, top in cgroup_mounts_in(read("/proc/self/mountinfo")) if kind in kinds}


def cgroups_below(top, is_left_out=None):
    """top and every cgroup below it.  The kernel counts a cgroup's children as links: where there are
    none, its many files are not listed."""
    pending = [top]
    while pending:
        directory = pending.pop()
        with contextlib.suppress(FileNotFoundError):
            links = os.stat(directory).st_nlink
            yield directory
            if links > 2:
                with os.scandir(directory) as entries:
                    pending += [entry.path for entry in entries
                                if entry.is_dir(follow_symlinks=False)
                                and not (is_left_out and is_left_out(entry.name))]


def cgroups():
    """every cgroup of v2, and which controllers it hands to its children; of v1, and where a systemd
    manages v2, whose own services come and go, only what bears a name of ours"""
    found = set()
    kinds = ("cgroup", "cgroup2") if os.path.isdir("/run/systemd/system") else ("cgroup",)
    for top in cgroup_mounts(kinds):
        found |= {directory for directory in cgroups_below(top) if OF_THIS_RUN.search(directory)}
    for top in cgroup_mounts(("cgroup2",)) - cgroup_mounts(kinds):
        for directory in cgroups_below(top, OF_ANOTHER_RUN.match):
            found.add(directory)
            with contextlib.suppress(OSError):
                control = read(f"{directory}/cgroup.subtree_control").strip()
                found.add(f"{directory}/cgroup.subtree_control = '{control}'")
    return found


def process_parents():
    """{pid: (parent, state)} of all processes"""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                fields = read(f"/proc/{name}/stat").rpartition(")")[2].split()
                parents[int(name)] = (int(fields[1]), fields[0])
    return parents


def children_of(pid):
    """as the kernel lists them for each thread, zombies too; where it does not, by a look at all"""
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            found += map(int, read(f"/proc/{pid}/task/{task}/children").split())
    except OSError:
        if not HAS_CHILDREN:
            found = [child for child, (parent, _) in process_parents().items() if parent == pid]
    return found


def descendants():
    """the pids below this process, each after its parent"""
    found = []
    pending = [os.getpid()]
    while pending:
        below = children_of(pending.pop())
        found += below
        pending += below
    return found


def processes():
    found = set()
    for pid in descendants():
        with contextlib.suppress(OSError):
            command = read(f"/proc/{pid}/cmdline").replace("\0", " ").strip()
            name = read(f"/proc/{pid}/comm").strip()
            found.add(f"{pid} {command or name}")
    return found


def reap(busy=()):
    """waits for the ended children of this process that were orphans before; busy: pids that a
    Popen of the harness will wait for"""
    for pid in children_of(os.getpid()):
        if pid not in busy:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def descriptors():
    found = set()
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            target = os.readlink(f"/proc/self/fd/{name}")
            if not (target.startswith("/proc/") and target.endswith("/fd")):
                found.add(f"{name} -> {target}")
    return found


def device_programs():
    """how many programs decide over devices for the whole v2 hierarchy"""
    BPF_PROG_QUERY, BPF_CGROUP_DEVICE = 16, 6
    counts = []
    for top in cgroup_mounts(("cgroup2",)):
        fd = os.open(top, os.O_RDONLY | os.O_DIRECTORY)
        attributes = ctypes.create_string_buffer(
            struct.pack("=IIIIQI", fd, BPF_CGROUP_DEVICE, 0, 0, 0, 0), 128)
        libc.syscall(SYS_BPF, BPF_PROG_QUERY, attributes, len(attributes))
        os.close(fd)
        counts.append(struct.unpack_from("=I", attributes, 24)[0])
    return counts


def settings():
    """what is one for the whole host: kernel parameters, device rules, where its init belongs"""
    names = ("kernel/core_pattern", "kernel/domainname", "kernel/hostname", "kernel/modprobe",
             "net/ipv4/ip_forward", "vm/swappiness")
    found = set()
    for name in names:
        with contextlib.suppress(FileNotFoundError):
            found.add(f"{name} = {read(f'/proc/sys/{name}').strip()}")
    found |= {f"cgroup of process {pid} = {line}" for pid in ("1", "self")
              for line in read(f"/proc/{pid}/cgroup").splitlines()}
    found.add(f"device programs of the root cgroup = {device_programs()}")
    return found


def interfaces():
    """of the network namespace of the tests; /sys may be mounted in another one"""
    return {name for _, name in socket.if_nameindex()}


def shared_directories():
    found = set()
    for directory in ("/", "/run", "/run/netns", "/dev/shm", "/dev/mqueue", "/dev"):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            found |= {f"{directory}/{name}" for name in os.listdir(directory)}
    return found


def default_state():
    return tree("/run/coracle")


DETECTORS = {
    "mount": mounts,
    "cgroup": cgroups,
    "process": processes,
    "descriptor of the test": descriptors,
    "kernel setting": settings,
    "network interface": interfaces,
    "shared directory": shared_directories,
    "default state": default_state,
}


def missing_from(these, others, name):
    """those of the others that are not among these; a process is the same when it has executed a program"""
    if name != "process":
        return sorted(others - these)
    pids = {pid_of(line) for line in these}
    return [line for line in sorted(others) if pid_of(line) not in pids]


def pid_of(line):
    return int(line.partition(" ")[0])


class Host:
    """The host as it was, and what has become of it since."""

    def __init__(self, before=None):
        """before: a look that is still good"""
        self.before = before or self.look()
        self.popens = []
        self.watched = {}
        self.watched_files = {}

    @staticmethod
    def look():
        return {name: detector() for name, detector in DETECTORS.items()}

    def watch(self, directory, allowed=()):
        """from now on nothing may appear in or vanish from directory but paths below `allowed`"""
        self.watched[directory] = (tree(directory), tuple(allowed))

    def watch_file(self, path):
        """from now on the file at path stays what it is"""
        self.watched_files[path] = self.file_identity(path)

    @staticmethod
    def file_identity(path):
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            return {f"{path}: missing"}
        return {f"{path}: inode {status.st_ino}, mode {status.st_mode:o}, size {status.st_size}, "
                f"written {status.st_mtime_ns}"}

    def started(self, popen):
        """popen will be waited for by the test, not reaped as an orphan"""
        self.popens.append(popen)
        return popen

    def reap(self):
        reap({popen.pid for popen in self.popens if popen.poll() is None})

    def differences(self):
        """one line for each thing that has come (+) or gone (-)"""
        self.reap()
        pairs = [(name, self.before[name], now) for name, now in self.look().items()]
        for path, before in self.watched_files.items():
            pairs.append(("file", before, self.file_identity(path)))
        for path, (before, allowed) in self.watched.items():
            pairs.append(("file", *({line for line in lines if not is_allowed(line, allowed)}
                                    for lines in (before, tree(path)))))
        lines = []
        for name, before, now in pairs:
            lines += [f"+ {name}: {line}" for line in missing_from(before, now, name)]
            lines += [f"- {name}: {line}" for line in missing_from(now, before, name)]
        return lines

    def settled_differences(self, seconds=SETTLE_SECONDS):
        """the differences that stay: ends of processes and of cgroups are asynchronous"""
        deadline = time.monotonic() + seconds
        pause = 0.001
        while True:
            lines = self.differences()
            if not lines or time.monotonic() > deadline:
                return lines
            time.sleep(pause)
            pause = min(2 * pause, 0.02)

    @staticmethod
    def processes():
        return processes()

    def left_processes(self):
        """those that were not there before: the servers of a whole module were"""
        then = {pid_of(line) for line in self.before["process"]}
        return [pid for pid in descendants() if pid not in then]

    def kill_left_processes(self):
        for pid in reversed(self.left_processes()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def mop_up(self):
        """undoes what a failed test left, so that the next one starts clean"""
        self.kill_left_processes()
        for popen in self.popens:
            popen.wait()
        deadline = time.monotonic() + SETTLE_SECONDS
        while self.left_processes() and time.monotonic() < deadline:
            self.reap()
            time.sleep(0.01)
        for line in sorted(mounts() - self.before["mount"], reverse=True):
            libc.umount2(line.split()[4].encode(), MNT_DETACH)
        for line in sorted(cgroups() - self.before["cgroup"], reverse=True):
            with contextlib.suppress(OSError):
                os.rmdir(line)
        for line in sorted(default_state() - self.before["default state"], reverse=True):
            shutil.rmtree(line.partition(" ")[2], ignore_errors=True)


def is_allowed(line, allowed):
    path = line.partition(" ")[2]
    return any(path == top or path.startswith(top.rstrip("/") + "/") for top in allowed)

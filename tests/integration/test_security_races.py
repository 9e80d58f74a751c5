"""test_security_races.py - a hostile process changes the root file system while it is set up

It swaps a directory or file of the image with a link to the host, again and again, as fast as it
can, while containers are made (CVE-2021-30465, CVE-2024-45310, CVE-2025-31133, CVE-2025-52881).  A
container may fail to start; what the host has stays as it is.
"""

import contextlib
import os
import re
import signal
import stat
import subprocess
import sys

import pytest

from harness.needs import needs
from harness.report import Probes
from harness.runtime import contents, eventually

RUNS = 12

# renameat2(2) with RENAME_EXCHANGE; how often it swapped is printed at the end
SWAPPER = """
import ctypes, os, signal, sys
libc = ctypes.CDLL(None)
a, b = (path.encode() for path in sys.argv[1:])
stop = []
signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
count = 0
print("ready", flush=True)
while not stop:
    count += libc.renameat2(-100, a, -100, b, 2) == 0
print(count, flush=True)
"""


@pytest.fixture
def swap(bundle, victim):
    """swap(path, target): starts swapping what is at `path` with a link to `target`"""
    started = []

    def start(path, target=victim):
        place = bundle.inside(path)
        bundle.allow("/")
        link = bundle.inside("/other-" + path.strip("/").replace("/", "-"))
        os.symlink(target, link)
        process = subprocess.Popen([sys.executable, "-c", SWAPPER, place, link],
                                   stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "ready\n"
        started.append(process)
    yield start
    for process in started:
        process.terminate()
        swaps = int(process.stdout.read())
        process.stdout.close()
        process.wait()
        assert swaps > RUNS, "there was no race"


def run_often(bundle, *payload):
    """the standard outputs of those that started; the others failed in good order"""
    outputs = []
    for _ in range(RUNS):
        result = bundle.run(*(payload or ("exit", 0)), check=False)
        assert result.returncode in (0, 1), str(result)
        if result.returncode:
            assert "coracle: error:" in result.stderr
        else:
            outputs.append(result.stdout)
    return outputs


def unchanged(victim):
    with open(os.path.join(victim, "file"), encoding="ascii") as file:
        return os.listdir(victim) == ["file"] and file.read() == "untouched"


@pytest.mark.parametrize("destination, kind, options", [
    ("/swap", "tmpfs", []), ("/swap", "bind", ["bind"]), ("/swap/new/deep", "tmpfs", []),
    ("/swap/new/deep", "bind", ["bind"]), ("/swap/file", "bind", ["bind"]),
    ("/swap", "bind", ["bind", "dest-nofollow"]), ("/swap/new", "bind", ["copy-symlink"])])
def test_mount_points(bundle, victim, swap, destination, kind, options):
    """CVE-2021-30465, CVE-2024-45310"""
    source = bundle.outside("source")
    os.mkdir(source)
    if destination.endswith("file"):
        source = os.path.join(source, "file")
        open(source, "w", encoding="ascii").close()
    if "copy-symlink" in options:
        os.symlink("x", os.path.join(source, "link"))
        source = os.path.join(source, "link")
    os.mkdir(bundle.inside("/swap"))
    bundle.mount(destination, kind, source, options, point=None)
    swap("/swap")
    run_often(bundle)
    assert unchanged(victim)


def test_what_tmpcopyup_copies(bundle, victim, swap):
    """the content of a directory of the host must not come into the container"""
    bundle.file("/swap/own", "own")
    bundle.mount("/swap", "tmpfs", "tmpfs", ["tmpcopyup"], point=None)
    swap("/swap")
    for output in run_often(bundle, "probe", "list", "/swap"):
        assert '"file"' not in output
    assert unchanged(victim)


def test_proc_and_sys(bundle, victim, swap):
    """CVE-2019-19921, CVE-2023-27561"""
    for path in ("/proc", "/sys"):
        swap(path)
    run_often(bundle)
    assert unchanged(victim)


@pytest.mark.parametrize("path", ["/dev", "/dev/pts"])
def test_dev(bundle, victim, swap, path):
    """CVE-2025-52565, CVE-2026-41579, CVE-2026-47766: no tmpfs covers the image's /dev"""
    bundle.without_mounts("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue")
    bundle.root["readonly"] = False
    os.makedirs(bundle.inside("/dev/pts"), exist_ok=True)
    bundle.mount("/dev/pts", "devpts", "devpts", ["newinstance", "ptmxmode=0666"], point=None)
    bundle.process["terminal"] = True
    swap(path)
    run_often(bundle)
    assert unchanged(victim)


@pytest.mark.parametrize("path", ["null", "console", "ptmx", "fd"])
def test_files_of_dev(bundle, victim, swap, path):
    bundle.without_mounts("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue")
    bundle.root["readonly"] = False
    bundle.process["terminal"] = path == "console"
    bundle.file(f"/dev/{path}", "")
    if path == "console":
        bundle.mount("/dev/pts", "devpts", "devpts", ["newinstance", "ptmxmode=0666"])
    swap(f"/dev/{path}", os.path.join(victim, "file"))
    run_often(bundle)
    assert unchanged(victim)


def test_a_masked_path_stays_masked(bundle, victim, swap):
    """CVE-2025-31133: /dev/null of the image is swapped, the cover is the host's"""
    bundle.without_mounts("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue")
    bundle.file("/secret", "secret")
    bundle.file("/dev/null", "")
    bundle.linux["maskedPaths"] = ["/secret"]
    swap("/dev/null", "/secret")
    for output in run_often(bundle, "probe", "read", "/secret"):
        assert "secret" not in output.replace('"/secret"', "")
    assert unchanged(victim)


@pytest.mark.parametrize("kind", ["maskedPaths", "readonlyPaths"])
def test_paths_that_are_hidden(bundle, victim, swap, kind):
    """nothing is mounted over a path of the host"""
    os.mkdir(bundle.inside("/swap"))
    bundle.file("/swap/file", "")
    bundle.linux[kind] = ["/swap", "/swap/file"]
    swap("/swap")
    run_often(bundle)
    assert unchanged(victim)


def test_the_working_directory(bundle, victim, swap):
    os.mkdir(bundle.inside("/swap"))
    bundle.root["readonly"] = False
    bundle.process["cwd"] = "/swap/made/here"
    swap("/swap")
    run_often(bundle)
    assert unchanged(victim)


def test_devices_elsewhere(bundle, victim, swap):
    os.mkdir(bundle.inside("/swap"))
    bundle.linux["devices"] = [{"path": "/swap/new/null", "type": "c", "major": 1, "minor": 3}]
    swap("/swap")
    run_often(bundle)
    assert unchanged(victim)


def test_sysctls_meet_no_fake_proc(bundle, victim, swap):
    """CVE-2025-52881: what is at /proc of the image is swapped while parameters are written"""
    bundle.without_mounts("/proc")
    bundle.linux["maskedPaths"] = bundle.linux["readonlyPaths"] = []
    fake = bundle.file("/proc/sys/net/ipv4/ip_forward", "fake")
    bundle.linux["sysctl"] = {"net.ipv4.ip_forward": "1"}
    bundle.mount("/real", "proc", "proc")
    swap("/proc/sys/net")
    for output in run_often(bundle, "probe", "read", "/real/sys/net/ipv4/ip_forward"):
        assert '"1\\u000a"' in output
    assert unchanged(victim)
    for path in (fake, fake.replace("/proc/sys/net", "/other-proc-sys-net")):
        with contextlib.suppress(OSError):  # it is swapped still
            assert open(path, encoding="ascii").read() == "fake"


@pytest.fixture
def run_and_swap(bundle, coracle, directory):
    """runs the bundle, and puts a link to `target` in the place of what the system call `name` has just made
    at `path`: strace stops the process behind each such call"""
    def run(name, path, target, payload=("exit", 0)):
        log = os.path.join(directory, "strace")
        place = bundle.inside(path)
        bundle.allow("/")
        bundle.args(*payload).write()
        open(log, "w", encoding="ascii").close()
        coracle.prefix = ["strace", "-f", "-o", log, "-e", f"trace={name}", "-e", f"inject={name}:signal=STOP"]
        popen = coracle.popen("run", "--bundle", bundle.path, "swapped")
        swapped, seen = False, 0

        def has_ended():
            nonlocal swapped, seen
            stops = re.findall(r"^(\d+) +--- stopped by SIGSTOP", contents(log), re.MULTILINE)
            if not swapped and os.path.lexists(place):
                os.rename(place, place + "-before")
                os.symlink(target, place)
                swapped = True
            for pid in stops[seen:]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGCONT)
            seen = len(stops)
            return popen.poll() is not None
        eventually(has_ended, "the end")
        assert swapped
        return coracle.finish(popen)
    return run


@needs("root", "program:strace")
class TestWhatWasJustMade:
    """CVE-2021-30465, CVE-2024-45310: swapped before it is opened; a race of a few microseconds, always won"""

    def test_a_directory(self, bundle, victim, run_and_swap):
        bundle.mount("/new/deep", "tmpfs", "tmpfs", point=None)
        result = run_and_swap("mkdirat", "/new", victim)
        assert "make the directory '/new/deep' in the root: Not a directory" in result.stderr
        assert unchanged(victim)

    def test_a_file(self, bundle, victim, run_and_swap):
        bundle.mount("/new", "bind", "/etc/hostname", ["bind"], point=None)
        result = run_and_swap("mknodat", "/new", os.path.join(victim, "file"))
        assert "make the file '/new' in the root: Too many levels of symbolic links" in result.stderr
        assert unchanged(victim)

    def test_a_device(self, bundle, directory, run_and_swap):
        """CVE-2026-41579: the host's of the same numbers keeps its owner"""
        node = os.path.join(directory, "null")
        os.mknod(node, stat.S_IFCHR | 0o600, os.makedev(1, 3))
        bundle.without_mounts("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue")
        bundle.linux["devices"] = [{"type": "c", "path": "/dev/new", "major": 1, "minor": 3, "uid": 7, "gid": 7}]
        result = run_and_swap("mknodat", "/dev/new", node)
        assert "linux.devices[0]" in result.stderr
        assert (os.stat(node).st_uid, os.stat(node).st_mode & 0o777) == (0, 0o600)

    def test_a_bound_device(self, bundle, victim, run_and_swap):
        """the link itself is covered"""
        bundle.map_ids(100000)
        bundle.without_mounts("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue")
        result = run_and_swap("mknodat", "/dev/zero", os.path.join(victim, "file"), ("probe", "stat", "/dev/zero"))
        assert Probes(result.stdout).data("stat", "/dev/zero")["rdev"] == [1, 5]
        assert unchanged(victim)

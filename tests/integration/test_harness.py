"""test_harness.py - each detector fires: what a test could leave behind is left, found, taken back"""

import contextlib
import fcntl
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

import pytest

from conftest import CORACLE
from harness import host as host_module
from harness.cgroup import cgroup_directory
from harness.needs import missing, needs
from harness.runtime import contents, eventually
from mounting import loops, no_devices


@contextlib.contextmanager
def left_mount(directory):
    point = os.path.join(directory, "point")
    os.mkdir(point)
    subprocess.run(["mount", "-t", "tmpfs", "left", point], check=True)
    yield point
    subprocess.run(["umount", point], check=True)


@contextlib.contextmanager
def left_cgroup(_directory):
    """where a container's is made, and named so: where systemd makes others, only such are looked at"""
    path = os.path.join(os.path.dirname(cgroup_directory("self")), f"t{os.getpid()}-left")
    os.mkdir(path)
    yield path
    os.rmdir(path)


@contextlib.contextmanager
def left_process(_directory):
    # its parent ends at once, it starts a session of its own: still found
    subprocess.run(["sh", "-c", "setsid sleep 1000 & exit"], check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    eventually(lambda: any(line.partition(" ")[2] == "sleep 1000" for line in host_module.processes()),
               "the orphan's execve")
    yield "sleep 1000"
    pid = next(int(line.split()[0]) for line in host_module.processes() if "sleep 1000" in line)
    os.kill(pid, 9)
    os.waitpid(pid, 0)


@contextlib.contextmanager
def left_descriptor(_directory):
    left, right = socket.socketpair()
    yield f"{left.fileno()} -> socket:"
    left.close()
    right.close()


@contextlib.contextmanager
def left_setting(_directory):
    path = "/proc/sys/vm/swappiness"
    before = contents(path).strip()
    with open(path, "w", encoding="ascii") as file:
        file.write(str((int(before) + 1) % 100))
    yield "vm/swappiness"
    with open(path, "w", encoding="ascii") as file:
        file.write(before)


@contextlib.contextmanager
def left_interface(_directory):
    TUNSETIFF, IFF_TUN = 0x400454CA, 0x0001
    if not os.path.exists("/dev/net/tun"):
        pytest.skip("no /dev/net/tun to make a network interface with")
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", b"left%d", IFF_TUN))
    yield "left"
    os.close(fd)


@contextlib.contextmanager
def left_shared(_directory):
    with tempfile.NamedTemporaryFile(dir="/dev/shm", prefix="left-") as file:
        yield file.name


@contextlib.contextmanager
def left_state(_directory):
    existed = os.path.isdir("/run/coracle")
    os.makedirs("/run/coracle/left")
    yield "/run/coracle/left"
    os.rmdir("/run/coracle/left")
    if not existed:
        os.rmdir("/run/coracle")


LEAVERS = {
    "mount": left_mount,
    "cgroup": left_cgroup,
    "process": left_process,
    "descriptor of the test": left_descriptor,
    "kernel setting": left_setting,
    "network interface": left_interface,
    "shared directory": left_shared,
    "default state": left_state,
}


NEEDS = {"mount": ["root"], "cgroup": ["cgroup"], "kernel setting": ["root"],
         "network interface": ["root"], "default state": ["root"]}


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=needs(*NEEDS.get(kind, [])))
                                  for kind in host_module.DETECTORS])
def test_a_detector_fires(kind, directory):
    before = host_module.Host()
    with LEAVERS[kind](directory) as left:
        lines = before.settled_differences(0.05)
        assert any(line.startswith(f"+ {kind}: ") and left in line for line in lines), lines
    assert before.settled_differences() == []


@needs("root")
def test_what_vanishes_is_told(directory):
    with left_mount(directory) as point:
        before = host_module.Host()
    assert [line[:9] for line in before.differences()] == ["- mount: "], point


def test_files_that_appear_vanish_or_change(directory):
    old, new = os.path.join(directory, "old"), os.path.join(directory, "new")
    program = os.path.join(directory, "program")
    for path in (old, program):
        open(path, "w", encoding="ascii").close()
    before = host_module.Host()
    before.watch(directory, allowed=[os.path.join(directory, "allowed")])
    before.watch_file(program)
    os.mkdir(os.path.join(directory, "allowed"))
    open(os.path.join(directory, "allowed", "child"), "w", encoding="ascii").close()
    assert before.differences() == []

    os.unlink(old)
    os.symlink("/", new)
    assert before.differences() == [f"+ file: link {new}", f"- file: file {old}"]
    os.unlink(new)
    open(old, "w", encoding="ascii").close()

    with open(program, "w", encoding="ascii") as file:
        file.write("changed")
    assert [line[:7] for line in before.differences()] == ["+ file:", "- file:"]


@needs("root", "program:losetup", "file:/dev/loop-control")
def test_a_loop_device_is_told_with_the_directory_of_its_file(directory):
    image = os.path.join(directory, "image")
    with open(image, "wb") as file:
        file.truncate(1 << 20)
    device = subprocess.run(["losetup", "--find", "--show", image], check=True, stdout=subprocess.PIPE,
                            text=True).stdout.strip()
    try:
        assert loops(directory) == [os.path.basename(device)] and not no_devices(directory)
        assert loops(directory[:-1]) == [] and no_devices(os.path.join(directory, "image"))
    finally:
        subprocess.run(["losetup", "--detach", device], check=True)
    eventually(lambda: no_devices(directory), "its end")


def test_an_end_that_takes_a_moment_is_no_difference(host):
    before = host_module.Host()
    before.started(subprocess.Popen(["sleep", "0.2"]))
    assert before.differences() != []
    assert before.settled_differences() == []
    assert host.differences() == []


@needs("root")
def test_mop_up_takes_back_what_was_left(directory):
    server = subprocess.Popen(["sleep", "1000"])  # of the whole module, say
    before = host_module.Host()
    left_process(directory).__enter__()
    left_mount(directory).__enter__()
    left_cgroup(directory).__enter__()
    assert len(before.differences()) >= 3
    before.mop_up()
    assert before.differences() == []
    assert server.poll() is None
    server.kill()
    server.wait()


LEAKY = """
import os, subprocess, pytest

@pytest.fixture(scope="class")
def server():
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdin.write(b"x")
        process.stdin.flush()
        process.stdout.read(1)
        yield

def test_that_leaves_nothing(host):
    pass

def test_that_leaves_something(host):
    os.open("/etc/passwd", os.O_RDONLY)

def test_that_finds_it_there(host):
    pass

class TestWithAServer:
    def test_it_was_there_before(self, server, host):
        assert any(line.endswith(" cat") for line in host.before["process"])

def test_after_its_end(host):
    assert host.before["process"] == set()
"""


def test_each_test_is_held_against_what_was_before_it(directory):
    """one look does for two tests, but not beyond a test that has failed or a server's start or end"""
    with open(os.path.join(directory, "test_leaky.py"), "w", encoding="ascii") as file:
        file.write(LEAKY)
    done = subprocess.run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "conftest", "-rE",
                           "--rootdir", directory, "--confcutdir", directory, directory],
                          capture_output=True, text=True, cwd=directory,
                          env={**os.environ, "CORACLE": CORACLE, "PYTHONPATH": os.path.dirname(__file__)})
    assert re.search("5 passed, 1 error in", done.stdout), done.stdout + done.stderr
    assert re.search("^ERROR .*::test_that_leaves_something", done.stdout, re.MULTILINE), done.stdout
    assert re.search(r"\+ descriptor of the test: [0-9]+ -> /etc/passwd", done.stdout), done.stdout


def test_orphans_come_to_the_tests_and_are_reaped(host):
    subprocess.run(["sh", "-c", "sleep 0.05 & exit"], check=True)
    assert len(host_module.descendants()) == 1

    def is_reaped():
        host.reap()
        return not host_module.descendants()
    eventually(is_reaped, "the orphan to be reaped")


@pytest.mark.parametrize("need, reason", [
    ("controller:nonesuch", "no controller 'nonesuch'"),
    ("kernel:999.1", "older than 999.1"),
    ("program:nonesuch", "no program 'nonesuch'"),
    ("file:/nonesuch", "no '/nonesuch'"),
    ("kernel:5.12", None),
    ("program:sh", None),
    ("file:/proc", None),
])
def test_a_need_that_is_not_met_has_a_reason(need, reason):
    found = missing(need)
    assert (found is None) == (reason is None)
    assert reason is None or reason in found


def test_a_need_of_no_kind_is_a_mistake():
    with pytest.raises(AssertionError, match="'colour:blue'"):
        needs("colour:blue")


HERE = os.path.dirname(os.path.abspath(__file__))
SKIPPED_HERE = os.path.join(HERE, "../vm/skipped-here")


def test_the_results_tell_what_was_missing(directory):
    path, results = os.path.join(directory, "test_inner.py"), os.path.join(directory, "junit.xml")
    with open(path, "w", encoding="utf-8") as file:
        file.write("from harness.needs import needs\n\n"
                   "@needs('file:/')\ndef test_runs():\n    pass\n\n"
                   "@needs('program:no-such', 'file:/no/such')\ndef test_skipped():\n    pass\n")
    subprocess.run([sys.executable, "-m", "pytest", "-c", os.path.join(HERE, "pytest.ini"),
                    "--rootdir", directory, "-p", "conftest", "--junit-xml", results, path],
                   check=True, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": HERE})
    cases = {case.get("name"): [one.get("value") for one in case.iter("property")
                                if one.get("name") == "missing"]
             for case in ElementTree.parse(results).iter("testcase")}
    assert cases == {"test_runs": [], "test_skipped": ["program:no-such", "file:/no/such"]}


@pytest.fixture
def junit(directory):
    """makes a file of results: junit("name", {test: what is missing, or None if it ran})"""
    def make(name, outcomes):
        suite = ElementTree.Element("testsuite")
        for test, needed in outcomes.items():
            case = ElementTree.SubElement(suite, "testcase", classname="test_a.TestB", name=test)
            if needed is not None:
                properties = ElementTree.SubElement(case, "properties")
                for need in needed:
                    ElementTree.SubElement(properties, "property", name="missing", value=need)
                ElementTree.SubElement(case, "skipped", message="why")
        path = os.path.join(directory, name)
        ElementTree.ElementTree(suite).write(path)
        return path
    return make


def listed(*paths):
    """{machine: tests} of tests/vm/skipped-here, but for what it always runs"""
    machines = {}
    for line in subprocess.run([SKIPPED_HERE, "--list", *paths], check=True, capture_output=True,
                               text=True).stdout.splitlines():
        if line.startswith(" "):
            machines[name].append(line.strip())
        elif line:
            name = line.partition(":")[0]
            machines[name] = []
    del machines["user"]
    return machines


def test_what_was_skipped_goes_to_the_machine_that_has_it(junit):
    first = junit("first", {"test_ran": None, "test_ran_elsewhere": ["controller:hugetlb"],
                            "test_unit": ["controller:cpu", "file:/run/systemd/system"],
                            "test_label": ["lsm:selinux"], "test_limit[a-b]": ["controller:cpu"],
                            "test_told_while_it_ran": []})
    second = junit("second", {"test_ran_elsewhere": None})
    assert listed(first, second) == {
        "systemd": ["test_a.py::TestB::test_unit"], "selinux": ["test_a.py::TestB::test_label"],
        "bare": ["test_a.py::TestB::test_limit[a-b]", "test_a.py::TestB::test_told_while_it_ran"]}


def test_many_are_dealt_out_to_machines(junit):
    tests = [f"test_{number}" for number in range(76)]
    machines = listed(junit("many", {test: ["controller:cpu"] for test in tests}))
    assert {name: len(of) for name, of in machines.items()} == {"bare-1": 38, "bare-2": 38}
    assert sorted(sum(machines.values(), [])) == sorted(f"test_a.py::TestB::{test}" for test in tests)


def test_no_results_are_an_error(directory):
    path = os.path.join(directory, "absent.xml")
    done = subprocess.run([SKIPPED_HERE, path], check=False, capture_output=True, text=True)
    assert done.returncode == 2 and f"no results in '{path}'" in done.stderr

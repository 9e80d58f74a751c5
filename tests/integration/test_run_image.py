"""coracle-unpack run: an image becomes a container, and nothing of it stays"""

import contextlib
import ctypes
import fcntl
import os
import signal
import subprocess
import termios
import time

import pytest

from conftest import CORACLE
from harness.needs import needs
from harness.report import Report
from harness.runtime import eventually
from mounting import driver as needs_erofs
from ocilayout import Layer
from unpacking import PROGRAM, unpacking  # noqa: F401

pytestmark = pytest.mark.disk


class Running:
    def __init__(self, unpacking, root):
        self.unpacking = unpacking
        self.places = os.path.join(unpacking.directory, "places")
        self.command = [PROGRAM, "--store", os.path.join(unpacking.directory, "store"), "run",
                        "--state", os.path.join(unpacking.directory, "state")]
        self.environment = {**os.environ, "TMPDIR": self.places}
        os.mkdir(self.places)

    def arguments(self, *options, args=()):
        return [*self.command, *options, self.unpacking.layout.reference(), *args]

    def call(self, *options, args=()):
        done = subprocess.run(self.arguments(*options, args=args), env=self.environment,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
        self.nothing_is_left()
        return done

    def nothing_is_left(self):
        assert os.listdir(self.places) == []
        with open("/proc/self/mountinfo") as file:
            assert self.places not in file.read()


@pytest.fixture
def running(unpacking, payload, coracle):
    with open(payload, "rb") as file:
        unpacking.image([Layer().dir("bin").file("bin/payload", file.read(), mode=0o755)],
                        config={"Entrypoint": ["payload"], "Cmd": ["report"]})
    return Running(unpacking, coracle)


# root alone may mount
MOUNTED = [pytest.param("overlay", marks=needs("root")),
           pytest.param("erofs", marks=[needs("root"), *needs_erofs("erofs").marks])]


@pytest.mark.parametrize("driver", ["auto", "dir", *MOUNTED])
def test_run(running, driver):
    done = running.call("--driver", driver, "--env", "A=b")
    assert done.returncode == 0, done.stderr
    assert "A=b" in Report(done.stdout).env


@needs("root")
@pytest.mark.parametrize("is_killed", [False, True])
def test_run_of_a_user_whom_cron_starts(running, is_killed):
    """nothing says where its state could be: it is beside the bundle, and goes with it"""
    directory = running.unpacking.directory
    places = os.path.join(directory, "user")
    os.mkdir(places)
    os.chown(places, 1000, 1000)
    os.chmod(directory, 0o755)
    running.places = places
    command = [PROGRAM, "--store", os.path.join(places, "store"), "run",
               running.unpacking.layout.reference(), "sleep" if is_killed else "report"]
    child = subprocess.Popen(command, env={"PATH": os.environ["PATH"], "TMPDIR": places}, cwd="/", text=True,
                             user=1000, group=1000, extra_groups=[], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if is_killed:
        assert child.stdout.readline() == "ready\n"
        place, = [name for name in os.listdir(places) if name != "store"]
        assert place in os.listdir(os.path.join(places, place, "state"))
        child.kill()
        child.wait()
    else:
        assert "HOME=/" in Report(child.communicate()[0]).env and child.returncode == 0
    child.stdout.close()
    eventually(lambda: os.listdir(places) == ["store"], "all is removed")


@pytest.mark.parametrize("code", [0, 7])
def test_arguments_and_status(running, code):
    assert running.call(args=("exit", str(code))).returncode == code


def test_program_that_is_not_there(running):
    done = running.call("--entrypoint", "/nothing")
    assert done.returncode != 0 and "/nothing" in done.stderr


def test_image_that_is_not_there(running):
    done = subprocess.run([*running.command, "oci:/nowhere"], env=running.environment,
                          stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "/nowhere" in done.stderr
    running.nothing_is_left()


def test_no_place_for_the_bundle(running):
    running.environment["TMPDIR"] = "/nowhere"
    done = running.call()
    assert done.returncode == 1 and "make a directory for the bundle in '/nowhere': No such file" in done.stderr


def test_signal_is_passed_on(running):
    child = subprocess.Popen(running.arguments(args=("wait",)), env=running.environment,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not container_processes(child.pid):
        time.sleep(0.05)
    time.sleep(0.5)
    child.send_signal(signal.SIGTERM)
    assert child.wait(timeout=30) in (0, 128 + signal.SIGTERM)
    running.nothing_is_left()


def container_processes(pid):
    """the runtime's children"""
    done = subprocess.run(["pgrep", "-P", str(pid)], stdout=subprocess.PIPE, text=True)
    return [child for runtime in done.stdout.split()
            for child in subprocess.run(["pgrep", "-P", runtime], stdout=subprocess.PIPE,
                                        text=True).stdout.split()]


def ready(running, *options):
    """a run whose program sleeps"""
    child = subprocess.Popen(running.arguments(*options, args=("sleep",)), env=running.environment,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert child.stdout.readline() == "ready\n"
    return child


def children(pid):
    done = subprocess.run(["pgrep", "-P", str(pid)], stdout=subprocess.PIPE, text=True)
    return [int(child) for child in done.stdout.split()]


def is_clean(running):
    state = os.path.join(running.unpacking.directory, "state")
    with open("/proc/self/mountinfo") as file:
        return (os.listdir(running.places) == [] and running.places not in file.read()
                and (not os.path.exists(state)
                     or [name for name in os.listdir(state) if name != "@seccomp"] == []))


@pytest.mark.parametrize("driver", ["dir", *MOUNTED])
def test_killed(running, driver):
    """the container goes, and all that was made for it"""
    child = ready(running, "--driver", driver)
    child.kill()
    child.wait()
    eventually(lambda: is_clean(running), "all is removed")
    assert child.stdout.read() == "", "nobody holds the output any more"
    assert subprocess.run(["pgrep", "-f", running.places]).returncode == 1
    child.stdout.close()


def test_runtime_killed(running):
    """which leaves a container: it goes too"""
    child = ready(running)
    runtime, = [pid for pid in children(child.pid) if children(pid)]
    program, = children(runtime)
    os.kill(runtime, signal.SIGKILL)
    assert child.wait(timeout=30) == 128 + signal.SIGKILL
    child.stdout.close()
    assert is_clean(running)
    eventually(lambda: has_ended(program), "the program has ended")


def test_killed_at_any_moment(running):
    for i in range(20):
        child = subprocess.Popen(running.arguments(args=("sleep",)), env=running.environment,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(i * 0.005)
        child.kill()
        child.wait()
        eventually(lambda: is_clean(running), "all is removed")


RUNTIME = """#!/bin/sh
# a runtime that tells what it has inherited, and ends with 42 when it is told to
tell() { echo "$1 $(umask) $(grep -E 'SigBlk|SigIgn' /proc/self/status | tr -s '\\t\\n' '  ')" >> LOG; }
case "$*" in
*delete*) tell delete ;;
*) trap 'exit 42' TERM HUP; tell run; while :; do sleep 0.02; done ;;
esac
"""


@pytest.fixture
def stub(unpacking):
    """the runtime's path, and what it has told"""
    path, log = (os.path.join(unpacking.directory, name) for name in ("runtime", "log"))
    with open(path, "w") as file:
        file.write(RUNTIME.replace("LOG", log))
    os.chmod(path, 0o755)

    def told():
        try:
            with open(log) as file:
                return [line.split() for line in file]
        except FileNotFoundError:
            return []
    return path, told


def test_what_the_runtime_inherits(running, stub):
    """the caller's mask and signals, whatever we and the keeper do with ours"""
    runtime, told = stub

    def prepare():
        os.umask(0o027)
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run below nohup
    child = subprocess.Popen(running.arguments("--runtime", runtime), env=running.environment,
                             stderr=subprocess.DEVNULL, preexec_fn=prepare)
    eventually(told, "the runtime runs")
    child.kill()
    child.wait()
    eventually(lambda: is_clean(running) and len(told()) > 1, "it was told to delete")
    none, usr1 = f"{0:016x}", f"{1 << (signal.SIGUSR1 - 1):016x}"
    assert told()[0] == ["run", "0027", "SigBlk:", none, "SigIgn:", usr1]
    for line in told()[1:]:
        assert line == ["delete", "0027", "SigBlk:", none, "SigIgn:", none]


def test_no_signal_is_lost(running, stub):
    """whenever it comes: before the runtime is there, while it is made, when it runs"""
    runtime, told = stub
    statuses = set()
    for i in range(60):
        child = subprocess.Popen(running.arguments("--runtime", runtime), env=running.environment,
                                 stderr=subprocess.DEVNULL)
        if i % 10 == 9:
            eventually(told, "the runtime runs")
        else:
            time.sleep(i * 0.001)
        child.terminate()
        statuses.add(child.wait(timeout=20))
        eventually(lambda: is_clean(running), "all is removed")
        if told():
            os.unlink(os.path.join(running.unpacking.directory, "log"))
    assert statuses <= {1, 42, 128 + signal.SIGTERM, -signal.SIGTERM} and 42 in statuses


def test_queued_signal_is_passed_on(running, stub):
    """sigqueue(3), which `kill -q` and service managers use"""
    runtime, told = stub
    child = subprocess.Popen(running.arguments("--runtime", runtime), env=running.environment,
                             stderr=subprocess.DEVNULL)
    eventually(told, "the runtime runs")
    assert ctypes.CDLL(None).sigqueue(child.pid, signal.SIGTERM, ctypes.c_void_p(1)) == 0
    try:
        assert child.wait(timeout=20) == 42
    finally:
        child.terminate()
        child.wait()


def tree(pid):
    """the process and all below it"""
    pids = [pid]
    for above in pids:
        pids += children(above)
    return pids


def test_terminal_that_hangs_up(running, stub):
    """as that of `ssh -t HOST coracle-unpack run ...`: the kernel tells the session's leader, which is us"""
    runtime, told = stub
    master, slave = os.openpty()

    def prepare():
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run below nohup
    child = subprocess.Popen(running.arguments("--runtime", runtime), env=running.environment,
                             stdin=slave, stdout=slave, stderr=slave, preexec_fn=prepare)
    os.close(slave)
    eventually(told, "the runtime runs")
    os.close(master)
    try:
        assert child.wait(timeout=20) == 42
    finally:
        child.terminate()
        child.wait()
    eventually(lambda: is_clean(running), "all is removed")


def has_ended(pid):
    """it is a zombie, which holds no lock any more, or not even that"""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError), open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] in "ZX"
    return True


def kill_all(child, pids):
    for number in signal.SIGSTOP, signal.SIGKILL:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
    eventually(lambda: all(has_ended(pid) for pid in pids), "all have ended")
    child.wait()
    if child.stdout:
        child.stdout.close()


def gc(running, *options):
    done = subprocess.run([*running.command[:3], "gc", *options], stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


LEFT = "which a run that was killed has left"


def noted(running):
    return os.listdir(os.path.join(running.unpacking.directory, "store", "bundles"))


@pytest.mark.parametrize("driver", ["dir", *MOUNTED])
def test_killed_with_all_its_processes(running, driver):
    """then gc removes what is left: the bundle, which the store has noted down, and its mount"""
    child = ready(running, "--driver", driver)
    kill_all(child, tree(child.pid))
    place, = os.listdir(running.places)
    subprocess.run([CORACLE, "--root", os.path.join(running.unpacking.directory, "state"), "delete",
                    "--force", place], check=True)
    assert LEFT not in gc(running, "--dry-run") and not is_clean(running)
    assert LEFT in gc(running)
    assert is_clean(running) and noted(running) == []


def stop_when(running, is_so):
    """a run that was stopped when that was so: strace holds up what ends it, a file's new name"""
    slowly = ["strace", "-D", "-f", "-o", "/dev/null", "-e", "trace=renameat", "-e", "inject=renameat:delay_enter=1s"]
    child = subprocess.Popen([*slowly, *running.arguments("--driver", "dir", "--runtime", "/bin/true")],
                             env=running.environment, stderr=subprocess.DEVNULL)
    while not is_so():
        assert child.poll() is None, "it has ended before"
    child.send_signal(signal.SIGSTOP)
    return child


def made(running):
    return [name for place in os.listdir(running.places)
            for name in os.listdir(os.path.join(running.places, place))]


def noted_one(running):
    with contextlib.suppress(FileNotFoundError):
        return noted(running)


@needs("program:strace")
@pytest.mark.parametrize("is_so", [noted_one, made], ids=["begins", "unpacks"])
def test_killed_with_the_keeper_before_it_runs(running, is_so):
    """gc removes what there is of the bundle, even when that is only its directory"""
    running.unpacking.image([Layer().file("f", b"1")])
    child = stop_when(running, lambda: is_so(running))
    kill_all(child, tree(child.pid))
    assert len(os.listdir(running.places)) == 1
    assert is_so is noted_one or made(running) == [".bundle.coracle-unpack"]
    assert LEFT in gc(running)
    assert is_clean(running) and noted(running) == []


@pytest.mark.parametrize("driver", ["dir", *MOUNTED])
def test_gc_leaves_a_container_alone(running, driver):
    """it outlives its run, the keeper and the runtime when only those are killed"""
    child = ready(running, "--driver", driver)
    runtime, = [pid for pid in children(child.pid) if children(pid)]
    program, = children(runtime)
    kill_all(child, [child.pid, *[pid for pid in tree(child.pid)[1:] if pid != program]])
    assert os.path.exists(f"/proc/{program}/root/bin/payload")
    assert LEFT not in gc(running)
    assert os.path.exists(f"/proc/{program}/root/bin/payload")
    place, = os.listdir(running.places)
    subprocess.run([CORACLE, "--root", os.path.join(running.unpacking.directory, "state"), "delete",
                    "--force", place], check=True)
    assert LEFT in gc(running) and is_clean(running)


def test_a_place_that_is_another_s(running):
    """what gc finds where a run was noted is removed only if nobody else could have made it"""
    store = os.path.join(running.unpacking.directory, "store")
    running.call()
    place = os.path.join(running.places, "coracle-run-abcdef")
    os.makedirs(os.path.join(place, "bundle", "rootfs"))
    os.chmod(place, 0o777)
    os.symlink(os.path.join(place, "bundle"), os.path.join(store, "bundles", "0" * 64))
    assert LEFT not in gc(running) and os.path.exists(os.path.join(place, "bundle", "rootfs"))
    os.chmod(place, 0o700)
    assert LEFT in gc(running) and is_clean(running)


def test_store_that_cannot_be_written(running):
    """what needs nothing of it runs all the same"""
    store = os.path.join(running.unpacking.directory, "store")
    with open(store, "w"):
        pass
    done = running.call("--driver", "dir")
    assert done.returncode == 0, done.stderr


def test_gc_leaves_a_run_alone(running):
    child = ready(running)
    done = subprocess.run([*running.command[:3], "gc"], stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0 and " 0 unpacked layers" in done.stderr, done.stderr
    assert len(os.listdir(running.places)) == 1 and child.poll() is None
    child.kill()
    child.wait()
    child.stdout.close()
    eventually(lambda: is_clean(running), "all is removed")

"""coracle-unpack run: an image becomes a container, and nothing of it stays"""

import os
import signal
import subprocess
import time

import pytest

from harness.report import Report
from ocilayout import Layer
from unpacking import PROGRAM, unpacking  # noqa: F401


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


@pytest.mark.parametrize("driver", ["auto", "dir", "overlay"])
def test_run(running, driver):
    done = running.call("--driver", driver, "--env", "A=b")
    assert done.returncode == 0, done.stderr
    assert "A=b" in Report(done.stdout).env


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

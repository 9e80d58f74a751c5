"""test_pause.py - coracle pause and resume, and what other commands make of a paused container"""

import os
import re
import signal
import subprocess
import time

import pytest

from harness.cgroup import cgroup_directory, cgroup_mount, cgroup_path, remove_cgroup
from harness.host import read
from harness.needs import needs
from harness.runtime import eventually


@pytest.fixture
def container(bundle):
    container = bundle.start()
    yield container
    if os.path.exists(os.path.join(bundle.runtime.root, container.id)):
        container.remove()


def pause(container, **keywords):
    return container.runtime("pause", container.id, **keywords)


def resume(container, **keywords):
    return container.runtime("resume", container.id, **keywords)


@needs("cgroup")
def test_it_stops_and_goes_on(container):
    pause(container)
    assert container.status == "paused"
    assert "frozen 1" in read(f"{cgroup_directory(container.pid)}/cgroup.events")
    container.kill("USR1")
    time.sleep(0.05)
    assert "signal" not in container.output()
    resume(container)
    container.wait_output("signal 10\n")
    assert container.status == "running"


@needs("cgroup")
def test_all_processes_stop_and_go_on(bundle):
    """with cgroups below that the container has made"""
    container = bundle.start(payload=["spawn", 3])
    directory = cgroup_directory(container.pid)
    pids = read(f"{directory}/cgroup.procs").split()
    os.makedirs(f"{directory}/a/b")
    for name, pid in zip(("a", "a/b"), pids[-2:]):
        with open(f"{directory}/{name}/cgroup.procs", "w", encoding="ascii") as file:
            file.write(pid)

    def await_all(line):
        """the kernel can say so of a cgroup some milliseconds before it is so of one below"""
        eventually(lambda: all(line in read(f"{directory}/{name}cgroup.events")
                               for name in ("", "a/", "a/b/")), f"'{line}' everywhere")
    pause(container)
    await_all("frozen 1")
    resume(container)
    await_all("frozen 0")
    pause(container)
    container.remove()
    assert not os.path.exists(directory)


@needs("cgroup")
def test_it_is_seen_in_the_list(container):
    pause(container)
    assert "paused" in container.runtime("list").stdout


@needs("cgroup")
def test_twice_is_an_error_that_says_why(container):
    pause(container)
    container.runtime.fails("pause", container.id, message="it is paused, not running")
    resume(container)
    container.runtime.fails("resume", container.id, message="it is running, not paused")


@needs("cgroup")
def test_a_created_container_can_be_paused(bundle):
    container = bundle.create(payload=["wait"])
    pause(container)
    assert container.status == "paused"
    container.runtime.fails("start", container.id, message="it is paused, not created")
    resume(container)
    assert container.status == "created"
    container.start()
    container.wait_output("ready")
    container.remove()


@needs("cgroup")
def test_kill_ends_a_paused_container(container):
    pause(container)
    container.kill("KILL")
    container.wait_stopped()
    container.delete()


@needs("cgroup")
def test_kill_all_ends_a_paused_container(bundle):
    bundle.share_pids()
    container = bundle.start(payload=["spawn", 2])
    pause(container)
    container.kill("--all", "KILL")
    container.wait_stopped()
    container.delete()


@needs("cgroup")
def test_term_waits_for_resume(container):
    pause(container)
    container.kill("TERM")
    assert container.status == "paused"
    resume(container)
    container.wait_stopped()


@needs("cgroup")
def test_delete_needs_force_and_kills(container):
    pause(container)
    container.runtime.fails("delete", container.id, message="it is paused")
    container.delete("--force")


@pytest.mark.parametrize("command", ["pause", "resume"])
@needs("cgroup")
def test_a_stopped_container_is_refused(container, command):
    container.kill("KILL")
    container.wait_stopped()
    error = container.runtime.error(command, container.id)
    assert error["class"] == "state" and "it is stopped" in error["msg"]


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_one_that_is_not_there_is_refused(coracle, command):
    coracle.fails(command, "nobody", message="container 'nobody' does not exist")


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_without_a_cgroup_there_is_no_freezer(bundle, command):
    bundle.linux.pop("resources", None)
    bundle.args("wait").write()
    bundle.runtime("run", "--detach", "--bundle", bundle.path, "free",
                   options=("--cgroup-manager", "disabled"))
    error = bundle.runtime.error(command, "free")
    assert error["class"] == "cgroup" and "it has no cgroup" in error["msg"]
    bundle.runtime("delete", "--force", "free")


@pytest.mark.parametrize("command, message", [
    ("pause", "open the cgroup '.*{path}': No such file or directory"), ("resume", "it is running, not paused")])
@needs("root", "cgroup")
def test_a_cgroup_that_was_removed_is_named(container, command, message):
    """below init, which goes on"""
    path = remove_cgroup(container.pid)
    container.runtime.fails(command, container.id, message=message.format(path=re.escape(path)))


@needs("cgroup")
def test_a_foreground_run_can_be_paused_and_deleted(bundle):
    bundle.args("sleep").write()
    popen = bundle.runtime.popen("run", "--bundle", bundle.path, "front")
    eventually(lambda: "ready" in read(popen.out), "the container")
    bundle.runtime("pause", "front")
    bundle.runtime("resume", "front")
    started = time.monotonic()
    bundle.runtime("delete", "--force", "front")
    assert time.monotonic() - started < 5
    assert bundle.runtime.finish(popen).returncode == 128 + signal.SIGKILL
    assert bundle.runtime.identifiers() == []


@needs("cgroup")
def test_resume_says_what_it_waited_for(bundle):
    """a cgroup above that is frozen keeps the container's frozen"""
    parent = os.path.join(os.path.dirname(cgroup_path("self")), f"t{os.getpid()}-above")
    directory = cgroup_mount() + parent
    os.mkdir(directory)
    bundle.linux["cgroupsPath"] = f"{parent}/container"
    container = bundle.start()
    pause(container)
    with open(f"{directory}/cgroup.freeze", "w", encoding="ascii") as file:
        file.write("1")
    error = container.runtime.error("resume", container.id, timeout=20)
    assert error["class"] == "cgroup"
    assert f"'{parent}/container': waited 10000 ms for 'frozen 0'" in error["msg"]
    assert "is a cgroup above it frozen" in error["msg"]
    container.remove()
    os.rmdir(directory)


@pytest.fixture
def frozen_disk(directory):
    """who writes there sleeps, and cannot be interrupted"""
    disk, place = os.path.join(directory, "disk"), os.path.join(directory, "place")
    os.mkdir(place)
    with open(disk, "wb") as file:
        file.truncate(16 << 20)
    subprocess.run(["mkfs.ext4", "-q", disk], check=True)
    subprocess.run(["mount", "-o", "loop", disk, place], check=True)
    subprocess.run(["fsfreeze", "--freeze", place], check=True)
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.fixture
def sleeper(container, frozen_disk):
    """a process in the container's cgroup that nothing stops"""
    procs = f"{cgroup_directory(container.pid)}/cgroup.procs"
    with subprocess.Popen(["sh", "-c", f"echo $$ > {procs}; echo > {frozen_disk}/file"]) as sleeper:
        eventually(lambda: "percpu_rwsem" in read(f"/proc/{sleeper.pid}/wchan"), "the write to wait for the disk")
        yield sleeper
        sleeper.kill()
        subprocess.run(["fsfreeze", "--unfreeze", frozen_disk], check=True)


@needs("root", "cgroup", "file:/dev/loop-control", "program:fsfreeze", "program:mkfs.ext4")
@pytest.mark.usefixtures("sleeper")
def test_what_a_killed_pause_has_left_can_be_resumed(container):
    """half frozen: one process cannot be stopped, the others are"""
    directory = cgroup_directory(container.pid)
    pausing = container.runtime.popen("pause", container.id)
    eventually(lambda: read(f"{directory}/cgroup.freeze") == "1\n", "the pause")
    pausing.kill()
    pausing.wait()
    assert container.status == "running"
    resume(container)
    assert read(f"{directory}/cgroup.freeze") == "0\n"
    container.kill("USR1")
    container.wait_output("signal 10\n")

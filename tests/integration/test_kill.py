"""test_kill.py - coracle kill: signals by name and number, --all, and containers that have ended"""

import json
import os
import resource
import signal

import pytest

from harness.cgroup import cgroup_directory, cgroup_processes
from harness.needs import needs
from harness.runtime import eventually


@pytest.mark.parametrize("spelling, number", [
    ("USR1", 10), ("SIGUSR1", 10), ("usr1", 10), ("sigusr1", 10), ("10", 10), ("HUP", 1),
    ("SIGRTMIN", 34), ("RTMIN+3", 37), ("SIGRTMAX-1", 63), ("64", 64)])
def test_signals_have_many_spellings(bundle, spelling, number):
    container = bundle.start()
    container.kill(spelling)
    container.wait_output(f"signal {number}\n")
    container.remove()


def test_term_is_the_default(bundle):
    container = bundle.start()
    container.kill()
    container.wait_output("signal 15\n")
    container.wait_stopped()
    container.delete()


@pytest.mark.parametrize("spelling", ["NOPE", "SIG", "", "0x9", "9x", "-9", "65", "999999999999",
                                      "RTMIN+99", "9 "])
def test_what_is_no_signal_is_refused_before_anything(bundle, spelling):
    container = bundle.start()
    error = bundle.runtime.error("kill", container.id, "--", spelling)
    assert error["class"] == "usage"
    assert f"'{spelling}'" in error["msg"]
    assert container.status == "running"
    container.remove()


def first_thread_has_ended(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return file.read().rpartition(") ")[2][0] == "Z"


@pytest.mark.parametrize("command", [["kill"], ["delete", "--force"]], ids=" ".join)
def test_a_program_whose_first_thread_has_ended_lives_on(bundle, command):
    """by its state it is a zombie, which no container is that runs"""
    container = bundle.start(payload=["leave"])
    pid = container.pid
    eventually(lambda: first_thread_has_ended(pid), "the end of the first thread")
    assert (container.status, container.pid) == ("running", pid)
    bundle.runtime.fails("delete", container.id, message="it is running")
    bundle.runtime(*command, container.id, *(["KILL"] if command == ["kill"] else []))
    eventually(lambda: bundle.runtime.host.reap() or not os.path.exists(f"/proc/{pid}"), "its end")
    if command == ["kill"]:
        container.wait_stopped()
        container.delete()


@needs("cgroup")
@pytest.mark.parametrize("command", [["kill", "--all"], ["delete", "--force"]], ids=" ".join)
def test_and_so_does_one_that_is_not_init(bundle, command):
    """cgroup.kill does not reach it"""
    bundle.share_pids()  # else the kernel ends it with init
    container = bundle.start()
    container.exec("leave", options=["--detach"])

    def others():
        return [pid for pid in cgroup_processes(container.pid) if pid != container.pid]
    eventually(lambda: len(others()) == 1 and first_thread_has_ended(others()[0]), "the end of its first thread")
    pid = others()[0]
    bundle.runtime(*command, container.id, *(["KILL"] if command[0] == "kill" else []))
    eventually(lambda: bundle.runtime.host.reap() or not os.path.exists(f"/proc/{pid}"), "its end")
    if command[0] == "kill":
        container.wait_stopped()
        container.delete()


@needs("cgroup")
def test_all_reaches_every_process(bundle):
    bundle.share_pids()  # else the kernel ends the rest with init
    container = bundle.start(payload=["spawn", 3])
    pids = cgroup_processes(container.pid)
    assert len(pids) == 4
    container.kill("--all", "KILL")

    def all_ended():
        bundle.runtime.host.reap()
        return not any(os.path.exists(f"/proc/{pid}") for pid in pids)
    eventually(all_ended, "the end of all four processes")
    container.wait_stopped()
    container.delete()


def is_running(pid):
    """a zombie, which its new parent has not reaped yet, is not"""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            return "State:\tZ" not in file.read()
    except FileNotFoundError:
        return False


@needs("cgroup")
def test_without_all_only_init_is_reached(bundle):
    bundle.share_pids()
    container = bundle.start(payload=["spawn", 2])
    pids = cgroup_processes(container.pid)
    container.kill("USR1")
    container.wait_stopped()
    assert len([pid for pid in pids if is_running(pid)]) == 2
    container.remove()


@needs("cgroup")
def test_kill_reaches_all_that_would_outlive_init(bundle):
    """as runc has it: without a pid namespace of its own, nothing else would end the rest"""
    bundle.share_pids()
    container = bundle.start(payload=["spawn", 2])
    pids = cgroup_processes(container.pid)
    container.kill("KILL")

    def all_ended():
        bundle.runtime.host.reap()
        return not any(os.path.exists(f"/proc/{pid}") for pid in pids)
    eventually(all_ended, "the end of all three processes")
    container.delete()


@needs("cgroup")
@pytest.mark.parametrize("spelling", ["TERM", "KILL"])
def test_all_reaches_the_cgroups_below(bundle, spelling):
    """by cgroup.kill, and one by one"""
    bundle.share_pids()
    container = bundle.start(payload=["spawn", 2])
    top = cgroup_directory(container.pid)
    pids = cgroup_processes(container.pid)
    os.makedirs(f"{top}/a/b")
    for name, pid in zip(("a", "a/b"), pids[-2:]):
        with open(f"{top}/{name}/cgroup.procs", "w", encoding="ascii") as file:
            file.write(str(pid))
    assert cgroup_processes(container.pid) == pids[:1]
    container.kill("--all", spelling)

    def all_ended():
        bundle.runtime.host.reap()
        return not any(os.path.exists(f"/proc/{pid}") for pid in pids)
    eventually(all_ended, "the end of all three processes")
    container.wait_stopped()
    container.delete()
    assert not os.path.exists(top)


@needs("cgroup")
def test_all_does_with_few_descriptors(bundle):
    """each process is opened, as many at a time as there are descriptors for"""
    bundle.share_pids()
    container = bundle.start(payload=["spawn", 30])
    pids = cgroup_processes(container.pid)
    assert len(pids) == 31
    container.kill("--all", "TERM", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16)))

    def children_ended():
        bundle.runtime.host.reap()
        return not any(os.path.exists(f"/proc/{pid}") for pid in pids[1:])
    eventually(children_ended, "the end of all thirty children")
    container.remove()


@needs("root")
def test_all_with_another_signal(bundle):
    container = bundle.start(payload=["spawn", 2])
    before = cgroup_processes(container.pid)
    container.kill("--all", "TERM")  # init ignores it, its children do not

    def children_ended():
        return cgroup_processes(container.pid) == [container.pid]
    eventually(children_ended, "the end of the children")
    assert len(before) == 3
    container.remove()


def test_a_created_container_can_be_killed(bundle):
    container = bundle.create(payload=["wait"])
    container.kill("KILL")
    container.wait_stopped()
    container.delete()


def test_what_has_ended_is_an_error_of_state(bundle):
    container = bundle.start(payload=["sleep"])
    container.kill("KILL")
    container.wait_stopped()
    error = bundle.runtime.error("kill", container.id, "TERM")
    assert error["class"] == "state"
    # containerd and podman look for this phrase
    assert "not running" in error["msg"]
    container.delete()


@pytest.mark.parametrize("options", [[], ["--all"]])
@pytest.mark.parametrize("signal", ["TERM", "KILL"])
def test_what_is_being_made_is_left_alone(bundle, options, signal):
    """"neither created nor running": no effect, and an error (runtime.md, Kill)"""
    errors = bundle.outside("errors")
    command = bundle.runtime.command("kill", *options, "made", signal,
                                     options=("--log-format", "json"))
    bundle.config["hooks"] = {"createRuntime": [
        {"path": "/bin/sh", "args": ["sh", "-c", f'"$@" 2>{errors} && exit 9 || exit 0', "sh", *command]}]}
    container = bundle.create(payload=["sleep"], identifier="made")
    with open(errors, encoding="utf-8") as file:
        error = json.loads(file.read())
    assert error["class"] == "state" and "not running" in error["msg"]
    assert container.status == "created"
    container.delete()


def test_nobody_is_an_error_of_state(coracle):
    error = coracle.error("kill", "nobody", "TERM")
    assert error["class"] == "state" and "'nobody'" in error["msg"]
    assert "does not exist" in error["msg"]


def test_options_may_stand_behind_the_id(bundle):
    container = bundle.start(payload=["sleep"])
    bundle.runtime("kill", container.id, "--all", str(int(signal.SIGKILL)))
    container.wait_stopped()
    container.delete()

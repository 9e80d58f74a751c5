"""test_ps.py - coracle ps: a container's processes, as pids and as the host's ps shows them"""

import json
import os
import resource

import pytest

from harness.cgroup import cgroup_directory, cgroup_processes
from harness.runtime import eventually

from harness.needs import needs

pytestmark = needs("cgroup")


@pytest.fixture
def container(bundle):
    running = bundle.start(payload=["spawn", 2])
    yield running
    running.remove()


def pids(container):
    return json.loads(container.runtime("ps", "--format", "json", container.id).stdout)


def test_json_is_an_array_of_all_pids(container):
    assert pids(container) == sorted(cgroup_processes(container.pid))
    assert len(pids(container)) == 3
    assert container.pid in pids(container)


@pytest.mark.parametrize("path", ["a/b", ".hidden"])
def test_processes_of_cgroups_below_are_its_own(container, path):
    top = cgroup_directory(container.pid)
    before = pids(container)
    os.makedirs(f"{top}/{path}")
    with open(f"{top}/{path}/cgroup.procs", "w", encoding="ascii") as file:
        file.write(str(before[1]))
    assert pids(container) == before


def test_cgroups_may_be_nested_deeper_than_files_can_be_opened(container):
    """by a container that manages its own"""
    before = pids(container)
    levels = [os.open(cgroup_directory(container.pid), os.O_RDONLY)]
    for _ in range(100):
        os.mkdir("beside", dir_fd=levels[-1])
        os.mkdir("below", dir_fd=levels[-1])
        levels.append(os.open("below", os.O_RDONLY, dir_fd=levels[-1]))
    procs = os.open("cgroup.procs", os.O_WRONLY, dir_fd=levels[-1])
    os.write(procs, str(before[1]).encode())
    for fd in (procs, *levels):
        os.close(fd)

    def few_files():
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    listed = container.runtime("ps", "--format", "json", container.id, preexec_fn=few_files)
    assert json.loads(listed.stdout) == before
    container.kill("--all", "USR1", preexec_fn=few_files)


def test_the_table_is_what_ps_prints_of_them(container):
    lines = container.runtime("ps", container.id).stdout.splitlines()
    column = lines[0].split().index("PID")
    assert sorted(int(line.split()[column]) for line in lines[1:]) == pids(container)
    assert all("/bin/payload spawn 2" in line for line in lines[1:])


@pytest.mark.parametrize("args, header", [
    (["-o", "comm,pid"], "COMMAND PID"), (["ax"], "PID TTY STAT TIME COMMAND"),
    (["-eo", "pid"], "PID"), (["-eo", "lstart,args,pid,ppid"], "STARTED COMMAND PID PPID")])
def test_arguments_behind_the_id_are_for_ps(container, args, header):
    args = ["-e", *args] if args[0] == "-o" else args
    lines = container.runtime("ps", container.id, *args).stdout.splitlines()
    assert lines[0].split() == header.split()
    assert len(lines) == 4


def test_ps_without_pids_is_an_error(container):
    container.runtime.fails("ps", container.id, "-eo", "comm", message="no column 'PID'")


def test_what_ps_does_not_understand_is_an_error(container):
    container.runtime.fails("ps", container.id, "--fly", message="'ps' ended with status 1")


def test_a_host_without_ps(container):
    container.runtime.fails("ps", container.id, message="execute 'ps': No such file",
                            env={"PATH": "/nowhere"})
    assert len(pids(container)) == 3


def test_a_column_that_is_too_wide(container, directory):
    """the pid does not stand below its name then, but perhaps in front of what another's line has there"""
    pid, path = container.pid, os.path.join(directory, "ps")
    printed = [" USER   PID  PPID", f"long-name-1 {pid} 1", f"name   1   {pid}", f"name 1       {pid}"]
    with open(path, "w", encoding="ascii") as file:
        file.write("#!/bin/sh\n" + "".join(f"echo '{line}'\n" for line in printed))
    os.chmod(path, 0o755)
    lines = container.runtime("ps", container.id, env={"PATH": directory}).stdout.splitlines()
    assert lines == printed[:2]


def test_a_ps_that_prints_nothing(container, directory):
    path = os.path.join(directory, "ps")
    os.symlink("/bin/true", path)
    container.runtime.fails("ps", container.id, message="no column 'PID'", env={"PATH": directory})


def test_a_stopped_container_has_none(bundle):
    container = bundle.start(payload=["sleep"])
    container.kill("KILL")
    container.wait_stopped()
    eventually(lambda: pids(container) == [], "the end of all processes")
    assert len(container.runtime("ps", container.id).stdout.splitlines()) == 1
    container.delete()


def test_nobody_is_an_error_of_state(coracle):
    error = coracle.error("ps", "nobody")
    assert error["class"] == "state" and "does not exist" in error["msg"]


def test_without_a_cgroup_nobody_knows(bundle, coracle):
    bundle.linux.pop("resources", None)
    bundle.args("wait").write()
    coracle("run", "-d", "--bundle", bundle.path, "plain",
            options=("--cgroup-manager", "disabled"))
    error = coracle.error("ps", "plain")
    assert error["class"] == "state" and "has no cgroup" in error["msg"]
    coracle("delete", "--force", "plain")


@pytest.mark.parametrize("args, message", [
    (["--format", "xml", "c"], "'xml' is none of table, json"), ([], "needs ID")])
def test_bad_command_lines(coracle, args, message):
    coracle.fails("ps", *args, message=message)


def test_processes_whose_cgroup_has_gone_are_not_denied(container):
    """whoever manages cgroups has moved them elsewhere"""
    directory = cgroup_directory(container.pid)
    for pid in pids(container):
        with open(f"{os.path.dirname(directory)}/cgroup.procs", "w", encoding="ascii") as file:
            file.write(str(pid))
    os.rmdir(directory)
    error = container.runtime.error("ps", "--format", "json", container.id)
    assert error["class"] == "cgroup" and "is running, but which processes it has is not known" in error["msg"]
    container.kill("KILL")
    container.wait_stopped()
    assert pids(container) == []

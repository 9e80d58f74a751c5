"""test_intel_rdt.py - linux.intelRdt, in a directory that is mounted like resctrl for the program

Few processors have classes of service, and machines that are emulated have none: see rdtbox.py, and
own_kernel/test_resctrl.py for the kernel's own.  Directories that the kernel would fill as they are made stay empty there: that is left to the
unit tests, and what is made is a class's watched group and what is left of a class that cannot be filled.
"""

import contextlib
import fcntl
import glob
import json
import os
import re
import shutil
import signal
import socket

import pytest

from harness.host import read
from harness.needs import needs
from harness.runtime import TIMEOUT, eventually, identifiers
from harness.terminal import listening, receive_descriptor
from rdtbox import SCHEMATA, resctrl  # noqa: F401

pytestmark = needs("root")

LATE = 2 * TIMEOUT  # a machine that is emulated stands still at times


def test_init_is_in_the_class_before_its_program_runs(bundle, resctrl):
    bundle.linux["intelRdt"] = {"closID": "gold"}
    container = bundle.create(payload=["wait"])
    assert resctrl.read("gold/tasks") == str(container.pid)
    assert resctrl.read("gold/schemata") == SCHEMATA
    container.start()
    container.remove()
    assert resctrl.exists("gold")  # it was there before


@pytest.mark.parametrize("hook", ["prestart", "createRuntime", "createContainer"])
def test_hooks_find_init_in_it(bundle, resctrl, directory, hook):
    """and what they start themselves, as children of init, is in it too"""
    seen = os.path.join(directory, "seen")
    bundle.linux["intelRdt"] = {"closID": "gold"}
    bundle.config["hooks"] = {hook: [{"path": "/bin/cp", "args": ["cp", f"{resctrl.path}/gold/tasks", seen]}]}
    container = bundle.create(payload=["wait"])
    assert read(seen) == str(container.pid)
    container.delete("--force")


@pytest.mark.parametrize("schemata", [
    {"l3CacheSchema": "L3:0=7ff;1=1f"}, {"memBwSchema": "MB:1=100;0=100"},
    {"schemata": ["L3:1=1f", "MB:0=100"]}])
def test_a_class_that_is_there_has_what_is_asked_for(bundle, resctrl, schemata):
    bundle.linux["intelRdt"] = {"closID": "gold", **schemata}
    bundle.run("exit", 0)
    assert resctrl.read("gold/tasks")


@pytest.mark.parametrize("config, message", [
    ({"closID": "gold", "l3CacheSchema": "L3:0=f"}, "'.*/gold' is there, with other schemata"),
    ({"closID": "gold", "schemata": ["MB:0=10"]}, "'.*/gold' is there, with other schemata"),
    ({"closID": "silver"}, "no class of service 'silver', and no schemata"),
    ({"closID": "/", "l3CacheSchema": "L3:0=f"}, "'.*/resctrl' is there, with other schemata"),
    ({"closID": "mon_groups"}, "'mon_groups' is no name"),
    ({"closID": "a/b"}, "'a/b' is no name")])
def test_what_is_not_so_is_refused(bundle, resctrl, config, message):
    bundle.linux["intelRdt"] = config
    bundle.run_fails(f"linux.intelRdt.*{message}")
    assert not resctrl.read("gold/tasks")


@pytest.mark.parametrize("schemata", [{}, {"l3CacheSchema": "L3:0=7ff"}])
def test_the_class_that_all_are_in(bundle, resctrl, schemata):
    bundle.linux["intelRdt"] = {"closID": "/", **schemata}
    container = bundle.create(payload=["wait"])
    assert resctrl.read("tasks") == str(container.pid)
    assert resctrl.read("schemata") == SCHEMATA
    container.delete("--force")


def test_it_is_watched(bundle, resctrl):
    bundle.linux["intelRdt"] = {"closID": "gold", "enableMonitoring": True}
    name = "watched"
    resctrl.add(f"gold/mon_groups/{name}")
    container = bundle.create(payload=["wait"], identifier=name)
    assert resctrl.read(f"gold/mon_groups/{name}/tasks") == str(container.pid)
    resctrl.empty(f"gold/mon_groups/{name}")
    container.delete("--force")
    assert resctrl.exists("gold/mon_groups") and not resctrl.exists(f"gold/mon_groups/{name}")


def test_the_watched_group_of_another_is_left(bundle, resctrl):
    """its container has the same id, below another --root; ours fails before it is put in"""
    bundle.linux["intelRdt"] = {"closID": "gold", "enableMonitoring": True}
    bundle.config["mounts"].append({"destination": "/mnt", "type": "bind", "source": "/no/such", "options": ["bind"]})
    bundle.write()
    name = next(identifiers)
    os.mkdir(f"{resctrl.path}/gold/mon_groups/{name}")
    bundle.runtime.fails("create", "--bundle", bundle.path, name, message="/no/such")
    assert resctrl.exists(f"gold/mon_groups/{name}")


def test_what_exec_runs_is_in_it_too(bundle, resctrl, directory):
    bundle.linux["intelRdt"] = {"closID": "gold", "enableMonitoring": True}
    name = "entered"
    resctrl.add(f"gold/mon_groups/{name}")
    container = bundle.start(payload=["wait"], identifier=name)
    for group in ("gold", f"gold/mon_groups/{name}"):
        resctrl.put(f"{group}/tasks")
    pid_file = os.path.join(directory, "pid")
    container.exec("exit", 0, options=["--pid-file", pid_file])
    assert resctrl.read("gold/tasks") == resctrl.read(f"gold/mon_groups/{name}/tasks") == read(pid_file)
    resctrl.empty(f"gold/mon_groups/{name}")
    container.delete("--force")


def test_exec_does_without_what_was_taken_away(bundle, resctrl):
    """the watched group, the class, the whole file system"""
    bundle.linux["intelRdt"] = {"closID": "gold", "enableMonitoring": True}
    name = "left"
    resctrl.add(f"gold/mon_groups/{name}")
    container = bundle.start(payload=["wait"], identifier=name)
    for gone in (f"gold/mon_groups/{name}", "gold"):
        shutil.rmtree(f"{resctrl.path}/{gone}")
        container.exec("exit", 0)
    container.runtime.prefix = []
    container.exec("exit", 0)
    container.remove()


def test_of_a_class_that_cannot_be_filled_nothing_is_left(bundle, resctrl):
    bundle.linux["intelRdt"] = {"l3CacheSchema": "L3:0=f"}
    resctrl.put("info/last_cmd_status", "mask f has non-consecutive 1-bits\n")
    bundle.run_fails("linux.intelRdt: write 'L3:0=f' to '.*/schemata': .* .mask f has non-consecutive 1-bits.")
    assert sorted(os.listdir(resctrl.path)) == ["gold", "info", "mon_groups", "schemata", "tasks"]


@contextlib.contextmanager
def open_directory(path):
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield fd
    finally:
        os.close(fd)


def is_locked(fd):
    """by us"""
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def has_open(pid, path):
    for link in glob.glob(f"/proc/{pid}/fd/*"):
        with contextlib.suppress(FileNotFoundError):
            if os.readlink(link) == path:
                return True
    return False


def test_a_class_that_is_being_made_is_waited_for(bundle, resctrl):
    """the kernel's document asks those who do two things to lock the root"""
    bundle.linux["intelRdt"] = {"closID": "silver", "l3CacheSchema": "L3:0=7ff"}
    bundle.write()
    with open_directory(resctrl.path) as root:
        fcntl.flock(root, fcntl.LOCK_EX)
        popen = bundle.runtime.popen("run", "--bundle", bundle.path, next(identifiers))
        eventually(lambda: has_open(popen.pid, resctrl.path), "the runtime to look")
        resctrl.add("silver")
    assert bundle.runtime.finish(popen).returncode == 0
    assert resctrl.read("silver/tasks")


def test_it_is_not_waited_for_ever(bundle, resctrl):
    bundle.linux["intelRdt"] = {"closID": "gold"}
    bundle.write()
    with open_directory(resctrl.path) as root:
        fcntl.flock(root, fcntl.LOCK_EX)
        result = bundle.runtime("run", "--bundle", bundle.path, next(identifiers), check=False, timeout=10 + LATE)
    assert result.returncode == 1 and re.search(
        "linux.intelRdt: '.*/resctrl' has been locked by another process for 10 seconds", result.stderr), str(result)
    assert not resctrl.read("gold/tasks")


@needs("program:strace")
def test_a_class_that_another_has_just_made_is_left(bundle, resctrl, directory):
    """one that does not lock resctrl, with nothing in it yet"""
    bundle.linux["intelRdt"] = {"closID": "silver", "l3CacheSchema": "L3:0=f"}
    bundle.write()
    bundle.runtime.prefix += ["strace", "-D", "-o", os.path.join(directory, "strace"), "-P", f"{resctrl.path}/silver",
                              "-e", "inject=?mkdir,mkdirat:delay_enter=1s"]
    name = next(identifiers)
    popen = bundle.runtime.popen("run", "--bundle", bundle.path, name)
    eventually(lambda: os.path.exists(os.path.join(bundle.runtime.root, name, "state.json")), "the plan")
    resctrl.add("silver")
    assert "is there, with other schemata" in bundle.runtime.finish(popen).stderr
    assert resctrl.exists("silver")


@needs("program:strace")
def test_one_that_comes_up_slowly_holds_nobody_up(bundle, resctrl, directory):
    """its class has its schemata, and resctrl is free, before there is an init"""
    identifier = next(identifiers)
    bundle.process["terminal"] = True
    bundle.linux["intelRdt"] = {"l3CacheSchema": "L3:0=f"}
    bundle.args("wait").write()
    bundle.runtime.prefix += ["strace", "-D", "-f", "-o", os.path.join(directory, "strace"), "-P",
                              f"{resctrl.path}/{identifier}", "-e", "inject=?mkdir,mkdirat:signal=STOP"]
    console = os.path.join(directory, "console")
    with listening(console) as server, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        server.listen(0)
        other.connect(console)  # the next has to wait until this one was accepted
        popen = bundle.runtime.popen("create", "--bundle", bundle.path, "--console-socket", console, identifier)
        eventually(lambda: resctrl.exists(identifier), "the class")
        resctrl.add(identifier)
        os.kill(popen.pid, signal.SIGCONT)
        eventually(lambda: resctrl.read(f"{identifier}/schemata").startswith("L3:0=f\n"), "its schemata")
        with open_directory(resctrl.path) as root:
            eventually(lambda: is_locked(root), "resctrl to be free")
        assert popen.poll() is None and not resctrl.read(f"{identifier}/tasks")
        server.accept()[0].close()
        master = receive_descriptor(server)[1]
        created = bundle.runtime.finish(popen)
        os.close(master)
    assert created.returncode == 0, str(created)
    resctrl.empty(identifier)
    bundle.runtime.prefix = []
    bundle.runtime("delete", "--force", identifier)


@needs("program:strace")
@pytest.mark.parametrize("has_name", [False, True], ids=["the container's id", "a name of its own"])
def test_a_class_that_was_made_goes_with_its_container_unless_it_has_a_name(bundle, resctrl, directory, has_name):
    identifier = next(identifiers)
    name = "silver" if has_name else identifier
    bundle.linux["intelRdt"] = {"l3CacheSchema": "L3:0=f", **({"closID": name} if has_name else {})}
    bundle.args("wait").write()
    bundle.runtime.prefix += ["strace", "-D", "-f", "-o", os.path.join(directory, "strace"), "-P",
                              f"{resctrl.path}/{name}", "-e", "inject=?mkdir,mkdirat:signal=STOP"]
    popen = bundle.runtime.popen("create", "--bundle", bundle.path, identifier)
    eventually(lambda: resctrl.exists(name), "the class")
    resctrl.add(name)  # as the kernel fills it
    os.kill(popen.pid, signal.SIGCONT)
    created = bundle.runtime.finish(popen)
    assert created.returncode == 0, str(created)
    assert resctrl.read(f"{name}/schemata").startswith("L3:0=f\n")
    resctrl.empty(name)
    bundle.runtime.prefix = []
    bundle.runtime("delete", "--force", identifier)
    assert resctrl.exists(name) == has_name


@needs("program:strace")
@pytest.mark.parametrize("has_name", [False, True], ids=["the container's id", "a name of its own"])
def test_at_the_end_of_a_run_too(bundle, resctrl, directory, has_name):
    identifier = next(identifiers)
    path = f"{resctrl.path}/{'silver' if has_name else identifier}"
    log = os.path.join(directory, "strace")
    bundle.linux["intelRdt"] = {"l3CacheSchema": "L3:0=f", **({"closID": "silver"} if has_name else {})}
    bundle.args("exit", "0").write()
    bundle.runtime.prefix += ["strace", "-D", "-f", "-o", log, "-P", path, "-e", "inject=?mkdir,mkdirat:signal=STOP"]
    popen = bundle.runtime.popen("run", "--bundle", bundle.path, identifier)
    eventually(lambda: os.path.exists(path), "the class")
    resctrl.add(os.path.basename(path))
    os.kill(popen.pid, signal.SIGCONT)
    ran = bundle.runtime.finish(popen)
    assert ran.returncode == 0, str(ran)
    eventually(lambda: re.search(rf"{popen.pid} +\+\+\+ exited", read(log)), "strace's last line")
    # in vain, for its files are an obstacle here
    tried = re.search(rf'rmdir\("{path}"\)|unlinkat\(AT_FDCWD, "{path}", AT_REMOVEDIR\)', read(log))
    assert bool(tried) != has_name


@needs("cgroup")
@pytest.mark.parametrize("has_it", [True, False])
def test_events_tell_of_it(bundle, resctrl, has_it):
    resctrl.put("schemata", "    L3:0=7ff;1=7ff\n")
    if has_it:
        bundle.linux["intelRdt"] = {"closID": "gold"}
    container = bundle.start()
    watch = container.runtime.popen("events", "--interval", "10ms", container.id)
    eventually(lambda: "\n" in read(watch.out), "an event")
    said = [container.runtime("events", "--stats", container.id).stdout, read(watch.out).splitlines()[0]]
    container.remove()
    assert container.runtime.finish(watch).returncode == 0
    for text in said:
        assert json.loads(text)["data"].get("intel_rdt") == ({
            "l3_cache_schema_root": "L3:0=7ff;1=7ff", "l3_cache_schema": "L3:0=7ff;1=01f",
            "mem_bw_schema": "MB:0=100;1=100"} if has_it else None)


def test_update(bundle, resctrl):
    bundle.linux["intelRdt"] = {"closID": "gold"}
    container = bundle.create(payload=["wait"])
    container.runtime("update", "--l3-cache-schema", "L3:0=3", "--mem-bw-schema", "MB:0=10", container.id)
    assert resctrl.read("gold/schemata").startswith("L3:0=3\nMB:0=10\n")
    container.delete("--force")

"""test_resctrl.py - linux.intelRdt in the kernel's own resctrl

Few machines have classes of service: tests/vm/own-kernel makes a kernel that believes to have them.
"""

import contextlib
import errno
import json
import os
import signal
import subprocess

import pytest

from harness.host import read
from harness.needs import needs
from harness.runtime import contents, eventually, identifiers

ROOT = "/sys/fs/resctrl"

pytestmark = needs("root", f"file:{ROOT}")


def put(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


class Resctrl:
    @staticmethod
    def tasks(group=""):
        return [int(pid) for pid in read(f"{ROOT}/{group}/tasks").split()]

    @staticmethod
    def schemata(group=""):
        """{resource: {domain: value}}, without the padding"""
        lines = (line.strip().partition(":") for line in read(f"{ROOT}/{group}/schemata").splitlines())
        return {name: dict(value.replace(" ", "").split("=") for value in values.split(";"))
                for name, _, values in lines}

    @staticmethod
    def groups(below=""):
        own = {"info", "mon_groups", "mon_data"}
        return {entry.name for entry in os.scandir(f"{ROOT}/{below}") if entry.is_dir()} - own

    @staticmethod
    def fill(prefix):
        """as many directories as there can be; their names"""
        names = []

        def is_full():
            while (code := make(f"{prefix}{len(names)}")) == 0:
                names.append(f"{prefix}{len(names)}")
            # of a number that was in use the kernel looks from time to time whether it is in the cache still
            assert code in (errno.ENOSPC, errno.EBUSY)
            return code == errno.ENOSPC

        eventually(is_full, "the last number")
        assert names
        return names

    @staticmethod
    def add(name, schemata=""):
        eventually(lambda: make(name) == 0, f"the class {name}")
        if schemata:
            put(f"{ROOT}/{name}/schemata", schemata)


@pytest.fixture
def resctrl(bundle):
    assert not os.path.exists(f"{ROOT}/schemata"), "somebody's resctrl is mounted"
    with mounted():
        # what an earlier test has filled is free when the kernel has seen it out of the cache
        Resctrl.add("first")
        remove("first")
        yield Resctrl()
        left = Resctrl.groups()
        for name in left:
            remove(name)
        assert left == set() and Resctrl.groups("mon_groups") == set()


@contextlib.contextmanager
def mounted(*options):
    subprocess.run(["mount", "-t", "resctrl", *options, "resctrl", ROOT], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", ROOT], check=True)


def make(name):
    """0 or errno"""
    try:
        os.mkdir(f"{ROOT}/{name}")
    except OSError as error:
        return error.errno
    return 0


def remove(name):
    os.rmdir(f"{ROOT}/{name}")


def test_a_class_of_its_own_comes_and_goes_with_it(bundle, resctrl):
    bundle.linux["intelRdt"] = {"l3CacheSchema": "L3:0=f", "memBwSchema": "MB:0=50"}
    container = bundle.create(payload=["wait"])
    assert resctrl.groups() == {container.id}
    assert resctrl.tasks(container.id) == [container.pid]
    schemata = resctrl.schemata(container.id)
    assert int(schemata["L3"]["0"], 16) == 0xf and schemata["MB"]["0"] == "50"
    container.start()
    assert resctrl.tasks(container.id) == [container.pid]
    container.remove()
    assert resctrl.groups() == set()


def test_without_schemata_it_has_all(bundle, resctrl):
    bundle.linux["intelRdt"] = {}
    container = bundle.start()
    assert resctrl.schemata(container.id) == resctrl.schemata()
    container.remove()


def test_one_with_a_name_is_made_shared_and_stays(bundle, make_bundle, resctrl):
    other = make_bundle("other")
    for one in bundle, other:
        one.linux["intelRdt"] = {"closID": "gold", "schemata": ["L3:0=ff", "MB:0=20"]}
    first, second = bundle.start(), other.start()
    assert sorted(resctrl.tasks("gold")) == sorted([first.pid, second.pid])
    assert int(resctrl.schemata("gold")["L3"]["0"], 16) == 0xff
    first.remove()
    eventually(lambda: bundle.runtime.host.reap() or resctrl.tasks("gold") == [second.pid], "the first's end")
    second.remove()
    assert resctrl.groups() == {"gold"}
    remove("gold")


@pytest.mark.parametrize("config", [{"l3CacheSchema": "L3:0=0xf"}, {"memBwSchema": "MB:00=21"},
                                    {"l3CacheSchema": "L3:0=3", "schemata": ["L3:0=f"]}])
def test_what_the_kernel_shows_in_other_words_is_joined(bundle, make_bundle, resctrl, config):
    other = make_bundle("other")
    for one in bundle, other:
        one.linux["intelRdt"] = {"closID": "gold", **config}
    first, second = bundle.start(), other.start()
    assert sorted(resctrl.tasks("gold")) == sorted([first.pid, second.pid])
    first.remove()
    second.remove()
    remove("gold")


@pytest.mark.parametrize("name", [None, "gold"])
def test_it_goes_or_stays_at_the_end_of_a_run(bundle, resctrl, name):
    bundle.linux["intelRdt"] = {"l3CacheSchema": "L3:0=f", **({"closID": name} if name else {})}
    bundle.run("exit", 0)
    assert resctrl.groups() == ({name} if name else set())
    if name:
        remove(name)


def test_some_make_one_at_a_time(make_bundle, bundle, resctrl):
    """each finds it with its schemata, or makes it"""
    bundles = [bundle, *(make_bundle(f"b{number}") for number in range(5))]
    for one in bundles:
        one.linux["intelRdt"] = {"closID": "gold", "l3CacheSchema": "L3:0=f", "memBwSchema": "MB:0=30"}
        one.args("exit", 0).write()
    popens = [one.runtime.popen("run", "--bundle", one.path, next(identifiers)) for one in bundles]
    results = [bundle.runtime.finish(popen) for popen in popens]
    assert [result.stderr for result in results] == [""] * len(results)
    assert resctrl.tasks("gold") == []
    remove("gold")


@needs("program:strace")
def test_one_that_goes_before_it_is_entered_is_made_again(bundle, resctrl, directory):
    """another container had made it, and has failed"""
    resctrl.add("gold", "L3:0=f\n")
    bundle.linux["intelRdt"] = {"closID": "gold", "l3CacheSchema": "L3:0=f"}
    bundle.args("wait").write()
    log, identifier = os.path.join(directory, "strace"), next(identifiers)
    put(log, "")
    bundle.runtime.prefix = ["strace", "-D", "-f", "-o", log, "-P", f"{ROOT}/gold/tasks",
                             "-e", "inject=openat:signal=STOP:when=1"]
    popen = bundle.runtime.popen("create", "--bundle", bundle.path, identifier)
    eventually(lambda: "stopped by SIGSTOP" in contents(log), "the class to be entered")
    remove("gold")
    os.kill(popen.pid, signal.SIGCONT)
    created = bundle.runtime.finish(popen)
    bundle.runtime.prefix = []
    assert created.returncode == 0, str(created)
    assert len(resctrl.tasks("gold")) == 1 and int(resctrl.schemata("gold")["L3"]["0"], 16) == 0xf
    bundle.runtime("delete", "--force", identifier)
    assert resctrl.groups() == {"gold"}
    remove("gold")


@pytest.mark.parametrize("asked", [
    {}, {"l3CacheSchema": "L3:0=0f"}, {"l3CacheSchema": "L3:0=0000F\nMB:0=7", "memBwSchema": "MB:0=30"},
    {"schemata": ["MB:0=30", "L3:0=f"]}, {"memBwSchema": "MB:0=21"}])
def test_one_that_is_there_is_compared(bundle, resctrl, asked):
    resctrl.add("gold", "L3:0=f\nMB:0=30\n")
    before = read(f"{ROOT}/gold/schemata")
    bundle.linux["intelRdt"] = {"closID": "gold", **asked}
    container = bundle.start()
    assert resctrl.tasks("gold") == [container.pid]
    container.remove()
    assert read(f"{ROOT}/gold/schemata") == before
    remove("gold")


@pytest.mark.parametrize("asked", [{"l3CacheSchema": "L3:0=1f"}, {"memBwSchema": "MB:0=40"},
                                   {"schemata": ["L9:0=f"]}, {"l3CacheSchema": "L3:99=f"}])
def test_one_that_is_there_with_others_is_refused(bundle, resctrl, asked):
    resctrl.add("gold", "L3:0=f\nMB:0=30\n")
    bundle.linux["intelRdt"] = {"closID": "gold", **asked}
    bundle.run_fails("linux.intelRdt: the class of service '.*/gold' is there, with other schemata")
    remove("gold")


@pytest.mark.parametrize("name", [None, "silver"])
@pytest.mark.parametrize("asked, message", [
    ({"l3CacheSchema": "L3:0=5"}, "write 'L3:0=5' to '.*/schemata': .*non-consecutive 1-bits"),
    ({"l3CacheSchema": "L3:0=fffffff"}, "write 'L3:0=fffffff' to '.*/schemata': .*out of range"),
    ({"l3CacheSchema": "L3:0=0"}, "write 'L3:0=0' to '.*/schemata': .*out of range"),
    ({"memBwSchema": "MB:0=x"}, "write 'MB:0=x' to '.*/schemata': .*"),
    ({"schemata": ["L9:0=f"]}, "write 'L9:0=f' to '.*/schemata': .*L9"),
    ({"schemata": ["nonsense"]}, "write 'nonsense' to '.*/schemata': .*"),
])
def test_what_the_kernel_refuses(bundle, resctrl, name, asked, message):
    """in its words, and nothing is left of the class"""
    bundle.linux["intelRdt"] = {**({"closID": name} if name else {}), **asked}
    bundle.run_fails(f"linux.intelRdt: {message}")


def test_no_class_is_left(bundle, resctrl):
    names = resctrl.fill("c")
    bundle.linux["intelRdt"] = {}
    bundle.run_fails("linux.intelRdt: make the class of service '.*': No space left on device .Out of CLOSIDs")
    for name in names:
        remove(name)


@pytest.mark.parametrize("name", [None, "gold", "/"])
def test_it_is_watched(bundle, resctrl, name):
    if name == "gold":
        resctrl.add(name)
    identifier = next(identifiers)
    bundle.linux["intelRdt"] = {"enableMonitoring": True, **({"closID": name} if name else {})}
    container = bundle.start(identifier=identifier)
    group = {None: identifier, "gold": "gold", "/": ""}[name]
    assert resctrl.groups(f"{group}/mon_groups") == {identifier}
    watched = f"{group}/mon_groups/{identifier}"
    assert resctrl.tasks(watched) == [container.pid]
    assert read(f"{ROOT}/{watched}/mon_data/mon_L3_00/llc_occupancy").strip().isdigit()
    container.exec("exit", 0)
    container.remove()
    assert resctrl.groups() == ({"gold"} if name == "gold" else set())
    if name == "gold":
        assert resctrl.groups("gold/mon_groups") == set()
        remove("gold")


def test_no_watched_group_is_left(bundle, resctrl):
    """nor is a class that was made for it"""
    names = resctrl.fill("mon_groups/m")
    bundle.linux["intelRdt"] = {"enableMonitoring": True}
    bundle.run_fails("linux.intelRdt: make the class of service '.*': No space left on device .Out of RMIDs")
    bundle.linux["intelRdt"] = {"enableMonitoring": True, "closID": "/"}
    bundle.run_fails("linux.intelRdt: make the monitoring group '.*': No space left on device .Out of RMIDs")
    for name in names:
        remove(name)


@pytest.mark.parametrize("hook", ["createRuntime", "createContainer", "startContainer", "poststart"])
def test_of_what_fails_later_nothing_is_left(bundle, resctrl, hook):
    bundle.linux["intelRdt"] = {"l3CacheSchema": "L3:0=f", "enableMonitoring": True}
    bundle.config["hooks"] = {hook: [{"path": "/bin/false"}]}
    if hook == "startContainer":
        bundle.config["hooks"][hook][0] = {"path": "/bin/payload", "args": ["payload", "exit", "1"]}
    bundle.run_fails(hook)
    assert resctrl.groups() == set()


def test_what_exec_runs_and_what_they_start_is_in_it(bundle, resctrl):
    bundle.linux["intelRdt"] = {"enableMonitoring": True}
    container = bundle.start()
    popen = container.runtime.popen("exec", container.id, "/bin/payload", "wait")
    watched = f"{container.id}/mon_groups/{container.id}"
    eventually(lambda: len(resctrl.tasks(watched)) == 2, "what exec runs")
    assert sorted(resctrl.tasks(watched)) == sorted(resctrl.tasks(container.id))
    assert container.pid in resctrl.tasks(watched)
    container.remove()
    container.runtime.finish(popen)


def test_events(bundle, resctrl):
    bundle.linux["intelRdt"] = {"l3CacheSchema": "L3:0=f", "memBwSchema": "MB:0=50", "enableMonitoring": True}
    container = bundle.start()
    told = json.loads(container.runtime("events", "--stats", container.id).stdout)["data"]["intel_rdt"]
    mask = read(f"{ROOT}/info/L3/cbm_mask").strip()
    assert told["l3_cache_info"] == {"cbm_mask": mask, "min_cbm_bits": 1, "num_closids": 16}
    assert told["mem_bw_info"] == {"bandwidth_gran": 10, "delay_linear": 1, "min_bandwidth": 10, "num_closids": 16}
    assert told["l3_cache_schema_root"].startswith(f"L3:0={mask}") and told["l3_cache_schema"].startswith("L3:0=0000f")
    assert told["mem_bw_schema"].replace(" ", "").startswith("MB:0=50")
    domains = len(resctrl.schemata()["L3"])
    assert len(told["cmt_stats"]) == len(told["mbm_stats"]) == domains
    assert all(isinstance(domain["llc_occupancy"], int) for domain in told["cmt_stats"])
    container.remove()


def test_update(bundle, resctrl):
    bundle.linux["intelRdt"] = {"l3CacheSchema": "L3:0=f"}
    container = bundle.start()
    container.runtime("update", "--l3-cache-schema", "L3:0=3", "--mem-bw-schema", "MB:0=10", container.id)
    schemata = resctrl.schemata(container.id)
    assert int(schemata["L3"]["0"], 16) == 3 and schemata["MB"]["0"] == "10"
    container.runtime.fails("update", "--l3-cache-schema", "L3:0=5", container.id,
                            message="linux.intelRdt: write 'L3:0=5' to '.*/schemata': .*non-consecutive")
    assert int(resctrl.schemata(container.id)["L3"]["0"], 16) == 3
    container.remove()


def test_code_and_data_apart(bundle):
    """as resctrl that is mounted with "cdp" divides the cache"""
    with mounted("-o", "cdp"):
        bundle.linux["intelRdt"] = {"schemata": ["L3CODE:0=f", "L3DATA:0=f0"]}
        container = bundle.start()
        schemata = Resctrl.schemata(container.id)
        assert int(schemata["L3CODE"]["0"], 16) == 0xf and int(schemata["L3DATA"]["0"], 16) == 0xf0
        container.remove()

"""test_debug.py - --debug: every step of the tables that ran, by its name, in their order, and when

The tables are read from src/container, so that a step that is added or renamed has its line here.  Which
conditions hold for a configuration its row says.
"""

import dataclasses
import json
import os
import re
import time

import pytest

from conftest import CORACLE
from harness.host import read
from harness.needs import needs
from harness.runtime import TIMEOUT, contents, identifiers, is_sanitized, wait_for_end
from harness.terminal import Terminal

# the sanitizers do not share their memory with init, and bear no thread beside it: other steps are needed
pytestmark = [needs("root"), pytest.mark.skipif(is_sanitized(CORACLE), reason="the sanitizers take other steps")]
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../src/container")
ROW = r'^\t\{ "([^"]+)", +\w+, +(\w+) +\},$'
PLAN, EXECUTED = "plan, and make what init needs", "program executed"


def table(name):
    """[(step, condition)] of a table in init.c"""
    rows = read(f"{SOURCE}/init.c").partition(f"static const struct step {name}[] = {{\n")[2].partition("\n};")[0]
    found = re.findall(ROW, rows, re.MULTILINE)
    assert len(found) == len(rows.splitlines()) > 5, rows
    return found


def steps(name, holds, but=("execute the program",)):
    """those of the table that run where these conditions hold; the last, which is an execve, has no line"""
    rows = table(name)
    assert set(holds) <= {condition for table_name in ("stage_steps", "init_steps", "exec_steps")
                          for _, condition in table(table_name)}
    return [step for step, condition in rows if condition in ("NULL", *holds) and step not in but]


def requests():
    """{what init may ask of the host: its name in the log}"""
    served = re.findall(r"^\t\[(SYNC_\w+)\] += \{ serve_", read(f"{SOURCE}/host.c"), re.MULTILINE)
    names = dict(re.findall(r'^\t\t\[(SYNC_\w+)\] = "([^"]+)",$', read(f"{SOURCE}/sync.c"), re.MULTILINE))
    assert len(served) > 5
    return {message: names[message] for message in served}


@dataclasses.dataclass
class Log:
    """the debug lines of a command"""
    lines: list
    limit_us: float

    @classmethod
    def of(cls, text, begin):
        """begin: a clock's time before the command"""
        lines = [json.loads(line) for line in text.splitlines()]
        assert {line["level"] for line in lines} == {"debug"}, text
        return cls(lines, (time.monotonic() - begin) * 1e6)

    def said(self, who):
        """the messages of one side, whose clock only goes on"""
        found = [(line["msg"].partition(": ")[2], line["us"]) for line in self.lines
                 if line["msg"].startswith(f"{who}: ")]
        times = [us for _, us in found]
        assert all(isinstance(us, int) for us in times)
        assert times == sorted(times) and 0 < times[0] and times[-1] <= self.limit_us, self.lines
        return [message for message, _ in found]


ALWAYS = ["has_no_stage", "has_late_unshare", "has_names", "has_readonly_root"]
# where there is one processor, no thread makes the network beside init
DEFAULT = [*ALWAYS, "learns_signals" if len(os.sched_getaffinity(0)) > 1 else "has_new_network"]


def everything(bundle):
    hook = {"path": "/bin/true"}
    bundle.config["hooks"] = {"createRuntime": [hook], "createContainer": [hook],
                              "startContainer": [{"path": "/bin/payload", "args": ["payload", "exit", "0"]}]}
    bundle.linux["sysctl"] = {"kernel.domainname": "example"}
    late_filter(bundle)


def late_filter(bundle):
    bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW",
                               "syscalls": [{"names": ["sysinfo"], "action": "SCMP_ACT_ERRNO"}]}


def early_filter(bundle):
    late_filter(bundle)
    bundle.process["noNewPrivileges"] = False


def users(bundle):
    bundle.map_ids(100_000)


def clocks(seconds):
    """beside another's pid namespace, which takes a process in between"""
    def change(bundle):
        bundle.set_namespace("pid", "/proc/self/ns/pid")
        bundle.without_mounts("/proc")
        bundle.set_namespace("time")
        bundle.linux["timeOffsets"] = {"monotonic": {"secs": seconds}}
    return change


HOOKS = ["has_early_hooks", "has_create_container_hooks", "has_start_container_hooks"]
SYSCTLS = ["has_sysctl", *(["sets_network"] if "learns_signals" in DEFAULT else [])]
USERS = ["has_user", "has_new_user_and_no_stage", "has_new_network"]
CLOCKS = (["makes_time", "is_looked_into"], [*ALWAYS[1:], "has_new_network"],
          ["SYNC_TIME_OFFSETS", "SYNC_FORKED"])

# the change to the configuration; which conditions hold for the stage, and for init; what init asks for
CASES = {
    "default": (lambda bundle: None, [], DEFAULT, []),
    "everything": (everything, [], [*DEFAULT, *HOOKS, *SYSCTLS, "needs_procfs", "seccomp_late"],
                   ["SYNC_HOOKS"]),
    "early filter": (early_filter, [], [*DEFAULT, "seccomp_early"], []),
    "late filter": (late_filter, [], [*DEFAULT, "seccomp_late"], []),
    "users": (users, [], [*ALWAYS, *USERS], ["SYNC_MAP_IDS"]),
    "clocks before the host's": (clocks(5), *CLOCKS),
    "clocks behind the host's": (clocks(-5), *CLOCKS),
}


@pytest.fixture
def debug(coracle):
    coracle.global_options = ("--debug", "--log-format", "json")
    return coracle


@pytest.mark.parametrize("name", CASES)
def test_a_run(bundle, debug, name):
    """whether init says that it is ready, or has begun by itself, may be a matter of time; if so, it loads a late
    filter while it waits for the word, unless hooks are to run first"""
    change, stage, holds, asked = CASES[name]
    change(bundle)
    begin = time.monotonic()
    log = Log.of(bundle.run("exit", 0).stderr, begin)
    names = requests()
    said = log.said("host")
    if names["SYNC_READY"] in said:
        said.remove(names["SYNC_READY"])
        holds = [hold for hold in holds if hold != "seccomp_late" or "has_start_container_hooks" in holds]
    assert log.said("init") == [*(steps("stage_steps", stage) if stage else []), *steps("init_steps", holds)]
    assert said == [PLAN, *(names[message] for message in asked), EXECUTED]


def test_create_and_start(bundle, debug):
    """init's steps are in the log of create, those too that begin with start"""
    everything(bundle)
    begin = time.monotonic()
    container = bundle.create(payload=["wait"])
    ready = Log.of(contents(container.err), begin)
    expected = steps("init_steps", CASES["everything"][2])
    before = expected.index("wait for start")
    assert ready.said("init") == expected[:before]
    assert ready.said("host") == [PLAN, requests()["SYNC_HOOKS"], requests()["SYNC_READY"]]

    container.start()
    assert Log.of(contents(container.err), begin).said("init") == expected
    container.remove()


def test_exec(bundle, debug):
    """into a container with clocks of its own, which the process joins"""
    clocks(-5)(bundle)
    container = bundle.start()
    begin = time.monotonic()
    log = Log.of(container.exec("exit", 0).stderr, begin)
    assert log.said("exec") == steps("exec_steps", ["has_no_stage"])
    container.remove()


def test_a_terminal(bundle, debug, directory):
    """the log is not the terminal's, so it has a file"""
    bundle.process["terminal"] = True
    path = os.path.join(directory, "log")
    debug.global_options = ("--debug", "--log", path, "--log-format", "json")
    bundle.args("exit", 0).write()
    begin = time.monotonic()
    with Terminal() as terminal:
        popen = debug.popen("run", "--bundle", bundle.path, next(identifiers), **terminal.keywords())
        wait_for_end(popen, TIMEOUT)
    assert popen.returncode == 0
    log = Log.of(contents(path), begin)
    assert log.said("init") == steps("init_steps", [*DEFAULT, "has_terminal"])
    assert requests()["SYNC_CONSOLE"] in log.said("host")


def test_text_ends_with_the_microseconds(bundle, debug):
    debug.global_options = ("--debug",)
    lines = bundle.run("exit", 0).stderr.splitlines()
    found = [re.fullmatch(r"coracle: debug: (init|host): (.+) us=(\d+)", line) for line in lines]
    assert all(found), lines
    assert [match[2] for match in found if match[1] == "init"] == steps("init_steps", DEFAULT)

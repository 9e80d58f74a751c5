"""test_without_sys_resource.py - root on a host that keeps CAP_SYS_RESOURCE from him, as many do in containers

What can be done without it is done, with no word; what cannot is refused by the member that asks for it.
On a host that has it the runtime is started without.
"""

import json
import resource
import subprocess

import pytest

from harness.cgroup import cgroup_directory
from harness.host import read
from harness.needs import needs
from harness.report import SETS, Probes, Report, capability_names
from harness.runtime import identifiers

pytestmark = needs("root", "program:setpriv")
DROPPED = ["setpriv", "--bounding-set", "-sys_resource", "--inh-caps", "-sys_resource"]
LIMIT = 500


@pytest.fixture(autouse=True)
def dropped(coracle):
    coracle.prefix = DROPPED


def hard_limit():
    resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, LIMIT))


def test_the_condition():
    text = subprocess.run([*DROPPED, "cat", "/proc/self/status"], capture_output=True, text=True, check=True).stdout
    status = dict(line.split(":\t", 1) for line in text.splitlines())
    for name in SETS.values():
        assert "CAP_SYS_RESOURCE" not in capability_names(int(status[name], 16))
    assert "CAP_SYS_ADMIN" in capability_names(int(status["CapEff"], 16))


@pytest.mark.parametrize("name", ["run", "run --detach", "create"])
def test_the_life_of_a_container(bundle, coracle, name):
    """of the default configuration: no command warns"""
    identifier = next(identifiers)
    bundle.args("wait" if name != "run" else "report")
    bundle.write()
    results = [coracle(*name.split(), "--bundle", bundle.path, identifier)]
    if name != "run":
        results += [coracle("start", identifier)] if name == "create" else []
        results += [coracle("exec", identifier, "/bin/payload", "exit", 0), coracle("state", identifier),
                    coracle("pause", identifier), coracle("resume", identifier),
                    coracle("delete", "--force", identifier)]
    assert [result.stderr for result in results] == [""] * len(results)


@pytest.mark.parametrize("soft, hard", [(LIMIT, LIMIT), (10, LIMIT), (100, 200)])
def test_limits_that_are_not_raised(bundle, soft, hard):
    bundle.process["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": soft, "hard": hard}]
    result = bundle.run("report", preexec_fn=hard_limit)
    assert Report(result.stdout).rlimits["RLIMIT_NOFILE"] == [soft, hard]
    assert result.stderr == ""


def test_a_soft_limit_is_raised(bundle):
    bundle.process["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": LIMIT, "hard": LIMIT}]

    def low():
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, LIMIT))
    result = bundle.run("report", preexec_fn=low)
    assert Report(result.stdout).rlimits["RLIMIT_NOFILE"] == [LIMIT, LIMIT]


def test_a_hard_limit_is_not(bundle, coracle):
    bundle.process["rlimits"] = [{"type": "RLIMIT_CORE", "soft": 0, "hard": 0},
                                 {"type": "RLIMIT_NOFILE", "soft": 10, "hard": LIMIT + 1}]
    error = bundle.error(preexec_fn=hard_limit)
    assert error["path"] == "process.rlimits[1]"
    assert (f"raise the hard limit RLIMIT_NOFILE from {LIMIT} to {LIMIT + 1}, which needs CAP_SYS_RESOURCE: "
            "Operation not permitted") in error["msg"]
    assert coracle.identifiers() == []


def test_exec_raises_no_hard_limit_either(bundle):
    container = bundle.start()
    process = {**bundle.process, "args": ["/bin/payload", "exit", "0"],
               "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 10, "hard": LIMIT + 1}]}
    path = bundle.outside("process.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(process, file)
    error = bundle.runtime.error("exec", "--process", path, container.id, preexec_fn=hard_limit)
    assert error["path"] == "process.rlimits[0]" and "needs CAP_SYS_RESOURCE" in error["msg"], error
    assert container.exec("exit", 0).stderr == ""
    container.remove()


def higher_score():
    """that of the tests could be the lowest that there is"""
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("100")


@pytest.mark.parametrize("value", [100, 101])
def test_the_oom_score_is_kept_and_raised(bundle, value):
    bundle.process["oomScoreAdj"] = value
    result = bundle.run("probe", "read", "/proc/self/oom_score_adj", preexec_fn=higher_score)
    assert Probes(result.stdout).data("read", "/proc/self/oom_score_adj") == f"{value}\n"
    assert result.stderr == ""


def test_the_oom_score_is_not_lowered(bundle, coracle):
    bundle.process["oomScoreAdj"] = -1000
    error = bundle.error(preexec_fn=higher_score)
    assert error["path"] == "process.oomScoreAdj"
    assert "lowering it to -1000 needs CAP_SYS_RESOURCE: Permission denied" in error["msg"]
    assert coracle.identifiers() == []


def test_the_capability_cannot_be_granted(bundle):
    """the others are"""
    for names in bundle.process["capabilities"].values():
        names[:] = ["CAP_SYS_RESOURCE", "CAP_KILL"]
    result = bundle.run("report")
    assert result.stderr == ("coracle: warning: process.capabilities: CAP_SYS_RESOURCE cannot be granted: the "
                             "runtime itself does not have it\n")
    assert Report(result.stdout).capabilities("effective") == {"CAP_KILL"}


@needs("controller:pids", "controller:memory")
def test_limits_of_the_cgroup(bundle):
    """which the owner of the files sets"""
    bundle.linux["resources"].update(pids={"limit": 7}, memory={"limit": 64 << 20})
    container = bundle.start()
    assert read(f"{cgroup_directory(container.pid)}/pids.max") == "7\n"
    result = bundle.runtime("update", "--pids-limit", 9, container.id)
    assert result.stderr == "" and read(f"{cgroup_directory(container.pid)}/pids.max") == "9\n"
    container.remove()

"""test_update.py - coracle update: each option (--blkio-weight: test_limits.py), files of limits, all or nothing"""

import json
import os
import re

import pytest

from harness.cgroup import cgroup_directory, cgroup_mount, cgroup_path
from harness.host import read
from harness.needs import needs

pytestmark = needs("cgroup")

MIB = 1 << 20


@pytest.fixture
def container(bundle):
    container = bundle.start()
    yield container
    container.remove()


def shown(container, file):
    return read(f"{cgroup_directory(container.pid)}/{file}").strip()


def update(container, *options, **keywords):
    return container.runtime("update", *options, container.id, **keywords)


def update_with(container, resources, **keywords):
    return container.runtime("update", "--resources", "-", container.id,
                             stdin=json.dumps(resources), **keywords)


ROWS = [
    ("memory", ["--memory", "64M"], "memory.max", str(64 * MIB)),
    ("memory", ["--memory", "-1"], "memory.max", "max"),
    ("memory", ["--memory-reservation", "33554432"], "memory.low", str(32 * MIB)),
    ("memory", ["--memory", "64M", "--memory-swap", "96M"], "memory.swap.max", str(32 * MIB)),
    ("memory", ["--memory", "64M", "--memory-swap", "-1"], "memory.swap.max", "max"),
    ("cpu", ["--cpu-share", "1024"], "cpu.weight", "100"),
    ("cpu", ["--cpu-shares", "2"], "cpu.weight", "1"),
    ("cpu", ["--cpu-quota", "50000"], "cpu.max", "50000 100000"),
    ("cpu", ["--cpu-quota", "50000", "--cpu-period", "200000"], "cpu.max", "50000 200000"),
    ("cpu", ["--cpu-period", "200000"], "cpu.max", "max 200000"),
    ("cpu", ["--cpu-quota", "50000", "--cpu-burst", "20000"], "cpu.max.burst", "20000"),
    ("cpu", ["--cpu-idle", "1"], "cpu.idle", "1"),
    ("cpuset", ["--cpuset-cpus", "0"], "cpuset.cpus", "0"),
    ("cpuset", ["--cpuset-mems", "0"], "cpuset.mems", "0"),
    ("pids", ["--pids-limit", "23"], "pids.max", "23"),
    ("pids", ["--pids-limit", "-1"], "pids.max", "max"),
]


@pytest.mark.parametrize("options, file, value", [
    pytest.param(*row[1:], marks=needs(f"controller:{row[0]}"), id=" ".join(row[1]))
    for row in ROWS])
def test_an_option_is_a_file(container, options, file, value):
    update(container, *options)
    assert shown(container, file) == value


@needs("controller:memory", "controller:pids")
def test_a_file_of_limits(container, directory):
    path = os.path.join(directory, "limits.json")
    with open(path, "w", encoding="ascii") as file:
        json.dump({"memory": {"limit": 64 * MIB}, "pids": {"limit": 23}}, file)
    update(container, "-r", path)
    assert (shown(container, "memory.max"), shown(container, "pids.max")) == (str(64 * MIB), "23")


@needs("controller:memory", "controller:cpu")
def test_what_an_engine_leaves_zero_stays(container):
    """containerd writes out members that it has no value for"""
    update(container, "--memory", "64M", "--cpu-shares", "512")
    update_with(container, {"memory": {"limit": 0, "reservation": 0, "swap": 0}, "cpu": {
        "shares": 0, "quota": 20000, "period": 0, "realtimeRuntime": 0, "realtimePeriod": 0,
        "cpus": "", "mems": ""}, "blockIO": {"weight": 0}})
    assert shown(container, "memory.max") == str(64 * MIB)
    assert shown(container, "cpu.max") == "20000 100000"
    assert shown(container, "cpu.weight") == "59"


@needs("controller:cpu")
def test_a_period_alone_keeps_the_quota(container):
    update(container, "--cpu-quota", "30000")
    update(container, "--cpu-period", "50000")
    assert shown(container, "cpu.max") == "30000 50000"


@needs("controller:cpu")
def test_quota_and_burst_shrink_and_grow_together(container):
    for quota, burst in ((50000, 40000), (5000, 4000), (80000, 70000)):
        update(container, "--cpu-quota", quota, "--cpu-burst", burst)
        assert shown(container, "cpu.max") == f"{quota} 100000"
        assert shown(container, "cpu.max.burst") == str(burst)


@needs("controller:memory")
def test_swap_alone_counts_the_limit_in_force(container):
    update(container, "--memory", "64M")
    update(container, "--memory-swap", "80M")
    assert shown(container, "memory.swap.max") == str(16 * MIB)
    container.runtime.fails("update", "--memory-swap", "32M", container.id,
                            message="memory.swap.*is less than memory.limit")


@needs("controller:memory", "program:strace")
@pytest.mark.parametrize("before, after, order", [
    ((64, 64), (32, 96), ["memory.swap.max", "memory.max"]),
    ((64, 64), (32, -1), ["memory.swap.max", "memory.max"]),
    ((32, 96), (64, 64), ["memory.max", "memory.swap.max"]),
    ((32, -1), (64, 96), ["memory.max", "memory.swap.max"])])
def test_what_grows_of_memory_and_swap_goes_first(container, coracle, directory, before, after, order):
    """or the kernel would kill in between, for want of both"""
    log = os.path.join(directory, "strace")

    def limits(limit, swap):
        return {"memory": {"limit": limit * MIB, "swap": swap * MIB if swap > 0 else swap}}
    update_with(container, limits(*before))
    coracle.prefix = ["strace", "-y", "-o", log, "-e", "trace=write"]
    update_with(container, limits(*after))
    coracle.prefix = []
    written = re.findall(r"/(memory[a-z.]*)>, ", read(log))
    assert list(dict.fromkeys(written)) == order
    assert shown(container, "memory.max") == str(after[0] * MIB)
    assert shown(container, "memory.swap.max") == ("max" if after[1] < 0 else str((after[1] - after[0]) * MIB))


@needs("controller:memory")
def test_check_before_update_refuses_what_would_kill(container):
    error = container.runtime.error("update", "-r", "-", container.id, stdin=json.dumps(
        {"memory": {"limit": 4096, "checkBeforeUpdate": True}}))
    assert error["path"] == "linux.resources.memory.limit" and "bytes in use" in error["msg"]
    assert shown(container, "memory.max") == "max"
    assert container.status == "running"


@needs("controller:memory", "controller:pids", "controller:cpu")
def test_all_or_nothing(container):
    update(container, "--memory", "64M", "--pids-limit", "23", "--cpu-shares", "512")
    files = ["memory.max", "memory.swap.max", "pids.max", "cpu.weight", "cpu.idle", "cpu.max",
             "memory.high", "io.max"]
    files = [file for file in files if os.path.exists(f"{cgroup_directory(container.pid)}/{file}")]
    before = {file: shown(container, file) for file in files}
    error = container.runtime.error("update", "-r", "-", container.id, stdin=json.dumps({
        "memory": {"limit": 32 * MIB, "swap": 64 * MIB}, "pids": {"limit": 5},
        "cpu": {"idle": 1, "quota": 5000, "period": 50000},
        "unified": {"memory.high": "1000000000", "cgroup.max.depth": "nonsense"}}))
    assert error["path"] == 'linux.resources.unified["cgroup.max.depth"]'
    assert {file: shown(container, file) for file in files} == before


@needs("controller:memory", "controller:pids", "controller:cpu", "controller:cpuset", "program:strace")
@pytest.mark.parametrize("before", [
    {}, {"cpu": {"idle": 1}}, {"cpu": {"quota": 40000, "burst": 30000, "shares": 333, "cpus": "0", "mems": "0"},
                               "memory": {"limit": 128 * MIB, "swap": 300 * MIB}, "pids": {"limit": 99}}],
    ids=["unlimited", "idle", "limited"])
def test_whichever_write_fails_nothing_has_changed(container, coracle, directory, before):
    """but for the lists of cpuset, which the kernel does not empty: what was in force is in force again"""
    log = os.path.join(directory, "strace")
    resources = {"memory": {"limit": 64 * MIB, "swap": 96 * MIB, "reservation": 8 * MIB}, "pids": {"limit": 33},
                 "cpu": {"idle": 0, "quota": 5000, "period": 50000, "burst": 1000, "shares": 512, "cpus": "0",
                         "mems": "0"},
                 "unified": {"memory.high": "50M", "cpu.weight.nice": "7", "cgroup.max.depth": "4"}}
    files = ["memory.max", "memory.swap.max", "memory.low", "memory.high", "pids.max", "cpu.idle", "cpu.weight",
             "cpu.max", "cpu.max.burst", "cpuset.cpus.effective", "cpuset.mems.effective", "cgroup.max.depth"]
    files = [file for file in files if os.path.exists(f"{cgroup_directory(container.pid)}/{file}")]
    if before:
        update_with(container, before)
    values = {file: shown(container, file) for file in files}
    for n in range(1, 40):
        coracle.prefix = ["strace", "-o", log, "-e", "trace=write", "-e", f"inject=write:error=ENOMEM:when={n}"]
        result = update_with(container, resources, check=False)
        coracle.prefix = []
        if "INJECTED" not in read(log):
            break
        assert result.returncode == 1 and "Cannot allocate memory" in result.stderr, f"{n}: {result}"
        assert {file: shown(container, file) for file in files} == values, f"write {n}: {result}"
    assert n > 12 and result.returncode == 0, str(result)


@needs("controller:pids", "controller:memory")
@pytest.mark.parametrize("change", ["-pids", "-pids -memory", "+pids"])
def test_the_controllers_handed_down_are_put_back(bundle, change):
    """the file shows names, and takes them with a sign"""
    bundle.set_namespace("cgroup")
    bundle.config["annotations"] = {"run.oci.delegate-cgroup": "init"}
    container = bundle.start()
    file = f"{os.path.dirname(cgroup_directory(container.pid))}/cgroup.subtree_control"
    before = read(file)
    assert "pids" in before.split()
    said = container.runtime("update", "-r", "-", container.id, check=False, stdin=json.dumps(
        {"unified": {"cgroup.subtree_control": change, "cgroup.max.depth": "nonsense"}})).stderr
    assert "'nonsense'" in said and "put back" not in said, said
    assert sorted(read(file).split()) == sorted(before.split())
    container.remove()


@needs("root", "controller:cpuset", "kernel:6.1")
def test_a_partition_that_is_invalid_is_put_back(bundle):
    """below a cgroup that is none; its file shows why, which it does not take"""
    parent = os.path.join(os.path.dirname(cgroup_path("self")), f"t{os.getpid()}-above")
    os.mkdir(cgroup_mount() + parent)
    bundle.linux["cgroupsPath"] = f"{parent}/container"
    container = bundle.start()
    update_with(container, {"unified": {"cpuset.cpus": "0", "cpuset.cpus.partition": "root"}})
    before = shown(container, "cpuset.cpus.partition")
    said = container.runtime("update", "-r", "-", container.id, check=False, stdin=json.dumps(
        {"unified": {"cpuset.cpus.partition": "member", "cgroup.max.depth": "nonsense"}})).stderr
    after = shown(container, "cpuset.cpus.partition")
    container.remove()
    os.rmdir(cgroup_mount() + parent)
    assert before.startswith("root invalid"), before
    assert "'nonsense'" in said and "put back" not in said, said
    assert after == before


@needs("controller:cpu")
def test_a_nice_value_is_undone_to_the_very_weight(container):
    update(container, "--cpu-shares", "333")
    weight = shown(container, "cpu.weight")
    container.runtime.fails("update", "-r", "-", container.id, message="'nonsense'", stdin=json.dumps(
        {"unified": {"cpu.weight.nice": "7", "cgroup.max.depth": "nonsense"}}))
    assert shown(container, "cpu.weight") == weight


def test_unified_on_every_host(container):
    update_with(container, {"unified": {"cgroup.max.depth": "3"}})
    assert shown(container, "cgroup.max.depth") == "3"


def test_unified_is_written_line_by_line(container):
    """as the kernel takes it; and so it is put back"""
    update_with(container, {"unified": {"cgroup.max.depth": "3\n4\n"}})
    assert shown(container, "cgroup.max.depth") == "4"
    container.runtime.fails("update", "--resources", "-", container.id, stdin=json.dumps(
        {"unified": {"cgroup.max.depth": "5\nnonsense\n6"}}), message="write 'nonsense' to 'cgroup.max.depth'")
    assert shown(container, "cgroup.max.depth") == "4"


def test_all_or_nothing_on_every_host(container):
    container.runtime.fails(
        "update", "-r", "-", container.id, message=r"'nonsense' to 'cgroup.max.descendants'",
        stdin=json.dumps({"unified": {"cgroup.max.depth": "3",
                                      "cgroup.max.descendants": "nonsense"}}))
    assert shown(container, "cgroup.max.depth") == "max"


@pytest.mark.parametrize("resources, name", [
    pytest.param({"rdma": {"mlx5_9": {"hcaHandles": 2}}}, "mlx5_9", marks=needs("controller:rdma")),
    pytest.param({"blockIO": {"throttleReadBpsDevice": [{"major": 4000, "minor": 1, "rate": 1}]}}, "4000:1",
                 marks=needs("controller:io"))])
def test_of_a_device_that_is_not_there_nothing_is_to_be_put_back(container, resources, name):
    said = container.runtime("update", "-r", "-", container.id, check=False, stdin=json.dumps(resources)).stderr
    assert name in said and "put back" not in said, said
    assert len(said.splitlines()) == 1


@needs("root")
def test_device_rules_take_the_place_of_the_former(bundle):
    """by a container that opens a device again and again: it is never without rules"""
    for names in bundle.process["capabilities"].values():
        names.append("CAP_MKNOD")
    bundle.mount("/nodes", "tmpfs", "tmpfs", ["dev"])
    bundle.allow("/said")
    container = bundle.start(payload=["devices", "/nodes/node:c:240:1"])
    container.wait_output("EPERM")
    rule = {"allow": True, "type": "c", "major": 240, "minor": 1, "access": "rwm"}
    update_with(container, {"devices": [{"allow": False, "access": "rwm"}, rule]})
    container.wait_output("ENXIO")
    update_with(container, {"devices": [{"allow": False, "access": "rwm"}]})
    container.wait_output("ENXIO\nEPERM")
    container.remove()


@needs("root")
@pytest.mark.parametrize("allowed", [False, True])
def test_device_rules_leave_no_gap(bundle, allowed):
    """a device that the former rules and the new ones treat alike is treated so in between"""
    for names in bundle.process["capabilities"].values():
        names.append("CAP_MKNOD")
    bundle.mount("/nodes", "tmpfs", "tmpfs", ["dev"])

    def rules(*minors):
        return {"devices": [{"allow": False, "access": "rwm"}] + [
            {"allow": True, "type": "c", "major": 240, "minor": minor, "access": "rwm"} for minor in minors]}
    always = [1] if allowed else []
    bundle.linux["resources"] = rules(*always)
    container = bundle.start(payload=["devices", "/nodes/node:c:240:1", 0])
    answer = "ready\n" + ("ENXIO\n" if allowed else "EPERM\n")
    container.wait_output(answer)
    for minor in range(2, 52):
        update_with(container, rules(*always, minor))
    assert container.output() == answer
    container.remove()


@needs("root", "program:strace")
@pytest.mark.parametrize("failing", ["1+", "1..2", "2..3", "3..4", "4+", "5+"])
def test_a_device_program_that_cannot_be_replaced_stays(bundle, coracle, failing):
    """whichever of the calls fails: a container is never left with no rules at all"""
    for names in bundle.process["capabilities"].values():
        names.append("CAP_MKNOD")
    bundle.mount("/nodes", "tmpfs", "tmpfs", ["dev"])
    container = bundle.start()
    coracle.prefix = ["strace", "-o", "/dev/null", "-e", "trace=bpf", "-e", f"inject=bpf:error=ENFILE:when={failing}"]
    rule = {"allow": False, "type": "c", "major": 240, "minor": 2, "access": "rwm"}
    container.runtime.fails("update", "-r", "-", container.id, stdin=json.dumps({"devices": [rule]}),
                            message="Too many open files in system")
    coracle.prefix = []
    said = container.exec("probe", "device", "/nodes/node:c:240:1").stdout
    assert json.loads(said)[0]["error"] == "EPERM"
    container.remove()


@pytest.mark.parametrize("resources, message", [
    ('{"memory": {"limit": "64M"}}', "the standard input: memory.limit"),
    ('{"pids": ', "the standard input"),
    ('{"pids": {"limit": 5}, "cpu": {"idle": 2}}', "linux.resources.cpu.idle.*neither 0 nor 1"),
    ('{"unified": {"../x": "1"}}', "not the name of a cgroup's file"),
    ('{"unified": {"cgroup.freeze": "1"}}', "limits nothing"),
    ('{"unified": {"cgroup.kill": "1"}}', "limits nothing"),
    ('{"devices": [{"allow": true, "type": "q"}]}', r"linux.resources.devices\[0\].type"),
    ('{"cpu": {"realtimeRuntime": 5}}', "no limits for realtime"),
])
def test_bad_limits_change_nothing(container, resources, message):
    container.runtime.fails("update", "-r", "-", container.id, stdin=resources, message=message)
    assert container.status == "running"


@pytest.mark.parametrize("options, message", [
    ([], "nothing to update"),
    (["--memory", "lots"], "'lots' is not a size"),
    (["--cpu-shares", "-1"], "'-1' is not a number"),
    (["--blkio-weight", "70000"], "'70000' is too large"),
    (["--resources", "-", "--memory", "5M"], "cannot be given together"),
    (["--resources", "/nonesuch"], "'/nonesuch'"),
    (["--cpu-rt-runtime", "5"], "no limits for realtime"),
    (["--cpu-rt-period", "5"], "no limits for realtime"),
])
def test_bad_options(container, options, message):
    container.runtime.fails("update", *options, container.id, message=message)


def test_kernel_memory_is_ignored_with_a_warning(container):
    result = update(container, "--kernel-memory", "64M", "--kernel-memory-tcp", "1M")
    assert "memory.kernel: ignored" in result.stderr
    assert "memory.kernelTCP: ignored" in result.stderr


def test_a_stopped_container_is_refused(bundle):
    container = bundle.start()
    container.kill("KILL")
    container.wait_stopped()
    container.runtime.fails("update", "--pids-limit", "5", container.id, message="it is stopped")
    container.delete()


@pytest.mark.parametrize("status", ["created", "paused"])
def test_created_and_paused_ones_are_updated(bundle, status):
    container = bundle.create(payload=["wait"])
    if status == "paused":
        bundle.runtime("pause", container.id)
    update_with(container, {"unified": {"cgroup.max.depth": "3"}})
    assert shown(container, "cgroup.max.depth") == "3"
    assert container.status == status
    container.remove()


class TestSchemata:
    """linux.intelRdt; what is written where, its unit tests see in a directory like resctrl"""

    @pytest.mark.parametrize("option", [["--l3-cache-schema", "L3:0=f"], ["--mem-bw-schema", "MB:0=10"]])
    def test_a_container_without_a_class_of_service(self, container, option):
        result = update(container, *option, check=False)
        assert result.returncode == 1 and "linux.intelRdt: the container was made without" in result.stderr

    def test_not_together_with_limits(self, container):
        result = update(container, "--l3-cache-schema", "L3:0=f", "--pids-limit", "7", check=False)
        assert result.returncode == 1 and "cannot be given together" in result.stderr

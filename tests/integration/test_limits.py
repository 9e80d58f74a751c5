"""test_limits.py - what limits do: the kernel kills, refuses, slows, when they are met

test_cgroup.py has what is written to which file; here a program runs against it.
"""

import os
import re
import subprocess

import pytest

from hardware import NEEDS_DISK, NEEDS_HUGE_PAGES, allow_device, disk, huge_pages, put  # noqa: F401
from harness.cgroup import cgroup_directory, cgroup_mount, cgroup_path, cgroup_processes
from harness.host import read
from harness.needs import has_bfq, needs
from harness.runtime import eventually

pytestmark = needs("cgroup")

MIB = 1 << 20
KILLED = 128 + 9
SMALL = ".globl _start\n_start: " + {
    "x86_64": "mov $231, %eax\n xor %edi, %edi\n syscall\n",
    "aarch64": "mov x8, #94\n mov x0, #0\n svc #0\n",
}[os.uname().machine]


def limit(bundle, **resources):
    bundle.linux.setdefault("resources", {}).update(resources)
    return bundle


@needs("controller:memory")
class TestMemory:
    LIMIT = {"limit": 16 * MIB, "swap": 16 * MIB}

    def test_what_fits_lives(self, bundle):
        assert limit(bundle, memory=self.LIMIT).run("eat", 8).stdout == "eaten\n"

    def test_what_does_not_is_killed(self, bundle):
        result = limit(bundle, memory=self.LIMIT).run("eat", 64, check=False)
        assert (result.returncode, result.stdout) == (KILLED, "")

    def test_the_rest_lives_on(self, bundle):
        container = limit(bundle, memory=self.LIMIT).start(payload=["eat-in-children", 2, 64])
        container.kill("USR1")
        container.wait_output("signal 9\nsignal 9\n")
        assert container.status == "running"
        container.remove()

    def test_oom_group_takes_them_all(self, bundle):
        limit(bundle, memory=self.LIMIT, unified={"memory.oom.group": "1"})
        container = bundle.start(payload=["eat-in-children", 1, 64])
        container.kill("USR1")
        container.wait_stopped()
        assert "signal" not in container.output()
        container.delete()

    def test_of_cgroups_below_too(self, bundle):
        limit(bundle, memory=self.LIMIT)
        bundle.config["annotations"] = {"run.oci.delegate-cgroup": "below"}
        container = bundle.start(payload=["eat-in-children", 1, 64])
        assert cgroup_path(container.pid).endswith("/below")
        container.kill("USR1")
        container.wait_output("signal 9\n")
        container.remove()

    def test_update_raises_it(self, bundle):
        container = limit(bundle, memory=self.LIMIT).start(payload=["eat-in-children", 1, 64])
        container.runtime("update", "--memory", "128M", container.id)
        container.kill("USR1")
        container.wait_output("signal 0\n")
        container.remove()


def tight(bundle, kibibytes):
    return limit(bundle, memory={"limit": kibibytes * 1024, "swap": kibibytes * 1024})


@pytest.fixture
def small(bundle, directory):
    """/true: a program that takes no memory of its own; the payload takes more than some limits here"""
    source = os.path.join(directory, "true.S")
    with open(source, "w", encoding="ascii") as file:
        file.write(SMALL)
    subprocess.run(["gcc", "-static", "-nostdlib", "-s", "-o", bundle.inside("/true"), source],
                   check=True)
    bundle.process["args"] = ["/true"]
    return bundle


@needs("root", "controller:memory")
class TestTinyMemory:
    """Less than the set-up takes: init does it in the runtime's cgroup, and enters its own at the end."""

    @pytest.mark.parametrize("kibibytes", [1024, 512, 192])
    def test_the_payload_runs(self, bundle, kibibytes):
        assert tight(bundle, kibibytes).run("exit", 7, check=False).returncode == 7

    @needs("program:gcc")
    def test_a_small_program_runs(self, small):
        tight(small, 112).run()

    @needs("program:gcc")
    def test_a_small_program_is_created_and_started(self, small):
        container = tight(small, 112).create()
        counted = f"{cgroup_directory(container.pid)}/memory.events"
        container.start()
        container.wait_stopped()
        assert "oom_kill 0" in read(counted)
        container.delete()

    def test_what_is_created_is_in_its_cgroup(self, bundle):
        container = tight(bundle, 512).create(payload=["exit", 0])
        directory = cgroup_directory(container.pid)
        assert read(f"{directory}/memory.max") == f"{512 * 1024}\n"
        assert read(f"{directory}/cgroup.procs") == f"{container.pid}\n"
        charged = dict(line.split() for line in read(f"{directory}/memory.stat").splitlines())
        assert int(charged["anon"]) + int(charged["kernel"]) < 64 * 1024
        container.remove()

    @pytest.mark.parametrize("users", [False, True])
    def test_the_container_sees_its_cgroup(self, bundle, users):
        if users:
            bundle.map_ids(100000)
        probes = tight(bundle, 1024).probe(("read", "/proc/self/cgroup"),
                                           ("read", "/sys/fs/cgroup/memory.max"),
                                           ("read", "/sys/fs/cgroup/cgroup.procs"))
        assert "0::/\n" in probes.data("read", "/proc/self/cgroup")
        assert probes.data("read", "/sys/fs/cgroup/memory.max") == f"{1 << 20}\n"
        assert probes.data("read", "/sys/fs/cgroup/cgroup.procs") == "1\n"

    def test_and_without_a_cgroup_namespace(self, bundle):
        bundle.unset_namespace("cgroup")
        path = f"/t{os.getpid()}-tight"
        bundle.linux["cgroupsPath"] = path
        probes = tight(bundle, 1024).probe(("read", f"/sys/fs/cgroup{path}/memory.max"))
        assert probes.data("read", f"/sys/fs/cgroup{path}/memory.max") == f"{1 << 20}\n"

    @pytest.mark.parametrize("kind, who", [("createRuntime", "$(sed 's/.*\"pid\": *//; s/[^0-9].*//')"),
                                           ("createContainer", "self")])
    def test_hooks_find_it_there(self, bundle, directory, kind, who):
        seen = os.path.join(directory, "seen")
        bundle.config["hooks"] = {kind: [{"path": "/bin/sh", "args": [
            "sh", "-c", f"p={who}; cat /proc/$p/cgroup > {seen}"]}]}
        container = tight(bundle, 1800).create(payload=["exit", 0])
        path = cgroup_path(container.pid)
        assert read(seen) in (f"0::{path}\n", "0::/\n")
        container.remove()

    def test_exec(self, bundle):
        container = tight(bundle, 512).start()
        cgroup = f"0::{cgroup_path(container.pid)}\n"
        assert container.exec("exit", 7, check=False).returncode == 7
        process = container.runtime.popen("exec", container.id, "/bin/payload", "sleep")
        eventually(lambda: len(cgroup_processes(container.pid)) == 2, "a second process there")
        assert [read(f"/proc/{pid}/cgroup") for pid in cgroup_processes(container.pid)] == [cgroup] * 2
        container.remove()
        process.wait()

    def test_what_is_copied_up_is_charged(self, bundle):
        os.mkdir(bundle.inside("/big"))
        with open(bundle.inside("/big/file"), "wb") as file:
            file.write(b"x" * (4 << 20))
        bundle.mount("/big", "tmpfs", "tmpfs", ["tmpcopyup"], point=None)
        error = tight(bundle, 1024).error()
        assert error["path"] == "linux.resources.memory.limit"

    def test_the_error_says_that_it_was_too_small(self, bundle):
        error = tight(bundle, 4).error()
        assert error["path"] == "linux.resources.memory.limit"
        assert "4096 bytes are too few" in error["msg"] and "killed" in error["msg"]
        assert "had used up to 4096" in error["msg"]

    @needs("program:gcc")
    def test_a_program_that_it_is_too_small_for(self, small):
        result = tight(small, 24).run(check=False)
        assert result.returncode == KILLED or result.returncode == 1
        assert re.search(r"24576 bytes are too few to (run|set up) the container", result.stderr)

    def test_start_says_so_too(self, bundle):
        container = tight(bundle, 24).create(payload=["exit", 0])
        error = container.runtime.error("start", container.id)
        assert error["path"] == "linux.resources.memory.limit"
        assert "24576 bytes are too few" in error["msg"]
        container.remove()

    @needs("root")
    def test_exec_says_so_too(self, bundle):
        """what waits needs much less than one process more does: between there is a limit for it"""
        container = tight(bundle, 512).start()
        path = f"{cgroup_directory(container.pid)}/memory.max"
        with open(f"/proc/{container.pid}/oom_score_adj", "w", encoding="ascii") as file:
            file.write("-1000")  # it is not the one that the kernel kills
        for kib in range(256, 64, -8):
            with open(path, "w", encoding="ascii") as file:
                file.write(str(kib << 10))
            done = container.exec("exit", 0, check=False)
            if done.returncode not in (0, KILLED):  # killed: as the container's program already
                break
        assert f"linux.resources.memory.limit: {kib << 10} bytes are too few" in done.stderr
        assert "one more process" in done.stderr
        assert container.status == "running"
        container.remove()


@needs("controller:pids")
@pytest.mark.parametrize("pids, made", [(5, "4 EAGAIN"), (-1, "20 ok")])
def test_forks_are_refused(bundle, pids, made):
    assert limit(bundle, pids={"limit": pids}).run("forks", 20).stdout == f"{made}\n"


@needs("controller:cpu")
def test_a_quota_slows(bundle):
    limit(bundle, cpu={"quota": 10000, "period": 100000})
    slowed = float(bundle.run("burn", 2, timeout=60).stdout)
    bundle.linux["resources"] = {}
    free = float(bundle.run("burn", 2, timeout=60).stdout)
    assert slowed < 0.7 * free


@needs("controller:cpu")
def test_the_throttling_is_counted(bundle):
    container = limit(bundle, cpu={"quota": 5000, "period": 100000}).create(payload=["burn", 60])
    container.start()

    def throttled():
        lines = read(f"{cgroup_directory(container.pid)}/cpu.stat").splitlines()
        return int(dict(line.split() for line in lines)["nr_throttled"]) > 3
    eventually(throttled, "some throttled periods")
    container.remove()


@needs("controller:cpuset")
def test_processors(bundle):
    report = limit(bundle, cpu={"cpus": "0", "mems": "0"}).report()
    assert "Cpus_allowed_list:\t0\n" in report.proc["status"]
    assert "Mems_allowed_list:\t0\n" in report.proc["status"]


@needs("controller:cpuset")
def test_processors_that_are_not_there_are_refused(bundle):
    limit(bundle, cpu={"cpus": "no"})
    error = bundle.error()
    assert error["path"] == "linux.resources.cpu.cpus" and "'cpuset.cpus'" in error["msg"]


@NEEDS_HUGE_PAGES
def test_huge_pages_are_refused(keep_controllers, bundle, huge_pages):
    """reserving them already, where the kernel counts that: no SIGBUS later"""
    limit(bundle, hugepageLimits=[{"pageSize": "2MB", "limit": 4 * MIB}])
    assert bundle.run("huge", 4).stdout == "ok\n"
    assert bundle.run("huge", 8).stdout == "ENOMEM\n"


@NEEDS_DISK
def test_a_disk_is_slowed(bundle, disk):
    major, minor = disk
    allow_device(bundle, "/dev/disk", disk)
    fast = float(bundle.run("read-device", "/dev/disk", 2048, timeout=60).stdout)
    limit(bundle, blockIO={"throttleReadBpsDevice": [
        {"major": major, "minor": minor, "rate": 1 * MIB}]})
    slow = float(bundle.run("read-device", "/dev/disk", 2048, timeout=60).stdout)
    assert slow > 1.2 and slow > 2 * fast


@NEEDS_DISK
@pytest.mark.parametrize("member, word", [
    ("throttleReadBpsDevice", "rbps=1048576"), ("throttleWriteBpsDevice", "wbps=1048576"),
    ("throttleReadIOPSDevice", "riops=1048576"), ("throttleWriteIOPSDevice", "wiops=1048576")])
def test_each_throttle_is_a_word(bundle, disk, member, word):
    major, minor = disk
    limit(bundle, blockIO={member: [{"major": major, "minor": minor, "rate": 1 * MIB}]})
    container = bundle.start()
    lines = read(f"{cgroup_directory(container.pid)}/io.max").splitlines()
    assert [line for line in lines if line.startswith(f"{major}:{minor} ")][0].count(word) == 1
    container.remove()


@NEEDS_DISK
@pytest.mark.parametrize("kind", [pytest.param(kind, marks=needs(f"weight:{kind}")) for kind in ("cost", "bfq")])
class TestWeight:
    """of input and output: BFQ's as it is told, io.cost's from 1 to 10000"""

    FILES = {"cost": ("io.weight", [(10, 1), (100, 910), (500, 4950), (1000, 10000)]),
             "bfq": ("io.bfq.weight", [(10, 10), (100, 100), (500, 500), (1000, 1000)])}

    @pytest.fixture(autouse=True)
    def scheduler(self, kind):
        """the files of BFQ's weights are there as long as it is"""
        loaded = kind == "bfq" and not has_bfq()
        if loaded:
            subprocess.run(["modprobe", "bfq"], check=True)
        yield
        if loaded:
            subprocess.run(["modprobe", "--remove", "bfq"], check=True)

    @pytest.fixture
    def weighing_disk(self, scheduler, kind, disk):
        """a disk whose input and output the weights are for; as text: 7:0"""
        number = ":".join(map(str, disk))
        path, text = {"cost": (f"{cgroup_mount()}/io.cost.qos", f"{number} enable=1"),
                      "bfq": (f"/sys/dev/block/{number}/queue/scheduler", "bfq")}[kind]
        put(path, text)
        yield number
        put(path, {"cost": f"{number} enable=0", "bfq": "none"}[kind])

    def shown(self, container, kind):
        """of the whole, and {disk: weight}"""
        lines = read(f"{cgroup_directory(container.pid)}/{self.FILES[kind][0]}").splitlines()
        weights = dict(line.split() for line in lines)
        return int(weights.pop("default")), {disk: int(weight) for disk, weight in weights.items()}

    def test_of_all_disks(self, bundle, kind):
        for told, weight in self.FILES[kind][1]:
            container = limit(bundle, blockIO={"weight": told}).start()
            assert self.shown(container, kind) == (weight, {})
            container.remove()

    def test_of_one_disk(self, bundle, kind, weighing_disk):
        major, minor = map(int, weighing_disk.split(":"))
        for told, weight in self.FILES[kind][1]:
            container = limit(bundle, blockIO={"weightDevice": [
                {"major": major, "minor": minor, "weight": told}]}).start()
            assert self.shown(container, kind) == (100, {weighing_disk: weight})
            container.remove()

    def test_of_one_disk_and_of_the_others(self, bundle, kind, weighing_disk):
        major, minor = map(int, weighing_disk.split(":"))
        container = limit(bundle, blockIO={"weight": 100, "weightDevice": [
            {"major": major, "minor": minor, "weight": 500}]}).start()
        weights = dict(self.FILES[kind][1])
        assert self.shown(container, kind) == (weights[100], {weighing_disk: weights[500]})
        container.remove()

    def test_update(self, bundle, kind):
        container = bundle.start()
        for told, weight in self.FILES[kind][1]:
            container.runtime("update", "--blkio-weight", told, container.id)
            assert self.shown(container, kind) == (weight, {})
        container.remove()

    def test_of_a_disk_that_is_not_there(self, bundle, kind):
        limit(bundle, blockIO={"weightDevice": [{"major": 4000, "minor": 1, "weight": 500}]})
        error = bundle.error()
        assert error["path"] == "linux.resources.blockIO.weightDevice[0]"
        file, weights = self.FILES[kind]
        assert f"'4000:1 {dict(weights)[500]}' to '{file}'" in error["msg"]


@needs("controller:io")
def test_a_disk_that_is_not_there_is_named(bundle):
    limit(bundle, blockIO={"throttleReadBpsDevice": [{"major": 4000, "minor": 1, "rate": 1}]})
    error = bundle.error()
    assert error["path"] == "linux.resources.blockIO.throttleReadBpsDevice[0]"
    assert "4000:1" in error["msg"] and "'io.max'" in error["msg"]


@needs("controller:rdma")
def test_an_rdma_device_that_is_not_there_is_named(bundle):
    limit(bundle, rdma={"mlx5_9": {"hcaHandles": 2}})
    error = bundle.error()
    assert error["path"] == 'linux.resources.rdma["mlx5_9"]'
    assert "'mlx5_9 hca_handle=2' to 'rdma.max'" in error["msg"]


@needs("controller:memory", "controller:pids")
def test_unified_is_written_last_and_in_order(bundle):
    limit(bundle, memory={"limit": 64 * MIB}, unified={
        "memory.max": str(32 * MIB), "memory.high": str(16 * MIB), "pids.max": "9"})
    container = bundle.start()
    directory = cgroup_directory(container.pid)
    assert read(f"{directory}/memory.max") == f"{32 * MIB}\n"
    assert read(f"{directory}/memory.high") == f"{16 * MIB}\n"
    assert read(f"{directory}/pids.max") == "9\n"
    container.remove()

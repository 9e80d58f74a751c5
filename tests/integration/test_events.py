"""test_events.py - coracle events: statistics in the form that runc's readers know, OOM notices"""

import json
import os
import signal
import time

import pytest

from hardware import NEEDS_DISK, NEEDS_HUGE_PAGES, allow_device, disk, huge_pages  # noqa: F401
from harness.cgroup import cgroup_directory, remove_cgroup
from harness.host import read
from harness.needs import needs
from harness.runtime import eventually

pytestmark = needs("root")

MIB = 1 << 20
STALL = {"avg10", "avg60", "avg300", "total"}


@pytest.fixture
def container(bundle):
    container = bundle.start()
    yield container
    container.remove()


def stats(container):
    event = json.loads(container.runtime("events", "--stats", container.id).stdout)
    assert (event["type"], event["id"]) == ("stats", container.id)
    return event["data"]


def file(container, name):
    return read(f"{cgroup_directory(container.pid)}/{name}").strip()


class TestStats:
    def test_the_members_are_there_on_every_host(self, container):
        data = stats(container)
        assert set(data) == {"cpu", "memory", "pids", "blkio", "hugetlb"}
        assert set(data["cpu"]["usage"]) == {"total", "kernel", "user"}
        assert set(data["cpu"]["throttling"]) == {"periods", "throttledPeriods", "throttledTime"}
        assert set(data["memory"]) - {"psi"} == {"cache", "usage", "swap", "kernel", "kernelTCP",
                                                 "raw"}
        for name in ("usage", "swap"):
            assert set(data["memory"][name]) == {"limit", "usage", "max", "failcnt"}
        assert set(data["pids"]) == {"current", "limit"}

    def test_processor_time_needs_no_controller(self, container):
        usage = stats(container)["cpu"]["usage"]
        assert 0 < usage["total"] < 10 ** 10
        assert abs(usage["total"] - usage["kernel"] - usage["user"]) <= 2000

    def test_pressure(self, container):
        known = os.path.exists(f"{cgroup_directory(container.pid)}/cpu.pressure")
        data = stats(container)
        assert ("psi" in data["cpu"]) == known
        if known:
            assert set(data["cpu"]["psi"]["some"]) == STALL
            assert set(data["memory"]["psi"]["full"]) == STALL

    @needs("controller:memory")
    def test_memory(self, bundle):
        bundle.linux["resources"] = {"memory": {"limit": 64 * MIB, "swap": 96 * MIB}}
        container = bundle.start()
        memory = stats(container)["memory"]
        assert memory["usage"]["limit"] == 64 * MIB
        assert 0 < memory["usage"]["usage"] < 64 * MIB
        assert memory["swap"]["limit"] == 96 * MIB
        assert memory["swap"]["usage"] >= memory["usage"]["usage"]
        assert set(memory["raw"]) == {line.split()[0]
                                      for line in file(container, "memory.stat").splitlines()}
        assert memory["cache"] == memory["raw"]["file"]
        container.remove()

    @needs("controller:memory")
    def test_no_limit_is_the_largest_number(self, container):
        assert stats(container)["memory"]["usage"]["limit"] == 2 ** 64 - 1

    @needs("controller:pids")
    def test_pids(self, bundle):
        bundle.linux["resources"] = {"pids": {"limit": 23}}
        container = bundle.start(payload=["spawn", 3])
        assert stats(container)["pids"] == {"current": 4, "limit": 23}
        container.remove()

    @needs("controller:pids")
    def test_no_limit_of_pids_is_zero(self, container):
        assert stats(container)["pids"] == {"current": 1, "limit": 0}

    @needs("controller:hugetlb")
    def test_hugetlb(self, keep_controllers, bundle):
        bundle.linux["resources"] = {"hugepageLimits": [{"pageSize": "2MB", "limit": 4 * MIB}]}
        container = bundle.start()
        assert stats(container)["hugetlb"]["2MB"] == {"limit": 4 * MIB, "usage": 0, "max": 0,
                                                      "failcnt": 0}
        container.remove()

    @NEEDS_HUGE_PAGES
    def test_hugetlb_in_use(self, keep_controllers, bundle, huge_pages):
        """what is reserved counts, and what was refused"""
        bundle.linux["resources"] = {"hugepageLimits": [{"pageSize": "2MB", "limit": 4 * MIB}]}
        container = bundle.start(payload=["huge", 4, "stay"])
        assert container.output() == "ok\nready\n"
        assert container.exec("huge", 2).stdout == "ENOMEM\n"
        refused = int(dict(line.split() for line in file(container, "hugetlb.2MB.events").splitlines())["max"])
        assert refused > 0
        assert stats(container)["hugetlb"]["2MB"] == {"limit": 4 * MIB, "usage": 4 * MIB, "max": 0,
                                                      "failcnt": refused}
        container.remove()

    @pytest.fixture
    def reader(self, bundle, disk):
        """a container with a disk"""
        allow_device(bundle, "/dev/disk", disk)
        container = bundle.start()
        yield container
        container.remove()

    @staticmethod
    def of_disk(entries, disk):
        """{operation: number}"""
        return {entry["op"]: entry["value"] for entry in entries
                if (entry["major"], entry["minor"]) == disk}

    @NEEDS_DISK
    def test_input_and_output(self, reader, disk):
        """of the disk itself, in requests of 64 KiB; nothing that the page cache answers"""
        reader.exec("read-device", "/dev/disk", 1024)
        reader.exec("write-device", "/dev/disk", 512)
        data = stats(reader)["blkio"]
        assert set(data) - {"psi"} == {"ioServiceBytesRecursive", "ioServicedRecursive"}
        assert all(set(entry) == {"major", "minor", "op", "value"}
                   for entries in (data["ioServiceBytesRecursive"], data["ioServicedRecursive"])
                   for entry in entries)
        seen = self.of_disk(data["ioServiceBytesRecursive"], disk)
        assert seen == {"Read": 1 * MIB, "Write": MIB // 2, "Discard": 0}
        assert self.of_disk(data["ioServicedRecursive"], disk) == {"Read": 16, "Write": 8, "Discard": 0}

    @staticmethod
    def pressure(container, part, kind, least):
        """of "io" or "cpu", once it is what the kernel says; it adds up every two seconds"""
        def told():
            psi = stats(container)[part]["psi"]
            assert set(psi) == {"some", "full"} and set(psi["some"]) == set(psi["full"]) == STALL
            lines = file(container, f"{kind}.pressure").splitlines()
            totals = {line.split()[0]: int(line.rpartition("=")[2]) for line in lines}
            return (psi["some"]["total"] >= least and psi["some"]["avg300"] > 0
                    and {name: stall["total"] for name, stall in psi.items()} == totals)
        eventually(told, f"{least} microseconds of pressure")

    @NEEDS_DISK
    @needs("file:/proc/pressure/io")
    def test_pressure_of_a_slow_disk(self, reader, disk):
        rate = {"major": disk[0], "minor": disk[1], "rate": MIB}
        reader.runtime("update", "--resources", "-", reader.id, stdin=json.dumps(
            {"blockIO": {"throttleReadBpsDevice": [rate]}}))
        reader.exec("read-device", "/dev/disk", 2048)
        self.pressure(reader, "blkio", "io", 500000)

    @needs("controller:cpu", "file:/proc/pressure/cpu")
    def test_pressure_of_a_slow_processor(self, bundle):
        bundle.linux["resources"] = {"cpu": {"quota": 5000, "period": 100000}}
        container = bundle.start()
        container.exec("burn", 1, timeout=100)
        throttling = stats(container)["cpu"]["throttling"]
        assert throttling["periods"] >= throttling["throttledPeriods"] > 0
        assert throttling["throttledTime"] > 0
        self.pressure(container, "cpu", "cpu", 100000)
        container.remove()


def watch(container, *options):
    return container.runtime.popen("events", *options, container.id)


def lines(popen):
    """those that are complete: where a write crosses a page, a reader may see its beginning alone"""
    return [json.loads(line) for line in read(popen.out).splitlines(True) if line.endswith("\n")]


def test_it_reports_at_each_interval_and_ends_with_the_container(container):
    started = time.monotonic()
    popen = watch(container, "--interval", "50ms")
    eventually(lambda: len(lines(popen)) >= 3, "three lines of statistics")
    assert time.monotonic() - started >= 0.15
    assert {line["type"] for line in lines(popen)} == {"stats"}
    container.kill("KILL")
    assert container.runtime.finish(popen).returncode == 0


def test_the_default_interval_is_five_seconds(container):
    popen = watch(container)
    time.sleep(0.5)
    assert lines(popen) == []
    popen.send_signal(signal.SIGTERM)
    container.runtime.finish(popen)


@needs("controller:memory")
def test_oom_kills_are_told(bundle):
    """of a child: the container goes on, and so do the events"""
    bundle.linux["resources"] = {"memory": {"limit": 16 * MIB, "swap": 16 * MIB}}
    container = bundle.start(payload=["eat-in-children", 3, 64])
    popen = watch(container, "--interval", "1h")
    container.kill("USR1")
    eventually(lambda: len(lines(popen)) == 3, "three notices")
    assert lines(popen) == [{"type": "oom", "id": container.id}] * 3
    container.remove()
    assert container.runtime.finish(popen).returncode == 0


def test_a_cgroup_that_was_removed_is_an_error(container):
    path = remove_cgroup(container.pid)
    error = container.runtime.error("events", "--stats", container.id)
    assert error["class"] == "cgroup"
    assert f"{path}': No such file or directory" in error["msg"]


def test_a_cgroup_that_is_removed_meanwhile_is_an_error(container):
    """nothing more can be told, and init goes on"""
    popen = watch(container, "--interval", "50ms")
    eventually(lambda: lines(popen), "statistics")
    path = remove_cgroup(container.pid)
    result = container.runtime.finish(popen, timeout=20)
    assert result.returncode != 0
    assert f"read the statistics of the cgroup '{path}': No such file or directory" in result.stderr


@pytest.mark.parametrize("interval", ["", "5", "0s", "-1s", "1x", "s", "5s ", "9999999h", "1.5s"])
def test_bad_intervals(container, interval):
    container.runtime.fails("events", f"--interval={interval}", container.id,
                            message="--interval")


@pytest.mark.parametrize("interval", ["1ms", "1s500ms", "1h30m"])
def test_good_intervals(container, interval):
    container.runtime("events", "--interval", interval, "--stats", container.id)


@pytest.mark.parametrize("options", [[], ["--stats"]])
def test_a_stopped_container_is_refused(bundle, options):
    container = bundle.start()
    container.kill("KILL")
    container.wait_stopped()
    container.runtime.fails("events", *options, container.id, message="not running")
    container.delete()


def test_without_a_cgroup_there_is_nothing_to_tell(bundle):
    bundle.linux.pop("resources", None)
    bundle.args("wait").write()
    bundle.runtime("run", "--detach", "--bundle", bundle.path, "free",
                   options=("--cgroup-manager", "disabled"))
    bundle.runtime.fails("events", "--stats", "free", message="it has no cgroup|has no cgroup")
    bundle.runtime("delete", "--force", "free")

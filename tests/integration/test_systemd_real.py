"""The systemd cgroup manager with a real systemd: its units, its limits, and what stays of them.

What the mock of test_systemd.py cannot tell."""

import os
import subprocess
import time

import pytest

from harness.cgroup import cgroup_directory, cgroup_path
from harness.host import read
from harness.needs import needs
from harness.report import Probes
from harness.runtime import eventually
from test_checkpoint import WITH_CRIU, counter, criu_knows_the_kernel  # noqa: F401

pytestmark = needs("file:/run/systemd/system", "program:systemctl")


def systemctl(*args):
    user = () if os.geteuid() == 0 else ("--user",)
    return subprocess.run(["systemctl", *user, *args], check=False, capture_output=True,
                          text=True).stdout


def show(unit, name):
    return systemctl("show", "--property", name, "--value", unit).strip()


def unit_of(container):
    return f"coracle-{container.id}.scope"


def is_known(unit):
    return unit in systemctl("list-units", "--all", "--plain", "--no-legend", unit)


@pytest.fixture
def run(coracle):
    coracle.global_options = ("--systemd-cgroup",)
    return coracle


@pytest.fixture
def container(run, bundle):
    container = bundle.start()
    yield container
    unit = unit_of(container)
    container.remove()
    assert not is_known(unit)


def test_a_scope_that_runs_and_goes(container):
    unit = unit_of(container)
    assert show(unit, "ActiveState") == "active"
    assert show(unit, "Delegate") == "yes"
    assert show(unit, "ControlGroup") == cgroup_path(container.pid)
    assert cgroup_path(container.pid).endswith(f"/{unit}")


def test_run_leaves_no_unit(run, bundle):
    bundle.linux["cgroupsPath"] = ":engine:short"
    assert bundle.run("exit", 3, check=False).returncode == 3
    assert not is_known("engine-short.scope")


@needs("controller:memory", "controller:cpu", "controller:pids")
def test_limits_survive_a_daemon_reload(run, bundle):
    bundle.linux.setdefault("resources", {}).update({
        "memory": {"limit": 64 << 20, "reservation": 32 << 20},
        "cpu": {"shares": 512, "quota": 50000, "period": 100000}, "pids": {"limit": 77}})
    container = bundle.start()
    unit, directory = unit_of(container), cgroup_directory(container.pid)
    files = {"memory.max": str(64 << 20), "memory.low": str(32 << 20), "cpu.weight": "59",
             "cpu.max": "50000 100000", "pids.max": "77"}
    assert {name: read(f"{directory}/{name}").strip() for name in files} == files
    assert show(unit, "MemoryMax") == str(64 << 20)
    assert show(unit, "CPUQuotaPerSecUSec") == "500ms"
    systemctl("daemon-reload")
    time.sleep(0.5)
    assert {name: read(f"{directory}/{name}").strip() for name in files} == files
    container.remove()
    assert not is_known(unit)


@needs("controller:memory", "controller:pids")
def test_update_survives_a_daemon_reload(container):
    unit, directory = unit_of(container), cgroup_directory(container.pid)
    container.runtime("update", "--memory", str(48 << 20), "--pids-limit", "55", container.id)
    assert show(unit, "MemoryMax") == str(48 << 20)
    systemctl("daemon-reload")
    time.sleep(0.5)
    assert read(f"{directory}/memory.max").strip() == str(48 << 20)
    assert read(f"{directory}/pids.max").strip() == "55"


def test_annotations(run, bundle):
    bundle.config["annotations"] = {
        "org.systemd.property.TimeoutStopUSec": "uint64 5000000",
        "org.systemd.property.CollectMode": "'inactive-or-failed'",
        "org.systemd.property.After": "['multi-user.target']"}
    container = bundle.start()
    unit = unit_of(container)
    assert show(unit, "TimeoutStopUSec") == "5s"
    assert show(unit, "CollectMode") == "inactive-or-failed"
    assert "multi-user.target" in show(unit, "After").split()
    container.remove()


def test_how_long_a_stop_may_take(run, bundle):
    """an init without a handler is not ended by SIGTERM: systemd would wait for its usual 90 seconds"""
    bundle.config["annotations"] = {"org.systemd.property.TimeoutStopUSec": "uint64 1000000"}
    container = bundle.start(payload=["sleep"])
    started = time.monotonic()
    systemctl("stop", unit_of(container))
    container.wait_stopped()
    assert 1 <= time.monotonic() - started < 45
    container.delete()
    assert not is_known(unit_of(container))


@needs("program:systemd-run")
def test_a_failed_scope_of_this_name_is_replaced(run, bundle):
    user = () if os.geteuid() == 0 else ("--user",)
    subprocess.run(["systemd-run", *user, "--scope", "--unit", "engine-failed.scope", "--property",
                    "RuntimeMaxSec=1", "sleep", "1000"], check=False, capture_output=True)
    eventually(lambda: show("engine-failed.scope", "ActiveState") == "failed", "the failure")
    bundle.linux["cgroupsPath"] = ":engine:failed"
    container = bundle.start()
    assert show("engine-failed.scope", "ActiveState") == "active"
    assert cgroup_path(container.pid).endswith("/engine-failed.scope")
    container.remove()
    assert not is_known("engine-failed.scope")


@needs("root")
def test_device_rules_survive_a_daemon_reload(run, bundle):
    """systemd's program for the same cgroup is made anew then, beside ours"""
    def reload_and_wait():
        systemctl("daemon-reload")
        time.sleep(1)  # for the container to open it again

    for names in bundle.process["capabilities"].values():
        names.append("CAP_MKNOD")
    bundle.mount("/nodes", "tmpfs", "tmpfs", ["dev"])
    allowed = {"allow": True, "type": "c", "major": 240, "minor": 1, "access": "rwm"}
    bundle.linux["resources"] = {"devices": [{"allow": False, "access": "rwm"}, allowed]}
    container = bundle.start(payload=["devices", "/nodes/node:c:240:1"])
    assert show(unit_of(container), "DevicePolicy") == "strict"
    container.wait_output("ENXIO")
    reload_and_wait()
    assert "EPERM" not in container.output()
    other = Probes(container.exec("probe", "device", "/nodes/other:c:240:2").stdout)
    assert other["device", "/nodes/other:c:240:2"] == "EPERM"
    container.runtime("update", "--resources", "-", container.id,
                      stdin='{"devices": [{"allow": false, "access": "rwm"}]}')
    container.wait_output("ENXIO\nEPERM")
    reload_and_wait()
    assert container.output().split()[-1] == "EPERM"
    container.remove()


def test_what_systemd_refuses(run, bundle):
    bundle.config["annotations"] = {"org.systemd.property.NoSuchThing": "5"}
    bundle.run_fails("systemd: start of unit '.*NoSuchThing")


def test_a_slice(run, bundle):
    bundle.linux["cgroupsPath"] = "coracle-test.slice:engine:sliced"
    container = bundle.start()
    assert cgroup_path(container.pid).endswith(
        "/coracle.slice/coracle-test.slice/engine-sliced.scope")
    container.remove()
    systemctl("stop", "coracle-test.slice", "coracle.slice")


@needs("controller:memory")
def test_a_subgroup_has_its_controllers(run, bundle):
    bundle.config["annotations"] = {"run.oci.systemd.subgroup": "inner"}
    bundle.linux.setdefault("resources", {})["memory"] = {"limit": 64 << 20}
    container = bundle.start()
    directory = cgroup_directory(container.pid)
    assert directory.endswith(f"/{unit_of(container)}/inner")
    assert read(f"{directory}/memory.max").strip() == str(64 << 20)
    container.remove()


@needs("controller:memory", "controller:pids")
def test_a_cgroup_to_delegate_is_below_the_scope(run, bundle):
    bundle.set_namespace("cgroup")
    bundle.without_mounts("/sys/fs/cgroup")
    bundle.mount("/sys/fs/cgroup", "cgroup", "cgroup", point=None)
    bundle.process["user"] = {"uid": 1000 if os.geteuid() == 0 else 0, "gid": 0}
    bundle.config["annotations"] = {"run.oci.delegate-cgroup": "init.scope"}
    bundle.linux.setdefault("resources", {})["memory"] = {"limit": 64 << 20}
    container = bundle.start()
    unit, directory = unit_of(container), cgroup_directory(container.pid)
    assert directory.endswith(f"/{unit}/init.scope")
    assert read(f"{os.path.dirname(directory)}/memory.max").strip() == str(64 << 20)
    assert read(f"{directory}/memory.max") == "max\n"
    assert {"memory", "pids"} <= set(read(f"{directory}/cgroup.controllers").split())
    assert os.stat(f"{directory}/cgroup.procs").st_uid == 1000
    systemctl("daemon-reload")
    time.sleep(0.5)
    assert cgroup_directory(container.pid) == directory
    container.remove()
    assert not is_known(unit) and not os.path.exists(os.path.dirname(directory))


def test_a_scope_that_is_there_is_left_alone(run, bundle, make_bundle, container):
    other = make_bundle("two")
    other.linux["cgroupsPath"] = f":coracle:{container.id}"
    other.run_fails("systemd: start of unit '.*': Unit .* already loaded")
    assert container.status == "running"


def test_pause_and_kill(container):
    container.runtime("pause", container.id)
    assert container.status == "paused"
    container.runtime("resume", container.id)
    container.kill("KILL")
    container.wait_stopped()


@WITH_CRIU
@needs("controller:memory")
def test_a_restored_container_has_a_scope_and_its_limits(run, counter):  # noqa: F811
    counter.bundle.linux.setdefault("resources", {})["memory"] = {"limit": 64 << 20}
    first = counter.count()
    assert cgroup_path(first.pid).endswith(f"/{unit_of(first)}")
    counter.checkpoint()
    assert not is_known(unit_of(first))
    second = counter.goes_on()
    unit, directory = unit_of(second), cgroup_directory(second.pid)
    assert show(unit, "ControlGroup") == cgroup_path(second.pid)
    assert show(unit, "MemoryMax") == str(64 << 20)
    systemctl("daemon-reload")
    time.sleep(0.5)
    assert read(f"{directory}/memory.max").strip() == str(64 << 20)
    second.remove()
    assert not is_known(unit)

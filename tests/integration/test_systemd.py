"""The systemd cgroup manager, against a bus and a systemd of the test's own: what coracle asks of it,
and what it makes of the answers.  What a real systemd does with the same is for the virtual machine."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest

from harness.cgroup import cgroup_directory, cgroup_mount, cgroup_path, controllers
from harness.host import read
from harness.needs import needs
from harness.runtime import eventually
from harness.systemd import Mock, Systemd

SYSTEMD_JOB_SECONDS = 30

pytest.importorskip("dbus")
pytest.importorskip("gi")
pytestmark = needs("root", "program:dbus-daemon")


@pytest.fixture(scope="module")
def mock():
    mock = Mock()
    yield mock
    mock.close()


@pytest.fixture
def systemd(directory, host, mock):
    place = os.path.join(directory, "systemd")
    os.mkdir(place)
    systemd = Systemd(place, host, mock)
    yield systemd
    systemd.stop()


@pytest.fixture
def run(coracle, systemd):
    """coracle with --systemd-cgroup and the mock's bus"""
    coracle.global_options = ("--systemd-cgroup",)
    coracle.environment = systemd.environment
    return coracle


def unit_of(container):
    return f"coracle-{container.id}.scope"


def test_a_scope_around_init(run, bundle, systemd):
    container = bundle.start()
    unit = unit_of(container)
    assert cgroup_path(container.pid) == f"/system.slice/{unit}"
    call, = systemd.calls()
    assert (call["member"], call["unit"], call["mode"]) == ("StartTransientUnit", unit, "replace")
    properties = call["properties"]
    assert properties.pop("PIDs") == ["au", [container.pid]]
    assert properties.pop("DeviceAllow")[0] == "a(ss)"
    assert properties == {
        "Slice": ["s", "system.slice"], "Description": ["s", f"container {unit}"],
        "Delegate": ["b", True], "DefaultDependencies": ["b", False],
        "MemoryAccounting": ["b", True], "CPUAccounting": ["b", True],
        "IOAccounting": ["b", True], "TasksAccounting": ["b", True],
        "DevicePolicy": ["s", "strict"]}
    container.remove()
    assert systemd.members()[1:] == ["KillUnit", "StopUnit"] or \
        systemd.members()[1:] == ["KillUnit", "StopUnit", "ResetFailedUnit"]


def test_a_cgroup_to_delegate_is_below_the_scope(run, bundle, systemd):
    bundle.set_namespace("cgroup")
    bundle.config["annotations"] = {"run.oci.delegate-cgroup": "a/init.scope"}
    bundle.linux["resources"]["unified"] = {"cgroup.max.depth": "7"}
    container = bundle.start()
    path = cgroup_path(container.pid)
    assert path == f"/system.slice/{unit_of(container)}/a/init.scope"
    scope = cgroup_mount() + path.removesuffix("/a/init.scope")
    assert read(f"{scope}/cgroup.max.depth") == "7\n"
    assert read(f"{cgroup_directory(container.pid)}/cgroup.max.depth") == "max\n"
    container.runtime("pause", container.id)
    assert read(f"{scope}/cgroup.freeze") == "1\n"
    container.runtime("resume", container.id)
    container.remove()
    assert not os.path.exists(scope)


def test_the_foreground_run_leaves_no_unit(run, bundle, systemd):
    assert bundle.run("exit", 3, check=False).returncode == 3
    assert systemd.members()[:3] == ["StartTransientUnit", "KillUnit", "StopUnit"]


def test_create_start_delete(run, bundle, systemd):
    container = bundle.create(payload=("wait",))
    assert container.status == "created"
    assert cgroup_path(container.pid).endswith(f"/{unit_of(container)}")
    container.start()
    container.wait_output("ready")
    container.kill("KILL")
    container.wait_stopped()
    container.delete()
    assert not run.identifiers()


def test_a_user_namespace_and_joined_ones(run, bundle, make_bundle, systemd):
    """init is another process than the one that was cloned first: both must be in the scope"""
    bundle.map_ids(100000)
    first = bundle.start()
    second = make_bundle("two")
    second.map_ids(100000)
    second.linux.pop("uidMappings"), second.linux.pop("gidMappings")
    for kind in ("user", "pid"):
        second.set_namespace(kind, f"/proc/{first.pid}/ns/{kind}")
    other = second.start()
    assert cgroup_path(first.pid) == f"/system.slice/{unit_of(first)}"
    assert cgroup_path(other.pid) == f"/system.slice/{unit_of(other)}"
    other.kill("KILL")
    other.wait_stopped()
    other.delete()
    first.remove()


@pytest.mark.parametrize("path, expected", [
    ("system.slice:engine:NAME", "/system.slice/engine-NAME.scope"),
    (":engine:NAME", "/system.slice/engine-NAME.scope"),
    ("a-b.slice:engine:NAME", "/a.slice/a-b.slice/engine-NAME.scope"),
    ("-:engine:NAME", "/engine-NAME.scope"),
    ("a.slice::NAME", "/a.slice/NAME.scope"),
    ("a.slice:p:NAME+x", "/a.slice/p-NAME\\x2bx.scope"),
])
def test_where_cgroups_path_puts_it(run, bundle, systemd, path, expected):
    name = f"t{os.getpid()}-name"
    bundle.linux["cgroupsPath"] = path.replace("NAME", name)
    container = bundle.start()
    assert cgroup_path(container.pid) == expected.replace("NAME", name)
    container.remove()


@pytest.mark.parametrize("path, message", [
    ("/a/b", r"linux\.cgroupsPath: '/a/b' is not of the form slice:prefix:name"),
    ("a:b:c", r"linux\.cgroupsPath: 'a' is not the name of a slice"),
    ("a.slice:b:c.slice", r"linux\.cgroupsPath: .* names a slice"),
])
def test_a_bad_cgroups_path(run, bundle, systemd, path, message):
    bundle.linux["cgroupsPath"] = path
    bundle.run_fails(message)
    assert not systemd.calls()


def test_annotations_are_properties(run, bundle, systemd):
    bundle.config["annotations"] = {
        "org.systemd.property.TimeoutStopUSec": "uint64 5000000",
        "org.systemd.property.CollectMode": "'inactive-or-failed'",
        "org.systemd.property.After": "['a.service', 'b.service']",
        "org.systemd.property.RuntimeMaxSec": "1.5",
        "org.systemd.property.Description": "'mine'",
        "org.systemd.property.Delegate": "false",
        "org.systemd.property.DeviceAllow": "[('/dev/kvm', 'rw')]",
    }
    bundle.run("exit", 0)
    properties = systemd.properties()
    assert properties["TimeoutStopUSec"] == ["t", 5000000]
    assert properties["CollectMode"] == ["s", "inactive-or-failed"]
    assert properties["After"] == ["as", ["a.service", "b.service"]]
    assert properties["RuntimeMaxUSec"] == ["t", 1500000]
    assert properties["Description"] == ["s", "mine"]
    assert properties["Delegate"] == ["b", False]
    assert properties["DeviceAllow"] == ["a(ss)", [["/dev/kvm", "rw"]]]


@pytest.mark.parametrize("name, value, message", [
    ("TimeoutStopUSec", "5 s", "has something behind its value: '5 s'"),
    ("CollectMode", "inactive", "has a malformed number: 'inactive'"),
    ("Slice", "'a.slice'", "is not an annotation's to set"),
    ("x", "1", "does not name a property"),
])
def test_a_bad_annotation(run, bundle, systemd, name, value, message):
    bundle.config["annotations"] = {f"org.systemd.property.{name}": value}
    error = bundle.error()
    where = f'annotations["org.systemd.property.{name}"]'
    assert error["path"] == where
    assert error["msg"].endswith(f"{where}: {message}") or message in error["msg"]
    assert not systemd.calls()


def test_annotations_are_nothing_to_cgroupfs(coracle, bundle):
    bundle.config["annotations"] = {"org.systemd.property.CollectMode": "nonsense"}
    bundle.run("exit", 0)


def test_a_subgroup(run, bundle, systemd):
    bundle.config["annotations"] = {"run.oci.systemd.subgroup": "inner"}
    container = bundle.start()
    assert cgroup_path(container.pid) == f"/system.slice/{unit_of(container)}/inner"
    container.kill("KILL")
    container.wait_stopped()
    container.delete()


@pytest.mark.parametrize("name", ["a/b", "..", "cgroup.procs"])
def test_a_bad_subgroup(run, bundle, systemd, name):
    bundle.config["annotations"] = {"run.oci.systemd.subgroup": name}
    bundle.run_fails(r'annotations\["run\.oci\.systemd\.subgroup"\]: .* is not the name of a cgroup')


def test_the_scope_is_where_the_cgroup_mount_shows_it(run, bundle, systemd):
    """without a cgroup namespace the host's tree is there, and on a hybrid host the scope alone"""
    bundle.unset_namespace("cgroup")
    bundle.without_mounts("/sys/fs/cgroup")
    bundle.mount("/cgroup", "cgroup", options=("ro",))
    container = bundle.start()
    shown = cgroup_path(container.pid) if cgroup_mount() == "/sys/fs/cgroup" else ""
    path = f"/proc/{container.pid}/root/cgroup{shown}/cgroup.procs"
    assert str(container.pid) in read(path).split()
    container.remove()


@needs("controller:hugetlb")
def test_what_systemd_does_not_know_is_in_the_files(keep_controllers, run, bundle, systemd):
    size = "2MB"
    bundle.linux["resources"]["hugepageLimits"] = [{"pageSize": size, "limit": 4 << 20}]
    container = bundle.start()
    directory = cgroup_directory(container.pid)
    assert read(f"{directory}/hugetlb.{size}.max").strip() == str(4 << 20)
    container.remove()


@pytest.mark.skipif("memory" in controllers(), reason="all controllers are here")
def test_a_limit_without_its_controller(run, bundle, systemd):
    """systemd is told, and says nothing; the cgroup's missing file does"""
    bundle.linux["resources"]["memory"] = {"limit": 1 << 26}
    bundle.run_fails(r"linux\.resources\.memory\.limit: the cgroup controller 'memory'")
    assert systemd.properties()["MemoryMax"] == ["t", 1 << 26]
    assert "StopUnit" in systemd.members()


def test_a_failed_unit_of_this_name_is_replaced(run, bundle, systemd):
    systemd.behave("leftover")
    bundle.run("exit", 0)
    assert systemd.members()[:3] == ["StartTransientUnit", "ResetFailedUnit", "StartTransientUnit"]


def test_a_job_that_fails(run, bundle, systemd):
    bundle.linux["cgroupsPath"] = ":p:failing"
    systemd.behave("fails")
    error = bundle.error()
    assert "systemd: the job for unit 'p-failing.scope' ended with 'failed'" in error["msg"]
    assert error["class"] == "cgroup"
    assert systemd.members() == ["StartTransientUnit", "KillUnit", "StopUnit", "ResetFailedUnit"]


def test_a_unit_that_is_there_is_left_alone(run, bundle, make_bundle, systemd):
    bundle.linux["cgroupsPath"] = ":p:taken"
    container = bundle.start()
    other = make_bundle("two")
    other.linux["cgroupsPath"] = ":p:taken"
    other.run_fails("systemd: start of unit 'p-taken.scope': .* already loaded")
    assert container.status == "running"
    assert "StopUnit" not in systemd.members()
    container.remove()


def test_init_must_really_be_in_it(run, bundle, systemd):
    systemd.behave("elsewhere")
    bundle.run_fails("systemd has started '.*', but process [0-9]+ is in the cgroup")


def test_a_bus_and_a_job_that_never_answer(run, bundle, systemd, directory):
    """the bus neither to start the scope, nor to remove what may be there of it; both at once, for each is
    given half a minute"""
    systemd.behave("silent")
    bundle.write()
    path = os.path.join(directory, "silent")
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(path)
        silent.listen()
        job = run.popen("run", "--bundle", bundle.path, "patient")
        bus = run.popen("run", "--bundle", bundle.path, "unheard", env={
            **run.environment, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={path}"})
        eventually(lambda: systemd.calls("StartTransientUnit"), "the call")
        no_end = run.finish(job, timeout=SYSTEMD_JOB_SECONDS + 10)
        no_answer = run.finish(bus, timeout=90)
    assert no_end.returncode == no_answer.returncode == 1
    assert re.search("the job for unit '.*' did not end within 30 seconds", no_end.stderr)
    assert "the system bus did not answer within 25 seconds" in no_answer.stderr


def test_delete_finds_what_a_killed_runtime_left(run, bundle, systemd):
    systemd.behave("silent")
    bundle.write()
    popen = run.popen("create", "--bundle", bundle.path, "orphan")
    eventually(lambda: systemd.calls("StartTransientUnit"), "the call")
    pid = systemd.properties()["PIDs"][1][0]
    popen.send_signal(signal.SIGKILL)
    popen.wait()
    systemd.behave("normal")
    run.fails("delete", "orphan2", message="does not exist")
    run("delete", "--force", "orphan")
    assert systemd.calls("StopUnit")[-1]["unit"] == "coracle-orphan.scope" or \
        systemd.calls("KillUnit")[-1]["unit"] == "coracle-orphan.scope"
    run.host.reap()
    assert not os.path.exists(f"/proc/{pid}")
    assert not run.identifiers()


@needs("controller:hugetlb")
def test_update_with_nothing_for_systemd(keep_controllers, run, bundle, systemd):
    bundle.linux["resources"]["hugepageLimits"] = [{"pageSize": "2MB", "limit": 2 << 20}]
    container = bundle.start()
    run("update", "--resources", "-", container.id,
        stdin='{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}')
    assert not systemd.calls("SetUnitProperties")
    container.remove()


@needs("controller:pids", "controller:cpu")
def test_update_tells_systemd(run, bundle, systemd):
    container = bundle.start()
    run("update", "--pids-limit", 50, "--cpu-quota", 50500, container.id)
    call, = systemd.calls("SetUnitProperties")
    assert call["unit"] == unit_of(container) and call["runtime"] is True
    assert call["properties"] == {"TasksMax": ["t", 50], "CPUQuotaPerSecUSec": ["t", 510000]}
    container.remove()


@needs("controller:cpu")
def test_no_longer_idle(run, bundle, systemd):
    """systemd is told the weight that the kernel has given it, and would else make it idle again"""
    container = bundle.start()
    run("update", "--cpu-idle", 1, container.id)
    run("update", "--cpu-idle", 0, container.id)
    assert systemd.calls("SetUnitProperties")[-1]["properties"] == {"CPUWeight": ["t", 100]}
    run("update", "--cpu-idle", 0, "--cpu-shares", 2048, container.id)
    assert systemd.calls("SetUnitProperties")[-1]["properties"]["CPUWeight"] != ["t", 100]
    container.remove()


def test_update_tells_systemd_of_device_rules(run, bundle, systemd):
    """which loads a program of its own whenever it sees fit: by the former ones it would take back what is new"""
    container = bundle.start()
    rule = {"allow": True, "type": "c", "major": 240, "minor": 1, "access": "rw"}
    run("update", "--resources", "-", container.id, stdin=json.dumps({"devices": [rule]}))
    call, = systemd.calls("SetUnitProperties")
    assert call["properties"]["DevicePolicy"] == ["s", "strict"]
    assert ["/dev/char/240:1", "rw"] in call["properties"]["DeviceAllow"][1]
    run("update", "--resources", "-", container.id, stdin='{"devices": [{"allow": true, "access": "rwm"}]}')
    assert systemd.calls("SetUnitProperties")[-1]["properties"] == {
        "DevicePolicy": ["s", "auto"], "DeviceAllow": ["a(ss)", []]}
    container.remove()


def test_device_rules_that_systemd_refuses(run, bundle, systemd):
    for names in bundle.process["capabilities"].values():
        names.append("CAP_MKNOD")
    bundle.mount("/nodes", "tmpfs", "tmpfs", ["dev"])
    container = bundle.start(payload=["devices", "/nodes/node:c:240:1"])
    container.wait_output("EPERM")
    systemd.behave("refuses")
    rule = {"allow": True, "type": "c", "major": 240, "minor": 1, "access": "rwm"}
    # no pids.max is needed to lift a limit, but systemd is told of it
    resources = json.dumps({"devices": [rule], "pids": {"limit": -1}})
    run.fails("update", "--resources", "-", container.id, stdin=resources, message="Not these")
    time.sleep(1)  # for the container to open it again
    assert container.output().split()[-1] == "EPERM"
    systemd.behave("normal")
    run("update", "--resources", "-", container.id, stdin=resources)
    container.wait_output("ENXIO")
    container.remove()


def test_no_bus(run, bundle, directory):
    run.environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={directory}/none"}
    error = bundle.error()
    assert "the systemd cgroup manager: connect to the system bus: No such file" in error["msg"]
    assert error["class"] == "cgroup"


@pytest.mark.parametrize("options, loaded", [((), False), (("--systemd-cgroup",), True)])
def test_libsystemd_is_loaded_for_systemd_only(coracle, bundle, systemd, options, loaded):
    coracle.global_options = options
    coracle.environment = {**systemd.environment, "LD_DEBUG": "files"}
    result = bundle.run("exit", 0)
    assert bool(re.search(r"file=libsystemd\.so", result.stderr)) == loaded


@pytest.fixture
def program(coracle):
    """the one that speaks to systemd"""
    return os.path.join(os.path.dirname(coracle.binary), "coracle-systemd")


def test_libsystemd_is_not_the_runtimes(coracle, program):
    libraries = {name: subprocess.run(["ldd", name], capture_output=True, text=True).stdout
                 for name in (coracle.binary, program)}
    assert "libsystemd" in libraries[program]
    assert "libsystemd" not in libraries[coracle.binary]


def test_without_the_program(coracle, bundle, systemd, directory):
    """a runtime that was copied without it"""
    alone = shutil.copy(coracle.binary, os.path.join(directory, "coracle"))
    bundle.write()
    result = subprocess.run([alone, "--root", coracle.root, "--systemd-cgroup", "run", "--bundle",
                             bundle.path, "alone"], env=systemd.environment, capture_output=True,
                            text=True, stdin=subprocess.DEVNULL, timeout=30)
    assert result.returncode == 1
    assert re.search("the systemd cgroup manager needs the program '/.*/libexec/coracle/coracle-systemd': "
                     "No such file", result.stderr)
    assert not systemd.calls()
    assert bundle.run("exit", 0).returncode == 0, "the others do not need it"


@pytest.mark.parametrize("answer, message", [
    ("exit 3", "ended with status 3"),
    ("kill -9 $$", "ended with status 137"),
    ("echo all is well", "has a malformed answer"),
    ("printf '0 x'", "has a malformed answer"),
    ("printf '17 the unit'", "the unit"),
    ("printf '+17 the unit'", "the unit"),
    ("printf '++17 the unit'", "has a malformed answer"),
])
def test_what_the_program_answers(coracle, bundle, directory, answer, message):
    alone = shutil.copy(coracle.binary, os.path.join(directory, "coracle"))
    other = os.path.join(directory, "coracle-systemd")
    with open(other, "w", encoding="ascii") as file:
        file.write(f"#!/bin/sh\n{answer}\n")
    os.chmod(other, 0o755)
    bundle.write()
    result = subprocess.run([alone, "--root", coracle.root, "--systemd-cgroup", "run", "--bundle",
                             bundle.path, "told"], capture_output=True, text=True,
                            stdin=subprocess.DEVNULL, timeout=30)
    assert result.returncode == 1
    assert message in result.stderr


@pytest.mark.parametrize("words", [
    (), ("system",), ("system", "stop"), ("other", "stop", "a.scope"), ("user", "halt", "a.scope"),
    ("system", "stop", "a.scope", "Description=@s 'a'"),
])
def test_the_program_says_how_it_is_used(program, words):
    result = subprocess.run([program, *words], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("usage: coracle-systemd system|user start|change UNIT ")


def test_the_program_by_hand(run, bundle, program, systemd):
    def said(*words):
        result = subprocess.run([program, "system", *words], env=systemd.environment,
                                capture_output=True, text=True, timeout=30)
        assert (result.returncode, result.stderr) == (0, "")
        return result.stdout
    container = bundle.start()
    unit = unit_of(container)
    assert said("change", unit, "TasksMax=@t 5", "MemoryZSwapMax@9999=@t 1") == ""
    call, = systemd.calls("SetUnitProperties")
    assert (call["unit"], call["properties"]) == (unit, {"TasksMax": ["t", 5]})
    assert said("change", unit, "TasksMax=@t x") == \
        "22 systemd: the property 'TasksMax=@t x' has a malformed number"
    assert said("change", "no.scope") == "+2 systemd: change of unit 'no.scope': Unit no.scope not loaded."
    assert said("stop", unit) == ""
    container.wait_stopped()
    container.delete()


def test_every_file_of_the_scope_is_gone(run, bundle, systemd):
    """the slice too, where it was made for it"""
    system_slice = f"{cgroup_mount()}/system.slice"
    was_there = os.path.exists(system_slice)
    container = bundle.start()
    directory = cgroup_directory(container.pid)
    os.makedirs(f"{directory}/of/the/container")
    container.remove()
    assert not os.path.exists(directory)
    assert os.path.exists(system_slice) == was_there

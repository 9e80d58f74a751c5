"""test_userns.py - a user namespace of the container's own: maps, ownership, and what it may not"""

import os
import stat

import pytest

from harness.host import read
from harness.needs import needs
from harness.report import Probes, Report

HOST = 100000

pytestmark = [needs("root"), pytest.mark.disk]


@pytest.fixture(autouse=True)
def mapped(bundle):
    bundle.map_ids(HOST)
    bundle.root["readonly"] = False


def test_the_maps_are_written(bundle):
    report = bundle.report()
    assert report.proc["uid_map"].split() == ["0", str(HOST), "65536"]
    assert report.proc["gid_map"].split() == ["0", str(HOST), "65536"]
    assert (report.uid, report.gid) == (0, 0)


def test_several_ranges_keep_their_order(bundle):
    bundle.linux["uidMappings"] = [
        {"containerID": 0, "hostID": HOST, "size": 10},
        {"containerID": 1000, "hostID": HOST + 1000, "size": 5},
        {"containerID": 20, "hostID": HOST + 50, "size": 1}]
    lines = bundle.report().proc["uid_map"].splitlines()
    assert [[int(word) for word in line.split()] for line in lines] == [
        [0, HOST, 10], [1000, HOST + 1000, 5], [20, HOST + 50, 1]]


@pytest.mark.parametrize("missing", [("uid",), ("gid",), ("uid", "gid")], ids="+".join)
def test_a_namespace_without_root(bundle, missing):
    """init makes files then as who the program will be"""
    for kind in missing:
        bundle.linux[f"{kind}Mappings"] = [{"containerID": 7, "hostID": HOST + 7, "size": 1}]
    bundle.process["user"] = {"uid": 7, "gid": 7}
    # without devpts' "gid=5", which is not mapped either
    bundle.without_mounts("/dev/pts")
    container = bundle.start()
    status = read(f"/proc/{container.pid}/status")
    own = "\t".join([str(HOST + 7)] * 4)
    assert f"\nUid:\t{own}\n" in status and f"\nGid:\t{own}\n" in status
    report = Report(container.exec("report").stdout)
    assert (report.uid, report.gid, report.groups) == (7, 7, [])
    assert not report.capabilities("effective")
    assert all(report.mount(place) for place in ("/dev", "/dev/null", "/dev/shm", "/proc", "/proc/sys"))
    container.remove()


def test_files_are_owned_by_the_mapped_user(bundle):
    bundle.allow("/tmp/made")
    bundle.run("probe", "create", "/tmp/made")
    assert os.stat(bundle.inside("/tmp/made")).st_uid == HOST


def test_another_user_of_the_namespace(bundle):
    bundle.process["user"] = {"uid": 1000, "gid": 1001, "additionalGids": [5, 7]}
    bundle.allow("/tmp/made")
    bundle.run("probe", "create", "/tmp/made")
    status = os.stat(bundle.inside("/tmp/made"))
    assert (status.st_uid, status.st_gid) == (HOST + 1000, HOST + 1001)
    assert bundle.report().groups == [5, 7]


@pytest.mark.parametrize("uid", [0, 1000])
def test_programs_open_their_standard_descriptors_anew(bundle, uid):
    """nginx writes its log to /dev/stdout"""
    bundle.process["user"] = {"uid": uid, "gid": 0}
    assert bundle.probe(("read", "/dev/stdin"), stdin="x")["read", "/dev/stdin"] is None
    container = bundle.start()
    for options in ([], ["--user", "7"]):
        output = container.exec("probe", "read", "/dev/stdin", options=options, stdin="x").stdout
        assert Probes(output)["read", "/dev/stdin"] is None, options
    container.remove()


def test_so_they_do_in_one_that_they_join(bundle, make_bundle):
    container = bundle.start()
    other = make_bundle("other")
    other.map_ids(HOST)
    del other.linux["uidMappings"], other.linux["gidMappings"]
    other.set_namespace("user", f"/proc/{container.pid}/ns/user")
    assert other.probe(("read", "/dev/stdin"), stdin="x")["read", "/dev/stdin"] is None
    container.remove()


def test_a_file_of_the_host_stays_its_owners(bundle, coracle):
    with open(bundle.outside("log"), "w+", encoding="utf-8") as log:
        bundle.args("exit", 0)
        bundle.write()
        assert coracle.popen("run", "--bundle", bundle.path, "log", stdout=log).wait(60) == 0
        assert os.fstat(log.fileno()).st_uid == 0


def test_host_files_belong_to_nobody(bundle):
    bundle.mount("/mnt", "bind", "/etc", ["bind", "ro"])
    probes = bundle.probe(("stat", "/mnt/passwd"))
    assert probes.data("stat", "/mnt/passwd")["uid"] == 65534


def test_devices_are_the_hosts_by_bind_mounts(bundle):
    probes = bundle.probe(*(("stat", f"/dev/{name}") for name in ("null", "zero", "tty")),
                          ("writable", "/dev/null"), ("device", "/tmp/null:c:1:3"))
    assert probes.data("stat", "/dev/null")["rdev"] == [1, 3]
    assert probes.data("stat", "/dev/zero")["rdev"] == [1, 5]
    assert probes.data("stat", "/dev/tty")["rdev"] == [5, 0]
    assert probes["writable", "/dev/null"] is None
    assert probes["device", "/tmp/null:c:1:3"] == "EPERM"


def test_a_device_of_ones_own_is_the_hosts_too(bundle):
    """of its path and numbers; no node can be made, but a pipe can"""
    bundle.linux["devices"] = [
        {"path": "/dev/kmsg", "type": "c", "major": 1, "minor": 11, "fileMode": 0o600, "uid": 7, "gid": 8},
        {"path": "/dev/pipe", "type": "p", "fileMode": 0o640, "uid": 7, "gid": 8}]
    probes = bundle.probe(("stat", "/dev/kmsg"), ("stat", "/dev/pipe"))
    node, pipe = probes.data("stat", "/dev/kmsg"), probes.data("stat", "/dev/pipe")
    assert (stat.S_ISCHR(node["mode"]), node["rdev"], node["uid"]) == (True, [1, 11], 65534)
    assert (pipe["mode"], pipe["uid"], pipe["gid"]) == (stat.S_IFIFO | 0o640, 7, 8)


@pytest.mark.parametrize("device, words", [
    ({"path": "/dev/mine", "major": 1, "minor": 3}, "open the host's '/dev/mine': No such file"),
    ({"path": "/dev/kmsg", "major": 1, "minor": 3}, "'/dev/kmsg'")], ids=["not there", "another"])
def test_a_device_that_the_host_has_not_is_refused(bundle, device, words):
    bundle.linux["devices"] = [{"type": "c", **device}]
    bundle.run_fails(rf"linux\.devices\[0\].*{words}")


def test_it_has_power_over_its_own_namespaces_only(bundle):
    bundle.process["capabilities"] = {
        kind: ["CAP_SYS_ADMIN", "CAP_SYS_TIME"] for kind in
        ("bounding", "effective", "permitted")}
    assert bundle.report().capabilities("effective") == {"CAP_SYS_ADMIN", "CAP_SYS_TIME"}
    assert bundle.run("syscall", "sethostname", "@new", "3").stdout == "ok 0\n"


def test_every_mount_of_the_default_is_there(bundle):
    report = bundle.report()
    for entry in bundle.mounts:
        assert report.mount(entry["destination"]), entry["destination"]


def test_masked_and_readonly_paths_hold(bundle):
    probes = bundle.probe(("writable", "/proc/sysrq-trigger"), ("read", "/proc/timer_list"))
    assert probes["writable", "/proc/sysrq-trigger"] is not None
    assert probes.data("read", "/proc/timer_list") == ""


def test_a_terminal_belongs_to_the_containers_user(bundle):
    bundle.process["terminal"] = True
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    bundle.args("probe", "stat", "/dev/pts/0")
    result = bundle.run()
    assert '"uid": 1000' in result.stdout, str(result)


@pytest.mark.parametrize("mappings, word", [
    ([], "uidMappings"),
    ([{"containerID": 0, "hostID": HOST, "size": 0}], "size"),
    ([{"containerID": 0, "hostID": HOST, "size": 10},
      {"containerID": 5, "hostID": HOST + 20, "size": 10}], "uidMappings|uid_map|user ids"),
    ([{"containerID": number, "hostID": HOST + 2 * number, "size": 1} for number in range(340)],
     r"linux\.uidMappings: .* text of less than \d+ bytes, and these 340 are "),
    ([{"containerID": 4294967290, "hostID": HOST, "size": 100}], "uidMappings|uid_map|user ids"),
], ids=["none", "empty range", "overlapping", "more than a page", "beyond 32 bits"])
def test_bad_maps_are_refused(bundle, mappings, word):
    bundle.linux["uidMappings"] = mappings
    bundle.run_fails(word)


def test_root_maps_its_own_id_with_a_right_of_its_own(bundle, coracle):
    """which a container in a container has not, as a rule"""
    bundle.map_ids(0)
    coracle.prefix = ["setpriv", "--bounding-set", "-setfcap"]
    bundle.run_fails("map the user ids.*CAP_SETFCAP for the id 0: Operation not permitted")


@pytest.mark.parametrize("has_root", [True, False])
@pytest.mark.parametrize("user", [{"uid": 70000, "gid": 7}, {"uid": 7, "gid": 70000}, None])
def test_a_user_that_is_not_mapped_is_refused(bundle, user, has_root):
    """before anything is made for him"""
    if not has_root:
        for kind in ("uid", "gid"):
            bundle.linux[f"{kind}Mappings"] = [{"containerID": 7, "hostID": HOST + 7, "size": 1}]
    elif not user:
        bundle.linux["gidMappings"] = [{"containerID": 7, "hostID": HOST + 7, "size": 1}]
    bundle.process["user"] = user or {"uid": 0, "gid": 0}
    error = bundle.error()
    kind = "gid" if has_root and not user or user and user["gid"] == 70000 else "uid"
    name = {"uid": "user", "gid": "group"}[kind]
    assert error["path"] == f"process.user.{kind}", error
    assert error["msg"] == (f"process.user.{kind}: the user namespace does not map the {name} "
                            f"{bundle.process['user'][kind]}"), error


def test_delete_cleans_up_as_ever(bundle):
    container = bundle.start()
    assert os.stat(f"/proc/{container.pid}").st_uid == HOST
    container.remove()

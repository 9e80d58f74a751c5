"""test_devices.py - /dev: what every container has, and linux.devices"""

import os
import stat

import pytest

from harness.needs import needs

DEFAULTS = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9),
            "tty": (5, 0)}
LINKS = {"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1",
         "stderr": "/proc/self/fd/2", "ptmx": "pts/ptmx"}

pytestmark = [needs("root"), pytest.mark.disk]


def test_the_default_devices(bundle):
    probes = bundle.probe(*(("stat", f"/dev/{name}") for name in DEFAULTS))
    for name, numbers in DEFAULTS.items():
        status = probes.data("stat", f"/dev/{name}")
        assert tuple(status["rdev"]) == numbers, name
        assert status["mode"] == stat.S_IFCHR | 0o666, name
        assert (status["uid"], status["gid"]) == (0, 0), name


def test_they_work_under_the_default_device_rules(bundle):
    names = [f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom")]
    probes = bundle.probe(*(("writable", name) for name in names))
    assert {probes["writable", name] for name in names} == {None}


def test_the_default_links(bundle):
    probes = bundle.probe(*(("stat", f"/dev/{name}") for name in LINKS))
    assert {name: probes.data("stat", f"/dev/{name}")["target"] for name in LINKS} == LINKS


def test_nothing_else_is_there(bundle):
    names = bundle.probe(("list", "/dev")).data("list", "/dev")
    assert sorted(names) == sorted([*DEFAULTS, *LINKS, "pts", "shm", "mqueue"])


def test_dev_console_is_there_with_a_terminal(bundle):
    bundle.process["terminal"] = True
    result = bundle.run("probe", "stat", "/dev/console")
    assert '"rdev": [136, 0]' in result.stdout, str(result)


def test_a_device_of_ones_own(bundle):
    bundle.linux["devices"] = [
        {"path": "/dev/mine", "type": "c", "major": 1, "minor": 3, "fileMode": 0o640, "uid": 3,
         "gid": 4},
        {"path": "/dev/sub/dir/block", "type": "b", "major": 7, "minor": 0},
        {"path": "/dev/pipe", "type": "p"},
        {"path": "/dev/unbuffered", "type": "u", "major": 1, "minor": 5}]
    probes = bundle.probe(("stat", "/dev/mine"), ("stat", "/dev/sub/dir/block"),
                          ("stat", "/dev/pipe"), ("stat", "/dev/unbuffered"))
    mine = probes.data("stat", "/dev/mine")
    assert mine["mode"] == stat.S_IFCHR | 0o640
    assert (mine["uid"], mine["gid"], mine["rdev"]) == (3, 4, [1, 3])
    block = probes.data("stat", "/dev/sub/dir/block")
    assert block["mode"] == stat.S_IFBLK | 0o666 and block["rdev"] == [7, 0]
    assert (block["uid"], block["gid"]) == (0, 0)
    assert probes.data("stat", "/dev/pipe")["mode"] == stat.S_IFIFO | 0o666
    assert stat.S_ISCHR(probes.data("stat", "/dev/unbuffered")["mode"])


def test_a_mode_is_not_cut_by_the_umask(bundle):
    bundle.linux["devices"] = [{"path": "/dev/mine", "type": "c", "major": 1, "minor": 3,
                                "fileMode": 0o666}]
    mode = bundle.probe(("stat", "/dev/mine")).data("stat", "/dev/mine")["mode"]
    assert mode & 0o777 == 0o666


def test_a_default_device_may_be_listed_too(bundle):
    bundle.linux["devices"] = [{"path": "/dev/null", "type": "c", "major": 1, "minor": 3,
                                "fileMode": 0o600}]
    status = bundle.probe(("stat", "/dev/null")).data("stat", "/dev/null")
    assert status["rdev"] == [1, 3] and status["mode"] & 0o777 == 0o600


@pytest.mark.parametrize("name", ["/dev/null", "/dev/mine"])
def test_a_node_of_the_hosts_that_is_mounted_there_stays_the_hosts(bundle, directory, name):
    """podman does so without root, where the nodes' owner is nobody that the container knows"""
    node = os.path.join(directory, "node")
    os.mknod(node, stat.S_IFCHR | 0o640, os.makedev(1, 3))
    os.chown(node, 5, 6)
    if name == "/dev/mine":
        bundle.linux["devices"] = [{"path": name, "type": "c", "major": 1, "minor": 3,
                                    "fileMode": 0o600, "uid": 7, "gid": 8}]
    bundle.mount(name, "bind", node, ["bind"], point=None)
    seen = bundle.probe(("stat", name)).data("stat", name)
    assert (stat.S_IMODE(seen["mode"]), seen["uid"], seen["gid"]) == (0o640, 5, 6)
    status = os.stat(node)
    assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid) == (0o640, 5, 6)


@pytest.mark.parametrize("user_namespace", [False, True], ids=["", "user namespace"])
@pytest.mark.parametrize("name", ["null", "random", "stdin", "ptmx"])
def test_a_file_that_is_mounted_there_stays_too(bundle, directory, name, user_namespace):
    """runc and crun leave it as well: config.json asks for it"""
    path = os.path.join(directory, "file")
    with open(path, "w", encoding="ascii") as file:
        file.write("mine\n")
    if user_namespace:
        bundle.map_ids(100000)
    bundle.mount(f"/dev/{name}", "bind", path, ["bind"], point=None)
    assert stat.S_ISREG(bundle.probe(("stat", f"/dev/{name}")).data("stat", f"/dev/{name}")["mode"])


def test_a_directory_that_is_mounted_in_the_place_of_a_link_stays(bundle, directory):
    bundle.mount("/dev/stdin", "bind", directory, ["bind"], point=None)
    assert stat.S_ISDIR(bundle.probe(("stat", "/dev/stdin")).data("stat", "/dev/stdin")["mode"])


@pytest.mark.parametrize("user_namespace", [False, True], ids=["", "user namespace"])
def test_a_directory_that_is_mounted_in_the_place_of_a_default_stays(bundle, directory, user_namespace):
    if user_namespace:
        bundle.map_ids(100000)
    bundle.mount("/dev/zero", "bind", directory, ["bind"], point=None)
    assert stat.S_ISDIR(bundle.probe(("stat", "/dev/zero")).data("stat", "/dev/zero")["mode"])


@pytest.mark.parametrize("path, user_namespace", [
    ("/dev/shm", False), ("/dev/full", True)], ids=["", "user namespace"])
def test_a_device_whose_place_is_taken_by_another_is_refused(bundle, directory, path, user_namespace):
    bundle.linux["devices"] = [{"path": path, "type": "c", "major": 1, "minor": 7 if user_namespace else 3}]
    if user_namespace:
        bundle.map_ids(100000)
        bundle.mount(path, "bind", directory, ["bind"], point=None)
    bundle.run_fails(rf"linux.devices\[0\].*the root has another file at '{path}'")


@pytest.mark.parametrize("name", ["fd", "stdin", "ptmx"])
def test_a_device_wins_over_a_link(bundle, name):
    bundle.linux["devices"] = [{"path": f"/dev/{name}", "type": "c", "major": 1, "minor": 3}]
    assert bundle.probe(("stat", f"/dev/{name}")).data("stat", f"/dev/{name}")["rdev"] == [1, 3]


@pytest.mark.parametrize("user_namespace", [False, True], ids=["", "user namespace"])
def test_ptmx_is_that_of_the_container(bundle, user_namespace):
    """whoever lists all devices of the host, as docker does with --privileged, lists this one, too"""
    bundle.linux["devices"] = [{"path": "/dev/ptmx", "type": "c", "major": 5, "minor": 2}]
    if user_namespace:
        bundle.map_ids(100000)
    assert bundle.probe(("stat", "/dev/ptmx")).data("stat", "/dev/ptmx")["target"] == "pts/ptmx"


@pytest.mark.parametrize("device, word", [
    ({"type": "x", "major": 1, "minor": 3}, r"linux.devices\[0\].type"),
    ({"type": "c", "minor": 3}, r"linux.devices\[0\]"),
    ({"path": "dev/relative", "type": "c", "major": 1, "minor": 3}, r"linux.devices\[0\].*path"),
], ids=["unknown type", "no major", "relative path"])
def test_bad_devices_are_refused(bundle, device, word):
    bundle.linux["devices"] = [{"path": "/dev/mine", **device}]
    bundle.run_fails(word)


def test_without_a_mount_on_dev_nothing_is_made_in_the_image_but_devices(bundle):
    bundle.without_mounts("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue")
    bundle.root["readonly"] = False
    bundle.allow("/dev")
    probes = bundle.probe(("stat", "/dev/null"))
    assert probes.data("stat", "/dev/null")["rdev"] == [1, 3]
    assert sorted(os.listdir(bundle.inside("/dev"))) == sorted([*DEFAULTS, *LINKS])


@pytest.mark.parametrize("name", ["zero", "fd", "ptmx"])
@pytest.mark.parametrize("user_namespace", [False, True], ids=["", "user namespace"])
def test_an_empty_directory_in_the_place_of_one_is_replaced(bundle, name, user_namespace):
    """as tools leave them that have copied a tree without its devices"""
    bundle.without_mounts("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue")
    bundle.root["readonly"] = False
    bundle.allow("/dev")
    os.mkdir(bundle.inside(f"/dev/{name}"))
    if user_namespace:
        bundle.map_ids(100000)
    bundle.run()
    assert not os.path.isdir(bundle.inside(f"/dev/{name}")) or os.path.islink(bundle.inside(f"/dev/{name}"))
    assert sorted(os.listdir(bundle.inside("/dev"))) == sorted([*DEFAULTS, *LINKS])


@pytest.mark.parametrize("user_namespace", [False, True], ids=["", "user namespace"])
def test_a_directory_in_the_place_of_one_that_is_not_empty_is_an_error(bundle, user_namespace):
    bundle.without_mounts("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue")
    bundle.root["readonly"] = False
    bundle.allow("/dev")
    bundle.file("/dev/zero/file")
    if user_namespace:
        bundle.map_ids(100000)
    bundle.run_fails("replace '/dev/zero' in the root: Directory not empty")

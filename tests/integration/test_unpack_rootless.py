"""coracle-unpack without root: owners through a user namespace's map, or squashed with a record

The record is the extended attribute user.rootlesscontainers: a protocol buffer of two numbers, uid and
gid. Other rootless tools write and read it too.
"""

import os
import subprocess

import pytest

from harness.needs import needs
from ocilayout import Layer
from unpacking import PROGRAM, unpacking  # noqa: F401

pytestmark = [needs("root"), pytest.mark.disk]

RECORD = "user.rootlesscontainers"
USER = 1000


def varint(data):
    value = shift = 0
    for i, byte in enumerate(data):
        value |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80:
            return value, data[i + 1:]
    raise AssertionError("a number without an end")


def decode(data):
    """the fields of a protocol buffer that has numbers only"""
    fields = {}
    while data:
        tag, data = varint(data)
        assert tag & 7 == 0, "a number"
        fields[tag >> 3], data = varint(data)
    return fields.get(1, 0), fields.get(2, 0)


def record(root, name):
    """(uid, gid), or None when there is no record"""
    path = os.path.join(root, name)
    if RECORD not in os.listxattr(path, follow_symlinks=False):
        return None
    return decode(os.getxattr(path, RECORD, follow_symlinks=False))


def owner(root, name):
    status = os.lstat(os.path.join(root, name))
    return status.st_uid, status.st_gid


@pytest.fixture
def as_user(unpacking):
    """unpacks as a user without rights; returns the root"""
    for name in (unpacking.directory, os.path.join(unpacking.directory, "place")):
        os.chmod(name, 0o777)

    def unpack(*layers):
        if layers:
            unpacking.image(layers)
        return unpacking.succeeds(user=USER, group=USER, extra_groups=[])
    return unpack


IDS = [(0, 0), (0, 5), (5, 0), (127, 128), (16383, 16384), (65534, 65534),
       (2 ** 31, 2 ** 32 - 2)]


@pytest.mark.parametrize("uid, gid", IDS)
def test_squashed_with_a_record(unpacking, as_user, uid, gid):
    root = as_user(Layer().file("f", b"1", uid=uid, gid=gid).dir("d", uid=uid, gid=gid)
                   .fifo("p", uid=uid, gid=gid).symlink("l", "f", uid=uid, gid=gid))
    for name in "fdpl":
        assert owner(root, name) == (USER, USER)
    assert record(root, "f") == record(root, "d") == (uid, gid)
    # the kernel keeps no user attributes of what is neither a file nor a directory
    assert record(root, "p") is None and record(root, "l") is None
    assert "4 files belong to you, not to their owners" in unpacking.stderr


def test_own_files_need_no_record(unpacking, as_user):
    root = as_user(Layer().file("f", b"1", uid=USER, gid=USER))
    assert record(root, "f") is None and "belong to you" not in unpacking.stderr


def test_what_the_record_of_a_file_is_not(as_user):
    """an image cannot bring a record of its own for a file that has an owner"""
    lie = {"SCHILY.xattr." + RECORD: "\x08\x07\x10\x07"}
    root = as_user(Layer().file("f", b"1", uid=3, gid=4, pax_headers=lie))
    assert record(root, "f") == (3, 4)


def test_a_later_layer_changes_the_owner(as_user):
    root = as_user(Layer().dir("d", uid=3, gid=3).file("f", b"1", uid=3, gid=3)
                   .dir("own", uid=3, gid=3),
                   Layer().dir("d", uid=4, gid=5).file("f", b"2", uid=6, gid=7)
                   .dir("own", uid=USER, gid=USER))
    assert record(root, "d") == (4, 5) and record(root, "f") == (6, 7)
    assert record(root, "own") is None, "the old record is no longer true"


def test_modes_that_keep_us_out(as_user):
    root = as_user(Layer().file("f", b"1", uid=3, gid=3, mode=0o0)
                   .dir("d", uid=3, gid=3, mode=0o0).file("d/f", b"1", uid=3, gid=3, mode=0o4000))
    assert record(root, "f") == record(root, "d") == record(root, "d/f") == (3, 3)
    assert os.lstat(os.path.join(root, "d")).st_mode & 0o7777 == 0


def test_working_directory_where_the_user_may_not_write(unpacking, as_user):
    """the directories that it is made in are his, and look as before"""
    unpacking.image([Layer().dir(".", mode=0o555).dir("srv", mode=0o500)], config={"WorkingDir": "/srv/./app/x"})
    root = as_user()
    looks = [os.lstat(os.path.join(root, name)) for name in (".", "srv", "srv/app", "srv/app/x")]
    assert [look.st_mode & 0o7777 for look in looks] == [0o555, 0o500, 0o755, 0o755]
    assert [look.st_mtime for look in looks[:2]] == [1_000_000_000] * 2
    assert unpacking.config()["process"]["cwd"] == "/srv/./app/x"


def test_a_hard_link_shares_the_record(as_user):
    root = as_user(Layer().file("f", b"1", uid=3, gid=4).hardlink("g", "f"))
    assert record(root, "g") == (3, 4)


def test_root_writes_no_record(unpacking):
    root = unpacking.image([Layer().file("f", b"1", uid=3, gid=4)]).succeeds()
    assert owner(root, "f") == (3, 4) and record(root, "f") is None


def in_namespace(unpacking, uid_map, gid_map):
    """unpacks as root of a user namespace with these maps"""
    with subprocess.Popen(["unshare", "--user", "sh", "-c", 'echo ready; read line; exec "$@"', "-",
                           PROGRAM, "unpack", unpacking.layout.reference(), unpacking.bundle],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as process:
        assert process.stdout.readline() == "ready\n"
        for name, text in (("uid_map", uid_map), ("gid_map", gid_map)):
            with open(f"/proc/{process.pid}/{name}", "w") as file:
                file.write(text)
        stderr = process.communicate("go\n", timeout=60)[1]
        assert process.returncode == 0, stderr
    return stderr


def test_through_the_map(unpacking):
    """who is in the map owns his files; who is not is squashed, with a record"""
    unpacking.image([Layer().file("root", b"1").file("five", b"1", uid=5, gid=6)
                     .dir("d", uid=999, gid=999).symlink("l", "five", uid=7, gid=8)
                     .file("out", b"1", uid=1000, gid=5).file("group", b"1", uid=5, gid=1000)])
    stderr = in_namespace(unpacking, "0 0 1\n1 100000 999\n", "0 0 1\n1 200000 999\n")
    assert owner(unpacking.root, "root") == (0, 0)
    assert owner(unpacking.root, "five") == (100004, 200005)
    assert owner(unpacking.root, "d") == (100998, 200998)
    assert owner(unpacking.root, "l") == (100006, 200007)
    assert owner(unpacking.root, "out") == owner(unpacking.root, "group") == (0, 0)
    assert record(unpacking.root, "out") == (1000, 5)
    assert record(unpacking.root, "group") == (5, 1000)
    for name in ("root", "five", "d"):
        assert record(unpacking.root, name) is None
    assert "2 files belong to you, not to their owners" in stderr

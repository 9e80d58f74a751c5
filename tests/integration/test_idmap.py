"""test_idmap.py - idmapped mounts: the owners of files as the container sees them"""

import os
import signal
import subprocess

import pytest

from harness.needs import needs
from harness.runtime import Container, contents, eventually, identifiers

HOST = 100000

pytestmark = [needs("root"), pytest.mark.disk]


def maps(first, size=65536, inside=0):
    return [{"containerID": inside, "hostID": first, "size": size}]


@pytest.fixture
def source(bundle):
    """a directory of the host with files of its users 0 and 1000"""
    path = bundle.outside("source")
    os.mkdir(path)
    for name, owner in (("root", 0), ("user", 1000)):
        with open(os.path.join(path, name), "w", encoding="ascii") as file:
            file.write(name)
        os.chown(os.path.join(path, name), owner, owner)
    return path


def owners(bundle, *paths):
    probes = bundle.probe(*(("stat", path) for path in paths))
    return [probes.data("stat", path)["uid"] for path in paths]


@pytest.mark.parametrize("options, more", [
    (["bind", "idmap"], {}),
    (["rbind", "ridmap"], {}),
    (["bind"], {"uidMappings": maps(HOST), "gidMappings": maps(HOST)}),
    (["bind", "idmap"], {"uidMappings": maps(HOST), "gidMappings": maps(HOST)}),
    (["bind", f"idmap=uids=0-{HOST}-65536;gids=0-{HOST}-65536"], {}),
    (["bind", "idmap=uids=@0-0-65536;gids=@0-0-65536"], {}),
    (["bind", "idmap=uids=@0-0-1#@1000-1000-1;gids=@0-0-65536"], {}),
])
def test_host_files_are_the_containers_own(bundle, source, options, more):
    """without a mapping they would be nobody's"""
    bundle.map_ids(HOST)
    bundle.mount("/mnt", "bind", source, options, **more)
    bundle.root["readonly"] = False
    assert owners(bundle, "/mnt/root", "/mnt/user") == [0, 1000]


def test_files_that_the_container_makes_are_the_hosts(bundle, source):
    bundle.map_ids(HOST)
    bundle.mount("/mnt", "bind", source, ["bind", "idmap"])
    assert bundle.probe(("create", "/mnt/new"))["create", "/mnt/new"] is None
    assert os.stat(os.path.join(source, "new")).st_uid == 0


def test_a_single_file(bundle, source):
    bundle.map_ids(HOST)
    bundle.mount("/etc/file", "bind", os.path.join(source, "user"), ["bind", "idmap"], point="file")
    assert owners(bundle, "/etc/file") == [1000]


def test_without_a_user_namespace(bundle, source):
    bundle.mount("/mnt", "bind", source, ["bind", "idmap"], uidMappings=maps(7, 1),
                 gidMappings=maps(7, 1))
    assert owners(bundle, "/mnt/root", "/mnt/user") == [7, 65534]


@needs("program:strace")
def test_the_process_that_holds_the_maps_ends_with_the_runtime(bundle, source, coracle, directory):
    """the runtime is killed when that has not yet asked to die with it: it would wait for ever, with the lock of the
    state directory"""
    bundle.mount("/mnt", "bind", source, ["bind"], uidMappings=maps(7, 1), gidMappings=maps(7, 1))
    bundle.args("exit", 0).write()
    coracle.prefix = ["strace", "-f", "-o", os.path.join(directory, "strace"), "-e", "trace=clone3,prctl",
                      "-e", "inject=clone3:delay_exit=500ms", "-e", "inject=prctl:delay_enter=1s"]
    container = Container(coracle, next(identifiers))
    popen = coracle.popen("run", "--bundle", bundle.path, container.id)
    coracle.prefix = []

    def children(pid):
        return [int(child) for child in contents(f"/proc/{pid}/task/{pid}/children").split()]

    def find_parent():
        """of one that has a user namespace of its own"""
        own = os.readlink("/proc/self/ns/user")
        return next((pid for pid in children(popen.pid) for child in children(pid)
                     if os.readlink(f"/proc/{child}/ns/user") != own), None)
    os.kill(eventually(find_parent, "the holder"), signal.SIGKILL)
    coracle.finish(popen)  # when all that strace follows have ended
    coracle("delete", "--force", container.id)


@needs("kernel:6.3")  # a tmpfs before maps no ids
@pytest.mark.parametrize("is_first", [False, True])
@pytest.mark.parametrize("user", [False, True])
def test_a_new_file_system(bundle, user, is_first):
    """its ids are the container's; the map goes on top, from there to the host's"""
    if user:
        bundle.map_ids(HOST)
    host = HOST if user else 0
    bundle.mount("/mnt", "tmpfs", "tmpfs", ["mode=777", "uid=5", "gid=5"],
                 uidMappings=maps(host + 20, 10), gidMappings=maps(host + 20, 10))
    if is_first:
        bundle.mounts.insert(0, bundle.mounts.pop())
    assert owners(bundle, "/mnt") == [25]


def test_idmap_alone_is_nothing_new_to_the_containers_own_file_system(bundle):
    bundle.map_ids(HOST)
    bundle.mount("/mnt", "tmpfs", "tmpfs", ["uid=5", "idmap"])
    assert owners(bundle, "/mnt") == [5]


def test_the_flags_are_there_too(bundle, source):
    bundle.map_ids(HOST)
    bundle.mount("/mnt", "bind", source, ["bind", "idmap", "ro", "nosuid", "nodev", "noexec"])
    report = bundle.report()
    assert {"ro", "nosuid", "nodev", "noexec", "idmapped"} <= report.mount("/mnt").options


@needs("kernel:6.3")
def test_ridmap_reaches_the_mounts_below(bundle, source, host_tmpfs):
    below = os.path.join(source, "below")
    os.mkdir(below)
    host_tmpfs(below)
    bundle.map_ids(HOST)
    bundle.mount("/one", "bind", source, ["rbind", "idmap"])
    bundle.mount("/all", "bind", source, ["rbind", "ridmap"])
    assert owners(bundle, "/one/below", "/all/below") == [65534, 0]


@pytest.fixture
def host_tmpfs():
    """mounts a tmpfs on the host, and takes it away before the host is compared"""
    made = []

    def make(path):
        subprocess.run(["mount", "-t", "tmpfs", "below", path], check=True)
        made.append(path)
    yield make
    for path in made:
        subprocess.run(["umount", path], check=True)


def test_the_user_namespace_of_another_container(make_bundle):
    owner = make_bundle("owner")
    owner.map_ids(HOST)
    container = owner.start()
    bundle = make_bundle("guest")
    bundle.map_ids(HOST)
    bundle.set_namespace("user", f"/proc/{container.pid}/ns/user")
    del bundle.linux["uidMappings"], bundle.linux["gidMappings"]
    path = bundle.outside("source")
    os.mkdir(path)
    bundle.mount("/mnt", "bind", path, ["bind", "idmap"])
    seen = owners(bundle, "/mnt")
    container.remove()
    assert seen == [0]


@pytest.mark.parametrize("options, more, message", [
    (["bind", "idmap"], {}, r"mounts\[\d+\]\.options.*user namespace"),
    (["bind"], {"uidMappings": maps(1, 1)}, r"mounts\[\d+\]\.gidMappings"),
    (["bind"], {"gidMappings": maps(1, 1)}, r"mounts\[\d+\]\.uidMappings"),
    (["bind"], {"uidMappings": maps(1, 0), "gidMappings": maps(1, 1)},
     r"mounts\[\d+\]\.uidMappings\[0\].*size is 0"),
    (["bind", "idmap=uids=0-1x-1;gids=0-1-1"], {}, r"mounts\[\d+\]\.options.*'uids=0-1x-1"),
    (["bind", "idmap=uids=@0-0-1;gids=@0-0-1"], {}, r"mounts\[\d+\]\.options.*malformed"),
    (["bind", "idmap=uids=0-1-1;gids=0-1-1"], {"uidMappings": maps(1, 1), "gidMappings": maps(1, 1)},
     r"mounts\[\d+\]\.options.*exclude"),
    (["remount", "bind", "idmap=uids=0-1-1;gids=0-1-1"], {}, r"remount.*id mapping"),
])
def test_refused(bundle, options, more, message):
    bundle.mount("/mnt", "none", "/etc", options, **more)
    bundle.run_fails(message)


def test_a_file_system_that_cannot(bundle):
    bundle.mount("/mnt", "bind", "/proc/sys", ["bind"], uidMappings=maps(1, 1),
                 gidMappings=maps(1, 1))
    bundle.run_fails(r"mounts\[\d+\] '/mnt'.*map the ids of the mount.*does not support")


def test_sources_that_only_root_of_the_host_reaches(bundle):
    """links too: the host's root opens them, and follows them or not as the options say"""
    private = bundle.outside("private")
    os.mkdir(private, 0o700)
    with open(os.path.join(private, "file"), "w", encoding="ascii") as file:
        file.write("content")
    os.symlink("file", os.path.join(private, "link"))
    bundle.map_ids(HOST)
    bundle.root["readonly"] = False
    bundle.mount("/followed", "bind", os.path.join(private, "link"), ["bind"], point="file")
    bundle.mount("/copied", "bind", os.path.join(private, "link"), ["bind", "copy-symlink"],
                 point=None)
    bundle.mount("/itself", "bind", os.path.join(private, "link"),
                 ["bind", "src-nofollow", "dest-nofollow"], point=None)
    os.symlink("nowhere", bundle.inside("/itself"))
    bundle.allow("/copied")
    probes = bundle.probe(("stat", "/followed"), ("stat", "/copied"), ("stat", "/itself"))
    assert probes.data("stat", "/followed")["size"] == len("content")
    assert probes.data("stat", "/copied")["target"] == "file"
    assert probes.data("stat", "/itself")["target"] == "file"

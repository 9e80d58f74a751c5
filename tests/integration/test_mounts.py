"""test_mounts.py - mounts: file systems, binds, options, and where they end up"""

import os
import resource
import subprocess

import pytest

from harness.needs import needs
from harness.report import Report

pytestmark = [needs("root"), pytest.mark.disk]


def test_the_default_mounts_in_their_order(bundle):
    report = bundle.report()
    places = [mount.destination for mount in report.mounts]
    wanted = [entry["destination"] for entry in bundle.mounts]
    assert [place for place in places if place in wanted] == wanted
    types = {"/proc": "proc", "/dev": "tmpfs", "/dev/pts": "devpts", "/dev/shm": "tmpfs",
             "/dev/mqueue": "mqueue", "/sys": "sysfs"}
    assert {place: report.mount(place).type for place in types} == types


def test_the_default_options(bundle):
    report = bundle.report()
    for entry in bundle.mounts:
        mount = report.mount(entry["destination"])
        flags = {"ro", "nosuid", "noexec", "nodev"} & set(entry.get("options", []))
        assert flags <= mount.options, entry["destination"]
        assert not ({"nosuid", "noexec", "nodev"} - flags) & mount.options, entry["destination"]
    assert "mode=755" in report.mount("/dev").super_options


def test_no_mount_of_the_host_is_left(bundle):
    report = bundle.report()
    wanted = {"/", *(entry["destination"] for entry in bundle.mounts),
              *bundle.linux["maskedPaths"], *bundle.linux["readonlyPaths"]}
    assert {mount.destination for mount in report.mounts} <= wanted


def test_bind_of_a_directory(bundle):
    source = bundle.outside("source")
    os.mkdir(source)
    with open(os.path.join(source, "file"), "w", encoding="ascii") as file:
        file.write("content")
    bundle.mount("/mnt", "bind", source, ["bind"])
    probes = bundle.probe(("read", "/mnt/file"), ("writable", "/mnt/file"))
    assert probes.data("read", "/mnt/file") == "content"
    assert probes["writable", "/mnt/file"] is None


@pytest.mark.parametrize("kind, options", [("none", ["bind"]), ("bind", []), ("none", ["rbind"]),
                                           ("", ["bind"])])
def test_bind_in_its_spellings(bundle, kind, options):
    entry = bundle.mount("/mnt", kind, "/etc", options)
    if not kind:
        del entry["type"]
    assert bundle.probe(("read", "/mnt/hostname"))["read", "/mnt/hostname"] is None


def test_bind_of_a_file(bundle):
    source = bundle.outside("source")
    with open(source, "w", encoding="ascii") as file:
        file.write("content")
    bundle.mount("/etc/file", "bind", source, ["bind", "ro"], point="file")
    probes = bundle.probe(("read", "/etc/file"), ("writable", "/etc/file"))
    assert probes.data("read", "/etc/file") == "content"
    assert probes["writable", "/etc/file"] == "EROFS"


@pytest.mark.parametrize("kind", ["bind", "rbind"])
def test_a_remount_that_is_a_bind_by_its_type_changes_the_mount_alone(bundle, kind):
    """and not the file system, which is the host's"""
    source = bundle.outside("source")
    os.mkdir(source)
    subprocess.run(["mount", "-t", "tmpfs", "source", source], check=True)
    try:
        bundle.mount("/mnt", kind, source)
        bundle.mount("/mnt", kind, source, ["remount", "ro"])
        probes = bundle.probe(("create", "/mnt/new"))
        is_writable = not os.statvfs(source).f_flag & os.ST_RDONLY
    finally:
        subprocess.run(["umount", source], check=True)
    assert (probes["create", "/mnt/new"], is_writable) == ("EROFS", True)


def test_a_relative_source_is_below_the_bundle(bundle):
    os.mkdir(os.path.join(bundle.path, "beside"))
    with open(os.path.join(bundle.path, "beside", "file"), "w", encoding="ascii") as file:
        file.write("content")
    bundle.mount("/mnt", "bind", "beside", ["bind"])
    assert bundle.probe(("read", "/mnt/file")).data("read", "/mnt/file") == "content"


def test_missing_mount_points_are_made(bundle):
    bundle.mount("/new/deep/directory", "bind", "/etc", ["bind", "ro"], point=None)
    bundle.mount("/new/deep/file", "bind", "/etc/hostname", ["bind", "ro"], point=None)
    bundle.allow("/new")
    probes = bundle.probe(("read", "/new/deep/file"), ("read", "/new/deep/directory/hostname"))
    assert probes["read", "/new/deep/file"] is None
    assert probes["read", "/new/deep/directory/hostname"] is None
    assert os.path.getsize(bundle.inside("/new/deep/file")) == 0


def test_bind_takes_the_top_mount_only_and_rbind_all(bundle):
    bundle.mount("/one", "bind", "/sys", ["bind"])
    bundle.mount("/all", "bind", "/sys", ["rbind"])
    places = [mount.destination for mount in bundle.report().mounts]
    assert not [place for place in places if place.startswith("/one/")]
    assert [place for place in places if place.startswith("/all/")]


OPTIONS = [
    (["ro"], {"ro"}), (["nosuid"], {"nosuid"}), (["nodev"], {"nodev"}), (["noexec"], {"noexec"}),
    (["noatime"], {"noatime"}), (["nodiratime"], {"nodiratime"}),
    (["ro", "noexec", "nosuid", "nodev"], {"ro", "noexec", "nosuid", "nodev"}),
    (["nosymfollow"], {"nosymfollow"}),
]


@pytest.mark.parametrize("options, seen", OPTIONS)
@pytest.mark.parametrize("kind", ["bind", "tmpfs"])
def test_flags(bundle, kind, options, seen):
    bundle.mount("/mnt", kind, "/etc", [*options, *(["bind"] if kind == "bind" else [])])
    assert seen <= bundle.report().mount("/mnt").options


def test_a_later_option_wins(bundle):
    bundle.mount("/mnt", "tmpfs", "tmpfs", ["ro", "nosuid", "rw", "suid"])
    assert not {"ro", "nosuid"} & bundle.report().mount("/mnt").options


@pytest.mark.parametrize("option, seen", [("rro", "ro"), ("rnosuid", "nosuid"), ("rnodev", "nodev"),
                                          ("rnoexec", "noexec")])
def test_recursive_flags_reach_the_mounts_below(bundle, option, seen):
    bundle.mount("/mnt", "bind", "/sys", ["rbind", option])
    below = [mount for mount in bundle.report().mounts if mount.destination.startswith("/mnt")]
    assert len(below) > 1
    assert all(seen in mount.options for mount in below)


def test_ro_is_not_recursive(bundle):
    bundle.mount("/mnt", "bind", "/sys", ["rbind", "ro"])
    below = [mount for mount in bundle.report().mounts if mount.destination.startswith("/mnt/")]
    assert any("rw" in mount.options for mount in below)


def test_a_read_only_bind_leaves_the_hosts_mount_writable(bundle):
    bundle.mount("/mnt", "bind", bundle.outside("source"), ["bind", "ro"])
    os.mkdir(bundle.outside("source"))
    bundle.run("exit", 0)
    open(bundle.outside("source/file"), "w", encoding="ascii").close()


LOCKED = {"ro", "nosuid", "nodev", "noexec", "noatime"}


@pytest.mark.parametrize("has_user_ns", [False, True])
@needs("file:/sys/kernel/debug", "file:/sys/kernel/tracing")
def test_a_source_that_is_mounted_when_somebody_comes(bundle, has_user_ns):
    """as those of systemd's automount units are, or here the kernel's own"""
    source = bundle.outside("debug")
    os.mkdir(source)
    subprocess.run(["mount", "-t", "debugfs", "debugfs", source], check=True)
    try:
        if has_user_ns:
            bundle.map_ids(100000)
        bundle.mount("/mnt", "bind", os.path.join(source, "tracing"), ["bind"])
        found = bundle.report().mount("/mnt").type
    finally:
        subprocess.run(["umount", "--recursive", source], check=True)
    assert found == "tracefs"


@pytest.fixture
def locked(bundle):
    """a mount of the host with flags that no user namespace may take from it"""
    path = bundle.outside("locked")
    os.mkdir(path)
    subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(LOCKED), "locked", path], check=True)
    yield path
    subprocess.run(["umount", path], check=True)


@pytest.mark.parametrize("options", ["bind", "bind ro", "bind rw", "bind rw suid dev exec atime",
                                     "rbind rrw rexec"])
def test_flags_that_a_source_has_are_kept(bundle, locked, options):
    """in a user namespace, where the kernel insists, however little was asked for"""
    bundle.map_ids(100000)
    bundle.mount("/mnt", "bind", locked, options.split())
    assert LOCKED <= bundle.report().mount("/mnt").options


@pytest.mark.parametrize("options, named", [
    ("bind strictatime", "strictatime"), ("bind rw relatime", "relatime"),
    ("bind nodiratime", "nodiratime"), ("rbind rstrictatime", "rstrictatime"), ("bind noatime", None),
    ("bind rw noatime", None), ("rbind rrw rnoatime", None), ("bind rw exec", None)])
def test_an_access_time_that_is_locked_is_told(bundle, locked, options, named):
    """who asks for another than the source has is not left to believe that he got it"""
    bundle.map_ids(100000)
    bundle.mount("/mnt", "bind", locked, options.split())
    result = bundle.run("report")
    assert LOCKED <= Report(result.stdout).mount("/mnt").options
    if named:
        assert f": warning: mount '/mnt': the option '{named}'" in result.stderr
    assert len(result.stderr.splitlines()) == (1 if named else 0)


def test_a_remount_tells_it_too(bundle, locked):
    bundle.map_ids(100000)
    bundle.mount("/mnt", "bind", locked, ["bind"])
    bundle.mount("/mnt", "none", "none", ["remount", "bind", "strictatime"])
    assert "mount '/mnt': the option 'strictatime'" in bundle.run("exit", 0).stderr


@pytest.mark.parametrize("options", ["remount bind", "remount bind ro", "remount bind rw suid"])
def test_a_remount_keeps_them_too(bundle, locked, options):
    bundle.map_ids(100000)
    bundle.mount("/mnt", "bind", locked, ["bind"])
    bundle.mount("/mnt", "none", "none", options.split())
    assert LOCKED <= bundle.report().mount("/mnt").options


@pytest.fixture
def locked_below(bundle, locked):
    """a writable mount of the host with a locked one on it"""
    path = bundle.outside("open")
    below = os.path.join(path, "below")
    os.mkdir(path)
    subprocess.run(["mount", "-t", "tmpfs", "open", path], check=True)
    os.mkdir(below)
    subprocess.run(["mount", "--bind", locked, below], check=True)
    yield path
    subprocess.run(["umount", below], check=True)
    subprocess.run(["umount", path], check=True)


@pytest.mark.parametrize("options, told", [("rrw", "'rrw'"), ("rro rsuid rexec", "'rsuid', 'rexec'")])
def test_a_flag_that_only_a_mount_below_has_is_told(bundle, locked_below, options, told):
    """the kernel changes all of them or none"""
    bundle.map_ids(100000)
    bundle.mount("/mnt", "bind", locked_below, ["rbind", *options.split()])
    bundle.run_fails(rf"mounts\[\d+\] '/mnt': .*{told}: a mount below has a flag that the kernel lets no "
                     r"user namespace take away")


@pytest.mark.parametrize("options", ["rbind", "rbind rw", "rbind rro", "rbind rnosuid rnodev"])
def test_and_is_kept(bundle, locked_below, options):
    bundle.map_ids(100000)
    bundle.mount("/mnt", "bind", locked_below, options.split())
    assert LOCKED <= bundle.report().mount("/mnt/below").options


@pytest.mark.parametrize("options, gone", [
    ("bind", set()), ("bind ro", set()), ("bind rw exec", {"ro", "noexec"}), ("bind atime", {"noatime"}),
    ("rbind rsuid rdev", {"nosuid", "nodev"})])
def test_root_takes_away_what_it_names(bundle, locked, options, gone):
    bundle.mount("/mnt", "bind", locked, options.split())
    assert LOCKED & bundle.report().mount("/mnt").options == LOCKED - gone


def test_tmpfs_options(bundle):
    bundle.mount("/mnt", "tmpfs", "tmpfs", ["size=64k", "mode=1750", "uid=5", "gid=6"])
    probes = bundle.probe(("stat", "/mnt"))
    status = probes.data("stat", "/mnt")
    assert (status["mode"] & 0o7777, status["uid"], status["gid"]) == (0o1750, 5, 6)
    assert "size=64k" in bundle.report().mount("/mnt").super_options


def test_tmpfs_takes_its_mode_from_the_directory_it_covers(bundle):
    bundle.mount("/mnt", "tmpfs", "tmpfs", ["nosuid"])
    os.chmod(bundle.inside("/mnt"), 0o1751)
    assert bundle.probe(("stat", "/mnt")).data("stat", "/mnt")["mode"] & 0o7777 == 0o1751


def test_tmpcopyup_brings_what_was_there(bundle):
    bundle.file("/data/sub/file", "content", 0o640)
    os.symlink("file", bundle.inside("/data/sub/link"))
    bundle.mount("/data", "tmpfs", "tmpfs", ["tmpcopyup"])
    probes = bundle.probe(("read", "/data/sub/file"), ("stat", "/data/sub/file"),
                          ("stat", "/data/sub/link"), ("create", "/data/new"))
    assert probes.data("read", "/data/sub/file") == "content"
    assert probes.data("stat", "/data/sub/file")["mode"] & 0o777 == 0o640
    assert probes.data("stat", "/data/sub/link")["target"] == "file"
    assert probes["create", "/data/new"] is None


@pytest.mark.parametrize("kind, source, options", [("bind", "/etc", ["bind", "tmpcopyup"]),
                                                   ("mqueue", "mqueue", ["tmpcopyup"])])
def test_what_is_not_copied_is_told(bundle, kind, source, options):
    bundle.mount("/mnt", kind, source, options)
    result = bundle.run("exit", 0)
    assert f"mounts[{len(bundle.mounts) - 1}].options: 'tmpcopyup' means nothing but for a new tmpfs" in result.stderr
    bundle.mounts[-1].update(type="tmpfs", source="tmpfs", options=["tmpcopyup"])
    assert "tmpcopyup" not in bundle.run("exit", 0).stderr


@pytest.mark.parametrize("option, seen", [("shared", "shared"), ("rshared", "shared"),
                                          ("private", None), ("rprivate", None)])
def test_propagation_of_one_mount(bundle, option, seen):
    bundle.mount("/mnt", "tmpfs", "tmpfs", [option])
    assert bundle.report().mount("/mnt").propagation == ({seen} if seen else set())


def test_mounts_may_stand_on_mounts(bundle):
    bundle.mount("/mnt", "tmpfs", "tmpfs")
    bundle.mount("/mnt/inner", "tmpfs", "tmpfs", ["size=4k"], point=None)
    bundle.mount("/mnt/inner/etc", "bind", "/etc", ["bind", "ro"], point=None)
    assert bundle.probe(("read", "/mnt/inner/etc/hostname"))["read", "/mnt/inner/etc/hostname"] is None


@pytest.mark.parametrize("options", ["ro", "ro tmpcopyup", "rro", "rro tmpcopyup", "ro iversion"])
def test_a_tmpfs_is_read_only_when_all_is_on_it(bundle, options):
    """podman has such a /dev for the first container of `kube play`'s pods; only mount(2) makes one with
    iversion"""
    next(row for row in bundle.config["mounts"] if row["destination"] == "/dev")["options"].append("ro")
    bundle.mount("/mnt", "tmpfs", "tmpfs", options.split())
    bundle.mount("/mnt/inner", "tmpfs", "tmpfs", ["size=4k"], point=None)
    mounts = bundle.report()
    assert all("ro" in mounts.mount(place).options for place in ("/dev", "/mnt"))
    assert all("rw" in mounts.mount(place).options for place in ("/dev/pts", "/mnt/inner"))
    assert bundle.probe(("stat", "/dev/null"))["stat", "/dev/null"] is None


@pytest.mark.parametrize("options", ["remount ro", "remount bind ro", "remount ro noexec"])
def test_dev_is_read_only_when_the_devices_are_there(bundle, options):
    bundle.mount("/dev", "none", "none", options.split(), point=None)
    dev = bundle.report().mount("/dev")
    assert "ro" in dev.options and ("noexec" in dev.options) == ("noexec" in options)
    assert bundle.probe(("stat", "/dev/null"))["stat", "/dev/null"] is None


@pytest.mark.parametrize("options", ["ro", "ro iversion", "ro tmpcopyup"])
@pytest.mark.parametrize("later, flag", [("remount rw", "rw"), ("remount bind rw", "rw"),
                                         ("remount bind rrw", "rw"), ("remount bind nosuid", "ro"),
                                         ("remount bind ro", "ro")])
def test_a_later_row_has_the_last_word(bundle, options, later, flag):
    bundle.mount("/other", "tmpfs", "tmpfs", ["ro"])
    bundle.mount("/mnt", "tmpfs", "tmpfs", options.split())
    bundle.mount("/mnt", "none", "none", later.split())
    mounts = bundle.report()
    assert flag in mounts.mount("/mnt").options
    assert "ro" in mounts.mount("/other").options


@pytest.mark.parametrize("options, is_mapped", [
    ("ro", False), ("ro iversion", False), ("rro tmpcopyup", False), ("ro", True)])
@pytest.mark.parametrize("later, top, below", [
    ("remount bind rrw", "rw", "rw"), ("remount rrw", "rw", "rw"), ("remount bind rrw ro", "ro", "rw"),
    ("remount bind rw", "rw", "ro"), ("remount bind rro rw", "rw", "ro"),
    ("remount bind rnosuid", "rw", "ro")])
def test_and_so_has_a_later_row_for_what_is_above(bundle, options, is_mapped, later, top, below):
    if is_mapped:
        bundle.map_ids(100000)
    bundle.mount("/other", "tmpfs", "tmpfs", ["ro"])
    bundle.mount("/mnt", "tmpfs", "tmpfs")
    bundle.mount("/mnt/deep", "tmpfs", "tmpfs", point=None)
    bundle.mount("/mnt/deep/inner", "tmpfs", "tmpfs", options.split(), point=None)
    bundle.mount("/mnt", "none", "none", later.split())
    mounts = bundle.report()
    assert top in mounts.mount("/mnt").options
    assert below in mounts.mount("/mnt/deep/inner").options
    assert "ro" in mounts.mount("/other").options


def test_what_it_does_not_reach_is_read_only_in_the_end_still(bundle):
    """beside it, under it, or mounted after it: with all that comes later on each"""
    bundle.mount("/other", "tmpfs", "tmpfs", ["ro"])
    bundle.mount("/mnt", "tmpfs", "covered", ["ro"])
    bundle.mount("/mnt", "tmpfs", "tmpfs")
    bundle.mount("/mnt/inner", "tmpfs", "tmpfs", ["ro"], point=None)
    bundle.mount("/mnt", "none", "none", ["remount", "bind", "rrw"])
    bundle.mount("/mnt/inner/on", "tmpfs", "tmpfs", point=None)
    bundle.mount("/mnt/after", "tmpfs", "tmpfs", ["ro"], point=None)
    bundle.mount("/mnt/after/on", "tmpfs", "tmpfs", point=None)
    bundle.mount("/other/on", "tmpfs", "tmpfs", point=None)
    mounts = bundle.report()
    assert all("ro" in mounts.mount(place).options for place in ("/other", "/mnt/after"))
    assert all("rw" in mounts.mount(place).options
               for place in ("/mnt", "/mnt/inner", "/mnt/inner/on", "/mnt/after/on", "/other/on"))
    assert {mount.source: "ro" in mount.options for mount in mounts.mounts
            if mount.destination == "/mnt"} == {"covered": True, "tmpfs": False}


def test_a_flag_locked_on_a_read_only_tmpfs_is_told(bundle, locked):
    bundle.map_ids(100000)
    bundle.mount("/mnt", "tmpfs", "tmpfs", ["ro"])
    bundle.mount("/mnt/below", "bind", locked, ["bind"], point=None)
    bundle.mount("/mnt", "none", "none", ["remount", "bind", "rrw"])
    bundle.run_fails(r"mounts\[\d+\] '/mnt': .*'rrw': a mount below has a flag that the kernel lets no "
                     r"user namespace take away")


def test_the_top_of_a_new_file_system_is_told_alone(bundle):
    bundle.mount("/mnt", "tmpfs", "tmpfs", ["rro", "rw", "rnoatime", "strictatime", "rnosuid"])
    seen = bundle.report().mount("/mnt").options
    assert {"rw", "nosuid"} <= seen and not {"noatime", "relatime"} & seen


def test_the_same_place_twice_shows_the_later(bundle):
    bundle.mount("/mnt", "tmpfs", "first")
    bundle.mount("/mnt", "tmpfs", "second")
    assert bundle.report().mount("/mnt").source == "second"


def test_overlay(bundle):
    for name in ("lower", "upper", "work"):
        os.mkdir(bundle.outside(name))
    with open(bundle.outside("lower/file"), "w", encoding="ascii") as file:
        file.write("below")
    data = ",".join(f"{name}dir={bundle.outside(name)}" for name in ("lower", "upper", "work"))
    bundle.mount("/mnt", "overlay", "overlay", data.split(","))
    probes = bundle.probe(("read", "/mnt/file"), ("create", "/mnt/new"))
    assert probes.data("read", "/mnt/file") == "below"
    assert probes["create", "/mnt/new"] is None
    assert os.listdir(bundle.outside("upper")) == ["new"]


def test_what_a_file_system_refuses_without_a_word_is_told_by_its_options(bundle):
    """overlay finds a missing workdir when it has all options, and tells the kernel's log alone"""
    for name in ("lower", "upper"):
        os.mkdir(bundle.outside(name))
    data = f"lowerdir={bundle.outside('lower')},upperdir={bundle.outside('upper')}"
    bundle.mount("/mnt", "overlay", "overlay", data.split(","))
    bundle.run_fails(rf"'/mnt': make the file system 'overlay': Invalid argument \(with the options '{data}'; the "
                     "kernel's log may say more")


class TestLinks:
    """A destination is resolved inside the root, whatever its links say."""

    @pytest.mark.parametrize("target", ["/target", "target", "../../target", "/etc/../target",
                                        "/../../../target"])
    def test_a_link_leads_inside(self, bundle, target):
        os.mkdir(bundle.inside("/target"))
        os.symlink(target, bundle.inside("/link"))
        bundle.mount("/link", "bind", "/etc", ["bind", "ro"], point=None)
        assert bundle.probe(("read", "/target/hostname"))["read", "/target/hostname"] is None

    def test_a_link_to_the_host_finds_the_containers_own(self, bundle, directory):
        outside = os.path.join(directory, "victim")
        os.mkdir(outside)
        os.makedirs(bundle.inside(outside))
        os.symlink(outside, bundle.inside("/link"))
        bundle.mount("/link", "tmpfs", "tmpfs", point=None)
        assert bundle.report().mount(outside), "mounted at the same path, but inside"
        assert os.listdir(outside) == []

    @pytest.mark.parametrize("target", ["/made-here", "../../made-here"])
    def test_a_dangling_link_makes_its_target_inside(self, bundle, target):
        os.symlink(target, bundle.inside("/link"))
        bundle.mount("/link/deep", "tmpfs", "tmpfs", point=None)
        bundle.allow("/made-here")
        assert bundle.report().mount("/made-here/deep")
        assert not os.path.exists("/made-here")

    def test_a_loop_of_links_is_told(self, bundle):
        os.symlink("b", bundle.inside("/a"))
        os.symlink("a", bundle.inside("/b"))
        bundle.mount("/a", "tmpfs", "tmpfs", point=None)
        bundle.run_fails(r"mounts\[\d\] '/a'.*([Ss]ymbolic link|ELOOP)")

    def test_dots_cannot_leave(self, bundle):
        bundle.mount("/../../../mnt", "tmpfs", "tmpfs", point=None)
        bundle.allow("/mnt")
        assert bundle.report().mount("/mnt")


@pytest.mark.parametrize("has_user_ns, kind, source, options", [
    (True, "bind", "/etc", ["bind"]), (False, "tmpfs", "tmpfs", ["ro"])], ids=["sources", "read-only"])
def test_more_mounts_than_descriptors(bundle, has_user_ns, kind, source, options):
    """each is open for a while; the program's limit is that of the caller"""
    if has_user_ns:
        bundle.map_ids(100000)
    for number in range(520):
        bundle.mount(f"/mnt/{number}", kind, source, options)
    bundle.process["rlimits"] = []
    report = bundle.report(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (512, 4096)))
    assert report.mount("/mnt/519") and report.rlimits["RLIMIT_NOFILE"] == [512, 4096]


class TestRefused:
    @pytest.mark.parametrize("change, words", [
        ({"source": "/no/such/source", "options": ["bind"]},
         [r"mounts\[\d\] '/mnt'", "/no/such/source", "No such file or directory"]),
        ({"type": "nosuchfs"}, [r"mounts\[\d\] '/mnt'", "nosuchfs"]),
        ({"type": "tmpfs", "options": ["size=lots"]}, [r"mounts\[\d\] '/mnt'", "size"]),
        ({"type": "tmpfs", "options": ["nosuchoption"]},
         [r"mounts\[\d\] '/mnt'", "nosuchoption"]),
    ], ids=["missing source", "unknown type", "bad value", "unknown option"])
    def test_the_mount_is_named(self, bundle, change, words):
        bundle.mount("/mnt", "none").update(change)
        for word in words:
            bundle.run_fails(word)

    def test_a_directory_over_a_file(self, bundle):
        bundle.file("/mnt")
        bundle.mount("/mnt", "bind", "/etc", ["bind"], point=None)
        bundle.run_fails(r"mounts\[\d\] '/mnt'.*(Not a directory|is not a directory)")

    def test_a_bind_that_would_show_what_is_mounted_over(self, bundle):
        """below the source: the kernel lets no user namespace look there"""
        source, below = bundle.outside("source"), bundle.outside("source/below")
        os.makedirs(below)
        subprocess.run(["mount", "-t", "tmpfs", "below", below], check=True)
        try:
            bundle.map_ids(100000)
            bundle.mount("/mnt", "bind", source, ["bind"])
            bundle.run_fails(r"bind '.*source': a user namespace may not leave out .* 'rbind' takes it along")
        finally:
            subprocess.run(["umount", below], check=True)

    @pytest.mark.parametrize("target", ["/", "../..", "/tmp/.."])
    @pytest.mark.parametrize("kind, source, options", [("tmpfs", "tmpfs", []), ("bind", "/etc", ["bind"])])
    def test_a_link_to_the_root(self, bundle, kind, source, options, target):
        """what is mounted there would be left behind by pivot_root(2), without a word"""
        os.symlink(target, bundle.inside("/link"))
        bundle.mount("/link", kind, source, options, point=None)
        bundle.run_fails(r"mounts\[\d\] '/link': '/link' leads to '/': a mount would hide the root file system")

    def test_a_bind_of_what_is_on_no_mount(self, bundle):
        bundle.mount("/mnt", "bind", f"/proc/{os.getpid()}/root/etc", ["bind"])
        bundle.run_fails(r"mounts\[\d\] '/mnt': bind .*: Invalid argument \(it is unbindable, or on no mount of")

    def test_tmpcopyup_of_what_does_not_fit(self, bundle):
        bundle.file("/data/sub/small", "x")
        bundle.file("/data/sub/large", "x" * (1 << 20))
        bundle.mount("/data", "tmpfs", "tmpfs", ["tmpcopyup", "size=512k"])
        bundle.run_fails(r"mounts\[\d\] '/data': copy what the tmpfs covers: 'large': No space left on device")

    @pytest.mark.parametrize("depth", [64, 65])
    def test_tmpcopyup_of_deep_directories(self, bundle, depth):
        place = "/data" + "/d" * depth
        os.makedirs(bundle.inside(place))
        bundle.mount("/data", "tmpfs", "tmpfs", ["tmpcopyup"])
        if depth == 65:
            bundle.run_fails("copy what the tmpfs covers: it is more than 64 directories deep")
        else:
            assert bundle.probe(("stat", place))["stat", place] is None

    def test_a_file_over_a_directory(self, bundle):
        bundle.mount("/mnt", "bind", "/etc/hostname", ["bind"])
        bundle.run_fails(r"mounts\[\d\] '/mnt': .*: a directory goes on no file, and a file on no directory")

    def test_a_new_file_system_over_a_file(self, bundle):
        os.rmdir(bundle.inside("/proc"))
        bundle.file("/proc")
        bundle.run_fails(r"mounts\[\d\] '/proc': .*: a directory goes on no file, and a file on no directory")

"""test_mount_options.py - every mount option of the specification's table, and what it does

The kernel tells the flags of a mount and of its file system in /proc/self/mountinfo.
"""

import os
import re
import subprocess

import pytest

from harness.host import libc, read, within
from harness.needs import needs

pytestmark = pytest.mark.disk

# options, what the mount must show, what it must not show
OF_THE_MOUNT = [
    ("ro", {"ro"}, {"rw"}), ("rw", {"rw"}, {"ro"}),
    ("nosuid", {"nosuid"}, set()), ("nosuid suid", set(), {"nosuid"}),
    ("nodev", {"nodev"}, set()), ("nodev dev", set(), {"nodev"}),
    ("noexec", {"noexec"}, set()), ("noexec exec", set(), {"noexec"}),
    ("noatime", {"noatime"}, {"relatime"}), ("noatime atime", {"relatime"}, {"noatime"}),
    ("relatime", {"relatime"}, {"noatime"}), ("noatime relatime", {"relatime"}, {"noatime"}),
    ("strictatime", set(), {"relatime", "noatime"}), ("norelatime", set(), {"relatime", "noatime"}),
    ("strictatime nostrictatime", {"relatime"}, set()),
    ("nodiratime", {"nodiratime"}, set()), ("nodiratime diratime", set(), {"nodiratime"}),
    ("nosymfollow", {"nosymfollow"}, set()), ("nosymfollow symfollow", set(), {"nosymfollow"}),
    ("defaults", {"rw", "relatime"}, {"nosuid", "nodev", "noexec"}),
    ("loud", {"rw"}, set()), ("silent", {"rw"}, set()),
]

# options, what the file system must show, what it must not show
OF_THE_FILE_SYSTEM = [
    ("sync", {"sync"}, set()), ("sync async", set(), {"sync"}),
    ("dirsync", {"dirsync"}, set()),
    ("lazytime", {"lazytime"}, set()), ("lazytime nolazytime", set(), {"lazytime"}),
    ("iversion", {"rw"}, set()), ("iversion noiversion", {"rw"}, set()),
    ("iversion sync size=64k mode=700", {"sync", "size=64k", "mode=700"}, set()),
    ("mand", {"rw"}, set()), ("nomand", {"rw"}, {"mand"}),
    ("size=64k uid=5 gid=6 mode=1750", {"size=64k", "uid=5", "gid=6", "mode=1750"}, set()),
    ("size=64k,uid=5,gid=6 mode=1750", {"size=64k", "uid=5", "gid=6", "mode=1750"}, set()),
]

# options of a recursive bind of a tree whose mounts have what the second is made of
RECURSIVE = [
    ("rro", "rw", {"ro"}, {"rw"}), ("rrw", "ro", {"rw"}, {"ro"}),
    ("rnosuid", "suid", {"nosuid"}, set()), ("rsuid", "nosuid", set(), {"nosuid"}),
    ("rnodev", "dev", {"nodev"}, set()), ("rdev", "nodev", set(), {"nodev"}),
    ("rnoexec", "exec", {"noexec"}, set()), ("rexec", "noexec", set(), {"noexec"}),
    ("rnodiratime", "diratime", {"nodiratime"}, set()),
    ("rdiratime", "nodiratime", set(), {"nodiratime"}),
    ("rrelatime", "noatime", {"relatime"}, {"noatime"}),
    ("rnorelatime", "relatime", set(), {"relatime", "noatime"}),
    ("rnoatime", "relatime", {"noatime"}, {"relatime"}),
    ("ratime", "noatime", {"relatime"}, {"noatime"}),
    ("rstrictatime", "relatime", set(), {"relatime", "noatime"}),
    ("rnostrictatime", "noatime", {"relatime"}, {"noatime"}),
    ("rnosymfollow", "rw", {"nosymfollow"}, set()),
    ("rsymfollow", "nosymfollow", set(), {"nosymfollow"}),
]

PROPAGATION = [
    ("private", set(), set()), ("rprivate", set(), set()),
    ("shared", {"shared"}, {"private"}), ("rshared", {"shared"}, {"shared"}),
    ("slave", {"master"}, {"shared"}), ("rslave", {"master"}, {"master"}),
    ("unbindable", {"unbindable"}, set()), ("runbindable", {"unbindable"}, {"unbindable"}),
]


@pytest.fixture
def host_tree(bundle):
    """host_tree(options): a directory of the host with a mount, and one below it"""
    made = []

    def make(options):
        top = bundle.outside("tree")
        below = os.path.join(top, "below")
        os.mkdir(top)
        for path in (top, below):
            os.makedirs(path, exist_ok=True)
            subprocess.run(["mount", "-t", "tmpfs", "tree", path], check=True)
            made.append(path)
        for path in (below, top):
            subprocess.run(["mount", "-o", f"remount,bind,{options}", path], check=True)
        return top
    yield make
    for path in reversed(made):
        subprocess.run(["umount", path], check=True)


@needs("root")
def test_of_the_mount(bundle):
    """each row is a mount of its own, once as a bind and once as a new file system"""
    for number, (options, _, _) in enumerate(OF_THE_MOUNT):
        bundle.mount(f"/bind{number}", "bind", "/etc", ["bind", *options.split()])
        bundle.mount(f"/tmpfs{number}", "tmpfs", "tmpfs", options.split())
    report = bundle.report()
    for number, (options, shown, hidden) in enumerate(OF_THE_MOUNT):
        for kind in ("bind", "tmpfs"):
            seen = report.mount(f"/{kind}{number}").options
            assert shown <= seen and not hidden & seen, (kind, options)


@needs("root")
def test_of_the_file_system(bundle):
    for number, (options, _, _) in enumerate(OF_THE_FILE_SYSTEM):
        bundle.mount(f"/tmpfs{number}", "tmpfs", "tmpfs", options.split())
    report = bundle.report()
    for number, (options, shown, hidden) in enumerate(OF_THE_FILE_SYSTEM):
        seen = set(report.mount(f"/tmpfs{number}").super_options)
        assert shown <= seen and not hidden & seen, options


@needs("root", "program:strace")
@pytest.mark.parametrize("options, flag", [("iversion", 1 << 23), ("iversion noiversion", 0)])
def test_what_mountinfo_does_not_tell(bundle, coracle, directory, options, flag):
    """MS_I_VERSION of mount(2), which alone knows it"""
    bundle.mount("/mnt", "tmpfs", "versions", options.split())
    log = os.path.join(directory, "strace")
    coracle.prefix = ["strace", "-f", "-X", "raw", "-o", log, "-e", "trace=mount"]
    bundle.run("exit", 0)
    with open(log, encoding="utf-8") as file:
        calls = re.findall(r'mount\("versions", .*, "tmpfs", (\w+), ', file.read())
    assert [int(number, 16) & flag for number in calls] == ([flag] if flag else [])


@needs("root", "program:strace")
@pytest.mark.parametrize("options, flags", [("mand", ["mand"]), ("nomand", ["nomand"]), ("mand nomand", ["nomand"]),
                                            ("loud", []), ("silent", []), ("sync", ["sync"])])
def test_what_the_kernel_is_told_and_does_not_show(bundle, coracle, directory, options, flags):
    """fsconfig(2) takes both, and since 5.15 nothing comes of them; there is none to be loud by"""
    bundle.mount("/mnt", "tmpfs", "loudness", options.split())
    log = os.path.join(directory, "strace")
    coracle.prefix = ["strace", "-f", "-o", log, "-e", "trace=fsconfig"]
    bundle.run("exit", 0)
    with open(log, encoding="utf-8") as file:
        after = file.read().partition('"source", "loudness"')[2].partition("FSCONFIG_CMD_CREATE")[0]
    assert after and re.findall(r'FSCONFIG_SET_FLAG, "(\w+)"', after) == flags


@needs("root")
def test_more_than_the_kernel_reads_is_an_error(bundle):
    """of what mount(2) is given it reads a page, and would not say that an upperdir was behind that"""
    lower = "lowerdir=" + ":".join(bundle.outside(f"{number}{'x' * 150}") for number in range(32))
    lower = lower[:os.sysconf("SC_PAGESIZE") - 1].rpartition(":")[0]
    options = [lower, *(f"{key}={bundle.outside(key * 20)}" for key in ("upperdir", "workdir"))]
    for option in options:
        for path in option.partition("=")[2].split(":"):
            os.mkdir(path)
    bundle.mount("/mnt", "overlay", "overlay", options)
    bundle.run_fails(rf"the options of the file system 'overlay' are {len(','.join(options))} bytes")


@needs("root")
@pytest.mark.parametrize("option, before, shown, hidden", RECURSIVE)
def test_recursive(bundle, host_tree, option, before, shown, hidden):
    top = host_tree(before)
    bundle.mount("/mnt", "bind", top, ["rbind", option])
    report = bundle.report()
    for path in ("/mnt", "/mnt/below"):
        seen = report.mount(path).options
        assert shown <= seen and not hidden & seen, path


@needs("root")
def test_without_r_only_the_top_changes(bundle, host_tree):
    top = host_tree("nosuid")
    bundle.mount("/mnt", "bind", top, ["rbind", "ro", "noexec"])
    report = bundle.report()
    assert {"ro", "noexec", "nosuid"} <= report.mount("/mnt").options
    assert not {"ro", "noexec"} & report.mount("/mnt/below").options


@needs("root")
def test_the_top_can_differ_from_what_is_below(bundle, host_tree):
    bundle.mount("/mnt", "bind", host_tree("rw"), ["rbind", "rro", "rw"])
    report = bundle.report()
    assert "rw" in report.mount("/mnt").options
    assert "ro" in report.mount("/mnt/below").options


@needs("root")
@pytest.mark.parametrize("option, top, below", PROPAGATION)
def test_propagation(bundle, host_tree, option, top, below):
    """the root, and so the bind, is something else unless told otherwise"""
    path = host_tree("rw")
    for mount in (path, os.path.join(path, "below")):
        subprocess.run(["mount", "--make-shared", mount], check=True)
    bundle.linux["rootfsPropagation"] = "private" if "shared" in option else "shared"
    bundle.mount("/mnt", "bind", path, ["rbind", option])
    report = bundle.report()
    seen = report.mount("/mnt").propagation
    assert top <= seen, seen
    if "private" in option:
        assert not seen & {"shared", "master"}
    if option.startswith("r"):
        assert below <= report.mount("/mnt/below").propagation


@needs("root")
@pytest.mark.parametrize("propagation, options, in_comes, out_goes", [
    ("rprivate", ["rprivate"], False, False), ("rslave", ["rslave"], True, False),
    ("rshared", ["rshared"], True, True), ("rshared", ["rslave", "rshared"], True, False),
    ("rshared", ["rprivate"], False, False), ("rshared", [], True, True)])
def test_what_propagation_does(bundle, host_tree, propagation, options, in_comes, out_goes):
    """mounts that the host makes later come in, and those of the container go out, or not"""
    path = host_tree("rw")
    below = os.path.join(path, "below")
    for name in (path, below):
        subprocess.run(["mount", "--make-shared", name], check=True)
    for name in ("hosts", "containers"):
        os.mkdir(os.path.join(below, name))
    bundle.linux["rootfsPropagation"] = propagation
    bundle.mount("/mnt", "bind", path, ["rbind", *options])
    container = bundle.start()
    hosts, containers = os.path.join(below, "hosts"), os.path.join(below, "containers")
    subprocess.run(["mount", "-t", "tmpfs", "later", hosts], check=True)
    within(container.pid, lambda: libc.mount(b"later", b"/mnt/below/containers", b"tmpfs", 0, None))
    inside, outside = read(f"/proc/{container.pid}/mountinfo"), read("/proc/self/mountinfo")
    subprocess.run(["umount", hosts], check=True)
    if f" {containers} " in outside:
        subprocess.run(["umount", containers], check=True)
    container.remove()
    assert (" /mnt/below/hosts " in inside) == in_comes
    assert " /mnt/below/containers " in inside and (f" {containers} " in outside) == out_goes


@needs("root")
@pytest.mark.parametrize("options, seen", [
    (["rslave", "shared"], {"master", "shared"}), (["shared", "slave"], {"master"}),
    (["private", "slave"], set()), (["private", "shared"], {"shared"})])
def test_several_words_of_propagation_are_taken_in_their_order(bundle, host_tree, options, seen):
    """as by mount(8): each goes on from what the one before has made"""
    path = host_tree("rw")
    subprocess.run(["mount", "--make-shared", path], check=True)
    bundle.linux["rootfsPropagation"] = "shared"
    bundle.mount("/mnt", "bind", path, ["rbind", *options])
    assert bundle.report().mount("/mnt").propagation == seen


@needs("root")
@pytest.mark.parametrize("options, seen", [
    (["rprivate"], set()), (["private"], set()), (["rslave"], {"master"}), (["rshared"], {"master", "shared"}),
    ([], {"master", "shared"})])
def test_a_bind_on_a_shared_mount_is_what_its_row_says(bundle, host_tree, options, seen):
    """what goes onto a shared mount becomes shared, if it is not told otherwise afterwards"""
    path = host_tree("rw")
    subprocess.run(["mount", "--make-shared", path], check=True)
    bundle.mount("/data", "tmpfs", "tmpfs", ["shared"])
    bundle.mount("/data/mnt", "bind", path, ["rbind", *options], point=None)
    assert bundle.report().mount("/data/mnt").propagation == seen


@needs("root")
@pytest.mark.parametrize("propagation, options, seen, others", [
    ("rshared", ["rprivate"], set(), {"shared"}), ("rshared", ["rslave"], {"master"}, {"shared"}),
    ("rshared", [], {"shared"}, {"shared"}), ("rprivate", ["rshared"], {"shared"}, set()),
    ("rprivate", [], set(), set()), ("rslave", ["rshared"], {"master", "shared"}, set()),
    ("rslave", ["rprivate"], set(), set()), ("rslave", [], {"master"}, set()),
    ("runbindable", [], {"unbindable"}, {"unbindable"})])
def test_the_root_has_a_word_for_all_below_that_say_nothing(bundle, host_tree, propagation, options, seen, others):
    """CRI-O and containerd make the root "rshared" for one volume, and say "rprivate" of the others"""
    path = host_tree("rw")
    for mount in (path, os.path.join(path, "below")):
        subprocess.run(["mount", "--make-shared", mount], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "below", bundle.inside("/tmp")], check=True)
    try:
        bundle.linux["rootfsPropagation"] = propagation
        bundle.mount("/mnt", "bind", path, ["rbind", *options])
        report = bundle.report()
    finally:
        subprocess.run(["umount", bundle.inside("/tmp")], check=True)
    assert report.mount("/mnt").propagation == report.mount("/mnt/below").propagation == seen
    for name in ("/", "/tmp", "/proc", "/dev", "/dev/pts"):
        assert report.mount(name).propagation - {"master"} == others, name


@pytest.mark.parametrize("options", [["remount"], ["remount", "bind", "ro"], ["remount", "ro"]])
def test_a_remount_of_what_is_no_mount_is_refused(bundle, options):
    os.mkdir(bundle.inside("/mnt"))
    bundle.mount("/mnt", "none", "none", options, point=None)
    number = len(bundle.mounts) - 1
    error = bundle.error()
    assert f"mounts[{number}] '/mnt'" in error["msg"], error
    assert "nothing is mounted on '/mnt'" in error["msg"] and error["path"] == f"mounts[{number}]"


def test_remount_changes_one_mount(bundle):
    bundle.mount("/mnt", "bind", "/etc", ["bind"])
    bundle.mount("/mnt", "none", "none", ["remount", "bind", "ro", "nosuid"])
    assert {"ro", "nosuid"} <= bundle.report().mount("/mnt").options


@pytest.mark.parametrize("kind", ["socket", "fifo", pytest.param("device", marks=needs("root")),
                                  "link to a file", "link to a directory", "directory", "file"])
def test_sources_of_every_kind(bundle, kind):
    import socket
    path = bundle.outside("source")
    target = bundle.outside("target")
    sock = None
    if kind == "socket":
        sock = socket.socket(socket.AF_UNIX)
        sock.bind(path)
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        os.mknod(path, 0o20666, os.makedev(1, 3))
    elif kind.endswith("directory"):
        os.mkdir(target if "link" in kind else path)
    else:
        open(target if "link" in kind else path, "w", encoding="ascii").close()
    if "link" in kind:
        os.symlink(target, path)
    bundle.mount("/new/place", "bind", path, ["bind"], point=None)
    bundle.allow("/new")
    seen = bundle.probe(("stat", "/new/place")).data("stat", "/new/place")["mode"] & 0o170000
    if sock:
        sock.close()
    assert seen == {"socket": 0o140000, "fifo": 0o010000, "device": 0o020000,
                    "link to a file": 0o100000, "file": 0o100000}.get(kind, 0o040000)


@needs("root")
def test_options_in_one_string_are_named(bundle):
    """mount(2) does not say which of them it was"""
    bundle.mount("/mnt", "tmpfs", "tmpfs", ["mode=700,size=nonsense"])
    bundle.run_fails(r"mounts\[\d+\] '/mnt': make a mount of the file system 'tmpfs' with the options "
                     "'mode=700,size=nonsense': Invalid argument")

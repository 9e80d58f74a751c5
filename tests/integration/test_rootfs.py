"""test_rootfs.py - the root file system: read-only, masked and read-only paths, propagation"""

import os
import shutil
import subprocess

import pytest

from harness.host import LIBRARIES, read
from harness.needs import needs

pytestmark = pytest.mark.disk


def test_the_root_is_the_bundles(bundle):
    bundle.file("/marker", "this one")
    probes = bundle.probe(("read", "/marker"), ("list", "/"))
    assert probes.data("read", "/marker") == "this one"
    assert "marker" in probes.data("list", "/")


def test_read_only(bundle):
    bundle.root["readonly"] = True
    probes = bundle.probe(("create", "/new"), ("mkdir", "/directory"), ("writable", "/bin/payload"))
    assert probes["create", "/new"] == probes["mkdir", "/directory"] == "EROFS"
    assert probes["writable", "/bin/payload"] in ("EROFS", "ETXTBSY")
    assert "ro" in bundle.report().mount("/").options


def test_writable(bundle):
    bundle.root["readonly"] = False
    bundle.allow("/new")
    assert bundle.probe(("create", "/new"))["create", "/new"] is None
    assert os.path.exists(bundle.inside("/new"))


def test_an_absolute_root_path(bundle):
    elsewhere = bundle.outside("elsewhere")
    os.rename(bundle.rootfs, elsewhere)
    bundle.root["path"] = elsewhere
    assert bundle.report().cwd == "/"


def test_a_root_path_through_a_link(bundle):
    os.rename(bundle.rootfs, bundle.outside("elsewhere"))
    os.symlink("../elsewhere", bundle.rootfs)
    assert bundle.report().cwd == "/"


@pytest.mark.parametrize("propagation, seen", [
    ("shared", {"shared"}), ("rshared", {"shared"}), ("private", set()), ("rprivate", set()),
    ("slave", set()), ("rslave", set()), ("unbindable", {"unbindable"}), (None, set())])
def test_propagation(bundle, propagation, seen):
    if propagation:
        bundle.linux["rootfsPropagation"] = propagation
    assert bundle.report().mount("/").propagation - {"master"} == seen


def test_an_unknown_propagation(bundle):
    bundle.linux["rootfsPropagation"] = "sideways"
    bundle.run_fails("linux.rootfsPropagation.*sideways")


def test_masked_files_are_empty_and_directories_too(bundle):
    bundle.file("/secret/file", "secret")
    bundle.file("/secret.txt", "secret")
    bundle.linux["maskedPaths"] += ["/secret", "/secret.txt", "/no/such/path"]
    probes = bundle.probe(("list", "/secret"), ("read", "/secret.txt"), ("create", "/secret/new"),
                          ("read", "/proc/timer_list"), ("list", "/sys/firmware"))
    assert probes.data("list", "/secret") == []
    assert probes.data("read", "/secret.txt") == ""
    assert probes["create", "/secret/new"] == "EROFS"
    assert probes.data("read", "/proc/timer_list") == ""
    assert probes.data("list", "/sys/firmware") == []


def test_a_masked_file_swallows_what_is_written(bundle):
    bundle.root["readonly"] = False
    host = bundle.file("/secret.txt", "secret")
    bundle.linux["maskedPaths"] = ["/secret.txt"]
    bundle.probe(("write", "/secret.txt=overwritten"))
    assert open(host, encoding="ascii").read() == "secret"


@pytest.mark.parametrize("slashes", ["/", "//"])
def test_a_file_with_a_slash_behind_its_name_is_masked_too(bundle, slashes):
    bundle.file("/secret.txt", "secret")
    bundle.file("/kept.txt", "kept")
    bundle.root["readonly"] = False
    bundle.linux["maskedPaths"] = ["/secret.txt" + slashes]
    bundle.linux["readonlyPaths"] = ["/kept.txt" + slashes]
    probes = bundle.probe(("read", "/secret.txt"), ("writable", "/kept.txt"))
    assert probes.data("read", "/secret.txt") == "" and probes["writable", "/kept.txt"] == "EROFS"


@pytest.mark.parametrize("path", ["/", "/etc/..", "/link"])
def test_the_root_cannot_be_masked(bundle, path):
    os.symlink("/", bundle.inside("/link"))
    bundle.linux["maskedPaths"] = [path]
    error = bundle.error()
    assert error["path"] == "linux.maskedPaths[0]" and "it is the root file system" in error["msg"], error


@pytest.mark.parametrize("path", ["/", "/link"])
def test_but_be_read_only_with_all_below(bundle, path):
    os.symlink("/", bundle.inside("/link"))
    bundle.root["readonly"] = False
    bundle.mount("/kept", "tmpfs", "tmpfs")
    bundle.linux["readonlyPaths"] = [path]
    probes = bundle.probe(("create", "/tmp/a"), ("create", "/kept/a"), ("create", "/dev/shm/a"))
    assert {probes["create", place] for place in ("/tmp/a", "/kept/a", "/dev/shm/a")} == {"EROFS"}


@pytest.mark.parametrize("kind", ["maskedPaths", "readonlyPaths"])
@pytest.mark.parametrize("path", ["/proc/1/exe", "/proc/self/root/etc", "/circle"])
def test_a_path_that_cannot_be_followed_is_told(bundle, kind, path):
    """the kernel says 'Too many levels of symbolic links' of all three"""
    os.symlink("circle", bundle.inside("/circle"))
    bundle.linux[kind] = ["/proc/self/fd", path]
    error = bundle.error()
    assert error["path"] == f"linux.{kind}[1]"
    assert f"'{path}'" in error["msg"]
    assert "its links lead in a circle, or it needs one as '/proc/PID/exe' is" in error["msg"]


@needs("root")
def test_readonly_paths(bundle):
    bundle.root["readonly"] = False
    bundle.file("/kept/file", "kept")
    bundle.file("/kept.txt", "kept")
    bundle.linux["readonlyPaths"] += ["/kept", "/kept.txt", "/no/such/path"]
    probes = bundle.probe(("writable", "/kept/file"), ("create", "/kept/new"),
                          ("writable", "/kept.txt"), ("read", "/kept/file"),
                          ("writable", "/proc/sys/kernel/hostname"))
    assert probes["writable", "/kept/file"] == probes["create", "/kept/new"] == "EROFS"
    assert probes["writable", "/kept.txt"] == "EROFS"
    assert probes.data("read", "/kept/file") == "kept"
    assert probes["writable", "/proc/sys/kernel/hostname"] == "EROFS"


def test_readonly_paths_keep_the_other_flags(bundle):
    bundle.mounts[0]["options"] = ["nosuid", "nodev", "noexec"]
    mount = bundle.report().mount("/proc/sys")
    assert {"ro", "nosuid", "nodev", "noexec"} <= mount.options


def test_readonly_paths_cover_the_mounts_below(bundle):
    bundle.root["readonly"] = False
    bundle.mount("/kept", "tmpfs", "tmpfs")
    bundle.mount("/kept/inner", "tmpfs", "tmpfs", point=None)
    bundle.linux["readonlyPaths"] = ["/kept"]
    probes = bundle.probe(("create", "/kept/a"), ("create", "/kept/inner/a"))
    assert probes["create", "/kept/a"] == probes["create", "/kept/inner/a"] == "EROFS"


def test_hostname_and_domainname(bundle):
    bundle.config["hostname"] = "boat"
    bundle.config["domainname"] = "river.example"
    report = bundle.report()
    assert (report.hostname, report.domainname) == ("boat", "river.example")
    assert os.uname().nodename != "boat"


@needs("root")
def test_sysctl(bundle):
    bundle.linux["sysctl"] = {"net.ipv4.ip_forward": "1", "kernel.msgmax": "4321",
                              "fs.mqueue.msg_max": "7"}
    probes = bundle.probe(*(("read", f"/proc/sys/{name}") for name in
                            ("net/ipv4/ip_forward", "kernel/msgmax", "fs/mqueue/msg_max")))
    assert probes.data("read", "/proc/sys/net/ipv4/ip_forward") == "1\n"
    assert probes.data("read", "/proc/sys/kernel/msgmax") == "4321\n"
    assert probes.data("read", "/proc/sys/fs/mqueue/msg_max") == "7\n"


@needs("root")
def test_a_sysctl_of_the_network_where_nothing_else_needs_it(bundle):
    """no sysfs, no hooks, nothing to ask the host for: it is the container's network that gets it all the same"""
    bundle.without_mounts("/sys", "/sys/fs/cgroup")
    bundle.linux["sysctl"] = {"net.ipv4.ip_forward": "1"}
    name = "/proc/sys/net/ipv4/ip_forward"
    assert bundle.probe(("read", name)).data("read", name) == "1\n"


@needs("root")
def test_a_list_of_ports_that_is_longer_than_a_page(bundle):
    """the kernel takes what is whole in the first page, and the rest with another write"""
    ports = [str(port) for port in range(20000, 60000, 3)]
    assert len(",".join(ports)) > os.sysconf("SC_PAGE_SIZE")
    bundle.linux["sysctl"] = {"net.ipv4.ip_local_reserved_ports": ",".join(reversed(ports))}
    name = "/proc/sys/net/ipv4/ip_local_reserved_ports"
    found = bundle.probe(("read", name)).data("read", name).split(",")  # the first of them, in their order
    assert len(found) > 100 and found[:-1] == ports[:len(found) - 1]


@needs("root", "program:strace")  # a user's network comes with the clone
def test_sysctls_are_set_when_lo_is_up(bundle, coracle, directory):
    """what is for devices that are still to come is not for this one, however long the kernel takes to bring it up"""
    bundle.linux["sysctl"] = {"net.ipv4.conf.default.arp_ignore": "8"}
    coracle.prefix = ["strace", "-f", "-o", os.path.join(directory, "strace"), "-e", "trace=ioctl", "-e",
                      "inject=ioctl:delay_enter=200ms:when=2"]
    names = [f"/proc/sys/net/ipv4/conf/{device}/arp_ignore" for device in ("default", "lo")]
    probes = bundle.probe(*(("read", name) for name in names))
    assert [probes.data("read", name) == "8\n" for name in names] == [True, False]


@pytest.mark.parametrize("key", ["vm.swappiness", "kernel.core_pattern", "kernel.hostname",
                                 "net.ipv4.../../kernel/core_pattern", "no.such.key"])
def test_a_sysctl_of_the_host_is_refused(bundle, key):
    bundle.linux["sysctl"] = {key: "1"}
    error = bundle.error()
    assert error["class"] == "config" and key in error["msg"] + error.get("path", "")


SYSCTLS = {"network": ["net.ipv4.ip_forward", "net/ipv4/conf/lo/forwarding", "net.core.somaxconn"],
           "ipc": ["kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall",
                   "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced", "kernel.msg_next_id",
                   "kernel.sem_next_id", "kernel.shm_next_id", "fs.mqueue.msg_max"],
           "uts": ["kernel.hostname", "kernel.domainname"],
           "user": ["user.max_user_namespaces"]}


@pytest.mark.parametrize("kind, key", [
    pytest.param(kind, key, marks=needs("root") if kind == "user" else ())
    for kind, keys in SYSCTLS.items() for key in keys])
@pytest.mark.parametrize("is_joined", [False, pytest.param(True, marks=needs("root"))])
def test_a_sysctl_without_its_namespace_is_refused(bundle, kind, key, is_joined):
    """left out, or that of the host: nothing is written, and nothing is left"""
    path = "/proc/sys/" + (key if "/" in key else key.replace(".", "/"))
    before = read(path) if os.path.exists(path) else None
    bundle.unset_namespace(kind)
    if is_joined:
        bundle.set_namespace(kind, f"/proc/self/ns/{'net' if kind == 'network' else kind}")
    bundle.without_mounts("/dev/mqueue")
    bundle.config.pop("hostname")
    bundle.linux["sysctl"] = {key: before.strip() if before else "1"}
    error = bundle.error()
    assert (error["class"], error["path"]) == ("config", "linux.sysctl")
    assert error["msg"].endswith(f"linux.sysctl: '{key}' would change the host: "
                                 f"the container has no {kind} namespace of its own"), error
    assert before is None or read(path) == before
    assert bundle.runtime.identifiers() == []


def test_personality(bundle):
    bundle.linux["personality"] = {"domain": "LINUX32"}
    assert bundle.report().personality & 0xff == 8


def test_personality_is_not_the_callers(bundle):
    bundle.runtime.prefix = ["setarch", "linux32"]
    assert bundle.report().personality & 0xff == 8
    bundle.linux["personality"] = {"domain": "LINUX"}
    assert bundle.report().personality & 0xff == 0


@needs("root", "program:strace")
@pytest.mark.parametrize("options, times", [([], 1), (["--no-pivot"], 0)])
def test_no_pivot_does_not_pivot(bundle, coracle, directory, options, times):
    log = os.path.join(directory, "strace")
    coracle.prefix = ["strace", "-f", "-o", log, "-e", "trace=pivot_root"]
    bundle.run("exit", 0, options=options)
    with open(log, encoding="utf-8") as file:
        assert file.read().count("pivot_root(") == times


@needs("root")
def test_a_shared_root_whose_mount_is_out_of_reach(bundle, coracle):
    """the runtime is below a chroot(2): the mount that holds the root has no path from there"""
    jail = os.path.dirname(bundle.path)
    seen = ["proc", "dev", *LIBRARIES]
    for name in (*seen, "state"):
        os.mkdir(os.path.join(jail, name))
    shutil.copy(coracle.binary, os.path.join(jail, "coracle"))
    bundle.linux["rootfsPropagation"] = "shared"
    bundle.config["mounts"] = []
    bundle.write()
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-ec",
         f'for name in {" ".join(seen)}; do mount --rbind "/$name" "$0/$name"; done; '
         'exec chroot "$0" /coracle --root /state --cgroup-manager disabled run --no-pivot '
         '--bundle "$1" jailed', jail, "/" + os.path.basename(bundle.path)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert "begins outside of the runtime's own root" in done.stderr


def test_no_pivot_gives_the_same_view(bundle):
    bundle.file("/marker", "this one")
    report = bundle.report(options=["--no-pivot"])
    assert report.cwd == "/"
    probes = bundle.probe(("read", "/marker"), ("list", "/"), options=["--no-pivot"])
    assert probes.data("read", "/marker") == "this one"
    assert probes.data("list", "/").count("marker") == 1



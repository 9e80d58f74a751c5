"""test_security.py - hostile root file systems and old attacks: the host stays as it is

The root file system is the attacker's, config.json is not.  Each test plays one attack; that the
host's mounts, files and processes are as before is checked for every test (conftest.py).
"""

import hashlib
import os
import re
import shutil
import struct
import sys

import pytest

from harness.needs import needs
from harness.runtime import identifiers

pytestmark = needs("root")


def make_link(bundle, path, target):
    """puts a link in the place of what the root file system has there"""
    place = bundle.inside(path)
    if os.path.isdir(place) and not os.path.islink(place):
        shutil.rmtree(place)
    os.symlink(target, place)


class TestLinksInTheImage:
    @pytest.mark.parametrize("path", ["/proc", "/sys"])
    def test_proc_and_sys_must_be_directories(self, bundle, victim, path):
        """CVE-2019-19921, CVE-2023-27561, CVE-2025-54867: /proc is a link to a directory of the
        image"""
        os.mkdir(bundle.inside("/fake"))
        make_link(bundle, path, "/fake")
        bundle.run_fails(rf"'{path}'")

    @pytest.mark.parametrize("path, kind, source, options", [
        ("/dev", "tmpfs", "tmpfs", ()), ("/sys", "bind", "/sys", ["rbind"]), ("/other", "proc", "proc", ()),
        ("/other", "sysfs", "sysfs", ())])
    def test_so_must_what_else_is_trusted(self, bundle, victim, path, kind, source, options):
        """CVE-2019-19921, CVE-2026-41579: /dev, and these three by whatever is mounted there; procfs and sysfs
        anywhere"""
        os.mkdir(bundle.inside("/fake"))
        make_link(bundle, path, "/fake")
        bundle.without_mounts(*(mount["destination"] for mount in bundle.mounts))
        bundle.mount(path, kind, source, options, point=None)
        bundle.run_fails(f"'{path}' in the root is, or is behind, a symbolic link")

    @pytest.mark.parametrize("path", ["/dev", "/tmp", "/etc"])
    def test_a_link_to_the_host_leads_into_the_container(self, bundle, victim, path):
        """CVE-2019-18837, CVE-2026-41579, CVE-2026-47766: /dev is a link to a host path"""
        make_link(bundle, path, victim)
        bundle.mount(f"{path}/point", "tmpfs", "tmpfs", point=None)
        bundle.allow("/tmp", os.path.join("/", victim.strip("/").split("/")[0]), victim)
        bundle.run("report", check=False)
        assert os.listdir(victim) == ["file"]

    @pytest.mark.parametrize("name", ["null", "zero", "full", "random", "urandom", "tty",
                                      "console", "ptmx", "fd", "stdin", "pts", "shm"])
    def test_links_in_dev_without_a_tmpfs_over_it(self, bundle, victim, name):
        """CVE-2024-45310, CVE-2026-41579: devices are made by *at calls in the root"""
        bundle.without_mounts("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue")
        bundle.root["readonly"] = False
        make_link(bundle, f"/dev/{name}", os.path.join(victim, "file"))
        bundle.allow("/dev", "/tmp")
        bundle.run("report", check=False)

    @pytest.mark.parametrize("name", ["null", "zero"])
    def test_dev_null_is_another_device(self, bundle, name):
        """a device node of the image in the place of a default one is not taken for it"""
        bundle.without_mounts("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue")
        os.mknod(bundle.inside(f"/dev/{name}"), 0o20666, os.makedev(1, 11))
        bundle.allow("/dev")
        probe = ("stat", f"/dev/{name}")
        result = bundle.run("probe", *probe, check=False)
        assert result.returncode != 0 or '"rdev": [1, 11]' not in result.stdout

    def test_a_fake_dev_null_does_not_mask(self, bundle):
        """CVE-2025-31133, CVE-2025-62161: masked paths are covered by the host's /dev/null"""
        bundle.without_mounts("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue")
        bundle.file("/secret", "secret")
        bundle.file("/cover", "the image's")
        make_link(bundle, "/dev/null", "/cover")
        bundle.linux["maskedPaths"] = ["/secret"]
        bundle.allow("/dev")
        result = bundle.run("probe", "read", "/secret", "stat", "/secret", check=False)
        if result.returncode == 0:
            assert '"data": ""' in result.stdout and '"rdev": [1, 3]' in result.stdout

    def test_masked_and_readonly_paths_through_links(self, bundle, victim):
        """a link in the image must not turn a mask on a path of the host"""
        for path in ("/mask", "/read-only"):
            make_link(bundle, path, os.path.join(victim, "file"))
        make_link(bundle, "/mask-directory", victim)
        bundle.linux["maskedPaths"] = ["/mask", "/mask-directory"]
        bundle.linux["readonlyPaths"] = ["/read-only"]
        bundle.run("report", check=False)
        assert open(os.path.join(victim, "file"), encoding="ascii").read() == "untouched"

    def test_dev_pts_0_is_a_link(self, bundle, victim):
        """CVE-2025-52565: the terminal comes from its master, not by its name"""
        bundle.process["terminal"] = True
        bundle.without_mounts("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue")
        os.mkdir(bundle.inside("/dev/pts"))
        for name in ("0", "1", "ptmx"):
            os.symlink(os.path.join(victim, "file"), bundle.inside(f"/dev/pts/{name}"))
        bundle.allow("/dev")
        bundle.run("exit", 0, check=False)

    def test_dev_console_is_a_link(self, bundle, victim):
        bundle.process["terminal"] = True
        bundle.without_mounts("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue")
        os.mkdir(bundle.inside("/dev/pts"))
        bundle.mount("/dev/pts", "devpts", "devpts", ["newinstance", "ptmxmode=0666"], point=None)
        os.symlink(os.path.join(victim, "file"), bundle.inside("/dev/console"))
        bundle.allow("/dev")
        bundle.run("exit", 0, check=False)

    def test_etc_passwd_is_a_pipe_or_a_device_or_endless(self, bundle):
        """CVE-2024-9676: what is read of the image is a regular file and has an end"""
        os.mkfifo(bundle.inside("/etc/passwd"))
        bundle.process["env"] = []
        bundle.run("exit", 0, timeout=5)
        os.unlink(bundle.inside("/etc/passwd"))
        os.mknod(bundle.inside("/etc/passwd"), 0o20666, os.makedev(1, 5))
        bundle.run("exit", 0, timeout=5)
        os.unlink(bundle.inside("/etc/passwd"))
        with open(bundle.file("/etc/passwd"), "r+", encoding="ascii") as file:
            file.truncate(1 << 40)
        bundle.run("exit", 0, timeout=5)

    def test_etc_passwd_is_a_link_to_the_hosts(self, bundle, victim):
        with open(os.path.join(victim, "passwd-like"), "w", encoding="ascii") as file:
            file.write("x:x:0:0::/from-the-host:\n")
        bundle.runtime.host.watch(victim)
        bundle.runtime.host.watch_file(victim)
        make_link(bundle, "/etc/passwd", os.path.join(victim, "passwd-like"))
        bundle.process["env"] = []
        assert "/from-the-host" not in "".join(bundle.report().env)


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


class TestTheRuntimesOwnProgram:
    """CVE-2019-5736: a container makes init execute the runtime again, and writes to it"""

    @pytest.fixture(autouse=True)
    def unchanged(self, coracle):
        before = digest(coracle.binary)
        yield
        assert digest(coracle.binary) == before

    @pytest.mark.parametrize("arguments", [["/proc/self/exe", "--version"],
                                           ["/proc/self/exe", "run", "x"], ["/tricky"]],
                             ids=["itself", "itself as run", "through a link"])
    def test_as_the_containers_program(self, bundle, arguments):
        make_link(bundle, "/tricky", "/proc/self/exe")
        bundle.process["args"] = arguments
        bundle.run(check=False)

    def test_with_a_thousand_descriptors_open(self, bundle):
        many = ("import os, resource, sys; hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]; "
                "resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard)); "
                "[os.set_inheritable(os.dup(0), True) for _ in range(1010)]; "
                "os.execvp(sys.argv[1], sys.argv[1:])")
        bundle.runtime.prefix = [sys.executable, "-c", many]
        bundle.run("exit", 0)
        bundle.process["args"] = ["/proc/self/exe", "--version"]
        bundle.run(check=False)

    def test_as_an_interpreter(self, bundle):
        bundle.file("/bin/script", "#!/proc/self/exe\n", 0o755)
        bundle.process["args"] = ["/bin/script"]
        bundle.run(check=False)

    def test_as_an_elf_interpreter(self, bundle):
        """the kernel opens the interpreter of an executable by itself"""
        interpreter = b"/proc/self/exe\0"
        headers = 64 + 2 * 56
        size = headers + len(interpreter)
        elf = (b"\x7fELF\x02\x01\x01" + bytes(9) +
               struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400000 + headers, 64, 0, 0, 64, 56, 2,
                           0, 0, 0) +
               struct.pack("<IIQQQQQQ", 3, 4, headers, 0x400000 + headers, 0x400000 + headers,
                           len(interpreter), len(interpreter), 1) +
               struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, size, size, 0x1000) +
               interpreter)
        path = bundle.inside("/bin/program")
        with open(path, "wb") as file:
            file.write(elf)
        os.chmod(path, 0o755)
        bundle.process["args"] = ["/bin/program"]
        result = bundle.run(check=False)
        # it was the runtime that ran, or the kernel refused: never something that could be written
        assert "payload" not in result.stdout

    def test_init_cannot_be_written_by_way_of_proc(self, make_bundle):
        """a process of the same pid namespace reaches for the waiting init's executable"""
        first = make_bundle("first")
        waiting = first.create(payload=["wait"])
        exe = f"/proc/{waiting.pid}/exe"
        second = make_bundle("second")
        second.unset_namespace("pid")
        # all that a container can be given, and the host's processes in sight
        everything = ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_SYS_ADMIN", "CAP_FOWNER"]
        second.process["capabilities"] = {kind: everything for kind in
                                          ("bounding", "effective", "permitted")}
        second.linux["resources"] = {}
        probe = ("writable", exe)
        answer = second.probe(probe)[probe]
        waiting.remove()
        assert answer in ("EROFS", "EACCES", "EPERM", "ETXTBSY", "ENOENT"), answer

    def test_a_waiting_inits_executable_is_on_a_read_only_mount(self, bundle):
        """even root of the host cannot open it for writing through init"""
        container = bundle.create(payload=["wait"])
        try:
            os.close(os.open(f"/proc/{container.pid}/exe", os.O_WRONLY))
            opened = True
        except OSError as error:
            opened = error.strerror
        container.remove()
        assert opened in ("Read-only file system", "Text file busy", "Operation not permitted")

    def test_init_is_not_to_be_looked_into(self, bundle):
        """between joining and executing, init is not dumpable: /proc/PID belongs to root"""
        bundle.map_ids(100000)
        container = bundle.create(payload=["wait"])
        owner = os.stat(f"/proc/{container.pid}/exe", follow_symlinks=False).st_uid
        container.remove()
        assert owner == 0


class TestLeakedDescriptors:
    """CVE-2024-21626"""

    def test_a_directory_left_open_by_the_caller_is_not_passed_on(self, bundle):
        fd = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.set_inheritable(fd, True)
            report = bundle.report(close_fds=False)
        finally:
            os.close(fd)
        assert sorted(report.fds) == ["0", "1", "2"]

    @pytest.mark.parametrize("number", range(3, 16))
    def test_the_working_directory_by_a_descriptor(self, bundle, number):
        bundle.process["cwd"] = f"/proc/self/fd/{number}"
        bundle.args("probe", "list", "..", "list", "../../../../../../../..")
        bundle.write()
        result = bundle.runtime("run", "--bundle", bundle.path, next(identifiers), check=False)
        assert result.returncode != 0
        assert "process.cwd" in result.stderr
        assert "payload" not in result.stdout

    def test_a_link_to_a_descriptor_as_the_working_directory(self, bundle):
        for number in range(3, 12):
            os.symlink(f"/proc/self/fd/{number}", bundle.inside(f"/fd{number}"))
        for number in range(3, 12):
            bundle.process["cwd"] = f"/fd{number}"
            bundle.run_fails("process.cwd", "exit", "0")

    @pytest.mark.parametrize("way", [
        "/proc/1/fd/{}", "/proc/thread-self/fd/{}", "/proc/self/task/1/fd/{}", "/proc/self/root/proc/1/fd/{}",
        "/proc/self/fdinfo/../fd/{}", "/proc/self/fd/{}/.", "/proc/self/fd/{}/..", "/proc/self/fd/{}/proc",
        "/dev/fd/{}"])
    def test_other_ways_to_a_descriptor_as_the_working_directory(self, bundle, way):
        for number in range(3, 16):
            bundle.process["cwd"] = way.format(number)
            bundle.run_fails("process.cwd", "exit", "0")

    @pytest.mark.parametrize("number", [3, 5, 7, 9])
    def test_a_program_by_a_descriptor(self, bundle, number):
        bundle.process["args"] = [f"/proc/self/fd/{number}/bin/sh", "-c", "exit 0"]
        assert bundle.run(check=False).returncode != 0


class TestProcIsTheRealOne:
    def test_a_fake_proc_is_not_written_to(self, bundle, victim):
        """CVE-2019-16884, CVE-2025-52881, CVE-2025-62596: sysctls and labels go through a procfs of our own"""
        bundle.without_mounts("/proc")
        bundle.linux["maskedPaths"] = bundle.linux["readonlyPaths"] = []
        os.makedirs(bundle.inside("/proc/sys/net/ipv4"))
        fake = bundle.file("/proc/sys/net/ipv4/ip_forward", "fake")
        bundle.linux["sysctl"] = {"net.ipv4.ip_forward": "1"}
        bundle.mount("/real", "proc", "proc")
        probes = bundle.probe(("read", "/real/sys/net/ipv4/ip_forward"))
        assert probes.data("read", "/real/sys/net/ipv4/ip_forward") == "1\n"
        assert open(fake, encoding="ascii").read() == "fake"

    def test_a_fake_proc_names_no_children_of_a_hook(self, bundle):
        """where the configuration mounts no /proc, what is there is the image's: a pipe, say"""
        bundle.without_mounts("/proc")
        bundle.linux["maskedPaths"] = bundle.linux["readonlyPaths"] = []
        os.symlink("1", bundle.inside("/proc/self"))
        os.mkdir(bundle.inside("/proc/thread-self"))
        os.mkfifo(bundle.inside("/proc/thread-self/children"))
        bundle.config["hooks"] = {"startContainer": [{"path": "/bin/payload", "args": ["payload", "exit", "0"]}]}
        bundle.run("exit", 0, timeout=5)

    @pytest.mark.parametrize("destination", ["/proc/self/attr", "/proc/sys", "/proc/self/fd",
                                             "/proc"])
    def test_volumes_over_proc_are_refused(self, bundle, directory, destination):
        source = os.path.join(directory, "source")
        os.mkdir(source)
        bundle.mount(destination, "bind", source, ["bind"], point=None)
        bundle.run_fails(r"mounts\[\d+\]")


class TestLengths:
    """CVE-2021-43784: what 16 bits cannot count is not cut, so that nothing in it is read as another word"""

    LENGTH = (1 << 16) + 8

    @pytest.mark.parametrize("kind", ["uidMappings", "gidMappings"])
    def test_mappings(self, bundle, kind):
        bundle.map_ids(100000)
        bundle.linux[kind] = [{"containerID": number, "hostID": 100000 + 2 * number, "size": 1}
                              for number in range(self.LENGTH // len("1 1 1\n"))]
        assert bundle.error()["path"] == f"linux.{kind}"

    @pytest.mark.parametrize("path", [
        "/" + "x" * LENGTH, "/proc/" + "./" * (LENGTH // 2) + "self/ns/net"], ids=["a name", "a way"])
    def test_the_path_of_a_namespace(self, bundle, path):
        bundle.set_namespace("network", path)
        assert re.match(r"linux\.namespaces\[\d+\]\.path$", bundle.error()["path"])

    @pytest.mark.parametrize("member, device", [("", {"l" * LENGTH: {}}), (".name", {"lo": {"name": "l" * LENGTH}})])
    def test_network_devices(self, bundle, member, device):
        bundle.linux["netDevices"] = device
        error = bundle.error()
        assert error["path"].startswith("linux.netDevices.") and error["path"].endswith(member)
        assert "is no name of a network device" in error["msg"]

    @pytest.mark.parametrize("name", ["hostname", "domainname"])
    def test_names(self, bundle, name):
        bundle.config[name] = "x" * self.LENGTH
        assert bundle.error()["path"] == name

    def test_what_may_be_long_comes_whole(self, bundle):
        value = "".join(map(str, range(self.LENGTH // 4)))
        assert len(value) > self.LENGTH
        bundle.process["env"].append(f"LONG={value}")
        assert bundle.report().environment["LONG"] == value


class TestMagicLinks:
    @pytest.mark.parametrize("target", ["/proc/self/root", "/proc/1/root", "/proc/self/cwd",
                                        "/proc/self/fd/3"])
    def test_a_mount_point_behind_one(self, bundle, victim, target):
        os.symlink(target, bundle.inside("/magic"))
        bundle.mount(f"/magic{victim}/new", "tmpfs", "tmpfs", point=None)
        bundle.allow("/")
        bundle.run("report", check=False)
        assert os.listdir(victim) == ["file"]

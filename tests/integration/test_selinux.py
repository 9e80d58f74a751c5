"""test_selinux.py - process.selinuxLabel and linux.mountLabel; the types are those of
tests/vm/guest/selinux.cil"""

import ctypes
import json
import os

import pytest

from harness import fake_proc
from harness.host import libc, read
from harness.needs import needs

SYS_KEYCTL = {"x86_64": 250, "aarch64": 219}[os.uname().machine]
KEYCTL_GET_SECURITY = 17
CURRENT = "/proc/self/attr/current"
PROCESS = "unconfined_u:unconfined_r:coracle_t:s0:c1,c2"
OTHER = "unconfined_u:unconfined_r:coracle_t:s0:c3"
# of the process's own user: the policy lets few domains make files of another
FILES = "unconfined_u:object_r:coracle_file_t:s0"
SECRET = "unconfined_u:object_r:coracle_secret_t:s0"


def relabel(top, label):
    for directory, _, files in os.walk(top):
        for path in (directory, *(os.path.join(directory, name) for name in files)):
            os.setxattr(path, "security.selinux", label.encode(), follow_symlinks=False)


def key_label(serial):
    label = ctypes.create_string_buffer(256)
    size = libc.syscall(SYS_KEYCTL, KEYCTL_GET_SECURITY, serial, label, len(label))
    assert size > 0, os.strerror(ctypes.get_errno())
    return label.value.decode()


@needs("absent:/sys/fs/selinux/enforce")
@pytest.mark.parametrize("path", ["process.selinuxLabel", "linux.mountLabel"])
def test_without_selinux_a_label_is_refused(bundle, path):
    section, name = path.split(".")
    bundle.config[section][name] = PROCESS
    error = bundle.error()
    assert error["path"] == path
    assert "SELinux is not enabled" in error["msg"] or "without libselinux" in error["msg"]


@needs("root")
def test_an_empty_label_is_none(bundle):
    """the members are there, as some engines write them"""
    bundle.process["selinuxLabel"] = bundle.linux["mountLabel"] = ""
    assert "context" not in bundle.report().proc["mountinfo"]


@needs("root", "lsm:selinux")
class TestLabelled:
    @pytest.fixture
    def bundle(self, bundle, directory):
        bundle.file("/etc/plain", "plain")
        secret = bundle.file("/etc/secret", "secret")
        relabel(directory, FILES)
        os.setxattr(secret, "security.selinux", SECRET.encode())
        bundle.process["selinuxLabel"] = PROCESS
        bundle.process["noNewPrivileges"] = False  # the policy has no nnp_transition
        bundle.linux["mountLabel"] = FILES
        return bundle

    def test_it_is_enforced(self):
        with open("/sys/fs/selinux/enforce", encoding="ascii") as file:
            assert file.read() == "1"

    def test_the_program_has_the_label(self, bundle):
        probes = bundle.probe(("read", CURRENT))
        assert probes.data("read", CURRENT).rstrip("\0") == PROCESS

    @pytest.mark.parametrize("path", ["/proc", "/sys"])
    def test_links_in_the_image_take_no_label_away(self, bundle, directory, path):
        """CVE-2023-28642: /proc is a link, and the label would go into a file of the image"""
        fake_proc.make(bundle.inside("/fake"))
        os.rmdir(bundle.inside(path))
        os.symlink("/fake", bundle.inside(path))
        relabel(directory, FILES)
        bundle.run_fails(f"'{path}'")
        fake_proc.assert_untouched(bundle.inside("/fake"))

    def test_a_proc_of_the_image_is_not_written_to(self, bundle, directory):
        """CVE-2019-16884, CVE-2025-52881"""
        bundle.without_mounts("/proc")
        bundle.linux["maskedPaths"] = bundle.linux["readonlyPaths"] = []
        fake_proc.make(bundle.inside("/proc"))
        relabel(directory, FILES)
        container = bundle.start()
        assert read(f"/proc/{container.pid}/attr/current").rstrip("\0") == PROCESS
        container.remove()
        fake_proc.assert_untouched(bundle.inside("/proc"))

    def test_what_the_policy_denies_is_denied(self, bundle):
        probes = bundle.probe(("read", "/etc/secret"), ("read", "/etc/plain"))
        assert probes["read", "/etc/secret"] == "EACCES"
        assert probes.data("read", "/etc/plain") == "plain"

    def test_without_a_label_it_is_not(self, bundle):
        del bundle.process["selinuxLabel"]
        probes = bundle.probe(("read", "/etc/secret"))
        assert probes.data("read", "/etc/secret") == "secret"

    def test_new_file_systems_have_the_mounts_label(self, bundle):
        del bundle.process["selinuxLabel"]
        bundle.mount("/mnt", "tmpfs")
        relabel(bundle.inside("/mnt"), FILES)
        report = bundle.report()
        for destination in ("/dev", "/dev/shm", "/mnt"):
            assert f"context={FILES}" in report.mount(destination).super_options, destination

    @pytest.mark.parametrize("options", [[], ["sync"]])
    def test_message_queues_have_the_mounts_label(self, bundle, options):
        """they have one file system for all mounts of it, which takes no label of a mount's"""
        mount, = [mount for mount in bundle.mounts if mount["destination"] == "/dev/mqueue"]
        mount["options"] += options
        container = bundle.start()
        queues = f"/proc/{container.pid}/root/dev/mqueue"
        assert os.getxattr(queues, "security.selinux").decode().rstrip("\0") == FILES
        container.remove()

    def test_a_bind_mount_keeps_the_labels_of_its_files(self, bundle, directory):
        """a label can only be given to a new file system: an engine relabels what it binds"""
        source = os.path.join(directory, "source")
        os.mkdir(source)
        for name, label in (("plain", FILES), ("secret", SECRET)):
            with open(os.path.join(source, name), "w", encoding="ascii") as file:
                file.write(name)
        relabel(source, FILES)
        os.setxattr(os.path.join(source, "secret"), "security.selinux", SECRET.encode())
        bundle.mount("/mnt", "bind", source, ["bind"])
        relabel(bundle.inside("/mnt"), FILES)
        probes = bundle.probe(("read", "/mnt/plain"), ("read", "/mnt/secret"))
        assert probes.data("read", "/mnt/plain") == "plain"
        assert probes["read", "/mnt/secret"] == "EACCES"

    def test_a_context_for_a_bind_mount_means_nothing(self, bundle, directory):
        bundle.mount("/mnt", "bind", directory, ["bind", f"context={FILES}"])
        relabel(bundle.inside("/mnt"), FILES)
        assert "'context=" in bundle.run("report").stderr

    def test_the_session_keyring_has_the_programs_label(self, bundle):
        container = bundle.start()
        line, = [line for line in read("/proc/keys").splitlines() if f"-{container.id}:" in line]
        assert key_label(int(line.split()[0], 16)) == PROCESS
        container.remove()

    @pytest.mark.parametrize("option", ["fscontext", "rootcontext"])
    def test_by_another_option(self, bundle, option):
        """as podman asks for it, with crun's annotation; the policy lets us do it to a tmpfs"""
        bundle.without_mounts("/dev/pts", "/dev/mqueue")
        del bundle.process["selinuxLabel"]
        bundle.config["annotations"] = {"run.oci.mount_context_type": option}
        bundle.mount("/mnt", "tmpfs")
        relabel(bundle.inside("/mnt"), FILES)
        options = bundle.report().mount("/mnt").super_options
        assert f"{option}={FILES}" in options
        assert f"context={FILES}" not in options

    def test_by_an_option_that_is_not_the_file_systems(self, bundle):
        """a default label is for those that store labels, which a tmpfs does not for SELinux"""
        bundle.config["annotations"] = {"run.oci.mount_context_type": "defcontext"}
        bundle.run_fails(r"mounts\[1\] '/dev': make the file system 'tmpfs': Invalid argument")

    def test_the_program_may_use_them(self, bundle):
        probes = bundle.probe(("create", "/dev/shm/made"), ("writable", "/dev/null"))
        assert probes["create", "/dev/shm/made"] is None
        assert probes["writable", "/dev/null"] is None

    def test_exec_has_the_containers_label(self, bundle, coracle):
        container = bundle.start()
        assert self.read_current(coracle, container) == PROCESS
        container.remove()

    def test_exec_with_another(self, bundle, coracle):
        container = bundle.start()
        assert self.read_current(coracle, container, "--process-label", OTHER) == OTHER
        container.remove()

    @staticmethod
    def read_current(coracle, container, *options):
        result = coracle("exec", *options, container.id, "/bin/payload", "probe", "read", CURRENT)
        return json.loads(result.stdout)[0]["data"].rstrip("\0")

    @pytest.mark.parametrize("path", ["process.selinuxLabel", "linux.mountLabel"])
    def test_a_label_that_the_policy_does_not_know(self, bundle, path):
        section, name = path.split(".")
        bundle.config[section][name] = "system_u:object_r:no_such_t:s0"
        error = bundle.error()
        assert error["path"] == path
        assert "does not know 'system_u:object_r:no_such_t:s0'" in error["msg"]

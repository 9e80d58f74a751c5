"""test_selinux.py - process.selinuxLabel and linux.mountLabel; the types are those of
tests/vm/guest/selinux.cil"""

import json
import os

import pytest

from harness import fake_proc
from harness.host import read
from harness.needs import needs

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


@pytest.mark.parametrize("path", ["process.selinuxLabel", "linux.mountLabel"])
def test_without_selinux_a_label_is_refused(bundle, path):
    if os.path.exists("/sys/fs/selinux/enforce"):
        pytest.skip("SELinux is here")
    section, name = path.split(".")
    bundle.config[section][name] = PROCESS
    error = bundle.error()
    assert error["path"] == path
    assert "SELinux is not enabled" in error["msg"] or "without libselinux" in error["msg"]


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

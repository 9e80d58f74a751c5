"""test_apparmor.py - process.apparmorProfile: on run, on exec, on top of what the runtime is held by"""

import json
import os
import subprocess

import pytest

from harness import fake_proc
from harness.host import read, within
from harness.needs import needs

CURRENT = "/proc/self/attr/current"
PROFILES = """
profile coracle-test flags=(attach_disconnected, mediate_deleted) {
  file, capability, network, signal, ptrace, unix, mount, umount, pivot_root,
  deny /etc/secret r,
}
profile coracle-test-other flags=(attach_disconnected, mediate_deleted) {
  file, capability, network, signal, ptrace, unix, mount, umount, pivot_root, change_profile,
  deny /etc/other r,
}
"""


@needs("absent:/sys/kernel/security/apparmor")
def test_without_apparmor_a_profile_is_refused(bundle):
    bundle.process["apparmorProfile"] = "some"
    error = bundle.error()
    assert error["path"] == "process.apparmorProfile"
    assert "'some'" in error["msg"] and "AppArmor is not enabled" in error["msg"]


@needs("root:", "lsm:apparmor", "program:apparmor_parser")
class TestConfined:
    @pytest.fixture(scope="class", autouse=True)
    def profiles(self):
        def load(what):
            subprocess.run(["apparmor_parser", "--skip-cache", what], input=PROFILES, text=True,
                           check=True)
        load("--replace")
        yield
        load("--remove")

    @pytest.fixture
    def bundle(self, bundle):
        bundle.file("/etc/secret", "secret")
        bundle.file("/etc/other", "other")
        bundle.process["apparmorProfile"] = "coracle-test"
        return bundle

    def test_the_program_runs_in_the_profile(self, bundle):
        probes = bundle.probe(("read", CURRENT))
        assert probes.data("read", CURRENT) == "coracle-test (enforce)\n"

    @pytest.mark.parametrize("no_new_privileges", [False, True])
    def test_what_the_profile_denies_is_denied(self, bundle, no_new_privileges):
        bundle.process["noNewPrivileges"] = no_new_privileges
        probes = bundle.probe(("read", "/etc/secret"), ("read", "/etc/other"))
        assert probes["read", "/etc/secret"] == "EACCES"
        assert probes.data("read", "/etc/other") == "other"

    @pytest.mark.parametrize("path", ["/proc", "/sys"])
    def test_links_in_the_image_take_no_profile_away(self, bundle, path):
        """CVE-2023-28642: /proc is a link, and the profile would go into a file of the image"""
        fake_proc.make(bundle.inside("/fake"))
        os.rmdir(bundle.inside(path))
        os.symlink("/fake", bundle.inside(path))
        bundle.run_fails(f"'{path}'")
        fake_proc.assert_untouched(bundle.inside("/fake"))

    def test_a_proc_of_the_image_is_not_written_to(self, bundle):
        """CVE-2019-16884, CVE-2025-52881"""
        bundle.without_mounts("/proc")
        bundle.linux["maskedPaths"] = bundle.linux["readonlyPaths"] = []
        fake_proc.make(bundle.inside("/proc"))
        container = bundle.start()
        assert read(f"/proc/{container.pid}/attr/current") == "coracle-test (enforce)\n"
        container.remove()
        fake_proc.assert_untouched(bundle.inside("/proc"))

    def test_exec_does_not_write_to_what_covers_proc(self, bundle, coracle):
        """the same, of a container that could mount something there"""
        container = bundle.start()
        fake_proc.cover(container.pid)
        result = coracle("exec", container.id, "/bin/payload", "probe", "read", "/etc/secret")
        assert json.loads(result.stdout)[0]["error"] == "EACCES"
        within(container.pid, lambda: fake_proc.assert_untouched("/proc"))
        container.remove()

    def test_an_unknown_profile_is_an_error(self, bundle):
        bundle.process["apparmorProfile"] = "coracle-unknown"
        error = bundle.error()
        assert error["path"] == "process.apparmorProfile"
        assert "no profile 'coracle-unknown' is loaded" in error["msg"]

    def test_exec_has_the_containers(self, bundle, coracle):
        container = bundle.start()
        assert self.read_current(coracle, container) == "coracle-test (enforce)\n"
        container.remove()

    def test_exec_with_another(self, bundle, coracle):
        container = bundle.start()
        current = self.read_current(coracle, container, "--apparmor", "coracle-test-other")
        assert current == "coracle-test-other (enforce)\n"
        container.remove()

    @staticmethod
    def read_current(coracle, container, *options):
        result = coracle("exec", *options, container.id, "/bin/payload", "probe", "read", CURRENT)
        return json.loads(result.stdout)[0]["data"]

    CONFINED = ["sh", "-ec", 'echo "exec coracle-test-other" > /proc/self/attr/exec; exec "$@"', "sh"]

    @pytest.mark.parametrize("no_new_privileges", [False, True])
    def test_a_confined_runtime_stacks_its_own(self, bundle, coracle, no_new_privileges):
        bundle.process["noNewPrivileges"] = no_new_privileges
        coracle.prefix = self.CONFINED
        probes = bundle.probe(("read", "/etc/secret"), ("read", "/etc/other"), ("read", CURRENT))
        assert probes["read", "/etc/secret"] == "EACCES"
        assert probes["read", "/etc/other"] == "EACCES"
        names = probes.data("read", CURRENT).partition(" ")[0].split("//&")
        assert sorted(names) == ["coracle-test", "coracle-test-other"]

    @pytest.mark.parametrize("no_new_privileges", [False, True])
    def test_and_for_exec(self, bundle, coracle, no_new_privileges):
        """in a container that none was stacked in"""
        bundle.process["noNewPrivileges"] = no_new_privileges
        container = bundle.start()
        coracle.prefix = self.CONFINED
        names = self.read_current(coracle, container).partition(" ")[0].split("//&")
        assert sorted(names) == ["coracle-test", "coracle-test-other"]
        coracle.prefix = []
        container.remove()

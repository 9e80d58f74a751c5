"""test_delegation.py - containers that manage cgroups of their own: ownership, sub-cgroups

The rules are those of the runtime specification's "Cgroup ownership".
"""

import os

import pytest

from harness.cgroup import cgroup_directory, cgroup_mount, cgroup_path
from harness.host import LIBRARIES, read
from harness.needs import needs
from harness.runtime import eventually

pytestmark = needs("root")

HOST_ID = 100000
ANNOTATION = "run.oci.delegate-cgroup"


@pytest.fixture
def writable(bundle):
    """root of a user namespace, a cgroup namespace, and the cgroup mounted for writing"""
    bundle.map_ids(HOST_ID)
    bundle.set_namespace("cgroup")
    mount_cgroup(bundle, "nosuid", "noexec", "nodev")
    return bundle


def mount_cgroup(bundle, *options):
    bundle.without_mounts("/sys/fs/cgroup")
    bundle.mount("/sys/fs/cgroup", "cgroup", "cgroup", options, point=None)


def owner(container, name=""):
    return os.stat(os.path.join(cgroup_directory(container.pid), name)).st_uid


def delegated_files(directory):
    names = read("/sys/kernel/cgroup/delegate").split()
    return [name for name in names if os.path.exists(f"{directory}/{name}")]


def test_the_cgroup_is_given_to_the_containers_root(writable):
    container = writable.start()
    directory = cgroup_directory(container.pid)
    files = delegated_files(directory)
    assert {"cgroup.procs", "cgroup.subtree_control", "cgroup.threads"} <= set(files)
    assert owner(container) == HOST_ID
    for name in os.listdir(directory):
        assert owner(container, name) == (HOST_ID if name in files else 0), name
    container.remove()


def test_it_can_make_cgroups_and_not_lift_its_limits(writable):
    probes = writable.probe(("mkdir", "/sys/fs/cgroup/new"),
                            ("write", "/sys/fs/cgroup/cgroup.max.depth=5"))
    assert probes["mkdir", "/sys/fs/cgroup/new"] is None
    assert probes["write", "/sys/fs/cgroup/cgroup.max.depth=5"] == "EACCES"


def test_it_is_given_to_the_user_of_the_process(writable):
    writable.process["user"] = {"uid": 1000, "gid": 1000}
    container = writable.start()
    assert owner(container) == HOST_ID + 1000
    container.remove()


def test_without_a_user_namespace_too(bundle):
    bundle.set_namespace("cgroup")
    mount_cgroup(bundle)
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    container = bundle.start()
    assert owner(container) == 1000
    container.remove()


@pytest.mark.parametrize("destination, options", [
    ("/sys/fs/cgroup/", ()), ("/sys//fs/./cgroup", ()), ("/sys/fs/cgroup", ("ro", "rw"))])
def test_it_is_given_wherever_it_is_writable(writable, destination, options):
    mount_cgroup(writable, *options)
    writable.mounts[-1]["destination"] = destination
    container = writable.start()
    assert owner(container) == HOST_ID
    container.remove()


def test_it_is_given_where_a_later_row_makes_it_writable(writable):
    mount_cgroup(writable, "ro")
    writable.mount("/sys/fs/cgroup", "cgroup", "cgroup", ["bind", "remount", "rw"], point=None)
    assert writable.probe(("mkdir", "/sys/fs/cgroup/new"))["mkdir", "/sys/fs/cgroup/new"] is None


@pytest.mark.parametrize("change", ["read-only", "recursively", "later", "covered", "no cgroup namespace", "no mount"])
def test_else_it_stays_ours(writable, change):
    if change == "read-only":
        mount_cgroup(writable, "ro")
    elif change == "recursively":
        mount_cgroup(writable, "rro")
    elif change == "later":
        writable.mount("/sys/fs/cgroup", "cgroup", "cgroup", ["bind", "remount", "ro"], point=None)
    elif change == "covered":
        writable.mount("/sys/fs/cgroup", "tmpfs", point=None)
    elif change == "no cgroup namespace":
        writable.unset_namespace("cgroup")
    else:
        writable.without_mounts("/sys/fs/cgroup")
    container = writable.start()
    assert owner(container) == 0
    container.remove()


class TestSubCgroup:
    def test_init_is_below_the_containers_cgroup(self, bundle):
        bundle.set_namespace("cgroup")
        bundle.config["annotations"] = {ANNOTATION: "init.scope"}
        container = bundle.start()
        path = cgroup_path(container.pid)
        assert path.endswith(f"/{container.id}/init.scope")
        container.runtime("pause", container.id)
        assert container.status == "paused"
        container.runtime("resume", container.id)
        container.remove()
        assert not os.path.exists(cgroup_mount() + os.path.dirname(path))

    def test_it_sees_only_that(self, bundle):
        bundle.set_namespace("cgroup")
        bundle.config["annotations"] = {ANNOTATION: "a/b"}
        mount_cgroup(bundle, "ro")
        assert "0::/\n" in bundle.report().proc["cgroup"]

    def test_without_a_cgroup_namespace_too(self, bundle):
        bundle.unset_namespace("cgroup")
        bundle.config["annotations"] = {ANNOTATION: "a/b"}
        bundle.map_ids(100000)
        mount_cgroup(bundle, "ro")
        probes = bundle.probe(("read", "/sys/fs/cgroup/cgroup.procs"))
        assert probes.data("read", "/sys/fs/cgroup/cgroup.procs") == "1\n"

    def test_the_limits_are_above_it(self, writable):
        writable.linux["resources"] = {"unified": {"cgroup.max.depth": "7"}}
        writable.config["annotations"] = {ANNOTATION: "a"}
        container = writable.start()
        directory = cgroup_directory(container.pid)
        assert owner(container) == HOST_ID
        assert os.stat(os.path.dirname(directory)).st_uid == 0
        assert read(f"{directory}/cgroup.max.depth") == "max\n"
        assert read(f"{os.path.dirname(directory)}/cgroup.max.depth") == "7\n"
        container.remove()

    @needs("controller:memory", "controller:pids")
    def test_it_has_the_controllers(self, writable):
        writable.config["annotations"] = {ANNOTATION: "a"}
        container = writable.start()
        names = read(f"{cgroup_directory(container.pid)}/cgroup.controllers").split()
        assert {"memory", "pids"} <= set(names)
        container.remove()

    @needs("controller:memory", "file:/usr/lib/systemd/systemd")
    def test_systemd_manages_it(self, writable):
        """of the machine, with one service, which has a limit"""
        unit = ("[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/payload wait\n"
                f"MemoryMax={32 << 20}\n")
        writable.file("/etc/systemd/system/one.service", unit)
        writable.file("/etc/machine-id", "0123456789abcdef0123456789abcdef\n")
        writable.file("/etc/os-release", "ID=test\n")
        for name in set(LIBRARIES) - {"usr"}:
            os.symlink(f"usr/{name}", writable.inside(f"/{name}"))
        writable.mount("/usr", "bind", "/usr", ["rbind", "ro"])
        for name in ("/run", "/tmp", "/var"):
            writable.mount(name, "tmpfs", "tmpfs", ["mode=755"])
        for names in writable.process["capabilities"].values():
            names += ["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE", "CAP_SETUID", "CAP_SETGID"]
        writable.process["env"].append("container=oci")
        writable.process["args"] = ["/usr/lib/systemd/systemd", "--unit=one.service"]
        writable.config["annotations"] = {ANNOTATION: "below"}
        writable.linux["resources"] = {"memory": {"limit": 256 << 20}}
        writable.map_ids(HOST_ID)
        container = writable.create("--detach", command="run")
        top = f"{cgroup_directory(container.pid).partition('/below')[0]}"
        service = f"{top}/below/system.slice/one.service"
        eventually(lambda: os.path.exists(f"{service}/cgroup.procs") and
                   read(f"{service}/cgroup.procs"), "the service")
        assert read(f"{service}/memory.max") == f"{32 << 20}\n"
        assert read(f"{top}/memory.max") == f"{256 << 20}\n"
        assert cgroup_directory(container.pid) == f"{top}/below/init.scope"
        assert container.exec("exit", 7, check=False).returncode == 7
        container.remove()
        assert not os.path.exists(top)

    def test_exec_gets_there_too(self, bundle):
        bundle.config["annotations"] = {ANNOTATION: "a"}
        container = bundle.start()
        result = bundle.runtime("exec", container.id, "/bin/payload", "exit", "7", check=False)
        assert result.returncode == 7
        container.remove()

    @pytest.mark.parametrize("path", ["..", "../x", "a/../../b", ".", "a/.", "/a", "a//b", "a/",
                                      ""])
    def test_a_path_that_leads_elsewhere_is_refused(self, bundle, path):
        bundle.config["annotations"] = {ANNOTATION: path}
        error = bundle.error()
        assert error["class"] == "config"
        assert error["path"] == f'annotations["{ANNOTATION}"]'

    def test_what_a_failed_create_made_goes(self, bundle):
        bundle.config["annotations"] = {ANNOTATION: "a/b"}
        bundle.process["args"] = ["/bin/missing"]
        bundle.run_fails("/bin/missing")

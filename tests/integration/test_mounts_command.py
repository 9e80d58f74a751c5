"""test_mounts_command.py - mounts add and mounts remove: the mounts of a container that runs"""

import json
import os

import pytest

from harness.needs import missing, needs
from harness.runtime import eventually

HOST = 100000


@pytest.fixture
def source(bundle):
    path = bundle.outside("source")
    os.makedirs(os.path.join(path, "below"))
    with open(os.path.join(path, "file"), "w", encoding="ascii") as file:
        file.write("content")
    return path


class Live:
    """a running container, and the command"""

    def __init__(self, bundle, coracle):
        self.bundle = bundle
        self.coracle = coracle
        bundle.root["readonly"] = False
        self.container = bundle.start()
        self.number = 0

    def file(self, mounts):
        self.number += 1
        path = self.bundle.outside(f"mounts-{self.number}.json")
        with open(path, "w", encoding="ascii") as file:
            file.write(mounts if isinstance(mounts, str) else json.dumps(mounts))
        return path

    def __call__(self, what, mounts, **keywords):
        return self.coracle("mounts", what, self.container.id, self.file(mounts), **keywords)

    def fails(self, what, mounts, message):
        before = self.table()
        self.coracle.fails("mounts", what, self.container.id, self.file(mounts), message=message)
        assert self.table() == before

    def table(self):
        """{mount point: (type, options)} as the container has it"""
        found = {}
        with open(f"/proc/{self.container.pid}/mountinfo", encoding="utf-8") as file:
            for line in file:
                fields = line.split()
                kind = fields[fields.index("-") + 1]
                found[fields[4]] = (kind, set(fields[5].split(",")))
        return found

    def inside(self, path):
        return f"/proc/{self.container.pid}/root{path}"


@pytest.fixture
def live(request, bundle, coracle, source):
    if getattr(request, "param", "root") == "user":
        bundle.map_ids(HOST)
    os.mkdir(os.path.join(bundle.path, "beside"))
    bundle.allow("/")
    made = Live(bundle, coracle)
    yield made
    made.container.remove()


with_and_without_user_namespace = pytest.mark.parametrize(
    "live", ["root", pytest.param("user", marks=needs("root"))], indirect=True)


def bind(source, destination, *options):
    return {"destination": destination, "type": "bind", "source": source,
            "options": ["bind", *options]}


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read()


@needs("root")
@with_and_without_user_namespace
@pytest.mark.parametrize("wrap", [lambda mounts: mounts, lambda mounts: {"mounts": mounts}],
                         ids=["list", "object"])
def test_a_directory_and_a_file(live, source, wrap):
    mounts = [bind(source, "/new/directory", "ro", "nosuid"),
              bind(f"{source}/file", "/new/file")]
    live("add", wrap(mounts))
    assert read(live.inside("/new/directory/file")) == "content"
    assert read(live.inside("/new/file")) == "content"
    assert {"ro", "nosuid"} <= live.table()["/new/directory"][1]
    live("remove", wrap(mounts))
    assert not {"/new/directory", "/new/file"} & set(live.table())
    assert os.listdir(live.inside("/new/directory")) == []


@with_and_without_user_namespace
def test_a_new_file_system(live):
    mounts = [{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs",
               "options": ["size=64k", "mode=750", "noexec"]}]
    live("add", mounts)
    kind, options = live.table()["/mnt"]
    assert kind == "tmpfs" and "noexec" in options
    assert os.stat(live.inside("/mnt")).st_mode & 0o7777 == 0o750
    maps = live.bundle.linux.get("uidMappings")
    assert os.stat(live.inside("/mnt")).st_uid == (maps[0]["hostID"] if maps else 0)
    live("remove", mounts)
    assert "/mnt" not in live.table()


@needs("root")
@with_and_without_user_namespace
def test_nested_mounts_go_in_reverse(live, source):
    mounts = [{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs"},
              bind(source, "/mnt/inner")]
    before = live.table()
    live("add", mounts)
    assert {"/mnt", "/mnt/inner"} <= set(live.table())
    live("remove", mounts)
    assert live.table() == before


@needs("root")
@needs("kernel:6.3")  # a tmpfs before maps no ids
@with_and_without_user_namespace
def test_an_id_mapping(live, source):
    maps = [{"containerID": 0, "hostID": 7, "size": 10}]
    live("add", [{**bind(source, "/mnt"), "uidMappings": maps, "gidMappings": maps},
                 {"destination": "/new", "type": "tmpfs", "source": "tmpfs",
                  "uidMappings": maps, "gidMappings": maps}])
    assert os.stat(live.inside("/mnt/file")).st_uid == 7
    assert os.stat(live.inside("/new")).st_uid == 7


@needs("root")
def test_all_or_nothing(live, source):
    live.fails("add", [bind(source, "/mnt"), bind(source, "/new/two"),
                       {"destination": "/new/three", "type": "nosuchfs", "source": "x"}],
               r"mounts\[2\] '/new/three'.*nosuchfs")
    live.fails("add", [bind(source, "/mnt"), bind("/no/such", "/new/two")],
               r"mounts\[1\] '/new/two'.*'/no/such'")


@needs("root")
def test_relative_sources_are_below_the_bundle(live):
    live("add", [bind("beside", "/mnt")])
    assert "/mnt" in live.table()


@needs("root")
def test_the_host_sees_nothing_of_it(live, source):
    before = read("/proc/self/mountinfo")
    live("add", [bind(source, "/mnt"), {"destination": "/new", "type": "tmpfs", "source": "t"}])
    assert read("/proc/self/mountinfo") == before


@needs("root")
def test_a_created_and_a_paused_container(bundle, coracle, source):
    bundle.root["readonly"] = False
    bundle.allow("/mnt")
    container = bundle.create(payload=["probe", "read", "/mnt/file"])
    path = bundle.outside("mounts.json")
    with open(path, "w", encoding="ascii") as file:
        json.dump([bind(source, "/mnt")], file)
    coracle("mounts", "add", container.id, path)
    container.start()
    container.wait_output("content")
    container.wait_stopped()
    container.remove()


class TestHostile:
    """the container has had time to prepare its file system"""

    @needs("root")
    def test_links_lead_inside(self, live, source, directory, host):
        victim = os.path.join(directory, "victim")
        os.mkdir(victim)
        host.watch(victim)
        os.symlink(victim, live.inside("/link"))
        live("add", [bind(source, "/link/deep")])
        assert os.listdir(victim) == []
        assert f"{victim}/deep" in live.table()
        live.fails("remove", [bind(source, "/link/deep")], "symbolic link")
        live("remove", [bind(source, f"{victim}/deep")])
        assert f"{victim}/deep" not in live.table()

    def lead_to_proc(self, live):
        """what a container may do that has no CAP_SYS_ADMIN: /data/sys is /proc/sys by now"""
        os.rename(live.inside("/data"), live.inside("/old"))
        os.symlink("/proc", live.inside("/data"))

    @needs("root")
    def test_what_protects_the_host_is_not_taken_away(self, live):
        mounts = [{"destination": "/data/sys", "type": "tmpfs", "source": "tmpfs"}]
        live("add", mounts)
        self.lead_to_proc(live)
        live.fails("remove", mounts, "'/data/sys' is, or is behind, a symbolic link")
        assert "ro" in live.table()["/proc/sys"][1]
        live("remove", [{"destination": "/old/sys"}])
        assert "/old/sys" not in live.table()

    @needs("root", "program:strace")
    def test_nor_when_an_addition_fails(self, live, source, coracle, directory):
        """the way back leads to what was mounted, wherever that is by then"""
        mounts = [{"destination": "/data/sys", "type": "tmpfs", "source": "tmpfs"},
                  bind(source, "/bin/payload/none")]
        before = live.table()
        coracle.prefix = ["strace", "-f", "-o", os.path.join(directory, "strace"), "-e", "trace=move_mount",
                          "-e", "inject=move_mount:delay_exit=2000000:when=1"]
        adding = coracle.popen("mounts", "add", live.container.id, live.file(mounts))
        coracle.prefix = []
        eventually(lambda: "/data/sys" in live.table(), "the first of them")
        self.lead_to_proc(live)
        result = coracle.finish(adding)
        assert result.returncode == 1 and "/bin/payload/none" in result.stderr
        assert live.table() == before

    def test_magic_links_are_not_followed(self, live, source, directory):
        os.symlink("/proc/1/root", live.inside("/magic"))
        live.fails("add", [bind(source, "/magic/new")], "'/magic/new'|'/new'|mounts")

    @needs("kernel:6.17")
    @with_and_without_user_namespace
    def test_a_procfs_is_that_of_the_container(self, live):
        """though nobody of ours is in its pid namespace"""
        os.makedirs(live.inside("/more"), exist_ok=True)
        mounts = [{"destination": "/more", "type": "proc", "source": "proc",
                   "options": ["nosuid", "noexec", "nodev"]}]
        live("add", mounts)
        assert live.table()["/more"][0] == "proc"
        probes = json.loads(live.coracle("exec", live.container.id, "/bin/payload", "probe", "list",
                                         "/more", "read", "/more/1/cmdline").stdout)
        pids = {name for name in probes[0]["data"] if name.isdigit()}
        assert "1" in pids and len(pids) <= 3 and str(live.container.pid) not in pids - {"1"}
        assert probes[1]["data"].startswith("/bin/payload")
        live("remove", mounts)
        assert "/more" not in live.table()

    @pytest.mark.skipif(missing("kernel:6.17") is None, reason="the kernel can add a procfs")
    def test_a_procfs_before_the_kernel_can(self, live):
        live.fails("add", [{"destination": "/proc", "type": "proc"}], "Linux 6.17")

    @needs("root")
    def test_proc_and_its_files(self, live, source):
        live.fails("add", [bind(source, "/proc")], "only a procfs")
        live.fails("add", [bind(source, "/proc/sys")], r"mounts\[0\]\.destination.*inside /proc")
        os.symlink("/proc/sys", live.inside("/innocent"))
        live.fails("add", [bind(source, "/innocent")], "leads into a procfs")


class TestRefused:
    FILES = [
        ([{"destination": "/mnt", "type": "tmpfs", "source": "t", "options": ["iversion"]}],
         r"mounts\[0\]\.options.*iversion"),
        ([{"destination": "/mnt", "type": "bind", "source": "/etc", "options": ["copy-symlink"]}],
         r"mounts\[0\]\.options.*copy-symlink"),
        ([{"type": "tmpfs"}], r"mounts\[0\]\.destination"),
        ([{"destination": "/", "type": "tmpfs"}], r"mounts\[0\]\.destination"),
        ([], r"mounts"),
        ({}, r"mounts"),
        ("{", r"mounts-\d+\.json"),
        ("[1]", r"mounts-\d+\.json.*mounts\[0\]"),
        ("", r"mounts-\d+\.json"),
    ]

    def test_files(self, live):
        for mounts, message in self.FILES:
            live.fails("add", mounts, message)

    def test_nothing_to_remove(self, live):
        for destination, message in (("/etc", "nothing is mounted there"), ("/none", "No such file"),
                                     ("/", "root file system stays"), ("/proc/self", "symbolic link")):
            live.fails("remove", [{"destination": destination}], message)

    def test_the_command_line(self, coracle, live):
        coracle.fails("mounts", "list", live.container.id, "x", message="neither add nor remove")
        coracle.fails("mounts", "add", live.container.id, "/no/such/file", message="/no/such/file")
        coracle.fails("mounts", "add", "no-such", live.file([bind("/etc", "/mnt")]),
                      message="no-such")

    def test_a_stopped_container(self, bundle, coracle, source):
        container = bundle.create("--detach", payload=["exit", "0"], command="run")
        container.wait_stopped()
        path = bundle.outside("mounts.json")
        with open(path, "w", encoding="ascii") as file:
            json.dump([bind(source, "/mnt")], file)
        coracle.fails("mounts", "add", container.id, path, message="it is stopped")
        container.remove()

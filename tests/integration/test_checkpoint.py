"""test_checkpoint.py - checkpoint and restore, by criu

What criu itself does not do on every kernel is tried where tests/vm has one that it knows.  A standard
descriptor that is a file must have the same size again, so programs here print nothing before they are
restored, unless it is to a pipe or a terminal.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import shutil
import socket
import stat
import subprocess
import time

import pytest

from harness.cgroup import cgroup_directory, cgroup_path
from harness.host import libc, read, within
from harness.needs import needs
from harness.report import Probes
from harness.runtime import TIMEOUT, Container, eventually, identifiers
from harness.terminal import Terminal, listening, read_until, receive_descriptor
from rdtbox import resctrl  # noqa: F401

WITH_CRIU = needs("root", "program:criu", "file:/sys/fs/cgroup/cgroup.controllers")


@pytest.fixture(scope="module", autouse=True)
def criu_knows_the_kernel():
    """what criu finds out about the kernel it keeps in /run: not for a test to stumble over"""
    if shutil.which("criu"):
        subprocess.run(["criu", "check"], capture_output=True, check=False)


@pytest.fixture(autouse=True)
def built_in(coracle):
    features = json.loads(coracle("features").stdout)
    if features["annotations"]["coracle.checkpoint.enabled"] != "true":
        pytest.skip("built without libprotobuf-c")


class Saved:
    """a bundle whose container is saved in files beside it, and restored"""

    def __init__(self, bundle):
        self.bundle = bundle
        self.runtime = bundle.runtime
        self.images = bundle.outside("images")
        bundle.root["readonly"] = False
        self.container = None

    def start(self, *payload, **keywords):
        self.container = self.bundle.create("--detach", payload=payload, command="run", **keywords)
        return self.container

    @contextlib.contextmanager
    def log(self, name):
        """shows the end of criu's log when what is done fails"""
        try:
            yield
        except (AssertionError, subprocess.TimeoutExpired):
            with contextlib.suppress(OSError):
                print(read(os.path.join(self.images, name))[-3000:])
            raise

    def checkpoint_words(self, *options):
        return "checkpoint", "--image-path", self.images, *options, self.container.id

    def checkpoint(self, *options, **keywords):
        with self.log("dump.log"):
            return self.runtime(*self.checkpoint_words(*options), **keywords)

    def checkpoint_fails(self, message, *options):
        return self.runtime.fails(*self.checkpoint_words(*options), message=message)

    def restore_words(self, *options):
        self.bundle.write()
        self.container = Container(self.runtime, next(identifiers))
        return "restore", "--bundle", self.bundle.path, "--image-path", self.images, *options

    def restore(self, *options, **keywords):
        """into a container with a name of its own, detached"""
        words = self.restore_words("--detach", *options)
        with self.log("restore.log"):
            popen = self.runtime.popen(*words, self.container.id, **keywords)
            self.container.out, self.container.err = popen.out, popen.err
            result = self.runtime.finish(popen)
            assert result.returncode == 0, str(result)
        return self.container

    def restore_fails(self, message, *options, **keywords):
        """and leaves nothing behind (the host fixture sees to the rest)"""
        words = self.restore_words("--detach", *options)
        result = self.runtime.fails(*words, self.container.id, message=message, **keywords)
        assert self.container.id not in self.runtime.identifiers()
        self.container = None
        return result

    def remove(self):
        if self.container and self.container.id in self.runtime.identifiers():
            self.container.remove()


class Counter(Saved):
    """one whose program counts in a file"""

    def __init__(self, bundle):
        super().__init__(bundle)
        self.file = bundle.inside("/tmp/count")
        bundle.allow("/tmp", "/tmp/count")

    def count(self, *words, path="/tmp/count", **keywords):
        self.start("count", path, "7", *words, **keywords)
        self.await_more()
        return self.container

    def number(self):
        return int(read(self.file) or 0) if os.path.exists(self.file) else 0

    def await_more(self):
        before = self.number()
        eventually(lambda: self.number() > before + 3, "a higher number")

    def goes_on(self, *options, **keywords):
        """restores it, and sees it count on from where it was"""
        number = self.number()
        self.restore(*options, **keywords)
        self.await_more()
        assert self.number() > number > 3
        return self.container


@pytest.fixture
def saved(bundle):
    saved = Saved(bundle)
    yield saved
    saved.remove()


@pytest.fixture
def counter(bundle):
    counter = Counter(bundle)
    yield counter
    counter.remove()


@needs("root", "program:criu", "file:/dev/fuse")
def test_a_file_system_that_nobody_serves_is_not_waited_for(saved, directory):
    """in the container, and on the way to what was bound there"""
    source = os.path.join(directory, "source")
    os.mkdir(source)
    saved.bundle.mount("/served/inside", "bind", source, ["bind"])
    container = saved.start("sleep")
    number = len(saved.bundle.mounts) - 1
    server = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={server},rootmode=40000,user_id=0,group_id=0"

    def serve_nothing():
        if libc.mount(b"nobody", b"/served", b"fuse", 0, options.encode()) != 0:
            raise OSError(ctypes.get_errno(), "mount a fuse")
    try:
        within(container.pid, serve_nothing)
        saved.runtime.fails(*saved.checkpoint_words(), timeout=TIMEOUT + 30, message=rf"mounts\[{number}\] "
                            "'/served/inside': a file system of the container did not answer")
        assert container.status == "running"
    finally:
        os.close(server)
    container.remove()


@WITH_CRIU
class TestCounting:
    def test_it_goes_on(self, counter):
        first = counter.count()
        counter.checkpoint()
        assert first.id not in counter.runtime.identifiers()
        assert not os.path.exists(f"/proc/{first.id}")
        second = counter.goes_on()
        state = second.state()
        assert state["status"] == "running"
        assert state["bundle"] == counter.bundle.path
        assert cgroup_path(state["pid"]).endswith(f"/{second.id}")
        assert "/bin/payload" in read(f"/proc/{state['pid']}/cmdline")
        listed = json.loads(counter.runtime("list", "--format", "json").stdout)
        assert [(one["id"], one["status"], one["pid"]) for one in listed] == \
            [(second.id, "running", state["pid"])]

    def test_it_is_a_container_like_others(self, counter):
        counter.count()
        counter.checkpoint()
        container = counter.goes_on()
        assert container.exec("exit", 3, check=False).returncode == 3
        counter.runtime("pause", container.id)
        assert container.status == "paused"
        number = counter.number()
        time.sleep(0.05)
        assert counter.number() == number
        counter.runtime("resume", container.id)
        counter.await_more()
        container.kill("KILL")
        container.wait_stopped()
        container.delete()
        assert not counter.runtime.identifiers()

    def test_in_the_foreground_with_its_exit_status(self, counter):
        counter.count()
        counter.checkpoint()
        words = counter.restore_words()
        number = counter.number()
        with counter.log("restore.log"):
            popen = counter.runtime.popen(*words, counter.container.id)
            eventually(lambda: counter.number() > number or popen.poll() is not None, "the restore")
            assert popen.poll() is None, str(counter.runtime.finish(popen))
            # its program may have gone on before the record says so
            eventually(lambda: counter.container.status == "running", "the record")
        counter.container.kill("TERM")
        assert counter.runtime.finish(popen).returncode == 7
        assert not counter.runtime.identifiers()

    def test_again_and_again(self, counter):
        counter.count()
        for _ in range(2):
            counter.checkpoint()
            counter.goes_on()

    def test_under_the_same_name(self, counter):
        """as engines do"""
        first = counter.count()
        counter.checkpoint()
        counter.runtime("restore", "--bundle", counter.bundle.path, "--image-path", counter.images,
                        "--detach", first.id)
        counter.await_more()
        assert first.status == "running"

    def test_with_a_bind_mount(self, counter):
        """at a path behind a link of the container's"""
        outside = counter.bundle.outside("data")
        os.mkdir(outside)
        os.symlink("mnt", counter.bundle.inside("/link"))
        counter.bundle.mount("/link", "bind", outside, ["bind", "rw"], point=None)
        os.mkdir(counter.bundle.inside("/mnt"))
        counter.file = os.path.join(outside, "count")
        counter.count(path="/mnt/count")
        counter.checkpoint()
        counter.goes_on()

    @pytest.mark.parametrize("names", [("kept", "data"), ("same", "same")])
    def test_mounts_that_the_container_has_exchanged(self, counter, names):
        """by renaming what leads to them, for which it needs no capability: neither gets the other's source"""
        bundle = counter.bundle
        for top, name, options in (("a", names[0], ["bind", "ro"]), ("b", names[1], ["bind", "rw"])):
            os.mkdir(bundle.outside(top))
            bundle.mount(f"/{top}/{name}", "bind", bundle.outside(top), options)
        bundle.allow("/", "/a", "/b", "/c", "/d")
        counter.count()
        if names[0] == names[1]:
            for old, new in ("ac", "ba", "cb"):
                os.rename(bundle.inside(f"/{old}"), bundle.inside(f"/{new}"))
        else:
            for old, new in ("ac", "bd"):
                os.rename(bundle.inside(f"/{old}"), bundle.inside(f"/{new}"))
                os.mkdir(bundle.inside(f"/{old}"))
            os.symlink("/d/data", bundle.inside("/a/kept"))
            os.symlink("/c/kept", bundle.inside("/b/data"))
        counter.checkpoint_fails("criu: ")
        assert counter.container.status == "running"

    def test_with_a_mount_whose_source_was_replaced(self, counter):
        """as who writes files anew does with /etc/resolv.conf"""
        outside = counter.bundle.outside("file")
        for text in ("old", "new"):
            with open(outside + text, "w", encoding="ascii") as file:
                file.write(text)
        os.rename(outside + "old", outside)
        counter.bundle.mount("/file", "bind", outside, ["bind", "ro"], point="file")
        counter.count()
        os.rename(outside, outside + "old")  # what is deleted criu does not restore
        os.rename(outside + "new", outside)
        counter.checkpoint()
        counter.goes_on()
        assert read(f"/proc/{counter.container.pid}/root/file") == "new"

    def test_with_a_bound_file_and_a_tmpfs(self, counter):
        outside = counter.bundle.outside("file")
        with open(outside, "w", encoding="ascii"):
            pass
        counter.bundle.mount("/file", "bind", outside, ["bind", "rw"], point="file")
        counter.bundle.mount("/scratch", "tmpfs", "tmpfs", ["size=1m"])
        counter.file = outside
        counter.count(path="/file")
        counter.checkpoint()
        counter.goes_on()

    def test_with_an_external_network_namespace(self, counter):
        holder = subprocess.Popen(["unshare", "--net", "sleep", "1000"])
        try:
            eventually(lambda: os.readlink(f"/proc/{holder.pid}/ns/net") !=
                       os.readlink("/proc/self/ns/net"), "a network namespace")
            path = f"/proc/{holder.pid}/ns/net"
            counter.bundle.set_namespace("network", path)
            counter.count()
            counter.checkpoint()
            container = counter.goes_on()
            assert os.readlink(f"/proc/{container.pid}/ns/net") == os.readlink(path)
            container.remove()
        finally:
            holder.kill()
            holder.wait()

    def test_in_the_network_of_the_host(self, counter):
        counter.bundle.unset_namespace("network")
        counter.count()
        counter.checkpoint()
        container = counter.goes_on()
        assert os.readlink(f"/proc/{container.pid}/ns/net") == os.readlink("/proc/self/ns/net")

    def test_in_a_user_namespace(self, counter):
        counter.bundle.map_ids(100000)
        quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # it opens them anew
        counter.count(**quiet)
        counter.checkpoint()
        container = counter.goes_on(**quiet)
        assert os.stat(f"/proc/{container.pid}").st_uid == 100000

    def test_with_limits(self, counter):
        counter.bundle.linux["resources"] = {"pids": {"limit": 77}, "memory": {"limit": 64 << 20}}
        counter.count()
        counter.checkpoint()
        container = counter.goes_on()
        assert read(f"{cgroup_directory(container.pid)}/pids.max") == "77\n"
        assert read(f"{cgroup_directory(container.pid)}/memory.max") == f"{64 << 20}\n"

    def test_with_device_rules(self, counter):
        """the default ones: of devices that are made there only those of every container open"""
        counter.count()
        counter.checkpoint()
        container = counter.goes_on()
        node = f"/proc/{container.pid}/root/dev/made"
        os.mknod(node, stat.S_IFCHR | 0o666, os.makedev(1, 11))
        probes = Probes(container.exec("probe", "writable", "/dev/made").stdout)
        assert probes["writable", "/dev/made"] == "EPERM"

    def test_under_a_service_manager(self, counter, directory):
        """whose socket's place in the container is a mount from outside"""
        path = os.path.join(directory, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            counter.bundle.args("count", "/tmp/count", 7).write()
            counter.container = Container(counter.runtime, next(identifiers))
            counter.runtime("create", "--bundle", counter.bundle.path, counter.container.id,
                            env={**os.environ, "NOTIFY_SOCKET": path})
        counter.container.start()
        counter.await_more()
        counter.checkpoint()
        counter.goes_on()

    def test_hooks_of_the_host_are_run(self, counter):
        save = counter.bundle.outside("hooks")
        program = counter.bundle.inside("/bin/payload")
        counter.count()
        counter.checkpoint()
        counter.bundle.config["hooks"] = {
            kind: [{"path": program, "args": ["payload", "save", save, kind],
                    "env": ["A=b"]}]
            for kind in ("prestart", "createRuntime", "poststart")}
        container = counter.goes_on()
        lines = [json.loads(line) for line in read(save).replace(",\n", ", ").splitlines()]
        assert [line["args"][-1] for line in lines] == ["prestart", "createRuntime", "poststart"]
        states = [json.loads(line["input"]) for line in lines]
        assert {(state["id"], state["pid"]) for state in states} == {(container.id, container.pid)}


@WITH_CRIU
class TestOptions:
    def test_work_path(self, counter):
        work = counter.bundle.outside("work/below")
        counter.count()
        counter.checkpoint("--work-path", work)
        assert "dump.log" in os.listdir(work)
        assert "dump.log" not in os.listdir(counter.images)
        counter.goes_on("--work-path", work)
        assert "restore.log" in os.listdir(work)

    def test_the_default_is_a_directory_here(self, counter, directory):
        container = counter.count()
        counter.runtime("checkpoint", container.id, cwd=directory)
        assert "inventory.img" in os.listdir(os.path.join(directory, "checkpoint"))

    def test_leave_running(self, counter):
        container = counter.count()
        pid = container.pid
        counter.checkpoint("--leave-running")
        assert container.status == "running" and container.pid == pid
        counter.await_more()
        container.remove()
        counter.restore()
        counter.await_more()

    def test_a_paused_one_stays_paused(self, counter):
        container = counter.count()
        counter.runtime("pause", container.id)
        counter.checkpoint("--leave-running")
        assert container.status == "paused"
        counter.runtime("resume", container.id)
        counter.await_more()

    @needs("criu:mem_dirty_track")
    def test_pre_dump_and_parent_path(self, counter):
        container = counter.count()
        last, counter.images = counter.images, counter.bundle.outside("first")
        counter.checkpoint("--pre-dump")
        assert container.status == "running"
        counter.await_more()
        counter.images = last
        counter.checkpoint("--parent-path", "../first")
        assert os.readlink(os.path.join(last, "parent")) == "../first"
        assert saved_bytes(last) < saved_bytes(counter.bundle.outside("first")), "what stayed is there"
        counter.goes_on()

    def test_pid_file(self, counter):
        counter.count()
        counter.checkpoint()
        path = counter.bundle.outside("pid")
        container = counter.goes_on("--pid-file", path)
        assert read(path) == str(container.pid)

    def test_file_locks(self, counter):
        """which is also: a dump that fails leaves the container running"""
        container = counter.count("lock")
        result = counter.checkpoint_fails("file-locks")
        assert os.path.join(counter.images, "dump.log") in result.stderr
        assert container.status == "running"
        counter.await_more()
        counter.checkpoint("--file-locks")
        counter.goes_on("--file-locks")
        with open(counter.file, encoding="ascii") as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def test_a_configuration_file_of_criu(self, counter):
        path = counter.bundle.outside("criu.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write("file-locks\n")
        counter.bundle.config["annotations"] = {"org.criu.config": path}
        counter.count("lock")
        counter.checkpoint()
        counter.goes_on()

    @pytest.mark.parametrize("mode", ["soft", "full", "ignore", "props", "none"])
    def test_manage_cgroups_mode(self, counter, mode):
        counter.count()
        counter.checkpoint("--manage-cgroups-mode", mode)
        container = counter.goes_on("--manage-cgroups-mode", mode)
        assert cgroup_path(container.pid).endswith(f"/{container.id}")

    def test_strict_finds_the_containers_cgroup_there(self, counter):
        counter.count()
        counter.checkpoint()
        counter.restore_fails("criu: .*cgroups", "--manage-cgroups-mode", "strict")

    def test_cgroups_of_its_own(self, counter):
        """those below the container's are made again"""
        container = counter.count()
        directory = cgroup_directory(container.pid)
        os.mkdir(f"{directory}/below")
        with open(f"{directory}/below/cgroup.procs", "w", encoding="ascii") as file:
            file.write(str(container.pid))
        counter.checkpoint()
        container = counter.goes_on()
        assert cgroup_path(container.pid).endswith(f"/{container.id}/below")

    @pytest.mark.parametrize("method", ["iptables", "nftables", "skip"])
    def test_tcp_established(self, saved, method):
        """and --network-lock; the peer is outside, and sees nothing of it"""
        port = 7000 + len(method)
        saved.bundle.unset_namespace("network")
        saved.start("serve", port)
        with contextlib.ExitStack() as stack:
            client = stack.enter_context(eventually(lambda: connected(port), "the server"))
            assert answer(client, b"before") == b"before"
            options = ("--tcp-established", "--network-lock", method)
            saved.checkpoint_fails("tcp-established", "--network-lock", method)
            assert answer(client, b"again") == b"again"
            saved.checkpoint(*options)
            saved.restore(*options)
            assert answer(client, b"after") == b"after"

    def test_tcp_close(self, saved):
        saved.bundle.unset_namespace("network")
        saved.start("serve", 7100)
        with eventually(lambda: connected(7100), "the server") as client:
            assert answer(client, b"before") == b"before"
            saved.checkpoint("--tcp-established", "--network-lock", "skip")
        saved.restore("--tcp-close")
        saved.container.wait_output("closed")

    def test_ext_unix_sk(self, saved, directory):
        shared = os.path.join(directory, "shared")
        os.mkdir(shared)
        saved.bundle.mount(shared, "bind", shared, ["bind", "rw"])
        saved.bundle.unset_namespace("network")  # criu finds no peer in another one
        path = os.path.join(shared, "socket")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
            server.settimeout(TIMEOUT)
            server.bind(path)
            saved.start("datagrams", path)
            assert int(server.recv(100)) == 1
            saved.checkpoint_fails("[Uu]nix|external")
            saved.checkpoint("--ext-unix-sk")
            server.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while data := server.recv(100):
                    last = int(data)
            server.settimeout(TIMEOUT)
            saved.restore("--ext-unix-sk")
            assert int(server.recv(100)) > last

    def test_status_fd_lazy_pages_page_server(self, counter):
        container = counter.count()
        reader, writer = os.pipe()
        with counter.log("dump.log"):
            dump = counter.runtime.popen(
                *counter.checkpoint_words("--lazy-pages", "--page-server", "127.0.0.1:7200",
                                          "--status-fd", writer), pass_fds=[writer])
            os.close(writer)
            assert os.read(reader, 1) == b"\0", str(counter.runtime.finish(dump))
        os.close(reader)
        daemon = counter.runtime.host.started(subprocess.Popen(
            ["criu", "lazy-pages", "--page-server", "--address", "127.0.0.1", "--port", "7200",
             "--images-dir", counter.images, "--work-dir", counter.images],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        eventually(lambda: os.path.exists(f"{counter.images}/lazy-pages.socket"), "the daemon")
        counter.goes_on("--lazy-pages")
        assert daemon.wait(TIMEOUT) == 0
        assert counter.runtime.finish(dump).returncode == 0
        assert container.id not in counter.runtime.identifiers()


def saved_bytes(images):
    """of the program's memory"""
    return sum(os.path.getsize(os.path.join(images, name)) for name in os.listdir(images)
               if name.startswith("pages-"))


def connected(port):
    try:
        return socket.create_connection(("127.0.0.1", port), TIMEOUT)
    except ConnectionRefusedError:
        return None


def answer(client, data):
    client.sendall(data)
    return client.recv(100)


@WITH_CRIU
class TestDescriptors:
    def test_pipes(self, saved):
        """as conmon gives them: new ones take the place of the old"""
        pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE)

        def start(*words):
            popen = saved.runtime.popen(*words, **pipes)
            assert saved.runtime.finish(popen).returncode == 0, read(popen.err)
            return popen

        def exchange(popen, text):
            popen.stdin.write(text)
            popen.stdin.flush()
            return os.read(popen.stdout.fileno(), 100)

        saved.bundle.args("echo").write()
        saved.container = Container(saved.runtime, next(identifiers))
        first = start("run", "--detach", "--bundle", saved.bundle.path, saved.container.id)
        assert exchange(first, b"before") == b"before"
        saved.checkpoint()
        with saved.log("restore.log"):
            second = start(*saved.restore_words("--detach"), saved.container.id)
        assert exchange(second, b"after") == b"after"
        saved.container.remove()
        for popen in (first, second):
            popen.stdin.close()
            popen.stdout.close()

    def test_a_terminal(self, saved):
        saved.bundle.process["terminal"] = True
        path = saved.bundle.outside("console")
        with listening(path) as server:
            saved.container = saved.bundle.create("--detach", "--console-socket", path,
                                                  payload=["wait"], command="run")
            _, master = receive_descriptor(server)
            read_until(master, "ready")
            saved.container.kill("USR1")
            read_until(master, "signal 10")
            saved.checkpoint()
            os.close(master)
            saved.restore("--console-socket", path)
            _, master = receive_descriptor(server)
            saved.container.kill("USR2")
            read_until(master, "signal 12")
            os.close(master)

    def test_a_terminal_in_the_foreground(self, saved):
        saved.bundle.process["terminal"] = True
        path = saved.bundle.outside("console")
        with listening(path) as server:
            saved.container = saved.bundle.create("--detach", "--console-socket", path,
                                                  payload=["wait", "5"], command="run")
            _, master = receive_descriptor(server)
            read_until(master, "ready")
            saved.checkpoint()
            os.close(master)
        words = saved.restore_words()
        with Terminal(rows=33, columns=44) as terminal, saved.log("restore.log"):
            popen = saved.runtime.popen(*words, saved.container.id, **terminal.keywords())
            eventually(lambda: saved.container.id in saved.runtime.identifiers() and
                       saved.container.status == "running", "the restore")
            terminal.resize(44, 55)
            saved.container.kill("WINCH")
            terminal.read_until("winch 44 55")
            saved.container.kill("TERM")
            assert popen.wait(TIMEOUT) == 5

    def test_shell_job(self, counter):
        """a terminal of the host's: the one that criu has takes its place"""
        with Terminal() as terminal:
            counter.count(stdin=terminal.slave)
            counter.checkpoint_fails(r"descriptor 0 is a terminal of the host's \(see option '--shell-job'\): criu:")
            counter.await_more()
            counter.checkpoint("--shell-job")
            counter.goes_on("--shell-job", stdin=terminal.slave)


@WITH_CRIU
def test_class_of_service(counter, resctrl):
    """criu is put into it before it makes anything, so all that is restored is in it"""
    counter.bundle.linux["intelRdt"] = {"closID": "gold"}
    counter.count()
    counter.checkpoint()
    counter.remove()
    resctrl.put("gold/tasks")
    counter.goes_on()
    assert resctrl.read("gold/tasks").isdigit()


@WITH_CRIU
@needs("lsm:apparmor", "program:apparmor_parser")
def test_lsm_profile(counter):
    rules = "file, capability, network, signal, ptrace, unix, mount, umount, pivot_root,"
    profiles = "".join(f"profile coracle-{name} flags=(attach_disconnected) {{ {rules} }}\n"
                       for name in ("saved", "restored"))

    def load(what):
        subprocess.run(["apparmor_parser", "--skip-cache", what], input=profiles, text=True,
                       check=True)
    load("--replace")
    try:
        counter.bundle.process["apparmorProfile"] = "coracle-saved"
        counter.count()
        counter.checkpoint()
        container = counter.goes_on("--lsm-profile", "apparmor:coracle-restored")
        assert read(f"/proc/{container.pid}/attr/current") == "coracle-restored (enforce)\n"
        container.remove()
    finally:
        load("--remove")


@needs("root")
class TestErrors:
    def test_there_is_no_criu(self, bundle, directory):
        container = bundle.start()
        images = os.path.join(directory, "images")
        nowhere = dict(env={**os.environ, "PATH": "/nowhere"})
        message = "need the program 'criu', which is not in PATH"
        bundle.runtime.fails("checkpoint", "--image-path", images, container.id, message=message,
                             **nowhere)
        assert not os.path.exists(images)
        assert container.status == "running"
        container.remove()
        os.mkdir(images)
        bundle.runtime.fails("restore", "--bundle", bundle.path, "--image-path", images,
                             next(identifiers), message=message, **nowhere)
        assert not bundle.runtime.identifiers()

    @needs("cgroup")
    def test_criu_dies_with_the_container_frozen(self, bundle, directory):
        container = bundle.start()
        frozen = f"{cgroup_directory(container.pid)}/cgroup.freeze"
        criu = os.path.join(directory, "criu")
        with open(criu, "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\necho 1 > {frozen}\nkill -9 $$\n")
        os.chmod(criu, 0o755)
        bundle.runtime.fails("checkpoint", "--image-path", os.path.join(directory, "images"),
                             container.id, message="criu",
                             env={**os.environ, "PATH": f"{directory}:{os.environ['PATH']}"})
        assert read(frozen) == "0\n"
        assert container.status == "running"
        container.kill("USR1")
        container.wait_output("signal 10")
        container.remove()

    def test_a_container_that_does_not_run(self, bundle):
        container = bundle.create(payload=["exit"])
        message = "cannot checkpoint container '{}': it is {}, not running"
        bundle.runtime.fails("checkpoint", container.id,
                             message=message.format(container.id, "created"))
        container.start()
        container.wait_stopped()
        bundle.runtime.fails("checkpoint", container.id,
                             message=message.format(container.id, "stopped"))
        container.delete()

    def test_no_such_container(self, coracle):
        coracle.fails("checkpoint", "none-such", message="none-such")

    @pytest.mark.parametrize("command, options, message", [
        ("checkpoint", ["--page-server", "host"], "--page-server': 'host' is not ADDRESS:PORT"),
        ("checkpoint", ["--status-fd", "99"], "--status-fd': 99 is not open"),
        ("checkpoint", ["--parent-path", "/x"], "--parent-path': '/x' must be relative"),
        ("checkpoint", ["--manage-cgroups-mode", "hard"], "--manage-cgroups-mode"),
        ("restore", ["--network-lock", "rope"], "--network-lock"),
        ("restore", ["--lsm-profile", "name"], "--lsm-profile': 'name' is neither apparmor:NAME nor selinux:CONTEXT"),
    ])
    def test_options(self, bundle, command, options, message):
        bundle.write()
        words = ["--bundle", bundle.path] if command == "restore" else []
        bundle.runtime.fails(command, *words, *options, next(identifiers), message=message)

    @needs("program:criu")
    def test_the_images_are_missing(self, saved):
        saved.images = "/none/such"
        saved.restore_fails("open the directory '/none/such'")
        assert not os.path.exists("/none")

    @WITH_CRIU
    def test_the_images_are_empty_or_spoilt(self, counter):
        os.mkdir(counter.images)
        counter.restore_fails(f"criu: .*see '{counter.images}/restore.log'")
        counter.count()
        counter.checkpoint()
        with open(os.path.join(counter.images, "inventory.img"), "r+b") as file:
            file.truncate(10)
        result = counter.restore_fails(f"criu: .*see '{counter.images}/restore.log'")
        assert "Restoring FAILED" not in result.stderr

    @WITH_CRIU
    def test_a_source_that_has_gone(self, counter):
        outside = counter.bundle.outside("data")
        os.mkdir(outside)
        counter.bundle.mount("/data", "bind", outside, ["bind"])
        counter.count()
        counter.checkpoint()
        os.rmdir(outside)
        counter.restore_fails("criu: .*see")

    @WITH_CRIU
    def test_a_hook_that_fails(self, counter):
        counter.count()
        counter.checkpoint()
        counter.bundle.config["hooks"] = {
            "createRuntime": [{"path": counter.bundle.inside("/bin/payload"),
                               "args": ["payload", "exit", "3"]}]}
        counter.restore_fails("createRuntime")

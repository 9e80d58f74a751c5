"""test_create_start.py - coracle create and start: the states, and what engines hand over"""

import errno
import os
import re
import resource
import socket
import subprocess

import pytest

from harness.host import children_of
from harness.needs import needs
from harness.runtime import contents, eventually, identifiers
from harness.terminal import listening, read_until, receive_descriptor, set_size


def finished(container):
    container.wait_stopped()
    container.delete()


def test_created_then_running_then_stopped(bundle):
    container = bundle.create(payload=["wait"])
    assert container.status == "created"
    assert container.output() == ""
    container.start()
    container.wait_output("ready")
    assert container.status == "running"
    container.kill("TERM")
    container.wait_stopped()
    assert "pid" not in container.state() or container.state()["pid"] == 0
    container.delete()


def test_a_start_that_cannot_be_written_down(bundle, coracle, directory):
    """the program runs by then, which the kernel tells too: it is no failure, and hooks and engines go on"""
    made = os.path.join(directory, "made")
    bundle.config["hooks"] = {"poststart": [{"path": "/bin/mkdir", "args": ["mkdir", made]}]}
    container = bundle.create(payload=["wait"])
    size = os.path.getsize(os.path.join(coracle.root, container.id, "state.json")) - 1
    result = container.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
    assert re.search(r"^coracle: warning: .*state\.json.*File too large", result.stderr)
    container.wait_output("ready")
    assert os.path.isdir(made) and container.status == "running"
    assert not os.path.exists(os.path.join(coracle.root, container.id, "start"))
    coracle.fails("start", container.id, message="it is running, not created")
    coracle.fails("delete", container.id, message="it is running")
    container.kill("TERM")
    finished(container)


@needs("root")
def test_init_waits_as_the_runtime_and_then_becomes_the_program(bundle):
    container = bundle.create(payload=["wait"])
    pid = container.pid
    assert os.readlink(f"/proc/{pid}/exe") != "/bin/payload"
    container.start()
    container.wait_output("ready")
    assert container.pid == pid
    assert os.readlink(f"/proc/{pid}/exe") == "/bin/payload"
    container.remove()


def test_streams_are_those_of_create(bundle):
    container = bundle.create(payload=["echo"], stdin=subprocess.DEVNULL)
    container.start()
    finished(container)
    assert container.output() == ""


def test_start_twice_is_an_error_of_state(bundle):
    container = bundle.create(payload=["wait"])
    container.start()
    container.wait_output("ready")
    error = bundle.runtime.error("start", container.id)
    assert error["class"] == "state"
    assert "running" in error["msg"]
    container.remove()


def test_starting_a_stopped_container_is_an_error_of_state(bundle):
    container = bundle.create(payload=["exit"])
    container.start()
    container.wait_stopped()
    error = bundle.runtime.error("start", container.id)
    assert error["class"] == "state" and "stopped" in error["msg"]
    container.delete()


def test_starting_what_is_not_there_names_it(coracle):
    error = coracle.error("start", "nobody")
    assert error["class"] == "state" and "nobody" in error["msg"]


def test_start_tells_why_the_program_cannot_be_executed(bundle):
    bundle.file("/bin/garbage", "neither a program nor a script", 0o755)
    bundle.process["args"] = ["/bin/garbage"]
    bundle.write()
    container = bundle.create()
    result = container.start(check=False)
    assert result.returncode != 0
    assert "/bin/garbage" in result.stderr and "Exec format error" in result.stderr
    finished(container)


def test_an_id_in_use_is_refused_and_its_container_unharmed(bundle):
    container = bundle.create(payload=["wait"])
    bundle.runtime.fails("create", "--bundle", bundle.path, container.id,
                         message=f"'{container.id}'.*(exists|in use)")
    assert container.status == "created"
    container.remove()


def test_pid_file(bundle):
    path = bundle.outside("pid")
    container = bundle.create("--pid-file", path, payload=["wait"])
    assert contents(path) == str(container.pid)
    container.remove()


def test_a_pid_file_that_cannot_be_written_fails_and_leaves_nothing(bundle, coracle):
    bundle.write()
    coracle.fails("create", "--bundle", bundle.path, "--pid-file", "/no/such/dir/pid",
                  next(identifiers), message="/no/such/dir/pid")
    assert coracle.identifiers() == []


class TestConsoleSocket:
    @pytest.fixture(autouse=True)
    def with_terminal(self, bundle):
        bundle.process["terminal"] = True

    def test_receives_the_master(self, bundle):
        path = bundle.outside("console")
        with listening(path) as server:
            container = bundle.create("--console-socket", path, payload=["wait"])
            _, master = receive_descriptor(server)
        try:
            container.start()
            read_until(master, "ready")
            set_size(master, 12, 34)
            read_until(master, "winch 12 34")
            container.kill("TERM")
            read_until(master, "signal 15")
            finished(container)
        finally:
            os.close(master)

    def test_the_terminal_is_the_containers_own(self, bundle):
        bundle.process["consoleSize"] = {"height": 11, "width": 22}
        path = bundle.outside("console")
        with listening(path) as server:
            container = bundle.create("--console-socket", path, payload=["report"])
            _, master = receive_descriptor(server)
        try:
            container.start()
            seen = read_until(master, '"personality"')
            finished(container)
        finally:
            os.close(master)
        assert '"rows": 11, "columns": 22' in seen
        assert '"0": "/dev/pts/0"' in seen and '"controlling": true' in seen

    def test_a_path_longer_than_a_socket_address_holds(self, bundle):
        directory = bundle.outside("d" * 120)
        os.mkdir(directory)
        path = os.path.join(directory, "console")
        fd = os.open(directory, os.O_PATH)
        try:
            with listening(f"/proc/self/fd/{fd}/console") as server:
                container = bundle.create("--console-socket", path, payload=["exit"])
                _, master = receive_descriptor(server)
        finally:
            os.close(fd)
        os.close(master)
        container.remove()

    def test_an_abstract_name(self, bundle):
        path = f"@coracle-console-{os.getpid()}"
        with listening(path) as server:
            container = bundle.create("--console-socket", path, payload=["exit"])
            _, master = receive_descriptor(server)
        os.close(master)
        container.remove()

    def test_nobody_listening_is_told(self, bundle, coracle):
        bundle.write()
        coracle.fails("create", "--bundle", bundle.path, "--console-socket", "/no/console",
                      next(identifiers), message="/no/console")
        assert coracle.identifiers() == []

    def test_a_terminal_without_a_socket_is_refused(self, bundle):
        bundle.write()
        bundle.runtime.fails("create", "--bundle", bundle.path, next(identifiers),
                             message="console")

    def test_a_socket_without_a_terminal_is_refused(self, bundle):
        bundle.process["terminal"] = False
        bundle.write()
        bundle.runtime.fails("create", "--bundle", bundle.path, "--console-socket", "/no/console",
                             next(identifiers), message="console")


@needs("root")
def test_a_state_root_that_is_full(bundle, coracle):
    """a part of the configuration is as bad as none: later commands would read it"""
    coracle.prefix = ["unshare", "--mount", "sh", "-ec",
                      f'mkdir -p {coracle.root}; mount -t tmpfs -o size=8k none {coracle.root}; exec "$@"',
                      "sh"]
    bundle.process["env"].append("FILLER=" + 20000 * "x")
    error = bundle.error()
    assert "config.json" in error["msg"] and "No space left on device" in error["msg"]
    assert error["errno"] == errno.ENOSPC


@needs("root")
def test_a_state_root_without_room_for_the_record_is_named(bundle, coracle):
    coracle.prefix = ["unshare", "--mount", "sh", "-ec",
                      f'mkdir -p {coracle.root}; mount -t tmpfs -o size=8k none {coracle.root}; '
                      f'head -c 8192 /dev/zero > {coracle.root}/filler; exec "$@"', "sh"]
    message = f"the state directory '{coracle.root}/.*': write 'state.json': No space left on device"
    bundle.run_fails(message, "exit", 0)


@pytest.mark.parametrize("is_abstract", [False, True], ids=["path", "abstract"])
def test_pidfd_socket_receives_a_pidfd_of_init(bundle, is_abstract):
    path = f"@coracle-pidfd-{os.getpid()}" if is_abstract else bundle.outside("pidfd")
    with listening(path) as server:
        container = bundle.create("--pidfd-socket", path, payload=["wait"])
        _, pidfd = receive_descriptor(server)
    try:
        assert f"Pid:\t{container.pid}\n" in contents(f"/proc/self/fdinfo/{pidfd}")
    finally:
        os.close(pidfd)
    container.remove()


class TestPreserveFds:
    def test_these_and_no_others_reach_the_program(self, bundle):
        def arrange():
            for fd in (3, 4, 5):
                os.dup2(1, fd)
        report = bundle.report(options=["--preserve-fds", "2"], close_fds=False,
                               preexec_fn=arrange)
        assert sorted(report.fds) == ["0", "1", "2", "3", "4"]

    def test_none_by_default(self, bundle):
        def arrange():
            for fd in (3, 9):
                os.dup2(1, fd)
        report = bundle.report(close_fds=False, preexec_fn=arrange)
        assert sorted(report.fds) == ["0", "1", "2"]

    def test_one_that_is_not_open_is_told(self, bundle, coracle):
        bundle.write()
        coracle.fails("create", "--bundle", bundle.path, "--preserve-fds", "3", next(identifiers),
                      message="(descriptor|preserve-fds).*3|3.*(descriptor|preserve-fds)")

    def test_listen_fds_are_handed_over_with_inits_pid(self, bundle):
        """as systemd activates a service: LISTEN_FDS descriptors from 3 on"""
        bundle.runtime.prefix = ["sh", "-c", 'LISTEN_FDS=1 LISTEN_FDNAMES=web LISTEN_PID=$$ exec "$@"', "sh"]
        bundle.process["env"] += ["LISTEN_FDS=9", "LISTEN_PID=77"]
        left, right = socket.socketpair()
        with left, right:
            report = bundle.report(close_fds=False, preexec_fn=lambda: os.dup2(right.fileno(), 3))
        assert report.fds["3"].startswith("socket:")
        assert report.environment["LISTEN_FDS"] == "1"
        assert report.environment["LISTEN_FDNAMES"] == "web"
        assert [entry.partition("=")[0] for entry in report.env].count("LISTEN_FDS") == 1
        assert report.environment["LISTEN_PID"] == str(report.pid)


def test_a_runtime_that_is_killed_between_the_two_leaves_a_container(bundle):
    """create has ended: init is nobody's child, and lives until it is started or deleted"""
    container = bundle.create(payload=["exit"])
    parent = contents(f"/proc/{container.pid}/stat").rpartition(")")[2].split()[1]
    assert int(parent) == os.getpid(), "the subreaper has it"
    container.remove()


@needs("root")
def test_a_start_that_is_killed_beside_its_hooks_leaves_what_the_kernel_says(bundle, payload):
    """The hooks, and then the program, go on: state, start and delete go by init, not by the record."""
    bundle.file("/go")
    bundle.mount(payload, "bind", payload, ["bind"], point="file")
    bundle.config["hooks"] = {"startContainer": [{"path": payload, "args": ["hook", "burn", "3"]}]}
    container = bundle.create(payload=["wait"])
    start = container.runtime.popen("start", container.id)
    eventually(lambda: children_of(container.pid), "the hook")
    start.kill()
    start.wait()
    assert container.status == "created"
    container.runtime.fails("start", container.id, message="it was started before")
    container.wait_output("ready")
    assert container.status == "running"
    container.runtime.fails("start", container.id, message="it is running, not created")
    container.runtime.fails("delete", container.id, message="it is running")
    container.kill("KILL")
    container.wait_stopped()
    container.delete()


def test_many_at_once(make_bundle):
    containers = [make_bundle(f"b{number}").create(payload=["wait"]) for number in range(8)]
    for container in containers:
        container.start()
    for container in containers:
        container.wait_output("ready")
        assert container.status == "running"
    for container in containers:
        container.remove()


def test_the_same_id_from_two_at_once_makes_one(bundle, coracle):
    bundle.args("wait").write()
    identifier = next(identifiers)
    popens = [coracle.popen("create", "--bundle", bundle.path, identifier) for _ in range(6)]
    results = [coracle.finish(popen) for popen in popens]
    assert sorted(result.returncode == 0 for result in results) == [False] * 5 + [True]
    assert eventually(lambda: coracle("state", identifier).stdout, "the state")
    coracle("delete", "--force", identifier)

"""test_delete.py - coracle delete: ended containers, --force, and what a killed runtime left"""

import contextlib
import fcntl
import json
import os
import random
import signal
import subprocess
import time

import pytest

from harness.cgroup import cgroup_directory, cgroup_mount, cgroup_path
from harness.needs import needs
from harness.runtime import Container, contents, eventually, identifiers


@needs("cgroup")
def test_an_ended_container_goes(bundle, coracle):
    container = bundle.start(payload=["sleep"])
    cgroup = cgroup_directory(container.pid)
    container.kill("KILL")
    container.wait_stopped()
    assert os.path.isdir(cgroup)
    container.delete()
    assert not os.path.exists(cgroup)
    assert coracle.identifiers() == []
    assert not os.path.exists(os.path.join(coracle.root, container.id))


def test_a_running_container_is_refused(bundle):
    container = bundle.start()
    error = bundle.runtime.error("delete", container.id)
    assert error["class"] == "state" and "running" in error["msg"]
    assert container.status == "running"
    container.remove()


class TestInitThatCannotBeLookedAt:
    """that nobody can tell whether a container runs does not say that it has ended"""

    WITHOUT_PROC = ["unshare", "--mount", "sh", "-ec", 'mount -t tmpfs tmpfs /proc; exec "$@"', "sh"]

    @needs("root")
    def test_without_proc(self, bundle, coracle):
        container = bundle.start()
        pid = container.pid
        coracle.prefix = self.WITHOUT_PROC
        assert (container.status, container.pid) == ("running", pid)
        coracle.fails("delete", container.id, message="it is running")
        coracle.fails("delete", "--force", container.id, message=rf"look at init \(pid {pid}\): No such file")
        coracle.fails("kill", container.id, "USR1", message=rf"look at init \(pid {pid}\): No such file")
        coracle.prefix = []
        container.kill("KILL")
        container.wait_stopped()
        coracle.prefix = self.WITHOUT_PROC
        assert container.status == "stopped"
        container.delete()

    @needs("program:strace")
    @pytest.mark.parametrize("options", [[], ["--force"]])
    def test_without_a_descriptor(self, bundle, coracle, directory, options):
        container = bundle.start()
        stat = f"/proc/{container.pid}/stat"
        coracle.prefix = ["strace", "-o", os.path.join(directory, "strace"), "-P", stat,
                          "-e", "inject=openat:error=ENFILE"]
        coracle.fails("delete", *options, container.id, message="Too many open files|it is running")
        coracle.prefix = []
        assert container.status == "running"
        container.remove()


def test_a_created_container_goes_without_having_run(bundle):
    """as runc does it: nothing of the user's has run yet"""
    container = bundle.create(payload=["wait"])
    container.delete()
    assert bundle.runtime.identifiers() == []


@needs("cgroup")
def test_force_kills_what_runs_and_all_that_it_started(bundle):
    bundle.share_pids()
    container = bundle.start(payload=["spawn", 5])
    container.delete("--force")


@pytest.mark.parametrize("spelling", ["--force", "-f"])
def test_force_of_nobody_is_no_error(coracle, spelling):
    coracle("delete", spelling, "nobody")


def test_nobody_is_an_error_of_state(coracle):
    error = coracle.error("delete", "nobody")
    assert error["class"] == "state" and "'nobody'" in error["msg"]
    assert "does not exist" in error["msg"]


@pytest.fixture
def overtaken(bundle, coracle, directory):
    """overtaken(option...) runs a delete that waits while another one removes the container, and has
    its turn when there is a new one of that id; returns its result and the new container"""
    def overtake(*options):
        path = os.path.join(coracle.root, "same")
        os.makedirs(path)
        fd = os.open(path, os.O_RDONLY)
        fcntl.flock(fd, fcntl.LOCK_EX)
        popen = coracle.popen("delete", *options, "same")
        eventually(lambda: path in opened_by(popen.pid), "delete to wait")
        os.rmdir(path)
        container = bundle.create(payload=["sleep"], identifier="same")
        os.close(fd)
        return coracle.finish(popen), container
    return overtake


def opened_by(pid):
    paths = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            paths.append(os.readlink(f"/proc/{pid}/fd/{name}"))
    return paths


def test_force_leaves_a_new_container_of_the_same_id(overtaken):
    result, container = overtaken("--force")
    assert result.returncode == 0, str(result)
    assert container.status == "created"
    container.delete()


@needs("root")
@needs("program:strace")
def test_a_create_that_was_overtaken_leaves_a_new_container_of_the_same_id(bundle, coracle, directory):
    """its directory is deleted, and made by another, before it has opened it"""
    log = os.path.join(directory, "strace")
    identifier = next(identifiers)
    bundle.args("sleep").write()
    os.makedirs(coracle.root, mode=0o700, exist_ok=True)
    coracle.prefix = ["strace", "-o", log, "-e", "trace=mkdirat"]
    coracle("create", "--bundle", bundle.path, identifier)
    coracle.prefix = []
    coracle("delete", "--force", identifier)
    number = next(n for n, line in enumerate(contents(log).splitlines(), 1) if f'"{identifier}"' in line)
    coracle.prefix = ["strace", "-o", log, "-e", "trace=mkdirat", "-e", f"inject=mkdirat:delay_exit=1s:when={number}"]
    popen = coracle.popen("create", "--bundle", bundle.path, identifier)
    coracle.prefix = []
    eventually(lambda: os.path.isdir(os.path.join(coracle.root, identifier)), "the directory")
    coracle("delete", "--force", identifier)
    container = bundle.start(payload=["sleep"], identifier=identifier)
    result = coracle.finish(popen)
    assert result.returncode == 1 and "already exists" in result.stderr
    assert container.status == "running"
    container.remove()


def test_what_another_delete_has_removed_does_not_exist(overtaken):
    result, container = overtaken()
    assert result.returncode == 1 and "'same' does not exist" in result.stderr
    assert container.status == "created"
    container.delete()


def test_twice_is_an_error_the_second_time(bundle):
    container = bundle.create(payload=["wait"])
    container.remove()
    bundle.runtime.fails("delete", container.id, message="does not exist")
    container.remove()


@needs("cgroup")
def test_force_takes_frozen_processes_too(bundle):
    container = bundle.start(payload=["spawn", 2])
    with open(f"{cgroup_directory(container.pid)}/cgroup.freeze", "w", encoding="ascii") as file:
        file.write("1")
    container.delete("--force")


@needs("cgroup")
@pytest.mark.parametrize("path", ["inner/most", ".hidden", "..."])
def test_force_takes_cgroups_made_inside(bundle, path):
    container = bundle.start()
    os.makedirs(f"{cgroup_directory(container.pid)}/{path}")
    container.delete("--force")


def test_a_broken_record_is_told_by_its_file(bundle, coracle):
    container = bundle.start(payload=["sleep"])
    pid = container.pid
    record = os.path.join(coracle.root, container.id, "state.json")
    whole = open(record, encoding="utf-8").read()
    with open(record, "w", encoding="utf-8") as file:
        file.write(whole[:len(whole) // 2])
    error = coracle.error("state", container.id)
    assert "state.json" in error["msg"]
    with open(record, "w", encoding="utf-8") as file:
        file.write(whole)
    assert container.pid == pid
    container.delete("--force")


def test_force_with_a_missing_bundle(bundle):
    """all that delete needs stands in the state directory"""
    container = bundle.start(payload=["sleep"])
    config = os.path.join(bundle.path, "config.json")
    os.rename(config, bundle.outside("away.json"))
    container.delete("--force")
    os.rename(bundle.outside("away.json"), config)


def test_the_root_itself_is_never_deleted(bundle, coracle):
    container = bundle.start()
    for name in ("", ".", "..", "../state", f"../{container.id}", "/"):
        coracle.fails("delete", "--force", "--", name, message="container id")
    assert container.status == "running"
    container.remove()


# The seed is printed with a failure; the delays cover a whole create and some time after it.
ROUNDS = 40
LONGEST_SECONDS = 0.02


@pytest.mark.parametrize("command", ["create", "run"])
def test_whenever_the_runtime_is_killed_force_cleans_up(bundle, coracle, host, command):
    bundle.args("sleep").write()
    seed = time.time_ns()
    chance = random.Random(seed)
    for number in range(ROUNDS):
        identifier = next(identifiers)
        delay = chance.uniform(0, LONGEST_SECONDS)
        popen = coracle.popen(command, "--bundle", bundle.path, identifier)
        time.sleep(delay)
        popen.send_signal(signal.SIGKILL)
        popen.wait()
        coracle("delete", "--force", identifier)
        left = host.settled_differences()
        assert not left, f"round {number}, {delay * 1000:.3f} ms, seed {seed}:\n" + "\n".join(left)


def test_init_ends_by_itself_when_create_is_killed_before_it_was_done(bundle, coracle, host):
    """a hook holds create; without its runtime, init must not wait for ever"""
    bundle.config["hooks"] = {"createRuntime": [{"path": "/bin/sleep", "args": ["sleep", "100"]}]}
    bundle.args("sleep").write()
    identifier = next(identifiers)
    popen = coracle.popen("create", "--bundle", bundle.path, identifier)
    state = os.path.join(coracle.root, identifier)
    eventually(lambda: os.path.isdir(state) and len(host.processes()) >= 3, "the hook to run")
    popen.send_signal(signal.SIGKILL)
    popen.wait()

    def only_the_hook_is_left():
        host.reap()
        return [line.partition(" ")[2] for line in host.processes()] == ["sleep 100"]
    eventually(only_the_hook_is_left, "init's end")
    coracle("delete", "--force", identifier)
    host.kill_left_processes()  # the hook is not the container's


def test_a_killed_start_leaves_a_container_that_can_be_deleted(bundle, coracle):
    for _ in range(10):
        container = bundle.create(payload=["sleep"])
        popen = coracle.popen("start", container.id)
        popen.send_signal(signal.SIGKILL)
        popen.wait()
        assert json.loads(coracle("state", container.id).stdout)["status"] in ("created", "running")
        container.remove()


def test_a_run_that_was_killed_leaves_no_lock(bundle, coracle):
    """init runs a hook of its own then, and goes on without its runtime"""
    bundle.config["hooks"] = {"startContainer": [{"path": "/bin/payload", "args": ["payload", "sleep"]}]}
    bundle.args("sleep").write()
    container = Container(coracle, next(identifiers))
    popen = coracle.popen("run", "--bundle", bundle.path, container.id)
    eventually(lambda: "ready" in contents(popen.out), "the hook to run")
    popen.send_signal(signal.SIGKILL)
    popen.wait()
    container.remove()


def test_an_unreadable_state_keeps_its_container_findable(bundle, coracle):
    """to remove the directory alone would leave a process and a cgroup that nothing names"""
    container = bundle.create()
    path = os.path.join(coracle.root, container.id, "state.json")
    with open(path, encoding="utf-8") as file:
        good = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(good[:20])
    coracle.fails("delete", "--force", container.id, message="state.json")
    assert os.path.exists(path)
    with open(path, "w", encoding="utf-8") as file:
        file.write(good)
    coracle("delete", "--force", container.id)


@needs("cgroup")
class TestOwnership:
    """a record can name a cgroup that is another container's by now"""

    @pytest.fixture
    def shared(self):
        path = os.path.join(os.path.dirname(cgroup_path("self")), f"t{os.getpid()}-shared")
        yield path
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(cgroup_mount() + path)

    def victim(self, make_bundle, shared):
        bundle = make_bundle("victim")
        bundle.linux["cgroupsPath"] = shared
        return bundle.start()

    def record(self, coracle, identifier, path, **members):
        """what a runtime leaves that dies before it makes the cgroup that it has noted down"""
        directory = os.path.join(coracle.root, identifier)
        os.makedirs(directory)
        record = {"ociVersion": "1.3.0", "id": identifier, "status": "creating", "pid": 0,
                  "startTime": 0, "bundle": "/", "rootfs": "/",
                  "created": "2026-01-01T00:00:00.000000001Z", "cgroupMount": cgroup_mount(),
                  "cgroupPath": path, **members}
        with open(os.path.join(directory, "state.json"), "w", encoding="ascii") as file:
            json.dump(record, file)

    def test_a_half_made_container_kills_no_other(self, coracle, make_bundle, shared):
        self.record(coracle, "dead", shared)
        victim = self.victim(make_bundle, shared)
        result = coracle("delete", "--force", "dead")
        assert "another container's" in result.stderr
        assert victim.status == "running"
        assert coracle.identifiers() == [victim.id]
        victim.remove()

    def test_nor_does_one_that_was_kept(self, coracle, bundle, make_bundle, shared):
        bundle.linux["cgroupsPath"] = shared
        bundle.run("exit", 0, options=("--keep",))
        kept = coracle.identifiers()[0]
        victim = self.victim(make_bundle, shared)
        coracle.fails("kill", "--all", kept, "KILL", message="not running")
        assert coracle("ps", "--format", "json", kept).stdout == "[]\n"
        coracle("delete", kept)
        assert victim.status == "running"
        victim.remove()

    @pytest.mark.parametrize("spell", [
        lambda root: root + "/", lambda root: root.replace("/state", "//state"),
        lambda root: f"{root}/../state", lambda root: f"{root}-link"],
        ids=["a slash behind it", "two slashes", "dots", "a link"])
    def test_a_state_root_by_another_name_is_the_same(self, bundle, coracle, shared, spell):
        """that of what a shell completes, or /var/run for /run"""
        bundle.share_pids()
        bundle.linux["cgroupsPath"] = shared
        container = bundle.start(payload=["spawn", 2])
        pids = coracle("ps", "--format", "json", container.id).stdout
        os.symlink(coracle.root, f"{coracle.root}-link")
        coracle.root = spell(coracle.root)
        assert coracle("ps", "--format", "json", container.id).stdout == pids
        assert coracle("delete", "--force", container.id).stderr == ""
        assert not os.path.exists(cgroup_mount() + shared)

    def test_without_a_name_on_it_a_process_is_not_ours(self, coracle, shared):
        self.record(coracle, "dead", shared)
        os.mkdir(cgroup_mount() + shared)
        stranger = subprocess.Popen(["sleep", "1000"])
        with open(f"{cgroup_mount()}{shared}/cgroup.procs", "w", encoding="ascii") as file:
            file.write(str(stranger.pid))
        coracle("delete", "--force", "dead")
        assert stranger.poll() is None
        stranger.kill()
        stranger.wait()

    @pytest.mark.parametrize("owner", [
        "2026-01-01T00:00:00.000000001Z /nonesuch/x", "nonsense", "",
        "2026-01-01T00:00:00.000000001Z /proc/self"])
    def test_a_false_name_saves_nobody(self, bundle, shared, owner):
        """a container that may write to its cgroup cannot outlive its deletion by that"""
        bundle.share_pids()
        bundle.linux["cgroupsPath"] = shared
        container = bundle.start(payload=["spawn", 2])
        os.setxattr(cgroup_mount() + shared, "user.coracle", owner.encode())
        container.remove()
        assert not os.path.exists(cgroup_mount() + shared)

    def test_nor_does_its_own_name_spelt_otherwise(self, bundle, coracle, shared):
        bundle.share_pids()
        bundle.linux["cgroupsPath"] = shared
        container = bundle.start(payload=["spawn", 2])
        owner = os.getxattr(cgroup_mount() + shared, "user.coracle").decode()
        os.setxattr(cgroup_mount() + shared, "user.coracle", owner.replace(" /", " //").encode())
        container.remove()
        assert not os.path.exists(cgroup_mount() + shared)

    @needs("root")
    @pytest.mark.parametrize("prefix, uid", [("", 1000), ("/proc/self/root", 0)])
    def test_a_false_record_saves_nobody(self, bundle, coracle, directory, shared, prefix, uid):
        """one that the container wrote itself, as another user or where only it can say what is there"""
        bundle.unset_namespace("pid")
        bundle.linux["cgroupsPath"] = shared
        container = bundle.start(payload=["spawn", 2])
        self.record(coracle, "false", shared)
        false = os.path.join(directory, "false")
        os.rename(os.path.join(coracle.root, "false"), false)
        for path in (os.path.join(false, "state.json"), false):
            os.chown(path, uid, uid)
        owner = f"2026-01-01T00:00:00.000000001Z {prefix}{false}"
        os.setxattr(cgroup_mount() + shared, "user.coracle", owner.encode())
        container.remove()
        assert not os.path.exists(cgroup_mount() + shared)

    def test_the_name_of_a_container_elsewhere_saves_nobody(self, bundle, make_bundle, shared):
        bundle.share_pids()
        bundle.linux["cgroupsPath"] = shared
        container = bundle.start(payload=["spawn", 2])
        other = make_bundle("other").start()
        name = os.getxattr(cgroup_directory(other.pid), "user.coracle")
        os.setxattr(cgroup_mount() + shared, "user.coracle", name)
        container.remove()
        assert not os.path.exists(cgroup_mount() + shared)
        assert other.status == "running"
        other.remove()

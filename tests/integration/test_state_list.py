"""test_state_list.py - coracle state and list: what engines read"""

import json
import os
import pwd
import re

import pytest

from harness.needs import needs
from harness.runtime import contents

RFC3339 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"


def test_state_is_the_specifications_object(bundle):
    bundle.config["annotations"] = {"org.example.colour": "blue"}
    container = bundle.create(payload=["wait"])
    state = container.state()
    assert re.fullmatch(r"1\.\d+\.\d+(-dev)?", state["ociVersion"])
    assert state["id"] == container.id
    assert state["status"] == "created"
    assert state["bundle"] == bundle.path
    assert state["annotations"]["org.example.colour"] == "blue"
    assert os.path.isdir(f"/proc/{state['pid']}")
    container.remove()


def test_state_has_what_engines_read_beyond_it(bundle):
    container = bundle.create(payload=["wait"])
    state = container.state()
    assert state["rootfs"] == bundle.rootfs
    assert state["owner"] == pwd.getpwuid(os.getuid()).pw_name
    assert re.fullmatch(RFC3339, state["created"])
    container.remove()


def test_an_id_may_begin_with_a_dot(bundle, coracle):
    container = bundle.create(payload=["wait"], identifier=".hidden")
    assert coracle.identifiers() == [".hidden"]
    coracle("delete", "--regex", "hid")
    assert not os.path.exists(os.path.join(coracle.root, container.id))


def test_the_bundles_path_is_absolute_however_it_was_given(bundle):
    bundle.args("wait").write()
    parent, name = os.path.split(bundle.path)
    bundle.runtime("create", "--bundle", f"../{os.path.basename(parent)}/{name}", "relative",
                   cwd=parent)
    state = json.loads(bundle.runtime("state", "relative").stdout)
    assert state["bundle"] == bundle.path
    bundle.runtime("delete", "--force", "relative")


def test_a_program_that_was_killed_from_outside_is_stopped(bundle):
    container = bundle.start(payload=["sleep"])
    os.kill(container.pid, 9)
    container.wait_stopped()
    assert container.state().get("pid", 0) == 0
    container.delete()


def test_a_zombie_is_stopped(bundle):
    container = bundle.start(payload=["sleep"])
    os.kill(container.pid, 9)
    # not reaped here: the state must not call it running for that
    os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
    assert container.status == "stopped"
    container.delete()


def test_another_process_with_the_same_pid_is_not_the_container(bundle, host):
    """the record says pid and start time: a pid that is used again is somebody else"""
    container = bundle.start(payload=["sleep"])
    record = os.path.join(bundle.runtime.root, container.id, "state.json")
    text = open(record, encoding="utf-8").read()
    pid = container.pid
    changed = re.sub(rf'("pid"\s*:\s*){pid}\b', rf"\g<1>{os.getpid()}", text)
    assert changed != text
    with open(record, "w", encoding="utf-8") as file:
        file.write(changed)
    assert container.status == "stopped"
    bundle.runtime.fails("kill", container.id, "USR1", message="(not running|stopped)")
    with open(record, "w", encoding="utf-8") as file:
        file.write(text)
    assert container.status == "running"
    container.remove()


@needs("program:strace")
@pytest.mark.parametrize("command", ["state", "list"])
def test_it_reads_the_record_and_looks_for_init_alone(make_bundle, coracle, directory, command):
    """one record a container; what else runs on the host, and how much of it, is nothing to it"""
    containers = [make_bundle(name).create(payload=["wait"]) for name in ("a", "b")]
    log = os.path.join(directory, "strace")
    coracle.prefix = ["strace", "-f", "-y", "-o", log, "-e", "trace=%file,getdents64"]
    coracle(command, *([containers[0].id] if command == "state" else []))
    coracle.prefix = []
    calls = re.sub(r"(?m)^\d+ +(execve|readlink)\(.*\n", "", contents(log))
    asked = containers if command == "list" else containers[:1]
    assert len(re.findall(r'"[^"]*state\.json"', calls)) == len(asked), calls
    assert len(re.findall(r'getdents64\(', calls)) == (2 if command == "list" else 0), calls
    seen = {int(pid) for pid in re.findall(r'"/proc/(\d+)', calls)}
    assert seen == {container.pid for container in asked}, calls
    assert not re.search(r'"/proc/?"', calls), calls
    for container in containers:
        container.remove()


def test_state_of_nobody(coracle):
    error = coracle.error("state", "nobody")
    assert error["class"] == "state" and "'nobody'" in error["msg"]


class TestList:
    def test_empty(self, coracle):
        assert coracle("list", "-q").stdout == ""
        assert json.loads(coracle("list", "--format", "json").stdout) == []
        assert coracle("list").stdout.split() == ["ID", "PID", "STATUS", "BUNDLE", "CREATED",
                                                  "OWNER"]

    def test_all_by_id(self, make_bundle, coracle):
        second = make_bundle("b").create(payload=["wait"], identifier="second")
        first = make_bundle("a").start(identifier="first")

        assert coracle("list", "-q").stdout == "first\nsecond\n"
        assert coracle("list", "--quiet").stdout == "first\nsecond\n"

        entries = json.loads(coracle("list", "-f", "json").stdout)
        assert [entry["id"] for entry in entries] == ["first", "second"]
        assert [entry["status"] for entry in entries] == ["running", "created"]
        assert entries[0]["pid"] == first.pid
        for entry in entries:
            assert os.path.isabs(entry["bundle"]) and os.path.isabs(entry["rootfs"])
            assert re.fullmatch(RFC3339, entry["created"]) and entry["owner"]

        head, *rows = coracle("list").stdout.splitlines()
        assert head.split()[:3] == ["ID", "PID", "STATUS"]
        assert [row.split()[:3] for row in rows] == [
            ["first", str(first.pid), "running"], ["second", str(second.pid), "created"]]
        first.remove()
        second.remove()

    @needs("root")
    @pytest.mark.parametrize("name, owner", [("r\u00f6\u00f6t".encode("latin-1"), "0"), (b"r\x1b[2Jt", "0"),
                                             ("r\u00f6\u00f6t".encode(), "r\u00f6\u00f6t")])
    def test_owner_whose_name_is_not_text(self, bundle, coracle, name, owner):
        """is a number, for the list goes to a terminal, or is JSON"""
        container = bundle.create(payload=["wait"])
        accounts = bundle.outside("passwd")
        with open(accounts, "wb") as file:
            file.write(name + b":x:0:0::/:/bin/sh\n")
        coracle.prefix = ["unshare", "--mount", "--propagation", "private", "sh", "-ec",
                          'mount --bind "$0" /etc/passwd; exec "$@"', accounts]
        entry, = json.loads(coracle("list", "-f", "json").stdout)
        assert entry["owner"] == owner == container.state()["owner"]
        assert coracle("list").stdout.split()[-1] == owner
        coracle.prefix = []
        container.remove()

    def test_a_stopped_container_has_no_pid(self, bundle, coracle):
        container = bundle.start(payload=["sleep"])
        container.kill("KILL")
        container.wait_stopped()
        row = coracle("list").stdout.splitlines()[1].split()
        assert row[:3] == [container.id, "0", "stopped"]
        container.delete()

    def test_a_half_made_container_hides_no_other(self, bundle, coracle):
        container = bundle.start()
        os.mkdir(os.path.join(coracle.root, "half-made"))
        assert container.id in coracle("list", "-q").stdout.split()
        coracle("delete", "--force", "half-made")
        assert not os.path.exists(os.path.join(coracle.root, "half-made"))
        container.remove()

    @pytest.mark.parametrize("text", ["", '{"ociVersion": "1.0', "{}"])
    def test_a_container_that_cannot_be_read_is_told(self, make_bundle, coracle, text):
        """its process and its cgroup are still there; what is no container is not spoken of"""
        good, bad = (make_bundle(name).create(payload=["wait"]) for name in ("good", "bad"))
        path = os.path.join(coracle.root, bad.id, "state.json")
        record = contents(path)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        stray = os.path.join(coracle.root, "stray")
        open(stray, "w", encoding="ascii").close()
        result = coracle("list", "-q")
        assert result.stdout.split() == [good.id]
        warning, = result.stderr.splitlines()
        assert warning.startswith(f"coracle: warning: container '{bad.id}': state.json: ")
        assert warning.endswith(" (it is not listed)")
        os.unlink(stray)
        with open(path, "w", encoding="utf-8") as file:
            file.write(record)
        for container in (good, bad):
            container.remove()

    @pytest.mark.parametrize("command", [["state"], ["kill"], ["ps"], ["events", "--stats"], ["pause"], ["start"]])
    def test_one_that_was_only_half_made_is_named(self, coracle, command):
        os.makedirs(os.path.join(coracle.root, "half"))
        error = coracle.error(*command, "half")
        assert error["class"] == "state" and "container 'half' does not exist: it is being made" in error["msg"]
        coracle("delete", "--force", "half")

    @needs("program:strace")
    def test_a_root_that_cannot_be_read_is_an_error(self, bundle, coracle, directory):
        container = bundle.start()
        coracle.prefix = ["strace", "-o", os.path.join(directory, "strace"), "-e", "inject=getdents64:error=EIO"]
        for command in (["list"], ["kill", "--regex", ".", "KILL"], ["delete", "--force", "--regex", "."]):
            coracle.fails(*command, message=f"read the state root '{coracle.root}': Input/output error")
        coracle.prefix = []
        container.remove()

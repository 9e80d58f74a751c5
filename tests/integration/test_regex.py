"""test_regex.py - kill --regex and delete --regex: many containers at once"""

import os

import pytest

from harness.runtime import eventually


@pytest.fixture
def three(make_bundle, coracle):
    """web-1 and web-2 run, db is created"""
    containers = [make_bundle(name).start(payload=["sleep"], identifier=name)
                  for name in ("web-1", "web-2")]
    containers.append(make_bundle("db").create(payload=["sleep"], identifier="db"))
    yield containers
    coracle("delete", "--force", "--regex", ".")
    assert coracle.identifiers() == []


def test_kill_reaches_those_that_match(three, coracle):
    coracle("kill", "--regex", "^web-", "KILL")
    for container in three[:2]:
        container.wait_stopped()
    assert three[2].status == "created"


def test_kill_passes_over_those_that_have_ended(three, coracle):
    three[0].kill("KILL")
    three[0].wait_stopped()
    coracle("kill", "-r", "web", "KILL")
    three[1].wait_stopped()


def test_kill_passes_over_what_is_no_container(three, coracle):
    """a directory that is being made, and a file"""
    os.mkdir(os.path.join(coracle.root, "web-3"))
    os.mknod(os.path.join(coracle.root, "web-4"))
    assert coracle("kill", "-r", "web", "KILL").stderr == ""
    for container in three[:2]:
        container.wait_stopped()
    os.unlink(os.path.join(coracle.root, "web-4"))


def test_delete_reaches_those_that_match(three, coracle):
    coracle("kill", "-r", "web", "KILL")
    for container in three[:2]:
        container.wait_stopped()
    coracle("delete", "web-[12]$", "--regex")
    assert coracle.identifiers() == ["db"]


def test_one_that_fails_does_not_keep_the_others(three, coracle):
    three[1].kill("KILL")
    three[1].wait_stopped()
    error = coracle.error("delete", "--regex", "web")
    assert error["class"] == "state" and "'web-1'" in error["msg"]
    assert coracle.identifiers() == ["db", "web-1"]


def test_every_further_failure_is_a_warning(three, coracle):
    result = coracle.fails("delete", "--regex", "web", message="error: cannot delete.*'web-1'")
    assert "warning: cannot delete container 'web-2'" in result.stderr


@pytest.mark.parametrize("command", [["kill", "--regex", "^b$", "KILL"],
                                     ["delete", "--regex", "--force", "nobody"]])
def test_no_match_is_no_error(three, coracle, command):
    coracle(*command)
    assert coracle.identifiers() == ["db", "web-1", "web-2"]


def test_kept_filters_are_no_container(bundle, coracle):
    """their directory lies among the containers'"""
    bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["getpid"], "action": "SCMP_ACT_LOG"}]}
    bundle.create(payload=["sleep"])
    assert "@seccomp" in os.listdir(coracle.root)
    coracle("kill", "--regex", ".", "KILL")
    coracle("delete", "--regex", "--force", ".")
    assert coracle.identifiers() == []


@pytest.mark.parametrize("command", [["kill", "--regex", "a(", "KILL"], ["delete", "-r", "a("]])
def test_a_malformed_one_is_an_error(three, coracle, command):
    error = coracle.error(*command)
    assert error["class"] == "usage" and "'a('" in error["msg"]


@pytest.mark.parametrize("command", [["kill", "--regex", "", "KILL"], ["delete", "--force", "-r", ""]])
def test_an_empty_one_does_not_mean_all(three, coracle, command):
    error = coracle.error(*command)
    assert error["class"] == "usage" and "expression is empty" in error["msg"]
    assert [container.status for container in three] == ["running", "running", "created"]


def test_without_the_option_an_id_is_an_id(three, coracle):
    assert "does not exist" in coracle.error("kill", "web.1", "KILL")["msg"]
    eventually(lambda: three[0].status == "running", "nothing")

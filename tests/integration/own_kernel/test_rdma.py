"""test_rdma.py - linux.resources.rdma for a device that is there: one in software, on the loopback's network

Debian's kernels for clouds have none: tests/vm/own-kernel makes one that has.
"""

import json
import subprocess

import pytest

from harness.cgroup import cgroup_directory
from harness.host import read
from harness.needs import needs

pytestmark = needs("root", "controller:rdma", "file:/sys/class/infiniband", "program:rdma")

DEVICE = "siw7"


@pytest.fixture(autouse=True)
def device(host):
    subprocess.run(["rdma", "link", "add", DEVICE, "type", "siw", "netdev", "lo"], check=True)
    yield
    subprocess.run(["rdma", "link", "delete", DEVICE], check=True)


def limits(container):
    """{name: value} of the device"""
    lines = [line.split() for line in read(f"{cgroup_directory(container.pid)}/rdma.max").splitlines()]
    found = {words[0]: dict(word.split("=") for word in words[1:]) for words in lines}
    return found.get(DEVICE, {"hca_handle": "max", "hca_object": "max"})


@pytest.mark.parametrize("asked, found", [
    ({"hcaHandles": 2, "hcaObjects": 10}, {"hca_handle": "2", "hca_object": "10"}),
    ({"hcaHandles": 0}, {"hca_handle": "0", "hca_object": "max"}),
    ({"hcaObjects": 2147483646}, {"hca_handle": "max", "hca_object": "2147483646"})])
def test_limits(bundle, asked, found):
    bundle.linux["resources"] = {"rdma": {DEVICE: asked}}
    container = bundle.start()
    assert limits(container) == found
    container.remove()


def test_update(bundle):
    bundle.linux["resources"] = {"rdma": {DEVICE: {"hcaHandles": 2}}}
    container = bundle.start()
    container.runtime("update", "-r", "-", container.id, stdin=json.dumps({"rdma": {DEVICE: {"hcaObjects": 3}}}))
    assert limits(container) == {"hca_handle": "2", "hca_object": "3"}
    container.remove()


@pytest.mark.parametrize("before", [{}, {"hcaHandles": 2}, {"hcaHandles": 0, "hcaObjects": 9}])
def test_an_update_that_fails_changes_nothing(bundle, before):
    bundle.linux["resources"] = {"rdma": {DEVICE: before}} if before else {}
    container = bundle.start()
    was = limits(container)
    container.runtime.fails("update", "-r", "-", container.id, message="siw8",
                            stdin=json.dumps({"rdma": {DEVICE: {"hcaHandles": 5, "hcaObjects": 6},
                                                       "siw8": {"hcaHandles": 1}}}))
    assert limits(container) == was
    container.remove()

"""test_memory.py - what a run and a refusal take of memory, and what a created container keeps

The limits are those of tests/bench/README.md.  Counted are pages and faults, not time: a busy machine has
as many.
"""

import json
import os
import subprocess

import pytest

from conftest import CORACLE
from harness.host import read
from harness.needs import needs
from harness.runtime import is_sanitized

pytestmark = pytest.mark.skipif(is_sanitized(CORACLE), reason="the address sanitizer has memory of its own")

# of the program that is built by default: a dynamic one has a loader and libraries beside
IS_STATIC = "statically linked" in subprocess.run(["ldd", CORACLE], capture_output=True, text=True).stdout
RUN_KIB, RUN_FAULTS = 2048 if IS_STATIC else 4096, 200
CREATED_KIB = 300
DEPTH = 10_000


@pytest.fixture
def usage(coracle, payload, directory):
    """what the last command has taken: peak KiB, page faults"""
    path = os.path.join(directory, "usage")
    coracle.prefix = [payload, "usage", path]

    def last():
        taken = json.loads(read(path))
        return taken["kib"], taken["faults"]
    return last


def refused(bundle, text):
    """how it is refused whose config.json ends with text, for its last brace"""
    bundle.write()
    path = os.path.join(bundle.path, "config.json")
    config = read(path)
    with open(path, "w", encoding="ascii") as file:
        file.write(config[:-1] + text)
    bundle.runtime.host.watch(bundle.path)
    result = bundle.runtime("run", "--bundle", bundle.path, "refused", check=False)
    assert result.returncode == 1, str(result)
    return result.stderr


@needs("root")
def test_a_run(bundle, usage):
    bundle.run("exit", 0)
    kib, faults = usage()
    assert 0 < kib <= RUN_KIB
    assert 0 < faults <= RUN_FAULTS


def private_kib(pid):
    sizes = [int(line.split()[1]) for line in read(f"/proc/{pid}/smaps_rollup").splitlines()
             if line.startswith(("Private_Clean:", "Private_Dirty:"))]
    assert len(sizes) == 2
    return sum(sizes)


@needs("root")
def test_a_created_container_keeps_little_for_itself(bundle):
    """of some: a page of the program's file, which all share, counts as private where only one has touched it"""
    containers = [bundle.create() for _ in range(4)]
    kept = [private_kib(container.pid) for container in containers]
    for container in containers:
        container.remove()
    assert 0 < min(kept) <= CREATED_KIB, kept


@pytest.mark.parametrize("text", [
    ', "x": [' + '"a",' * (10 << 18) + '"a"]}',
    ', "annotations": {' + ",".join(f'"{number}": "{"v" * 100}"' for number in range(96_000)) + "}}",
    " " * (10 << 20) + "}",
], ids=["skipped", "annotations", "spaces"])
def test_a_configuration_of_10_mib_is_not_read(bundle, usage, text):
    assert len(text) >= 10 << 20
    assert "it is larger than 4194304 bytes" in refused(bundle, text)
    kib, faults = usage()
    assert kib <= RUN_KIB
    assert faults <= RUN_FAULTS


@pytest.mark.parametrize("begin, end", [("[", "]"), ('{"a":', "}")], ids=["arrays", "objects"])
def test_levels_beyond_what_is_allowed_take_nothing(bundle, usage, begin, end):
    """ten thousand of them no more than one too many, in a document of the same size"""
    deep = f', "x": {begin * DEPTH}1{end * DEPTH}}}'
    shallow = f', "x": {begin * 65}1{end * 65}' + " " * ((len(begin) + len(end)) * (DEPTH - 65)) + "}"
    assert len(deep) == len(shallow)
    faults = []
    for text in (shallow, deep):
        assert "more than 64 levels deep" in refused(bundle, text)
        faults.append(usage()[1])
        assert usage()[0] <= RUN_KIB
    assert faults[1] <= faults[0] + 8

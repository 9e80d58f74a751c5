"""conftest.py - the fixtures: a runtime, bundles, and a host that must be left as it was found

The binary is $CORACLE, or ./coracle; the payload is built beside it by `make check`, and compiled
here when it was not.  Run as root, or as a user: what a user cannot do is then skipped, and what is
left runs with the configuration that `coracle spec --rootless` writes for him.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile

import pytest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(__file__))

from harness import host as host_module
from harness.bundle import Bundle
from harness.cgroup import cgroup_directory, cgroup_mount
from harness.needs import missing
from harness.runtime import Runtime

HERE = os.path.dirname(os.path.abspath(__file__))
CORACLE = os.path.abspath(os.environ.get("CORACLE", "coracle"))


def pytest_configure():
    if not os.access(CORACLE, os.X_OK):
        pytest.exit(f"no program at '{CORACLE}': build first, or set CORACLE", returncode=2)
    os.environ.setdefault("HOME", os.path.expanduser("~"))  # a service of systemd has none
    host_module.become_subreaper()
    # a shell's job in the background ignores them, and so would all that is tested
    for number in (signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def pytest_addoption(parser):
    parser.addoption("--needing", action="append", metavar="KIND[:NAME]",
                     help="only the tests that need this of the machine (see harness/needs.py)")


# those that take longest come first: where each worker takes a file at a time, none waits for them in the end
LONGEST = ("time_limits systemd registry_auth pull pull_parts hostile_pull unpack unpack_drivers rootless "
           "store_cache faults unpack_hostile run_image security_races").split()


def pytest_collection_modifyitems(config, items):
    """--needing: for a machine that was made because others lack what these tests need"""
    wanted = config.getoption("--needing")
    if wanted:
        chosen = [item for item in items if any(
            need in wanted or need.partition(":")[0] in wanted
            for mark in item.iter_markers("needs") for need in mark.args)]
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen
    rank = {f"test_{name}.py": number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.name, len(rank)))


def pytest_runtest_setup(item):
    """skips what cannot run here; --junit-xml tells tests/vm/skipped-here what is missing"""
    reasons = {need: reason for mark in item.iter_markers("needs") for need in mark.args
               if (reason := missing(need))}
    item.user_properties += [("missing", need) for need in reasons]
    if reasons:
        pytest.skip(next(iter(reasons.values())))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if call.when == "call":
        item.body_failed = report.failed


@contextlib.contextmanager
def open_directory(place=None):
    directory = tempfile.mkdtemp(prefix="coracle-test-", dir=place)
    os.chmod(directory, 0o755)
    yield directory
    if not os.listdir(directory):
        os.rmdir(directory)


@pytest.fixture(scope="session")
def session_directory():
    """open to all, so that a user namespace's root may enter; tests that fail leave their part"""
    with open_directory() as directory:
        yield directory


@pytest.fixture(scope="session")
def memory_directory(session_directory):
    """on the file system that $CORACLE_TEST_MEMORY names, whose directories come and go faster; for tests
    that are not marked `disk`"""
    place = os.environ.get("CORACLE_TEST_MEMORY")
    if not place:
        yield session_directory
        return
    with open_directory(place) as directory:
        yield directory


@pytest.fixture(scope="session")
def payload(tmp_path_factory):
    built = os.path.join(os.path.dirname(CORACLE), "tests/integration/payload")
    if os.access(built, os.X_OK):
        return built
    compiled = str(tmp_path_factory.mktemp("payload") / "payload")
    subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", "-O1", "-static", "-s", "-o", compiled,
                    os.path.join(HERE, "payload.c")], check=True)
    return compiled


@pytest.fixture(scope="session")
def spec(tmp_path_factory):
    """the text of the configuration that `coracle spec` writes"""
    directory = tmp_path_factory.mktemp("spec")
    options = [] if os.geteuid() == 0 else ["--rootless"]
    subprocess.run([CORACLE, "spec", *options], cwd=directory, check=True)
    return (directory / "config.json").read_text()


@pytest.fixture
def directory(session_directory, memory_directory, request):
    """a directory of the test's own, removed if it passed"""
    top = session_directory if request.node.get_closest_marker("disk") else memory_directory
    path = tempfile.mkdtemp(prefix=f"{request.node.originalname}-", dir=top)
    os.chmod(path, 0o755)
    yield path
    if not getattr(request.node, "body_failed", True):
        shutil.rmtree(path)


class Seen:
    """What a test has left as it found it, the next one finds so: one look between the two, unless
    something is set up or ends there that is not a test's."""

    look = None


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef):
    if fixturedef.scope != "function":
        Seen.look = None


def pytest_fixture_post_finalizer(fixturedef):
    if fixturedef.scope != "function":
        Seen.look = None


@pytest.fixture(autouse=True)
def host(request, directory, spec, payload):
    """the host before the test; fails the test if it is another one after it"""
    host = host_module.Host(Seen.look)
    Seen.look = None
    host.watch(os.path.join(directory, "state"),
               [os.path.join(directory, "state/@seccomp")])  # kept filters stay
    host.watch_file(CORACLE)
    yield host
    left = host.settled_differences()
    if left:
        host.mop_up()
        shutil.rmtree(os.path.join(directory, "state"), ignore_errors=True)
        pytest.fail("the host has changed:\n  " + "\n  ".join(left), pytrace=False)
    Seen.look = host.before


@pytest.fixture
def victim(directory, host):
    """a directory of the host that nothing may come to"""
    path = os.path.join(directory, "victim")
    os.mkdir(path)
    with open(os.path.join(path, "file"), "w", encoding="ascii") as file:
        file.write("untouched")
    host.watch(path)
    host.watch_file(path)
    host.watch_file(os.path.join(path, "file"))
    return path


@pytest.fixture
def keep_controllers():
    """hands no more controllers down to the cgroup of the tests afterwards than before"""
    directories = [cgroup_directory("self").rstrip("/")]
    while directories[-1] != cgroup_mount():
        directories.append(os.path.dirname(directories[-1]))
    files = [os.path.join(directory, "cgroup.subtree_control") for directory in directories]
    before = {path: set(host_module.read(path).split()) for path in files}
    yield
    # from below: what a child hands on cannot be taken from it
    for path in files:
        for name in set(host_module.read(path).split()) - before[path]:
            with open(path, "w", encoding="ascii") as file:
                file.write(f"-{name}")


@pytest.fixture
def coracle(directory, host):
    output = os.path.join(directory, "output")
    os.mkdir(output)
    return Runtime(CORACLE, os.path.join(directory, "state"), output, host)


@pytest.fixture
def make_bundle(directory, coracle, payload, spec):
    """makes further bundles: make_bundle("name")"""
    def make(name):
        return Bundle(os.path.join(directory, name, "bundle"), coracle, payload, spec)
    return make


@pytest.fixture
def bundle(make_bundle):
    return make_bundle("one")

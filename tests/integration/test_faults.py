"""test_faults.py - one system call of a run fails, or the process that made it is killed: every one in
its turn, in the runtime as in init

Whatever fails, there is an error in words and nothing is left behind; what a killed runtime leaves,
`delete --force` removes.  strace injects the failure, and counts the calls of each process for
itself.
"""

import os
import re
import signal

import pytest

from conftest import CORACLE
from harness.needs import needs
from harness.runtime import Container, contents, eventually, identifiers, is_sanitized

pytestmark = [needs("root"), needs("program:strace")]

# of the loader's and the C library's start, and those that cannot fail or end nothing
NOT_OURS = set("""access arch_prctl brk clock_gettime close execve exit exit_group getcpu getpid getppid getuid geteuid
    getegid getrandom mmap mprotect munmap pread64 prlimit64 rseq rt_sigaction rt_sigprocmask rt_sigreturn
    set_robust_list set_tid_address umask madvise write getdents64""".split())

# what takes things away: where it fails, something stays for `delete --force`
UNDOING = {"unlinkat", "rmdir", "wait4", "poll", "ppoll", "flock", "kill"}

NAMES = """bpf capget capset chdir clone3 close_range faccessat faccessat2 fchdir fcntl flock fsconfig
    fsmount fsopen fstat fstatfs futex getcwd getgroups ioctl keyctl mkdir mkdirat mknodat mount_setattr move_mount
    newfstatat open open_tree openat openat2 pipe2 pivot_root poll ppoll prctl read readlink readlinkat recvmsg
    renameat renameat2 rmdir sched_getaffinity sched_setaffinity sendmsg setgroups sethostname setns
    setresgid setresuid setsid setsockopt setxattr signalfd4 socket socketpair stat statfs symlinkat umount2
    unlinkat unshare wait4""".split()

POINTS_MAX = 60

# what is called otherwise where init waits for the word to start
WAITING = ["sendmsg", "recvmsg", "renameat", "prctl"]
CASES = [(name, False) for name in NAMES] + [(name, True) for name in WAITING]


@pytest.fixture
def faulty(coracle, bundle, directory):
    """run(NAME, WHAT, waits): a run with that injected; False when the run has not so many such calls"""
    log = os.path.join(directory, "strace")

    def run(name, what, waits):
        # not --seccomp-bpf, with which strace 6.1 injects nothing into the process that it starts itself
        coracle.prefix = ["strace", "-f", "-o", log, "-e", f"trace={name}", "-e",
                          f"inject={name}:{what}"]
        try:
            result = bundle.run(check=False, options=["--pid-file", os.path.join(directory, "pid")] if waits else ())
        finally:
            coracle.prefix = []
        with open(log, encoding="utf-8", errors="replace") as file:
            text = file.read()
        os.unlink(log)
        return result, re.search(r"\(INJECTED\)|killed by SIGKILL", text) is not None
    bundle.args("exit", 0)
    bundle.write()
    return run


def test_an_older_kernel_is_told(faulty):
    """one that has all but the newest of the calls that each container needs"""
    result, injected = faulty("mount_setattr", "error=ENOSYS", False)
    assert injected and "Linux has mount_setattr(2) since 5.12, which is needed" in result.stderr, str(result)


def containers(coracle):
    """those that `list` does not know too: their runtime did not come to writing a record"""
    names = os.listdir(coracle.root) if os.path.isdir(coracle.root) else []
    return [name for name in names if not name.startswith("@")]


def delete_what_is_left(coracle):
    for identifier in containers(coracle):
        coracle("delete", "--force", identifier)
    return containers(coracle)


def test_the_list_is_complete(bundle, coracle, directory):
    log = os.path.join(directory, "strace")
    coracle.prefix = ["strace", "-f", "-o", log]
    bundle.args("exit", 0).run()
    coracle.prefix = []
    with open(log, encoding="utf-8", errors="replace") as file:
        used = {match[1] for line in file if (match := re.match(r"\d+ +(\w+)\(", line))}
    assert used - NOT_OURS - set(NAMES) == set()


# wait4(2) of a child that is there cannot fail, nor futex(2) where a number is
@pytest.mark.parametrize("name, waits", [case for case in CASES if case[0] not in ("wait4", "futex")])
def test_a_failure_leaves_nothing(name, waits, faulty, coracle):
    for number in range(1, POINTS_MAX):
        result, happened = faulty(name, f"error=EIO:when={number}", waits)
        if not happened:
            break
        where = f"{name} number {number}: {result}"
        if name == "read" and result.returncode in (-signal.SIGILL, -signal.SIGTRAP):
            continue  # __builtin_trap(): its own variables, from a pipe that holds them: linux/exe_remap.c
        assert result.returncode == 0 or result.stderr.strip(), f"no word: {where}"
        if name not in UNDOING:
            assert containers(coracle) == [], where
        assert delete_what_is_left(coracle) == [], where


@pytest.mark.parametrize("name, waits", CASES)
def test_what_a_killed_process_leaves_can_be_deleted(name, waits, faulty, coracle):
    for number in range(1, POINTS_MAX, 3):
        result, happened = faulty(name, f"signal=KILL:when={number}", waits)
        if not happened:
            break
        assert result.returncode != 0, f"{name} number {number}: {result}"
        assert delete_what_is_left(coracle) == [], f"{name} number {number}: {result}"


@pytest.mark.skipif(is_sanitized(CORACLE) or len(os.sched_getaffinity(0)) < 2, reason="there is no thread beside init")
def test_an_init_that_the_runtimes_death_does_not_reach_ends(bundle, coracle, directory):
    """the runtime is killed when its thread has sent the network, but has not said which signals are ignored, and
    init has not yet asked to die with it"""
    log = os.path.join(directory, "strace")
    bundle.args("exit", 0).write()
    coracle.prefix = ["strace", "-f", "-o", log, "-e", "trace=prctl,sendmsg",
                      "-e", "inject=sendmsg:delay_exit=500ms:when=1", "-e", "inject=prctl:delay_enter=2s:when=1"]
    container = Container(coracle, next(identifiers))
    popen = coracle.popen("run", "--bundle", bundle.path, container.id)
    coracle.prefix = []

    def find(expression):
        return os.path.exists(log) and re.search(expression, contents(log), re.MULTILINE)
    network = eventually(lambda: find(r"^(\d+) +sendmsg\(.*SCM_RIGHTS"), "the network")
    init = eventually(lambda: find(r"^(\d+) +prctl\(PR_SET_PDEATHSIG"), "init")
    runtime = find(r"\A(\d+) ")
    os.kill(int(runtime[1]), signal.SIGKILL)
    coracle.finish(popen)
    assert network[1] not in (runtime[1], init[1])
    coracle("delete", "--force", container.id)


def test_a_record_that_names_hooks_is_not_without_them(faulty, coracle, bundle, directory):
    """config.json has them, and was copied before: killed where the cgroup is to be made, delete runs them"""
    ended = os.path.join(directory, "ended")
    bundle.config["hooks"] = {"poststop": [{"path": "/bin/sh", "args": ["sh", "-c", f"echo > {ended}"]}]}
    bundle.write()
    records = 0
    os.makedirs(coracle.root, mode=0o700)   # not in a run, where mkdir(2) is mkdirat(2), as on arm64
    for number in range(1, 5):
        faulty("?mkdir,mkdirat", f"signal=KILL:when={number}", False)
        for identifier in containers(coracle):
            has_record = os.path.exists(os.path.join(coracle.root, identifier, "state.json"))
            assert "hooks are not run" not in coracle("delete", "--force", identifier).stderr
            assert os.path.exists(ended) == has_record, number
            records += has_record
        if os.path.exists(ended):
            os.unlink(ended)
    assert records

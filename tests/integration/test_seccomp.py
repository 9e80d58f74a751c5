"""test_seccomp.py - linux.seccomp: every action, the comparisons, and filters that cannot be"""

import json
import os
import platform
import re
import signal

import pytest

from harness.needs import needs
from harness.runtime import eventually

# what harmless call stands for the one that a rule is about
CALL = "getpriority"
ANSWER = f"ok {20 - os.getpriority(os.PRIO_PROCESS, 0)}"


def set_filter(bundle, *rules, default="SCMP_ACT_ALLOW", **more):
    bundle.linux["seccomp"] = {"defaultAction": default, "syscalls": list(rules), **more}


def rule(action, *names, args=(), **more):
    entry = {"names": list(names) or [CALL], "action": action, **more}
    if args:
        entry["args"] = list(args)
    return entry


def compare(index, operator, value, value_two=None):
    entry = {"index": index, "value": value, "op": operator}
    if value_two is not None:
        entry["valueTwo"] = value_two
    return entry


def add_hook(bundle):
    """one that runs behind the word to start"""
    bundle.config["hooks"] = {"startContainer": [{"path": "/bin/payload", "args": ["payload", "exit", "0"]}]}


def call(bundle, *words):
    """what the payload says of the system call: "ok N" or an errno's name"""
    return bundle.run("syscall", *words).stdout.strip()


@needs("root")
def test_without_a_filter_there_is_none(bundle):
    bundle.linux.pop("seccomp", None)
    status = bundle.report().status
    assert (status["Seccomp"], call(bundle, CALL)) == ("0", ANSWER)


@pytest.mark.parametrize("privileged", [False, True])
def test_the_filter_is_loaded(bundle, privileged):
    """with noNewPrivileges as the last thing, without it while CAP_SYS_ADMIN is still there"""
    set_filter(bundle, rule("SCMP_ACT_ERRNO"))
    bundle.process["noNewPrivileges"] = not privileged
    assert bundle.report().status["Seccomp"] == "2"
    assert call(bundle, CALL) == "EPERM"


class TestActions:
    @needs("root")
    def test_allow(self, bundle):
        set_filter(bundle, rule("SCMP_ACT_ALLOW"))
        assert call(bundle, CALL) == ANSWER

    @needs("root")
    def test_log(self, bundle):
        set_filter(bundle, rule("SCMP_ACT_LOG"))
        assert call(bundle, CALL) == ANSWER

    @pytest.mark.parametrize("number, name", [(None, "EPERM"), (38, "ENOSYS"), (13, "EACCES")])
    def test_errno(self, bundle, number, name):
        more = {} if number is None else {"errnoRet": number}
        set_filter(bundle, rule("SCMP_ACT_ERRNO", **more))
        assert call(bundle, CALL) == name

    def test_errno_0_pretends_success(self, bundle):
        set_filter(bundle, rule("SCMP_ACT_ERRNO", errnoRet=0))
        assert call(bundle, CALL) == "ok 0"

    @pytest.mark.parametrize("action", ["SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD",
                                        "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_TRAP"])
    def test_the_deadly_ones(self, bundle, action):
        set_filter(bundle, rule(action))
        result = bundle.run("syscall", CALL, check=False)
        assert result.returncode == 128 + signal.SIGSYS

    def test_trace_without_a_tracer_is_enosys(self, bundle):
        set_filter(bundle, rule("SCMP_ACT_TRACE"))
        assert call(bundle, CALL) == "ENOSYS"


# linux/seccomp.h: SECCOMP_RET_*, which for some have room for a number
VERDICTS = [("SCMP_ACT_KILL", {}, 0), ("SCMP_ACT_KILL_THREAD", {}, 0), ("SCMP_ACT_KILL_PROCESS", {}, 0x80000000),
            ("SCMP_ACT_TRAP", {}, 0x30000), ("SCMP_ACT_ERRNO", {}, 0x50001),
            ("SCMP_ACT_ERRNO", {"errnoRet": 4094}, 0x50ffe), ("SCMP_ACT_TRACE", {}, 0x7ff00001),
            ("SCMP_ACT_TRACE", {"errnoRet": 65535}, 0x7ff0ffff), ("SCMP_ACT_LOG", {}, 0x7ffc0000)]


@needs("root", "program:strace")
@pytest.mark.parametrize("action, more, verdict", VERDICTS)
def test_what_the_kernel_is_told(bundle, coracle, directory, action, more, verdict):
    """a call cannot always tell: logged is allowed, and a thread may be the only one"""
    set_filter(bundle, rule(action, "sysinfo", **more))
    log = os.path.join(directory, "strace")
    coracle.prefix = ["strace", "-f", "-v", "-X", "raw", "-o", log, "-e", "trace=seccomp"]
    bundle.run("exit", 0)
    with open(log, encoding="utf-8") as file:
        program, = re.findall(r"seccomp\(0x1, 0, \{len=\d+, filter=\[(.*)\]\}\)", file.read())
    verdicts = {sum(int(number, 16) for number in numbers.split("|"))
                for numbers in re.findall(r"BPF_STMT\(0x6\|0, ([^)]+)\)", program)}
    # what is neither this call nor of this architecture
    assert verdicts - {0x7fff0000} in ({verdict}, {verdict, 0})


def test_the_default_action_and_its_errno(bundle):
    # what the runtime and the payload need between the filter and the call
    needed = """access arch_prctl brk capget capset chdir close close_range dup3 execve exit
        exit_group fcntl fstat getcwd getdents64 getgid getpid getppid gettid getuid ioctl lseek
        mmap mprotect munmap newfstatat open openat openat2 prctl pread64 prlimit64 read readlink
        readlinkat recvmsg rseq rt_sigaction rt_sigprocmask sendmsg set_robust_list
        set_tid_address setgid setgroups setresgid setresuid setuid statx uname umask write
        writev getrandom poll ppoll recvfrom sendto""".split()
    set_filter(bundle, rule("SCMP_ACT_ALLOW", *needed), default="SCMP_ACT_ERRNO",
               defaultErrnoRet=99)
    assert call(bundle, CALL) == "EADDRNOTAVAIL"


@pytest.mark.parametrize("operator, value, two, matching, others", [
    ("SCMP_CMP_NE", 1, None, [0, 2], [1]),
    ("SCMP_CMP_LT", 1, None, [0], [1, 2]),
    ("SCMP_CMP_LE", 1, None, [0, 1], [2]),
    ("SCMP_CMP_EQ", 1, None, [1], [0, 2]),
    ("SCMP_CMP_GE", 1, None, [1, 2], [0]),
    ("SCMP_CMP_GT", 1, None, [2], [0, 1]),
    ("SCMP_CMP_MASKED_EQ", 6, 2, [2, 3], [0, 1, 4, 6]),
])
def test_comparisons(bundle, operator, value, two, matching, others):
    """on a socket's protocol; 99 is no address family, should the filter let it pass"""
    set_filter(bundle, rule("SCMP_ACT_ERRNO", "socket", errnoRet=40,
                            args=[compare(2, operator, value, two)]))
    words = [("socket", 99, 1, number) for number in (*matching, *others)]
    answers = [call(bundle, *word) for word in words]
    assert answers == ["ELOOP"] * len(matching) + ["EAFNOSUPPORT"] * len(others)


def test_several_comparisons_must_all_hold(bundle):
    set_filter(bundle, rule("SCMP_ACT_ERRNO", "socket", errnoRet=40,
                            args=[compare(0, "SCMP_CMP_EQ", 99), compare(1, "SCMP_CMP_EQ", 1)]))
    assert call(bundle, "socket", 99, 1, 0) == "ELOOP"
    assert call(bundle, "socket", 99, 2, 0) == "EAFNOSUPPORT"


def test_several_comparisons_of_one_argument_may_each_hold(bundle):
    """as runc has it: an argument that stands twice is an alternative"""
    set_filter(bundle, rule("SCMP_ACT_ERRNO", "socket", errnoRet=40,
                            args=[compare(0, "SCMP_CMP_EQ", 98), compare(0, "SCMP_CMP_EQ", 99)]))
    assert call(bundle, "socket", 98, 1, 0) == "ELOOP"
    assert call(bundle, "socket", 99, 1, 0) == "ELOOP"


def test_a_value_beyond_32_bits(bundle):
    set_filter(bundle, rule("SCMP_ACT_ERRNO", "keyctl", errnoRet=40,
                            args=[compare(4, "SCMP_CMP_EQ", 2 ** 40)]))
    assert call(bundle, "keyctl", 99, 0, 0, 0, 2 ** 40) == "ELOOP"
    assert call(bundle, "keyctl", 99, 0, 0, 0, 0) == "EOPNOTSUPP"


def test_unknown_calls_are_skipped(bundle):
    """profiles name calls of all architectures"""
    set_filter(bundle, rule("SCMP_ACT_ERRNO", "no_such_call", CALL, "breakpoint"))
    assert call(bundle, CALL) == "EPERM"


def test_architectures(bundle):
    native = {"x86_64": "SCMP_ARCH_X86_64", "aarch64": "SCMP_ARCH_AARCH64"}[platform.machine()]
    set_filter(bundle, rule("SCMP_ACT_ERRNO"), architectures=[native, "SCMP_ARCH_X86"])
    assert call(bundle, CALL) == "EPERM"


@needs("i386")
def test_calls_of_another_architecture(bundle):
    """one that is listed has the rules too, and what is not listed is killed"""
    bundle.linux.pop("seccomp", None)
    assert bundle.run("foreign-syscall").stdout.strip() == ANSWER
    set_filter(bundle, rule("SCMP_ACT_ERRNO"), architectures=["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"])
    assert bundle.run("foreign-syscall").stdout.strip() == "EPERM"
    set_filter(bundle, rule("SCMP_ACT_ERRNO", "sysinfo"), architectures=["SCMP_ARCH_X86_64"])
    assert bundle.run("foreign-syscall", check=False).returncode == 128 + signal.SIGSYS


# linux/seccomp.h
FLAGS = {"SECCOMP_FILTER_FLAG_TSYNC": 1, "SECCOMP_FILTER_FLAG_LOG": 2, "SECCOMP_FILTER_FLAG_SPEC_ALLOW": 4}


@needs("root", "program:strace")
@pytest.mark.parametrize("flags", [[], *([flag] for flag in FLAGS), list(FLAGS)], ids="+".join)
def test_flags(bundle, coracle, directory, flags):
    """as the kernel is given them"""
    set_filter(bundle, rule("SCMP_ACT_ERRNO"), flags=flags)
    log = os.path.join(directory, "strace")
    coracle.prefix = ["strace", "-f", "-X", "raw", "-o", log, "-e", "trace=seccomp"]
    assert call(bundle, CALL) == "EPERM"
    with open(log, encoding="utf-8") as file:
        given = re.findall(r"seccomp\(0x1, (\w+), \{", file.read())
    assert [int(number, 16) for number in given] == [sum(FLAGS[flag] for flag in flags)]


def test_spec_allow_keeps_speculation(bundle):
    def speculation():
        return bundle.report().status["Speculation_Store_Bypass"]
    set_filter(bundle, rule("SCMP_ACT_ERRNO"), flags=["SECCOMP_FILTER_FLAG_SPEC_ALLOW"])
    with_flag = speculation()
    bundle.linux.pop("seccomp")
    assert speculation() == with_flag


def test_the_same_filter_again_does_the_same(bundle):
    """a compiled filter may be kept: the second run must not differ"""
    set_filter(bundle, rule("SCMP_ACT_ERRNO", errnoRet=40))
    assert [call(bundle, CALL) for _ in range(3)] == ["ELOOP"] * 3
    set_filter(bundle, rule("SCMP_ACT_ERRNO", errnoRet=38))
    assert call(bundle, CALL) == "ENOSYS"


@pytest.mark.parametrize("seccomp, word", [
    ({"defaultAction": "SCMP_ACT_DANCE"}, "linux.seccomp.defaultAction.*SCMP_ACT_DANCE"),
    ({"syscalls": []}, "linux.seccomp.*defaultAction"),
    ({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule("SCMP_ACT_DANCE")]},
     r"linux.seccomp.syscalls\[0\].action.*SCMP_ACT_DANCE"),
    ({"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_PDP11"]},
     r"linux.seccomp.architectures\[0\].*SCMP_ARCH_PDP11"),
    ({"defaultAction": "SCMP_ACT_ALLOW",
      "syscalls": [rule("SCMP_ACT_ERRNO", args=[compare(6, "SCMP_CMP_EQ", 0)])]},
     r"linux.seccomp.syscalls\[0\].args\[0\].index"),
    ({"defaultAction": "SCMP_ACT_ALLOW",
      "syscalls": [rule("SCMP_ACT_ERRNO", args=[compare(0, "SCMP_CMP_ISH", 0)])]},
     r"linux.seccomp.syscalls\[0\].args\[0\].op.*SCMP_CMP_ISH"),
    ({"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_FANCY"]},
     r"linux.seccomp.flags\[0\].*SECCOMP_FILTER_FLAG_FANCY"),
    ({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": [], "action": "SCMP_ACT_LOG"}]},
     r"linux.seccomp.syscalls\[0\].names"),
    ({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", ""], "action": "SCMP_ACT_LOG"}]},
     r"linux.seccomp.syscalls\[0\].names\[1\]: '' is no system call's name"),
], ids=["default action", "no default action", "action", "architecture", "index", "operator",
        "flag", "no names", "an empty name"])
def test_bad_filters_are_refused_by_their_place(bundle, seccomp, word):
    bundle.linux["seccomp"] = seccomp
    bundle.run_fails(word)


ALLOWED_AT_EXEC = """access arch_prctl brk close execve exit exit_group fstat mmap mprotect munmap
    newfstatat prlimit64 read readlink rseq set_robust_list set_tid_address write getrandom""".split()


def test_an_error_comes_through_a_narrow_filter(bundle):
    """execve fails behind the filter, which lets nothing be sent"""
    set_filter(bundle, rule("SCMP_ACT_ALLOW", *ALLOWED_AT_EXEC), default="SCMP_ACT_ERRNO")
    bundle.process["noNewPrivileges"] = True
    bundle.file("/broken", "\x7fELF, but no more", 0o755)
    bundle.process["args"] = ["/broken"]
    bundle.run_fails("process.args.*/broken.*[Ee]xec format error")


# what the runtime itself calls behind a filter that it loads before it is told to start; where a filter
# does not let all of that pass, it is loaded after that
OWN_CALLS = ["recvmsg", "getsockopt", "write", "exit_group"]


@pytest.mark.parametrize("refused", [None, "recvmsg", "getsockopt"])
@pytest.mark.parametrize("hooked", [False, True])
def test_a_container_needs_no_call_of_the_runtimes(bundle, refused, hooked):
    if refused:
        set_filter(bundle, rule("SCMP_ACT_KILL_PROCESS", refused), rule("SCMP_ACT_ERRNO"))
    else:
        set_filter(bundle, rule("SCMP_ACT_ERRNO"))
    bundle.process["noNewPrivileges"] = True
    if hooked:
        add_hook(bundle)
    assert bundle.report().status["Seccomp"] == "2"
    assert call(bundle, CALL) == "EPERM"


@needs("root")
def test_a_run_that_starts_by_itself_needs_no_more_calls_than_one_that_waits(bundle):
    set_filter(bundle, rule("SCMP_ACT_KILL_PROCESS", "poll", "ppoll", "recvfrom", "getppid", "open", "openat", "read",
                            "rt_sigaction"))
    bundle.process["noNewPrivileges"] = False
    bundle.run("exit", "0", preexec_fn=lambda: signal.signal(signal.SIGUSR1, signal.SIG_IGN))


@needs("root")
def test_setgroups_refused_with_einval_and_without_groups(bundle):
    set_filter(bundle, rule("SCMP_ACT_ERRNO", "setgroups", errnoRet=22))
    bundle.process["noNewPrivileges"] = False
    bundle.process.pop("user", None)
    bundle.run_fails("set 0 additional groups: Invalid argument", "exit", "0")


class TestWhenItIsLoaded:
    """by strace: before the word to start, or after it"""
    pytestmark = [needs("root"), needs("program:strace")]

    @pytest.fixture
    def traced(self, coracle, bundle, directory):
        log = os.path.join(directory, "strace")

        def run(*options, check=True, waits=True):
            """waits: for the word, as a container does whose pid is to be told"""
            bundle.process["noNewPrivileges"] = True
            bundle.args("exit", 0)
            coracle.prefix = ["strace", "-f", "-o", log, "-e", "trace=seccomp,recvmsg", *options]
            try:
                pid_file = ["--pid-file", os.path.join(directory, "pid")] if waits else ()
                result = bundle.run(check=check, options=pid_file)
            finally:
                coracle.prefix = []
            with open(log, encoding="utf-8") as file:
                lines = [line.split(maxsplit=1) for line in file]
            os.unlink(log)
            # features of the kernel are asked for by calls without a program
            init = next((pid for pid, text in lines if "SET_MODE_FILTER, 0, {" in text), None)
            calls = [text.partition("(")[0] for pid, text in lines
                     if pid == init and text.startswith(("seccomp(", "recvmsg("))
                     and "MSG_PEEK" not in text]  # that asks whether the host is there
            if init:
                calls.remove("recvmsg")  # of the network namespace
            return result, calls
        return run

    def test_before_it(self, bundle, traced):
        set_filter(bundle, rule("SCMP_ACT_ERRNO"))
        assert traced()[1] == ["seccomp", "recvmsg"]

    def test_where_there_is_no_word(self, bundle, traced):
        set_filter(bundle, rule("SCMP_ACT_ERRNO"))
        # unless init overtakes the host, which on a busy machine happens
        eventually(lambda: traced(waits=False)[1] == ["seccomp"], "a run without the word")

    @pytest.mark.parametrize("name", OWN_CALLS)
    def test_after_it_where_it_is_narrow(self, bundle, traced, name):
        """a condition that never holds is enough: the filter's answer is not the same for all calls"""
        set_filter(bundle, rule("SCMP_ACT_ERRNO", name, args=[compare(5, "SCMP_CMP_EQ", 1 << 40)]))
        assert traced()[1] == ["recvmsg", "seccomp"]

    def test_after_it_where_hooks_come_first(self, bundle, traced):
        set_filter(bundle, rule("SCMP_ACT_ERRNO"))
        add_hook(bundle)
        assert traced()[1] == ["recvmsg", "seccomp"]

    @pytest.mark.parametrize("name, waits", [(CALL, True), ("recvmsg", True), (CALL, False)])
    def test_what_cannot_be_loaded_is_an_error(self, bundle, traced, name, waits):
        set_filter(bundle, rule("SCMP_ACT_ERRNO", name))
        result, _ = traced("-e", "inject=seccomp:error=ENOMEM", check=False, waits=waits)
        assert result.returncode != 0
        assert re.search("load the seccomp filter of .*(Cannot allocate|Out of) memory", result.stderr)


def test_calls_newer_than_the_profile_are_unknown(bundle):
    """ENOSYS, which programs know how to live with, as runc has it; older ones get the default"""
    set_filter(bundle, rule("SCMP_ACT_ALLOW", *ALLOWED_AT_EXEC, "openat2"), default="SCMP_ACT_ERRNO",
               defaultErrnoRet=99)
    bundle.process["noNewPrivileges"] = True
    assert call(bundle, CALL) == "EADDRNOTAVAIL"
    assert call(bundle, "future") == "ENOSYS"


class TestKeptFilters:
    @staticmethod
    def kept(coracle):
        """which file has each name, and when it was written; when it was read is no matter"""
        directory = os.path.join(coracle.root, "@seccomp")
        files = {name: os.stat(os.path.join(directory, name)) for name in os.listdir(directory)}
        return {name: (file.st_ino, file.st_mtime_ns, file.st_ctime_ns, file.st_size, file.st_mode)
                for name, file in files.items()}

    def test_one_file_a_profile(self, bundle, coracle):
        set_filter(bundle, rule("SCMP_ACT_ERRNO", errnoRet=40))
        assert [call(bundle, CALL) for _ in range(3)] == ["ELOOP"] * 3
        before = self.kept(coracle)
        assert len(before) == 1
        set_filter(bundle, rule("SCMP_ACT_ERRNO", errnoRet=38))
        assert call(bundle, CALL) == "ENOSYS"
        after = self.kept(coracle)
        assert len(after) == 2 and before.items() <= after.items()

    def test_a_byte_of_the_section_more_is_another(self, bundle, coracle):
        """it is found by the text in config.json, whatever that says"""
        set_filter(bundle, rule("SCMP_ACT_ERRNO", errnoRet=40))
        call(bundle, CALL)
        before = self.kept(coracle)
        bundle.process["env"].append("ELSEWHERE=1")
        bundle.config["annotations"] = {"seccomp": '"seccomp":{}', "linux": '{"seccomp":{}}'}
        assert call(bundle, CALL) == "ELOOP"
        assert self.kept(coracle) == before
        bundle.linux["seccomp"]["unknown"] = 1
        assert call(bundle, CALL) == "ELOOP"
        assert len(self.kept(coracle)) == 2

    def test_exec_has_it_too(self, bundle, coracle):
        set_filter(bundle, rule("SCMP_ACT_ERRNO", errnoRet=40))
        container = bundle.start()
        before = self.kept(coracle)
        assert [container.exec("syscall", CALL).stdout.strip() for _ in range(2)] == ["ELOOP"] * 2
        assert self.kept(coracle) == before
        for name in before:
            os.unlink(os.path.join(coracle.root, "@seccomp", name))
        assert container.exec("syscall", CALL).stdout.strip() == "ELOOP"
        assert self.kept(coracle).keys() == before.keys()
        container.remove()

    @pytest.mark.parametrize("more, word", [
        ('"seccomp": null', r"linux\.seccomp: given twice"),
        ('"seccomp": {"defaultAction": "SCMP_ACT_ALLOW"}', r"linux\.seccomp: given twice"),
        ('"cgroupsPath": 7', r"linux\.cgroupsPath: (given twice|expected a string)"),
        ('"x": }', r"line 1, column \d+: not JSON")])
    def test_what_is_wrong_beside_it_is_told(self, bundle, coracle, more, word):
        set_filter(bundle, rule("SCMP_ACT_ERRNO", errnoRet=40))
        call(bundle, CALL)
        bundle.write()
        path = os.path.join(bundle.path, "config.json")
        with open(path, encoding="utf-8") as file:
            section = json.dumps(bundle.linux["seccomp"])
            text = file.read().replace(section, f"{section}, {more}")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        coracle.fails("run", "--bundle", bundle.path, "twice", message=word)

    def test_a_bad_one_like_it_is_refused(self, bundle, coracle):
        set_filter(bundle, rule("SCMP_ACT_ERRNO", errnoRet=40))
        call(bundle, CALL)
        before = self.kept(coracle)
        bundle.linux["seccomp"]["syscalls"][0]["action"] = "SCMP_ACT_ERRN0"
        bundle.run_fails(r"config.json: linux.seccomp.syscalls\[0\].action: unknown value 'SCMP_ACT_ERRN0'")
        bundle.linux["seccomp"]["syscalls"][0]["action"] = "SCMP_ACT_ERRNO"
        bundle.linux["seccomp"]["x"] = "deep"
        bundle.write()
        path = os.path.join(bundle.path, "config.json")
        with open(path, encoding="utf-8") as file:
            text = file.read().replace('"deep"', "[" * 10000 + "]" * 10000)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        coracle.fails("run", "--bundle", bundle.path, "deep", message="more than 64 levels deep")
        assert self.kept(coracle) == before

    def test_only_the_owner_can_read_them(self, bundle, coracle):
        set_filter(bundle, rule("SCMP_ACT_ERRNO"))
        call(bundle, CALL)
        directory = os.stat(os.path.join(coracle.root, "@seccomp"))
        modes = {directory.st_mode & 0o7777} | {mode & 0o7777 for *_, mode in self.kept(coracle).values()}
        assert modes == {0o700, 0o600}

    def test_a_damaged_one_is_made_anew(self, bundle, coracle):
        set_filter(bundle, rule("SCMP_ACT_ERRNO", errnoRet=40))
        call(bundle, CALL)
        name, = self.kept(coracle)
        path = os.path.join(coracle.root, "@seccomp", name)
        with open(path, "r+b") as file:
            file.seek(-200, os.SEEK_END)
            file.write(b"\0" * 8)
        assert call(bundle, CALL) == "ELOOP"
        assert len(self.kept(coracle)) == 1

    def test_it_is_no_container(self, bundle, coracle):
        set_filter(bundle, rule("SCMP_ACT_ERRNO"))
        call(bundle, CALL)
        result = coracle("list", options=("--log-level", "debug"))
        assert "@seccomp" not in result.stdout + result.stderr
        coracle.fails("state", "@seccomp", message="'@' is not allowed")

    def test_a_broken_profile_leaves_nothing(self, bundle, coracle):
        set_filter(bundle, rule("SCMP_ACT_DANCE"))
        bundle.run_fails("SCMP_ACT_DANCE")
        assert not os.path.exists(os.path.join(coracle.root, "@seccomp"))

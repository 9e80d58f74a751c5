"""test_cli.py - the command line: help, version, usage errors, the log"""

import errno
import json
import os
import re
import resource
import signal
import socket
import subprocess

import pytest

from harness.needs import needs
from harness.runtime import contents, eventually

COMMANDS = ["create", "start", "run", "exec", "state", "kill", "pause", "resume", "update", "events",
            "mounts", "checkpoint", "restore", "delete", "list", "ps", "spec", "features", "completion",
            "help"]


# every option of runc and crun, by the command that has it: what is not here stands in docs/compat.md
CREATE = """-b --bundle -f --config --console-socket --pidfd-socket --pid-file --no-pivot --no-new-keyring
    --preserve-fds --no-subreaper"""
CRIU = """--image-path --work-path --tcp-established --ext-unix-sk --shell-job --file-locks
    --manage-cgroups-mode --empty-ns --auto-dedup"""
OF_OTHERS = {command: set(words.split()) for command, words in {
    "": """--root --log --log-format --log-level --debug --systemd-cgroup --cgroup-manager --rootless --criu
        -v -V --version -h --help -?""",
    "create": CREATE,
    "run": f"{CREATE} -d --detach --keep",
    "exec": """--console-socket --pidfd-socket --cwd -e --env -t --tty -u --user -g --additional-gids -p --process
        -d --detach --pid-file --process-label --apparmor --no-new-privs -c --cap --preserve-fds --cgroup
        --ignore-paused --no-subreaper""",
    "kill": "-a --all -r --regex",
    "delete": "-f --force -r --regex",
    "list": "-f --format -q --quiet",
    "ps": "-f --format",
    "events": "--interval --stats",
    "update": """-r --resources --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-share --cpu-rt-period
        --cpu-rt-runtime --cpuset-cpus --cpuset-mems --cpu-idle --memory --memory-reservation --memory-swap
        --pids-limit --l3-cache-schema --mem-bw-schema --kernel-memory --kernel-memory-tcp""",
    "checkpoint": f"""{CRIU} --leave-running --parent-path --pre-dump --lazy-pages --status-fd --page-server
        --tcp-skip-in-flight --link-remap --network-lock""",
    "restore": f"""{CRIU} -b --bundle -d --detach --pid-file --console-socket --no-pivot --no-subreaper
        --lazy-pages --tcp-close --lsm-profile --lsm-mount-context""",
    "spec": "-b --bundle -f --file --rootless"}.items()}


def options_of(coracle, command):
    """each spelling that its parser takes: other spellings of a flag's have no line in the help"""
    words = command.split()
    told = set(re.findall(r"^ +(?:(-\S), )?(--[a-z0-9-]+)", coracle(*words, "--help").stdout, re.MULTILINE))
    told = {word for pair in told for word in pair}
    return told | {word for word in OF_OTHERS.get(command, set()) - told
                   if coracle(*words, word, "--help", check=False).returncode == 0}


class TestHelp:
    @pytest.mark.parametrize("spelling", [["help"], ["--help"], ["-h"], ["-?"], ["--usage"]])
    def test_it_names_every_command(self, coracle, spelling):
        text = coracle(*spelling).stdout
        assert re.findall(r"^  ([a-z]+)\b", text, re.M) == COMMANDS
        assert "--root" in text and "--log-format" in text

    @pytest.mark.parametrize("command", COMMANDS)
    def test_each_command_has_its_own(self, coracle, command):
        text = coracle(command, "--help").stdout
        assert text.startswith(f"Usage: coracle {command}")
        for words in (["help", command], [command, "-h"], [command, "-?"], [command, "--usage"]):
            assert coracle(*words).stdout == text

    @pytest.mark.parametrize("command", ["", *COMMANDS])
    def test_the_options_of_others_are_all_there(self, coracle, command):
        assert OF_OTHERS.get(command, set()) <= options_of(coracle, command)

    @pytest.mark.parametrize("other", [pytest.param(name, marks=needs(f"program:{name}"))
                                       for name in ("runc", "crun")])
    def test_and_those_that_their_own_help_tells(self, coracle, other):
        """of the versions that are here; --usage has its own test"""
        missing = {}
        for command in ["", *COMMANDS]:
            theirs = subprocess.run([other, *command.split(), "--help"], capture_output=True, text=True,
                                    check=False).stdout
            theirs = theirs.partition("OPTIONS:")[2] or theirs
            found = set(re.findall(r"^ +(?:-(\w), *)?--([a-z0-9-]+)(?:[^\n,]*, -(\w))?", theirs, re.MULTILINE))
            ours = options_of(coracle, command)
            for before, name, behind in found:
                if name != "usage" and not {f"--{name}", *(f"-{letter}" for letter in (before + behind))} <= ours:
                    missing.setdefault(command, set()).add(name)
        assert missing == {}


@pytest.mark.parametrize("spelling", ["--version", "-v"])
def test_version(coracle, spelling):
    lines = coracle(spelling).stdout.splitlines()
    assert re.fullmatch(r"coracle version \d+\.\d+\.\d+", lines[0])
    assert re.fullmatch(r"commit: \S+", lines[1])
    assert re.fullmatch(r"spec: 1\.\d+\.\d+(-dev)?", lines[2])
    assert re.fullmatch(r"libseccomp: \d+\.\d+\.\d+", lines[3])


class TestUsage:
    @pytest.mark.parametrize("words, message", [
        ([], "command"),
        (["dance"], "'dance'"),
        (["--fast", "list"], "'--fast'"),
        (["list", "--fast"], "'--fast'"),
        (["list", "extra"], "'extra'"),
        (["start"], "ID"),
        (["state", "a", "b"], "'b'"),
        (["create", "--bundle"], "'--bundle'"),
        (["list", "--format", "xml"], "'xml'"),
        (["create", "--preserve-fds", "three", "x"], "'three'"),
        (["create", "--preserve-fds", "-1", "x"], "'-1'"),
        (["create", "--preserve-fds", "99999999999", "x"], "99999999999"),
        (["--log-format", "yaml", "list"], "'yaml'"),
        (["--log-level", "loud", "list"], "'loud'"),
        (["--cgroup-manager", "magic", "list"], "'magic'"),
        (["delete", "--force=maybe", "x"], "'maybe'"),
    ], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
    def test_what_is_wrong_is_named(self, coracle, words, message):
        result = coracle.fails(*words, message=message)
        assert result.returncode == 1
        assert result.stdout == ""
        assert len(result.stderr.splitlines()) == 1

    def test_its_class_is_usage(self, coracle):
        assert coracle.error("start")["class"] == "usage"
        assert coracle.error("dance")["class"] == "usage"


class TestOptions:
    def test_they_may_stand_before_and_behind_the_id(self, bundle, coracle):
        bundle.args("wait").write()
        coracle("create", "one", "--bundle", bundle.path)
        coracle("create", "-b", bundle.path, "two")
        coracle("create", f"--bundle={bundle.path}", "--", "three")
        assert sorted(coracle.identifiers()) == ["one", "three", "two"]
        for name in ("one", "two", "three"):
            coracle("delete", name, "--force")

    def test_the_last_of_the_same_counts(self, bundle, coracle):
        bundle.args("exit", 0).write()
        coracle("run", "--bundle", "/no/such/bundle", "--bundle", bundle.path, "x")

    @needs("cgroup")
    def test_what_engines_pass_is_taken(self, bundle, coracle, directory):
        """containerd's and podman's own command lines"""
        log = os.path.join(directory, "log.json")
        pid_file = os.path.join(directory, "pid")
        bundle.args("wait").write()
        options = ["--log", log, "--log-format", "json"]
        coracle("create", "--bundle", bundle.path, "--pid-file", pid_file, "--no-new-keyring",
                "--no-subreaper", "c1", options=options)
        coracle("start", "c1", options=options)
        coracle("kill", "--all", "c1", "9", options=options)
        coracle("delete", "--force", "c1", options=options)
        assert contents(log) == ""

    @pytest.mark.parametrize("option", [["--rootless", "auto"], ["--rootless=false"],
                                        ["--cgroup-manager=cgroupfs"], ["--debug"], ["--debug=true"],
                                        ["--systemd-cgroup=false"],
                                        ["--criu", "/usr/sbin/criu"]])
    def test_globals_of_other_runtimes(self, coracle, option):
        coracle("list", options=option)


class TestLog:
    def test_text_goes_to_standard_error(self, coracle):
        result = coracle("state", "nobody", check=False)
        assert result.stderr.startswith("coracle: ") or "error" in result.stderr
        assert "'nobody'" in result.stderr

    def test_json_has_the_documented_members(self, coracle):
        error = coracle.error("state", "nobody")
        assert error["level"] == "error"
        assert error["class"] == "state"
        assert error["errno"] == errno.ENOENT
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", error["time"])
        assert "'nobody'" in error["msg"]

    def test_json_has_the_place_that_is_to_blame(self, bundle):
        bundle.process["cwd"] = "relative"
        error = bundle.error()
        assert error["class"] == "config" and error["errno"] == errno.EINVAL
        assert error["path"] == "process.cwd"

    def test_a_message_of_any_bytes_is_json(self, coracle):
        error = coracle.error("state", 'qu"o\\te\n\x01')
        assert error["class"] == "usage"

    @needs("root")
    @pytest.mark.parametrize("form", ["text", "json"])
    @pytest.mark.parametrize("service, place", [("syslog", "/dev/log"),
                                                ("journald", "/run/systemd/journal/socket")])
    def test_a_service_of_the_host_gets_it(self, coracle, directory, service, place, form):
        """crun's spellings; in a mount namespace where the service's socket is ours"""
        ours = os.path.join(directory, "service")
        top = place.split("/")[1]
        coracle.prefix = ["unshare", "--mount", "sh", "-ec", f"mount -t tmpfs tmpfs /{top}; "
                          f'mkdir -p {os.path.dirname(place)}; ln -s {ours} {place}; exec "$@"', "sh"]
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(ours)
            listener.settimeout(5)
            coracle.fails("state", "nobody", message="'nobody' does not exist",
                          options=["--log", f"{service}:boats", "--log-format", form])
            data = listener.recv(65536)
        if service == "syslog":
            head, _, message = data.decode().partition(": ")
            assert re.fullmatch(r"<27>boats\[\d+\]", head)
        else:
            fields, _, rest = data.partition(b"MESSAGE\n")
            fields = dict(line.split("=") for line in fields.decode().splitlines())
            length = int.from_bytes(rest[:8], "little")
            message = rest[8:8 + length].decode()
            assert rest[8 + length:] == b"\n"
            assert (fields["PRIORITY"], fields["SYSLOG_IDENTIFIER"]) == ("3", "boats")
            assert (fields["ERRNO"], fields["CORACLE_CLASS"]) == (str(errno.ENOENT), "state")
        if form == "json":
            assert json.loads(message)["class"] == "state"
        else:
            assert message.startswith("container 'nobody' does not exist")

    @needs("root")
    def test_a_service_that_is_not_there(self, coracle):
        coracle.prefix = ["unshare", "--mount", "sh", "-ec", 'mount -t tmpfs tmpfs /run; exec "$@"', "sh"]
        coracle.fails("list", options=["--log", "journald:x"],
                      message="open the log 'journald:x': connect to the socket '/run/systemd.*No such")

    def test_a_file_gets_it_and_standard_error_too(self, coracle, directory):
        log = os.path.join(directory, "log")
        result = coracle("state", "nobody", check=False,
                         options=["--log", log, "--log-format", "json"])
        assert json.loads(contents(log))["level"] == "error"
        assert "'nobody'" in result.stderr

    def test_a_file_is_appended_to(self, coracle, directory):
        log = os.path.join(directory, "log")
        for _ in range(2):
            coracle("state", "nobody", check=False, options=["--log", log])
        assert len(contents(log).splitlines()) == 2

    def test_a_file_that_cannot_be_opened_is_told(self, coracle):
        coracle.fails("list", message="/no/such/directory/log",
                      options=["--log", "/no/such/directory/log"])

    @pytest.mark.parametrize("words, error_class", [(["--log", "/no/such/directory/log", "list"], "kernel"),
                                                    (["--log-level", "loud", "list"], "usage"),
                                                    (["--fast", "list"], "usage")])
    def test_what_comes_before_the_log_is_open_is_json_too(self, coracle, words, error_class):
        assert coracle.error(*words)["class"] == error_class

    @needs("cgroup")
    @pytest.mark.parametrize("options, levels", [
        ([], {"warning"}), (["--log-level", "warning"], {"warning"}), (["--log-level", "error"], set()),
        (["--log-level=debug"], {"debug", "warning"}), (["--debug"], {"debug", "warning"}),
        (["--debug", "--log-level", "error"], set())])
    def test_levels(self, bundle, coracle, options, levels):
        """what is less severe than that is not told"""
        bundle.linux["resources"] = {"memory": {"swappiness": 5}}
        bundle.args("exit", 0).write()
        result = coracle("run", "--bundle", bundle.path, "levels", options=[*options, "--log-format", "json"])
        assert {json.loads(line)["level"] for line in result.stderr.splitlines()} == levels

    @needs("cgroup")
    def test_without_debug_a_good_run_is_silent(self, bundle):
        assert bundle.run("exit", 0).stderr == ""


class TestSpec:
    @needs("root")
    def test_it_makes_a_config_that_runs(self, coracle, bundle):
        coracle("spec", "--bundle", bundle.path)
        config = json.loads(contents(os.path.join(bundle.path, "config.json")))
        assert config["process"]["terminal"] is True
        assert config["process"]["args"] == ["sh"]
        config["process"].update(terminal=False, args=["/bin/payload", "exit", "6"])
        bundle.config = config
        assert bundle.run(check=False).returncode == 6

    def test_it_writes_into_the_current_directory(self, coracle, directory):
        coracle("spec", cwd=directory)
        assert json.loads(contents(os.path.join(directory, "config.json")))["ociVersion"]

    def test_it_overwrites_nothing(self, coracle, bundle):
        bundle.write()
        before = contents(os.path.join(bundle.path, "config.json"))
        coracle.fails("spec", "--bundle", bundle.path, message="config.json.*(exists|already)")
        assert contents(os.path.join(bundle.path, "config.json")) == before

    @pytest.mark.parametrize("words", [["-f", "other"], ["--bundle", ".", "--file=other"],
                                       ["--bundle", "/nonesuch", "--file", "ABSOLUTE/other"]])
    def test_under_another_name(self, coracle, directory, words):
        """crun's option"""
        coracle("spec", *(word.replace("ABSOLUTE", directory) for word in words), cwd=directory)
        assert json.loads(contents(os.path.join(directory, "other")))["ociVersion"]
        assert not os.path.exists(os.path.join(directory, "config.json"))

    def test_rootless_has_a_user_namespace(self, coracle, directory):
        coracle("spec", "--rootless", "--bundle", directory)
        config = json.loads(contents(os.path.join(directory, "config.json")))
        types = [namespace["type"] for namespace in config["linux"]["namespaces"]]
        assert "user" in types
        assert config["linux"]["uidMappings"] and config["linux"]["gidMappings"]

    def test_a_rootless_config_runs(self, coracle, bundle):
        coracle("spec", "--rootless", "--bundle", bundle.path)
        bundle.config = json.loads(contents(os.path.join(bundle.path, "config.json")))
        bundle.process["terminal"] = False
        report = bundle.report()
        assert report.uid == 0 and report.namespace("user") != os.readlink("/proc/self/ns/user")


@needs("root")
def test_root_defaults_to_run_coracle(bundle, coracle, host):
    """without --root; the directory itself stays"""
    if not os.path.isdir("/run/coracle"):
        os.mkdir("/run/coracle", 0o711)
        host.before = host.look()
    bundle.args("wait").write()
    coracle.command = lambda *args, options=(): [coracle.binary, *options, *map(str, args)]
    name = f"default-{os.getpid()}"
    coracle("create", "--bundle", bundle.path, name)
    assert os.path.isdir(f"/run/coracle/{name}")
    coracle("delete", "--force", name)


def test_closed_standard_streams_do_no_harm(bundle, coracle):
    """a descriptor of the runtime must not become the container's standard output"""
    def close_all():
        for fd in (0, 1, 2):
            os.close(fd)
    bundle.args("exit", 3).write()
    result = coracle("run", "--bundle", bundle.path, "closed", check=False, preexec_fn=close_all)
    assert result.returncode == 3


@pytest.mark.parametrize("command", ["run", "run --detach", "create"])
def test_a_file_that_may_not_grow(bundle, coracle, command):
    """the kernel ends who writes to it (ulimit -f), unless he takes the signal: then it is an error like others"""
    bundle.args("exit", 0).write()
    coracle.fails(*command.split(), "--bundle", bundle.path, "small", message="File too large",
                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300)))
    assert not os.path.exists(os.path.join(coracle.root, "small"))


@pytest.fixture
def unread():
    """a pipe that nobody reads any more"""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


def test_a_log_that_nobody_reads(bundle, coracle, unread):
    bundle.args("wait").write()
    for command in (["create", "--bundle", bundle.path, "unread"], ["start", "unread"],
                    ["exec", "unread", "/bin/payload", "exit", "0"], ["delete", "--force", "unread"],
                    ["run", "--detach", "--bundle", bundle.path, "unread"], ["delete", "--force", "unread"]):
        coracle(*command, options=["--debug"], stderr=unread)
    bundle.args("exit", 3).write()
    result = coracle("run", "--bundle", bundle.path, "unread", options=["--debug"], stderr=unread, check=False)
    assert result.returncode == 3


@pytest.mark.parametrize("command", ["run", "exec"])
def test_a_log_that_nobody_reads_is_no_signal_to_the_program(bundle, coracle, unread, command):
    """a run and an exec in the foreground hand on the signals that they get, and not that of their own writing"""
    container = bundle.start() if command == "exec" else None
    bundle.args("wait").write()
    words = ["exec", container.id, "/bin/payload", "wait"] if container else ["run", "--bundle", bundle.path, "unread"]
    running = coracle.popen(*words, options=["--debug"], stderr=unread)
    eventually(lambda: contents(running.out), "the program")
    running.terminate()
    result = coracle.finish(running)
    assert result.stdout == f"ready\nsignal {int(signal.SIGTERM)}\n", str(result)
    if container:
        container.remove()


def test_an_output_that_nobody_reads(coracle, unread):
    """coracle list | head -1"""
    result = coracle("list", stdout=unread, check=False)
    assert (result.returncode, result.stderr) == (-signal.SIGPIPE, "")
    result = coracle("list", stdout=unread, check=False,
                     preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN))
    assert result.returncode == 1 and "standard output: Broken pipe" in result.stderr


def test_what_runs_is_ended_by_files_that_may_not_grow_and_pipes(bundle, directory):
    """the runtime takes their signals, and not what it executes"""
    log = os.path.join(directory, "log")
    bundle.config["hooks"] = {"createRuntime": [{"path": "/bin/grep",
                                                 "args": ["grep", "Sig[IC]", "/proc/self/status"]}]}
    bundle.config["annotations"] = {"run.oci.hooks.stdout": log}
    status = bundle.report().status
    hooks = dict(line.split() for line in contents(log).splitlines())
    for mask in (hooks["SigIgn:"], hooks["SigCgt:"], status["SigIgn"], status["SigCgt"]):
        assert not int(mask, 16) & (1 << signal.SIGXFSZ - 1 | 1 << signal.SIGPIPE - 1)


@pytest.mark.parametrize("options", [[], ["--log", "log"]])
def test_a_name_gives_a_terminal_no_orders(coracle, directory, options):
    """names may be of an image's making, or a container's"""
    result = coracle("state", "a\x1b[2J\x07", options=options, check=False, cwd=directory)
    assert "'a\\x1b[2J\\x07'" in result.stderr and "\x1b" not in result.stderr

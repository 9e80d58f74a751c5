"""test_option_values.py - every option of every command with values that it must not have

The options are those that --help lists: a new one has to be added here.  Each error names the option
or the value, and nothing happens.
"""

import re
import subprocess

import pytest

from harness.host import read
from harness.needs import needs

pytestmark = needs("root")

NO_FILE, NO_PLACE = "/no/such/file", "/no/such/directory/file"
NUMBERS = ["x", "", "-1", "1x", "0x1", " 1", "1.5", "99999999999999999999"]
SIZES = ["x", "", "-2", "1x", "1gg", "1.5", "99999999999999999999"]

CREATE = {
    "bundle": [NO_FILE, "", "/dev/null"],
    "config": [NO_FILE],
    "console-socket": [NO_FILE],
    "pidfd-socket": [NO_FILE, "/dev/null"],
    "pid-file": [NO_PLACE],
    "preserve-fds": [*NUMBERS, "7"],
}

# For an empty list criu is needed to tell (test_checkpoint.py), or any value will do.
CRIU = {
    "image-path": [],
    "work-path": [],
    "manage-cgroups-mode": ["hard", "", "SOFT"],
    "empty-ns": ["pid", ""],
    "network-lock": ["ipchains", ""],
}

# command: option: values.  The empty command has the global ones.
ROWS = {
    "": {
        "root": ["/dev/null/x"],
        "log": [NO_PLACE],
        "log-format": ["yaml", "", "JSON"],
        "log-level": ["loud", ""],
        "cgroup-manager": ["magic", ""],
        "rootless": ["perhaps", ""],
        "criu": [],
    },
    "create": CREATE,
    "run": CREATE,
    "exec": {
        "process": [NO_FILE, "/dev/null"],
        "cwd": ["tmp", "", "/nowhere", "/bin/payload"],
        "env": ["A", "=1", ""],
        "user": ["1x", "root", "", "-1", "1:", ":1", "4294967295"],
        "additional-gids": [*NUMBERS, "4294967295"],
        "cap": ["CAP_FLY", "", "kill"],
        "apparmor": ["coracle-unknown"],
        "process-label": ["coracle:unknown"],
        "console-socket": [NO_FILE],
        "pidfd-socket": [NO_FILE, "/dev/null"],
        "pid-file": [NO_PLACE],
        "preserve-fds": [*NUMBERS, "7"],
        "cgroup": ["..", ":sub", "cpu:", "none", ""],
    },
    "update": {
        "resources": [NO_FILE, "/dev/null"],
        "memory": SIZES,
        "memory-reservation": SIZES,
        "memory-swap": SIZES,
        "cpu-share": NUMBERS,
        "cpu-quota": ["x", "", "1x", "1.5", "99999999999999999999"],
        "cpu-period": NUMBERS,
        "cpu-burst": NUMBERS,
        "cpu-idle": ["x", "", "2", "-1"],
        "cpuset-cpus": ["x", "3-1", "1,,2"],
        "cpuset-mems": ["x", "3-1"],
        "pids-limit": ["x", "", "1x", "1.5", "99999999999999999999"],
        "blkio-weight": [*NUMBERS, "9", "1001", "70000"],
        "cpu-rt-period": ["x", "", "5"],
        "cpu-rt-runtime": ["x", "", "5"],
        "kernel-memory": ["x", "", "1x"],
        "kernel-memory-tcp": ["x", "", "1x"],
        "l3-cache-schema": ["L3:0=f"],
        "mem-bw-schema": ["x", "MB:0=20"],
    },
    "events": {"interval": ["x", "", "0", "-1s", "5", "1y", "0s", "99999999999999999999s"]},
    "list": {"format": ["xml", "", "JSON"]},
    "checkpoint": {
        **CRIU,
        "parent-path": [],
        "page-server": ["nowhere", "", "host:", ":x", "host:70000"],
        "status-fd": [*NUMBERS, "77"],
    },
    "restore": {
        **CRIU,
        "bundle": CREATE["bundle"],
        "config": CREATE["config"],
        "console-socket": [],
        "pidfd-socket": [],
        "pid-file": [],
        "lsm-profile": ["none", "", "smack:x"],
        "lsm-mount-context": [],
    },
    "ps": {"format": ["xml", ""]},
    "spec": {"bundle": [NO_FILE, ""], "file": [NO_PLACE, ""]},
}

# as the member of config.json that the option stands for
ALSO_CALLED = {
    "blkio-weight": ["blockIO.weight"],
    "cpu-rt-period": ["realtime"],
    "cpu-rt-runtime": ["realtime"],
    "l3-cache-schema": ["linux.intelRdt"],
    "mem-bw-schema": ["linux.intelRdt"],
}

HELP = re.compile(r"^  (?:-\w, |    )--([a-z0-9-]+)(?: (\S.*?))?(?:  .*)?$", re.MULTILINE)


def help_of(coracle, command):
    """{option: the name of its value, or ""}"""
    words = ["help", command] if command else ["--help"]
    return dict(HELP.findall(subprocess.run([coracle.binary, *words], check=True, text=True,
                                            capture_output=True).stdout))


def commands(coracle):
    text = subprocess.run([coracle.binary, "--help"], check=True, text=True,
                          capture_output=True).stdout
    return re.findall(r"^  ([a-z]+) ", text.partition("Commands:")[2].partition("\n\n")[0],
                      re.MULTILINE)


def test_each_option_has_a_row(coracle):
    found = {command: {name for name, value in help_of(coracle, command).items() if value}
             for command in ["", *commands(coracle)]}
    assert {command: names for command, names in found.items() if names} == {
        command: set(rows) for command, rows in ROWS.items()}


@pytest.fixture
def container(bundle):
    container = bundle.start()
    yield container
    container.remove()


def words_for(command, option, container, bundle):
    """what stands before the option, and behind it"""
    behind = {"create": ["new"], "run": ["new"], "restore": ["new"], "exec": [container.id, "/bin/payload", "exit"],
              "list": [], "spec": []}.get(command, [container.id])
    if command in ("create", "run", "restore") and option != "bundle":
        behind = ["--bundle", bundle.path, *behind]
    if option == "process":
        behind = [container.id]
    if not command:
        return [], ["list"]
    return [command], behind


@pytest.mark.parametrize("command, option", [(command, option) for command, rows in ROWS.items()
                                             for option in rows])
def test_bad_values(coracle, container, bundle, command, option):
    cgroup = f"/proc/{container.pid}/cgroup"
    before = read(cgroup)
    for value in ROWS[command][option]:
        first, behind = words_for(command, option, container, bundle)
        result = coracle(*first, f"--{option}={value}", *behind, check=False)
        assert result.returncode == (255 if command == "exec" else 1), str(result)
        assert result.stdout == "" and re.search("error: ", result.stderr), str(result)
        words = [option, *ALSO_CALLED.get(option, []), *([value] if value else [])]
        assert any(word in result.stderr for word in words), str(result)
    if command not in ("", "ps") and ROWS[command][option]:  # what stands behind the id of ps is for the host's
        place = behind.index(container.id) + 1 if container.id in behind else len(behind)
        later = coracle(*first, *behind[:place], f"--{option}={value}", *behind[place:], check=False)
        assert (later.returncode, later.stdout) == (result.returncode, ""), str(later)
        assert later.stderr == result.stderr, "behind the id it is another option"
    assert read(cgroup) == before and coracle.identifiers() == [container.id]


def test_a_flag_takes_yes_and_no_only(coracle):
    """each option without a value, of each command"""
    for command in ["", *commands(coracle)]:
        for option, value in help_of(coracle, command).items():
            if value or option in ("help", "version"):
                continue
            words = [command] if command else []
            result = coracle(*words, f"--{option}=maybe", *([] if command else ["list"]),
                             check=False)
            assert result.returncode == (255 if command == "exec" else 1), str(result)
            assert f"'--{option}'" in result.stderr and "maybe" in result.stderr, str(result)

"""test_completion.py - coracle completion: the scripts do in their shells what they promise"""

import os
import re
import subprocess

import pytest

from harness.needs import needs
from harness.terminal import Terminal


def bash(coracle, line):
    """what bash offers at the end of the line"""
    words = line.split(" ")
    script = coracle("completion", "bash").stdout + f"""
        PATH={coracle.binary.rpartition("/")[0]}:$PATH
        COMP_WORDS=({" ".join(f"'{word}'" for word in words)}) COMP_CWORD={len(words) - 1}
        _coracle
        printf '%s\\n' "${{COMPREPLY[@]}}"
        """
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.split()


def fish(coracle, line, home):
    """what fish offers at the end of the line"""
    script = coracle("completion", "fish").stdout + f"\ncomplete -C '{line}'\n"
    environment = {"PATH": f"{coracle.binary.rpartition('/')[0]}:/usr/bin:/bin", "HOME": home}
    lines = subprocess.run(["fish", "--no-config"], input=script, capture_output=True, text=True, check=True,
                           env=environment).stdout.splitlines()
    return [line.partition("\t")[0] for line in lines]


OFFERED = [
    ("coracle cre", ["create"]),
    ("coracle --log-f", ["--log-format"]),
    ("coracle --log-format j", ["json"]),
    ("coracle --root /tmp kil", ["kill"]),
    ("coracle create --pid", ["--pidfd-socket", "--pid-file"]),
    ("coracle list --format t", ["table"]),
    ("coracle delete --fo", ["--force"]),
    ("coracle help featu", ["features"]),
    ("coracle create ", []),
    ("coracle mounts ", ["add", "remove"]),
    ("coracle --root /tmp mounts re", ["remove"]),
    ("coracle completion ", ["bash", "fish", "zsh"]),
    ("coracle completion f", ["fish"]),
    ("coracle completion bash ", []),
]


@pytest.mark.parametrize("line, offered", OFFERED)
def test_bash(coracle, line, offered):
    assert sorted(bash(coracle, line)) == sorted(offered)


BASHRC = """PS1=; bind 'set enable-bracketed-paste off' 2> /dev/null
source %(home)s/_coracle
show() { printf '<%%s>' "$READLINE_LINE"; READLINE_LINE=; }
bind -x '"\\C-t": show'
echo ready
"""


def test_bash_after_a_tab(coracle, bundle, directory, host):
    """what the line is then: readline takes words apart, and goes on below a directory"""
    container = bundle.create(payload=["wait"], identifier="boat")
    for name in ("dir one", "dirtwo"):
        os.mkdir(f"{directory}/{name}")
    for name, text in (("_coracle", coracle("completion", "bash").stdout), ("bashrc", BASHRC % {"home": directory})):
        with open(f"{directory}/{name}", "w", encoding="utf-8") as file:
            file.write(text)
    environment = {"HOME": directory, "TERM": "dumb", "PATH": f"{coracle.binary.rpartition('/')[0]}:/usr/bin:/bin"}
    with Terminal(rows=50, columns=400) as terminal:
        shell = host.started(subprocess.Popen(["bash", "--noprofile", "--rcfile", f"{directory}/bashrc", "-i"],
                                              env=environment, cwd=directory, **terminal.keywords()))
        terminal.read_until("ready")
        for line, rest in (("coracle cre", "ate "),
                           ("coracle --log-format=j", "son "),
                           ("coracle list --format=t", "able "),
                           ("coracle --log-format=json kil", "l "),
                           ("coracle --debug=true kil", "l "),
                           ("coracle run --bundle dirt", "wo/"),
                           ("coracle run --bundle=dirt", "wo/"),
                           ("coracle run -b dir\\ ", "one/"),
                           ("coracle create --config bash", "rc "),
                           ("coracle mounts add boat bash", "rc "),
                           (f"coracle --root {coracle.root} mounts remove bo", "at "),
                           (f"coracle --root {coracle.root} state bo", "at "),
                           (f"coracle --root={coracle.root} delete bo", "at ")):
            terminal.type(f"{line}\t\x14")
            terminal.read_until(f"<{line}{rest}>")
        shell.kill()
        shell.wait()
    container.remove()


@needs("program:fish")
@pytest.mark.parametrize("line, offered", [*OFFERED, ("coracle run --bundle /etc/ini", ["/etc/init.d/"]),
                                           ("coracle mounts add boat /etc/ini", ["/etc/init.d/"]),
                                           ("coracle --debug list kil", [])])
def test_fish(coracle, line, offered, directory):
    assert sorted(fish(coracle, line, directory)) == sorted(offered)


# of zsh's own functions those that are needed: to read through all of them takes seconds
ZSHRC = """PS1=; unset zle_bracketed_paste
autoload -Uz ${^fpath}/_{files,path_files}(N)
fpath=(${(M)fpath:#*/Completion(|/Base)})
[[ %(way)s == fpath ]] && fpath=(%(home)s $fpath)
autoload -Uz compinit; compinit -u -D
[[ %(way)s == source ]] && source %(home)s/_coracle
show() { print -r -- "<$BUFFER>"; BUFFER= }
zle -N show; bindkey '^T' show
print ready
"""


@needs("program:fish")
@pytest.mark.parametrize("option", ["--root ", "--root="])
def test_fish_offers_the_containers_of_that_root(coracle, bundle, directory, option):
    container = bundle.create(payload=["wait"], identifier="boat")
    for command in ("state", "mounts add"):
        assert fish(coracle, f"coracle {option}{coracle.root} {command} b", directory) == ["boat"]
    container.remove()


@needs("program:zsh")
@pytest.mark.parametrize("way", ["source", "fpath"])
def test_zsh(coracle, bundle, directory, host, way):
    """what the line is after a tab: that which all that is offered begins with"""
    container = bundle.create(payload=["wait"], identifier="boat")
    for name, text in (("_coracle", coracle("completion", "zsh").stdout),
                       (".zshrc", ZSHRC % {"way": way, "home": directory})):
        with open(f"{directory}/{name}", "w", encoding="utf-8") as file:
            file.write(text)
    environment = {"ZDOTDIR": directory, "HOME": directory, "TERM": "dumb",
                   "PATH": f"{coracle.binary.rpartition('/')[0]}:/usr/bin:/bin"}
    with Terminal(rows=50, columns=200) as terminal:
        shell = host.started(subprocess.Popen(["zsh", "-d", "-i"], env=environment, cwd=directory,
                                              **terminal.keywords()))
        terminal.read_until("ready")
        for line, offered in [*OFFERED, (f"coracle --root {coracle.root} state b", ["boat"]),
                              (f"coracle --root {coracle.root} mounts add b", ["boat"]),
                              (f"coracle mounts add boat {directory}/_cor", [f"{directory}/_coracle"]),
                              (f"coracle --root={coracle.root} state b", ["boat"])]:
            if not offered:
                continue
            terminal.type(f"{line}\t\x14")
            terminal.read_until(f"<{line.rpartition(' ')[0]} {os.path.commonprefix(offered)}")
        shell.kill()
        shell.wait()
    container.remove()


def test_every_option_is_offered(coracle):
    for command in re.findall(r"^  ([a-z]+)\b", coracle("help").stdout, re.M):
        wanted = set(re.findall(r"^  (?:-.,|   ) (--[a-z0-9-]+)", coracle("help", command).stdout, re.M))
        assert set(bash(coracle, f"coracle {command} --")) == wanted, command


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_names_all(coracle, shell):
    script = coracle("completion", shell).stdout
    for word in ("create", "console-socket", "log-format"):
        assert word in script


@pytest.mark.parametrize("shell", [pytest.param(name, marks=needs(f"program:{name}"))
                                   for name in ("bash", "zsh", "fish")])
def test_the_script_is_one(coracle, shell):
    subprocess.run([shell, "-n"], input=coracle("completion", shell).stdout, text=True, check=True)


def test_an_unknown_shell_is_refused(coracle):
    coracle.fails("completion", "tcsh", message="'tcsh' is none of bash, zsh, fish")
    coracle.fails("completion", message=r"needs bash\|zsh\|fish")

"""test_bad_bundles.py - bundles that cannot run: each has a message of its own and leaves nothing

A row is what is done to a good bundle, the class of the error, and what its message must hold.
That nothing is left is checked for every test (conftest.py).
"""

import errno
import json
import os
import re
import shutil

import pytest

from harness.needs import needs
from harness.runtime import identifiers


def text(content):
    """config.json is this text"""
    def change(bundle):
        bundle.write()
        with open(os.path.join(bundle.path, "config.json"), "w", encoding="utf-8") as file:
            file.write(content)
        return "written"
    return change


def no_config(bundle):
    bundle.write()
    os.unlink(os.path.join(bundle.path, "config.json"))
    bundle.runtime.host.watch(bundle.path)
    return "written"


def no_bundle(bundle):
    shutil.rmtree(bundle.path)
    bundle.runtime.host.watch(bundle.path)
    return "written"


def config_is_a_directory(bundle):
    os.mkdir(os.path.join(bundle.path, "config.json"))
    bundle.runtime.host.watch(bundle.path)
    return "written"


def config_is_a_pipe(bundle):
    os.mkfifo(os.path.join(bundle.path, "config.json"))
    bundle.runtime.host.watch(bundle.path)
    return "written"


def member(path, value):
    """config.json with one member set: "process.user.uid" """
    def change(bundle):
        *parents, last = path.split(".")
        place = bundle.config
        for name in parents:
            place = place[name]
        place[last] = value
    return change


def without(path):
    def change(bundle):
        *parents, last = path.split(".")
        place = bundle.config
        for name in parents:
            place = place[name]
        del place[last]
    return change


def no_rootfs(bundle):
    shutil.rmtree(bundle.rootfs)


def rootfs_is_a_file(bundle):
    shutil.rmtree(bundle.rootfs)
    open(bundle.rootfs, "w", encoding="ascii").close()


def program(name, mode=None, content="not a program", args=()):
    """process.args[0] is `name`; made with mode, unless None"""
    def change(bundle):
        bundle.process["args"] = [name, *args]
        if mode is not None:
            bundle.file(name, content, mode)
    return change


def bare_name_not_executable(bundle):
    bundle.file("/bin/plain", "not a program", 0o644)
    bundle.process["args"] = ["plain"]
    bundle.process["env"] = ["PATH=/bin"]


def directory_as_program(bundle):
    os.mkdir(bundle.inside("/bin/directory"))
    bundle.process["args"] = ["/bin/directory"]


def cwd(path, make=None):
    def change(bundle):
        bundle.process["cwd"] = path
        if make == "file":
            bundle.file("/etc/file")
    return change


ROWS = {
    # the documents
    "no bundle": (no_bundle, "bundle", ["bundle", "No such file or directory"]),
    "no config.json": (no_config, "bundle", ["config.json", "No such file or directory"]),
    "config.json is a directory": (config_is_a_directory, "bundle", ["config.json", "it is a directory"]),
    "config.json is a pipe": (config_is_a_pipe, "bundle", ["config.json", "not a regular file"]),
    "empty config.json": (text(""), "config", ["config.json: line 1, column 1", "ends before it is complete"]),
    "not JSON": (text("colour: blue\n"), "config",
                 ["config.json: line 1, column 1", "not JSON: 'colour' is not expected"]),
    "JSON that ends early": (text('{"ociVersion": "1.0.0",\n "process": {'), "config",
                             ["config.json: line 2, column 14", "ends before it is complete"]),
    "text behind the JSON": (text('{"ociVersion": "1.0.0"} more'), "config",
                             ["config.json: line 1, column 25", "something follows the end"]),
    "a list": (text("[]"), "config", ["config.json", "expected an object, found an array"]),
    "too deep": (text('{"x":' * 10000), "config", ["config.json", "more than 64 levels deep"]),
    "too long": (text(" " * (10 << 20)), "bundle", ["config.json", "larger than 4194304 bytes"]),
    "a member twice": (text('{"ociVersion": "1.0.0", "ociVersion": "1.0.1"}'), "config",
                       ["ociVersion", "given twice"]),
    # types and values
    "no version": (without("ociVersion"), "config", ["ociVersion: is required"]),
    "another major version": (member("ociVersion", "2.0.0"), "config",
                              ["ociVersion", r"'2\.0\.0'", "not supported"]),
    "no process": (without("process"), "config", ["process: is required"]),
    "no root": (without("root"), "config", ["root: is required"]),
    "process is a string": (member("process", "sh"), "config", ["process: expected an object, found a string"]),
    "args is a string": (member("process.args", "sh"), "config", ["process.args: expected an array, found a string"]),
    "args is empty": (member("process.args", []), "config", ["process.args: names no program"]),
    "an arg is a number": (member("process.args", ["/bin/payload", 7]), "config",
                           [r"process.args\[1\]: expected a string, found a number"]),
    "terminal is a string": (member("process.terminal", "yes"), "config",
                             ["process.terminal: expected a boolean, found a string"]),
    "readonly is a number": (member("root.readonly", 1), "config",
                             ["root.readonly: expected a boolean, found a number"]),
    "a NUL in a string": (member("process.cwd", "/\0x"), "config", ["config.json", r"U\+0000"]),
    "mounts is an object": (member("mounts", {}), "config", ["mounts: expected an array, found an object"]),
    "a mount without a destination": (member("mounts", [{"type": "proc"}]), "config",
                                      [r"mounts\[0\]\.destination: is required"]),
    "a relative masked path": (member("linux.maskedPaths", ["proc/kcore"]), "config",
                               [r"linux.maskedPaths\[0\]", "absolute"]),
    # the root file system
    "no rootfs": (no_rootfs, "bundle", ["rootfs", "No such file or directory"]),
    "rootfs is a file": (rootfs_is_a_file, "bundle", ["rootfs", "Not a directory"]),
    "root.path is empty": (member("root.path", ""), "config", ["root.path: is empty"]),
    # the user
    "uid is a name": (member("process.user.uid", "root"), "config",
                      ["process.user.uid: expected a number, found a string"]),
    "uid is negative": (member("process.user.uid", -1), "config", ["process.user.uid", "out of range"]),
    "uid does not fit": (member("process.user.uid", 4294967296), "config",
                         ["process.user.uid", "out of range"]),
    "uid is the one that means none": (member("process.user.uid", 4294967295), "config",
                                       ["process.user.uid: 4294967295 is no user"]),
    "uid is a fraction": (member("process.user.uid", 1.5), "config", ["process.user.uid: not an integer"]),
    "gid is a name": (member("process.user.gid", "wheel"), "config",
                      ["process.user.gid: expected a number, found a string"]),
    "an additional gid does not fit": (member("process.user.additionalGids", [1, 2 ** 40]),
                                       "config", [r"process.user.additionalGids\[1\]: out of range"]),
    # the program; engines read these phrases
    "a path that is not there": (program("/bin/missing"), "bundle",
                                 ["/bin/missing", "no such file or directory"]),
    "a directory on the way that is not there": (program("/missing/program"), "bundle",
                                                 ["/missing/program", "no such file or directory"]),
    "a bare name that is not there": (program("missing"), "bundle",
                                      ["missing", r"executable file not found in \$PATH"]),
    "a path that is not executable": (program("/bin/plain", 0o644), "bundle",
                                      ["/bin/plain", "permission denied"]),
    "a bare name that is not executable": (bare_name_not_executable, "bundle",
                                           ["plain", "permission denied"]),
    "a directory": (directory_as_program, "bundle",
                    ["/bin/directory", "permission denied: it is a directory"]),
    "an empty name": (program(""), "config", ["process.args", "names no program"]),
    "neither a program nor a script": (program("/bin/garbage", 0o755), "bundle",
                                       ["/bin/garbage", "(?i)exec format error"]),
    "a script without its interpreter": (program("/bin/script", 0o755, "#!/no/interpreter\n"),
                                         "bundle",
                                         ["execute '/bin/script': its interpreter: No such file or directory"]),
    # the directory
    "cwd cannot be made": (cwd("/etc/file/below", "file"), "config",
                           ["process.cwd", "'/etc/file/below'", "Not a directory"]),
    "cwd is relative": (cwd("tmp"), "config", ["process.cwd", "'tmp'", "absolute"]),
    "cwd is a file": (cwd("/etc/file", "file"), "config",
                      ["process.cwd", "'/etc/file'", "Not a directory"]),
    "cwd is empty": (cwd(""), "config", ["process.cwd: '' is not an absolute path"]),
}


@pytest.mark.parametrize("row", ROWS)
def test_a_bad_bundle(bundle, coracle, row):
    change, error_class, words = ROWS[row]
    bundle.args("report")
    if change(bundle) != "written":
        bundle.write()
    error = coracle.error("run", "--bundle", bundle.path, next(identifiers))
    for word in words:
        assert re.search(word, error["msg"]), f"no {word!r} in {error}"
    assert error["class"] in error_class.split("|"), error
    assert coracle.identifiers() == []


@pytest.mark.parametrize("row", ["a path that is not there", "a bare name that is not there",
                                 "cwd is a file"])
def test_create_says_it_too_before_start(bundle, coracle, row):
    change, _, words = ROWS[row]
    change(bundle)
    bundle.write()
    result = coracle("create", "--bundle", bundle.path, next(identifiers), check=False)
    assert result.returncode != 0
    for word in words:
        assert re.search(word, result.stderr), str(result)
    assert coracle.identifiers() == []


def test_the_reason_is_told_behind_a_long_name(bundle):
    """engines look for the words; what does not fit is cut out of the middle"""
    bundle.process["args"] = ["/" + "nowhere/" * 400]
    bundle.run_fails(r"process\.args\[0\]: execute '/(nowhere/)+.*\.\.\..*(nowhere/)+': no such file or directory\n$")


@pytest.mark.parametrize("what", ["bundle", "root"])
def test_a_path_that_is_not_utf_8(bundle, coracle, what):
    """the state, which is JSON, could not be read again: nobody could start or delete the container"""
    bundle.args("wait").write()
    odd = os.fsencode(bundle.outside("odd")) + b"\xff"
    os.rename(bundle.path if what == "bundle" else bundle.rootfs, odd)
    os.symlink(odd, bundle.path if what == "bundle" else bundle.rootfs)
    bundle.runtime.host.watch(bundle.path)
    error = coracle.error("create", "--bundle", bundle.path, next(identifiers))
    assert error["class"] == "bundle" and error["errno"] == errno.EILSEQ, error
    assert "odd\ufffd" in error["msg"] and "not UTF-8" in error["msg"]
    assert coracle.identifiers() == []


@needs("root")  # the configuration has to be shorter than the state, without what a user's needs besides
@pytest.mark.parametrize("missing", [0, 1024])
def test_annotations_that_fill_the_document(bundle, coracle, missing):
    """with the rest of the state they are more than is read again"""
    bundle.config = {"ociVersion": "1.0.0", "process": {"cwd": "/", "args": bundle.args("wait").process["args"]},
                     "root": {"path": "rootfs"}, "linux": {"namespaces": [{"type": "mount"}, {"type": "pid"}]},
                     "mounts": [{"destination": "/dev", "type": "tmpfs"}], "annotations": {"a": ""}}
    length = (4 << 20) - len(json.dumps(bundle.config))
    bundle.config["annotations"]["a"] = "x" * (length - missing)
    if missing:
        bundle.create().remove()
    else:
        bundle.write()
        error = coracle.error("create", "--bundle", bundle.path, next(identifiers))
        assert (error["class"], error["path"], error["errno"]) == ("config", "annotations", errno.EFBIG), error
    assert coracle.identifiers() == []


IDS = {
    "empty": ("", "empty"),
    "dot": (".", r"'\.'"),
    "dot dot": ("..", r"'\.\.'"),
    "slash": ("a/b", "'/'"),
    "slash at the front": ("/a", "'/'"),
    "a way up": ("../a", "'/'"),
    "space": ("a b", "' '"),
    "newline": ("a\nb", "a"),
    "not ASCII": ("bøat", "b"),
    "too long": ("x" * 300, "long"),
}


@pytest.mark.parametrize("name", IDS)
@pytest.mark.parametrize("command", ["create", "run"])
def test_a_bad_id(bundle, coracle, command, name):
    identifier, word = IDS[name]
    bundle.write()
    error = coracle.error(command, "--bundle", bundle.path, "--", identifier)
    assert error["class"] == "usage"
    assert "container id" in error["msg"]
    assert re.search(word, error["msg"]), error
    assert not os.path.exists(os.path.join(os.path.dirname(coracle.root), "a"))


@pytest.mark.parametrize("identifier", ["a", "_", "+", "-", "...", "A-Z_0.9+", "x" * 200])
def test_a_strange_but_good_id(bundle, coracle, identifier):
    bundle.args("exit", 0).write()
    coracle("run", "--bundle", bundle.path, "--", identifier)


def test_an_id_in_use(bundle, coracle):
    container = bundle.start()
    error = coracle.error("run", "--bundle", bundle.path, container.id)
    assert error["class"] == "state"
    assert f"'{container.id}'" in error["msg"] and "already exists" in error["msg"]
    assert container.status == "running"
    container.remove()


def test_unknown_members_are_skipped(bundle):
    """the specification asks for it: extensions must not break older runtimes"""
    bundle.config["x-extension"] = {"colour": "blue"}
    bundle.process["shoeSize"] = 42
    assert json.loads(bundle.run("report").stdout)["uid"] == 0


@needs("absent:/sys/fs/resctrl/schemata")
@pytest.mark.parametrize("config", [{}, {"closID": "gold"}, {"l3CacheSchema": "L3:0=f"},
                                    {"schemata": ["L3:0=f"], "enableMonitoring": True}])
def test_intel_rdt_without_resctrl(bundle, config):
    bundle.linux["intelRdt"] = config
    error = bundle.error()
    assert error["path"] == "linux.intelRdt" and error["class"] == "config"
    assert "no resctrl file system is mounted" in error["msg"]

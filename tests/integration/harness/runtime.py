"""runtime.py - the program under test, and the containers it makes"""

import contextlib
import dataclasses
import itertools
import json
import os
import re
import select
import subprocess
import time

from harness.host import read

# seconds; a machine that is emulated asks for more patience
TIMEOUT = 10 * float(os.environ.get("CORACLE_TEST_PATIENCE", "1"))

# The same command with a pure cgroup v2 host around it, whatever the real one has.
# On a real one nothing is mounted: that would change the options of the one hierarchy there is.
PURE_V2 = ["unshare", "--mount", "--propagation", "private", "sh", "-ec",
           'if [ "$(stat -fc %T /sys/fs/cgroup)" != cgroup2fs ]; then '
           'umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup; fi; exec "$@"', "sh"]

# ... with a hybrid one, whose v2 hierarchy is beside others
HYBRID = ["unshare", "--mount", "--propagation", "private", "sh", "-ec",
          'if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then '
          'mount -t tmpfs none /mnt; mkdir /mnt/unified; mount --bind /sys/fs/cgroup /mnt/unified; '
          'mount --rbind /mnt /sys/fs/cgroup; fi; exec "$@"', "sh"]

identifiers = (f"t{os.getpid()}-{number}" for number in itertools.count(1))


def is_sanitized(program):
    """built with the address sanitizer"""
    with open(program, "rb") as file:
        return b"__asan_init" in file.read()


@dataclasses.dataclass
class Result:
    command: list
    returncode: int
    stdout: str
    stderr: str

    def __str__(self):
        return (f"{' '.join(map(str, self.command))}\nexit status {self.returncode}\n"
                f"stdout: {self.stdout[:400]}\nstderr: {self.stderr}")


def eventually(condition, what, seconds=TIMEOUT):
    """waits until condition() is true and returns its value"""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        time.sleep(0.002)
    return value


@contextlib.contextmanager
def filled_pipe(data):
    """the reading end of a pipe that holds all of data, for one who does not wait for a writer"""
    reader, writer = os.pipe()
    with open(reader, "rb") as pipe:
        with open(writer, "wb", buffering=0) as end:
            os.set_blocking(writer, False)
            assert end.write(data) == len(data), "more than a pipe holds"
        yield pipe


def wait_for_end(popen, timeout):
    """as popen.wait(timeout), which sleeps and looks, sleeps longer and looks: here the kernel tells"""
    if popen.poll() is None:
        fd = os.pidfd_open(popen.pid)
        try:
            poll = select.poll()
            poll.register(fd, select.POLLIN)
            if not poll.poll(timeout * 1000):
                raise subprocess.TimeoutExpired(popen.args, timeout)
        finally:
            os.close(fd)
    return popen.wait()


class Runtime:
    """coracle with a state root of its own.  What it prints goes through files, not pipes: a
    container holds its descriptors long after the command that made it has ended."""

    def __init__(self, binary, root, directory, host):
        self.binary = binary
        self.root = root
        self.directory = directory
        self.host = host
        self.prefix = []
        self.global_options = ()
        self.environment = None
        self.outputs = itertools.count(1)

    def command(self, *args, options=()):
        return [*self.prefix, self.binary, "--root", self.root, *self.global_options, *options,
                *map(str, args)]

    def output_files(self):
        number = next(self.outputs)
        return (os.path.join(self.directory, f"{number}.stdout"),
                os.path.join(self.directory, f"{number}.stderr"))

    def popen(self, *args, options=(), **keywords):
        """the started command, with .out and .err as the names of its output files"""
        out, err = self.output_files()
        keywords.setdefault("stdin", subprocess.DEVNULL)
        keywords.setdefault("env", self.environment)
        with open(out, "wb") as stdout, open(err, "wb") as stderr:
            keywords.setdefault("stdout", stdout)
            keywords.setdefault("stderr", stderr)
            popen = subprocess.Popen(self.command(*args, options=options), **keywords)
        popen.out, popen.err = out, err
        return self.host.started(popen)

    def finish(self, popen, timeout=TIMEOUT):
        try:
            wait_for_end(popen, timeout)
        except subprocess.TimeoutExpired:
            popen.kill()
            popen.wait()
            raise
        return Result(popen.args, popen.returncode, contents(popen.out), contents(popen.err))

    def __call__(self, *args, options=(), check=True, stdin=None, timeout=TIMEOUT, **keywords):
        """runs coracle with `options` before the command; stdin: text for it"""
        with contextlib.ExitStack() as stack:
            if stdin is not None:
                keywords["stdin"] = stack.enter_context(filled_pipe(stdin.encode()))
            popen = self.popen(*args, options=options, **keywords)
        result = self.finish(popen, timeout)
        assert not check or result.returncode == 0, str(result)
        return result

    def fails(self, *args, message, **keywords):
        """runs what must fail; message: a regular expression its standard error must hold"""
        result = self(*args, check=False, **keywords)
        assert result.returncode != 0, f"did not fail: {result}"
        assert re.search(message, result.stderr), f"no {message!r} in: {result}"
        return result

    def error(self, *args, **keywords):
        """runs what must fail and returns the error as --log-format json tells it"""
        result = self(*args, check=False, **keywords, options=("--log-format", "json"))
        assert result.returncode != 0, f"did not fail: {result}"
        lines = [json.loads(line) for line in result.stderr.splitlines()]
        errors = [line for line in lines if line["level"] == "error"]
        assert len(errors) == 1, str(result)
        return errors[0]

    def identifiers(self):
        return self("list", "-q").stdout.split()


contents = read


class Container:
    """One container: from create to delete."""

    def __init__(self, runtime, identifier):
        self.runtime = runtime
        self.id = identifier
        self.out = self.err = None

    def create(self, bundle, *args, check=True, command="create", **keywords):
        popen = self.runtime.popen(command, "--bundle", bundle.path, *args, self.id, **keywords)
        self.out, self.err = popen.out, popen.err
        result = self.runtime.finish(popen)
        assert not check or result.returncode == 0, str(result)
        return result

    def output(self):
        return contents(self.out)

    def wait_output(self, text):
        eventually(lambda: text in self.output(), f"{text!r} from the container")
        return self.output()

    def start(self, **keywords):
        return self.runtime("start", self.id, **keywords)

    def state(self):
        return json.loads(self.runtime("state", self.id).stdout)

    @property
    def status(self):
        return self.state()["status"]

    @property
    def pid(self):
        return self.state()["pid"]

    def kill(self, *args, **keywords):
        return self.runtime("kill", self.id, *args, **keywords)

    def wait_stopped(self):
        """until nothing is left of init: before, the init of its pid namespace, where that is another's,
        could not end"""
        def is_stopped():
            self.runtime.host.reap()
            return self.status == "stopped"
        eventually(is_stopped, f"the end of container '{self.id}'")
        self.runtime.host.reap()

    def exec(self, *args, options=(), **keywords):
        """`coracle exec`, with args for the payload and options for the command"""
        return self.runtime("exec", *options, self.id, "/bin/payload", *args, **keywords)

    def exec_fails(self, message, *args, options=(), **keywords):
        result = self.exec(*args, options=options, check=False, **keywords)
        assert result.returncode == 255, str(result)
        assert re.search(message, result.stderr), f"no {message!r} in: {result}"
        return result

    def delete(self, *args, **keywords):
        return self.runtime("delete", *args, self.id, **keywords)

    def remove(self):
        """ends it, whatever it does"""
        self.delete("--force")

"""spy.py - who is root of a user namespace, and looks into every process that comes to its pid namespace

Nothing but programs of the container's may be seen so: the runtime's own process, on its way to become
one, has the host's files and descriptors still (CVE-2016-9962).
"""

import contextlib
import json
import os
import subprocess
import sys

# what /proc/PID/exe and /proc/PID/cwd are can be read by who may trace the process
SPY = """
import json, os, signal
stop, seen = [], set()
signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
print("ready", flush=True)
own = {"1", str(os.getpid())}
while not stop:
    for pid in os.listdir("/proc"):
        if not pid.isdigit() or pid in own:
            continue
        try:
            seen.add((os.readlink(f"/proc/{pid}/exe"), os.readlink(f"/proc/{pid}/cwd")))
        except OSError:
            pass
print(json.dumps(sorted(seen)), flush=True)
"""


@contextlib.contextmanager
def spying(pid):
    """in the user and pid namespaces of process pid; yields a list, which in the end holds the
    programs and directories of the processes that let it look"""
    command = ["nsenter", "-t", str(pid), "--user", "--pid", "unshare", "--mount", "--mount-proc",
               sys.executable, "-c", SPY]
    seen = []
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    try:
        yield seen
    finally:
        children = f"/proc/{process.pid}/task/{process.pid}/children"
        with open(children, encoding="ascii") as file:
            os.kill(int(file.read().split()[0]), 15)
        seen += [tuple(entry) for entry in json.loads(process.stdout.read())]
        process.stdout.close()
        process.wait()

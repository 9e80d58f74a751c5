"""bundle.py - a bundle: `coracle spec`'s configuration, edited as a dict, and a root file system"""

import json
import os
import shutil

from harness.report import Probes, Report
from harness.runtime import Container, identifiers

PAYLOAD = "/bin/payload"
DIRECTORIES = ("bin", "dev", "etc", "proc", "sys", "tmp")


class Bundle:
    """A directory with config.json and rootfs.  Edit .config (or the shorter names for its parts),
    then run or create: each writes config.json first.  All mount points are made in advance, so
    that nothing may appear in the bundle but what a test allows."""

    def __init__(self, path, runtime, payload, spec):
        self.path = path
        self.rootfs = os.path.join(path, "rootfs")
        self.runtime = runtime
        self.config = json.loads(spec)
        self.allowed = []
        os.makedirs(self.rootfs)
        for name in DIRECTORIES:
            os.mkdir(os.path.join(self.rootfs, name))
        os.chmod(self.inside("/tmp"), 0o1777)
        shutil.copy(payload, self.inside(PAYLOAD))
        self.process["terminal"] = False
        self.args("report")

    @property
    def process(self):
        return self.config["process"]

    @property
    def linux(self):
        return self.config["linux"]

    @property
    def root(self):
        return self.config["root"]

    @property
    def mounts(self):
        return self.config["mounts"]

    def inside(self, path):
        """a path of the container, on the host"""
        return os.path.join(self.rootfs, path.lstrip("/"))

    def outside(self, name):
        """a path beside the bundle, for what a mount or a hook needs"""
        return os.path.join(os.path.dirname(self.path), name)

    def args(self, *args):
        """what the payload is told to do"""
        self.process["args"] = [PAYLOAD, *map(str, args)]
        return self

    def file(self, path, text="", mode=0o644):
        """makes a file of the root file system"""
        name = self.inside(path)
        os.makedirs(os.path.dirname(name), exist_ok=True)
        with open(name, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(name, mode)
        return name

    def mount(self, destination, kind, source=None, options=(), point="directory", **more):
        """adds a mount and makes its mount point: a "directory", a "file" or None"""
        entry = {"destination": destination, "type": kind, "source": source or kind, **more}
        if options:
            entry["options"] = list(options)
        self.mounts.append(entry)
        if point == "directory":
            os.makedirs(self.inside(destination), exist_ok=True)
        elif point == "file":
            self.file(destination)
        return entry

    def without_mounts(self, *destinations):
        self.config["mounts"] = [m for m in self.mounts if m["destination"] not in destinations]

    def set_namespace(self, kind, path=None):
        """a new one, or the one at path"""
        self.unset_namespace(kind)
        entry = {"type": kind}
        if path:
            entry["path"] = path
        self.linux["namespaces"].append(entry)

    def unset_namespace(self, kind):
        self.linux["namespaces"] = [n for n in self.linux["namespaces"] if n["type"] != kind]

    def share_pids(self):
        """the host's pid namespace; a user is given no new /proc there, but may bind that of the host"""
        self.unset_namespace("pid")
        if os.geteuid() != 0:
            for mount in self.mounts:
                if mount["destination"] == "/proc":
                    mount.update(type="bind", source="/proc", options=["rbind"])

    def map_ids(self, host, size=65536):
        """a user namespace whose ids 0.. are the host's `host`.., which then own the root"""
        self.set_namespace("user")
        entry = {"containerID": 0, "hostID": host, "size": size}
        self.linux["uidMappings"] = [dict(entry)]
        self.linux["gidMappings"] = [dict(entry)]
        for directory, _, files in os.walk(self.rootfs):
            for name in (directory, *(os.path.join(directory, file) for file in files)):
                os.chown(name, host, host, follow_symlinks=False)

    def allow(self, *paths):
        """paths of the container that its program or its mounts may bring about"""
        self.allowed += [self.inside(path) for path in paths]

    def write(self):
        with open(os.path.join(self.path, "config.json"), "w", encoding="utf-8") as file:
            json.dump(self.config, file)
        self.runtime.host.watch(self.path, self.allowed)

    def run(self, *args, options=(), **keywords):
        """`coracle run`, with args for the payload and options for the command"""
        if args:
            self.args(*args)
        self.write()
        return self.runtime("run", "--bundle", self.path, *options, next(identifiers), **keywords)

    def run_fails(self, message, *args, options=(), **keywords):
        if args:
            self.args(*args)
        self.write()
        return self.runtime.fails("run", "--bundle", self.path, *options, next(identifiers),
                                  message=message, **keywords)

    def error(self, **keywords):
        """the error that keeps this bundle from running, as JSON tells it"""
        self.write()
        return self.runtime.error("run", "--bundle", self.path, next(identifiers), **keywords)

    def report(self, **keywords):
        return Report(self.run("report", **keywords).stdout)

    def report_as_is(self, **keywords):
        """the report of a payload that process.args calls in another way"""
        return Report(self.run(**keywords).stdout)

    def probe(self, *probes, **keywords):
        """probes: (op, argument) pairs"""
        words = [word for pair in probes for word in pair]
        return Probes(self.run("probe", *words, **keywords).stdout)

    def create(self, *options, payload=(), command="create", identifier=None, **keywords):
        """`coracle create`; the container is the test's to delete"""
        if payload:
            self.args(*payload)
        self.write()
        container = Container(self.runtime, identifier or next(identifiers))
        container.create(self, *options, command=command, **keywords)
        return container

    def start(self, *options, payload=("wait",), **keywords):
        """a detached container whose payload has said that it is ready"""
        container = self.create("--detach", *options, payload=payload, command="run", **keywords)
        container.wait_output("ready")
        return container

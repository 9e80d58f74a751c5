"""report.py - what the payload prints, as a test reads it"""

import dataclasses
import json

# by number, see capabilities(7)
CAPABILITIES = """
CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT
SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE
AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ
PERFMON BPF CHECKPOINT_RESTORE
""".split()

SETS = {"effective": "CapEff", "permitted": "CapPrm", "inheritable": "CapInh", "bounding": "CapBnd",
        "ambient": "CapAmb"}


def capability_names(mask):
    return {f"CAP_{name}" for bit, name in enumerate(CAPABILITIES) if mask >> bit & 1}


@dataclasses.dataclass
class Mount:
    root: str
    destination: str
    options: set
    propagation: set
    type: str
    source: str
    super_options: set

    @classmethod
    def parse(cls, line):
        fields = line.split()
        dash = fields.index("-")
        return cls(fields[3], fields[4], set(fields[5].split(",")),
                   {field.partition(":")[0] for field in fields[6:dash]},
                   fields[dash + 1], fields[dash + 2], set(fields[dash + 3].split(",")))


class Report:
    """The payload's `report`: its members are attributes; see payload.c."""

    def __init__(self, text):
        self.members = json.loads(text)

    def __getattr__(self, name):
        try:
            return self.members[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def environment(self):
        return dict(line.split("=", 1) for line in self.env)

    @property
    def status(self):
        return dict(line.split(":\t", 1) for line in self.proc["status"].splitlines()
                    if ":\t" in line)

    def capabilities(self, which):
        return capability_names(int(self.status[SETS[which]], 16))

    @property
    def mounts(self):
        return [Mount.parse(line) for line in self.proc["mountinfo"].splitlines()]

    def mount(self, destination):
        """the topmost mount on destination; None: there is none"""
        found = [mount for mount in self.mounts if mount.destination == destination]
        return found[-1] if found else None

    def namespace(self, kind):
        return self.namespaces[kind]


class Probes:
    """The payload's `probe`: probes[op, arg] is None or the errno's name; data() what was read."""

    def __init__(self, text):
        self.results = {(entry["op"], entry["arg"]): entry for entry in json.loads(text)}

    def __getitem__(self, key):
        return self.results[key]["error"]

    def data(self, op, arg):
        entry = self.results[op, arg]
        assert entry["error"] is None, f"{op} '{arg}': {entry['error']}"
        return entry["data"]

"""test_values.py - every member of config.json with values that it must not have

The members are those of the tables in libocispec: one that is added there has to be added here.  Each
gets a value of another type, and each of its row's values; the error has to name the place.  What
good values do is for the other files to show.
"""

import copy
import glob
import os
import re
import resource

import pytest

from harness.needs import needs

pytestmark = needs("root")

TOP = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../..")

ID = 4294967295     # (uid_t) -1, which is no id
FREE = []           # any value of its type will do, or it concerns no Linux container


def tables():
    """{struct: [(kind, member, struct of its items)]} of libocispec; kind: F, O(bject), L(ist), M(ap)"""
    found = {}
    for path in glob.glob(os.path.join(TOP, "libocispec", "*.c")):
        with open(path, encoding="utf-8") as file:
            text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.DOTALL)
        for name, rows in re.findall(r"OCI_DESC\((\w+),(.*?)\)\);", text, re.DOTALL):
            found[name] = re.findall(r'OCI_([FOLM])\(\s*\w+,\s*\w+,\s*"(\w+)"(?:,\s*(oci_\w+))?', rows)
    return found


def members(all_tables, struct, prefix=""):
    """the path of each member: "mounts[].type" """
    for kind, name, items in all_tables[struct]:
        path = prefix + name
        yield path, kind
        if kind != "F":
            end = {"O": ".", "L": "[].", "M": "{}."}[kind]
            yield from members(all_tables, items, path + end)


MEMBERS = dict(members(tables(), "oci_config"))

# what stands beside the member, where its object has others that it needs
ITEMS = {
    "process.consoleSize": {"height": 10, "width": 10},
    "process.rlimits": {"type": "RLIMIT_CORE", "soft": 1, "hard": 1},
    "process.scheduler": {"policy": "SCHED_OTHER"},
    "process.ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 4},
    "mounts": {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"},
    "mounts[].uidMappings": {"containerID": 0, "hostID": 7, "size": 1},
    "mounts[].gidMappings": {"containerID": 0, "hostID": 7, "size": 1},
    "linux.namespaces": {"type": "uts"},
    "linux.uidMappings": {"containerID": 0, "hostID": 100000, "size": 1},
    "linux.gidMappings": {"containerID": 0, "hostID": 100000, "size": 1},
    "linux.devices": {"type": "c", "path": "/dev/d", "major": 1, "minor": 3},
    "linux.memoryPolicy": {"mode": "MPOL_BIND", "nodes": "0"},
    "linux.personality": {"domain": "LINUX"},
    "linux.seccomp": {"defaultAction": "SCMP_ACT_ALLOW"},
    "linux.seccomp.syscalls": {"names": ["getpid"], "action": "SCMP_ACT_ERRNO"},
    "linux.seccomp.syscalls[].args": {"index": 0, "value": 1, "op": "SCMP_CMP_EQ"},
    "linux.resources.devices": {"allow": True, "type": "c", "major": 1, "minor": 3, "access": "rwm"},
    "linux.resources.blockIO.weightDevice": {"major": 1, "minor": 0, "weight": 100},
    "linux.resources.hugepageLimits": {"pageSize": "2MB", "limit": 2 << 20},
    "linux.resources.network.priorities": {"name": "eth0", "priority": 1},
    "vm.hwConfig.iomems": {"firstGFN": 1, "firstMFN": 1, "nrMFNs": 1},
}
for _throttle in ("throttleReadBpsDevice", "throttleWriteBpsDevice", "throttleReadIOPSDevice",
                  "throttleWriteIOPSDevice"):
    ITEMS[f"linux.resources.blockIO.{_throttle}"] = {"major": 1, "minor": 0, "rate": 1}
for _hook in ("prestart", "createRuntime", "createContainer", "startContainer", "poststart",
              "poststop"):
    ITEMS[f"hooks.{_hook}"] = {"path": "/bin/true"}


class At:
    """a bad value whose error names another place than the member itself, or is of another class;
    or with neighbours, or with other members (also), or on machines with what it needs"""

    def __init__(self, value, path=None, blames="config", also=None, need=None, **beside):
        self.value, self.path, self.blames, self.also = value, path, blames, also or {}
        self.need, self.beside = need, beside

    def __repr__(self):
        return f"{self.value!r} with {self.beside}" if self.beside else repr(self.value)


TERMINAL = {"process.terminal": True}
DEEP = {"x": {"y": {}}}     # of no member's type

OUT_OF_RANGE = [At(value, "linux.resources.blockIO.weightDevice[0]") for value in (-1, 2 ** 40)]

ROWS = {
    "ociVersion": ["2.0.0", "x", ""],
    "hostname": ["x" * 65],
    "domainname": ["x" * 65],
    "annotations": [At({"": "x"}), {"x": 7}],
    "root.path": ["", At("/no/such/rootfs", "", "bundle")],
    "root.readonly": FREE,
    "process.terminal": [1, "true"],
    "process.consoleSize.height": [-1, At(65536, "process.consoleSize", also=TERMINAL)],
    "process.consoleSize.width": [-1, At(65536, "process.consoleSize", also=TERMINAL)],
    "process.user.uid": [ID, -1, 1.5, "root"],
    "process.user.gid": [ID, -1, 2 ** 32, "wheel"],
    "process.user.umask": [-1, 0o1000, "022"],
    "process.user.additionalGids": [At([0, ID], "process.user.additionalGids[1]"), ["0"], 7],
    "process.user.username": FREE,
    "process.args": [[], [""], "sh", ["sh", 7]],
    "process.commandLine": FREE,
    "process.env": [[7], "A=1"],
    "process.cwd": ["", "tmp", "./x"],
    "process.capabilities.bounding": [["CAP_FLY"], ["cap"], "CAP_KILL", [7]],
    "process.capabilities.effective": [["CAP_FLY"], [""]],
    "process.capabilities.inheritable": [["CAP_FLY"]],
    "process.capabilities.permitted": [["CAP_FLY"]],
    "process.capabilities.ambient": [["CAP_FLY"]],
    "process.rlimits[].type": ["RLIMIT_FUN", "", "NOFILE"],
    "process.rlimits[].hard": [-1, 2 ** 64, At(0, "process.rlimits[0]")],
    "process.rlimits[].soft": [-1, 2 ** 64, At(2, "process.rlimits[0]")],
    "process.noNewPrivileges": [0, "false"],
    "process.apparmorProfile": ["coracle-unknown"],
    "process.oomScoreAdj": [-1001, 1001, 2 ** 31, 0.5],
    "process.scheduler.policy": ["SCHED_ISO", "SCHED_FUN", "", "sched_other"],
    "process.scheduler.nice": [20, -21, 2 ** 31],
    "process.scheduler.priority": [1, -1, At(0, policy="SCHED_FIFO"), At(100, policy="SCHED_RR")],
    "process.scheduler.flags": [["SCHED_FLAG_FUN"], [""], "SCHED_FLAG_RECLAIM"],
    "process.scheduler.runtime": [-1, At(1, "process.scheduler")],
    "process.scheduler.deadline": [-1, At(1, "process.scheduler")],
    "process.scheduler.period": [-1, 2 ** 64, At(1, "process.scheduler")],
    "process.selinuxLabel": ["coracle:unknown"],
    "process.ioPriority.class": ["IOPRIO_CLASS_NONE", "", "BE"],
    "process.ioPriority.priority": [-1, 8],
    "process.execCPUAffinity.initial": ["3-1", "a", "0,", "-1", "0-9999999"],
    "process.execCPUAffinity.final": ["3-1", "a", "0 1", "99999999999"],
    "mounts[].destination": [""],
    "mounts[].type": [At("no-such-file-system", "mounts[0]", "kernel")],
    "mounts[].source": [At("/no/such/file", "mounts[0]", "kernel", options=["bind"])],
    "mounts[].options": [[7], "ro", ["idmap=x"], At(["mode=fun"], "mounts[0]", "kernel"),
                         At(["size=much"], "mounts[0]", "kernel")],
    "vm.hypervisor.path": FREE,
    "vm.hypervisor.parameters": FREE,
    "vm.kernel.path": FREE,
    "vm.kernel.parameters": FREE,
    "vm.kernel.initrd": FREE,
    "vm.image.path": FREE,
    "vm.image.format": FREE,
    "vm.hwConfig.deviceTree": FREE,
    "vm.hwConfig.vcpus": FREE,
    "vm.hwConfig.memory": FREE,
    "vm.hwConfig.dtdevs": FREE,
    "vm.hwConfig.iomems[].firstGFN": FREE,
    "vm.hwConfig.iomems[].firstMFN": FREE,
    "vm.hwConfig.iomems[].nrMFNs": FREE,
    "vm.hwConfig.irqs": FREE,
    "linux.namespaces[].type": ["colour", "", "net"],
    "linux.namespaces[].path": ["/no/such/file", "/dev/null", "relative"],
    "linux.timeOffsets{}.secs": [2 ** 63],
    "linux.timeOffsets{}.nanosecs": [-1],
    "linux.devices[].type": ["d", "", "cc"],
    "linux.devices[].path": ["", "dev/d"],
    "linux.devices[].major": [-1, 2 ** 40, 4096],
    "linux.devices[].minor": [-1, 2 ** 40, 1 << 20],
    "linux.devices[].fileMode": [-1, 2 ** 32],
    "linux.devices[].uid": [ID, -1],
    "linux.devices[].gid": [ID, -1],
    "linux.netDevices{}.name": ["a/b", "x" * 16, "%s"],
    "linux.cgroupsPath": ["/../x", "a/../../x"],
    "linux.sysctl": [At({"kernel.hostname": "x"}), {"no.such.name": "1"}, {"": "1"},
                     {"net.ipv4.ip_forward": 1}],
    "linux.rootfsPropagation": ["sideways", ""],
    "linux.maskedPaths": [["x"], [""]],
    "linux.readonlyPaths": [["x"], [""]],
    "linux.mountLabel": ["coracle:unknown"],
    "linux.intelRdt.closID": ["..", "a/b", ""],
    "linux.intelRdt.schemata": [At(["a\nb"], "linux.intelRdt")],
    "linux.intelRdt.l3CacheSchema": [At("a\nb", "linux.intelRdt")],
    "linux.intelRdt.memBwSchema": ["x"],
    "linux.intelRdt.enableMonitoring": FREE,
    "linux.memoryPolicy.mode": ["MPOL_FUN", ""],
    "linux.memoryPolicy.nodes": ["", "x", "3-1", "99999"],
    "linux.memoryPolicy.flags": [["MPOL_F_FUN"], ["MPOL_F_STATIC_NODES", "MPOL_F_RELATIVE_NODES"]],
    "linux.personality.domain": ["LINUX64", ""],
    "linux.personality.flags": [["x"]],
    "linux.seccomp.defaultAction": ["SCMP_ACT_FUN", ""],
    "linux.seccomp.defaultErrnoRet": [-1, At(4095, defaultAction="SCMP_ACT_ERRNO"), 2 ** 32],
    "linux.seccomp.architectures": [["SCMP_ARCH_FUN"]],
    "linux.seccomp.flags": [["SECCOMP_FILTER_FLAG_FUN"]],
    "linux.seccomp.listenerPath": FREE,
    "linux.seccomp.listenerMetadata": [At("x", "linux.seccomp.listenerMetadata")],
    "linux.seccomp.syscalls[].names": [[], [7]],
    "linux.seccomp.syscalls[].action": ["SCMP_ACT_FUN"],
    "linux.seccomp.syscalls[].errnoRet": [-1, 4095],
    "linux.seccomp.syscalls[].args[].index": [6, -1],
    "linux.seccomp.syscalls[].args[].value": [-1, 2 ** 64],
    "linux.seccomp.syscalls[].args[].valueTwo": [-1, 2 ** 64],
    "linux.seccomp.syscalls[].args[].op": ["SCMP_CMP_FUN", ""],
    "linux.resources.devices[].allow": [1],
    "linux.resources.devices[].type": ["d", "p"],
    "linux.resources.devices[].major": [2 ** 40, -2],
    "linux.resources.devices[].minor": [2 ** 40, -2],
    "linux.resources.devices[].access": ["x", "rwx", "rr "],
    "linux.resources.memory.limit": [-2, 2 ** 63],
    "linux.resources.memory.reservation": [-2],
    "linux.resources.memory.swap": [-2, At(1 << 20, limit=2 << 20)],
    "linux.resources.memory.kernel": FREE,
    "linux.resources.memory.kernelTCP": FREE,
    "linux.resources.memory.swappiness": FREE,
    "linux.resources.memory.disableOOMKiller": FREE,
    "linux.resources.memory.useHierarchy": FREE,
    "linux.resources.memory.checkBeforeUpdate": [1],
    "linux.resources.cpu.shares": [-1],
    "linux.resources.cpu.quota": [2 ** 63],
    "linux.resources.cpu.burst": [-1],
    "linux.resources.cpu.period": [-1],
    "linux.resources.cpu.realtimeRuntime": [1000],
    "linux.resources.cpu.realtimePeriod": [1000],
    "linux.resources.cpu.cpus": [At("3-1", need="controller:cpuset"), At("x", need="controller:cpuset")],
    "linux.resources.cpu.mems": [At("3-1", need="controller:cpuset"), At("x", need="controller:cpuset")],
    "linux.resources.cpu.idle": [2, -1],
    "linux.resources.pids.limit": [2 ** 63],
    "linux.resources.blockIO.weight": [9, 1001],
    "linux.resources.blockIO.leafWeight": FREE,
    "linux.resources.hugepageLimits[].pageSize": ["2", "2mb", "64EB"],
    "linux.resources.hugepageLimits[].limit": [-1],
    "linux.resources.network.classID": FREE,
    "linux.resources.network.priorities[].name": FREE,
    "linux.resources.network.priorities[].priority": FREE,
    "linux.resources.rdma{}.hcaHandles": [-1, 2 ** 32],
    "linux.resources.rdma{}.hcaObjects": [-1, 2 ** 32],
    "linux.resources.unified": [{"../x": "1"}, {"": "1"}, {"cgroup.procs/..": "1"}, {"a": 1}],
    "linux.resources.blockIO.weightDevice[].major": OUT_OF_RANGE,
    "linux.resources.blockIO.weightDevice[].minor": OUT_OF_RANGE,
    "linux.resources.blockIO.weightDevice[].weight": [
        At(value, "linux.resources.blockIO.weightDevice[0]") for value in (9, 1001)],
    "linux.resources.blockIO.weightDevice[].leafWeight": FREE,
}
for _list in ("mounts[].uidMappings", "mounts[].gidMappings", "linux.uidMappings",
              "linux.gidMappings"):
    # those of a mount come in pairs
    _other = {_list.replace("gid", "uid"): [ITEMS[_list]]} if _list == "mounts[].gidMappings" else {}
    for _member, _values in (("containerID", [ID]), ("hostID", [ID]), ("size", [0, ID])):
        ROWS[f"{_list}[].{_member}"] = [-1, 2 ** 32] + [
            At(value, f"{_list}[0]", also=_other) for value in _values]
for _hook in ("prestart", "createRuntime", "createContainer", "startContainer", "poststart",
              "poststop"):
    ROWS[f"hooks.{_hook}[].path"] = ["relative", ""]
    ROWS[f"hooks.{_hook}[].args"] = [[7]]
    ROWS[f"hooks.{_hook}[].env"] = [[7]]
    ROWS[f"hooks.{_hook}[].timeout"] = [0, -1, 2 ** 63]
for _throttle in ("throttleReadBpsDevice", "throttleWriteBpsDevice", "throttleReadIOPSDevice",
                  "throttleWriteIOPSDevice"):
    for _number in ("major", "minor"):
        _place = f"linux.resources.blockIO.{_throttle}[0]"
        ROWS[f"linux.resources.blockIO.{_throttle}[].{_number}"] = [At(-1, _place),
                                                                    At(2 ** 40, _place)]
    ROWS[f"linux.resources.blockIO.{_throttle}[].rate"] = [-1, 2 ** 64]


def put(config, path, value, beside, keep=False):
    """sets the member; objects and lists on the way are made with what they need, or kept"""
    parts = re.findall(r"([^.\[\]{}]+)(\[\]|\{\})?", path)
    place, walked = config, ""
    for name, shape in parts[:-1]:
        walked += ("." if walked else "") + name
        item = copy.deepcopy(ITEMS.get(walked, {}))
        if shape == "[]":
            if not keep:
                place[name] = [item]
            place = place[name][0]
        elif shape == "{}":
            place[name] = {"x0": item}
            place = place[name]["x0"]
        else:
            if not isinstance(place.get(name), dict):
                place[name] = item
            place = place[name]
        walked += shape
    place.update(beside)
    place[parts[-1][0]] = value


def place_of(path):
    return path.replace("[]", "[0]").replace("{}", ".x0")


def check(bundle, path, at):
    put(bundle.config, path, at.value, at.beside)
    for member, neighbour in at.also.items():
        put(bundle.config, member, neighbour, {}, keep=True)
    error = bundle.error()
    wanted = place_of(path if at.path is None else at.path)
    assert error["class"] == at.blames, f"{at}: {error}"
    assert wanted in error["path"] and wanted in error["msg"], f"{at}: {error}"


def test_each_member_has_a_row():
    assert {path for path, kind in MEMBERS.items() if kind == "F"} == set(ROWS)


def values_of(path, need=None):
    """those that are tested where there is what they need; another type's among the plain ones"""
    values = [value if isinstance(value, At) else At(value) for value in ROWS.get(path, [])]
    if need is None:
        values.insert(0, At(DEEP if MEMBERS[path] == "F" else "x"))
    return [value for value in values if value.need == need]


def needy():
    for path, values in ROWS.items():
        for need in {value.need for value in values if isinstance(value, At) and value.need}:
            yield pytest.param(path, need, marks=needs(need))


@pytest.mark.parametrize("path", MEMBERS)
def test_bad_values(bundle, path):
    good = bundle.config
    for value in values_of(path):
        bundle.config = copy.deepcopy(good)
        check(bundle, path, value)


@pytest.mark.parametrize("path, need", needy())
def test_bad_values_for_a_controller(bundle, path, need):
    good = bundle.config
    for value in values_of(path, need):
        bundle.config = copy.deepcopy(good)
        check(bundle, path, value)


# what the kernel refuses, or the root file system has no place for, though the value could be a good one
REFUSED = {
    "linux.sysctl": ("linux.sysctl", {"net.ipv4.ip_forward": "much"}),
    "process.scheduler": ("process.scheduler", {"policy": "SCHED_DEADLINE", "runtime": 3, "deadline": 2,
                                                "period": 1}),
    "linux.timeOffsets.boottime.nanosecs": ("linux.timeOffsets", {"boottime": {"nanosecs": 10 ** 9}}),
    "linux.timeOffsets.monotonic.nanosecs": ("linux.timeOffsets", {"monotonic": {"nanosecs": 10 ** 9}}),
    "linux.maskedPaths[1]": ("linux.maskedPaths", ["/proc/kcore", "/loop"]),
    "linux.readonlyPaths[0]": ("linux.readonlyPaths", ["/loop"]),
    "linux.devices[1]": ("linux.devices", [{"type": "p", "path": "/dev/p"},
                                           {"type": "c", "path": "/etc/file/d", "major": 1, "minor": 3}]),
    "linux.netDevices.lo": ("linux.netDevices", {"lo": {"name": "other"}}),
    "mounts[0]": ("mounts", [{"destination": "/loop", "type": "tmpfs"}]),
    "process.cwd": ("process.cwd", "/etc/file/d"),
    "linux.resources.blockIO.weightDevice[0]": ("linux.resources.blockIO.weightDevice", [{"major": 1, "minor": 0}]),
    "process.user.additionalGids": ("process.user.additionalGids", list(range(65537))),
}


@pytest.mark.parametrize("place", REFUSED)
def test_what_the_kernel_refuses_has_its_place_too(bundle, place):
    os.symlink("loop", bundle.inside("/loop"))
    bundle.file("/etc/file")
    path, value = REFUSED[place]
    put(bundle.config, path, value, {}, keep=True)
    assert bundle.error()["path"] == place


def test_a_limit_that_cannot_be_raised_has_its_place_too(bundle, coracle):
    coracle.prefix = ["setpriv", "--bounding-set", "-sys_resource"]
    bundle.process["rlimits"] = [{"type": "RLIMIT_CORE", "soft": 0, "hard": 0},
                                 {"type": "RLIMIT_NOFILE", "soft": 200, "hard": 200}]
    for names in bundle.process["capabilities"].values():
        names[:] = ["CAP_KILL"]
    error = bundle.error(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100)))
    assert error["path"] == "process.rlimits[1]" and "from 100 to 200" in error["msg"]

"""systemd_mock.py - stands in for systemd on a bus of the test's own, and writes down what it is asked

    systemd_mock.py

It says `ready`.  Its standard input tells it what to do, a line each, and it answers with a line: `start
ADDRESS CALLS BEHAVIOUR` makes one on the bus at ADDRESS and says its pid, `stop PID` ends that.  What it
has imported it has for all of them.

CALLS gets one JSON object a line for each call.  Real cgroups are made and real processes moved, as systemd
does, with its rules: a unit is gone when its last process is, unless it has failed.
BEHAVIOUR is a file with one word, read at each call:

    normal      does as it is told
    fails       jobs end with "failed", and the unit stays, failed
    silent      jobs never end
    elsewhere   starts units, but moves nobody
    leftover    has a failed unit of any name that is started for the first time
"""

import json
import os
import signal
import sys
import traceback

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

MANAGER = "org.freedesktop.systemd1.Manager"
PROPERTIES = "org.freedesktop.DBus.Properties"
OBJECT = "/org/freedesktop/systemd1"

TYPES = {dbus.Boolean: "b", dbus.Byte: "y", dbus.Int16: "n", dbus.UInt16: "q", dbus.Int32: "i",
         dbus.UInt32: "u", dbus.Int64: "x", dbus.UInt64: "t", dbus.Double: "d", dbus.String: "s",
         dbus.ObjectPath: "o"}


def signature(value):
    if isinstance(value, dbus.Array):
        return f"a{value.signature}"
    return TYPES[type(value)]


def plain(value):
    if isinstance(value, (dbus.Array, dbus.Struct, list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dbus.Boolean):
        return bool(value)
    return str(value) if isinstance(value, str) else value + 0


class UnitError(dbus.DBusException):
    def __init__(self, name, message):
        super().__init__(message)
        self._dbus_error_name = f"org.freedesktop.systemd1.{name}"


def mount():
    return ("/sys/fs/cgroup/unified" if os.path.isdir("/sys/fs/cgroup/unified")
            else "/sys/fs/cgroup")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class Unit:
    def __init__(self, name, slice_name):
        self.name = name
        self.failed = False
        parts = slice_name.removesuffix(".slice").split("-") if slice_name != "-.slice" else []
        levels = ["-".join(parts[:i + 1]) + ".slice" for i in range(len(parts))]
        self.directory = os.path.join(mount(), *levels, name)

    def place(self, pids):
        os.makedirs(self.directory, exist_ok=True)
        for pid in pids:
            with open(f"{self.directory}/cgroup.procs", "w", encoding="utf-8") as file:
                file.write(str(pid))

    def populated(self):
        try:
            return "populated 1" in read(f"{self.directory}/cgroup.events")
        except OSError:
            return False

    def kill(self):
        if os.path.exists(f"{self.directory}/cgroup.kill"):
            with open(f"{self.directory}/cgroup.kill", "w", encoding="utf-8") as file:
                file.write("1")

    def remove(self):
        for directory, _, _ in os.walk(self.directory, topdown=False):
            os.rmdir(directory)
        parent = os.path.dirname(self.directory)
        while parent != mount():
            try:
                os.rmdir(parent)
            except FileNotFoundError:
                pass
            except OSError:
                return
            parent = os.path.dirname(parent)


class Manager(dbus.service.Object):
    def __init__(self, bus, calls, behaviour):
        super().__init__(bus, OBJECT)
        self.calls = calls
        self.behaviour_file = behaviour
        self.units = {}
        self.seen = set()
        self.jobs = 0

    @property
    def behaviour(self):
        return read(self.behaviour_file).strip()

    def note(self, member, **arguments):
        with open(self.calls, "a", encoding="utf-8") as file:
            file.write(json.dumps({"member": member, **arguments}) + "\n")

    def collect(self):
        for name, unit in list(self.units.items()):
            if not unit.failed and not unit.populated():
                unit.remove()
                del self.units[name]

    def find(self, name):
        self.collect()
        if name not in self.units:
            raise UnitError("NoSuchUnit", f"Unit {name} not loaded.")
        return self.units[name]

    def job(self, unit, result):
        self.jobs += 1
        path = f"{OBJECT}/job/{self.jobs}"
        if self.behaviour != "silent":
            GLib.timeout_add(5, self.end_job, self.jobs, path, unit, result)
        return dbus.ObjectPath(path)

    def end_job(self, number, path, unit, result):
        # one of somebody else first
        self.JobRemoved(dbus.UInt32(number + 1000), f"{OBJECT}/job/{number + 1000}", "x.service",
                        "failed")
        self.JobRemoved(dbus.UInt32(number), path, unit, result)
        return False

    @dbus.service.signal(MANAGER, signature="uoss")
    def JobRemoved(self, number, job, unit, result):
        pass

    @dbus.service.method(MANAGER, in_signature="ssa(sv)a(sa(sv))", out_signature="o")
    def StartTransientUnit(self, name, mode, properties, auxiliary):
        values = {str(key): value for key, value in properties}
        self.note("StartTransientUnit", unit=str(name), mode=str(mode), auxiliary=len(auxiliary),
                  properties={key: [signature(value), plain(value)]
                              for key, value in values.items()})
        self.collect()
        if self.behaviour == "leftover" and name not in self.seen:
            self.units[name] = Unit(str(name), str(values["Slice"]))
            self.units[name].failed = True
        self.seen.add(name)
        if name in self.units:
            raise UnitError("UnitExists", f"Unit {name} was already loaded or has a fragment file.")
        unit = self.units[name] = Unit(str(name), str(values["Slice"]))
        unit.failed = self.behaviour == "fails"
        if self.behaviour != "elsewhere" and not unit.failed:
            unit.place(values["PIDs"])
        return self.job(name, "failed" if unit.failed else "done")

    @dbus.service.method(MANAGER, in_signature="sba(sv)")
    def SetUnitProperties(self, name, runtime, properties):
        self.find(name)
        if self.behaviour == "refuses":
            raise UnitError("AccessDenied", "Not these.")
        self.note("SetUnitProperties", unit=str(name), runtime=bool(runtime),
                  properties={str(key): [signature(value), plain(value)]
                              for key, value in properties})

    @dbus.service.method(MANAGER, in_signature="ssi")
    def KillUnit(self, name, whom, number):
        self.note("KillUnit", unit=str(name), whom=str(whom), signal=int(number))
        self.find(name).kill()

    @dbus.service.method(MANAGER, in_signature="ss", out_signature="o")
    def StopUnit(self, name, mode):
        self.note("StopUnit", unit=str(name), mode=str(mode))
        self.find(name).kill()
        return self.job(name, "done")

    @dbus.service.method(MANAGER, in_signature="s")
    def ResetFailedUnit(self, name):
        self.note("ResetFailedUnit", unit=str(name))
        unit = self.find(name)
        unit.failed = False
        self.collect()

    @dbus.service.method(PROPERTIES, in_signature="ss", out_signature="v")
    def Get(self, interface, name):
        self.note("Get", interface=str(interface), name=str(name))
        return dbus.String("251 (mock)")


def serve(address, calls, behaviour):
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.bus.BusConnection(address)
    manager = Manager(bus, calls, behaviour)
    bus.request_name("org.freedesktop.systemd1")
    manager.note("ready")
    GLib.MainLoop().run()


def start(address, calls, behaviour):
    pid = os.fork()
    if pid == 0:
        try:
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, 0)
            os.dup2(null, 1)
            os.close(null)
            serve(address, calls, behaviour)
        finally:
            traceback.print_exc()
            os._exit(1)
    return pid


def stop(pid):
    os.kill(int(pid), signal.SIGTERM)
    return os.waitpid(int(pid), 0)[1]


def main():
    print("ready", flush=True)
    for line in sys.stdin:
        command, *arguments = line.split()
        print({"start": start, "stop": stop}[command](*arguments), flush=True)


if __name__ == "__main__":
    main()

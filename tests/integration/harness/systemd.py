"""systemd.py - a bus of the test's own, with a systemd on it that only the test has"""

import json
import os
import signal
import subprocess
import sys

from harness.runtime import eventually

HERE = os.path.dirname(os.path.abspath(__file__))
MOCK = os.path.join(os.path.dirname(HERE), "systemd_mock.py")

CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_type="method_call"/>
    <allow send_type="signal"/><allow send_type="method_return"/><allow send_type="error"/>
    <allow receive_type="method_call"/><allow receive_type="signal"/>
    <allow receive_type="method_return"/><allow receive_type="error"/>
  </policy>
</busconfig>
"""


class Systemd:
    """.environment is for the runtime that is to find this one."""

    def __init__(self, directory, host):
        self.calls_file = os.path.join(directory, "calls")
        self.behaviour_file = os.path.join(directory, "behaviour")
        self.socket = os.path.join(directory, "bus")
        self.address = f"unix:path={self.socket}"
        self.environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": self.address,
                            "DBUS_SESSION_BUS_ADDRESS": self.address}
        self.processes = []
        self.behave("normal")
        self.start(directory, host)

    def start(self, directory, host):
        configuration = os.path.join(directory, "bus.conf")
        with open(configuration, "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(socket=self.socket))
        commands = (["dbus-daemon", "--nofork", "--nopidfile", f"--config-file={configuration}"],
                    [sys.executable, MOCK, self.calls_file, self.behaviour_file])
        for command, sign in zip(commands, (self.socket, self.calls_file)):
            self.processes.append(host.started(subprocess.Popen(
                command, env=self.environment, stdin=subprocess.DEVNULL)))
            eventually(lambda: os.path.exists(sign), f"{sign} of {command[0]}")
        os.chmod(self.socket, 0o666)

    def stop(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            process.wait()

    def behave(self, word):
        with open(self.behaviour_file, "w", encoding="utf-8") as file:
            file.write(word)

    def calls(self, member=None):
        with open(self.calls_file, encoding="utf-8") as file:
            calls = [json.loads(line) for line in file]
        return [call for call in calls if call["member"] not in ("ready", "Get")
                and (not member or call["member"] == member)]

    def members(self):
        return [call["member"] for call in self.calls()]

    def properties(self):
        """of the last unit that was started: {name: [type, value]}"""
        return self.calls("StartTransientUnit")[-1]["properties"]

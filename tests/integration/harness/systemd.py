"""systemd.py - a bus of the test's own, with a systemd on it that only the test has"""

import json
import os
import socket
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


class Mock:
    """systemd_mock.py, ready to be many: its libraries take longer to load than most tests"""

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, MOCK], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def tell(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        assert answer, f"{MOCK} has ended instead of: {' '.join(map(str, words))}"
        return int(answer)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


class Systemd:
    """.environment is for the runtime that is to find this one."""

    def __init__(self, directory, host, mock):
        self.calls_file = os.path.join(directory, "calls")
        self.behaviour_file = os.path.join(directory, "behaviour")
        self.socket = os.path.join(directory, "bus")
        self.address = f"unix:path={self.socket}"
        self.environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": self.address,
                            "DBUS_SESSION_BUS_ADDRESS": self.address}
        self.mock = mock
        self.behave("normal")
        self.start(directory, host)

    def start(self, directory, host):
        configuration = os.path.join(directory, "bus.conf")
        with open(configuration, "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(socket=self.socket))
        self.daemon = host.started(subprocess.Popen(
            ["dbus-daemon", "--nofork", "--nopidfile", f"--config-file={configuration}"],
            env=self.environment, stdin=subprocess.DEVNULL))
        eventually(self.is_taken_in, "the bus")
        self.pid = self.mock.tell("start", self.address, self.calls_file, self.behaviour_file)
        eventually(lambda: os.path.exists(self.calls_file), "systemd on the bus")
        os.chmod(self.socket, 0o666)

    def is_taken_in(self):
        """the socket has its name before anybody listens there"""
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(self.socket) == 0

    def stop(self):
        self.mock.tell("stop", self.pid)
        self.daemon.terminate()
        self.daemon.wait()

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

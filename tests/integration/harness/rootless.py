"""rootless.py - an ordinary user with subordinate ids: this process's own, or for root a made-up one

Root's commands become that user's by a prefix, in a mount namespace with the account files that such
a user would have: nothing of the host's accounts is needed or changed.
"""

import os
import pwd
import shutil

MADE_UP = 12345
FIRST, COUNT = 200000, 65536

# The mounts are made before the ids change; the user has no groups but his own.
PREFIX = ["unshare", "--mount", "--propagation", "private", "sh", "-ec",
          'for name in passwd group subuid subgid; do mount --bind "$0/$name" "/etc/$name"; done; '
          'exec setpriv --reuid "$1" --regid "$1" --clear-groups --inh-caps=-all "${@:2}"']


class User:
    """uid, gid and the first of the subordinate ids (None: there are none); prefix: makes a command
    his"""

    def __init__(self, directory):
        self.directory = directory
        self.is_made_up = os.geteuid() == 0
        if self.is_made_up:
            self.uid = self.gid = MADE_UP
            self.first = FIRST
            self.prefix = self.make_up()
        else:
            self.uid, self.gid = os.geteuid(), os.getegid()
            self.first = self.look_up()
            self.prefix = []

    def make_up(self):
        accounts = os.path.join(self.directory, "accounts")
        os.mkdir(accounts)
        entries = {"passwd": f"tester:x:{MADE_UP}:{MADE_UP}::/:/bin/sh",
                   "group": f"tester:x:{MADE_UP}:",
                   "subuid": f"tester:{FIRST}:{COUNT}", "subgid": f"tester:{FIRST}:{COUNT}"}
        for name, entry in entries.items():
            with open(os.path.join(accounts, name), "w", encoding="ascii") as file:
                if os.path.exists(f"/etc/{name}") and name in ("passwd", "group"):
                    with open(f"/etc/{name}", encoding="utf-8", errors="replace") as own:
                        file.write(own.read())
                file.write(f"{entry}\n")
        return [*PREFIX[:4], "bash", *PREFIX[5:], accounts, str(MADE_UP)]

    def look_up(self):
        name = pwd.getpwuid(self.uid).pw_name
        with open("/etc/subuid", encoding="ascii") as file:
            for line in file:
                user, first, _ = line.split(":")
                if user in (name, str(self.uid)):
                    return int(first)
        return None

    def own(self, path):
        """gives path, and all below, to the user"""
        if not self.is_made_up:
            return
        os.chown(path, self.uid, self.gid)
        for directory, below, files in os.walk(path):
            for entry in below + files:
                os.chown(os.path.join(directory, entry), self.uid, self.gid, follow_symlinks=False)

    def program(self, path):
        """a copy of the program where the user reaches it"""
        copy = os.path.join(self.directory, "coracle")
        shutil.copy(path, copy)
        return copy

"""terminal.py - the user's end of a terminal, and sockets that receive descriptors"""

import array
import contextlib
import fcntl
import os
import select
import socket
import struct
import termios
import time

TIMEOUT = 10 * float(os.environ.get("CORACLE_TEST_PATIENCE", "1"))


def set_size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


class Terminal:
    """A pty: the test is the user at its master; `slave` is what a program gets."""

    def __init__(self, rows=24, columns=80):
        self.master, self.slave = os.openpty()
        self.text = ""
        self.resize(rows, columns)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.master)
        os.close(self.slave)

    def resize(self, rows, columns):
        set_size(self.master, rows, columns)

    def keywords(self):
        """for Popen: a session of its own with this as its controlling terminal"""
        def control():
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        return {"stdin": self.slave, "stdout": self.slave, "stderr": self.slave,
                "start_new_session": True, "preexec_fn": control}

    def type(self, text):
        os.write(self.master, text.encode())

    def read_until(self, text):
        self.text = read_until(self.master, text, self.text)
        return self.text

    def attributes(self):
        return termios.tcgetattr(self.slave)


def read_until(fd, text, seen=""):
    """reads the terminal fd until text has come; returns all that came"""
    deadline = time.monotonic() + TIMEOUT
    while text not in seen:
        left = deadline - time.monotonic()
        ready = select.select([fd], [], [], max(left, 0))[0]
        assert ready, f"waited in vain for {text!r}; came: {seen!r}"
        try:
            data = os.read(fd, 4096)
        except OSError:  # EIO: the other end is closed
            data = b""
        assert data, f"the terminal closed before {text!r}; came: {seen!r}"
        seen += data.decode(errors="replace")
    return seen


@contextlib.contextmanager
def listening(path):
    """a unix socket at path, or an abstract one '@name', as an engine waits for a console"""
    is_abstract = path.startswith("@")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind("\0" + path[1:] if is_abstract else path)
        server.listen(1)
        server.settimeout(TIMEOUT)
        try:
            yield server
        finally:
            if not is_abstract:
                os.unlink(path)


def receive_descriptor(server):
    """accepts one connection; returns (the message, the one descriptor that came with it)"""
    connection, _ = server.accept()
    with connection:
        connection.settimeout(TIMEOUT)
        data, ancillary, _, _ = connection.recvmsg(4096, socket.CMSG_SPACE(16))
    fds = array.array("i")
    for level, kind, payload in ancillary:
        assert (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
        fds.frombytes(payload[:len(payload) - len(payload) % fds.itemsize])
    assert len(fds) == 1, f"one descriptor expected, {len(fds)} came"
    return data, fds[0]

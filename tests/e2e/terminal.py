#!/usr/bin/env python3
"""Types at a program on a terminal of its own, and looks at what it shows.

terminal.py SCRIPT COMMAND...   runs the command on a pseudo terminal. Lines of SCRIPT:
  type TEXT      types it; \\t \\r \\x04 as in Python
  see REGEX      waits (10 s at most) until what came since the last match fits; ANSI sequences are left out
  unseen REGEX   what came since the last match must not fit
  size ROWS COLS changes the size of the terminal
  run COMMAND    a shell command beside it
  end STATUS     waits for the program's end and compares its exit status
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

PATIENCE_S = 10
ansi = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    def __init__(self, command):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm"
            os.execvp(command[0], command)
        self.seen = ""
        self.all = ""
        self.size(40, 100)

    def size(self, rows, cols):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def read(self, timeout):
        ready, _, _ = select.select([self.fd], [], [], timeout)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        # A line that was wiped counts as one that has ended.
        text = data.decode(errors="replace").replace("\r\x1b[J", "\n")
        text = ansi.sub("", text).replace("\r", "")
        self.seen += text
        self.all += text
        return len(data) > 0

    def see(self, pattern):
        end = time.monotonic() + PATIENCE_S
        while True:
            found = re.search(pattern, self.seen, re.M)
            if found:
                self.seen = self.seen[found.end():]
                return
            left = end - time.monotonic()
            if left <= 0 or not self.read(left):
                self.fail(f"'{pattern}' does not come")

    def end(self, status):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and self.read(0.1):
            pass
        while time.monotonic() < end:
            pid, word = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                if os.waitstatus_to_exitcode(word) != status:
                    self.fail(f"ended with {os.waitstatus_to_exitcode(word)}, not {status}")
                return
            time.sleep(0.02)
        self.fail("does not end")

    def fail(self, why):
        print(f"terminal.py: {why}; all that it showed:\n{self.all}", file=sys.stderr)
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        sys.exit(1)


def main():
    t = Terminal(sys.argv[2:])
    for line in open(sys.argv[1], encoding="utf-8"):
        word, _, rest = line.rstrip("\n").partition(" ")
        if word == "type":
            os.write(t.fd, rest.encode().decode("unicode_escape").encode())
        elif word == "see":
            t.see(rest)
        elif word == "unseen":
            if re.search(rest, t.seen, re.M):
                t.fail(f"'{rest}' came")
        elif word == "size":
            t.size(*map(int, rest.split()))
        elif word == "run":
            subprocess.run(rest, shell=True, check=True, stdout=subprocess.DEVNULL)
        elif word == "end":
            t.end(int(rest))
        elif word and not word.startswith("#"):
            t.fail(f"what is '{word}'?")


main()

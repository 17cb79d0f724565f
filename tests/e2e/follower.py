#!/usr/bin/env python3
"""A client of the manager interface that reads every event and says what is wrong with them.

follower.py PORT USER SECRET READY STOP
  READY  this file appears once the client is logged in
  STOP   when this file appears the client lets what is on its way come, and ends

With sequenceevents = yes and all classes every number comes once, in order: a gap is a lost event. Of each
channel Newchannel is first and Hangup last; each ActionID has one OriginateResponse; no event stands in a
response. Prints one line a finding (at most ten), then a summary, and fails if there was a finding.
"""
import os
import socket
import sys
import time


class Follower:
    def __init__(self, port, user, secret):
        self.findings = []
        self.number = None
        self.live = set()
        self.over = set()
        self.answered = {}
        self.events = 0
        self.rest = b""
        self.sock = socket.create_connection(("127.0.0.1", port))
        self.sock.sendall(f"Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\n\r\n".encode())

    def wrong(self, text):
        self.findings.append(text)

    def channel(self, name, uniqueid):
        if name == "Newchannel":
            if uniqueid in self.live or uniqueid in self.over:
                self.wrong(f"{uniqueid}: Newchannel twice")
            self.live.add(uniqueid)
        elif uniqueid in self.over and name not in ("Cdr", "OriginateResponse"):
            self.wrong(f"{uniqueid}: {name} after Hangup")
        elif uniqueid not in self.live and name not in ("Cdr", "OriginateResponse"):
            self.wrong(f"{uniqueid}: {name} before Newchannel")
        if name == "Hangup":
            self.live.discard(uniqueid)
            self.over.add(uniqueid)

    def event(self, headers):
        name = headers["Event"]
        self.events += 1
        if name == "EventsLost":
            self.wrong("EventsLost")
        if "SequenceNumber" in headers:
            number = int(headers["SequenceNumber"])
            if self.number is not None and number != self.number + 1:
                self.wrong(f"{name}: number {number} after {self.number}")
            self.number = number
        if name == "OriginateResponse":
            count = self.answered.get(headers.get("ActionID"), 0) + 1
            self.answered[headers.get("ActionID")] = count
            if count > 1:
                self.wrong(f"OriginateResponse of {headers.get('ActionID')} twice")
        if headers.get("Uniqueid", "<unknown>") != "<unknown>":
            self.channel(name, headers["Uniqueid"])

    def message(self, text):
        headers = {}
        for line in text.decode("utf-8", "surrogateescape").split("\r\n"):
            name, colon, value = line.partition(": ")
            headers.setdefault(name, value)
        if "Event" in headers:
            self.event(headers)
            if not text.startswith(b"Event: "):
                self.wrong(f"Event inside of: {text[:80]!r}")

    def read(self):
        """Whether something came within a second."""
        self.sock.settimeout(1)
        try:
            data = self.sock.recv(1 << 18)
        except socket.timeout:
            return False
        if not data:
            raise SystemExit("the connection was closed")
        *messages, self.rest = (self.rest + data).split(b"\r\n\r\n")
        for text in messages:
            self.message(text)
        return True


def main():
    port, user, secret, ready, stop = sys.argv[1:]
    follower = Follower(int(port), user, secret)
    while follower.events == 0:  # FullyBooted
        follower.read()
    open(ready, "w").close()
    while not os.path.exists(stop):
        follower.read()
    end = time.monotonic() + 30
    while (follower.read() or follower.live) and time.monotonic() < end:
        pass
    for uniqueid in follower.live:
        follower.wrong(f"{uniqueid}: no Hangup")
    for text in follower.findings[:10]:
        print(text)
    print(f"channels {len(follower.over)} responses {len(follower.answered)} findings {len(follower.findings)}")
    sys.exit(1 if follower.findings else 0)


main()

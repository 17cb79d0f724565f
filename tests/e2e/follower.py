#!/usr/bin/env python3
"""A client of the manager interface that reads every event and says what is wrong with them.

follower.py HOW PORT USER SECRET READY STOP [CA]
  HOW    tcp; tls, with the authority in CA; http: a cookie session, WaitEvent after WaitEvent;
         replay: a connection that breaks off again and again, and asks for what it missed
  READY  this file appears once the client is logged in
  STOP   when this file appears the client lets what is on its way come, and ends
follower.py check
  plays faulty engines to itself: each fault has to be found, and in time

With sequenceevents = yes and all classes every number comes once, in order: a gap is a lost event. Of each
channel Newchannel is first and Hangup last; each ActionID has one OriginateResponse; no event stands in a
response. Prints one line a finding (at most ten), then a summary, and fails if there was a finding.

It ends by itself: without STOP after LIFE_S, and after STOP when nothing has come for QUIET_S, whether each
channel has had its Hangup or not.
"""
import http.client
import os
import socket
import ssl
import struct
import sys
import tempfile
import threading
import time
import urllib.parse

LIFE_S = 90
QUIET_S = 5  # no call of the tests is silent for longer
REPLAY_EVENTS = 100  # so many, then the connection breaks off


class Checker:
    """What is wrong with the messages of a session."""

    def __init__(self):
        self.findings = []
        self.number = None
        self.live = set()
        self.over = set()
        self.answered = {}
        self.events = 0

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
        if "SequenceNumber" in headers and name != "EventReplayComplete":
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
        """Takes the octets of a message without the empty line; gives its headers."""
        headers = {}
        for line in text.decode("utf-8", "surrogateescape").split("\r\n"):
            name, colon, value = line.partition(": ")
            headers.setdefault(name, value)
        if "Event" in headers:
            self.event(headers)
            if not text.startswith(b"Event: "):
                self.wrong(f"Event inside of: {text[:80]!r}")
        if headers.get("Gap") == "Yes":
            self.wrong("EventReplay: a gap")
        if headers.get("Response") in ("Error", "Failure"):
            self.wrong(f"refused: {text!r}")
        return headers


class Line:
    """A session on a connection, perhaps over TLS."""

    def __init__(self, checker, port, user, secret, ca=None):
        self.checker, self.port, self.user, self.secret = checker, port, user, secret
        self.context = ssl.create_default_context(cafile=ca) if ca else None
        self.connect("on")

    def connect(self, events):
        self.rest = b""
        self.sock = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        if self.context:
            self.sock = self.context.wrap_socket(self.sock, server_hostname="ringer.test")
        self.say("Login", Username=self.user, Secret=self.secret, Events=events)

    def say(self, action, **headers):
        lines = [f"Action: {action}"] + [f"{name}: {value}" for name, value in headers.items()]
        self.sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())

    def read(self):
        """Whether something came within a second."""
        self.sock.settimeout(1)
        try:
            data = self.sock.recv(1 << 18)
        except (socket.timeout, ssl.SSLWantReadError):
            return False
        if not data:
            raise SystemExit("the connection was closed")
        *messages, self.rest = (self.rest + data).split(b"\r\n\r\n")
        for text in messages:
            self.checker.message(text)
        return True


class Replay(Line):
    """Comes back after every REPLAY_EVENTS events, in the middle of whatever was on its way."""

    def __init__(self, *args):
        super().__init__(*args)
        self.since = self.times = 0

    def read(self):
        came = super().read()
        if self.checker.events - self.since >= REPLAY_EVENTS:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.sock.close()
            self.connect("off")
            self.say("EventReplay", SequenceNumber=self.checker.number, EventMask="on")
            self.since = self.checker.events
            self.times += 1
        return came


class Web:
    """A cookie session: what is told between two WaitEvents is kept for the next."""

    def __init__(self, checker, port, user, secret):
        self.checker = checker
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self.headers = {}
        self.ask(action="login", username=user, secret=secret)

    def ask(self, **query):
        self.http.request("GET", "/rawman?" + urllib.parse.urlencode(query), headers=self.headers)
        # A connection of its own for each request would hide that the engine closed one.
        answer = self.http.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{query['action']}: status {answer.status}")
        if not self.headers:
            self.headers = {"Cookie": answer.getheader("Set-Cookie").split(";")[0]}
        return [self.checker.message(text) for text in body.split(b"\r\n\r\n") if text]

    def read(self):
        messages = self.ask(action="waitevent", timeout=1)
        if messages[0].get("Response") != "Success" or messages[-1].get("Event") != "WaitEventComplete":
            self.checker.wrong(f"WaitEvent: {messages[0]} ... {messages[-1]}")
        return len(messages) > 2


def follow(client, checker, ready, stop):
    """Until STOP, and then until all is over, or nothing comes any more."""
    end = time.monotonic() + LIFE_S
    while checker.events == 0 and time.monotonic() < end:  # FullyBooted
        client.read()
    open(ready, "w").close()
    while not os.path.exists(stop) and time.monotonic() < end:
        client.read()
    if not os.path.exists(stop):
        checker.wrong(f"not told to stop for {LIFE_S} s")
    last = time.monotonic()
    while time.monotonic() < end and (checker.live or time.monotonic() - last < 1.5):
        if client.read():
            last = time.monotonic()
        elif time.monotonic() - last > QUIET_S:
            break
    for uniqueid in sorted(checker.live):
        checker.wrong(f"{uniqueid}: no Hangup, and nothing came for {time.monotonic() - last:.0f} s")


def report(checker):
    for text in checker.findings[:10]:
        print(text)
    print(f"channels {len(checker.over)} responses {len(checker.answered)} findings {len(checker.findings)}")
    return 1 if checker.findings else 0


# ---- the check of the follower itself ----


def event(name, number, **headers):
    lines = [f"Event: {name}", f"SequenceNumber: {number}"] + [f"{k}: {v}" for k, v in headers.items()]
    return "\r\n".join(lines) + "\r\n\r\n"


BOOTED = event("FullyBooted", 1)
NEW = event("Newchannel", 2, Uniqueid="1.1")
END = event("Hangup", 3, Uniqueid="1.1")
FAULTS = {  # what an engine says, and the finding
    BOOTED + NEW + END: None,
    BOOTED + NEW: "1.1: no Hangup, and nothing came for",
    BOOTED + NEW + event("Hangup", 4, Uniqueid="1.1"): "Hangup: number 4 after 2",
    BOOTED + NEW + END + event("Newstate", 4, Uniqueid="1.1"): "1.1: Newstate after Hangup",
    BOOTED + event("Newstate", 2, Uniqueid="1.1"): "1.1: Newstate before Newchannel",
    BOOTED + event("OriginateResponse", 2, ActionID="a") + event("OriginateResponse", 3, ActionID="a"):
        "OriginateResponse of a twice",
    BOOTED + "Response: Success\r\n" + END: "Event inside of",
    BOOTED + event("EventsLost", 2): "EventsLost",
}


def check_one(text, finding):
    with tempfile.TemporaryDirectory() as place, socket.create_server(("127.0.0.1", 0)) as door:
        stop = os.path.join(place, "stop")
        checker = Checker()

        def engine():
            with door.accept()[0] as peer:
                peer.sendall(text.encode())
                open(stop, "w").close()
                while peer.recv(4096):
                    pass

        thread = threading.Thread(target=engine, daemon=True)
        thread.start()
        begin = time.monotonic()
        client = Line(checker, door.getsockname()[1], "u", "s")
        follow(client, checker, os.path.join(place, "ready"), stop)
        client.sock.close()
        took = time.monotonic() - begin
        found = any(f.startswith(finding) for f in checker.findings) if finding else not checker.findings
        if not found or took > 20:
            raise SystemExit(f"after {took:.1f} s {checker.findings} instead of {finding}")


def main():
    if sys.argv[1:] == ["check"]:
        for text, finding in FAULTS.items():
            check_one(text, finding)
        return 0
    how, port, user, secret, ready, stop = sys.argv[1:7]
    checker = Checker()
    kinds = {"tcp": Line, "tls": Line, "replay": Replay, "http": Web}
    client = kinds[how](checker, int(port), user, secret, *sys.argv[7:])
    follow(client, checker, ready, stop)
    if how == "replay" and client.times < 5:
        checker.wrong(f"came back {client.times} times only")
    return report(checker)


sys.exit(main())

"""panoramisk against the engine: what scenario.js does, in its own idiom. Usage: HOST PORT."""
import asyncio
import sys

from panoramisk import Manager

seen = asyncio.Queue()
kept = []


def want(what, got, wanted):
    if got != wanted:
        raise AssertionError(f"{what}: {got!r} instead of {wanted!r}")


async def event(name, **headers):
    """The first event with these headers, also one that came before; each is given out once."""
    def fits(e):
        return e.event == name and all(e[k] == v for k, v in headers.items())
    for e in kept:
        if fits(e):
            kept.remove(e)
            return e
    while True:
        e = await asyncio.wait_for(seen.get(), 20)
        if fits(e):
            return e
        kept.append(e)


async def ok(manager, action, message=None):
    got = await asyncio.wait_for(manager.send_action(action), 30)
    first = got[0] if isinstance(got, list) else got
    want(action["Action"], first.response, "Success")
    if message:
        want(action["Action"], first.message, message)
    return got


async def refused(manager, action, message):
    got = await asyncio.wait_for(manager.send_action(action), 30)
    want(action["Action"], (got.response, got.message), ("Error", message))


def call(uniqueid, far, **more):
    return {"Action": "Originate", "Channel": f"PJSIP/{far}@far", "ChannelId": uniqueid, "Context": "crm",
            "Exten": "hold", "Priority": 1, "Timeout": 20000, "CallerID": "Ann <100>", "Async": "true", **more}


async def outcome(manager, action):
    """With Async the library waits for the OriginateResponse and gives both."""
    got = await ok(manager, action, "Originate successfully queued")
    want("the last of an Originate", got[-1].event, "OriginateResponse")
    return got[-1]


async def answered(manager):
    reply = await outcome(manager, call("py-1", "answer-1", Variable=["LEAD=4711", "COLOUR=red"]))
    want("Response, Reason", (reply.response, reply.reason, reply.uniqueid), ("Success", "4", "py-1"))
    born = await event("Newchannel", Uniqueid="py-1")
    want("DialStatus", (await event("DialEnd", DestUniqueid="py-1")).dialstatus, "ANSWER")
    await event("Newexten", Uniqueid="py-1", Application="Wait")
    return born.channel


async def lists(manager, channel):
    got = await ok(manager, {"Action": "Status", "Channel": channel}, "Channel status will follow")
    want("Status", [m.event for m in got], ["", "Status", "StatusComplete"])
    got = await ok(manager, {"Action": "CoreShowChannels"}, "Channels will follow")
    want("CoreShowChannels", [m.channel for m in got if m.event == "CoreShowChannel"], [channel])
    want("ListItems", got[-1].listitems, "1")


async def channel_actions(manager, channel):
    got = await ok(manager, {"Action": "Getvar", "Channel": channel, "Variable": "COLOUR"})
    want("COLOUR", got.value, "red")
    await ok(manager, {"Action": "Setvar", "Channel": channel, "Variable": "COLOUR", "Value": "blue"})
    got = await ok(manager, {"Action": "Getvar", "Channel": channel, "Variable": "COLOUR"})
    want("COLOUR", got.value, "blue")
    await ok(manager, {"Action": "Redirect", "Channel": channel, "Context": "crm", "Exten": "moved", "Priority": 1},
             "Redirect successful")
    moved = await event("UserEvent", UserEvent="Moved")
    want("Moved", (moved.channel, moved.lead), (channel, "4711"))
    got = await asyncio.wait_for(manager.send_command("core show channels concise"), 30)
    output = got.output if isinstance(got.output, list) else [got.output]
    want("concise", [line.split("!")[:3] for line in output], [[channel, "crm", "moved"]])
    await ok(manager, {"Action": "Hangup", "Channel": channel, "Cause": 16}, "Channel Hungup")
    want("Cause", (await event("Hangup", Uniqueid="py-1"))["Cause-txt"], "Normal Clearing")
    await refused(manager, {"Action": "Hangup", "Channel": channel}, "No such channel")


async def failures(manager):
    await ok(manager, call("py-2", "answer-2", Exten="over", Async="false"), "Originate successfully queued")
    await event("Hangup", Uniqueid="py-2")
    await refused(manager, call("py-3", "busy-1", Async="false"), "Originate failed")
    busy = await outcome(manager, call("py-4", "busy-2"))
    want("busy", busy.response, "Failure")
    want("busy", (await event("Hangup", Uniqueid="py-4")).cause, "17")
    unanswered = await outcome(manager, call("py-5", "ring-1", Timeout=2000))
    want("unanswered", (unanswered.response, unanswered.reason), ("Failure", "3"))


async def main(host, port):
    manager = Manager(host=host, port=port, username="hello", secret="world", ping_delay=3600)
    manager.register_event("*", lambda _, e: seen.put_nowait(e))
    await manager.connect()
    await event("FullyBooted")
    want("Ping", (await ok(manager, {"Action": "Ping"})).ping, "Pong")
    want("Events", (await ok(manager, {"Action": "Events", "EventMask": "on"})).events, "On")
    channel = await answered(manager)
    await lists(manager, channel)
    await channel_actions(manager, channel)
    await failures(manager)
    left = await asyncio.wait_for(manager.send_action({"Action": "Logoff"}), 30)
    want("Logoff", (left.response, left.message), ("Goodbye", "Thanks for all the fish."))
    print("passed")

asyncio.run(main(sys.argv[1], int(sys.argv[2])))

# SPDX-License-Identifier: Apache-2.0
"""A real client and real servers over Streamable HTTP: without the gateway, through it, and through it over TLS on both
sides."""

import asyncio
import os
import sys
import tempfile

import checks
import environments
import scenarios
import sdk
from certificates import Authority
from checks import check, equal
from gateway import Gateway, wait_until
from upstreams import Upstreams

LIMITED = {
    "tools": ["safe", "count", "wait", "leave", "echo"], "prompts": ["greet"], "resources": ["file:///public/*"],
}


class Way:
    """How a client reaches the servers."""

    def __init__(self, name, upstreams, folder, gateway=None):
        self.name, self.upstreams, self.folder, self.gateway = name, upstreams, folder, gateway
        self.files = 0

    def url(self, endpoint):
        return self.gateway.url(endpoint) if self.gateway else self.upstreams.url(endpoint)

    def session(self, endpoint, key="full", **more):
        return sdk.over_http(self.url(endpoint), **self.who(key), **more)

    def resumed(self, endpoint, session_id, protocol, key="full", **more):
        return sdk.resumed(self.url(endpoint), session_id, protocol, **self.who(key), **more)

    def who(self, key):
        if not self.gateway:
            return {}
        return {"key": self.gateway.keys[key], "authority": self.gateway.authority}

    def file(self):
        """A file that is not there yet."""
        self.files += 1
        return os.path.join(self.folder, "%s-%d" % (self.name, self.files))


def touch(path):
    with open(path, "w"):
        pass


async def until(condition):
    """Without blocking the loop that the client runs on."""
    for _ in range(2000):
        if condition():
            return True
        await asyncio.sleep(0.01)
    return False


async def everything(way, endpoint, server, mode):
    async with way.session(endpoint) as session:
        check("agrees on a version", session.protocol.startswith("2025-"), session.protocol)
        await (scenarios.plain_server if mode in (None, "json") else scenarios.sdk_server)(session)
        session_id, protocol = session.transport.session_id, session.protocol
    check("has a session id", bool(session_id))
    async with way.resumed(endpoint, session_id, protocol) as session:
        try:
            late = await asyncio.wait_for(session.refusal(session.call("safe")), 20)
        except Exception as error:
            late = error
        check("DELETE has ended it", late is not None, late)


async def cancellation(way, endpoint, server, mode):
    # Two sessions, whose requests have the same ids: only the right one ends.
    gate, before = way.file(), len(server.runs(mode))
    async with way.session(endpoint) as other:
        other_call = asyncio.create_task(other.call("wait", {"file": gate}))
        check("a call waits", await until(lambda: server.runs(mode)[before:] == ["wait began"]))
        async with way.session(endpoint) as session:
            ended = await session.call_and_cancel(
                "wait", {"file": way.file()}, lambda: server.runs(mode)[before:] == ["wait began"] * 2)
            check("a call can be cancelled", ended)
            check("the server hears of it", await until(lambda: "wait cancelled" in server.runs(mode)[before:]))
            equal("and the session goes on", await session.call("safe"), "ran safe")
            touch(gate)
            equal("the call of the other session goes on", await other_call, "waited")
    equal("one was cancelled, one ended", sorted(server.runs(mode)[before:]),
          sorted(["wait began"] * 2 + ["wait cancelled", "safe", "wait ended"]))


async def resumption(way, endpoint, server, mode):
    before = len(server.runs(mode))
    async with way.session(endpoint) as session:
        for number in range(3):
            text = "%s %d" % (way.name, number)
            equal("a stream that the server left is resumed", await session.call("leave", {"text": text}),
                  "left: " + text)
        equal("what came meanwhile is told", [item[2] for item in session.seen.progress], ["behind the end"] * 3)
    equal("each ran once", len(server.runs(mode)) - before, 3)
    await lost_client(way, endpoint, server, mode, "while it runs", False)
    await lost_client(way, endpoint, server, mode, "after it ended", True)


async def lost_client(way, endpoint, server, mode, when, ended):
    """The client goes away in the middle of a call and comes back for its answer."""
    gate, before, tokens = way.file(), len(server.runs(mode)), []

    async def keep(token):
        tokens.append(token)

    async with way.session(endpoint, ends=False) as session:
        session_id, protocol = session.transport.session_id, session.protocol
        call = asyncio.create_task(session.call_with_token("wait", {"file": gate}, on_token=keep))
        check("a resumable call begins", await until(lambda: tokens and "wait began" in server.runs(mode)[before:]))
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
    if ended:
        touch(gate)
        check("it ends without its client", await until(lambda: "wait ended" in server.runs(mode)[before:]))
    async with way.resumed(endpoint, session_id, protocol, ends=True) as session:
        rest = asyncio.create_task(session.call_with_token("wait", {"file": gate}, token=tokens[-1]))
        if not ended:
            await asyncio.sleep(0)
            touch(gate)
        try:
            answer = await asyncio.wait_for(rest, 20)
        except Exception as error:
            answer = repr(error)
        equal("a client that comes back %s gets the answer" % when, answer, "waited")
    equal("it ran once, and was not cancelled (%s)" % when, server.runs(mode)[before:], ["wait began", "wait ended"])


async def crowd(way, endpoint, count):
    """Sessions side by side. The ids of their requests are the same; what they say is not."""
    wrong = []

    async def one(number):
        seen = sdk.Seen("label %d" % number, number)
        async with way.session(endpoint, seen=seen) as session:
            for turn in range(3):
                text = "session %d, turn %d" % (number, turn)
                if await session.call("echo", {"text": text}) != text:
                    wrong.append(text)
            found = [await session.call("sample"), await session.call("elicit"), await session.call("roots")]
            wanted = ["sampled: label %d" % number, "elicited: accept %d" % number, "roots: file:///home/user"]
            if found != wanted or (seen.sampled, seen.elicited, seen.asked_roots) != (1, 1, 1):
                wrong.append((found, seen.sampled, seen.elicited, seen.asked_roots))
            await session.call("count", {"steps": number % 5 + 1})
            if len(seen.progress) != number % 5 + 1:
                wrong.append(seen.progress)

    await asyncio.gather(*(one(number) for number in range(count)))
    equal("%d parallel sessions are right" % count, wrong, [])


async def limited(way, endpoint, server, mode):
    before = server.runs(mode)
    async with way.session(endpoint, "limited") as session:
        equal("a limited key sees its tools", await session.tools(), sorted(LIMITED["tools"]))
        equal("it sees its prompts", await session.prompts(), ["greet"])
        equal("it sees its resources", await session.resources(), ["file:///public/a.txt"])
        refused = await session.refusal(session.call("danger"))
        equal("a denied tool is refused", refused, (-32602, "Unknown tool: danger"))
        refused = await session.refusal(session.prompt("secret"))
        check("a denied prompt is refused", refused and refused[0] == -32602, refused)
        refused = await session.refusal(session.read("file:///private/b.txt"))
        check("a denied resource is refused", refused and refused[0] == -32602, refused)
        equal("the session goes on", await session.call("safe"), "ran safe")
    equal("nothing that was denied ran", server.runs(mode)[len(before):], ["safe"])
    async with way.session(endpoint) as session:
        equal("the full key may call it", await session.call("danger"), "ran danger")
    equal("and it runs", server.runs(mode)[len(before):], ["safe", "danger"])


async def refused_key(way, endpoint, server):
    before, failed = len(server.requests()), False
    way.gateway.keys["wrong"] = way.gateway.keys["full"][:-1] + "!"
    try:
        async with way.session(endpoint, "wrong") as session:
            await session.tools()
    except BaseException:
        failed = True
    check("a wrong key gets no session", failed)
    equal("and nothing reaches the server", len(server.requests()), before)


def steps(way):
    """Every server in every mode; what an SDK does only in one mode, in that mode."""
    for endpoint, server, mode in way.upstreams.entries():
        yield endpoint, everything(way, endpoint, server, mode)
        if way.gateway:
            yield endpoint, limited(way, endpoint, server, mode)
        if mode == "stored":
            yield endpoint, resumption(way, endpoint, server, mode)
        if mode in ("stored", "json") and endpoint != "proxy":
            yield endpoint, cancellation(way, endpoint, server, mode)
    yield "sdk%d-stored" % (3 - sdk.MAJOR), crowd(way, "sdk%d-stored" % (3 - sdk.MAJOR), 20)


def run(way, only):
    for endpoint, step in steps(way):
        checks.prefix = "client %s, %s, %s: " % (sdk.VERSION, way.name, endpoint)
        if only and only not in checks.prefix:
            step.close()
            continue
        try:
            asyncio.run(asyncio.wait_for(step, 60))
        except BaseException:
            checks.crashed(step.__name__)
    checks.prefix = "client %s, %s: " % (sdk.VERSION, way.name)


def through(upstreams, folder, name, authority, only):
    tls = authority is not None
    servers = {endpoint: {"http": upstreams.http(endpoint, tls)} for endpoint, _, _ in upstreams.entries()}
    everything = {"tools": ["*"], "prompts": ["*"], "resources": ["**"]}
    access = [
        {"id": "full", "servers": ["*"], "to": {"key": "full"}, "allow": everything},
        {"id": "limited", "servers": ["*"], "to": {"key": "limited"}, "allow": LIMITED},
    ]
    with Gateway(environments.BINARIES, servers, ["full", "limited"], access, authority=authority) as gateway:
        way = Way(name, upstreams, folder, gateway)
        asyncio.run(refused_key(way, "sdk1-stored", upstreams.servers["sdk1"]))
        seen = {server: len(server.requests()) for server in upstreams.servers.values()}
        run(way, only)
        secrets = [secret for secret in gateway.keys.values()]
        told = [entry for server, count in seen.items() for entry in server.requests()[count:]]
        check("the servers were asked", len(told) > 100 or bool(only), len(told))
        leaks = [entry for entry in told if any(secret in str(entry) for secret in secrets)]
        equal("no key reached a server", leaks, [])
        names = {name for entry in told for name, _ in entry["fields"]}
        equal("no header of a client's own reached one", names & {"authorization", "x-api-key", "cookie", "user-agent"},
              set())
        log = gateway.log()
        equal("no key is in the log", [name for name, key in gateway.keys.items() if key in log], [])
        equal("the gateway leaves with 0", gateway.stop(), 0)


def main():
    only = sys.argv[1] if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as folder:
        with Upstreams(folder, authority=Authority(folder, "internal")) as upstreams:
            run(Way("direct", upstreams, folder), only)
            if not os.environ.get("GATEHOUSE_DIRECT_ONLY"):
                through(upstreams, folder, "gateway", None, only)
                through(upstreams, folder, "gateway over TLS", Authority(folder, "public"), only)


checks.prefix = "client %s, Streamable HTTP: " % sdk.VERSION
try:
    main()
except BaseException:
    checks.crashed("over_http")
checks.finish()

# SPDX-License-Identifier: Apache-2.0
"""A real client through the gateway to real servers, with a key for everything and a key for little."""

import asyncio
import os
import tempfile

import checks
import environments
import scenarios
import sdk
from checks import check, equal
from gateway import Gateway, wait_until


def configuration(folder):
    servers = {
        "time": environments.stdio(environments.TIME),
        "sqlite": environments.stdio(environments.SQLITE + [folder + "/data.db"]),
        "explained": dict(environments.stdio(environments.TIME), denials="explain"),
    }
    for name, command in environments.SDKS.items():
        servers[name] = environments.stdio(command, environment={"GATEHOUSE_RECORD": os.path.join(folder, name)})
    everything = {"tools": ["*"], "prompts": ["*"], "resources": ["**"]}
    few = {
        "tools": ["get_current_time", "read_query", "safe", "count"], "prompts": ["greet"],
        "resources": ["file:///public/*"],
    }
    access = [
        {"id": "full", "servers": ["*"], "to": {"key": "full"}, "allow": everything},
        {"id": "limited", "servers": ["*"], "to": {"key": "limited"}, "allow": few},
    ]
    return servers, access


def runs(folder, name):
    """Tools that ran in a server of the tests."""
    try:
        with open(os.path.join(folder, name)) as file:
            return file.read().split()
    except FileNotFoundError:
        return []


async def full(gateway):
    async with sdk.over_http(gateway.url("time"), gateway.keys["full"]) as session:
        check("agrees on a version", session.protocol.startswith("2025-"), session.protocol)
        await scenarios.time_server(session)
    async with sdk.over_http(gateway.url("sqlite"), gateway.keys["full"]) as session:
        await scenarios.sqlite_server(session)
    for name in environments.SDKS:
        checks.prefix = "client %s, %s: " % (sdk.VERSION, name)
        async with sdk.over_http(gateway.url(name), gateway.keys["full"]) as session:
            await scenarios.sdk_server(session)


async def limited(gateway, folder):
    key = gateway.keys["limited"]
    async with sdk.over_http(gateway.url("time"), key) as session:
        equal("a limited key sees its tools of time", await session.tools(), ["get_current_time"])
        check("and calls them", "UTC" in await session.call("get_current_time", {"timezone": "UTC"}))
        refused = await session.refusal(session.call("convert_time", {"time": "12:00"}))
        equal("and no other", refused, (-32602, "Unknown tool: convert_time"))
        check("and goes on", "UTC" in await session.call("get_current_time", {"timezone": "UTC"}))
    async with sdk.over_http(gateway.url("explained"), key) as session:
        code, message = await session.refusal(session.call("convert_time")) or (None, "")
        check("a denial can be explained", code == 403 and "Permission denied: convert_time" in message, message)
        check("and the session goes on", "UTC" in await session.call("get_current_time", {"timezone": "UTC"}))
    async with sdk.over_http(gateway.url("sqlite"), key) as session:
        equal("a limited key sees its tools of sqlite", await session.tools(), ["read_query"])
        before = await session.call("read_query", {"query": "SELECT count(*) AS n FROM t"})
        refused = await session.refusal(session.call("write_query", {"query": "INSERT INTO t VALUES (666)"}))
        equal("a denied write is refused", refused, (-32602, "Unknown tool: write_query"))
        after = await session.call("read_query", {"query": "SELECT count(*) AS n FROM t"})
        equal("and writes nothing", after, before)
        equal("it sees no resources", await session.resources(), [])
        equal("and no prompts", await session.prompts(), [])
    for name in environments.SDKS:
        checks.prefix = "client %s, %s: " % (sdk.VERSION, name)
        async with sdk.over_http(gateway.url(name), key) as session:
            await limited_sdk(session, folder, name)
        async with sdk.over_http(gateway.url(name), gateway.keys["full"]) as session:
            before = runs(folder, name).count("danger")
            equal("the full key may call it", await session.call("danger"), "ran danger")
            equal("and it runs", runs(folder, name).count("danger"), before + 1)


async def limited_sdk(session, folder, name):
    before = runs(folder, name)
    equal("a limited key sees its tools", await session.tools(), ["count", "safe"])
    equal("it sees its prompts", await session.prompts(), ["greet"])
    equal("it sees its resources", await session.resources(), ["file:///public/a.txt"])
    refused = await session.refusal(session.call("danger"))
    equal("a denied tool is refused", refused, (-32602, "Unknown tool: danger"))
    refused = await session.refusal(session.prompt("secret"))
    check("a denied prompt is refused", refused and refused[0] == -32602, refused)
    refused = await session.refusal(session.read("file:///private/b.txt"))
    check("a denied resource is refused", refused and refused[0] == -32602, refused)
    equal("the session goes on", await session.call("safe"), "ran safe")
    equal("nothing that was denied ran", runs(folder, name)[len(before):], ["safe"])


async def crowd(gateway, name, count):
    """Sessions side by side, each with a process of its own."""
    pids = []

    async def one(number):
        async with sdk.over_http(gateway.url(name), gateway.keys["full"]) as session:
            pid = await session.call("whoami")
            for _ in range(3):
                if await session.call("whoami") != pid or await session.call("safe") != "ran safe":
                    raise AssertionError("session %d was mixed up" % number)
            await session.call("count", {"steps": 2})
            if len(session.seen.progress) != 2:
                raise AssertionError("session %d has %r" % (number, session.seen.progress))
            pids.append(pid)

    await asyncio.gather(*(one(number) for number in range(count)))
    equal("%d parallel sessions are right" % count, len(set(pids)), count)


async def refused_key(gateway):
    failed = False
    try:
        async with sdk.over_http(gateway.url("time"), gateway.keys["full"][:-1] + "!") as session:
            await session.tools()
    except BaseException:
        failed = True
    check("a wrong key gets no session", failed)


def main():
    checks.prefix = "client %s: " % sdk.VERSION
    with tempfile.TemporaryDirectory() as folder:
        servers, access = configuration(folder)
        with Gateway(environments.BINARIES, servers, ["full", "limited"], access) as gateway:
            steps = [
                ("full key", full(gateway)), ("limited key", limited(gateway, folder)),
                ("wrong key", refused_key(gateway)),
                ("crowd", crowd(gateway, "sdk%d" % (3 - sdk.MAJOR), 20)),
            ]
            for name, step in steps:
                try:
                    asyncio.run(asyncio.wait_for(step, 120))
                except BaseException:
                    checks.crashed(name)
                checks.prefix = "client %s: " % sdk.VERSION
            # Clients end their sessions with DELETE: what is left then is the guardian.
            check("every server has ended", wait_until(lambda: len(gateway.children()) <= 1), gateway.children())
            log = gateway.log()
            equal("no key is in the log", [name for name, key in gateway.keys.items() if key in log], [])
            equal("the gateway leaves with 0", gateway.stop(), 0)


main()
checks.finish()

# SPDX-License-Identifier: Apache-2.0
"""What a real client does with real servers; the same with and without the gateway between them."""

from checks import check, equal


async def time_server(session):
    equal("lists the tools of time", await session.tools(), ["convert_time", "get_current_time"])
    now = await session.call("get_current_time", {"timezone": "UTC"})
    check("asks the time", '"timezone": "UTC"' in now, now)
    arguments = {"source_timezone": "UTC", "target_timezone": "Asia/Tokyo", "time": "12:00"}
    converted = await session.call("convert_time", arguments)
    check("converts a time", "21:00" in converted, converted)


async def sqlite_server(session):
    tools = await session.tools()
    check("lists the tools of sqlite", {"read_query", "write_query", "create_table"} <= set(tools), tools)
    await session.call("create_table", {"query": "CREATE TABLE IF NOT EXISTS t (n INTEGER)"})
    await session.call("write_query", {"query": "INSERT INTO t VALUES (41)"})
    rows = await session.call("read_query", {"query": "SELECT n + 1 AS n FROM t LIMIT 1"})
    check("reads what it wrote", "42" in rows, rows)
    equal("lists its resources", await session.resources(), ["memo://insights"])
    equal("lists its prompts", await session.prompts(), ["mcp-demo"])
    check("reads a resource", isinstance(await session.read("memo://insights"), str))


TOOLS = sorted(
    ["count", "danger", "echo", "elicit", "leave", "log", "roots", "safe", "sample", "wait", "whoami"])


async def sdk_server(session):
    seen = session.seen
    await plain_server(session)
    equal("calls with progress", await session.call("count", {"steps": 3}), "counted to 3")
    equal("progress arrives", seen.progress, [(float(n), 3.0, "step %d" % n) for n in (1, 2, 3)])
    equal("calls with a log message", await session.call("log"), "logged")
    equal("the log message arrives", seen.logs, ["a note for the client"])
    equal("is asked to sample", (await session.call("sample"), seen.sampled), ("sampled: something", 1))
    equal("is asked to elicit", (await session.call("elicit"), seen.elicited), ("elicited: accept 3", 1))
    equal("is asked for roots", (await session.call("roots"), seen.asked_roots), ("roots: file:///home/user", 1))


async def plain_server(session):
    """What goes without anything beside answers."""
    equal("lists the tools", await session.tools(), TOOLS)
    equal("calls a tool", await session.call("safe"), "ran safe")
    equal("what was said comes back", await session.call("echo", {"text": "a\r\n\u2028\U0001f600\\"}),
          "a\r\n\u2028\U0001f600\\")
    equal("lists the prompts", await session.prompts(), ["greet", "secret"])
    equal("gets a prompt", await session.prompt("greet", {"name": "Ada"}), "Greet Ada")
    equal("lists the resources", await session.resources(), ["file:///private/b.txt", "file:///public/a.txt"])
    equal("reads a resource", await session.read("file:///public/a.txt"), "public")

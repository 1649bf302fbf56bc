# SPDX-License-Identifier: Apache-2.0
"""The same objects as sdk_server.py has, on fastmcp 4, over Streamable HTTP: /stored/mcp (event streams, resumable, with
fastmcp's own event store) and /json/mcp (plain answers)."""

import asyncio
import logging
import os
import warnings

warnings.simplefilter("ignore")
os.environ["FASTMCP_CHECK_FOR_UPDATES"] = "off"
os.environ["FASTMCP_SHOW_SERVER_BANNER"] = "false"

from fastmcp import Context, FastMCP  # noqa: E402
from fastmcp.server.event_store import EventStore  # noqa: E402
from hosting import Host  # noqa: E402
from mcp_types import SamplingMessage, TextContent  # noqa: E402
from pydantic import BaseModel  # noqa: E402

RECORD = os.environ["GATEHOUSE_RECORD"]
RETRY = 20


class Amount(BaseModel):
    count: int


def build(record, host):
    server = FastMCP("fastmcp-server", instructions="Use safe.")

    def note(name):
        with open(record, "a") as file:
            file.write(name + "\n")

    add_tools(server, note, host)

    @server.prompt
    def greet(name: str) -> str:
        return "Greet " + name

    @server.prompt
    def secret() -> str:
        return "secret"

    @server.resource("file:///public/a.txt")
    def public() -> str:
        return "public"

    @server.resource("file:///private/b.txt")
    def private() -> str:
        note("private")
        return "private"

    return server


def add_tools(server, note, host):
    @server.tool
    def safe(x: object = None) -> str:
        note("safe")
        return "ran safe"

    @server.tool
    def danger() -> str:
        note("danger")
        return "ran danger"

    @server.tool
    def whoami() -> str:
        return str(os.getpid())

    @server.tool
    def echo(text: str) -> str:
        note("echo " + text)
        return text

    @server.tool
    async def count(ctx: Context, steps: int) -> str:
        for step in range(steps):
            await ctx.report_progress(step + 1, steps, "step %d" % (step + 1))
        return "counted to %d" % steps

    @server.tool
    async def log(ctx: Context) -> str:
        # fastmcp's own call wraps what it is given.
        await ctx.session.send_log_message("info", "a note for the client", related_request_id=ctx.request_id)
        return "logged"

    @server.tool
    async def sample(ctx: Context) -> str:
        message = SamplingMessage(role="user", content=TextContent(type="text", text="Say something."))
        answer = await ctx.session.create_message(
            messages=[message], max_tokens=20, related_request_id=ctx.request_id)
        return "sampled: " + answer.content.text

    @server.tool
    async def elicit(ctx: Context) -> str:
        answer = await ctx.elicit("How many?", Amount)
        return "elicited: %s %d" % (answer.action, answer.data.count)

    @server.tool
    async def roots(ctx: Context) -> str:
        await host.listens(ctx.request_context.request.headers["mcp-session-id"])
        answer = await ctx.session.list_roots()
        return "roots: " + ", ".join(str(root.uri) for root in answer.roots)

    @server.tool
    async def wait(ctx: Context, file: str) -> str:
        note("wait began")
        await ctx.report_progress(1, 2, "waiting")
        try:
            while not os.path.exists(file):
                await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            note("wait cancelled")
            raise
        note("wait ended")
        return "waited"

    @server.tool
    async def leave(ctx: Context, text: str) -> str:
        note("leave " + text)
        await ctx.close_sse_stream()
        await ctx.report_progress(1, 2, "behind the end")
        return "left: " + text


def main():
    host = Host(RECORD)
    for name, store, json_response in (("stored", EventStore(), False), ("json", None, True)):
        server = build(RECORD + "-" + name, host)
        application = server.http_app(
            path="/%s/mcp" % name, json_response=json_response, event_store=store,
            retry_interval=RETRY if store else None,
        )
        host.add(name, application, application.lifespan(application))
    asyncio.run(host.serve())


logging.disable(logging.CRITICAL)
main()

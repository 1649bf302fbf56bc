# SPDX-License-Identifier: Apache-2.0
"""A server on whichever SDK is installed. It reports progress, logs, and asks its client for everything there is to
ask. Each tool that runs leaves a line in the file named by GATEHOUSE_RECORD.

    sdk_server.py           over standard input and output
    sdk_server.py --http    over Streamable HTTP on a free port, in three ways: /stored/mcp (event streams, resumable),
                            /plain/mcp (event streams) and /json/mcp (plain answers), each with a record of its own
"""

import asyncio
import logging
import os
import sys
import warnings

from pydantic import BaseModel

warnings.simplefilter("ignore")

try:
    from mcp.server.fastmcp import Context, FastMCP as Server
    from mcp.types import SamplingMessage, TextContent

    MAJOR = 1
except ImportError:
    from mcp.server.mcpserver import Context, MCPServer as Server
    from mcp_types import SamplingMessage, TextContent

    MAJOR = 2

RECORD = os.environ["GATEHOUSE_RECORD"]
RETRY = 20  # milliseconds that a client waits before it resumes


class Amount(BaseModel):
    count: int


def build(record, host=None, **options):
    """A server with all its objects."""
    server = Server("sdk-server", instructions="Use safe.", **options)

    def note(name):
        with open(record, "a") as file:
            file.write(name + "\n")

    add_tools(server, note, host)
    add_waiting_tools(server, note)

    @server.prompt()
    def greet(name: str) -> str:
        return "Greet " + name

    @server.prompt()
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
    @server.tool()
    def safe(x: object = None) -> str:
        note("safe")
        return "ran safe"

    @server.tool()
    def danger() -> str:
        note("danger")
        return "ran danger"

    @server.tool()
    def whoami() -> str:
        return str(os.getpid())

    @server.tool()
    def echo(text: str) -> str:
        note("echo " + text)
        return text

    @server.tool()
    async def count(ctx: Context, steps: int) -> str:
        for step in range(steps):
            await ctx.report_progress(step + 1, steps, "step %d" % (step + 1))
        return "counted to %d" % steps

    @server.tool()
    async def log(ctx: Context) -> str:
        await ctx.info("a note for the client")
        return "logged"

    @server.tool()
    async def sample(ctx: Context) -> str:
        message = SamplingMessage(role="user", content=TextContent(type="text", text="Say something."))
        answer = await ctx.session.create_message(
            messages=[message], max_tokens=20, related_request_id=ctx.request_id)
        return "sampled: " + answer.content.text

    @server.tool()
    async def elicit(ctx: Context) -> str:
        answer = await ctx.elicit("How many?", Amount)
        return "elicited: %s %d" % (answer.action, answer.data.count)

    @server.tool()
    async def roots(ctx: Context) -> str:
        # Belongs to no request: over HTTP it goes the way of the standing stream.
        if host is not None:
            await host.listens(ctx.request_context.request.headers["mcp-session-id"])
        answer = await ctx.session.list_roots()
        return "roots: " + ", ".join(str(root.uri) for root in answer.roots)


def add_waiting_tools(server, note):
    @server.tool()
    async def wait(ctx: Context, file: str) -> str:
        """Until a file exists."""
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

    @server.tool()
    async def leave(ctx: Context, text: str) -> str:
        """Ends its event stream before it answers: the client has to come back for the rest."""
        note("leave " + text)
        await ctx.close_sse_stream()
        await ctx.report_progress(1, 2, "behind the end")
        return "left: " + text


def serve():
    from hosting import Host, event_store
    from mcp.server.streamable_http import EventMessage, EventStore

    host = Host(RECORD)
    modes = {"stored": (event_store(EventStore, EventMessage), False), "plain": (None, False), "json": (None, True)}
    for name, (store, json_response) in modes.items():
        options = {"json_response": json_response, "streamable_http_path": "/%s/mcp" % name, "event_store": store}
        options["retry_interval"] = RETRY if store else None
        record = RECORD + "-" + name
        if MAJOR == 1:
            server = build(record, host, **options)
            application = server.streamable_http_app()
        else:
            server = build(record, host)
            application = server.streamable_http_app(**options)
        host.add(name, application, server.session_manager.run())
    asyncio.run(host.serve())


logging.disable(logging.CRITICAL if "--http" in sys.argv else logging.INFO)
if "--http" in sys.argv:
    serve()
else:
    build(RECORD).run("stdio")

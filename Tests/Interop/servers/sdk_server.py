# SPDX-License-Identifier: Apache-2.0
"""A stdio server on whichever SDK is installed. It reports progress, logs, and asks its client for everything there is
to ask. Each tool that runs leaves a line in the file named by GATEHOUSE_RECORD."""

import logging
import os
import warnings

from pydantic import BaseModel

warnings.simplefilter("ignore")

try:
    from mcp.server.fastmcp import Context, FastMCP as Server
    from mcp.types import SamplingMessage, TextContent
except ImportError:
    from mcp.server.mcpserver import Context, MCPServer as Server
    from mcp_types import SamplingMessage, TextContent

server = Server("sdk-server", instructions="Use safe.")


class Amount(BaseModel):
    count: int


def note(name):
    with open(os.environ["GATEHOUSE_RECORD"], "a") as record:
        record.write(name + "\n")


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
    answer = await ctx.session.create_message(messages=[message], max_tokens=20)
    return "sampled: " + answer.content.text


@server.tool()
async def elicit(ctx: Context) -> str:
    answer = await ctx.elicit("How many?", Amount)
    return "elicited: %s %d" % (answer.action, answer.data.count)


@server.tool()
async def roots(ctx: Context) -> str:
    answer = await ctx.session.list_roots()
    return "roots: " + ", ".join(str(root.uri) for root in answer.roots)


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


logging.disable(logging.INFO)
server.run("stdio")

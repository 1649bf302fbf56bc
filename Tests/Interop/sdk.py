# SPDX-License-Identifier: Apache-2.0
"""One face for the clients of both major versions of the SDK."""

import contextlib
import warnings
from importlib.metadata import version

warnings.simplefilter("ignore")

VERSION = version("mcp")
MAJOR = int(VERSION.split(".")[0])

if MAJOR == 1:
    from mcp import ClientSession, StdioServerParameters, types
    from mcp.client.stdio import stdio_client
    from mcp.client.streamable_http import streamablehttp_client
    from mcp.shared.exceptions import McpError as RPCError
    from pydantic import AnyUrl as uri
else:
    import httpx2
    import mcp_types as types
    from mcp import Client, MCPError as RPCError, StdioServerParameters
    from mcp.client.streamable_http import streamable_http_client

    uri = str


class Seen:
    """What the server sent or asked."""

    def __init__(self):
        self.logs, self.progress, self.sampled, self.elicited, self.asked_roots = [], [], 0, 0, 0

    async def on_log(self, params):
        self.logs.append(params.data)

    async def on_progress(self, progress, total, message):
        self.progress.append((progress, total, message))

    async def on_sampling(self, context, params):
        self.sampled += 1
        content = types.TextContent(type="text", text="something")
        if MAJOR == 1:
            return types.CreateMessageResult(role="assistant", content=content, model="m", stopReason="endTurn")
        return types.CreateMessageResult(role="assistant", content=content, model="m", stop_reason="endTurn")

    async def on_elicitation(self, context, params):
        self.elicited += 1
        return types.ElicitResult(action="accept", content={"count": 3})

    async def on_roots(self, context):
        self.asked_roots += 1
        return types.ListRootsResult(roots=[types.Root(uri="file:///home/user", name="home")])

    def callbacks(self):
        return dict(
            sampling_callback=self.on_sampling, elicitation_callback=self.on_elicitation,
            list_roots_callback=self.on_roots, logging_callback=self.on_log,
        )


class Session:
    def __init__(self, client, seen, protocol):
        self.client, self.seen, self.protocol = client, seen, protocol

    async def tools(self):
        return sorted(tool.name for tool in (await self.client.list_tools()).tools)

    async def prompts(self):
        return sorted(prompt.name for prompt in (await self.client.list_prompts()).prompts)

    async def resources(self):
        return sorted(str(resource.uri) for resource in (await self.client.list_resources()).resources)

    async def read(self, address):
        return (await self.client.read_resource(uri(address))).contents[0].text

    async def prompt(self, name, arguments=None):
        return (await self.client.get_prompt(name, arguments)).messages[0].content.text

    async def result(self, name, arguments=None):
        return await self.client.call_tool(name, arguments or {}, progress_callback=self.seen.on_progress)

    async def call(self, name, arguments=None):
        """The text of the answer."""
        return "".join(item.text for item in (await self.result(name, arguments)).content)

    async def refusal(self, action):
        """Code and message of the error that an action ends with; None when it succeeds."""
        try:
            await action
        except RPCError as error:
            return error.error.code, error.error.message
        return None


@contextlib.asynccontextmanager
async def over_http(url, key, with_callbacks=True):
    seen = Seen()
    callbacks = seen.callbacks() if with_callbacks else {}
    headers = {"X-API-Key": key} if MAJOR == 1 else {"Authorization": "Bearer " + key}
    if MAJOR == 1:
        async with streamablehttp_client(url, headers=headers) as (read, write, _):
            async with ClientSession(read, write, **callbacks) as client:
                began = await client.initialize()
                yield Session(client, seen, began.protocolVersion)
    else:
        async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
            async with Client(streamable_http_client(url, http_client=http), **callbacks) as client:
                yield Session(client, seen, client.protocol_version)


@contextlib.asynccontextmanager
async def over_stdio(command, arguments, environment=None):
    seen = Seen()
    parameters = StdioServerParameters(command=command, args=arguments, env=environment)
    if MAJOR == 1:
        async with stdio_client(parameters) as (read, write):
            async with ClientSession(read, write, **seen.callbacks()) as client:
                began = await client.initialize()
                yield Session(client, seen, began.protocolVersion)
    else:
        async with Client(parameters, mode="legacy", **seen.callbacks()) as client:
            yield Session(client, seen, client.protocol_version)

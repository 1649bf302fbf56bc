# SPDX-License-Identifier: Apache-2.0
"""One face for the clients of both major versions of the SDK."""

import asyncio
import contextlib
import ssl
import warnings
from importlib.metadata import version

warnings.simplefilter("ignore")

VERSION = version("mcp")
MAJOR = int(VERSION.split(".")[0])

from mcp import ClientSession, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.message import ClientMessageMetadata

if MAJOR == 1:
    import httpx
    from mcp import types
    from mcp.client.stdio import stdio_client
    from mcp.shared.exceptions import McpError as RPCError
    from pydantic import AnyUrl as uri
else:
    import httpx2 as httpx
    import mcp_types as types
    from mcp import Client, MCPError as RPCError

    uri = str


class Seen:
    """What the server sent or asked. The label goes into every answer, so that a crossed one is noticed."""

    def __init__(self, label="something", number=3):
        self.label, self.number = label, number
        self.logs, self.progress, self.sampled, self.elicited, self.asked_roots = [], [], 0, 0, 0

    async def on_log(self, params):
        self.logs.append(params.data)

    async def on_progress(self, progress, total, message):
        self.progress.append((progress, total, message))

    async def on_sampling(self, context, params):
        self.sampled += 1
        content = types.TextContent(type="text", text=self.label)
        if MAJOR == 1:
            return types.CreateMessageResult(role="assistant", content=content, model="m", stopReason="endTurn")
        return types.CreateMessageResult(role="assistant", content=content, model="m", stop_reason="endTurn")

    async def on_elicitation(self, context, params):
        self.elicited += 1
        return types.ElicitResult(action="accept", content={"count": self.number})

    async def on_roots(self, context):
        self.asked_roots += 1
        return types.ListRootsResult(roots=[types.Root(uri="file:///home/user", name="home")])

    def callbacks(self):
        return dict(
            sampling_callback=self.on_sampling, elicitation_callback=self.on_elicitation,
            list_roots_callback=self.on_roots, logging_callback=self.on_log,
        )


class Session:
    def __init__(self, client, seen, protocol, transport=None):
        self.client, self.seen, self.protocol, self.transport = client, seen, protocol, transport

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
        return text_of(await self.result(name, arguments))

    async def call_with_token(self, name, arguments, token=None, on_token=None):
        """A call that can be resumed, or (with a token) the rest of one that was begun elsewhere."""
        metadata = ClientMessageMetadata(resumption_token=token, on_resumption_token_update=on_token)
        request = types.CallToolRequest(params=types.CallToolRequestParams(name=name, arguments=arguments))
        if MAJOR == 1:
            request = types.ClientRequest(request)
        session = getattr(self.client, "session", self.client)
        return text_of(await session.send_request(request, types.CallToolResult, metadata=metadata))

    async def call_and_cancel(self, name, arguments, began):
        """Cancels a call as soon as `began` holds; says whether it did end early."""
        call = asyncio.create_task(self.call(name, arguments))
        while not began():
            await asyncio.sleep(0.01)
        if MAJOR == 1:
            # This client has no call for it; it numbers its requests from 0.
            parameters = types.CancelledNotificationParams(requestId=self.client._request_id - 1, reason="enough")
            await self.client.send_notification(
                types.ClientNotification(types.CancelledNotification(params=parameters)))
        else:
            call.cancel()
        try:
            await asyncio.wait_for(call, 20)
        except (RPCError, asyncio.CancelledError):
            return True
        return False

    async def refusal(self, action):
        """Code and message of the error that an action ends with; None when it succeeds."""
        try:
            await action
        except RPCError as error:
            return error.error.code, error.error.message
        return None


class Transport:
    """What an HTTP client said and heard below the protocol."""

    def __init__(self, key, authority):
        self.session_id = None
        self.headers = {} if key is None else {"X-API-Key": key} if MAJOR == 1 else {"Authorization": "Bearer " + key}
        self.verify = ssl.create_default_context(cafile=authority) if authority else True

    async def heard(self, response):
        self.session_id = response.headers.get("mcp-session-id", self.session_id)

    def client(self, **more):
        return httpx.AsyncClient(
            headers=dict(self.headers, **more), timeout=60, verify=self.verify,
            event_hooks={"response": [self.heard]},
        )


def text_of(result):
    return "".join(item.text for item in result.content)


@contextlib.asynccontextmanager
async def over_http(url, key=None, authority=None, with_callbacks=True, ends=True, seen=None):
    """
    key: None for a server that stands alone. authority: the file of the certificate authority behind an https URL.
    ends: whether the session is ended with DELETE.
    """
    seen = seen or Seen()
    callbacks = seen.callbacks() if with_callbacks else {}
    transport = Transport(key, authority)
    async with transport.client() as http:
        streams = streamable_http_client(url, http_client=http, terminate_on_close=ends)
        if MAJOR == 1:
            async with streams as (read, write, _):
                async with ClientSession(read, write, **callbacks) as client:
                    began = await client.initialize()
                    yield Session(client, seen, began.protocolVersion, transport)
        else:
            # Servers on this SDK would agree on an era without sessions; the gateway makes it fall back by itself.
            mode = "legacy" if key is None else "auto"
            async with Client(streams, mode=mode, **callbacks) as client:
                yield Session(client, seen, client.protocol_version, transport)


@contextlib.asynccontextmanager
async def resumed(url, session_id, protocol, key=None, authority=None, ends=False):
    """A session that another client has opened, without a handshake of its own."""
    seen, transport = Seen(), Transport(key, authority)
    fields = {"mcp-session-id": session_id, "mcp-protocol-version": protocol}
    async with transport.client(**fields) as http:
        async with streamable_http_client(url, http_client=http, terminate_on_close=ends) as streams:
            async with ClientSession(streams[0], streams[1], **seen.callbacks()) as client:
                yield Session(client, seen, protocol, transport)


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

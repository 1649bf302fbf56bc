# SPDX-License-Identifier: Apache-2.0
"""Puts MCP servers of one process on one free port, and writes down what reaches them."""

import asyncio
import contextlib
import json
import os
import socket
import ssl
import sys
from collections import deque


class Host:
    """Applications by the first part of their path. Prints `port N` as soon as it listens, and `TLS port N` where
    GATEHOUSE_CERTIFICATE, GATEHOUSE_PRIVATE_KEY and GATEHOUSE_AUTHORITY (of its clients' certificates) name files; ends
    with its standard input, so that no server outlives the test that started it."""

    def __init__(self, record):
        self.record, self.applications, self.managers = record, {}, []
        self.listening = {}

    def add(self, name, application, manager):
        """manager: an asynchronous context in which the application runs."""
        self.applications[name] = application
        self.managers.append(manager)

    async def listens(self, session):
        """Waits until the client of a session has opened its standing stream."""
        await self.listening.setdefault(session, asyncio.Event()).wait()

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return
        fields = [(name.decode(), value.decode("latin-1")) for name, value in scope["headers"]]
        with open(self.record + ".requests", "a") as file:
            entry = {"method": scope["method"], "path": scope["path"], "query": scope["query_string"].decode()}
            file.write(json.dumps(dict(entry, fields=fields)) + "\n")
        session = dict(fields).get("mcp-session-id")
        standing = scope["method"] == "GET" and "last-event-id" not in dict(fields)

        async def noted(message):
            await send(message)
            if standing and message["type"] == "http.response.start" and message["status"] == 200:
                self.listening.setdefault(session, asyncio.Event()).set()

        await self.applications[scope["path"].split("/")[1]](scope, receive, noted)

    async def serve(self):
        servers = [self.server()]
        if "GATEHOUSE_CERTIFICATE" in os.environ:
            servers.append(self.server(
                ssl_certfile=os.environ["GATEHOUSE_CERTIFICATE"], ssl_keyfile=os.environ["GATEHOUSE_PRIVATE_KEY"],
                ssl_ca_certs=os.environ["GATEHOUSE_AUTHORITY"], ssl_cert_reqs=ssl.CERT_REQUIRED,
            ))
        listeners = [socket.create_server(("127.0.0.1", 0), backlog=512) for _ in servers]

        async def until_input_ends():
            reader = asyncio.StreamReader()
            protocol = asyncio.StreamReaderProtocol(reader)
            await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
            await reader.read()
            for server in servers:
                server.should_exit = True

        async with contextlib.AsyncExitStack() as stack:
            for manager in self.managers:
                await stack.enter_async_context(manager)
            ending = asyncio.create_task(until_input_ends())
            for listener, word in reversed(list(zip(listeners, ["port", "TLS port"]))):
                print("%s %d" % (word, listener.getsockname()[1]), flush=True)
            await asyncio.gather(*(
                server.serve(sockets=[listener]) for server, listener in zip(servers, listeners)))
            ending.cancel()

    def server(self, **tls):
        import uvicorn

        return uvicorn.Server(uvicorn.Config(
            self, lifespan="off", log_level="critical", timeout_graceful_shutdown=1, **tls))


def event_store(base, event_message):
    """A store as the SDK's own examples have it: one for all sessions, and its streams are named by the ids of
    JSON-RPC requests only. Whoever replays from an event gets what other sessions put into a stream of that name."""

    class Store(base):
        def __init__(self):
            self.streams, self.places, self.last = {}, {}, 0

        async def store_event(self, stream_id, message):
            self.last += 1
            event = str(self.last)
            self.streams.setdefault(stream_id, deque(maxlen=1000)).append((event, message))
            self.places[event] = stream_id
            return event

        async def replay_events_after(self, last_event_id, send_callback):
            stream = self.places.get(last_event_id)
            if stream is None:
                return None
            for event, message in list(self.streams[stream]):
                if int(event) > int(last_event_id) and message is not None:
                    await send_callback(event_message(message, event))
            return stream

    return Store()

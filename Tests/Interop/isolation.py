# SPDX-License-Identifier: Apache-2.0
"""Neither a session, nor an event id, nor a question of a server is of use to another caller. The servers keep the events
of all sessions in one store, as the SDK's examples do: given directly, they do hand out what is not the caller's.
Standard library."""

import http.client
import json
import os
import tempfile

import checks
import environments
from checks import check, equal
from gateway import Gateway
from upstreams import Upstreams

ENDPOINTS = ["sdk1-stored", "sdk2-stored", "fastmcp-stored"]


class Events:
    """An event stream: its events one by one."""

    def __init__(self, response):
        self.response, self.status, self.ids = response, response.status, []

    def next(self):
        """The next message, {} for an event without one, None at the end."""
        data, anything = [], False
        while True:
            line = self.response.readline().decode()
            if not line:
                # At an end, orderly or not, what has no empty line behind it does not count.
                return None
            line = line.rstrip("\r\n")
            if not line:
                if anything:
                    return json.loads("\n".join(data)) if any(data) else {}
                continue
            field, _, value = line.partition(":")
            value = value[1:] if value.startswith(" ") else value
            anything = anything or field in ("id", "data")
            if field == "id":
                self.ids.append(value)
            elif field == "data":
                data.append(value)

    def rest(self):
        return [message for message in iter(self.next, None) if message]


class Client:
    """One session, below any SDK."""

    def __init__(self, url, key, number):
        address, self.path = url.removeprefix("http://").split("/", 1)
        self.path, self.address, self.key, self.session, self.number = "/" + self.path, address, key, None, number

    def send(self, method, body=None, session=None, key=None, **more):
        connection = http.client.HTTPConnection(self.address, timeout=20)
        fields = {"Accept": "application/json, text/event-stream", **more}
        if method == "GET":
            fields["Accept"] = "text/event-stream"
        if body is not None:
            fields["Content-Type"] = "application/json"
            body = json.dumps(dict({"jsonrpc": "2.0"}, **body)).encode()
        if key or self.key:
            fields["Authorization"] = "Bearer " + (key or self.key)
        if session or self.session:
            fields.update({"Mcp-Session-Id": session or self.session, "MCP-Protocol-Version": "2025-11-25"})
        connection.request(method, self.path, body, fields)
        return connection.getresponse()

    def open(self):
        parameters = {"protocolVersion": "2025-11-25", "capabilities": {"sampling": {}, "roots": {}},
                      "clientInfo": {"name": "isolation", "version": "1"}}
        response = self.send("POST", {"id": 1, "method": "initialize", "params": parameters})
        session = response.getheader("mcp-session-id")
        events = Events(response)
        events.rest()
        self.session, self.first_events = session, events.ids
        self.send("POST", {"method": "notifications/initialized"}).read()
        return self

    def begin(self, tool, arguments, number):
        body = {"id": number, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
        return Events(self.send("POST", body))

    def replay(self, event, session=None, key=None):
        """The status, and everything that a resumed stream brings back."""
        response = self.send("GET", session=session, key=key, **{"Last-Event-ID": event})
        if response.status != 200:
            return response.status, response.read().decode()
        events, said = Events(response), []
        # Where there is nothing to bring back, a stream may stay open and say nothing.
        response.fp.raw._sock.settimeout(1.5)
        try:
            # These servers mark the end of what was stored with an event that has an id only.
            while message := events.next():
                said.append(message)
        except TimeoutError:
            pass
        response.close()
        return response.status, json.dumps(said, ensure_ascii=False)


def echo(client, text, number):
    """Says something and hears it; the ids of the events."""
    events = client.begin("echo", {"text": text}, number)
    answers = [message for message in events.rest() if "result" in message]
    return events.ids, bool(answers) and answers[-1]["id"] == number and text in str(answers[-1]["result"])


def direct(upstreams):
    """What the servers do when nobody stands before them: or the rest would prove nothing."""
    for endpoint in ENDPOINTS:
        checks.prefix = "isolation, direct, %s: " % endpoint
        one, two = (Client(upstreams.url(endpoint), None, number).open() for number in (1, 2))
        ids, right = echo(two, "the second's", 7)
        check("an answer comes in events", right and len(ids) >= 2, ids)
        echo(one, "the first's secret", 7)
        _, said = two.replay(ids[0])
        check("a replay brings what was missed", "the second's" in said, said)
        # fastmcp gives every session a store of its own.
        wanted = not endpoint.startswith("fastmcp")
        equal("the server hands out the other session's", "the first's secret" in said, wanted)


def through(gateway, upstreams, endpoint, server):
    url, keys = gateway.url(endpoint), gateway.keys
    owner, same, other = (
        Client(url, keys[key], number).open() for number, key in enumerate(["first", "first", "second"]))
    everybody = {"another session": same, "another caller": other}
    events_of_sessions(owner, everybody, server)
    foreign_sessions(owner, other, keys)
    questions(owner, everybody)
    check("the session goes on", echo(owner, "to the end", 90)[1])
    # A session that is gone takes its events with it.
    ids, _ = echo(owner, "the first's last", 91)
    equal("DELETE", owner.send("DELETE").status in (200, 202, 204), True)
    status, said = owner.replay(ids[0])
    check("events of an ended session are gone", status == 404 and "last" not in said, (status, said))


def resumed(server):
    """The event ids that reached a server."""
    return [value for entry in server.requests() for name, value in entry["fields"] if name == "last-event-id"]


def events_of_sessions(owner, everybody, server):
    own = {name: echo(client, "own of " + name, 7)[0] for name, client in everybody.items()}
    ids, right = echo(owner, "the first's secret", 7)
    check("an answer comes in events", right and len(ids) >= 2, ids)
    status, said = owner.replay(ids[0])
    check("its own event id brings it back", status == 200 and "the first's secret" in said, (status, said))
    for name, client in everybody.items():
        status, said = client.replay(own[name][0])
        check("%s gets its own answer" % name, status == 200 and "own of " + name in said, (status, said))
        check("%s gets nothing else by its own event id" % name, "the first's" not in said, said)
        asked = resumed(server)
        for event in ids:
            status, said = client.replay(event)
            check("%s gets nothing by a foreign event id" % name, "the first's" not in said, (status, said))
        # The ids that the upstream itself gave, and what cannot be one.
        for event in ["1", "2", "3", "4", "7", ids[0][:-1], ids[0] + "A", "_GET_stream", "../1", "x" * 4000]:
            status, said = client.replay(event)
            check("%s gets nothing by the event id %s" % (name, event[:20]), "result" not in said, (status, said))
        equal("none of those reached the server", resumed(server), asked)
        for event in client.first_events:
            status, said = client.replay(event)
            check("%s gets nothing of others by the events of initialize" % name, "the first's" not in said, said)


def foreign_sessions(owner, other, keys):
    call = {"id": 8, "method": "tools/call", "params": {"name": "safe", "arguments": {}}}
    for what, send in {
        "POST": lambda: other.send("POST", call, session=owner.session),
        "a notification": lambda: other.send("POST", {"method": "notifications/initialized"}, session=owner.session),
        "GET": lambda: other.send("GET", session=owner.session),
        "DELETE": lambda: other.send("DELETE", session=owner.session),
    }.items():
        equal("another caller's %s in a session is 404" % what, send().status, 404)
    ids, _ = echo(owner, "the first's again", 9)
    status, said = other.replay(ids[0], session=owner.session)
    equal("and so is a replay", (status, "again" in said), (404, False))
    for session in (owner.session[:-1], owner.session + "A", "0" * 32):
        equal("a session id that is none is 404", owner.send("POST", call, session=session).status, 404)


def questions(owner, everybody):
    streams = [Events(client.send("GET")) for client in everybody.values()]
    events = owner.begin("sample", {}, 20)
    question = next(message for message in iter(events.next, None) if "id" in message)
    equal("the server asks", question["method"], "sampling/createMessage")

    def answer(client, text):
        content = {"role": "assistant", "model": "m", "content": {"type": "text", "text": text}}
        return client.send("POST", {"id": question["id"], "result": content}).status

    for name, client in everybody.items():
        status = answer(client, "stolen")
        check("%s cannot answer" % name, 400 <= status < 500, status)
    equal("its own client can", answer(owner, "mine"), 202)
    said = str(events.rest()[-1])
    check("and is heard", "sampled: mine" in said, said)
    status = answer(owner, "twice")
    check("but once", 400 <= status < 500, status)
    for client, stream in zip(everybody.values(), streams):
        # What its stream brings first is of its own session.
        events = client.begin("roots", {}, 21)
        mine = next(message for message in iter(stream.next, None) if "id" in message)
        equal("a standing stream brings its own questions only", mine["method"], "roots/list")
        roots = {"roots": [{"uri": "file:///number-%d" % client.number}]}
        client.send("POST", {"id": mine["id"], "result": roots}).read()
        said = str(events.rest()[-1])
        check("and the answer goes to its own call", "file:///number-%d" % client.number in said, said)
        stream.response.close()


def main():
    with tempfile.TemporaryDirectory() as folder:
        with Upstreams(folder, ("sdk1", "sdk2", "fastmcp")) as upstreams:
            direct(upstreams)
            if os.environ.get("GATEHOUSE_DIRECT_ONLY"):
                return
            servers = {endpoint: {"http": {"url": upstreams.url(endpoint)}} for endpoint in ENDPOINTS}
            access = [{"id": "all", "servers": ["*"], "to": {"key": ["first", "second"]}, "allow": {"tools": ["*"]}}]
            with Gateway(environments.BINARIES, servers, ["first", "second"], access) as gateway:
                for endpoint, server, _ in upstreams.entries():
                    if endpoint in ENDPOINTS:
                        checks.prefix = "isolation, gateway, %s: " % endpoint
                        try:
                            through(gateway, upstreams, endpoint, server)
                        except BaseException:
                            checks.crashed("through")


checks.prefix = "isolation: "
try:
    main()
except BaseException:
    checks.crashed("isolation")
checks.finish()

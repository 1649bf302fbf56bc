# SPDX-License-Identifier: Apache-2.0
"""The first finding: a call hidden between the tokens of another one, against servers on both SDKs. Standard library."""

import http.client
import json
import os
import subprocess
import tempfile

import checks
import environments
from checks import check, equal
from gateway import Gateway, wait_until

ENDS = {"CR": "\r", "LF": "\n", "CRLF": "\r\n"}


def call(name, number, arguments="{}"):
    params = '{"name":"%s","arguments":%s}' % (name, arguments)
    return '{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":%s}' % (number, params)


def payload(end):
    return call("safe", 7, '{"x":%s%s%s}' % (end, call("danger", 8), end))


def initialize():
    params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params})


INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}'


def runs(path):
    try:
        with open(path) as file:
            return file.read().split()
    except FileNotFoundError:
        return []


def control(name, command, folder):
    """Given to the server itself, the payload does run the inner tool: or the rest would prove nothing."""
    for label, end in ENDS.items():
        record = os.path.join(folder, "%s-%s" % (name, label))
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=dict(os.environ, GATEHOUSE_RECORD=record),
        )
        lines = [initialize(), INITIALIZED, payload(end)]
        process.stdin.write(("\n".join(lines) + "\n").encode())
        process.stdin.flush()
        check("%s, %s: given directly it runs the inner tool" % (name, label),
              wait_until(lambda: "danger" in runs(record)), runs(record))
        process.stdin.close()
        process.kill()
        process.wait()


class Client:
    """Posts bytes as they are."""

    def __init__(self, gateway, server, key):
        self.connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60)
        self.path = "/%s/mcp" % server
        self.headers = {
            "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
            "Authorization": "Bearer " + key,
        }
        status, _, headers = self.post(initialize())
        self.headers["Mcp-Session-Id"] = headers["mcp-session-id"]
        equal("%s: initialize" % server, status, 200)
        self.post(INITIALIZED)

    def post(self, body):
        self.connection.request("POST", self.path, body.encode(), self.headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers


def through(gateway, name, record):
    client = Client(gateway, name, gateway.keys["limited"])
    for label, end in ENDS.items():
        before = runs(record)
        status, text, _ = client.post(payload(end))
        check("%s, %s: the outer tool answers" % (name, label), status == 200 and "ran safe" in text, text)
        equal("%s, %s: the outer tool ran, the inner did not" % (name, label), runs(record)[len(before):], ["safe"])
        for other in (payload(end) + end + call("danger", 9), end.join([call("safe", 10), call("danger", 11)])):
            status, text, _ = client.post(other)
            check("%s, %s: two messages in one body are refused" % (name, label), status == 400, text)
    # Whatever a server would have run late has run by the time it has answered this.
    status, text, _ = client.post(call("safe", 12))
    check("%s: the session goes on" % name, "ran safe" in text, text)
    equal("%s: the inner tool ran 0 times" % name, runs(record).count("danger"), 0)
    full = Client(gateway, name, gateway.keys["full"])
    _, text, _ = full.post(call("danger", 13))
    check("%s: the full key may call it" % name, "ran danger" in text and "danger" in runs(record), text)


def main():
    with tempfile.TemporaryDirectory() as folder:
        for name, command in environments.SDKS.items():
            control(name, command, folder)
        if os.environ.get("GATEHOUSE_DIRECT_ONLY"):
            return
        servers, records = {}, {}
        for name, command in environments.SDKS.items():
            records[name] = os.path.join(folder, name)
            servers[name] = environments.stdio(command, environment={"GATEHOUSE_RECORD": records[name]})
        access = [
            {"id": "full", "servers": ["*"], "to": {"key": "full"}, "allow": {"tools": ["*"]}},
            {"id": "limited", "servers": ["*"], "to": {"key": "limited"}, "allow": {"tools": ["safe"]}},
        ]
        with Gateway(environments.BINARIES, servers, ["full", "limited"], access) as gateway:
            for name in servers:
                through(gateway, name, records[name])


checks.prefix = "smuggling: "
try:
    main()
except BaseException:
    checks.crashed("smuggling")
checks.finish()

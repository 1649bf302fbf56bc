#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A stdio MCP server for tests: it writes down every byte it reads and every tool it runs, and misbehaves when told.

Standard library only. Each process leaves two files in the folder given with --record:
  <pid>.stdin   the bytes of its standard input, as they came
  <pid>.calls   one line for each tool that ran
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time

VERSIONS = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]
TOOLS = [
    "safe", "danger", "echo", "whoami", "wait", "progress", "log", "ask", "crash", "garbage", "huge", "complain",
    "foreign", "fork", "deaf", "later", "fail", "spaced",
]
PROMPTS = ["greet", "secret-prompt"]
RESOURCES = ["file:///public/a.txt", "file:///private/b.txt"]
TEMPLATES = ["file:///public/{name}", "file:///private/{name}"]

parser = argparse.ArgumentParser()
parser.add_argument("--record", required=True)
parser.add_argument("--start", default="answer", choices=["answer", "silent", "exit", "slow"])
parser.add_argument("--page", type=int, default=0, help="entries of a list page; 0: all")
parser.add_argument("--tools", default="", help="more tools, by comma")
parser.add_argument("--stay", action="store_true", help="do not end when standard input does, nor on SIGTERM")
options = parser.parse_args()

tools = TOOLS + [name for name in options.tools.split(",") if name]
record = os.path.join(options.record, str(os.getpid()))
received = open(record + ".stdin", "ab", buffering=0)
calls = open(record + ".calls", "ab", buffering=0)
output = sys.stdout.buffer
output_lock = threading.Lock()
answers = {}
answers_changed = threading.Condition()
asked = 0
deaf = threading.Event()


def write(data):
    with output_lock:
        output.write(data)
        output.flush()


def send(message):
    write(json.dumps(message, separators=(",", ":")).encode() + b"\n")


def reply(request, result):
    send({"jsonrpc": "2.0", "id": request["id"], "result": result})


def refuse(request, code, text):
    send({"jsonrpc": "2.0", "id": request["id"], "error": {"code": code, "message": text}})


def text(value):
    return {"content": [{"type": "text", "text": value}], "isError": False}


def ask(method, params):
    """Sends a request to the client and waits for what it says."""
    global asked
    with answers_changed:
        asked += 1
        name = "server-%d" % asked
    message = {"jsonrpc": "2.0", "id": name, "method": method}
    if params is not None:
        message["params"] = params
    send(message)
    with answers_changed:
        answers_changed.wait_for(lambda: name in answers, timeout=60)
        return answers.pop(name, {"error": "no answer came"})


def page(entries, request):
    if not options.page:
        return entries, {}
    cursor = int((request.get("params") or {}).get("cursor") or 0)
    end = cursor + options.page
    return entries[cursor:end], ({"nextCursor": str(end)} if end < len(entries) else {})


def wait_for_file(path):
    while not os.path.exists(path):
        time.sleep(0.005)


def run_tool(request, name, arguments, meta):
    calls.write(name.encode("utf-8", "backslashreplace") + b"\n")
    if name == "crash":
        os._exit(3)
    if name == "fail":
        return refuse(request, -32000, "failed as asked")
    if name == "whoami":
        return reply(request, text(json.dumps({"pid": os.getpid(), "uid": os.getuid(), "cwd": os.getcwd(),
                                               "group": os.getpgrp(), "environment": dict(os.environ)})))
    if name == "wait":
        wait_for_file(arguments["file"])
        if "done" in arguments:
            with open(arguments["done"], "w") as done:
                done.write("done")
    if name == "progress":
        for step in range(arguments.get("count", 3)):
            params = {"progressToken": meta.get("progressToken"), "progress": step + 1, "message": "step"}
            send({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})
        if "file" in arguments:
            wait_for_file(arguments["file"])
    if name == "log":
        send({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "noted"}})
    if name == "ask":
        said = ask(arguments["method"], arguments.get("params"))
        return reply(request, text(json.dumps(said, sort_keys=True)))
    if name == "garbage":
        write(b"this is no JSON\n\xff\xfe\x00\r{\"jsonrpc\":\"2.0\"\n\n[]\n42\n")
        write(b'{"jsonrpc":"2.0","id":99999,"result":{}}\n')
        write(b'{"jsonrpc":"2.0","id":%s,"result":{"a":1,"a":2}}\n' % json.dumps("nobody").encode())
    if name == "huge":
        return reply(request, text("x" * arguments["bytes"]))
    if name == "complain":
        sys.stderr.write(arguments.get("line", "complaint") + "\n")
        left = arguments.get("bytes", 0)
        while left > 0:
            sys.stderr.write("c" * 99 + "\n")
            left -= 100
        sys.stderr.flush()
    if name == "foreign":
        for other in (request["id"], "1", 1, 0, -1, 10 ** 12, None, {}, "server-1"):
            if other != request["id"]:
                send({"jsonrpc": "2.0", "id": other, "result": text("stolen")})
        reply(request, text("first"))
        return reply(request, text("second"))
    if name == "spaced":
        # Line ends between tokens, which are legal JSON but end a line of an event stream.
        result = json.dumps(text("spaced")).encode()
        name = json.dumps(request["id"]).encode()
        return write(b'{"jsonrpc":\r"2.0",\r\t"id": %s ,\r"result":\r%s\r}\n' % (name, result))
    if name == "fork":
        return fork(request, arguments)
    if name == "deaf":
        deaf.set()
        return reply(request, text("deaf"))
    if name == "later":
        threading.Thread(target=later, args=(arguments,), daemon=True).start()
    if name == "echo":
        return reply(request, text(json.dumps(arguments, ensure_ascii=False)))
    return reply(request, text("ran " + name))


def fork(request, arguments):
    """Leaves processes behind: one in the same group, and on request one that leaves group and session."""
    pids = []
    for own_session in [False] + ([True] if arguments.get("daemon") else []):
        child = subprocess.Popen(["sleep", "600"], start_new_session=own_session, stdin=subprocess.DEVNULL)
        pids.append(child.pid)
    reply(request, text(json.dumps(pids)))


def later(arguments):
    """Speaks outside every call, once a file is there."""
    wait_for_file(arguments["file"])
    send({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
    said = ask("ping", None)
    with open(arguments["file"] + ".said", "w") as done:
        done.write(json.dumps(said))


def call(request, params):
    name = params.get("name")
    if name not in tools:
        return refuse(request, -32602, "Unknown tool: %s" % name)
    threading.Thread(
        target=run_tool, args=(request, name, params.get("arguments") or {}, params.get("_meta") or {}), daemon=True
    ).start()
    return None


def initialize(request, params):
    if options.start == "silent":
        return
    if options.start == "exit":
        os._exit(4)
    if options.start == "slow":
        wait_for_file(os.path.join(options.record, "go"))
    version = params.get("protocolVersion")
    reply(request, {
        "protocolVersion": version if version in VERSIONS else VERSIONS[-1],
        "capabilities": {"tools": {"listChanged": True}, "prompts": {}, "resources": {}, "logging": {}},
        "serverInfo": {"name": "scripted", "version": "1"},
        "instructions": "Use safe.",
    })


def handle(message):
    method = message.get("method")
    if "id" not in message:
        return
    if method is None:
        with answers_changed:
            answers[message["id"]] = {key: message[key] for key in ("result", "error") if key in message}
            answers_changed.notify_all()
        return
    params = message.get("params") or {}
    if method == "initialize":
        initialize(message, params)
    elif method == "ping":
        reply(message, {})
    elif method == "tools/call":
        call(message, params)
    elif method == "tools/list":
        token = (params.get("_meta") or {}).get("progressToken")
        if token is not None:
            progress = {"progressToken": token, "progress": 1}
            send({"jsonrpc": "2.0", "method": "notifications/progress", "params": progress})
        names, cursor = page(tools, message)
        reply(message, {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in names], **cursor})
    elif method == "prompts/list":
        names, cursor = page(PROMPTS, message)
        reply(message, {"prompts": [{"name": name} for name in names], **cursor})
    elif method == "resources/list":
        names, cursor = page(RESOURCES, message)
        reply(message, {"resources": [{"uri": uri, "name": uri} for uri in names], **cursor})
    elif method == "resources/templates/list":
        names, cursor = page(TEMPLATES, message)
        reply(message, {"resourceTemplates": [{"uriTemplate": uri, "name": uri} for uri in names], **cursor})
    elif method == "resources/read":
        uris = RESOURCES if params.get("uri") == "file:///public/all" else []
        reply(message, {"contents": [{"uri": uri, "text": "content"} for uri in [params.get("uri"), *uris]]})
    elif method == "prompts/get":
        reply(message, {"messages": [{"role": "user", "content": {"type": "text", "text": "hello"}}]})
    elif method == "completion/complete":
        reply(message, {"completion": {"values": ["one"]}})
    elif method in ("logging/setLevel", "resources/subscribe", "resources/unsubscribe"):
        reply(message, {})
    elif method == "custom/method":
        reply(message, {"custom": True})
    else:
        refuse(message, -32601, "Method not found")


def main():
    if options.stay:
        import signal

        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    pending = b""
    while True:
        if deaf.is_set():
            time.sleep(600)
        piece = os.read(0, 65536)
        if not piece:
            break
        received.write(piece)
        pending += piece
        # A bare CR ends a line too, as in the readers of widespread servers.
        lines = pending.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        pending = lines.pop()
        for line in lines:
            try:
                message = json.loads(line)
            except ValueError:
                continue
            if isinstance(message, dict):
                handle(message)
    while options.stay:
        time.sleep(600)


main()

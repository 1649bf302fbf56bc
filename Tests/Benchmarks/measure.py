# SPDX-License-Identifier: Apache-2.0
"""Measures CPU time per request, and memory, of the gateway and of HAProxy side by side. See run.sh."""

import argparse
import json
import os
import re
import resource
import socket
import statistics
import subprocess
import tempfile
import time

import peers
from peers import Gateway, HAProxy, memory

PEER_CORE, LOAD_CORE = 0, 1

CASES = {
    "nokey": "GET without a credential: 401",
    "badkey": "GET with an unknown key: 401",
    "denied": "tools/call that no rule allows",
    "denied64k": "the same with 64 KiB of arguments",
    "call": "tools/call add, answered by the server behind stdio",
    "call64k": "tools/call with 64 KiB of arguments, answered by the server with an error",
}
# Only these have a peer among HTTP proxies: no server is asked.
WITHOUT_SERVER = ["nokey", "badkey", "denied", "denied64k"]
# A session has no two requests of one id at a time, so many ids take turns.
VARIANTS = 512
SESSIONS = 8


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, help="folder of gatehouse and calculator-server")
    parser.add_argument("--gateway", action="append", default=[], metavar="NAME=PROGRAM", help="another build beside")
    parser.add_argument("--cases", default=",".join(CASES))
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--rules", choices=["roles", "callers"], default="roles", help="one rule, or one per caller")
    parser.add_argument("--level", action="append", default=[], help="log level of the gateway; default error and info")
    parser.add_argument("--without-haproxy", action="store_true")
    parser.add_argument("--memory", action="store_true")
    return parser.parse_args()


def request(case, port, session, number):
    """The bytes of one request."""
    fields = {"Host": f"127.0.0.1:{port}", "Accept": "application/json, text/event-stream"}
    body = b""
    if case == "badkey":
        fields["X-API-Key"] = "bench-none-00000000000000000000000000000000"
    elif case != "nokey":
        fields["X-API-Key"] = peers.key(peers.CALLER)
        fields["Content-Type"] = "application/json"
        fields["MCP-Protocol-Version"] = "2025-06-18"
        # HAProxy is sent one too, so that it reads as many bytes.
        fields["Mcp-Session-Id"] = session or "s" * 120
        arguments = {"a": 17, "b": 25}
        if case.endswith("64k"):
            arguments = {"text": "sixty-four kibibytes of text. " * 2185}
        parameters = {"name": "add" if case.startswith("call") else "divide", "arguments": arguments}
        message = {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": parameters}
        body = json.dumps(message, separators=(",", ":")).encode()
        fields["Content-Length"] = str(len(body))
    method = "POST" if body else "GET"
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} /calculator/mcp HTTP/1.1\r\n{head}\r\n".encode() + body


def check(case, name, wire, port):
    """One request by itself: what is measured must be the answer that is meant."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(wire)
        answer = connection.recv(65536).decode("latin-1")
    status = answer.split(" ", 2)[1]
    meant = {"nokey": ["401"], "badkey": ["401"], "denied": ["403", "400"], "call": ["200"]}[case.removesuffix("64k")]
    if status not in meant or (case == "call" and "42" not in answer):
        raise SystemExit(f"{name} answers {case} with:\n{answer}")


def load(peer, folder, seconds, connections, requests):
    """Runs wrk. Requests answered, failures, median latency in microseconds."""
    command = ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    command += ["-s", os.path.join(peers.HERE, "load.lua"), f"http://127.0.0.1:{peer.port}/"]
    environment = {**os.environ, "REQUESTS": requests}
    output = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=folder).stdout
    found = re.search(r"^figures (\d+) (\d+) (\d+) (\d+)$", output, re.M)
    if not found:
        raise SystemExit(f"wrk did not finish:\n{output}")
    answered, refused, failed, median = map(int, found.groups())
    return answered, refused, failed, median


def measure(peer, case, sessions, folder, options):
    wires = [request(case, peer.port, sessions[n % len(sessions)], 1000 + n) for n in range(VARIANTS)]
    if case.endswith("64k"):
        wires = wires[: 2 * options.connections]
    check(case, peer.name, wires[0], peer.port)
    path = os.path.join(folder, "requests")
    with open(path, "wb") as file:
        file.write(b"\0".join(wires))
    load(peer, folder, 1, options.connections, path)
    before, servers_before, began = peer.cpu(), peer.servers_cpu(), time.monotonic()
    answered, refused, failed, median = load(peer, folder, options.seconds, options.connections, path)
    used, servers_used = peer.cpu() - before, peer.servers_cpu() - servers_before
    if case.startswith("call"):
        failed += refused
    return {
        "cpu": used / 1000 / max(answered, 1),
        "servers": servers_used / 1000 / max(answered, 1),
        "rate": answered / (time.monotonic() - began),
        "median": median,
        "failed": failed,
    }


def starters(options, folder):
    """What is measured, as (name, function that starts it)."""
    server = os.path.join(options.build, "calculator-server")
    programs = [("gatehouse", os.path.join(options.build, "gatehouse"))]
    programs += [tuple(entry.split("=", 1)) for entry in options.gateway]
    if not options.without_haproxy:
        yield "haproxy", lambda: HAProxy(folder, PEER_CORE)
    for name, program in programs:
        for level in options.level or ["error", "info"]:
            label = f"{name}/{level}"

            def start(label=label, program=program, level=level):
                file = label.replace("/", "-")
                return Gateway(file, program, server, folder, PEER_CORE, level, options.rules)

            yield label, start


def run(options, folder):
    cases = options.cases.split(",")
    peers_found = list(starters(options, folder))
    results = {}
    for turn in range(options.rounds):
        # Another order each round, so that a slow minute does not always hit the same one.
        shift = turn % len(peers_found)
        for name, start in peers_found[shift:] + peers_found[:shift]:
            peer = start()
            try:
                sessions = [None]
                if isinstance(peer, Gateway):
                    sessions = [peer.open_session() for _ in range(SESSIONS)]
                    peer.move_servers(LOAD_CORE)
                for case in cases:
                    if name == "haproxy" and case not in WITHOUT_SERVER:
                        continue
                    results.setdefault((case, name), []).append(measure(peer, case, sessions, folder, options))
            finally:
                peer.stop()
    return cases, [name for name, _ in peers_found], results


def table(cases, names, results):
    for case in cases:
        print(f"\n{case}: {CASES[case]}")
        print(f"{'':24}{'CPU us':>9}{'best':>8}{'ratio':>8}{'server us':>11}{'req/s':>9}{'p50 us':>8}{'failed':>8}")
        present = [name for name in names if (case, name) in results]
        for name in present:
            rows = results[case, name]
            base = results[case, present[0]]
            # Of each round its own ratio: what slows a round slows both.
            ratio = statistics.median(row["cpu"] / other["cpu"] for row, other in zip(rows, base))
            middle = {figure: statistics.median(row[figure] for row in rows) for figure in rows[0]}
            best = min(row["cpu"] for row in rows)
            print(
                f"{name:24}{middle['cpu']:9.2f}{best:8.2f}{ratio:8.2f}{middle['servers']:11.2f}"
                f"{middle['rate']:9.0f}{middle['median']:8.0f}{sum(row['failed'] for row in rows):8}"
            )
    print("\nratio: to the first line of each case, median over the rounds of CPU time per request in the same round")


def stream(port, number, session):
    """Opens a GET stream and reads its head."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(
        f"GET /calculator/mcp HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\n"
        f"X-API-Key: {peers.key(number)}\r\nMcp-Session-Id: {session}\r\n\r\n".encode()
    )
    if b"text/event-stream" not in connection.recv(4096):
        raise SystemExit("no stream was opened")
    return connection


def idle_connection(port):
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(f"GET /none HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    if b"404" not in connection.recv(4096):
        raise SystemExit("the gateway did not answer")
    return connection


def measure_memory(options, folder):
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    for name, start in starters(options, folder):
        if name == "haproxy":
            continue
        # Each kind in a gateway of its own: what another kind freed would be used again and not be seen.
        for kind, counts, opener in (
            ("idle connections", (100, 900), lambda gateway, number: idle_connection(gateway.port)),
            ("sessions", (20, 180), lambda gateway, number: gateway.open_session(number)),
            ("idle streams", (20, 180), None),
        ):
            gateway = start()
            try:
                measure_kind(gateway, name, kind, counts, opener)
            finally:
                gateway.stop()


def measure_kind(gateway, name, kind, counts, opener):
    if opener is None:
        sessions = [gateway.open_session(number) for number in range(sum(counts))]

        def opener(gateway, number):
            return stream(gateway.port, number, sessions[number])

    time.sleep(0.5)
    last = report(name, f"before {kind}", memory(gateway.pid), None, 0)
    open_ones = []
    # The first ones pay for what all share.
    for count in counts:
        open_ones += [opener(gateway, len(open_ones) + index) for index in range(count)]
        time.sleep(0.5)
        last = report(name, f"{len(open_ones)} {kind}", memory(gateway.pid), last, count)


def report(name, what, figures, before, count):
    each = f"{(figures[0] - before[0]) / count:8.2f} kB each" if before and count else ""
    print(f"{name:20}{what:26} Rss {figures[0]:7} kB  Pss {figures[1]:7} kB {each}", flush=True)
    return figures


def main():
    options = parse()
    with tempfile.TemporaryDirectory() as folder:
        if options.memory:
            measure_memory(options, folder)
        else:
            table(*run(options, folder))


if __name__ == "__main__":
    main()

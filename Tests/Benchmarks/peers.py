# SPDX-License-Identifier: Apache-2.0
"""The programs that are measured: how each is configured, started, watched and stopped."""

import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
KEYS = 1000
# Whoever is looked for in order is found last.
CALLER = KEYS - 1
SALT = bytes(range(16))
ALLOWED = ["add", "subtract", "multiply", "negate", "square_root"]


def key(number):
    return "bench-%04d-%s" % (number, hashlib.sha256(b"benchmark %d" % number).hexdigest()[:32])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def threads_cpu(pid):
    """Nanoseconds that the scheduler gave to all threads of a process."""
    total = 0
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
                total += int(file.read().split()[0])
    except OSError:
        pass
    return total


def children(pid):
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat") as file:
                parent = int(file.read().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        if parent == pid:
            found += [int(entry)] + children(int(entry))
    return found


def memory(pid):
    """Kilobytes: resident, and the share of the process where pages are shared."""
    figures = {}
    with open(f"/proc/{pid}/smaps_rollup") as file:
        for line in file:
            words = line.split()
            if words[0] in ("Rss:", "Pss:"):
                figures[words[0]] = int(words[1])
    return figures["Rss:"], figures["Pss:"]


class Peer:
    """A running program, pinned to a core."""

    def __init__(self, name, command, folder, core, port, environment=None):
        self.name, self.port = name, port
        self.errors = open(os.path.join(folder, f"{name}.err"), "wb")
        self.process = subprocess.Popen(
            ["taskset", "-c", str(core)] + command,
            stdout=subprocess.DEVNULL,
            stderr=self.errors,
            env={**os.environ, **(environment or {})},
            cwd=folder,
        )
        self.wait()

    def wait(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
                if self.process.poll() is not None:
                    break
        with open(self.errors.name) as file:
            raise SystemExit(f"{self.name} does not listen:\n{file.read()}")

    @property
    def pid(self):
        return self.process.pid

    def cpu(self):
        return threads_cpu(self.pid)

    def servers_cpu(self):
        return sum(threads_cpu(child) for child in children(self.pid))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.errors.close()


class HAProxy(Peer):
    def __init__(self, folder, core):
        port = free_port()
        keys, rights = os.path.join(folder, "keys.map"), os.path.join(folder, "rights.map")
        with open(keys, "w") as file:
            for number in range(KEYS):
                file.write(f"{hashlib.sha256(key(number).encode()).hexdigest()} caller{number}\n")
        with open(rights, "w") as file:
            for number in range(KEYS):
                for tool in ALLOWED:
                    file.write(f"caller{number}/{tool} 1\n")
        super().__init__(
            "haproxy",
            ["/usr/sbin/haproxy", "-db", "-f", os.path.join(HERE, "haproxy.cfg")],
            folder,
            core,
            port,
            {"PORT": str(port), "KEYS_MAP": keys, "RIGHTS_MAP": rights},
        )


class Gateway(Peer):
    """`rules`: "roles", one rule for all callers by their role, or "callers", one rule for each caller."""

    def __init__(self, name, program, server, folder, core, level="error", rules="roles"):
        port = free_port()
        configuration = {
            "listen": [{"address": f"127.0.0.1:{port}"}],
            "threads": 1,
            "authentication": {"api_keys": [self.entry(number) for number in range(KEYS)]},
            "servers": {
                "calculator": {
                    "path": "/calculator/mcp",
                    "denials": "hide",
                    "error_status": "http",
                    "stdio": {"command": server, "processes": {"maximum": 1000, "idle": "10m"}},
                }
            },
            "access": list(self.rules(rules)),
            "log": {"level": level, "file": os.path.join(folder, f"{name}.log")},
            "limits": {"sessions_per_principal": 1000, "drain_delay": "0s", "drain": "5s", "keep_alive": "10m"},
        }
        path = os.path.join(folder, f"{name}.json")
        with open(path, "w") as file:
            json.dump(configuration, file)
        super().__init__(name, [program, "serve", "--config", path], folder, core, port)

    @staticmethod
    def entry(number):
        digest = hashlib.sha256(SALT + key(number).encode()).hexdigest()
        return {
            "id": f"key{number}",
            "hash": f"sha256:{SALT.hex()}:{digest}",
            "subject": f"caller{number}",
            "roles": ["bench"],
        }

    @staticmethod
    def rules(kind):
        if kind == "roles":
            yield {"id": "bench", "servers": ["*"], "to": {"role": "bench"}, "allow": {"tools": ALLOWED}}
            return
        for number in range(KEYS):
            to = {"subject": f"caller{number}"}
            yield {"id": f"rule{number}", "servers": ["*"], "to": to, "allow": {"tools": ALLOWED}}

    def open_session(self, number=CALLER):
        """Opens a session and answers its id."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        initialize = {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "benchmark", "version": "1"},
        }
        answer = self.post(connection, number, None, {"id": 1, "method": "initialize", "params": initialize})
        session = answer.headers["Mcp-Session-Id"]
        if not session:
            raise SystemExit(f"{self.name} opened no session: {answer.status}")
        self.post(connection, number, session, {"method": "notifications/initialized"})
        connection.close()
        return session

    @staticmethod
    def post(connection, number, session, message):
        fields = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "X-API-Key": key(number),
        }
        if session:
            fields |= {"Mcp-Session-Id": session, "MCP-Protocol-Version": "2025-06-18"}
        body = json.dumps({"jsonrpc": "2.0"} | message)
        connection.request("POST", "/calculator/mcp", body, fields)
        answer = connection.getresponse()
        answer.read()
        return answer

    def move_servers(self, core):
        """What the gateway starts runs beside the load, not beside the gateway."""
        for child in children(self.pid):
            try:
                os.sched_setaffinity(child, {core})
            except OSError:
                pass

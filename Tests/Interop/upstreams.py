# SPDX-License-Identifier: Apache-2.0
"""MCP servers over Streamable HTTP, each on a free port."""

import json
import os
import re
import subprocess
import threading

import environments


class Server:
    """A server of this folder or from PyPI. Ends with the test, also when the test is killed."""

    def __init__(self, command, record, marks=r"^port (\d+)$", standard_input=True, environment=None):
        self.record, self.tls_port = record, None
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE if standard_input else subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env=dict(os.environ, GATEHOUSE_RECORD=record, **(environment or {})), text=True,
        )
        self.lines, self.port, self.bound = [], None, threading.Event()
        threading.Thread(target=self.read, args=(marks,), daemon=True).start()

    def read(self, marks):
        for line in self.process.stdout:
            self.lines.append(line)
            # Comes before the other one.
            found = re.match(r"TLS port (\d+)$", line.strip())
            if found:
                self.tls_port = int(found.group(1))
            found = re.search(marks, line.strip())
            if found and self.port is None:
                self.port = int(found.group(1))
                self.bound.set()
        self.bound.set()

    def wait(self):
        if not self.bound.wait(60) or self.port is None:
            raise RuntimeError("a server did not start:\n" + "".join(self.lines))

    def url(self, path="/mcp"):
        return "http://127.0.0.1:%d%s" % (self.port, path)

    def runs(self, mode=None):
        """What it ran, in order."""
        try:
            with open(self.record + ("-" + mode if mode else "")) as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def requests(self):
        """The heads that reached it."""
        try:
            with open(self.record + ".requests") as file:
                return [json.loads(line) for line in file]
        except FileNotFoundError:
            return []

    def stop(self):
        if self.process.stdin:
            self.process.stdin.close()
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def program(environment, script, *arguments):
    python = os.path.join(environments.VENVS, environment, "bin/python")
    return [python, os.path.join(environments.HERE, "servers", script), *arguments]


def proxy(record):
    """mcp-proxy in front of the stdio server on SDK 2."""
    front = os.path.join(environments.VENVS, "server-proxy/bin/mcp-proxy")
    return [front, "--port", "0", "--host", "127.0.0.1", "--env", "GATEHOUSE_RECORD", record, "--",
            *environments.SDKS["sdk2"]]


class Upstreams:
    """All of them, started side by side."""

    def __init__(self, folder, names=("sdk1", "sdk2", "fastmcp", "proxy"), authority=None):
        """authority: whose certificates those that can have for a second port, and want of their clients."""
        self.servers, self.authority, environment = {}, authority, {}
        if authority:
            certificate, key = authority.issue("server", "serverAuth")
            environment = {
                "GATEHOUSE_CERTIFICATE": certificate, "GATEHOUSE_PRIVATE_KEY": key,
                "GATEHOUSE_AUTHORITY": authority.file,
            }
            self.client = authority.issue("client", "clientAuth")
        for name in names:
            record = os.path.join(folder, name)
            if name == "proxy":
                self.servers[name] = Server(
                    proxy(record), record, r"Uvicorn running on http://127\.0\.0\.1:(\d+)", standard_input=False)
                continue
            command = {
                "sdk1": program("client-1", "sdk_server.py", "--http"),
                "sdk2": program("client-2", "sdk_server.py", "--http"),
                "fastmcp": program("server-fastmcp", "fastmcp_server.py"),
            }[name]
            self.servers[name] = Server(command, record, environment=environment)
        for server in self.servers.values():
            server.wait()

    def entries(self):
        """Endpoints of all servers: name of the endpoint, server, mode."""
        for name, server in self.servers.items():
            modes = {"proxy": [None], "fastmcp": ["stored", "json"]}.get(name, ["stored", "plain", "json"])
            for mode in modes:
                yield (name if mode is None else name + "-" + mode), server, mode

    def url(self, endpoint):
        for name, server, mode in self.entries():
            if name == endpoint:
                return server.url("/mcp" if mode is None else "/%s/mcp" % mode)

    def http(self, endpoint, tls):
        """What a configuration says of an endpoint."""
        url = self.url(endpoint)
        server = self.servers[endpoint.split("-")[0]]
        if not tls or server.tls_port is None:
            return {"url": url}
        url = url.replace("http:", "https:").replace(":%d/" % server.port, ":%d/" % server.tls_port)
        certificate, key = self.client
        return {"url": url, "tls": {
            "ca": self.authority.file, "client_certificate": certificate, "client_key": key}}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self.servers.values():
            server.stop()

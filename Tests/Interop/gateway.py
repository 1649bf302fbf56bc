# SPDX-License-Identifier: Apache-2.0
"""Starts the built gateway with a configuration of its own on a free port."""

import json
import os
import re
import subprocess
import tempfile
import threading
import time


class Gateway:
    def __init__(self, binaries, servers, keys, access, limits=None, authority=None):
        """keys: names; the made ones are in `self.keys`. authority: whose certificate the listener has; None: it is
        without TLS."""
        self.program = os.path.join(binaries, "gatehouse")
        self.folder = tempfile.TemporaryDirectory(prefix="gatehouse-interop-")
        self.keys = {}
        entries = []
        for name in keys:
            key, entry = self.make_key(name)
            self.keys[name] = key
            entries.append(entry)
        listener = {"address": "127.0.0.1:0"}
        self.scheme, self.authority = "http", None
        if authority:
            self.scheme, self.authority = "https", authority.file
            certificate, key = authority.issue("listener", "serverAuth")
            listener["tls"] = {"certificate": certificate, "key": key}
        configuration = {
            "listen": [listener],
            "threads": 2,
            "authentication": {"api_keys": entries},
            "servers": servers,
            "access": access,
            "limits": dict({"drain_delay": "0s"}, **(limits or {})),
        }
        path = os.path.join(self.folder.name, "gateway.json")
        with open(path, "w") as file:
            json.dump(configuration, file, indent=2)
        self.process = subprocess.Popen(
            [self.program, "serve", "--config", path], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
        )
        self.lines = []
        self.bound = threading.Event()
        self.port = None
        threading.Thread(target=self.read, daemon=True).start()
        if not self.bound.wait(30) or self.port is None:
            self.process.kill()
            raise RuntimeError("the gateway did not start:\n" + "".join(self.lines))

    def make_key(self, name):
        made = subprocess.run([self.program, "key", "create", "--id", name], capture_output=True, text=True, check=True)
        entry = made.stderr[made.stderr.index("{"):made.stderr.rindex("}") + 1]
        return made.stdout.strip(), json.loads(entry)

    def read(self):
        for line in self.process.stderr:
            self.lines.append(line)
            found = re.match(r"listening %s://127\.0\.0\.1:(\d+)\s*$" % self.scheme, line)
            if found and self.port is None:
                self.port = int(found.group(1))
                self.bound.set()
        self.bound.set()

    def url(self, server):
        return "%s://127.0.0.1:%d/%s/mcp" % (self.scheme, self.port, server)

    def log(self):
        return "".join(self.lines)

    def children(self):
        """Process ids of everything below the gateway."""
        below, parents = [], {self.process.pid}
        table = {}
        for name in os.listdir("/proc"):
            try:
                with open("/proc/%s/stat" % name) as file:
                    table[int(name)] = int(file.read().rsplit(")", 1)[1].split()[1])
            except (OSError, ValueError):
                continue
        while parents:
            parents = {pid for pid, parent in table.items() if parent in parents}
            below += parents
        return below

    def stop(self):
        """SIGTERM; the exit code."""
        self.process.terminate()
        try:
            code = self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.folder.cleanup()
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()


def wait_until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return condition()

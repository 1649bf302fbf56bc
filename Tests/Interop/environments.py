# SPDX-License-Identifier: Apache-2.0
"""Where run.sh put the programs."""

import os

HERE = os.path.dirname(os.path.abspath(__file__))
VENVS = os.environ["GATEHOUSE_VENVS"]
BINARIES = os.environ["GATEHOUSE_BINARY_DIR"]
TIME = [os.path.join(VENVS, "server-time/bin/mcp-server-time"), "--local-timezone=UTC"]
SQLITE = [os.path.join(VENVS, "server-sqlite/bin/mcp-server-sqlite"), "--db-path"]
SDKS = {
    "sdk1": [os.path.join(VENVS, "client-1/bin/python"), os.path.join(HERE, "servers/sdk_server.py")],
    "sdk2": [os.path.join(VENVS, "client-2/bin/python"), os.path.join(HERE, "servers/sdk_server.py")],
}


def stdio(command, **more):
    """An entry of the configuration. Python servers take a second to start, and many start at once."""
    return {"stdio": dict({"command": command[0], "arguments": command[1:], "start_timeout": "120s"}, **more)}

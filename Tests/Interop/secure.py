# SPDX-License-Identifier: Apache-2.0
"""A real client through the gateway over TLS."""

import asyncio
import tempfile

import checks
import environments
import scenarios
import sdk
from certificates import Authority
from checks import check
from gateway import Gateway


async def talk(gateway):
    async with sdk.over_http(gateway.url("time"), gateway.keys["full"], authority=gateway.authority) as session:
        await scenarios.time_server(session)
    try:
        async with sdk.over_http(gateway.url("time"), gateway.keys["full"]) as session:
            await session.tools()
        check("a client that does not know the authority refuses", False)
    except BaseException as error:  # the SDKs put what they catch into groups
        check("a client that does not know the authority refuses", "CERTIFICATE_VERIFY_FAILED" in causes(error))


def causes(error):
    """The texts of an exception and of everything behind it."""
    inner = list(getattr(error, "exceptions", ())) + [error.__cause__, error.__context__]
    return repr(error) + "".join(causes(other) for other in inner if other is not None)


checks.prefix = "client %s, TLS: " % sdk.VERSION
access = [{"id": "full", "servers": ["*"], "to": {"key": "full"}, "allow": {"tools": ["*"]}}]
servers = {"time": environments.stdio(environments.TIME)}
try:
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(folder, "internal")
        with Gateway(environments.BINARIES, servers, ["full"], access, authority=authority) as gateway:
            asyncio.run(talk(gateway))
except Exception:
    checks.crashed("a session over TLS")
checks.finish()

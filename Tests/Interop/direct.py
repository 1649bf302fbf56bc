# SPDX-License-Identifier: Apache-2.0
"""The clients and the servers without the gateway: what the other scripts take for granted."""

import asyncio
import os
import tempfile

import checks
import environments
import scenarios
import sdk


async def main(folder):
    async with sdk.over_stdio(environments.TIME[0], environments.TIME[1:]) as session:
        await scenarios.time_server(session)
    async with sdk.over_stdio(environments.SQLITE[0], environments.SQLITE[1:] + [folder + "/data.db"]) as session:
        await scenarios.sqlite_server(session)
    for name, command in environments.SDKS.items():
        checks.prefix = "client %s, %s, direct: " % (sdk.VERSION, name)
        record = {"GATEHOUSE_RECORD": os.path.join(folder, name)}
        async with sdk.over_stdio(command[0], command[1:], record) as session:
            await scenarios.sdk_server(session)


checks.prefix = "client %s, direct: " % sdk.VERSION
with tempfile.TemporaryDirectory() as folder:
    try:
        asyncio.run(main(folder))
    except BaseException:
        checks.crashed("direct")
checks.finish()

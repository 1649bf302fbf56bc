#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A stdio MCP server that answers initialize, and nothing else, ever. Small enough to run by the hundred.
while IFS= read -r line; do
    case $line in
    *'"method":"initialize"'*)
        id=${line#*\"id\":}
        id=${id%%[,\}]*}
        printf '{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-11-25",' "$id"
        printf '"capabilities":{"tools":{}},"serverInfo":{"name":"quiet","version":"1"}}}\n'
        ;;
    esac
done

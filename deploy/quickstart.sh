#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds Gatehouse and runs it in front of calculator-server, with a key made for this run.
#
#   deploy/quickstart.sh                          with gateway.example.json
#   GATEHOUSE_CONFIG=FILE deploy/quickstart.sh    with another file, whose api_key_files take keys.d/*.json beside it
#
# Ctrl-C ends it.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=deploy/setup.sh
. deploy/setup.sh

config=${GATEHOUSE_CONFIG:-gateway.example.json}
keys=$(dirname "$config")/keys.d

build() {
    say "building (some minutes the first time)"
    # One file that needs no Swift runtime beside it, where the toolchain has the static libraries.
    local product resources flags=()
    resources=$(swift -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
    [ ! -d "${resources}_static" ] || flags=(--static-swift-stdlib)
    for product in gatehouse calculator-server; do
        swift build -c release "${flags[@]}" --product "$product"
    done
    PATH=$(swift build -c release --show-bin-path):$PATH
    export PATH
}

# Leaves the key in $key and its entry, which holds only a hash, in keys.d/demo.json.
make_key() {
    mkdir -p "$keys"
    local entry
    entry=$(mktemp "$keys/.demo.XXXXXX") # mode 600
    key=$(gatehouse key create --id demo --role demo 2>"$entry") || die "key create: $(cat "$entry")"
    printf '[%s]\n' "$(cat "$entry")" >"$entry.array"
    chmod 600 "$entry.array"
    mv "$entry.array" "$keys/demo.json"
    rm "$entry"
}

# Passes the gateway's standard error through; says how to go on once it listens. Ends when the gateway does.
watch_for_start() {
    trap '' INT TERM
    local line told=""
    while IFS= read -r line; do
        printf '%s\n' "$line" >&2
        case "$line" in
            *" (admin)") ;;
            "listening http"*)
                if [ -z "$told" ]; then
                    how_to_go_on "${line#listening }"
                elif [ "${line#listening https}" != "$line" ]; then
                    over_tls "${line#listening }"
                fi
                told=yes
                ;;
        esac
    done
}

over_tls() {
    printf 'The same over TLS: %s/calculator/mcp\n' "${1/0.0.0.0/127.0.0.1}"
    printf 'Its certificate is made at every start, and no client trusts it: curl needs -k. README.md says more.\n\n'
}

how_to_go_on() {
    local url=${1/0.0.0.0/127.0.0.1}/calculator/mcp insecure=""
    case "$url" in https:*) insecure=" -k" ;; esac
    cat <<EOF

Gatehouse is running. Your key, which is shown this once (keys.d/demo.json holds a hash of it):

  $key

Open a session:

  curl -i$insecure $url -H 'Authorization: Bearer $key' -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' -d '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"curl","version":"1"}}}'

The answer names the session in Mcp-Session-Id. README.md shows the next calls: one that is allowed, one that is not.
An MCP client needs the URL $url and the header Authorization: Bearer with the key.
Ctrl-C ends the gateway after it has drained (some seconds); a second one ends it at once.

EOF
}

[ -r "$config" ] || die "cannot read $config"
require_swift
need_for_build
need "curl ca-certificates" command -v curl
install_missing
require_swift_version
build
make_key
say "starting gatehouse with $config"
# The gateway takes this shell's place, so that Ctrl-C and SIGTERM reach it directly.
exec gatehouse serve --config "$config" 2> >(watch_for_start)

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Real MCP clients and servers, from PyPI, in front of and behind the built gateway.
#
#   Tests/Interop/run.sh [FOLDER OF THE BUILT PROGRAMS]
#
# Without an argument it takes the debug build. Environments are kept in .build/venvs (or GATEHOUSE_VENVS) until a file
# of requirements changes. GATEHOUSE_DIRECT_ONLY=1 runs what needs no gateway.
set -euo pipefail
started=$PWD
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
binaries=${1:-${GATEHOUSE_BINARY_DIR:-$(swift build --package-path "$root" --show-bin-path)}}
GATEHOUSE_BINARY_DIR=$(cd "$started" && cd "$binaries" && pwd)
GATEHOUSE_VENVS=${GATEHOUSE_VENVS:-$root/.build/venvs}
export GATEHOUSE_BINARY_DIR GATEHOUSE_VENVS
export PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1
mkdir -p "$GATEHOUSE_VENVS"

# environment NAME: made anew when its requirements, or the Python, are others than last time.
environment() {
    local venv=$GATEHOUSE_VENVS/$1 file=requirements/$1.txt wanted
    wanted=$( { cat "$file"; python3 --version; } | sha256sum | cut -d ' ' -f 1)
    if [ "$(cat "$venv/requirements.sha256" 2>/dev/null)" != "$wanted" ]; then
        echo "making the environment $1"
        rm -rf "$venv"
        python3 -m venv "$venv"
        "$venv/bin/pip" install --quiet --no-deps --requirement "$file"
        echo "$wanted" > "$venv/requirements.sha256"
    fi
}

for name in client-1 client-2 server-time server-sqlite server-fastmcp server-proxy sslyze; do environment "$name"; done

output=$(mktemp)
trap 'rm -f "$output"' EXIT
failed=0
# run ENVIRONMENT SCRIPT
run() { "$GATEHOUSE_VENVS/$1/bin/python" "$2" 2>&1 | tee -a "$output" || failed=1; }

for client in client-1 client-2; do
    run "$client" direct.py
    [ -n "${GATEHOUSE_DIRECT_ONLY:-}" ] || run "$client" through_gateway.py
    run "$client" over_http.py
    run "$client" secure.py
done
run client-2 isolation.py
run client-2 smuggling.py
run sslyze tls.py

good=$(grep -c '^ok ' "$output" || true)
bad=$(grep -c '^FAILED ' "$output" || true)
grep '^FAILED ' "$output" || true
echo "interop: $good passed, $bad failed"
[ "$failed" -eq 0 ] && [ "$bad" -eq 0 ] && [ "$good" -gt 0 ]

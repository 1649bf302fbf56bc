#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does what the README tells a reader to do: runs deploy/quickstart.sh, the curl line that it prints, and the README's
# commands, and compares the answers with those that the README prints. Ports are taken from the free ones.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$PWD/.build/readme
rm -rf "$work"
mkdir -p "$work"
gateway=""

fail() {
    printf 'Tests/readme.sh: %s\n' "$*" >&2
    tail -n 20 "$work/quickstart.out" "$work/quickstart.err" >&2
    exit 1
}

on_exit() {
    [ -z "$gateway" ] || kill -TERM "$gateway" 2>/dev/null || true
    [ -z "$gateway" ] || kill -TERM "$gateway" 2>/dev/null || true # the second one does not wait
}
trap on_exit EXIT

# The example on any free port; public_url is then the listener's.
sed -e '/"public_url"/d' -e '/"address"/s/127\.0\.0\.1:[0-9]*/127.0.0.1:0/' gateway.example.json >"$work/gateway.json"
GATEHOUSE_CONFIG=$work/gateway.json deploy/quickstart.sh >"$work/quickstart.out" 2>"$work/quickstart.err" &
gateway=$!
until grep -q '^Ctrl-C' "$work/quickstart.out"; do
    kill -0 "$gateway" 2>/dev/null || fail "the quickstart ended"
    sleep 0.2
done
key=$(grep -om 1 'ghk_demo_[A-Za-z0-9_-]*' "$work/quickstart.out")
origin=$(grep -om 1 'http://127\.0\.0\.1:[0-9]*' "$work/quickstart.out")
secure_origin=$(grep -om 1 'https://127\.0\.0\.1:[0-9]*' "$work/quickstart.err")
[ "$(stat -c %a "$work/keys.d/demo.json")" = 600 ] || fail "keys.d/demo.json can be read by others"
! grep -q "$key" "$work/quickstart.err" "$work/keys.d/demo.json" || fail "the key is written where it must not be"

# The line that the quickstart prints, as it stands.
bash -c "$(grep '^  curl ' "$work/quickstart.out")" >"$work/initialize" 2>/dev/null
grep -qi '^mcp-session-id: .' "$work/initialize" || fail "no session: $(cat "$work/initialize")"

# The first block of commands with our key and port, then each command behind a "$", and what the README says it prints.
awk '/^```sh$/ { block++; if (block == 2) { inside = 1; next } } /^```$/ { inside = 0 } inside' README.md |
    sed -e "s/^KEY=[^ ]*/KEY=$key/" -e "s|http://127.0.0.1:8080|$origin|" >"$work/commands"
awk '/^```console$/ { inside = 1; next } /^```$/ { inside = 0 } inside && /^\$ / { print substr($0, 3) }' README.md |
    sed -e "s|https://127.0.0.1:8443|$secure_origin|" >>"$work/commands"
awk '/^```console$/ { inside = 1; next } /^```$/ { inside = 0 } inside && !/^\$ /' README.md |
    tr -d '\n' >"$work/expected"
bash -euo pipefail "$work/commands" | tr -d '\n' |
    sed 's/"requestId":"[0-9a-f]*"/"requestId":"..."/g' >"$work/printed"
cmp -s "$work/expected" "$work/printed" || {
    printf 'expected %s\nprinted  %s\n' "$(cat "$work/expected")" "$(cat "$work/printed")" >&2
    fail "the README prints something else"
}
echo "The README's commands answer as printed."

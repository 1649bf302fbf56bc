#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures what a request costs the gateway, in CPU time, beside HAProxy doing the same work in the same run.
#
#   Tests/Benchmarks/run.sh                              all cases, a table at the end
#   Tests/Benchmarks/run.sh --cases denied,call --rounds 5
#   Tests/Benchmarks/run.sh --gateway old=/path/gatehouse    beside another build
#   Tests/Benchmarks/run.sh --memory                     memory per connection, stream and session
#
# Compare ratios of one run only: what else runs on the machine moves the figures by tens of per cent.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=deploy/setup.sh
. deploy/setup.sh

require_swift
need_for_build
need "wrk" command -v wrk
need "haproxy" test -x /usr/sbin/haproxy
need "python3" command -v python3
need "util-linux" command -v taskset
install_missing
swift build -c release --product gatehouse
swift build -c release --product calculator-server
exec python3 Tests/Benchmarks/measure.py --build "$(swift build -c release --show-bin-path)" "$@"

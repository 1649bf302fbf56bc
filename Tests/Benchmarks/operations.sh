#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the steps of a request cost by themselves: blocks and bytes from the heap, and instructions. Fails where one is
# over its threshold in thresholds.json.
#
#   Tests/Benchmarks/operations.sh              compares
#   Tests/Benchmarks/operations.sh --write      makes what is measured the thresholds, after a change that is meant
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=deploy/setup.sh
. deploy/setup.sh

require_swift
need_for_build
need "python3" command -v python3
need "valgrind" command -v valgrind
need "binutils" command -v strip
install_missing
swift build -c release --product gatehouse-bench
exec python3 Tests/Benchmarks/operations.py --program "$(swift build -c release --show-bin-path)/gatehouse-bench" "$@"

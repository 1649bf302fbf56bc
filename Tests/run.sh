#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Sets up a Debian 12 with the Swift toolchain, then runs every test. Stops at the first stage that fails.
#
#   Tests/run.sh                 all stages
#   Tests/run.sh unit fuzz       these stages only
#
#   lint      swift format
#   unit      swift build, swift test: every module, the house rules, the built program end to end
#   readme    deploy/quickstart.sh and the README's commands, compared with what they are said to print
#   interop   real MCP clients and servers in Python, from PyPI
#   asan      the suite under the address sanitizer
#   tsan      the suite under the thread sanitizer
#   bench     what single operations cost in allocations and instructions, against the thresholds
#   fuzz      each fuzz target for GATEHOUSE_FUZZ_SECONDS (default 15)
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=deploy/setup.sh
. deploy/setup.sh

stages_known=(lint unit readme interop bench asan tsan fuzz)
current="set-up"
summary=()

on_exit() {
    local status=$?
    [ "${#summary[@]}" -eq 0 ] || printf '\n%s' "${summary[@]}"
    if [ "$status" -ne 0 ]; then
        printf '\nTests/run.sh: FAILED in stage %s\n' "$current" >&2
    else
        printf '\nTests/run.sh: every stage passed\n'
    fi
}
trap on_exit EXIT

set_up() {
    require_swift
    need_for_build
    need "git" command -v git
    need "curl ca-certificates" command -v curl
    need "python3 python3-venv" python3 -c 'import ensurepip, venv'
    need "openssl" command -v openssl
    need "testssl.sh" command -v testssl
    install_missing
    require_swift_version
    if [ -z "${GATEHOUSE_VECTORS:-}" ] && [ -d ../shared/vectors ]; then
        GATEHOUSE_VECTORS=$(cd ../shared/vectors && pwd)
        export GATEHOUSE_VECTORS
    fi
    if [ -z "${GATEHOUSE_VECTORS:-}" ]; then
        echo "No shared vectors (GATEHOUSE_VECTORS, ../shared/vectors): the tests that read them say that they skip."
    fi
}

stage_lint() { swift format lint --strict --recursive Package.swift Sources Tests; }

stage_unit() {
    swift build --build-tests
    swift test --skip-build --disable-xctest
}

stage_readme() { Tests/readme.sh; }

stage_interop() {
    if [ -x Tests/Interop/run.sh ]; then
        swift build
        Tests/Interop/run.sh
    else
        echo "There is no Tests/Interop/run.sh."
    fi
}

stage_bench() { Tests/Benchmarks/operations.sh; }

# sanitized NAME OPTIONS: the suite, and the programs that it starts, under one sanitizer. Reports go to files, because
# those of a program that a test started would otherwise be lost; any report fails the stage. The house rules read text
# and need no sanitizer.
sanitized() {
    local name=$1 build=.build-$2 options=$3
    local reports=$PWD/$build/reports
    rm -rf "$reports"
    # A server may run as another user.
    mkdir -p -m 1777 "$reports"
    # Exit tests trap on purpose: only memory errors and races count, not the signal.
    options="$options:handle_sigill=0:handle_sigtrap=0:log_exe_name=1:log_path=$reports/report"
    swift build --build-tests --sanitize "$name" --build-path "$build"
    local status=0
    env ASAN_OPTIONS="$options" TSAN_OPTIONS="$options" GATEHOUSE_SANITIZER="$name" SWIFT_BACKTRACE=enable=no \
        swift test --skip-build --disable-xctest --sanitize "$name" --build-path "$build" --skip TidyTests ||
        status=$?
    local report
    for report in "$reports"/*; do
        [ -e "$report" ] || break
        head -n 60 "$report"
        die "the $name sanitizer reported; the files are in $build/reports"
    done
    return "$status"
}

stage_asan() { sanitized address asan "detect_leaks=0:detect_stack_use_after_return=1"; }

# Tests fork from a process that has threads; the program itself does not.
stage_tsan() { sanitized thread tsan "halt_on_error=0:die_after_fork=0"; }

stage_fuzz() {
    local seconds=${GATEHOUSE_FUZZ_SECONDS:-15} folder name work
    FUZZ=1 swift build -c release --build-path .build-fuzz
    for folder in Tests/Fuzz/*/; do
        name=$(basename "$folder")
        [ -x ".build-fuzz/release/$name" ] || die "the fuzz target $name was not built: it has no row in Package.swift"
        say "fuzz $name, $seconds s"
        work=.build-fuzz/found/$name
        mkdir -p "$work/corpus" "$work/crashes" "$folder/corpus"
        # New inputs go to the first folder; the kept ones are only read. A crash file belongs in the kept corpus.
        SWIFT_BACKTRACE=enable=no ".build-fuzz/release/$name" -max_total_time="$seconds" -timeout=10 \
            -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$work/crashes/" \
            "$work/corpus" "$folder/corpus" >"$work/log" 2>&1 || {
            tail -n 60 "$work/log"
            die "$name found something; the input is in $work/crashes"
        }
        grep -E 'number_of_executed|new_units|peak_rss' "$work/log"
    done
}

run_stage() {
    local started=$SECONDS
    current=$1
    say "stage $1"
    "stage_$1"
    summary+=("$(printf '%-8s passed in %d s' "$1" $((SECONDS - started)))"$'\n')
}

stages=("$@")
[ "${#stages[@]}" -gt 0 ] || stages=("${stages_known[@]}")
for stage in "${stages[@]}"; do
    case " ${stages_known[*]} " in
        *" $stage "*) ;;
        *) current="arguments"; die "no stage '$stage'; there are: ${stages_known[*]}" ;;
    esac
done
set_up
for stage in "${stages[@]}"; do run_stage "$stage"; done

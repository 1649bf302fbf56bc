# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by deploy/quickstart.sh and Tests/run.sh: finds the Swift toolchain and installs what the build needs from
# Debian. Each need is a command that answers whether it is met, so nothing is touched on a machine that has it all.

say() { printf '\n== %s\n' "$*"; }

die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

require_swift() {
    command -v swift >/dev/null 2>&1 ||
        die "no swift in PATH. Install the Swift 6.3 toolchain for Debian 12 (https://www.swift.org/install/linux/)."
}

require_swift_version() {
    local version
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    case "$version" in
        "") die "'swift --version' does not run: $(swift --version 2>&1 | head -n 1)" ;;
        [0-5].* | 6.[0-2]) die "swift is $version; Gatehouse needs 6.3 or later." ;;
    esac
}

# Whether the toolchain finds the libraries of Debian that its own programs use.
toolchain_is_whole() {
    local folder program
    folder=$(dirname "$(readlink -f "$(command -v swift)")")
    for program in "$folder"/swift-driver "$folder"/swift-build "$folder"/lld; do
        if [ -e "$program" ] && ldd "$program" | grep -q 'not found'; then return 1; fi
    done
}

missing_packages=()

# need PACKAGES COMMAND…: the Debian packages, one word, are wanted unless the command succeeds.
need() {
    local packages=$1
    shift
    "$@" >/dev/null 2>&1 && return
    # shellcheck disable=SC2206 # several packages in one word
    missing_packages+=($packages)
}

# What building takes.
need_for_build() {
    need "libncurses6 libsqlite3-0 libcurl4 libxml2 tzdata" toolchain_is_whole
    need "binutils" command -v ld
    need "libc6-dev libstdc++-12-dev" test -e /usr/include/stdio.h -a -d /usr/include/c++
    need "pkg-config" command -v pkg-config
    need "libssl-dev" test -e /usr/include/openssl/evp.h
}

install_missing() {
    [ "${#missing_packages[@]}" -gt 0 ] || return 0
    say "installing ${missing_packages[*]}"
    command -v apt-get >/dev/null 2>&1 || die "no apt-get here; install ${missing_packages[*]} by hand."
    local root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null 2>&1 || die "run as root: apt-get install ${missing_packages[*]}"
        root=(sudo)
    fi
    "${root[@]}" apt-get update
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing_packages[@]}"
}

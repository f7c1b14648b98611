# SPDX-License-Identifier: MIT
# Sourced by the other scripts: messages, the repository's root, the cache, a download that never leaves half a file.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=$ROOT/build/cache # survives `make clean`
ME=${0##*/}

say() { printf '%s: %s\n' "$ME" "$*" >&2; }
die() {
    printf '%s: error: %s\n' "$ME" "$*" >&2
    exit 1
}

# need COMMAND...: each must be there; scripts/setup is what installs them.
need() {
    local c
    for c in "$@"; do
        command -v "$c" >/dev/null || die "the command '$c' is missing: run scripts/setup"
    done
}

# size_of FILE: its bytes.
size_of() { stat -L -c %s -- "$1"; }

# scratch: a directory of this process's own, removed when it ends; its name is in $SCRATCH.
scratch() {
    mkdir -p "$ROOT/build/tmp"
    SCRATCH=$(mktemp -d "$ROOT/build/tmp/$ME.XXXXXX")
    trap 'rm -rf "$SCRATCH"' EXIT
}

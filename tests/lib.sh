# SPDX-License-Identifier: MIT
# Sourced by test scripts. Each test prints one line, "PASS name" or "FAIL name: why"; what it did is kept in
# build/test/NAME.log and shown when it fails. End the script with `finish`.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
OUT=$ROOT/build/test
PASSED=0
FAILED=0
mkdir -p "$OUT"

pass() {
    PASSED=$((PASSED + 1))
    echo "PASS $1"
}
fail() { # NAME WHY
    FAILED=$((FAILED + 1))
    echo "FAIL $1: $2"
}

# check NAME SECONDS COMMAND...: passes when the command ends with status 0 in that time. COMMAND may be a function: it
# runs in a process of its own, with `set -e`, and everything that it started is gone when it is over.
check() {
    local name=$1 seconds=$2 log status=0 start=$SECONDS
    shift 2
    log=$OUT/${name//[^A-Za-z0-9._-]/_}.log
    if declare -F "$1" >/dev/null; then
        export -f $(declare -F | cut -d ' ' -f 3)
        set -- bash -c 'set -euo pipefail; "$@"' "$name" "$@"
    fi
    export ROOT OUT
    timeout -k 5 "$seconds" "$@" >"$log" 2>&1 </dev/null || status=$?
    case $status in
    0) pass "$name ($((SECONDS - start)) s)" && return ;;
    124 | 137) fail "$name" "not done after $seconds s" ;;
    *) fail "$name" "status $status" ;;
    esac
    tail -n "${TAIL:-25}" "$log" | tr -cd '\11\12\40-\176' | sed 's/^/    | /'
}

# status_is N COMMAND...: the command's status is N.
status_is() {
    local want=$1 got=0
    shift
    "$@" || got=$?
    [ "$got" = "$want" ] || { echo "status $got, expected $want: $*" && return 1; }
}

# has FILE TEXT / has_not FILE TEXT: a fixed text.
has() { grep -qaF -- "$2" "$1" || { echo "'$2' is not in $1" && return 1; }; }
has_not() { ! grep -qaF -- "$2" "$1" || { echo "'$2' is in $1" && return 1; }; }

# hashes FILE: the (instruction count, state hash) pairs of the JSON lines in it, sorted by count.
hashes() {
    tr -d '\r' <"$1" | grep -ao '{"softmetal":.*}' |
        sed -nE '/"state_hash":"[0-9a-f]{16}"/{s/.*"instructions":([0-9]+).*"state_hash":"([0-9a-f]{16})".*/\1 \2/p}' | sort -nu
}

# hash_at FILE COUNT: the state hash at that instruction count, "" when there is none.
hash_at() { hashes "$1" | awk -v n="$2" '$1 == n { print $2; exit }'; }

# same_hashes FILE FILE COUNT...: both have a state hash at each count, and the same one.
same_hashes() {
    local a=$1 b=$2 n x y
    shift 2
    for n; do
        x=$(hash_at "$a" "$n") y=$(hash_at "$b" "$n")
        [ -n "$x" ] && [ "$x" = "$y" ] || { echo "state hash at $n: '$x' in $a, '$y' in $b" && return 1; }
        echo "state hash at $n: $x in both"
    done
}

# beside COMMAND...: a function, most often, that makes tests, in a process of its own beside what follows; as many at once as there are
# processors (BESIDE_MOST: fewer). What it says comes when `besides` waits for all of them, in the order in which they were started.
BESIDE=()
beside() {
    local said
    while [ "$(jobs -rp | wc -l)" -ge "${BESIDE_MOST:-${JOBS:-$(nproc)}}" ]; do wait -n; done
    said=$(mktemp "$OUT/beside.XXXXXX")
    (
        FAILED=0
        "$@"
        finish
    ) >"$said" &
    BESIDE+=("$! $said")
}
besides() {
    local one
    for one in "${BESIDE[@]}"; do
        wait "${one%% *}" || FAILED=$((FAILED + 1))
        cat "${one#* }"
        rm "${one#* }"
    done
    BESIDE=()
}

finish() {
    [ $FAILED = 0 ] || exit 1
    exit 0
}

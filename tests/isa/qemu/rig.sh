# SPDX-License-Identifier: MIT
# Sourced by tests/isa/*/oracle/run, which says what LLVM writes otherwise: `llvm_options` and, line by line, `llvm_text` and `our_text`;
# then it calls rig. With options that is the rig alone, without them it is the stage.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../../lib.sh"
cd "$ROOT" || exit 1

text() { # RIG BFD WORDS [--max]: every row, many times, as LLVM's disassembler writes it
    local out=$OUT/$1-text${4:-}
    "build/host/$1" ${4:+"$4"} --text "$3" "$out.bin" | our_text >"$out.ours"
    llvm-objcopy-19 -I binary -O "$2" "$out.bin" "$out.elf"
    # shellcheck disable=SC2046 # options are words
    llvm-objdump-19 -D -j .data --no-show-raw-insn --no-print-imm-hex -M no-aliases $(llvm_options) "$out.elf" |
        sed -nE 's/^ *([0-9a-f]+): *\t/\1: /p' | sed -E 's/\t/ /g; s/ <[^>]*>$//; s/ +$//' | llvm_text |
        awk -F: 'FNR == NR { ours[$1] = 1; next } $1 in ours' "$out.ours" - >"$out.llvm"
    [ "$(wc -l <"$out.ours")" -gt $(($3 * 11 / 12)) ]
    diff "$out.ours" "$out.llvm" | head -60
    cmp "$out.ours" "$out.llvm"
}

rig() { # ARCH SECONDS BFD WORDS MAX OPTION...; MAX: cases of the rows that the largest model has besides, 0: it has none
    local rig=isa-$1 seconds=$2 bfd=$3 words=$4 max=$5
    shift 5
    [ $# = 0 ] || { make --no-print-directory "$rig" && exec "build/host/$rig" "$@"; exit; }
    check "$rig/build" 600 make --no-print-directory -Otarget -j"${JOBS:-$(nproc)}" "$rig"
    check "$rig/rows" "$seconds" "build/host/$rig" --cases 10000000 --seed 1
    [ "$max" = 0 ] || check "$rig/max" "$seconds" "build/host/$rig" --max --cases "$max" --seed 1
    check "$rig/sweep" "$seconds" "build/host/$rig" --sweep
    check "$rig/text" 120 text "$rig" "$bfd" "$words"
    [ "$max" = 0 ] || check "$rig/text-max" 120 text "$rig" "$bfd" $((words / 3)) --max
    local logs=("$OUT/${rig}_rows.log" "$OUT/${rig}_sweep.log")
    [ "$max" = 0 ] || logs+=("$OUT/${rig}_max.log")
    grep -ahE '^(left out|[0-9]+ (rows|encodings|cases))' "${logs[@]}" | sed 's/^/    /'
    finish
}

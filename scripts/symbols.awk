# SPDX-License-Identifier: MIT
# `nm -n` of the firmware on input, the symbol table of kernel/symbols.c as assembly on output.
BEGIN { print "    .section .symbols, \"a\""; n = 0 }
$2 ~ /^[tT]$/ && $3 !~ /^(__text_|\.L)/ { address[n] = $1; name[n++] = $3 }
END {
    print "    .globl symbol_count, symbol_table, symbol_names\n    .hidden symbol_count, symbol_table, symbol_names"
    print "    .balign 8\nsymbol_count:\n    .long " n "\nsymbol_table:"
    for (i = 0; i < n; i++) print "    .long 0x" address[i] ", name" i " - symbol_names"
    print "symbol_names:"
    for (i = 0; i < n; i++) print "name" i ": .asciz \"" name[i] "\""
    print "    .section .note.GNU-stack, \"\", @progbits"
}

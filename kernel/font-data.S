/* SPDX-License-Identifier: MIT
 * The font as it comes in Debian's console-setup-linux, unpacked by the Makefile. */
    .section .rodata
    .globl font_start, font_end
    .hidden font_start, font_end
font_start:
    .incbin "font.psf"
font_end:
    .section .note.GNU-stack, "", @progbits

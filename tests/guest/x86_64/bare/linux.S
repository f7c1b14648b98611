# SPDX-License-Identifier: MIT
# A bzImage by its header (Linux boot protocol 2.15, Documentation/arch/x86/boot.rst) whose kernel never ends: for what is done to Linux alone.
    .section .header, "ax"
    .globl start
start:
boot_sector:
    .org 0x1f1
    .byte 1                             # setup_sects
    .org 0x1f4
    .long (kernel_end - kernel) / 16    # syssize
    .org 0x1fe
    .word 0xaa55                        # boot_flag
    .byte 0xeb, 0x66                    # jump behind the header, whose size it tells
    .ascii "HdrS"
    .word 0x20f                         # version
    .org 0x211
    .byte 1                             # loadflags: LOADED_HIGH
    .org 0x230
    .long 0x200000                      # kernel_alignment
    .byte 1                             # relocatable_kernel
    .org 0x236
    .word 1                             # xloadflags: XLF_KERNEL_64
    .long 255                           # cmdline_size
    .org 0x258
    .quad 0x1000000                     # pref_address
    .long 0x10000                       # init_size
    .org 0x400
kernel:
    .code32
    jmp .
    .org 0x600                          # the 64-bit entry, 0x200 behind the kernel's start
    .code64
    jmp .
    .org 0x800
kernel_end:

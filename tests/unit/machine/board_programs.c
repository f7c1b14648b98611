// SPDX-License-Identifier: MIT
#include "board_programs.h"

static const u8 ports[] = {0xb9, 0xf8, 0x00, 0x41, 0x89,
                           0xca, 0xec, 0xee, 0xeb, 0xf9}; // mov cx, 0f8h; inc cx; mov dx, cx; in al, dx; out dx, al; jmp
// lui a0, 10001h; loop: lw a1, (a0); sw a1, (a0); addi a0, a0, 4; j loop
static const u8 virtio_riscv64[] = {0x37, 0x15, 0x00, 0x10, 0x83, 0x25, 0x05, 0x00, 0x23, 0x20,
                                    0xb5, 0x00, 0x13, 0x05, 0x45, 0x00, 0x6f, 0xf0, 0x5f, 0xff};
// movz x0, #0a00h, lsl 16; loop: ldr w1, [x0]; str w1, [x0], #4; b loop
static const u8 virtio_arm64[] = {0x00, 0x40, 0xa1, 0xd2, 0x01, 0x00, 0x40, 0xb9, 0x01, 0x44, 0x00, 0xb8, 0xfe, 0xff, 0xff, 0x17};

#define CODE(bytes) {"code", (u8 *)(uintptr_t)(bytes), sizeof(bytes)}
const struct board_program board_registers[BOARD_PROGRAMS] = {
    {ARCH_X86_64, 0x7c00, CODE(ports)},
    {ARCH_RISCV64, 0x80200000, CODE(virtio_riscv64)},
    {ARCH_ARM64, 0x40200000, CODE(virtio_arm64)},
};

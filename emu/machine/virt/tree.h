// SPDX-License-Identifier: MIT
// The device tree of the board `virt` (Devicetree Specification 0.4); tree_ARCH.c has what an architecture tells.
#ifndef MACHINE_VIRT_TREE_H
#define MACHINE_VIRT_TREE_H

#include "base/types.h"

// What the tree says of a hart. Block sizes of the cache-management instructions in bytes; 0: there are none.
struct virt_isa {
    const char *base;             // "rv64i": riscv,isa-base
    const char *const *extension; // as riscv,isa-extensions has them, the ones of one letter first and in the order of riscv,isa
    unsigned extensions;
    const char *mmu_type; // "riscv,sv39"
    unsigned cbom_block, cbop_block, cboz_block;
};

struct virt_arch;
struct virt_rows;

struct virt_tree {
    const struct virt_arch *arch;
    const struct virt_rows *rows;
    struct virt_isa isa; // RISC-V
    const char *cpu;     // Arm64: the processor's `compatible`
    u64 ram_size;
    u64 kaslr_seed;          // where Linux puts itself follows from it; 0: none is told
    const char *bootargs;    // "": none
    u64 initrd, initrd_size; // size 0: none
};

// Writes it to the `room` bytes at `at`. Its size, or ERR_RANGE: the room is too small. The same in every run of the same configuration.
i64 virt_write_tree(const struct virt_tree *t, void *at, u64 room);

// What it needs at most besides bootargs, with room for what firmware adds to it.
#define VIRT_TREE_ROOM ((u64)64 << 10)

#endif

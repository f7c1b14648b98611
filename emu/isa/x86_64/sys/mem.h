// SPDX-License-Identifier: MIT
// Guest memory access for handlers. The short path is a compare and an add; everything else (TLB miss, MMIO, page
// crossing, segment limits, breakpoints, pages with decoded code) is in mem.c.
#ifndef X86_MEM_H
#define X86_MEM_H

#include "cpu/access.h"
#include "isa/x86_64/insn/uop.h"

enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_EXEC };

// ---- out of line (mem.c). All may raise; c->cur must be set. `seg` is the segment whose rules apply (#SS for SS), SEG_NONE
// for linear addresses of system structures.
// Linear address of offset `at` in segment `seg` for an access of `size` bytes: limit, type and canonical checks.
gva_t x86_linear(struct x86_cpu *c, unsigned seg, u64 at, unsigned size, enum access access);
// Effective address of u's operand before segmentation, cut to the address size (for LEA, and to step through memory).
u64 x86_offset(const struct x86_cpu *c, const struct uop *u);
// 1..64 bytes at a linear address, with CPL's rights; all or nothing, page crossing resolved before either page is touched.
// Naturally sized MMIO accesses (1, 2, 4, 8) reach the device as one.
void x86_read(struct x86_cpu *c, unsigned seg, gva_t a, void *to, unsigned size);
void x86_write(struct x86_cpu *c, unsigned seg, gva_t a, const void *from, unsigned size);
// Raises unless all of [a, a + size) may be written (read): the check before an instruction commits.
void x86_probe(struct x86_cpu *c, unsigned seg, gva_t a, unsigned size, enum access access);
// The same with supervisor rights whatever CPL and RFLAGS.AC are: descriptor tables, TSS (implicit accesses, 4.6.1).
u64 x86_sys_read(struct x86_cpu *c, gva_t a, unsigned size); // 1, 2, 4, 8
void x86_sys_write(struct x86_cpu *c, gva_t a, u64 value, unsigned size);
void x86_sys_probe(struct x86_cpu *c, gva_t a, unsigned size, enum access access);
// As user or supervisor by choice: stacks of an inner or outer ring. No system structure, so a supervisor's are explicit accesses,
// which AC opens user pages for: that of the program which is left, where an exception or a call gate changes stacks.
u64 x86_read_as(struct x86_cpu *c, bool user, unsigned seg, gva_t a, unsigned size);
void x86_write_as(struct x86_cpu *c, bool user, unsigned seg, gva_t a, u64 value, unsigned size);
void x86_probe_as(struct x86_cpu *c, bool user, unsigned seg, gva_t a, unsigned size, enum access access);

gva_t x86_operand_slow(struct x86_cpu *c, const struct uop *u, unsigned size, enum access access);
u64 x86_load_slow(struct x86_cpu *c, const struct uop *u, unsigned seg, gva_t a, unsigned size);
void x86_store_slow(struct x86_cpu *c, const struct uop *u, unsigned seg, gva_t a, u64 value, unsigned size);

// ---- inline
// The linear address of u's memory operand.
static inline gva_t operand_address(struct x86_cpu *c, const struct uop *u, unsigned size, enum access access) {
    if (unlikely(u->mem & MEM_SLOW)) {
        // 64-bit code with FS or GS, or with 32-bit addresses.
        if (unlikely((c->mode & (MODE_CODE_MASK | MODE_ALIGN)) != MODE_CODE64)) return x86_operand_slow(c, u, size, access);
        u64 at = c->s.gpr[u->base] + (c->s.gpr[u->index] << (u->mem & 3)) + (u64)u->disp;
        if (u->mem & MEM_ADDR32) at = (u32)at;
        return MEM_SEG(u) >= FS ? at + c->s.seg[MEM_SEG(u)].base : at;
    }
    return c->s.gpr[u->base] + (c->s.gpr[u->index] << (u->mem & 3)) + (u64)u->disp;
}

// Host pointer for a hit that stays within its page, else NULL.
static inline u8 *tlb_read(const struct x86_cpu *c, gva_t a, unsigned size) { return vcpu_tlb_read(&c->v, a, size); }
static inline u8 *tlb_write(const struct x86_cpu *c, gva_t a, unsigned size) { return vcpu_tlb_write(&c->v, a, size); }

// LOAD8..64(c, u): u's memory operand. STORE8..64(c, u, v). loadN/storeN: at a linear address under segment seg's rules.
#define MEM_ACCESSORS(N)                                                                                                         \
    static inline u##N load##N(struct x86_cpu *c, const struct uop *u, unsigned seg, gva_t a) {                                  \
        const u8 *p = tlb_read(c, a, N / 8);                                                                                     \
        u##N v;                                                                                                                  \
        if (unlikely(!p)) return (u##N)x86_load_slow(c, u, seg, a, N / 8);                                                       \
        memcpy(&v, p, N / 8);                                                                                                    \
        return v;                                                                                                                \
    }                                                                                                                            \
    static inline void store##N(struct x86_cpu *c, const struct uop *u, unsigned seg, gva_t a, u##N v) {                         \
        u8 *p = tlb_write(c, a, N / 8);                                                                                          \
        if (unlikely(!p)) {                                                                                                      \
            x86_store_slow(c, u, seg, a, v, N / 8);                                                                              \
            return;                                                                                                              \
        }                                                                                                                        \
        memcpy(p, &v, N / 8);                                                                                                    \
    }                                                                                                                            \
    static inline u##N LOAD##N(struct x86_cpu *c, const struct uop *u) {                                                         \
        return load##N(c, u, MEM_SEG(u), operand_address(c, u, N / 8, ACCESS_READ));                                             \
    }                                                                                                                            \
    static inline void STORE##N(struct x86_cpu *c, const struct uop *u, u##N v) {                                                \
        store##N(c, u, MEM_SEG(u), operand_address(c, u, N / 8, ACCESS_WRITE), v);                                               \
    }
MEM_ACCESSORS(8)
MEM_ACCESSORS(16)
MEM_ACCESSORS(32)
MEM_ACCESSORS(64)
#undef MEM_ACCESSORS

// u's memory operand of any size up to 64 bytes (x87, SSE). align: 16 raises #GP(0) when the address is not so aligned.
static inline void LOADN(struct x86_cpu *c, const struct uop *u, void *to, unsigned size, unsigned align) {
    gva_t a = operand_address(c, u, size, ACCESS_READ);
    if (unlikely(a & (align - 1))) RAISE(EXC_GP, 0);
    const u8 *p = tlb_read(c, a, size);
    if (likely(p)) {
        memcpy(to, p, size);
        return;
    }
    SYNC;
    x86_read(c, MEM_SEG(u), a, to, size);
}

static inline void STOREN(struct x86_cpu *c, const struct uop *u, const void *from, unsigned size, unsigned align) {
    gva_t a = operand_address(c, u, size, ACCESS_WRITE);
    if (unlikely(a & (align - 1))) RAISE(EXC_GP, 0);
    u8 *p = tlb_write(c, a, size);
    if (likely(p)) {
        memcpy(p, from, size);
        return;
    }
    SYNC;
    x86_write(c, MEM_SEG(u), a, from, size);
}

#endif

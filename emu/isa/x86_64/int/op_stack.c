// SPDX-License-Identifier: MIT
// PUSH, POP, PUSHA, POPA, ENTER, LEAVE.
#include "isa/x86_64/insn/ops.h"
#include "isa/x86_64/insn/stack.h"

#define STACK_OPS(N, _)                                                                                                          \
    STACK_OP(push_r##N) {                                                                                                        \
        PUSH(N, REG##N(u->b));                                                                                                   \
        DONE;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(push_m##N) {                                                                                                          \
        LOAD_E(N, v);                                                                                                            \
        PUSH(N, v);                                                                                                              \
        DONE;                                                                                                                    \
    }                                                                                                                            \
    STACK_OP(push_i_##N) {                                                                                                       \
        PUSH(N, u->imm);                                                                                                         \
        DONE;                                                                                                                    \
    }                                                                                                                            \
    STACK_OP(pop_r##N) {                                                                                                         \
        PEEK(N, v);                                                                                                              \
        DROP(N / 8);                                                                                                             \
        SET##N(u->b, v);                                                                                                         \
        DONE;                                                                                                                    \
    }                                                                                                                            \
    /* An address through rSP is computed with rSP already raised (vol. 2B, POP); a fault takes that back. */                    \
    SOP(pop_m##N) {                                                                                                              \
        u##N v = peek##N(c, u, 0);                                                                                               \
        u64 sp = c->s.gpr[RSP], moved = stack_moved(c, N / 8);                                                                   \
        struct uop at = *u;                                                                                                      \
        if (u->base == RSP) at.disp += (i64)(moved - sp);                                                                        \
        SYNC;                                                                                                                    \
        gva_t a = x86_linear(c, MEM_SEG(u), x86_offset(c, &at), N / 8, ACCESS_WRITE);                                            \
        store##N(c, u, MEM_SEG(u), a, v);                                                                                        \
        c->s.gpr[RSP] = moved;                                                                                                   \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    STACK_OP(leave_##N) {                                                                                                        \
        if (FAST) {                                                                                                              \
            u##N v;                                                                                                              \
            FAST_LOAD(N, v, REG64(RBP));                                                                                         \
            SET64(RSP, REG64(RBP) + N / 8);                                                                                      \
            SET##N(RBP, v);                                                                                                      \
            DONE;                                                                                                                \
        }                                                                                                                        \
        u64 at = c->s.gpr[RBP] & stack_mask(c);                                                                                  \
        SYNC;                                                                                                                    \
        u##N v = load##N(c, u, SS, x86_linear(c, SS, at, N / 8, ACCESS_READ));                                                   \
        u64 m = stack_mask(c);                                                                                                   \
        c->s.gpr[RSP] = (m == 0xffff ? c->s.gpr[RSP] & ~m : 0) | ((at + N / 8) & m);                                             \
        SET##N(RBP, v);                                                                                                          \
        DONE;                                                                                                                    \
    }
FOR_SIZES_V(STACK_OPS, )
const struct ops push_z_ops = {.r = STACK_LIST_V(push_r)}, pop_z_ops = {.r = STACK_LIST_V(pop_r)},
                 push_e_ops = {STACK_LIST_V(push_r), MEM_LIST_V(push_m)}, pop_e_ops = {STACK_LIST_V(pop_r), LIST_V(pop_m)},
                 push_i_ops = {.r = STACK_LIST_V(push_i_)}, leave_ops = {.r = STACK_LIST_V(leave_)};

// The linear address of the i-th element above rSP (below: negative).
static gva_t element(struct x86_cpu *c, i64 i, unsigned size, enum access access) {
    return x86_linear(c, SS, (c->s.gpr[RSP] + (u64)(i * size)) & stack_mask(c), size, access);
}

// All eight places are probed, in the order of pushing, before the first is written: so a fault changes nothing.
#define ALL(N)                                                                                                                   \
    SOP(pusha_##N) {                                                                                                             \
        SYNC;                                                                                                                    \
        for (unsigned i = 0; i < 8; i++) x86_probe(c, SS, element(c, -1 - (i64)i, N / 8, ACCESS_WRITE), N / 8, ACCESS_WRITE);    \
        for (unsigned i = 0; i < 8; i++) {                                                                                       \
            u##N v = (u##N)REG##N(i);                                                                                            \
            x86_write(c, SS, element(c, -1 - (i64)i, N / 8, ACCESS_WRITE), &v, sizeof v);                                        \
        }                                                                                                                        \
        stack_add(c, -N);                                                                                                        \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(popa_##N) {                                                                                                              \
        u##N v[8];                                                                                                               \
        SYNC;                                                                                                                    \
        for (unsigned i = 0; i < 8; i++) x86_read(c, SS, element(c, i, N / 8, ACCESS_READ), &v[i], N / 8);                       \
        for (unsigned i = 0; i < 8; i++)                                                                                         \
            if (i != RSP) SET##N(i, v[7 - i]);                                                                                   \
        stack_add(c, N);                                                                                                         \
        NEXT;                                                                                                                    \
    }
ALL(16)
ALL(32)
const struct ops pusha_ops = {.r = {0, pusha_16, pusha_32}}, popa_ops = {.r = {0, popa_16, popa_32}};

// The bytes at `at` of which some may be among the n values just pushed from `frame` downwards.
static u64 see_pushed(u64 v, u64 at, u64 frame, u64 mask, unsigned width, const u64 *pushed, unsigned n) {
    for (unsigned b = 0; b < width; b++) {
        u64 below = (frame + width - 1 - at - b) & mask;
        if (below >= (u64)n * width) continue;
        u64 byte = pushed[below / width] >> 8 * (width - 1 - below % width) & 0xff;
        v = (v & ~((u64)0xff << 8 * b)) | byte << 8 * b;
    }
    return v;
}

// ENTER size, level (vol. 2A): level > 0 copies the display of outer frames, read through rBP.
static void enter(struct x86_cpu *c, unsigned width, unsigned size, unsigned level) {
    u64 m = stack_mask(c), sp = c->s.gpr[RSP], bp = c->s.gpr[RBP];
    u64 frame = (sp - width) & m, at = frame;
    u64 display[32];
    display[0] = bp;
    for (unsigned i = 1; i < level; i++) {
        bp = (bp - width) & m;
        display[i] = 0;
        x86_read(c, SS, x86_linear(c, SS, bp, width, ACCESS_READ), &display[i], width);
        display[i] = see_pushed(display[i], bp, frame, m, width, display, i);
    }
    if (level) display[level] = frame;
    unsigned n = level ? level + 1 : 1;
    u64 bottom = (frame - (n - 1) * width - size) & m;
    x86_probe(c, SS, x86_linear(c, SS, bottom, width, ACCESS_WRITE), width, ACCESS_WRITE);
    for (unsigned i = 0; i < n; i++, at = (at - width) & m)
        x86_probe(c, SS, x86_linear(c, SS, at, width, ACCESS_WRITE), width, ACCESS_WRITE);
    at = frame;
    for (unsigned i = 0; i < n; i++, at = (at - width) & m)
        x86_write(c, SS, x86_linear(c, SS, at, width, ACCESS_WRITE), &display[i], width);
    c->s.gpr[RSP] = (m == 0xffff ? sp & ~m : 0) | bottom;
    if (width == 2) SET16(RBP, frame);
    else c->s.gpr[RBP] = frame;
}
#define ENTERS(N, _)                                                                                                             \
    SOP(enter_##N) {                                                                                                             \
        SYNC;                                                                                                                    \
        enter(c, N / 8, u->imm & 0xffff, u->imm >> 16 & 31);                                                                     \
        NEXT;                                                                                                                    \
    }
FOR_SIZES_V(ENTERS, )
const struct ops enter_ops = {.r = LIST_V(enter_)};

// ---- rows
// clang-format off
static const struct insn rows[] = {
    {MAP_1, 0x50, PFX_ANY, 0, "push", {o_Zv}, &push_z_ops, .flags = D64},
    {MAP_1, 0x58, PFX_ANY, 0, "pop", {o_Zv}, &pop_z_ops, .flags = D64},
    {MAP_1, 0xff, PFX_ANY, EXT(6), "push", {o_Ev}, &push_e_ops, .flags = D64, .special = SPECIAL_PUSH},
    {MAP_1, 0x8f, PFX_ANY, EXT(0), "pop", {o_Ev}, &pop_e_ops, .flags = D64},
    {MAP_1, 0x68, PFX_ANY, 0, "push", {o_Iz}, &push_i_ops, .flags = D64},
    {MAP_1, 0x6a, PFX_ANY, 0, "push", {o_sIb}, &push_i_ops, .flags = D64},
    {MAP_1, 0x60, PFX_ANY, 0, "pusha", {}, &pusha_ops, .flags = I64},
    {MAP_1, 0x61, PFX_ANY, 0, "popa", {}, &popa_ops, .flags = I64},
    {MAP_1, 0xc8, PFX_ANY, 0, "enter", {o_IwIb}, &enter_ops, .flags = D64},
    {MAP_1, 0xc9, PFX_ANY, 0, "leave", {}, &leave_ops, .flags = D64},
};
// clang-format on
X86_TABLE(stack);

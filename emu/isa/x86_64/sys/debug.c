// SPDX-License-Identifier: MIT
// Breakpoint matching. DR7: L0 G0 L1 G1 L2 G2 L3 G3 in bits 0..7; R/Wn in bits 16+4n, LENn in 18+4n (17.2.4).
#include "isa/x86_64/sys/debug.h"

enum { RW_EXECUTE, RW_WRITE, RW_IO, RW_ACCESS };

static bool enabled(const struct x86_cpu *c, unsigned n) { return bits(c->s.dr[7], 2 * n + 1, 2 * n) != 0; }
static unsigned kind(const struct x86_cpu *c, unsigned n) { return (unsigned)bits(c->s.dr[7], 17 + 4 * n, 16 + 4 * n); }

static u64 length(const struct x86_cpu *c, unsigned n) {
    static const u8 bytes[4] = {1, 2, 8, 4};
    return bytes[bits(c->s.dr[7], 19 + 4 * n, 18 + 4 * n)];
}

// The breakpoint covers LEN bytes at its address, whose low bits are ignored (17.2.5).
static bool covers(const struct x86_cpu *c, unsigned n, u64 a, unsigned size) {
    u64 len = length(c, n), start = c->s.dr[n] & ~(len - 1);
    return a - start < len || start - a < size;
}

u32 x86_debug_code_hit(const struct x86_cpu *c, gva_t a) {
    u32 hit = 0;
    for (unsigned n = 0; n < 4; n++)
        if (enabled(c, n) && kind(c, n) == RW_EXECUTE && c->s.dr[n] == a) hit |= 1u << n;
    return hit;
}

u32 x86_debug_data_hit(const struct x86_cpu *c, gva_t a, unsigned size, bool write) {
    u32 hit = 0;
    for (unsigned n = 0; n < 4; n++) {
        bool wanted = kind(c, n) == RW_ACCESS || (write && kind(c, n) == RW_WRITE);
        if (enabled(c, n) && wanted && covers(c, n, a, size)) hit |= 1u << n;
    }
    return hit;
}

u32 x86_debug_io_hit(const struct x86_cpu *c, u16 port, unsigned size) {
    u32 hit = 0;
    if (!(c->s.cr4 & CR4_DE)) return 0; // R/W 10b is undefined then
    for (unsigned n = 0; n < 4; n++)
        if (enabled(c, n) && kind(c, n) == RW_IO && covers(c, n, port, size)) hit |= 1u << n;
    return hit;
}

void x86_debug_enter(struct x86_cpu *c, u32 hit) {
    c->s.dr[6] = (c->s.dr[6] & ~DR6_B) | (hit & (DR6_B | DR6_BD | DR6_BS | DR6_BT));
    c->s.dr[7] &= ~DR7_GD;
}

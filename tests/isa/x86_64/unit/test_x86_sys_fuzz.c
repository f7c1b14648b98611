// SPDX-License-Identifier: MIT
// A guest gone mad at the system level: random descriptor tables, TSSs and page tables, random system instructions in every
// mode. Nothing may crash or hang, and what no instruction can break must hold after every step.
#include "base/splitmix.h"
#include "x86_rig.h"

#include <stdlib.h>

#include <cmocka.h>

static u64 seed;
static u64 rnd(void) { return splitmix64(&seed); }
static unsigned below(unsigned n) { return (unsigned)(rnd() >> 32) % n; }

// A value that is now and then a selector, a canonical edge, an address of the rig, or anything.
static u64 value(void) {
    switch (below(8)) {
    case 0:
    case 1: return (below(SEL_LAST + 9) & 0xfffc) | below(4);
    case 2: return RIG_GDT + (below(0x8000) & 0xfff8);
    case 3: return BIT(below(64)) - below(2);
    case 4: return rnd();
    case 5: return (u64)0 - (u64)below(64);
    case 6: return below(256);
    default: return RIG_CODE + below(4096);
    }
}

static void spoil_tables(struct x86_rig *r) {
    for (unsigned n = below(6); n--;) {
        u16 sel = (u16)(below(SEL_LAST) & 0xfff8);
        u64 d = cpu_peek(r, RIG_GDT + sel, 8);
        cpu_descriptor(r, sel,
                       below(2) ? d ^ BIT(below(64)) : cpu_gate(below(16), below(4), (u16)value(), (u32)value(), below(32)));
    }
    for (unsigned v = 0; v < 64; v++) {
        unsigned type = below(4) ? SYS_INT32 : below(16);
        u16 sel = below(4) ? (r->c->s.efer & EFER_LMA ? SEL_CODE64_0 : SEL_CODE0) : (u16)value();
        cpu_idt(r, v, cpu_gate(type, below(4), sel, RIG_CODE + below(4096), below(8)), below(8) ? 0 : rnd());
    }
    for (unsigned n = below(12); n--;) cpu_poke(r, (below(2) ? RIG_TSS : RIG_TSS2) + below(0x68), value(), 8);
    for (unsigned n = below(3); n--;) cpu_poke(r, RIG_TABLES + 8 * below(1024), rnd(), 8);
}

// System opcodes, with whatever ModRM and immediates follow.
// clang-format off
static const struct { u8 n, b[3]; } opcodes[] = {
    {1, {0x06}}, {1, {0x07}}, {1, {0x0e}}, {1, {0x16}}, {1, {0x17}}, {1, {0x1e}}, {1, {0x1f}}, {1, {0x62}}, {1, {0x63}},
    {1, {0x6c}}, {1, {0x6d}}, {1, {0x6e}}, {1, {0x6f}}, {1, {0x8c}}, {1, {0x8e}}, {1, {0x9a}}, {1, {0x9c}}, {1, {0x9d}},
    {1, {0xc4}}, {1, {0xc5}}, {1, {0xca}}, {1, {0xcb}}, {1, {0xcc}}, {1, {0xcd}}, {1, {0xce}}, {1, {0xcf}}, {1, {0xea}},
    {1, {0xe4}}, {1, {0xe6}}, {1, {0xec}}, {1, {0xef}}, {1, {0xf1}}, {1, {0xfa}}, {1, {0xfb}}, {2, {0xff, 0x18}},
    {2, {0xff, 0x28}}, {2, {0x48, 0xcf}}, {2, {0x48, 0xcb}}, {2, {0x0f, 0x00}}, {2, {0x0f, 0x01}}, {2, {0x0f, 0x02}},
    {2, {0x0f, 0x03}}, {2, {0x0f, 0x05}}, {2, {0x0f, 0x06}}, {2, {0x0f, 0x07}}, {3, {0x48, 0x0f, 0x07}}, {2, {0x0f, 0x20}},
    {2, {0x0f, 0x21}}, {2, {0x0f, 0x22}}, {2, {0x0f, 0x23}}, {2, {0x0f, 0x30}}, {2, {0x0f, 0x31}}, {2, {0x0f, 0x32}},
    {2, {0x0f, 0x34}}, {2, {0x0f, 0x35}}, {2, {0x0f, 0xa1}}, {2, {0x0f, 0xa2}}, {2, {0x0f, 0xb2}}, {2, {0x0f, 0xb4}},
    {3, {0xf3, 0x0f, 0xae}}, {3, {0x0f, 0x01, 0xf8}}, {3, {0x0f, 0x01, 0xd0}}, {3, {0x0f, 0x01, 0xd1}}, {2, {0xf3, 0x6d}},
    {1, {0x50}}, {1, {0x58}}, {1, {0xc3}}, {1, {0x8b}}, {1, {0x89}},
};
// clang-format on

static void spoil_code(struct x86_rig *r) {
    for (unsigned at = 0; at < 8192;) {
        u8 b[16];
        for (unsigned i = 0; i < sizeof b; i++) b[i] = (u8)rnd();
        unsigned k = below(countof(opcodes)), n = below(6) ? 0 : 1;
        static const u8 prefix[] = {0x66, 0x67, 0x48, 0x64, 0xf0, 0x41};
        b[0] = prefix[below(countof(prefix))];
        for (unsigned i = 0; i < opcodes[k].n; i++) b[n++] = opcodes[k].b[i];
        n += below(5);
        for (unsigned i = 0; i < n; i++) cpu_poke(r, RIG_CODE + at + i, b[i], 1);
        at += n;
    }
}

static u64 msr_number(void) {
    static const u32 known[] = {0x10,       0x1b,       0x3b,       0x174,      0x175,     0x176,      0x1a0,
                                0x200,      0x277,      0x2ff,      0x6e0,      0x800,     0xc0000080, 0xc0000081,
                                0xc0000082, 0xc0000084, 0xc0000100, 0xc0000102, 0xc0000103};
    return known[below(countof(known))] + below(2);
}

// What holds whatever a guest does.
static void check(const struct x86_rig *r, unsigned run) {
    const struct x86_state *s = &r->c->s;
    bool protected_mode = s->cr0 & CR0_PE, v86 = s->rflags & FL_VM, lma = s->efer & EFER_LMA, paging = s->cr0 & CR0_PG;
    const char *wrong = NULL;
    if (s->cpl > 3) wrong = "CPL above 3";
    if (v86 && (!protected_mode || s->cpl != 3)) wrong = "virtual-8086 mode without ring 3";
    if (v86 && lma && s->seg[CS].attr & AR_L) wrong = "virtual-8086 mode in 64-bit code";
    if (paging && !protected_mode) wrong = "paging without protection";
    if (lma != (paging && s->efer & EFER_LME)) wrong = "LMA is not PG and LME";
    if (lma && !(s->cr4 & CR4_PAE)) wrong = "IA-32e mode without PAE";
    if (s->rflags & ~(u32)FL_DEFINED) wrong = "reserved flags";
    if (s->cr4 & ~x86_cr4_allowed(r->c)) wrong = "reserved bits of CR4";
    if (s->gpr[16]) wrong = "the zero register is not zero";
    if (s->dr[7] >> 32 || !(s->dr[7] & 0x400) || (s->dr[6] & 0xffff0ff0) != 0xffff0ff0) wrong = "fixed bits of DR6, DR7";
    if (lma && s->seg[CS].attr & AR_L && !x86_canonical_base(r->c, s->seg[GS].base)) wrong = "GS base is not canonical";
    if (!(s->xcr0 & 1)) wrong = "XCR0 without x87";
    if (wrong) fail_msg("run %u: %s", run, wrong);
}

static void mad_guest(void **state) {
    struct x86_rig *r = *state;
    const char *text = getenv("FUZZ_RUNS");
    unsigned runs = text ? (unsigned)atoi(text) : 300;
    text = getenv("FUZZ_SEED");
    seed = text ? (u64)atoi(text) : 1;
    for (unsigned run = 0; run < runs; run++) {
        memset(r->ram, 0, 0x200000);
        switch (below(6)) {
        case 0: cpu_real(r); break;
        case 1: cpu_v86(r, below(4)); break;
        case 2: cpu_protected(r, below(2) ? 0 : 3); break;
        case 3: cpu_protected(r, 1); break;
        default: cpu_long(r, below(2) ? 0 : 3); break;
        }
        bus_will_write(&r->bus, 0, 0x200000);
        spoil_tables(r);
        spoil_code(r);
        r->c->s.star = value() << 48 | value() << 32;
        r->c->s.lstar = RIG_CODE + below(4096);
        r->c->s.sysenter_cs = value();
        r->c->s.sysenter_eip = RIG_CODE;
        r->c->s.cr4 |= below(4) ? 0 : CR4_VME | CR4_PVI | CR4_FSGSBASE;
        x86_mode_changed(r->c);
        r->reason = -1;
        for (unsigned n = 0; n < 60 && r->reason < 0; n++) {
            for (unsigned i = 0; i < 3; i++) {
                unsigned g = below(16);
                r->c->s.gpr[g] = g == RCX && below(2) ? msr_number() : value();
            }
            if (!below(3)) r->c->s.gpr[RSP] = RIG_STACK0 - 8 * below(16);
            if (!below(20)) x86_deliver_interrupt(r->c, below(64));
            r->c->s.halted = 0;
            r->clock.now += vcpu_run(&r->c->v, 1 + below(8));
            check(r, run);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(mad_guest, cpu_new, cpu_free)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

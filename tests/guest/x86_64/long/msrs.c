// SPDX-License-Identifier: MIT
// Model-specific registers: who may, which numbers are there, reserved bits, addresses that must be canonical; and the FS and GS
// bases with their own instructions (SDM 4, 2; 2B WRMSR, WRFSBASE; 3A 3.4.4).
#include "kit.h"

#define MSR_TSC 0x10
#define MSR_TSC_ADJUST 0x3b
#define MSR_MTRRCAP 0xfe
#define MSR_MTRR_BASE0 0x200
#define MSR_MTRR_FIX_64K 0x250
#define MSR_PAT 0x277
#define MSR_MTRR_DEF 0x2ff
#define MSR_XSS 0xda0
#define MSR_CSTAR 0xc0000083
#define MSR_TSC_AUX 0xc0000103

CODE(do_rdmsr, "mov %rdi, %rcx; mov $-1, %rax; mov $-1, %rdx; rdmsr; ret");
CODE(do_wrmsr, "mov (%rdi), %rcx; mov 8(%rdi), %rax; mov 12(%rdi), %edx; wrmsr; ret");
CODE(do_wrmsr_rsi, "mov %rdi, %rcx; wrmsr; ret");
static unsigned writes(u64 msr, u64 v) {
    static u64 room[2];
    room[0] = msr, room[1] = v;
    return run(do_wrmsr, (ureg)room);
}
// Written and read back; NOTHING, 0x200 when it reads differently, or the vector.
static unsigned keeps(u32 msr, u64 v) {
    u64 before = rdmsr(msr);
    unsigned got = writes(msr, v);
    if (got == NOTHING && rdmsr(msr) != v) got = 0x200;
    if (got == NOTHING || got == 0x200) wrmsr(msr, before);
    return got;
}

TEST(ring_0_only) {
    static const u32 all[] = {MSR_TSC,  MSR_APIC_BASE, MSR_SYSENTER_CS, MSR_PAT, MSR_EFER,
                              MSR_STAR, MSR_LSTAR,     MSR_FS_BASE,     0x12345};
    for (unsigned i = 0; i < countof(all); i++) {
        IS(user(do_rdmsr, all[i]), GP);
        IS(caught.error, 0);
        IS(user(do_wrmsr_rsi, all[i]), GP);
        IS(user_at(UCODE, user_address(do_rdmsr), FL_IOPL | 2, all[i]), GP); // IOPL gives nothing
    }
}

TEST(registers) { // ECX alone is the number; both halves of the value are zero-extended
    wrmsr(MSR_LSTAR, 0xffff800012345678);
    IS(((ureg(*)(ureg))do_rdmsr)(0xabcdef00c0000082), 0x12345678);
    ureg dx;
    asm volatile("rdmsr" : "=d"(dx) : "c"(MSR_LSTAR), "d"(~(ureg)0) : "rax");
    IS(dx, 0xffff8000);
    IS(writes((u64)0xabcdef00 << 32 | MSR_LSTAR, 0x1234), NOTHING);
    IS(rdmsr(MSR_LSTAR), 0x1234);
}

TEST(unknown_numbers) {
    static const u32 none[] = {0x2,        0xf,        0x11,       0x1fff,     0x1000,     0x40000000, 0x40000001,
                               0xbfffffff, 0xc0000085, 0xc0000104, 0xc0010117, 0xffffffff, 0x7ff,      0x840};
    for (unsigned i = 0; i < countof(none); i++) {
        IS(run(do_rdmsr, none[i]) | i << 12, GP | i << 12);
        IS(writes(none[i], 0) | i << 12, GP | i << 12);
        IS(caught.error, 0);
    }
}

// What becomes of an address that only five levels of tables could map: a question of the processor, not of CR4.LA57.
static unsigned fits_57_bits(void) { return cpuid(7, 0, ECX) >> 16 & 1 ? NOTHING : GP; }
TEST(canonical_addresses) {
    static const u32 all[] = {MSR_LSTAR,          MSR_CSTAR,        MSR_FS_BASE,     MSR_GS_BASE,
                              MSR_KERNEL_GS_BASE, MSR_SYSENTER_ESP, MSR_SYSENTER_EIP};
    static const u64 good[] = {0, 0x7fffffffffff, 0xffff800000000000, ~(u64)0, 0x123456789abc};
    static const u64 bad[] = {0x100000000000000, 0xfeffffffffffffff, 0x8000000000000000, 0x7fff800000000000};
    static const u64 between[] = {0x800000000000, 0xffff7fffffffffff, 0xff000000000000, 0xff00000000000000};
    for (unsigned i = 0; i < countof(all); i++) {
        for (unsigned n = 0; n < countof(good); n++) IS(keeps(all[i], good[n]) | i << 12, NOTHING | i << 12);
        u64 before = rdmsr(all[i]);
        for (unsigned n = 0; n < countof(bad); n++) IS(keeps(all[i], bad[n]) | i << 12, GP | i << 12);
        IS(rdmsr(all[i]), before);
        for (unsigned n = 0; n < countof(between); n++) IS(keeps(all[i], between[n]) | i << 12, fits_57_bits() | i << 12);
    }
}

// The bases of tables and system segments likewise; what is accessed through one is judged by the paging mode.
CODE(lgdt_there,
     "sgdt -16(%rsp); mov %rdi, -30(%rsp); movw $0xfff, -32(%rsp); lgdt -32(%rsp); mov %ss, %eax; lgdt -16(%rsp); ret");
CODE(lidt_there, "sidt -16(%rsp); mov %rdi, -30(%rsp); movw $0xfff, -32(%rsp); lidt -32(%rsp); lidt -16(%rsp); ret");
CODE(ltr_free, "mov $0x60, %eax; ltr %ax; ret");
CODE(lldt_free, "mov $0x60, %eax; lldt %ax; ret");
CODE(load_through_fs, "mov %fs:0, %rax; ret");
CODE(load_through_ldt, "mov $0x0f, %eax; mov %eax, %ds; ret");
TEST(canonical_bases) {
    static const u64 at[] = {0xff000000000000, 0xff00000000000000};
    for (unsigned i = 0; i < countof(at); i++) {
        IS(run(lgdt_there, at[i]), fits_57_bits());
        IS(run(lidt_there, at[i]), fits_57_bits());
        gdt[SEL_FREE / 8] = descriptor((u32)at[i], 0xfff, 0x82);
        gdt[SEL_FREE / 8 + 1] = at[i] >> 32;
        IS(run(lldt_free, 0), fits_57_bits());
        if (fits_57_bits() == NOTHING) IS(run(load_through_ldt, 0), GP);
        gdt[SEL_FREE / 8] = descriptor((u32)at[i], 0xfff, 0x89);
        IS(run(ltr_free, 0), fits_57_bits());
    }
    asm volatile("lldt %w0" ::"r"(0));
    if (fits_57_bits() != NOTHING) kit_skip("48 bits");
    wrmsr(MSR_FS_BASE, at[0]);
    IS(run(load_through_fs, 0), GP);
    wrmsr(MSR_FS_BASE, 0);
}

TEST(reserved_bits) {
    u64 efer = rdmsr(MSR_EFER);
    for (unsigned n = 1; n < 64; n++) {
        if (n == 8 || n == 10 || n == 11) continue;
        IS(writes(MSR_EFER, efer | (u64)1 << n) | n << 12, GP | n << 12);
    }
    IS(writes(MSR_EFER, efer & ~(u64)EFER_LME), GP); // not while paging is on
    IS(rdmsr(MSR_EFER), efer);
    for (unsigned n = 32; n < 64; n++) {
        IS(keeps(MSR_FMASK, (u64)1 << n), GP);
        if (cpuid(0x80000001, 0, EDX) >> 27 & 1) IS(keeps(MSR_TSC_AUX, (u64)1 << n), GP);
    }
    IS(keeps(MSR_FMASK, 0xffffffff), NOTHING);
    IS(keeps(MSR_STAR, 0x123456789abcdef0), NOTHING);
    if (cpuid(0xd, 1, EAX) >> 3 & 1) IS(writes(MSR_XSS, 1), GP); // user components are not there for XSS
}

TEST(apic_base) {
    u64 base = rdmsr(MSR_APIC_BASE);
    unsigned width = cpuid(0x80000008, 0, EAX) & 0xff;
    for (unsigned n = 0; n < 64; n++) {
        if (n == 8 || n == 10 || n == 11 || (n >= 12 && n < width)) continue;
        IS(writes(MSR_APIC_BASE, base | (u64)1 << n) | n << 12, GP | n << 12);
    }
    IS(rdmsr(MSR_APIC_BASE), base);
    if (!(cpuid(1, 0, ECX) >> 21 & 1)) kit_skip("no x2APIC");
    IS(writes(MSR_APIC_BASE, (base & ~(u64)0x800) | 0x400), GP); // EXTD without EN
    wrmsr(MSR_APIC_BASE, base & ~(u64)0x800);
    IS(writes(MSR_APIC_BASE, base | 0xc00), GP); // from off to x2APIC at once
    wrmsr(MSR_APIC_BASE, base);
    IS(writes(MSR_APIC_BASE, base | 0x400), NOTHING);
    IS(writes(MSR_APIC_BASE, base), GP); // from x2APIC to xAPIC at once
    IS(writes(MSR_APIC_BASE, base & ~(u64)0x800), NOTHING);
    wrmsr(MSR_APIC_BASE, base);
}

TEST(x2apic_numbers) { // 800h to 83Fh are there in x2APIC mode only, and not all
    IS(run(do_rdmsr, 0x802), GP);
    IS(writes(0x80b, 0), GP);
    if (!(cpuid(1, 0, ECX) >> 21 & 1)) kit_skip("no x2APIC");
    wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | 0x400);
    static const u32 none[] = {0x800, 0x801, 0x804, 0x807, 0x809, 0x80c, 0x80e, 0x829, 0x82e, 0x831, 0x83a, 0x83d};
    for (unsigned i = 0; i < countof(none); i++) {
        IS(run(do_rdmsr, none[i]) | i << 12, GP | i << 12);
        IS(writes(none[i], 0) | i << 12, GP | i << 12);
    }
    IS(run(do_rdmsr, 0x80b), GP); // EOI and self IPI are written only
    IS(run(do_rdmsr, 0x83f), GP);
    static const u32 read_only[] = {0x802, 0x803, 0x80a, 0x80d, 0x810, 0x818, 0x820, 0x839};
    for (unsigned i = 0; i < countof(read_only); i++) {
        IS(run(do_rdmsr, read_only[i]), NOTHING);
        IS(writes(read_only[i], 0) | i << 12, GP | i << 12);
    }
    static const struct {
        u32 msr;
        u64 good, bad;
    } rows[] = {{0x808, 0xff, 0x100},    {0x80f, 0x1ff, 0x10000},           {0x828, 0, 1},
                {0x80b, 0, 1},           {0x838, 0xffffffff, (u64)1 << 32}, {0x83e, 0xb, 4},
                {0x832, 0x100ff, 0x800}, {0x837, 0x100ff, 0x700},           {0x83f, 0x51, 0x100},
                {0x830, 0x440f1, 0x2000}};
    for (unsigned i = 0; i < countof(rows); i++) {
        IS(writes(rows[i].msr, rows[i].good) | i << 12, NOTHING | i << 12);
        IS(writes(rows[i].msr, rows[i].bad) | i << 12, GP | i << 12);
    }
    wrmsr(0x808, 0), wrmsr(0x838, 0);
}

TEST(memory_types) {
    static const u64 good[] = {0, 1, 4, 5, 6}, bad[] = {2, 3, 8, 0xff};
    for (unsigned i = 0; i < 8; i++) {
        for (unsigned n = 0; n < countof(good); n++) IS(keeps(MSR_PAT, good[n] << 8 * i), NOTHING);
        IS(keeps(MSR_PAT, (u64)7 << 8 * i), NOTHING); // UC- is the PAT's alone
        for (unsigned n = 0; n < countof(bad); n++) IS(keeps(MSR_PAT, bad[n] << 8 * i), GP);
        if (!(cpuid(1, 0, EDX) >> 12 & 1)) continue;
        for (unsigned n = 0; n < countof(good); n++) IS(keeps(MSR_MTRR_FIX_64K, good[n] << 8 * i), NOTHING);
        for (unsigned n = 0; n < countof(bad); n++) IS(keeps(MSR_MTRR_FIX_64K, bad[n] << 8 * i), GP);
        IS(keeps(MSR_MTRR_FIX_64K, (u64)7 << 8 * i), GP);
    }
    if (!(cpuid(1, 0, EDX) >> 12 & 1)) kit_skip("no MTRRs");
    u64 def = rdmsr(MSR_MTRR_DEF);
    IS(keeps(MSR_MTRR_DEF, def ^ 0x400), NOTHING);
    IS(keeps(MSR_MTRR_DEF, def | 0x100), GP);
    IS(keeps(MSR_MTRR_DEF, def | 0x1000), GP);
    IS(keeps(MSR_MTRR_DEF, 0xc02), GP);
    IS(writes(MSR_MTRRCAP, rdmsr(MSR_MTRRCAP)), GP);
    unsigned ranges = rdmsr(MSR_MTRRCAP) & 0xff, width = cpuid(0x80000008, 0, EAX) & 0xff;
    for (unsigned i = 0; i < ranges; i++) {
        IS(keeps(MSR_MTRR_BASE0 + 2 * i, 0x80000006), NOTHING);
        IS(keeps(MSR_MTRR_BASE0 + 2 * i, 0x80000002), GP);
        IS(keeps(MSR_MTRR_BASE0 + 2 * i, 0x80000106), GP);
        IS(keeps(MSR_MTRR_BASE0 + 2 * i, (u64)1 << width), GP);
        IS(keeps(MSR_MTRR_BASE0 + 2 * i + 1, 0xff000800), NOTHING);
        IS(keeps(MSR_MTRR_BASE0 + 2 * i + 1, 0xff000400), GP);
    }
}

TEST(time_stamp_counter) {
    u64 before = rdtsc();
    wrmsr(MSR_TSC, before + ((u64)1 << 40));
    HOLDS(rdtsc() - before >= (u64)1 << 40);
    HOLDS(rdmsr(MSR_TSC) - before >= (u64)1 << 40);
    if (!(cpuid(7, 0, EBX) & 2)) kit_skip("no IA32_TSC_ADJUST");
    HOLDS(rdmsr(MSR_TSC_ADJUST) >> 40 == 1 || rdmsr(MSR_TSC_ADJUST) >> 40 == 0); // moved by as much
    HOLDS(rdmsr(MSR_TSC_ADJUST) > (u64)1 << 39);
    wrmsr(MSR_TSC_ADJUST, 0);
    HOLDS(rdtsc() - before < (u64)1 << 40);
    wrmsr(MSR_TSC_ADJUST, (u64)5 << 32);
    HOLDS(rdtsc() - before >= (u64)5 << 32);
    wrmsr(MSR_TSC_ADJUST, 0);
}

// ---- FS and GS

CODE(rdfs, "rdfsbase %rax; ret");
CODE(rdgs, "rdgsbase %rax; ret");
CODE(rdfs_32, "mov $-1, %rax; rdfsbase %eax; ret");
CODE(rdgs_32, "mov $-1, %rax; rdgsbase %eax; ret");
CODE(wrfs, "wrfsbase %rdi; ret");
CODE(wrgs, "wrgsbase %rdi; ret");
CODE(wrfs_32, "wrfsbase %edi; ret");
CODE(wrgs_32, "wrgsbase %edi; ret");
CODE(lock_rdfs, ".byte 0xf0, 0xf3, 0x48, 0x0f, 0xae, 0xc0; ret");
CODE(load_fs, "mov %fs:(%rdi), %rax; ret");
CODE(load_gs, "mov %gs:(%rdi), %rax; ret");
static ureg call(const char *code, ureg arg) { return ((ureg(*)(ureg))code)(arg); }
TEST(fsgsbase) {
    static const char *const all[] = {rdfs, rdgs, rdfs_32, rdgs_32, wrfs, wrgs, wrfs_32, wrgs_32};
    if (!(cpuid(7, 0, EBX) & 1)) kit_skip("no FSGSBASE");
    for (unsigned i = 0; i < countof(all); i++) {
        IS(run(all[i], 0), UD); // CR4.FSGSBASE is 0
        IS(user(all[i], 0), UD);
    }
    set_cr4(cr4() | CR4_FSGSBASE);
    for (unsigned i = 0; i < countof(all); i++) IS(user(all[i], 0), NOTHING); // in every ring
    IS(run(lock_rdfs, 0), UD);
    u64 *a = page(), *b = page();
    a[1] = 0x1111, b[1] = 0x2222;
    call(wrfs, (ureg)a), call(wrgs, (ureg)b);
    IS(call(load_fs, 8), 0x1111);
    IS(call(load_gs, 8), 0x2222);
    IS(rdmsr(MSR_FS_BASE), (u64)a);
    IS(rdmsr(MSR_GS_BASE), (u64)b);
    call(wrfs, 0xffff8000deadbeef), call(wrgs, 0xffff9000cafebabe);
    IS(call(rdfs, 0), 0xffff8000deadbeef);
    IS(call(rdgs, 0), 0xffff9000cafebabe);
    IS(call(rdfs_32, 0), 0xdeadbeef);
    IS(call(rdgs_32, 0), 0xcafebabe);
    call(wrfs_32, 0x12345678ffffffff), call(wrgs_32, 0x1234567880000000); // 32 bits, zero-extended
    IS(call(rdfs, 0), 0xffffffff);
    IS(call(rdgs, 0), 0x80000000);
    static const u64 bad[] = {0x100000000000000, 0xfeffffffffffffff, 0x8000000000000000};
    for (unsigned i = 0; i < countof(bad); i++) {
        IS(run(wrfs, bad[i]), GP);
        IS(caught.error, 0);
        IS(run(wrgs, bad[i]), GP);
        IS(user(wrfs, bad[i]), GP);
    }
    IS(call(rdfs, 0), 0xffffffff);
    IS(run(load_fs, 0x7fffffffffff), GP); // base and offset together leave the canonical space
    call(wrfs, ~(ureg)0);
    a[0] = 0x3333;
    IS(call(load_fs, (ureg)a + 1), 0x3333); // and wrap around its end
    call(wrfs, 0), call(wrgs, 0);
}

#define IN_COMPAT(name, text)                                                                                                    \
    CODE(name, "push %rbx; mov %rsp, %rbx; movl $0x38, 4+msrs_far; movl $1f, msrs_far; lcall *msrs_far; mov %rbx, %rsp;"         \
               "pop %rbx; ret\n.code32\n1: " text "; lret\n.code64")
static struct {
    u32 ip, cs;
} msrs_far __attribute__((used));
IN_COMPAT(rdfs_in_compat, ".byte 0xf3, 0x0f, 0xae, 0xc0");
IN_COMPAT(wrgs_in_compat, ".byte 0xf3, 0x0f, 0xae, 0xd8");
IN_COMPAT(swapgs_in_compat, ".byte 0x0f, 0x01, 0xf8");
TEST(bases_in_compatibility_mode) {
    if (cpuid(7, 0, EBX) & 1) set_cr4(cr4() | CR4_FSGSBASE);
    IS(run(rdfs_in_compat, 0), UD);
    IS(run(wrgs_in_compat, 0), UD);
    IS(run(swapgs_in_compat, 0), UD);
}

// A selector loaded brings its descriptor's base; a null one leaves 0 on this vendor's processors.
CODE(to_fs, "mov %edi, %fs; ret");
TEST(selectors_and_bases) {
    gdt[SEL_FREE / 8] = descriptor(0x12345678, 0xfffff, 0xc093);
    wrmsr(MSR_FS_BASE, 0xffff800000000000);
    call(to_fs, SEL_FREE);
    IS(rdmsr(MSR_FS_BASE), 0x12345678); // 32 bits, zero-extended
    wrmsr(MSR_FS_BASE, 0x123456789000);
    call(to_fs, 0);
    IS(rdmsr(MSR_FS_BASE), 0);
}

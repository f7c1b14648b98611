// SPDX-License-Identifier: MIT
// What cannot be compared on the processor we run on, each with its reason: nothing is left out silently.
#include "rig.h"
#include "beyond_vex.h"

#include <string.h>

// Why not here, and where instead (tests/unit/test_x86_*, tests of tests/guest).
#define KERNEL_CALL "would call the host's kernel; guest: "
#define UMIP "the host's kernel emulates it under UMIP; guest: umip, store"
#define POINTERS "last-instruction pointers, which vendors keep differently; unit: xsave last_pointers, x87_cpu environment_*"
#define OWN_APPROXIMATION "approximation, our own; unit: sse reciprocals_are_close"
#define OWN_FUNCTION "transcendental, our own; unit: x87_math correctly_rounded"
#define COMPONENTS "the host has components of its own; unit: xsave like_silicon"
// clang-format off
static const struct {
    const char *name, *why;
} by_name[] = {
    {"syscall", KERNEL_CALL "syscall"}, {"sysenter", KERNEL_CALL "sysenter"},
    {"sysret", "what it does at CPL 3 depends on the vendor; guest: sysret"},
    {"sysexit", "what it does at CPL 3 depends on the vendor; guest: sysenter"},
    {"rdtsc", "seccomp switches it off; guest: tsd, tsc_deadline"}, {"rdtscp", "seccomp switches it off; guest: tsd"},
    {"int1", "some hypervisors step over it wrongly; unit: stumbling_system"},
    {"sgdt", UMIP}, {"sidt", UMIP}, {"sldt", UMIP}, {"str", UMIP}, {"smsw", UMIP},
    {"rcpps", OWN_APPROXIMATION}, {"rcpss", OWN_APPROXIMATION}, {"rsqrtps", OWN_APPROXIMATION}, {"rsqrtss", OWN_APPROXIMATION},
    {"f2xm1", OWN_FUNCTION}, {"fyl2x", OWN_FUNCTION}, {"fptan", OWN_FUNCTION}, {"fpatan", OWN_FUNCTION}, {"fyl2xp1", OWN_FUNCTION},
    {"fsincos", OWN_FUNCTION}, {"fsin", OWN_FUNCTION}, {"fcos", OWN_FUNCTION},
    {"fxsave", POINTERS}, {"fnsave", POINTERS}, {"fnstenv", POINTERS},
    {"fxrstor", "reserved fields of the image are kept by some processors; unit: xsave like_silicon"},
    {"xsave", COMPONENTS}, {"xsaveopt", COMPONENTS}, {"xsavec", COMPONENTS}, {"xrstor", COMPONENTS},
    {"xgetbv", "tells the host's XCR0; unit: xstate"},
    {"xsetbv", "privileged after a check of the host's XCR0; unit: xstate"},
    {"rdpkru", "the host's kernel decides whether there is PKRU; guest: keys"},
    {"wrpkru", "the host's kernel decides whether there is PKRU; guest: keys"},
};
// clang-format on

static bool is(const struct insn *row, u8 map, u8 opcode) { return row->map == map && row->opcode == opcode; }

// The host's GDT decides. Null selectors and those outside it (Linux's has 16 entries, and there is no LDT) are the same in both
// worlds; so are Linux's own segments, 10h..33h, for what only looks.
static bool loads_segment(const struct insn *row) {
    static const struct {
        u8 map, opcode;
    } loads[] = {
        {MAP_1, 0x9a}, {MAP_1, 0xea}, {MAP_1, 0x8e},  {MAP_1, 0xca},  {MAP_1, 0xcb},  {MAP_1, 0xcf},
        {MAP_1, 0xc4}, {MAP_1, 0xc5}, {MAP_0F, 0xb2}, {MAP_0F, 0xb4}, {MAP_0F, 0xb5}, {MAP_1, 0x07},
        {MAP_1, 0x17}, {MAP_1, 0x1f}, {MAP_0F, 0xa1}, {MAP_0F, 0xa9},
    };
    for (unsigned i = 0; i < countof(loads); i++)
        if (is(row, loads[i].map, loads[i].opcode)) return true;
    return is(row, MAP_1, 0xff) && row_has(row, o_Mp);
}

static bool outside_gdt(u32 selector) { return selector & 4 || selector >= 16 * 8; }

bool asks_gdt(const struct insn *row) {
    if (is(row, MAP_0F, 0x00)) return row->modrm == EXT(4) || row->modrm == EXT(5);
    return is(row, MAP_0F, 0x02) || is(row, MAP_0F, 0x03);
}

bool gdt_decides(const struct isa_case *k, const struct outcome *e, u16 selector) {
    if (asks_gdt(k->row)) return !outside_gdt(selector) && selector >= 4 && (selector < 0x10 || selector > 0x33);
    if (!loads_segment(k->row)) return false;
    if (e->vector == NO_FAULT) return true;
    bool names_selector = e->vector == EXC_GP || e->vector == EXC_NP || e->vector == EXC_SS || e->vector == EXC_TS;
    return names_selector && e->error && !outside_gdt(e->error);
}

static bool in_model(const struct insn *row) { return row->feature == F_BASE || rig_model()->has[row->feature]; }

const char *exempt(const struct insn *row) {
    if (host_lacks(row)) return "the processor here lacks it";
    const char *name = row->name + (row->map >= MAP_V0F && row->name[0] == 'v');
    for (unsigned i = 0; i < countof(by_name); i++)
        if (!strcmp(name, by_name[i].name)) return by_name[i].why;
    if (!in_model(row)) return "the model lacks it";
    return NULL;
}

static bool has_prefix(const u8 *b, u8 want) {
    for (unsigned i = 0; i < LONGEST; i++) {
        if (b[i] == want) return true;
        if (b[i] != 0x66 && b[i] != 0x67 && b[i] != 0xf0 && b[i] != 0xf2 && b[i] != 0xf3 && b[i] != 0x26 && b[i] != 0x2e &&
            b[i] != 0x36 && b[i] != 0x3e && b[i] != 0x64 && b[i] != 0x65 && (b[i] & 0xf0) != 0x40)
            return false;
    }
    return false;
}

unsigned prefix_count(const u8 *b) {
    static const u8 prefix[] = {0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65};
    unsigned i = 0;
    while (i < LONGEST - 2 && (memchr(prefix, b[i], sizeof prefix) || (b[i] & 0xf0) == 0x40)) i++;
    return i;
}

// SYSCALL, SYSENTER, INT 80h: whatever the model makes of them, they are not run natively. SYSRET, SYSEXIT: by vendor.
bool calls_kernel(const u8 *b) {
    unsigned i = prefix_count(b);
    u8 second = b[i + 1];
    if (b[i] == 0xcd) return second == 0x80;
    return b[i] == 0x0f && (second == 0x05 || second == 0x07 || second == 0x34 || second == 0x35);
}

// The manual ignores 66h on near branches in 64-bit mode (vol. 2D, table A-1, f64); AMD's processors cut RIP to 16 bits.
static bool branch_by_vendor(const struct insn *row, const u8 *b) {
    return row->flags & F64 && row->flags & ENDS && row->prefix == PFX_ANY && has_prefix(b, 0x66);
}

static bool vex_w(const u8 *b) {
    while (*b != 0xc4 && *b != 0xc5) b++;
    return *b == 0xc4 && b[2] & 0x80;
}

// The count of a repeated string instruction is as wide as its addresses.
static u64 count_of(const struct isa_case *k) {
    u64 rcx = k->r.gpr[RCX];
    if (k->d.uop.mem & MEM_ADDR16) return (u16)rcx;
    return k->bits32 || k->d.uop.mem & MEM_ADDR32 ? (u32)rcx : rcx;
}

// An access over a line's end that locks the bus is trapped by Intel's processors where the system asks for it (bus-lock detection),
// and the system may make the program wait; single cases took many seconds where this was tried. What it computes is compared on AMD's.
bool locks_bus(const struct isa_case *k) {
    const struct insn *row = k->row;
    bool exchange = is(row, MAP_1, 0x86) || is(row, MAP_1, 0x87);
    if (!host_is_intel() || !k->memory || row->flags & BYTE || !(exchange || (row->flags & LOCK && has_prefix(k->byte, 0xf0))))
        return false;
    unsigned size = is(row, MAP_0F, 0xc7) ? 8 : 1u << k->d.size, bits = 8 * size;
    u64 at = address_of(k);
    bool bit =
        is(row, MAP_0F, 0xab) || is(row, MAP_0F, 0xb3) || is(row, MAP_0F, 0xbb); // BTS, BTR, BTC: the register says which word
    if (bit)
        at += (u64)(sext(k->r.gpr[k->d.uop.a & 15], bits) / (i64)bits - (sext(k->r.gpr[k->d.uop.a & 15], bits) % (i64)bits < 0)) *
              size;
    return (at & 63) + size > 64;
}

// Where Intel's processors depart from their manual, or it leaves open what AMD's do as the rows:
static bool case_by_intel(const struct isa_case *k) {
    const struct insn *row = k->row;
    // WRFSBASE, WRGSBASE (vol. 2D: "non-canonical"): by the paging mode for Intel's, by the processor's width for AMD's.
    if (is(row, MAP_0F, 0xae) && row->prefix == PFX_F3 && (row->modrm & 15 & ~1) == EXT(2) && k->d.size == 3) {
        u64 v = k->r.gpr[k->d.uop.b & 15];
        return (u64)sext(v, 48) != v && (u64)sext(v, 57) == v;
    }
    // F3 90 is PAUSE for Intel whatever REX.B says (vol. 2B, PAUSE), XCHG with R8 behind REX.B for AMD.
    return is(row, MAP_1, 0x90) && has_prefix(k->byte, 0xf3) && !strcmp(row->name, "xchg");
}

// Where vendors differ and we follow Intel's manual:
bool case_by_vendor(const struct isa_case *k) {
    const struct insn *row = k->row;
    if (host_is_intel() && case_by_intel(k)) return true;
    // An offset that is not canonical by itself: AMD's processors refuse it, the SDM (vol. 1, 3.3.7.1) asks of the sum only.
    bool moffs = x86_row_places(row, P_OFFSET);
    if (moffs && !k->bits32 && MEM_SEG(&k->d.uop) >= FS && sext((u64)k->d.uop.disp, 48) != k->d.uop.disp) return true;
    if (!k->bits32 && branch_by_vendor(row, k->byte)) return true;
    // 0F 0D with a register: a reserved NOP for Intel (vol. 2D, table A-3), #UD for AMD.
    if (is(row, MAP_0F, 0x0d)) return row->modrm == 0 && !k->memory;
    // CVTPI2PS from memory: a switch to MMX for Intel (vol. 2A), none for AMD.
    if (is(row, MAP_0F, 0x2a)) return row->prefix == PFX_NP && k->memory;
    // MOVSXD with 66h reads 16 bits for Intel (vol. 2B), 32 for AMD.
    if (is(row, MAP_1, 0x63) && !k->bits32) return k->size16;
    // m16:64 behind REX.W: only Intel's processors have it (vol. 2, LDS, CALL, JMP).
    bool far_pointer = is(row, MAP_0F, 0xb2) || is(row, MAP_0F, 0xb4) || is(row, MAP_0F, 0xb5) || is(row, MAP_1, 0xff);
    if (far_pointer && k->d.size == 3 && (row_has(row, o_Mp))) return true;
    // SHA's memory operand must be aligned for Intel (vol. 2, 2.4, class 4), need not for AMD.
    if (row->feature == F_SHA) return k->memory && address_of(k) & 15;
    // LOOPE and LOOPNE: F2 and F3 are for string instructions only (vol. 2, 2.1.1); for AMD they turn one into the other.
    if (is(row, MAP_1, 0xe0) || is(row, MAP_1, 0xe1)) return has_prefix(k->byte, 0xf2) || has_prefix(k->byte, 0xf3);
    // SHLD, SHRD of 16 bits by more than 16: the result is undefined (vol. 2B; and OF, by 16).
    if (is(row, MAP_0F, 0xa4) || is(row, MAP_0F, 0xac)) return k->size16 && (k->byte[k->length - 1] & 31) >= 16;
    if (is(row, MAP_0F, 0xa5) || is(row, MAP_0F, 0xad)) return k->size16 && (k->r.gpr[RCX] & 31) >= 16;
    // VPINSRQ, VPEXTRQ: outside 64-bit mode VEX.W is ignored for Intel (vol. 2, PINSRB), #UD for AMD.
    if (is(row, MAP_V0F3A, 0x16) || is(row, MAP_V0F3A, 0x22)) return k->bits32 && vex_w(k->byte);
    // A count of 0: no port is touched for Intel (vol. 2B, REP), AMD checks the right to it first.
    return row->map == MAP_1 && row->opcode >= 0x6c && row->opcode <= 0x6f && k->d.rep && !count_of(k);
}

// VEX-encoded: what the map, the opcode, L and W say of it. Two bytes mean map 1 and W = 0.
static const char *beyond_in_vex(const u8 *o) {
    bool three = o[0] == 0xc4;
    return beyond_vex(three ? o[1] & 0x1f : 1, o[three ? 3 : 2], o[three ? 2 : 1] & 4, three && o[2] & 0x80);
}

// TSX and others that user mode has on Intel's processors, told by CPUID or not: hypervisors hide RTM and leave it working.
static const char *beyond_on_intel(const u8 *o, bool rep, bool f2) {
    if ((o[0] == 0xc6 || o[0] == 0xc7) && o[1] == 0xf8) return "XABORT, XBEGIN";
    if (o[0] != 0x0f) return NULL;
    if (o[1] == 0x01 && (o[2] == 0xd5 || o[2] == 0xd6)) return "XEND, XTEST";
    if (o[1] == 0x01 && o[2] == 0xd7) return "ENCLU";
    if (o[1] == 0x01 && (o[2] == 0xe8 || o[2] == 0xe9)) return "SERIALIZE, XSUSLDTRK, XRESLDTRK";
    if (o[1] == 0x01 && o[2] >= 0xcc && o[2] <= 0xcf) return "TDX";
    if (o[1] == 0xae && rep && (o[2] >> 3 & 7) == 4) return "PTWRITE";
    return o[1] == 0xae && (rep || f2) && o[2] >= 0xf0 && o[2] <= 0xf7 ? "UMONITOR, UMWAIT" : NULL;
}

// 0F 01 with mod = 3, and VMCALL, in whose place some hypervisors put VMMCALL.
static const char *beyond_group7(u8 modrm) {
    if (modrm == 0xc1 || (modrm >= 0xd8 && modrm <= 0xdf)) return "VMCALL, SVM";
    if (modrm == 0xc8 || modrm == 0xc9 || modrm == 0xfa || modrm == 0xfb) return "MONITOR, MWAIT";
    if (modrm == 0xee || modrm == 0xef) return "PKU";
    return modrm >= 0xfc ? "CLZERO, RDPRU, INVLPGB, SNP" : NULL;
}

// A near branch with 66h that is longer than 15 bytes: AMD's processors read a distance of 16 bits (branch_by_vendor), and so much less fits.
static bool fits_by_vendor(const u8 *o, unsigned prefixes) {
    bool jump = o[0] == 0xe8 || o[0] == 0xe9, conditional = o[0] == 0x0f && (o[1] & 0xf0) == 0x80;
    return (jump && prefixes + 1 + 4 > 15) || (conditional && prefixes + 2 + 4 > 15);
}

// Opcodes of extensions that our models lack and this processor may have.
const char *beyond_model(const u8 *b, unsigned n) {
    unsigned i = 0;
    bool rep = false, f2 = false, opsize = false, lock = false;
    for (unsigned end = prefix_count(b); i < end; i++) {
        rep |= b[i] == 0xf3;
        f2 |= b[i] == 0xf2;
        opsize |= b[i] == 0x66;
        lock |= b[i] == 0xf0;
    }
    if (i + 3 >= n) return NULL;
    const u8 *o = b + i;
    if (o[0] == 0xc4 || o[0] == 0xc5) return beyond_in_vex(o);
    if (o[0] == 0x62) return "EVEX";
    if (host_is_intel() && beyond_on_intel(o, rep, f2)) return beyond_on_intel(o, rep, f2);
    if (opsize && !host_is_intel() && fits_by_vendor(o, i)) return "a near branch with 66h (AMD)";
    if (o[0] != 0x0f) return NULL;
    switch (o[1]) {
    case 0x78:
    case 0x79: return opsize || f2 ? "SSE4A" : NULL;
    case 0x2b: return rep || f2 ? "SSE4A" : NULL;
    case 0x01: return beyond_group7(o[2]);
    case 0xae: return opsize && (o[2] >> 3 & 7) == 6 ? "CLWB, TPAUSE" : NULL;
    case 0x20:
    case 0x22: return lock ? "LOCK MOV CR0 for CR8 (AMD)" : NULL;
    case 0x00: return lock && (o[2] >> 3 & 7) == 5 ? "LOCK VERW (AMD)" : NULL;
    case 0x38:
        if (o[2] == 0xcf) return "GFNI";
        return o[2] >= 0xf8 ? "MOVDIRI, MOVDIR64B, ENQCMD, RAO-INT, Key Locker" : NULL;
    case 0x3a: return o[2] == 0xce || o[2] == 0xcf ? "GFNI" : NULL;
    default: return NULL;
    }
}

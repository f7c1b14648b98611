// SPDX-License-Identifier: MIT
// What cannot be compared on the processor we run on, each with its reason: nothing is left out silently.
#include "rig.h"
#include "../unit/beyond_vex.h"

#include <string.h>

static const struct {
    const char *name, *why;
} by_name[] = {
    {"syscall", "would call the host's kernel"}, {"sysenter", "would call the host's kernel"}, {"int", "may call the host's kernel"},
    {"sysret", "what it does at CPL 3 depends on the vendor"}, {"sysexit", "what it does at CPL 3 depends on the vendor"},
    {"rdtsc", "tells the host's time"}, {"rdtscp", "tells the host's time"}, {"rdpid", "tells the host's CPU number"},
    {"cpuid", "tells the host's model"}, {"xgetbv", "tells the host's XCR0"},
    {"rdrand", "random"}, {"rdseed", "random"},
    {"ud0", "has a ModRM byte for Intel, none for AMD"},
    {"int1", "some hypervisors step over it wrongly"},
    {"sgdt", "the host's kernel emulates it under UMIP"}, {"sidt", "the host's kernel emulates it under UMIP"},
    {"sldt", "the host's kernel emulates it under UMIP"}, {"str", "the host's kernel emulates it under UMIP"},
    {"smsw", "the host's kernel emulates it under UMIP"},
    {"lss", "loads from the host's GDT"}, {"lfs", "loads from the host's GDT"}, {"lgs", "loads from the host's GDT"},
    {"lar", "reads the host's GDT"}, {"lsl", "reads the host's GDT"}, {"verr", "reads the host's GDT"}, {"verw", "reads the host's GDT"},
    {"retf", "far transfer through the host's GDT"}, {"iret", "far transfer through the host's GDT"},
    {"rcpps", "approximation, our own"}, {"rcpss", "approximation, our own"}, {"rsqrtps", "approximation, our own"},
    {"rsqrtss", "approximation, our own"},
    {"f2xm1", "transcendental, our own"}, {"fyl2x", "transcendental, our own"}, {"fptan", "transcendental, our own"},
    {"fpatan", "transcendental, our own"}, {"fyl2xp1", "transcendental, our own"}, {"fsincos", "transcendental, our own"},
    {"fsin", "transcendental, our own"}, {"fcos", "transcendental, our own"},
    {"fxsave", "last-instruction pointers: kept by some vendors only with a pending exception"},
    {"fxrstor", "reserved fields of the image are kept by some processors"},
    {"fnsave", "last-instruction pointers: kept by some vendors only with a pending exception"},
    {"fnstenv", "last-instruction pointers: kept by some vendors only with a pending exception"},
    {"xsave", "saves the host's own components"}, {"xsaveopt", "saves the host's own components"},
    {"xsavec", "saves the host's own components"}, {"xsaves", "saves the host's own components"},
    {"xrstor", "restores the host's own components"}, {"xrstors", "restores the host's own components"},
    {"xsetbv", "privileged after a check of the host's XCR0"},
};

static const struct {
    u8 map, opcode;
    u16 modrm;
    const char *why;
} by_opcode[] = {
    {MAP_1, 0x07, 0, "loads from the host's GDT"}, {MAP_1, 0x17, 0, "loads from the host's GDT"},
    {MAP_1, 0x1f, 0, "loads from the host's GDT"}, {MAP_1, 0xc4, MEMONLY, "loads from the host's GDT"},
    {MAP_1, 0xc5, MEMONLY, "loads from the host's GDT"}, {MAP_1, 0x9a, 0, "far transfer through the host's GDT"},
    {MAP_1, 0xea, 0, "far transfer through the host's GDT"},
    {MAP_1, 0x8e, 0, "loads from the host's GDT"},
    {MAP_0F, 0xa1, 0, "loads from the host's GDT"},
    {MAP_0F, 0xa9, 0, "loads from the host's GDT"},
    {MAP_1, 0xff, EXT(3) | MEMONLY, "far transfer through the host's GDT"},
    {MAP_1, 0xff, EXT(5) | MEMONLY, "far transfer through the host's GDT"},
};

static bool in_model(const struct insn *row) { return row->feature == F_BASE || rig_model()->has[row->feature]; }

const char *exempt(const struct insn *row) {
    if (!in_model(row)) return "the model lacks it";
    if (host_lacks(row)) return "the processor here lacks it";
    const char *name = row->name + (row->map >= MAP_V0F && row->name[0] == 'v');
    for (unsigned i = 0; i < countof(by_name); i++)
        if (!strcmp(name, by_name[i].name)) return by_name[i].why;
    for (unsigned i = 0; i < countof(by_opcode); i++)
        if (row->map == by_opcode[i].map && row->opcode == by_opcode[i].opcode && row->modrm == by_opcode[i].modrm)
            return by_opcode[i].why;
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

// SYSCALL, SYSENTER, INT: whatever the model makes of them, they are not run natively. SYSRET, SYSEXIT: by vendor.
bool calls_kernel(const u8 *b) {
    unsigned i = prefix_count(b);
    return b[i] == 0xcd || (b[i] == 0x0f && (b[i + 1] == 0x05 || b[i + 1] == 0x07 || b[i + 1] == 0x34 || b[i + 1] == 0x35));
}

// The manual ignores 66h on near branches in 64-bit mode; AMD's processors cut RIP to 16 bits.
static bool branch_by_vendor(const struct insn *row, const u8 *b) {
    return row->flags & F64 && row->flags & ENDS && row->prefix == PFX_ANY && has_prefix(b, 0x66);
}

static bool is(const struct insn *row, u8 map, u8 opcode) { return row->map == map && row->opcode == opcode; }

static bool vex_w(const u8 *b) {
    while (*b != 0xc4 && *b != 0xc5) b++;
    return *b == 0xc4 && b[2] & 0x80;
}

// Where vendors differ and we follow Intel's manual:
bool case_by_vendor(const struct isa_case *k) {
    const struct insn *row = k->row;
    if (!k->bits32 && branch_by_vendor(row, k->byte)) return true;
    if (is(row, MAP_0F, 0x0d)) return row->modrm == 0 && !k->memory; // with a register: a NOP for Intel, #UD for AMD
    if (is(row, MAP_0F, 0x2a)) return row->prefix == PFX_NP && k->memory; // from memory: a switch to MMX for Intel, none for AMD
    if (is(row, MAP_1, 0x63) && !k->bits32) return k->size16; // with 66h it reads 16 bits for Intel, 32 for AMD
    // SHA's memory operand must be aligned for Intel (vol. 2, 2.4, class 4), need not for AMD.
    if (row->feature == F_SHA) return k->memory && address_of(k) & 15;
    // LOOPE and LOOPNE: on AMD's processors F2 and F3 turn one into the other.
    if (is(row, MAP_1, 0xe0) || is(row, MAP_1, 0xe1)) return has_prefix(k->byte, 0xf2) || has_prefix(k->byte, 0xf3);
    // SHLD, SHRD of 16 bits by more than 16: undefined (and OF, by 16).
    if (is(row, MAP_0F, 0xa4) || is(row, MAP_0F, 0xac)) return k->size16 && (k->byte[k->length - 1] & 31) >= 16;
    if (is(row, MAP_0F, 0xa5) || is(row, MAP_0F, 0xad)) return k->size16 && (k->r.gpr[RCX] & 31) >= 16;
    // VPINSRQ, VPEXTRQ: outside 64-bit mode VEX.W is ignored for Intel (vol. 2, PINSRB), #UD for AMD.
    if (is(row, MAP_V0F3A, 0x16) || is(row, MAP_V0F3A, 0x22)) return k->bits32 && vex_w(k->byte);
    // A count of 0: no port is touched for Intel, AMD checks the right to it first.
    return row->map == MAP_1 && row->opcode >= 0x6c && row->opcode <= 0x6f && !(u32)k->r.gpr[RCX];
}

// VEX-encoded: what the map, the opcode, L and W say of it. Two bytes mean map 1 and W = 0.
static const char *beyond_in_vex(const u8 *o) {
    bool three = o[0] == 0xc4;
    return beyond_vex(three ? o[1] & 0x1f : 1, o[three ? 3 : 2], o[three ? 2 : 1] & 4, three && o[2] & 0x80);
}

// 0F 01 with mod = 3, and VMCALL, in whose place some hypervisors put VMMCALL.
static const char *beyond_group7(u8 modrm) {
    if (modrm == 0xc1 || (modrm >= 0xd8 && modrm <= 0xdf)) return "VMCALL, SVM";
    if (modrm == 0xc8 || modrm == 0xc9 || modrm == 0xfa || modrm == 0xfb) return "MONITOR, MWAIT";
    if (modrm == 0xee || modrm == 0xef) return "PKU";
    return modrm >= 0xfc ? "CLZERO, RDPRU, INVLPGB, SNP" : NULL;
}

// Opcodes of extensions that our models lack and this processor may have.
const char *beyond_model(const u8 *b, unsigned n) {
    unsigned i = 0;
    bool rep = false, f2 = false, opsize = false, lock = false;
    for (; i + 3 < n; i++) {
        u8 p = b[i];
        if (p == 0xf3) rep = true;
        else if (p == 0xf2) f2 = true;
        else if (p == 0x66) opsize = true;
        else if (p == 0xf0) lock = true;
        else if (p != 0x67 && p != 0x26 && p != 0x2e && p != 0x36 && p != 0x3e && p != 0x64 && p != 0x65 && (p & 0xf0) != 0x40) break;
    }
    const u8 *o = b + i;
    if (o[0] == 0xc4 || o[0] == 0xc5) return beyond_in_vex(o);
    if (o[0] == 0x62) return "EVEX";
    if (o[0] != 0x0f) return NULL;
    switch (o[1]) {
    case 0x78: case 0x79: return opsize || f2 ? "SSE4A" : NULL;
    case 0x2b: return rep || f2 ? "SSE4A" : NULL;
    case 0x01: return beyond_group7(o[2]);
    case 0xae: return opsize && (o[2] >> 3 & 7) == 6 ? "CLWB, TPAUSE" : NULL;
    case 0x20: case 0x22: return lock ? "LOCK MOV CR0 for CR8 (AMD)" : NULL;
    case 0x00: return lock && (o[2] >> 3 & 7) == 5 ? "LOCK VERW (AMD)" : NULL;
    case 0x38:
        if (o[2] == 0xcf) return "GFNI";
        return o[2] >= 0xf8 ? "MOVDIRI, MOVDIR64B, ENQCMD, RAO-INT, Key Locker" : NULL;
    case 0x3a: return o[2] == 0xce || o[2] == 0xcf ? "GFNI" : NULL;
    default: return NULL;
    }
}

// SPDX-License-Identifier: MIT
// What cannot be compared on the processor we run on, each with its reason: nothing is left out silently.
#include "rig.h"

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

// SYSCALL, SYSENTER, INT: whatever the model makes of them, they are not run natively. SYSRET, SYSEXIT: by vendor.
bool calls_kernel(const u8 *b) {
    static const u8 prefix[] = {0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65};
    unsigned i = 0;
    while (i < LONGEST - 2 && (memchr(prefix, b[i], sizeof prefix) || (b[i] & 0xf0) == 0x40)) i++;
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

static unsigned pp_of(const struct insn *row) {
    return row->prefix == PFX_66 ? 1 : row->prefix == PFX_F3 ? 2 : row->prefix == PFX_F2 ? 3 : 0;
}

static void note_vex(bool known[4][4][256], const struct insn *row) {
    if (row->map >= MAP_V0F && in_model(row)) known[row->map - MAP_V0F + 1][pp_of(row)][row->opcode] = true;
}

// VEX-encoded instructions of extensions that our models lack.
static const char *beyond_vex(const u8 *o) {
    bool three = o[0] == 0xc4;
    unsigned map = three ? o[1] & 0x1f : 1, opcode = o[three ? 3 : 2], pp = o[three ? 2 : 1] & 3;
    bool wide = o[three ? 2 : 1] & 4;
    static bool known[4][4][256], filled;
    if (!filled)
        for (const struct insn_table *const *t = x86_tables; *t; t++)
            for (unsigned i = 0; i < (*t)->count; i++)
                note_vex(known, &(*t)->rows[i]);
    filled = true;
    if (wide && map == 2 && opcode >= 0xdc && opcode <= 0xdf) return "VAES";
    if (wide && map == 3 && opcode == 0x44) return "VPCLMULQDQ";
    if (wide && map == 3 && opcode <= 1 && !(o[2] & 0x80)) return "VPERMQ, VPERMPD: AMD's ignore VEX.W";
    return map >= 1 && map <= 3 && !known[map][pp][opcode] ? "no row yet" : NULL;
}

// Opcodes of extensions that our models lack and this processor may have.
const char *beyond_model(const u8 *b, unsigned n) {
    unsigned i = 0;
    bool rep = false, f2 = false;
    while (i + 3 < n) {
        u8 p = b[i];
        if (p == 0xf3) rep = true;
        else if (p == 0xf2) f2 = true;
        else if (p != 0x66 && p != 0x67 && p != 0xf0 && p != 0x26 && p != 0x2e && p != 0x36 && p != 0x3e && p != 0x64 &&
                 p != 0x65 && (p & 0xf0) != 0x40)
            break;
        i++;
    }
    const u8 *o = b + i;
    if (o[0] == 0xc4 || o[0] == 0xc5) return beyond_vex(o);
    if (o[0] == 0x62) return "EVEX";
    if (o[0] == 0x8f && (o[1] & 0x38)) return "XOP";
    if (o[0] != 0x0f) return NULL;
    switch (o[1]) {
    case 0x78: case 0x79: return "SSE4A";
    case 0x2b: return rep || f2 ? "SSE4A" : NULL;
    case 0x01: return o[2] >= 0xc0 ? "group 7" : NULL;
    case 0xae: return "group 15";
    case 0xc7: return "group 9";
    case 0x0d: return "PREFETCHW";
    case 0x0e: case 0x0f: return "3DNow!";
    case 0x80 ... 0x8f: return has_prefix(b, 0x66) ? "near branch with 66h: two bytes shorter (AMD)" : NULL;
    case 0x20: case 0x22: return has_prefix(b, 0xf0) ? "LOCK MOV CR0 for CR8 (AMD)" : NULL;
    case 0x00: return has_prefix(b, 0xf0) && (o[2] >> 3 & 7) == 5 ? "LOCK VERW (AMD)" : NULL;
    case 0x09: return rep ? "WBNOINVD" : NULL;
    case 0x1e: return "CET";
    case 0x38:
        if (o[2] >= 0xc8 && o[2] <= 0xcf) return "SHA, GFNI";
        if (o[2] >= 0xd8 && o[2] <= 0xdf) return "AES";
        if (o[2] >= 0xf0) return "MOVBE, ADX, MOVDIRI";
        return NULL;
    case 0x3a:
        if (o[2] == 0x44 || o[2] == 0xcc || o[2] == 0xce || o[2] == 0xcf || o[2] == 0xdf) return "PCLMULQDQ, SHA, GFNI, AES";
        return NULL;
    default: return NULL;
    }
}

// SPDX-License-Identifier: MIT
// Two outcomes of one case: are they the same, and where may they differ?
#include "base/le.h"
#include "isa/x86_64/int/flags.h"
#include "isa/x86_64/x87/x87.h"
#include "rig.h"

#include <string.h>

static bool is(const struct isa_case *k, u8 map, u8 opcode) { return k->row && k->row->map == map && k->row->opcode == opcode; }

static bool named(const struct isa_case *k, const char *start) { return k->row && !strncmp(k->row->name, start, strlen(start)); }

// x87 comparisons, where AMD's processors differ and the rows follow Intel's manual (vol. 2A, FCOM, FCOMI; vol. 1, 8.5): an
// invalid or denormal operand that is not masked leaves C0, C2 and C3 alone (FCOMI: EFLAGS), AMD sets them. FCOMI clears C1.
static bool compares(const struct isa_case *k) {
    return named(k, "fcom") || named(k, "fucom") || named(k, "ficom") || named(k, "ftst");
}
static bool compares_to_eflags(const struct isa_case *k) { return named(k, "fcomi") || named(k, "fucomi"); }
static bool unmasked_operand(const u8 *fx) { return ld16(fx + 2) & ~ld16(fx) & (X87_IE | X87_DE); }

static u16 fsw_by_vendor(const struct isa_case *k, const u8 *fx) {
    if (compares_to_eflags(k)) return X87_C1;
    return compares(k) && unmasked_operand(fx) ? X87_C0 | X87_C2 | X87_C3 : 0;
}

// A fault of the memory operand.
static bool by_access(const struct outcome *o) {
    return o->vector == EXC_PF || o->vector == EXC_GP || o->vector == EXC_SS || o->vector == EXC_AC;
}

// CVTPI2PS and its kin raise #XM: no manual says whether the registers are MMX's by then. They are for AMD; and for Intel when a
// store of an MMX register faults, but for the tags, which stay as they were.
static bool entered_mmx(const struct isa_case *k, const struct outcome *n) {
    const u8 *before = k->r.fx, *after = n->r.fx;
    bool store = host_is_intel() && k->memory && by_access(n);
    if (!k->row || !(row_has(k->row, o_Pq) || row_has(k->row, o_Qq)) || !(n->vector == EXC_XM || store)) return false;
    if (after[4] != (store ? before[4] : 0xff)) return false;
    const u16 top_bits = 7 << X87_TOP_SHIFT;
    unsigned top = before[3] >> 3 & 7;
    if ((ld16(after + 2) ^ ld16(before + 2)) & ~top_bits || ld16(after + 2) & top_bits || ld16(after) != ld16(before))
        return false;
    for (unsigned i = 0; i < 8; i++)
        if (memcmp(after + FX_ST + 16 * ((i + top) & 7), before + FX_ST + 16 * i, 10)) return false;
    return true;
}

static bool same_x87(const struct isa_case *k, const struct outcome *n, const struct outcome *e) {
    const u8 *a = n->r.fx, *b = e->r.fx;
    if (memcmp(a, b, 2) || (ld16(a + 2) ^ ld16(b + 2)) & ~fsw_by_vendor(k, a) || a[4] != b[4]) return false;
    for (unsigned i = 0; i < 8; i++)
        if (memcmp(a + FX_ST + 16 * i, b + FX_ST + 16 * i, 10)) return false;
    return true;
}

// DPPS, DPPD: which of two NaNs a sum is depends on the order of its terms, which vol. 2A (DPPS) leaves to the implementation. Lanes
// that are NaN in both are taken as the same on Intel's processors, the rest is not.
static bool is_nan(const u8 *p, unsigned size) {
    u64 v = size == 8 ? ld64(p) << 1 : (u64)ld32(p) << 33;
    return v > (size == 8 ? 0x7ffull << 53 : 0xffull << 56);
}
static bool same_nans(const struct isa_case *k, const struct outcome *n, const struct outcome *e) {
    if (!host_is_intel() || !(named(k, "dpp") || named(k, "vdpp"))) return false;
    static const struct {
        unsigned from, to;
    } part[] = {{FX_XMM, FX_END}, {YMM_HIGH, XSAVE_SIZE}};
    unsigned size = k->row->opcode & 1 ? 8 : 4;
    for (unsigned i = 0; i < countof(part); i++)
        for (unsigned at = part[i].from; at < part[i].to; at += size) {
            const u8 *a = n->r.fx + at, *b = e->r.fx + at;
            if (memcmp(a, b, size) && !((at - part[i].from) / 16 == k->d.uop.a && is_nan(a, size) && is_nan(b, size)))
                return false;
        }
    return true;
}

static bool same_fx(const struct isa_case *k, const struct outcome *n, const struct outcome *e) {
    const u8 *a = n->r.fx, *b = e->r.fx;
    // VCVTPS2PH whose store faults: nothing says whether its exceptions are in MXCSR by then. They are for Intel. And a denormal source
    // raises PE beside an unmasked UE (vol. 2C), but for AMD, where it would fit had a half more exponents.
    bool half = named(k, "vcvtps2ph"), underflow = n->vector == EXC_XM && ld32(a + FX_MXCSR) & 0x10;
    u32 open = !half ? 0 : host_is_intel() ? (by_access(n) ? 0x3f : 0) : underflow ? 0x20 : 0;
    if ((ld32(a + FX_MXCSR) ^ ld32(b + FX_MXCSR)) & ~open) return false;
    if (same_nans(k, n, e)) return same_x87(k, n, e);
    if (memcmp(a + FX_XMM, b + FX_XMM, FX_END - FX_XMM)) return false;
    if (memcmp(a + YMM_HIGH, b + YMM_HIGH, XSAVE_SIZE - YMM_HIGH)) return false;
    return same_x87(k, n, e) || entered_mmx(k, n);
}

// A gather that faulted (vol. 2, VPGATHERDD): the elements before the one at fault are done, those behind it may be; and of an
// element that is not, only the top bit of its mask counts. Clears both in both outcomes: the emulator does nothing ahead, so the
// first bit of its mask that is left tells the element.
static u8 *ymm_byte(struct outcome *o, unsigned reg, unsigned i) {
    return o->r.fx + (i < 16 ? FX_XMM + i : YMM_HIGH + i - 16) + 16 * reg;
}
static void forget_unfinished(const struct isa_case *k, struct outcome *n, struct outcome *e) {
    unsigned v = VEX_V(&k->d.uop), reg = k->d.uop.a, size = k->row->flags & VEX_W1 ? 8 : 4, at = 0;
    while (at < 32 && !(*ymm_byte(e, v, at + size - 1) & 0x80)) at += size;
    for (; at < 32; at++) *ymm_byte(n, v, at) = *ymm_byte(e, v, at) = *ymm_byte(n, reg, at) = *ymm_byte(e, reg, at) = 0;
}
static bool same_vectors(const struct isa_case *k, const struct outcome *n, const struct outcome *e) {
    if (!is_gather(k->row) || n->vector == EXC_UD || n->r.rip != k->rip) return same_fx(k, n, e);
    struct outcome a = *n, b = *e;
    forget_unfinished(k, &a, &b);
    return same_fx(k, &a, &b);
}

static bool pushes_segment(const struct isa_case *k) {
    static const u8 fs_gs[] = {0xa0, 0xa8}, others[] = {0x06, 0x0e, 0x16, 0x1e};
    if (k->row->map == MAP_1) return memchr(others, k->row->opcode, sizeof others);
    return k->row->map == MAP_0F && memchr(fs_gs, k->row->opcode, sizeof fs_gs);
}

// On Intel's processors too: a near CALL to where nothing can be; FSTP and FBSTP of 10 bytes may have stored some of them; and
// PUSH of a segment register writes 16 bits of its 32 or 64 (vol. 2B, PUSH: "all recent Intel Core").
static bool scribbles_by_intel(const struct isa_case *k, const struct outcome *e) {
    if (!host_is_intel() || !k->row) return false;
    if (pushes_segment(k)) return true;
    if (named(k, "call")) return e->vector == EXC_GP;
    bool ten = (is(k, MAP_1, 0xdb) && (k->row->modrm & 15) == EXT(7)) || (is(k, MAP_1, 0xdf) && (k->row->modrm & 15) == EXT(6));
    return ten && k->memory && e->vector == EXC_PF;
}

// ENTER and PUSHA that fault: what is below RSP may have been pushed already or not.
bool scribbles(const struct isa_case *k, const struct outcome *e) {
    return scribbles_by_intel(k, e) || ((is(k, MAP_1, 0xc8) || is(k, MAP_1, 0x60)) && e->vector != NO_FAULT);
}

// How much of an undefined instruction is fetched before the #UD: up to its last byte, which may not be there or be the 16th,
// or less.
static bool fetch_is_open(const struct isa_case *k, const struct outcome *a, const struct outcome *b) {
    if (a->vector != EXC_UD) return false;
    if (b->vector == EXC_GP && !k->row && prefix_count(k->byte) >= 2) return true;
    return b->vector == EXC_PF && b->error & PF_I && b->cr2 == CODE + CODE_SIZE;
}

// CALL to a 32-bit segment from 64-bit code with an RSP that is not canonical: #SS(0) by the manual (vol. 2A, CALL, 64-bit mode exceptions).
// AMD's processors are in the new segment's mode already when they push, at ESP.
static bool pushes_at_esp(const struct isa_case *k, const struct outcome *n, const struct outcome *e) {
    u64 rsp = k->r.gpr[RSP];
    if (host_is_intel() || k->bits32 || !k->row || !named(k, "call") || !row_has(k->row, o_Mp)) return false;
    return sext(rsp, 48) != (i64)rsp && e->vector == EXC_SS && n->vector == EXC_PF && n->cr2 == (u32)(rsp - 4);
}

// Two faults at once, and no manual says which comes first.
static bool order_is_open(const struct isa_case *k, const struct outcome *n, const struct outcome *e) {
    if (n->vector == NO_FAULT || e->vector == NO_FAULT || !k->row) return false;
    if (pushes_at_esp(k, n, e)) return true;
    if (named(k, "call") && row_has(k->row, o_Ev)) // a target that is not canonical and a stack that is not there
        return e->vector == EXC_GP && (n->vector == EXC_PF || n->vector == EXC_SS || n->vector == EXC_AC);
    if (is(k, MAP_1, 0xc8)) return true; // ENTER reads one place and writes another
    if (k->row->map == MAP_1 && k->row->opcode >= 0xa4 && k->row->opcode <= 0xa7) return true; // MOVS, CMPS: two operands
    // A vector that is misaligned (#GP) and runs over the limit of SS (#SS).
    bool vector = row_has(k->row, o_Wdq) || row_has(k->row, o_Mdq) || row_has(k->row, o_Wx) || row_has(k->row, o_Mx);
    if (k->bits32 && vector && n->vector == EXC_GP && e->vector == EXC_SS) return true;
    // Over the end of the canonical addresses, and misaligned or absent before it.
    u64 end = address_of(k) + 107;
    if (k->memory && !k->bits32 && (u64)sext(end, 48) != end && (u64)sext(end - 107, 48) == end - 107) return true;
    // Far returns read three to five words and then look at selectors, in no given order.
    if (is(k, MAP_1, 0xca) || is(k, MAP_1, 0xcb) || is(k, MAP_1, 0xcf)) return true;
    if (is(k, MAP_1, 0x61)) return true; // POPA may have loaded some registers already
    // Over the limit, and absent before it.
    bool over = k->bits32 && k->memory && (u32)address_of(k) > 0xffffffff - 107;
    if (over && n->vector == EXC_PF && (e->vector == EXC_GP || e->vector == EXC_SS)) return true;
    // Large operands over a page's end, such as FRSTOR's.
    return row_has(k->row, o_M) && n->vector == EXC_PF && e->vector == EXC_PF && n->cr2 >> 12 == e->cr2 >> 12;
}

// MASKMOV may report any byte of its operand, selected or not; MMX state has been entered by then or not.
static bool mask_is_open(const struct isa_case *k, const struct outcome *n) {
    bool by_access = n->vector == EXC_PF || n->vector == EXC_GP || n->vector == EXC_SS || n->vector == EXC_AC;
    return (is(k, MAP_0F, 0xf7) || is(k, MAP_V0F, 0xf7)) && by_access;
}

// VMASKMOV at the end of what its addresses reach: the next elements lie behind it (perhaps over the limit: vol. 3A, 5.3, leaves
// that to the processor when it is 4 GiB), or at 0 again as for AMD.
static bool end_is_open(const struct isa_case *k) {
    if (!named(k, "vmaskmovp") && !named(k, "vpmaskmov")) return false;
    u64 at = address_of(k);
    if (k->d.uop.mem & MEM_ADDR16) return (u16)at > 0xffff - 31;
    return (k->bits32 || k->d.uop.mem & MEM_ADDR32) && (u32)at > 0xffffffff - 31;
}

// #AC of operands that are wider than 8 bytes "may or may not be generated" (vol. 2, MOVUPS; FRSTOR).
static bool alignment_is_open(const struct isa_case *k, const struct outcome *n) {
    static const u8 wide[] = {o_Wdq, o_Mdq, o_M, o_Wx, o_Mx, o_Whx};
    if (!k->row || n->vector != EXC_AC) return false;
    for (unsigned i = 0; i < countof(wide); i++)
        if (row_has(k->row, wide[i])) return true;
    return false;
}

// LDMXCSR: bit 17 is reserved for Intel (vol. 1, 10.2.3: #GP), MM for AMD.
static bool mm_by_vendor(const struct isa_case *k, const struct outcome *n) {
    return (named(k, "ldmxcsr") || named(k, "vldmxcsr")) && n->vector == NO_FAULT && ld32(n->r.fx + FX_MXCSR) & BIT(17);
}

// Where AMD's processors do as the rows, and Intel's do not:
static bool open_for_intel(const struct isa_case *k, const struct outcome *n, const struct outcome *e) {
    if (!host_is_intel() || !k->row) return false;
    // x87 stores: an exception that is not masked keeps the result back (vol. 1, 8.5), and memory is not asked either.
    bool store = named(k, "fst") || named(k, "fist") || named(k, "fbstp");
    if (store && k->memory && n->vector == NO_FAULT && ld16(n->r.fx + 2) & X87_ES && by_access(e)) return true;
    // PUSH and POP of a segment register access 16 bits: alignment is theirs.
    bool pop_segment = named(k, "pop") && k->row->flags & ENDS && !row_has(k->row, o_Ev);
    if ((pop_segment || pushes_segment(k)) && e->vector == EXC_AC && n->vector != EXC_AC) return true;
    // VCVTPH2PS, VCVTPS2PH "do not report #AC" (vol. 2C).
    if ((named(k, "vcvtph2ps") || named(k, "vcvtps2ph")) && e->vector == EXC_AC) return true;
    // Its #XM comes before the fault of its store.
    if (named(k, "vcvtps2ph") && n->vector == EXC_XM && by_access(e)) return true;
    // The stack over the end of its 4 GiB: vol. 3A, 5.3, leaves the limit's check to the processor.
    if (k->bits32 && (u32)k->r.gpr[RSP] + 64 < 128 && e->vector == EXC_SS && (n->vector == EXC_PF || n->vector == EXC_AC))
        return true;
    // VMASKMOV: which byte of the page it is.
    return (named(k, "vmaskmovp") || named(k, "vpmaskmov")) && n->vector == EXC_PF && e->vector == EXC_PF &&
           n->error == e->error && n->cr2 >> 12 == e->cr2 >> 12;
}

bool either_is_right(const struct isa_case *k, const struct outcome *n, const struct outcome *e) {
    return alignment_is_open(k, n) || mask_is_open(k, n) || end_is_open(k) || mm_by_vendor(k, n) || order_is_open(k, n, e) ||
           fetch_is_open(k, n, e) || fetch_is_open(k, e, n) || open_for_intel(k, n, e);
}

// General registers that tell of the host: CPUID's four, RDPID's, RDRAND's and RDSEED's destination. One bit each.
static u16 hosts_registers(const struct isa_case *k) {
    if (!k->row) return 0;
    if (!strcmp(k->row->name, "cpuid")) return 1 << RAX | 1 << RBX | 1 << RCX | 1 << RDX;
    bool one = !strcmp(k->row->name, "rdpid") || !strcmp(k->row->name, "rdrand") || !strcmp(k->row->name, "rdseed");
    return one ? (u16)(1 << (k->d.uop.b & 15)) : 0;
}

// A repeated string instruction behind 67h may zero the upper halves of its registers on Intel's processors though it does nothing:
// with a count of 0, or before a fault (no manual says; vol. 1, 3.4.1.1, does for results of 32 bits).
static u16 zero_extended(const struct isa_case *k) {
    bool repeats = host_is_intel() && k->row && k->row->flags & REP && k->d.rep && !k->bits32 && k->d.uop.mem & MEM_ADDR32;
    return repeats ? 1 << RCX | 1 << RSI | 1 << RDI : 0;
}

static bool same_gpr(const struct isa_case *k, const struct outcome *n, const struct outcome *e) {
    unsigned count = k->bits32 ? 8 : 16;
    u16 open = n->vector == NO_FAULT ? hosts_registers(k) : 0;
    u16 zeroed = zero_extended(k);
    if (!open && !zeroed) return !memcmp(n->r.gpr, e->r.gpr, count * sizeof *n->r.gpr);
    for (unsigned i = 0; i < count; i++)
        if (!(open >> i & 1) && n->r.gpr[i] != (zeroed >> i & 1 && !(n->r.gpr[i] >> 32) ? (u32)e->r.gpr[i] : e->r.gpr[i]))
            return false;
    return true;
}

// Shifts and rotates by more than 1: OF is undefined (vol. 2B, RCL, SAL, SHLD), and CF behind SHL and SHR that shift everything out.
// AMD's processors go on by the rule for 1, as the rows do; Intel's do not.
static u64 shift_by_intel(const struct isa_case *k) {
    const u8 last = k->byte[k->length - 1];
    bool group2 = is(k, MAP_1, 0xc0) || is(k, MAP_1, 0xc1), group2_cl = is(k, MAP_1, 0xd2) || is(k, MAP_1, 0xd3);
    bool twice = is(k, MAP_0F, 0xa4) || is(k, MAP_0F, 0xac), twice_cl = is(k, MAP_0F, 0xa5) || is(k, MAP_0F, 0xad);
    if (!host_is_intel() || !(group2 || group2_cl || twice || twice_cl)) return 0;
    unsigned count = (group2 || twice ? last : (u8)k->r.gpr[RCX]) & (k->d.size == 3 ? 63 : 31);
    bool all_out = (named(k, "sh") || named(k, "sal")) && count >= 8u << k->d.size;
    return (count > 1 ? FL_OF : 0) | (all_out ? FL_CF : 0);
}

// REP CMPS and SCAS that are not over, at a fault or trap: Intel's processors restore EFLAGS (vol. 2B, REP), AMD's leave the last
// iteration's, and so do the rows. Nobody sees it: what is left of the instruction writes them anew.
static bool compares_strings_on(const struct isa_case *k, const struct outcome *n) {
    return host_is_intel() && (named(k, "cmps") || named(k, "scas")) && k->d.rep && n->r.rip == k->rip;
}

u32 compare(const struct isa_case *k, const struct outcome *n, const struct outcome *e) {
    u32 wrong = 0;
    u64 flags = ~(u64)FL_TF;
    if (k->row && k->variant != NOFLAGS) flags &= ~((u64)k->row->undefined | shift_by_intel(k));
    if (k->variant == STEP) flags |= FL_TF;
    // The trap between two iterations (elements) pushes RF as 1 (17.3.1.1); AMD's processors push 0.
    if (k->row && (k->row->flags & REP || is_gather(k->row)) && n->vector == NO_FAULT && e->r.rip == k->rip) flags &= ~(u64)FL_RF;
    if (k->variant == NOFLAGS && hosts_registers(k)) flags &= ~(u64)FL_ARITH; // the comparison's behind it
    if (compares_to_eflags(k) && unmasked_operand(n->r.fx)) flags &= ~(u64)FL_ARITH;
    if (n->vector != e->vector) return DIFF_VECTOR;
    if (n->vector != NO_FAULT) flags = k->variant == STEP ? ~(u64)0 : ~(u64)FL_TF;
    if (compares_strings_on(k, n)) flags &= ~(u64)FL_ARITH;
    if (n->error != e->error) wrong |= DIFF_ERROR;
    if (n->cr2 != e->cr2) wrong |= DIFF_CR2;
    if (n->r.rip != e->r.rip) wrong |= DIFF_RIP;
    if (!same_gpr(k, n, e)) wrong |= DIFF_GPR;
    if ((n->r.rflags ^ e->r.rflags) & flags) wrong |= DIFF_FLAGS;
    if (!same_vectors(k, n, e)) wrong |= DIFF_FX;
    if (n->r.fs_base != e->r.fs_base || n->r.gs_base != e->r.gs_base) wrong |= DIFF_BASE;
    return wrong;
}

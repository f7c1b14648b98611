// SPDX-License-Identifier: MIT
// The RISC-V page-table formats. Three geometries, one meaning of an entry.
#include "isa/riscv64/paging.h"

#include "base/bits.h"

// An entry ("Sv39", "Svnapot", "Svpbmt"):
//
//   63  62..61 60..54   53..10 9..8 7 6 5 4 3 2 1 0
//   N   PBMT   reserved PPN    RSW  D A G U X W R V
#define E_V BIT(0)
#define E_R BIT(1)
#define E_W BIT(2)
#define E_X BIT(3)
#define E_U BIT(4)
#define E_G BIT(5)
#define E_A BIT(6)
#define E_D BIT(7)
#define E_PBMT mask(62, 61)
#define E_N BIT(63)
#define E_RESERVED mask(60, 54)

// walk.control: what changes the meaning of an entry or of rights.
enum { CTL_SUM = 1, CTL_MXR = 2, CTL_PBMTE = 4, CTL_NAPOT = 8 };

enum { PBMT_RESERVED = 3, NAPOT_BITS = 4, NAPOT_64K = 8 };

static gpa_t address_of(u64 e) { return bits(e, 53, 10) << PAGE_BITS; }

// A pointer to the next table: D, A, U, PBMT and N are reserved in it.
static struct pte_view decode_table(u64 e) {
    return (struct pte_view){
        .fault = e & (E_D | E_A | E_U | E_PBMT | E_N) ? WALK_RESERVED : WALK_OK,
        .global = e & E_G,
        .perm = PERM_ALL,
        .address = address_of(e),
    };
}

// N says that the page is 64 KiB and the entry one of sixteen that are alike: PPN ends in 1000, whose last four bits are the address's.
static bool napot_reserved(u64 e, unsigned shift, u64 control) {
    return !(control & CTL_NAPOT) || shift != PAGE_BITS || bits(e, 10 + NAPOT_BITS - 1, 10) != NAPOT_64K;
}

static struct pte_view decode_leaf(u64 e, unsigned shift, u64 control) {
    struct pte_view v = {.leaf = true, .global = e & E_G, .address = address_of(e)};
    unsigned pbmt = (unsigned)bits(e, 62, 61);
    bool reserved = pbmt == PBMT_RESERVED || (pbmt && !(control & CTL_PBMTE));
    if (e & E_N) {
        reserved |= napot_reserved(e, shift, control);
        v.shift = PAGE_BITS + NAPOT_BITS;
        v.address &= ~(BIT(PAGE_BITS + NAPOT_BITS) - 1);
    } else if (v.address & (BIT(shift) - 1)) {
        reserved = true; // a misaligned superpage
    }
    v.fault = reserved ? WALK_RESERVED : WALK_OK;
    v.attr = (u8)pbmt;
    v.perm = (u8)((e & E_R ? PERM_R : 0) | (e & E_W ? PERM_W : 0) | (e & E_X ? PERM_X : 0) | (e & E_U ? PERM_U : 0));
    return v;
}

static struct pte_view decode(u64 e, unsigned shift, u64 control) {
    if (!(e & E_V)) return (struct pte_view){.fault = WALK_NOT_PRESENT};
    if (e & E_RESERVED || (e & E_W && !(e & E_R))) return (struct pte_view){.fault = WALK_RESERVED};
    return e & (E_R | E_X) ? decode_leaf(e, shift, control) : decode_table(e);
}

// U-mode needs U. S-mode reaches a user's page with SUM alone, and never executes there. MXR makes what can be executed readable.
static bool permit(const struct walk *w, enum mmu_access access) {
    bool user_page = w->perm & PERM_U;
    if (w->user != user_page && (w->user || access == MMU_EXEC || !(w->control & CTL_SUM))) return false;
    switch (access) {
    case MMU_EXEC: return w->perm & PERM_X;
    case MMU_WRITE: return w->perm & PERM_W;
    case MMU_READ: break;
    }
    return w->perm & PERM_R || (w->control & CTL_MXR && w->perm & PERM_X);
}

#define RULES .entry_bytes = 8, .accessed = E_A, .dirty = E_D, .table_faults = true, .decode = decode, .permit = permit

const struct pt_format rv_format_sv39 = {
    .name = "Sv39", .levels = 3, .level = {{30, 9}, {21, 9}, {12, 9}}, .canonical_bits = 39, RULES};
const struct pt_format rv_format_sv48 = {
    .name = "Sv48", .levels = 4, .level = {{39, 9}, {30, 9}, {21, 9}, {12, 9}}, .canonical_bits = 48, RULES};
const struct pt_format rv_format_sv57 = {
    .name = "Sv57", .levels = 5, .level = {{48, 9}, {39, 9}, {30, 9}, {21, 9}, {12, 9}}, .canonical_bits = 57, RULES};

static const struct pt_format *format_of(u64 satp) {
    switch (satp >> RV_SATP_MODE_SHIFT) {
    case RV_MODE_SV39: return &rv_format_sv39;
    case RV_MODE_SV48: return &rv_format_sv48;
    case RV_MODE_SV57: return &rv_format_sv57;
    default: return NULL; // Bare: rv_satp_write lets nothing else in
    }
}

// "The effective privilege mode for implicit page-table accesses is S."
static bool table_access(const void *pmp, gpa_t at, unsigned bytes, bool write) {
    return rv_pmp_check(pmp, at, bytes, write ? MMU_WRITE : MMU_READ, RV_S);
}

int rv_walk_init(const struct rv_translation *t, struct walk *w) {
    const struct pt_format *f = format_of(t->satp);
    if (!f || t->priv == RV_M) return 1;
    *w = (struct walk){
        .format = f,
        .root = bits(t->satp, 43, 0) << PAGE_BITS,
        .control = (t->sum ? CTL_SUM : 0) | (t->mxr ? CTL_MXR : 0) | (t->pbmte ? CTL_PBMTE : 0) | (t->napot ? CTL_NAPOT : 0),
        .user = t->priv == RV_U,
        .flags_by_software = !t->adue,
        .table_access = t->pmp ? table_access : NULL,
        .table_ctx = t->pmp,
    };
    return 0;
}

// Instruction, load and store/AMO access faults are 1, 5 and 7; the page faults 12, 13 and 15.
unsigned rv_access_fault(enum mmu_access access) { return access == MMU_EXEC ? 1 : access == MMU_READ ? 5 : 7; }

static unsigned page_fault(enum mmu_access access) { return access == MMU_EXEC ? 12 : access == MMU_READ ? 13 : 15; }

unsigned rv_walk_cause(const struct walk *w, enum mmu_access access) {
    return w->fault == WALK_TABLE ? rv_access_fault(access) : page_fault(access);
}

u64 rv_satp_write(u64 satp, u64 value, u32 modes) {
    unsigned mode = (unsigned)(value >> RV_SATP_MODE_SHIFT);
    return mode == RV_MODE_BARE || modes >> mode & 1 ? value : satp;
}

// SPDX-License-Identifier: MIT
#include "isa/riscv64/pmp.h"

#include "base/bits.h"

// A configuration byte; A is how the entry's address is meant:
//
//   7  6..5  4..3  2  1  0
//   L  0     A     X  W  R      A: 0 OFF, 1 TOR, 2 NA4, 3 NAPOT
enum { CFG_R = 1, CFG_W = 2, CFG_X = 4, CFG_RWX = 7, CFG_ZERO = 0x60, CFG_L = 0x80 };
enum { A_OFF, A_TOR, A_NA4, A_NAPOT };

enum { CSR_PMPCFG0 = 0x3a0, CSR_PMPCFG2 = 0x3a2, CSR_PMPADDR0 = 0x3b0 };

static unsigned a_field(u8 cfg) { return cfg >> 3 & 3; }

// The first and last byte that entry i matches; false: it matches none.
//
//   NAPOT   addr = yy..y 0 1..1: with n ones a range of 8 << n bytes, whose first has zeros in place of "01..1"
//   TOR     from the address below it, whatever that entry says of itself, up to its own
static bool range_of(const struct rv_pmp *pmp, unsigned i, gpa_t *first, gpa_t *last) {
    u64 addr = pmp->addr[i], low = addr, high = addr;
    switch (a_field(pmp->cfg[i])) {
    case A_OFF: return false;
    case A_TOR:
        low = i ? pmp->addr[i - 1] : 0;
        if (low >= addr) return false;
        high = addr - 1;
        break;
    case A_NA4: break;
    case A_NAPOT:
        low = addr & (addr + 1);
        high = addr | (addr ^ (addr + 1));
        break;
    }
    *first = low << 2;
    *last = high << 2 | 3;
    return true;
}

// The configuration byte that decides about the bytes first..last. *whole: it is the same for all of them, and *cfg < 0 then says that no
// entry matches.
static bool decides(const struct rv_pmp *pmp, gpa_t first, gpa_t last, int *cfg) {
    *cfg = -1;
    for (unsigned i = 0; i < RV_PMP_ENTRIES; i++) {
        gpa_t low, high;
        if (!range_of(pmp, i, &low, &high) || low > last || high < first) continue;
        *cfg = pmp->cfg[i];
        return low <= first && last <= high;
    }
    return true;
}

// What an entry (cfg < 0: none) grants this privilege mode, as R, W and X.
static unsigned grants(int cfg, u8 priv) {
    if (priv == RV_M && (cfg < 0 || !(cfg & CFG_L))) return CFG_RWX;
    return cfg < 0 ? 0 : cfg & CFG_RWX;
}

bool rv_pmp_check(const struct rv_pmp *pmp, gpa_t at, u64 size, enum mmu_access access, u8 priv) {
    static const u8 needs[] = {[MMU_READ] = CFG_R, [MMU_WRITE] = CFG_W, [MMU_EXEC] = CFG_X};
    int cfg;
    if (!pmp) return true;
    return decides(pmp, at, at + (size - 1), &cfg) && grants(cfg, priv) & needs[access];
}

u8 rv_pmp_page(const struct rv_pmp *pmp, gpa_t page, u8 priv) {
    int cfg = CFG_RWX;
    if (pmp && !decides(pmp, page, page + (PAGE_SIZE - 1), &cfg)) return RV_PMP_MIXED;
    unsigned rights = grants(cfg, priv);
    return (u8)((rights & CFG_R ? PERM_R : 0) | (rights & CFG_W ? PERM_W : 0) | (rights & CFG_X ? PERM_X : 0));
}

bool rv_pmp_fine(const struct rv_pmp *pmp) {
    for (unsigned i = 0; i < RV_PMP_ENTRIES; i++) {
        gpa_t low, high;
        if (range_of(pmp, i, &low, &high) && ((low | (high + 1)) & (PAGE_SIZE - 1))) return true;
    }
    return false;
}

// ---- CSRs. RV64 has the even pmpcfg registers alone, each of eight entries.

static bool is_cfg(unsigned csr) { return csr == CSR_PMPCFG0 || csr == CSR_PMPCFG2; }
static bool is_addr(unsigned csr) { return csr >= CSR_PMPADDR0 && csr < CSR_PMPADDR0 + RV_PMP_ENTRIES; }

bool rv_pmp_read(const struct rv_pmp *pmp, unsigned csr, u64 *value) {
    *value = 0;
    if (is_addr(csr)) *value = pmp->addr[csr - CSR_PMPADDR0];
    else if (!is_cfg(csr)) return false;
    else
        for (unsigned i = 0; i < 8; i++) *value |= (u64)pmp->cfg[(csr - CSR_PMPCFG0) * 4 + i] << 8 * i;
    return true;
}

static void write_cfg(struct rv_pmp *pmp, unsigned i, u8 cfg) {
    if (pmp->cfg[i] & CFG_L) return;
    cfg &= (u8)~CFG_ZERO;
    pmp->cfg[i] = cfg & CFG_R ? cfg : cfg & (u8)~CFG_W;
}

// A locked TOR entry's lower bound is locked with it.
static bool addr_locked(const struct rv_pmp *pmp, unsigned i) {
    if (pmp->cfg[i] & CFG_L) return true;
    return i + 1 < RV_PMP_ENTRIES && pmp->cfg[i + 1] & CFG_L && a_field(pmp->cfg[i + 1]) == A_TOR;
}

bool rv_pmp_write(struct rv_pmp *pmp, unsigned csr, u64 value) {
    if (is_addr(csr)) {
        unsigned i = csr - CSR_PMPADDR0;
        if (!addr_locked(pmp, i)) pmp->addr[i] = value & mask(53, 0);
        return true;
    }
    if (!is_cfg(csr)) return false;
    for (unsigned i = 0; i < 8; i++) write_cfg(pmp, (csr - CSR_PMPCFG0) * 4 + i, (u8)(value >> 8 * i));
    return true;
}

// SPDX-License-Identifier: MIT
// Arm's page tables of any bytes, which may map themselves, under any TCR_EL1, TTBRs, PAN and WXN: walks do not crash, and go as the oracle of the
// unit tests says: fault status, address, page size, global, what else may be done there. No byte is changed.
// CI: 60000 runs.
#include "arm64_oracle.h"
#include "base/bits.h"
#include "base/le.h"
#include "input.h"
#include "isa/arm64/paging.h"
#include "isa/arm64/regs.h"
#include "walk_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { STEPS = 64 };

struct machine {
    struct walk_rig *r;
    const struct arm64_model *model;
    struct arm64_tables tables;
    struct arm64_translation t;
    u64 tcr;
};

static u64 load(void *ctx, u64 at) { return walk_peek(((struct machine *)ctx)->r, at, 8); }
static bool reaches(void *ctx, u64 at) { return walk_host(((struct machine *)ctx)->r, at, 8); }

static _Noreturn void wrong(const char *what, u64 va, unsigned access, const struct machine *m) {
    fprintf(stderr, "%s: access %u at %llx, TCR %llx, TTBRs %llx %llx\n", what, access, (unsigned long long)va,
            (unsigned long long)m->tcr, (unsigned long long)m->t.ttbr[0], (unsigned long long)m->t.ttbr[1]);
    abort();
}

// Flags of any kind and an address that leads somewhere, or any bytes.
static void poke(struct machine *m, struct input *in) {
    gpa_t at = (take16(in) & (TABLE_BYTES / 8 - 1)) * 8;
    u8 target = take8(in);
    u64 flags = take16(in), e = (flags & 0xfff) | (flags >> 12) << 59;
    if (target < 0x60) e = (flags & 0xff0) | (AT_TABLES + (u64)(target & 7) * 0x1000) | 3;
    else if (target < 0xa0) e |= (u64)(target & 63) << (12 + 3 * (flags >> 12));
    else if (target < 0xb0) e |= (target & 1 ? (u64)AT_ROM : AT_DEVICE) | (u64)(target & 6) << 52;
    else e = take64(in);
    if (target & 8) e |= 1;
    walk_poke(m->r, AT_TABLES + at, e, 8);
}

// Roots in the tables, or anywhere; every size, granule and output's size.
static void settings(struct machine *m, struct input *in) {
    u8 how = take8(in), bits = take8(in);
    m->tcr = how & 0x80 ? take64(in) : take16(in) | (u64)take16(in) << 16 | (u64)(how & 7) << TCR_IPS | (u64)(how >> 3 & 3) << 41;
    m->t.el0 = bits & 1, m->t.pan = bits & 2, m->t.wxn = bits & 4;
    for (unsigned i = 0; i < 2; i++) m->t.ttbr[i] = bits & 8 ? take64(in) : AT_TABLES + (u64)(bits >> (4 + 2 * i) & 3) * 0x1000;
    m->model = arm64_model_find(how & 0x40 ? "armv8.0" : "max");
    arm64_tables_make(&m->tables, m->tcr, m->model);
}

static void access(struct machine *m, struct input *in) {
    static u8 before[TABLE_BYTES];
    u8 how = take8(in);
    u64 va = take64(in);
    enum mmu_access access = (enum mmu_access)(how % 3);
    if (!(how & 0x80)) { // small indices at every level of one granule, in one half
        static const u8 page[4] = {12, 14, 16, 12};
        unsigned p = page[how >> 4 & 3], n = p - 3;
        u64 small = va & 0xfff;
        for (unsigned i = 0; i < 4; i++) small |= (va >> (12 + 6 * i) & 63) << (p + n * i > 58 ? 58 : p + n * i);
        va = how & 0x40 ? (small & mask(47, 0)) | mask(63, 48) : small & mask(47, 0);
    }
    va = arm64_top_byte(&m->tables, va);
    struct a64_oracle o = {.ttbr0 = m->t.ttbr[0],
                           .ttbr1 = m->t.ttbr[1],
                           .tcr = m->tcr,
                           .el = !m->t.el0,
                           .pan = m->t.pan,
                           .wxn = m->t.wxn,
                           .hpds = arm64_has(m->model, FEAT_HPDS),
                           .e0pd = arm64_has(m->model, FEAT_E0PD),
                           .bti = arm64_has(m->model, FEAT_BTI),
                           .pa_bits = m->model->pa_bits,
                           .lva = arm64_has(m->model, FEAT_LVA),
                           .load = load,
                           .reaches = reaches,
                           .ctx = m};
    struct a64_verdict v = a64_access(&o, va, (enum a64_kind)access);
    memcpy(before, m->r->ram + AT_TABLES, TABLE_BYTES);
    struct walk w;
    m->t.tables = &m->tables;
    if (!arm64_walk_init(&m->t, &w, va)) mmu_walk(&w, &m->r->bus, va, access);
    if (memcmp(before, m->r->ram + AT_TABLES, TABLE_BYTES)) wrong("page tables afterwards", va, access, m);
    int status = w.fault ? (int)arm64_walk_status(&m->tables, &w, va) : -1;
    if (status != v.status) wrong("status", va, access, m);
    if (status >= 0) return;
    if ((w.page | (va & (BIT(w.shift) - 1))) != v.pa) wrong("address", va, access, m);
    if (w.shift != v.size || w.global != v.global || (bool)(w.attr & ATTR_GUARDED) != v.guarded) wrong("page", va, access, m);
    for (unsigned a = 0; a < 3; a++)
        if (w.format->permit(&w, (enum mmu_access)a) != v.may[a]) wrong("rights", va, a, m);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static struct walk_rig *rig;
    if (!rig) rig = walk_rig_new();
    memset(rig->ram + AT_TABLES, 0, TABLE_BYTES); // all other RAM is 0 and stays it
    // Something to begin with, in all tables: pointers to each other, pages, and blocks.
    for (unsigned i = 0; i < TABLE_BYTES; i += 8) {
        unsigned index = i / 8 % 512;
        u64 next = (u64)(AT_TABLES + (index & 7) * PAGE_SIZE) | 3;
        if (index < 256)
            st64(rig->ram + AT_TABLES + i,
                 index & 4 ? next | 0x400 | (u64)(index & 0x18) << 3 | (u64)(index & 0x60) << 48 : next);
        else if (index < 384) st64(rig->ram + AT_TABLES + i, 0x401 | (u64)(index & 3) << 6);
    }
    for (unsigned i = 0; i < ROM_BYTES; i += 8) st64(rig->rom + i, i & 8 ? (u64)AT_ROM | 3 : 0x401 | (u64)i << 27);
    struct machine m = {.r = rig, .model = arm64_model_find("max"), .tcr = 16 | 16 << 16 | (u64)2 << 30 | (u64)5 << TCR_IPS};
    m.t.ttbr[0] = m.t.ttbr[1] = AT_TABLES;
    arm64_tables_make(&m.tables, m.tcr, m.model);
    struct input in = {data, size};
    for (unsigned i = 0; i < STEPS && in.left; i++) {
        u8 op = take8(&in);
        if (op < 0x60) poke(&m, &in);
        else if (op < 0x90) settings(&m, &in);
        else access(&m, &in);
    }
    return 0;
}

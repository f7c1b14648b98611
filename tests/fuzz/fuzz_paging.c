// SPDX-License-Identifier: MIT
// Page tables of any bytes, which may map themselves, under any control registers: accesses of any size and place do not crash,
// and go as the oracle of the unit tests says: fault, error code, CR2, bytes read and written, accessed and dirty bits.
// CI: 65000 runs.
#include "paging_rig.h"

#include "input.h"
#include "isa/x86_64/sys/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { TABLE_PAGES = 8, TABLE_BYTES = TABLE_PAGES * 4096, STEPS = 64 };
_Static_assert(PAGING_TABLES + TABLE_BYTES == PAGING_TABLES_END, "the tables are the rig's");

// What the tables should hold; the oracle reads them here.
static u8 shadow[TABLE_BYTES];

static bool in_tables(gpa_t at) { return at >= PAGING_TABLES && at < PAGING_TABLES_END; }

static u64 load(void *ctx, gpa_t at, unsigned bytes) {
    if (in_tables(at)) return ld_width(shadow + (at - PAGING_TABLES), bytes);
    if (at >= RIG_RAM) return ~(u64)0 >> (64 - 8 * bytes);
    return bytes == 8 ? at : at & 4 ? 0 : at; // the rig's RAM holds its addresses
}

static u8 byte_at(const struct paging_rig *p, gpa_t at) {
    if (in_tables(at)) return shadow[at - PAGING_TABLES];
    return (u8)((at & ~(u64)7) >> 8 * (at & 7));
}

static _Noreturn void wrong(struct paging_rig *p, const struct oracle_access *a, unsigned size, const char *what) {
    struct oracle_verdict v = oracle_access(&p->o, a);
    struct paging_result got = {.vector = p->r->vector, .error = p->r->error, .cr2 = p->r->c->s.cr2};
    fprintf(stderr, "%s, of %u bytes: ", what, size);
    paging_differs(p, a, &v, &got);
}

// ---- an entry: flags of any kind, an address that leads somewhere (or any bytes)

static void poke(struct paging_rig *p, struct input *in) {
    unsigned at = (take16(in) & (TABLE_BYTES / 8 - 1)) * 8;
    u8 target = take8(in);
    u64 flags = take16(in), e = (flags & 0xfff) | (flags >> 12) << 60;
    if (target < 0xa0) e |= PAGING_TABLES + (u64)(target & 7) * 0x1000;
    else if (target < 0xd0) e |= (u64)(target & 15) << 20 | (target & 16 ? 1ull << 30 : 0);
    else e = take64(in);
    if (target & 8) e |= 7;
    st64(shadow + at, e);
    st64(p->r->ram + PAGING_TABLES + at, e);
}

// ---- registers, by the processor's own checks; the oracle takes over what they leave

static void control(struct paging_rig *p, struct input *in) {
    struct x86_cpu *c = p->r->c;
    u8 what = take8(in);
    u64 v = what & 0x80 ? take64(in) : take16(in);
    paging_who(p, 0, p->o.ac);
    switch (what & 7) {
    case 0: TRAP(p->r, x86_write_cr0(c, what & 0x80 ? v : CR0_PE | CR0_PG | (v & 1 ? CR0_WP : 0))); break;
    case 1: TRAP(p->r, x86_write_cr3(c, what & 0x80 ? v : PAGING_TABLES + (v & 7) * 0x1000)); break;
    case 2: TRAP(p->r, x86_write_cr4(c, what & 0x80 ? v : c->s.cr4 ^ (u64)1 << (v % 26))); break;
    case 3: TRAP(p->r, (void)x86_write_efer(c, what & 0x80 ? v : c->s.efer ^ EFER_NXE)); break;
    case 4: x86_write_pkru(c, (u32)v); break;
    case 5: TRAP(p->r, (void)x86_msr_write(c, 0x6e1, v)); break;
    case 6: x86_tlb_flush_page(c, v << 12); break;
    default:
        p->o.page1gb = p->model.has[F_PAGE1G] = v & 1;
        x86_tlb_flush_all(c);
        break;
    }
    p->o.cr0 = c->s.cr0, p->o.cr3 = c->s.cr3, p->o.cr4 = c->s.cr4, p->o.efer = c->s.efer;
    p->o.pkru = (u32)c->s.pkru, p->o.pkrs = (u32)c->s.pkrs;
    memcpy(p->o.pdpte, c->s.pdpte, sizeof p->o.pdpte);
}

// ---- an access

static void mark(const struct oracle_verdict *v) {
    for (unsigned i = 0; i < v->path.entries; i++) {
        const struct oracle_entry *e = &v->path.entry[i];
        if (!in_tables(e->at)) continue;
        u8 *at = shadow + (e->at - PAGING_TABLES);
        st_width(at, e->bytes, ld_width(at, e->bytes) | v->after[i]); // an entry may be used twice
    }
}

static u64 wrap(const struct paging_rig *p, u64 a) { return p->o.efer & EFER_LMA ? a : (u32)a; }

// Whoever reads entries from RAM outside the tables, where addresses are, finds none present: nothing to restore there.
static void restore(struct paging_rig *p, gpa_t pa, unsigned size) {
    for (gpa_t at = pa & ~(u64)7; at < pa + size; at += 8)
        if (at < RIG_RAM && !in_tables(at)) paging_poke(p, at, at, 8);
}

static void access(struct paging_rig *p, struct input *in) {
    struct x86_cpu *c = p->r->c;
    u8 how = take8(in);
    u64 index = take64(in), offset = take16(in);
    u64 la = offset & 0xfff;
    for (unsigned i = 0; i < 5; i++) la |= (index >> 8 * i & (how & 0x80 ? 0xff : 7)) << (12 + 9 * i);
    if (how & 0x40) la = (u64)((i64)(la << 7) >> 7) ^ (index >> 40 << 48);
    bool code64 = (c->mode & MODE_CODE_MASK) == MODE_CODE64;
    if (!code64) la = (u32)la;
    struct oracle_access a = {.la = la, .kind = (enum oracle_kind)((how & 3) % 3), .implicit = how & 4 && (how & 3) != 2};
    unsigned size = a.kind == ORACLE_FETCH ? 1 : a.implicit ? 1u << (how >> 3 & 3) : 1 + (how >> 3 & 7) * 2;
    if (!code64 && la + size > (u64)1 << 32) return; // segmentation's business
    unsigned n = 4096 - (la & 4095) < size ? 4096 - (la & 4095) : size;

    // What the manual says. After INVLPG of its pages an access finds what the tables say now, whatever was used before.
    struct oracle_access b = a;
    b.la = wrap(p, la + n);
    x86_tlb_flush_page(c, la);
    x86_tlb_flush_page(c, b.la);
    struct oracle_verdict first = oracle_access(&p->o, &a), second = {.vector = -1}, *bad = NULL;
    const struct oracle_access *bad_access = &a;
    u64 top = p->o.cr4 & CR4_LA57 ? b.la >> 56 : b.la >> 47;
    bool leaves = n < size && p->o.efer & EFER_LMA && top && top != (p->o.cr4 & CR4_LA57 ? 0xffu : 0x1ffffu);
    if (leaves) first = (struct oracle_verdict){.vector = EXC_GP};
    if (first.vector >= 0) bad = &first;
    else mark(&first);
    if (!bad && n < size) {
        second = oracle_access(&p->o, &b);
        if (second.vector >= 0) bad = &second, bad_access = &b;
        else mark(&second);
    }
    u8 expected[16], got[16] = {0}, bytes[16];
    for (unsigned i = 0; i < size; i++) {
        gpa_t pa = i < n ? first.pa + i : second.pa + (i - n);
        bytes[i] = (u8)(0xa0 + i);
        if (bad) continue;
        if (a.kind == ORACLE_WRITE && in_tables(pa)) shadow[pa - PAGING_TABLES] = bytes[i];
    }
    for (unsigned i = 0; i < size && !bad; i++) expected[i] = byte_at(p, i < n ? first.pa + i : second.pa + (i - n));
    bool ram = !bad && first.pa + n <= RIG_RAM && (n == size || second.pa + (size - n) <= RIG_RAM);

    // What the processor does.
    struct uop u = {.base = RDI, .index = 16, .mem = (u8)(DS << MEM_SEG_SHIFT | (code64 ? 0 : MEM_SLOW))};
    c->s.gpr[RDI] = la;
    c->s.cr2 = 0xc0ffee;
    const u8 *volatile host = NULL;
    volatile u64 v = 0;
    u64 word = ld64(bytes);
    if (a.kind == ORACLE_FETCH) TRAP(p->r, host = vcpu_fetch(&c->v, la));
    else if (a.implicit && a.kind == ORACLE_READ) TRAP(p->r, v = x86_sys_read(c, la, size));
    else if (a.implicit) TRAP(p->r, x86_sys_write(c, la, word, size));
    else if (a.kind == ORACLE_READ) TRAP(p->r, LOADN(c, &u, got, size, 1));
    else TRAP(p->r, STOREN(c, &u, bytes, size, 1));
    if (a.implicit && a.kind == ORACLE_READ) st64(got, v);

    if (p->r->vector != (bad ? bad->vector : -1)) wrong(p, bad_access, size, "exception");
    if (bad && bad->vector == EXC_PF && (p->r->error != bad->error || c->s.cr2 != bad_access->la))
        wrong(p, bad_access, size, "error code or CR2");
    if (ram && a.kind == ORACLE_READ && memcmp(got, expected, size)) wrong(p, &a, size, "bytes read");
    if (ram && a.kind == ORACLE_FETCH && host != p->r->ram + first.pa) wrong(p, &a, size, "place of code");
    for (unsigned i = 0; ram && a.kind == ORACLE_WRITE && i < size; i++)
        if (p->r->ram[i < n ? first.pa + i : second.pa + (i - n)] != bytes[i] && !in_tables(first.pa))
            wrong(p, &a, size, "bytes written");
    if (a.kind == ORACLE_WRITE && !bad) {
        restore(p, first.pa, n);
        if (n < size) restore(p, second.pa, size - n);
    }
    if (memcmp(shadow, p->r->ram + PAGING_TABLES, TABLE_BYTES)) wrong(p, &a, size, "page tables afterwards");
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static struct paging_rig *rigs[PAGING_5 + 1];
    struct input in = {data, size};
    enum paging_format f = take8(&in) % (PAGING_5 + 1);
    if (!rigs[f]) {
        rigs[f] = paging_new();
        paging_start(rigs[f], f);
        rigs[f]->o.load = load;
    }
    struct paging_rig *p = rigs[f];
    memset(shadow, 0, sizeof shadow);
    memset(p->r->ram + PAGING_TABLES, 0, sizeof shadow);
    paging_registers(p, f);
    x86_tlb_flush_all(p->r->c);
    for (unsigned i = 0; i < STEPS && in.left; i++) {
        u8 op = take8(&in);
        if (op < 0x60) {
            poke(p, &in);
        } else if (op < 0x80) {
            control(p, &in);
        } else if (op < 0x90) {
            paging_who(p, op & 3, op & 4);
        } else {
            access(p, &in);
        }
    }
    return 0;
}

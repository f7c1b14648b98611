// SPDX-License-Identifier: MIT
// The TLB's slow side: misses, page crossings, MMIO, pages that hold decoded code, breakpoints; and the flushes.
//
// A TLB context is what a translation depends on beside the address: the low 12 bits of a tag.
//
//   11                         2   1     0
//   address space number         AC    user      AC: supervisor data accesses to user pages are allowed now
//
// An address space number stands for one PCID since its last flush: flushing an address space means taking a new number.
#include "isa/x86_64/mem.h"

#include "isa/x86_64/block.h"
#include "isa/x86_64/debug.h"
#include "isa/x86_64/paging.h"
#include "isa/x86_64/seg.h"

enum { KEY_USER = 1, KEY_AC = 2, KEY_ASID_SHIFT = 2, ASID_MAX = 1023 };

struct page {
    gpa_t gpa;  // of the page's first byte
    u8 *ram;    // host address of the same, NULL: not RAM
    bool rom, code;
};

static u64 key_for(const struct x86_cpu *c, bool user, bool implicit) {
    const struct x86_state *s = &c->s;
    u64 key = (u64)c->tlb_asid << KEY_ASID_SHIFT;
    if (user) return key | KEY_USER;
    bool open = !(s->cr4 & CR4_SMAP) || (!implicit && s->rflags & FL_AC);
    return key | (open ? KEY_AC : 0);
}

static void clear_slot(struct tlb_entry *e) { e->read = e->write = e->exec = TLB_INVALID; }

static enum mmu_access mmu_access_of(enum access a) {
    return a == ACCESS_READ ? MMU_READ : a == ACCESS_WRITE ? MMU_WRITE : MMU_EXEC;
}

static struct page page_at(const struct x86_cpu *c, gpa_t gpa) {
    struct page p = {.gpa = gpa};
    const struct region *r = space_find(&c->bus->mem, gpa);
    if (!r || !r->ram || gpa - r->start > r->size - PAGE_SIZE) return p;
    p.ram = r->ram + (gpa - r->start);
    p.rom = r->rom;
    p.code = gpa >> PAGE_BITS < c->bus->page_count && c->bus->page_flags[gpa >> PAGE_BITS] & PAGE_HAS_CODE;
    return p;
}

static _Noreturn void page_fault(struct x86_cpu *c, gva_t a, u32 error) {
    c->s.cr2 = a;
    x86_raise(c, EXC_PF, error);
}

// Puts what the walk allowed into the slot. A write tag means that nothing at all has to happen on a write: the dirty bit
// is set, the page is RAM, holds no decoded code and no breakpoint.
static void fill(struct x86_cpu *c, gva_t a, u64 key, const struct page *p, const struct walk *w) {
    struct tlb_entry *e = &c->tlb[a >> PAGE_BITS & (TLB_SIZE - 1)];
    gva_t base = a & ~(PAGE_SIZE - 1);
    clear_slot(e);
    if (!p->ram) return;
    e->addend = (u64)(hva_t)p->ram - base;
    bool watched = x86_debug_armed(c);
    const struct pt_format *f = w->format;
    if (!watched && (!f || f->permit(w, MMU_READ))) e->read = base | key;
    if (!watched && !p->rom && !p->code && (!f || (w->dirty && f->permit(w, MMU_WRITE)))) e->write = base | key;
    if (!f || f->permit(w, MMU_EXEC)) e->exec = base | key;
    if (w->control & (CTL_PKE | CTL_PKS)) c->tlb_page_keys[!(w->perm & PERM_U)] |= (u16)(1 << w->key);
}

static void note_large(struct x86_cpu *c, gva_t a, unsigned shift) {
    gva_t low = a & ~(((u64)1 << shift) - 1), high = low + ((u64)1 << shift) - 1;
    if (low < c->large_low) c->large_low = low;
    if (high > c->large_high) c->large_high = high;
    if (shift > c->large_shift) c->large_shift = shift;
}

// The instruction must run alone in its block (because time must be exact for a device, or because it changes code of the
// block it stands in): nothing was committed, so run.c starts it again that way.
static void need_single(struct x86_cpu *c) {
    if (!c->single && c->cur) x86_restart_single(c);
}

// Translates one access that stays within its page and fills the TLB; raises #PF, and for addresses that are not canonical
// #GP or #SS.
static struct page translate(struct x86_cpu *c, unsigned seg, gva_t a, enum access access, u64 key) {
    const struct x86_state *s = &c->s;
    struct walk w = {.perm = PERM_ALL};
    if (!(s->cr0 & CR0_PG)) {
        struct page p = page_at(c, a & ~(PAGE_SIZE - 1));
        fill(c, a, key, &p, &w);
        return p;
    }
    bool user = key & KEY_USER;
    if (likely(!x86_walk_init(c, &w, a, user, !user && !(key & KEY_AC)))) mmu_walk(&w, c->bus, a, mmu_access_of(access));
    if (unlikely(w.fault == WALK_NON_CANONICAL)) x86_raise(c, seg == SS ? EXC_SS : EXC_GP, 0);
    if (unlikely(w.fault)) {
        // A page fault does what INVLPG does: the next access, and the next fetch, must walk again (4.10.4.1).
        x86_tlb_flush_page(c, a);
        page_fault(c, a, x86_pf_error(c, &w, mmu_access_of(access)));
    }
    // An accessed or dirty bit has changed the code that runs, perhaps the next instruction.
    if (unlikely(c->cur && c->block && c->block->cost == BLOCK_DROPPED)) need_single(c);
    if (w.shift > PAGE_BITS) note_large(c, a, w.shift);
    u64 inside = a & (((u64)1 << w.shift) - 1) & ~(PAGE_SIZE - 1);
    struct page p = page_at(c, w.page + inside);
    fill(c, a, key, &p, &w);
    return p;
}

static bool in_running_block(const struct x86_cpu *c, gpa_t at, unsigned size) {
    const struct block *b = c->block;
    // What a block has on its next page is not worth keeping its address: any write there restarts.
    return b && (b->host_next || ranges_overlap(at, size, b->gpa, b->bytes));
}

static void read_part(struct x86_cpu *c, const struct page *p, gva_t a, u8 *to, unsigned size) {
    unsigned at = a & (PAGE_SIZE - 1);
    if (p->ram) {
        memcpy(to, p->ram + at, size);
        return;
    }
    need_single(c);
    x86_sync_device(c);
    for (unsigned done = 0; done < size;) {
        unsigned w = size - done >= 8 ? 8 : size - done >= 4 ? 4 : size - done >= 2 ? 2 : 1;
        st_width(to + done, w, bus_read(c->bus, p->gpa + at + done, w));
        done += w;
    }
}

static void write_part(struct x86_cpu *c, const struct page *p, gva_t a, const u8 *from, unsigned size) {
    unsigned at = a & (PAGE_SIZE - 1);
    if (p->ram && p->rom) return;
    if (p->ram) {
        if (p->code) {
            if (in_running_block(c, p->gpa + at, size)) need_single(c);
            bus_will_write(c->bus, p->gpa + at, size);
        }
        memcpy(p->ram + at, from, size);
        return;
    }
    need_single(c);
    x86_sync_device(c);
    for (unsigned done = 0; done < size;) {
        unsigned w = size - done >= 8 ? 8 : size - done >= 4 ? 4 : size - done >= 2 ? 2 : 1;
        bus_write(c->bus, p->gpa + at + done, w, ld_width(from + done, w));
        done += w;
    }
}

static unsigned first_part(gva_t a, unsigned size) {
    unsigned room = (unsigned)(PAGE_SIZE - (a & (PAGE_SIZE - 1)));
    return size < room ? size : room;
}

// Outside IA-32e mode linear addresses wrap at 4 GiB (4.2).
static gva_t wrap(const struct x86_cpu *c, gva_t a) { return c->s.efer & EFER_LMA ? a : (u32)a; }

// Where an operand goes on behind the first page's end, n bytes from its start: a compatibility-mode program's wraps, too; and
// one that leaves the canonical space is refused before any page is looked up.
static gva_t second_part(struct x86_cpu *c, unsigned seg, gva_t a, unsigned n) {
    gva_t b = wrap(c, a + n);
    if ((c->mode & MODE_CODE_MASK) != MODE_CODE64 && seg != SEG_NONE && !(a >> 32)) return (u32)b;
    if (c->s.efer & EFER_LMA && !x86_canonical(c, b)) x86_raise(c, seg == SS ? EXC_SS : EXC_GP, 0);
    return b;
}

static void watch(struct x86_cpu *c, gva_t a, unsigned size, bool write) {
    u32 hit = x86_debug_data_hit(c, a, size, write);
    if (likely(!hit)) return;
    need_single(c);
    c->s.pending_db |= hit;
}

static void read_key(struct x86_cpu *c, unsigned seg, gva_t a, void *to, unsigned size, u64 key) {
    a = wrap(c, a);
    unsigned n = first_part(a, size);
    gva_t b = n < size ? second_part(c, seg, a, n) : 0;
    struct page first = translate(c, seg, a, ACCESS_READ, key);
    watch(c, a, size, false);
    if (n == size) {
        read_part(c, &first, a, to, size);
        return;
    }
    struct page second = translate(c, seg, b, ACCESS_READ, key);
    read_part(c, &first, a, to, n);
    read_part(c, &second, b, (u8 *)to + n, size - n);
}

static void write_key(struct x86_cpu *c, unsigned seg, gva_t a, const void *from, unsigned size, u64 key) {
    a = wrap(c, a);
    unsigned n = first_part(a, size);
    gva_t b = n < size ? second_part(c, seg, a, n) : 0;
    struct page first = translate(c, seg, a, ACCESS_WRITE, key);
    watch(c, a, size, true);
    if (n == size) {
        write_part(c, &first, a, from, size);
        return;
    }
    struct page second = translate(c, seg, b, ACCESS_WRITE, key);
    if (!first.ram || !second.ram || first.code || second.code) need_single(c);
    write_part(c, &first, a, from, n);
    write_part(c, &second, b, (const u8 *)from + n, size - n);
}

static void probe_key(struct x86_cpu *c, unsigned seg, gva_t a, unsigned size, enum access access, u64 key) {
    a = wrap(c, a);
    unsigned n = first_part(a, size);
    gva_t b = n < size ? second_part(c, seg, a, n) : 0;
    translate(c, seg, a, access, key);
    if (n < size) translate(c, seg, b, access, key);
}

// A piece of a long operand that began below 4 GiB: 32-bit code goes on at 0, under IA-32e mode, too.
static gva_t piece(const struct x86_cpu *c, unsigned seg, gva_t a) {
    return (c->mode & MODE_CODE_MASK) == MODE_CODE64 || seg == SEG_NONE ? a : (u32)a;
}

void x86_read(struct x86_cpu *c, unsigned seg, gva_t a, void *to, unsigned size) {
    read_key(c, seg, piece(c, seg, a), to, size, c->tlb_key);
}

void x86_write(struct x86_cpu *c, unsigned seg, gva_t a, const void *from, unsigned size) {
    write_key(c, seg, piece(c, seg, a), from, size, c->tlb_key);
}

void x86_probe(struct x86_cpu *c, unsigned seg, gva_t a, unsigned size, enum access access) {
    probe_key(c, seg, piece(c, seg, a), size, access, c->tlb_key);
}

u64 x86_sys_read(struct x86_cpu *c, gva_t a, unsigned size) {
    u64 v = 0;
    read_key(c, SEG_NONE, a, &v, size, key_for(c, false, true));
    return v;
}

void x86_sys_write(struct x86_cpu *c, gva_t a, u64 value, unsigned size) {
    write_key(c, SEG_NONE, a, &value, size, key_for(c, false, true));
}

void x86_sys_probe(struct x86_cpu *c, gva_t a, unsigned size, enum access access) {
    probe_key(c, SEG_NONE, a, size, access, key_for(c, false, true));
}

u64 x86_read_as(struct x86_cpu *c, bool user, unsigned seg, gva_t a, unsigned size) {
    u64 v = 0;
    read_key(c, seg, a, &v, size, key_for(c, user, false));
    return v;
}

void x86_write_as(struct x86_cpu *c, bool user, unsigned seg, gva_t a, u64 value, unsigned size) {
    write_key(c, seg, a, &value, size, key_for(c, user, false));
}

void x86_probe_as(struct x86_cpu *c, bool user, unsigned seg, gva_t a, unsigned size, enum access access) {
    probe_key(c, seg, a, size, access, key_for(c, user, false));
}

u64 x86_load_slow(struct x86_cpu *c, const struct uop *u, unsigned seg, gva_t a, unsigned size) {
    u64 v = 0;
    SYNC;
    read_key(c, seg, a, &v, size, c->tlb_key);
    return v;
}

void x86_store_slow(struct x86_cpu *c, const struct uop *u, unsigned seg, gva_t a, u64 value, unsigned size) {
    SYNC;
    write_key(c, seg, a, &value, size, c->tlb_key);
}

// Links and jump entries lead only to blocks of pages noted here: INVLPG of any other leaves them all good.
static u64 *code_page_word(struct x86_cpu *c, gva_t a) { return &c->code_pages[a >> (PAGE_BITS + 6) & 63]; }
static u64 code_page_bit(gva_t a) { return BIT(a >> PAGE_BITS & 63); }

// 32-bit code goes on at address 0 behind the last byte of 4 GiB.
static gva_t code_address(const struct x86_cpu *c, gva_t a) { return (c->mode & MODE_CODE_MASK) == MODE_CODE64 ? a : (u32)a; }

const u8 *x86_fetch(struct x86_cpu *c, gva_t a) {
    a = code_address(c, a);
    const struct tlb_entry *e = tlb_slot(c, a);
    if (likely(e->exec == ((a & ~(PAGE_SIZE - 1)) | c->tlb_key))) {
        *code_page_word(c, a) |= code_page_bit(a);
        return (const u8 *)(a + e->addend);
    }
    struct page p = translate(c, CS, a, ACCESS_EXEC, c->tlb_key);
    // Only now: a fetch that faults leaves no block behind.
    *code_page_word(c, a) |= code_page_bit(a);
    return p.ram ? p.ram + (a & (PAGE_SIZE - 1)) : NULL;
}

gpa_t x86_fetch_gpa(struct x86_cpu *c, gva_t a) {
    a = code_address(c, a);
    struct page p = translate(c, CS, a, ACCESS_EXEC, c->tlb_key);
    return p.gpa | (a & (PAGE_SIZE - 1));
}

u64 x86_offset(const struct x86_cpu *c, const struct uop *u) {
    u64 a = c->s.gpr[u->base] + (c->s.gpr[u->index] << (u->mem & 3)) + (u64)u->disp;
    if (u->mem & MEM_ADDR32) return (u32)a;
    if (u->mem & MEM_ADDR16) return (u16)a;
    return a;
}

// Table 6-7: naturally aligned; 80 bits like 64, 48-bit far pointers like 32; 16 bytes need not be checked (vol. 2B, MOVUPS). An
// operand that is not canonical to its last byte is worse, a page that is not there is not: so silicon has it.
static gva_t aligned(struct x86_cpu *c, unsigned seg, gva_t a, unsigned size, enum access access) {
    unsigned by = size == 10 ? 8 : size == 6 ? 4 : size;
    if (likely(!(c->mode & MODE_ALIGN)) || access == ACCESS_EXEC || !is_pow2(by) || by > 8 || !(a & (by - 1))) return a;
    bool wide = (c->mode & MODE_CODE_MASK) == MODE_CODE64;
    if (wide && !(x86_canonical(c, a) && x86_canonical(c, a + size - 1))) x86_raise(c, seg == SS ? EXC_SS : EXC_GP, 0);
    x86_raise(c, EXC_AC, 0);
}

gva_t x86_linear(struct x86_cpu *c, unsigned seg, u64 at, unsigned size, enum access access) {
    if ((c->mode & MODE_CODE_MASK) == MODE_CODE64) {
        if (seg == FS || seg == GS) at += c->s.seg[seg].base;
        return aligned(c, seg, at, size, access);
    }
    const struct x86_seg *g = &c->s.seg[seg];
    bool code = g->attr & AR_CODE;
    bool bad = !(g->attr & AR_P) || !x86_seg_contains(g, at, size);
    if (!(c->mode & MODE_REAL)) {
        if (access == ACCESS_WRITE && (code || !(g->attr & AR_W))) bad = true;
        if (access == ACCESS_READ && code && !(g->attr & AR_R)) bad = true;
    }
    if (unlikely(bad)) x86_raise(c, seg == SS ? EXC_SS : EXC_GP, 0);
    return aligned(c, seg, (u32)(g->base + at), size, access);
}

gva_t x86_operand_slow(struct x86_cpu *c, const struct uop *u, unsigned size, enum access access) {
    SYNC;
    return x86_linear(c, MEM_SEG(u), x86_offset(c, u), size, access);
}

// ---- flushes

static void forget_jumps(struct x86_cpu *c) {
    x86_new_jump_generation(c);
    x86_mode_changed(c);
}

void x86_jumps_stale(struct x86_cpu *c) { forget_jumps(c); }

void x86_tlb_flush_all(struct x86_cpu *c) {
    for (unsigned i = 0; i < TLB_SIZE; i++) clear_slot(&c->tlb[i]);
    c->large_low = ~(u64)0;
    c->large_high = 0;
    c->large_shift = PAGE_BITS;
    c->tlb_page_keys[0] = c->tlb_page_keys[1] = 0;
    for (unsigned i = 0; i < countof(c->pcid_asid); i++) c->pcid_asid[i].valid = false;
    c->tlb_asid_last = c->tlb_asid = 0;
    forget_jumps(c);
}

// A number never used since the last full flush, so no stale entry carries it.
static u16 new_asid(struct x86_cpu *c) {
    if (c->tlb_asid_last == ASID_MAX) x86_tlb_flush_all(c);
    return ++c->tlb_asid_last;
}

void x86_tlb_flush_address_space(struct x86_cpu *c) {
    if (c->s.cr4 & CR4_PCIDE) {
        x86_tlb_set_pcid(c, c->s.cr3 & 0xfff, false);
        return;
    }
    c->tlb_asid = new_asid(c);
    x86_mode_changed(c);
}

static int pcid_slot(const struct x86_cpu *c, u16 pcid) {
    for (unsigned i = 0; i < countof(c->pcid_of); i++)
        if (c->pcid_asid[i].valid && c->pcid_of[i] == pcid) return (int)i;
    return -1;
}

void x86_tlb_set_pcid(struct x86_cpu *c, u16 pcid, bool keep) {
    int slot = pcid_slot(c, pcid);
    if (slot < 0 || !keep) {
        u16 asid = new_asid(c);
        slot = pcid_slot(c, pcid);
        if (slot < 0) slot = (int)(c->pcid_next++ % countof(c->pcid_of));
        c->pcid_of[slot] = pcid;
        c->pcid_asid[slot].asid = asid;
        c->pcid_asid[slot].valid = true;
    }
    c->tlb_asid = c->pcid_asid[slot].asid;
    x86_mode_changed(c);
}

void x86_tlb_flush_pcid(struct x86_cpu *c, u16 pcid) {
    // Without PCIDs the low bits of CR3 are something else, and PCID 0 is what runs (4.10.1).
    if (pcid == (c->s.cr4 & CR4_PCIDE ? c->s.cr3 & 0xfff : 0)) {
        x86_tlb_flush_address_space(c);
        return;
    }
    int slot = pcid_slot(c, pcid);
    if (slot >= 0) c->pcid_asid[slot].valid = false;
}

static bool near(const struct tlb_entry *e, gva_t a, unsigned shift) {
    return !((e->read ^ a) >> shift) || !((e->write ^ a) >> shift) || !((e->exec ^ a) >> shift);
}

// Fragments of a large page may sit in any slot, and go together (4.10.2.3): all that is as near as the largest page is big.
static void flush_large(struct x86_cpu *c, gva_t a) {
    for (unsigned i = 0; i < TLB_SIZE; i++)
        if (near(&c->tlb[i], a, c->large_shift)) clear_slot(&c->tlb[i]);
    forget_jumps(c);
}

void x86_tlb_flush_page(struct x86_cpu *c, gva_t a) {
    if (a >= c->large_low && a <= c->large_high) {
        flush_large(c, a);
        return;
    }
    clear_slot(&c->tlb[a >> PAGE_BITS & (TLB_SIZE - 1)]);
    if (*code_page_word(c, a) & code_page_bit(a)) forget_jumps(c);
}

// The tags hold what the keys allowed when they were made. Only pages with a key whose rights change need another look,
// so a guest that opens and shuts one key's few pages does not lose all others; and code is not the keys' business.
void x86_tlb_key_rights_changed(struct x86_cpu *c, u32 changed, bool supervisor) {
    u32 touched = 0;
    for (unsigned i = 0; i < 16; i++)
        if (changed >> 2 * i & 3) touched |= 1u << i;
    if (!(touched & c->tlb_page_keys[supervisor])) return;
    for (unsigned i = 0; i < TLB_SIZE; i++) c->tlb[i].read = c->tlb[i].write = TLB_INVALID;
    c->tlb_page_keys[0] = c->tlb_page_keys[1] = 0;
}

void x86_tlb_protect_code(struct x86_cpu *c, const u8 *page) {
    for (unsigned i = 0; i < TLB_SIZE; i++) {
        struct tlb_entry *e = &c->tlb[i];
        if (e->write != TLB_INVALID && (e->write & ~(PAGE_SIZE - 1)) + e->addend == (u64)(hva_t)page)
            e->write = TLB_INVALID;
    }
}

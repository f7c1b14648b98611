// SPDX-License-Identifier: MIT
// Decoded blocks: building them, finding them again by where their bytes are, dropping those whose bytes change.
#include "cpu/block.h"

#include "base/bits.h"
#include "base/le.h"
#include "cpu/debug.h"
#include "cpu/measure.h"
#include "cpu/tlb.h"

#define HASH_BITS 16
#define LONGEST 15 // of any ISA
#define DEVICE_ACCESSES 256

// A write to a page with code that changed none of it, and the page's list then. Real-mode programs keep their variables beside their code, and
// wait in loops for them. While the list begins with the same block there is no block in it that was not there then.
struct harmless {
    gpa_t at;
    u64 len;
    const struct block *first;
};
#define HARMLESS 64

struct block_cache {
    u8 *arena;
    u64 used;
    struct block *hash[1u << HASH_BITS];
    struct block **page; // blocks by guest page number, through page_next
    struct block *part;  // what block_part made last
    struct bus *bus;
    struct harmless harmless[HARMLESS];
    gpa_t device_access[DEVICE_ACCESSES]; // instructions that have met a device, by their address + 1; 0: none
};

// Part of the mode in the key of blocks of one instruction that are run alone. It is above all bits that an ISA's mode uses (vcpu.h).
#define MODE_ALONE BIT(20)

struct block_cache *block_cache_create(struct env *env, struct bus *bus) {
    struct block_cache *k = env_alloc(env, sizeof *k);
    k->arena = env_alloc(env, BLOCK_ARENA);
    k->part = env_alloc(env, sizeof(struct block) + (BLOCK_INSNS + 1) * sizeof(struct uop));
    k->page = env_alloc(env, bus->page_count * sizeof *k->page);
    k->bus = bus;
    return k;
}

static u32 hash_of(const u8 *host, u64 mode) {
    return (u32)(((u64)(hva_t)host ^ mode << 43) * 0x9E3779B97F4A7C15u >> (64 - HASH_BITS));
}

void block_cache_flush(struct vcpu *v) {
    struct block_cache *k = v->blocks;
    for (u64 i = 0; i < k->bus->page_count; i++) {
        if (!k->page[i]) continue;
        k->page[i] = NULL;
        k->bus->page_flags[i] &= (u8)~(PAGE_HAS_CODE | PAGE_MAY_STOP);
    }
    memset(k->hash, 0, sizeof k->hash);
    memset(k->harmless, 0, sizeof k->harmless);
    k->used = 0;
    if (v->translator) v->translator->flushed(v);
    tlb_jumps_stale(v);
}

void block_cache_forget(struct vcpu *v) {
    memset(v->blocks->device_access, 0, sizeof v->blocks->device_access);
    v->blocks->part->owner = NULL;
    block_cache_flush(v);
}

void block_each(struct vcpu *v, void (*f)(void *ctx, struct block *b), void *ctx) {
    for (unsigned i = 0; i < 1u << HASH_BITS; i++)
        for (struct block *b = v->blocks->hash[i]; b; b = b->hash_next)
            if (!(b->mode & MODE_ALONE)) f(ctx, b);
}

void block_each_on_page(struct vcpu *v, u64 page, void (*f)(void *ctx, struct block *b), void *ctx) {
    for (struct block *b = v->blocks->page[page]; b; b = b->page_next)
        if (!b->owner && !(b->mode & MODE_ALONE)) f(ctx, b);
}

static void unhash(struct block_cache *k, struct block *b) {
    struct block **at = &k->hash[hash_of(b->host, b->mode)];
    while (*at && *at != b) at = &(*at)->hash_next;
    if (*at) *at = b->hash_next;
}

// Drops the blocks of one page that share a byte with the range. Their memory is not reused before the next flush of the whole cache,
// because the running block may be among them.
static void drop_on_page(struct vcpu *v, u64 page, gpa_t at, u64 len) {
    struct block_cache *k = v->blocks;
    struct block **link = &k->page[page];
    struct harmless *known = &k->harmless[(at ^ at >> 6) & (HARMLESS - 1)];
    const struct harmless now = {at, len, *link};
    if (known->at == at && known->len == len && known->first == *link) return;
    bool harmless = true;
    while (*link) {
        struct block *b = *link;
        if (!ranges_overlap(at, len, b->gpa, b->bytes)) {
            link = &b->page_next;
            continue;
        }
        harmless = false;
        *link = b->page_next;
        if (b->owner) b = b->owner;
        unhash(k, b);
        b->cost = BLOCK_DROPPED;
        if (b->code || b->edges) v->translator->dropped(v, b);
        if (k->part->owner == b) k->part->cost = BLOCK_DROPPED;
    }
    if (harmless) *known = now;
    if (!k->page[page]) k->bus->page_flags[page] &= (u8)~(PAGE_HAS_CODE | PAGE_MAY_STOP);
}

// ---- devices
//
// An instruction that accesses a device must be the last of its block: the device must see the exact time, and interrupts that it raises
// must be looked for right after the instruction. Which instructions those are shows only when they run. So the first time such an
// instruction is restarted alone, and from then on its block ends after it. The table of these instructions is indexed by guest
// address, not by host address: so the same entries are overwritten on every host, and runs stay equal.

static gpa_t *access_slot(struct block_cache *k, gpa_t at) { return &k->device_access[(at ^ at >> 8) & (DEVICE_ACCESSES - 1)]; }

static bool meets_device(struct block_cache *k, gpa_t at) { return *access_slot(k, at) == at + 1; }

void block_meet_device(struct vcpu *v) {
    struct block *b = v->block;
    if (v->single || !v->cur || block_exits_behind(b, v->cur)) return;
    gpa_t at = b->gpa + b->skip + v->cur->off;
    *access_slot(v->blocks, at) = at + 1;
    drop_on_page(v, b->gpa >> PAGE_BITS, b->gpa, 1); // to be built anew
    vcpu_restart_single(v);
}

void block_code_write(void *vcpu, gpa_t at, u64 len) {
    struct vcpu *v = vcpu;
    struct block_cache *k = v->blocks;
    for (u64 page = at >> PAGE_BITS; page <= (at + len - 1) >> PAGE_BITS && page < k->bus->page_count; page++)
        drop_on_page(v, page, at, len);
}

// ---- building

// Something may be measured from the instruction at this address on: it must be a block's first.
static bool is_point(const struct vcpu *v, gpa_t at) { return unlikely(v->measure != NULL) && measure_offset(v->measure, at); }

// Fills b with up to `most` instructions from `have` bytes. Returns false when not even one is complete.
static bool build(struct vcpu *v, struct block *b, const u8 *code, unsigned have, unsigned most) {
    const struct isa *isa = v->isa;
    unsigned n = 0, at = 0;
    bool ends = false;
    while (n < most && at < have && !ends && !b->exits) {
        unsigned length = 0;
        if (n && is_point(v, b->gpa + b->skip + at)) break;
        if (!isa->decode(v, &b->u[n], code + at, have - at, at, n, &length, &ends)) break;
        b->exits = !ends && meets_device(v->blocks, b->gpa + b->skip + at);
        b->u[n].n = (u8)n;
        at += length;
        n++;
    }
    if (!n) return false;
    b->u[n] = (struct uop){.fn = b->exits ? isa->exit_end : isa->block_end, .off = (u16)at, .n = (u8)n};
    b->ends = ends;
    b->cost = b->n = (u16)n;
    b->bytes = (u16)at;
    if (isa->finish_block) isa->finish_block(v, b, n);
    b->point = is_point(v, b->gpa + b->skip);
    b->enter = b->point ? isa->point : b->u[0].fn;
    b->near = isa->links_near && isa->links_near(b->mode);
    return true;
}

void block_link_to(struct vcpu *v, u64 base, unsigned which, u64 pc, struct block *b) {
    struct block *from = v->block;
    // What runs over the page's end goes on where the next page's address leads.
    bool near = from->near && !b->host_next && !((base ^ pc) >> PAGE_BITS);
    from->link[which] = (struct block_link){near ? LINK_NEAR : v->jump_key, pc, b};
    if (from->way[which]) v->translator->relinked(v, from, which);
}

static u64 block_size(unsigned uops) { return align_up(sizeof(struct block) + (uops + 1) * sizeof(struct uop), 64); }

// Makes room for a block and its stand-in on a second page. It may drop all blocks, so no pointer to a block may be kept across it. Call
// it before vcpu_fetch, which notes the code's page in v->code_pages: dropping all blocks clears those notes.
static void make_room(struct vcpu *v) {
    if (v->blocks->used + block_size(BLOCK_INSNS) + block_size(0) > BLOCK_ARENA) block_cache_flush(v);
}

// The guest physical address of RAM that is at `host`. It is not asked of the page tables, which may have changed since the TLB entry
// that led here was filled.
static gpa_t gpa_of(const struct block_cache *k, const u8 *host) {
    const struct space *s = &k->bus->mem;
    for (unsigned i = 0; i < s->regions; i++) {
        const struct region *r = &s->region[i];
        if (r->ram && (hva_t)host - (hva_t)r->ram < r->size) return r->start + ((hva_t)host - (hva_t)r->ram);
    }
    __builtin_trap(); // vcpu_fetch answers with RAM or NULL
}

static void add_to_page(struct vcpu *v, struct block *b, const u8 *host) {
    struct block_cache *k = v->blocks;
    u64 page = b->gpa >> PAGE_BITS;
    b->page_next = k->page[page];
    k->page[page] = b;
    if (k->bus->page_flags[page] & PAGE_HAS_CODE) return;
    k->bus->page_flags[page] |= PAGE_HAS_CODE;
    tlb_protect_code(v, b->gpa, (const u8 *)((hva_t)host & ~(hva_t)(PAGE_SIZE - 1)));
}

static gva_t next_page(const struct vcpu *v, gva_t at) {
    gva_t next = align_up(at + 1, PAGE_SIZE);
    return v->isa->wrap ? v->isa->wrap(v, next, false) : next;
}

// Enters b in the lists of the pages that its bytes are on, where block_code_write looks. `second` is entered in its place for the
// second page, if it has one.
static void watch_bytes(struct vcpu *v, struct block *b, struct block *second, gva_t at) {
    unsigned room = (unsigned)(PAGE_SIZE - (at & (PAGE_SIZE - 1)));
    add_to_page(v, b, b->host);
    if (!b->host_next) return;
    *second = (struct block){.gpa = gpa_of(v->blocks, b->host_next), .bytes = (u16)(b->bytes - room), .owner = b};
    add_to_page(v, second, b->host_next);
}

static void keep(struct vcpu *v, struct block *b, gva_t at) {
    struct block_cache *k = v->blocks;
    k->used += block_size(b->n);
    struct block *second = (struct block *)(void *)(k->arena + k->used);
    if (b->host_next) k->used += block_size(0);
    struct block **h = &k->hash[hash_of(b->host, b->mode)];
    b->hash_next = *h;
    *h = b;
    watch_bytes(v, b, second, at);
}

// Builds a block of the one instruction that crosses the end of its page, from the bytes of both pages.
static bool build_crossing(struct vcpu *v, struct block *b, gva_t at, const u8 *host, unsigned room) {
    u8 code[LONGEST] = {0};
    const u8 *next = vcpu_fetch(v, next_page(v, at));
    if (!next) return false;
    memcpy(code, host, room);
    memcpy(code + room, next, LONGEST - room);
    b->host_next = next;
    build(v, b, code, LONGEST, 1);
    return true;
}

// Skips blocks that are longer than what may be executed here: when such a block was built, the code segment's limit was farther away.
static struct block *find(struct vcpu *v, const u8 *host, u64 mode, const struct code_place *p) {
    for (struct block *b = v->blocks->hash[hash_of(host, mode)]; b; b = b->hash_next) {
        if (b->host != host || b->mode != mode || b->bytes > p->inside) continue;
        if (likely(!b->host_next)) return b;
        if (b->host_next == vcpu_fetch(v, next_page(v, p->at))) return b;
    }
    return NULL;
}

// Fills b from p->at on, of which p->inside bytes may be executed. An instruction that exceeds them raises only if it is the first: a
// later one raises when it is its turn. False: there is no memory after this page.
static bool fetch_and_build(struct vcpu *v, struct block *b, const struct code_place *p) {
    unsigned room = (unsigned)(PAGE_SIZE - (p->at & (PAGE_SIZE - 1)));
    if (build(v, b, b->host, p->inside < room ? (unsigned)p->inside : room, v->single ? 1 : BLOCK_INSNS)) return true;
    if (p->inside <= room) v->isa->past_end(v);
    if (!build_crossing(v, b, p->at, b->host, room)) return false;
    if (b->bytes > p->inside) v->isa->past_end(v);
    return true;
}

struct block *block_at_pc(struct vcpu *v, gpa_t *gone) {
    struct code_place p = {.inside = ~(u64)0};
    v->isa->code_at(v, &p);
    make_room(v);
    const u8 *host = vcpu_fetch(v, p.at);
    if (!host) {
        *gone = vcpu_fetch_gpa(v, p.at);
        return NULL;
    }
    u64 mode = v->mode | (v->single ? MODE_ALONE : 0);
    struct block *b = find(v, host, mode, &p);
    if (b) {
        if (unlikely(v->debug != NULL) && !v->single) debug_found(v, b, p.at, false);
        return b;
    }

    b = (struct block *)(void *)(v->blocks->arena + v->blocks->used);
    *b = (struct block){.gpa = gpa_of(v->blocks, host), .host = host, .mode = mode, .pay = BLOCK_UNPAYABLE};
    if (!fetch_and_build(v, b, &p)) {
        *gone = vcpu_fetch_gpa(v, next_page(v, p.at));
        return NULL;
    }
    if (v->translator && !v->single && !b->host_next && !b->point) b->enter = v->translator->cold;
    keep(v, b, p.at);
    if (unlikely(v->debug != NULL) && !v->single) debug_found(v, b, p.at, true);
    return b;
}

// The part is decoded again, and not copied: the whole does not compute flags that its later instructions overwrite, but after the part
// they can be seen. All of it is on one page, as every block of more than one instruction is.
struct block *block_part(struct vcpu *v, struct block *whole, unsigned at, unsigned n) {
    struct block *b = v->blocks->part;
    unsigned skip = whole->u[at].off;
    *b = (struct block){.gpa = whole->gpa, .host = whole->host, .mode = whole->mode, .owner = whole, .skip = (u16)skip};
    build(v, b, whole->host + skip, whole->bytes - skip, n);
    b->u[n].fn = v->isa->part_end;
    b->u[n].imm = at + n;
    b->bytes = whole->bytes;
    return b;
}

// SPDX-License-Identifier: MIT
// Decoded blocks: building them, finding them again by physical address, dropping those whose bytes change.
#include "isa/x86_64/block.h"

#include "base/le.h"
#include "isa/x86_64/flags.h"
#include "isa/x86_64/mem.h"

#define HASH_BITS 16
#define LONGEST 15

struct block_cache {
    u8 *arena;
    u64 used;
    struct block *hash[1u << HASH_BITS];
    struct block **page; // blocks by guest page number, through page_next
    struct block *part; // what block_part made last
    struct bus *bus;
};

struct block_cache *block_cache_create(struct env *env, struct bus *bus) {
    struct block_cache *k = env_alloc(env, sizeof *k);
    k->arena = env_alloc(env, BLOCK_ARENA);
    k->part = env_alloc(env, sizeof(struct block) + (BLOCK_INSNS + 1) * sizeof(struct uop));
    k->page = env_alloc(env, bus->page_count * sizeof *k->page);
    k->bus = bus;
    return k;
}

static u32 hash_of(const u8 *host, u64 mode) {
    return (u32)(((u64)(hva_t)host ^ mode << 48) * 0x9E3779B97F4A7C15u >> (64 - HASH_BITS));
}

void block_cache_flush(struct x86_cpu *c) {
    struct block_cache *k = c->blocks;
    for (u64 i = 0; i < k->bus->page_count; i++) {
        if (!k->page[i]) continue;
        k->page[i] = NULL;
        k->bus->page_flags[i] &= (u8)~PAGE_HAS_CODE;
    }
    memset(k->hash, 0, sizeof k->hash);
    k->used = 0;
    x86_jumps_stale(c);
}

static void unhash(struct block_cache *k, struct block *b) {
    struct block **at = &k->hash[hash_of(b->host, b->mode)];
    while (*at && *at != b) at = &(*at)->hash_next;
    if (*at) *at = b->hash_next;
}

// The blocks of one page that share a byte with the range. The memory stays: a running block may be among them.
static void drop_on_page(struct block_cache *k, u64 page, gpa_t at, u64 len) {
    struct block **link = &k->page[page];
    while (*link) {
        struct block *b = *link;
        if (!ranges_overlap(at, len, b->gpa, b->bytes)) {
            link = &b->page_next;
            continue;
        }
        *link = b->page_next;
        if (b->owner) b = b->owner;
        unhash(k, b);
        b->cost = BLOCK_DROPPED;
        if (k->part->owner == b) k->part->cost = BLOCK_DROPPED;
    }
    if (!k->page[page]) k->bus->page_flags[page] &= (u8)~PAGE_HAS_CODE;
}

void block_code_write(void *cpu, gpa_t at, u64 len) {
    struct x86_cpu *c = cpu;
    struct block_cache *k = c->blocks;
    for (u64 page = at >> PAGE_BITS; page <= (at + len - 1) >> PAGE_BITS && page < k->bus->page_count; page++)
        drop_on_page(k, page, at, len);
}

// ---- building

SOP(op_block_end) { JUMP_LINKED(THIS_RIP, 0); }

#define ALL_FLAGS FL_ARITH

// Walks the block backwards and takes the handler without flags where nobody reads them before they are written again. An
// instruction that may fault or be interrupted counts as a reader: the flags would be pushed.
static void drop_dead_flags(struct block *b, const struct decoded *d, unsigned n) {
    u16 live = ALL_FLAGS;
    for (unsigned i = n; i-- > 0;) {
        const struct insn *in = d[i].insn;
        if (!in) {
            live = ALL_FLAGS;
            continue;
        }
        u16 touched = in->writes | in->undefined;
        if (in->noflags && !(live & touched)) {
            op_fn *fn = x86_pick(in->noflags, &d[i]);
            if (fn) b->u[i].fn = fn;
        }
        if (!(in->flags & MAYBE)) live &= (u16)~in->writes; // what it leaves undefined may stay as it was: BTC and AF
        live |= in->reads;
        if (in->flags & (READS_ALL | ENDS) || d[i].memory || !(in->flags & NOFAULT)) live = ALL_FLAGS;
    }
}

// Fills b with up to `most` instructions from `have` bytes. Returns false when not even one is complete.
static bool build(struct x86_cpu *c, struct block *b, const u8 *code, unsigned have, unsigned most) {
    struct decoded d[BLOCK_INSNS];
    unsigned n = 0, at = 0;
    bool ended = false;
    while (n < most && at < have && !ended) {
        x86_decode(c->index, c->mode, code + at, have - at, at, &d[n]);
        if (d[n].incomplete) {
            if (at + LONGEST > have) break;
            d[n].uop.fn = op_gp0; // longer than 15 bytes
            d[n].insn = NULL;
        }
        b->u[n] = d[n].uop;
        b->u[n].n = (u8)n;
        ended = !d[n].insn || d[n].ends;
        at += d[n].length;
        n++;
    }
    if (!n) return false;
    b->u[n] = (struct uop){.fn = op_block_end, .off = (u16)at, .n = (u8)n};
    b->cost = b->n = (u16)n;
    b->bytes = (u16)at;
    drop_dead_flags(b, d, n);
    op_fn *fused = n > 1 ? x86_fused(&d[n - 2], &d[n - 1]) : NULL;
    if (fused) b->u[n - 2].fn = fused;
    return true;
}

static u64 block_size(unsigned uops) { return align_up(sizeof(struct block) + (uops + 1) * sizeof(struct uop), 64); }

// Room for a block and a stand-in. May drop everything, so nothing may point to a block across it; and it comes before the fetch,
// which notes the page for INVLPG: what is dropped takes the notes with it.
static void make_room(struct x86_cpu *c) {
    if (c->blocks->used + block_size(BLOCK_INSNS) + block_size(0) > BLOCK_ARENA) block_cache_flush(c);
}

// Where RAM that the host has at `host` is for the guest. The tables may say something else by now than the TLB that led here:
// only what is surely RAM has a page number to be filed under.
static gpa_t gpa_of(const struct block_cache *k, const u8 *host) {
    const struct space *s = &k->bus->mem;
    for (unsigned i = 0; i < s->regions; i++) {
        const struct region *r = &s->region[i];
        if (r->ram && (hva_t)host - (hva_t)r->ram < r->size) return r->start + ((hva_t)host - (hva_t)r->ram);
    }
    __builtin_trap(); // x86_fetch answers with RAM or NULL
}

static void add_to_page(struct x86_cpu *c, struct block *b, const u8 *host) {
    struct block_cache *k = c->blocks;
    u64 page = b->gpa >> PAGE_BITS;
    b->page_next = k->page[page];
    k->page[page] = b;
    if (k->bus->page_flags[page] & PAGE_HAS_CODE) return;
    k->bus->page_flags[page] |= PAGE_HAS_CODE;
    x86_tlb_protect_code(c, (const u8 *)((hva_t)host & ~(hva_t)(PAGE_SIZE - 1)));
}

// Outside IA-32e mode linear addresses wrap at 4 GiB.
static gva_t next_page(const struct x86_cpu *c, gva_t linear) {
    gva_t next = align_up(linear + 1, PAGE_SIZE);
    return c->s.efer & EFER_LMA ? next : (u32)next;
}

// Puts b where writes to its bytes find it; `second` becomes its stand-in on the next page if it has bytes there.
static void watch_bytes(struct x86_cpu *c, struct block *b, struct block *second, gva_t linear) {
    unsigned room = (unsigned)(PAGE_SIZE - (linear & (PAGE_SIZE - 1)));
    add_to_page(c, b, b->host);
    if (!b->host_next) return;
    *second = (struct block){.gpa = gpa_of(c->blocks, b->host_next), .bytes = (u16)(b->bytes - room), .owner = b};
    add_to_page(c, second, b->host_next);
}

static void keep(struct x86_cpu *c, struct block *b, gva_t linear) {
    struct block_cache *k = c->blocks;
    k->used += block_size(b->n);
    struct block *second = (struct block *)(void *)(k->arena + k->used);
    if (b->host_next) k->used += block_size(0);
    struct block **h = &k->hash[hash_of(b->host, b->mode)];
    b->hash_next = *h;
    *h = b;
    watch_bytes(c, b, second, linear);
}

// An instruction that runs over the end of its page, gathered from both; it is a block of its own.
static bool build_crossing(struct x86_cpu *c, struct block *b, gva_t linear, const u8 *host, unsigned room) {
    u8 code[LONGEST] = {0};
    const u8 *next = x86_fetch(c, next_page(c, linear));
    if (!next) return false;
    memcpy(code, host, room);
    memcpy(code + room, next, LONGEST - room);
    b->host_next = next;
    build(c, b, code, LONGEST, 1);
    return true;
}

// A block was cut to the code segment that it was built in: where the segment ends sooner it may be too long.
static struct block *find(struct x86_cpu *c, const u8 *host, u64 mode, u64 inside, gva_t linear) {
    for (struct block *b = c->blocks->hash[hash_of(host, mode)]; b; b = b->hash_next) {
        if (b->host != host || b->mode != mode || b->bytes > inside) continue;
        if (likely(!b->host_next)) return b;
        if (b->host_next == x86_fetch(c, next_page(c, linear))) return b;
    }
    return NULL;
}

// Fills b from `linear` on, of which `inside` bytes lie in the code segment. An instruction that runs over the segment's end
// is #GP(0), but not before it is its turn. False: there is no memory behind this page.
static bool fetch_and_build(struct x86_cpu *c, struct block *b, gva_t linear, u64 inside) {
    unsigned room = (unsigned)(PAGE_SIZE - (linear & (PAGE_SIZE - 1)));
    if (build(c, b, b->host, inside < room ? (unsigned)inside : room, c->single ? 1 : BLOCK_INSNS)) return true;
    if (inside <= room) raise_gp(c, 0);
    if (!build_crossing(c, b, linear, b->host, room)) return false;
    if (b->bytes > inside) raise_gp(c, 0);
    return true;
}

struct block *block_at_rip(struct x86_cpu *c, gpa_t *gone) {
    bool code64 = (c->mode & MODE_CODE_MASK) == MODE_CODE64;
    gva_t linear = code64 ? c->s.rip : x86_linear(c, CS, c->s.rip, 1, ACCESS_EXEC);
    u64 inside = code64 ? ~(u64)0 : c->s.seg[CS].limit - c->s.rip + 1;
    make_room(c);
    const u8 *host = x86_fetch(c, linear);
    if (!host) {
        *gone = x86_fetch_gpa(c, linear);
        return NULL;
    }
    u64 mode = c->mode | (c->single ? MODE_SINGLE : 0);
    struct block *b = find(c, host, mode, inside, linear);
    if (b) return b;

    b = (struct block *)(void *)(c->blocks->arena + c->blocks->used);
    *b = (struct block){.gpa = gpa_of(c->blocks, host), .host = host, .mode = mode};
    if (!fetch_and_build(c, b, linear, inside)) {
        *gone = x86_fetch_gpa(c, next_page(c, linear));
        return NULL;
    }
    keep(c, b, linear);
    return b;
}

// Decoded anew, because the whole left out flags that its own later instructions write. It lies within one page: a block of more
// than one instruction does.
struct block *block_part(struct x86_cpu *c, struct block *whole, unsigned at, unsigned n) {
    struct block *b = c->blocks->part;
    unsigned skip = whole->u[at].off;
    *b = (struct block){.gpa = whole->gpa, .host = whole->host, .mode = whole->mode, .owner = whole};
    build(c, b, whole->host + skip, whole->bytes - skip, n);
    b->u[n].fn = x86_part_end;
    b->u[n].imm = at + n;
    b->bytes = whole->bytes;
    return b;
}

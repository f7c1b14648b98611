// SPDX-License-Identifier: MIT
// String instructions (vol. 2B, MOVS CMPS STOS LODS SCAS; vol. 1, 7.3.9). A repeated one works in chunks: it does some
// elements, commits rSI, rDI and rCX, and is dispatched again at its own RIP until rCX is used up. A chunk is one tick, and
// where it ends depends on nothing but guest state: the page's end, the count, a fault.
#include "cpu/measure.h"
#include "isa/x86_64/insn/ops.h"

enum { CHUNK = 1024 }; // elements that a chunk has at most when they are done one by one

static u64 cut(const struct uop *u, u64 v) { return u->mem & MEM_ADDR32 ? (u32)v : u->mem & MEM_ADDR16 ? (u16)v : v; }

static void set_reg(struct x86_cpu *c, const struct uop *u, unsigned r, u64 v) {
    if (u->mem & MEM_ADDR16) SET16(r, v);
    else if (u->mem & MEM_ADDR32) SET32(r, v);
    else SET64(r, v);
}

static void advance(struct x86_cpu *c, const struct uop *u, unsigned r, i64 by) { set_reg(c, u, r, c->s.gpr[r] + (u64)by); }

static gva_t source(struct x86_cpu *c, const struct uop *u, unsigned size) {
    return x86_linear(c, MEM_SEG(u), cut(u, c->s.gpr[RSI]), size, ACCESS_READ);
}
static gva_t target(struct x86_cpu *c, const struct uop *u, unsigned size, enum access access) {
    return x86_linear(c, ES, cut(u, c->s.gpr[RDI]), size, access);
}

// Elements of this chunk. While single-stepping it is one.
static u64 chunk(const struct x86_cpu *c, const struct uop *u) {
    u64 n = cut(u, c->s.gpr[RCX]);
    if (c->single && c->s.rflags & FL_TF) return n ? 1 : 0;
    return n < CHUNK ? n : CHUNK;
}

// One element of each instruction; `size` in bytes. They commit only after memory.
#define STEP(N) ((c->s.rflags & FL_DF) ? -(N / 8) : (N / 8))
#define ELEMENTS(N, _)                                                                                                           \
    static inline void movs_one##N(struct x86_cpu *c, const struct uop *u) {                                                     \
        u##N v = load##N(c, u, MEM_SEG(u), source(c, u, N / 8));                                                                 \
        store##N(c, u, ES, target(c, u, N / 8, ACCESS_WRITE), v);                                                                \
        advance(c, u, RSI, STEP(N));                                                                                             \
        advance(c, u, RDI, STEP(N));                                                                                             \
    }                                                                                                                            \
    static inline void stos_one##N(struct x86_cpu *c, const struct uop *u) {                                                     \
        store##N(c, u, ES, target(c, u, N / 8, ACCESS_WRITE), (u##N)REG##N(RAX));                                                \
        advance(c, u, RDI, STEP(N));                                                                                             \
    }                                                                                                                            \
    static inline void lods_one##N(struct x86_cpu *c, const struct uop *u) {                                                     \
        u##N v = load##N(c, u, MEM_SEG(u), source(c, u, N / 8));                                                                 \
        SET##N(RAX, v);                                                                                                          \
        advance(c, u, RSI, STEP(N));                                                                                             \
    }                                                                                                                            \
    static inline void cmps_one##N(struct x86_cpu *c, const struct uop *u) {                                                     \
        u##N x = load##N(c, u, MEM_SEG(u), source(c, u, N / 8));                                                                 \
        u##N y = load##N(c, u, ES, target(c, u, N / 8, ACCESS_READ)), r = (u##N)(x - y);                                         \
        FLAGS_SUB(N, x, y, r);                                                                                                   \
        advance(c, u, RSI, STEP(N));                                                                                             \
        advance(c, u, RDI, STEP(N));                                                                                             \
    }                                                                                                                            \
    static inline void scas_one##N(struct x86_cpu *c, const struct uop *u) {                                                     \
        u##N x = REG##N(RAX), y = load##N(c, u, ES, target(c, u, N / 8, ACCESS_READ)), r = (u##N)(x - y);                        \
        FLAGS_SUB(N, x, y, r);                                                                                                   \
        advance(c, u, RDI, STEP(N));                                                                                             \
    }
FOR_SIZES(ELEMENTS, )

// How many elements of `size` bytes from linear address a lie before its page's end.
static u64 to_page_end(gva_t a, unsigned size) { return (PAGE_SIZE - (a & (PAGE_SIZE - 1))) / size; }

// So many bytes from the offset in index register r on are in the segment, if the first element is.
static bool is_inside(const struct x86_cpu *c, const struct uop *u, unsigned seg, unsigned r, unsigned bytes) {
    const struct x86_seg *g = &c->s.seg[seg];
    bool upwards = (g->attr & (AR_CODE | AR_DOWN)) != AR_DOWN;
    return (c->mode & MODE_CODE_MASK) == MODE_CODE64 || (upwards && cut(u, c->s.gpr[r]) + bytes - 1 <= g->limit);
}

// The fast path of REP MOVS and REP STOS: forwards, each operand inside one page, both pages in the TLB. Returns how many of the n
// elements, which `limited` has counted, it did. 0 means that the slow path must do them: it faults in the right order.
static u64 bulk_move(struct x86_cpu *c, const struct uop *u, unsigned size, u64 n) {
    if (c->single || c->s.rflags & FL_DF || n < 2) return 0;
    gva_t from = source(c, u, size), to = target(c, u, size, ACCESS_WRITE);
    u64 a = to_page_end(from, size), b = to_page_end(to, size);
    if (a < n) n = a;
    if (b < n) n = b;
    if (!n) return 0;
    unsigned bytes = (unsigned)(n * size);
    if (!is_inside(c, u, MEM_SEG(u), RSI, bytes) || !is_inside(c, u, ES, RDI, bytes)) return 0;
    const u8 *src = tlb_read(c, from, bytes);
    u8 *dst = tlb_write(c, to, bytes);
    // A destination that begins inside the source repeats a pattern, which only a copy by elements does.
    if (!src || !dst || (dst > src && dst < src + bytes)) return 0;
    memmove(dst, src, bytes);
    advance(c, u, RSI, bytes);
    advance(c, u, RDI, bytes);
    return n;
}

static void fill(u8 *to, u64 value, unsigned size, u64 n) {
    if (size == 1 || value == (u8)value * ((~(u64)0 >> (64 - 8 * size)) / 0xff)) {
        memset(to, (int)(u8)value, n * size);
        return;
    }
    for (u64 i = 0; i < n; i++) st_width(to + i * size, size, value);
}

static u64 bulk_store(struct x86_cpu *c, const struct uop *u, unsigned size, u64 n, u64 value) {
    if (c->single || c->s.rflags & FL_DF || n < 2) return 0;
    gva_t to = target(c, u, size, ACCESS_WRITE);
    u64 b = to_page_end(to, size);
    if (b < n) n = b;
    if (!n) return 0;
    unsigned bytes = (unsigned)(n * size);
    if (!is_inside(c, u, ES, RDI, bytes)) return 0;
    u8 *dst = tlb_write(c, to, bytes);
    if (!dst) return 0;
    fill(dst, value, size, n);
    advance(c, u, RDI, bytes);
    return n;
}

// The same of REP CMPS and REP SCAS: n elements of `size` at `a`, by index register r, where all of them may be read; else NULL. They are
// on one page, or it is one that crosses its end (`limited`).
static const u8 *bulk_read(struct x86_cpu *c, const struct uop *u, unsigned seg, unsigned r, gva_t a, unsigned size, u64 n) {
    if (!is_inside(c, u, seg, r, (unsigned)(n * size))) return NULL;
    return tlb_read(c, a, (unsigned)(n * size));
}

// Does up to n elements, while they compare `equal` or do not, and the one behind these. Flags are those of the last one; 0: none was done.
#define SCANS(N, _)                                                                                                              \
    static inline u##N element##N(const u8 *p, u64 k) { return (u##N)ld_width(p + k * (N / 8), N / 8); }                         \
    static u64 bulk_cmps##N(struct x86_cpu *c, const struct uop *u, u64 n, bool equal) {                                         \
        if (c->single || c->s.rflags & FL_DF) return 0;                                                                          \
        const u8 *p = bulk_read(c, u, MEM_SEG(u), RSI, source(c, u, N / 8), N / 8, n);                                           \
        const u8 *q = p ? bulk_read(c, u, ES, RDI, target(c, u, N / 8, ACCESS_READ), N / 8, n) : NULL;                           \
        if (!q) return 0;                                                                                                        \
        u64 k = 0;                                                                                                               \
        while (k < n - 1 && (element##N(p, k) == element##N(q, k)) == equal) k++;                                                \
        u##N x = element##N(p, k), y = element##N(q, k), r = (u##N)(x - y);                                                      \
        FLAGS_SUB(N, x, y, r);                                                                                                   \
        advance(c, u, RSI, (i64)(k + 1) * (N / 8));                                                                              \
        advance(c, u, RDI, (i64)(k + 1) * (N / 8));                                                                              \
        return k + 1;                                                                                                            \
    }                                                                                                                            \
    static u64 bulk_scas##N(struct x86_cpu *c, const struct uop *u, u64 n, bool equal) {                                         \
        if (c->single || c->s.rflags & FL_DF) return 0;                                                                          \
        const u8 *q = bulk_read(c, u, ES, RDI, target(c, u, N / 8, ACCESS_READ), N / 8, n);                                      \
        if (!q) return 0;                                                                                                        \
        u64 k = 0;                                                                                                               \
        u##N x = REG##N(RAX);                                                                                                    \
        while (k < n - 1 && (x == element##N(q, k)) == equal) k++;                                                               \
        u##N y = element##N(q, k), r = (u##N)(x - y);                                                                            \
        FLAGS_SUB(N, x, y, r);                                                                                                   \
        advance(c, u, RDI, (i64)(k + 1) * (N / 8));                                                                              \
        return k + 1;                                                                                                            \
    }
FOR_SIZES(SCANS, )

// How many elements, from the offset in index register r into segment seg on, start on one page. Upwards an element that crosses the
// page's end does not count, nor do those after the offset wraps (which may be in mid-page when the segment's base is not page-aligned).
// Checks no access.
static u64 in_reach(const struct x86_cpu *c, const struct uop *u, unsigned seg, unsigned r, unsigned size) {
    bool down = c->s.rflags & FL_DF, flat = (c->mode & MODE_CODE_MASK) == MODE_CODE64 && seg != FS && seg != GS;
    u64 at = cut(u, c->s.gpr[r]), to_wrap = (down ? at : cut(u, ~(u64)0) - at) / size;
    gva_t a = flat ? at : at + c->s.seg[seg].base;
    u64 on_page = down ? (a & (PAGE_SIZE - 1)) / size + 1 : to_page_end(a, size);
    return to_wrap < on_page ? to_wrap + 1 : on_page;
}

// The elements of one chunk, up to the end of the page they start on: the same number on the fast and on the slow path.
static u64 limited(struct x86_cpu *c, const struct uop *u, unsigned size, bool reads, bool writes) {
    u64 n = chunk(c, u), room = CHUNK;
    if (!n) return n;
    if (reads) {
        u64 r = in_reach(c, u, MEM_SEG(u), RSI, size);
        if (r < room) room = r;
    }
    if (writes) {
        u64 r = in_reach(c, u, ES, RDI, size);
        if (r < room) room = r;
    }
    if (!room) room = 1;
    return n < room ? n : room;
}

// A chunk that writes to a device or to decoded code runs alone from its first element on. If it were restarted alone in the middle, it
// would do more elements in one tick than a chunk that ran alone from the start, and the run would depend on the slicing.
static void alone(struct x86_cpu *c, const struct uop *u, unsigned size, bool reads) {
    if (c->single) return;
    if (reads) {
        gva_t from = source(c, u, size);
        if (!tlb_read(c, from, size)) x86_probe(c, MEM_SEG(u), from, size, ACCESS_READ);
    }
    gva_t to = target(c, u, size, ACCESS_WRITE);
    if (likely(tlb_write(c, to, size))) return;
    x86_probe(c, ES, to, size, ACCESS_WRITE);
    if (!vcpu_may_write(&c->v, to, size)) vcpu_restart_single(&c->v);
}

// Between iterations RF is 1: an interrupt there pushes it as 1, and a code breakpoint hits only once (17.3.1.1). Within an iteration
// RF is 0, which a double fault can show, because it pushes RF as it is.
#define BEGIN                                                                                                                    \
    SYNC;                                                                                                                        \
    c->s.rflags &= ~(u32)FL_RF;                                                                                                  \
    if (!chunk(c, u)) JUMP(NEXT_RIP)
#define AGAIN                                                                                                                    \
    if (!cut(u, c->s.gpr[RCX])) JUMP(NEXT_RIP);                                                                                  \
    c->s.rflags |= FL_RF;                                                                                                        \
    vcpu_unretired(&c->v);                                                                                                       \
    JUMP(THIS_RIP)
// A fault in the first element leaves even the upper half of a 32-bit count as it was.
#define COUNT(k) ((k) ? advance(c, u, RCX, -(i64)(k)) : (void)0)
// A chunk ends with the element that met a data breakpoint: the trap is behind that one, and no fault of a later one takes it away.
#define WATCHED unlikely(c->s.pending_db)
// n elements: all at once, or after the first one, which may bring their pages into the TLB; else one by one.
#define IN_BULK(n, bulk, one)                                                                                                    \
    for (unsigned tries = 2; n; n--) {                                                                                           \
        u64 done = tries ? bulk : 0;                                                                                             \
        COUNT(done);                                                                                                             \
        n -= done;                                                                                                               \
        if (!n) break;                                                                                                           \
        one;                                                                                                                     \
        COUNT(1);                                                                                                                \
        if (WATCHED) break;                                                                                                      \
        if (tries) tries--;                                                                                                      \
    }

#define REPEATS(N, _)                                                                                                            \
    SOP(movs_##N) {                                                                                                              \
        SYNC;                                                                                                                    \
        movs_one##N(c, u);                                                                                                       \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(stos_##N) {                                                                                                              \
        SYNC;                                                                                                                    \
        stos_one##N(c, u);                                                                                                       \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(lods_##N) {                                                                                                              \
        SYNC;                                                                                                                    \
        lods_one##N(c, u);                                                                                                       \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(cmps_##N) {                                                                                                              \
        SYNC;                                                                                                                    \
        cmps_one##N(c, u);                                                                                                       \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(scas_##N) {                                                                                                              \
        SYNC;                                                                                                                    \
        scas_one##N(c, u);                                                                                                       \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(movs_rep_##N) {                                                                                                          \
        BEGIN;                                                                                                                   \
        alone(c, u, N / 8, true);                                                                                                \
        u64 n = limited(c, u, N / 8, true, true);                                                                                \
        IN_BULK(n, bulk_move(c, u, N / 8, n), movs_one##N(c, u));                                                                \
        AGAIN;                                                                                                                   \
    }                                                                                                                            \
    SOP(stos_rep_##N) {                                                                                                          \
        BEGIN;                                                                                                                   \
        alone(c, u, N / 8, false);                                                                                               \
        u64 n = limited(c, u, N / 8, false, true);                                                                               \
        IN_BULK(n, bulk_store(c, u, N / 8, n, REG##N(RAX)), stos_one##N(c, u));                                                  \
        AGAIN;                                                                                                                   \
    }                                                                                                                            \
    SOP(lods_rep_##N) {                                                                                                          \
        BEGIN;                                                                                                                   \
        u64 n = limited(c, u, N / 8, true, false);                                                                               \
        for (; n; n--) {                                                                                                         \
            lods_one##N(c, u);                                                                                                   \
            COUNT(1);                                                                                                            \
            if (WATCHED) break;                                                                                                  \
        }                                                                                                                        \
        AGAIN;                                                                                                                   \
    }                                                                                                                            \
    SOP(cmps_repe_##N) { COMPARE_WHILE(cmps, true, N, true); }                                                                   \
    SOP(cmps_repne_##N) { COMPARE_WHILE(cmps, true, N, false); }                                                                 \
    SOP(scas_repe_##N) { COMPARE_WHILE(scas, false, N, true); }                                                                  \
    SOP(scas_repne_##N) { COMPARE_WHILE(scas, false, N, false); }
#define COMPARE_WHILE(name, reads_si, N, equal)                                                                                  \
    BEGIN;                                                                                                                       \
    u64 n = limited(c, u, N / 8, reads_si, true);                                                                                \
    for (unsigned tries = 2; n;) {                                                                                               \
        u64 done = tries ? bulk_##name##N(c, u, n, equal) : 0;                                                                   \
        if (!done) {                                                                                                             \
            name##_one##N(c, u);                                                                                                 \
            done = 1;                                                                                                            \
        }                                                                                                                        \
        COUNT(done);                                                                                                             \
        n -= done;                                                                                                               \
        if (flag_zf(&c->s) != (equal)) JUMP(NEXT_RIP);                                                                           \
        if (WATCHED) break;                                                                                                      \
        if (tries) tries--;                                                                                                      \
    }                                                                                                                            \
    AGAIN
FOR_SIZES(REPEATS, )

// A string instruction's operands are in memory, yet it has no ModRM: both lists are the same.
#define STRING_OPS(name) const struct ops name##_ops = {LIST(name##_), LIST(name##_)};
STRING_OPS(movs)
STRING_OPS(stos)
STRING_OPS(lods)
STRING_OPS(cmps)
STRING_OPS(scas)
STRING_OPS(movs_rep)
STRING_OPS(stos_rep)
STRING_OPS(lods_rep)
STRING_OPS(cmps_repe)
STRING_OPS(cmps_repne)
STRING_OPS(scas_repe)
STRING_OPS(scas_repne)

// ---- rows
// clang-format off
static const struct insn rows[] = {
    {MAP_1, 0xa4, PFX_ANY, 0, "movs", {o_Yb, o_Xb}, &movs_ops, .flags = BYTE | REP, .rep = &movs_rep_ops, .repne = &movs_rep_ops},
    {MAP_1, 0xa5, PFX_ANY, 0, "movs", {o_Yv, o_Xv}, &movs_ops, .flags = REP, .rep = &movs_rep_ops, .repne = &movs_rep_ops},
    {MAP_1, 0xa6, PFX_ANY, 0, "cmps", {o_Xb, o_Yb}, &cmps_ops, .flags = BYTE | REP | MAYBE, .rep = &cmps_repe_ops, .repne = &cmps_repne_ops, .writes = FL_ARITH},
    {MAP_1, 0xa7, PFX_ANY, 0, "cmps", {o_Xv, o_Yv}, &cmps_ops, .flags = REP | MAYBE, .rep = &cmps_repe_ops, .repne = &cmps_repne_ops, .writes = FL_ARITH},
    {MAP_1, 0xaa, PFX_ANY, 0, "stos", {o_Yb, o_AL}, &stos_ops, .flags = BYTE | REP, .rep = &stos_rep_ops, .repne = &stos_rep_ops},
    {MAP_1, 0xab, PFX_ANY, 0, "stos", {o_Yv, o_eAX}, &stos_ops, .flags = REP, .rep = &stos_rep_ops, .repne = &stos_rep_ops},
    {MAP_1, 0xac, PFX_ANY, 0, "lods", {o_AL, o_Xb}, &lods_ops, .flags = BYTE | REP, .rep = &lods_rep_ops, .repne = &lods_rep_ops},
    {MAP_1, 0xad, PFX_ANY, 0, "lods", {o_eAX, o_Xv}, &lods_ops, .flags = REP, .rep = &lods_rep_ops, .repne = &lods_rep_ops},
    {MAP_1, 0xae, PFX_ANY, 0, "scas", {o_AL, o_Yb}, &scas_ops, .flags = BYTE | REP | MAYBE, .rep = &scas_repe_ops, .repne = &scas_repne_ops, .writes = FL_ARITH},
    {MAP_1, 0xaf, PFX_ANY, 0, "scas", {o_eAX, o_Yv}, &scas_ops, .flags = REP | MAYBE, .rep = &scas_repe_ops, .repne = &scas_repne_ops, .writes = FL_ARITH},
};
// clang-format on
X86_TABLE(string);

// SPDX-License-Identifier: MIT
#include "cpu/measure.h"

#include "base/le.h"
#include "cpu/isa.h"
#include "cpu/tlb.h"

// ---- how far the processor is

// Instructions that have retired.
static u64 retired(const struct vcpu *v) {
    const struct measure *m = v->measure;
    u64 in_slice = v->slice_end - (u64)v->left - m->start - v->stalled;
    return m->ticks + in_slice - m->barren;
}

static u64 now(const struct vcpu *v) { return v->slice_end - (u64)v->left; }

static u64 host_cycles(const struct measure *m) { return m->cycles ? m->plat->cycles(m->plat) : 0; }

// Everything up to `count` instructions goes to where the visit has been since it was last looked at.
static void settle(struct measure_visit *w, u64 count, u64 cycles) {
    *(w->away ? &w->apart : &w->own.instructions) += count - w->since;
    if (!w->away) w->cycles += cycles - w->cycles_since;
    w->since = count;
    w->cycles_since = cycles;
}

// ---- names

// Bytes as page tables show them now, without side effects. False: not all of them are RAM.
static bool peek(struct vcpu *v, u64 at, u8 *to, unsigned n) {
    u8 some[15];
    for (unsigned done = 0; done < n;) {
        unsigned have = v->isa->look_code(v, at + done, some);
        if (!have) return false;
        if (have > n - done) have = n - done;
        memcpy(to + done, some, have);
        done += have;
    }
    return true;
}

// What is no plain character is a question mark: names go into logs and into JSON.
static void make_plain(char *name, unsigned n) {
    for (unsigned i = 0; i < n; i++)
        if (name[i] < ' ' || name[i] > '~' || name[i] == '"' || name[i] == '\\') name[i] = '?';
    name[n] = 0;
}

static void read_name(struct vcpu *v, u64 mark, char name[MARK_NAME]) {
    u8 where[MARK_NAME_BEFORE];
    name[0] = 0;
    if (!peek(v, mark - MARK_NAME_BEFORE, where, sizeof where)) return;
    unsigned back = ld16(where), n = ld16(where + 2);
    if (back > MARK_NAME_FAR || n > back) return;
    if (n > MARK_NAME - 1) n = MARK_NAME - 1;
    if (peek(v, mark - back, (u8 *)name, n)) make_plain(name, n);
    else name[0] = 0;
}

// The last of the regions is for those that find no other.
static struct measure_region *region_of(struct measure *m, const char *name) {
    for (unsigned i = 0; i < m->regions; i++)
        if (!strcmp(m->region[i].name, name)) return &m->region[i];
    bool last = m->regions >= MEASURE_REGIONS - 1;
    if (last && !m->told_names) {
        m->told_names = true;
        log_warn(m->plat,
                 "measure: the guest names more than %u regions; \"%s\" and all that follow are counted together, as \"none\"",
                 MEASURE_REGIONS - 1, name);
    }
    if (m->regions == MEASURE_REGIONS) return &m->region[MEASURE_REGIONS - 1];
    struct measure_region *r = &m->region[m->regions++];
    *r = (struct measure_region){.least = ~(u64)0, .value_least = ~(u64)0};
    memcpy(r->name, last ? "none" : name, last ? sizeof "none" : strlen(name) + 1);
    return r;
}

// ---- host cycles
//
// One counter for each number below 1 << 7, and for larger ones 1 << 7 for each power of two: a quantile is told no further than the 128th
// part of itself from what it is.

static unsigned cell_of(u64 cycles) {
    if (cycles < MEASURE_CELLS) return (unsigned)cycles;
    unsigned shift = 63 - (unsigned)__builtin_clzll(cycles) - MEASURE_CELL_BITS;
    return MEASURE_CELLS * (shift + 1) + (unsigned)(cycles >> shift) - MEASURE_CELLS;
}

static u64 least_of_cell(unsigned cell) {
    if (cell < MEASURE_CELLS) return cell;
    unsigned shift = cell / MEASURE_CELLS - 1;
    return (u64)(cell % MEASURE_CELLS + MEASURE_CELLS) << shift;
}

static void note_cycles(struct measure_cycles *y, u64 cycles) {
    if (!y->visits || cycles < y->least) y->least = cycles;
    if (cycles > y->most) y->most = cycles;
    y->sum += cycles;
    y->visits++;
    y->cell[cell_of(cycles)]++;
}

u64 measure_quantile(const struct measure_cycles *y, unsigned percent) {
    u64 before = 0, rank = y->visits ? (y->visits - 1) * percent / 100 : 0;
    unsigned i = 0;
    while (i < countof(y->cell) - 1 && before + y->cell[i] <= rank) before += y->cell[i++];
    u64 at = least_of_cell(i);
    return at < y->least ? y->least : at > y->most ? y->most : at;
}

// ---- visits

static struct measure_place place(struct vcpu *v) {
    struct measure_place p = {0};
    v->isa->place(v, &p);
    return p;
}

// A mark is in the place of its begin whatever the stack is: begin and end need not be in the same function.
static bool same_program(const struct measure_place *a, const struct measure_place *b) {
    return a->root == b->root && a->privilege == b->privilege;
}

static bool same_place(const struct measure_place *a, const struct measure_place *b) {
    return same_program(a, b) && a->sp == b->sp;
}

// The innermost visit that is open where the processor is; NULL: none.
static struct measure_visit *innermost(struct vcpu *v) {
    struct measure *m = v->measure;
    struct measure_place here = place(v);
    for (unsigned i = m->visits; i-- > 0;)
        if (!m->visit[i].away && same_program(&m->visit[i].begun, &here)) return &m->visit[i];
    return NULL;
}

static bool is_open(const struct measure *m, const struct measure_region *r, const struct measure_place *p) {
    for (unsigned i = 0; i < m->visits; i++)
        if (m->visit[i].region == r && same_program(&m->visit[i].begun, p)) return true;
    return false;
}

static void open_visit(struct vcpu *v, const char *name) {
    struct measure *m = v->measure;
    struct measure_region *r = region_of(m, name);
    if (m->visits == MEASURE_VISITS) {
        m->lost++;
        if (!m->told_visits)
            log_warn(m->plat, "measure: more than %u regions are open at one time; \"%s\" is not counted in this", MEASURE_VISITS,
                     name);
        m->told_visits = true;
        return;
    }
    struct measure_place here = place(v);
    bool again = is_open(m, r, &here);
    m->visit[m->visits++] = (struct measure_visit){
        .region = r, .begun = here, .again = again, .since = retired(v), .began = now(v), .cycles_since = host_cycles(m)};
}

static void add(struct measure_counts *to, const struct measure_counts *from) {
    static_assert(sizeof *to % sizeof(u64) == 0);
    u64 *a = (u64 *)to;
    const u64 *b = (const u64 *)from;
    for (unsigned i = 0; i < sizeof *to / sizeof *a; i++) a[i] += b[i];
}

// ---- one by one

// Instructions of a visit that is not away are its own.
static bool wanted(const struct measure *m) {
    if (!m->one_by_one) return false;
    for (unsigned i = 0; i < m->visits; i++)
        if (!m->visit[i].away) return true;
    return false;
}

// If the next slice is of the other kind, the running one is over now.
static void look_again(struct vcpu *v) {
    struct measure *m = v->measure;
    if (wanted(m) == v->counting || v->left < 0) return;
    m->other = true;
    v->slice_end -= (u64)v->left;
    v->left = 0;
}

void measure_slice_begins(struct vcpu *v, u64 at) {
    struct measure *m = v->measure;
    m->start = at;
    m->other = false;
    m->step.runs = false;
    m->step.retired = m->ticks - m->barren;
    if (wanted(m) == v->counting) return;
    v->counting = !v->counting;
    v->isa->mode_changed(v);
}

void measure_enters(struct vcpu *v, const struct block *b, unsigned at) {
    struct measure *m = v->measure;
    u8 code[15] = {0};
    unsigned from = b->skip + b->u[at].off, have = b->bytes - from;
    unsigned here = (unsigned)(PAGE_SIZE - ((hva_t)(b->host + from) & (PAGE_SIZE - 1)));
    if (have > sizeof code) have = sizeof code;
    if (here > have) here = have;
    memcpy(code, b->host + from, here);
    if (here < have) memcpy(code + here, b->host_next, have - here);
    v->isa->classify(v, code, have, &m->step.insn);
    m->step.runs = true;
    m->step.counts = (struct measure_counts){0};
    m->step.pc = *isa_pc(v);
    for (unsigned i = 0; i < m->visits; i++) m->visit[i].counts = !m->visit[i].away;
}

void measure_access(struct measure *m, unsigned bytes, bool write) {
    struct measure_counts *k = &m->step.counts;
    if (!m->step.runs) return;
    (*(write ? &k->writes : &k->reads))++;
    *(write ? &k->bytes_written : &k->bytes_read) += bytes;
}

// What has run belongs to the visits that were not away when it began. A chunk of a repeated string instruction that is not the last has
// accessed memory, and is no instruction.
static void note_step(struct vcpu *v, bool retired_one) {
    struct measure *m = v->measure;
    struct measure_counts *k = &m->step.counts;
    const struct measure_insn *in = &m->step.insn;
    if (retired_one) {
        k->class[in->class] = 1;
        k->taken = in->class == INSN_BRANCH && !(in->conditional && *isa_pc(v) == m->step.pc + in->length);
        k->loads = k->reads != 0;
        k->stores = k->writes != 0;
    }
    for (unsigned i = 0; i < m->visits; i++)
        if (m->visit[i].counts) add(&m->visit[i].own, k);
}

bool measure_slice_ended(struct vcpu *v, u64 ticks) {
    struct measure *m = v->measure;
    m->ticks += ticks;
    if (v->counting && m->step.runs) note_step(v, m->ticks - m->barren != m->step.retired);
    return m->other;
}

static void close_visit(struct measure *m, struct measure_visit *w, u64 count, u64 at, u64 cycles) {
    struct measure_region *r = w->region;
    settle(w, count, cycles);
    if (!w->again) {
        u64 n = w->own.instructions;
        r->visits++;
        if (n < r->least) r->least = n;
        if (n > r->most) r->most = n;
        add(&r->own, &w->own);
        r->apart += w->apart;
        r->exceptions += w->exceptions;
        r->interrupts += w->interrupts;
        r->virtual_ns += at - w->began;
        if (m->cycles) note_cycles(&m->cycles[r - m->region], w->cycles);
    }
    m->visits--;
    memmove(w, w + 1, (size_t)(&m->visit[m->visits] - w) * sizeof *w);
}

static void note_value(struct measure_region *r, u64 value) {
    r->values++;
    r->value_last = value;
    if (value < r->value_least) r->value_least = value;
    if (value > r->value_most) r->value_most = value;
}

// The end's own tick is none of the region's.
static void end_innermost(struct vcpu *v) {
    struct measure *m = v->measure;
    u64 cycles = host_cycles(m);
    if (m->lost) {
        m->lost--;
        return;
    }
    struct measure_visit *w = innermost(v);
    if (w) close_visit(m, w, retired(v) - 1, now(v) - 1, cycles);
}

// As tools that read these marks have them: 111h and 222h, and IACA, which counts the same in decimal.
static enum mark ssc(u64 tag) {
    return tag == 0x111 || tag == 111 ? MARK_BEGIN : tag == 0x222 || tag == 222 ? MARK_END : MARK_NONE;
}

void measure_mark(struct vcpu *v, enum mark mark, u64 pc, u64 value) {
    struct measure *m = v->measure;
    char name[MARK_NAME] = "ssc";
    if (!m->marks) return;
    if (mark == MARK_SSC) mark = ssc(value);
    else if (mark == MARK_BEGIN) read_name(v, pc, name);
    if (mark == MARK_BEGIN) open_visit(v, name);
    else if (mark == MARK_END) end_innermost(v);
    else if (mark == MARK_VALUE) {
        struct measure_visit *w = innermost(v);
        if (w) note_value(w->region, value);
    }
    look_again(v);
}

// ---- exceptions and interrupts

void measure_trapped(struct vcpu *v, enum measure_trap trap) {
    struct measure *m = v->measure;
    m->barren++;
    m->step.runs = false;
    if (!m->visits) return;
    u64 count = retired(v), cycles = host_cycles(m);
    struct measure_place here = place(v);
    for (unsigned i = 0; i < m->visits; i++) {
        struct measure_visit *w = &m->visit[i];
        if (w->away) continue;
        settle(w, count, cycles);
        w->away = true;
        w->left = here;
        if (trap == MEASURE_EXCEPTION) w->exceptions++;
        else w->interrupts++;
    }
    look_again(v);
}

// The return itself belongs to what was apart.
void measure_returned(struct vcpu *v) {
    struct measure *m = v->measure;
    if (!m->visits) return;
    u64 count = retired(v);
    struct measure_place here = place(v);
    for (unsigned i = 0; i < m->visits; i++) {
        struct measure_visit *w = &m->visit[i];
        if (!w->away || !same_place(&w->left, &here)) continue;
        settle(w, count, 0);
        w->away = false;
        w->cycles_since = host_cycles(m);
    }
    look_again(v);
}

void measure_abandon(struct measure *m) {
    m->visits = 0;
    m->lost = 0;
}

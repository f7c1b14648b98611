// SPDX-License-Identifier: MIT
#include "kernel/profile.h"
#include "base/bits.h"
#include "kernel/heap.h"
#include "kernel/layout.h"
#include "kernel/sleep.h"
#include "kernel/symbols.h"
#include <string.h>

enum { PLACES = 16384, NODES = 65536, DEEPEST = 48, MADE = 131072, NAME = 40, ROWS = 25, SCANNED = 2048 };
enum { GRAIN = 16 }; // bytes of made code of which at most one name is known

typedef unsigned long long ull;

// A function of the image, or made code.
struct place {
    const char *symbol; // NULL: made code
    char made[NAME];
    u64 own, all; // samples in it, and in what it has called; once all are counted
    u32 told;     // a node that it was counted for
};

// A place under its caller; the root is node 0. Children stand behind their parents.
struct node {
    u32 place, parent, child, next; // 0: none
    u64 samples;
};

static struct {
    bool on;
    u64 rate, samples, full; // full: for which there was no room
    u64 base;                // kernel_main's frame
    struct place *place;     // a hash table; [0] is code without a name
    u32 places;
    struct node *node;
    u32 nodes;
    struct plat_code code;
    u32 *owner; // for each grain of made code which of `made` it is, plus 1
    char (*made)[NAME];
    u32 mades;
    const u8 *newest;
} k;

// ---- names of made code

// Code is made from the bottom of its memory to the top. Who begins below the newest has thrown away all.
void profile_code_named(const u8 *exec, u64 size, const char *name) {
    if (!k.owner || exec < k.code.exec || !range_inside((u64)(exec - k.code.exec), size, k.code.size)) return;
    u64 first = (u64)(exec - k.code.exec) / GRAIN, end = ((u64)(exec - k.code.exec) + size + GRAIN - 1) / GRAIN;
    if (exec < k.newest) {
        memset(k.owner, 0, k.code.size / GRAIN * sizeof *k.owner);
        k.mades = 0;
    }
    k.newest = exec;
    if (k.mades == MADE) return;
    strncpy(k.made[k.mades], name, NAME - 1);
    k.mades++;
    __asm__ volatile("" : : : "memory"); // a tick finds what an owner names
    for (u64 i = first; i < end; i++) k.owner[i] = k.mades;
}

// ---- a sample

// The C library's may use vector registers.
static bool is_same(const char *a, const char *b) {
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

static u32 place_of(const char *symbol, const char *made) {
    u64 h = (uintptr_t)symbol;
    for (const char *s = made; *s; s++) h = (h ^ (u8)*s) * 0x100000001b3u;
    for (u32 i = 0; i < PLACES - 1; i++) {
        u32 at = 1 + (u32)(((h * 0x9e3779b97f4a7c15u >> 40) + i) % (PLACES - 1));
        struct place *p = &k.place[at];
        if (!p->symbol && !p->made[0]) {
            if (k.places == PLACES / 2) return 0;
            k.places++;
            p->symbol = symbol;
            for (unsigned c = 0; c < NAME - 1 && made[c]; c++) p->made[c] = made[c];
            return at;
        }
        if (p->symbol == symbol && is_same(p->made, made)) return at;
    }
    return 0;
}

static u32 place_at(u64 address) {
    u64 offset, from = (uintptr_t)k.code.exec;
    const char *symbol = symbol_at(address, &offset);
    if (symbol) return place_of(symbol, "");
    if (address < from || address - from >= k.code.size) return 0;
    u32 owner = k.owner[(address - from) / GRAIN];
    return place_of(NULL, owner ? k.made[owner - 1] : "made code");
}

static bool on_stack(u64 at) { return !(at & 7) && at >= stack_top(0) - MAIN_STACK_SIZE && at < stack_top(0) - 8; }
static u64 word(u64 at) { return *(const u64 *)(uintptr_t)at; }

static bool leads_to_base(u64 at) {
    for (unsigned n = 0; n < DEEPEST && at != k.base; n++) {
        if (!on_stack(at) || !symbol_is_code(word(at + 8) - 1) || word(at) <= at) return false;
        at = word(at);
    }
    return at == k.base;
}

static unsigned stack_of(const struct trap_frame *f, u64 pc[DEEPEST]) {
    unsigned n = 0;
    u64 at = f->rbp;
    pc[n++] = f->rip;
    if (!leads_to_base(at))
        for (at = f->rsp; on_stack(at) && at < k.base; at += 8)
            if (at - f->rsp > SCANNED * 8 || leads_to_base(at)) break;
    if (!leads_to_base(at)) return n;
    for (; n < DEEPEST && at != k.base; at = word(at)) pc[n++] = word(at + 8) - 1; // in the call
    return n;
}

static u32 child_of(u32 parent, u32 place) {
    u32 *link = &k.node[parent].child;
    for (; *link; link = &k.node[*link].next)
        if (k.node[*link].place == place) return *link;
    if (k.nodes == NODES) return 0;
    k.node[k.nodes] = (struct node){.place = place, .parent = parent};
    return *link = k.nodes++;
}

void profile_tick(const struct trap_frame *f) {
    u64 pc[DEEPEST];
    u32 at = 0;
    sleep_tick_done();
    if (!k.on) return;
    k.samples++;
    for (unsigned n = stack_of(f, pc); n-- > 0;) {
        at = child_of(at, place_at(pc[n]));
        if (at) continue;
        k.full++;
        return;
    }
    k.node[at].samples++;
}

// ---- around the run

static void give_back(void) {
    heap_free(k.place, PLACES * sizeof *k.place);
    heap_free(k.node, NODES * sizeof *k.node);
    heap_free(k.made, (size_t)MADE * NAME);
    heap_free(k.owner, k.code.size / GRAIN * sizeof *k.owner);
    memset(&k, 0, sizeof k);
}

void profile_begin(struct plat *p, u64 rate, const struct plat_code *code) {
    if (!rate) return;
    k.rate = rate;
    k.code = *code;
    k.base = word((uintptr_t)__builtin_frame_address(0));
    k.place = heap_alloc(PLACES * sizeof *k.place, 64);
    k.node = heap_alloc(NODES * sizeof *k.node, 64);
    k.made = heap_alloc((size_t)MADE * NAME, 64);
    k.owner = code->size ? heap_alloc(code->size / GRAIN * sizeof *k.owner, 64) : NULL;
    k.nodes = 1;
    bool room = k.place && k.node && k.made && (k.owner || !code->size);
    k.on = room;
    if (room && sleep_ticks((u32)(1000000 / rate))) return;
    log_warn(p, "profile_host: %s: there is no profile",
             room ? "this machine has no local APIC timer" : "there is no memory for it");
    give_back();
}

static const char *name_of(u32 place) {
    const struct place *p = &k.place[place];
    return p->symbol ? p->symbol : p->made[0] ? p->made : "?";
}

static void count(void) {
    for (u32 i = 1; i < k.nodes; i++) {
        if (!k.node[i].samples) continue;
        k.place[k.node[i].place].own += k.node[i].samples;
        for (u32 up = i; up; up = k.node[up].parent) {
            struct place *p = &k.place[k.node[up].place];
            if (p->told != i) p->all += k.node[i].samples;
            p->told = i;
        }
    }
}

static unsigned tenths(u64 part, u64 whole) { return whole ? (unsigned)(part * 1000 / whole) : 0; }

static void log_table(struct plat *p) {
    log_info(p, "profile_host: %llu samples, %llu a second", (ull)k.samples, (ull)k.rate);
    log_info(p, "%10s %7s %18s  %s", "samples", "share", "with its callees", "function");
    for (unsigned row = 0; row < ROWS; row++) {
        u32 most = 0;
        for (u32 i = 1; i < PLACES; i++)
            if (k.place[i].own > k.place[most].own) most = i;
        struct place *s = &k.place[most];
        if (!s->own) break;
        unsigned own = tenths(s->own, k.samples), all = tenths(s->all, k.samples);
        log_info(p, "%10llu %3u.%u %% %10llu %3u.%u %%  %s", (ull)s->own, own / 10, own % 10, (ull)s->all, all / 10, all % 10,
                 name_of(most));
        s->own = 0;
    }
}

static void record_stack(struct plat *p, const struct node *n) {
    char line[DEEPEST * 80];
    u32 up[DEEPEST];
    unsigned depth = 0;
    size_t used = 0;
    for (u32 i = (u32)(n - k.node); i && depth < DEEPEST; i = k.node[i].parent) up[depth++] = k.node[i].place;
    plat_format(line, sizeof line, "{\"softmetal\":\"host_stack\",\"stack\":\"");
    used = strlen(line);
    while (depth--) {
        plat_format(line + used, sizeof line - used, "%.70s%s", name_of(up[depth]), depth ? ";" : "");
        used += strlen(line + used);
    }
    plat_format(line + used, sizeof line - used, "\",\"samples\":%llu}", (ull)n->samples);
    p->record(p, line);
}

void profile_end(struct plat *p) {
    char line[160];
    if (!k.on) return;
    sleep_ticks_end();
    k.on = false;
    count();
    log_table(p);
    if (k.full) log_warn(p, "profile_host: there was no room for the stacks of %llu samples", (ull)k.full);
    plat_format(line, sizeof line, "{\"softmetal\":\"host_profile\",\"rate\":%llu,\"samples\":%llu,\"without_room\":%llu}",
                (ull)k.rate, (ull)k.samples, (ull)k.full);
    p->record(p, line);
    for (u32 i = 1; i < k.nodes; i++)
        if (k.node[i].samples) record_stack(p, &k.node[i]);
    give_back();
}

// SPDX-License-Identifier: MIT
// What gdb's `monitor` can say to a machine.
#include "base/bits.h"
#include "cpu/tlb.h"
#include "machine/debug_parts.h"

#include <string.h>

typedef unsigned long long ull;

enum { TLB_SHOWN = 64, RUNS_SHOWN = 64, STEPS_MOST = 1 << 20 };

static void say_instructions(struct emu_machine *m, const char *rest, struct text *t) {
    const struct past *p = &m->debug->past;
    text_say(t, "%llu instructions, %llu ns of guest time\n", (ull)m->instructions, (ull)m->clock.now);
    if (p->kept) text_say(t, "it can go back as far as %llu\n", (ull)p->point[0].count);
    else text_say(t, "it cannot go back: %s\n", past_why_not(m) ? past_why_not(m) : "there was no memory for that");
}

static void say_hash(struct emu_machine *m, const char *rest, struct text *t) {
    text_say(t, "%016llx\n", (ull)state_hash(&m->state));
}

// ---- memory

static void say_bus(struct emu_machine *m, struct text *t) {
    for (unsigned i = 0; i < m->bus.mem.regions; i++) {
        const struct region *r = &m->bus.mem.region[i];
        text_say(t, "%016llx..%016llx %-6s %s\n", (ull)r->start, (ull)(r->start + r->size - 1),
                 !r->ram  ? "device"
                 : r->rom ? "ROM"
                          : "RAM",
                 r->name);
    }
}

// Where a page is mapped to, and its size; false: nowhere, and the size is that of the hole.
static bool step(struct emu_machine *m, gva_t a, gpa_t *gpa, u8 *perm, unsigned *shift) {
    struct walk w;
    int how = vcpu_look_at(m->vcpu, a, &w);
    if (how > 0) return false;
    *shift = w.shift;
    *perm = w.perm;
    *gpa = w.page;
    return !how && !w.fault;
}

// Runs of pages that lead to neighbouring memory with the same rights.
static void say_mapped(struct emu_machine *m, struct text *t) {
    struct {
        gva_t from, to;
        gpa_t at;
        u8 perm;
    } run = {0};
    unsigned said = 0;
    gva_t a = 0;
    for (unsigned n = 0; n < STEPS_MOST && said < RUNS_SHOWN; n++) {
        gpa_t gpa = 0;
        u8 perm = 0;
        unsigned shift = PAGE_BITS;
        bool there = step(m, a, &gpa, &perm, &shift);
        gva_t next = (a | mask(shift - 1, 0)) + 1;
        if (there && run.to == a && run.to != run.from && run.perm == perm && run.at + (run.to - run.from) == gpa) {
            run.to = next;
        } else if (there || run.to != run.from) {
            if (run.to != run.from) {
                text_say(t, "%016llx..%016llx -> %012llx %c%c%c%c\n", (ull)run.from, (ull)(run.to - 1), (ull)run.at,
                         run.perm & PERM_R ? 'r' : '-', run.perm & PERM_W ? 'w' : '-', run.perm & (PERM_X | PERM_UX) ? 'x' : '-',
                         run.perm & PERM_U ? 'u' : '-');
                said++;
            }
            run.from = a;
            run.to = there ? next : a;
            run.at = gpa;
            run.perm = perm;
        }
        if (!next) break;
        a = next;
    }
    if (said == RUNS_SHOWN) text_say(t, "... and more\n");
}

static void say_mem(struct emu_machine *m, const char *rest, struct text *t) {
    text_say(t, "physical:\n");
    say_bus(m, t);
    text_say(t, "virtual, as the page tables are now (runs of pages, rights, u: of user mode):\n");
    struct walk w;
    if (vcpu_look_at(m->vcpu, 0, &w) > 0) text_say(t, "addresses are not translated\n");
    else say_mapped(m, t);
}

static void say_tlb(struct emu_machine *m, const char *rest, struct text *t) {
    const struct vcpu *v = m->vcpu;
    unsigned used = 0, said = 0;
    for (unsigned i = 0; i < TLB_CONTEXTS * TLB_SIZE; i++) {
        unsigned context = i / TLB_SIZE, slot = i % TLB_SIZE;
        const struct tlb_entry *e = &v->tlb[context][slot];
        bool r = tlb_is_tag(e->read, slot), w = tlb_is_tag(e->write, slot), x = tlb_is_tag(e->exec, slot);
        if (!r && !w && !x) continue;
        if (used++ >= TLB_SHOWN) continue;
        said++;
        text_say(t, "%016llx context %u %c%c%c\n",
                 (ull)(r   ? e->read
                       : w ? e->write
                           : e->exec),
                 context, r ? 'r' : '-', w ? 'w' : '-', x ? 'x' : '-');
    }
    text_say(t, "%u of %u entries of the first level%s\n", used, TLB_CONTEXTS * TLB_SIZE,
             said < used ? ", the first of them above" : "");
}

// ---- numbers

static bool number(const char **p, u64 *value) {
    u64 v = 0;
    while (**p == ' ') ++*p;
    const char *s = *p;
    if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
        *p += 2;
        return gdb_hex(p, value);
    }
    for (; **p >= '0' && **p <= '9'; ++*p)
        if (__builtin_mul_overflow(v, (u64)10, &v) || __builtin_add_overflow(v, (u64)(**p - '0'), &v)) return false;
    *value = v;
    return *p != s;
}

static void say_physical(struct emu_machine *m, const char *rest, struct text *t) {
    u64 at, n = 64;
    u8 bytes[256];
    char hex[2 * 16 + 1];
    if (!number(&rest, &at) || (*rest && !number(&rest, &n))) {
        text_say(t, "right is xp ADDRESS, or xp ADDRESS BYTES\n");
        return;
    }
    size_t got = debug_read(m, at, true, bytes, n < sizeof bytes ? n : sizeof bytes);
    for (size_t i = 0; i < got; i += 16) {
        gdb_put_hex(hex, bytes + i, got - i < 16 ? got - i : 16);
        text_say(t, "%012llx: %s\n", (ull)(at + i), hex);
    }
    if (!got) text_say(t, "there is no RAM at 0x%llx\n", (ull)at);
}

static void say_phys(struct emu_machine *m, const char *rest, struct text *t) {
    while (*rest == ' ') rest++;
    m->debug->gdb.physical = !strcmp(rest, "on");
    text_say(t, "memory is read and written by %s address\n", m->debug->gdb.physical ? "physical" : "virtual");
}

static void say_limit(struct emu_machine *m, const char *rest, struct text *t) {
    u64 n;
    if (!number(&rest, &n) || !n) {
        text_say(t, "right is limit N, N from 1 on\n");
        return;
    }
    m->debug->limit = n;
    text_say(t, "what runs next, forward or back, stops after %llu instructions\n", (ull)n);
}

static void say_help(struct emu_machine *m, const char *rest, struct text *t);

static const struct {
    const char *words, *help;
    void (*say)(struct emu_machine *m, const char *rest, struct text *t);
} words[] = {
    {"info mem", "the machine's memory, and what the page tables map now", say_mem},
    {"info tlb", "translations that the processor has looked up", say_tlb},
    {"state_hash", "of the whole machine, as state_hash = has it", say_hash},
    {"instructions", "how many have retired, how much time has passed, how far back the run can go", say_instructions},
    {"limit", "limit N: what runs next, forward or back, stops after N instructions; stepi takes all of them", say_limit},
    {"phys", "phys on, phys off: gdb's addresses are physical", say_phys},
    {"xp", "xp ADDRESS [BYTES]: physical memory", say_physical},
    {"help", "this", say_help},
};

static void say_help(struct emu_machine *m, const char *rest, struct text *t) {
    for (unsigned i = 0; i < countof(words); i++) text_say(t, "  %-14s %s\n", words[i].words, words[i].help);
}

void debug_monitor(struct emu_machine *m, const char *line, struct text *t) {
    for (unsigned i = 0; i < countof(words); i++) {
        size_t n = strlen(words[i].words);
        if (strncmp(line, words[i].words, n) || (line[n] && line[n] != ' ')) continue;
        words[i].say(m, line + n, t);
        return;
    }
    text_say(t, "there is no such word; right is one of\n");
    say_help(m, "", t);
}

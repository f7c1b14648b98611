// SPDX-License-Identifier: MIT
// The processor's memory accesses beside the oracle's answers. Every physical address tells its own number: RAM is filled with
// it, and a device covers all that is not RAM and notes where it was touched.
#ifndef TESTS_PAGING_RIG_H
#define TESTS_PAGING_RIG_H

#include "isa/x86_64/sys/paging.h"
#include "paging_oracle.h"
#include "x86_rig.h"

enum { PAGING_TABLES = 0x400000, PAGING_TABLES_END = 0x408000 }; // zero at first; all other RAM holds its addresses

struct paging_rig {
    struct x86_rig *r;
    struct x86_model model; // a copy of "max" that the test may bend
    struct oracle o;
    struct {
        gpa_t at;
        unsigned width;
        bool write;
        u64 value;
    } device;                                  // the last access to what is not RAM
    unsigned long long checked, passed, stale; // accesses; those that were no fault; those by a remembered translation
};

enum paging_format { PAGING_NONE, PAGING_32, PAGING_PAE, PAGING_4, PAGING_5 };

struct paging_rig *paging_new(void);
void paging_free(struct paging_rig *p);
// Segments and control registers for a format, everything else (WP, SMEP, ...) off, CR3 at PAGING_TABLES. In p->o and the CPU.
void paging_start(struct paging_rig *p, enum paging_format f);
// Its second half: registers alone, memory and segments are as it left them.
void paging_registers(struct paging_rig *p, enum paging_format f);
// The oracle's registers become the processor's; translations are forgotten.
void paging_apply(struct paging_rig *p);
// CPL and AC alone, as instructions change them: nothing is forgotten.
void paging_who(struct paging_rig *p, unsigned cpl, bool ac);
// Nothing but 4 KiB of any page is in the TLB: a large page's other pieces, which the processor would look for with every page
// it forgets, were not used.
static inline void paging_one_piece(struct paging_rig *p) { tlb_forget_large(&p->r->c->v); }
// Forgets the translation of one address of which that is so.
static inline void paging_forget(struct paging_rig *p, gva_t la) {
    paging_one_piece(p);
    x86_tlb_flush_page(p->r->c, la);
}

// What an access did.
struct paging_result {
    int vector; // -1: none
    u32 error;
    u64 cr2;
    gpa_t pa; // that was reached
};
// Eight bytes at a.la (8-aligned) through the handlers' accessors. A write is looked for at `expected` and undone; if RAM has
// taken it elsewhere, pa is PAGING_LOST, and paging_took_write says of one place whether it was there (and undoes it).
#define PAGING_LOST (~(u64)0)
struct paging_result paging_access(struct paging_rig *p, const struct oracle_access *a, gpa_t expected);
bool paging_took_write(struct paging_rig *p, gpa_t at);
// It went as the verdict says. The entries are as the verdict has them: afterwards (changed), or as they were.
bool paging_as_told(const struct paging_result *got, const struct oracle_verdict *v, const struct oracle_access *a);
bool paging_entries_are(const struct paging_rig *p, const struct oracle_verdict *v, bool changed);
// Tells everything and aborts.
_Noreturn void paging_differs(struct paging_rig *p, const struct oracle_access *a, const struct oracle_verdict *v,
                              const struct paging_result *got);
// Does the access, and fails the test unless it went as the tables and registers say: fault, error code, CR2, physical
// address, every entry read afterwards. Returns the verdict.
struct oracle_verdict paging_check(struct paging_rig *p, const struct oracle_access *a);
// The same when v->path is known (oracle_judge); it follows the entries, so that it is known for the next access, too.
void paging_check_known(struct paging_rig *p, const struct oracle_access *a, struct oracle_verdict *v);
// The same when `old` may still be remembered; v->path does not follow.
void paging_check_stale(struct paging_rig *p, const struct oracle_access *a, struct oracle_verdict *v,
                        const struct oracle_translation *old);

// RAM by physical address, without the bus.
static inline u64 paging_peek(const struct paging_rig *p, gpa_t at, unsigned bytes) { return ld_width(p->r->ram + at, bytes); }
static inline void paging_poke(struct paging_rig *p, gpa_t at, u64 v, unsigned bytes) { st_width(p->r->ram + at, bytes, v); }

#endif

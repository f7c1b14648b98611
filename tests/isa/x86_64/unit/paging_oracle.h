// SPDX-License-Identifier: MIT
// What a linear address means and who may use it, written down from SDM vol. 3A chapter 4 for the tests: one entry after the
// other as the manual's tables have them, sharing nothing with emu/. Three answers apart: what the tables say
// (oracle_translate), whether the registers allow it (oracle_allows), and both together (oracle_access).
#ifndef TESTS_PAGING_ORACLE_H
#define TESTS_PAGING_ORACLE_H

#include "base/types.h"

struct oracle {
    u64 cr0, cr3, cr4, efer;
    u64 pdpte[4]; // PAE's registers
    u32 pkru, pkrs;
    unsigned cpl;
    bool ac;             // EFLAGS.AC
    unsigned maxphyaddr; // M of the manual's tables
    bool page1gb;        // CPUID.80000001H:EDX[26]
    u64 (*load)(void *ctx, gpa_t at, unsigned bytes);
    void *ctx;
};

enum oracle_kind { ORACLE_READ, ORACLE_WRITE, ORACLE_FETCH };

struct oracle_access {
    gva_t la;
    enum oracle_kind kind;
    bool implicit; // the processor's own, to GDT, LDT, IDT, TSS: a supervisor's whatever CPL is
};

// What a TLB entry holds (4.10.2.2).
struct oracle_translation {
    gpa_t page;                           // physical address of the page's first byte
    unsigned size;                        // log2 of the page's size
    bool writable, user, execute_disable; // folded over all entries
    bool dirty, global;
    unsigned key;
};

enum oracle_outcome { ORACLE_MAPPED, ORACLE_ABSENT, ORACLE_RESERVED, ORACLE_NON_CANONICAL };

struct oracle_entry {
    gpa_t at;
    unsigned bytes;
    u64 value;
};

struct oracle_path {
    enum oracle_outcome outcome;
    struct oracle_entry entry[5]; // in the order of use; the last is the leaf when mapped
    unsigned entries;
    struct oracle_translation t;
};

void oracle_translate(const struct oracle *o, gva_t la, struct oracle_path *path);

// 4.6. May the access be done through this translation? *key: protection keys are (also) against it.
bool oracle_allows(const struct oracle *o, const struct oracle_translation *t, const struct oracle_access *a, bool *key);

struct oracle_verdict {
    int vector; // -1: none; 13 (or 12 for SS): not canonical; 14
    u32 error;  // of the page fault; CR2 is the address itself
    gpa_t pa;   // of the byte
    // Entries as they are afterwards; equal to path.entry when nothing is written.
    u64 after[5];
    struct oracle_path path;
};

struct oracle_verdict oracle_access(const struct oracle *o, const struct oracle_access *a);
// The same when v->path is known: it must be what oracle_translate gives for a->la now.
void oracle_judge(const struct oracle *o, const struct oracle_access *a, struct oracle_verdict *v);

#endif

// SPDX-License-Identifier: MIT
// What a RISC-V address means and who may use it, written down from the privileged specification for the tests, step by step and
// byte by byte as it stands there, sharing nothing with emu/.
#ifndef TESTS_RISCV_ORACLE_H
#define TESTS_RISCV_ORACLE_H

#include "base/types.h"

enum rv_kind { RV_LOAD, RV_STORE, RV_FETCH };

// "Physical Memory Protection": may this access pass? 16 entries; priv 0 U, 1 S, 3 M. *entry: which one decides, -1: none.
bool rv_oracle_pmp(const u8 cfg[16], const u64 addr[16], u64 at, unsigned size, enum rv_kind kind, unsigned priv, int *entry);
// The lowest-numbered entry that matches one byte, -1: none.
int rv_oracle_pmp_entry(const u8 cfg[16], const u64 addr[16], u64 byte);

struct rv_oracle {
    u64 satp;
    unsigned priv;
    bool sum, mxr, adue, pbmte, svnapot;
    u64 (*load)(void *ctx, u64 at);                 // a page table entry
    bool (*allowed)(void *ctx, u64 at, bool write); // PMA and PMP: may the translation itself reach it?
    void *ctx;
};

struct rv_verdict {
    bool bare; // no translation: pa = va, and nothing below counts
    int cause; // of the exception, -1: none
    u64 pa;
    unsigned size;    // log2 of the page's size
    bool global;      // G in the leaf or in a table above it
    bool may[3];      // by the leaf's R, W, X, U and mstatus, A and D aside: also when cause is a page fault for that
    unsigned entries; // that were used, the leaf last
    struct {
        u64 at, value, after;
    } entry[5];
};

struct rv_verdict rv_oracle_access(const struct rv_oracle *o, u64 va, enum rv_kind kind);

#endif

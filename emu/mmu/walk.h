// SPDX-License-Identifier: MIT
// One page-table walker for every format. A format gives its geometry as data and its meaning as two pure functions;
// the walker answers in neutral words, which the ISA turns into its own exception.
#ifndef MMU_WALK_H
#define MMU_WALK_H

#include "bus/bus.h"

enum mmu_access { MMU_READ, MMU_WRITE, MMU_EXEC };

// Rights that entries grant; what a table grants is the AND over all levels.
enum { PERM_R = 1, PERM_W = 2, PERM_X = 4, PERM_U = 8, PERM_ALL = 15 };

// What one entry says.
struct pte_view {
    bool present, leaf, reserved; // reserved: a bit is set that must be 0
    bool global;
    u8 perm;        // PERM_*; a table entry of a format without hierarchical rights says PERM_ALL
    u8 attr;        // memory type bits, stored and not interpreted
    u8 key;         // protection key, of a leaf; 0 in formats without
    gpa_t address;  // of the next table, or of the page
};

struct walk;

struct pt_format {
    const char *name;
    unsigned levels;
    unsigned entry_bytes;                         // 4 or 8
    struct { u8 shift, bits; } level[5];          // root first: index = va[shift + bits - 1 : shift]
    unsigned canonical_bits;                      // the address must be the sign extension of this many bits; 0: no check
    u64 accessed, dirty;                          // bits that the walker sets: accessed at every level, dirty in a leaf
    // Pure: meaning of an entry found at the level with this shift. `control` is the ISA's own word.
    struct pte_view (*decode)(u64 entry, unsigned shift, u64 control);
    // Pure: may this access pass, given w's rights (perm, key) and who asks (user, control, key_rights)?
    bool (*permit)(const struct walk *w, enum mmu_access access);
};

enum walk_fault { WALK_OK, WALK_NON_CANONICAL, WALK_NOT_PRESENT, WALK_RESERVED, WALK_DENIED };

struct walk {
    // in
    const struct pt_format *format;
    gpa_t root;      // of the first table
    u64 control;
    u64 key_rights;  // what each protection key allows: the ISA's own word
    bool user;
    bool look;       // a debugger's look: no accessed or dirty bit is written
    // out
    enum walk_fault fault;
    gpa_t page;      // physical address of the page's first byte (of the page size found)
    unsigned shift;  // page size: 1 << shift
    u8 perm, attr;   // perm and key also after WALK_DENIED
    u8 key;
    bool global, dirty; // dirty: the leaf's dirty bit is set now
};

// Walks for one access to va. On a fault nothing was written; else accessed (and for writes dirty) bits are.
enum walk_fault mmu_walk(struct walk *w, struct bus *b, gva_t va, enum mmu_access access);

#endif

// SPDX-License-Identifier: MIT
// One page-table walker for every format. A format gives its geometry as data and its meaning as two pure functions;
// the walker answers in neutral words, which the ISA turns into its own exception.
#ifndef MMU_WALK_H
#define MMU_WALK_H

#include "bus/bus.h"

enum mmu_access { MMU_READ, MMU_WRITE, MMU_EXEC };

// Rights that entries grant; what a table grants is the AND over all levels. Where one execute right holds for both
// privileges it is PERM_X, and PERM_UX means nothing; else PERM_X is the supervisor's and PERM_UX the user's.
enum { PERM_R = 1, PERM_W = 2, PERM_X = 4, PERM_U = 8, PERM_UX = 16, PERM_ALL = 31 };

enum walk_fault : u8 {
    WALK_OK,
    WALK_NON_CANONICAL, // no table has this address
    WALK_NOT_PRESENT,
    WALK_RESERVED,     // an entry has a bit or a combination of bits that it must not have
    WALK_DENIED,       // permit() says no
    WALK_FLAG_CLEAR,   // the leaf's accessed bit, or for a write its dirty bit, is clear, and setting it is software's work
    WALK_ADDRESS_SIZE, // an entry's address is wider than addresses are
    WALK_TABLE,        // an entry cannot be read, or the bit that must be set in it cannot be written
};

// In a leaf's attr: the page is guarded, as an ISA understands it. The TLB keeps it for the ISA (TLB_GUARDED).
#define ATTR_GUARDED 0x80

// What one entry says.
struct pte_view {
    enum walk_fault fault; // WALK_OK; else what is wrong with this entry whoever asks, and the rest means nothing
    bool leaf;
    bool global;   // also of a table: then every page below it is global
    u8 perm;       // PERM_*; a table entry of a format without hierarchical rights says PERM_ALL
    u8 attr;       // memory type bits of a leaf, stored and not interpreted, and ATTR_GUARDED
    u8 key;        // protection key of a leaf; 0 in formats without
    u8 shift;      // of a leaf whose page is not as large as its level's: the page has 1 << shift bytes; else 0
    gpa_t address; // of the next table, or of the page's first byte
};

struct walk;

struct pt_format {
    const char *name;
    unsigned levels;
    unsigned entry_bytes; // 4 or 8
    struct {
        u8 shift, bits;
    } level[5];              // root first: index = va[shift + bits - 1 : shift]
    unsigned canonical_bits; // the address must be the sign extension of this many bits; 0: no check
    u64 table_accessed;      // bits that the walker sets in every table entry on the way,
    u64 accessed, dirty;     // in every leaf, and in a leaf that is written to
    bool table_faults;       // an entry outside RAM is WALK_TABLE; else all its bits read as 1
    // Pure: meaning of an entry found at the level with this shift. `control` is the ISA's own word.
    struct pte_view (*decode)(u64 entry, unsigned shift, u64 control);
    // Pure: may this access pass, given w's rights (perm, key) and who asks (user, control, key_rights)?
    bool (*permit)(const struct walk *w, enum mmu_access access);
};

struct walk {
    // in
    const struct pt_format *format;
    gpa_t root; // of the first table
    u64 control;
    u64 key_rights; // what each protection key allows: the ISA's own word
    bool user;
    bool look;              // a debugger's access: accessed and dirty bits are neither set nor asked for
    bool flags_by_software; // a clear accessed or dirty bit is a fault; else the walker sets it
    // May the walk itself read (write: write) the entry of so many bytes at this physical address? NULL: always. A refusal is
    // WALK_TABLE. Whether the access may reach the page that it leads to is the caller's to ask.
    bool (*table_access)(const void *ctx, gpa_t at, unsigned bytes, bool write);
    const void *table_ctx;
    // out
    enum walk_fault fault;
    u8 level;       // of the entry that decided, root 0: the leaf, or the one at fault
    gpa_t page;     // physical address of the page's first byte (of the page size found)
    unsigned shift; // page size: 1 << shift
    u8 perm, attr;  // perm and key also after WALK_DENIED and WALK_FLAG_CLEAR
    u8 key;
    bool global, dirty; // dirty: a write has nothing left to set in the leaf
};

// Walks for one access to va. Without a fault accessed bits (for a write also the dirty bit) are set; with one no entry is changed.
// What is wrong for every access is found before what is wrong for this one: an entry's own fault, then WALK_FLAG_CLEAR, then
// WALK_DENIED, then WALK_TABLE for a bit that cannot be set.
enum walk_fault mmu_walk(struct walk *w, struct bus *b, gva_t va, enum mmu_access access);

#endif

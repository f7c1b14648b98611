// SPDX-License-Identifier: MIT
// What every processor has, whatever its instruction set: the running block, the slice's account, the TLB, the jump cache. An
// ISA's struct CPU holds one, and its fields are the CPU's own (an anonymous member):
//
//   struct NAME_cpu {
//       struct NAME_state s;                    // what the guest sees
//       union { struct vcpu v; struct vcpu; };  // c->left and c->v.left are one
//       ...
//   };
//
//   block.c   the cache of decoded blocks     run.c     the loop, slices, where a fault unwinds to
//   tlb.c     tags, filling, flushing         access.c  memory access in parts: page crossing, devices, code that changes
//   isa.h     what an ISA provides            dispatch.h, memop.h   handlers that an ISA makes for itself
//
// Functions that take a struct vcpu are called with &c->v.
#ifndef CPU_VCPU_H
#define CPU_VCPU_H

#include "bus/bus.h"
#include "core/clock.h"
#include "core/env.h"
#include "emu/config.h"

struct uop;
struct block;
struct block_cache;
struct isa;
struct isa_translator;
struct measure;
struct vcpu_debug;

// A page's translation for one context. A tag is the page's address, or of a page that has another slot: this access needs the slow path.
// Host address = virtual address + addend.
#ifdef HOSTILE
#define TLB_BITS 1 // not 0: an access over a page's end must not find its second page in the slot of its first (tlb.h)
#define TLB_SET_BITS 0
#define TLB_WAYS 1
#define CODE_FILTER_BITS 6
#else
#define TLB_BITS 12
#define TLB_SET_BITS 11
#define TLB_WAYS 4
#define CODE_FILTER_BITS 15
#endif
#define TLB_SIZE (1u << TLB_BITS)
#define TLB_WORDS ((TLB_SIZE + 63) / 64)
// The contexts of an ISA (tlb.h), each with a table of its own, and a table that stays empty.
enum { TLB_CONTEXTS = 4, TLB_BLIND = TLB_CONTEXTS, TLB_TABLES };

struct tlb_entry {
    u64 read, write, exec;
    u64 addend;
};

// The second level keeps what a walk has found, and nothing that is the emulator's own: not where RAM is, nor which pages hold code. So
// it has nothing to forget but what a guest asks to forget.
struct tlb_kept {
    u64 tag; // KEPT_NOTHING, or page | context, with the number of global translations in place of the address space's if it is one
    u64 page; // physical address | PERM_R, PERM_W, PERM_X: accesses that were allowed and had no bit left to set in the tables | TLB_GLOBAL,
        // TLB_GUARDED
};
#define KEPT_NOTHING (~(u64)0)
#define TLB_GLOBAL 0x100
#define TLB_GUARDED 0x200 // ATTR_GUARDED of the walk

// Regions of 1 << LARGE_BITS bytes that have had pages of more than 4 KiB, and at most as large: one word per hash.
#define LARGE_BITS 22
#define LARGE_REGION_BITS 8

#define TRAIL_EMPTY (~(u64)0) // a place of the trail where no block was entered yet

// The jump cache, direct-mapped by PC: the block at `pc`, valid while `key` is the CPU's jump key.
#ifdef HOSTILE
#define JUMP_BITS 0
#else
#define JUMP_BITS 14
#endif
enum { JUMP_MODE_SHIFT = 12 };
struct jump_entry {
    u64 pc, key;
    struct block *block;
};

// Address spaces (x86: PCIDs, RISC-V and Arm: ASIDs) whose translations are kept at one time.
#define VCPU_SPACES 64
#define VCPU_GLOBALS 8
struct vcpu_space {
    u32 id;
    u16 asid;
    bool valid;
};

struct vcpu {
    // --- while a block runs
    const struct uop *cur; // the uop that may fault, set before anything that can raise; NULL: the PC is exact
    struct block *block;   // the running block
    i64 left;              // instructions the slice still allows, the running block already taken off
    u64 slice_end;         // clock time at which left would be 0
    u64 stalled;           // ns of this slice that port accesses took: taken off `left`, but no instructions
    u64 jump_key;          // generation << 32 | mode << JUMP_MODE_SHIFT | TLB context of fetches, or of the globals (vcpu_rekey)
    struct tlb_entry *tlb_now; // the table of data accesses: of tlb_key's context, TLB_BLIND while they are counted
    u64 tlb_key;               // TLB context of data accesses, bits 0..11: see tlb.h
    u64 fetch_key;             // and of fetches
    u8 trail_at;
    bool single;  // the running block is one instruction: device accesses, breakpoints and code writes may happen
    bool leave;   // the slice must end: the run is over, or was asked to stop
    bool restart; // vcpu_restart_single was called
    struct {
        struct block *block;
        u64 key, pc;
        unsigned at;
    } resume;        // where a slice ended: see run.c
    u64 trail[256];  // PCs of the last blocks entered; trail_at is the oldest: told when a run ends badly
    void **jump_out; // where vcpu_leap goes

    struct tlb_entry tlb[TLB_TABLES][TLB_SIZE];
    struct jump_entry jump[1u << JUMP_BITS];

    // --- neighbours
    const struct isa *isa;
    const struct isa_translator *translator; // NULL: every block is interpreted
    enum emu_engine engine;                  // interpret or translate: the board says so once the CPU is made, before it runs
    struct plat_code code_memory;            // where to translate to, the machine's; size 0 when it interprets
    bool has_dump_block;
    u64 dump_block;           // the PC of a block that is to be told when it is translated
    bool count_handlers;      // what translated code leaves to the interpreter is counted
    struct measure *measure;  // measured regions, the machine's; NULL: nobody measures
    struct vcpu_debug *debug; // breakpoints and watchpoints, the machine's; NULL: nobody debugs
    bool counting;            // each instruction is a slice of its own, and each access takes the slow path
    struct env *env;
    struct vclock *clock;
    struct bus *bus;
    struct block_cache *blocks;
    u64 mode; // everything that decoding depends on, the ISA's own word of at most 20 bits
    u32 jump_generation;
    // Code was fetched in this generation from these virtual pages (two hashes of each) and regions of 4 MiB (one hash).
    u64 code_pages[1u << (CODE_FILTER_BITS - 6)], code_regions[16];
    u8 code_local;   // a bit per low two bits of a context: code was fetched in it from a page that is not global
    u16 asid;        // address space number of the running space,
    u16 asid_global; // of the translations that all spaces of its kind share, and of the contexts that see hardly any others,
    u16 asid_flat;   // of what has no space at all (RISC-V: M-mode),
    u16 asid_last;   // and the last one given out
    struct vcpu_space space[VCPU_SPACES], global[VCPU_GLOBALS];
    unsigned space_next, global_next;
    u32 space_id;     // of the running space
    bool space_named; // it has one
    u32 global_id;

    // A bit per entry: its translation is a global one; it is one of this address space alone. Neither: it was never filled, or dropped.
    u64 tlb_global[TLB_CONTEXTS][TLB_WORDS], tlb_local[TLB_CONTEXTS][TLB_WORDS];
    struct tlb_kept kept[1u << TLB_SET_BITS][TLB_WAYS];
    u16 *
        written; // by page of RAM: the TLB entry (by its place in all tables) that may have a write tag for it, + 1; 0: none; WRITTEN_BY_MANY
    // Pages of more than 4 KiB in the TLB: a flush of an address inside must drop all their pieces.
    u64 large_region[1u << LARGE_REGION_BITS]; // number of the region + 1; 0: none; LARGE_MANY: several share the word
    u64 huge_low, huge_high;                   // larger ones are inside
    unsigned huge_shift;                       // the size of the largest of them
};

// `env` and `bus` (RAM and ROM already in it) outlive the CPU. Allocates the block cache and becomes the one that hears of code writes.
void vcpu_init(struct vcpu *v, const struct isa *isa, struct env *env, struct bus *bus);

// ---- run.c
// Runs at most n instructions (n >= 1); returns how many ns passed: a tick each, and v->stalled for port accesses, the last of
// which may end later than n. Ends early when the processor halts, when a device asked for it, or when the machine finishes.
u64 vcpu_run(struct vcpu *v, u64 n);
// Forgets all that is not the guest's: translations, decoded blocks, where the last slice ended. What the processor does next then follows from
// its registers and RAM alone, so a run that does this at some count goes on exactly as one that begins with the same registers and RAM.
// While a visit is repeated (measure.h) decoded blocks stay, which no guest can tell. Between slices only.
void vcpu_forget(struct vcpu *v);
// Recomputes jump_key from mode and fetch_key: after any change of these.
void vcpu_rekey(struct vcpu *v);
// An entry or a link with this key may be good, now or once the processor is in another mode or space again.
bool vcpu_is_jump_key(const struct vcpu *v, u64 key);
// Jump cache and links must be looked up again; vcpu_rekey must follow.
void vcpu_new_jump_generation(struct vcpu *v);
// Makes clock->now exact: before any device or clock is touched. Only in the last uop of a block (ENDS) or when single.
void vcpu_sync_clock(struct vcpu *v);
// The same before a device is called. Its events of this very instant come first: an access that is made at the instant of a
// timer's match finds the match done, and can neither lose nor repeat it.
void vcpu_sync_device(struct vcpu *v);
// The current instruction takes `ns` longer than its one tick.
void vcpu_stall(struct vcpu *v, u64 ns);
u64 vcpu_pc(const struct vcpu *v); // of the instruction at v->cur
// Restarts the current instruction as a block of its own; nothing of it may be committed (device accesses, code that changes itself).
_Noreturn void vcpu_restart_single(struct vcpu *v);
// A row that is not marked ENDS has left its block: our own bug.
_Noreturn void vcpu_left_midway(const struct vcpu *v, const struct uop *u);
// Abandons the current instruction, with nothing committed; the loop asks isa->raised what it was.
_Noreturn void vcpu_leap(struct vcpu *v);

#endif

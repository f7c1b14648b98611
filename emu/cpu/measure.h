// SPDX-License-Identifier: MIT
// Measured regions: how often a guest is inside one, and what it executes there. A struct measure belongs to a machine and outlives its
// processors; a processor that has none (vcpu.measure is NULL) pays nothing.
//
// A visit is open from its begin to its end. What is executed meanwhile is the visit's own, but for exceptions and interrupts: from the
// delivery of one until the processor is back where it was (the same privilege and stack, and outside the kernel the same page
// tables), what is executed is counted apart. A call of the system is no such exception: it is what the region asked for.
//
// Counted are instructions that retire. A delivery retires none, though it takes a tick; nor does a chunk of a repeated string
// instruction that is not the last.
#ifndef CPU_MEASURE_H
#define CPU_MEASURE_H

#include "cpu/mark.h"
#include "bus/bus.h"
#include "cpu/model.h"
#include "cpu/vcpu.h"

#define MEASURE_REGIONS 64 // names; the last is for all that come too late
#define MEASURE_VISITS 32  // open at one time
#define MEASURE_RETURNS 64 // places that functions are called from, at full speed
#define MEASURE_POINTS (2 * CONFIG_MEASURES + MEASURE_RETURNS)

// Where a processor is, as far as a return from an exception comes back to it.
struct measure_place {
    u64 sp;
    u64 root;     // of the page tables; 0: in a kernel, which has its stack's address for itself
    u8 privilege; // any number, but one for each
};

// What an instruction is: exactly one of these.
enum insn_class { INSN_INTEGER, INSN_BRANCH, INSN_FP, INSN_VECTOR, INSN_SYSTEM, INSN_CLASSES };
struct measure_insn {
    enum insn_class class;
    bool conditional; // INSN_BRANCH: it may go on behind itself
    bool indirect;    // a register or memory says where to, and it is no return
    bool call, back;  // a function is called, or left
    u8 length, shift; // instructions start at multiples of 1 << shift
};

// Instructions, and where they are counted one by one also: their classes (which add up to `instructions`), how many of all read or
// write memory, and their accesses. What a page walk and a delivery access is not among these.
struct measure_counts {
    u64 instructions;
    u64 class[INSN_CLASSES], taken; // `taken` of INSN_BRANCH
    u64 loads, stores;
    u64 reads, bytes_read, writes, bytes_written;
    u64 model[MODEL_EVENTS]; // where there is one
};

struct measure_region {
    char name[MARK_NAME];
    u64 visits;      // that came to their end
    u64 least, most; // own instructions of one visit
    struct measure_counts own;
    u64 apart;                  // instructions
    u64 exceptions, interrupts; // delivered inside
    u64 virtual_ns;
    u64 values, value_least, value_most, value_last; // what MARK_VALUE told; how often
    bool repeated;                                   // one of its visits is, or was, run again and again
};

// Host cycles of a region's visits, exceptions and interrupts left out.
#define MEASURE_CELL_BITS 7
#define MEASURE_CELLS (1u << MEASURE_CELL_BITS)
struct measure_cycles {
    u64 visits, least, most, sum;
    u32 cell[MEASURE_CELLS * (64 - MEASURE_CELL_BITS + 1)];
};

enum measure_kind { VISIT_MARK, VISIT_FUNCTION, VISIT_RANGE };

struct measure_visit {
    struct measure_region *region;
    enum measure_kind kind;
    u64 back_pc, back_sp; // VISIT_FUNCTION: its caller's, and what its stack is there at least
    struct measure_place begun;
    bool again; // the region is open already: this visit is a part of that one
    bool away;  // in an exception or interrupt, which came at:
    struct measure_place left;
    u64 since;   // instructions when this stretch began, own or apart
    bool counts; // the instruction that runs is the visit's own
    struct measure_counts own;
    u64 apart;
    u64 exceptions, interrupts;
    u64 began;                // ns
    u64 cycles, cycles_since; // of the host
};

// One that has come to its end, as it is told by itself.
struct measure_told {
    u32 region;            // its number
    u64 began, virtual_ns; // ns of guest time
    u64 instructions, apart;
    u64 cycles; // of the host, where they are read
};

// An address that means something, in any program.
struct measure_point {
    u64 at;
    enum { POINT_FUNCTION, POINT_BEGIN, POINT_RETURN, POINT_END } kind;
    struct measure_region *region;
};

// One visit is run again and again (machine/repeat.h): the slice ends where the visit begins and where it ends, and the machine sees to it.
enum measure_repeat {
    REPEAT_WAITS,  // none is open that is to be repeated
    REPEAT_BEGINS, // one was just opened
    REPEAT_RUNS,
    REPEAT_ENDED, // `pass` has what it was
    REPEAT_LOST,  // it will not come to its end
};
struct measure_pass {
    u64 instructions, apart, exceptions, interrupts, virtual_ns;
    u64 cycles; // of the host
};

struct block;
struct measure_model;

struct measure {
    struct plat *plat;
    bool marks; // what marks say counts
    struct measure_region region[MEASURE_REGIONS];
    unsigned regions;
    struct measure_cycles *cycles; // as `region`; NULL: nobody asks
    struct measure_told
        *told; // the first visits, in the order of their ends: how many there is room for, and how many there were
    u64 told_most, told_all;
    bool clocked; // the host's cycles are read
    struct {
        bool wanted;
        bool again;           // once more: nothing but this visit is of interest, and the processor keeps its code (vcpu_forget)
        char name[MARK_NAME]; // of the region; "": each
        enum measure_repeat at;
        struct measure_region *region;
        struct measure_pass pass;
    } repeat;
    struct measure_visit visit[MEASURE_VISITS];
    unsigned visits;
    struct measure_point point[MEASURE_POINTS];
    unsigned points;
    struct {
        bool wanted,
            begun; // the first visit of this region: the slice ends where it begins, and whoever runs the processor clears `begun`
        char name[MARK_NAME];
    } stop;
    u64 offset[PAGE_SIZE / 64]; // a bit for each offset in a page that some point has
    bool returns;               // visits of functions are open
    bool fresh;                 // there is a new point, and blocks that go over it
    struct {
        u64 pc, count;
    } asked;  // the last point that was come to, and the instructions before it
    u64 lost; // begins that found no room for a visit, and whose ends have not come yet
    bool told_names, told_visits, told_points;
    bool one_by_one;                                                 // classes and accesses are counted, too
    struct measure_model *model;                                     // NULL: none
    void (*each)(void *ctx, u64 pc, const struct measure_counts *n); // told of each instruction of a visit's own; NULL: nobody
    void *each_ctx;
    bool other; // from the next slice on, instructions are counted one by one, or no longer
    struct {
        bool runs; // an instruction was entered, and has not faulted
        u64 pc, retired;
        struct measure_insn insn;
        struct measure_counts counts; // what it has accessed so far
    } step;
    u64 ticks;  // before this slice, ports' time left out
    u64 barren; // of all ticks: that retired no instruction
    u64 start;  // of this slice, ns
};

enum measure_trap { MEASURE_EXCEPTION, MEASURE_INTERRUPT };

// ---- told by the processor, where v->measure is not NULL
#define MEASURE_SLICES 2048 // of one instruction, before devices and keys are looked after
// A slice begins at `now`, and has ended after `ticks`; true: it was ended because the next is of the other kind.
void measure_slice_begins(struct vcpu *v, u64 now);
bool measure_slice_ended(struct vcpu *v, u64 ticks);
// While v->counting: instruction `at` of b is the next one; it has accessed memory.
void measure_enters(struct vcpu *v, const struct block *b, unsigned at);
void measure_access(struct measure *m, gva_t a, unsigned bytes, bool write);
// The mark at pc, which is paid for; `value` is what MARK_VALUE tells.
void measure_mark(struct vcpu *v, enum mark mark, u64 pc, u64 value);
// An exception or interrupt is about to be delivered, its tick is paid for; the state is still the interrupted one's.
void measure_trapped(struct vcpu *v, enum measure_trap trap);
// The processor has returned from one; the state is the new one.
void measure_returned(struct vcpu *v);

// The block begins at an offset of a point: the instruction at pc is about to run. True: the block is left, and nothing of it has run.
bool measure_point(struct vcpu *v, u64 pc);
static inline bool measure_offset(const struct measure *m, gpa_t at) {
    u64 offset = at & (PAGE_SIZE - 1);
    return m->offset[offset >> 6] >> (offset & 63) & 1;
}

// What the ISAs call.
static inline void vcpu_trapped(struct vcpu *v, enum measure_trap trap) {
    if (unlikely(v->measure != NULL)) measure_trapped(v, trap);
}
static inline void vcpu_returned(struct vcpu *v) {
    if (unlikely(v->measure != NULL)) measure_returned(v);
}
// This tick was for a part of an instruction which goes on.
static inline void vcpu_unretired(struct vcpu *v) {
    if (unlikely(v->measure != NULL)) v->measure->barren++;
}

// ---- for the machine
void measure_add(struct measure_counts *to, const struct measure_counts *from);
// A function from its first instruction until it is back at its caller; and what runs from the instruction at `begin` on until the one
// at `end` comes. At most CONFIG_MEASURES in all, before the processor runs.
void measure_function(struct measure *m, const char *name, u64 at);
void measure_range(struct measure *m, const char *name, u64 begin, u64 end);
// Instructions that are counted one by one are shown to a model, too (cpu/model.h), which belongs to e; *v is the processor that there is then. 0, or
// ERR_NO_MEMORY.
int measure_model(struct measure *m, struct env *e, struct vcpu *const *v, const struct config_model *c);
void measure_model_forget(struct measure *m); // it is empty again
// The first visit of this region is to be repeated ("": of each), but for those inside of one that is. For the machine, between slices: the
// visit that has begun runs as it always would; or once more, at full speed. What ends here is told by repeat.at.
void measure_repeat(struct measure *m, const char *name);
void measure_repeat_runs(struct measure *m);
// The slice ends where the first visit of this region begins: stop.begun.
void measure_stop(struct measure *m, const char *name);
void measure_repeat_pass(struct measure *m);
static inline bool measure_repeat_stops(const struct measure *m) {
    return m->stop.begun || m->repeat.at == REPEAT_BEGINS || m->repeat.at == REPEAT_ENDED || m->repeat.at == REPEAT_LOST;
}
void measure_note_cycles(struct measure_cycles *y, u64 cycles);
// No more than `percent` of the visits took less: to the 128th part.
u64 measure_quantile(const struct measure_cycles *y, unsigned percent);
// What is open is forgotten: the processor is gone, or the run is over. It is no visit.
void measure_abandon(struct measure *m);

#endif

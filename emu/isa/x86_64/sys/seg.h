// SPDX-License-Identifier: MIT
// Segmentation and transfers between segments, rings and tasks. Everything here may raise (c->cur set, or NULL with s.rip
// exact) and commits nothing before its last check, except where a task switch has already changed the task.
// A segment descriptor (3.4.5) and a gate (5.8.3, 6.11), as one 64-bit word:
//
//   segment  63..56 base 31..24 | 55 G 54 D/B 53 L 52 AVL | 51..48 limit 19..16 | 47 P 46..45 DPL 44 S 43..40 type
//            39..16 base 23..0  | 15..0 limit 15..0
//   gate     63..48 offset 31..16 | 47 P 46..45 DPL 44 0 43..40 type | 36..32 parameters (call), 34..32 IST (interrupt)
//            31..16 selector      | 15..0 offset 15..0
// In IA-32e mode system descriptors and gates have a second word: base or offset 63..32 in its low half.
#ifndef X86_SEG_H
#define X86_SEG_H

#include "isa/x86_64/cpu.h"

// Types of system descriptors (table 3-2).
enum {
    SYS_TSS16 = 1,
    SYS_LDT = 2,
    SYS_TSS16_BUSY = 3,
    SYS_CALL16 = 4,
    SYS_TASK_GATE = 5,
    SYS_INT16 = 6,
    SYS_TRAP16 = 7,
    SYS_TSS32 = 9,
    SYS_TSS32_BUSY = 11,
    SYS_CALL32 = 12,
    SYS_INT32 = 14,
    SYS_TRAP32 = 15,
};

// A selector: index 15..3 | TI 2 | RPL 1..0.
#define SEL_RPL(sel) ((sel) & 3)
#define SEL_NULL(sel) (((sel) & 0xfffc) == 0)
#define SEL_LDT(sel) ((sel) & 4)             // TI
#define SEL_ERROR(sel) ((u32)(sel) & 0xfffc) // as an error code

// Real-address mode has no protection at all; virtual-8086 mode is protected mode with real-mode segments.
static inline bool is_real(const struct x86_cpu *c) { return !(c->s.cr0 & CR0_PE); }
static inline bool is_v86(const struct x86_cpu *c) { return c->s.rflags & FL_VM; }
static inline bool is_protected(const struct x86_cpu *c) { return (c->s.cr0 & CR0_PE) && !(c->s.rflags & FL_VM); }
static inline bool is_long(const struct x86_cpu *c) { return c->s.efer & EFER_LMA; } // IA-32e: 64-bit or compatibility
static inline bool is_64bit(const struct x86_cpu *c) { return (c->mode & MODE_CODE_MASK) == MODE_CODE64; }
static inline unsigned iopl(const struct x86_cpu *c) { return c->s.rflags >> FL_IOPL_SHIFT & 3; }

static inline u32 desc_attr(u64 d) { return (u32)(d >> 40) & 0xf0ff; }
static inline u64 desc_base(u64 d) { return (d >> 16 & 0xffffff) | (d >> 56) << 24; }
static inline u32 desc_limit(u64 d) {
    u32 l = (u32)(d & 0xffff) | ((u32)(d >> 32) & 0xf0000);
    return desc_attr(d) & AR_G ? l << 12 | 0xfff : l;
}
static inline bool ar_is_code(u32 ar) { return (ar & (AR_S | AR_CODE)) == (AR_S | AR_CODE); }
static inline bool ar_is_data(u32 ar) { return (ar & (AR_S | AR_CODE)) == AR_S; }
static inline bool ar_conforming(u32 ar) { return ar & AR_CONFORMING; }

// `size` bytes at `offset` lie inside the segment (legacy modes). A limit is the last valid offset, or for expand-down
// segments the last invalid one (3.4.5.1).
static inline bool x86_seg_contains(const struct x86_seg *s, u64 offset, unsigned size) {
    u64 last = offset + size - 1;
    if ((s->attr & (AR_CODE | AR_DOWN)) != AR_DOWN) return last <= s->limit;
    return offset > s->limit && last <= (s->attr & AR_DB ? 0xffffffff : 0xffff);
}

// ---- seg.c
// Where sel's descriptor is, `words` 8-byte words long; false when it is not inside its table. A null selector counts as
// GDT entry 0.
bool x86_desc_find(struct x86_cpu *c, u16 sel, unsigned words, gva_t *at);
// The descriptor's (first) word. Raises vector(sel + ext) when there is none. `ext` is 0 or 1 (error code bit EXT).
u64 x86_desc_read(struct x86_cpu *c, u16 sel, unsigned vector, u32 ext);
// The hidden part for sel and its descriptor word.
struct x86_seg x86_seg_of(u16 sel, u64 desc);
// What real and virtual-8086 mode put there; `was` keeps limit and D/B in real mode.
struct x86_seg x86_seg_real(const struct x86_cpu *c, u16 sel, const struct x86_seg *was);
// Sets the descriptor's accessed bit in memory if it is clear.
void x86_desc_accessed(struct x86_cpu *c, u16 sel, u64 *desc);
// MOV/POP/Lxs to ES SS DS FS GS in the current mode, with all checks; then x86_mode_changed.
void x86_load_seg(struct x86_cpu *c, unsigned seg, u16 sel);
// The stack segment for privilege level `dpl` (inner stack, IRET, RETF): the segment, accessed bit set. Raises
// `vector` (#TS or #GP) or #SS with the selector and ext.
struct x86_seg x86_stack_seg(struct x86_cpu *c, u16 sel, unsigned dpl, unsigned vector, u32 ext);
// A code segment that far JMP/CALL/RET/IRET or a gate goes to is present and its D and L bits agree: else #NP, #GP.
void x86_check_code(struct x86_cpu *c, u16 sel, u64 desc, u32 ext);
// RIP may become `rip` in code segment `cs`: else #GP(ext). Returns rip cut to 32 bits outside 64-bit code.
u64 x86_check_rip(struct x86_cpu *c, const struct x86_seg *cs, u64 rip, u32 ext);
// CS, CPL and RIP together, accessed bit set first; then x86_mode_changed. c->cur is left alone.
void x86_set_cs(struct x86_cpu *c, u16 sel, struct x86_seg cs, unsigned cpl);
// Nulls DS ES FS GS that CPL may not use any more: after a return to an outer ring.
void x86_drop_inner_segs(struct x86_cpu *c);
// SS as a 64-bit gate loads it: null, with RPL = cpl.
struct x86_seg x86_null_ss(unsigned cpl);
void x86_lldt(struct x86_cpu *c, u16 sel);
void x86_ltr(struct x86_cpu *c, u16 sel);

// ---- frame.c: what a gate or far CALL pushes, all or nothing
struct x86_frame {
    u64 item[40]; // in the order of pushing
    unsigned n;
};
static inline void frame_push(struct x86_frame *f, u64 v) { f->item[f->n++] = v; }
// Pushes f (width 2, 4 or 8 bytes each) on the stack ss:sp with the rights of ring `cpl`; returns the new stack pointer. wide:
// a 64-bit stack (canonical instead of limit). Raises #SS(error) when there is no room, #PF; memory is untouched then.
u64 x86_push_frame(struct x86_cpu *c, const struct x86_frame *f, unsigned width, const struct x86_seg *ss, u64 sp, bool wide,
                   unsigned cpl, u32 error);
// The `width` bytes at SP + at on the current stack. Raises #SS(0), #PF.
u64 x86_stack_read(struct x86_cpu *c, u64 at, unsigned width);
// The stack pointer of ring `dpl` (and its selector, legacy) or of `ist` (1..7; IA-32e) from the TSS. Raises #TS(TR + ext).
u64 x86_tss_stack(struct x86_cpu *c, unsigned dpl, unsigned ist, u16 *ss, u32 ext);

// ---- far.c. `size`: operand size in bytes (2, 4, 8). All leave s.rip at the target.
void x86_far_jump(struct x86_cpu *c, u16 sel, u64 offset, unsigned size, u64 next_rip);
void x86_far_call(struct x86_cpu *c, u16 sel, u64 offset, unsigned size, u64 next_rip);
// ---- ret.c
void x86_far_ret(struct x86_cpu *c, unsigned size, u16 release);
void x86_iret(struct x86_cpu *c, unsigned size, u64 next_rip);

// ---- task.c
enum task_source { TASK_JMP, TASK_CALL, TASK_GATE_EVENT, TASK_IRET };
// Switches to the task of TSS `sel` (already known to be the right kind; its descriptor's word is `desc`): 7.3. next_rip is
// what the old task's TSS gets. Past the commit point c->cur is NULL and s.rip is the new task's.
void x86_task_switch(struct x86_cpu *c, u16 sel, u64 desc, enum task_source source, u64 next_rip, u32 ext);
// Checks that sel names an available (busy for IRET) TSS, through a task gate or directly, then switches. `vector` is
// the exception of a bad selector: #GP, or #TS for IRET.
void x86_task_enter(struct x86_cpu *c, u16 sel, enum task_source source, u64 next_rip, u32 ext);

#endif

// SPDX-License-Identifier: MIT
// The state that FXSAVE and the XSAVE family keep in memory (SDM vol. 1, 10.5 and chapter 13): layout, components, and which of
// them are in use.
#ifndef X86_XSTATE_H
#define X86_XSTATE_H

#include "isa/x86_64/sys/cpuid.h"

// The legacy area (table 10-2), 512 bytes; ST(i) in stack order, the tag by physical register:
//
//     0 FCW | 2 FSW | 4 tag (8 bits) | 6 FOP | 8 FIP 32, FCS 16 (REX.W: FIP 64) | 16 FDP 32, FDS 16 (REX.W: FDP 64)
//    24 MXCSR | 28 MXCSR_MASK | 32 ST(0)..ST(7), 16 bytes each | 160 XMM0..XMM15 | 416 reserved | 464 the system's own
//
// XSAVE adds a header of 64 bytes (13.4.2): 512 XSTATE_BV | 520 XCOMP_BV (63: compacted) | zeros. Behind it lie the components from
// 2 on, at the offsets of CPUID leaf 0Dh or, compacted, one after the other.
enum {
    LEGACY_TAG = 4,
    LEGACY_FOP = 6,
    LEGACY_FIP = 8,
    LEGACY_FDP = 16,
    LEGACY_MXCSR = 24,
    LEGACY_ST = 32,
    LEGACY_XMM = 160,
    LEGACY_END = 416,
    LEGACY_SIZE = 512,
    XSTATE_BV = 512,
    XCOMP_BV = 520,
    XSAVE_EXTENDED = 576,
    XSAVE_END = 840, // the last component's, in the standard form
};
#define XSTATE_X87 BIT(0)
#define XSTATE_SSE BIT(1)
#define XSTATE_AVX BIT(2)
#define XSTATE_PKRU 9 // its number
#define XCOMP_COMPACTED BIT(63)

// A component with a place behind the header. Its state lies in x86_state as it does in memory.
struct xstate_component {
    u8 number, feature;
    u16 offset, size;  // in the standard form
    u16 state;         // offset in x86_state
    bool by_registers; // 16 bytes for each XMM register of the mode: 8 outside 64-bit mode (13.5.3)
};
extern const struct xstate_component x86_xstate_components[];
extern const unsigned x86_xstate_component_count;

// The bits that XCR0 can have in this model, and whether it can have this value (13.3).
u64 x86_xcr0_supported(const struct x86_model *m);
bool x86_xcr0_valid(const struct x86_model *m, u64 v);
// Bytes of an XSAVE area that holds these components.
u32 x86_xstate_size(u64 components, bool compacted);
// XINUSE: the components that are not in their initial configuration (13.6). MXCSR does not count.
u64 x86_xinuse(const struct x86_cpu *c);

static inline unsigned xmm_count(const struct x86_cpu *c) { return (c->mode & MODE_CODE_MASK) == MODE_CODE64 ? 16 : 8; }

// ---- op_fxsave.c: what the legacy area holds, to and from bytes. `area` has LEGACY_END bytes.
void x86_put_x87(const struct x86_cpu *c, u8 *area, bool rexw);
void x86_get_x87(struct x86_cpu *c, const u8 *area, bool rexw);
void x86_put_mxcsr(const struct x86_cpu *c, u8 *area);
u32 x86_check_mxcsr(struct x86_cpu *c, const struct uop *u, u32 v); // v, or #GP(0)
// As x86_read and x86_write (mem.h), of any size. The second: bytes from..to of `area` to the same place behind `at`.
void x86_read_area(struct x86_cpu *c, const struct uop *u, gva_t at, u8 *to, unsigned size);
void x86_write_area(struct x86_cpu *c, const struct uop *u, gva_t at, const u8 *area, unsigned from, unsigned to);

#endif

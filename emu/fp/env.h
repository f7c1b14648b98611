// SPDX-License-Identifier: MIT
// The circumstances of IEEE 754 arithmetic: rounding, what the standard leaves to an architecture, and exception flags. An
// architecture's room makes an env of its control register, calls what arith.h, convert.h and compare.h offer, and puts the flags
// back. Operands and results are bit patterns; the code is integer code, the same to the last bit on every host.
#ifndef FP_ENV_H
#define FP_ENV_H

#include "base/types.h"

// Short paths through the host's own arithmetic (quick.h, and others in an architecture's room) give what the long ones give. The
// hostile flavour goes without; tests compare the two.
#ifndef FP_QUICK
#ifdef HOSTILE
#define FP_QUICK 0
#else
#define FP_QUICK 1
#endif
#endif

// Whether the host has a fused multiply-add that this program may use. It asks the processor, which may take microseconds: once for a CPU.
bool fp_host_fuses(void);

enum fp_rounding {
    FP_NEAREST, // ties to even
    FP_DOWN,
    FP_UP,
    FP_ZERO,
    FP_AWAY, // to nearest, ties away from zero
};

// Exceptions (IEEE 754, clause 7), and one that is not IEEE's: a denormal operand.
enum fp_flag {
    FP_NV = 1 << 0, // invalid operation
    FP_ID = 1 << 1, // denormal operand
    FP_DZ = 1 << 2, // division by zero
    FP_OF = 1 << 3, // overflow
    FP_UF = 1 << 4, // underflow
    FP_NX = 1 << 5, // inexact
    FP_FLAGS = 0x3f,
};

// Which NaN results when an operand is one.
enum fp_nan {
    FP_NAN_DEFAULT,    // the default NaN
    FP_NAN_FIRST,      // the first operand that is a NaN, quieted
    FP_NAN_SIGNALLING, // the first signalling NaN, or else the first NaN, quieted
};

// What a conversion to integer gives where there is no answer (and NV).
enum fp_no_integer {
    FP_NAN_IS_MAX,  // the nearest integer; a NaN is the greatest
    FP_NAN_IS_ZERO, // the nearest integer; a NaN is 0
    FP_INDEFINITE,  // the lowest signed integer; all ones, unsigned
};

// When FP_ID comes up.
enum fp_denormal {
    FP_DENORMAL_SILENT,  // never
    FP_DENORMAL_USED,    // a denormal operand took part, not hidden by a NaN, an invalid operation or a division by zero
    FP_DENORMAL_FLUSHED, // a denormal operand was taken as zero
};

// All zero but `rounding` and `flags`: IEEE 754 with a positive default NaN and tininess after rounding.
struct fp_env {
    // The mode.
    u8 rounding;    // enum fp_rounding
    bool flush_in;  // a denormal operand counts as a zero of its sign
    bool flush_out; // a tiny result becomes a zero of its sign (FP_UF)
    u8 trapped;     // of FP_OF and FP_UF: tell the flags of the trapped response (then the result is undefined): UF for what is
                    // tiny, exact or not; NX beside OF or UF when rounding with unbounded exponent was inexact
    // What the architecture says.
    u8 nan;               // enum fp_nan
    bool negative_nan;    // the default NaN's sign
    bool addend_first;    // the fused multiply-add's operands in the order of FP_NAN_FIRST: addend, factors
    bool product_invalid; // its 0 * infinity + quiet NaN is invalid, and the default NaN (IEEE 754, 7.2 c leaves it open)
    bool tiny_before;     // tininess is detected before rounding
    bool flushed_exact;   // a flushed result does not raise FP_NX
    u8 denormal;          // enum fp_denormal
    u8 no_integer;        // enum fp_no_integer
    // What the host says: fp_host_fuses(). No result depends on it.
    bool fuses;
    // Raised flags are ORed into it.
    u32 flags;
};

#endif

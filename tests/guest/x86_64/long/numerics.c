// SPDX-License-Identifier: MIT
// Programs of vector and x87 arithmetic give what they give on silicon (numerics.h), whatever the emulator runs on: their registers
// stay in memory, so the state hash at the end of the image has them too.
#include "kit.h"
#include "numerics.h"

static void vectors_on(void) {
    set_cr4(cr4() | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE);
    if (cpuid(1, 0, ECX) & 1u << 28) asm volatile("xsetbv" ::"c"(0), "a"(7), "d"(0));
}

static void program_gives(const char *program, u32 leaf1_ecx, u32 leaf7_ebx, u64 wanted) {
    if ((cpuid(1, 0, ECX) & leaf1_ecx) != leaf1_ecx || (cpuid(7, 0, EBX) & leaf7_ebx) != leaf7_ebx)
        kit_skip("the processor does not have these instructions");
    vectors_on();
    IS(numerics_digest(program, page()), wanted);
}

#define NUMERICS_TEST(name, ecx, ebx, digest)                                                                                    \
    TEST(name) { program_gives(name##_program, ecx, ebx, digest); }
NUMERICS(NUMERICS_TEST)

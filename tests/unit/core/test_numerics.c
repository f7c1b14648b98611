// SPDX-License-Identifier: MIT
// The numbers that the guest tests in tests/guest/x86_64/long/numerics.c expect are what the processor here computes.
#include "base/types.h"
#include "native.h"

#include <cpuid.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CODE(name, text)                                                                                                         \
    extern const char name[];                                                                                                    \
    asm(".text\n.balign 16\n" #name ":\n" text "\n")
#include "../../guest/x86_64/long/numerics.h"

static void silicon_gives(const char *name, const char *program, u32 leaf1_ecx, u32 leaf7_ebx, u64 wanted) {
    static struct numbers numbers;
    unsigned a, b = 0, c, d;
    __get_cpuid_count(7, 0, &a, &b, &c, &d);
    if (native_is_emulated() || !native_has_leaf1_ecx(leaf1_ecx) || (b & leaf7_ebx) != leaf7_ebx) {
        printf("SKIP %s: not on this host's silicon\n", name);
        return;
    }
    memset(&numbers, 0, sizeof numbers);
    u64 digest = numerics_digest(program, &numbers);
    if (digest != wanted) fail_msg("%s: silicon gives 0x%016llx", name, (unsigned long long)digest);
}

#define NUMERICS_TEST(name, ecx, ebx, digest)                                                                                    \
    static void name##_numbers(void **state) { silicon_gives(#name, name##_program, ecx, ebx, digest); }
NUMERICS(NUMERICS_TEST)

int main(void) {
#define NUMERICS_ENTRY(name, ...) cmocka_unit_test(name##_numbers),
    const struct CMUnitTest tests[] = {NUMERICS(NUMERICS_ENTRY)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
// Rows that neither silicon nor unicorn compares, and the tests with a name that hold them against the manual. The report
// fails for a row that is in neither of the three.
#include "oracle.h"

#include <string.h>

// clang-format off
static const struct {
    const char *name, *at;
} places[] = {
    {"int", "unit/test_x86_except software_interrupt_privilege, ext_bit; guest long/exceptions/software_interrupts_need_dpl"},
    {"int1", "unit/test_x86_except software_interrupt_privilege; guest long/exceptions/traps_point_behind"},
    {"syscall", "unit/test_x86_far syscall_and_back; guest long/privilege/syscall"},
    {"sysret", "unit/test_x86_far syscall_and_back; guest long/privilege/sysret"},
    {"sysenter", "unit/test_x86_far sysenter_and_back; guest long/privilege/sysenter, protected/segments/sysenter"},
    {"xgetbv", "unit/test_x86_xstate xgetbv"},
    {"xsetbv", "unit/test_x86_xstate xsetbv"},
    {"rdtsc", "unit/test_x86_told rdtsc_and_rdtscp; guest long/privilege/tsd"},
    {"rdtscp", "unit/test_x86_told rdtsc_and_rdtscp; guest long/privilege/tsd"},
    {"rdpid", "unit/test_x86_told rdpid"},
    {"cpuid", "unit/test_x86_told cpuid_writes_four_registers; unit/test_x86_cpuid"},
    {"ud0", "unit/test_x86_told undefined_instructions"},
    {"rdrand", "unit/test_x86_bmi"},
    {"rdseed", "unit/test_x86_bmi; guest long/exceptions/undefined_unless_told"},
    {"f2xm1", "unit/test_x86_x87_math correctly_rounded"}, {"fyl2x", "unit/test_x86_x87_math correctly_rounded"},
    {"fptan", "unit/test_x86_x87_math correctly_rounded, range"}, {"fpatan", "unit/test_x86_x87_math correctly_rounded"},
    {"fyl2xp1", "unit/test_x86_x87_math correctly_rounded"}, {"fsincos", "unit/test_x86_x87_math correctly_rounded, range"},
    {"fsin", "unit/test_x86_x87_math correctly_rounded, range"}, {"fcos", "unit/test_x86_x87_math correctly_rounded, range"},
    {"rsqrtps", "unit/test_x86_sse reciprocals_are_close"}, {"rsqrtss", "unit/test_x86_sse reciprocals_are_close"},
    {"rcpps", "unit/test_x86_sse reciprocals_are_close"}, {"rcpss", "unit/test_x86_sse reciprocals_are_close"},
    {"vrsqrtps", "unit/test_x86_avx reciprocals_are_those_of_sse"}, {"vrsqrtss", "unit/test_x86_avx reciprocals_are_those_of_sse"},
    {"vrcpps", "unit/test_x86_avx reciprocals_are_those_of_sse"}, {"vrcpss", "unit/test_x86_avx reciprocals_are_those_of_sse"},
    {"xsave", "unit/test_x86_xsave like_silicon"}, {"xrstor", "unit/test_x86_xsave like_silicon"},
    {"xsaveopt", "unit/test_x86_xsave like_silicon"}, {"xsavec", "unit/test_x86_xstate"}, {"xsaves", "unit/test_x86_xstate"},
    {"xrstors", "unit/test_x86_xstate"},
    {"invpcid", "unit/test_x86_seg invpcid; unit/test_x86_tlb_model invpcid"},
    {"hlt", "guest both/interrupts/shadow_of_sti, a_debug_trap_ends_hlt"},
    {"rdpkru", "unit/test_x86_keys"}, {"wrpkru", "unit/test_x86_keys"},
    {"fxsave", "unit/test_x86_xsave last_pointers"}, {"fnsave", "unit/test_x86_x87_cpu environment_protected, environment_real"},
    {"fnstenv", "unit/test_x86_x87_cpu environment_protected, environment_real"},
};
// clang-format on

const char *tested_at(const struct insn *row) {
    for (unsigned i = 0; i < countof(places); i++)
        if (!strcmp(places[i].name, row->name)) return places[i].at;
    return NULL;
}

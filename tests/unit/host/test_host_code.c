// SPDX-License-Identifier: MIT
// Code memory of the hosted build: what is written through one mapping runs through the other, and neither can do the other's work.
#define _GNU_SOURCE
#include "../../host/code_memory.h"
#include "base/bits.h"
#include "base/err.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#define SIZE (2 * MiB)

static struct plat_code code;
static sigjmp_buf back;
static siginfo_t fault;

static void on_fault(int signal_number, siginfo_t *info, void *context) {
    fault = *info;
    siglongjmp(back, 1);
}

// In the test itself: cmocka has a handler of its own, which it installs behind the set-up.
static void catch_faults(void) {
    struct sigaction a = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    assert_int_equal(sigaction(SIGSEGV, &a, NULL), 0);
}

static int setup(void **state) {
    code = (struct plat_code){0};
    return code_memory_alloc(CODE_MEMORY_SEALED, SIZE, &code);
}

static int setup_profiled(void **state) {
    code = (struct plat_code){0};
    return code_memory_alloc(CODE_MEMORY_PROFILED, SIZE, &code);
}

static int teardown(void **state) {
    code_memory_free(&code);
    return 0;
}

// mov eax, value; ret
static void write_function(u64 at, u32 value) {
    const u8 bytes[] = {0xb8, (u8)value, (u8)(value >> 8), (u8)(value >> 16), (u8)(value >> 24), 0xc3};
    memcpy(code.write + at, bytes, sizeof bytes);
}

// What UBSan looks for in front of a function is not there.
__attribute__((no_sanitize("function"))) static unsigned call(const u8 *at) { return ((unsigned (*)(void))(hva_t)at)(); }

static void what_is_written_runs(void **state) {
    const u64 places[] = {0, 4093, MiB + 1, SIZE - 6};
    for (unsigned i = 0; i < countof(places); i++) {
        write_function(places[i], 0x12340000 + i);
        assert_int_equal(call(code.exec + places[i]), 0x12340000 + i);
        write_function(places[i], 0x56780000 + i);
        assert_int_equal(call(code.exec + places[i]), 0x56780000 + i);
    }
}

static void is_zeroed(void **state) {
    for (u64 i = 0; i < SIZE; i++) assert_int_equal(code.exec[i], 0);
}

static void a_write_through_the_executable_mapping_faults(void **state) {
    catch_faults();
    for (u64 at = 0; at < SIZE; at += 4096) {
        if (!sigsetjmp(back, 1)) {
            *(volatile u8 *)(code.exec + at) = 0xc3;
            fail_msg("offset 0x%llx was written", (unsigned long long)at);
        }
        assert_ptr_equal(fault.si_addr, code.exec + at);
        assert_int_equal(fault.si_code, SEGV_ACCERR);
        assert_int_equal(code.write[at], 0);
    }
}

static void a_call_through_the_writable_mapping_faults(void **state) {
    catch_faults();
    for (u64 at = 0; at < SIZE; at += 4096) {
        write_function(at, 1);
        if (!sigsetjmp(back, 1)) fail_msg("offset 0x%llx was executed: %u", (unsigned long long)at, call(code.write + at));
        assert_ptr_equal(fault.si_addr, code.write + at);
        assert_int_equal(fault.si_code, SEGV_ACCERR);
    }
}

static void the_executable_mapping_cannot_become_writable(void **state) {
    assert_int_equal(mprotect(code.exec, 4096, PROT_READ | PROT_WRITE | PROT_EXEC), -1);
    assert_int_equal(mprotect(code.exec, 4096, PROT_READ | PROT_WRITE), -1);
}

// As Linux tells it: of this process's mappings by that name none has both rights, and there are two of them.
static void linux_says(const char *name) {
    FILE *f = fopen("/proc/self/maps", "r");
    char line[400], rights[5];
    unsigned both = 0, writable = 0, executable = 0;
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        if (!strstr(line, name) || sscanf(line, "%*s %4s", rights) != 1) continue;
        both += rights[1] == 'w' && rights[2] == 'x';
        writable += rights[1] == 'w';
        executable += rights[2] == 'x';
    }
    fclose(f);
    assert_int_equal(both, 0);
    assert_int_equal(writable, 1);
    assert_int_equal(executable, 1);
}

static void linux_says_so(void **state) { linux_says("/memfd:softmetal-code"); }

// perf looks up names for what is called so (tools/perf/util/map.c).
static void perf_takes_it_for_anonymous(void **state) { linux_says("/dev/zero"); }

static void machines_have_their_own(void **state) {
    struct plat_code other = {0};
    assert_int_equal(code_memory_alloc(CODE_MEMORY_SEALED, 4096, &other), 0);
    write_function(0, 7);
    assert_int_equal(other.exec[0], 0);
    code_memory_free(&other);
    assert_null(other.exec);
    assert_int_equal(call(code.exec), 7);
}

static void sizes(void **state) {
    struct plat_code c = {0};
    const u64 wrong[] = {0, 1, 4095, 4097, 64 * MiB + 4096, ~(u64)0 << 12};
    for (unsigned i = 0; i < countof(wrong); i++)
        assert_int_equal(code_memory_alloc(CODE_MEMORY_SEALED, wrong[i], &c), ERR_INVALID);
    assert_null(c.exec);
    assert_int_equal(code_memory_alloc(CODE_MEMORY_SEALED, 64 * MiB, &c), 0);
    code_memory_free(&c);
    code_memory_free(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_runs, setup, teardown),
        cmocka_unit_test_setup_teardown(is_zeroed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_write_through_the_executable_mapping_faults, setup, teardown),
        cmocka_unit_test_setup_teardown(a_call_through_the_writable_mapping_faults, setup, teardown),
        cmocka_unit_test_setup_teardown(the_executable_mapping_cannot_become_writable, setup, teardown),
        cmocka_unit_test_setup_teardown(linux_says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(machines_have_their_own, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_written_runs, setup_profiled, teardown),
        cmocka_unit_test_setup_teardown(is_zeroed, setup_profiled, teardown),
        cmocka_unit_test_setup_teardown(a_write_through_the_executable_mapping_faults, setup_profiled, teardown),
        cmocka_unit_test_setup_teardown(a_call_through_the_writable_mapping_faults, setup_profiled, teardown),
        cmocka_unit_test_setup_teardown(perf_takes_it_for_anonymous, setup_profiled, teardown),
        cmocka_unit_test(sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
// The file in which perf looks up the names of translated code, as perf's own documentation has it.
#define _GNU_SOURCE
#include "../../host/perf_map.h"
#include "base/bits.h"
#include "scripted_plat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct scripted_plat s;
static FILE *map;
static char path[40];

static void code_named(struct plat *p, const u8 *exec, u64 size, const char *name) { perf_map_add(map, exec, size, name); }

static int setup(void **state) {
    scripted_plat_init(&s);
    s.plat.code_named = code_named;
    sprintf(path, "/tmp/perf-%d.map", (int)getpid());
    unlink(path);
    return 0;
}

static int teardown(void **state) {
    unlink(path);
    return 0;
}

static void has(const char *text) {
    char got[400] = "";
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    got[fread(got, 1, sizeof got - 1, f)] = 0;
    fclose(f);
    assert_string_equal(got, text);
}

static const u8 *at(u64 address) { return (const u8 *)(hva_t)address; }

// Before the file is closed: a process may be killed.
static void lines(void **state) {
    assert_non_null(map = perf_map_open(&s.plat));
    assert_true(scripted_logged(&s, path));
    has("");
    name_code(&s.plat, at(0x7f0123456780), 0x1f, "block", 0xffffffff81000000);
    name_code(&s.plat, at(0x10), 256, "a kind with a name that is longer than any name will ever be", 0);
    has("7f0123456780 1f block 0xffffffff81000000\n10 100 a kind with a name that is longer than a 0x0\n");
    fclose(map);
}

static void nobody_wants_to_know(void **state) {
    s.plat.code_named = NULL;
    name_code(&s.plat, at(0x10), 16, "block", 0);
}

// A file of an earlier process goes; what somebody else has put there is not written to.
static void only_its_own_file(void **state) {
    FILE *old = fopen(path, "w");
    fputs("old", old);
    fclose(old);
    assert_non_null(map = perf_map_open(&s.plat));
    has("");
    fclose(map);
    unlink(path);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_non_null(map = perf_map_open(&s.plat));
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISREG(st.st_mode));
    fclose(map);
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_null(perf_map_open(&s.plat));
    assert_true(scripted_logged(&s, "perf_map: cannot write '/tmp/perf-"));
    rmdir(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_wants_to_know, setup, teardown),
        cmocka_unit_test_setup_teardown(only_its_own_file, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

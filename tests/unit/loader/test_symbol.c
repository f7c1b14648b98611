// SPDX-License-Identifier: MIT
// Functions by name (loader/symbol.h): tables made by hand after the System V gABI, and ones that lie.
#include "loader/symbol.h"

#include "base/err.h"
#include "base/le.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

// Header, then the section headers (none, symbols, strings), then symbols, then strings.
enum { HEADERS = 64, SYMBOLS = 512, STRINGS = 1024, SIZE = 1200 };
static u8 file[SIZE];
static bool is64;
static unsigned count, used;

static void section(unsigned i, u32 type, u64 at, u64 size, u32 link) {
    u8 *h = file + HEADERS + i * (is64 ? 64u : 40u);
    st32(h + 4, type);
    if (is64) st64(h + 24, at), st64(h + 32, size), st32(h + 40, link);
    else st32(h + 16, (u32)at), st32(h + 20, (u32)size), st32(h + 24, link);
}

static void sections(void) {
    section(1, 2, SYMBOLS, count * (is64 ? 24u : 16u), 2);
    section(2, 3, STRINGS, used, 0);
}

static void begin(bool wide) {
    memset(file, 0, sizeof file);
    is64 = wide, count = 0, used = 1;
    memcpy(file, "\177ELF", 4);
    file[4] = wide ? 2 : 1, file[5] = 1;
    if (wide) st64(file + 40, HEADERS);
    else st32(file + 32, HEADERS);
    u8 *numbers = file + (wide ? 58 : 46);
    st16(numbers, wide ? 64 : 40), st16(numbers + 2, 3), st16(numbers + 4, 2);
    sections();
}

static void symbol(const char *name, unsigned type, unsigned in, u64 value) {
    u8 *s = file + SYMBOLS + count++ * (is64 ? 24u : 16u);
    st32(s, used);
    if (is64) s[4] = (u8)type, st16(s + 6, (u16)in), st64(s + 8, value);
    else st32(s + 4, (u32)value), s[12] = (u8)type, st16(s + 14, (u16)in);
    memcpy(file + STRINGS + used, name, strlen(name) + 1);
    used += (unsigned)strlen(name) + 1;
    sections();
}

static int find(const char *name, u64 *value) {
    const struct span span = {.name = "k", .data = file, .size = sizeof file};
    return elf_symbol(&span, name, value);
}

static void finds(bool wide) {
    u64 value = 0;
    begin(wide);
    assert_int_equal(find("main", &value), ERR_NOT_FOUND);
    symbol("mainly", 2, 1, 1);
    symbol("main", 1, 1, 2); // data
    symbol("main", 2, 0, 3); // undefined
    assert_int_equal(find("main", &value), ERR_NOT_FOUND);
    symbol("main", 0x12, 1, 0x81000000); // global
    symbol("start", 0, 1, 7);            // assembly
    assert_int_equal(find("main", &value), 0);
    assert_int_equal(value, 0x81000000);
    assert_int_equal(find("start", &value), 0);
    assert_int_equal(value, 7);
    symbol("main", 2, 1, 0x81000000); // the same once more
    assert_int_equal(find("main", &value), 0);
    symbol("main", 2, 1, 0x81000004);
    assert_int_equal(find("main", &value), ERR_INVALID);
}
static void both_classes(void **state) {
    finds(true);
    finds(false);
}

static void lies(void **state) {
    u64 value;
    begin(true);
    symbol("main", 2, 1, 1);
    section(1, 2, SYMBOLS, 1 << 20, 2);
    assert_int_equal(find("main", &value), ERR_NOT_FOUND);
    section(1, 2, ~(u64)0 - 8, 24, 2);
    assert_int_equal(find("main", &value), ERR_NOT_FOUND);
    section(1, 2, SYMBOLS, 24, 3); // no such section
    assert_int_equal(find("main", &value), ERR_NOT_FOUND);
    sections();
    section(2, 3, STRINGS, 5, 0); // the name's NUL is outside
    assert_int_equal(find("main", &value), ERR_NOT_FOUND);
    sections();
    st32(file + SYMBOLS, 0xfffffff0);
    assert_int_equal(find("main", &value), ERR_NOT_FOUND);
    st64(file + 40, sizeof file - 100);
    assert_int_equal(find("main", &value), ERR_NOT_FOUND);
    const struct span small = {.name = "k", .data = file, .size = 63};
    assert_int_equal(elf_symbol(&small, "main", &value), ERR_NOT_FOUND);
    file[0] = 0;
    assert_int_equal(find("main", &value), ERR_NOT_FOUND);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(both_classes), cmocka_unit_test(lies)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

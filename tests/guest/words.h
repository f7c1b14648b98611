// SPDX-License-Identifier: MIT
// What a guest test is and what it says, on every architecture. An image is a list of tests; each prints one line, "PASS name",
// "SKIP name: why" or "FAIL name: file:line: what", and the last line is "END passed N, skipped N, failed N". The kit of an architecture
// (tests/guest/ARCH) brings put(), memset() and the loop that runs the tests, each from the same state (virt.h, for some).
#ifndef GUEST_WORDS_H
#define GUEST_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t i32;
typedef int64_t i64;
#define countof(a) (sizeof(a) / sizeof *(a))

struct test {
    const char *name; // "file.c/test", which is printed as file/test
    void (*run)(void);
};
extern const struct test tests_start[], tests_end[];

#define TEST_(id, title)                                                                                                         \
    static void id(void);                                                                                                        \
    static const struct test id##_test __attribute__((section(".tests"), used)) = {title, id};                                   \
    static void id(void)
#define TEST(id) TEST_(test_##id, __FILE_NAME__ "/" #id)

// IS: two numbers are equal. HOLDS: a condition. Both go on when they fail; the first failure is the one that is shown.
#define IS(got, want) kit_is(#got, (u64)(got), (u64)(want), __FILE_NAME__, __LINE__)
#define HOLDS(what) kit_is(#what, !!(what), 1, __FILE_NAME__, __LINE__)
void kit_is(const char *what, u64 got, u64 want, const char *file, int line);

void put(char c); // the kit's: one character to the console
void print(const char *text);
void print_hex(u64 v);
void print_number(unsigned v);

// ---- for the kit's loop
void words_begin(void);           // before a test: nothing has been said of it
void words_skip(const char *why); // what the test is about is not there
bool words_skipped(void);
// After it: its line. `stray` prints, from ": " on, what ended the test that should not have; NULL: nothing did.
void words_end(const struct test *t, void (*stray)(void));
bool words_all(void); // the last line; true when no test failed

#endif

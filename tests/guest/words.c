// SPDX-License-Identifier: MIT
#include "words.h"

static struct {
    const char *file, *what, *skip;
    int line;
    unsigned failures;
    u64 got, want;
} now;

enum { PASSED, SKIPPED, FAILED };
static unsigned count[3];

void print(const char *text) {
    while (*text) put(*text++);
}

void print_hex(u64 v) {
    print("0x");
    bool started = false;
    for (int i = 60; i >= 0; i -= 4) {
        unsigned digit = (unsigned)(v >> i) & 15;
        started |= digit || !i;
        if (started) put("0123456789abcdef"[digit]);
    }
}

void print_number(unsigned v) {
    if (v > 9) print_number(v / 10);
    put((char)('0' + v % 10));
}

static void print_name(const char *name) {
    for (; *name; name++)
        if (name[0] == '.' && name[1] == 'c' && name[2] == '/') name++;
        else put(*name);
}

void kit_is(const char *what, u64 got, u64 want, const char *file, int line) {
    if (got == want || now.failures++) return;
    now.file = file, now.line = line, now.what = what, now.got = got, now.want = want;
}

void words_begin(void) { now.failures = 0, now.skip = NULL; }
void words_skip(const char *why) { now.skip = why; }
bool words_skipped(void) { return now.skip; }

static void print_failure(void) {
    print(": "), print(now.file), print(":"), print_number((unsigned)now.line), print(": ");
    print(now.what), print(" is "), print_hex(now.got), print(", expected "), print_hex(now.want);
    if (now.failures > 1) print("; and more: "), print_number(now.failures - 1);
}

void words_end(const struct test *t, void (*stray)(void)) {
    static const char *const verdict[] = {"PASS ", "SKIP ", "FAIL "};
    unsigned v = now.failures || stray ? FAILED : now.skip ? SKIPPED : PASSED;
    count[v]++;
    print(verdict[v]);
    print_name(t->name);
    if (now.failures) print_failure();
    else if (stray) stray();
    else if (now.skip) print(": "), print(now.skip);
    print("\n");
}

bool words_all(void) {
    print("END passed "), print_number(count[PASSED]), print(", skipped "), print_number(count[SKIPPED]), print(", failed ");
    print_number(count[FAILED]), print("\n");
    return !count[FAILED];
}

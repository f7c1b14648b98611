// SPDX-License-Identifier: MIT
// The built-in SBI against its specification (2.0): every function of every extension, and calls that nobody makes.
#include "machine/virt/sbi.h"

#include "base/splitmix.h"
#include "dev_fixture.h"
#include "emu/emu.h"

#include <stdlib.h>

#define RAM_AT 0x80000000
#define RAM_SIZE (64 * KiB)

enum {
    BASE = 0x10,
    TIME = 0x54494d45,
    IPI = 0x735049,
    RFENCE = 0x52464e43,
    HSM = 0x48534d,
    SRST = 0x53525354,
    DBCN = 0x4442434e,
    PMU = 0x504d55,
    SUSP = 0x53555350
};

static struct {
    u64 time, resume;
    unsigned timers, ipis, fences, waits, ends;
    int reason;
    char out[8192];
    size_t length;
    const char *typed;
    u8 *ram;
    struct bus bus;
    struct sbi_host host;
} w;

static void set_timer(void *ctx, u64 time) { w.timers++, w.time = time; }
static void raise_ssip(void *ctx) { w.ipis++; }
static void fence(void *ctx) { w.fences++; }
static void wait(void *ctx) { w.waits++; }
static void suspend(void *ctx, gpa_t resume) { w.resume = resume; }
static void finish(void *ctx, int reason) { w.ends++, w.reason = reason; }
static int read_byte(void *ctx) { return w.typed && *w.typed ? (u8)*w.typed++ : -1; }
static void write_bytes(void *ctx, const u8 *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) w.out[w.length++ % sizeof w.out] = (char)bytes[i];
}

static int set_up(void **state) {
    memset(&w, 0, sizeof w);
    static struct scripted_plat plat;
    scripted_plat_init(&plat);
    w.ram = aligned_alloc(4096, RAM_SIZE);
    memset(w.ram, 0, RAM_SIZE);
    w.reason = -1;
    w.host = (struct sbi_host){.bus = &w.bus,
                               .set_timer = set_timer,
                               .raise_ssip = raise_ssip,
                               .fence = fence,
                               .wait = wait,
                               .suspend = suspend,
                               .write = write_bytes,
                               .read = read_byte,
                               .finish = finish,
                               .mvendorid = 0x11,
                               .marchid = 0x22,
                               .mimpid = 0x33};
    return bus_add_ram(&w.bus, &plat.plat, "RAM", RAM_AT, RAM_SIZE, w.ram, false);
}
static int tear_down(void **state) {
    free(w.ram);
    return 0;
}

static u64 value; // a1 of the last call
static i64 call(u64 eid, u64 fid, u64 a0, u64 a1, u64 a2) {
    u64 a[8] = {a0, a1, a2, 3, 4, 5, fid, eid};
    sbi_call(&w.host, a);
    for (unsigned i = 2; i < 6; i++) assert_int_equal(a[i], i == 2 ? a2 : i); // "all registers except a0 & a1 must be preserved"
    assert_int_equal(a[6], fid);
    assert_int_equal(a[7], eid);
    value = a[1];
    return (i64)a[0];
}

static void base(void **state) {
    assert_int_equal(call(BASE, 0, 0, 0, 0), 0);
    assert_int_equal(value, 0x02000000);
    assert_int_equal(call(BASE, 1, 0, 0, 0), 0);
    assert_true(value > 11); // none of those that are registered
    assert_int_equal(call(BASE, 2, 0, 0, 0), 0);
    static const u64 there[] = {BASE, TIME, IPI, RFENCE, HSM, SRST, DBCN, 0, 8};
    static const u64 absent[] = {PMU, SUSP, 0x43505043, 0x4e41434c, 0x535441, 9, 15, 0x0a000000, ~(u64)0, ((u64)1 << 32) + BASE};
    for (unsigned i = 0; i < countof(there); i++) {
        assert_int_equal(call(BASE, 3, there[i], 0, 0), 0);
        assert_int_equal(value, 1);
    }
    for (unsigned i = 0; i < countof(absent); i++) {
        assert_int_equal(call(BASE, 3, absent[i], 7, 0), 0);
        assert_int_equal(value, 0);
        assert_int_equal(call(absent[i], 0, 0, 0, 0), SBI_ERR_NOT_SUPPORTED);
    }
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(call(BASE, 4 + i, 0, 0, 0), 0);
        assert_int_equal(value, 0x11 * (i + 1));
    }
    static const u64 last[][2] = {{BASE, 7}, {TIME, 1}, {IPI, 1}, {RFENCE, 7}, {HSM, 4}, {SRST, 1}, {DBCN, 3}};
    for (unsigned i = 0; i < countof(last); i++) {
        assert_int_equal(call(last[i][0], last[i][1], 0, 0, 0), SBI_ERR_NOT_SUPPORTED);
        assert_int_equal(call(last[i][0], ~(u64)0, 0, 0, 0), SBI_ERR_NOT_SUPPORTED);
    }
}

static void timer(void **state) {
    assert_int_equal(call(TIME, 0, 12345, 0, 0), 0);
    assert_int_equal(w.time, 12345);
    assert_int_equal(call(TIME, 0, ~(u64)0, 0, 0), 0);
    assert_int_equal(w.time, ~(u64)0);
    assert_int_equal(w.timers, 2);
}

// hart_mask, hart_mask_base; and what comes of it with hart 0 alone.
static void masks_of_harts(void **state) {
    static const struct {
        u64 mask, base;
        i64 error;
        bool hart;
    } cases[] = {
        {1, 0, 0, true},
        {0, 0, 0, false},
        {0, 5, 0, false},
        {0, ~(u64)0, 0, true},
        {0xdead, ~(u64)0, 0, true},
        {2, 0, SBI_ERR_INVALID_PARAM, false},
        {3, 0, SBI_ERR_INVALID_PARAM, false},
        {1, 1, SBI_ERR_INVALID_PARAM, false},
        {1, 64, SBI_ERR_INVALID_PARAM, false},
        {~(u64)0, 0, SBI_ERR_INVALID_PARAM, false},
        {1, ~(u64)1, SBI_ERR_INVALID_PARAM, false},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        w.ipis = w.fences = 0;
        assert_int_equal(call(IPI, 0, cases[i].mask, cases[i].base, 0), cases[i].error);
        assert_int_equal(w.ipis, cases[i].hart);
        for (unsigned f = 0; f < 3; f++) {
            w.fences = 0;
            assert_int_equal(call(RFENCE, f, cases[i].mask, cases[i].base, 0), cases[i].error);
            assert_int_equal(w.fences, cases[i].hart);
        }
    }
    w.fences = 0;
    for (unsigned f = 3; f < 7; f++) assert_int_equal(call(RFENCE, f, 1, 0, 0), SBI_ERR_NOT_SUPPORTED); // no hypervisor extension
    assert_int_equal(w.fences, 0);
}

static void hart_states(void **state) {
    assert_int_equal(call(HSM, 0, 0, RAM_AT, 0), SBI_ERR_ALREADY_AVAILABLE);
    assert_int_equal(call(HSM, 0, 1, RAM_AT, 0), SBI_ERR_INVALID_PARAM);
    assert_int_equal(call(HSM, 2, 0, 0, 0), 0);
    assert_int_equal(value, 0); // STARTED
    assert_int_equal(call(HSM, 2, 1, 0, 0), SBI_ERR_INVALID_PARAM);
    assert_int_equal(call(HSM, 3, 0, 0, 0), 0);
    assert_int_equal(w.waits, 1);
    static const u64 nowhere[] = {RAM_AT - 2, RAM_AT + 1, RAM_AT + RAM_SIZE, ~(u64)1};
    for (unsigned i = 0; i < countof(nowhere); i++)
        assert_int_equal(call(HSM, 3, 0x80000000, nowhere[i], 0), SBI_ERR_INVALID_ADDRESS);
    assert_int_equal(w.resume, 0);
    assert_int_equal(call(HSM, 3, 0xffffffff80000000, RAM_AT + 2, 0x123456789abc), 0); // a0: the hart's number
    assert_int_equal(value, 0x123456789abc);
    assert_int_equal(w.resume, RAM_AT + 2);
    assert_int_equal(w.waits, 1);
    assert_int_equal(call(HSM, 3, 0x80000001, RAM_AT, 0), SBI_ERR_INVALID_PARAM);
    assert_int_equal(call(HSM, 3, 1, RAM_AT, 0), SBI_ERR_INVALID_PARAM);
    assert_int_equal(call(HSM, 3, 0x10000000, RAM_AT, 0), SBI_ERR_INVALID_PARAM);
    assert_int_equal(w.waits, 1);
    assert_int_equal(w.ends, 0);
    call(HSM, 1, 0, 0, 0);
    assert_int_equal(w.reason, EMU_HALTED);
}

static void resets(void **state) {
    static const struct {
        u64 type, reason;
        i64 error;
        int end;
    } cases[] = {
        {0, 0, 0, EMU_POWEROFF},
        {0, 1, 0, EMU_POWEROFF},
        {1, 0, 0, EMU_RESET},
        {2, 1, 0, EMU_RESET},
        {3, 0, SBI_ERR_INVALID_PARAM, -1},
        {0, 2, SBI_ERR_INVALID_PARAM, -1},
        {0xf0000000, 0, SBI_ERR_INVALID_PARAM, -1},
        {0, 0xe0000000, SBI_ERR_INVALID_PARAM, -1},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        w.reason = -1;
        assert_int_equal(call(SRST, 0, cases[i].type, cases[i].reason, 0), cases[i].error);
        assert_int_equal(w.reason, cases[i].end);
    }
}

static void the_console(void **state) {
    memcpy(w.ram + 0x100, "hello, world", 12);
    assert_int_equal(call(DBCN, 0, 12, RAM_AT + 0x100, 0), 0);
    assert_int_equal(value, 12);
    assert_memory_equal(w.out, "hello, world", 12);
    assert_int_equal(w.length, 12);
    assert_int_equal(call(DBCN, 2, 0xffffff21, 0, 0), 0);
    assert_int_equal(value, 0);
    assert_int_equal(w.length, 13);
    assert_int_equal(w.out[12], '!');
    // More than one call takes: the caller goes on behind it.
    for (unsigned i = 0; i < RAM_SIZE; i++) w.ram[i] = (u8)(i * 7);
    w.length = 0;
    for (u64 at = 0; at < 8000; at += value) {
        assert_int_equal(call(DBCN, 0, 8000 - at, RAM_AT + at, 0), 0);
        assert_in_range(value, 1, 8000 - at);
    }
    assert_int_equal(w.length, 8000);
    assert_memory_equal(w.out, w.ram, 8000);
    assert_int_equal(call(DBCN, 0, 0, RAM_AT, 0), 0);
    assert_int_equal(value, 0);
    w.length = 0;
    static const u64 nowhere[][3] = {{1, 0, 0},        {1, RAM_AT, 1},    {2, RAM_AT + RAM_SIZE - 1, 0}, {~(u64)0, RAM_AT, 0},
                                     {16, ~(u64)7, 0}, {1, RAM_AT - 1, 0}};
    for (unsigned i = 0; i < countof(nowhere); i++)
        for (unsigned f = 0; f < 2; f++) {
            assert_int_equal(call(DBCN, f, nowhere[i][0], nowhere[i][1], nowhere[i][2]), SBI_ERR_INVALID_PARAM);
            assert_int_equal(value, 0);
        }
    assert_int_equal(w.length, 0);
    w.typed = "key";
    assert_int_equal(call(DBCN, 1, 2, RAM_AT + 0x200, 0), 0);
    assert_int_equal(value, 2);
    assert_memory_equal(w.ram + 0x200, "ke", 2);
    assert_int_equal(call(DBCN, 1, 100, RAM_AT + 0x200, 0), 0);
    assert_int_equal(value, 1);
    assert_int_equal(call(DBCN, 1, 100, RAM_AT + 0x200, 0), 0);
    assert_int_equal(value, 0);
}

// Chapter 5: a0 alone is changed.
static i64 old(u64 eid, u64 a0) {
    i64 r = call(eid, 0x99, a0, 0x1234, 0);
    assert_int_equal(value, 0x1234);
    return r;
}
static void legacy(void **state) {
    assert_int_equal(old(0, 777), 0);
    assert_int_equal(w.time, 777);
    assert_int_equal(old(1, 'x'), 0);
    assert_int_equal(w.out[0], 'x');
    assert_int_equal(old(2, 0), -1);
    w.typed = "\xff";
    assert_int_equal(old(2, 0), 0xff);
    assert_int_equal(old(3, 0), 0);
    assert_int_equal(w.ipis, 0);
    assert_int_equal(old(4, 0), 0);
    assert_int_equal(w.ipis, 1);
    for (unsigned e = 5; e < 8; e++) assert_int_equal(old(e, 0), 0);
    assert_int_equal(w.fences, 3);
    assert_int_equal(w.ends, 0);
    old(8, 0);
    assert_int_equal(w.reason, EMU_POWEROFF);
}

static void hostile(void **state) {
    static const u64 eids[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, BASE, TIME, IPI, RFENCE, HSM, SRST, DBCN, PMU};
    u64 seed = 11;
    for (unsigned i = 0; i < 200000; i++) {
        u64 r = splitmix64(&seed), a[3];
        for (unsigned j = 0; j < 3; j++) {
            a[j] = splitmix64(&seed) >> (splitmix64(&seed) & 63);
            if (r >> (20 + j) & 1) a[j] = RAM_AT + a[j] % (2 * RAM_SIZE);
        }
        i64 e = call(r & 0x1000 ? splitmix64(&seed) : eids[r % countof(eids)], r >> 16 & 7, a[0], a[1], a[2]);
        assert_true(e >= SBI_ERR_ALREADY_AVAILABLE);
    }
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(base),   TEST(timer),       TEST(masks_of_harts), TEST(hart_states),
                                       TEST(resets), TEST(the_console), TEST(legacy),         TEST(hostile)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

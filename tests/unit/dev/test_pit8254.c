// SPDX-License-Identifier: MIT
// 82C54 against the data sheet's timing diagrams, restated in CLK edges; and Linux's uses of it.
#include "dev/pit8254.h"

#include "dev_fixture.h"

#define HZ 1193182u

struct rig {
    struct dev_fixture *f;
    struct pit8254 *p;
};

static struct rig make(void **state) {
    struct dev_fixture *f = *state;
    return (struct rig){f, pit8254_create(&f->env, probe_line(f, 0))};
}

static void out(struct rig r, u64 port, u8 v) { out8(&pit8254_ops, r.p, port, v); }
static u8 in(struct rig r, u64 port) { return in8(&pit8254_ops, r.p, port); }
static void set61(struct rig r, u8 v) { out8(&pit8254_speaker_ops, r.p, 0, v); }
static u8 get61(struct rig r) { return in8(&pit8254_speaker_ops, r.p, 0); }

// The first ns at which CLK edge k has happened: k / HZ seconds, rounded up.
static u64 edge_ns(u64 k) { return (u64)(((unsigned __int128)k * 1000000000u + HZ - 1) / HZ); }
static void to_edge(struct rig r, u64 k) { run_to(r.f, edge_ns(k)); }

static void program(struct rig r, unsigned channel, u8 mode, u16 count) {
    out(r, 3, (u8)(channel << 6 | 0x30 | mode << 1));
    out(r, channel, (u8)count);
    out(r, channel, (u8)(count >> 8));
}

static u16 read_count(struct rig r, unsigned channel) {
    out(r, 3, (u8)(channel << 6)); // latch
    u8 low = in(r, channel);
    return (u16)(low | in(r, channel) << 8);
}

static u8 status(struct rig r, unsigned channel) {
    out(r, 3, (u8)(0xE0 | 2 << channel));
    return in(r, channel);
}

// Mode 0 counts on from FFFFh after it has reached 0; a low gate stops it wherever it is, and it goes on from there.
static void a_gate_stops_a_count_that_has_wrapped(void **state) {
    struct rig r = make(state);
    set61(r, 1);
    program(r, 2, 0, 10);
    to_edge(r, 1 + 10 + 65536 * 2 + 7);
    u16 at = (u16)-7;
    assert_int_equal(read_count(r, 2), at);
    set61(r, 0);
    run_for(r.f, 1000000);
    assert_int_equal(read_count(r, 2), at);
    assert_int_equal(get61(r) & 0x20, 0x20);
    u64 stood = r.f->clock.now * HZ / 1000000000;
    set61(r, 1);
    to_edge(r, stood + 100);
    assert_int_equal(read_count(r, 2), (u16)(at - 100));
}

// Mode 2, written before edge 1 and loaded by it: OUT falls at 1 + N - 1 and rises at 1 + N, for ever.
static void rate_generator_does_not_drift(void **state) {
    struct rig r = make(state);
    const u64 n = 4772; // HZ=250
    program(r, 0, 2, (u16)n);
    unsigned before = r.f->probe[0].rises;
    for (u64 i = 1; i <= 1000; i++) {
        to_edge(r, 1 + i * n);
        assert_int_equal(r.f->probe[0].rises - before, i);
        assert_int_equal(r.f->probe[0].rose_at, edge_ns(1 + i * n));
    }
    u64 hour = 3600ull * HZ / n;
    to_edge(r, 1 + hour * n - 1);
    assert_int_equal(r.f->probe[0].rises - before, hour - 1);
    run_for(r.f, 1000);
    assert_int_equal(r.f->probe[0].rises - before, hour);
}

static void mode2_counts_n_down_to_1(void **state) {
    struct rig r = make(state);
    program(r, 0, 2, 5);
    static const u16 expected[] = {5, 4, 3, 2, 1, 5, 4, 3, 2, 1, 5};
    for (unsigned i = 0; i < countof(expected); i++) {
        to_edge(r, 1 + i);
        assert_int_equal(read_count(r, 0), expected[i]);
        assert_int_equal(status(r, 0) >> 7, expected[i] != 1);
    }
}

static void mode2_takes_a_new_count_at_the_end(void **state) {
    struct rig r = make(state);
    program(r, 0, 2, 10);
    to_edge(r, 24); // 1 + 23: third period has 7 to go
    out(r, 0, 4);
    out(r, 0, 0);
    assert_int_equal(status(r, 0) & 0x40, 0x40); // null count
    assert_int_equal(read_count(r, 0), 7);
    to_edge(r, 30);
    assert_int_equal(read_count(r, 0), 1);
    to_edge(r, 31);
    assert_int_equal(read_count(r, 0), 4);
    assert_int_equal(status(r, 0) & 0x40, 0);
    to_edge(r, 35);
    assert_int_equal(read_count(r, 0), 4);
}

static void mode3_square_wave(void **state) {
    struct rig r = make(state);
    program(r, 0, 3, 4);
    static const u8 even_out[] = {1, 1, 0, 0, 1, 1, 0, 0};
    static const u8 even_count[] = {4, 2, 4, 2, 4, 2, 4, 2};
    for (unsigned i = 0; i < countof(even_out); i++) {
        to_edge(r, 1 + i);
        assert_int_equal(status(r, 0) >> 7, even_out[i]);
        assert_int_equal(read_count(r, 0), even_count[i]);
    }
    program(r, 0, 3, 5); // written after edge 8
    static const u8 odd_out[] = {1, 1, 1, 0, 0, 1, 1, 1, 0, 0};
    static const u8 odd_count[] = {4, 2, 0, 4, 2, 4, 2, 0, 4, 2};
    for (unsigned i = 0; i < countof(odd_out); i++) {
        to_edge(r, 9 + i);
        assert_int_equal(status(r, 0) >> 7, odd_out[i]);
        assert_int_equal(read_count(r, 0), odd_count[i]);
    }
}

static void mode3_edges_are_interrupts(void **state) {
    struct rig r = make(state);
    program(r, 0, 3, 1001); // 501 edges high, 500 low
    for (u64 i = 0; i < 50; i++) {
        to_edge(r, 1 + i * 1001 + 500);
        assert_true(r.f->probe[0].level);
        to_edge(r, 1 + i * 1001 + 501);
        assert_false(r.f->probe[0].level);
        to_edge(r, 1 + (i + 1) * 1001);
        assert_int_equal(r.f->probe[0].rose_at, edge_ns(1 + (i + 1) * 1001));
    }
}

static void mode0_interrupts_once(void **state) {
    struct rig r = make(state);
    program(r, 0, 0, 100);
    assert_false(r.f->probe[0].level);
    to_edge(r, 100);
    assert_false(r.f->probe[0].level);
    to_edge(r, 101);
    assert_true(r.f->probe[0].level);
    assert_int_equal(read_count(r, 0), 0);
    to_edge(r, 102);
    assert_int_equal(read_count(r, 0), 0xFFFF); // counts on
    run_for(r.f, 1000000000);
    assert_true(r.f->probe[0].level);
    out(r, 0, 50); // the first byte already takes OUT down
    assert_false(r.f->probe[0].level);
}

static void mode4_strobe(void **state) {
    struct rig r = make(state);
    program(r, 0, 4, 3);
    static const u8 expected[] = {1, 1, 1, 0, 1, 1};
    for (unsigned i = 0; i < countof(expected); i++) {
        to_edge(r, 1 + i);
        assert_int_equal(status(r, 0) >> 7, expected[i]);
        assert_int_equal(r.f->probe[0].level, expected[i]);
    }
    unsigned rises = r.f->probe[0].rises;
    run_for(r.f, 1000000000);
    assert_int_equal(r.f->probe[0].rises, rises);
}

static void mode1_and_5_start_on_the_gate(void **state) {
    struct rig r = make(state);
    set61(r, 0);
    program(r, 2, 1, 3);
    to_edge(r, 50);
    assert_int_equal(get61(r) & 0x20, 0x20);
    set61(r, 1); // loaded on edge 51
    static const u8 one_shot[] = {0, 0, 0, 1, 1};
    for (unsigned i = 0; i < countof(one_shot); i++) {
        to_edge(r, 51 + i);
        assert_int_equal(get61(r) >> 5 & 1, one_shot[i]);
    }
    set61(r, 0);
    set61(r, 1); // retriggered on edge 56
    to_edge(r, 58);
    assert_int_equal(get61(r) >> 5 & 1, 0);
    to_edge(r, 59);
    assert_int_equal(get61(r) >> 5 & 1, 1);
    set61(r, 0);
    program(r, 2, 5, 2);
    set61(r, 1); // loaded on edge 60
    static const u8 strobe[] = {1, 1, 0, 1};
    for (unsigned i = 0; i < countof(strobe); i++) {
        to_edge(r, 60 + i);
        assert_int_equal(get61(r) >> 5 & 1, strobe[i]);
    }
}

static void gate_holds_mode0(void **state) {
    struct rig r = make(state);
    set61(r, 1);
    program(r, 2, 0, 100);
    to_edge(r, 41);
    assert_int_equal(read_count(r, 2), 60);
    set61(r, 0);
    to_edge(r, 1000);
    assert_int_equal(read_count(r, 2), 60);
    assert_int_equal(get61(r) & 0x20, 0);
    set61(r, 1);
    to_edge(r, 1059);
    assert_int_equal(get61(r) & 0x20, 0);
    to_edge(r, 1060);
    assert_int_equal(get61(r) & 0x20, 0x20);
}

// pit_calibrate_tsc() of Linux: channel 2, mode 0, wait for OUT2
static void linux_tsc_calibration(void **state) {
    struct rig r = make(state);
    run_to(r.f, 123456789);
    set61(r, (get61(r) & ~2u) | 1);
    const unsigned latch = HZ / 100; // CAL_MS 10
    program(r, 2, 0, latch);
    u64 start = r.f->clock.now;
    while (!(get61(r) & 0x20)) run_for(r.f, 100);
    u64 took = r.f->clock.now - start;
    assert_in_range(took, 10000000 - 1000, 10000000 + 2000);
}

// quick_pit_calibrate(): the high byte of two-byte reads falls by one every 256 edges
static void linux_quick_calibration(void **state) {
    struct rig r = make(state);
    set61(r, 1);
    program(r, 2, 0, 0xFFFF);
    for (unsigned expect = 0xFF; expect > 0xF0; expect--) {
        to_edge(r, 1 + (0xFF - expect) * 256 + 10);
        in(r, 2);
        assert_int_equal(in(r, 2), expect);
    }
}

static void latches_hold_until_read(void **state) {
    struct rig r = make(state);
    program(r, 0, 2, 1000);
    to_edge(r, 101);
    out(r, 3, 0xC2); // read-back of count and status of channel 0
    to_edge(r, 201);
    out(r, 3, 0x00); // ignored: still latched
    assert_int_equal(in(r, 0), 0x80 | 0x34);
    assert_int_equal(in(r, 0), 900 & 0xFF);
    assert_int_equal(in(r, 0), 900 >> 8);
    assert_int_equal(in(r, 0), 800 & 0xFF);
}

static void bcd(void **state) {
    struct rig r = make(state);
    out(r, 3, 0x35);
    out(r, 0, 0x00);
    out(r, 0, 0x10); // 1000 decimal
    to_edge(r, 1);
    assert_int_equal(read_count(r, 0), 0x1000);
    to_edge(r, 2);
    assert_int_equal(read_count(r, 0), 0x0999);
    out(r, 3, 0x31);
    out(r, 0, 0);
    out(r, 0, 0); // 10000
    to_edge(r, 4);
    assert_int_equal(read_count(r, 0), 0x9999);
}

static void zero_is_65536(void **state) {
    struct rig r = make(state);
    program(r, 0, 2, 0);
    to_edge(r, 1);
    assert_int_equal(read_count(r, 0), 0);
    to_edge(r, 2);
    assert_int_equal(read_count(r, 0), 0xFFFF);
    unsigned rises = r.f->probe[0].rises;
    to_edge(r, 65536);
    assert_int_equal(r.f->probe[0].rises, rises);
    to_edge(r, 65537);
    assert_int_equal(r.f->probe[0].rises, rises + 1);
}

static void single_byte_access(void **state) {
    struct rig r = make(state);
    out(r, 3, 0x14); // channel 0, low byte only, mode 2
    out(r, 0, 200);
    to_edge(r, 11);
    assert_int_equal(in(r, 0), 190);
    assert_int_equal(in(r, 0), 190);
    out(r, 3, 0x00); // a latch of one byte is used up by one read
    to_edge(r, 12);
    assert_int_equal(in(r, 0), 190);
    assert_int_equal(in(r, 0), 189);
    out(r, 3, 0x24); // high byte only
    out(r, 0, 2);
    to_edge(r, 13);
    assert_int_equal(in(r, 0), 2);
}

static void count_of_one_is_no_storm(void **state) {
    struct rig r = make(state);
    program(r, 0, 2, 1);
    run_for(r.f, 10000000000);
    program(r, 0, 3, 1);
    run_for(r.f, 10000000000);
    assert_true(r.f->probe[0].rises < 10);
}

// The host's clock jumps: what latches the edges has one bit for all that came meanwhile, so one will do, and no pause takes
// longer than another to get over. The periods go on where they were.
static void long_pause(void **state) {
    static const struct {
        u8 mode;
        u16 count;
    } ways[] = {{2, 4772}, {2, 2}, {2, 0}, {3, 4772}, {3, 4773}, {3, 2}, {3, 3}, {3, 0}};
    static const u64 pauses[] = {1, 2, 3, 4, 5000, 70000, 140000, HZ * 10ull, HZ * 86400ull * 365 * 20};
    struct rig r = make(state);
    for (unsigned w = 0; w < countof(ways); w++) {
        u64 n = ways[w].count ? ways[w].count : 0x10000, high = ways[w].mode == 2 ? n - 1 : (n + 1) / 2;
        u64 begin = ns_to_ticks(r.f->clock.now, HZ) + 1;
        program(r, 0, ways[w].mode, ways[w].count);
        for (unsigned i = 0; i < countof(pauses); i++) {
            u64 from = ns_to_ticks(r.f->clock.now, HZ), tick = from + pauses[i];
            u64 periods = (tick - begin) / n, begun = periods - (i ? (from - begin) / n : 0);
            unsigned rises = r.f->probe[0].rises;
            r.f->clock.now = edge_ns(tick);
            clock_fire(&r.f->clock);
            rises = r.f->probe[0].rises - rises;
            assert_true(begun < 2 ? rises == begun : rises >= 1 && rises <= 3);
            bool level = (tick - begin) % n < high;
            assert_int_equal(r.f->probe[0].level, level);
            assert_int_equal(clock_next(&r.f->clock), edge_ns(begin + periods * n + (level ? high : n)));
        }
    }
}

static void refresh_toggles(void **state) {
    struct rig r = make(state);
    set61(r, 0xFF); // the upper half is read-only
    assert_int_equal(get61(r) & 0xCF, 0x0F);
    set61(r, 0);
    assert_int_equal(get61(r) & 0xCF, 0x00);
    unsigned changes = 0;
    u8 last = get61(r) & 0x10;
    for (unsigned i = 0; i < 1000; i++) {
        run_for(r.f, 1000);
        u8 now = get61(r) & 0x10;
        changes += now != last;
        last = now;
    }
    assert_in_range(changes, 65, 67); // every 15.09 us in 1 ms
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DEVICE_TEST(a_gate_stops_a_count_that_has_wrapped),
        DEVICE_TEST(rate_generator_does_not_drift),
        DEVICE_TEST(mode2_counts_n_down_to_1),
        DEVICE_TEST(mode2_takes_a_new_count_at_the_end),
        DEVICE_TEST(mode3_square_wave),
        DEVICE_TEST(mode3_edges_are_interrupts),
        DEVICE_TEST(mode0_interrupts_once),
        DEVICE_TEST(mode4_strobe),
        DEVICE_TEST(mode1_and_5_start_on_the_gate),
        DEVICE_TEST(gate_holds_mode0),
        DEVICE_TEST(linux_tsc_calibration),
        DEVICE_TEST(linux_quick_calibration),
        DEVICE_TEST(latches_hold_until_read),
        DEVICE_TEST(bcd),
        DEVICE_TEST(zero_is_65536),
        DEVICE_TEST(single_byte_access),
        DEVICE_TEST(count_of_one_is_no_storm),
        DEVICE_TEST(long_pause),
        DEVICE_TEST(refresh_toggles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

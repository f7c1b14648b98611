// SPDX-License-Identifier: MIT
// Claims on guest RAM, places found in it, and the start tables built there.
#include "loader_rig.h"

#include "base/le.h"
#include "loader/x86/start.h"
#include "loader/target.h"

#include <stdlib.h>
#include <string.h>

static void a_load_outside_ram_names_both_ranges(void **state) {
    u8 byte = 1;
    assert_int_equal(target_load(&w->t, "thing", 0x3ffffff, &byte, 1, 1), 0); // the last byte
    assert_int_equal(target_load(&w->t, "thing", 0x3ffffff, &byte, 1, 2), ERR_RANGE);
    assert_true(scripted_logged(&w->s, "thing: 0x3ffffff..0x4000000 is not all RAM"));
    assert_true(scripted_logged(&w->s, "0..0x9fbff, 0x100000..0x3ffffff, 0x80000000..0x803fffff"));
    assert_int_equal(target_claim(&w->t, "thing", 0x9fbff, 2), ERR_RANGE); // reserved by the map, though RAM on the bus
    assert_int_equal(target_claim(&w->t, "thing", WORLD_HIGH - 1, 2), ERR_RANGE);
}

static void a_load_that_wraps_is_refused(void **state) {
    assert_int_equal(target_claim(&w->t, "thing", 0x1000, ~(u64)0), ERR_INVALID);
    assert_int_equal(target_claim(&w->t, "thing", ~(u64)0, 2), ERR_INVALID);
    assert_true(scripted_logged(&w->s, "past the end of the address space"));
    assert_int_equal(target_claim(&w->t, "thing", ~(u64)0, 1), ERR_RANGE);
    assert_int_equal(target_claim(&w->t, "nothing", 0x5000000, 0), 0);
}

static void adjacent_ram_entries_are_one_memory(void **state) {
    w->map[2] = (struct e820_entry){MiB, MiB, E820_RAM};
    w->map[3] = (struct e820_entry){2 * MiB, MiB, E820_RAM};
    assert_int_equal(target_claim(&w->t, "both", MiB + 100, MiB), 0);
    assert_int_equal(target_claim(&w->t, "past", 2 * MiB + 200, MiB), ERR_RANGE);
}

static void overlaps_name_both(void **state) {
    assert_int_equal(target_claim(&w->t, "first", 0x200000, 0x1000), 0);
    assert_int_equal(target_claim(&w->t, "before", 0x1ff000, 0x1000), 0);
    assert_int_equal(target_claim(&w->t, "behind", 0x201000, 0x1000), 0);
    assert_int_equal(target_claim(&w->t, "inside", 0x200800, 1), ERR_OVERLAP);
    assert_true(scripted_logged(&w->s, "inside: 0x200800..0x200800 overlaps first at 0x200000..0x200fff"));
    assert_int_equal(target_claim(&w->t, "around", 0x1fe000, 0x8000), ERR_OVERLAP);
}

static void a_refused_load_writes_nothing(void **state) {
    u8 bytes[64];
    memset(bytes, 0x5a, sizeof bytes);
    assert_int_equal(target_load(&w->t, "x", WORLD_RAM - 32, bytes, 64, 64), ERR_RANGE);
    for (unsigned i = 0; i < 32; i++) assert_int_equal(w->ram[WORLD_RAM - 32 + i], 0);
}

static void too_many_parts(void **state) {
    gpa_t at = 1;
    const struct target_want want = {.name = "one more", .size = 16, .align = 16, .lowest = TARGET_LOW, .last = TARGET_LAST32};
    for (unsigned i = 0; i < LOAD_CLAIMS; i++) assert_int_equal(target_claim(&w->t, "part", 0x200000 + 16 * i, 16), 0);
    assert_int_equal(target_claim(&w->t, "last", 0x300000, 16), ERR_NO_MEMORY);
    assert_true(scripted_logged(&w->s, "last: the image has more than the 128 parts that are supported"));
    assert_int_equal(target_find(&w->t, &want, &at), ERR_NO_MEMORY);
    assert_true(scripted_logged(&w->s, "one more: the image has more than the 128 parts"));
    assert_int_equal(at, 1);
}

// More ranges of RAM than a line of the log holds.
static void a_message_with_many_ranges_is_cut(void **state) {
    many_ranges(129);
    assert_int_equal(target_claim(&w->t, "thing", WORLD_RAM, 1), ERR_RANGE);
    assert_true(
        scripted_logged(&w->s, "thing: 0x4000000..0x4000000 is not all RAM; the guest's RAM is 0..0x3fff, 0x4000..0x7fff, "));
    assert_false(scripted_logged(&w->s, "0x200000.."));
}

static void places_are_lowest_or_highest_and_free(void **state) {
    gpa_t at;
    struct target_want want = {.name = "x", .size = 0x1800, .align = 0x1000, .lowest = 0x10000, .last = TARGET_LAST32};
    assert_int_equal(target_find(&w->t, &want, &at), 0);
    assert_int_equal(at, 0x10000);
    assert_int_equal(target_find(&w->t, &want, &at), 0);
    assert_int_equal(at, 0x12000); // clear of the first, aligned
    want.high = true;
    assert_int_equal(target_find(&w->t, &want, &at), 0);
    assert_int_equal(at, WORLD_HIGH + WORLD_HIGH_SIZE - 0x2000);
    assert_int_equal(target_find(&w->t, &want, &at), 0);
    assert_int_equal(at, WORLD_HIGH + WORLD_HIGH_SIZE - 0x4000);
    want.last = 0x7fffffff;
    assert_int_equal(target_find(&w->t, &want, &at), 0);
    assert_int_equal(at, WORLD_RAM - 0x2000);
    want.last = 0x9fbff; // right up to the last byte of a range
    want.size = 0xc00, want.align = 1;
    assert_int_equal(target_find(&w->t, &want, &at), 0);
    assert_int_equal(at, 0x9f000);
    want.lowest = 0x9f000;
    assert_int_equal(target_find(&w->t, &want, &at), ERR_NO_MEMORY);
    assert_true(scripted_logged(&w->s, "no room for 3 KiB (aligned to 1 bytes)"));
}

static void a_place_larger_than_any_range(void **state) {
    gpa_t at;
    const struct target_want want = {.name = "x", .size = WORLD_RAM - MiB + 1, .align = 1, .last = ~(u64)0};
    assert_int_equal(target_find(&w->t, &want, &at), ERR_NO_MEMORY);
    const struct target_want huge = {.name = "x", .size = ~(u64)0, .align = 0x200000, .last = ~(u64)0};
    assert_int_equal(target_find(&w->t, &huge, &at), ERR_NO_MEMORY);
}

// A range may hold so many bytes and still have no aligned place for them, seen from either end.
static void an_aligned_place_does_not_fit(void **state) {
    gpa_t at;
    struct target_want want = {.name = "x", .size = 0x1800, .align = 0x1000, .lowest = 0x10800, .last = 0x127fe};
    for (unsigned high = 0; high < 2; high++) {
        want.high = high;
        assert_int_equal(target_find(&w->t, &want, &at), ERR_NO_MEMORY);
        assert_true(scripted_logged(&w->s, "x: no room for 6 KiB (aligned to 4 KiB) within 0x10800..0x127fe"));
        w->s.log_len = 0;
    }
    for (unsigned high = 0; high < 2; high++) {
        w->t.claims = 0;
        want.high = high, want.last = 0x127ff;
        assert_int_equal(target_find(&w->t, &want, &at), 0);
        assert_int_equal(at, 0x11000);
    }
}

// The number after "memory = ", in bytes.
static u64 advised(void) {
    const char *at = strstr(w->s.log, "memory = ");
    return at ? strtoull(at + 9, NULL, 10) * MiB : 0;
}

// What a refusal says would do does; where more RAM is no help, it says nothing.
static void a_refusal_says_how_much_ram_would_do(void **state) {
    gpa_t at;
    struct target_want want = {.name = "initrd", .size = 70 * MiB + 5, .align = 0x1000, .lowest = MiB, .last = 0x37ffffff};
    w->map[3].type = E820_RESERVED;
    assert_int_equal(target_claim(&w->t, "kernel", 16 * MiB, 20 * MiB), 0);
    assert_int_equal(target_find(&w->t, &want, &at), ERR_NO_MEMORY);
    assert_true(scripted_logged(
        &w->s,
        "initrd: no room for 71 MiB (aligned to 4 KiB) within 0x100000..0x37ffffff; the guest's RAM is 0..0x9fbff, 0x100000..0x3ffffff; memory = 112M would do"));
    w->map[2].size = advised() - MiB;
    assert_int_equal(target_find(&w->t, &want, &at), 0);

    w->t.claims = 0, w->s.log_len = 0;
    assert_int_equal(target_claim(&w->t, "kernel", 0x8000000, 5 * MiB), ERR_RANGE);
    assert_true(scripted_logged(
        &w->s,
        "kernel: 0x8000000..0x84fffff is not all RAM; the guest's RAM is 0..0x9fbff, 0x100000..0x6ffffff; memory = 144M would do"));
    w->map[2].size = advised() - MiB;
    assert_int_equal(target_claim(&w->t, "kernel", 0x8000000, 5 * MiB), 0);

    w->s.log_len = 0;
    want.last = 64 * MiB;
    assert_int_equal(target_find(&w->t, &want, &at), ERR_NO_MEMORY);
    assert_int_equal(target_claim(&w->t, "kernel", 0xb0000, 16), ERR_RANGE);
    assert_int_equal(target_claim(&w->t, "kernel", 0xc0000000, 16), ERR_RANGE);
    want.align = GiB, want.last = ~(u64)0, want.size = ~(u64)0;
    assert_int_equal(target_find(&w->t, &want, &at), ERR_NO_MEMORY);
    assert_false(scripted_logged(&w->s, "would do"));
}

static void no_place_below_a_claim_at_0(void **state) {
    gpa_t at;
    const struct target_want want = {.name = "x", .size = 0x1000, .align = 0x1000, .last = 0x9fbff, .high = true};
    assert_int_equal(target_claim(&w->t, "all of it", 0, 0x9f000), 0);
    assert_int_equal(target_find(&w->t, &want, &at), ERR_NO_MEMORY);
}

static void nothing_is_placed_in_nothing(void **state) {
    gpa_t at;
    struct target_want want = {.name = "x", .size = 0x1000, .align = 1, .last = ~(u64)0};
    w->map[0].size = 0, w->map[2].type = w->map[3].type = E820_RESERVED; // an empty entry of RAM
    assert_int_equal(target_find(&w->t, &want, &at), ERR_NO_MEMORY);
    w->map[0].size = 0x9fc00, want.size = 0;
    assert_int_equal(target_find(&w->t, &want, &at), ERR_NO_MEMORY);
    assert_int_equal(w->t.claims, 0);
}

static void the_gap_between_two_claims_is_used(void **state) {
    gpa_t at;
    target_claim(&w->t, "a", MiB, 0x10000);
    target_claim(&w->t, "b", MiB + 0x11000, 0x10000);
    struct target_want want = {.name = "x", .size = 0x1000, .align = 0x1000, .lowest = MiB, .last = MiB + 0x20fff};
    assert_int_equal(target_find(&w->t, &want, &at), 0);
    assert_int_equal(at, MiB + 0x10000);
    assert_int_equal(target_find(&w->t, &want, &at), ERR_NO_MEMORY);
}

// Boot protocol and SDM 3A 3.4.5: base 0, limit 4 GiB, present; L for 64-bit code, D for 32-bit.
static void check_gdt(const struct x86_start *m, bool is64) {
    assert_int_equal(m->cs, 0x10);
    assert_int_equal(m->ds, 0x18);
    assert_true(m->tr + 15 <= m->gdt_limit);
    u64 code = ld64(world_at(w, m->gdt + 0x10)), data = ld64(world_at(w, m->gdt + 0x18)), tss = ld64(world_at(w, m->gdt + m->tr));
    assert_int_equal(code >> 53 & 1, is64);
    assert_int_equal(code >> 54 & 1, !is64);
    assert_int_equal(code >> 40 & 0x9a, 0x9a); // P, S, execute, read
    assert_int_equal(data >> 40 & 0x9a, 0x92); // P, S, write
    assert_int_equal(code & 0xffff, 0xffff);
    assert_int_equal(code >> 48 & 0x8f, 0x8f); // G and the limit's top
    assert_int_equal(data >> 48 & 0xcf, 0xcf);
    assert_int_equal(tss >> 40 & 0xff, 0x8b); // P, busy TSS
    assert_int_equal(tss & 0xffff, 0x67);
    assert_int_equal(ld64(world_at(w, m->gdt)), 0);
}

static void long_mode_starts_on_an_identity_map(void **state) {
    struct x86_start m = {0};
    assert_int_equal(start_long(&w->t, &m), 0);
    assert_int_equal(m.mode, START_LONG);
    check_gdt(&m, true);
    assert_true(world_identity(w, m.cr3, 0, 2 * MiB));
    assert_true(world_identity(w, m.cr3, WORLD_HIGH + WORLD_HIGH_SIZE - 2 * MiB, 2 * MiB));
    assert_true(world_identity(w, m.cr3, 4 * GiB - 2 * MiB, 2 * MiB)); // devices
    assert_false(world_identity(w, m.cr3, 4 * GiB, 4096));
    assert_int_equal(start_stack(&w->t, &m), 0);
    assert_int_equal(m.rsp % 16, 0);
}

static void the_identity_map_grows_with_ram(void **state) {
    struct x86_start m = {0};
    w->map[3] = (struct e820_entry){4 * GiB, 2 * GiB + 2 * MiB, E820_RAM}; // not on the bus, but not touched either
    assert_int_equal(start_long(&w->t, &m), 0);
    assert_true(world_identity(w, m.cr3, 6 * GiB, 2 * MiB));
    assert_false(world_identity(w, m.cr3, 7 * GiB, 4096));
}

// image.h: 512 GiB is what one page of PDPTEs maps.
static void the_identity_map_ends_at_512_gib(void **state) {
    struct x86_start m = {0};
    w->map[3] = (struct e820_entry){4 * GiB, 1020 * GiB, E820_RAM};
    assert_int_equal(start_long(&w->t, &m), 0);
    assert_true(world_identity(w, m.cr3, 512 * GiB - 2 * MiB, 2 * MiB));
    assert_int_equal(ld64(world_at(w, m.cr3 + 8)), 0);
}

static void protected_mode_starts_flat(void **state) {
    struct x86_start m = {0};
    assert_int_equal(start_protected(&w->t, &m), 0);
    assert_int_equal(m.mode, START_PROTECTED);
    check_gdt(&m, false);
}

static void tables_need_room(void **state) {
    struct x86_start m = {0};
    w->map[0].type = w->map[2].type = w->map[3].type = E820_RESERVED;
    assert_int_equal(start_long(&w->t, &m), ERR_NO_MEMORY);
    assert_true(scripted_logged(&w->s, "the guest's RAM is none"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, loader_rig_new, loader_rig_free)
        T(a_load_outside_ram_names_both_ranges),
        T(a_load_that_wraps_is_refused),
        T(adjacent_ram_entries_are_one_memory),
        T(overlaps_name_both),
        T(a_refused_load_writes_nothing),
        T(too_many_parts),
        T(a_message_with_many_ranges_is_cut),
        T(places_are_lowest_or_highest_and_free),
        T(a_place_larger_than_any_range),
        T(an_aligned_place_does_not_fit),
        T(a_refusal_says_how_much_ram_would_do),
        T(no_place_below_a_claim_at_0),
        T(nothing_is_placed_in_nothing),
        T(the_gap_between_two_claims_is_used),
        T(long_mode_starts_on_an_identity_map),
        T(the_identity_map_grows_with_ram),
        T(the_identity_map_ends_at_512_gib),
        T(protected_mode_starts_flat),
        T(tables_need_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

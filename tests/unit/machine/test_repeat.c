// SPDX-License-Identifier: MIT
// A visit that is run again and again (machine/repeat.h): the run is as it would be without, code that changes itself, disks and devices
// included; and a repeat that is another run is found out.
#include "board_rig.h"

#include <string.h>

// mov dword [200000h], 3; nop                             the region: ...
// mov ecx, [200000h]; jmp loop; loop: add eax, 5; cmp ecx, 3; jne +6; inc byte [the 5]; dec ecx; jnz loop; add [200008h], eax; mov al, 'r'; mov dx, 3f8h; out dx, al
// nop                                                     ... up to here
// mov al, 10h; out f4h, al; hlt
static const u8 program[] = {0xc7, 0x04, 0x25, 0x00, 0x00, 0x20, 0x00, 0x03, 0x00, 0x00, 0x00, 0x90, 0x8b, 0x0c, 0x25,
                             0x00, 0x00, 0x20, 0x00, 0xeb, 0x00, 0x83, 0xc0, 0x05, 0x83, 0xf9, 0x03, 0x75, 0x06, 0xfe,
                             0x05, 0xf4, 0xff, 0xff, 0xff, 0xff, 0xc9, 0x75, 0xee, 0x01, 0x04, 0x25, 0x08, 0x00, 0x20,
                             0x00, 0xb0, 0x72, 0x66, 0xba, 0xf8, 0x03, 0xee, 0x90, 0xb0, 0x10, 0xe6, 0xf4, 0xf4};
#define REGION "0x10000c-0x100035"
static u64 (*true_cycles)(struct plat *p);
static unsigned asked, poke_when;
static u32 poke_with;
static u64 poke_at;

static int setup(void **state) {
    board_new(ARCH_X86_64);
    true_cycles = b->s.plat.cycles;
    asked = poke_when = 0;
    return 0;
}

static void set(const char *key, const char *value) { assert_int_equal(config_set(&b->c, &b->s.plat, "test", key, value), 0); }

static struct emu_result run(const char *repeat) {
    b->s.records_len = b->s.log_len = b->s.out_len = 0;
    b->s.records[0] = b->s.log[0] = b->s.out[0] = 0;
    b->c.measures = 0;
    memset(&b->c.repeat, 0, sizeof b->c.repeat);
    if (repeat) set("measure", REGION);
    if (repeat) set("repeat", repeat);
    return board_run(BLOB(program), 0x100000);
}

static void is_like(const struct emu_result *a, const struct emu_result *of) {
    assert_int_equal(a->reason, of->reason);
    assert_int_equal(a->instructions, of->instructions);
    assert_int_equal(a->virtual_ns, of->virtual_ns);
    assert_int_equal(a->state_hash, of->state_hash);
}

static void changes_nothing(void **state) {
    struct emu_result plain = run(NULL), one = run("1"), many = run("50 of " REGION);
    assert_int_equal(plain.reason, EMU_DEBUG_EXIT);
    is_like(&one, &plain);
    is_like(&many, &plain);
    assert_string_equal(b->s.out, "r"); // once
    assert_non_null(strstr(b->s.records, "\"repeats\":50,\"repeat_instructions\":22,"));
    assert_non_null(strstr(b->s.records, "\"visits\":1,"));
    assert_true(scripted_logged(&b->s, "22 instructions, repeated 50 times, always to the state "));
    b->c.measure_cycles = true;
    many = run("50");
    is_like(&many, &plain);
    assert_non_null(strstr(b->s.records, "\"repeats\":50,"));
    b->c.measure_cycles = false;
    many = run("50 of another");
    is_like(&many, &plain);
    assert_null(strstr(b->s.records, "\"repeats\""));
}

// What may not be: the guest's RAM changes from outside. The host's cycles are asked for where a repeat begins.
static u64 poke(struct plat *p) {
    if (++asked == poke_when) memcpy(b->ram + poke_at, &poke_with, sizeof poke_with);
    return asked;
}

static void differences(void **state) {
    const struct {
        u64 at;
        u32 with;
        const char *told;
    } rows[] = {
        {0x200008, 77, "state (a hash of what may have changed): "},
        {0x200000, 2, "instructions of the visit: 16, and 22 the first time"},
        {0x200000, 4, "instructions of the run: "},
        {0x200000, 100000000, "instructions of the run: "},
    };
    b->s.plat.cycles = poke;
    for (unsigned i = 0; i < countof(rows); i++) {
        poke_at = rows[i].at;
        poke_with = rows[i].with;
        asked = 0;
        poke_when = 8; // 1: the run begins; 2, 3: the first repeat
        assert_int_equal(run("50").reason, EMU_REPEAT_DIFFERS);
        assert_true(scripted_logged(&b->s, "\" is another run than the first: "));
        assert_true(scripted_logged(&b->s, rows[i].told));
        assert_non_null(strstr(b->s.records, "\"reason\":\"repeat-differs\""));
    }
    b->s.plat.cycles = true_cycles;
}

// The guest ends the run within: the first time, then it is so; later on, then it is another run.
// mov byte [200000h], 1; nop; cmp byte [200000h], 1; jne the way out; nop, 8 times; mov al, 10h; out f4h, al; mov al, 20h; out f4h, al
static const u8 leaves[] = {0xc6, 0x04, 0x25, 0x00, 0x00, 0x20, 0x00, 0x01, 0x90, 0x80, 0x3c, 0x25,
                            0x00, 0x00, 0x20, 0x00, 0x01, 0x75, 0x0c, 0x90, 0x90, 0x90, 0x90, 0x90,
                            0x90, 0x90, 0x90, 0xb0, 0x10, 0xe6, 0xf4, 0xb0, 0x20, 0xe6, 0xf4};

static void the_run_ends_within(void **state) {
    set("measure", "0x100009-0x10001a");
    set("repeat", "5");
    struct emu_result r = board_run(BLOB(leaves), 0x100000);
    assert_int_equal(r.code, 0x10);
    assert_non_null(strstr(b->s.records, "\"repeats\":5,"));
    b->s.plat.cycles = poke;
    poke_at = 0x200000, poke_with = 2, poke_when = 6;
    r = board_run(BLOB(leaves), 0x100000);
    assert_int_equal(r.reason, EMU_REPEAT_DIFFERS);
    assert_true(scripted_logged(&b->s, "it ends otherwise (debug-exit)"));
    b->s.plat.cycles = true_cycles;
    b->s.log_len = 0;
    b->c.measures = 0;
    set("measure", "0x100009-0x100999");
    r = board_run(BLOB(leaves), 0x100000);
    assert_int_equal(r.reason, EMU_DEBUG_EXIT);
    assert_true(scripted_logged(&b->s, "before the visit had come to its end once"));
}

// No memory for a point: told, and the run goes on.
static unsigned given, most;
static void *(*true_alloc)(struct plat *p, size_t bytes, size_t align);
static void *some(struct plat *p, size_t bytes, size_t align) { return given++ < most ? true_alloc(p, bytes, align) : NULL; }

static void without_memory(void **state) {
    struct emu_result plain = run(NULL);
    unsigned told = 0;
    true_alloc = b->s.plat.alloc;
    set("measure", REGION);
    set("repeat", "5");
    b->in.kernel = BLOB(program);
    b->c.load_address = 0x100000;
    for (unsigned n = 0; n < 3; n++) {
        struct emu_result r;
        struct emu_machine *m = board_create();
        given = 0, most = n;
        b->s.log_len = 0, b->s.log[0] = 0;
        b->s.plat.alloc = some;
        emu_run(m, &r);
        b->s.plat.alloc = true_alloc;
        emu_destroy(m);
        is_like(&r, &plain);
        told += scripted_logged(&b->s, "no memory for a point to go back to") || scripted_logged(&b->s, "it cannot go back");
    }
    assert_int_equal(told, 2); // neither for the point, nor for the first page
}

static void refused(const char *told) {
    b->s.log_len = 0, b->s.log[0] = 0;
    assert_int_equal(config_finish(&b->c, &b->s.plat), ERR_INVALID);
    assert_true(scripted_logged(&b->s, told));
}

static void words(void **state) {
    static const char *const wrong[] = {"", "0", "x", "5 times", "5of x", "2M", "-1"};
    for (unsigned i = 0; i < countof(wrong); i++)
        assert_int_equal(config_set(&b->c, &b->s.plat, "test", "repeat", wrong[i]), ERR_INVALID);
    set("kernel", "k");
    set("repeat", "1K of a name of blanks");
    assert_int_equal(b->c.repeat.times, 1000);
    assert_string_equal(b->c.repeat.name, "a name of blanks");
    refused("repeat is given without measure");
    set("measure", "marks");
    assert_int_equal(config_finish(&b->c, &b->s.plat), 0);
    set("clock", "host");
    refused("by which no two repeats are equal");
    set("clock", "instructions");
    set("snapshot", "file at 5");
    refused("repeat and snapshot are given");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(changes_nothing, setup, board_free),
        cmocka_unit_test_setup_teardown(differences, setup, board_free),
        cmocka_unit_test_setup_teardown(the_run_ends_within, setup, board_free),
        cmocka_unit_test_setup_teardown(without_memory, setup, board_free),
        cmocka_unit_test_setup_teardown(words, setup, board_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
// Going back within a process (machine/rewind.h): the same instants again, whatever has been written, from any of several points.
#include "core/blkdev.h"
#include "machine/rewind.h"

#include "board_programs.h"
#include "board_rig.h"

#include <string.h>

#define DISK (64 * KiB)

// Programs that write one byte of RAM after the other, a page and a bit apart, and read what is there.
static const u8 x86[] = {
    0xb9, 0x00, 0x10, 0x00, 0x00, 0x01, 0x81, 0x00, 0x00, 0x20,
    0x00, 0x81, 0xc1, 0x04, 0x10, 0x00, 0x00, 0xeb, 0xf2}; // mov ecx, 1000h; add [rcx+200000h], eax; add ecx, 1004h; jmp
// lui a0, 80201h; slli, srli a0, 32; lui a1, 1; loop: lw a2, (a0); addi a2, a2, 3; sw a2, (a0); add a0, a0, a1; addi a0, a0, 4; j loop
static const u8 riscv64[] = {0x37, 0x15, 0x20, 0x80, 0x13, 0x15, 0x05, 0x02, 0x13, 0x55, 0x05, 0x02, 0xb7, 0x15,
                             0x00, 0x00, 0x03, 0x26, 0x05, 0x00, 0x13, 0x06, 0x36, 0x00, 0x23, 0x20, 0xc5, 0x00,
                             0x33, 0x05, 0xb5, 0x00, 0x13, 0x05, 0x45, 0x00, 0x6f, 0xf0, 0xdf, 0xfe};
// movz x0, #4021h, lsl 16; loop: ldr w1, [x0]; add w1, w1, #3; str w1, [x0], #4; add x0, x0, #1, lsl 12; b loop
static const u8 arm64[] = {0x20, 0x04, 0xa8, 0xd2, 0x01, 0x00, 0x40, 0xb9, 0x21, 0x0c, 0x00, 0x11,
                           0x01, 0x44, 0x00, 0xb8, 0x00, 0x04, 0x40, 0x91, 0xfc, 0xff, 0xff, 0x17};

#define CODE(bytes) {"code", (u8 *)(uintptr_t)(bytes), sizeof(bytes)}
static const struct board_program programs[] = {
    {ARCH_X86_64, 0x100000, CODE(x86)},
    {ARCH_RISCV64, 0x80200000, CODE(riscv64)},
    {ARCH_ARM64, 0x40200000, CODE(arm64)},
};

static u8 disk[DISK];

static int setup(void **state) { return board_new(ARCH_X86_64); }

static struct emu_machine *create(const struct board_program *k) {
    b->c.arch = k->arch;
    b->c.load_address = k->at;
    b->in = (struct emu_inputs){.kernel = k->code, .disk = {{"disk", disk, DISK}}};
    memset(disk, 0, DISK);
    return board_create();
}

// Runs on to this count: the hash there.
static u64 go_on(struct emu_machine *m, u64 to) {
    struct emu_result r;
    ((struct emu_config *)(uintptr_t)m->config)->max_instructions = to;
    m->done = false;
    emu_run(m, &r);
    assert_int_equal(r.reason, EMU_MAX_INSTRUCTIONS);
    assert_int_equal(r.instructions, to);
    return r.state_hash;
}

static void the_same_again(void **state) {
    for (const struct board_program *k = programs; k < programs + countof(programs); k++) {
        struct emu_machine *m = create(k);
        struct rewind *first, *second;
        u64 at_first = go_on(m, 1000);
        assert_int_equal(rewind_mark(m, &first), 0);
        u64 at_second = go_on(m, 3000);
        assert_int_not_equal(at_first, at_second);
        assert_int_equal(rewind_mark(m, &second), 0);
        u64 end = go_on(m, 9000);
        for (unsigned i = 0; i < 3; i++) {
            assert_int_equal(rewind_to(m, second), 0);
            assert_int_equal(state_hash(&m->state), at_second);
            assert_int_equal(m->instructions, 3000);
            assert_int_equal(go_on(m, 9000), end);
        }
        for (unsigned i = 0; i < 3; i++) {
            assert_int_equal(rewind_to(m, first), 0);
            assert_ptr_equal(m->rewind, first);
            assert_int_equal(state_hash(&m->state), at_first);
            if (i == 1) go_on(m, 1500);
            if (i == 1) assert_int_equal(rewind_mark(m, &second), 0);
            assert_int_equal(go_on(m, 9000), end);
        }
        emu_destroy(m);
    }
}

static struct blkdev *medium(struct emu_machine *m) {
    for (unsigned i = 0; i < m->state.parts; i++)
        if (m->state.part[i].save && !strcmp(m->state.part[i].name, "disk0 contents")) return m->state.part[i].ctx;
    fail();
    return NULL;
}

static void fill(struct emu_machine *m, u64 at, char byte) {
    u8 sectors[4 * BLK_SECTOR];
    memset(sectors, byte, sizeof sectors);
    assert_int_equal(blkdev_write(medium(m), at, sectors, sizeof sectors), 0);
}

static void disks_go_back(void **state) {
    struct emu_machine *m = create(&programs[0]);
    struct rewind *first, *second;
    fill(m, 0, 'a');
    u64 hash = state_hash(&m->state);
    assert_int_equal(rewind_mark(m, &first), 0);
    fill(m, 512, 'b');
    assert_int_equal(rewind_mark(m, &second), 0);
    fill(m, 1024, 'c');
    fill(m, 0, 'd');
    assert_int_equal(disk[0], 'd');
    assert_int_equal(rewind_to(m, second), 0);
    assert_int_equal(disk[0], 'a');
    assert_int_equal(disk[512], 'b');
    fill(m, 0, 'e');
    assert_int_equal(rewind_to(m, first), 0);
    assert_int_equal(state_hash(&m->state), hash);
    assert_int_equal(disk[512], 'a');
    assert_int_equal(disk[2048], 0);
    emu_destroy(m);
    assert_null(b->in.disk_drive[0]);
}

// Nothing is wrong with the run then, but that it cannot go back.
static void *nothing(struct plat *p, size_t bytes, size_t align) { return NULL; }
static void without_memory(void **state) {
    struct emu_machine *m = create(&programs[0]);
    struct rewind *r;
    void *(*alloc)(struct plat *p, size_t bytes, size_t align) = b->s.plat.alloc;
    u64 end = go_on(m, 5000);
    emu_destroy(m);
    m = create(&programs[0]);
    b->s.plat.alloc = nothing;
    assert_int_equal(rewind_mark(m, &r), ERR_NO_MEMORY);
    b->s.plat.alloc = alloc;
    assert_int_equal(rewind_mark(m, &r), 0);
    b->s.plat.alloc = nothing;
    assert_int_equal(go_on(m, 5000), end);
    assert_int_equal(rewind_to(m, r), ERR_NO_MEMORY);
    assert_true(scripted_logged(&b->s, "it cannot go back"));
    b->s.plat.alloc = alloc;
    rewind_forget(m);
    assert_int_equal(rewind_mark(m, &r), 0);
    go_on(m, 6000);
    assert_int_equal(rewind_to(m, r), 0);
    assert_int_equal(state_hash(&m->state), end);
    emu_destroy(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_same_again, setup, board_free),
        cmocka_unit_test_setup_teardown(disks_go_back, setup, board_free),
        cmocka_unit_test_setup_teardown(without_memory, setup, board_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

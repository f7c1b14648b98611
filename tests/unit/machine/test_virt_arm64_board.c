// SPDX-License-Identifier: MIT
// The whole machine `virt` for Arm64, from emu_create to the result: the state that a guest starts in, the virtual timer through the GIC to
// WFI, PSCI by HVC and SMC, resets, and what is refused. Programs reset the machine where something is not as it should be; each is written
// out above its words.
#include "board_rig.h"

#include <string.h>

#define RAM_AT 0x40000000

//   ldr w1, [x0]; movz w2, #0x0dd0; movk w2, #0xedfe, lsl #16; cmp w1, w2; b.ne fail; orr x1, x1, x2; mrs x3, CurrentEL;
//   cmp x3, #4; b.ne fail; mrs x3, DAIF; cmp x3, #0x3c0; b.ne fail; mrs x3, SCTLR_EL1; tst x3, #1; b.ne fail;
//   movz x4, #0x0900, lsl #16; mov w5, #'k'; strb w5, [x4]; movz x6, #0x0800, lsl #16; mov w7, #2; str w7, [x6];
//   movz x8, #0x080a, lsl #16; str wzr, [x8, #0x14]; movz x9, #0x080b, lsl #16; mov w10, #0x08000000; str w10, [x9, #0x80];
//   str w10, [x9, #0x100]; mov x11, #0xf0; msr ICC_PMR_EL1, x11; mov x11, #1; msr ICC_IGRPEN1_EL1, x11; mrs x12, CNTVCT_EL0;
//   add x13, x12, #625; msr CNTV_CVAL_EL0, x13; msr CNTV_CTL_EL0, x11; wfi; mrs x14, CNTVCT_EL0; cmp x14, x13; b.lo fail;
//   mrs x15, ICC_IAR1_EL1; cmp x15, #27; b.ne fail; msr CNTV_CTL_EL0, xzr; msr ICC_EOIR1_EL1, x15; mrs x15, ICC_IAR1_EL1;
//   cmp x15, #1023; b.ne fail; movz w0, #0; movk w0, #0x8400, lsl #16; hvc #0; cmp x0, #0x10, lsl #12; b.ne fail; movz w0, #0;
//   movk w0, #0x8400, lsl #16; smc #0; cmp x0, #0x10, lsl #12; b.ne fail; movz w0, #3; movk w0, #0x8400, lsl #16; mov x1, #1;
//   hvc #0; cmn x0, #2; b.ne fail; movz w0, #8; movk w0, #0x8400, lsl #16; hvc #0; fail: movz w0, #9; movk w0, #0x8400, lsl #16;
//   hvc #0; b .
// clang-format off
static const u32 kernel[] = {
    0xb9400001, 0x5281ba02, 0x72bdbfc2, 0x6b02003f, 0x540007c1, 0xaa020021, 0xd5384243, 0xf100107f, 0x54000741, 0xd53b4223,
    0xf10f007f, 0x540006e1, 0xd5381003, 0xf240007f, 0x54000681, 0xd2a12004, 0x52800d65, 0x39000085, 0xd2a10006, 0x52800047,
    0xb90000c7, 0xd2a10148, 0xb900151f, 0xd2a10169, 0x52a1000a, 0xb900812a, 0xb901012a, 0xd2801e0b, 0xd518460b, 0xd280002b,
    0xd518cceb, 0xd53be04c, 0x9109c58d, 0xd51be34d, 0xd51be32b, 0xd503207f, 0xd53be04e, 0xeb0d01df, 0x54000383, 0xd538cc0f,
    0xf1006dff, 0x54000321, 0xd51be33f, 0xd518cc2f, 0xd538cc0f, 0xf10ffdff, 0x54000281, 0x52800000, 0x72b08000, 0xd4000002,
    0xf140401f, 0x540001e1, 0x52800000, 0x72b08000, 0xd4000003, 0xf140401f, 0x54000141, 0x52800060, 0x72b08000, 0xd2800021,
    0xd4000002, 0xb100081f, 0x54000081, 0x52800100, 0x72b08000, 0xd4000002, 0x52800120, 0x72b08000, 0xd4000002, 0x14000000,
};

//   movz x1, #0x0901, lsl #16; ldr w2, [x1]; movz w3, #0x1122, lsl #16; movz w0, #8; movk w0, #0x8400, lsl #16; cmp w2, w3;
//   b.eq done; str w3, [x1, #8]; movz w0, #9; movk w0, #0x8400, lsl #16; done: hvc #0; b .
static const u32 battery[] = {
    0xd2a12021, 0xb9400022, 0x52a22443, 0x52800100, 0x72b08000, 0x6b03005f, 0x54000080, 0xb9000823, 0x52800120, 0x72b08000,
    0xd4000002, 0x14000000,
};
// clang-format on

static int set_up(void **state) { return board_new(ARCH_ARM64); }

static void from_the_start_to_power_off(void **state) {
    struct emu_result r = board_run(BLOB(kernel), RAM_AT + 2 * MiB);
    assert_int_equal(r.reason, EMU_POWEROFF);
    assert_string_equal(b->s.out, "k");
    assert_in_range(r.virtual_ns, 10000, 10200); // it slept until its timer, and not longer
    assert_in_range(r.instructions, 50, 100);
    b->c.pace = PACE_FREE;
    assert_int_equal(board_run(BLOB(kernel), RAM_AT + 2 * MiB).state_hash, r.state_hash);
    b->c.load_address = RAM_AT; // the tree is elsewhere
    assert_int_equal(board_run(BLOB(kernel), RAM_AT).reason, EMU_POWEROFF);
}

// An OS that has come to its end waits with nothing enabled that could wake it.
static void halts(void **state) {
    static const u32 wait[] = {0xd503207f, 0x17ffffff}; // 1: wfi; b 1b
    assert_int_equal(board_run(BLOB(wait), RAM_AT).reason, EMU_HALTED);
    assert_true(scripted_logged(&b->s, "it has come to its end"));
}

static void a_restart_keeps_the_clock(void **state) { board_restarts_with_the_clock(BLOB(battery), RAM_AT); }

static void what_is_no_machine(void **state) {
    b->in.kernel = BLOB(kernel);
    b->c.load_address = RAM_AT + 2 * MiB;
    board_refuses(ERR_RANGE, "memory: 6 MiB of guest RAM are too few", 6 * MiB);
    strcpy(b->c.cpu, "cortex-m0");
    board_refuses(ERR_NOT_FOUND, "cpu: there is no model \"cortex-m0\"; right is one of armv8.0", BOARD_RAM);
    b->c.cpu[0] = 0;
    b->in.bios = BLOB(battery);
    board_refuses(ERR_UNSUPPORTED, "bios: the board of arm64 takes no firmware", BOARD_RAM);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, board_free)
    const struct CMUnitTest tests[] = {TEST(from_the_start_to_power_off), TEST(halts), TEST(a_restart_keeps_the_clock),
                                       TEST(what_is_no_machine)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

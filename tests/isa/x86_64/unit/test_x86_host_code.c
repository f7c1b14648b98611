// SPDX-License-Identifier: MIT
// Made code as people see it (cpu/dump.h, insn/host_code.h): the guest's instructions beside the host's. What the disassembler says is
// test_x86_disasm.c's business.
#include "isa/x86_64/insn/host_code.h"
#include "x86_rig.h"

#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

// What a translator might make: a prologue, nothing for NOP, two for ADD, and a jump out.
static const u8 host[] = {
    0x4c, 0x89, 0xfc,             // mov rsp, r15
    0x03, 0x43, 0x08,             // add eax, dword ptr [rbx + 8]
    0xc4, 0xe2, 0x70, 0xf2, 0xc2, // andn eax, ecx, edx: v1 does not know it
    0xe9, 0x10, 0x00, 0x00, 0x00, // jmp
    0x06,                         // no instruction
    0x0f,                         // nor a whole one
};
enum { AT = 0x7000 };

static const char *log_of(struct x86_rig *r) {
    r->plat.log[r->plat.log_len] = 0;
    return r->plat.log;
}

static void alone(void **state) {
    struct x86_rig *r = *state;
    r->plat.log_len = 0;
    x86_dump_code(&r->plat.plat, LOG_INFO, x86_host_index(&r->env), host, sizeof host, AT);
    assert_string_equal(
        log_of(r),
        "                                                                     | 000000007000 4c89fc                 mov rsp, r15\n"
        "                                                                     | 000000007003 034308                 add eax, dword ptr [rbx + 8]\n"
        "                                                                     | 000000007006 c4e270f2c2             andn eax, ecx, edx\n"
        "                                                                     | 00000000700b e910000000             jmp 0x7020\n"
        "                                                                     | 000000007010 06                     (bad)\n"
        "                                                                     | 000000007011 0f                     (bytes)\n");
}

// Room that is kept free is one line, and ends where code for the next instruction begins.
static void filled_room(void **state) {
    static const u8 bytes[] = {0xcc, 0xcc, 0xcc, 0x90, 0x90, 0x90};
    static const struct made_piece piece[] = {{RIG_CODE, 5}};
    const struct made_code m = {.bytes = bytes, .size = sizeof bytes, .at = AT, .piece = piece, .pieces = 1};
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    r->ram[RIG_CODE] = 0xf4;
    r->plat.log_len = 0;
    dump_made_code(&r->plat.plat, LOG_INFO, &r->c->v, &m, x86_host_disasm, (void *)(hva_t)x86_host_index(&r->env));
    assert_string_equal(
        log_of(r),
        "                                                                     | 000000007000 cc                     int3 (3 times)\n"
        "                                                                     | 000000007003 90                     nop (2 times)\n"
        "  0000000000010000  hlt                                              | 000000007005 90                     nop\n");
}

static void beside_the_guest_s(void **state) {
    static const struct made_piece piece[] = {{RIG_CODE, 3}, {RIG_CODE + 1, 3}, {RIG_CODE + 4, 11}, {(u64)1 << 40, 17}};
    const struct made_code m = {.bytes = host, .size = sizeof host, .at = AT, .piece = piece, .pieces = countof(piece)};
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    memcpy(r->ram + RIG_CODE, (const u8[]){0x90, 0x03, 0x47, 0x08, 0xeb, 0xfe}, 6);
    r->plat.log_len = 0;
    dump_made_code(&r->plat.plat, LOG_INFO, &r->c->v, &m, x86_host_disasm, (void *)(hva_t)x86_host_index(&r->env));
    assert_string_equal(
        log_of(r),
        "                                                                     | 000000007000 4c89fc                 mov rsp, r15\n"
        "  0000000000010000  nop\n"
        "  0000000000010001  add eax, dword ptr [rdi + 8]                     | 000000007003 034308                 add eax, dword ptr [rbx + 8]\n"
        "                                                                     | 000000007006 c4e270f2c2             andn eax, ecx, edx\n"
        "  0000000000010004  jmp 0x10004                                      | 00000000700b e910000000             jmp 0x7020\n"
        "                                                                     | 000000007010 06                     (bad)\n"
        "  0000010000000000  (not mapped)                                     | 000000007011 0f                     (bytes)\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(filled_room, cpu_new, cpu_free),
        cmocka_unit_test_setup_teardown(alone, cpu_new, cpu_free),
        cmocka_unit_test_setup_teardown(beside_the_guest_s, cpu_new, cpu_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

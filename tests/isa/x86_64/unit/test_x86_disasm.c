// SPDX-License-Identifier: MIT
// The disassembler against capstone: a list of encodings in three modes, and every row of the tables in a form of its own
// (names only, where the two are known to name alike).
#include "isa/x86_64/insn/decode.h"
#include "isa/x86_64/insn/disasm.h"
#include "x86_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <capstone/capstone.h>
#include <cmocka.h>

enum { RIP = 0x401000 };

// clang-format off
static const struct {
    u8 bits;
    const char *hex, *want; // want: where we differ from capstone on purpose
} list[] = {
    {64, "4889d8", 0}, {64, "488b4508", 0}, {64, "8b0425785634 12", 0}, {64, "488d05f9ffffff", 0}, {64, "4c8d1cd5f0ffffff", 0},
    {64, "678b4308", 0}, {64, "64488b042528000000", 0}, {64, "88e0", 0}, {64, "4088e0", 0}, {64, "4188c7", 0}, {64, "66b83412", 0},
    {64, "b878563412", 0}, {64, "48b88877665544332211", "mov rax, 0x1122334455667788"}, {64, "83c0ff", 0}, {64, "4883c4f8", 0}, {64, "6683c8fe", "or ax, -2"},
    {64, "f00fc101", 0}, {64, "f0480fb10f", 0}, {64, "0fb60424", 0}, {64, "480fbfc1", 0}, {64, "4863c1", 0}, {64, "c1e007", 0},
    {64, "d1e8", 0}, {64, "48d3f8", 0}, {64, "0fa4d007", 0}, {64, "0fbae01f", 0}, {64, "480fc8", 0}, {64, "0fa2", 0}, {64, "90", 0},
    {64, "f390", 0}, {64, "4190", "xchg r8d, eax"}, {64, "98", 0}, {64, "4898", 0}, {64, "6699", 0}, {64, "4899", 0}, {64, "c3", 0}, {64, "c20800", 0},
    {64, "e8fbffffff", 0}, {64, "ebfe", 0}, {64, "0f84f0000000", 0}, {64, "e302", 0}, {64, "67e302", 0}, {64, "ffd0", 0},
    {64, "ff2500000000", 0}, {64, "55", 0}, {64, "4154", 0}, {64, "6a10", 0}, {64, "8f00", 0}, {64, "c8100000", 0}, {64, "c9", 0},
    {64, "0f94c0", 0}, {64, "480f44c2", 0}, {64, "9c", 0}, {64, "9d", 0}, {64, "48cf", 0}, {64, "cc", 0}, {64, "cd80", 0}, {64, "f4", 0},
    {64, "0f05", 0}, {64, "0f01d0", 0}, {64, "0f20d8", 0}, {64, "0f23f8", 0}, {64, "8ed8", "mov ds, ax"}, {64, "8cd8", 0}, {64, "0f0110", 0},
    {64, "0f0138", 0}, {64, "0fa0", 0}, {64, "0fa9", 0}, {64, "e460", 0}, {64, "ed", 0}, {64, "ee", 0},
    {64, "0f28c1", 0}, {64, "f30f6f4f10", 0}, {64, "66410fefc8", 0}, {64, "f20f2ac0", 0}, {64, "f3480f2cc0", 0}, {64, "0f6fc1", 0},
    {64, "660f3a0fc108", 0}, {64, "0f2fc1", 0}, {64, "d8c1", "fadd st(1)"}, {64, "dd4510", 0}, {64, "db2f", "fld tbyte ptr [rdi]"},
    {64, "d9e8", 0}, {64, "480fc70f", "cmpxchg16b [rdi]"}, {64, "0fc70f", "cmpxchg8b [rdi]"}, {64, "a4", "movsb"}, {64, "f348a5", "rep movsq"}, {64, "f2ae", "repne scasb"},
    {64, "f366a7", "repe cmpsw"}, {64, "aa", "stosb"}, {64, "a12233445566778899", "mov eax, dword ptr [0x9988776655443322]"}, {64, "06", "(bad)"}, {64, "f089c0", "(bad)"},
    {64, "c5fc104010", 0}, {64, "c4417c11a42400100000", 0}, {64, "c5ed efc1", 0}, {64, "c5f1fe0437", 0}, {64, "c5f877", 0}, {64, "c5fc77", 0},
    {64, "c5ecc6c11b", 0}, {64, "c4e16d fec1", 0}, {64, "66c5edefc1", "(bad)"}, {64, "40c5edefc1", "(bad)"}, {64, "f0c5edef00", "(bad)"},
    {64, "c5f41000", "(bad)"}, {64, "c4e07cc6c1 00", "(bad)"}, {32, "c5edefc1", 0}, {16, "c5edefc1", 0}, {32, "c4e16dfec1", 0}, {32, "c5ed", "(incomplete)"},
    {32, "40", 0}, {32, "27", 0}, {32, "8b4508", 0}, {32, "678b4702", 0}, {32, "2e8b03", 0}, {32, "368b03", 0}, {32, "3e8b4500", 0},
    {32, "66ea34127856", "jmp 0x5678:0x1234"}, {32, "60", "pushad"}, {32, "1e", 0}, {32, "cf", 0}, {32, "c500", "lds eax, [eax]"}, {32, "62 01", "bound eax, [ecx]"},
    {16, "8b4702", 0}, {16, "8b1e3412", 0}, {16, "668b00", 0}, {16, "67668b0424", 0}, {16, "e90100", 0}, {16, "07", 0},
    {16, "ea34127856", "jmp 0x5678:0x1234"}, {16, "cf", "iret"}, {16, "98", "cbw"}, {16, "6698", 0}, {16, "e302", 0},
};
// clang-format on

static u64 mode_of(unsigned bits) {
    return bits == 64 ? MODE_CODE64 | MODE_STACK64 : bits == 32 ? MODE_CODE32 | MODE_STACK32 : MODE_CODE16 | MODE_STACK16;
}

static unsigned from_hex(const char *hex, u8 *to) {
    unsigned n = 0, v;
    for (; *hex; hex += 2) {
        while (*hex == ' ') hex++;
        assert_int_equal(sscanf(hex, "%2x", &v), 1);
        to[n++] = (u8)v;
    }
    return n;
}

static csh oracle[3];
static unsigned which(unsigned bits) { return bits / 32; }

static const char *capstone(unsigned bits, const u8 *code, unsigned n, unsigned *length) {
    static char text[160];
    cs_insn *in;
    if (!cs_disasm(oracle[which(bits)], code, n, RIP, 1, &in)) return NULL;
    snprintf(text, sizeof text, "%s%s%s", in->mnemonic, *in->op_str ? " " : "", in->op_str);
    *length = in->size;
    cs_free(in, 1);
    return text;
}

static void texts(void **state) {
    struct x86_rig *r = *state;
    unsigned wrong = 0;
    for (unsigned i = 0; i < countof(list); i++) {
        u8 code[16];
        char text[160];
        unsigned n = from_hex(list[i].hex, code), want_length = n;
        const char *want = list[i].want ? list[i].want : capstone(list[i].bits, code, n, &want_length);
        assert_non_null(want);
        unsigned length = x86_disasm(r->c->index, mode_of(list[i].bits), code, n, RIP, text, sizeof text);
        if (!strcmp(text, want) && (length == want_length || list[i].want)) continue;
        printf("%s: '%s' (%u bytes), right is '%s' (%u)\n", list[i].hex, text, length, want, want_length);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void short_rooms(void **state) {
    struct x86_rig *r = *state;
    const u8 code[] = {0x48, 0x8d, 0x05, 0xf9, 0xff, 0xff, 0xff};
    char text[64];
    for (unsigned room = 1; room <= 24; room++) {
        memset(text, '#', sizeof text);
        assert_int_equal(x86_disasm(r->c->index, mode_of(64), code, sizeof code, RIP, text, room), 7);
        assert_true(strlen(text) < room);
        assert_int_equal(text[room], '#');
    }
    for (unsigned have = 0; have < sizeof code; have++)
        assert_int_equal(x86_disasm(r->c->index, mode_of(64), code, have, RIP, text, sizeof text), 0);
}

// Random bytes: never longer than 15, and where both know the instruction, of capstone's length.
static void lengths(void **state) {
    struct x86_rig *r = *state;
    u64 seed = 1;
    unsigned compared = 0, differ = 0;
    for (unsigned i = 0; i < 200000; i++) {
        u8 code[16];
        char text[160];
        for (unsigned k = 0; k < 16; k++) code[k] = (u8)((seed = seed * 6364136223846793005u + 1442695040888963407u) >> 56);
        unsigned want = 0, length = x86_disasm(r->c->index, mode_of(64), code, 15, RIP, text, sizeof text);
        assert_true(length <= 15);
        if (text[0] == '(' || !strncmp(text, "ud", 2) || !capstone(64, code, 15, &want)) continue;
        compared++;
        // Capstone follows AMD: 66h shortens a near branch, UD1 has no ModRM byte.
        bool branch = text[0] == 'j' || !strncmp(text, "call", 4);
        if (length == want || (branch && memchr(code, 0x66, length))) continue;
        if (differ++ < 10)
            printf("%02x %02x %02x %02x %02x: %s, %u bytes; capstone: %u\n", code[0], code[1], code[2], code[3], code[4], text,
                   length, want);
    }
    assert_true(compared > 100000);
    assert_int_equal(differ, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(texts, cpu_new, cpu_free),
        cmocka_unit_test_setup_teardown(short_rooms, cpu_new, cpu_free),
        cmocka_unit_test_setup_teardown(lengths, cpu_new, cpu_free),
    };
    const cs_mode modes[] = {CS_MODE_16, CS_MODE_32, CS_MODE_64};
    for (unsigned i = 0; i < 3; i++)
        if (cs_open(CS_ARCH_X86, modes[i], &oracle[i])) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

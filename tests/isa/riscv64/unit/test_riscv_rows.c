// SPDX-License-Identifier: MIT
// The instruction table by itself, and instructions that user mode does not show (tests/isa/riscv64 has the others): which exist in
// which model and mode, reservations, cache blocks, what a trap tells.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/le.h"
#include "riscv_rig.h"
#include "rng.h"

#include <string.h>

// ---- the table

static const struct rv_insn *decoded(const struct rv_index *ix, u32 word) {
    struct rv_decoded d;
    u8 bytes[4];
    st32(bytes, word);
    assert_true(rv_decode(ix, 0, bytes, 4, 0, &d));
    assert_int_equal(d.length, (word & 3) == 3 ? 4 : 2);
    return d.insn;
}

static const struct rv_insn *rows[1024];
static unsigned row_count;

static int collect_rows(void **state) {
    for (const struct rv_table *const *t = rv_tables; *t; t++)
        for (unsigned i = 0; i < (*t)->count; i++) rows[row_count++] = &(*t)->rows[i];
    return 0;
}

static u32 word_of(const struct rv_insn *row, struct rng *g) {
    struct rv_pattern p;
    assert_true(rv_pattern_parse(row->bits, &p));
    for (;;) {
        u32 word = ((u32)rnd(g) & ~p.mask) | p.match;
        if (p.width == 16) word = (u16)word;
        if (rv_pattern_covers(&p, word)) return word;
    }
}

static bool starts(const struct rv_insn *row, const char *with) { return !strncmp(row->name, with, strlen(with)); }

// Encodings that the manual carves out of other ones; no two other rows share one.
static bool carved(const struct rv_insn *inner, const struct rv_insn *outer) {
    if (starts(inner, "prefetch.")) return !strcmp(outer->name, "ori");
    if (!strcmp(inner->name, "pause")) return !strcmp(outer->name, "fence");
    if (!strcmp(inner->name, "fence.tso")) return !strcmp(outer->name, "fence");
    if (!strcmp(inner->name, "c.nop")) return !strcmp(outer->name, "c.addi");
    if (!strcmp(inner->name, "c.addi16sp")) return !strcmp(outer->name, "c.lui");
    return false;
}

static void rows_share_no_encoding(void **state) {
    struct rng g = {.s = 1};
    static struct rv_pattern p[countof(rows)];
    for (unsigned i = 0; i < row_count; i++) assert_true(rv_pattern_parse(rows[i]->bits, &p[i]));
    for (unsigned n = 0; n < 200 * row_count; n++) {
        const struct rv_insn *row = rows[n % row_count];
        u32 word = word_of(row, &g);
        for (unsigned i = 0; i < row_count; i++) {
            if (rows[i] == row || (p[i].width == 32) != ((word & 3) == 3) || !rv_pattern_covers(&p[i], word)) continue;
            if (!carved(row, rows[i]) && !carved(rows[i], row)) fail_msg("%08x is %s and %s", word, row->name, rows[i]->name);
        }
    }
}

static void models_have_their_extensions_and_no_more(void **state) {
    struct rng g = {.s = 1};
    for (unsigned m = 0; rv_model_at(m); m++) {
        struct riscv_rig r;
        riscv_rig_open(&r, rv_model_at(m)->name);
        for (unsigned i = 0; i < row_count; i++) {
            const struct rv_insn *row = rows[i];
            const struct rv_insn *is = decoded(r.c->index, word_of(row, &g));
            bool there = is && (is == row || carved(is, row));
            bool instead = is && carved(row, is);
            if (there != rv_has(rv_model_at(m), row->ext) || (!there && is && !instead))
                fail_msg("%s in %s: %s", row->name, rv_model_at(m)->name, is ? is->name : "illegal");
        }
        riscv_rig_close(&r);
    }
}

static void the_notation_is_checked(void **state) {
    struct rv_pattern p;
    static const char *const wrong[] = {"",
                                        "0000000 rs2 rs1 000 rd 011001",
                                        "0000000 rs2 rs1 000 rd 01100111",
                                        "imm[11:0 rs1 000 rd 0010011",
                                        "imm[0:11] rs1 000 rd 0010011",
                                        "0000000 rs4 rs1 000 rd 0110011",
                                        "000 imm[5] rd!= imm[4:0] 01"};
    for (unsigned i = 0; i < countof(wrong); i++) assert_false(rv_pattern_parse(wrong[i], &p));
    assert_true(rv_pattern_parse("imm[12|10:5] rs2 rs1 000 imm[4:1|11] 1100011", &p));
    struct rv_fields f;
    rv_pattern_fields(&p, 0xfe000ee3, &f); // beq x0, x0, -4 as the GNU assembler has it
    assert_int_equal(f.imm, -4);
    assert_int_equal(f.rs1 | f.rs2, 0);
}

static void an_instruction_needs_all_its_bytes(void **state) {
    struct riscv_rig r;
    struct rv_decoded d;
    const u8 add[4] = {0xb3, 0x00, 0x51, 0x00}, nop[2] = {0x01, 0x00};
    riscv_rig_open(&r, "max");
    for (unsigned n = 0; n < 4; n++) assert_false(rv_decode(r.c->index, 0, add, n, 0, &d));
    assert_true(rv_decode(r.c->index, 0, add, 4, 0, &d));
    assert_false(rv_decode(r.c->index, 0, nop, 1, 0, &d));
    assert_true(rv_decode(r.c->index, 0, nop, 2, 0, &d));
    riscv_rig_close(&r);
}

// ---- what traps say

enum {
    NOP = 0x00000013,
    ECALL = 0x00000073,
    EBREAK = 0x00100073,
    SRET = 0x10200073,
    MRET = 0x30200073,
    WFI = 0x10500073,
    SFENCE_VMA = 0x12000073,
    SINVAL_VMA = 0x16000073,
    SFENCE_W_INVAL = 0x18000073,
    SFENCE_INVAL_IR = 0x18100073,
};

static void environment_calls_tell_the_mode(void **state) {
    struct riscv_rig r;
    riscv_rig_open(&r, "max");
    assert_int_equal(RIG_RUN(&r, RV_U, 2, NOP, ECALL), RV_ECALL_U);
    assert_int_equal(r.c->s.mepc, RIG_RAM + 4);
    assert_int_equal(r.c->s.mtval, 0);
    assert_int_equal(RIG_RUN(&r, RV_S, 1, ECALL), RV_ECALL_S);
    assert_int_equal(RIG_RUN(&r, RV_M, 1, ECALL), RV_ECALL_M);
    assert_int_equal(RIG_RUN(&r, RV_U, 2, NOP, EBREAK), RV_BREAKPOINT);
    assert_int_equal(r.c->s.mtval, RIG_RAM + 4);
    riscv_rig_close(&r);
}

static void illegal_instructions_tell_their_bits(void **state) {
    static const u32 words[] = {0x00000000, 0xffffffff, 0x9c41 /* c.subw's reserved neighbour */,
                                SRET,       0x0000006b, 0x30003073 /* csrrc mstatus */};
    struct riscv_rig r;
    riscv_rig_open(&r, "max");
    for (unsigned i = 0; i < countof(words); i++) {
        assert_int_equal(RIG_RUN(&r, RV_U, 1, words[i]), RV_ILLEGAL_INSTRUCTION);
        assert_int_equal(r.c->s.mtval, (words[i] & 3) == 3 ? words[i] : words[i] & 0xffff);
    }
    riscv_rig_close(&r);
}

static void privileged_instructions_need_their_mode(void **state) {
    static const struct {
        u32 word;
        u8 least;
    } all[] = {{SRET, RV_S},           {MRET, RV_M},           {WFI, RV_S}, {SFENCE_VMA, RV_S}, {SINVAL_VMA, RV_S},
               {SFENCE_W_INVAL, RV_S}, {SFENCE_INVAL_IR, RV_S}};
    static const u8 modes[] = {RV_U, RV_S, RV_M};
    struct riscv_rig r;
    riscv_rig_open(&r, "max");
    for (unsigned i = 0; i < countof(all); i++)
        for (unsigned m = 0; m < countof(modes); m++) {
            r.c->s.mepc = r.c->s.sepc = RIG_RAM + RIG_HANDLER;
            i64 cause = RIG_RUN(&r, modes[m], 1, all[i].word);
            assert_int_equal(cause, modes[m] < all[i].least ? RV_ILLEGAL_INSTRUCTION : -1);
            r.c->s.waiting = 0;
        }
    riscv_rig_close(&r);
}

// ---- CSR instructions: when is a register read, when is it written (table 6.1)?

static u32 csr_word(unsigned csr, unsigned rs1, unsigned funct3, unsigned rd) {
    return csr << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | 0x73;
}

static void nothing_is_written_where_no_bits_are_named(void **state) {
    enum { MVENDORID = 0xf11, MSCRATCH = 0x340, CSRRW = 1, CSRRS = 2, CSRRC = 3, CSRRWI = 5, CSRRSI = 6, CSRRCI = 7 };
    struct riscv_rig r;
    riscv_rig_open(&r, "max");
    for (unsigned f = CSRRS; f <= CSRRCI; f++) {
        if (f == 4 || f == CSRRWI) continue;
        r.c->s.x[5] = 0;
        assert_int_equal(RIG_RUN(&r, RV_M, 1, csr_word(MVENDORID, 0, f, 1)), -1);
        assert_int_equal(RIG_RUN(&r, RV_M, 1, csr_word(MVENDORID, 5, f, 1)), RV_ILLEGAL_INSTRUCTION); // x5 is 0, but named
    }
    assert_int_equal(RIG_RUN(&r, RV_M, 1, csr_word(MVENDORID, 0, CSRRW, 0)), RV_ILLEGAL_INSTRUCTION);
    assert_int_equal(RIG_RUN(&r, RV_M, 1, csr_word(MVENDORID, 0, CSRRWI, 0)), RV_ILLEGAL_INSTRUCTION);
    r.c->s.x[6] = 0xff0;
    assert_int_equal(RIG_RUN(&r, RV_M, 3, csr_word(MSCRATCH, 6, CSRRW, 6), csr_word(MSCRATCH, 0x13, CSRRSI, 7),
                             csr_word(MSCRATCH, 0x11, CSRRCI, 8)),
                     -1);
    assert_int_equal(r.c->s.x[7], 0xff0);
    assert_int_equal(r.c->s.x[8], 0xff3);
    assert_int_equal(r.c->s.mscratch, 0xfe2);
    riscv_rig_close(&r);
}

// ---- reservations

enum { A0 = 10, A1 = 11, T0 = 5, T1 = 6 };
enum {
    LR_W = 0x100522af,
    SC_W = 0x18b5232f,
    LR_D = 0x100532af,
    SC_D = 0x18b5332f,
    SW_0 = 0x00052023,
    ADDI_A0_8 = 0x00850513
}; // of (a0); t0 and t1 get the results

static u64 after(struct riscv_rig *r, unsigned n, const u32 *words, unsigned count) {
    r->c->s.x[A0] = RIG_RAM + RIG_DATA;
    r->c->s.x[A1] = 0x1122334455667788;
    r->c->s.x[T1] = 77;
    st64(r->ram + RIG_DATA, 0);
    st64(r->ram + RIG_DATA + 8, 0);
    riscv_rig_run(r, RV_M, n, words, count);
    return r->c->s.x[T1];
}
#define AFTER(r, n, ...) after(r, n, (const u32[]){__VA_ARGS__}, countof(((const u32[]){__VA_ARGS__})))

static void a_reservation_serves_one_sc_of_its_address_and_size(void **state) {
    struct riscv_rig r;
    riscv_rig_open(&r, "rv64gc");
    assert_int_equal(AFTER(&r, 1, SC_W), 1);
    assert_int_equal(AFTER(&r, 2, LR_W, SC_W), 0);
    assert_int_equal(ld64(r.ram + RIG_DATA), 0x55667788);
    assert_int_equal(AFTER(&r, 2, LR_D, SC_D), 0);
    assert_int_equal(ld64(r.ram + RIG_DATA), 0x1122334455667788);
    assert_int_equal(AFTER(&r, 3, LR_W, SC_W, SC_W), 1);
    assert_int_equal(AFTER(&r, 2, LR_W, SC_D), 1);
    assert_int_equal(AFTER(&r, 2, LR_D, SC_W), 1);
    assert_int_equal(AFTER(&r, 3, LR_W, ADDI_A0_8, SC_W), 1);
    assert_int_equal(AFTER(&r, 3, LR_W, SW_0, SC_W), 0); // the hart's own stores do not break it
    // A failed SC ends it, too.
    assert_int_equal(AFTER(&r, 4, LR_W, SC_D, SC_W), 1);
    riscv_rig_close(&r);
}

static void a_trap_ends_the_reservation(void **state) {
    struct riscv_rig r;
    riscv_rig_open(&r, "rv64gc");
    AFTER(&r, 1, LR_W);
    assert_int_equal(r.c->s.reserved_bytes, 4);
    RIG_RUN(&r, RV_U, 1, ECALL);
    assert_int_equal(RIG_RUN(&r, RV_M, 1, SC_W), -1);
    assert_int_equal(r.c->s.x[T1], 1);
    riscv_rig_close(&r);
}

static void misaligned_atomics_trap(void **state) {
    enum { AMOADD_W = 0x00b5232f };
    struct riscv_rig r;
    riscv_rig_open(&r, "rv64gc");
    r.c->s.x[A0] = RIG_RAM + RIG_DATA + 2;
    assert_int_equal(RIG_RUN(&r, RV_M, 1, LR_W), RV_LOAD_MISALIGNED);
    assert_int_equal(r.c->s.mtval, RIG_RAM + RIG_DATA + 2);
    assert_int_equal(RIG_RUN(&r, RV_M, 1, SC_W), RV_STORE_MISALIGNED);
    assert_int_equal(RIG_RUN(&r, RV_M, 1, AMOADD_W), RV_STORE_MISALIGNED);
    r.c->s.x[A0] = 0x1000; // nothing is there: a store's fault, also for what reads first
    assert_int_equal(RIG_RUN(&r, RV_M, 1, AMOADD_W), RV_STORE_ACCESS);
    assert_int_equal(RIG_RUN(&r, RV_M, 1, LR_W), RV_LOAD_ACCESS);
    riscv_rig_close(&r);
}

// ---- cache blocks

enum { CBO_INVAL = 0x0005200f, CBO_CLEAN = 0x0015200f, CBO_FLUSH = 0x0025200f, CBO_ZERO = 0x0045200f }; // of (a0)

static void cbo_zero_clears_a_block(void **state) {
    struct riscv_rig r;
    riscv_rig_open(&r, "rva22");
    for (unsigned way = 0; way < 2; way++) { // the first fills the TLB
        memset(r.ram + RIG_DATA, 0xaa, 256);
        r.c->s.x[A0] = RIG_RAM + RIG_DATA + 100;
        assert_int_equal(RIG_RUN(&r, RV_M, 1, CBO_ZERO), -1);
        for (unsigned i = 0; i < 256; i++) assert_int_equal(r.ram[RIG_DATA + i], i >= 64 && i < 128 ? 0 : 0xaa);
    }
    r.c->s.x[A0] = 0x1000;
    assert_int_equal(RIG_RUN(&r, RV_M, 1, CBO_ZERO), RV_STORE_ACCESS);
    riscv_rig_close(&r);
}

static void cache_blocks_are_managed_where_envcfg_says_so(void **state) {
    static const struct {
        u32 word;
        u64 field;
    } all[] = {{CBO_INVAL, BIT(4)}, {CBO_CLEAN, BIT(6)}, {CBO_FLUSH, BIT(6)}, {CBO_ZERO, BIT(7)}};
    struct riscv_rig r;
    riscv_rig_open(&r, "rva22");
    r.c->s.x[A0] = RIG_RAM + RIG_DATA;
    for (unsigned i = 0; i < countof(all); i++)
        for (unsigned open = 0; open < 4; open++) {
            r.c->s.menvcfg = open & 1 ? all[i].field : 0xf0 & ~all[i].field;
            r.c->s.senvcfg = open & 2 ? all[i].field : 0xf0 & ~all[i].field;
            if (i == 0 && !(open & 1)) r.c->s.menvcfg = 0xc0; // CBIE has two bits
            if (i == 0 && !(open & 2)) r.c->s.senvcfg = 0xc0;
            assert_int_equal(RIG_RUN(&r, RV_M, 1, all[i].word), -1);
            assert_int_equal(RIG_RUN(&r, RV_S, 1, all[i].word), open & 1 ? -1 : RV_ILLEGAL_INSTRUCTION);
            assert_int_equal(RIG_RUN(&r, RV_U, 1, all[i].word), open == 3 ? -1 : RV_ILLEGAL_INSTRUCTION);
            if (open != 3) assert_int_equal(r.c->s.mtval, all[i].word);
        }
    r.c->s.x[A0] = 0x1000;
    for (unsigned i = 0; i < countof(all); i++) assert_int_equal(RIG_RUN(&r, RV_M, 1, all[i].word), RV_STORE_ACCESS);
    riscv_rig_close(&r);
}

static void a_prefetch_never_faults(void **state) {
    struct riscv_rig r;
    riscv_rig_open(&r, "rva22");
    r.c->s.x[A0] = 0x1000;
    for (u32 kind = 0; kind < 4; kind++)
        if (kind != 2) assert_int_equal(RIG_RUN(&r, RV_U, 1, 0x00056013 | kind << 20), -1);
    riscv_rig_close(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_share_no_encoding),
        cmocka_unit_test(models_have_their_extensions_and_no_more),
        cmocka_unit_test(the_notation_is_checked),
        cmocka_unit_test(an_instruction_needs_all_its_bytes),
        cmocka_unit_test(environment_calls_tell_the_mode),
        cmocka_unit_test(illegal_instructions_tell_their_bits),
        cmocka_unit_test(privileged_instructions_need_their_mode),
        cmocka_unit_test(nothing_is_written_where_no_bits_are_named),
        cmocka_unit_test(a_reservation_serves_one_sc_of_its_address_and_size),
        cmocka_unit_test(a_trap_ends_the_reservation),
        cmocka_unit_test(misaligned_atomics_trap),
        cmocka_unit_test(cbo_zero_clears_a_block),
        cmocka_unit_test(cache_blocks_are_managed_where_envcfg_says_so),
        cmocka_unit_test(a_prefetch_never_faults),
    };
    return cmocka_run_group_tests(tests, collect_rows, NULL);
}

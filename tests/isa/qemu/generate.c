// SPDX-License-Identifier: MIT
// Encodings and their inputs, all of a seed and a number.
#include "base/bits.h"
#include "base/le.h"
#include "rig.h"

#include <string.h>

static struct rng rng_of(u64 seed, u64 number, u64 what) {
    struct rng g = {.s = seed * 0x9e3779b97f4a7c15 ^ number * 0xd1342543de82ef95 ^ what << 56};
    rnd(&g);
    return g;
}

void append(struct encoding *e, u32 word) {
    u8 bytes[4];
    st32(bytes, word);
    unsigned n = insn_bytes(bytes);
    memcpy(e->code + e->bytes, bytes, n);
    e->bytes += n;
    e->insns++;
}

void append_plain(struct encoding *e, struct rng *g, const insn_index *ix) {
    struct encoding first;
    for (unsigned tries = 0; tries < 20; tries++) {
        const insn_row *row = all_rows[below(g, row_count)];
        u32 word = word_of(row, g, ix);
        if (!decode(&first, word, 0, ix) || first.d.ends || has_memory(row) || exempt(&first) || qemu_errs(row)) continue;
        if (disturbs(&first, e)) continue;
        append(e, word);
        return;
    }
}

// Bits flipped in an instruction, or anything. The lowest bits, ALWAYS_SET, say that it has 32 bits.
static u32 random_word(struct rng *g, const insn_index *ix) {
    if (one_in(g, 2)) return (u32)rnd(g) | (((u32)1 << ALWAYS_SET) - 1);
    u32 word = word_of(all_rows[below(g, row_count)], g, ix);
    for (unsigned n = 1 + below(g, 3); n; n--) word ^= (u32)1 << (ALWAYS_SET + below(g, 32 - ALWAYS_SET));
    return word;
}

// The first two bytes of what is longer, and any behind them.
static u32 short_word(u32 number, struct rng *g) {
    u8 bytes[4];
    st32(bytes, number);
    return insn_bytes(bytes) == 2 ? number : number | (u32)rnd(g) << 16;
}

static u32 generate_word(struct encoding *e, enum source source, struct rng *g, const insn_index *ix) {
    if (source == SWEEP) return e->number < SWEEP_SHORT ? short_word((u32)e->number, g) : random_word(g, ix);
    if (source == ROWS && e->number % 16 == 15) return random_word(g, ix);
    return word_of(all_rows[e->number % row_count], g, ix);
}

// Branches lead to pads of this slot or of the one before.
static i64 pad_offset(const struct encoding *e, unsigned choice) {
    static const int pads[3] = {SLOT_PAD_1, SLOT_PAD_3, (int)SLOT_PAD_2 - (int)SLOT};
    return (i64)(e->slot + (u64)(i64)pads[choice] - e->pc);
}

void generate(struct encoding *e, u64 number, enum source source, u64 seed, const insn_index *ix) {
    struct rng g = rng_of(seed, number, 1);
    *e = (struct encoding){.number = number, .slot = CODE + SLOT * (1 + number % PER_BATCH)};
    u32 word = generate_word(e, source, &g, ix);
    if (!decode(e, word, 0, ix)) {
        if (one_in(&g, 8)) append(e, NOP);
    } else {
        word = append_before(e, word, source, &g, ix);
    }
    e->pc = e->slot + SLOT_CODE + e->bytes;
    if (e->row && has_label(e->row)) word = with_label(e->row, word, pad_offset(e, below(&g, 3)));
    decode(e, word, e->pc, ix);
    append(e, word);
    e->skip = exempt(e);
}

void write_slot(u8 *slot, const struct encoding *e, u64 at) {
    memset(slot, 0, SLOT);
    st32(slot, slot_entry(at));
    if (e && !e->skip) {
        memcpy(slot + SLOT_CODE, e->code, e->bytes);
        st32(slot + SLOT_CODE + e->bytes, jump(at + SLOT_CODE + e->bytes, STUBS));
    }
    st32(slot + SLOT_PAD_1, jump(at + SLOT_PAD_1, STUBS + STUB_BYTES));
    st32(slot + SLOT_PAD_2, jump(at + SLOT_PAD_2, STUBS + 2 * STUB_BYTES));
    st32(slot + SLOT_PAD_3, jump(at + SLOT_PAD_3, STUBS + 3 * STUB_BYTES));
}

u64 window_of(u64 at) {
    if (at < DATA - 64 || at >= DATA + DATA_WRITABLE) return 0;
    u64 window = align_down(at, 64);
    if (window < DATA) return DATA;
    return window > DATA + DATA_WRITABLE - WINDOW ? DATA + DATA_WRITABLE - WINDOW : window;
}

void generate_input(struct input *in, const struct encoding *e, unsigned i, u64 seed) {
    struct rng g = rng_of(seed, e->number, 2 + i);
    in->window = 0;
    in->r.pc = 0;
    random_registers(in, e, &g);
}

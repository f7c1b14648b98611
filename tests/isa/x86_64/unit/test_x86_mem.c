// SPDX-License-Identifier: MIT
// Guest memory through the TLB: what must be seen after which flush (4.10), rights of rings, page crossings, MMIO, and that
// whatever faults has changed nothing.
#include "isa/x86_64/sys/mem.h"
#include "x86_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// One 2 MiB region of linear addresses under a page table of its own.
enum { VA = 0x400000, PDE = RIG_TABLES + 0x2000 + 8 * (VA >> 21), PT = RIG_TABLES + 0x10000 };
enum { P = 1, W = 2, U = 4, A = 32, D = 64, PS = 128, G = 256 };

static void pte(struct x86_rig *r, unsigned page, u64 value) { cpu_poke(r, PT + 8 * page, value, 8); }
static u64 pte_of(struct x86_rig *r, unsigned page) { return cpu_peek(r, PT + 8 * page, 8); }
static void table(struct x86_rig *r) {
    cpu_poke(r, PDE, PT | P | W | U, 8);
    for (unsigned i = 0; i < 512; i++) pte(r, i, 0);
    x86_tlb_flush_all(r->c);
}
static void fill(struct x86_rig *r, gpa_t page, u8 value) { memset(r->ram + page, value, 4096); }

static u64 rd(struct x86_rig *r, gva_t a, unsigned size) {
    u64 v = 0;
    x86_read(r->c, DS, a, &v, size);
    return v;
}
static void wr(struct x86_rig *r, gva_t a, u64 v, unsigned size) { x86_write(r->c, DS, a, &v, size); }
static void ring(struct x86_rig *r, u8 cpl) {
    r->c->s.cpl = cpl;
    x86_mode_changed(r->c);
}

// ---- translations change

static void invlpg(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    table(r);
    fill(r, 0x50000, 5), fill(r, 0x60000, 6);
    pte(r, 3, 0x50000 | P | W);
    assert_int_equal(rd(r, VA + 0x3010, 1), 5);
    pte(r, 3, 0x60000 | P | W);
    r->c->s.gpr[RDI] = VA + 0x3fff;
    RIG_RUN(r, 1, 0x0f, 0x01, 0x3f);
    assert_int_equal(rd(r, VA + 0x3010, 1), 6);
    wr(r, VA + 0x3000, 7, 1);
    assert_int_equal(r->ram[0x60000], 7);
    pte(r, 3, 0x50000 | P | W | G);
    RIG_RUN(r, 1, 0x0f, 0x01, 0x3f);
    wr(r, VA + 0x3000, 8, 1);
    assert_int_equal(r->ram[0x50000], 8);
    pte(r, 3, 0); // INVLPG drops global ones, too
    RIG_RUN(r, 1, 0x0f, 0x01, 0x3f);
    assert_raises(r, EXC_PF, 0, rd(r, VA + 0x3000, 1));
    assert_int_equal(r->c->s.cr2, VA + 0x3000);
}

static void cr3_load(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    table(r);
    fill(r, 0x50000, 5), fill(r, 0x60000, 6);
    for (unsigned i = 0; i < 8; i++) pte(r, i, 0x50000 | P | W);
    for (unsigned i = 0; i < 8; i++) assert_int_equal(rd(r, VA + 0x1000 * i, 1), 5);
    for (unsigned i = 0; i < 8; i++) pte(r, i, 0x60000 | P | W);
    r->c->s.gpr[RAX] = RIG_TABLES;
    RIG_RUN(r, 1, 0x0f, 0x22, 0xd8);
    for (unsigned i = 0; i < 8; i++) assert_int_equal(rd(r, VA + 0x1000 * i, 1), 6);
}

// Toggling CR4.PGE drops everything, global entries as well; so does setting CR0.PG.
static void cr4_pge(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    table(r);
    fill(r, 0x50000, 5), fill(r, 0x60000, 6);
    r->c->s.gpr[RAX] = r->c->s.cr4 | CR4_PGE;
    RIG_RUN(r, 1, 0x0f, 0x22, 0xe0);
    pte(r, 1, 0x50000 | P | W | G);
    assert_int_equal(rd(r, VA + 0x1000, 1), 5);
    pte(r, 1, 0x60000 | P | W | G);
    r->c->s.gpr[RAX] = r->c->s.cr4 & ~CR4_PGE;
    RIG_RUN(r, 1, 0x0f, 0x22, 0xe0);
    assert_int_equal(rd(r, VA + 0x1000, 1), 6);
}

// A large page lies in many slots; one INVLPG anywhere in it must reach all of them (4.10.4.2).
static void large_page(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    fill(r, 0x10000, 1);
    cpu_poke(r, PDE, P | W | PS, 8); // VA: physical 0
    x86_tlb_flush_all(r->c);
    r->ram[0x11000] = 1, r->ram[0x211000] = 2;
    for (unsigned i = 0; i < 512; i++) rd(r, VA + 0x1000 * i, 1);
    assert_int_equal(rd(r, VA + 0x11000, 1), 1);
    cpu_poke(r, PDE, 0x200000 | P | W | PS, 8);
    r->c->s.gpr[RDI] = VA + 0x1ff000;
    RIG_RUN(r, 1, 0x0f, 0x01, 0x3f);
    assert_int_equal(rd(r, VA + 0x11000, 1), 2);
    for (unsigned i = 0; i < 512; i++) {
        wr(r, VA + 0x1000 * i + 8, i, 8);
        assert_int_equal(cpu_peek(r, 0x200000 + 0x1000 * i + 8, 8), i);
    }
}

// What is not present is never remembered, and more rights are found by walking again, without a flush (4.10.4.3).
static void more_rights_need_no_flush(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 3);
    table(r);
    assert_raises(r, EXC_PF, PF_U, rd(r, VA, 1));
    pte(r, 0, 0x50000 | P | U);
    assert_fine(r, rd(r, VA, 1));
    assert_raises(r, EXC_PF, PF_U | PF_W | PF_P, wr(r, VA, 1, 1));
    pte(r, 0, 0x50000 | P | U | W);
    assert_fine(r, wr(r, VA, 1, 1));
    assert_int_equal(r->ram[0x50000], 1);
}

static void accessed_and_dirty(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    table(r);
    pte(r, 0, 0x50000 | P | W);
    x86_probe(r->c, DS, VA, 1, ACCESS_READ);
    assert_int_equal(pte_of(r, 0), 0x50000 | P | W | A);
    rd(r, VA, 8);
    assert_int_equal(pte_of(r, 0), 0x50000 | P | W | A);
    wr(r, VA, 1, 8); // the slot is there, but not for writing
    assert_int_equal(pte_of(r, 0), 0x50000 | P | W | A | D);
    pte(r, 0, 0x50000 | P | W | A); // cleaned and flushed, as an OS does
    x86_tlb_flush_page(r->c, VA);
    rd(r, VA, 8);
    assert_int_equal(pte_of(r, 0), 0x50000 | P | W | A);
    wr(r, VA, 1, 8);
    assert_int_equal(pte_of(r, 0), 0x50000 | P | W | A | D);
}

// ---- rings

static void rings_do_not_share(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    table(r);
    pte(r, 0, 0x50000 | P | W);
    pte(r, 1, 0x51000 | P | U);
    assert_fine(r, wr(r, VA, 1, 8));
    ring(r, 3);
    assert_raises(r, EXC_PF, PF_P | PF_U, rd(r, VA, 1));
    assert_raises(r, EXC_PF, PF_P | PF_U | PF_W, wr(r, VA, 1, 1));
    assert_fine(r, rd(r, VA + 0x1000, 1));
    assert_raises(r, EXC_PF, PF_P | PF_U | PF_W, wr(r, VA + 0x1000, 1, 1));
    assert_fine(r, x86_sys_write(r->c, VA, 9, 8)); // the processor's own accesses are a supervisor's
    ring(r, 0);
    assert_fine(r, rd(r, VA, 1));
    assert_raises(r, EXC_PF, PF_P | PF_W, wr(r, VA + 0x1000, 1, 1)); // CR0.WP
    r->c->s.gpr[RAX] = r->c->s.cr0 & ~CR0_WP;
    RIG_RUN(r, 1, 0x0f, 0x22, 0xc0);
    assert_fine(r, wr(r, VA + 0x1000, 1, 1));
    r->c->s.gpr[RAX] = r->c->s.cr0 | CR0_WP;
    RIG_RUN(r, 1, 0x0f, 0x22, 0xc0);
    assert_raises(r, EXC_PF, PF_P | PF_W, wr(r, VA + 0x1000, 1, 1));
}

static void smap(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    table(r);
    pte(r, 0, 0x50000 | P | W | U);
    pte(r, 1, 0x51000 | P | W);
    assert_fine(r, rd(r, VA, 1));
    cpu_poke(r, RIG_TABLES, cpu_peek(r, RIG_TABLES, 8), 8);
    r->c->s.cr4 |= CR4_SMAP;
    x86_tlb_flush_all(r->c);
    x86_mode_changed(r->c);
    assert_raises(r, EXC_PF, PF_P, rd(r, VA, 1));
    assert_fine(r, rd(r, VA + 0x1000, 1));
    x86_set_rflags(r->c, FL_AC, FL_AC); // STAC
    assert_fine(r, rd(r, VA, 1));
    assert_fine(r, wr(r, VA, 1, 1));
    assert_raises(r, EXC_PF, PF_P, x86_sys_read(r->c, VA, 8)); // implicit accesses do not look at AC
    x86_set_rflags(r->c, 0, FL_AC);
    assert_raises(r, EXC_PF, PF_P, rd(r, VA, 1));
    assert_raises(r, EXC_PF, PF_P | PF_W, wr(r, VA, 1, 1));
    ring(r, 3);
    assert_fine(r, rd(r, VA, 1));
}

// ---- PCIDs: each has its own translations, and keeps them while another runs

static void pcids(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    table(r);
    if (!r->c->model->has[F_PCID]) skip();
    // A second hierarchy that differs only in VA's page table.
    const u64 other = 0x180000, pt2 = 0x190000;
    for (unsigned i = 0; i < 3; i++) memcpy(r->ram + other + 0x1000 * i, r->ram + RIG_TABLES + 0x1000 * i, 4096);
    cpu_poke(r, other, (other + 0x1000) | 7, 8);
    cpu_poke(r, other + 0x1000, (other + 0x2000) | 7, 8);
    cpu_poke(r, other + (PDE - RIG_TABLES), pt2 | 7, 8);
    fill(r, 0x50000, 5), fill(r, 0x60000, 6), fill(r, 0x70000, 7);
    pte(r, 0, 0x50000 | P | W);
    cpu_poke(r, pt2, 0x60000 | P | W, 8);
    r->c->s.gpr[RAX] = r->c->s.cr4 | CR4_PCIDE;
    RIG_RUN(r, 1, 0x0f, 0x22, 0xe0);
    const u64 first = RIG_TABLES | 1, second = other | 2, keep = BIT(63);
#define CR3(v) (r->c->s.gpr[RAX] = (v), RIG_RUN(r, 1, 0x0f, 0x22, 0xd8))
    for (unsigned round = 0; round < 3; round++) {
        CR3(first | (round ? keep : 0));
        assert_int_equal(rd(r, VA, 1), 5);
        assert_int_equal(r->c->s.cr3, first);
        CR3(second | (round ? keep : 0));
        assert_int_equal(rd(r, VA, 1), 6);
    }
    // A load without bit 63 forgets that PCID's translations ...
    pte(r, 0, 0x70000 | P | W);
    CR3(first);
    assert_int_equal(rd(r, VA, 1), 7);
    // ... INVPCID of all contexts every PCID's.
    pte(r, 0, 0x50000 | P | W);
    cpu_poke(r, pt2, 0x70000 | P | W, 8);
    memset(r->ram + 0x48000, 0, 16);
    r->c->s.gpr[RDI] = 0x48000;
    r->c->s.gpr[RAX] = 2;
    RIG_RUN(r, 1, 0x66, 0x0f, 0x38, 0x82, 0x07);
    assert_int_equal(rd(r, VA, 1), 5);
    CR3(second | keep);
    assert_int_equal(rd(r, VA, 1), 7);
    // INVPCID type 1, of one that does not run.
    pte(r, 0, 0x60000 | P | W);
    cpu_poke(r, 0x48000, 1, 8);
    r->c->s.gpr[RAX] = 1;
    RIG_RUN(r, 1, 0x66, 0x0f, 0x38, 0x82, 0x07);
    CR3(first | keep);
    assert_int_equal(rd(r, VA, 1), 6);
    // Type 0, one address of another.
    CR3(second | keep);
    pte(r, 0, 0x50000 | P | W);
    cpu_poke(r, 0x48008, VA, 8);
    r->c->s.gpr[RAX] = 0;
    RIG_RUN(r, 1, 0x66, 0x0f, 0x38, 0x82, 0x07);
    CR3(first | keep);
    assert_int_equal(rd(r, VA, 1), 5);
}

// More PCIDs, and more CR3 loads, than there are numbers for.
static void many_address_spaces(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    table(r);
    if (!r->c->model->has[F_PCID]) skip();
    fill(r, 0x50000, 5), fill(r, 0x60000, 6);
    r->c->s.gpr[RAX] = r->c->s.cr4 | CR4_PCIDE;
    RIG_RUN(r, 1, 0x0f, 0x22, 0xe0);
    for (unsigned i = 0; i < 5000; i++) {
        pte(r, 0, (i & 1 ? 0x50000 : 0x60000) | P | W);
        CR3(RIG_TABLES | (i * 7 % 200));
        assert_int_equal(rd(r, VA, 1), i & 1 ? 5 : 6);
    }
}

// ---- page crossings

static void crossing(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    table(r);
    pte(r, 0, 0x58000 | P | W);
    pte(r, 1, 0x51000 | P | W); // physically before the first
    for (unsigned size = 2; size <= 64; size++)
        for (unsigned at = 1; at < size; at += size < 10 ? 1 : 7) {
            u8 in[64], out[64];
            for (unsigned i = 0; i < size; i++) in[i] = (u8)(size + 3 * i + at);
            fill(r, 0x58000, 0), fill(r, 0x51000, 0);
            x86_write(r->c, DS, VA + 0x1000 - at, in, size);
            assert_memory_equal(r->ram + 0x59000 - at, in, at);
            assert_memory_equal(r->ram + 0x51000, in + at, size - at);
            assert_int_equal(r->ram[0x59000 - at - 1], 0);
            assert_int_equal(r->ram[0x51000 + size - at], 0);
            x86_read(r->c, DS, VA + 0x1000 - at, out, size);
            assert_memory_equal(in, out, size);
        }
}

static void crossing_is_all_or_nothing(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    table(r);
    fill(r, 0x50000, 0x11), fill(r, 0x51000, 0x22);
    pte(r, 1, 0x51000 | P | W);
    assert_raises(r, EXC_PF, PF_W, wr(r, VA + 0xffc, ~(u64)0, 8)); // the first page is not there
    assert_int_equal(r->c->s.cr2, VA + 0xffc);
    pte(r, 0, 0x50000 | P | W);
    pte(r, 1, 0);
    x86_tlb_flush_all(r->c);
    assert_raises(r, EXC_PF, PF_W, wr(r, VA + 0xffc, ~(u64)0, 8)); // the second
    assert_int_equal(r->c->s.cr2, VA + 0x1000);
    pte(r, 1, 0x51000 | P); // read-only
    assert_raises(r, EXC_PF, PF_W | PF_P, wr(r, VA + 0xffc, ~(u64)0, 8));
    assert_int_equal(r->c->s.cr2, VA + 0x1000);
    assert_int_equal(cpu_peek(r, 0x50ff8, 8), 0x1111111111111111);
    assert_int_equal(cpu_peek(r, 0x51000, 8), 0x2222222222222222);
    assert_raises(r, EXC_PF, PF_W | PF_P, x86_probe(r->c, DS, VA + 0xfff, 2, ACCESS_WRITE));
    assert_fine(r, x86_probe(r->c, DS, VA + 0xfff, 2, ACCESS_READ));
}

static void not_canonical(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    u64 v;
    assert_raises(r, EXC_GP, 0, rd(r, 0x800000000000, 1));
    assert_raises(r, EXC_GP, 0, rd(r, 0xffff7fffffffffff, 1));
    assert_raises(r, EXC_SS, 0, x86_read(r->c, SS, 0x800000000000, &v, 8));
    assert_raises(r, EXC_SS, 0, x86_write(r->c, SS, 0x1234567800000000, &v, 8));
    assert_raises(r, EXC_PF, 0, rd(r, 0x7fffffffffff, 1));
    assert_raises(r, EXC_PF, 0, rd(r, 0xffff800000000000, 1));
}

// ---- devices, ROM, nothing

struct device {
    struct x86_rig *r;
    struct {
        u64 offset, value, now;
        unsigned width;
        bool write;
    } seen[64];
    unsigned count;
};
static void note(struct device *d, u64 offset, unsigned width, u64 value, bool write) {
    assert_true(d->count < countof(d->seen));
    d->seen[d->count].offset = offset;
    d->seen[d->count].width = width;
    d->seen[d->count].value = value;
    d->seen[d->count].now = d->r->clock.now;
    d->seen[d->count++].write = write;
}
static u64 device_read(void *dev, u64 offset, unsigned width) {
    note(dev, offset, width, 0, false);
    return 0x8877665544332211 + offset;
}
static void device_write(void *dev, u64 offset, unsigned width, u64 value) { note(dev, offset, width, value, true); }
static const struct io_ops device_ops = {device_read, device_write, .size = 0x1000, .widths = IO_ANY};
enum { DEVICE = 0x10000000 };

static struct device *with_device(struct x86_rig *r) {
    static struct device d;
    d = (struct device){.r = r};
    assert_int_equal(bus_add_mmio(&r->bus, &r->plat.plat, "device", DEVICE, &device_ops, &d), 0);
    return &d;
}

// Devices in the middle of a block: every access once, at its own instant, and what stands before it once.
static void mmio(void **state) {
    struct x86_rig *r = *state;
    struct device *d = with_device(r);
    cpu_long(r, 0);
    r->c->s.gpr[RDI] = DEVICE;
    r->c->s.gpr[RBX] = 0;
    // inc ebx; mov eax, [rdi+4]; inc ebx; mov [rdi+8], rbx; inc ebx; add byte [rdi+1], 1; inc ebx; movzx ecx, word [rdi+2]; inc ebx
    RIG_RUN(r, 9, 0xff, 0xc3, 0x8b, 0x47, 4, 0xff, 0xc3, 0x48, 0x89, 0x5f, 8, 0xff, 0xc3, 0x80, 0x47, 1, 1, 0xff, 0xc3, 0x0f,
            0xb7, 0x4f, 2, 0xff, 0xc3);
    assert_int_equal(r->c->s.gpr[RBX], 5);
    assert_int_equal(r->c->s.gpr[RAX], 0x44332215);
    assert_int_equal(r->c->s.gpr[RCX], 0x2213);
    const struct {
        u64 offset, value, before;
        unsigned width;
        bool write;
    } want[] = {
        {4, 0, 1, 4, false}, {8, 2, 3, 8, true}, {1, 0, 5, 1, false}, {1, 0x13, 5, 1, true}, {2, 0, 7, 2, false},
    };
    assert_int_equal(d->count, countof(want));
    for (unsigned i = 0; i < countof(want); i++) {
        assert_int_equal(d->seen[i].offset, want[i].offset);
        assert_int_equal(d->seen[i].width, want[i].width);
        assert_int_equal(d->seen[i].write, want[i].write);
        if (want[i].write) assert_int_equal(d->seen[i].value, want[i].value);
        assert_in_range(d->seen[i].now, want[i].before, want[i].before + 1); // instructions before it, or itself with them
        assert_int_equal(d->seen[i].now - want[i].before, d->seen[0].now - want[0].before);
    }
    assert_int_equal(r->clock.now, 9);
}

static void mmio_strings(void **state) {
    struct x86_rig *r = *state;
    struct device *d = with_device(r);
    cpu_long(r, 0);
    for (unsigned i = 0; i < 5; i++) cpu_poke(r, 0x48000 + 4 * i, 0x100 + i, 4);
    r->c->s.gpr[RSI] = 0x48000;
    r->c->s.gpr[RDI] = DEVICE + 0x20;
    r->c->s.gpr[RCX] = 5;
    RIG_RUN(r, 5, 0xf3, 0xa5, 0xeb, 0xfe);
    assert_int_equal(r->c->s.gpr[RCX], 0);
    assert_int_equal(d->count, 5);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(d->seen[i].offset, 0x20 + 4 * i);
        assert_int_equal(d->seen[i].value, 0x100 + i);
        assert_int_equal(d->seen[i].width, 4);
    }
}

static void rom_and_nothing(void **state) {
    struct x86_rig *r = *state;
    static u8 rom[4096] __attribute__((aligned(4096)));
    memset(rom, 0x77, sizeof rom);
    assert_int_equal(bus_add_ram(&r->bus, &r->plat.plat, "rom", 0x20000000, sizeof rom, rom, true), 0);
    cpu_long(r, 0);
    assert_int_equal(rd(r, 0x20000ff8, 8), 0x7777777777777777);
    wr(r, 0x20000ff8, 1, 8);
    assert_int_equal(rom[0xff8], 0x77);
    assert_int_equal(rd(r, 0x20000ff8, 8), 0x7777777777777777);
    cpu_poke(r, 0x48000, 0, 8);
    r->c->s.gpr[RDI] = 0x30000000; // nothing there
    RIG_RUN(r, 3, 0x8b, 0x07, 0x88, 0x07, 0x8a, 0x0f);
    assert_int_equal(r->c->s.gpr[RAX], 0xffffffff);
    assert_int_equal(r->c->s.gpr[RCX] & 0xff, 0xff);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, cpu_new, cpu_free)
    const struct CMUnitTest tests[] = {
        TEST(invlpg),
        TEST(cr3_load),
        TEST(cr4_pge),
        TEST(large_page),
        TEST(more_rights_need_no_flush),
        TEST(accessed_and_dirty),
        TEST(rings_do_not_share),
        TEST(smap),
        TEST(pcids),
        TEST(many_address_spaces),
        TEST(crossing),
        TEST(crossing_is_all_or_nothing),
        TEST(not_canonical),
        TEST(mmio),
        TEST(mmio_strings),
        TEST(rom_and_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

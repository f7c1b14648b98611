// SPDX-License-Identifier: MIT
// What the fuzzers found (tests/fuzz), each as a test of its own.
#include "isa/x86_64/sys/mem.h"
#include "machine/machine.h"
#include "x86_rig.h"

#include <stdarg.h>

#include <cmocka.h>

static void run(struct x86_rig *r, u64 n, u64 slice) {
    while (n) {
        u64 start = r->clock.now, did = vcpu_run(&r->c->v, slice < n ? slice : n);
        r->clock.now = start + did;
        n -= did < n ? did : n;
    }
}

static void put(struct x86_rig *r, gpa_t at, const void *bytes, unsigned n) {
    assert_int_equal(bus_copy_in(&r->bus, at, bytes, n), 0);
}

// execute: a block ran past its code segment's limit, where single instructions did not.
static void code_ends_with_its_segment(void **state) {
    struct x86_rig *r = *state;
    for (unsigned slice = 1; slice <= 8; slice += 7) {
        cpu_real(r);
        cpu_poke(r, 4 * EXC_GP, 0x5000, 4);
        put(r, RIG_CODE + 0xfffd, "\x90\x90\x90\x40", 4); // nop; nop; nop | inc ax
        r->c->s.rip = 0xfffd;
        run(r, 4, slice);
        assert_int_equal(r->c->s.rip, 0x5000);
        assert_int_equal((u16)r->c->s.gpr[RAX], 0);
        assert_int_equal(cpu_peek(r, RIG_STACK0 - 6, 2), 0); // where IP had got to, in 16 bits
    }
}

static void an_instruction_over_the_end_of_its_segment(void **state) {
    struct x86_rig *r = *state;
    cpu_real(r);
    cpu_poke(r, 4 * EXC_GP, 0x5000, 4);
    put(r, RIG_CODE + 0xfffe, "\x90\xb0\x55", 3); // nop; mov al, 0x55
    r->c->s.rip = 0xfffe;
    run(r, 2, 2);
    assert_int_equal(r->c->s.rip, 0x5000);
    assert_int_equal((u16)r->c->s.gpr[RAX], 0);
    assert_int_equal(cpu_peek(r, RIG_STACK0 - 6, 2), 0xffff);
    // The block that was cut there is not taken where the segment goes on, nor the other way round.
    for (unsigned i = 0; i < 2; i++) {
        cpu_real(r);
        r->c->s.seg[CS].limit = i ? 0xffff : 0x1ffff;
        x86_mode_changed(r->c);
        r->c->s.rip = 0xfffe;
        run(r, 2, 2);
        assert_int_equal((u16)r->c->s.gpr[RAX], i ? 0 : 0x55);
    }
}

static u64 count_reads(void *dev, u64 offset, unsigned width) {
    ++*(unsigned *)dev;
    return 7; // present, writable, user
}

// execute: the walker read a device as a page table, as often as the TLB missed.
static void page_tables_in_a_device(void **state) {
    static const struct io_ops ops = {count_reads, NULL, .size = 0x1000, .widths = IO_ANY};
    struct x86_rig *r = *state;
    unsigned reads = 0;
    u32 v;
    cpu_long(r, 0);
    assert_int_equal(bus_add_mmio(&r->bus, &r->plat.plat, "device", 0x900000, &ops, &reads), 0);
    cpu_poke(r, RIG_TABLES + 0x2008, 0x900007, 8);
    assert_int_equal(TRAP(r, x86_read(r->c, DS, 0x200000, &v, 4)), EXC_PF);
    assert_int_equal(r->error, PF_P | PF_RSVD);
    assert_int_equal(reads, 0);
}

// execute: a repeated store over code was started again in its middle, and so got further in one tick or the other.
static void a_repeated_store_over_code(void **state) {
    struct x86_rig *r = *state;
    static const u8 code[] = {0x90, 0x90, 0xb0, 0x90, 0xf3, 0xaa, 0x90, 0x90, 0xeb, 0xf6}; // nop; nop; mov al, 0x90; rep stosb
    for (unsigned backwards = 0; backwards < 2; backwards++) {
        u64 at[2];
        for (unsigned i = 0; i < 2; i++) {
            cpu_long(r, 0);
            put(r, RIG_CODE, code, sizeof code);
            r->c->s.gpr[RDI] = RIG_CODE + (backwards ? 7 : 0);
            r->c->s.gpr[RCX] = 4000;
            if (backwards) x86_set_rflags(r->c, FL_DF, FL_DF);
            run(r, 4, i ? 1 : 4);
            at[i] = r->c->s.gpr[RDI];
        }
        assert_int_equal(at[0], at[1]);
    }
}

// execute's invariants: XSETBV took XCR0.AVX without XCR0.SSE.
static void avx_state_without_sse_state(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    cpu_idt(r, EXC_GP, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, 0x5000, 0), 0);
    r->c->s.cr4 |= CR4_OSXSAVE;
    r->c->s.gpr[RAX] = 5;
    RIG_RUN(r, 1, 0x0f, 0x01, 0xd1); // xsetbv
    assert_int_equal(r->c->s.rip, 0x5000);
    assert_int_equal(r->c->s.xcr0, 1);
}

struct armed {
    struct vclock *clock;
    struct event timer;
};
static void arm(void *dev, u64 offset, unsigned width, u64 value) {
    struct armed *a = dev;
    event_at(a->clock, &a->timer, a->clock->now + 1);
}
static void nothing(void *ctx, u64 now) {}

// execute: a timer set by an exception's frame, pushed into a device, was looked at one instruction too late.
static void a_timer_set_by_an_exception_frame(void **state) {
    static const struct io_ops ops = {NULL, arm, .size = 0x1000, .widths = IO_ANY};
    struct x86_rig *r = *state;
    struct armed armed = {.clock = &r->clock};
    cpu_long(r, 0);
    event_init(&r->clock, &armed.timer, nothing, NULL);
    assert_int_equal(bus_add_mmio(&r->bus, &r->plat.plat, "device", 0x900000, &ops, &armed), 0);
    cpu_idt(r, EXC_UD, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, 0x5000, 0), 0);
    r->c->s.gpr[RSP] = 0x900100;
    put(r, RIG_CODE, "\x0f\x0b", 2); // ud2
    assert_int_equal(vcpu_run(&r->c->v, 100), 1);
    assert_int_equal(r->c->s.rip, 0x5000);
}

// execute: RF was 1 or 0 where a later chunk of a repeated instruction faulted, as the run was sliced.
static void a_fault_behind_the_first_chunk(void **state) {
    struct x86_rig *r = *state;
    u32 flags[2];
    for (unsigned i = 0; i < 2; i++) {
        r->reason = -1;
        cpu_protected(r, 0);
        r->c->s.seg[DS].limit = 0x5000;
        r->c->s.idtr.limit = 0; // so the fault is the end
        r->c->s.gpr[RSI] = 0x3000;
        r->c->s.gpr[RCX] = 0x10000;
        put(r, RIG_CODE, "\xf3\xac", 2); // rep lodsb
        for (unsigned n = 0; n < 10 && r->reason < 0; n++) vcpu_run(&r->c->v, i ? 1 : 1000);
        assert_int_equal(r->reason, EMU_TRIPLE_FAULT);
        assert_int_equal(r->c->s.gpr[RSI], 0x5001);
        flags[i] = r->c->s.rflags;
    }
    assert_int_equal(flags[0], flags[1]);
}

// reading: a guest that moves its APIC page onto RAM wrote an error line each time, as often as it liked.
static void the_apic_page_moved_onto_ram(void **state) {
    static struct scripted_plat s;
    static struct emu_config c;
    static u8 code[] = {0xf4};
    struct emu_inputs in = {.kernel = {"code", code, sizeof code}};
    struct emu_machine *m;
    scripted_plat_init(&s);
    config_defaults(&c);
    c.has_load_address = true;
    c.load_address = 0x7c00;
    u8 *ram = s.plat.alloc(&s.plat, 2 * MiB, 2 * MiB);
    assert_int_equal(emu_create(&m, &c, &in, &s.plat, ram, 2 * MiB), 0);
    struct x86_cpu *cpu = x86_of(m->bus.code_ctx);
    s.log_len = 0;
    assert_int_equal(x86_msr_write(cpu, 0x1b, 0x100000 | BIT(11) | BIT(8)), 0);
    assert_int_equal(s.log_len, 0);
    assert_int_equal(bus_read(&m->bus, 0x100030, 4), 0); // RAM still
    assert_int_equal(x86_msr_write(cpu, 0x1b, 0xfee00000 | BIT(11) | BIT(8)), 0);
    assert_int_equal(bus_read(&m->bus, 0xfee00030, 1), 0x14); // back again: its version
    emu_destroy(m);
    s.plat.free(&s.plat, ram, 2 * MiB);
}

static u64 never_asked(void *dev, u64 offset, unsigned width) {
    ++*(unsigned *)dev;
    return 0;
}

// reading: MOV CR3 in PAE mode read the four PDPTEs from a device, and at the time at which the slice began.
static void pdptes_in_a_device(void **state) {
    static const struct io_ops ops = {never_asked, NULL, .size = 0x1000, .widths = IO_ANY};
    struct x86_rig *r = *state;
    unsigned reads = 0;
    cpu_protected(r, 0);
    assert_int_equal(bus_add_mmio(&r->bus, &r->plat.plat, "device", 0x900000, &ops, &reads), 0);
    r->c->s.cr4 |= CR4_PAE;
    r->c->s.cr0 |= CR0_PG;
    assert_raises(r, EXC_GP, 0, x86_write_cr3(r->c, 0x900000)); // as where nothing is: all ones
    assert_int_equal(reads, 0);
}

// reading: when the count of jump generations came round, the links that blocks had from the first time held again.
static void links_of_the_generation_before(void **state) {
    static const u8 near[] = {0xe9, 0xfb, 0xff, 0x3e, 0x00};               // jmp 0x400000
    static const u8 far[2][7] = {{0xb0, 1, 0xe9, 0xf9, 0xff, 0xc0, 0xff},  // mov al, 1; jmp 0x10000
                                 {0xb0, 2, 0xe9, 0xf9, 0xff, 0xc0, 0xff}}; // mov al, 2; jmp 0x10000
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    put(r, RIG_CODE, near, sizeof near);
    put(r, 0x400000, far[0], sizeof far[0]);
    put(r, 0x600000, far[1], sizeof far[1]);
    r->c->jump_generation = 1;
    x86_mode_changed(r->c);
    run(r, 300, 300);
    assert_int_equal((u8)r->c->s.gpr[RAX], 1);
    cpu_poke(r, RIG_TABLES + 0x2000 + 8 * 2, 0x600087, 8); // 0x400000 leads to 0x600000 now
    r->c->jump_generation = ~(u32)0;
    x86_tlb_flush_page(r->c, 0x400000);
    run(r, 300, 300);
    assert_int_equal((u8)r->c->s.gpr[RAX], 2);
}

// reading: a guest that slept until the end of 64-bit time got there, and the next periodic timer was in the past for ever.
static void sleeping_to_the_end_of_time(void **state) {
    static struct scripted_plat s;
    static struct emu_config c;
    static u8 code[] = {0xb0, 0x30, 0xe6, 0x43, 0xfb, 0xf4, 0xeb, 0xfd}; // the BIOS's timer stops; sti; hlt; jmp to hlt
    struct emu_inputs in = {.kernel = {"code", code, sizeof code}};
    struct emu_machine *m;
    struct emu_result result;
    scripted_plat_init(&s);
    config_defaults(&c);
    c.has_load_address = true;
    c.load_address = 0x7c00;
    c.max_instructions = 1000;
    u8 *ram = s.plat.alloc(&s.plat, 2 * MiB, 2 * MiB);
    assert_int_equal(emu_create(&m, &c, &in, &s.plat, ram, 2 * MiB), 0);
    struct x86_cpu *cpu = x86_of(m->bus.code_ctx);
    assert_int_equal(x86_msr_write(cpu, 0x1b, 0xfee00000 | BIT(11) | BIT(10) | BIT(8)), 0);
    assert_int_equal(x86_msr_write(cpu, 0x80f, 0x1ff), 0);
    assert_int_equal(x86_msr_write(cpu, 0x832, 0x40030), 0); // the timer: TSC deadline
    assert_int_equal(x86_msr_write(cpu, 0x6e0, ~(u64)0 - 1000), 0);
    emu_run(m, &result);
    assert_int_equal(result.reason, EMU_HALTED);
    assert_true(result.virtual_ns < 10000); // a port access takes time, too
    emu_destroy(m);
    s.plat.free(&s.plat, ram, 2 * MiB);
}

// execute: code fetched through a translation that the tables no longer hold was filed under the page number that they held now:
// outside the emulator's table of pages, when that was no RAM.
static void code_through_a_stale_translation(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    put(r, 0x400000, "\xeb\xfe", 2); // jmp $
    put(r, 0x400100, "\xeb\xfe", 2);
    r->c->s.rip = 0x400000;
    assert_int_equal(vcpu_run(&r->c->v, 4), 4);
    cpu_poke(r, RIG_TABLES + 0x2000 + 8 * 2, 0x3f00000087, 8); // and no INVLPG
    r->c->s.rip = 0x400100;
    vcpu_run(&r->c->v, 4);
    assert_true(r->reason == -1 || r->reason == EMU_UNMAPPED);
    assert_int_equal(r->c->s.rip, 0x400100);
}

// execute: BTC leaves AF as it was, which is its right; but in one block SUB did not compute it then, and DAS saw another.
static void flags_that_stay_though_undefined(void **state) {
    struct x86_rig *r = *state;
    u64 rax[2];
    for (unsigned i = 0; i < 2; i++) {
        cpu_protected(r, 0);
        put(r, RIG_CODE, "\x28\xc8\x0f\xbb\xf2\x2f", 6); // sub al, cl; btc edx, esi; das
        r->c->s.gpr[RAX] = 0x13;
        r->c->s.gpr[RCX] = 10;
        r->c->s.gpr[RDX] = r->c->s.gpr[RSI] = 0;
        run(r, 3, i ? 1 : 3);
        rax[i] = r->c->s.gpr[RAX];
    }
    assert_int_equal(rax[0], 3);
    assert_int_equal(rax[1], 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, cpu_new, cpu_free)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(code_ends_with_its_segment),
        TEST(an_instruction_over_the_end_of_its_segment),
        TEST(page_tables_in_a_device),
        TEST(a_repeated_store_over_code),
        TEST(avx_state_without_sse_state),
        TEST(a_timer_set_by_an_exception_frame),
        TEST(a_fault_behind_the_first_chunk),
        cmocka_unit_test(the_apic_page_moved_onto_ram),
        TEST(pdptes_in_a_device),
        TEST(links_of_the_generation_before),
        cmocka_unit_test(sleeping_to_the_end_of_time),
        TEST(code_through_a_stale_translation),
        TEST(flags_that_stay_though_undefined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
// A whole machine, from emu_create to the result: how each run ends and what is told of it (emu/emu.h), where RAM lies, when time
// passes, what is refused.
#include "isa/x86_64/sys/cpuid.h"
#include "machine/machine.h"
#include "scripted_plat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#define RAM (4 * MiB)

struct bench {
    struct scripted_plat s;
    struct emu_config c;
    struct emu_inputs in;
    u8 *ram;
    u64 host_ns, idled;   // the host's clock, which sleeping moves
    unsigned allocations; // that succeed from now on
};

static struct bench *b; // the platform's functions get no other

static u64 host_ns(struct plat *p) { return b->host_ns += 1000; }
static void idle(struct plat *p, u64 ns) {
    assert_true(ns && ns <= 1000000);
    b->host_ns += ns, b->idled += ns;
}

static void *(*real_alloc)(struct plat *p, size_t bytes, size_t align);
static void *few_allocations(struct plat *p, size_t bytes, size_t align) {
    return b->allocations-- ? real_alloc(p, bytes, align) : (b->allocations = 0, NULL);
}

static int setup(void **state) {
    static struct bench bench;
    b = &bench;
    memset(b, 0, sizeof *b);
    scripted_plat_init(&b->s);
    b->s.plat.host_ns = host_ns, b->s.plat.idle = idle;
    config_defaults(&b->c);
    b->c.has_load_address = true, b->c.load_address = 0x7c00;
    b->ram = b->s.plat.alloc(&b->s.plat, RAM, 2 * MiB);
    return 0;
}

static int teardown(void **state) {
    b->s.plat.free(&b->s.plat, b->ram, RAM);
    return 0;
}

static void give(const u8 *code, size_t n) { b->in.kernel = (struct blob){"code", (u8 *)(uintptr_t)code, n}; }
#define CODE(...) give((const u8[]){__VA_ARGS__}, sizeof(const u8[]){__VA_ARGS__})

static struct emu_machine *create(void) {
    struct emu_machine *m = NULL;
    memset(b->ram, 0, RAM);
    assert_int_equal(emu_create(&m, &b->c, &b->in, &b->s.plat, b->ram, RAM), 0);
    return m;
}

static struct emu_result run(void) {
    struct emu_machine *m = create();
    struct emu_result r;
    b->s.log_len = b->s.records_len = 0;
    b->s.records[0] = 0;
    emu_run(m, &r);
    emu_destroy(m);
    return r;
}

static void expect_end(enum emu_reason reason, int status, const char *name) {
    struct emu_result r = run();
    char record[80];
    assert_int_equal(r.reason, reason);
    assert_int_equal(emu_exit_status(&r), status);
    assert_string_equal(emu_reason_name(r.reason), name);
    plat_format(record, sizeof record, "{\"softmetal\":\"result\",\"reason\":\"%s\",\"code\":%u,", name, (unsigned)r.code);
    assert_non_null(strstr(b->s.records, record));
}

// Real mode, from 0:7C00 on.
static void every_end_has_its_name_and_status(void **state) {
    CODE(0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef, 0xf4); // PM1a control, SLP_EN, type 0: S5
    expect_end(EMU_POWEROFF, 0, "poweroff");
    CODE(0xb0, 0x21, 0xe6, 0xf4);
    expect_end(EMU_DEBUG_EXIT, 0x43, "debug-exit");
    CODE(0xb0, 0xfe, 0xe6, 0x64, 0xf4);
    expect_end(EMU_RESET, 8, "reset");
    CODE(0x0f, 0x01, 0x1e, 0x00, 0x05, 0xcc); // lidt of zeros; int3
    expect_end(EMU_TRIPLE_FAULT, 3, "triple-fault");
    assert_true(b->s.log_len > 0); // registers
    CODE(0xf4);
    expect_end(EMU_HALTED, 4, "halted");
    assert_true(scripted_logged(&b->s, "guest is halted with interrupts off and nothing is due that could wake it"));
    CODE(0xb0, 0x30, 0xe6, 0x43, 0xfb, 0xf4, 0xeb, 0xfd); // the BIOS's timer stops and waits for a count; sti; hlt
    expect_end(EMU_HALTED, 4, "halted");
    assert_true(scripted_logged(&b->s, "guest is halted and nothing is due that could wake it"));
    CODE(0xea, 0x00, 0x00, 0x00, 0xa0); // where a PC without a screen has nothing
    expect_end(EMU_UNMAPPED, 5, "unmapped");
    CODE(0xb8, 0x00, 0x02, 0xcd, 0x13); // INT 13h, AH = 02h
    expect_end(EMU_NO_BIOS, 9, "no-bios");
    assert_true(scripted_logged(&b->s, "no BIOS: INT 13h, AH 02h at 0000:7C03"));
    static const struct {
        enum emu_reason reason;
        int status;
        const char *name;
    } others[] = {{EMU_UNTIL, 0, "until"}, {EMU_REFUSED, 2, "refused"}, {EMU_STOPPED, 130, "stopped"}};
    for (unsigned i = 0; i < countof(others); i++) {
        struct emu_result r = (struct emu_result){.reason = others[i].reason};
        assert_int_equal(emu_exit_status(&r), others[i].status);
        assert_string_equal(emu_reason_name(r.reason), others[i].name);
    }
}

// cli; hlt; jmp: an OS that was told to halt. What runs into a HLT by accident has something else behind it.
static void a_halt_on_purpose_is_no_error(void **state) {
    CODE(0xfa, 0xf4, 0xeb, 0xfd);
    expect_end(EMU_HALTED, 4, "halted");
    assert_true(scripted_logged(&b->s, "guest is halted with interrupts off, in a loop: it has come to its end"));
    assert_false(scripted_logged(&b->s, "guest processor:"));
    CODE(0xfa, 0xf4, 0xe9, 0xfb, 0xff);
    expect_end(EMU_HALTED, 4, "halted");
    assert_false(scripted_logged(&b->s, "guest processor:"));
    b->c.dump = true;
    expect_end(EMU_HALTED, 4, "halted");
    assert_true(scripted_logged(&b->s, "guest processor:"));
    b->c.dump = false;
    CODE(0xfa, 0xf4, 0xeb, 0x02); // onwards
    expect_end(EMU_HALTED, 4, "halted");
    assert_true(scripted_logged(&b->s, "guest processor:"));
}

// Registers at the end of a run that nothing is wrong with: when asked for before it began, or on the way.
static void a_dump_is_asked_for(void **state) {
    CODE(0x40, 0xeb, 0xfd);
    b->c.max_instructions = 1000;
    expect_end(EMU_MAX_INSTRUCTIONS, 6, "max-instructions");
    assert_false(scripted_logged(&b->s, "guest processor:"));
    b->c.dump = true;
    expect_end(EMU_MAX_INSTRUCTIONS, 6, "max-instructions");
    assert_true(scripted_logged(&b->s, "guest processor:"));
    b->c.dump = false;
    b->s.kind = CONSOLE_INPUT_LIVE;
    b->s.input = "\x01s";
    expect_end(EMU_MAX_INSTRUCTIONS, 6, "max-instructions");
    assert_true(scripted_logged(
        &b->s,
        "0 instructions, 0.000 s of guest time; busy, and 0 % idle since the start; real mode, CPL 0, CS 0x0, RIP 0x7c00"));
    assert_true(scripted_logged(&b->s, "guest processor:"));
    b->s.input = "\x01x";
    expect_end(EMU_STOPPED, 130, "stopped");
    assert_false(scripted_logged(&b->s, "guest processor:"));
}

// What ran last is told up to the PC, and where the PC has left it, up to the jump that led there.
static void the_last_block_is_told(void **state) {
    b->c.load_address = 0x100000;
    CODE(0xb8, 0x00, 0x00, 0x00, 0xc0, 0xff, 0xe0, 0xff, 0xc2); // mov eax, 0xc0000000; jmp rax, where there is no RAM; inc edx
    expect_end(EMU_UNMAPPED, 5, "unmapped");
    assert_true(scripted_logged(&b->s, "the last instructions:"));
    assert_true(scripted_logged(&b->s, "mov eax, 0xc0000000"));
    assert_true(scripted_logged(&b->s, "jmp rax"));
    assert_false(scripted_logged(&b->s, "inc edx"));
    CODE(0xff, 0xc0, 0xff, 0xc2, 0xeb, 0xfa); // inc eax; inc edx; jmp back
    b->c.max_instructions = 1;
    b->c.dump = true;
    expect_end(EMU_MAX_INSTRUCTIONS, 6, "max-instructions");
    assert_true(scripted_logged(&b->s, "the last instructions:"));
    assert_true(scripted_logged(&b->s, "inc eax"));
}

static void the_instruction_limit_is_exact(void **state) {
    CODE(0x40, 0xeb, 0xfd); // inc ax; jmp
    b->c.max_instructions = 123457;
    expect_end(EMU_MAX_INSTRUCTIONS, 6, "max-instructions");
    struct emu_result r = run();
    assert_int_equal(r.instructions, 123457);
    assert_int_equal(r.virtual_ns, 123457);
}

// At the counts that were asked for, up to where the run ends; the same in every run; and the state at each differs.
static void state_hashes_at_their_counts(void **state) {
    static char first[sizeof b->s.records];
    CODE(0x40, 0xeb, 0xfd);
    b->c.max_instructions = 5000;
    b->c.state_hashes = 4;
    memcpy(b->c.state_hash, (u64[]){0, 100, 4999, 6000}, 4 * sizeof(u64));
    run();
    strcpy(first, b->s.records);
    static const char *const counts[] = {"\"instructions\":0,", "\"instructions\":100,", "\"instructions\":4999,"};
    const char *at = first, *hash[3];
    for (unsigned i = 0; i < 3; i++) {
        assert_non_null(at = strstr(at, "{\"softmetal\":\"state_hash\","));
        assert_int_equal(strncmp(at + 26, counts[i], strlen(counts[i])), 0);
        hash[i] = strstr(at, "\"state_hash\":\"");
        at++;
    }
    assert_null(strstr(at, "{\"softmetal\":\"state_hash\","));
    assert_true(strncmp(hash[0], hash[1], 30) && strncmp(hash[1], hash[2], 30));
    run();
    const char *cycles = "\"host_cycles\":0"; // (the scripted host has no cycles to tell)
    assert_non_null(strstr(first, cycles));
    assert_string_equal(b->s.records, first);
}

static const u8 says_hi[] = {0xba, 0xf8, 0x03, 0xb0, 'h', 0xee, 0xb0, 'i', 0xee, 0x90, 0x90, 0x90, 0xf4};

static void until_a_text_is_seen(void **state) {
    give(says_hi, sizeof says_hi);
    strcpy(b->c.until, "hi");
    expect_end(EMU_UNTIL, 0, "until");
    struct emu_result r = run();
    assert_int_equal(r.instructions, 5); // with the instruction that wrote it
    assert_string_equal(b->s.out + b->s.out_len - 2, "hi");
    strcpy(b->c.until, "hello");
    expect_end(EMU_UNTIL_MISSED, 7, "until-missed");
    assert_true(scripted_logged(&b->s, "the run ended (halted) before the guest's console showed \"hello\""));
    assert_false(scripted_logged(&b->s, "still waiting"));
    b->c.expects = 1;
    strcpy(b->c.expect[0].expect, "login:");
    expect_end(EMU_UNTIL_MISSED, 7, "until-missed");
    assert_true(scripted_logged(&b->s, "showed \"hello\"; still waiting for \"login:\""));
}

// The user's word goes before a text that has not been seen.
static void a_run_is_stopped(void **state) {
    CODE(0x40, 0xeb, 0xfd);
    strcpy(b->c.until, "never");
    struct emu_machine *m = create();
    struct emu_result r;
    emu_stop(m);
    emu_run(m, &r);
    emu_destroy(m);
    assert_int_equal(r.reason, EMU_STOPPED);
    assert_int_equal(emu_exit_status(&r), 130);
    assert_int_equal(r.instructions, 0);
}

// The PIT's channel 0 counts 65535 of its ticks (1193182 Hz) in mode 0, then nothing else is due. PIC lines are masked, so nothing wakes.
static const u8 waits[] = {0xb0, 0xff, 0xe6, 0x21, 0xb0, 0x30, 0xe6, 0x43, 0xb0,
                           0xff, 0xe6, 0x40, 0xe6, 0x40, 0xfb, 0xf4, 0xeb, 0xfd};

static void halted_time_jumps_or_follows_the_host(void **state) {
    const u64 due = (u64)65535 * 1000000000 / 1193182;
    give(waits, sizeof waits);
    struct emu_result r = run();
    assert_int_equal(r.reason, EMU_HALTED);
    assert_true(r.virtual_ns >= due && r.virtual_ns < due + 10000);
    assert_int_equal(b->idled, 0); // nobody waits for instructions
    struct emu_result again = run();
    assert_int_equal(again.state_hash, r.state_hash);
    b->c.clock = CLOCK_HOST;
    r = run();
    assert_int_equal(r.reason, EMU_HALTED);
    assert_true(b->idled > due - 2000000 && b->idled < due + 2000000); // slept, a millisecond at a time at most
    assert_true(r.virtual_ns >= due && r.virtual_ns < due + 2000000);
}

// The PIT goes on for ever, its line masked: asleep, the guest retires nothing, and the limit ends the run all the same.
static void the_limit_ends_a_sleep(void **state) {
    CODE(0xb0, 0xff, 0xe6, 0x21, 0xb0, 0x34, 0xe6, 0x43, 0xb0, 0, 0xe6, 0x40, 0xe6, 0x40, 0xfb, 0xf4, 0xeb, 0xfd);
    b->c.max_instructions = 1000;
    struct emu_result r = run();
    assert_int_equal(r.reason, EMU_MAX_INSTRUCTIONS);
    assert_int_equal(r.instructions, 9);
    // 991 changes of OUT, two in a period of 65536/1193182 s
    assert_in_range(r.virtual_ns, 494 * (u64)54925401, 496 * (u64)54925401 + 10000);
    assert_true(scripted_logged(&b->s, "none of the last 991 timer events has woken it"));
}

// ---- what a machine is made of

static void ram_that_is_wanted(void **state) {
    CODE(0xf4);
    static const struct {
        u64 memory, available, load, wanted;
    } cases[] = {{64 * MiB, 0, 0x7c00, 64 * MiB}, {5 * MiB, 0, 0x7c00, 4 * MiB}, {64 * MiB, GiB, 5 * GiB, 64 * MiB},
                 {0, GiB + 12345, 0x7c00, GiB},   {0, 0, 0x7c00, 3 * GiB},       {0, 0, 5 * GiB, 5 * GiB + 2 * MiB},
                 {0, GiB, 5 * GiB, GiB},          {0, 0, 1024 * GiB, 3 * GiB},   {0, 0, ~(u64)0 - 8 * MiB, 3 * GiB}};
    for (unsigned i = 0; i < countof(cases); i++) {
        b->c.memory = cases[i].memory, b->c.load_address = cases[i].load;
        assert_int_equal(emu_ram_wanted(&b->c, &b->in, &b->s.plat, cases[i].available), cases[i].wanted);
    }
}

// pc.c: RAM up to 3 GiB is low, and what is left of it begins at 4 GiB.
static void ram_above_4_gib(void **state) {
    const u64 size = 3 * GiB + 4 * MiB;
    u8 *ram = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(ram != MAP_FAILED);
    struct emu_machine *m = NULL;
    CODE(0xf4);
    assert_int_equal(emu_create(&m, &b->c, &b->in, &b->s.plat, ram, size), 0);
    bus_write(&m->bus, 0xbffffff8, 8, 0x1111);
    bus_write(&m->bus, 4 * GiB, 8, 0x2222);
    bus_write(&m->bus, 4 * GiB + 4 * MiB - 8, 8, 0x3333);
    assert_int_equal(ram[3 * GiB - 8] | ram[3 * GiB - 7] << 8, 0x1111);
    assert_int_equal(ram[3 * GiB] | ram[3 * GiB + 1] << 8, 0x2222);
    assert_int_equal(ram[size - 8] | ram[size - 7] << 8, 0x3333);
    assert_true(bus_read(&m->bus, 4 * GiB + 4 * MiB, 8) == ~(u64)0);
    emu_destroy(m);
    munmap(ram, size);
}

// How many PCI devices of the machine have this device and vendor ID.
static unsigned pci_devices(u32 id) {
    unsigned found = 0;
    struct emu_machine *m = create();
    for (unsigned slot = 0; slot < 32; slot++) {
        bus_out(&m->bus, 0xcf8, 4, 0x80000000u | slot << 11);
        found += bus_in(&m->bus, 0xcfc, 4) == id;
    }
    emu_destroy(m);
    return found;
}

static void disks_are_virtio_devices(void **state) {
    static u8 disk[1024];
    CODE(0xf4);
    b->in.disk[1] = (struct blob){"disk", disk, sizeof disk};
    assert_int_equal(pci_devices(0x10421af4), 1);
}

static void a_second_console_is_asked_for(void **state) {
    CODE(0xf4);
    assert_int_equal(pci_devices(0x10431af4), 0);
    b->c.virtio_console = true;
    assert_int_equal(pci_devices(0x10431af4), 1);
}

// IA-PC HPET 2.3.8: a timer is led to one of the I/O APIC's pins that its configuration names; 82093AA: and from there, by the
// redirection table, to the local APIC. The guest has interrupts off, so its IRR shows what came.
static void the_hpet_is_wired_to_the_io_apic(void **state) {
    enum : u64 { HPET = 0xfed00000, IOAPIC = 0xfec00000, LAPIC = 0xfee00000, TIMER2 = HPET + 0x140 };
    CODE(0xfa, 0xeb, 0xfe);
    b->c.max_instructions = 10000;
    struct emu_machine *m = create();
    struct emu_result r;
    u32 routes = (u32)bus_read(&m->bus, TIMER2 + 4, 4);
    assert_true(routes);
    for (unsigned pin = 0; pin < 32; pin++) {
        if (!(routes >> pin & 1)) continue;
        unsigned vector = 0x60 + pin;
        bus_write(&m->bus, IOAPIC, 4, 0x10 + 2 * pin);
        bus_write(&m->bus, IOAPIC + 0x10, 4, vector); // fixed, physical, edge, not masked; to APIC 0
        bus_write(&m->bus, HPET + 0x10, 8, 0);
        bus_write(&m->bus, TIMER2, 8, 4 | pin << 9);
        bus_write(&m->bus, TIMER2 + 8, 8, bus_read(&m->bus, HPET + 0xf0, 8) + 100);
        bus_write(&m->bus, HPET + 0x10, 8, 1);
        assert_int_equal(bus_read(&m->bus, LAPIC + 0x200 + vector / 32 * 16, 4) >> vector % 32 & 1, 0);
        m->done = false, m->instructions = 0;
        emu_run(m, &r);
        assert_int_equal(bus_read(&m->bus, LAPIC + 0x200 + vector / 32 * 16, 4) >> vector % 32 & 1, 1);
    }
    emu_destroy(m);
}

static void refused(int error, const char *message, u64 ram) {
    struct emu_machine *m = NULL;
    b->s.log_len = 0;
    assert_int_equal(emu_create(&m, &b->c, &b->in, &b->s.plat, b->ram, ram), error);
    if (!scripted_logged(&b->s, message)) fail_msg("not \"%s\" but %s", message, b->s.log);
    assert_null(m);
}

// What can be refused without a machine is, in the same words (emu_check); what is not, is not, and nothing is written or said.
static void refused_by_the_check_alone(int error, const char *message, u64 ram) {
    b->s.log_len = 0;
    int got = emu_check(&b->c, &b->in, &b->s.plat, ram);
    if (got != error || (error && !scripted_logged(&b->s, message)))
        fail_msg("not %d, \"%s\" but %d, %s", error, message, got, b->s.log);
    if (!error) assert_int_equal(b->s.log_len, 0);
}

static void a_check_needs_no_machine(void **state) {
    CODE(0xf4);
    refused_by_the_check_alone(0, NULL, RAM);
    refused_by_the_check_alone(ERR_RANGE, "guest RAM are too few", MiB);
    b->c.memory = 1023 * GiB; // with the hole below 4 GiB, 40 address bits
    refused_by_the_check_alone(0, NULL, RAM);
    b->c.memory += 2 * MiB;
    refused_by_the_check_alone(ERR_RANGE,
                               "memory: 1047554 MiB of guest RAM are too many: this processor has 40 address bits, right is "
                               "at most 1047552 MiB (1023G)",
                               RAM);
    b->c.memory = 0;
    refused_by_the_check_alone(ERR_RANGE, "guest RAM are too many", 8192 * GiB);
    strcpy(b->c.cpu, "x86-64-v9");
    refused_by_the_check_alone(ERR_NOT_FOUND, "cpu: there is no model \"x86-64-v9\"", RAM);
    b->c.cpu[0] = 0;
    b->c.load_address = RAM - 0x10000;
    refused_by_the_check_alone(0, NULL, RAM);
    refused_by_the_check_alone(ERR_RANGE, "is not all RAM; the guest's RAM is", RAM / 2);
    b->c.has_load_address = false;
    refused_by_the_check_alone(ERR_INVALID, "neither ISO 9660, bzImage, ELF nor Multiboot", RAM);
    b->in.kernel.data = NULL;
    refused_by_the_check_alone(ERR_NOT_FOUND, "there is no guest", RAM);
    real_alloc = b->s.plat.alloc, b->s.plat.alloc = few_allocations, b->allocations = 0;
    refused_by_the_check_alone(ERR_NO_MEMORY, "no memory to look at the images", RAM);
}

static unsigned looks;
static int count_looks(struct plat *p) { return looks++, -1; }

// A serial port holds 16 bytes, 1.4 ms at 115200 baud: slow hosts run 2^15 instructions in less than that.
static void input_is_looked_for_often(void **state) {
    CODE(0xeb, 0xfe);
    b->s.plat.console_read = count_looks;
    b->c.max_instructions = 1 << 20;
    looks = 0;
    assert_int_equal(run().reason, EMU_MAX_INSTRUCTIONS);
    assert_true(looks >= 32);
}

static void what_is_no_machine(void **state) {
    CODE(0xf4);
    refused(ERR_RANGE, "memory: 2097151 bytes of guest RAM are too few: a PC has at least 2 MiB", 2 * MiB - 1);
    strcpy(b->c.cpu, "x86-64-v9");
    refused(ERR_NOT_FOUND, "cpu: there is no model \"x86-64-v9\"; right is one of ", RAM);
    const struct x86_model *model;
    for (unsigned i = 0; (model = x86_model_at(i)); i++) {
        assert_true(scripted_logged(&b->s, model->name));
        assert_ptr_equal(x86_model_find(model->name), model);
    }
    b->c.cpu[0] = 0;
    b->in.kernel.data = NULL;
    refused(ERR_NOT_FOUND, "there is no guest", RAM);
    real_alloc = b->s.plat.alloc;
    b->s.plat.alloc = few_allocations;
    for (unsigned i = 0; i < 2; i++) {
        b->allocations = i;
        refused(ERR_NO_MEMORY, "no memory for the machine itself", RAM);
    }
}

// on_reset = restart: the guest resets its machine twice and ends the third. RAM is zero each time, the clock chip's memory is what
// it was, instructions and time go on, the state hash is that of the machine that runs now; and all of it again.
static void a_reset_restarts(void **state) {
    // xor ax,ax; cmp [1000],al; jne bad; inc byte [1000]; out 70,40; in al,71; inc al; out 71,al; cmp al,3; je end; cf9 = 2, 6; hlt
    // end: out f4,al; bad: hlt
    CODE(0x31, 0xc0, 0x38, 0x06, 0x00, 0x10, 0x75, 0x23, 0xfe, 0x06, 0x00, 0x10, 0xb0, 0x40, 0xe6, 0x70, 0xe4, 0x71, 0xfe, 0xc0,
         0xe6, 0x71, 0x3c, 0x03, 0x74, 0x0d, 0xba, 0xf9, 0x0c, 0xb0, 0x02, 0xee, 0xb0, 0x06, 0xee, 0xf4, 0x90, 0x90, 0x90, 0xe6,
         0xf4, 0xf4, 0xf4);
    struct emu_result once = run();
    assert_int_equal(once.reason, EMU_RESET);
    b->c.on_reset = RESET_RESTART;
    b->c.state_hash[0] = once.instructions + 1, b->c.state_hashes = 1;
    struct emu_result r = run();
    assert_int_equal(r.reason, EMU_DEBUG_EXIT);
    assert_int_equal(r.code, 3);
    assert_int_equal(r.instructions, 2 * once.instructions + 12);
    assert_int_equal(r.virtual_ns, 2 * once.virtual_ns + 12 + 4 * 1000); // four port accesses in the last
    assert_true(scripted_logged(&b->s, "starts anew"));
    assert_non_null(strstr(b->s.records, "\"state_hash\",\"instructions\":"));
    struct emu_result again = run();
    assert_int_equal(again.state_hash, r.state_hash);
    assert_int_equal(again.virtual_ns, r.virtual_ns);
    b->c.max_instructions = once.instructions + 5; // the limit is the run's
    r = run();
    assert_int_equal(r.reason, EMU_MAX_INSTRUCTIONS);
    assert_int_equal(r.instructions, once.instructions + 5);
}

// The script goes on: what it has seen it has seen, and what is still to be typed reaches the new machine's UART.
static void a_restart_keeps_the_console(void **state) {
    // out e9,'a'; cf9 = 2, 6 when the clock chip's byte 40h is 0, else: dx=3fd: wait for a byte; in al,3f8; out f4,al
    CODE(0xb0, 'a', 0xe6, 0xe9, 0xb0, 0x40, 0xe6, 0x70, 0xe4, 0x71, 0x08, 0xc0, 0x75, 0x0e, 0xb0, 0x01, 0xe6, 0x71, 0xba, 0xf9,
         0x0c, 0xb0, 0x02, 0xee, 0xb0, 0x06, 0xee, 0xf4, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x74, 0xfb, 0xba, 0xf8, 0x03, 0xec,
         0xe6, 0xf4);
    b->c.on_reset = RESET_RESTART;
    strcpy(b->c.expect[0].expect, "aa");
    strcpy(b->c.expect[0].send, "!");
    b->c.expects = 1;
    struct emu_result r = run();
    assert_int_equal(r.reason, EMU_DEBUG_EXIT);
    assert_int_equal(r.code, '!');
    strcpy(b->c.expect[0].expect, "a"); // typed while the machine restarts
    r = run();
    assert_int_equal(r.code, '!');
}

// testdev = true: fw_cfg counts one processor, the register keeps what it is given, line 4 comes through the 8259 of the BIOS's
// settings and port E9 is the test device's own.
static void the_test_device(void **state) {
    CODE(0xba, 0x10, 0x05, 0xb8, 5, 0, 0xef, 0x42, 0xec, 0xe6, 0xe8, 0xe4, 0xe0, 0xe6,
         0xf4); // 510: key 5; 511 to e8; from e0 to f4
    struct emu_result r = run();
    assert_int_equal(r.code, 0xff);
    b->c.testdev = true;
    r = run();
    assert_int_equal(r.code, 1);
    CODE(0xba, 0x04, 0x20, 0xb0, 1, 0xee, 0xb0, 0x0a, 0xe6, 0x20, 0xe4, 0x20, 0xe6, 0xf4); // line 4; the master's requests
    r = run();
    assert_int_equal(r.code & 0x10, 0x10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(every_end_has_its_name_and_status),
        T(a_halt_on_purpose_is_no_error),
        T(a_dump_is_asked_for),
        T(the_last_block_is_told),
        T(the_instruction_limit_is_exact),
        T(state_hashes_at_their_counts),
        T(until_a_text_is_seen),
        T(a_run_is_stopped),
        T(halted_time_jumps_or_follows_the_host),
        T(the_limit_ends_a_sleep),
        T(ram_that_is_wanted),
        T(ram_above_4_gib),
        T(disks_are_virtio_devices),
        T(a_second_console_is_asked_for),
        T(the_hpet_is_wired_to_the_io_apic),
        T(what_is_no_machine),
        T(a_check_needs_no_machine),
        T(input_is_looked_for_often),
        T(a_reset_restarts),
        T(a_restart_keeps_the_console),
        T(the_test_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

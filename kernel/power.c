// SPDX-License-Identifier: MIT
// Leaving the machine (ACPI 6.5, 4.8.3.2.1 and 7.4.2).
//
//   PM1 control:  13 SLP_EN   12..10 SLP_TYP   2 GBL_RLS   1 BM_RLD   0 SCI_EN
#include "kernel/power.h"
#include "base/bits.h"
#include "boot/debug_exit.h"
#include "kernel/console.h"
#include "kernel/io.h"
#include "kernel/keep.h"
#include "kernel/sleep.h"
#include "kernel/time.h"

enum { SCI_EN = 1 << 0, SLP_TYP_SHIFT = 10, SLP_TYP = 7 << 10, SLP_EN = 1 << 13 };
enum { RESET_CONTROL = 0xcf9, KEYBOARD_COMMAND = 0x64, PULSE_RESET = 0xfe };
enum { TYPED_BEFORE = 65536 }; // bytes that do not count as the key waited for

static const struct handoff *machine;

void power_init(const struct handoff *h) { machine = h; }

static u32 read_register(const struct acpi_register *r) {
    u16 port = (u16)r->address;
    if (!r->mmio) return r->width == 4 ? inl(port) : r->width == 2 ? inw(port) : inb(port);
    volatile const void *at = (volatile const void *)(uintptr_t)r->address;
    if (r->width == 4) return *(volatile const u32 *)at;
    return r->width == 2 ? *(volatile const u16 *)at : *(volatile const u8 *)at;
}

static void write_register(const struct acpi_register *r, u32 v) {
    u16 port = (u16)r->address;
    volatile void *at = (volatile void *)(uintptr_t)r->address;
    if (r->width == 4) r->mmio ? (void)(*(volatile u32 *)at = v) : outl(port, v);
    else if (r->width == 2) r->mmio ? (void)(*(volatile u16 *)at = (u16)v) : outw(port, (u16)v);
    else r->mmio ? (void)(*(volatile u8 *)at = (u8)v) : outb(port, (u8)v);
}

void power_halt(void) {
    for (;;) __asm__ volatile("cli; hlt");
}

static void power_off(const struct acpi_power *w) {
    if (!w->has_s5 || !w->pm1a_control.present) return;
    if (!(read_register(&w->pm1a_control) & SCI_EN) && w->smi_command && w->acpi_enable) {
        outb(w->smi_command, w->acpi_enable);
        for (int i = 0; i < 300 && !(read_register(&w->pm1a_control) & SCI_EN); i++) time_wait_us(10000);
    }
    const struct {
        const struct acpi_register *control;
        u8 type;
    } pm1[] = {{&w->pm1a_control, w->slp_typ_a}, {&w->pm1b_control, w->slp_typ_b}};
    for (unsigned i = 0; i < countof(pm1); i++) {
        if (!pm1[i].control->present) continue;
        u32 v = read_register(pm1[i].control) & ~(u32)(SLP_TYP | SLP_EN);
        write_register(pm1[i].control, v | (u32)pm1[i].type << SLP_TYP_SHIFT | SLP_EN);
    }
    time_wait_us(2000000);
}

static void reset(const struct acpi_power *w) {
    if (w->reset.present) {
        write_register(&w->reset, w->reset_value);
        time_wait_us(500000);
    }
    outb(RESET_CONTROL, 0x02); // the PC's own ways, for machines whose FADT names none
    outb(RESET_CONTROL, 0x06);
    time_wait_us(500000);
    outb(KEYBOARD_COMMAND, PULSE_RESET);
    time_wait_us(500000);
}

static void wait_for_reader(const char *then) {
    char line[100];
    plat_format(line, sizeof line, "softmetal: press a key, or wait %d s: then %s", POWER_READING_S, then);
    console_line(line);
    console_flush();
    for (unsigned i = 0; i < TYPED_BEFORE && console_input() >= 0; i++) continue;
    for (u64 end = time_ns() + POWER_READING_S * 1000000000ull; time_ns() < end && console_input() < 0;) time_wait_us(10000);
}

void power_leave(u32 value, bool read_first) {
    sleep_ticks_end(); // the firmware, which may be called once more, knows nothing of their stack
    console_flush();
    if (!machine) power_halt();
    if (machine->config.exit != EXIT_ISA_DEBUG) keep_save(); // QEMU is told, and its log is kept
    switch (machine->config.exit) {
    case EXIT_POWEROFF:
        if (read_first) wait_for_reader("the machine powers off");
        power_off(&machine->power);
        console_text("softmetal: this machine does not power off through ACPI: switch it off by hand\n");
        break;
    case EXIT_RESET:
        if (read_first) wait_for_reader("the machine starts again");
        reset(&machine->power);
        console_text("softmetal: this machine does not reset: switch it off by hand\n");
        break;
    case EXIT_ISA_DEBUG:
        outl(DEBUG_EXIT_PORT, value);
        console_text("softmetal: exit = isa-debug-exit, but there is no such device at port 0xf4: halted\n");
        break;
    case EXIT_HALT: console_text("softmetal: halted\n"); break;
    }
    console_flush();
    power_halt();
}

void power_stop_after_panic(void) {
    if (machine && machine->config.exit == EXIT_ISA_DEBUG) outl(DEBUG_EXIT_PORT, DEBUG_EXIT_PANIC);
    if (machine && machine->config.exit == EXIT_RESET) reset(&machine->power);
    power_halt();
}

// SPDX-License-Identifier: MIT
// From the firmware's world into our own, and one run of the emulator in it. The order is the point of this file.
#include "kernel/main.h"
#include "boot/debug_exit.h"
#include "kernel/console.h"
#include "kernel/gdb.h"
#include "kernel/guard.h"
#include "kernel/heap.h"
#include "kernel/io.h"
#include "kernel/keyboard.h"
#include "kernel/layout.h"
#include "kernel/paging.h"
#include "kernel/panic.h"
#include "kernel/plat.h"
#include "kernel/power.h"
#include "kernel/profile.h"
#include "kernel/quiet.h"
#include "kernel/record.h"
#include "kernel/selftest.h"
#include "kernel/serial.h"
#include "kernel/sleep.h"
#include "kernel/symbols.h"
#include "kernel/time.h"
#include "kernel/trap.h"
#include "kernel/usb/usb.h"
#include <string.h>

[[noreturn]] void kernel_switch(u64 cr3, u64 stack, void (*main)(struct handoff *), struct handoff *h);

// Looks before it writes: memory that is zero already, as most of a virtual machine's is, stays untouched there.
static void zero_guest_ram(struct handoff *h) {
    u64 *at = (u64 *)(void *)paging_guest_ram(h), *end = at + h->guest_size / 8;
    for (; at < end; at += 512) {
        u64 any = 0;
        for (unsigned i = 0; i < 512; i += 8)
            any |= at[i] | at[i + 1] | at[i + 2] | at[i + 3] | at[i + 4] | at[i + 5] | at[i + 6] | at[i + 7];
        if (any) memset(at, 0, 4096);
    }
}

static void refused(struct plat *p) {
    struct emu_result r = {.reason = EMU_REFUSED};
    p->record(p, REFUSED_RECORD);
    power_leave(debug_exit_value(&r), true);
}

// The person at the screen did not ask for this end.
static bool ended_badly(enum emu_reason r) {
    return r == EMU_TRIPLE_FAULT || r == EMU_HALTED || r == EMU_UNMAPPED || r == EMU_UNTIL_MISSED;
}

static void say_input(const struct handoff *h, struct plat *p, bool ps2, unsigned usb) {
    char text[80];
    size_t n = 0;
    if (usb) plat_format(text, sizeof text, "%u USB keyboard%s", usb, usb == 1 ? "" : "s");
    const char *const ways[] = {h->serial.present ? "serial port" : NULL, ps2 ? "PS/2 keyboard" : NULL, usb ? text : NULL};
    char all[160] = "";
    for (unsigned i = 0; i < countof(ways); i++)
        if (ways[i]) n += (size_t)plat_format(all + n, sizeof all - n, "%s%s", n ? ", " : "", ways[i]);
    if (n) log_debug(p, "input: %s", all);
    else
        log_warn(p, "there is no serial port and no keyboard: the guest cannot be typed to%s",
                 usb_possible() ? ", until a USB keyboard is plugged in" : " (USB keyboards work on xHCI controllers)");
}

static void kernel_main(struct handoff *h) {
    paging_enable_global();
    trap_init();
    guard_init();
    heap_init(h->heap.start, h->heap.size);
    power_init(h);
    console_init(h);
    struct plat *p = kernel_plat(h);
    record_init(p);
    if (h->magic != HANDOFF_MAGIC) panic("the hand-off struct is not what boot/ wrote");
    u64 hz = time_calibrate(&h->power);
    bool keyboard = keyboard_init(h->config.keyboard);
    log_info(p, "left boot services: own page tables, TSC at %llu MHz, build id %.16s", (unsigned long long)(hz / 1000000),
             build_id());
    if (!paging_no_execute()) log_warn(p, "this processor has no NX: a fault of softmetal's own may execute data");
    say_input(h, p, keyboard, usb_init(h, p));
    if (!sleep_init()) log_info(p, "no local APIC timer: this core stays busy while the guest sleeps");
    u64 start = time_ns();
    zero_guest_ram(h);
    log_info(p, "guest RAM: %llu MiB in %u range%s, zeroed in %llu ms; heap %llu MiB", (unsigned long long)(h->guest_size / MiB),
             h->guest_ranges, h->guest_ranges == 1 ? "" : "s", (unsigned long long)((time_ns() - start) / 1000000),
             (unsigned long long)(heap_available() / MiB));
    if (h->selftest[0]) selftest(h, p);

    struct emu_machine *m;
    struct plat_code code = paging_code(h);
    profile_begin(p, h->config.profile_host, &code);
    if (emu_create(&m, &h->config, &h->inputs, p, paging_guest_ram(h), h->guest_size) < 0) refused(p);
    struct emu_result r;
    if (h->inputs.gdb) gdb_line_room(p, heap_available());
    quiet_begin(h);
    emu_run(m, &r);
    quiet_end(h, p);
    profile_end(p);
    log_info(p, "run over: %s after %llu instructions", emu_reason_name(r.reason), (unsigned long long)r.instructions);
    power_leave(debug_exit_value(&r), ended_badly(r.reason));
}

void kernel_enter(struct handoff *h) {
    // Until the switch there is only the serial port to complain on.
    static const char no_tables[] = "softmetal: error: the memory set aside for page tables is too small\r\n";
    h->xapic = sleep_xapic();
    u64 cr3 = paging_build(h);
    if (!cr3) {
        serial_write(&h->serial, (const u8 *)no_tables, sizeof no_tables - 1);
        power_halt();
    }
    paging_prepare_cpu();
    kernel_switch(cr3, stack_top(0), kernel_main, h);
}

// SPDX-License-Identifier: MIT
// Out of boot services: into the kernel, or, when the run is refused, back to where the user wants to be.
#include "boot/boot.h"
#include "boot/debug_exit.h"
#include "kernel/io.h"
#include "kernel/main.h"
#include "kernel/power.h"
#include "kernel/serial.h"

enum { MAP_SLACK = 64, ATTEMPTS = 8 };

void exit_to_kernel(struct boot *b) {
    UINTN size = 0, room, key, stride;
    UINT32 version;
    EFI_MEMORY_DESCRIPTOR *map;
    b->bs->GetMemoryMap(&size, NULL, &key, &stride, &version);
    room = size + MAP_SLACK * stride;
    EFI_STATUS s = b->bs->AllocatePool(EfiLoaderData, room, (void **)&map);
    // The first try may itself change the map (timers and drivers are shut down in it), which makes the key stale.
    // After it only these two services may be called, so the buffer has spare entries from the start.
    for (int i = 0; i < ATTEMPTS && !EFI_ERROR(s); i++) {
        size = room;
        s = b->bs->GetMemoryMap(&size, map, &key, &stride, &version);
        if (EFI_ERROR(s)) break;
        s = b->bs->ExitBootServices(b->image, key);
        if (!EFI_ERROR(s)) {
            __asm__ volatile("cli");
            kernel_enter(b->h);
        }
        if (s == EFI_INVALID_PARAMETER) s = EFI_SUCCESS;
    }
    static const char text[] = "softmetal: error: the firmware does not let go of boot services\r\n";
    serial_write(&b->h->serial, (const u8 *)text, sizeof text - 1);
    for (;;) __asm__ volatile("hlt");
}

// On the firmware's console, or on serial.
void exit_wait(struct boot *b, const char *then) {
    EFI_INPUT_KEY key;
    log_info(&b->plat, "press a key, or wait %d s: then %s", POWER_READING_S, then);
    while (b->st->ConIn && !EFI_ERROR(b->st->ConIn->ReadKeyStroke(b->st->ConIn, &key))) continue;
    for (int i = 0; i < POWER_READING_S * 20; i++) {
        b->bs->Stall(50000);
        if (b->st->ConIn && !EFI_ERROR(b->st->ConIn->ReadKeyStroke(b->st->ConIn, &key))) return;
        if (serial_read(&b->h->serial) >= 0) return;
    }
}

EFI_STATUS exit_refused(struct boot *b) {
    struct emu_result r = {.reason = EMU_REFUSED};
    b->plat.record(&b->plat, REFUSED_RECORD);
    switch (b->h->config.exit) {
    case EXIT_ISA_DEBUG:
        outl(DEBUG_EXIT_PORT, debug_exit_value(&r)); // the end, where there is such a device
        log_error(&b->plat, "exit = isa-debug-exit, but there is no such device at port 0x%x", DEBUG_EXIT_PORT);
        exit_wait(b, "the firmware goes on with its next boot entry");
        break;
    case EXIT_HALT:
        log_info(&b->plat, "halted");
        for (;;) b->bs->Stall(1000000);
    case EXIT_RESET:
        exit_wait(b, "the machine starts again");
        b->st->RuntimeServices->ResetSystem(EfiResetCold, EFI_SUCCESS, 0, NULL);
        break;
    case EXIT_POWEROFF:
        exit_wait(b, "the machine powers off");
        b->st->RuntimeServices->ResetSystem(EfiResetShutdown, EFI_SUCCESS, 0, NULL);
        break;
    }
    return EFI_LOAD_ERROR; // still here: the firmware's boot menu is next
}

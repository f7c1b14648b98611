// SPDX-License-Identifier: MIT
// The UEFI application: a straight list of steps, each of which needs those before it.
#include "boot/boot.h"
#include "boot/tpm.h"
#include "boot/window.h"
#include "kernel/serial.h"
#include "kernel/symbols.h"

// GNU-EFI's start-up code calls efi_main (3.0.13, Debian 12) or _entry (3.0.18, Debian 13).
EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *st);
EFI_STATUS _entry(EFI_HANDLE image, EFI_SYSTEM_TABLE *st) __attribute__((alias("efi_main")));

static struct handoff handoff; // in the image's .data, which the kernel maps

static bool check(struct boot *b) {
    if (!window_open(b)) return false;
    bool ok = emu_check(&b->h->config, &b->h->inputs, &b->plat, b->h->guest_size) >= 0;
    window_close(b);
    return ok;
}

static enum loaded load(struct boot *b) {
    if (!serial_choose(b) || !gdb_choose(b)) return GUEST_REFUSED;
    usb_check_input(b);
    enum loaded r = guest_load(b);
    if (r != GUEST_LOADED) return r;
    return ram_claim(b) && check(b) ? GUEST_LOADED : GUEST_REFUSED;
}

// From the menu until a guest is ready: what goes wrong with a guest that a person has chosen is that person's to put right.
static enum chosen choose_and_load(struct boot *b) {
    for (;;) {
        enum chosen c = choose(b);
        if (c != CHOSEN) return c;
        enum loaded r = load(b);
        if (r == GUEST_LOADED) return CHOSEN;
        if (r == GUEST_REFUSED && !b->by_person) return CHOSEN_WRONG;
        ram_release(b);
        if (r == GUEST_REFUSED) exit_wait(b, "back to the menu");
    }
}

static enum chosen prepare(struct boot *b) {
    if (!volume_open(b)) return CHOSEN_WRONG;
    keep_open(b);
    if (!guest_configure(b)) return CHOSEN_WRONG;
    if (b->h->config.verbose && !b->h->config.hardware) hardware_report(b);
    if (b->entries) return serial_choose(b) ? choose_and_load(b) : CHOSEN_WRONG;
    return load(b) == GUEST_LOADED ? CHOSEN : CHOSEN_WRONG;
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *st) {
    static struct boot boot;
    struct boot *b = &boot;
    b->image = image;
    b->st = st;
    b->bs = st->BootServices;
    b->h = &handoff;
    b->h->magic = HANDOFF_MAGIC;
    config_defaults(&b->h->config);

    acpi_read(b); // says where the serial port is, so before the first word
    log_open(b);
    log_info(&b->plat, "bare-metal emulator, build id %.16s, image base 0x%llx", build_id(),
             (unsigned long long)symbol_image_base());
    usb_find(b);
    b->bs->SetWatchdogTimer(0, 0, 0, /* no data */ NULL); // it would reset the machine after five minutes

    enum chosen c = prepare(b);
    if (c == CHOSEN_LEAVE) return EFI_ABORTED;
    if (c == CHOSEN_WRONG) return exit_refused(b);
    if (b->h->config.verbose) tpm_report(b);
    video_find(b);
    exit_to_kernel(b);
}

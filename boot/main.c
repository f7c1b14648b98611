// SPDX-License-Identifier: MIT
// The UEFI application: a straight list of steps, each of which needs those before it.
#include "boot/boot.h"
#include "kernel/serial.h"
#include "kernel/symbols.h"

// GNU-EFI's start-up code calls efi_main (3.0.13, Debian 12) or _entry (3.0.18, Debian 13).
EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *st);
EFI_STATUS _entry(EFI_HANDLE image, EFI_SYSTEM_TABLE *st) __attribute__((alias("efi_main")));

static struct handoff handoff; // in the image's .data, which the kernel maps

static bool prepare(struct boot *b) {
    return volume_open(b) && guest_configure(b) && serial_choose(b) && usb_check_input(b) && guest_load(b) && ram_claim(b) &&
           emu_check(&b->h->config, &b->h->inputs, &b->plat, b->h->guest_size) >= 0;
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

    if (!prepare(b)) return exit_refused(b);
    video_find(b);
    exit_to_kernel(b);
}

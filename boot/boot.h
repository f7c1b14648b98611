// SPDX-License-Identifier: MIT
// What the steps of efi_main share. Every step returns false when the run cannot go on; it has then said why.
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

#include "boot/handoff.h"
#include "plat/plat.h"
#include <efi.h>

#define BOOT_SCREENS 8

// A pointer to the GUID that efi.h spells EFI_name, for a call. (libefi.a has them as variables, but also a memcpy.)
#define GUID_OF(name) (&(EFI_GUID)EFI_##name)

struct boot {
    EFI_HANDLE image;
    EFI_SYSTEM_TABLE *st;
    EFI_BOOT_SERVICES *bs;
    EFI_FILE_HANDLE root; // of the volume this was started from
    struct handoff *h;
    struct plat plat; // log, record and alloc only: for emu's configuration parser
    SIMPLE_TEXT_OUTPUT_INTERFACE *screen[BOOT_SCREENS];
    unsigned screens;
};

// log.c: the serial port (our own driver) and the firmware's screens.
void log_open(struct boot *b);
// One line that later ones overwrite, until a finished one.
void log_progress(struct boot *b, bool finished, const char *format, ...) __attribute__((format(printf, 3, 4)));

// volume.c
bool volume_open(struct boot *b);
// Reads a whole file into pages of its own. `what` opens every message; size limit in bytes. data is NULL when there is
// no such file (nothing is said then). false: it is there but cannot be read.
bool volume_read(struct boot *b, const char *what, const char *path, u64 limit, bool progress, u8 **data, u64 *size);
// Calls each with every file name of the root directory (UTF-8; directories have a trailing '/').
void volume_list(struct boot *b, void (*each)(void *ctx, const char *name), void *ctx);

// guest.c: softmetal.conf, or what the volume's only image suggests; then the files it names.
bool guest_configure(struct boot *b);
bool guest_load(struct boot *b);

// acpi.c: serial port, power and timer registers from the firmware's tables. What is not there stays not present.
void acpi_read(struct boot *b);
// The port that the configuration's `serial` or the SPCR names, else COM1.
bool serial_choose(struct boot *b);

// ram.c: heap, stacks, page-table pool, then guest RAM.
bool ram_claim(struct boot *b);

// uart.c: a serial port on PCI, for b->h->serial; without one that stays as it is.
void uart_find(struct boot *b);

// video.c: every linear framebuffer.
void video_find(struct boot *b);

// exit.c: the end of boot services, and over to kernel/.
[[noreturn]] void exit_to_kernel(struct boot *b);
// The run is refused: says so for machines and leaves as `exit` says, after a time to read.
EFI_STATUS exit_refused(struct boot *b);

#endif

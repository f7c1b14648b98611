// SPDX-License-Identifier: MIT
// What the steps of efi_main share. Every step returns false when the run cannot go on; it has then said why.
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

#include "boot/handoff.h"
#include "plat/plat.h"
#include <efi.h>

#define BOOT_SCREENS 8
#define BOOT_VOLUMES 16
#define BOOT_PATH 768 // bytes of a path's UTF-8: FAT's 255 characters of up to three bytes, with their zero

// A pointer to the GUID that efi.h spells EFI_name, for a call. (libefi.a has them as variables, but also a memcpy.)
#define GUID_OF(name) (&(EFI_GUID)EFI_##name)

// A file system that the firmware can read, or cd.c.
struct volume {
    EFI_HANDLE handle;
    EFI_FILE_HANDLE root; // NULL: it cannot be read
    char name[64];        // for messages: "this volume", "volume 2 \"DATA\""
};

// A folder: "" for the root, "EFI/BOOT/".
struct place {
    unsigned volume;
    char folder[BOOT_PATH];
};

struct boot {
    EFI_HANDLE image;
    EFI_SYSTEM_TABLE *st;
    EFI_BOOT_SERVICES *bs;
    EFI_LOADED_IMAGE *loaded;
    struct volume volume[BOOT_VOLUMES]; // the first is the one that this was started from
    unsigned volumes;
    bool all_volumes;    // the others are there, too
    struct place own;    // the application's folder
    struct place config; // where the configuration was found, own before that
    struct handoff *h;
    struct plat plat; // log, record and alloc only: for emu's configuration parser
    SIMPLE_TEXT_OUTPUT_INTERFACE *screen[BOOT_SCREENS];
    unsigned screens;
};

// log.c: the serial port (our own driver) and the firmware's screens.
void log_open(struct boot *b);
// Whether a console of the firmware's is on a serial line.
bool log_is_uart(EFI_DEVICE_PATH *path);
// One line that later ones overwrite, until a finished one.
void log_progress(struct boot *b, bool finished, const char *format, ...) __attribute__((format(printf, 3, 4)));

// volume.c: file systems of the firmware.
bool volume_open(struct boot *b);
// Once, and only when the first volume does not have what is wanted: the machine's other volumes.
void volume_find_others(struct boot *b);
// EFI_NOT_FOUND: there is no such file or folder. path: UTF-8, from the root.
EFI_STATUS volume_file(struct boot *b, unsigned volume, const char *path, EFI_FILE_HANDLE *f);
// Reads a whole file into pages of its own, followed by a zero byte, and closes it. `what` and path open every message;
// size limit in bytes. false: it cannot be read.
bool volume_read(struct boot *b, EFI_FILE_HANDLE f, const char *what, const char *path, u64 limit, bool progress, u8 **data,
                 u64 *size);
// Calls each with every name in a folder (UTF-8; folders have a trailing '/') but hidden ones, until it returns false.
EFI_STATUS volume_list(struct boot *b, const struct place *p, bool (*each)(void *ctx, const char *name), void *ctx);

// find.c: where files are looked for, in this order: beside the configuration (its volume's root, its folder), beside
// the application (the same), then in the other volumes' roots.
enum found { FOUND, ABSENT, UNREADABLE }; // UNREADABLE: it is there, or might be; said
enum found find_file(struct boot *b, const char *what, const char *path, struct place *where, EFI_FILE_HANDLE *f);
// The same in one folder.
enum found find_in(struct boot *b, const char *what, const struct place *p, const char *path, EFI_FILE_HANDLE *f);
// After a search that found nothing: "`missing` on this volume (its root holds: ...)", and so on for each.
void find_explain(struct boot *b, const char *missing);

// images.c: what there is to run when nothing says it, on the volume of the configuration (`near`) or on the others. It
// is written into the configuration when there is no doubt; when there is, UNREADABLE, and that is said. why: in a
// sentence.
enum found images_guess(struct boot *b, const char *why, bool near);

// guest.c: softmetal.conf, the load options, or what the only image suggests; then the files they name.
bool guest_configure(struct boot *b);
bool guest_load(struct boot *b);

// acpi.c: serial port, power and timer registers from the firmware's tables. What is not there stays not present.
void acpi_read(struct boot *b);
// The port that the configuration's `serial` or the SPCR names, else COM1.
bool serial_choose(struct boot *b);

// ram.c: heap, stacks, page-table pool, then guest RAM.
bool ram_claim(struct boot *b);
// A file, named with its path, needs `size` bytes in one range, and there is none: what there is, and what would do.
void ram_refuse_file(struct boot *b, const char *file, u64 size);

// uart.c: a serial port on PCI, for b->h->serial; without one that stays as it is.
void uart_find(struct boot *b);

// usb.c: the xHCI controllers.
void usb_find(struct boot *b);
// Says so when there is nothing to type on, which is no reason not to go on.
bool usb_check_input(struct boot *b);

// video.c: every linear framebuffer.
void video_find(struct boot *b);

// exit.c: the end of boot services, and over to kernel/.
[[noreturn]] void exit_to_kernel(struct boot *b);
// The run is refused: says so for machines and leaves as `exit` says, after a time to read.
EFI_STATUS exit_refused(struct boot *b);

#endif

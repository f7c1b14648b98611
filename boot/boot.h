// SPDX-License-Identifier: MIT
// What the steps of efi_main share. Every step returns false when the run cannot go on; it has then said why.
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

#include "boot/handoff.h"
#include "boot/menu.h"
#include "plat/plat.h"
#include <efi.h>

#define BOOT_SCREENS 8
#define BOOT_VOLUMES 16
#define BOOT_CLAIMS 256
#define BOOT_PATH 768 // bytes of a path's UTF-8: FAT's 255 characters of up to three bytes, with their zero

// A pointer to the GUID that efi.h spells EFI_name, for a call. (libefi.a has them as variables, but also a memcpy.)
#define GUID_OF(name) (&(EFI_GUID)EFI_##name)

// A file system that the firmware can read, cd.c's or a server's.
struct volume {
    EFI_HANDLE handle;
    EFI_FILE_HANDLE root; // NULL: it cannot be read
    bool server;          // net.h; it does not tell which files it has
    char name[64];        // for messages: "this volume", "volume 2 \"DATA\"", "http://10.0.2.2:8000"
};

// A folder: "" for the root, "EFI/BOOT/".
struct place {
    unsigned volume;
    char folder[BOOT_PATH];
};

// The configuration's file, as it was read.
struct config_file {
    const char *name; // as it was named; NULL: there is none
    const char *text;
    u64 size;
};

// What can be started: a section of the configuration, or an image on some volume.
struct entry {
    bool section;
    char name[BOOT_PATH];   // the section's, or the image's path
    char initrd[BOOT_PATH]; // the image's, or ""
    struct place config;    // where its files are looked for first
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
    struct place config; // where the configuration was found, own before that; once an entry is chosen, its own
    struct config_file file;
    struct entry entry[MENU_ENTRIES];       // what there is to choose from
    unsigned entries;                       // 0: nothing, as there is one guest and it is in h->config
    bool by_person;                         // somebody has chosen: what goes wrong leads back to the menu
    struct phys_range claimed[BOOT_CLAIMS]; // for this guest: files, RAM and what the kernel needs
    unsigned claims;
    struct handoff *h;
    struct plat plat; // log, record and alloc only: for emu's configuration parser
    SIMPLE_TEXT_OUTPUT_INTERFACE *screen[BOOT_SCREENS];
    unsigned screens;
};

// log.c: the serial port (our own driver) and the firmware's screens.
void log_open(struct boot *b);
// Text for the serial port alone, and for one of the firmware's screens: UTF-8.
void log_serial(struct boot *b, const char *text);
bool log_is_uart(EFI_DEVICE_PATH *path); // whether a device of the firmware's is on a serial line
void log_screen(struct boot *b, SIMPLE_TEXT_OUTPUT_INTERFACE *screen, const char *text);
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
bool volume_read(struct boot *b, EFI_FILE_HANDLE f, const char *what, const char *path, u64 limit, u8 **data, u64 *size);
// Bytes of a file; false: it is none, and that is said.
bool volume_size(struct boot *b, EFI_FILE_HANDLE f, const char *what, const char *path, u64 *size);
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
// foreign.c: the same of volumes with a file system that the firmware has no driver for.
void foreign_explain(struct boot *b);

// images.c: what there is to run when nothing says it, on the volume of the configuration (`near`) or on the others. When there is
// no doubt it is written into the configuration; several become b->entry, with those of all volumes. why: in a sentence.
enum found images_guess(struct boot *b, const char *why, bool near);

// entries.c: what there is to choose from.
// Those of a configuration with several sections.
void entries_of_sections(struct boot *b);
// The words of an entry, one `key = value` a line, for somebody to edit. false: they are too many.
bool entry_words(struct boot *b, const struct entry *e, char *words, size_t room);
// For the menu: name, and what is known of it without starting it.
void entry_describe(struct boot *b, const struct entry *e, struct menu_entry *out);

// choose.c: asks, and gives h->config the words of what was chosen. CHOSEN_WRONG: nobody has chosen, and the words are wrong, which is said.
enum chosen { CHOSEN, CHOSEN_LEAVE, CHOSEN_WRONG };
enum chosen choose(struct boot *b);

// last.c: what was chosen last, on the application's volume; nothing, where that cannot be read or written.
void last_read(struct boot *b, char *name, size_t room);
void last_write(struct boot *b, const char *name);

// keep.c: what outlives the run. Writes what the last one has left to softmetal.log on the application's volume, and makes room for what this
// one will leave. Nothing of that is an error.
void keep_open(struct boot *b);
// What has been said up to now, to softmetal.log. false: it cannot be written.
bool keep_write(struct boot *b);
// The first `size` bytes of free memory from 1 MiB on, for as long as this runs; 0: there are none. ram.c
u64 ram_lowest(struct boot *b, u64 size);

// input.c: keys, from whatever the firmware has, and from the serial port.
// NO_KEY (keys.h): none for now.
u32 input_key(struct boot *b);

// guest.c: softmetal.conf, the load options, or what the only image suggests; then the files they name.
bool guest_configure(struct boot *b);
// Whether the configuration names one.
bool guest_named(const struct boot *b);
// The configuration of an entry; words: as edited, or NULL.
bool guest_take(struct boot *b, const struct entry *e, const char *words);
// GUEST_BACK: somebody does not want to wait for it.
enum loaded { GUEST_LOADED, GUEST_REFUSED, GUEST_BACK };
enum loaded guest_load(struct boot *b);

// load.c: a guest's file at any memory there is. f: the file at `file` in a place, or the first of the parts FILE.001, .002, ... that it was
// split into; it is closed. path: as it was named, for messages and as the blob's name.
enum loaded load_file(struct boot *b, const char *key, const char *path, const char *file, const struct place *place,
                      EFI_FILE_HANDLE f, bool writable, struct blob *out);

// acpi.c: serial port, power and timer registers from the firmware's tables. What is not there stays not present.
void acpi_read(struct boot *b);
// The port that the configuration's `serial` or the SPCR names, else COM1.
bool serial_choose(struct boot *b);
// The port that `gdb` names, and the line to it; false: refused (logged). After serial_choose.
bool gdb_choose(struct boot *b);

// ram.c: heap, stacks, page-table pool, then guest RAM.
bool ram_claim(struct boot *b);
// Memory for a file: its ranges in h->file, in their order. false: there is not so much, which is said. Its address for emu, and for
// whoever has opened the window (window.h).
bool ram_for_file(struct boot *b, const char *file, u64 size, bool writable, u8 **data);
// Gives back all that was claimed for this guest.
void ram_release(struct boot *b);

// hardware.c: what this PC offers, line by line in the log. ram.c: its free memory.
void hardware_report(struct boot *b);
// That, also into softmetal.log at once, until a key is pressed or a minute is over: then what `then` says.
void hardware_show(struct boot *b, const char *then);
void ram_report(struct boot *b);

// uart.c: a serial port on PCI, for b->h->serial; without one that stays as it is.
void uart_find(struct boot *b);

// usb.c: the xHCI controllers.
void usb_find(struct boot *b);
// Says so when there is nothing to type on, which is no reason not to go on.
void usb_check_input(struct boot *b);

// video.c: every linear framebuffer.
void video_find(struct boot *b);

// exit.c: the end of boot services, and over to kernel/.
[[noreturn]] void exit_to_kernel(struct boot *b);
// The run is refused: says so for machines and leaves as `exit` says, after a time to read.
EFI_STATUS exit_refused(struct boot *b);
// Until a key is pressed, or a minute is over: then what `then` says.
void exit_wait(struct boot *b, const char *then);

#endif

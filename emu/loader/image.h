// SPDX-License-Identifier: MIT
// Guest images: what is it (by content), does it fit, where does it go, where does it start. The board describes its
// RAM, the loader puts everything into it and answers with the state the CPU starts in.
#ifndef LOADER_IMAGE_H
#define LOADER_IMAGE_H

#include "bus/bus.h"
#include "emu/emu.h"

// ACPI 6.5 table 15.3, as both the e820 map of Linux and the memory maps of PVH and Multiboot use it.
enum e820_type { E820_RAM = 1, E820_RESERVED = 2, E820_ACPI = 3, E820_NVS = 4 };

struct e820_entry {
    gpa_t start;
    u64 size;
    u32 type;
};

// Bytes of guest RAM that somebody has: two loads never share any.
struct load_claim {
    gpa_t start;
    u64 size;
    char name[32];
};

#define LOAD_CLAIMS 128

struct load_target {
    struct plat *plat;
    struct bus *bus; // RAM is in place; the bytes the loaders do not write are zero. NULL: a rehearsal, nothing is written
    // The memory map that the guest is told: ascending, no overlap. Loads go into its E820_RAM entries only, so
    // whatever the board keeps there for itself (ACPI tables, ...) is either of another type or claimed below.
    const struct e820_entry *e820;
    unsigned e820s;
    gpa_t acpi_rsdp; // told to Linux and PVH guests; 0: none
    struct load_claim claim[LOAD_CLAIMS];
    unsigned claims;
    u64 initrds; // bytes of RAM that they still want: for what a refusal says
};

enum image_kind { IMAGE_LINUX, IMAGE_ELF64, IMAGE_ELF32, IMAGE_PVH, IMAGE_MULTIBOOT, IMAGE_RAW };

// The state that every start mode has in common: interrupts off (RFLAGS = 2), no IDT (limit 0), A20 on, all general
// registers 0 except those of struct image, x87 and SSE as after reset.
enum start_mode {
    // CR0.PE = 0. CS = cs with base cs << 4, the other segments 0; RIP = entry - (cs << 4).
    START_REAL,
    // CR0 = PE | ET, no paging. GDTR = gdt; CS = cs (flat 32-bit code), DS ES FS GS SS = ds (flat data, 4 GiB),
    // TR = tr (busy 32-bit TSS, base 0, limit 0x67).
    START_PROTECTED,
    // CR0 = PE | ET | PG, CR4 = PAE, EFER = LME | LMA, CR3 = cr3: RAM (up to 512 GiB) and the low 4 GiB at least mapped one to one,
    // writable and executable, in 2 MiB pages. GDTR = gdt; CS = cs (64-bit code), the others = ds, TR = tr (busy 64-bit
    // TSS, base 0, limit 0x67).
    START_LONG,
};

struct image {
    enum image_kind kind;
    enum start_mode mode;
    gpa_t entry; // physical, and the first instruction's linear address too
    gpa_t cr3;   // START_LONG
    gpa_t gdt;   // in guest RAM; not START_REAL
    u16 gdt_limit;
    u16 cs, ds, tr;
    u64 rax, rbx, rdx, rsi, rsp;
};

// Loads what c and in describe:
//   - the kernel blob, or a kernel inside the ISO when the blob is one (then it is the board's CD-ROM too, see
//     loader_cdrom), or inside the cdrom ISO when there is no kernel blob: the path after "cdrom:" in c->kernel, else
//     the entry that the ISO's own menu starts by default (loader/menu.h);
//   - the initrd blob, else c->initrd after "cdrom:", else the one that menu entry names;
//   - the command line: c->append replaces the menu entry's. A Linux guest gets console=ttyS0 in front of a "---" (what
//     follows it is for the installed system) when it has no console= and c->console_serial is set, and the log says
//     so.
// An image that is of no known kind is raw, and needs c->load_address. A raw image starts at c->entry (default: its
// load address): below 1 MiB in real mode with DL = 0x80 as a boot sector would, else in 64-bit mode.
// 0, or a negative error whose reason has been logged; guest RAM may then hold part of the image, *out is untouched.
int loader_load(struct load_target *t, const struct emu_config *c, const struct emu_inputs *in, struct image *out);

// The blob that belongs into the CD-ROM drive: in->cdrom, else the kernel blob when it is an ISO, else NULL.
const struct blob *loader_cdrom(const struct emu_inputs *in);

// One past the highest address that these inputs must be loaded at (an ELF's segments, a raw image, a kernel's
// preferred place and its initrd): what RAM has to reach. 0 when the images ask for nothing.
gpa_t loader_top(const struct emu_config *c, const struct emu_inputs *in);

#endif

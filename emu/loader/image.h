// SPDX-License-Identifier: MIT
// Guest images: what is it (by content), does it fit, where does it go, where does it start. The board describes its
// RAM, the loader puts everything into it and answers with the state the CPU starts in, of which nothing here knows a register:
// the loader's room for the architecture fills it in (loader/arch.h), and the board of that architecture reads it.
#ifndef LOADER_IMAGE_H
#define LOADER_IMAGE_H

#include "bus/bus.h"
#include "emu/emu.h"
#include "loader/arch.h"

// ACPI 6.5 table 15.3, as both the e820 map of Linux and the memory maps of PVH and Multiboot use it.
enum e820_type { E820_RAM = 1, E820_RESERVED = 2, E820_ACPI = 3, E820_NVS = 4 };

struct e820_entry {
    gpa_t start;
    u64 size;
    u32 type;
};

// Bytes of guest RAM that are taken: no two loads share any.
struct load_claim {
    gpa_t start;
    u64 size;
    char name[32];
};

#define LOAD_CLAIMS 128

struct load_target {
    struct plat *plat;
    const struct loader_arch *arch; // what the processor is
    struct bus *bus; // RAM is in place; the bytes the loaders do not write are zero. NULL: a dry run, nothing is written
    // The memory map that the guest is told: ascending, no overlap. Loads go into its E820_RAM entries only, so
    // whatever the board keeps there for itself (ACPI tables, ...) is either of another type or claimed below.
    const struct e820_entry *e820;
    unsigned e820s;
    gpa_t acpi_rsdp; // told to Linux and PVH guests; 0: none
    u64 tree_room;   // bytes to be kept free for the board's device tree; 0: it has none
    struct load_claim claim[LOAD_CLAIMS];
    unsigned claims;
    u64 initrds; // bytes of RAM that they still need, for the message of a refusal
};

enum image_kind { IMAGE_LINUX, IMAGE_ELF64, IMAGE_ELF32, IMAGE_PVH, IMAGE_MULTIBOOT, IMAGE_RAW };

struct image_range {
    gpa_t start;
    u64 size; // 0: there is none
};

#define IMAGE_START 16

struct image {
    enum image_kind kind;
    gpa_t entry; // physical, and the first instruction's linear address too
    // For a board that describes itself by a device tree: `tree` is RAM kept for it (t->tree_room bytes, aligned to 2 MiB), the rest
    // is what its /chosen says. Else all of it is 0 and "": the guest has been told by other ways.
    struct image_range kernel, initrd, tree;
    char cmdline[BOOT_CMDLINE];
    u64 start[IMAGE_START]; // what else the processor starts with, as the architecture's room has it (loader/ARCH/start.h)
};

// Loads what c and in describe:
//   - the kernel blob, or a kernel inside the ISO when the blob is one (then it is the board's CD-ROM too, see
//     loader_cdrom), or inside the cdrom ISO when there is no kernel blob: the path after "cdrom:" in c->kernel, else
//     the entry that the ISO's own menu starts by default (loader/menu.h);
//   - the initrd blob, else c->initrd after "cdrom:", else the one that menu entry names;
//   - the command line: c->append replaces the menu entry's. A Linux guest gets console=ttyS0 in front of a "---" (what
//     follows it is for the installed system) when it has no console= and c->console_serial is set, and the log says
//     so; not where the device tree says which console there is.
// An image that is of no known kind is raw, and needs c->load_address. A raw image starts at c->entry (default: its
// load address), in the mode that the architecture's room says (loader/ARCH/load.h).
// 0, or a negative error whose reason has been logged; guest RAM may then hold part of the image, *out is untouched.
int loader_load(struct load_target *t, const struct emu_config *c, const struct emu_inputs *in, struct image *out);

// The blob that belongs into the CD-ROM drive: in->cdrom, else the kernel blob when it is an ISO, else NULL.
const struct blob *loader_cdrom(const struct emu_inputs *in);

// One past the highest address that these inputs must be loaded at (an ELF's segments, a raw image, a kernel's
// preferred place and its initrd), on a board of that architecture whose RAM starts at `ram`: what RAM has to reach. 0 when the
// images ask for nothing. Nothing is logged; of p only alloc and free are used.
gpa_t loader_top(const struct loader_arch *arch, gpa_t ram, const struct emu_config *c, const struct emu_inputs *in,
                 struct plat *p);

// The architecture these inputs are for, by the kernel's content: the first of `arch` (`count` of them) that knows it. Of an ISO it
// is the one that its boot menu has a kernel for; else the one whose UEFI loader is there. NULL: none knows the kernel, or it is a raw
// image (c->load_address). A kernel that gzip packed is looked into with `unpack` only: that needs a stack that no interrupt of a
// firmware's writes to. Nothing is logged; of p only alloc and free are used.
const struct loader_arch *loader_arch_of(const struct loader_arch *const *arch, unsigned count, const struct emu_config *c,
                                         const struct emu_inputs *in, struct plat *p, bool unpack);

#endif

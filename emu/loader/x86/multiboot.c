// SPDX-License-Identifier: MIT
// The header in the image, and the information structure that the image is started with.
#include "loader/x86/multiboot.h"

#include "base/bits.h"
#include "base/le.h"
#include "loader/elf.h"
#include "loader/x86/load.h"
#include "loader/x86/multiboot_image.h"
#include "loader/x86/start.h"

typedef unsigned long long ull;

// Header (3.1.1): 0 magic, 4 flags, 8 checksum; with FLAG_ADDRESSES 12 header_addr, 16 load_addr, 20 load_end_addr,
// 24 bss_end_addr, 28 entry_addr
#define HEADER_MAGIC 0x1badb002u
#define SEARCH 8192
#define FLAG_PAGE_ALIGN (1u << 0)
#define FLAG_MEMORY (1u << 1)
#define FLAG_VIDEO (1u << 2)
#define FLAG_ADDRESSES (1u << 16)
#define FLAGS_REQUIRED 0xffffu // the image must not be started by a loader that does not know one of these

// Information (3.3): 0 flags, 4 mem_lower, 8 mem_upper, 16 cmdline, 20 mods_count, 24 mods_addr, 28 number, 32 size, 36 place of
// the section headers, 40 the one with their names, 44 mmap_length,
// 48 mmap_addr, 64 boot_loader_name
#define INFO_SIZE 120
#define INFO_MAGIC 0x2badb002u
enum {
    INFO_MEMORY = 1 << 0,
    INFO_CMDLINE = 1 << 2,
    INFO_MODS = 1 << 3,
    INFO_SECTIONS = 1 << 5,
    INFO_MMAP = 1 << 6,
    INFO_NAME = 1 << 9
};
#define MAP_SIZE 24 // u32 size of the rest, u64 start, u64 length, u32 type
#define MAP_MOST 128
#define MODULE_SIZE 16 // u32 start, end, string, reserved

struct header {
    u32 flags;
    struct multiboot_addresses addresses; // only `at` without FLAG_ADDRESSES
};

static bool find_header(const struct span *f, struct header *h) {
    for (u64 at = 0; at + 12 <= SEARCH && range_inside(at, 12, f->size); at += 4) {
        const u8 *d = f->data + at;
        if (ld32(d) != HEADER_MAGIC || ld32(d) + ld32(d + 4) + ld32(d + 8)) continue;
        struct multiboot_addresses *a = &h->addresses;
        *h = (struct header){.flags = ld32(d + 4), .addresses.at = at};
        if (!(h->flags & FLAG_ADDRESSES)) return true;
        if (!range_inside(at, 32, f->size)) return false;
        a->header = ld32(d + 12), a->load = ld32(d + 16), a->load_end = ld32(d + 20);
        a->bss_end = ld32(d + 24), a->entry = ld32(d + 28);
        return true;
    }
    return false;
}

bool multiboot_is(const struct span *f) {
    struct header h;
    return find_header(f, &h) && (h.flags & FLAG_ADDRESSES || elf_is(f));
}

static int load_by_elf(struct load_target *t, const struct span *f, gpa_t *entry) {
    struct elf elf;
    int e = elf_open(&elf, t->plat, f, &x86_elf);
    if (!e) e = elf_physical_entry(&elf, t->plat, entry);
    if (e) return e;
    if (*entry > TARGET_LAST32) return multiboot_refuse(t->plat, f, ERR_CORRUPT, "the entry point", *entry, "below 4 GiB");
    return elf_load_segments(t, &elf);
}

static int load_image(struct load_target *t, const struct span *f, gpa_t *entry) {
    struct header h;
    struct multiboot_extent x;
    if (!find_header(f, &h)) return ERR_INVALID; // multiboot_is has been asked before
    if (h.flags & FLAGS_REQUIRED & ~(FLAG_PAGE_ALIGN | FLAG_MEMORY | FLAG_VIDEO))
        return multiboot_refuse(t->plat, f, ERR_UNSUPPORTED, "the header's flags", h.flags,
                                "none but 0, 1, 2 of the required ones");
    if (h.flags & FLAG_VIDEO) log_warn(t->plat, "%s: Multiboot: it wants a video mode; there is no screen", f->name);
    if (!(h.flags & FLAG_ADDRESSES)) return load_by_elf(t, f, entry);
    int e = multiboot_extent(t->plat, f, &h.addresses, &x);
    *entry = h.addresses.entry;
    return e ? e : target_load(t, "Multiboot image", h.addresses.load, f->data + x.offset, x.size, x.memory);
}

static int put_modules(struct load_target *t, const struct boot *b, u8 *info) {
    struct multiboot_place place[BOOT_MODULES];
    u8 list[BOOT_MODULES * MODULE_SIZE] = {0};
    gpa_t at;
    int e = multiboot_place_modules(t, b, place);
    if (e || !b->modules) return e;
    if ((e = target_tell(t, "Multiboot modules' strings", b->module_text, b->module_text_used, 16, &at))) return e;
    for (unsigned i = 0; i < b->modules; i++) {
        u8 *m = list + MODULE_SIZE * i;
        st32(m, place[i].start);
        st32(m + 4, place[i].end);
        st32(m + 8, (u32)at + (u32)(b->module[i].text - b->module_text));
    }
    if ((e = target_tell(t, "Multiboot modules", list, (u64)MODULE_SIZE * b->modules, 16, &at))) return e;
    st32(info, ld32(info) | INFO_MODS);
    st32(info + 20, b->modules);
    st32(info + 24, (u32)at);
    return 0;
}

static int put_sections(struct load_target *t, const struct span *f, u8 *info) {
    struct header h;
    struct multiboot_sections s;
    if (!find_header(f, &h) || h.flags & FLAG_ADDRESSES) return 0; // loaded by its addresses it is no ELF
    int e = multiboot_place_sections(t, f, &s);
    if (e || !s.count) return e;
    st32(info, ld32(info) | INFO_SECTIONS);
    st32(info + 28, s.count);
    st32(info + 32, s.size);
    st32(info + 36, (u32)s.at);
    st32(info + 40, s.names);
    return 0;
}

static int put_map(struct load_target *t, u8 *info) {
    u8 map[MAP_MOST * MAP_SIZE] = {0};
    gpa_t at;
    if (t->e820s > MAP_MOST) {
        log_error(t->plat, "Multiboot: the memory map has %u entries; %u are supported", t->e820s, MAP_MOST);
        return ERR_RANGE;
    }
    for (unsigned i = 0; i < t->e820s; i++) {
        const struct e820_entry *r = &t->e820[i];
        u8 *m = map + MAP_SIZE * i;
        st32(m, MAP_SIZE - 4);
        st64(m + 4, r->start);
        st64(m + 12, r->size);
        st32(m + 20, r->type);
    }
    int e = target_tell(t, "Multiboot memory map", map, (u64)MAP_SIZE * t->e820s, 4, &at);
    if (e) return e;
    struct multiboot_memory memory = multiboot_memory(t);
    st32(info, ld32(info) | INFO_MMAP | INFO_MEMORY);
    st32(info + 4, memory.lower);
    st32(info + 8, memory.upper);
    st32(info + 44, MAP_SIZE * t->e820s);
    st32(info + 48, (u32)at);
    return 0;
}

static int put_texts(struct load_target *t, const struct boot *b, u8 *info) {
    static const char name[] = MULTIBOOT_LOADER;
    gpa_t cmdline, loader;
    int e = target_tell(t, "command line", b->cmdline, strlen(b->cmdline) + 1, 16, &cmdline);
    if (!e) e = target_tell(t, "boot loader's name", name, sizeof name, 16, &loader);
    if (e) return e;
    st32(info, ld32(info) | INFO_CMDLINE | INFO_NAME);
    st32(info + 16, (u32)cmdline);
    st32(info + 64, (u32)loader);
    return 0;
}

int multiboot_load(struct load_target *t, const struct boot *b, struct image *out) {
    struct x86_start start = {.rax = INFO_MAGIC};
    gpa_t entry;
    u8 info[INFO_SIZE] = {0};
    int e = load_image(t, &b->kernel, &entry);
    if (!e) e = put_modules(t, b, info);
    if (!e) e = put_sections(t, &b->kernel, info);
    if (!e) e = put_map(t, info);
    if (!e) e = put_texts(t, b, info);
    if (!e) e = target_tell(t, "Multiboot information", info, sizeof info, 4, &start.rbx);
    if (!e) e = start_protected(t, &start);
    if (e) return e;
    log_info(t->plat, "%s: Multiboot 1, entry %#llx", b->kernel.name, (ull)entry);
    *out = x86_image(IMAGE_MULTIBOOT, entry, &start);
    return 0;
}

gpa_t multiboot_top(const struct boot *b) {
    struct header h;
    if (!find_header(&b->kernel, &h) || !(h.flags & FLAG_ADDRESSES)) return 0;
    return multiboot_addresses_top(&b->kernel, &h.addresses);
}

// SPDX-License-Identifier: MIT
// hvm_start_info, version 1, and the tables it points to.
#include "loader/x86/pvh.h"

#include "base/le.h"
#include "loader/x86/start.h"

#define NOTE_PHYS32_ENTRY 18 // XEN_ELFNOTE_PHYS32_ENTRY

// hvm_start_info: 0 magic, 4 version, 8 flags, 12 modules, 16 module list, 24 command line, 32 RSDP, 40 memory map,
// 48 entries of it, 52 reserved
#define INFO_SIZE 56
#define INFO_MAGIC 0x336ec578
// hvm_modlist_entry: 0 address, 8 size, 16 command line, 24 reserved
#define MODULE_SIZE 32
// hvm_memmap_table_entry: 0 address, 8 size, 16 type (as in e820), 20 reserved
#define MAP_SIZE 24
#define MAP_MOST 128

int pvh_entry(const struct elf *elf, struct plat *p, gpa_t *entry) {
    struct span note;
    int e = elf_note(elf, p, "Xen", NOTE_PHYS32_ENTRY, &note);
    if (e) return e;
    if (note.size != 4 && note.size != 8) {
        log_error(p, "%s: PVH: the entry note has %llu bytes; right is 4 or 8", elf->file.name, (unsigned long long)note.size);
        return ERR_CORRUPT;
    }
    *entry = ld_width(note.data, (unsigned)note.size);
    if (*entry <= TARGET_LAST32 && elf_holds(elf, *entry)) return 0;
    log_error(p, "%s: PVH: the entry point %#llx lies outside the image's segments or above 4 GiB", elf->file.name,
              (unsigned long long)*entry);
    return ERR_CORRUPT;
}

static int put_modules(struct load_target *t, const struct boot *b, u8 *info) {
    if (!b->initrds) return 0;
    u8 list[MODULE_SIZE] = {0};
    gpa_t initrd, at;
    const struct target_want want = {.name = "initrd", .align = PAGE_SIZE, .lowest = MiB, .last = TARGET_LAST32, .high = true};
    int e = target_place_initrds(t, b, want, &initrd);
    if (e) return e;
    st64(list, initrd);
    st64(list + 8, boot_initrd_size(b));
    if ((e = target_tell(t, "PVH modules", list, sizeof list, 8, &at))) return e;
    st32(info + 12, 1);
    st64(info + 16, at);
    return 0;
}

static int put_map(struct load_target *t, u8 *info) {
    u8 map[MAP_MOST * MAP_SIZE] = {0};
    if (t->e820s > MAP_MOST) {
        log_error(t->plat, "PVH: the memory map has %u entries; %u are supported", t->e820s, MAP_MOST);
        return ERR_RANGE;
    }
    for (unsigned i = 0; i < t->e820s; i++) {
        st64(map + MAP_SIZE * i, t->e820[i].start);
        st64(map + MAP_SIZE * i + 8, t->e820[i].size);
        st32(map + MAP_SIZE * i + 16, t->e820[i].type);
    }
    gpa_t at;
    int e = target_tell(t, "PVH memory map", map, (u64)MAP_SIZE * t->e820s, 8, &at);
    if (e) return e;
    st64(info + 40, at);
    st32(info + 48, t->e820s);
    return 0;
}

int pvh_load(struct load_target *t, const struct elf *elf, gpa_t entry, const struct boot *b, struct image *out) {
    struct x86_start start = {0};
    u8 info[INFO_SIZE] = {0};
    gpa_t cmdline;
    int e = elf_load_segments(t, elf);
    if (!e) e = put_modules(t, b, info);
    if (!e) e = put_map(t, info);
    if (!e) e = target_tell(t, "command line", b->cmdline, strlen(b->cmdline) + 1, 16, &cmdline);
    if (e) return e;
    st32(info, INFO_MAGIC);
    st32(info + 4, 1);
    st64(info + 24, cmdline);
    st64(info + 32, t->acpi_rsdp);
    e = target_tell(t, "PVH start info", info, sizeof info, 8, &start.rbx);
    if (!e) e = start_protected(t, &start);
    if (e) return e;
    log_info(t->plat, "%s: PVH, entry %#llx", elf->file.name, (unsigned long long)entry);
    log_info(t->plat, "command line: %s", b->cmdline);
    *out = x86_image(IMAGE_PVH, entry, &start);
    return 0;
}

// SPDX-License-Identifier: MIT
// Sections: a header table and contents that the file may describe as it likes, so their sum is bounded by the file's size.
#include "loader/x86/multiboot_image.h"

#include "base/bits.h"
#include "base/le.h"
#include "loader/elf.h"
#include "loader/gunzip.h"
#include "loader/x86/load.h"

typedef unsigned long long ull;

int multiboot_refuse(struct plat *p, const struct span *f, int e, const char *what, u64 is, const char *right) {
    log_error(p, "%s: Multiboot: %s is %#llx; right is %s", f->name, what, (ull)is, right);
    return e;
}

int multiboot_extent(struct plat *p, const struct span *f, const struct multiboot_addresses *a, struct multiboot_extent *x) {
    if (a->load > a->header) return multiboot_refuse(p, f, ERR_CORRUPT, "load_addr", a->load, "at most header_addr");
    if (a->header - a->load > a->at)
        return multiboot_refuse(p, f, ERR_CORRUPT, "load_addr", a->load, "not in front of the file's first byte");
    x->offset = a->at - (a->header - a->load);
    u64 rest = f->size - x->offset;
    if (a->load_end && a->load_end < a->load)
        return multiboot_refuse(p, f, ERR_CORRUPT, "load_end_addr", a->load_end, "0 or at least load_addr");
    x->size = a->load_end ? a->load_end - a->load : rest;
    if (x->size > rest)
        return multiboot_refuse(p, f, ERR_TRUNCATED, "load_end_addr", a->load_end, "0 or what the file has bytes for");
    if (a->bss_end && a->bss_end < a->load + x->size)
        return multiboot_refuse(p, f, ERR_CORRUPT, "bss_end_addr", a->bss_end, "0 or at least the end of what is loaded");
    x->memory = a->bss_end ? a->bss_end - a->load : x->size;
    if (a->entry < a->load || a->entry - a->load >= x->memory)
        return multiboot_refuse(p, f, ERR_CORRUPT, "entry_addr", a->entry, "inside what is loaded");
    return 0;
}

gpa_t multiboot_addresses_top(const struct span *f, const struct multiboot_addresses *a) {
    u64 load_end = a->load_end ? a->load_end : a->header + (f->size - a->at); // all of the file
    return a->bss_end > load_end ? a->bss_end : load_end;
}

static int place_module(struct load_target *t, const struct boot_module *m, struct multiboot_place *place) {
    const struct span *f = &m->file;
    struct target_want want = {
        .name = "Multiboot module", .size = f->size, .align = PAGE_SIZE, .lowest = MiB, .last = TARGET_LAST32};
    gpa_t at = 0;
    bool packed = gzip_is(f) && !m->as_it_is;
    if (packed && !t->bus) return *place = (struct multiboot_place){0}, 0; // loader.c says why
    int e = packed ? gzip_size(t->plat, f, target_ram_end(t), &want.size) : 0;
    if (e) return e;
    if (!want.size) return *place = (struct multiboot_place){0}, 0; // an empty file is one all the same
    if ((e = target_find(t, &want, &at))) return e;
    *place = (struct multiboot_place){(u32)at, (u32)(at + want.size)};
    if (!packed) return target_write(t, at, f->data, f->size), 0;
    log_info(t->plat, "%s: unpacked, %llu bytes", f->name, (ull)want.size);
    u8 *to = target_ram(t, at, want.size);
    return to ? gzip_unpack(t->plat, f, to, want.size) : 0;
}

int multiboot_place_modules(struct load_target *t, const struct boot *b, struct multiboot_place place[static BOOT_MODULES]) {
    for (unsigned i = 0; i < b->modules; i++) {
        int e = place_module(t, &b->module[i], &place[i]);
        if (e) return e;
    }
    return 0;
}

struct multiboot_memory multiboot_memory(const struct load_target *t) {
    struct multiboot_memory m = {0};
    for (unsigned i = 0; i < t->e820s; i++) {
        const struct e820_entry *r = &t->e820[i];
        if (r->type != E820_RAM) continue;
        if (r->start == 0) m.lower = (u32)(r->size < MiB ? r->size / KiB : 640);
        if (r->start <= MiB && r->start + r->size > MiB) m.upper = (u32)((r->start + r->size - MiB) / KiB);
    }
    return m;
}

// Section header by class: 4 type, 12 or 16 address, 16 or 24 offset, 20 or 32 size
#define SECTION_NOBITS 8
#define SECTION_ALIGN 16

struct section {
    u32 type;
    u64 address, offset, size;
};

static struct section section_at(const u8 *h, bool is64) {
    if (is64) return (struct section){ld32(h + 4), ld64(h + 16), ld64(h + 24), ld64(h + 32)};
    return (struct section){ld32(h + 4), ld32(h + 12), ld32(h + 16), ld32(h + 20)};
}

static bool left_out(const struct section *s, const struct span *f) {
    return s->type && s->type != SECTION_NOBITS && !s->address && s->size && range_inside(s->offset, s->size, f->size);
}

int multiboot_place_sections(struct load_target *t, const struct span *f, struct multiboot_sections *out) {
    struct elf elf;
    struct elf_sections s;
    *out = (struct multiboot_sections){0};
    if (!elf_is(f) || elf_open(&elf, t->plat, f, &x86_elf) || !elf_sections(&elf, &s)) return 0;
    u64 headers = align_up((u64)s.count * s.size, SECTION_ALIGN), size = headers;
    for (unsigned i = 0; i < s.count; i++) {
        struct section c = section_at(s.headers + (u64)i * s.size, elf.is64);
        if (left_out(&c, f)) size += align_up(c.size, SECTION_ALIGN);
    }
    if (size > 2 * f->size + headers) {
        log_warn(t->plat, "%s: ELF: its sections overlap; the kernel is not told of them", f->name);
        return 0;
    }
    // High, where no kernel looks for free memory behind itself.
    const struct target_want want = {
        .name = "ELF sections", .size = size, .align = PAGE_SIZE, .lowest = MiB, .last = TARGET_LAST32, .high = true};
    int e = target_find(t, &want, &out->at);
    if (e) return e;
    target_write(t, out->at, s.headers, (u64)s.count * s.size);
    gpa_t at = out->at + headers;
    for (unsigned i = 0; i < s.count; i++) {
        struct section c = section_at(s.headers + (u64)i * s.size, elf.is64);
        u8 address[8];
        if (!left_out(&c, f)) continue;
        target_write(t, at, f->data + c.offset, c.size);
        st64(address, at);
        target_write(t, out->at + (u64)i * s.size + (elf.is64 ? 16 : 12), address, elf.is64 ? 8 : 4);
        at += align_up(c.size, SECTION_ALIGN);
    }
    out->count = s.count, out->size = s.size, out->names = s.names;
    return 0;
}

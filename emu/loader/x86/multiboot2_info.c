// SPDX-License-Identifier: MIT
// The information is built in a buffer as large as it can get, then placed as one piece.
#include "loader/x86/multiboot2_info.h"

#include "base/bits.h"
#include "base/le.h"
#include "loader/x86/multiboot.h"
#include "loader/x86/multiboot_image.h"

// Information (3.4): u32 size of it all, u32 0, then tags, 8-byte aligned: u32 type, u32 size, and by type
enum {
    TELL_END = 0,
    TELL_CMDLINE = 1,    // string
    TELL_LOADER = 2,     // string
    TELL_MODULE = 3,     // u32 start, end, string
    TELL_MEMORY = 4,     // u32 lower, upper
    TELL_MAP = 6,        // u32 bytes of an entry, version 0, then entries: u64 start, length, u32 type, 0
    TELL_SECTIONS = 9,   // u32 number, bytes of each, the one with the names, then the headers
    TELL_ACPI_OLD = 14,  // RSDP of ACPI 1
    TELL_ACPI_NEW = 15,  // RSDP of ACPI 2 and later
    TELL_LOAD_BASE = 21, // u32
};
#define MAP_ENTRY 24
#define RSDP_OLD 20 // bytes
#define RSDP_NEW 36
#define RSDP_REVISION 15 // offset

struct writer {
    u8 *bytes;
    u64 size, used;
};

// Room for a tag of `size` bytes after its head. The buffer is as large as info_size has counted.
static u8 *add(struct writer *w, u32 type, u64 size) {
    u8 *tag = w->bytes + w->used;
    st32(tag, type);
    st32(tag + 4, (u32)(8 + size));
    w->used += align_up(8 + size, 8);
    return tag + 8;
}

static void add_text(struct writer *w, u32 type, const char *text) {
    size_t n = strlen(text) + 1;
    memcpy(add(w, type, n), text, n);
}

static void add_modules(struct writer *w, const struct boot *b, const struct multiboot_place *place) {
    for (unsigned i = 0; i < b->modules; i++) {
        size_t n = strlen(b->module[i].text) + 1;
        u8 *m = add(w, TELL_MODULE, 8 + n);
        st32(m, place[i].start);
        st32(m + 4, place[i].end);
        memcpy(m + 8, b->module[i].text, n);
    }
}

static void add_memory(struct writer *w, const struct load_target *t) {
    struct multiboot_memory memory = multiboot_memory(t);
    u8 *d = add(w, TELL_MEMORY, 8);
    st32(d, memory.lower);
    st32(d + 4, memory.upper);
    d = add(w, TELL_MAP, 8 + (u64)MAP_ENTRY * t->e820s);
    st32(d, MAP_ENTRY);
    d += 8;
    for (unsigned i = 0; i < t->e820s; i++, d += MAP_ENTRY) {
        st64(d, t->e820[i].start);
        st64(d + 8, t->e820[i].size);
        st32(d + 16, t->e820[i].type);
    }
}

static void add_sections(struct writer *w, struct load_target *t, const struct multiboot_sections *s) {
    if (!s->count) return;
    u64 size = (u64)s->count * s->size;
    u8 *d = add(w, TELL_SECTIONS, 12 + size);
    st32(d, s->count);
    st32(d + 4, s->size);
    st32(d + 8, s->names);
    const u8 *headers = target_ram(t, s->at, size);
    if (headers) memcpy(d + 12, headers, size);
}

static void add_acpi(struct writer *w, struct load_target *t) {
    static const u8 dry[RSDP_NEW] = {[RSDP_REVISION] = 2}; // as large as the board's
    const u8 *rsdp = !t->acpi_rsdp ? NULL : t->bus ? target_ram(t, t->acpi_rsdp, RSDP_NEW) : dry;
    if (!rsdp) return;
    memcpy(add(w, TELL_ACPI_OLD, RSDP_OLD), rsdp, RSDP_OLD);
    if (rsdp[RSDP_REVISION] >= 2) memcpy(add(w, TELL_ACPI_NEW, RSDP_NEW), rsdp, RSDP_NEW);
}

// The most that all tags take: every one of them has a head and is padded.
static u64 info_size(const struct load_target *t, const struct boot *b, const struct multiboot_sections *s) {
    return 1024 + strlen(b->cmdline) + (u64)MAP_ENTRY * t->e820s + (u64)s->count * s->size + 32 * b->modules +
           b->module_text_used;
}

int multiboot2_tell(struct load_target *t, const struct boot *b, const struct multiboot2_loaded *loaded, gpa_t *at) {
    struct multiboot_place place[BOOT_MODULES];
    struct multiboot_sections s = {0};
    struct plat *p = t->plat;
    int e = multiboot_place_modules(t, b, place);
    if (!e && loaded->is_elf) e = multiboot_place_sections(t, &b->kernel, &s);
    if (e) return e;
    struct writer w = {.size = info_size(t, b, &s), .used = 8};
    if (!(w.bytes = p->alloc(p, w.size, 16))) {
        log_error(p, "%s: Multiboot 2: no memory for what the image is told", b->kernel.name);
        return ERR_NO_MEMORY;
    }
    add_text(&w, TELL_CMDLINE, b->cmdline);
    add_text(&w, TELL_LOADER, MULTIBOOT_LOADER);
    add_modules(&w, b, place);
    add_memory(&w, t);
    add_sections(&w, t, &s);
    add_acpi(&w, t);
    if (loaded->relocatable) st32(add(&w, TELL_LOAD_BASE, 4), loaded->base);
    add(&w, TELL_END, 0);
    st32(w.bytes, (u32)w.used);
    e = target_tell(t, "Multiboot information", w.bytes, w.used, 8, at);
    p->free(p, w.bytes, w.size);
    return e;
}

// SPDX-License-Identifier: MIT
// The header: a list of tags that say what the image wants. Each is checked where it is read; one that is not known, and not
// optional, refuses the image.
#include "loader/x86/multiboot2.h"

#include "base/bits.h"
#include "base/le.h"
#include "loader/elf.h"
#include "loader/x86/load.h"
#include "loader/x86/multiboot2_info.h"
#include "loader/x86/multiboot_image.h"
#include "loader/x86/start.h"

typedef unsigned long long ull;

// Header (3.1.1): 0 magic, 4 architecture, 8 length of it all, 12 checksum, then tags, 8-byte aligned: u16 type, u16 flags, u32
// size, and by type
#define HEADER_MAGIC 0xe85250d6u
#define SEARCH 32768
#define I386 0
#define OPTIONAL 1
enum {
    TAG_END = 0,
    TAG_REQUEST = 1,     // u32 types of information ...
    TAG_ADDRESS = 2,     // u32 header_addr, load_addr, load_end_addr, bss_end_addr
    TAG_ENTRY = 3,       // u32 entry_addr
    TAG_CONSOLE = 4,     // u32 flags: 1: there must be a screen
    TAG_FRAMEBUFFER = 5, // u32 width, height, depth
    TAG_ALIGN = 6,       // modules on pages: they are
    TAG_EFI_BS = 7,      // 7 to 9 are for EFI machines, which this is not
    TAG_ENTRY_EFI32 = 8,
    TAG_ENTRY_EFI64 = 9,
    TAG_RELOCATABLE = 10, // u32 min_addr, max_addr, align, preference
};
// load_addr: the whole file, from its first byte on
#define WHOLE_FILE 0xffffffffu
enum { PREFER_NOTHING, PREFER_LOW, PREFER_HIGH };

struct header {
    u64 at; // in the file
    bool has_addresses, has_entry, relocatable, screen;
    struct multiboot_addresses addresses;
    u64 entry;
    u64 min, max, align;
    u32 preference;
};

static bool find_header(const struct span *f, u64 *at) {
    for (*at = 0; *at + 16 <= SEARCH && range_inside(*at, 16, f->size); *at += 8) {
        const u8 *d = f->data + *at;
        if (ld32(d) == HEADER_MAGIC && ld32(d + 4) == I386 && !(ld32(d) + ld32(d + 4) + ld32(d + 8) + ld32(d + 12))) return true;
    }
    return false;
}

bool multiboot2_is(const struct span *f) {
    u64 at;
    return find_header(f, &at);
}

static int refuse_tag(struct plat *p, const struct span *f, int e, u64 at, unsigned type, const char *what) {
    log_error(p, "%s: Multiboot 2: at byte %#llx: header tag %u %s", f->name, (ull)at, type, what);
    return e;
}

static int read_request(struct plat *p, const struct span *f, u64 at, u32 size, bool optional) {
    for (u32 i = 8; i + 4 <= size; i += 4) {
        u32 type = ld32(f->data + at + i);
        if (optional || multiboot2_knows(type)) continue;
        log_error(p, "%s: Multiboot 2: at byte %#llx: it wants information of type %u; right is at most %u", f->name,
                  (ull)(at + i), type, MULTIBOOT2_LAST);
        return ERR_UNSUPPORTED;
    }
    return 0;
}

static void read_relocatable(struct header *h, const u8 *d) {
    h->relocatable = true;
    h->min = ld32(d + 8), h->max = ld32(d + 12), h->align = ld32(d + 16), h->preference = ld32(d + 20);
}

static int read_tag(struct plat *p, const struct span *f, u64 at, u32 size, struct header *h) {
    static const u8 least[] = {[TAG_ADDRESS] = 24, [TAG_ENTRY] = 12, [TAG_CONSOLE] = 12, [TAG_RELOCATABLE] = 24};
    const u8 *d = f->data + at;
    unsigned type = ld16(d);
    bool optional = ld16(d + 2) & OPTIONAL;
    if (type < countof(least) && size < least[type]) return refuse_tag(p, f, ERR_CORRUPT, at, type, "is too short");
    switch (type) {
    case TAG_REQUEST: return read_request(p, f, at, size, optional);
    case TAG_ADDRESS:
        h->has_addresses = true;
        h->addresses = (struct multiboot_addresses){
            .at = h->at, .header = ld32(d + 8), .load = ld32(d + 12), .load_end = ld32(d + 16), .bss_end = ld32(d + 20)};
        return 0;
    case TAG_ENTRY: return h->has_entry = true, h->entry = ld32(d + 8), 0;
    case TAG_CONSOLE: return h->screen |= ld32(d + 8) & 1 && !optional, 0;
    case TAG_FRAMEBUFFER: return h->screen |= !optional, 0;
    case TAG_ALIGN:
    case TAG_EFI_BS:
    case TAG_ENTRY_EFI32:
    case TAG_ENTRY_EFI64: return 0;
    case TAG_RELOCATABLE:
        read_relocatable(h, d);
        if (!is_pow2(h->align)) return refuse_tag(p, f, ERR_CORRUPT, at, type, "has an alignment that is no power of two");
        return 0;
    default: return optional ? 0 : refuse_tag(p, f, ERR_UNSUPPORTED, at, type, "is not known, and not optional");
    }
}

static int read_header(struct plat *p, const struct span *f, struct header *h) {
    *h = (struct header){0};
    if (!find_header(f, &h->at)) return ERR_INVALID; // multiboot2_is has been asked before
    u64 length = ld32(f->data + h->at + 8), at = h->at + 16, end = h->at + length;
    if (length < 24 || end > SEARCH || !range_inside(h->at, length, f->size))
        return multiboot_refuse(p, f, ERR_CORRUPT, "the header's length", length,
                                "24 or more, inside the file's first 32768 bytes");
    while (end >= at && end - at >= 8) {
        const u8 *d = f->data + at;
        u32 size = ld32(d + 4);
        if (ld16(d) == TAG_END) break;
        if (size < 8 || size > end - at) return refuse_tag(p, f, ERR_CORRUPT, at, ld16(d), "does not end inside the header");
        int e = read_tag(p, f, at, size, h);
        if (e) return e;
        at += align_up(size, 8);
    }
    struct multiboot_addresses *a = &h->addresses;
    if (!h->has_addresses) return 0;
    if (!h->has_entry)
        return multiboot_refuse(p, f, ERR_CORRUPT, "the number of entry address tags", 0, "1, since it has an address tag");
    a->entry = h->entry;
    if (a->load == WHOLE_FILE) a->load = a->header - a->at;
    return 0;
}

// Where [start, start + size), as it is linked, goes: there, or for an image that can be moved where it prefers to be.
static int find_place(struct load_target *t, const struct header *h, gpa_t start, u64 size, gpa_t *at) {
    struct target_want want = {.name = "Multiboot image",
                               .size = size,
                               .align = h->align,
                               .lowest = h->min,
                               .last = h->max,
                               .high = h->preference == PREFER_HIGH};
    *at = start;
    if (!h->relocatable) return target_claim(t, want.name, start, size);
    bool fits = start >= h->min && start + (size - 1) <= h->max && !(start & (h->align - 1));
    if (h->preference == PREFER_NOTHING && fits && target_is_free(t, start, size)) return target_claim(t, want.name, start, size);
    if (want.lowest < TARGET_LOW) want.lowest = TARGET_LOW;
    return target_find(t, &want, at);
}

static int load_by_addresses(struct load_target *t, const struct span *f, const struct header *h, gpa_t *entry, gpa_t *base) {
    struct multiboot_extent x;
    int e = multiboot_extent(t->plat, f, &h->addresses, &x);
    if (!e) e = find_place(t, h, h->addresses.load, x.memory, base);
    if (e) return e;
    if (x.size) target_write(t, *base, f->data + x.offset, x.size);
    *entry = h->entry - h->addresses.load + *base;
    return 0;
}

static int load_by_elf(struct load_target *t, const struct span *f, const struct header *h, gpa_t *entry, gpa_t *base) {
    struct elf elf;
    int e = elf_open(&elf, t->plat, f, &x86_elf);
    if (e) return e;
    gpa_t bottom = elf_bottom(&elf), top = elf_top(&elf);
    *entry = h->entry;
    if (!h->has_entry && (e = elf_physical_entry(&elf, t->plat, entry))) return e;
    if (h->has_entry && !elf_holds(&elf, *entry))
        return multiboot_refuse(t->plat, f, ERR_CORRUPT, "entry_addr", *entry, "inside one of its segments");
    if (*entry > TARGET_LAST32) return multiboot_refuse(t->plat, f, ERR_CORRUPT, "the entry point", *entry, "below 4 GiB");
    *base = bottom;
    if (!h->relocatable) return elf_load_segments(t, &elf);
    if ((e = find_place(t, h, bottom, top - bottom, base))) return e;
    elf_write_segments(t, &elf, *base - bottom);
    *entry += *base - bottom;
    return 0;
}

int multiboot2_load(struct load_target *t, const struct boot *b, struct image *out) {
    struct x86_start start = {.rax = MULTIBOOT2_MAGIC};
    gpa_t entry;
    const struct span *f = &b->kernel;
    struct header h;
    gpa_t base;
    int e = read_header(t->plat, f, &h);
    if (!e && !h.has_addresses && !elf_is(f))
        e = multiboot_refuse(t->plat, f, ERR_CORRUPT, "the number of address tags", 0, "1, since it is no ELF");
    if (e) return e;
    if (h.screen) log_warn(t->plat, "%s: Multiboot 2: it wants a screen; there is none", f->name);
    e = h.has_addresses ? load_by_addresses(t, f, &h, &entry, &base) : load_by_elf(t, f, &h, &entry, &base);
    const struct multiboot2_loaded loaded = {.base = (u32)base, .relocatable = h.relocatable, .is_elf = !h.has_addresses};
    if (!e) e = multiboot2_tell(t, b, &loaded, &start.rbx);
    if (!e) e = start_protected(t, &start);
    if (e) return e;
    log_info(t->plat, "%s: Multiboot 2 at %#llx, entry %#llx, %u modules", f->name, (ull)base, (ull)entry, b->modules);
    log_info(t->plat, "command line: %s", b->cmdline);
    *out = x86_image(IMAGE_MULTIBOOT, entry, &start);
    return 0;
}

gpa_t multiboot2_top(const struct boot *b, struct plat *quiet) {
    struct header h;
    if (read_header(quiet, &b->kernel, &h) || !h.has_addresses) return 0;
    return multiboot_addresses_top(&b->kernel, &h.addresses);
}

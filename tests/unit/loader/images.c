// SPDX-License-Identifier: MIT
#include "images.h"

#include "base/bits.h"
#include "base/le.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

struct world *world_new(void) {
    struct world *w = calloc(1, sizeof *w);
    scripted_plat_init(&w->s);
    w->ram = calloc(1, WORLD_RAM);
    w->high = calloc(1, WORLD_HIGH_SIZE);
    if (bus_add_ram(&w->bus, &w->s.plat, "ram", 0, WORLD_RAM, w->ram, false)) abort();
    if (bus_add_ram(&w->bus, &w->s.plat, "high", WORLD_HIGH, WORLD_HIGH_SIZE, w->high, false)) abort();
    const struct e820_entry map[] = {{0, 0x9fc00, E820_RAM},
                                     {0x9fc00, 0x60400, E820_RESERVED},
                                     {MiB, WORLD_RAM - MiB, E820_RAM},
                                     {WORLD_HIGH, WORLD_HIGH_SIZE, E820_RAM}};
    memcpy(w->map, map, sizeof map);
    w->t = (struct load_target){
        .plat = &w->s.plat, .arch = &loader_x86, .bus = &w->bus, .e820 = w->map, .e820s = countof(map), .acpi_rsdp = 0xe0000};
    config_defaults(&w->c);
    return w;
}

void world_free(struct world *w) {
    free(w->ram);
    free(w->high);
    free(w);
}

u8 *world_at(struct world *w, gpa_t at) { return bus_ram(&w->bus, at, 1); }

static void drop(struct plat *p, enum log_level level, const char *line) {}

// By memchr, since an image has a MiB and a fuzzer wants many.
static bool holds_gzip(const struct blob *b) {
    const u8 *at = b->data, *end = at ? at + b->size : NULL;
    while (at && (at = memchr(at, 0x1f, (size_t)(end - at))))
        if (end - at >= 3 && at[1] == 0x8b && at[2] == 8) return true;
        else at++;
    return false;
}

// The same load with nobody to write to (emu_check) ends alike and wants the same RAM, or more where it cannot see what the
// board keeps there.
static void dry_run(const struct world *w, int expect) {
    static struct load_target t;
    struct scripted_plat quiet;
    struct image image;
    scripted_plat_init(&quiet);
    if (quiet.plat.alloc != w->s.plat.alloc) return; // a test of what happens without memory
    quiet.plat.log = drop;
    t = w->t;
    t.plat = &quiet.plat, t.bus = NULL, t.claims = 0;
    int e = loader_load(&t, &w->c, &w->in, &image);
    if (!e && (holds_gzip(&w->in.kernel) || holds_gzip(&w->in.initrd))) return; // unpacked, and so judged, by the load alone
    if (e != expect) abort();
    if (!expect && t.claims != w->t.claims) abort();
    for (unsigned i = 0; !expect && i < t.claims; i++) {
        const struct load_claim *a = &t.claim[i], *b = &w->t.claim[i];
        if (a->start != b->start || a->size < b->size) abort();
        if (a->size > b->size) return; // and what follows lies elsewhere
    }
}

int world_load(struct world *w) {
    w->t.claims = 0;
    int e = loader_load(&w->t, &w->c, &w->in, &w->image);
    dry_run(w, e);
    return e;
}

gpa_t world_top(struct world *w) { return loader_top(w->t.arch, w->map[0].start, &w->c, &w->in, &w->s.plat); }

void world_again(struct world *w) {
    struct load_target *t = &w->t;
    for (unsigned i = 0; i < t->claims; i++) {
        struct load_claim *a = &t->claim[i];
        u8 *host = bus_ram(&w->bus, a->start, a->size);
        if (!host || (a->start < MiB && a->start + a->size > 0x9fc00)) abort();
        for (unsigned k = 0; k < i; k++)
            if (ranges_overlap(a->start, a->size, t->claim[k].start, t->claim[k].size)) abort();
        memset(host, 0, a->size);
    }
    t->claims = 0;
    w->s.log_len = 0;
    config_defaults(&w->c);
    memset(&w->in, 0, sizeof w->in);
}

// SDM 3A 4.5, restated: four levels of 9 bits, bit 7 of a PDPTE or PDE ends the walk.
static bool walk(struct world *w, gpa_t cr3, gpa_t at) {
    gpa_t table = cr3;
    for (unsigned level = 4; level; level--) {
        u64 entry = ld64(world_at(w, table + 8 * (at >> (12 + 9 * (level - 1)) & 511)));
        if ((entry & 3) != 3) return false;
        u64 size = (u64)1 << (12 + 9 * (level - 1));
        if (level == 1 || (level < 4 && entry & 0x80)) {
            u64 frame = entry & 0xfffffffffff000;
            return frame + (at & (size - 1)) == at && !(frame & (size - 1)) && !(entry >> 63);
        }
        table = entry & 0xfffffffffff000;
    }
    return false;
}

bool world_identity(struct world *w, gpa_t cr3, gpa_t at, u64 size) {
    for (gpa_t a = at; a < at + size; a += 4096)
        if (!walk(w, cr3, a)) return false;
    return true;
}

void bzimage_make(u8 image[static BZIMAGE_SIZE]) {
    memset(image, 0, BZIMAGE_SIZE);
    image[0x1f1] = 2;                                         // setup_sects
    st32(image + 0x1f4, (BZIMAGE_SIZE - BZIMAGE_SETUP) / 16); // syssize
    st16(image + 0x1fe, 0xaa55);                              // boot_flag
    image[0x200] = 0xeb, image[0x201] = 0x268 - 0x202;        // the header's end
    memcpy(image + 0x202, "HdrS", 4);
    st16(image + 0x206, 0x20f);             // version
    image[0x211] = 1;                       // loadflags: LOADED_HIGH
    st32(image + 0x22c, 0x7fffffff);        // initrd_addr_max
    st32(image + 0x230, 0x200000);          // kernel_alignment
    image[0x234] = 1;                       // relocatable
    st16(image + 0x236, 1);                 // xloadflags: XLF_KERNEL_64
    st32(image + 0x238, 2047);              // cmdline_size
    st64(image + 0x258, BZIMAGE_PREFERRED); // pref_address
    st32(image + 0x260, BZIMAGE_INIT_SIZE); // init_size
    for (unsigned i = BZIMAGE_SETUP; i < BZIMAGE_SIZE; i++) image[i] = (u8)(0xc0 + (i - BZIMAGE_SETUP) / 256);
}

static void put_segment(u8 *h, bool is64, u32 type, u64 offset, u64 vaddr, u64 paddr, u64 filesz, u64 memsz) {
    st32(h, type);
    if (is64) {
        st64(h + 8, offset), st64(h + 16, vaddr), st64(h + 24, paddr), st64(h + 32, filesz), st64(h + 40, memsz);
    } else {
        st32(h + 4, (u32)offset), st32(h + 8, (u32)vaddr), st32(h + 12, (u32)paddr);
        st32(h + 16, (u32)filesz), st32(h + 20, (u32)memsz);
    }
}

u8 *elf_header(u8 *image, unsigned i) { return image[4] == 2 ? image + 64 + 56 * i : image + 52 + 32 * i; }

void elf_make(u8 image[static ELF_FILE_SIZE], bool is64, u64 at, u64 high) {
    memset(image, 0, ELF_FILE_SIZE);
    memcpy(image, "\177ELF", 4);
    image[4] = is64 ? 2 : 1, image[5] = 1, image[6] = 1;
    st16(image + 16, 2);
    st16(image + 18, is64 ? 62 : 3);
    st32(image + 20, 1);
    if (is64) {
        st64(image + 24, at + high + 0x10), st64(image + 32, 64);
        st16(image + 52, 64), st16(image + 54, 56), st16(image + 56, 2);
    } else {
        st32(image + 24, (u32)(at + high + 0x10)), st32(image + 28, 52);
        st16(image + 40, 52), st16(image + 42, 32), st16(image + 44, 2);
    }
    put_segment(elf_header(image, 0), is64, 1, ELF_CODE, at + high, at, 0x100, 0x100);
    put_segment(elf_header(image, 1), is64, 1, ELF_CODE + 0x100, at + high + 0x2000, at + 0x2000, 0x80, 0x1000);
    for (unsigned i = ELF_CODE; i < ELF_FILE_SIZE; i++) image[i] = (u8)i;
}

// ISO 9660

#define SECTOR 2048
#define NODES 64
#define SECTORS 512

struct node {
    char name[256];
    int parent;
    bool folder, moved;
    const struct iso_file *file;
    u32 extent[2], size; // one extent for each tree of a folder
};

struct maker {
    u8 *data;
    u32 next; // free sector
    struct node node[NODES];
    int nodes;
    bool rock_ridge;
    u32 spill; // sector for continuation areas
    u32 spilled;
};

static int child(struct maker *m, int parent, const char *name, size_t n) {
    for (int i = 1; i < m->nodes; i++)
        if (m->node[i].parent == parent && strlen(m->node[i].name) == n && !memcmp(m->node[i].name, name, n)) return i;
    if (m->nodes == NODES) abort();
    struct node *d = &m->node[m->nodes];
    *d = (struct node){.parent = parent, .folder = true};
    memcpy(d->name, name, n);
    return m->nodes++;
}

static void add(struct maker *m, const struct iso_file *f) {
    int at = 0;
    for (const char *p = f->path; *p;) {
        while (*p == '/') p++;
        size_t n = strcspn(p, "/");
        at = child(m, at, p, n);
        p += n;
    }
    m->node[at].folder = false;
    m->node[at].file = f;
    m->node[at].size = (u32)(f->size >= ISO_MOVED ? 0 : f->size ? f->size : strlen(f->data));
}

static void both32(u8 *p, u32 v) {
    st32(p, v);
    st32(p + 4, __builtin_bswap32(v));
}

static u8 *put(u8 *p, const char *signature, u8 length) {
    memcpy(p, signature, 2);
    p[2] = length, p[3] = 1;
    return p;
}

// SL entries of at most two component records, with texts of at most 12 bytes each: longer ones go on in the next record, and longer
// targets in the next entry.
static u8 *symbolic_link(u8 *use, const char *target) {
    u8 *sl = NULL;
    unsigned components = 0;
    for (const char *p = target; *p;) {
        size_t n = strcspn(p, "/"), piece = n > 12 ? 12 : n;
        u8 flags = n == 0 ? 8 : n == 1 && p[0] == '.' ? 2 : n == 2 && p[0] == '.' && p[1] == '.' ? 4 : n > piece;
        if (components++ % 2 == 0) {
            if (sl) sl[4] = 1;
            sl = put(use, "SL", 5);
            sl[4] = 0;
            use += 5;
        }
        u8 length = flags & 14 ? 0 : (u8)piece;
        *use++ = flags, *use++ = length;
        memcpy(use, p, length);
        use += length, sl[2] += 2 + length;
        p += piece;
        if (n == piece && *p == '/') p++;
        while (n == 0 && *p == '/') p++;
    }
    return use;
}

static int find_node(const struct maker *m, const char *path) {
    int at = 0;
    for (const char *p = path; *p;) {
        while (*p == '/') p++;
        size_t n = strcspn(p, "/");
        int i = 1;
        while (i < m->nodes && (m->node[i].parent != at || strlen(m->node[i].name) != n || memcmp(m->node[i].name, p, n))) i++;
        if (i == m->nodes) abort();
        at = i, p += n;
    }
    return at;
}

// NM in pieces of at most 40 bytes, CL, RE; what does not fit, and all of SL, goes into the continuation area.
static u8 *rock_ridge(struct maker *m, u8 *use, const struct node *d) {
    const char *name = d->name;
    put(use, "PX", 36), use += 36;
    size_t n = strlen(name), first = n > 40 ? 40 : n;
    u8 *nm = put(use, "NM", (u8)(5 + first));
    nm[4] = n > first;
    memcpy(nm + 5, name, first);
    use += nm[2];
    if (d->moved) use = put(use, "RE", 4) + 4;
    if (d->file && d->file->size == ISO_MOVED) {
        both32(put(use, "CL", 12) + 4, m->node[find_node(m, d->file->data)].extent[0]);
        use += 12;
    }
    bool link = d->file && d->file->size == ISO_LINK;
    if (n == first && !link) return use;
    u8 *area = m->data + m->spill * SECTOR + m->spilled, *end = area;
    if (n > first) {
        put(area, "NM", (u8)(5 + n - first))[4] = 0;
        memcpy(area + 5, name + first, n - first);
        end += area[2];
    }
    if (link) end = symbolic_link(end, d->file->data);
    u8 *ce = put(use, "CE", 28);
    both32(ce + 4, m->spill), both32(ce + 12, m->spilled), both32(ce + 20, (u32)(end - area));
    m->spilled += (u32)(end - area);
    if (m->spilled > SECTOR) abort();
    return use + 28;
}

static unsigned name_of(u8 *to, const struct node *d, unsigned tree) {
    unsigned n = 0;
    char name[300];
    snprintf(name, sizeof name, "%s%s", d->name, d->folder ? "" : ";1");
    if (tree) {
        for (const char *p = name; *p; p++) to[n++] = 0, to[n++] = (u8)*p;
        return n;
    }
    for (const char *p = name; *p && n < 60; p++) to[n++] = (u8)toupper((unsigned char)*p);
    return n;
}

// One record of node `i` at *at, under its own name or as "." (0) or ".." (1).
static void record(struct maker *m, u8 **at, int i, unsigned tree, int dot) {
    struct node *d = &m->node[i];
    u8 r[256] = {0};
    both32(r + 2, d->extent[d->folder ? tree : 0]);
    both32(r + 10, d->folder ? 2 * SECTOR : d->size);
    r[25] = d->folder ? 2 : 0;
    st16(r + 28, 1);
    unsigned n = 1;
    if (dot >= 0) r[33] = (u8)dot;
    else n = name_of(r + 33, d, tree);
    r[32] = (u8)n;
    u8 *end = r + 33 + n + !(n & 1);
    if (m->rock_ridge && !tree && dot < 0) end = rock_ridge(m, end, d);
    if (m->rock_ridge && !tree && dot == 0 && i == 0) {
        u8 *sp = put(end, "SP", 7);
        sp[4] = 0xbe, sp[5] = 0xef;
        put(end + 7, "PX", 36);
        end += 43;
    }
    r[0] = (u8)(end - r + ((end - r) & 1));
    u32 in_sector = (u32)(*at - m->data) % SECTOR;
    if (in_sector + r[0] > SECTOR) *at += SECTOR - in_sector;
    memcpy(*at, r, r[0]);
    *at += r[0];
}

static void write_tree(struct maker *m, unsigned tree) {
    for (int i = 0; i < m->nodes; i++)
        if (m->node[i].folder) m->node[i].extent[tree] = m->next, m->next += 2;
    for (int i = 0; i < m->nodes; i++) {
        if (!m->node[i].folder) continue;
        u8 *at = m->data + m->node[i].extent[tree] * SECTOR;
        record(m, &at, i, tree, 0);
        record(m, &at, m->node[i].parent, tree, 1);
        for (int k = 1; k < m->nodes; k++)
            if (m->node[k].parent == i) record(m, &at, k, tree, -1);
    }
}

static u8 *descriptor(struct maker *m, u8 type) {
    u8 *d = m->data + m->next++ * SECTOR;
    d[0] = type, d[6] = 1;
    memcpy(d + 1, "CD001", 5);
    both32(d + 80, SECTORS);
    st16(d + 128, SECTOR);
    return d;
}

struct iso_image iso_make(const struct iso_file *files, unsigned count, unsigned kinds) {
    struct maker m = {.data = calloc(SECTORS, SECTOR), .next = 16, .rock_ridge = kinds & ISO_ROCK_RIDGE};
    m.node[m.nodes++] = (struct node){.folder = true};
    for (unsigned i = 0; i < count; i++) add(&m, &files[i]);
    for (unsigned i = 0; i < count; i++)
        if (files[i].size == ISO_MOVED) m.node[find_node(&m, files[i].data)].moved = true;
    u8 *primary = descriptor(&m, 1), *joliet = kinds & ISO_JOLIET ? descriptor(&m, 2) : NULL;
    descriptor(&m, 255);
    m.spill = m.next++;
    for (int i = 1; i < m.nodes; i++) {
        struct node *d = &m.node[i];
        if (d->folder) continue;
        d->extent[0] = m.next;
        memcpy(m.data + m.next * SECTOR, d->file->data, d->size);
        m.next += (d->size + SECTOR - 1) / SECTOR;
    }
    u8 *at = primary + 156;
    write_tree(&m, 0);
    bool rock = m.rock_ridge;
    m.rock_ridge = false; // the root record in a descriptor has no system use area
    record(&m, &at, 0, 0, 0);
    m.rock_ridge = rock;
    if (joliet) {
        memcpy(joliet + 88, "%/E", 3);
        write_tree(&m, 1);
        at = joliet + 156;
        record(&m, &at, 0, 1, 0);
    }
    return (struct iso_image){m.data, (size_t)SECTORS * SECTOR};
}

u8 *iso_record(struct iso_image *iso, const char *path) {
    u8 *found = iso->data + 16 * SECTOR + 156;
    for (const char *p = path; *p;) {
        while (*p == '/') p++;
        size_t n = strcspn(p, "/");
        u8 *folder = iso->data + ld32(found + 2) * SECTOR;
        found = NULL;
        for (u32 at = 0; at < 2 * SECTOR && !found;) {
            u8 *r = folder + at;
            bool same = r[0] && r[32] >= n && (r[32] == n || r[33 + n] == ';');
            for (size_t i = 0; same && i < n; i++) same = r[33 + i] == toupper((unsigned char)p[i]);
            if (same) found = r;
            at = r[0] ? at + r[0] : (at / SECTOR + 1) * SECTOR;
        }
        if (!found) return NULL;
        p += n;
    }
    return found;
}

// SPDX-License-Identifier: MIT
// Both classes are read into the same neutral structs; every bound has its own check and its own message.
#include "loader/elf.h"

#include "base/bits.h"
#include "base/le.h"

typedef unsigned long long ull;

// File header: 0 magic, 4 class, 5 data, 6 version, 16 type, 18 machine, 24 entry, then by class
enum { CLASS32 = 1, CLASS64 = 2, DATA_LSB = 1, ET_EXEC = 2, ET_DYN = 3 };
enum { EM_386 = 3, EM_X86_64 = 62, EM_AARCH64 = 183, EM_RISCV = 243 };
#define PT_INTERP 3
#define SEGMENTS 32 // most PT_LOADs; each takes a claim
#define HEADERS 256 // most program headers
#define NOTES 4096  // most notes that are looked at; each header may name the same ones again

bool elf_is(const struct span *file) { return file->size >= 4 && !memcmp(file->data, "\177ELF", 4); }

static int refuse(struct plat *p, const struct span *f, int e, const char *what, u64 is, const char *right) {
    log_error(p, "%s: ELF: %s is %#llx; right is %s", f->name, what, (ull)is, right);
    return e;
}

static const char *machine_name(unsigned machine) {
    static const struct {
        unsigned machine;
        const char *name;
    } names[] = {{EM_386, "x86"}, {EM_X86_64, "x86"}, {EM_AARCH64, "arm64"}, {EM_RISCV, "riscv"}};
    for (unsigned i = 0; i < countof(names); i++)
        if (names[i].machine == machine) return names[i].name;
    return "another architecture";
}

static bool is_right(unsigned class, unsigned machine, const struct elf_machines *m) {
    return machine && machine == (class == CLASS64 ? m->machine64 : m->machine32);
}

bool elf_is_for(const struct span *f, const struct elf_machines *m) {
    return elf_is(f) && f->size >= 52 && f->data[5] == DATA_LSB && is_right(f->data[4], ld16(f->data + 18), m);
}

static int check_ident(struct plat *p, const struct span *f, const struct elf_machines *m) {
    const u8 *d = f->data;
    if (f->size < 52) return refuse(p, f, ERR_TRUNCATED, "the size of the file", f->size, "at least its 52-byte header");
    if (d[4] != CLASS32 && d[4] != CLASS64) return refuse(p, f, ERR_CORRUPT, "the class", d[4], "1 (32-bit) or 2 (64-bit)");
    if (d[5] != DATA_LSB) return refuse(p, f, ERR_UNSUPPORTED, "the byte order", d[5], "1 (little-endian)");
    if (d[6] != 1) return refuse(p, f, ERR_CORRUPT, "the version", d[6], "1");
    if (d[4] == CLASS64 && f->size < 64)
        return refuse(p, f, ERR_TRUNCATED, "the size of the file", f->size, "at least its 64-byte header");
    unsigned type = ld16(d + 16), machine = ld16(d + 18);
    if (type != ET_EXEC && type != ET_DYN)
        return refuse(p, f, ERR_UNSUPPORTED, "the type", type, "2 (an executable) or 3 (one that can be moved)");
    if (!is_right(d[4], machine, m)) {
        log_error(p, "%s: ELF: machine %u (%s) in class ELF%u; right is %s", f->name, machine, machine_name(machine), 32u * d[4],
                  m->right);
        return ERR_UNSUPPORTED;
    }
    return 0;
}

struct elf_segment elf_segment(const struct elf *elf, unsigned i) {
    const u8 *h = elf->file.data + elf->phoff + (u64)i * (elf->is64 ? 56 : 32);
    if (elf->is64)
        return (struct elf_segment){.type = ld32(h),
                                    .offset = ld64(h + 8),
                                    .vaddr = ld64(h + 16),
                                    .paddr = ld64(h + 24),
                                    .filesz = ld64(h + 32),
                                    .memsz = ld64(h + 40)};
    return (struct elf_segment){.type = ld32(h),
                                .offset = ld32(h + 4),
                                .vaddr = ld32(h + 8),
                                .paddr = ld32(h + 12),
                                .filesz = ld32(h + 16),
                                .memsz = ld32(h + 20)};
}

static int refuse_segment(struct plat *p, const struct span *f, int e, unsigned i, const char *what, u64 is, const char *right) {
    log_error(p, "%s: ELF: program header %u: %s is %#llx; right is %s", f->name, i, what, (ull)is, right);
    return e;
}

static int check_segment(struct plat *p, const struct elf *elf, unsigned i) {
    struct elf_segment s = elf_segment(elf, i);
    const struct span *f = &elf->file;
    if (s.type == PT_INTERP) {
        log_error(p, "%s: ELF: a program for an operating system (it names a dynamic linker); right is a kernel", f->name);
        return ERR_UNSUPPORTED;
    }
    if (s.type != ELF_PT_LOAD && s.type != ELF_PT_NOTE) return 0;
    if (s.offset > f->size) return refuse_segment(p, f, ERR_TRUNCATED, i, "the offset", s.offset, "inside the file");
    if (s.filesz > f->size - s.offset)
        return refuse_segment(p, f, ERR_TRUNCATED, i, "the size in the file", s.filesz, "what the file holds from its offset on");
    if (s.type != ELF_PT_LOAD) return 0;
    if (s.memsz < s.filesz)
        return refuse_segment(p, f, ERR_CORRUPT, i, "the size in memory", s.memsz, "at least the size in the file");
    if (s.memsz && s.paddr + (s.memsz - 1) < s.paddr)
        return refuse_segment(p, f, ERR_CORRUPT, i, "the size in memory", s.memsz,
                              "one that does not wrap around the address space");
    return 0;
}

int elf_open(struct elf *elf, struct plat *p, const struct span *f, const struct elf_machines *machines) {
    int e = check_ident(p, f, machines);
    if (e) return e;
    const u8 *d = f->data;
    bool is64 = d[4] == CLASS64;
    *elf = (struct elf){.file = *f,
                        .is64 = is64,
                        .entry = is64 ? ld64(d + 24) : ld32(d + 24),
                        .phoff = is64 ? ld64(d + 32) : ld32(d + 28),
                        .phnum = ld16(d + (is64 ? 56 : 44))};
    unsigned size = ld16(d + (is64 ? 54 : 42)), right = is64 ? 56 : 32;
    if (!elf->phnum) return refuse(p, f, ERR_CORRUPT, "the number of program headers", 0, "at least 1: nothing would be loaded");
    if (elf->phnum > HEADERS) return refuse(p, f, ERR_UNSUPPORTED, "the number of program headers", elf->phnum, "at most 256");
    if (size != right) return refuse(p, f, ERR_CORRUPT, "the size of a program header", size, is64 ? "56" : "32");
    if (!range_inside(elf->phoff, (u64)elf->phnum * size, f->size))
        return refuse(p, f, ERR_TRUNCATED, "the place of the program headers", elf->phoff, "wholly inside the file");
    unsigned loads = 0;
    for (unsigned i = 0; i < elf->phnum; i++) {
        if ((e = check_segment(p, elf, i))) return e;
        loads += elf_segment(elf, i).type == ELF_PT_LOAD && elf_segment(elf, i).memsz;
    }
    if (!loads) return refuse(p, f, ERR_CORRUPT, "the number of segments to load", 0, "at least 1");
    if (loads > SEGMENTS) return refuse(p, f, ERR_UNSUPPORTED, "the number of segments to load", loads, "at most 32");
    return 0;
}

int elf_load_segments(struct load_target *t, const struct elf *elf) {
    for (unsigned i = 0; i < elf->phnum; i++) {
        struct elf_segment s = elf_segment(elf, i);
        char name[32];
        if (s.type != ELF_PT_LOAD) continue;
        plat_format(name, sizeof name, "ELF segment %u", i);
        int e = target_load(t, name, s.paddr, elf->file.data + s.offset, s.filesz, s.memsz);
        if (e) return e;
    }
    return 0;
}

void elf_write_segments(struct load_target *t, const struct elf *elf, u64 by) {
    for (unsigned i = 0; i < elf->phnum; i++) {
        struct elf_segment s = elf_segment(elf, i);
        if (s.type == ELF_PT_LOAD && s.filesz) target_write(t, s.paddr + by, elf->file.data + s.offset, s.filesz);
    }
}

// File header: 32 or 40 place of the section headers, then by class their size, their number, the section of names
bool elf_sections(const struct elf *elf, struct elf_sections *out) {
    const u8 *d = elf->file.data;
    u64 at = elf->is64 ? ld64(d + 40) : ld32(d + 32);
    const u8 *numbers = d + (elf->is64 ? 58 : 46);
    *out = (struct elf_sections){.size = ld16(numbers), .count = ld16(numbers + 2), .names = ld16(numbers + 4)};
    if (!out->count || out->size != (elf->is64 ? 64 : 40) || !range_inside(at, (u64)out->count * out->size, elf->file.size))
        return false;
    out->headers = d + at;
    return true;
}

// Kernels that map themselves high are linked with virtual addresses and loaded by physical ones; which of the two the
// entry is depends on the linker script, so the physical reading is tried first.
int elf_physical_entry(const struct elf *elf, struct plat *p, gpa_t *entry) {
    for (unsigned by_vaddr = 0; by_vaddr < 2; by_vaddr++)
        for (unsigned i = 0; i < elf->phnum; i++) {
            struct elf_segment s = elf_segment(elf, i);
            u64 start = by_vaddr ? s.vaddr : s.paddr;
            if (s.type != ELF_PT_LOAD || elf->entry < start || elf->entry - start >= s.memsz) continue;
            *entry = s.paddr + (elf->entry - start);
            return 0;
        }
    return refuse(p, &elf->file, ERR_CORRUPT, "the entry point", elf->entry, "inside one of its segments");
}

bool elf_holds(const struct elf *elf, gpa_t at) {
    for (unsigned i = 0; i < elf->phnum; i++) {
        struct elf_segment s = elf_segment(elf, i);
        if (s.type == ELF_PT_LOAD && at >= s.paddr && at - s.paddr < s.memsz) return true;
    }
    return false;
}

// Note: u32 name size, u32 description size, u32 type, name, description; both padded to 4 bytes.
static int note_in(const struct elf *elf, struct plat *p, struct elf_segment s, const char *owner, u32 type, unsigned *looked,
                   struct span *out) {
    const u8 *d = elf->file.data + s.offset;
    u64 owner_size = strlen(owner) + 1;
    for (u64 at = 0; at + 12 <= s.filesz;) {
        if (++*looked > NOTES) return refuse(p, &elf->file, ERR_UNSUPPORTED, "the number of notes", *looked, "at most 4096");
        u64 name_size = ld32(d + at), size = ld32(d + at + 4), name = at + 12, description = name + align_up(name_size, 4);
        if (description > s.filesz || size > s.filesz - description)
            return refuse(p, &elf->file, ERR_CORRUPT, "the size of a note", size, "inside its segment");
        if (ld32(d + at + 8) == type && name_size == owner_size && !memcmp(d + name, owner, owner_size)) {
            *out = (struct span){.name = elf->file.name, .data = d + description, .size = size};
            return 0;
        }
        at = description + align_up(size, 4);
    }
    return ERR_NOT_FOUND;
}

int elf_note(const struct elf *elf, struct plat *p, const char *owner, u32 type, struct span *description) {
    unsigned looked = 0;
    for (unsigned i = 0; i < elf->phnum; i++) {
        struct elf_segment s = elf_segment(elf, i);
        int e = s.type == ELF_PT_NOTE ? note_in(elf, p, s, owner, type, &looked, description) : ERR_NOT_FOUND;
        if (e != ERR_NOT_FOUND) return e;
    }
    return ERR_NOT_FOUND;
}

gpa_t elf_bottom(const struct elf *elf) {
    gpa_t bottom = ~(gpa_t)0;
    for (unsigned i = 0; i < elf->phnum; i++) {
        struct elf_segment s = elf_segment(elf, i);
        if (s.type == ELF_PT_LOAD && s.memsz && s.paddr < bottom) bottom = s.paddr;
    }
    return bottom;
}

gpa_t elf_top(const struct elf *elf) {
    gpa_t top = 0;
    for (unsigned i = 0; i < elf->phnum; i++) {
        struct elf_segment s = elf_segment(elf, i);
        if (s.type == ELF_PT_LOAD && s.memsz && s.paddr + s.memsz > top) top = s.paddr + s.memsz;
    }
    return top;
}

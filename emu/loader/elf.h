// SPDX-License-Identifier: MIT
// ELF64 and ELF32 executables (System V gABI 4.1), little-endian, loaded by physical address.
#ifndef LOADER_ELF_H
#define LOADER_ELF_H

#include "loader/boot.h"
#include "loader/target.h"

// The magic is there.
bool elf_is(const struct span *file);

struct elf {
    struct span file;
    bool is64;
    u64 entry; // as the header says it: virtual
    u64 phoff;
    unsigned phnum;
};

struct elf_segment {
    u32 type;
    u64 offset, vaddr, paddr, filesz, memsz;
};

enum { ELF_PT_LOAD = 1, ELF_PT_NOTE = 4 };

// e_machine that an architecture wants in each class (0: not that class), and how a refusal says so.
struct elf_machines {
    u16 machine32, machine64;
    const char *right; // "62 (x86-64) in ELF64"
};

// The header is whole and names one of these machines in its class.
bool elf_is_for(const struct span *file, const struct elf_machines *machines);

// Checks the header and every program header. 0, ERR_TRUNCATED, ERR_CORRUPT or ERR_UNSUPPORTED, logged.
int elf_open(struct elf *elf, struct plat *p, const struct span *file, const struct elf_machines *machines);
struct elf_segment elf_segment(const struct elf *elf, unsigned i);

// Puts every PT_LOAD at its physical address.
int elf_load_segments(struct load_target *t, const struct elf *elf);

// The same, moved by `by` (modulo 2^64) into RAM that the caller has claimed: [elf_bottom, elf_top) moved by `by`.
void elf_write_segments(struct load_target *t, const struct elf *elf, u64 by);

// The section headers, whole and in the file; `size` is one header's. False when there are none, or not all of them.
struct elf_sections {
    const u8 *headers;
    unsigned count, size, names; // `names`: the section that holds their names
};
bool elf_sections(const struct elf *elf, struct elf_sections *out);

// The description of the note with this owner and type, in any PT_NOTE segment. 0, ERR_NOT_FOUND, or ERR_CORRUPT
// (logged) when a note passes the end of its segment.
int elf_note(const struct elf *elf, struct plat *p, const char *owner, u32 type, struct span *description);

// A physical address lies in a segment's memory.
bool elf_holds(const struct elf *elf, gpa_t at);

// Where the entry point is in physical memory. ERR_CORRUPT (logged) when no segment holds it.
int elf_physical_entry(const struct elf *elf, struct plat *p, gpa_t *entry);

// The lowest physical address of a segment, and one past the highest.
gpa_t elf_bottom(const struct elf *elf);
gpa_t elf_top(const struct elf *elf);

#endif

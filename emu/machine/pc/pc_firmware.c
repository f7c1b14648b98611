// SPDX-License-Identifier: MIT
#include "machine/pc/pc_firmware.h"

#include "base/bits.h"
#include "base/le.h"
#include "dev/cfi_flash.h"

#include <string.h>

#define UNIT (64 * KiB)
#define MOST (16 * MiB)
#define SHADOW_AT 0xC0000u
#define SHADOW_SIZE (MiB - SHADOW_AT)
#define ISA_MOST (128 * KiB) // of the file's end, below 1 MiB
#define RESET_VECTOR 16      // bytes before the end

struct pc_firmware {
    struct emu_machine *m;
    struct i440fx *host; // NULL: all is ROM still
    u8 *ram;             // guest RAM from address 0 on
    u8 *low;             // what is read where no RAM is. A copy: decoded code is known by where its bytes are
    u8 mapped[I440FX_SEGMENTS];
};

static bool all_bytes(const u8 *p, size_t n, u8 value) {
    for (size_t i = 0; i < n; i++)
        if (p[i] != value) return false;
    return true;
}

// How many bytes of the file's start are the volume of variables: by its header (UEFI PI 1.7, vol. 3, 3.2.1), which has the type at 16, the length at 32 and a
// signature at 40; 0: it begins with none.
static u64 variables_size(const struct blob *file) {
    static const u8 type[16] = {0x8d, 0x2b, 0xf1, 0xff, 0x96, 0x76, 0x8b, 0x4c, 0xa9, 0x85, 0x27, 0x47, 0x07, 0x5b, 0x4f, 0x50};
    const u8 *at = file->data;
    if (file->size < UNIT || memcmp(at + 16, type, sizeof type) || memcmp(at + 40, "_FVH", 4)) return 0;
    u64 size = ld64(at + 32);
    bool good = size && size % CFI_FLASH_BLOCK == 0 && size <= CFI_FLASH_MOST && size < file->size;
    return good ? size : 0;
}

bool pc_firmware_keeps_variables(const struct blob *file) { return variables_size(file); }

static int check_nvram(struct plat *p, const struct blob *file, const char *name, u64 size) {
    u64 right = variables_size(file);
    if (!size || size == right) return 0;
    if (!right) log_error(p, "nvram: %s keeps no variables; right is firmware = uefi (OVMF), or no nvram", file->name);
    else
        log_error(
            p,
            "nvram: %s has %llu bytes, and the variables of %s take %llu; right is a file that begins as a copy of its first %llu bytes, which Debian's "
            "package ovmf has as OVMF_VARS.fd",
            name, (unsigned long long)size, file->name, (unsigned long long)right, (unsigned long long)right);
    return ERR_INVALID;
}

int pc_firmware_check(struct plat *p, const struct blob *file, const char *nvram, u64 nvram_size) {
    if (file->size % UNIT || file->size > MOST) {
        log_error(
            p,
            "firmware: %s has %llu bytes; right is a ROM image of whole 64 KiB, 16 MiB at most (SeaBIOS: bios-256k.bin; OVMF: OVMF.fd)",
            file->name, (unsigned long long)file->size);
        return ERR_INVALID;
    }
    const u8 *vector = file->data + file->size - RESET_VECTOR;
    if (!all_bytes(vector, RESET_VECTOR, 0) && !all_bytes(vector, RESET_VECTOR, 0xff))
        return check_nvram(p, file, nvram, nvram_size);
    log_error(p, "firmware: %s is no PC's firmware: there is no code in its last 16 bytes, where the processor starts",
              file->name);
    return ERR_INVALID;
}

// ---- the memory below 1 MiB

static int map_run(struct pc_firmware *f, gpa_t at, u64 size, unsigned how) {
    struct bus *b = &f->m->bus;
    struct plat *p = f->m->plat;
    u8 *rom = f->low + (at - SHADOW_AT), *ram = f->ram + at;
    switch (how) {
    case I440FX_READ | I440FX_WRITE: return bus_add_ram(b, p, "shadow RAM", at, size, ram, false);
    case I440FX_READ: return bus_add_ram(b, p, "shadow RAM", at, size, ram, true);
    case I440FX_WRITE: return bus_add_shadowed_rom(b, p, "firmware ROM", at, size, rom, ram);
    default: return bus_add_ram(b, p, "firmware ROM", at, size, rom, true);
    }
}

// Neighbours that are alike are one region, so that a device's DMA may cross them.
static int map(struct pc_firmware *f) {
    int err = 0;
    for (unsigned i = 0, end; !err && i < I440FX_SEGMENTS; i = end) {
        for (end = i + 1; end < I440FX_SEGMENTS && f->mapped[end] == f->mapped[i];) end++;
        gpa_t at = i440fx_segment(i);
        err = map_run(f, at, i440fx_segment(end) - at, f->mapped[i]);
    }
    return err;
}

static void unmap(void *ctx) {
    struct pc_firmware *f = ctx;
    const struct region *r;
    for (gpa_t at = SHADOW_AT, size; at < MiB && (r = space_find(&f->m->bus.mem, at)); at += size) {
        size = r->size;
        bus_remove_ram(&f->m->bus, at);
    }
}

static bool read_registers(struct pc_firmware *f) {
    bool changed = false;
    for (unsigned i = 0; i < I440FX_SEGMENTS; i++) {
        u8 how = (u8)i440fx_memory(f->host, i);
        changed |= how != f->mapped[i];
        f->mapped[i] = how;
    }
    return changed;
}

static void changed(void *ctx) {
    struct pc_firmware *f = ctx;
    if (!read_registers(f)) return;
    unmap(f);
    if (map(f)) f->m->plat->panic(f->m->plat, "no room on the bus for memory that was there before");
}

static bool enter(void *ctx) {
    struct pc_firmware *f = ctx;
    read_registers(f);
    return !map(f);
}

// RAM behind ROM, which no region shows.
static void hash_shadow(void *ctx, struct hash *h) { hash_bytes(h, ((struct pc_firmware *)ctx)->ram + SHADOW_AT, SHADOW_SIZE); }

void pc_firmware_obey(struct pc_firmware *f, struct i440fx *host) {
    f->host = host;
    i440fx_on_memory(host, changed, f);
    state_add_fn(&f->m->state, "shadow RAM", hash_shadow, f);
    state_add_hooks(&f->m->state, "firmware", unmap, enter, f);
}

static int add_high(struct emu_machine *m, const struct blob *file) {
    const gpa_t at = 4 * GiB - file->size;
    const u64 flash = m->nvram ? m->nvram->size : 0;
    int err = bus_add_ram(&m->bus, m->plat, "firmware ROM", at + flash, file->size - flash, file->data + flash, true);
    if (err || !flash) return err;
    struct cfi_flash *f = cfi_flash_create(&m->env, m->nvram);
    return f ? bus_add_mmio(&m->bus, m->plat, "firmware's flash", at, cfi_flash_ops(f), f) : ERR_IO;
}

struct pc_firmware *pc_firmware_create(struct emu_machine *m, const struct blob *file, u8 *ram) {
    struct pc_firmware *f = env_alloc(&m->env, sizeof *f); // what it has of state follows from the bridge's registers
    u64 isa = file->size < ISA_MOST ? file->size : ISA_MOST;
    f->m = m;
    f->ram = ram;
    f->low = env_alloc(&m->env, SHADOW_SIZE); // constant
    memset(f->low, 0xff, SHADOW_SIZE);
    memcpy(f->low + SHADOW_SIZE - isa, file->data + file->size - isa, isa);
    int err = map(f);
    if (!err) err = add_high(m, file);
    return err ? NULL : f;
}

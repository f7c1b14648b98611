// SPDX-License-Identifier: MIT
// `firmware = auto`. El Torito Bootable CD-ROM Format Specification 1.0, 2.0; UEFI 2.10, 5.2 and 5.3.
#include "base/bits.h"
#include "base/le.h"
#include "emu/emu.h"
#include "loader/image.h"
#include "machine/arch.h"
#include "machine/board.h"

#include <string.h>

enum { SECTOR = 2048, BLOCK = 512, BOOT_RECORD = 17, ENTRY = 32 };
enum { PLATFORM_X86 = 0, PLATFORM_EFI = 0xef, BOOTABLE = 0x88, VALIDATION = 1, MORE_HEADERS = 0x90, LAST_HEADER = 0x91 };
enum { CODE = 440, PARTITIONS = 446, PARTITION = 16, PARTITION_TYPE = 4, TYPE_ESP = 0xef, TYPE_GPT = 0xee };

// What is there for whom.
struct starts {
    bool bios, uefi;
};

// ---- discs

static void entry(struct starts *s, u8 platform, const u8 *e) {
    if (e[0] != BOOTABLE) return;
    s->bios |= platform == PLATFORM_X86;
    s->uefi |= platform == PLATFORM_EFI;
}

// The catalog's first sector: a validation entry, the default entry, and sections, each a header and its entries.
static struct starts of_catalog(const u8 *catalog) {
    struct starts s = {0};
    if (catalog[0] != VALIDATION || ld16(catalog + 30) != 0xaa55) return s;
    u8 platform = catalog[1];
    entry(&s, platform, catalog + ENTRY);
    for (unsigned at = 2 * ENTRY, left = 0; at < SECTOR; at += ENTRY) {
        const u8 *e = catalog + at;
        if (left) left--, entry(&s, platform, e);
        else if (e[0] == MORE_HEADERS || e[0] == LAST_HEADER) platform = e[1], left = ld16(e + 2);
        else break;
    }
    return s;
}

static struct starts of_disc(const struct blob *iso) {
    static const char id[] = "\0CD001\1EL TORITO SPECIFICATION";
    const u8 *record = iso->data + BOOT_RECORD * SECTOR;
    if (!range_inside(BOOT_RECORD * SECTOR, SECTOR, iso->size) || memcmp(record, id, sizeof id) != 0) return (struct starts){0};
    u64 at = (u64)ld32(record + 0x47) * SECTOR;
    return range_inside(at, SECTOR, iso->size) ? of_catalog(iso->data + at) : (struct starts){0};
}

// ---- disks

static bool read_blocks(const struct emu_inputs *in, unsigned n, u8 to[2 * BLOCK]) {
    struct disk *d = in->disk_drive[n];
    const struct blob *b = &in->disk[n];
    if (d) return d->size >= 2 * BLOCK && !d->read(d, 0, to, 2 * BLOCK);
    if (!b->data || b->size < 2 * BLOCK) return false;
    memcpy(to, b->data, 2 * BLOCK);
    return true;
}

// A boot sector without code is there to protect a GPT, or for a system that starts by UEFI.
static struct starts of_disk(const struct emu_inputs *in, unsigned n) {
    u8 blocks[2 * BLOCK];
    struct starts s = {0};
    if (!read_blocks(in, n, blocks)) return s;
    s.uefi = !memcmp(blocks + BLOCK, "EFI PART", 8);
    if (ld16(blocks + BLOCK - 2) != 0xaa55) return s;
    for (unsigned i = 0; i < CODE; i++) s.bios |= blocks[i] != 0;
    for (unsigned i = 0; i < 4; i++) {
        u8 type = blocks[PARTITIONS + i * PARTITION + PARTITION_TYPE];
        s.uefi |= type == TYPE_ESP || type == TYPE_GPT;
    }
    return s;
}

static struct starts of_all(const struct emu_inputs *in) {
    const struct blob *disc = loader_cdrom(in);
    struct starts all = disc ? of_disc(disc) : (struct starts){0};
    for (unsigned i = 0; i < CONFIG_DISKS; i++) {
        struct starts s = of_disk(in, i);
        all.bios |= s.bios, all.uefi |= s.uefi;
    }
    return all;
}

// ---- the direct way, tried with a platform that keeps the first reason against it

struct trial {
    struct plat plat, *real;
    char why[400];
};

static void keep_reason(struct plat *p, enum log_level level, const char *line) {
    struct trial *t = (struct trial *)p;
    if (level == LOG_ERROR && !t->why[0]) plat_format(t->why, sizeof t->why, "%s", line);
}
static void *trial_alloc(struct plat *p, size_t bytes, size_t align) {
    struct plat *real = ((struct trial *)p)->real;
    return real->alloc(real, bytes, align);
}
static void trial_free(struct plat *p, void *at, size_t bytes) {
    struct plat *real = ((struct trial *)p)->real;
    real->free(real, at, bytes);
}
__attribute__((noreturn)) static void trial_panic(struct plat *p, const char *message) {
    struct plat *real = ((struct trial *)p)->real;
    real->panic(real, message);
}

static bool starts_directly(struct trial *t, struct emu_config *c, const struct emu_inputs *in, struct plat *p) {
    *t = (struct trial){.plat = {.log = keep_reason, .alloc = trial_alloc, .free = trial_free, .panic = trial_panic}, .real = p};
    if (!in->kernel.data && !in->cdrom.data) {
        plat_format(t->why, sizeof t->why, "there is neither kernel = nor cdrom =");
        return false;
    }
    return !emu_check(c, in, &t->plat, emu_ram_wanted(c, in, p, 0));
}

// What only a loader of ours could do, or a board without firmware: it is for emu_check to say what is wrong with it.
static bool must_be_direct(const struct emu_config *c, const struct emu_inputs *in, struct plat *p) {
    enum config_arch arch;
    bool kernel = in->kernel.data && loader_cdrom(in) != &in->kernel;
    if (kernel || in->initrd.data || c->append[0] || c->has_load_address || config_in_cdrom(c->kernel) || c->testdev) return true;
    return machine_arch(c, in, p, false, &arch) || !board_of(arch)->takes_firmware;
}

int emu_choose_firmware(struct emu_config *c, const struct emu_inputs *in, struct plat *p) {
    static const char key[] = "firmware = auto";
    struct trial t;
    if (c->firmware != FIRMWARE_AUTO) return 0;
    c->firmware = FIRMWARE_NONE;
    if (must_be_direct(c, in, p) || starts_directly(&t, c, in, p)) {
        log_info(p, "%s: none, the guest is started directly", key);
        return 0;
    }
    struct starts s = of_all(in);
    if (!s.bios && !s.uefi) {
        log_error(p, "%s: no disc or disk has a boot loader, by BIOS or by UEFI; and directly: %s", key, t.why);
        return ERR_UNSUPPORTED;
    }
    c->firmware = s.bios ? FIRMWARE_BIOS : FIRMWARE_UEFI;
    log_info(p, "%s: %s, which starts the guest's own boot loader; directly: %s", key, s.bios ? "bios" : "uefi", t.why);
    return 0;
}

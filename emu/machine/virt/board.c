// SPDX-License-Identifier: MIT
// The board is put together: RAM, hart, devices, the guest's images, the device tree that tells of all of them, and the start.
#include "machine/virt/board.h"

#include "base/bits.h"
#include "base/le.h"
#include "loader/image.h"
#include "loader/riscv64/load.h"
#include "loader/riscv64/start.h"
#include "loader/target.h"
#include "machine/parts.h"
#include "machine/virt/cpu.h"
#include "machine/virt/rows.h"

#include <string.h>

// What fw_dynamic of OpenSBI is told (struct fw_dynamic_info, version 2): six words of 64 bits.
enum { INFO_MAGIC, INFO_VERSION, INFO_NEXT, INFO_NEXT_MODE, INFO_OPTIONS, INFO_BOOT_HART, INFO_WORDS };
#define OSBI_MAGIC 0x4942534f
#define INFO_SIZE ((u64)INFO_WORDS * 8)
#define MODE_S 1

#define RAM_MIN (8 * MiB)
#define RAM_MAX ((u64)1 << 40)

struct virt {
    struct emu_machine *m;
    struct virt_devices d;
    struct e820_entry ram;
};

struct kept {
    u64 rtc_offset;
};

static int check_ram(struct plat *p, const struct emu_config *c, u64 size) {
    u64 wanted = size < c->memory ? c->memory : size;
    if (size >= RAM_MIN && wanted <= RAM_MAX) return 0;
    log_error(p, "memory: %llu MiB of guest RAM are too %s: right is %llu MiB to %llu GiB", (unsigned long long)(wanted / MiB),
              size < RAM_MIN ? "few" : "many", (unsigned long long)(RAM_MIN / MiB), (unsigned long long)(RAM_MAX / GiB));
    return ERR_RANGE;
}

static int add_ram(struct emu_machine *m, u8 *ram, u64 size) {
    int err = check_ram(m->plat, m->config, size);
    if (!err) err = bus_add_ram(&m->bus, m->plat, "RAM", VIRT_RAM_AT, size, ram, false);
    if (!err) bus_track_pages(&m->bus, &m->env);
    return err;
}

// At the start of RAM, where the hart's reset would lead; behind it is room for its data, up to where kernels start.
static int load_bios(struct load_target *t, const struct blob *bios) {
    if (!bios->data) return 0;
    if (bios->size >= 4 && !memcmp(bios->data,
                                   "\x7f"
                                   "ELF",
                                   4)) {
        log_error(t->plat, "bios = %s: this is an ELF file; right is the flat image, such as OpenSBI's fw_dynamic.bin",
                  bios->name);
        return ERR_UNSUPPORTED;
    }
    u64 room = bios->size < RISCV64_FIRMWARE ? RISCV64_FIRMWARE : bios->size;
    return target_load(t, bios->name, VIRT_RAM_AT, bios->data, bios->size, room);
}

// bus: NULL in a dry run.
static int load(struct load_target *t, struct plat *p, struct bus *bus, struct e820_entry *ram, const struct emu_config *c,
                const struct emu_inputs *in, struct image *image) {
    *t = (struct load_target){
        .plat = p, .arch = &loader_riscv64, .bus = bus, .e820 = ram, .e820s = 1, .tree_room = VIRT_TREE_ROOM + INFO_SIZE};
    int err = load_bios(t, &in->bios);
    return err ? err : loader_load(t, c, in, image);
}

// Tells fw_dynamic to start the image, in S-mode.
static gpa_t tell_bios(struct load_target *t, const struct image *image) {
    u8 info[INFO_SIZE];
    const u64 words[INFO_WORDS] = {
        [INFO_MAGIC] = OSBI_MAGIC, [INFO_VERSION] = 2, [INFO_NEXT] = image->entry, [INFO_NEXT_MODE] = MODE_S};
    memcpy(info, words, sizeof info);
    target_write(t, image->tree.start + VIRT_TREE_ROOM, info, sizeof info);
    return image->tree.start + VIRT_TREE_ROOM;
}

static int tell(struct emu_machine *m, struct load_target *t, const struct image *image, u64 ram_size) {
    struct virt_tree tree = {
        .ram_size = ram_size, .bootargs = image->cmdline, .initrd = image->initrd.start, .initrd_size = image->initrd.size};
    virt_cpu_isa(m, &tree.isa);
    u8 *bytes = env_alloc(&m->env, VIRT_TREE_ROOM);
    i64 size = virt_write_tree(&tree, bytes, VIRT_TREE_ROOM);
    if (size < 0) {
        log_error(m->plat, "the device tree needs more than the %llu bytes there are for it", (unsigned long long)VIRT_TREE_ROOM);
        return (int)size;
    }
    target_write(t, image->tree.start, bytes, (u64)size);
    return 0;
}

static struct kept *kept_of(struct emu_machine *m) {
    if (!m->kept) m->kept = env_alloc(&m->own, sizeof(struct kept));
    return m->kept;
}

static void keep(struct emu_machine *m) { kept_of(m)->rtc_offset = goldfish_rtc_offset(((struct virt *)m->board)->d.rtc); }

static int create(struct emu_machine *m, const struct emu_inputs *in, u8 *ram, u64 ram_size) {
    struct virt *v = env_alloc(&m->env, sizeof *v);
    struct load_target *t = env_alloc(&m->env, sizeof *t);
    struct image *image = env_alloc(&m->env, sizeof *image);
    struct virt_hart_lines lines;
    v->m = m;
    v->ram = (struct e820_entry){VIRT_RAM_AT, ram_size, E820_RAM};
    m->board = v;
    int err = add_ram(m, ram, ram_size);
    if (!err) err = virt_cpu_create(m, &lines);
    if (!err) err = virt_add_devices(&v->d, m, in, loader_cdrom(in), &lines);
    if (err) return err;
    goldfish_rtc_set_offset(v->d.rtc, kept_of(m)->rtc_offset);
    err = load(t, m->plat, &m->bus, &v->ram, m->config, in, image);
    if (!err) err = tell(m, t, image, ram_size);
    if (err) return err;
    machine_add_ram_state(m);
    struct virt_start start = {.machine = riscv64_start_of(image).machine, .entry = image->entry, .tree = image->tree.start};
    if (in->bios.data)
        start = (struct virt_start){.machine = true, .entry = VIRT_RAM_AT, .tree = start.tree, .a2 = tell_bios(t, image)};
    virt_cpu_start(m, &v->d, &start);
    return 0;
}

static int check(struct plat *p, const struct emu_config *c, const struct emu_inputs *in, u64 ram_size) {
    struct e820_entry ram = {VIRT_RAM_AT, ram_size, E820_RAM};
    struct load_target *t = p->alloc(p, sizeof *t, 64);
    struct image *image = p->alloc(p, sizeof *image, 64);
    int err = t && image ? 0 : ERR_NO_MEMORY;
    if (err) log_error(p, "no memory to look at the images");
    if (!err) err = check_ram(p, c, ram_size);
    if (!err) err = virt_cpu_check(p, c);
    if (!err) err = load(t, p, NULL, &ram, c, in, image);
    if (t) p->free(p, t, sizeof *t);
    if (image) p->free(p, image, sizeof *image);
    return err;
}

static bool input_wakes(const struct emu_machine *m) { return virt_uart_wakes(&((const struct virt *)m->board)->d, m->console); }

const struct board virt_board = {.name = "virt",
                                 .loader = &loader_riscv64,
                                 .ram_at = VIRT_RAM_AT,
                                 .takes_bios = true,
                                 .check = check,
                                 .create = create,
                                 .keep = keep,
                                 .input_wakes = input_wakes};

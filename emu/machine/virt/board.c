// SPDX-License-Identifier: MIT
// The board is put together: RAM, processor, devices, the guest's images, the device tree that tells of all of them, and the start.
#include "machine/virt/board.h"

#include "base/bits.h"
#include "loader/target.h"
#include "machine/parts.h"
#include "machine/virt/arch.h"

#define RAM_MIN (8 * MiB)

struct virt {
    struct emu_machine *m;
    struct virt_devices d;
    struct e820_entry ram;
};

struct kept {
    u64 clock_offset;
};

static int check_ram(const struct virt_arch *a, struct plat *p, const struct emu_config *c, u64 size) {
    u64 wanted = size < c->memory ? c->memory : size;
    if (size >= RAM_MIN && wanted <= a->ram_most) return 0;
    log_error(p, "memory: %llu MiB of guest RAM are too %s: right is %llu MiB to %llu GiB", (unsigned long long)(wanted / MiB),
              size < RAM_MIN ? "few" : "many", (unsigned long long)(RAM_MIN / MiB), (unsigned long long)(a->ram_most / GiB));
    return ERR_RANGE;
}

static int add_ram(const struct virt_arch *a, struct emu_machine *m, u8 *ram, u64 size) {
    int err = check_ram(a, m->plat, m->config, size);
    if (!err) err = bus_add_ram(&m->bus, m->plat, "RAM", a->ram_at, size, ram, false);
    if (!err) bus_track_pages(&m->bus, &m->env);
    return err;
}

// bus: NULL in a dry run.
static int load(const struct virt_arch *a, struct load_target *t, struct plat *p, struct bus *bus, struct e820_entry *ram,
                const struct emu_config *c, const struct emu_inputs *in, struct image *image) {
    *t = (struct load_target){
        .plat = p, .arch = a->loader, .bus = bus, .e820 = ram, .e820s = 1, .tree_room = VIRT_TREE_ROOM + a->firmware_room};
    int err = a->load_bios && in->bios.data ? a->load_bios(t, &in->bios) : 0;
    return err ? err : loader_load(t, c, in, image);
}

static int tell(const struct virt_arch *a, struct emu_machine *m, struct load_target *t, const struct image *image,
                u64 ram_size) {
    struct virt_tree tree = {.arch = a,
                             .rows = a->rows(m->config),
                             .ram_size = ram_size,
                             .bootargs = image->cmdline,
                             .initrd = image->initrd.start,
                             .initrd_size = image->initrd.size};
    a->describe(m, &tree);
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

void virt_keep(struct emu_machine *m) { kept_of(m)->clock_offset = virt_clock_offset(&((struct virt *)m->board)->d); }

int virt_create(const struct virt_arch *a, struct emu_machine *m, const struct emu_inputs *in, u8 *ram, u64 ram_size) {
    struct virt *v = env_alloc(&m->env, sizeof *v);
    struct load_target *t = env_alloc(&m->env, sizeof *t);
    struct image *image = env_alloc(&m->env, sizeof *image);
    struct virt_lines lines = {0};
    v->m = m;
    v->ram = (struct e820_entry){a->ram_at, ram_size, E820_RAM};
    m->board = v;
    int err = add_ram(a, m, ram, ram_size);
    if (!err) err = a->create(m, &lines);
    if (!err) err = virt_add_devices(&v->d, m, in, loader_cdrom(in), a->rows(m->config), &lines);
    if (err) return err;
    virt_set_clock_offset(&v->d, kept_of(m)->clock_offset);
    err = load(a, t, m->plat, &m->bus, &v->ram, m->config, in, image);
    if (!err) err = tell(a, m, t, image, ram_size);
    if (err) return err;
    machine_add_ram_state(m);
    a->start(m, &v->d, t, image, image->tree.start + VIRT_TREE_ROOM);
    return 0;
}

int virt_check(const struct virt_arch *a, struct plat *p, const struct emu_config *c, const struct emu_inputs *in, u64 ram_size) {
    struct e820_entry ram = {a->ram_at, ram_size, E820_RAM};
    struct load_target *t = p->alloc(p, sizeof *t, 64);
    struct image *image = p->alloc(p, sizeof *image, 64);
    int err = t && image ? 0 : ERR_NO_MEMORY;
    if (err) log_error(p, "no memory to look at the images");
    if (!err) err = check_ram(a, p, c, ram_size);
    if (!err) err = a->check(p, c);
    if (!err) err = load(a, t, p, NULL, &ram, c, in, image);
    if (t) p->free(p, t, sizeof *t);
    if (image) p->free(p, image, sizeof *image);
    return err;
}

bool virt_input_wakes(const struct emu_machine *m) { return virt_uart_wakes(&((const struct virt *)m->board)->d, m->console); }

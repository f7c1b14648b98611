// SPDX-License-Identifier: MIT
// What the firmware and the stick tell before the guest starts: ACPI tables, the memory map, file names, load options; and
// the page tables that are built of it; and any keys in the menu. The first byte says which of them.
// CI: 60000 runs.
#include "paging_shim.h"

#include "../../boot/names.c"

#include "../../boot/edit.c"

#include "../../boot/keys.c"

#define put put_line
#include "../../boot/menu.c"
#undef put

#include "../../boot/options.c"

#include "../../boot/ranges.c"

#include "../../boot/screens.c"

#include "../../boot/tables.c"

#include "../../kernel/paging.c"

#include "scripted_plat.h"

#include <stdlib.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void check(bool ok) {
    if (!ok) __builtin_trap();
}

// Exactly those bytes, so that one too many is seen.
static void *exactly(const void *bytes, size_t size) {
    void *copy = malloc(size);
    if (size) memcpy(copy, bytes, size);
    return copy;
}

// The input, read number by number; 0 once it is used up.
static const u8 *in;
static size_t left;

static u64 take(unsigned bytes) {
    u64 v = 0;
    for (unsigned i = 0; i < bytes && left; i++, left--) v |= (u64)*in++ << (8 * i);
    return v;
}

// A page number times 4096 most of the time, around a power of two, or anything.
static u64 address(void) {
    u8 how = (u8)take(1);
    if (how < 0xc0) return take(3) << 12 & mask(35, 0);
    return how < 0xf0 ? BIT(how & 63) - take(1) * 4096 : take(8);
}

// --- ACPI: a firmware's tables at MEMORY, changed by the input: u16 offset, u8 count, bytes ...

enum {
    MEMORY = 0x1000,
    MEMORY_SIZE = 1024,
    AT_RSDT = 0x40,
    AT_XSDT = 0x80,
    AT_FADT = 0x100,
    AT_SPCR = 0x200,
    AT_DSDT = 0x280,
    AT_SSDT = 0x300
};

static u8 memory[MEMORY_SIZE];
static void *given[4096];
static unsigned gave;

static const u8 *at_memory(const struct tables *t, u64 address, u64 size) {
    if (address < MEMORY || !range_inside(address - MEMORY, size, MEMORY_SIZE) || gave == countof(given)) return NULL;
    return given[gave++] = exactly(&memory[address - MEMORY], size);
}

static void table(unsigned at, const char *signature, u32 size) {
    memcpy(memory + at, signature, 4);
    st32(memory + at + 4, size);
}

static void gas(unsigned at, u8 space, u64 where) {
    memory[at] = space;
    st64(memory + at + 4, where);
}

static void good_tables(void) {
    static const u8 s5[] = "\x08_S5_\x12\x06\x04\x0a\x05\x00\x00\x00", root_s5[] = "\x08\\_S5_\x12\x06\x01\x01";
    memset(memory, 0, sizeof memory);
    memcpy(memory, "RSD PTR ", 8);
    memory[RSDP_REVISION] = 2;
    st32(memory + RSDP_RSDT, MEMORY + AT_RSDT);
    st64(memory + RSDP_XSDT, MEMORY + AT_XSDT);
    static const u16 tables[] = {AT_FADT, AT_SPCR, AT_SSDT};
    table(AT_RSDT, "RSDT", HEADER + 4 * countof(tables));
    table(AT_XSDT, "XSDT", HEADER + 8 * countof(tables));
    for (unsigned i = 0; i < countof(tables); i++) {
        st32(memory + AT_RSDT + HEADER + 4 * i, MEMORY + tables[i]);
        st64(memory + AT_XSDT + HEADER + 8 * i, MEMORY + tables[i]);
    }
    table(AT_FADT, "FACP", 244);
    u8 *f = memory + AT_FADT;
    st32(f + FADT_DSDT, MEMORY + AT_DSDT);
    st32(f + FADT_SMI_CMD, 0xb2);
    st32(f + FADT_PM1A_CNT, 0x604);
    st32(f + FADT_PM_TMR, 0x608);
    f[FADT_PM_TMR_LEN] = 4;
    st32(f + FADT_FLAGS, FLAG_RESET_REG_SUP);
    gas(AT_FADT + FADT_RESET_REG, SPACE_IO, 0xcf9);
    gas(AT_FADT + FADT_X_PM1A_CNT, SPACE_MEMORY, 0xfed00000);
    table(AT_SPCR, "SPCR", 80);
    gas(AT_SPCR + SPCR_BASE, SPACE_IO, 0x3f8);
    table(AT_DSDT, "DSDT", HEADER + sizeof s5 + 2);
    memcpy(memory + AT_DSDT + HEADER + 2, s5, sizeof s5);
    table(AT_SSDT, "SSDT", HEADER + sizeof root_s5);
    memcpy(memory + AT_SSDT + HEADER, root_s5, sizeof root_s5);
}

static void check_register(const struct acpi_register *r) {
    check(!r->present || (r->width && range_inside(r->address, r->width, r->mmio ? GUEST_WINDOW : 0x10000)));
}

static void firmware_tables(void) {
    good_tables();
    while (left) {
        unsigned at = take(2) % MEMORY_SIZE;
        for (unsigned n = take(1) & 15; n && at < MEMORY_SIZE; n--) memory[at++] = (u8)take(1);
    }
    const struct tables t = {.at = at_memory, .rsdp = MEMORY};
    struct acpi_power w = {0};
    struct serial_port s = {0};
    tables_power(&t, &w);
    if (tables_serial(&t, &s)) check(s.present && range_inside(s.base, 8u * s.stride, s.mmio ? GUEST_WINDOW : 0x10000));
    check_register(&w.pm1a_control);
    check_register(&w.pm1b_control);
    check_register(&w.reset);
    check_register(&w.pm_timer);
    check(w.slp_typ_a < 8 && w.slp_typ_b < 8 && (w.has_s5 || !(w.slp_typ_a | w.slp_typ_b)));
    while (gave) free(given[--gave]);
}

// --- the memory map

static void check_ranges(const struct ranges *f, u64 unit) {
    check(f->n <= countof(f->r));
    for (unsigned i = 0; i < f->n; i++) {
        const struct phys_range *r = &f->r[i];
        check(r->size && !((r->start | r->size) & (unit - 1)) && r->start >= MiB &&
              range_inside(r->start, r->size, GUEST_WINDOW));
    }
}

static void memory_map(void) {
    u8 map[64 * 48 + 16] = {0};
    unsigned stride = take(1) % 64, n = 0, size = 0;
    for (; left && n < 64; n++) {
        u8 *d = map + size;
        if (size + stride > sizeof map - 16 || stride < DESCRIPTOR) break;
        u8 type = (u8)take(1);
        st32(d + TYPE, type & 0x80 ? type & 15 : CONVENTIONAL);
        st64(d + START, type & 1 && n ? ld64(d - stride + START) + ld64(d - stride + PAGES) * PAGE : address());
        st64(d + PAGES, type & 2 ? take(2) : address() >> 12);
        size += stride;
    }
    size += take(1) % 16; // a part of a descriptor
    u8 *exact = exactly(map, size);
    struct ranges f, g;
    ranges_read(&f, exact, size, stride);
    free(exact);
    check_ranges(&f, PAGE);
    u64 all = ranges_total(&f), wanted = address();
    check(ranges_installed(map, size, stride) < GUEST_WINDOW + PAGE);
    struct phys_range *fit = ranges_best_fit(&f, wanted);
    check(fit ? fit->size >= wanted : !f.n || ranges_largest(&f)->size < wanted);
    ranges_keep_large(&f);
    check_ranges(&f, RANGES_ALIGN);
    check(ranges_total(&f) <= all);
    g = f;
    u64 most = align_down(wanted, RANGES_ALIGN);
    if (most && most < ranges_total(&g)) ranges_cut(&g, most);
    check_ranges(&g, RANGES_ALIGN);
    check(ranges_total(&g) <= ranges_total(&f));
}

// --- page tables of ranges that share nothing and of registers anywhere

enum { POOL = 8 * MiB };

// Claimed memory: the next piece behind the last, with a gap.
static struct phys_range piece(u64 *next, u64 unit, u64 size) {
    u64 start = align_up(*next + take(1) * unit, unit);
    *next = start + align_up(size, unit);
    return (struct phys_range){start, size};
}

static struct acpi_register any_register(void) {
    return (struct acpi_register){.present = true, .mmio = true, .width = 4, .address = (address() & (GUEST_WINDOW - 1)) | 4};
}

// Looks at the first byte, the last, and one between.
static void check_mapped(u64 cr3, u64 va, u64 pa, u64 size, u64 rights, bool exact_rights) {
    const u64 at[] = {0, size / 2, size - 1};
    for (unsigned i = 0; i < countof(at) && size; i++) {
        struct shown s = walk(cr3, va + at[i]);
        check(s.mapped && s.address == pa + at[i] &&
              (!exact_rights || s.rights == (host_edx & HOST_NX ? rights : rights & ~BIT(63))));
    }
}

static void any_screen(struct handoff *h) {
    struct framebuffer f = {.base = address(), .size = take(4), .width = (u32)take(2), .height = (u32)take(2)};
    f.pitch = f.width + (u32)take(1);
    u8 colours = (u8)take(1);
    f.red = colours & 1 ? (u32)take(4) : 0xff, f.green = 0xff00, f.blue = 0xff0000;
    unsigned before = h->framebuffers;
    if (!screens_add(h, &f)) return;
    check(h->framebuffers == before + 1 && h->framebuffers <= HANDOFF_SCREENS);
    const struct framebuffer *g = &h->framebuffer[before];
    check(g->width <= g->pitch && g->size == 4ull * g->pitch * g->height && g->size <= f.size &&
          range_inside(g->base, g->size, GUEST_WINDOW));
}

static struct blob blob_of(struct phys_range r) { return (struct blob){.data = (u8 *)(uintptr_t)r.start, .size = r.size}; }

static void page_tables(void) {
    static u8 *pool;
    static struct handoff h;
    if (!pool)
        pool = mmap((void *)0x20000000, POOL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (pool == MAP_FAILED) abort();
    memset(&h, 0, sizeof h);
    u8 how = (u8)take(1);
    host_edx = (how & 1 ? HOST_PAGE1GB : 0) | (how & 0x80 ? 0 : HOST_NX);
    host_cr4 = how & 2 ? BIT(12) : 0;
    u64 next = GiB, all = 0;
    h.stacks = piece(&next, 4096, KERNEL_STACKS_SIZE);
    h.heap = piece(&next, 4096, (take(2) % 4096 + 1) << 12);
    if (how & 0x40) h.code = piece(&next, 4096, (take(2) % 16384 + 1) << 12);
    h.inputs.kernel = blob_of(piece(&next, 4096, take(3) + 1));
    h.inputs.disk[0] = blob_of(piece(&next, 4096, take(2) + 1));
    h.guest_ranges = 1 + how / 4 % HANDOFF_RANGES;
    for (unsigned i = 0; i < h.guest_ranges; i++) {
        next = align_up(next, 2 * MiB);
        h.guest_ram[i] = piece(&next, 2 * MiB, (take(1) + 1) * 2 * MiB);
        h.guest_size += h.guest_ram[i].size;
        next += take(1) << 30;
    }
    all = h.guest_size + h.heap.size + h.code.size + h.stacks.size + h.inputs.kernel.size + h.inputs.disk[0].size;
    h.tables = (struct phys_range){(uintptr_t)pool, paging_pool_size(all + 4 * GiB)};
    if (h.tables.size > POOL) return;
    h.power = (struct acpi_power){.pm1a_control = any_register(), .reset = any_register(), .pm_timer = any_register()};
    h.serial = (struct serial_port){.present = true, .mmio = true, .stride = 4, .base = any_register().address};
    for (unsigned i = take(1) % 12; i; i--) any_screen(&h);

    u64 cr3 = paging_build(&h);
    check(cr3);
    check_mapped(cr3, h.heap.start, h.heap.start, h.heap.size, DATA, true);
    check_mapped(cr3, (uintptr_t)pool, (uintptr_t)pool, h.tables.size, RODATA, true);
    check_mapped(cr3, (uintptr_t)h.inputs.kernel.data, (uintptr_t)h.inputs.kernel.data, h.inputs.kernel.size, RODATA, true);
    check_mapped(cr3, (uintptr_t)h.inputs.disk[0].data, (uintptr_t)h.inputs.disk[0].data, h.inputs.disk[0].size, DATA, true);
    check_mapped(cr3, (uintptr_t)__text_start, (uintptr_t)__text_start, 4096, CODE, true);
    check_mapped(cr3, stack_top(0) - MAIN_STACK_SIZE, h.stacks.start, MAIN_STACK_SIZE, DATA, true);
    check(!walk(cr3, stack_top(0)).mapped && !walk(cr3, stack_top(0) - MAIN_STACK_SIZE - 1).mapped);
    struct plat_code code = paging_code(&h);
    check(code.size == (host_edx & HOST_NX ? h.code.size : 0));
    if (code.size) {
        check_mapped(cr3, (uintptr_t)code.write, h.code.start, code.size, DATA, true);
        check_mapped(cr3, (uintptr_t)code.exec, h.code.start, code.size, CODE, true);
        check((walk(cr3, h.code.start).rights & BIT(63)) || !walk(cr3, h.code.start).mapped); // a register, at most
    }
    u64 va = (uintptr_t)paging_guest_ram(&h);
    check(!walk(cr3, va - 1).mapped && !walk(cr3, va + h.guest_size).mapped);
    for (unsigned i = 0; i < h.guest_ranges; va += h.guest_ram[i++].size)
        check_mapped(cr3, va, h.guest_ram[i].start, h.guest_ram[i].size, DATA, true);
    check_mapped(cr3, h.power.reset.address, h.power.reset.address, 1, DEVICE, false);
    check_mapped(cr3, h.serial.base, h.serial.base, 32, DEVICE, false);
    for (unsigned i = 0; i < h.framebuffers; i++)
        check_mapped(cr3, h.framebuffer[i].base, h.framebuffer[i].base, h.framebuffer[i].size, VIDEO, false);
}

// --- names: a configuration's path, a folder's entries

static void names(void) {
    unsigned limit = 2 + take(1);
    char *path = malloc(left + 1), *list, name[40];
    memcpy(path, in, left);
    path[left] = 0;
    u16 *wide = calloc(limit, sizeof *wide);
    if (names_path(path, wide, limit)) {
        unsigned n = 0;
        while (wide[n]) check(wide[n] != '/' && n++ < limit - 1);
        char *back = malloc(3 * n + 8);
        names_text(wide, n, false, back, 3 * n + 8);
        u16 *again = calloc(limit, sizeof *again);
        check(names_path(back, again, limit) && !memcmp(wide, again, limit * sizeof *wide));
        free(again);
        free(back);
    }
    free(wide);
    free(path);
    size_t room = 16 + take(1);
    list = calloc(room, 1);
    while (left) {
        u8 how = (u8)take(1);
        size_t units = how & 31, size = 8 + take(1) % (sizeof name - 8);
        if (units * 2 > left) units = left / 2;
        u16 *entry = exactly(in, units * 2);
        in += units * 2, left -= units * 2;
        char *text = malloc(size);
        names_text(entry, units, how & 0x80, text, size);
        check(memchr(text, 0, size));
        names_append(list, room, text);
        check(memchr(list, 0, room));
        names_kind(text);
        names_folder(entry, units, text, size);
        check(memchr(text, 0, size) && (!*text || text[strlen(text) - 1] == '/'));
        free(text);
        free(entry);
    }
    free(list);
}

// --- load options: the input as it is, or its bytes as the low halves of UCS-2

static void load_options(void) {
    static struct options o;
    static struct scripted_plat p;
    scripted_plat_init(&p);
    size_t width = 1 + take(1) % 2, n = left * width;
    u8 *bytes = calloc(n + 1, 1), *exact;
    for (size_t i = 0; i < left; i++) bytes[i * width] = in[i];
    exact = exactly(bytes, n);
    const char *wrong = options_read(&o, exact, n);
    free(exact);
    free(bytes);
    check(o.words <= OPTIONS_WORDS);
    if (wrong) return;
    struct option x;
    unsigned count = 0;
    int r;
    for (unsigned at = 0; (r = options_next(&o, &at, &p.plat, &x)) > 0; count++) {
        check(x.key[0] && memchr(x.key, 0, sizeof x.key) && at <= o.words);
        check(!x.value || (x.value >= o.text && x.value + strlen(x.value) < o.text + sizeof o.text));
    }
    check(r ? p.log_len : !o.words || count);
}

// --- the menu: the input as what a terminal sends, with pauses; now and then a second is over

static void check_menu(const struct menu *m) {
    static struct menu_line line[MENU_LINES];
    unsigned row, column;
    menu_lines(m, line, &row, &column);
    check(row <= MENU_LINES && column < MENU_COLUMNS + 1);
    for (unsigned i = 0; i < MENU_LINES; i++) check(memchr(line[i].text, 0, sizeof line[i].text));
    check(m->chosen < m->entries && m->top <= m->chosen && m->chosen < m->top + MENU_LIST);
    check(m->edit.length < EDIT_TEXT && m->edit.at <= m->edit.length && !m->edit.text[m->edit.length]);
}

static void menu(void) {
    static struct menu m;
    static struct menu_entry entry[MENU_ENTRIES];
    struct keys k = {.count = 0};
    unsigned entries = 1 + take(1) % MENU_ENTRIES, seconds = (unsigned)take(1);
    for (unsigned i = 0; i < entries; i++)
        for (unsigned n = 0; n < 8; n++) entry[i].name[n] = (char)take(1);
    menu_open(&m, entry, entries, (unsigned)take(1), seconds);
    while (left) {
        u8 byte = (u8)take(1);
        u32 key = byte == 0xff ? NO_KEY : keys_byte(&k, byte == 0xfe ? -1 : byte);
        enum menu_act act = byte == 0xff ? menu_second(&m) : key == NO_KEY ? MENU_NOTHING : menu_key(&m, key);
        if (act == MENU_EDIT) edit_open(&m.edit, "kernel = \xc3\xa4.iso\nappend = \n"), m.editing = true;
        check_menu(&m);
        if (act == MENU_START || act == MENU_LEAVE) return;
    }
}

// --- what the last run is said to have left: memory that anybody may have written

static void kept(void) {
    static struct keep k;
    static u8 out[KEEP_BYTES];
    keep_clear(&k);
    k.next = (u32)take(3) & 0x3ffff, k.count = (u32)take(3) & 0x3ffff, k.magic ^= take(1) & 1;
    u32 most = (u32)take(2);
    for (; left; k.next %= 0x40000) {
        if (k.next < KEEP_BYTES) keep_byte(&k, (u8)take(1));
        else k.text[take(2)] = (u8)take(1);
    }
    u32 n = keep_text(&k, out, most);
    check(n <= most && n <= k.count && (!n || k.next < KEEP_BYTES));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static void (*const what[])(void) = {firmware_tables, memory_map, page_tables, names, load_options, menu, kept};
    in = data, left = size;
    what[take(1) % countof(what)]();
    return 0;
}

// SPDX-License-Identifier: MIT
// Own page tables: the largest page that fits, rights per range, nothing mapped that is not named here.
//
// An entry (Intel SDM 3A, 4.5.4; 5-level paging only adds a root above):
//   63 XD   51..12 address   8 G   7 PS (large; PAT in a 4 KiB leaf)   4 PCD   3 PWT   2 U/S   1 R/W   0 P
#include "kernel/paging.h"
#include "base/bits.h"
#include "kernel/io.h"
#include "kernel/layout.h"
#include <string.h>

enum : u64 {
    PTE_P = BIT(0),
    PTE_W = BIT(1),
    PTE_PWT = BIT(3),
    PTE_PCD = BIT(4),
    PTE_PS = BIT(7),
    PTE_G = BIT(8),
    PTE_XD = BIT(63)
};
static const u64 PTE_ADDRESS = 0x000ffffffffff000u;

// What a mapping may be used for. No combination is writable and executable.
static const u64 CODE = 0, RODATA = PTE_XD, DATA = PTE_XD | PTE_W;
static const u64 DEVICE = PTE_XD | PTE_W | PTE_PCD | PTE_PWT; // PAT entry 3: uncacheable
static const u64 VIDEO = PTE_XD | PTE_W | PTE_PWT;            // PAT entry 1: write combining, see paging_prepare_cpu

#define CR0_MP BIT(1)
#define CR0_NE BIT(5)
#define CR0_WP BIT(16)
#define CR0_PG_PE_ET (BIT(31) | BIT(4) | BIT(0))
#define CR4_PAE BIT(5)
#define CR4_MCE BIT(6)
#define CR4_PGE BIT(7)
#define CR4_OSFXSR BIT(9)
#define CR4_OSXMMEXCPT BIT(10)
#define CR4_LA57 BIT(12)
#define CR4_OSXSAVE BIT(18)
#define MSR_EFER 0xc0000080u
#define EFER_NXE BIT(11)
#define MSR_PAT 0x277u
#define MSR_MISC_ENABLE 0x1a0u // Intel
#define XD_DISABLE BIT(34)
// CPUID 1
#define EDX_MCE BIT(7)
#define EDX_PGE BIT(13)
#define EDX_PAT BIT(16)
#define ECX_XSAVE BIT(26)
#define ECX_AVX BIT(28)
// CPUID 80000001H
#define EDX_NX BIT(20)
#define EDX_PAGE1GB BIT(26)

extern const u8 __text_start[], __text_end[], __relro_start[], __relro_end[], __data_start[], __data_end[], __rodata_start[],
    __rodata_end[];

struct pool {
    u64 at, end;
    bool exhausted;
    bool gib_pages, no_execute, global;
};

// Intel's processors have a switch for XD, which a BIOS may leave off. The MSR is there from family 6, model 0dh on (SDM 4,
// IA32_MISC_ENABLE).
static void unlock_no_execute(void) {
    struct cpuid vendor = cpuid(0, 0);
    u32 version = cpuid(1, 0).eax;
    u64 family = bits(version, 11, 8), model = bits(version, 19, 16) << 4 | bits(version, 7, 4);
    bool intel = vendor.ebx == 0x756e6547 && vendor.edx == 0x49656e69 && vendor.ecx == 0x6c65746e; // "GenuineIntel"
    if (!intel || family < 6 || (family == 6 && model < 0xd)) return;
    u64 v = rdmsr(MSR_MISC_ENABLE);
    if (v & XD_DISABLE) wrmsr(MSR_MISC_ENABLE, v & ~XD_DISABLE);
}

bool paging_no_execute(void) {
    if (!(cpuid(0x80000001, 0).edx & EDX_NX)) unlock_no_execute();
    return cpuid(0x80000001, 0).edx & EDX_NX;
}

static u64 *new_table(struct pool *p) {
    if (p->at + 4096 > p->end) {
        p->exhausted = true;
        return NULL;
    }
    u64 *t = (u64 *)(uintptr_t)p->at;
    p->at += 4096;
    return memset(t, 0, 4096);
}

// The entry that maps va with a page of `1 << level_shift` bytes; tables are added on the way. NULL: no memory left, or a
// larger page maps va already.
static u64 *entry_for(struct pool *p, u64 *table, u64 va, unsigned level_shift) {
    for (unsigned shift = 39; shift > level_shift; shift -= 9) {
        u64 *e = &table[bits(va, shift + 8, shift)];
        if (!(*e & PTE_P)) {
            u64 *next = new_table(p);
            if (!next) return NULL;
            *e = (u64)(uintptr_t)next | PTE_P | PTE_W;
        }
        if (*e & PTE_PS) return NULL;
        table = (u64 *)(uintptr_t)(*e & PTE_ADDRESS);
    }
    return &table[bits(va, level_shift + 8, level_shift)];
}

// What is mapped already stays as it is: firmware may name a register or a framebuffer in the midst of RAM.
static void map(struct pool *p, u64 *root, u64 va, u64 pa, u64 size, u64 rights) {
    size = align_up(size + (pa & 4095), 4096);
    va = align_down(va, 4096);
    pa = align_down(pa, 4096);
    while (size && !p->exhausted) {
        unsigned shift = 12;
        if (!((va | pa) & mask(20, 0)) && size >= 2 * MiB) shift = 21;
        if (p->gib_pages && !((va | pa) & mask(29, 0)) && size >= GiB) shift = 30;
        u64 *e = entry_for(p, root, va, shift);
        while (e && shift > 12 && (*e & (PTE_P | PTE_PS)) == PTE_P) { // smaller pages are there already
            shift -= 9;
            e = entry_for(p, root, va, shift);
        }
        u64 allowed = p->no_execute ? rights : rights & ~(u64)PTE_XD; // without NX the bit is a reserved one
        if (e && !(*e & PTE_P)) *e = pa | allowed | PTE_P | (p->global ? PTE_G : 0) | (shift > 12 ? PTE_PS : 0);
        va += BIT(shift);
        pa += BIT(shift);
        size -= BIT(shift);
    }
}

static void map_same(struct pool *p, u64 *root, u64 at, u64 size, u64 rights) { map(p, root, at, at, size, rights); }

static void map_image(struct pool *p, u64 *root) {
    const struct {
        const u8 *start, *end;
        u64 rights;
    } part[] = {{__text_start, __text_end, CODE},
                {__relro_start, __relro_end, RODATA},
                {__data_start, __data_end, DATA},
                {__rodata_start, __rodata_end, RODATA}};
    for (unsigned i = 0; i < countof(part); i++)
        map_same(p, root, (uintptr_t)part[i].start, (u64)(part[i].end - part[i].start), part[i].rights);
}

static void map_blob(struct pool *p, u64 *root, const struct blob *b, u64 rights) {
    if (b->data && (uintptr_t)b->data < FILE_WINDOW) map_same(p, root, (uintptr_t)b->data, b->size, rights);
}

static void map_files(struct pool *p, u64 *root, const struct handoff *h) {
    u64 va = FILE_WINDOW;
    for (unsigned i = 0; i < h->file_pieces; i++) {
        map(p, root, va, h->file[i].at.start, h->file[i].at.size, h->file[i].writable ? DATA : RODATA);
        va += h->file[i].at.size;
    }
}

static void map_register(struct pool *p, u64 *root, const struct acpi_register *r) {
    if (r->present && r->mmio) map_same(p, root, r->address, r->width, DEVICE);
}

static void map_serial(struct pool *p, u64 *root, const struct serial_port *s) {
    if (s->present && s->mmio) map_same(p, root, s->base, 8u * s->stride, DEVICE);
}

u64 paging_usb(const struct handoff *h, unsigned i) { return USB_WINDOWS + i * 2 * USB_WINDOW + (h->usb[i].base & mask(11, 0)); }

static void map_devices(struct pool *p, u64 *root, const struct handoff *h) {
    const struct acpi_power *w = &h->power;
    map_register(p, root, &w->pm1a_control);
    map_register(p, root, &w->pm1b_control);
    map_register(p, root, &w->reset);
    map_register(p, root, &w->pm_timer);
    if (h->xapic) map_same(p, root, h->xapic, 4096, DEVICE);
    map_serial(p, root, &h->serial);
    map_serial(p, root, &h->gdb);
    for (unsigned i = 0; i < h->usbs; i++) map(p, root, paging_usb(h, i), h->usb[i].base, h->usb[i].size, DEVICE);
    for (unsigned i = 0; i < h->framebuffers; i++) map_same(p, root, h->framebuffer[i].base, h->framebuffer[i].size, VIDEO);
}

static void map_stacks(struct pool *p, u64 *root, const struct phys_range *r) {
    u64 at = r->start;
    for (unsigned i = 0; i <= IST_STACKS; i++) {
        u64 size = i ? IST_STACK_SIZE : MAIN_STACK_SIZE;
        map(p, root, stack_top(i) - size, at, size, DATA);
        at += size;
    }
}

u8 *paging_guest_ram(const struct handoff *h) { return (u8 *)(uintptr_t)(GUEST_WINDOW + (h->guest_ram[0].start & mask(29, 0))); }

static void map_guest_ram(struct pool *p, u64 *root, const struct handoff *h) {
    u64 va = (uintptr_t)paging_guest_ram(h);
    for (unsigned i = 0; i < h->guest_ranges; i++) {
        map(p, root, va, h->guest_ram[i].start, h->guest_ram[i].size, DATA);
        va += h->guest_ram[i].size;
    }
}

struct plat_code paging_code(const struct handoff *h) {
    u64 into = h->code.start & mask(20, 0); // large pages fit
    if (!h->code.size || !paging_no_execute()) return (struct plat_code){0};
    return (struct plat_code){.write = (u8 *)(uintptr_t)(CODE_WRITE_WINDOW + into),
                              .exec = (u8 *)(uintptr_t)(CODE_EXEC_WINDOW + into),
                              .size = h->code.size};
}

static void map_code_memory(struct pool *p, u64 *root, const struct handoff *h) {
    struct plat_code c = paging_code(h);
    map(p, root, (uintptr_t)c.write, h->code.start, c.size, DATA);
    map(p, root, (uintptr_t)c.exec, h->code.start, c.size, CODE);
}

u64 paging_build(const struct handoff *h) {
    struct pool pool = {.at = h->tables.start, .end = h->tables.start + h->tables.size, .global = true};
    pool.no_execute = paging_no_execute();
    pool.gib_pages = cpuid(0x80000001, 0).edx & EDX_PAGE1GB;
    u64 *root = new_table(&pool);
    if (!root) return 0;
    map_image(&pool, root);
    map_same(&pool, root, h->heap.start, h->heap.size, DATA);
    map_same(&pool, root, h->tables.start, h->tables.size, RODATA);
    map_blob(&pool, root, &h->inputs.kernel, RODATA);
    map_blob(&pool, root, &h->inputs.initrd, RODATA);
    map_blob(&pool, root, &h->inputs.cdrom, RODATA);
    map_blob(&pool, root, &h->inputs.bios, RODATA);
    map_blob(&pool, root, &h->inputs.firmware, RODATA);
    map_blob(&pool, root, &h->inputs.vga_bios, RODATA);
    map_blob(&pool, root, &h->inputs.replay, RODATA);
    map_blob(&pool, root, &h->inputs.symbols, RODATA);
    for (unsigned i = 0; i < CONFIG_DISKS; i++) map_blob(&pool, root, &h->inputs.disk[i], DATA);
    map_files(&pool, root, h);
    if (h->keep.size) map_same(&pool, root, h->keep.start, h->keep.size, DATA);
    map_devices(&pool, root, h);
    map_stacks(&pool, root, &h->stacks);
    map_guest_ram(&pool, root, h);
    map_code_memory(&pool, root, h);
    u64 top = (uintptr_t)root;
    // Firmware that runs with 5-level paging cannot be left for 4-level paging without leaving long mode; a root with
    // one entry above ours does as well.
    if (read_cr4() & CR4_LA57) {
        u64 *pml5 = new_table(&pool);
        if (pml5) pml5[0] = top | PTE_P | PTE_W;
        top = (uintptr_t)pml5;
    }
    return pool.exhausted ? 0 : top;
}

// The table that an entry of `table` leads to, as a copy that is ours to change.
static u64 *copy_below(struct pool *p, u64 *table, unsigned index) {
    u64 *copy = new_table(p);
    if (!copy) return NULL;
    if (table[index] & PTE_P) memcpy(copy, (const void *)(uintptr_t)(table[index] & PTE_ADDRESS), 4096);
    table[index] = (u64)(uintptr_t)copy | (table[index] & PTE_P ? table[index] & ~PTE_ADDRESS : PTE_P | PTE_W);
    return copy;
}

u64 paging_add_files(const struct handoff *h, u64 cr3, struct phys_range range) {
    struct pool pool = {.at = range.start, .end = range.start + range.size};
    pool.no_execute = paging_no_execute() && rdmsr(MSR_EFER) & EFER_NXE;
    u64 *top = new_table(&pool), *root = top;
    if (!top) return 0;
    memcpy(top, (const void *)(uintptr_t)(cr3 & PTE_ADDRESS), 4096);
    if (read_cr4() & CR4_LA57) root = copy_below(&pool, top, 0);
    if (root) map_files(&pool, root, h);
    return pool.exhausted ? 0 : (u64)(uintptr_t)top | (cr3 & ~PTE_ADDRESS);
}

u64 paging_pool_size(u64 mapped) {
    // One table per GiB of 2 MiB pages, twice for ranges that straddle; the rest for 4 KiB edges and upper levels.
    return 1 * MiB + (mapped / GiB + 1) * 2 * 4096;
}

void paging_prepare_cpu(void) {
    struct cpuid features = cpuid(1, 0);
    if (paging_no_execute()) wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
    // PAT entry 1 becomes write combining (1) for the framebuffer; 0 stays write back (6), 3 uncacheable (0). Without a PAT
    // entry 1 is write through.
    if (features.edx & EDX_PAT) wrmsr(MSR_PAT, 0x0007040600070106u);
    u64 cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT | (read_cr4() & CR4_LA57);
    if (features.edx & EDX_MCE) cr4 |= CR4_MCE;
    if (features.ecx & ECX_XSAVE) cr4 |= CR4_OSXSAVE;
    write_cr4(cr4); // without PGE: no translation of the firmware's outlives the switch
    write_cr0(CR0_PG_PE_ET | CR0_MP | CR0_NE | CR0_WP);
    // XCR0: x87 and SSE, and AVX where the host has it.
    if (cr4 & CR4_OSXSAVE) __asm__ volatile("xsetbv" : : "a"((features.ecx & ECX_AVX) ? 7 : 3), "d"(0), "c"(0));
    u32 mxcsr = 0x1f80;
    __asm__ volatile("fninit; ldmxcsr %0" : : "m"(mxcsr));
}

void paging_enable_global(void) {
    if (cpuid(1, 0).edx & EDX_PGE) write_cr4(read_cr4() | CR4_PGE);
}

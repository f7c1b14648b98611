// SPDX-License-Identifier: MIT
// The firmware's runtime services expect the addresses that they had before the exit (no SetVirtualAddressMap is called), and regions that
// are writable and executable at once, which our tables have none of. Theirs still lie where they were, in memory of boot services, which
// this kernel leaves alone; so a call is made on them, with a stack in the image, which lies at its own address in both.
#include "kernel/keep.h"
#include "base/bits.h"
#include "kernel/io.h"

#define CR4_PGE BIT(7)
enum { NV_BS_RT = 7 };

u64 runtime_call(u64 function, const u64 argument[5], u64 cr3, u8 *stack_top);

static struct keep *ring;
static struct keep_variables variables;
static u8 text[KEEP_BYTES];
_Alignas(16) static u8 stack[64 * KiB];

void keep_init(const struct handoff *h) {
    ring = (struct keep *)(uintptr_t)h->keep.start;
    variables = h->keep_variables;
}

void keep_bytes(const u8 *bytes, size_t n) {
    for (size_t i = 0; ring && i < n; i++) keep_byte(ring, bytes[i]);
}

static u64 set_variable(unsigned part, u8 *data, u32 size) {
    u16 *digits = variables.name;
    while (*digits) digits++;
    digits[-2] = (u16)('0' + part / 10);
    digits[-1] = (u16)('0' + part % 10);
    static u64 argument[5];
    argument[0] = (uintptr_t)variables.name, argument[1] = (uintptr_t)variables.vendor, argument[2] = NV_BS_RT;
    argument[3] = size, argument[4] = (uintptr_t)data;
    return runtime_call(variables.set_variable, argument, variables.cr3, stack + sizeof stack);
}

void keep_save(void) {
    struct keep *k = ring;
    ring = NULL;
    if (!k || !variables.set_variable) return;
    u32 n = keep_text(k, text, variables.parts * variables.part_bytes), part = 0;
    u64 cr4 = read_cr4();
    write_cr4(cr4 & ~CR4_PGE); // none of our translations is the firmware's
    for (u32 at = 0; at < n; part++) {
        u32 size = n - at < variables.part_bytes ? n - at : variables.part_bytes;
        if (set_variable(part, text + at, size)) break;
        at += size;
    }
    if (part < variables.parts) set_variable(part, text, 0); // a longer text's, which nobody could fetch
    write_cr4(cr4);
}

// SPDX-License-Identifier: MIT
// Any bytes as a guest image of either architecture (bzImage, ELF, PVH, Multiboot; RISC-V Image, EFI zboot; raw): refused with a message,
// or loaded inside RAM. Whose it is is told without one.
// CI: 75000 runs.
#include "images_riscv64.h"
#include "machine/arch.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static struct world *x86, *riscv64;
    if (!size) return 0;
    if (!x86) x86 = world_new(), riscv64 = world_new_riscv64();
    struct world *w = data[0] & 0x40 ? riscv64 : x86;
    enum config_arch arch;
    world_again(w);
    // Exactly its bytes, so that a read past the end is seen.
    u8 *bytes = malloc(size);
    memcpy(bytes, data + 1, size - 1);
    w->in.kernel = (struct blob){"fuzz", bytes, size - 1};
    if (data[0] & 1) w->in.initrd = (struct blob){"initrd", bytes, (size - 1) / 2};
    w->c.has_load_address = data[0] & 2;
    w->c.load_address = data[0] & 4 ? WORLD_HIGH : 0x7c00;
    world_top(w);
    if (machine_arch(&w->c, &w->in, &w->s.plat, true, &arch)) abort();
    if (w->s.log_len) abort(); // both are silent
    if (data[0] & 0x20) w->c.arch = w->t.arch->arch;
    if (world_load(w) && !w->s.log_len) abort();
    free(bytes);
    return 0;
}

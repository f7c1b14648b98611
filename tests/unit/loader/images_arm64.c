// SPDX-License-Identifier: MIT
// Offsets from the kernel's own document (booting.rst), written down a second time.
#include "images_arm64.h"

#include "base/le.h"

#include <string.h>

struct world *world_new_arm64(void) { return world_new_tree(&loader_arm64, ARM64_RAM); }

void arm64_image_make(u8 image[static IMAGE_FILE_SIZE]) {
    for (unsigned i = 0; i < IMAGE_FILE_SIZE; i++) image[i] = (u8)(0x50 + i / 256);
    memset(image, 0, 64);
    memcpy(image, "MZ\x40\xfa", 4); // ccmp x18, #0, #0xd, pl
    st64(image + 8, 0);             // text_offset
    st64(image + 16, IMAGE_MEMORY); // image_size
    st64(image + 24, 0xa);          // flags
    memcpy(image + 56, "ARMd", 4);
    st32(image + 60, 0x40);
}

void elf_make_arm64(u8 image[static ELF_FILE_SIZE], u64 at, u64 high) {
    elf_make(image, true, at, high);
    st16(image + 18, 183);
}

// SPDX-License-Identifier: MIT
// A bzImage whose header lies (patched.h).
// CI: 60000 runs.
#include "patched.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static u8 image[BZIMAGE_SIZE];
    bzimage_make(image);
    load_patched(image, sizeof image, data, size);
    return 0;
}

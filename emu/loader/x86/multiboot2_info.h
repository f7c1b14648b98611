// SPDX-License-Identifier: MIT
// What a Multiboot 2 image is told.
#ifndef LOADER_X86_MULTIBOOT2_INFO_H
#define LOADER_X86_MULTIBOOT2_INFO_H

#include "loader/boot.h"
#include "loader/target.h"

#define MULTIBOOT2_MAGIC 0x36d76289u // in EAX
#define MULTIBOOT2_LAST 21           // the specification's last type of information

// The type is one of the specification's. An image that requests it may be started; it is told what there is.
static inline bool multiboot2_knows(u32 type) { return type <= MULTIBOOT2_LAST; }

struct multiboot2_loaded {
    u32 base;
    bool relocatable; // it is told its base
    bool is_elf;      // it is told its sections
};

// Places the modules and the information; *at is where that is.
int multiboot2_tell(struct load_target *t, const struct boot *b, const struct multiboot2_loaded *loaded, gpa_t *at);

#endif

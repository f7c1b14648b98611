// SPDX-License-Identifier: MIT
// EFI zboot kernels (Linux, drivers/firmware/efi/libstub/zboot-header.S): a small UEFI program with the packed kernel in it. Distributions
// install them as vmlinuz on RISC-V and Arm64; a loader that is no UEFI takes the kernel out.
#ifndef LOADER_ZBOOT_H
#define LOADER_ZBOOT_H

#include "loader/boot.h"

bool zboot_is(const struct span *file);

// IMAGE_FILE_MACHINE_* of the PE header (PE/COFF specification, 3.3.1); 0 when there is none in the file.
u16 pe_machine(const struct span *file);

// The packed kernel's bytes, which gzip packed. 0; ERR_TRUNCATED or ERR_UNSUPPORTED (another method, named), logged.
int zboot_payload(struct plat *p, const struct span *file, struct span *payload);

#endif

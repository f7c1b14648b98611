// SPDX-License-Identifier: MIT
// What a firmware's service answers, in words.
#ifndef BOOT_STATUS_H
#define BOOT_STATUS_H

#include "base/types.h"

// The name of an EFI_STATUS and what it means (UEFI 2.10, appendix D): "EFI_VOLUME_CORRUPTED, the file system is
// damaged". For one that has no name of its own, "an error of the firmware's own".
const char *status_text(u64 status);

#endif

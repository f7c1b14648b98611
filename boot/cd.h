// SPDX-License-Identifier: MIT
// CDs, DVDs and sticks with an ISO 9660 file system, for which UEFI firmware has no driver: as files of UEFI's own kind (2.10, 13.5) that
// can be read.
#ifndef BOOT_CD_H
#define BOOT_CD_H

#include "boot/boot.h"

// The root folder of such a file system on the device with that Block I/O; NULL: there is none, or it cannot be read.
EFI_FILE_HANDLE cd_root(struct boot *b, EFI_BLOCK_IO *io);

#endif

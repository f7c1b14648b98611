// SPDX-License-Identifier: MIT
// What shim asks of everything that it starts (SBAT.md in its sources): which component this is, and of which generation. The generation
// is raised by one when a fault is mended that lets somebody past Secure Boot; no other number here is compared. Fields: component,
// generation, vendor, package, version, address.
#include "base/types.h"

#define SBAT                                                                                                                     \
    "sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md\n"                                              \
    "softmetal,1,softmetal,softmetal,1,-\n"

// A text without a zero at its end.
[[gnu::used, gnu::section(".sbat")]] static const char sbat[sizeof SBAT - 1] = SBAT;

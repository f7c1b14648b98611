// SPDX-License-Identifier: MIT
// Guest-physical addresses, as QEMU's virt for Arm has them:
//
//   00000000  flash, erased
//   08000000  GIC: distributor                          09000000  PL011
//   08010000  GICv2: CPU interface                      09010000  PL031
//   080a0000  GICv3: redistributor                      0a000000  eight virtio-mmio transports, 1000 apart
//                                                       40000000  RAM
//
// QEMU's transports have 200 bytes each. Its flash can be written; ours is there for U-Boot,
// which looks for its environment in it. What QEMU has besides (fw_cfg, GPIO, PCI, ITS, the platform bus) is not there.
#include "dev/erased.h"
#include "dev/gic.h"
#include "dev/pl011.h"
#include "dev/pl031.h"
#include "dev/virtio_mmio.h"
#include "machine/virt/rows.h"

#define VIRTIO(i) {VIRT_VIRTIO, "virtio_mmio", 0xa000000 + (i) * 0x1000, VIRTIO_MMIO_SIZE, 16 + (i), "virtio,mmio\0"}

#define FLASH {VIRT_FLASH, "flash", 0, ERASED_FLASH_SIZE, 0, NULL}
// clang-format off
#define OTHERS \
    {VIRT_PL011, "pl011", 0x9000000, PRIMECELL_SIZE, 1, "arm,pl011\0arm,primecell\0"}, \
    {VIRT_PL031, "pl031", 0x9010000, PRIMECELL_SIZE, 2, "arm,pl031\0arm,primecell\0"}, \
    VIRTIO(0), VIRTIO(1), VIRTIO(2), VIRTIO(3), VIRTIO(4), VIRTIO(5), VIRTIO(6), VIRTIO(7)
// clang-format on

static const struct virt_row v3[] = {
    FLASH,
    {VIRT_GIC_DIST, "intc", 0x8000000, GIC_DIST_SIZE, 0, "arm,gic-v3\0"},
    {VIRT_GIC_REDIST, NULL, 0x80a0000, GIC_REDIST_SIZE, 0, NULL},
    OTHERS,
};
static const struct virt_row v2[] = {
    FLASH,
    {VIRT_GIC_DIST, "intc", 0x8000000, GIC_DIST_SIZE, 0, "arm,cortex-a15-gic\0"},
    {VIRT_GIC_CPU, NULL, 0x8010000, GIC_CPU_SIZE, 0, NULL},
    OTHERS,
};

const struct virt_rows virt_rows_gicv3 = {.row = v3, .count = countof(v3), .gic = 3};
const struct virt_rows virt_rows_gicv2 = {.row = v2, .count = countof(v2), .gic = 2};

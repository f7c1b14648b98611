// SPDX-License-Identifier: MIT
// Guest-physical addresses, as QEMU's virt for RISC-V has them:
//
//   00100000  test finisher: power-off, reset     10000000  16550
//   00101000  real-time clock                     10001000  eight virtio-mmio transports, 1000 apart
//   02000000  CLINT: software and timer interrupts  80000000  RAM
//   0c000000  PLIC: external interrupts
//
// What QEMU has besides (flash, fw_cfg, PCI, the platform bus) is not there.
#include "machine/virt/rows.h"

#include "dev/aclint.h"
#include "dev/goldfish_rtc.h"
#include "dev/plic.h"
#include "dev/syscon.h"
#include "dev/uart16550.h"
#include "dev/virtio_mmio.h"

#define VIRTIO(i) {VIRT_VIRTIO, "virtio_mmio", 0x10001000 + (i) * 0x1000, VIRTIO_MMIO_SIZE, 1 + (i), "virtio,mmio\0"}

static const struct virt_row rows[] = {
    {VIRT_SYSCON, "test", 0x100000, SYSCON_SIZE, 0, "sifive,test1\0sifive,test0\0syscon\0"},
    {VIRT_GOLDFISH_RTC, "rtc", 0x101000, GOLDFISH_RTC_SIZE, 11, "google,goldfish-rtc\0"},
    {VIRT_ACLINT, "clint", 0x2000000, ACLINT_SIZE, 0, "sifive,clint0\0riscv,clint0\0"},
    {VIRT_PLIC, "plic", 0xc000000, PLIC_SIZE, 0, "sifive,plic-1.0.0\0riscv,plic0\0"},
    {VIRT_UART16550, "serial", 0x10000000, UART16550_MEMORY, 10, "ns16550a\0"},
    VIRTIO(0),
    VIRTIO(1),
    VIRTIO(2),
    VIRTIO(3),
    VIRTIO(4),
    VIRTIO(5),
    VIRTIO(6),
    VIRTIO(7),
};

const struct virt_rows virt_rows_riscv64 = {.row = rows, .count = countof(rows)};

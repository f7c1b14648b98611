// SPDX-License-Identifier: MIT
// A serial port on a PCI card, for machines without COM1: class 07, subclass 00 (PCI Code and ID Assignment, 1.2.8), its
// registers at the first base address.
#include "base/bits.h"
#include "boot/boot.h"
#include "kernel/layout.h"
#include "kernel/serial.h"

enum { CLASS_AT = 2, BAR0_AT = 4, WORDS = 6, UART_PORTS = 8 }; // 32-bit words of the configuration header
enum { SERIAL_CONTROLLER = 0x0700, KINDS_16550 = 7, BAR_IO = 1, BAR_64 = 4 };

// The card's registers, in *s; false: it is no such card, or has none within reach.
static bool registers(EFI_PCI_IO_PROTOCOL *pci, struct serial_port *s) {
    u32 word[WORDS];
    if (EFI_ERROR(pci->Pci.Read(pci, EfiPciIoWidthUint32, 0, WORDS, word))) return false;
    if (word[CLASS_AT] >> 16 != SERIAL_CONTROLLER || (word[CLASS_AT] >> 8 & 0xff) >= KINDS_16550) return false;
    u32 bar = word[BAR0_AT];
    s->mmio = !(bar & BAR_IO);
    s->base = s->mmio ? bar & ~0xfu : bar & ~3u;
    if (s->mmio && bar & BAR_64) s->base |= (u64)word[BAR0_AT + 1] << 32;
    return s->base && range_inside(s->base, UART_PORTS, s->mmio ? GUEST_WINDOW : 0x10000);
}

// as_is: the firmware talks over it and has set it up for its clock.
static bool try(struct boot *b, EFI_HANDLE handle, bool as_is) {
    EFI_PCI_IO_PROTOCOL *pci;
    struct serial_port s = {.stride = 1, .as_is = as_is};
    if (EFI_ERROR(b->bs->HandleProtocol(handle, GUID_OF(PCI_IO_PROTOCOL_GUID), (void **)&pci)) || !registers(pci, &s))
        return false;
    UINT64 decode = s.mmio ? EFI_PCI_IO_ATTRIBUTE_MEMORY : EFI_PCI_IO_ATTRIBUTE_IO;
    if (EFI_ERROR(pci->Attributes(pci, EfiPciIoAttributeOperationEnable, decode, NULL))) return false;
    s.as_is |= s.mmio; // a card of today's, with any clock
    serial_init(&s);
    if (s.present) b->h->serial = s;
    return s.present;
}

static EFI_HANDLE *handles_of(struct boot *b, EFI_GUID *protocol, UINTN *n) {
    EFI_HANDLE *handles = NULL;
    *n = 0;
    return EFI_ERROR(b->bs->LocateHandleBuffer(ByProtocol, protocol, NULL, n, &handles)) ? NULL : handles;
}

// The PCI function that a serial port of the firmware's is on.
static bool try_parent(struct boot *b, EFI_HANDLE port) {
    EFI_DEVICE_PATH *path;
    EFI_HANDLE parent;
    if (EFI_ERROR(b->bs->HandleProtocol(port, GUID_OF(DEVICE_PATH_PROTOCOL_GUID), (void **)&path))) return false;
    return !EFI_ERROR(b->bs->LocateDevicePath(GUID_OF(PCI_IO_PROTOCOL_GUID), &path, &parent)) && try(b, parent, true);
}

void uart_find(struct boot *b) {
    UINTN n;
    bool found = false;
    EFI_HANDLE *ports = handles_of(b, GUID_OF(SERIAL_IO_PROTOCOL_GUID), &n);
    for (UINTN i = 0; i < n && !found; i++) found = try_parent(b, ports[i]);
    if (ports) b->bs->FreePool(ports);
    if (found) return;
    EFI_HANDLE *cards = handles_of(b, GUID_OF(PCI_IO_PROTOCOL_GUID), &n);
    for (UINTN i = 0; i < n && !found; i++) found = try(b, cards[i], false);
    if (cards) b->bs->FreePool(cards);
}

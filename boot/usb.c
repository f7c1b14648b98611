// SPDX-License-Identifier: MIT
// The xHCI controllers that the firmware has set up (class 0C, subclass 03, interface 30; PCI Code and ID Assignment, 1.13), for
// kernel/usb; and whether there is anything to type on.
#include "base/bits.h"
#include "base/le.h"
#include "boot/boot.h"
#include "kernel/io.h"
#include "kernel/layout.h"

enum { CLASS_AT = 2, BAR0_AT = 4, WORDS = 6 }; // 32-bit words of the configuration header
enum { USB_CONTROLLER = 0x0c03, XHCI = 0x30, BAR_IO = 1, BAR_64 = 4 };
enum { USUAL_SIZE = 0x10000, ADDRESS_BITS = 0x80000008 };
// QWORD address space descriptor (ACPI 6.5, 6.4.3.5.1).
enum { QWORD_DESCRIPTOR = 0x8a, QWORD_LENGTH = 38 };

static u64 bar_size(EFI_PCI_IO_PROTOCOL *pci, struct boot *b) {
    u8 *resources = NULL;
    u64 size = 0;
    if (EFI_ERROR(pci->GetBarAttributes(pci, 0, NULL, (void **)&resources)) || !resources) return USUAL_SIZE;
    if (resources[0] == QWORD_DESCRIPTOR) size = ld64(resources + QWORD_LENGTH);
    b->bs->FreePool(resources);
    return size ? size : USUAL_SIZE;
}

static bool registers(struct boot *b, EFI_PCI_IO_PROTOCOL *pci, struct usb_controller *c) {
    u32 word[WORDS];
    UINTN segment, bus, device, function;
    if (EFI_ERROR(pci->Pci.Read(pci, EfiPciIoWidthUint32, 0, WORDS, word))) return false;
    if (word[CLASS_AT] >> 16 != USB_CONTROLLER || (word[CLASS_AT] >> 8 & 0xff) != XHCI) return false;
    u32 bar = word[BAR0_AT];
    c->base = bar & ~0xfu;
    if (bar & BAR_64) c->base |= (u64)word[BAR0_AT + 1] << 32;
    u64 size = bar_size(pci, b), last = BIT(cpuid(ADDRESS_BITS, 0).eax & 63);
    c->size = (u32)(size < USB_WINDOW ? size : USB_WINDOW);
    if (bar & BAR_IO || !c->base || !range_inside(c->base, c->size, last < BIT(52) ? last : BIT(52))) return false;
    if (EFI_ERROR(pci->GetLocation(pci, &segment, &bus, &device, &function)) || segment) return false;
    c->pci = (struct pci_function){(u8)bus, (u8)device, (u8)function};
    return true;
}

void usb_find(struct boot *b) {
    UINTN n = 0;
    EFI_HANDLE *handles = NULL;
    if (EFI_ERROR(b->bs->LocateHandleBuffer(ByProtocol, GUID_OF(PCI_IO_PROTOCOL_GUID), NULL, &n, &handles))) return;
    for (UINTN i = 0; i < n && b->h->usbs < HANDOFF_USB; i++) {
        EFI_PCI_IO_PROTOCOL *pci;
        if (EFI_ERROR(b->bs->HandleProtocol(handles[i], GUID_OF(PCI_IO_PROTOCOL_GUID), (void **)&pci))) continue;
        if (registers(b, pci, &b->h->usb[b->h->usbs])) b->h->usbs++;
    }
    b->bs->FreePool(handles);
}

// What the firmware knows of keyboards; the console splitter, ConIn itself, has no device path. Serial lines that are not ours are left
// with the firmware.
static unsigned keyboards(struct boot *b) {
    UINTN n = 0;
    unsigned found = 0;
    EFI_HANDLE *handles = NULL;
    if (EFI_ERROR(b->bs->LocateHandleBuffer(ByProtocol, GUID_OF(SIMPLE_TEXT_INPUT_PROTOCOL_GUID), NULL, &n, &handles))) return 0;
    for (UINTN i = 0; i < n; i++) {
        EFI_DEVICE_PATH *path;
        if (EFI_ERROR(b->bs->HandleProtocol(handles[i], GUID_OF(DEVICE_PATH_PROTOCOL_GUID), (void **)&path))) continue;
        found += !log_is_uart(path);
    }
    b->bs->FreePool(handles);
    return found;
}

void usb_check_input(struct boot *b) {
    if (!b->h->serial.present && !keyboards(b))
        log_warn(&b->plat,
                 "this machine has no serial port, and its firmware has found no keyboard: the guest cannot be typed to%s",
                 b->h->usbs ? ", unless there is one on USB that the firmware has not looked for" : "");
}

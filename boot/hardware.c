// SPDX-License-Identifier: MIT
// What this PC offers, in lines of the log, for somebody to read or to send: processor, memory, screens, serial ports, USB, keyboards.
#include "base/bits.h"
#include "boot/boot.h"
#include "boot/ranges.h"
#include "kernel/io.h"
#include <string.h>

#define MSR_SMI_COUNT 0x34u // Intel, from Nehalem on (SDM 4, 2.2)
enum { NODES_MOST = 64 };

static void processor(struct boot *b) {
    u32 brand[13] = {0};
    bool named = cpuid(0x80000000, 0).eax >= 0x80000004;
    for (unsigned i = 0; named && i < 3; i++) {
        struct cpuid c = cpuid(0x80000002 + i, 0);
        memcpy(&brand[4 * i], &c, sizeof c);
    }
    struct cpuid first = cpuid(1, 0), vendor = cpuid(0, 0), extended = cpuid(0x80000001, 0), power = {0};
    if (cpuid(0x80000000, 0).eax >= 0x80000007) power = cpuid(0x80000007, 0);
    const char *text = (const char *)brand;
    log_info(&b->plat, "hardware: processor \"%s\", CPUID 0x%x, %s%s%s%s", text + strspn(text, " "), first.eax,
             extended.edx & BIT(20) ? "NX" : "no NX", extended.edx & BIT(26) ? ", 1 GiB pages" : "",
             first.ecx & BIT(28) ? ", AVX" : "", first.ecx >> 31 ? ", in a virtual machine" : "");
    u64 before = rdtsc();
    b->bs->Stall(20000);
    log_info(&b->plat, "hardware: TSC at about %llu MHz, %s; %s", (unsigned long long)((rdtsc() - before) / 20000),
             power.edx & BIT(8) ? "invariant" : "not invariant",
             first.ecx & BIT(24) ? "TSC deadline timer" : "no TSC deadline timer");
    bool intel = vendor.ebx == 0x756e6547, has_count = intel && !(first.ecx >> 31) && (first.eax >> 8 & 15) == 6 &&
                                                       ((first.eax >> 12 & 0xf0) | (first.eax >> 4 & 15)) >= 0x1a;
    if (has_count) log_info(&b->plat, "hardware: %u SMIs since the start", (u32)rdmsr(MSR_SMI_COUNT));
    else log_info(&b->plat, "hardware: SMIs are not counted on this processor");
}

// A node's text: types that say where a device is.
static void path_text(EFI_DEVICE_PATH *path, char *out, size_t room) {
    size_t n = 0;
    *out = 0;
    for (unsigned i = 0; i < NODES_MOST && !IsDevicePathEnd(path) && n + 1 < room; i++, path = NextDevicePathNode(path)) {
        if (DevicePathNodeLength(path) < (int)sizeof *path) return;
        const u8 *data = (const u8 *)(path + 1);
        unsigned type = DevicePathType(path), sub = DevicePathSubType(path);
        if (type == HARDWARE_DEVICE_PATH && sub == HW_PCI_DP)
            n += (size_t)plat_format(out + n, room - n, "%sPCI %u.%u", n ? ", " : "", data[1], data[0]);
        else if (type == MESSAGING_DEVICE_PATH && sub == MSG_USB_DP)
            n += (size_t)plat_format(out + n, room - n, "%sUSB port %u", n ? ", " : "", data[0] + 1);
        else if (type == MESSAGING_DEVICE_PATH && sub == MSG_UART_DP)
            n += (size_t)plat_format(out + n, room - n, "%sserial", n ? ", " : "");
        else if (type == ACPI_DEVICE_PATH && DevicePathNodeLength(path) >= 12) {
            u32 hid;
            memcpy(&hid, data, sizeof hid);
            if ((hid & 0xffff) == 0x41d0) n += (size_t)plat_format(out + n, room - n, "%sPNP%04x", n ? ", " : "", hid >> 16);
        }
    }
}

static EFI_HANDLE *handles_of(struct boot *b, EFI_GUID *protocol, UINTN *n) {
    EFI_HANDLE *handles = NULL;
    *n = 0;
    return EFI_ERROR(b->bs->LocateHandleBuffer(ByProtocol, protocol, NULL, n, &handles)) ? NULL : handles;
}

// Every device with that protocol, by where it is. The console itself has no path and is left out.
static void devices(struct boot *b, const char *what, EFI_GUID *protocol) {
    UINTN n;
    unsigned found = 0;
    char text[160];
    EFI_HANDLE *handle = handles_of(b, protocol, &n);
    for (UINTN i = 0; i < n; i++) {
        EFI_DEVICE_PATH *path;
        if (EFI_ERROR(b->bs->HandleProtocol(handle[i], GUID_OF(DEVICE_PATH_PROTOCOL_GUID), (void **)&path))) continue;
        path_text(path, text, sizeof text);
        log_info(&b->plat, "hardware: %s: %s", what, text[0] ? text : "somewhere");
        found++;
    }
    if (!found) log_info(&b->plat, "hardware: %s: none that the firmware has started", what);
    if (handle) b->bs->FreePool(handle);
}

static void screens(struct boot *b) {
    UINTN n;
    EFI_HANDLE *handle = handles_of(b, GUID_OF(GRAPHICS_OUTPUT_PROTOCOL_GUID), &n);
    for (UINTN i = 0; i < n; i++) {
        EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;
        void *path;
        if (EFI_ERROR(b->bs->HandleProtocol(handle[i], GUID_OF(DEVICE_PATH_PROTOCOL_GUID), &path))) continue;
        if (EFI_ERROR(b->bs->HandleProtocol(handle[i], GUID_OF(GRAPHICS_OUTPUT_PROTOCOL_GUID), (void **)&gop)) || !gop->Mode ||
            !gop->Mode->Info)
            continue;
        log_info(&b->plat, "hardware: screen %ux%u, format %u, framebuffer 0x%llx of %llu KiB",
                 gop->Mode->Info->HorizontalResolution, gop->Mode->Info->VerticalResolution, gop->Mode->Info->PixelFormat,
                 (unsigned long long)gop->Mode->FrameBufferBase, (unsigned long long)gop->Mode->FrameBufferSize / 1024);
    }
    if (handle) b->bs->FreePool(handle);
}

// Class 0C, subclass 03 (PCI Code and ID Assignment, 1.13), by programming interface.
static void usb(struct boot *b) {
    UINTN n, segment, bus, device, function;
    unsigned found = 0;
    EFI_HANDLE *handle = handles_of(b, GUID_OF(PCI_IO_PROTOCOL_GUID), &n);
    for (UINTN i = 0; i < n; i++) {
        EFI_PCI_IO_PROTOCOL *pci;
        u32 word[3];
        if (EFI_ERROR(b->bs->HandleProtocol(handle[i], GUID_OF(PCI_IO_PROTOCOL_GUID), (void **)&pci)) ||
            EFI_ERROR(pci->Pci.Read(pci, EfiPciIoWidthUint32, 0, countof(word), word)) || word[2] >> 16 != 0x0c03 ||
            EFI_ERROR(pci->GetLocation(pci, &segment, &bus, &device, &function)))
            continue;
        u8 kind = word[2] >> 8 & 0xff;
        const char *name = kind == 0x00   ? "UHCI"
                           : kind == 0x10 ? "OHCI"
                           : kind == 0x20 ? "EHCI"
                           : kind == 0x30 ? "xHCI"
                                          : "USB, other";
        log_info(&b->plat, "hardware: %s controller %04x:%04x at %02x:%02x.%x", name, word[0] & 0xffff, word[0] >> 16,
                 (unsigned)bus, (unsigned)device, (unsigned)function);
        found++;
    }
    if (!found) log_info(&b->plat, "hardware: no USB controller");
    if (handle) b->bs->FreePool(handle);
}

void hardware_report(struct boot *b) {
    const CHAR16 *vendor = b->st->FirmwareVendor;
    char name[64] = "";
    for (unsigned i = 0; vendor && vendor[i] && i + 1 < sizeof name; i++)
        name[i] = vendor[i] >= ' ' && vendor[i] < 0x7f ? (char)vendor[i] : '?';
    log_info(&b->plat, "hardware: firmware of \"%s\", revision 0x%x, UEFI %u.%u", name, b->st->FirmwareRevision,
             b->st->Hdr.Revision >> 16, (b->st->Hdr.Revision & 0xffff) / 10);
    processor(b);
    ram_report(b);
    screens(b);
    const struct serial_port *s = &b->h->serial;
    if (s->present)
        log_info(&b->plat, "hardware: our own serial port is at %s0x%llx", s->mmio ? "mmio:" : "", (unsigned long long)s->base);
    else log_info(&b->plat, "hardware: no serial port that softmetal can use");
    devices(b, "serial port of the firmware", GUID_OF(SERIAL_IO_PROTOCOL_GUID));
    usb(b);
    devices(b, "keyboard or terminal", GUID_OF(SIMPLE_TEXT_INPUT_PROTOCOL_GUID));
    devices(b, "volume", GUID_OF(SIMPLE_FILE_SYSTEM_PROTOCOL_GUID));
}

void hardware_show(struct boot *b, const char *then) {
    hardware_report(b);
    if (keep_write(b)) log_info(&b->plat, "hardware: softmetal.log has this, too");
    exit_wait(b, then);
}

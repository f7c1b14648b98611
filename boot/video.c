// SPDX-License-Identifier: MIT
// The firmware's graphics modes (UEFI 2.10, 12.9), as they are: every one with a linear framebuffer. Others, of which only the
// firmware knows how to draw (virtio-gpu), are of no use after the exit.
#include "boot/boot.h"
#include "boot/screens.h"

static bool pixel_format(const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode, struct framebuffer *f) {
    const EFI_PIXEL_BITMASK *m = &mode->PixelInformation;
    switch (mode->PixelFormat) {
    case PixelRedGreenBlueReserved8BitPerColor: f->red = 0xff, f->green = 0xff00, f->blue = 0xff0000; return true;
    case PixelBlueGreenRedReserved8BitPerColor: f->red = 0xff0000, f->green = 0xff00, f->blue = 0xff; return true;
    case PixelBitMask:
        f->red = m->RedMask, f->green = m->GreenMask, f->blue = m->BlueMask;
        return (m->RedMask | m->GreenMask | m->BlueMask | m->ReservedMask) >> 24; // 32 bits a pixel
    default: return false;
    }
}

static bool add(struct boot *b, EFI_GRAPHICS_OUTPUT_PROTOCOL *gop) {
    if (!gop->Mode || !gop->Mode->Info) return false;
    const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode = gop->Mode->Info;
    struct framebuffer f = {.base = gop->Mode->FrameBufferBase,
                            .size = gop->Mode->FrameBufferSize,
                            .width = mode->HorizontalResolution,
                            .height = mode->VerticalResolution,
                            .pitch = mode->PixelsPerScanLine};
    return pixel_format(mode, &f) && screens_add(b->h, &f);
}

void video_find(struct boot *b) {
    UINTN n = 0, screens = 0;
    EFI_HANDLE *handles = NULL;
    if (EFI_ERROR(b->bs->LocateHandleBuffer(ByProtocol, GUID_OF(GRAPHICS_OUTPUT_PROTOCOL_GUID), NULL, &n, &handles))) return;
    for (UINTN i = 0; i < n; i++) {
        EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;
        void *path;
        if (EFI_ERROR(b->bs->HandleProtocol(handles[i], GUID_OF(GRAPHICS_OUTPUT_PROTOCOL_GUID), (void **)&gop))) continue;
        add(b, gop);
        // The console splitter, which draws on all others, has no device path.
        screens += !EFI_ERROR(b->bs->HandleProtocol(handles[i], GUID_OF(DEVICE_PATH_PROTOCOL_GUID), &path));
    }
    b->bs->FreePool(handles);
    if (screens && !b->h->framebuffers)
        log_warn(&b->plat,
                 "no screen of this machine has a linear framebuffer of 32 bits a pixel: from here on they show nothing, "
                 "and the console is the serial port");
}

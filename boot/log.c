// SPDX-License-Identifier: MIT
// Text before the exit: to the serial port with our own driver, and to the firmware's screens.
//
// The firmware's console (ConOut) may itself be on the serial port, as under OVMF; writing to both would show every
// line twice, broken at the terminal's width. So where there is a serial text output, the other text outputs are used
// one by one; where there is none, ConOut is.
#include "boot/boot.h"
#include "kernel/serial.h"
#include <string.h>

bool log_is_uart(EFI_DEVICE_PATH *path) {
    for (EFI_DEVICE_PATH *node = path; !IsDevicePathEnd(node); node = NextDevicePathNode(node)) {
        if (DevicePathNodeLength(node) < (int)sizeof *node) return false;
        if (DevicePathType(node) == MESSAGING_DEVICE_PATH && DevicePathSubType(node) == MSG_UART_DP) return true;
    }
    return false;
}

static void find_screens(struct boot *b) {
    UINTN n = 0;
    EFI_HANDLE *handles = NULL;
    bool serial = false;
    if (!EFI_ERROR(b->bs->LocateHandleBuffer(ByProtocol, GUID_OF(SIMPLE_TEXT_OUTPUT_PROTOCOL_GUID), NULL, &n, &handles))) {
        for (UINTN i = 0; i < n; i++) {
            EFI_DEVICE_PATH *path;
            void *out;
            // The console splitter, ConOut itself, has no device path.
            if (EFI_ERROR(b->bs->HandleProtocol(handles[i], GUID_OF(DEVICE_PATH_PROTOCOL_GUID), (void **)&path))) continue;
            if (log_is_uart(path)) serial = true;
            else if (b->screens < BOOT_SCREENS &&
                     !EFI_ERROR(b->bs->HandleProtocol(handles[i], GUID_OF(SIMPLE_TEXT_OUTPUT_PROTOCOL_GUID), &out)))
                b->screen[b->screens++] = out;
        }
        b->bs->FreePool(handles);
    }
    if (serial && b->h->serial.present) return;
    b->screens = 0;
    if (b->st->ConOut) b->screen[b->screens++] = b->st->ConOut;
}

// A character of UTF-8 as UCS-2; *p moves on.
static CHAR16 unit_of(const char **p) {
    u32 c = (u8)*(*p)++;
    unsigned more = c < 0xc0 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 9;
    if (more == 9 || (c >= 0x80 && !more)) return '?';
    if (more) c &= 0x3fu >> more;
    for (; more; more--) {
        if (((u8)**p & 0xc0) != 0x80) return '?';
        c = c << 6 | ((u8)*(*p)++ & 0x3f);
    }
    return (CHAR16)c;
}

// EFI_HII_FONT_PROTOCOL (UEFI 2.10, 34.1), of which one function is wanted, and GNU-EFI has none.
#define HII_FONT_PROTOCOL_GUID {0xe9ca4775, 0x8657, 0x47fc, {0x97, 0xe7, 0x7e, 0xd6, 0x5a, 0x08, 0x43, 0x24}}
struct image_output {
    UINT16 width, height;
    void *pixels;
};
struct hii_font {
    void *string_to_image, *string_id_to_image;
    EFI_STATUS(EFIAPI *get_glyph)(struct hii_font *, CHAR16, const void *, struct image_output **, UINTN *);
};

// Whether a screen can show that. (The question is made for it, TestString, but EDK2 answers yes to all of them.)
static bool has_glyph(struct boot *b, CHAR16 unit) {
    struct hii_font *font;
    struct image_output *image = NULL;
    if (EFI_ERROR(b->bs->LocateProtocol(&(EFI_GUID)HII_FONT_PROTOCOL_GUID, NULL, (void **)&font))) return true;
    EFI_STATUS e = font->get_glyph(font, unit, NULL, &image, NULL);
    if (image && image->pixels) b->bs->FreePool(image->pixels);
    if (image) b->bs->FreePool(image);
    return e == EFI_SUCCESS;
}

// A firmware's font may have Latin letters alone; what it has not would be left out, and two names look like one.
void log_screen(struct boot *b, SIMPLE_TEXT_OUTPUT_INTERFACE *screen, const char *text) {
    CHAR16 wide[128];
    while (*text) {
        unsigned n = 0;
        while (*text && n < countof(wide) - 2) {
            if (*text == '\n') wide[n++] = '\r';
            CHAR16 unit = unit_of(&text);
            wide[n++] = unit < 0x80 || has_glyph(b, unit) ? unit : '?';
        }
        wide[n] = 0;
        screen->OutputString(screen, wide);
    }
}

void log_serial(struct boot *b, const char *text) { serial_write(&b->h->serial, (const u8 *)text, strlen(text)); }

static void put(struct boot *b, const char *text) {
    for (unsigned i = 0; i < b->screens; i++) log_screen(b, b->screen[i], text);
    for (const char *p = text; b->h->keep.size && *p; p++) keep_byte((struct keep *)(uintptr_t)b->h->keep.start, (u8)*p);
    for (; *text; text++) {
        if (*text == '\n') serial_write(&b->h->serial, (const u8 *)"\r", 1);
        serial_write(&b->h->serial, (const u8 *)text, 1);
    }
}

static struct boot *boot_of(struct plat *p) { return container_of(p, struct boot, plat); }

static void do_log(struct plat *p, enum log_level level, const char *line) {
    static const char *const prefix[] = {"error: ", "warning: ", "", "debug: "};
    struct boot *b = boot_of(p);
    if (level == LOG_DEBUG && !b->h->config.verbose) return;
    char text[600];
    plat_format(text, sizeof text, "softmetal: %s%s\n", prefix[level], line);
    put(b, text);
}

static void do_record(struct plat *p, const char *json) {
    put(boot_of(p), json);
    put(boot_of(p), "\n");
}

static void *do_alloc(struct plat *p, size_t bytes, size_t align) {
    EFI_PHYSICAL_ADDRESS at;
    if (align > EFI_PAGE_SIZE) return NULL;
    if (EFI_ERROR(boot_of(p)->bs->AllocatePages(AllocateAnyPages, EfiLoaderData, EFI_SIZE_TO_PAGES(bytes), &at))) return NULL;
    return memset((void *)(uintptr_t)at, 0, bytes);
}

static void do_free(struct plat *p, void *at, size_t bytes) {
    if (at) boot_of(p)->bs->FreePages((uintptr_t)at, EFI_SIZE_TO_PAGES(bytes));
}

__attribute__((noreturn)) static void do_panic(struct plat *p, const char *message) {
    log_error(p, "%s", message);
    boot_of(p)->st->RuntimeServices->ResetSystem(EfiResetShutdown, EFI_ABORTED, 0, NULL);
    for (;;) __asm__ volatile("hlt");
}

void log_open(struct boot *b) {
    b->plat.log = do_log;
    b->plat.record = do_record;
    b->plat.alloc = do_alloc;
    b->plat.free = do_free;
    b->plat.panic = do_panic;
    serial_init(&b->h->serial);
    bool com1 = b->h->serial.present;
    if (!com1) uart_find(b);
    find_screens(b);
    put(b, "\n");
    const struct serial_port *s = &b->h->serial;
    if (s->present && !com1)
        log_info(&b->plat, "serial port: PCI, at %s0x%llx (there is none at COM1)", s->mmio ? "mmio:" : "",
                 (unsigned long long)s->base);
}

void log_progress(struct boot *b, bool finished, const char *format, ...) {
    static size_t before; // columns of the line that is overwritten
    char line[200], text[240];
    va_list args;
    va_start(args, format);
    plat_vformat(line, sizeof line, format, args);
    va_end(args);
    size_t n = strlen(line);
    plat_format(text, sizeof text, "\rsoftmetal: %s%*s%s", line, n < before ? (int)(before - n) : 0, "", finished ? "\n" : "");
    before = finished ? 0 : n;
    put(b, text);
}

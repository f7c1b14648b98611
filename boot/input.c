// SPDX-License-Identifier: MIT
// Keys before the exit. The firmware's console has them of its keyboards, and of the serial port where it uses that as a terminal; it then
// takes the bytes away from under our own driver, so the port is read here only where the firmware has no terminal on it. Input devices
// that are no part of the console are asked, too.
#include "boot/boot.h"
#include "boot/keys.h"
#include "kernel/serial.h"

enum { DEVICES = 8 };

static struct {
    bool open, terminal;
    SIMPLE_INPUT_INTERFACE *device[DEVICES];
    unsigned devices;
    struct keys keys;
} in;

static void add(struct boot *b, EFI_HANDLE handle) {
    EFI_DEVICE_PATH *path;
    void *device;
    if (EFI_ERROR(b->bs->HandleProtocol(handle, GUID_OF(DEVICE_PATH_PROTOCOL_GUID), (void **)&path)))
        return; // the console itself
    if (EFI_ERROR(b->bs->HandleProtocol(handle, GUID_OF(SIMPLE_TEXT_INPUT_PROTOCOL_GUID), &device))) return;
    if (log_is_uart(path)) in.terminal = true;
    if (in.devices < DEVICES) in.device[in.devices++] = device;
}

static void open_devices(struct boot *b) {
    UINTN n = 0;
    EFI_HANDLE *handle = NULL;
    in.open = true;
    if (b->st->ConIn) in.device[in.devices++] = b->st->ConIn;
    if (EFI_ERROR(b->bs->LocateHandleBuffer(ByProtocol, GUID_OF(SIMPLE_TEXT_INPUT_PROTOCOL_GUID), NULL, &n, &handle))) return;
    for (UINTN i = 0; i < n; i++) add(b, handle[i]);
    b->bs->FreePool(handle);
}

// UEFI 2.10, table 12.3
static u32 key_of(const EFI_INPUT_KEY *k) {
    static const u32 scan[] = {NO_KEY,  KEY_UP, KEY_DOWN,   KEY_RIGHT,   KEY_LEFT,     KEY_HOME,
                               KEY_END, NO_KEY, KEY_DELETE, KEY_PAGE_UP, KEY_PAGE_DOWN};
    if (k->UnicodeChar) return k->UnicodeChar;
    if (k->ScanCode == SCAN_F10) return KEY_F10;
    if (k->ScanCode == SCAN_ESC) return KEY_ESCAPE;
    return k->ScanCode < countof(scan) ? scan[k->ScanCode] : NO_KEY;
}

u32 input_key(struct boot *b) {
    EFI_INPUT_KEY k;
    if (!in.open) open_devices(b);
    for (unsigned i = 0; i < in.devices; i++)
        if (!EFI_ERROR(in.device[i]->ReadKeyStroke(in.device[i], &k))) return key_of(&k);
    if (in.terminal) return NO_KEY;
    // A byte that is not there ends a lone Esc: a sequence comes faster than it is looked for.
    return keys_byte(&in.keys, serial_read(&b->h->serial));
}

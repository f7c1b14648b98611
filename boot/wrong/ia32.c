// SPDX-License-Identifier: MIT
// BOOTIA32.EFI, what 32-bit UEFI starts: says what is wrong, waits for a reader, and leaves. Built for i386, without
// GNU-EFI, whose 32-bit half not every Debian has: the few services that are used stand here
// (UEFI 2.10, 4.3, 4.4, 12.3, 12.4).
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t efi_status; // as wide as the processor's words
#define EFI_UNSUPPORTED ((efi_status)0x80000003)
#define EFI_CALL __attribute__((cdecl))

struct table_header {
    uint64_t signature;
    uint32_t revision, size, crc32, reserved;
};

struct text_input {
    void *reset;
    efi_status(EFI_CALL *read_key)(struct text_input *self, uint16_t key[2]);
};

struct text_output {
    void *reset;
    efi_status(EFI_CALL *output_string)(struct text_output *self, const uint16_t *text);
};

struct boot_services {
    struct table_header header;
    void *others[28]; // raise_tpl to get_next_monotonic_count
    efi_status(EFI_CALL *stall)(uint32_t microseconds);
    efi_status(EFI_CALL *set_watchdog_timer)(uint32_t seconds, uint64_t code, uint32_t size, const uint16_t *data);
};

struct system_table {
    struct table_header header;
    const uint16_t *vendor;
    uint32_t revision;
    void *input_handle;
    struct text_input *input;
    void *output_handle;
    struct text_output *output;
    void *error_handle;
    struct text_output *error;
    void *runtime_services;
    struct boot_services *boot_services;
};
static_assert(sizeof(void *) == 4 && offsetof(struct boot_services, stall) == 24 + 28 * 4);

enum { READING_SECONDS = 60, STALL_US = 50000 };

efi_status EFI_CALL efi_main(void *image, const struct system_table *st);

static bool key_pressed(const struct system_table *st) {
    uint16_t key[2];
    return st->input && !(st->input->read_key(st->input, key) >> 31);
}

efi_status EFI_CALL efi_main(void *image, const struct system_table *st) {
    static const uint16_t text[] = u"\r\nsoftmetal: error: this PC's firmware is 32-bit UEFI; softmetal needs 64-bit UEFI.\r\n"
                                   u"Such firmware starts no 64-bit program, even where the processor could run one:\r\n"
                                   u"take another PC.\r\n"
                                   u"Press a key, or wait 60 s: then the firmware goes on with its next boot entry.\r\n";
    st->boot_services->set_watchdog_timer(0, 0, 0, NULL);
    if (st->output) st->output->output_string(st->output, text);
    while (key_pressed(st)) continue;
    for (uint32_t us = 0; us < READING_SECONDS * 1000000u && !key_pressed(st); us += STALL_US) st->boot_services->stall(STALL_US);
    return EFI_UNSUPPORTED;
}

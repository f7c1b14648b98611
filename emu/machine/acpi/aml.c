// SPDX-License-Identifier: MIT
// AML encodings.
#include "machine/acpi/aml.h"
#include "base/le.h"

void aml_byte(struct aml *a, u8 v) {
    if (a->at < a->room) a->out[a->at++] = v;
    else a->overflow = true;
}

void aml_bytes(struct aml *a, const void *p, size_t n) {
    for (size_t i = 0; i < n; i++) aml_byte(a, ((const u8 *)p)[i]);
}

static void put(struct aml *a, u64 v, unsigned width) { aml_bytes(a, &v, width); }

void aml_op(struct aml *a, enum aml_op op) {
    if (op > 0xff) aml_byte(a, (u8)(op >> 8));
    aml_byte(a, (u8)op);
}

// NameString (20.2.2): root, then a segment count prefix (none for one, 2E for two, 2F n for more), then the segments.
void aml_path(struct aml *a, const char *path) {
    if (*path == '\\') aml_byte(a, (u8)*path++);
    unsigned segments = *path != 0;
    for (const char *p = path; *p; p++) segments += *p == '.';
    if (segments == 0) aml_byte(a, 0x00);
    if (segments == 2) aml_byte(a, 0x2e);
    if (segments > 2) {
        aml_byte(a, 0x2f);
        aml_byte(a, (u8)segments);
    }
    while (*path) {
        for (unsigned i = 0; i < 4; i++) aml_byte(a, (u8)(*path && *path != '.' ? *path++ : '_'));
        if (*path == '.') path++;
    }
}

void aml_integer(struct aml *a, u64 v) {
    if (v <= 1) return aml_byte(a, (u8)v); // ZeroOp, OneOp
    unsigned width = v <= 0xff ? 1 : v <= 0xffff ? 2 : v <= 0xffffffff ? 4 : 8;
    aml_byte(a, width == 1 ? 0x0a : width == 2 ? 0x0b : width == 4 ? 0x0c : 0x0e);
    put(a, v, width);
}

void aml_string(struct aml *a, const char *s) {
    aml_byte(a, 0x0d);
    aml_bytes(a, s, strlen(s) + 1);
}

static unsigned hex(char c) { return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10); }

// EISAID (19.3.4): three letters of 5 bits, four hex digits, big-endian.
void aml_eisa_id(struct aml *a, const char *id) {
    u32 v = 0;
    for (unsigned i = 0; i < 3; i++) v = v << 5 | (u32)(id[i] - '@');
    for (unsigned i = 3; i < 7; i++) v = v << 4 | hex(id[i]);
    aml_byte(a, 0x0c);
    put(a, __builtin_bswap32(v), 4);
}

// PkgLength (20.2.4), always in its 3-byte form so that it can be filled in afterwards:
//   7:6 = 2 bytes follow | 3:0 length 3:0      length 11:4      length 19:12
// It counts itself.
#define PKG_LENGTH 3

size_t aml_begin(struct aml *a, enum aml_op op) {
    aml_op(a, op);
    size_t begin = a->at;
    put(a, 0, PKG_LENGTH);
    return begin;
}

void aml_end(struct aml *a, size_t begin) {
    if (a->overflow) return;
    size_t length = a->at - begin;
    a->out[begin] = (u8)(0x80 | (length & 0x0f));
    a->out[begin + 1] = (u8)(length >> 4);
    a->out[begin + 2] = (u8)(length >> 12);
}

void aml_name_integer(struct aml *a, const char *name, u64 v) {
    aml_op(a, AML_NAME);
    aml_path(a, name);
    aml_integer(a, v);
}

void aml_name_eisa_id(struct aml *a, const char *name, const char *id) {
    aml_op(a, AML_NAME);
    aml_path(a, name);
    aml_eisa_id(a, id);
}

size_t aml_scope(struct aml *a, const char *path) {
    size_t begin = aml_begin(a, AML_SCOPE);
    aml_path(a, path);
    return begin;
}

size_t aml_device(struct aml *a, const char *name) {
    size_t begin = aml_begin(a, AML_DEVICE);
    aml_path(a, name);
    return begin;
}

size_t aml_method(struct aml *a, const char *name, unsigned args, bool serialized) {
    size_t begin = aml_begin(a, AML_METHOD);
    aml_path(a, name);
    aml_byte(a, (u8)(args | (serialized ? 8 : 0)));
    return begin;
}

size_t aml_package(struct aml *a, unsigned elements) {
    size_t begin = aml_begin(a, AML_PACKAGE);
    aml_byte(a, (u8)elements);
    return begin;
}

// --- resource templates: Buffer (size) { descriptors, end tag } ---

struct aml_resources aml_resources_begin(struct aml *a) {
    struct aml_resources r = {.begin = aml_begin(a, AML_BUFFER)};
    aml_byte(a, 0x0b);
    r.size_at = a->at;
    put(a, 0, 2);
    return r;
}

void aml_resources_end(struct aml *a, struct aml_resources r) {
    aml_byte(a, 0x79); // end tag; checksum 0: not checked
    aml_byte(a, 0);
    if (!a->overflow) st16(a->out + r.size_at, (u16)(a->at - r.size_at - 2));
    aml_end(a, r.begin);
}

// I/O port (6.4.2.5): 47, decodes 16 bits, min, max, alignment, length.
void aml_res_io(struct aml *a, u16 port, u8 length) {
    aml_byte(a, 0x47);
    aml_byte(a, 1);
    put(a, port, 2);
    put(a, port, 2);
    aml_byte(a, 1);
    aml_byte(a, length);
}

// IRQ (6.4.2.1), the two-byte form: edge, active high, exclusive.
void aml_res_irq(struct aml *a, u16 irqs) {
    aml_byte(a, 0x22);
    put(a, irqs, 2);
}

// 32-bit fixed memory (6.4.3.4): writable.
void aml_res_memory32(struct aml *a, u32 at, u32 length) {
    aml_byte(a, 0x86);
    put(a, 9, 2);
    aml_byte(a, 1);
    put(a, at, 4);
    put(a, length, 4);
}

// Address space (6.4.3.5): type, general flags, type flags, then granularity, min, max, translation, length.
void aml_res_window(struct aml *a, enum aml_address_kind kind, u64 min, u64 length) {
    u64 max = min + (length - 1);
    unsigned width = max > 0xffffffff ? 8 : kind == AML_MEMORY ? 4 : 2;
    enum { FIXED = 0x0c, MEMORY_WRITABLE = 0x01, IO_ENTIRE_RANGE = 0x03 };
    aml_byte(a, width == 8 ? 0x8a : width == 4 ? 0x87 : 0x88);
    put(a, 3 + 5 * width, 2);
    aml_byte(a, (u8)kind);
    aml_byte(a, FIXED); // producer, positive decode
    aml_byte(a, kind == AML_MEMORY ? MEMORY_WRITABLE : kind == AML_IO ? IO_ENTIRE_RANGE : 0);
    put(a, 0, width);
    put(a, min, width);
    put(a, max, width);
    put(a, 0, width);
    put(a, length, width);
}

// Extended interrupt (6.4.3.6).
void aml_res_interrupts(struct aml *a, const u32 *gsi, unsigned count) {
    enum { CONSUMER = 1, ACTIVE_LOW = 4, SHARED = 8 };
    aml_byte(a, 0x89);
    put(a, 2 + 4 * count, 2);
    aml_byte(a, CONSUMER | ACTIVE_LOW | SHARED);
    aml_byte(a, (u8)count);
    for (unsigned i = 0; i < count; i++) put(a, gsi[i], 4);
}

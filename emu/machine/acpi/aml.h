// SPDX-License-Identifier: MIT
// A writer for ACPI Machine Language: names, numbers, packages, methods and resource templates, byte by byte into a
// caller's buffer. ACPI 6.5, chapter 20 (AML) and 6.4 (resource descriptors).
#ifndef MACHINE_AML_H
#define MACHINE_AML_H

#include "base/types.h"

struct aml {
    u8 *out;
    size_t room, at;
    bool overflow; // more was written than there is room for; what is there is a prefix
};

// Opcodes used here (20.3). Those above 0xFF are two bytes, ExtOpPrefix first.
enum aml_op {
    AML_NAME = 0x08,
    AML_SCOPE = 0x10,
    AML_BUFFER = 0x11,
    AML_PACKAGE = 0x12,
    AML_METHOD = 0x14,
    AML_LOCAL0 = 0x60,
    AML_ARG0 = 0x68,
    AML_STORE = 0x70,
    AML_AND = 0x7b,
    AML_OR = 0x7d,
    AML_CREATE_DWORD_FIELD = 0x8a,
    AML_LLESS = 0x95,
    AML_IF = 0xa0,
    AML_RETURN = 0xa4,
    AML_OPERATION_REGION = 0x5b80,
    AML_FIELD = 0x5b81,
    AML_DEVICE = 0x5b82,
};

void aml_op(struct aml *a, enum aml_op op);
void aml_byte(struct aml *a, u8 v);
void aml_bytes(struct aml *a, const void *p, size_t n);
// "\\_SB", "PCI0", "\\_SB.PCI0": segments are filled up with underscores.
void aml_path(struct aml *a, const char *path);
void aml_integer(struct aml *a, u64 v);
void aml_string(struct aml *a, const char *s);
void aml_eisa_id(struct aml *a, const char *id); // "PNP0A03"

// An opcode whose length follows it. Returns what aml_end wants.
size_t aml_begin(struct aml *a, enum aml_op op);
void aml_end(struct aml *a, size_t begin);

// The common shapes: Name (n, integer), Name (_HID, EISAID), Scope, Device, Method.
void aml_name_integer(struct aml *a, const char *name, u64 v);
void aml_name_eisa_id(struct aml *a, const char *name, const char *id);
size_t aml_scope(struct aml *a, const char *path);
size_t aml_device(struct aml *a, const char *name);
size_t aml_method(struct aml *a, const char *name, unsigned args, bool serialized);
size_t aml_package(struct aml *a, unsigned elements);

// A resource template: descriptors between these two.
struct aml_resources {
    size_t begin, size_at;
};
struct aml_resources aml_resources_begin(struct aml *a);
void aml_resources_end(struct aml *a, struct aml_resources r);

enum aml_address_kind { AML_MEMORY = 0, AML_IO = 1, AML_BUS = 2 };

void aml_res_io(struct aml *a, u16 port, u8 length);
void aml_res_irq(struct aml *a, u16 irqs); // edge, active high, exclusive
void aml_res_memory32(struct aml *a, u32 at, u32 length);
// What a bridge passes on: [min, min + length), in the smallest descriptor that holds it. length > 0.
void aml_res_window(struct aml *a, enum aml_address_kind kind, u64 min, u64 length);
// Extended interrupt, level, active low, shared; the first number is at offset AML_INTERRUPT_NUMBER of the descriptor.
void aml_res_interrupts(struct aml *a, const u32 *gsi, unsigned count);
#define AML_INTERRUPT_NUMBER 5

#endif

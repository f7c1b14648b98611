// SPDX-License-Identifier: MIT
#include "dev/cfi_flash.h"

#include "base/bits.h"

#include <string.h>

enum {
    PROGRAM = 0x10,
    ERASE = 0x20,
    PROGRAM_TOO = 0x40,
    CLEAR_STATUS = 0x50,
    READ_STATUS = 0x70,
    IDENTIFY = 0x90,
    QUERY = 0x98,
    CONFIRM = 0xd0,
    PROGRAM_BUFFER = 0xe8,
    READ_ARRAY = 0xff,
};
enum { STATUS_BAD_PROGRAM = 1 << 4, STATUS_BAD_ERASE = 1 << 5, STATUS_READY = 1 << 7 };
enum { BUFFER_BITS = 5, BUFFER = 1 << BUFFER_BITS };
enum { MANUFACTURER = 0x89, DEVICE = 0x18 };

struct cfi_flash_state {
    u8 reads;   // READ_ARRAY, READ_STATUS, IDENTIFY or QUERY
    u8 command; // that waits for its other bytes, or READ_ARRAY
    u8 status;
    u8 wanted, have;   // of PROGRAM_BUFFER: bytes; wanted 0: their count comes next
    u32 at;            // the first one's place
    u8 buffer[BUFFER]; // from there on
};

struct cfi_flash {
    struct cfi_flash_state s;
    struct io_ops ops;
    struct disk *disk;
    u8 *bytes;    // state, too
    u64 from, to; // what the disk has not been told
};

static void changed(struct cfi_flash *f, u64 at, u64 n) {
    if (f->from == f->to) f->from = at, f->to = at + n;
    if (at < f->from) f->from = at;
    if (at + n > f->to) f->to = at + n;
}

// A medium that fails has said so, and the guest hears of it by the next status that it asks for.
static void tell_disk(struct cfi_flash *f) {
    if (f->from == f->to) return;
    f->disk->written = true;
    int err = f->disk->write(f->disk, f->from, f->bytes + f->from, f->to - f->from);
    if (!err) err = f->disk->flush(f->disk);
    if (err) f->s.status |= STATUS_BAD_PROGRAM;
    f->from = f->to = 0;
}

// ---- reads

// CFI's table (JESD68.01, section 2): "QRY", whose commands these are and where their own table is, volts and times, the size, the blocks.
static u8 query(const struct cfi_flash *f, u64 at) {
    const unsigned blocks = (unsigned)(f->ops.size / CFI_FLASH_BLOCK) - 1, size = 63 - (unsigned)__builtin_clzll(f->ops.size);
    switch (at) {
    case 0x10: return 'Q';
    case 0x11: return 'R';
    case 0x12: return 'Y';
    case 0x13: return 1;    // Intel's
    case 0x15: return 0x31; // where its table is
    case 0x1b: return 0x45; // 4.5 to 5.5 V
    case 0x1c: return 0x55;
    case 0x1f: return 7; // a byte takes 2^7 us at the most, a buffer as long, a block 2^10 ms
    case 0x20: return 7;
    case 0x21: return 10;
    case 0x27: return (u8)(size + !is_pow2(f->ops.size));
    case 0x2a: return BUFFER_BITS;
    case 0x2c: return 1; // all blocks are of one size
    case 0x2d: return (u8)blocks;
    case 0x2e: return (u8)(blocks >> 8);
    case 0x2f: return (u8)(CFI_FLASH_BLOCK / 256);
    case 0x30: return CFI_FLASH_BLOCK / 256 >> 8;
    case 0x31: return 'P';
    case 0x32: return 'R';
    case 0x33: return 'I';
    case 0x34: return '1';
    default: return 0;
    }
}

static u64 read(void *dev, u64 offset, unsigned width) {
    const struct cfi_flash *f = dev;
    switch (f->s.reads) {
    case READ_STATUS: return f->s.status;
    case IDENTIFY: return offset == 0 ? MANUFACTURER : offset == 1 ? DEVICE : 0;
    case QUERY: return query(f, offset);
    default: return f->bytes[offset];
    }
}

// ---- writes

static void program(struct cfi_flash *f, u64 at, u8 value) {
    f->bytes[at] &= value;
    changed(f, at, 1);
}

static void through(struct cfi_flash *f, u8 status) {
    f->s.command = READ_ARRAY;
    f->s.status |= STATUS_READY | status;
}

static void command(struct cfi_flash *f, u8 value) {
    struct cfi_flash_state *s = &f->s;
    switch (value) {
    case CLEAR_STATUS:
        s->status = 0;
        s->reads = READ_ARRAY;
        break;
    case READ_STATUS:
    case IDENTIFY:
    case QUERY: s->reads = value; break;
    case PROGRAM:
    case PROGRAM_TOO:
    case ERASE:
        s->command = value;
        s->reads = READ_STATUS;
        break;
    case PROGRAM_BUFFER:
        s->command = value;
        s->reads = READ_STATUS;
        s->status |= STATUS_READY; // the buffer is free
        s->wanted = s->have = 0;
        break;
    default: // READ_ARRAY, and what is none
        s->reads = READ_ARRAY;
        tell_disk(f);
    }
}

static void erase(struct cfi_flash *f, u64 at, u8 value) {
    if (value != CONFIRM) {
        through(f, STATUS_BAD_ERASE | STATUS_BAD_PROGRAM); // a sequence that is none (28F320J3, table 16)
        return;
    }
    at &= ~(u64)(CFI_FLASH_BLOCK - 1);
    memset(f->bytes + at, 0xff, CFI_FLASH_BLOCK);
    changed(f, at, CFI_FLASH_BLOCK);
    through(f, 0);
}

static void fill_buffer(struct cfi_flash *f, u64 at, u8 value) {
    struct cfi_flash_state *s = &f->s;
    if (!s->wanted) {
        if (value >= BUFFER) through(f, STATUS_BAD_PROGRAM | STATUS_BAD_ERASE);
        else s->wanted = value + 1;
        return;
    }
    if (s->have < s->wanted) {
        if (!s->have) s->at = (u32)at;
        bool next = at == s->at + s->have && at / CFI_FLASH_BLOCK == s->at / CFI_FLASH_BLOCK;
        if (next) s->buffer[s->have++] = value;
        else through(f, STATUS_BAD_PROGRAM);
        return;
    }
    if (value != CONFIRM) {
        through(f, STATUS_BAD_PROGRAM | STATUS_BAD_ERASE);
        return;
    }
    for (unsigned i = 0; i < s->have; i++) program(f, s->at + i, s->buffer[i]);
    through(f, 0);
}

static void write(void *dev, u64 offset, unsigned width, u64 value) {
    struct cfi_flash *f = dev;
    switch (f->s.command) {
    case PROGRAM:
    case PROGRAM_TOO:
        program(f, offset, (u8)value);
        through(f, 0);
        break;
    case ERASE: erase(f, offset, (u8)value); break;
    case PROGRAM_BUFFER: fill_buffer(f, offset, (u8)value); break;
    default: command(f, (u8)value);
    }
}

// ---- making one

// The disk may know of other bytes than those that a snapshot brings.
static bool enter(void *dev) {
    struct cfi_flash *f = dev;
    const struct cfi_flash_state *s = &f->s;
    bool buffer = s->wanted <= BUFFER && s->have <= s->wanted && s->at + (u64)s->have <= f->ops.size;
    changed(f, 0, f->ops.size);
    return buffer;
}

struct cfi_flash *cfi_flash_create(struct env *e, struct disk *d) {
    struct cfi_flash *f = ENV_DEVICE(e, "flash", struct cfi_flash, s);
    f->bytes = env_state(e, "flash bytes", d->size);
    f->disk = d;
    f->ops = (struct io_ops){read, write, .size = d->size, .widths = IO_BYTES};
    f->s.reads = f->s.command = READ_ARRAY;
    env_check(e, "flash", enter, f);
    return d->read(d, 0, f->bytes, d->size) ? NULL : f;
}

const struct io_ops *cfi_flash_ops(struct cfi_flash *f) { return &f->ops; }

// SPDX-License-Identifier: MIT
// SMBus host controller.
//
//   0  SMBHSTSTS  FAILED 4 | BUS_ERR 3 | DEV_ERR 2 | INTER 1 | HOST_BUSY 0 (read-only); 4..1: write 1 to clear
//   2  SMBHSTCNT  START 6 (reads 0) | protocol 4..2 | KILL 1 | INTEREN 0
//   3  SMBHSTCMD  4  SMBHSTADD  5  SMBHSTDAT0  6  SMBHSTDAT1  7  SMBBLKDAT (32 bytes behind one port; reading 2 starts over)
//   1, 8..D       slave interface: storage
#include "dev/piix4_smbus.h"

enum { HSTSTS = 0, SLVSTS = 1, HSTCNT = 2, BLKDAT = 7 };
enum { STS_DEV_ERR = 4, STS_CLEARED = 0x1e };
enum { CNT_KILL = 2, CNT_START = 0x40 };
enum { BLOCK = 32 };

struct smbus_state {
    u8 reg[PIIX4_SMBUS_PORTS];
    u8 block[BLOCK];
    u8 at; // of the next byte in block
};

struct piix4_smbus {
    struct smbus_state s;
};

static u8 *block_byte(struct smbus_state *s) { return &s->block[s->at++ % BLOCK]; }

static u8 read_byte(void *dev, u64 offset) {
    struct smbus_state *s = &((struct piix4_smbus *)dev)->s;
    if (offset == HSTCNT) s->at = 0;
    return offset == BLKDAT ? *block_byte(s) : s->reg[offset];
}

static void write_byte(void *dev, u64 offset, u8 v) {
    struct smbus_state *s = &((struct piix4_smbus *)dev)->s;
    switch (offset) {
    case HSTSTS: s->reg[HSTSTS] &= (u8)~(v & STS_CLEARED); break;
    case SLVSTS: s->reg[SLVSTS] &= (u8)~v; break;
    case BLKDAT: *block_byte(s) = v; break;
    case HSTCNT:
        s->reg[HSTCNT] = v & (u8)~CNT_START;
        if (v & CNT_START && !(v & CNT_KILL)) s->reg[HSTSTS] |= STS_DEV_ERR; // nobody acknowledges its address
        break;
    default: s->reg[offset] = v;
    }
}

static u64 smbus_read(void *dev, u64 offset, unsigned width) { return read_byte(dev, offset); }

static void smbus_write(void *dev, u64 offset, unsigned width, u64 value) { write_byte(dev, offset, (u8)value); }

const struct io_ops piix4_smbus_ops = {smbus_read, smbus_write, .size = PIIX4_SMBUS_PORTS, .widths = IO_BYTES};

struct piix4_smbus *piix4_smbus_create(struct env *e) {
    struct piix4_smbus *d = ENV_DEVICE(e, "piix4 smbus", struct piix4_smbus, s);
    return d;
}

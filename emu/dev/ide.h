// SPDX-License-Identifier: MIT
// PIIX4 IDE (8086:7111): two channels of two drives in compatibility mode, with bus-master DMA in BAR 4.
// 82371AB datasheet (290562) section 5; Programming Interface for Bus Master IDE Controller, revision 1.0.
#ifndef DEV_IDE_H
#define DEV_IDE_H

#include "dev/ide_drive.h"
#include "dev/pci.h"

#define IDE_CHANNELS 2
#define IDE_DRIVES 2 // per channel: device 0 and device 1

struct ide;

struct ide_channel {
    struct ide *ide;
    struct irq_line irq;
    struct ide_drive drive[IDE_DRIVES];
    struct ide_channel_state {
        u8 selected; // device 0 or 1
        u8 control;  // device control: 7 HOB | 2 SRST | 1 nIEN
        u8 line;     // INTRQ as the host sees it
        // Bus master: command, status, table pointer; and the descriptor in use.
        u8 bm_command, bm_status, prd_last;
        u32 bm_table, prd_next, prd_at, prd_left, prd_count;
    } *state;
};

struct ide {
    struct pci_function function;
    struct ide_channel channel[IDE_CHANNELS];
};

enum ide_drive_kind { IDE_NONE, IDE_DISK, IDE_CDROM };

struct ide_config {
    unsigned slot, function;
    struct irq_line irq[IDE_CHANNELS]; // ISA 14 and 15 on a PC
    struct {
        enum ide_drive_kind kind;
        struct disk *disk; // NULL: an empty CD-ROM drive
    } drive[IDE_CHANNELS][IDE_DRIVES];
};

// Legacy port blocks, to be mapped by the board with &ide->channel[n] as the device:
//   command block, 8 ports (0x1F0, 0x170): data, error/feature, count, LBA low, mid, high, device, status/command
//   control block, 1 port (0x3F6, 0x376): alternate status / device control
extern const struct io_ops ide_command_ops, ide_control_ops;

// NULL when there is no memory for a disk of its size (logged).
struct ide *ide_create(struct env *e, struct pci_bus *pci, const struct ide_config *c);

#endif

// SPDX-License-Identifier: MIT
// What boot/ hands to kernel/ when it has left the firmware's boot services: the only thing of boot/ that is used
// after the exit. Everything it points to lies in memory that boot/ claimed, named by physical address.
#ifndef BOOT_HANDOFF_H
#define BOOT_HANDOFF_H

#include "base/types.h"
#include "boot/keep.h"
#include "emu/emu.h"

#define HANDOFF_MAGIC 0x6c6174656d74666fu // "oftmetal"
#define HANDOFF_RANGES 32
#define HANDOFF_SCREENS 8
#define HANDOFF_USB 8
#define HANDOFF_FILES 64

struct phys_range {
    u64 start, size; // bytes; page aligned
};

// A part of a file that lies in several ranges.
struct file_piece {
    struct phys_range at; // 2 MiB aligned
    bool writable;
};

// The serial port: where it is, and what kernel/serial.c knows of it. Registers are `stride` bytes apart (1 for a PC's I/O ports).
struct serial_port {
    bool present;
    bool mmio;
    bool as_is; // baud rate and FIFOs stay as the firmware has set them: the UART's input clock is unknown
    u8 stride;
    u64 base; // port number or physical address

    u8 mcr;        // as last written
    u8 buffer[64]; // received; those from taken to received were not yet read
    unsigned taken, received;
    bool overrun; // bytes were lost
};

// A graphics mode of the firmware's with a linear framebuffer, 32 bits a pixel.
struct framebuffer {
    u64 base, size;           // physical, bytes
    u32 width, height, pitch; // pixels; pixels from one line to the next
    u32 red, green, blue;     // the bits of a pixel
};

// Of PCI segment 0.
struct pci_function {
    u8 bus, device, function;
};

// An xHCI controller: where its registers are.
struct usb_controller {
    struct pci_function pci;
    u64 base;
    u32 size; // bytes, at most USB_WINDOW (kernel/layout.h)
};

// A register as ACPI names it (Generic Address Structure, ACPI 6.5 section 5.2.3.2).
struct acpi_register {
    bool present;
    bool mmio; // else an I/O port
    u8 width;  // bytes: 1, 2 or 4
    u64 address;
};

// How to power off and reset, and the timer that calibrates the TSC: from the FADT and the DSDT's \_S5 object.
struct acpi_power {
    bool has_s5;
    u8 slp_typ_a, slp_typ_b;                         // values for PM1 control's SLP_TYP field
    struct acpi_register pm1a_control, pm1b_control; // PM1 control block, section 4.8.3.2.1
    u16 smi_command;                                 // I/O port, 0: ACPI mode is always on
    u8 acpi_enable;                                  // written to smi_command to leave legacy mode
    struct acpi_register reset;
    u8 reset_value;
    struct acpi_register pm_timer; // 3.579545 MHz
    bool pm_timer_32;              // else it counts in 24 bits
};

struct handoff {
    u64 magic;
    struct emu_config config;
    struct emu_inputs inputs; // data pointers are physical addresses or in FILE_WINDOW; page aligned, rounded up to whole pages

    struct phys_range guest_ram[HANDOFF_RANGES]; // in the order in which they make up guest RAM; 2 MiB aligned
    unsigned guest_ranges;
    u64 guest_size; // sum of the above, bytes

    // Files that no single range was large enough for: one piece behind the other from FILE_WINDOW (kernel/layout.h) on, where inputs'
    // data pointers lead to, too.
    struct file_piece file[HANDOFF_FILES];
    unsigned file_pieces;

    struct phys_range code;   // for code that the emulator makes (plat's code_alloc); size 0: there is none
    struct phys_range heap;   // kernel heap
    struct phys_range stacks; // kernel stacks, at least KERNEL_STACKS_SIZE (kernel/layout.h)
    struct phys_range tables; // for page tables

    struct phys_range keep; // a struct keep; size 0: there is none
    struct keep_variables keep_variables;

    struct serial_port serial;
    struct serial_port gdb; // another one, of a debugger's; or not present
    struct framebuffer framebuffer[HANDOFF_SCREENS];
    unsigned framebuffers;
    struct usb_controller usb[HANDOFF_USB];
    unsigned usbs;
    u64 xapic; // physical address of the local APIC's registers; 0: they are not in memory. Filled in by kernel_enter
    struct acpi_power power;
    char selftest[128]; // words of the volume's softmetal.selftest file, "" in every ordinary run (HACKING.md)
};

#endif

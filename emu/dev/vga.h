// SPDX-License-Identifier: MIT
// VGA, as far as software sees it: all registers, four planes of memory with their latches and write modes. Text modes can be looked at;
// graphics modes work, and nobody draws them. IBM PS/2 Hardware Interface Technical Reference, Video Subsystems (1992), chapter 2, VGA
// function; Intel Iris Plus PRM vol. 13 (VGA), where that one is silent.
#ifndef DEV_VGA_H
#define DEV_VGA_H

#include "bus/bus.h"
#include "core/env.h"
#include "core/screen.h"

struct vga;

// As after a power-on: nothing is shown until a video BIOS has set a mode. `touched` is called when what is shown may have changed.
struct vga *vga_create(struct env *e, void (*touched)(void *ctx), void *ctx);

// 48 ports from 3B0 on. The CRT controller is at 3B4 or 3D4 and input status 1 at 3BA or 3DA, as bit 0 of the miscellaneous output
// register says; 3B0..3BF have nothing else.
extern const struct io_ops vga_ops;
// 128 KiB from A0000 on, of which the graphics controller's memory map decodes all, the lower half, or the third or fourth quarter.
extern const struct io_ops vga_memory_ops;

// What a monitor would show. Text: *s is filled, with blanks for cells that have none; else untouched.
enum vga_picture { VGA_NOTHING, VGA_TEXT, VGA_GRAPHICS };
enum vga_picture vga_look(const struct vga *v, struct screen *s);
// The size of a graphics mode in pixels.
void vga_graphics_size(const struct vga *v, unsigned *width, unsigned *height);

#endif

// SPDX-License-Identifier: MIT
// Names of control and status registers, for texts: those that csr.c has in some model.
#include "isa/riscv64/disasm.h"

static const struct {
    u16 first, last;
    const char *name; // of several: its number stands behind it, which counts from
    u8 from;          // this
} names[] = {
    {0x001, 0x001, "fflags", 0},     {0x002, 0x002, "frm", 0},         {0x003, 0x003, "fcsr", 0},
    {0x100, 0x100, "sstatus", 0},    {0x104, 0x104, "sie", 0},         {0x105, 0x105, "stvec", 0},
    {0x106, 0x106, "scounteren", 0}, {0x10a, 0x10a, "senvcfg", 0},     {0x140, 0x140, "sscratch", 0},
    {0x141, 0x141, "sepc", 0},       {0x142, 0x142, "scause", 0},      {0x143, 0x143, "stval", 0},
    {0x144, 0x144, "sip", 0},        {0x14d, 0x14d, "stimecmp", 0},    {0x180, 0x180, "satp", 0},
    {0x300, 0x300, "mstatus", 0},    {0x301, 0x301, "misa", 0},        {0x302, 0x302, "medeleg", 0},
    {0x303, 0x303, "mideleg", 0},    {0x304, 0x304, "mie", 0},         {0x305, 0x305, "mtvec", 0},
    {0x306, 0x306, "mcounteren", 0}, {0x30a, 0x30a, "menvcfg", 0},     {0x320, 0x320, "mcountinhibit", 0},
    {0x323, 0x33f, "mhpmevent", 3},  {0x340, 0x340, "mscratch", 0},    {0x341, 0x341, "mepc", 0},
    {0x342, 0x342, "mcause", 0},     {0x343, 0x343, "mtval", 0},       {0x344, 0x344, "mip", 0},
    {0x3a0, 0x3af, "pmpcfg", 0},     {0x3b0, 0x3ef, "pmpaddr", 0},     {0xb00, 0xb00, "mcycle", 0},
    {0xb02, 0xb02, "minstret", 0},   {0xb03, 0xb1f, "mhpmcounter", 3}, {0xc00, 0xc00, "cycle", 0},
    {0xc01, 0xc01, "time", 0},       {0xc02, 0xc02, "instret", 0},     {0xc03, 0xc1f, "hpmcounter", 3},
    {0xf11, 0xf11, "mvendorid", 0},  {0xf12, 0xf12, "marchid", 0},     {0xf13, 0xf13, "mimpid", 0},
    {0xf14, 0xf14, "mhartid", 0},    {0xf15, 0xf15, "mconfigptr", 0},
};

const char *rv_csr_name(unsigned csr, unsigned *number) {
    if (csr >> 4 == 0x3a && csr & 1) return NULL; // the odd ones of pmpcfg are RV32's
    for (unsigned i = 0; i < countof(names); i++) {
        if (csr < names[i].first || csr > names[i].last) continue;
        *number = names[i].first == names[i].last ? RV_CSR_ALONE : csr - names[i].first + names[i].from;
        return names[i].name;
    }
    return NULL;
}

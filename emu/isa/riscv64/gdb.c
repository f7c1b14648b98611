// SPDX-License-Identifier: MIT
// Registers as a debugger sees them, in the order of gdb's own features.
#include "base/le.h"
#include "cpu/debug.h"
#include "isa/riscv64/csr.h"
#include "isa/riscv64/dump.h"
#include "isa/riscv64/room.h"

#define FROM(field) ((ptrdiff_t)offsetof(struct rv_cpu, field) - (ptrdiff_t)offsetof(struct rv_cpu, v))
#define X(name_, n_) {.name = name_, .bits = 64, .at = FROM(s.x[n_])}
#define XS(name_, from, n_, first_) {.name = name_, .bits = 64, .first = first_, .n = n_, .at = FROM(s.x[from]), .stride = 8}
#define FS(name_, from, n_, first_)                                                                                              \
    {.name = name_, .bits = 64, .type = "riscv_double", .first = first_, .n = n_, .at = FROM(s.f[from]), .stride = 8}
#define CSR(name_, number)                                                                                                       \
    {.name = name_, .bits = 64, .type = "int", .group = "csr", .read = read_csr, .write = write_csr, .arg = number}
#define CSR32(name_, number)                                                                                                     \
    {.name = name_, .bits = 32, .type = "int", .group = "float", .read = read_csr, .write = write_csr, .arg = number}

// A register that the model does not have reads as 0.
static void read_csr(struct vcpu *v, const struct debug_reg *r, unsigned i, u8 *bytes) {
    u64 value = 0;
    rv_csr_look(rv_of(v), r->arg, &value);
    if (r->bits == 32) st32(bytes, (u32)value);
    else st64(bytes, value);
}
static bool write_csr(struct vcpu *v, const struct debug_reg *r, unsigned i, const u8 *bytes) {
    return rv_csr_put(rv_of(v), r->arg, r->bits == 32 ? ld32(bytes) : ld64(bytes));
}

#define DOUBLE_TYPE                                                                                                              \
    "<union id=\"riscv_double\"><field name=\"float\" type=\"ieee_single\"/><field name=\"double\" type=\"ieee_double\"/></union>"

static const struct debug_reg rows[] = {
    {.feature = "org.gnu.gdb.riscv.cpu", .name = "zero", .bits = 64, .at = FROM(s.x[0]), .read_only = true},
    X("ra", 1),
    {.name = "sp", .bits = 64, .type = "data_ptr", .at = FROM(s.x[2])},
    X("gp", 3),
    X("tp", 4),
    XS("t%u", 5, 3, 0),
    {.name = "fp", .bits = 64, .type = "data_ptr", .at = FROM(s.x[8])},
    X("s1", 9),
    XS("a%u", 10, 8, 0),
    XS("s%u", 18, 10, 2),
    XS("t%u", 28, 4, 3),
    {.name = "pc", .bits = 64, .type = "code_ptr", .at = FROM(s.pc)},
    {.feature = "org.gnu.gdb.riscv.fpu",
     .types = DOUBLE_TYPE,
     .name = "ft%u",
     .bits = 64,
     .type = "riscv_double",
     .n = 8,
     .at = FROM(s.f[0]),
     .stride = 8},
    FS("fs%u", 8, 2, 0),
    FS("fa%u", 10, 8, 0),
    FS("fs%u", 18, 10, 2),
    FS("ft%u", 28, 4, 8),
    CSR32("fflags", 0x001),
    CSR32("frm", 0x002),
    CSR32("fcsr", 0x003),

    // ---- asked for one by one
    {.feature = "org.gnu.gdb.riscv.virtual",
     .name = "priv",
     .bits = 8,
     .type = "int",
     .group = "system",
     .at = FROM(s.priv),
     .read_only = true},
    {.feature = "org.gnu.gdb.riscv.csr",
     .name = "sstatus",
     .bits = 64,
     .type = "int",
     .group = "csr",
     .read = read_csr,
     .write = write_csr,
     .arg = 0x100},
    CSR("sie", 0x104),
    CSR("stvec", 0x105),
    CSR("scounteren", 0x106),
    CSR("senvcfg", 0x10a),
    CSR("sscratch", 0x140),
    CSR("sepc", 0x141),
    CSR("scause", 0x142),
    CSR("stval", 0x143),
    CSR("sip", 0x144),
    CSR("stimecmp", 0x14d),
    CSR("satp", 0x180),
    CSR("mstatus", 0x300),
    CSR("misa", 0x301),
    CSR("medeleg", 0x302),
    CSR("mideleg", 0x303),
    CSR("mie", 0x304),
    CSR("mtvec", 0x305),
    CSR("mcounteren", 0x306),
    CSR("menvcfg", 0x30a),
    CSR("mcountinhibit", 0x320),
    CSR("mscratch", 0x340),
    CSR("mepc", 0x341),
    CSR("mcause", 0x342),
    CSR("mtval", 0x343),
    CSR("mip", 0x344),
    CSR("pmpcfg0", 0x3a0),
    CSR("pmpcfg2", 0x3a2),
    CSR("pmpaddr0", 0x3b0),
    CSR("pmpaddr1", 0x3b1),
    CSR("pmpaddr2", 0x3b2),
    CSR("pmpaddr3", 0x3b3),
    CSR("mcycle", 0xb00),
    CSR("minstret", 0xb02),
    CSR("cycle", 0xc00),
    CSR("time", 0xc01),
    CSR("instret", 0xc02),
    CSR("mhartid", 0xf14),
};

const struct debug_isa rv_debug_isa = {
    .architecture = "riscv:rv64", .reg = rows, .regs = countof(rows), .packed = 20, .pc = 32, .watch_first = true};

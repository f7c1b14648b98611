// SPDX-License-Identifier: MIT
#ifndef GUEST_RISCV64_CSR_H
#define GUEST_RISCV64_CSR_H

#define CSR_READ(csr)                                                                                                            \
    ({                                                                                                                           \
        u64 v_;                                                                                                                  \
        __asm__ volatile("csrr %0, " #csr : "=r"(v_) : : "memory");                                                              \
        v_;                                                                                                                      \
    })
#define CSR_WRITE(csr, v) __asm__ volatile("csrw " #csr ", %0" : : "r"((u64)(v)) : "memory")
#define CSR_SET(csr, v) __asm__ volatile("csrs " #csr ", %0" : : "r"((u64)(v)) : "memory")
#define CSR_CLEAR(csr, v) __asm__ volatile("csrc " #csr ", %0" : : "r"((u64)(v)) : "memory")

#endif

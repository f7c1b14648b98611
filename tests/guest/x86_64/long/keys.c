// SPDX-License-Identifier: MIT
// Protection keys for user-mode and supervisor-mode addresses (SDM 3A 4.6.2): what PKRU and IA32_PKRS forbid, to whom, and that
// a change is seen at once.
#include "kit.h"

#define CR4_PKE ((ureg)1 << 22)
#define CR4_PKS ((ureg)1 << 24)
#define MSR_PKRS 0x6e1
#define KEY(n) ((u64)(n) << 59)
enum { PF_PK = 32 };
enum { AD = 1, WD = 2 };

CODE(load, "mov (%rdi), %rax; ret");
CODE(store, "mov %rdi, (%rdi); ret");
CODE(just_return, "ret");
CODE(read_rights, "xor %ecx, %ecx; rdpkru; ret");
CODE(read_rights_1, "mov $1, %ecx; rdpkru; ret");
CODE(write_rights_high, "xor %ecx, %ecx; mov $1, %edx; xor %eax, %eax; wrpkru; ret");
// Ring 3 takes a right away and touches the page in one go, then gives it back: the last load is fine.
CODE(shut_and_load, "mov (%rdi), %r8; xor %ecx, %ecx; xor %edx, %edx; mov $0x40, %eax; wrpkru; mov (%rdi), %r9; ret");
CODE(shut_open_and_load,
     "mov (%rdi), %r8; xor %ecx, %ecx; xor %edx, %edx; mov $0x40, %eax; wrpkru; xor %eax, %eax; wrpkru; mov (%rdi), %r9; ret");

static void wrpkru(u32 v) { asm volatile("wrpkru" ::"a"(v), "c"(0), "d"(0) : "memory"); }
static u32 rdpkru(void) {
    u32 v, d;
    asm volatile("rdpkru" : "=a"(v), "=d"(d) : "c"(0));
    return v;
}

static void need(bool supervisor) {
    if (!(cpuid(7, 0, ECX) & (supervisor ? (u32)1 << 31 : 8))) kit_skip("no protection keys of this kind");
}

static u64 *key_page(u64 rights) {
    u64 *memory = page();
    *(u8 *)memory = 0xc3;
    map(SPACE, 1, (u64)memory | P | rights | KEY(3));
    return memory;
}

TEST(instructions) {
    need(false);
    IS(run(read_rights, 0), 6);
    HOLDS(!(cpuid(7, 0, ECX) & 16));
    set_cr4(cr4() | CR4_PKE);
    HOLDS(cpuid(7, 0, ECX) & 16);
    IS(run(read_rights, 0), NOTHING);
    IS(user(read_rights, 0), NOTHING);
    IS(run(read_rights_1, 0), 13);
    IS(user(read_rights_1, 0), 13);
    IS(run(write_rights_high, 0), 13);
    wrpkru(0xfffffff0);
    IS(rdpkru(), 0xfffffff0);
    wrpkru(0);
    set_cr4(cr4() & ~CR4_PKE);
}

// One key at a time, all sixteen; the other fifteen are shut.
TEST(user_addresses) {
    need(false);
    u64 *memory = key_page(W | U);
    set_cr4(cr4() | CR4_PKE);
    for (unsigned key = 1; key < 16; key++)
        for (unsigned two = 0; two < 4; two++) {
            map(SPACE, 1, (u64)memory | P | W | U | KEY(key));
            wrpkru((0x55555554 & ~(3u << 2 * key)) | two << 2 * key);
            IS(user(load, SPACE), two & AD ? 14 : NOTHING);
            if (two & AD) IS(caught.error, PF_P | PF_U | PF_PK);
            IS(run(load, SPACE), two & AD ? 14 : NOTHING);
            if (two & AD) IS(caught.error, PF_P | PF_PK);
            IS(user(store, SPACE), two ? 14 : NOTHING);
            if (two) IS(caught.error, PF_P | PF_U | PF_W | PF_PK);
            IS(run(store, SPACE), two & AD ? 14 : NOTHING); // WD binds a supervisor only under CR0.WP
            set_cr0(cr0() | CR0_WP);
            IS(run(store, SPACE), two ? 14 : NOTHING);
            if (two) IS(caught.error, PF_P | PF_W | PF_PK);
            set_cr0(cr0() & ~(ureg)CR0_WP);
            *(u8 *)memory = 0xc3;
            IS(user_at(SEL_UCODE64, SPACE, 2, 0), NOTHING); // fetches do not ask
        }
    set_cr4(cr4() & ~CR4_PKE);
    IS(user(load, SPACE), NOTHING);
    set_cr4(cr4() | CR4_PKE);
    wrpkru(0);
    set_cr4(cr4() & ~CR4_PKE);
}

// The key's bit is told whatever else forbids the access; not when the page is not there.
TEST(error_code_beside_other_rights) {
    need(false);
    u64 *memory = key_page(U);
    set_cr4(cr4() | CR4_PKE);
    wrpkru(AD << 6);
    IS(user(store, SPACE), 14);
    IS(caught.error, PF_P | PF_U | PF_W | PF_PK);
    map(SPACE, 1, (u64)memory | P | W | KEY(3)); // a supervisor's page: PKRU has nothing to say
    IS(user(load, SPACE), 14);
    IS(caught.error, PF_P | PF_U);
    IS(run(load, SPACE), NOTHING);
    map(SPACE, 1, (u64)memory | W | U | KEY(3));
    IS(user(load, SPACE), 14);
    IS(caught.error, PF_U);
    wrpkru(0);
    set_cr4(cr4() & ~CR4_PKE);
}

TEST(a_change_is_seen_at_once) {
    need(false);
    key_page(W | U);
    set_cr4(cr4() | CR4_PKE);
    for (unsigned n = 0; n < 3; n++) {
        wrpkru(0);
        IS(user(shut_and_load, SPACE), 14);
        IS(caught.error, PF_P | PF_U | PF_PK);
        IS(rdpkru(), 0x40);
        wrpkru(0);
        IS(user(shut_open_and_load, SPACE), NOTHING);
    }
    wrpkru(0);
    set_cr4(cr4() & ~CR4_PKE);
}

TEST(supervisor_addresses) {
    need(true);
    u64 *memory = key_page(W);
    set_cr4(cr4() | CR4_PKS);
    for (unsigned two = 0; two < 4; two++) {
        wrmsr(MSR_PKRS, two << 6);
        IS(rdmsr(MSR_PKRS), two << 6);
        IS(run(load, SPACE), two & AD ? 14 : NOTHING);
        if (two & AD) IS(caught.error, PF_P | PF_PK);
        IS(run(store, SPACE), two & AD ? 14 : NOTHING);
        set_cr0(cr0() | CR0_WP);
        IS(run(store, SPACE), two ? 14 : NOTHING);
        if (two) IS(caught.error, PF_P | PF_W | PF_PK);
        set_cr0(cr0() & ~(ureg)CR0_WP);
        *(u8 *)memory = 0xc3;
        IS(run((void *)SPACE, 0), NOTHING);
    }
    map(SPACE, 1, (u64)memory | P | W | U | KEY(3)); // a user's page: IA32_PKRS has nothing to say
    IS(run(load, SPACE), NOTHING);
    IS(user(load, SPACE), NOTHING);
    IS(run(just_return, 0), NOTHING);
    wrmsr(MSR_PKRS, 0);
    set_cr4(cr4() & ~CR4_PKS);
}

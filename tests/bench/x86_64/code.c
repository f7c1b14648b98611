// SPDX-License-Identifier: MIT
// Code that is made, changed and thrown away while it runs.
#include "kit.h"

typedef u64 (*function)(u64);

static u8 *put(u8 *at, const char *bytes, u32 n) {
    memcpy(at, bytes, n);
    return at + n;
}

static u8 *put32(u8 *at, u32 value) {
    memcpy(at, &value, 4);
    return at + 4;
}

static u8 *prologue(u8 *at) { return put(at, "\x48\x89\xf8", 3); } // mov %rdi, %rax

// One operation of chance on RAX, 9 bytes at most.
static u8 *operation(u8 *at, u64 x) {
    u32 value = (u32)(x >> 8);
    switch (x % 6) {
    case 0: return put32(put(at, "\x48\x05", 2), value);         // add $value, %rax
    case 1: return put32(put(at, "\x48\x35", 2), value);         // xor $value, %rax
    case 2: return put32(put(at, "\x48\x69\xc0", 3), value | 1); // imul $value, %rax, %rax
    case 3: return put32(put(at, "\x48\x8d\x84\x80", 4), value); // lea value(%rax,%rax,4), %rax
    case 4:
        at = put(at, "\x48\xc1\xc0", 3); // rol $value, %rax
        *at++ = value & 63;
        return at;
    default:
        at = put(at, "\xa8\x10\x75\x03", 4); // test $16, %al; jnz over the next
        return put(at, "\x48\xf7\xd0", 3);   // not %rax
    }
}

static void end(u8 *at) { *at = 0xc3; } // ret

static u64 call(u8 *at, u64 x) { return ((function)at)(x); }

ROW(smc, 1000000, NEEDS_NOTHING, "an instruction rewritten before every run") {
    u8 *code = pages(4096, true), *at = prologue(code), *value;
    at = put(at, "\x48\x35", 2);
    value = at;
    at = operation(put32(at, 0), 42);
    end(at);
    u64 x = 1;
    for (u64 i = 0; i < work; i++) {
        put32(value, (u32)i);
        x = call(code, x) + i;
    }
    drop(code, 4096);
    return x;
}

ROW(jit, 20000, NEEDS_NOTHING, "functions of 40 instructions made, each run 100 times") {
    enum { SIZE = 65536, EACH = 512 };
    u8 *code = pages(SIZE, true);
    u64 state = RANDOM_START, x = 1;
    for (u64 i = 0; i < work; i++) {
        u8 *start = code + i * EACH
        % SIZE, *at = prologue(start);
        for (int k = 0; k < 40; k++) at = operation(at, next_random(&state));
        end(at);
        for (int k = 0; k < 100; k++) x = call(start, x);
    }
    drop(code, SIZE);
    return x;
}

ROW(bigcode, 1500000, NEEDS_NOTHING, "8 MiB of functions called in disorder") {
    enum { EACH = 256, COUNT = 32768 };
    u8 *code = pages((size_t)EACH * COUNT, true);
    u64 state = RANDOM_START, x = 1;
    for (u32 i = 0; i < COUNT; i++) {
        u8 *at = prologue(code + i * EACH);
        for (int k = 0; k < 20; k++) at = operation(at, next_random(&state));
        end(at);
    }
    begin();
    for (u64 i = 0; i < work; i++) x = call(code + next_random(&state) % COUNT * EACH, x);
    drop(code, (size_t)EACH * COUNT);
    return x;
}

// A unit of work is a MiB; never more than 64 of them at a time, which are then mapped anew.
ROW(cold, 64, NEEDS_NOTHING, "64 MiB of code that runs once") {
    static u8 page[4096];
    u64 state = RANDOM_START, x = 1;
    u8 *at = put(prologue(page), "\x48\x35", 2), *differs = at; // xor $page's offset, %rax
    at = put32(at, 0);
    while (at < page + sizeof page - 16) at = operation(at, next_random(&state));
    end(at);
    for (u64 left = work; left;) {
        size_t bytes = (left < 64 ? left : 64) * MiB;
        u8 *code = pages(bytes, true);
        for (size_t i = 0; i < bytes; i += 4096) {
            memcpy(code + i, page, sizeof page);
            put32(code + i + (differs - page), (u32)i);
        }
        for (size_t i = 0; i < bytes; i += 4096) x = call(code + i, x);
        drop(code, bytes);
        left -= bytes / MiB;
    }
    return x;
}

ROW(hotpage, 20000000, NEEDS_NOTHING, "a page with code and the data that it writes") {
    u8 *code = pages(4096, true), *at = prologue(code);
    at = put32(put(at, "\x48\x03\x05", 3), 2048 - 10); // add 2048(start of the page), %rax
    at = put32(put(at, "\x48\x89\x05", 3), 2048 - 17); // mov %rax, the same
    for (u32 i = 0; i < 4; i++) at = operation(at, 1000 + i);
    end(at);
    u64 x = 1;
    for (u64 i = 0; i < work; i++) x = call(code, x);
    drop(code, 4096);
    return x;
}

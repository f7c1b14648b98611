// SPDX-License-Identifier: MIT
// Reports a bug of our own. Uses nothing that could allocate; what it prints goes to serial first, then to the screen.
#include "kernel/panic.h"
#include "base/bits.h"
#include "boot/debug_exit.h"
#include "kernel/console.h"
#include "kernel/layout.h"
#include "kernel/power.h"
#include "kernel/sleep.h"
#include "kernel/symbols.h"
#include "plat/plat.h"

enum { FRAMES = 32, CANDIDATES = 24, SCAN_WORDS = 2048 };

static unsigned depth;

void panic_begin(void) {
    if (depth++) {
        console_text("\nsoftmetal: another fault while reporting the first: stopping\n");
        power_stop_after_panic();
    }
    sleep_ticks_end();
    console_text("\n");
}

void panic_print(const char *format, ...) {
    char line[256];
    va_list args;
    va_start(args, format);
    plat_vformat(line, sizeof line, format, args);
    va_end(args);
    console_text(line);
}

// The stack that `at` lies in, as its end; 0 when it lies in none.
static u64 stack_end(u64 at) {
    for (unsigned i = 0; i <= IST_STACKS; i++) {
        u64 size = i ? IST_STACK_SIZE : MAIN_STACK_SIZE;
        if (at >= stack_top(i) - size && at < stack_top(i)) return stack_top(i);
    }
    return 0;
}

const char *panic_region(u64 at) {
    if (at < 4096) return " (the null page)";
    if (at >= STACK_WINDOW && at < stack_top(IST_STACKS) + 4096 && !stack_end(at)) return " (a stack's guard: stack overflow?)";
    if (at >= CODE_EXEC_WINDOW && at < CODE_EXEC_WINDOW + CODE_WINDOW_SIZE) return " (made code, where it runs)";
    if (at >= CODE_WRITE_WINDOW && at < CODE_WRITE_WINDOW + CODE_WINDOW_SIZE) return " (made code, where it is written)";
    return "";
}

static void print_frame(const char *mark, u64 address, u64 looked_up) {
    u64 offset;
    const char *name = symbol_at(looked_up, &offset);
    panic_print("    %s%016llx  %s+0x%llx (image+0x%llx)\n", mark, (unsigned long long)address, name ? name : "?",
                name ? (unsigned long long)(offset + (address - looked_up)) : 0,
                (unsigned long long)(looked_up - symbol_image_base()));
}

// A call may be its function's last instruction, so that it returns to another one's first: what called lies before there.
static void print_caller(const char *mark, u64 return_address) { print_frame(mark, return_address, return_address - 1); }

static void print_callers(u64 rip, u64 rbp, u64 rsp) {
    // A call to where there is no code: its return address is still on top of the stack.
    if (!symbol_is_code(rip) && !(rsp & 7) && stack_end(rsp) && symbol_is_code(*(const u64 *)(uintptr_t)rsp - 1))
        print_caller("", *(const u64 *)(uintptr_t)rsp);
    u64 at = rbp, end = stack_end(rbp);
    unsigned n = 0;
    for (; n < FRAMES && end && !(at & 7) && at + 16 <= end; n++) {
        const u64 *frame = (const u64 *)(uintptr_t)at;
        if (!symbol_is_code(frame[1] - 1)) break;
        print_caller("", frame[1]);
        if (frame[0] <= at) break; // the chain only ever goes up
        at = frame[0];
    }
    if (n) return;
    // No frame pointer here (handlers of emu/isa use rbp for better things): show what may have called.
    end = stack_end(rsp);
    unsigned found = 0;
    const u64 *word = (const u64 *)(uintptr_t)align_up(rsp, 8);
    for (unsigned i = 0; end && i < SCAN_WORDS && found < CANDIDATES && (uintptr_t)(word + i) < end; i++)
        if (symbol_is_code(word[i] - 1)) {
            print_caller("? ", word[i]);
            found++;
        }
}

void panic_backtrace(u64 rip, u64 rbp, u64 rsp) {
    panic_print("  backtrace:\n");
    print_frame("", rip, rip);
    print_callers(rip, rbp, rsp);
}

void panic_end(void) {
    panic_print("  image base %016llx, build id %s\n", (unsigned long long)symbol_image_base(), build_id());
    console_text("{\"softmetal\":\"result\",\"reason\":\"own-fault\"}\n");
    power_leave(DEBUG_EXIT_PANIC, true);
}

void panic(const char *message) {
    u64 rsp;
    __asm__("mov %%rsp, %0" : "=r"(rsp));
    panic_begin();
    panic_print("softmetal: PANIC: %s\n", message);
    panic_print("  backtrace:\n");
    print_callers((uintptr_t)panic, (uintptr_t)__builtin_frame_address(0), rsp);
    panic_end();
}

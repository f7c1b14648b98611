// SPDX-License-Identifier: MIT
// Logs of what comes from outside (machine/record.h): a run that follows one is the run that wrote it, and asks nobody. Logs of other runs,
// and what is none, are refused or found out.
#include "board_rig.h"
#include "byte_stream.h"

#include <stdio.h>
#include <string.h>

// mov dx, 3fdh; loop: in al, dx; test al, 1; jz loop; mov dl, f8h; in al, dx; add [bx], al; inc bx; out dx, al; mov dl, fdh; jmp loop
static const u8 echo[] = {0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x74, 0xfb, 0xb2, 0xf8,
                          0xec, 0x00, 0x07, 0x43, 0xee, 0xb2, 0xfd, 0xeb, 0xf0};
// IER 1, MCR 8 (OUT2), of the 8259 only IRQ 4 open; loop: sti; hlt; cli; mov dx, 3f8h; in al, dx; add [bx], al; inc bx; out dx, al; cmp bl, 5;
// jne loop; mov al, 10h; out f4h, al
static const u8 halts[] = {0xba, 0xf9, 0x03, 0xb0, 0x01, 0xee, 0xba, 0xfc, 0x03, 0xb0, 0x08, 0xee,
                           0xb0, 0xef, 0xe6, 0x21, 0xfb, 0xf4, 0xfa, 0xba, 0xf8, 0x03, 0xec, 0x00,
                           0x07, 0x43, 0xee, 0x80, 0xfb, 0x05, 0x75, 0xf0, 0xb0, 0x10, 0xe6, 0xf4};

static struct byte_stream written;
static unsigned reads, most; // calls of console_read; bytes that it gives in all
static u64 host;

static int now_and_then(struct plat *p) {
    bool byte = most && ++reads % 5 == 0;
    most -= byte;
    return byte ? 'a' + (int)(reads % 26) : -1;
}
static enum console_input live(struct plat *p) { return most ? CONSOLE_INPUT_LIVE : CONSOLE_INPUT_ENDED; }
static int nobody(struct plat *p) {
    fail();
    return -1;
}
static u64 host_ns(struct plat *p) { return host += 70000; }
static void idle(struct plat *p, u64 ns) { host += ns < 1000000 ? ns : 1000000; }

static int setup(void **state) {
    board_new(ARCH_X86_64);
    byte_stream_init(&written, "written");
    b->s.plat.host_ns = host_ns;
    b->s.plat.idle = idle;
    return 0;
}

static struct emu_result record(struct blob image, unsigned bytes) {
    reads = 0, most = bytes, host = 0;
    b->s.plat.console_read = now_and_then;
    b->s.plat.console_input = live;
    b->s.out_len = 0, b->s.out[0] = 0;
    b->in.record = &written.stream;
    struct emu_result r = board_run(image, 0x7c00);
    b->in.record = NULL;
    return r;
}

static struct emu_result replay(struct blob image) {
    host = 12345678;
    b->s.plat.console_read = nobody;
    b->s.out_len = b->s.log_len = 0, b->s.out[0] = b->s.log[0] = 0;
    b->in.replay = (struct blob){"log", written.data, written.size};
    strcpy(b->c.replay, "log");
    struct emu_result r = board_run(image, 0x7c00);
    b->in.replay = (struct blob){0};
    b->c.replay[0] = 0;
    return r;
}

static void same_again(struct blob image, unsigned bytes) {
    char out[300];
    struct emu_result first = record(image, bytes);
    snprintf(out, sizeof out, "%s", b->s.out);
    assert_int_equal(written.closed, 1);
    assert_true(written.whole);
    struct emu_result again = replay(image);
    assert_int_equal(again.reason, first.reason);
    assert_int_equal(again.instructions, first.instructions);
    assert_int_equal(again.virtual_ns, first.virtual_ns);
    assert_int_equal(again.state_hash, first.state_hash);
    assert_string_equal(b->s.out, out);
}

static bool has_line(const char *start) {
    for (u64 i = 0; i + strlen(start) < written.size; i++)
        if ((!i || written.data[i - 1] == '\n') && !memcmp(written.data + i, start, strlen(start))) return true;
    return false;
}

static void what_was_typed(void **state) {
    b->c.max_instructions = 300000;
    same_again(BLOB(echo), 40);
    assert_true(strlen(b->s.out) >= 5);
    assert_true(has_line("type "));
    assert_true(has_line("end 300000 "));
}

static void what_was_typed_to_a_halted_guest(void **state) {
    b->c.pace = PACE_REAL;
    b->c.max_instructions = 2000;
    same_again(BLOB(halts), 30);
    assert_int_equal(strlen(b->s.out), 5);
    assert_true(has_line("wake "));
}

static void the_hosts_clock(void **state) {
    b->c.clock = CLOCK_HOST;
    b->c.max_instructions = 8000; // a line for each slice, which may be one instruction
    same_again(BLOB(echo), 20);
    assert_true(has_line("time "));
    byte_stream_init(&written, "written");
    b->c.max_instructions = 2000;
    same_again(BLOB(halts), 30);
    assert_int_equal(strlen(b->s.out), 5);
    assert_true(has_line("idle "));
}

static void a_stop(void **state) {
    b->c.max_instructions = 300000;
    record(BLOB(echo), 5);
    // As if somebody had stopped it at the last byte.
    written.data[written.size] = 0;
    char *last = NULL, *text = (char *)written.data;
    for (char *p = text; (p = strstr(p, "\ntype ")); p++) last = p + 1;
    assert_non_null(last);
    memcpy(last, "stop", 4);
    char *count = last + 5, *after = strchr(strchr(count, ' ') + 1, ' ');
    *after = '\n';
    written.size = (u64)(after + 1 - text);
    struct emu_result r = replay(BLOB(echo));
    assert_int_equal(r.reason, EMU_STOPPED);
    assert_true(r.instructions && r.instructions < 300000);
}

static void refused(const char *text) {
    struct emu_machine *m = NULL;
    b->s.log_len = 0, b->s.log[0] = 0;
    b->in.replay = (struct blob){"log", written.data, written.size};
    memset(b->ram, 0, BOARD_RAM);
    assert_true(emu_create(&m, &b->c, &b->in, &b->s.plat, b->ram, BOARD_RAM) < 0);
    if (!scripted_logged(&b->s, text)) fail_msg("not \"%s\" but %s", text, b->s.log);
    b->in.replay = (struct blob){0};
}

static void another_run_is_refused(void **state) {
    b->c.max_instructions = 100000;
    record(BLOB(echo), 10);
    b->c.seed = 9;
    refused("the recorded run has \"is seed: 0\", and this one \"is seed: 9\"");
    b->c.seed = 0;
    strcpy(b->c.until, "x");
    refused("the recorded run has \"is script: ");
    b->c.until[0] = 0;
    written.data[0] = 'S';
    refused("replay: log is no record of a run");
    written.size = 0;
    refused("replay: log is no record of a run");
}

static void a_log_that_does_not_fit_is_found_out(void **state) {
    b->c.max_instructions = 100000;
    record(BLOB(echo), 10);
    char *text = (char *)written.data;
    text[written.size] = 0;
    char *typed = strstr(text, "\ntype ") + 1;
    char *time = strchr(typed + 5, ' ') + 1, was = *time;
    *time = was == '9' ? '8' : (char)(was + 1); // an instant at which nobody looked outside
    struct emu_result r = replay(BLOB(echo));
    assert_int_equal(r.reason, EMU_REFUSED);
    assert_true(scripted_logged(&b->s, "it is another run") || scripted_logged(&b->s, "goes on at"));
    *time = was;
    char *byte = strchr(time, ' ') + 1;
    *byte = *byte == '6' ? '7' : '6'; // another key
    assert_int_equal(replay(BLOB(echo)).reason, EMU_REFUSED);
    assert_true(scripted_logged(&b->s, "replay: the recorded run ended at 100000 instructions with state "));
    *byte = 'x';
    replay(BLOB(echo));
    assert_true(scripted_logged(&b->s, "this is no line of a record; what follows is not read"));
}

// Any bytes in the place of any: an end, and a reason.
static void any_log_comes_to_an_end(void **state) {
    static u8 good[BYTE_STREAM_ROOM];
    b->c.max_instructions = 20000;
    record(BLOB(echo), 10);
    u64 size = written.size, head = (u64)(strstr((char *)written.data, "\nfrom ") - (char *)written.data);
    memcpy(good, written.data, size);
    u32 random = 1;
    for (unsigned i = 0; i < 30; i++) {
        memcpy(written.data, good, size);
        for (unsigned n = 1 + i % 3; n; n--) {
            random = random * 1664525 + 1013904223;
            u64 at = head + (random >> 8) % (size - head);
            written.data[at] = "0123456789abcdef \ntwse\xff"[random >> 24 & 15];
        }
        written.size = i % 5 ? size : head + (random >> 8) % (size - head);
        b->in.replay = (struct blob){"log", written.data, written.size};
        struct emu_machine *m = NULL;
        struct emu_result r;
        b->s.log_len = 0;
        memset(b->ram, 0, BOARD_RAM);
        if (emu_create(&m, &b->c, &b->in, &b->s.plat, b->ram, BOARD_RAM)) continue;
        emu_run(m, &r);
        emu_destroy(m);
        assert_true(r.reason == EMU_MAX_INSTRUCTIONS || r.reason == EMU_STOPPED || (r.reason == EMU_REFUSED && b->s.log_len));
    }
    b->in.replay = (struct blob){0};
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_typed, setup, board_free),
        cmocka_unit_test_setup_teardown(what_was_typed_to_a_halted_guest, setup, board_free),
        cmocka_unit_test_setup_teardown(the_hosts_clock, setup, board_free),
        cmocka_unit_test_setup_teardown(a_stop, setup, board_free),
        cmocka_unit_test_setup_teardown(another_run_is_refused, setup, board_free),
        cmocka_unit_test_setup_teardown(a_log_that_does_not_fit_is_found_out, setup, board_free),
        cmocka_unit_test_setup_teardown(any_log_comes_to_an_end, setup, board_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
#include "machine/pc/pc_screen.h"

#include "core/mirror.h"
#include "core/strokes.h"
#include "core/text.h"

#include <string.h>

// What changes is shown a millisecond later: what a person could not see is not shown, and no line scrolls by in that time unseen.
#define SHOW_AFTER ((u64)1000000)
// Keys come 5 ms apart, quicker than a person's and slowly enough for whoever polls.
#define KEY_AFTER ((u64)5000000)
// The bytes of an escape sequence come close together; an ESC that nothing follows for so long is a key.
#define ESC_AFTER ((u64)25000000)

// Outside of the guest, but the run that goes on from a snapshot is to go on with it.
struct outside {
    u64 key_at; // not before then
    struct strokes strokes;
    u8 serial; // COM1 has the terminal
};

struct pc_screen {
    struct emu_machine *m;
    struct vga *vga;
    struct i8042 *keyboard;
    struct chardev com1, *console;
    struct event show, esc;
    struct outside o;
    struct mirror mirror;
    struct screen looked_at;
};

// ---- what is seen

static void touched(void *ctx) {
    struct pc_screen *s = ctx;
    if (!s->o.serial && !s->show.queued) event_at(&s->m->clock, &s->show, s->m->clock.now + SHOW_AFTER);
}

// Graphics are not drawn: a sentence stands in their place.
static void tell_graphics(struct pc_screen *s) {
    char words[80];
    struct text t = {words, sizeof words};
    struct screen *to = &s->looked_at;
    unsigned width, height;
    vga_graphics_size(s->vga, &width, &height);
    text_say(&t, "(graphics, %u x %u: this screen shows text modes only)", width, height);
    *to = (struct screen){.columns = 80, .rows = 25};
    for (unsigned i = 0; i < 80 * 25; i++) to->cell[i] = 0x0720;
    for (unsigned i = 0; words[i]; i++) to->cell[i] = (u16)(0x0700 | (u8)words[i]);
}

static void show(void *ctx, u64 now) {
    struct pc_screen *s = ctx;
    if (s->o.serial) return;
    enum vga_picture picture = vga_look(s->vga, &s->looked_at);
    if (picture == VGA_NOTHING) return; // a mode is being set
    if (picture == VGA_GRAPHICS) tell_graphics(s);
    if (!mirror_show(&s->mirror, &s->looked_at)) event_at(&s->m->clock, &s->show, now + SHOW_AFTER);
}

void pc_screen_flush(struct pc_screen *s) {
    if (s->show.queued) show(s, s->m->clock.now);
    if (!s->o.serial) mirror_leave(&s->mirror);
}

static void to_terminal(void *ctx, const u8 *bytes, size_t n) {
    const struct pc_screen *s = ctx;
    s->console->write(s->console->ctx, bytes, n);
}

static void com1_writes(void *ctx, const u8 *bytes, size_t n) {
    struct pc_screen *s = ctx;
    if (s->m->config->screen == SCREEN_VGA) return;
    if (!s->o.serial) {
        pc_screen_flush(s);
        s->o.serial = true;
        log_info(s->m->plat,
                 "COM1 is written to: the terminal is its from now on, and the screen's no more (screen = vga keeps it)");
    }
    to_terminal(s, bytes, n);
}

// ---- what is typed

static void type(struct pc_screen *s, const u8 *codes, unsigned n) {
    if (!n) return;
    i8042_key(s->keyboard, codes, n);
    s->o.key_at = s->m->clock.now + KEY_AFTER;
}

static bool takes_keys(const struct pc_screen *s) { return s->m->clock.now >= s->o.key_at && i8042_takes_keys(s->keyboard); }

static void end_sequence(void *ctx, u64 now) {
    struct pc_screen *s = ctx;
    u8 codes[STROKES_MOST];
    type(s, codes, strokes_end(&s->o.strokes, codes));
}

static size_t input(void *dev, const u8 *bytes, size_t n) {
    struct pc_screen *s = dev;
    u8 codes[STROKES_MOST];
    if (s->o.serial) return s->com1.input(s->com1.dev, bytes, n);
    size_t taken = 0;
    for (; taken < n && takes_keys(s); taken++) type(s, codes, strokes_feed(&s->o.strokes, bytes[taken], codes));
    if (s->o.strokes.state == STROKES_NONE) event_cancel(&s->m->clock, &s->esc);
    else if (taken) event_at(&s->m->clock, &s->esc, s->m->clock.now + ESC_AFTER);
    return taken;
}

bool pc_screen_is_typed_at(const struct pc_screen *s) { return !s->o.serial; }

static bool listens(const void *dev) {
    const struct pc_screen *s = dev;
    return s->o.serial ? s->com1.listens(s->com1.dev) : i8042_key_interrupts(s->keyboard);
}

// ---- the whole

// What the terminal shows by now is not known.
static bool enter(void *ctx) {
    struct pc_screen *s = ctx;
    mirror_forget(&s->mirror);
    touched(s);
    return s->o.strokes.state <= STROKES_LINUX && s->o.strokes.parameter <= 2 && s->o.key_at <= s->m->clock.now + KEY_AFTER;
}

struct pc_screen *pc_screen_create(struct emu_machine *m, struct i8042 *keyboard) {
    struct pc_screen *s = env_alloc(&m->env, sizeof *s); // the adapter and the keyboard have the state
    s->m = m;
    s->keyboard = keyboard;
    s->console = console_port(m->console);
    s->com1 = (struct chardev){.write = com1_writes, .ctx = s};
    s->console->input = input;
    s->console->listens = listens;
    s->console->dev = s;
    s->vga = vga_create(&m->env, touched, s);
    i8042_add_keys(keyboard);
    mirror_init(&s->mirror, to_terminal, s);
    event_init(&m->clock, &s->show, show, s);
    event_init(&m->clock, &s->esc, end_sequence, s);
    state_add_silent(&m->state, "screen", &s->o, sizeof s->o);
    state_add_hooks(&m->state, "screen", NULL, enter, s);
    return s;
}

struct vga *pc_screen_adapter(struct pc_screen *s) { return s->vga; }
struct chardev *pc_screen_com1(struct pc_screen *s) { return &s->com1; }

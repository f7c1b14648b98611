// SPDX-License-Identifier: MIT
// The guest's console: stands between a UART's character back end and the platform. Passes output on, watches it for
// `until` and the expect/send script, and types answers and live input as fast as the device takes them.
#ifndef CORE_CONSOLE_H
#define CORE_CONSOLE_H

#include "core/chardev.h"
#include "core/env.h"
#include "core/keys.h"
#include "emu/config.h"
#include "emu/stream.h"

struct console;

// c is read during the call only. Lives as long as the machine (env_alloc). Registers no state: what waits to be typed
// is outside the guest, so two runs are equal whatever their scripts still wait for.
struct console *console_create(struct env *e, const struct emu_config *c);

// The device's end: pass it to the UART, which sets `input` and `dev` (they may stay unset: then input is dropped).
struct chardev *console_port(struct console *con);

// What a person's keys for softmetal itself (core/keys.h) lead to: KEYS_STOP, KEYS_WHERE or KEYS_HELP.
void console_on_key(struct console *con, void (*pressed)(void *ctx, enum keys_action key), void *ctx);

// Each byte for the guest that the platform was typed is told when it is taken in.
void console_on_typed(struct console *con, void (*typed)(void *ctx, u8 byte), void *ctx);
// The platform is not asked any more: what is typed comes by console_type, which console_poll then moves on. What finds no room is dropped.
void console_replays(struct console *con, bool on);
void console_type(struct console *con, const u8 *bytes, size_t n);
// Nothing comes in: what a person types for the guest is dropped, a pipe is left waiting.
void console_hold(struct console *con, bool on);
// Its output goes nowhere, and is watched all the same.
void console_mute(struct console *con, bool on);
// Of the texts that are watched for, and of the answers.
u64 console_script(const struct console *con);

// Takes in what the platform has been typed. True when there was any: it reaches the device with the next console_poll.
// A person's keys for softmetal are heard even when the guest reads nothing: what it has left unread for CONSOLE_DEAF ns, and
// finds no room any more, is dropped then. A file or pipe is left waiting instead, and none of its bytes is such a key.
bool console_fetch(struct console *con);
// Moves live input from the platform to the device. The run loop calls it between slices with clock->now exact, so that
// `now` is the stamp under which the input can be replayed.
void console_poll(struct console *con);
// Whether input would make the device behind console_port ask for an interrupt.
bool console_listens(const struct console *con);

// What the run still waits for: the `until` text not yet seen; else NULL. A run that ends otherwise has missed it.
const char *console_until_missing(const struct console *con);
// The `expect` text not yet seen, or NULL when the script is through.
const char *console_expect_missing(const struct console *con);

// Calls `seen` when the console has shown `text` for the first time from now on, matched as `until` is: at the end of what wrote it. `text`
// is read until then, NULL calls it off.
void console_watch(struct console *con, const char *text, void (*seen)(void *ctx), void *ctx);

// For snapshots: what waits to be typed, and how far the texts have been seen. A run with another script than the saved one
// begins with its own from the start, and says so. load: 0, ERR_CORRUPT, or the stream's error; then the console is of no use.
int console_save(const struct console *con, struct emu_stream *to);
int console_load(struct console *con, struct emu_stream *from);

// How the texts are matched: the stream of bytes with escape sequences (emu/escape.h) and NUL, SO, SI left out, so that
// words on a full-screen installer match whatever colours are switched inside them. A text that itself holds an ESC is
// matched against the stream as it is. `until` watches from the start,
// beside the script; the expects follow one another, each from the byte after the one before.
//
// When it is typed: the first byte CONSOLE_THINK ns after the expect's last byte (a program often empties its input
// just after it has prompted), then at most CONSOLE_BURST bytes every CONSOLE_TICK ns, as a serial line would.
#define CONSOLE_THINK ((u64)100000000)
#define CONSOLE_TICK ((u64)1000000)
#define CONSOLE_BURST 8
#define CONSOLE_DEAF ((u64)1000000000)

#endif

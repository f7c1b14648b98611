// SPDX-License-Identifier: MIT
// kernel/usb over a controller that the input makes. It behaves as the specification has it, so that keyboards and hubs are found; but each
// answer may be any bytes instead, registers may read as anything, and what lies in memory may change. Whatever comes: every call ends in time, no
// access is outside of the registers, devices take a tenth of the time at most, and memory is as ASan wants it. Where the controller behaves, the
// driver's rings must be right, too.
// Input: two bytes of shape, then what happens, byte by byte; when it is used up, nothing more happens.
// CI: 6000 runs.
#include "base/bits.h"
#include "base/le.h"
#include "input.h"
#include "kernel/heap.h"
#include "kernel/layout.h"
#include "kernel/paging.h"
#include "kernel/time.h"
#include "kernel/usb/usb.h"
#include "kernel/usb/xhci.h"
#include "usb_io.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum {
    SIZE = 0x4000,
    OPERATIONAL = 0x40,
    RUNTIME = 0x2000,
    DOORBELLS = 0x3000,
    EXTENDED = 0x1000,
    PORTS = 8,
    PORTS_AT = OPERATIONAL + 0x400
};
enum { STEPS = 200, BLOCKS = 256, LINK = 6 };
enum : u64 { BASE = 0x400000000000, MS = 1000000, CALL_MOST_NS = 20000 * MS, LONG_NS = 10 * MS };

static struct input in;
static u64 now, rested;
static void *block[BLOCKS];
static unsigned blocks, warnings;
static bool wild; // the controller itself is hostile, not only its devices
static struct xhci *x;

struct consumer { // of a ring
    struct trb *at;
    bool cycle;
};
static struct {
    u32 command, status, portsc[PORTS];
    u64 crcr;
    struct consumer commands, control[XHCI_SLOTS + 1], interrupt[XHCI_SLOTS + 1];
    unsigned event_at;
    bool event_cycle, owned;
    bool lost; // its registers are not where the driver takes them to be
    u8 slots;  // handed out
    u8 kind[XHCI_SLOTS + 1];
} model;

static void check(bool ok) {
    if (!ok) __builtin_trap();
}
static bool chance(unsigned of_256) { return in.left && take8(&in) < of_256; }

u64 time_ns(void) { return now += MS / 4; }
void time_wait_us(u32 us) { now += (u64)us * 1000; }
u64 paging_usb(const struct handoff *h, unsigned i) { return BASE + i * 2 * USB_WINDOW; }

void *heap_alloc(size_t bytes, size_t align) {
    if (blocks == BLOCKS || bytes > MiB) return NULL;
    void *p = aligned_alloc(align, align_up(bytes, align));
    if (!p) return NULL;
    memset(p, 0, bytes);
    block[blocks++] = p;
    if (bytes == sizeof(struct xhci)) x = p;
    return p;
}
void heap_free(void *p, size_t bytes) {} // LLVMFuzzerTestOneInput does

u32 inl(u16 port) { return chance(8) ? (u32)take(&in, 4) : 0x12348086; }
void outl(u16 port, u32 v) {}

// --- events

static void tell(u64 parameter, u32 status, u32 kind, u32 more) {
    if (!x->event.trb) return;
    struct trb *t = &x->event.trb[model.event_at];
    *t = (struct trb){parameter, status, kind << 10 | more | model.event_cycle};
    if (++model.event_at == EVENT_TRBS) model.event_at = 0, model.event_cycle = !model.event_cycle;
}

// The next TRB of a ring, links followed; NULL: there is none.
static struct trb *next(struct consumer *c) {
    for (unsigned i = 0; c->at && i < 2; i++) {
        struct trb *t = c->at;
        if ((t->control & 1) != c->cycle) return NULL;
        if ((t->control >> 10 & 63) != LINK) {
            c->at++;
            return t;
        }
        check(t->control & 2);
        c->at = (struct trb *)(uintptr_t)t->parameter;
        c->cycle = !c->cycle;
    }
    check(!c->at);
    return NULL;
}

static struct consumer pointed(u64 v) { return (struct consumer){(struct trb *)(uintptr_t)(v & ~(u64)15), v & 1}; }

// --- devices

static const u8 keyboard[] = {9, 2, 34, 0,  1, 1, 0, 0xa0, 50, 9, 4, 0, 0,    1, 3, 1, 1,
                              0, 9, 33, 17, 1, 0, 1, 34,   63, 0, 7, 5, 0x81, 3, 8, 0, 10};
static const u8 hub[] = {9, 2, 25, 0, 1, 1, 0, 0xe0, 0, 9, 4, 0, 0, 1, 9, 0, 0, 0, 7, 5, 0x81, 3, 1, 0, 12};

static void answer(unsigned slot, u64 setup, u8 *data) {
    bool is_hub = model.kind[slot] & 1;
    unsigned request = setup >> 8 & 0xff, kind = setup >> 24 & 0xff, length = setup >> 48;
    const u8 *from = NULL;
    u8 bytes[18] = {18, 1, 0, 2, is_hub ? 9 : 0, 0, 0, 64};
    size_t n = 0;
    if (request == 6 && kind == 1) from = bytes, n = sizeof bytes;
    if (request == 6 && kind == 2) from = is_hub ? hub : keyboard, n = is_hub ? sizeof hub : sizeof keyboard;
    if (request == 6 && kind == 0x29) bytes[2] = chance(32) ? take8(&in) : in.left ? 4 : 1, from = bytes, n = 9;
    if ((setup & 0xffff) == 0x00a3) { // a port's status: connected and enabled, most often
        st32(bytes, 0x103 | (chance(40) ? 0x10000u : 0) | (chance(16) ? take8(&in) * 0x10001u : 0));
        from = bytes, n = 4;
    }
    if (from) memcpy(data, from, n < length ? n : length);
    for (unsigned i = 0; chance(24) && i < 8; i++) data[take8(&in) % 48] = take8(&in);
}

static u8 code(void) { return chance(12) ? take8(&in) : 1; }

static void do_control(unsigned slot) {
    struct consumer *c = &model.control[slot];
    struct trb *t = next(c);
    if (!t) return;
    check((t->control >> 10 & 63) == 2 && t->control & 1 << 6);
    u64 setup = t->parameter;
    t = next(c);
    check(t);
    if (setup >> 48) {
        check((t->control >> 10 & 63) == 3 && (t->status & 0x1ffff) <= DATA_BYTES);
        answer(slot, setup, (u8 *)(uintptr_t)t->parameter);
        t = next(c);
    }
    check(t && (t->control >> 10 & 63) == 4 && t->control & 1 << 5);
    if (!chance(6)) tell((uintptr_t)t, (u32)code() << 24, 32, slot << 24 | 1 << 16);
}

// Something is typed, or a port of the hub has changed.
static void do_report(unsigned slot) {
    struct trb *t = next(&model.interrupt[slot]);
    if (!t) return;
    u32 length = t->status & 0x1ffff, missing = chance(16) ? (u32)take(&in, 3) : 0;
    check((t->control >> 10 & 63) == 1 && length <= DATA_BYTES);
    u8 *to = (u8 *)(uintptr_t)t->parameter;
    for (unsigned i = 0; i < length && i < 8; i++) to[i] = take8(&in);
    tell((uintptr_t)t, (u32)code() << 24 | missing, 32, slot << 24 | (u32)(2 * x->device[slot].interface.endpoint + 1) << 16);
}

static u32 context(unsigned slot, unsigned n, unsigned at) { return ld32(x->device[slot].m->input + n * x->context_size + at); }

static void set_rings(unsigned kind, unsigned slot) {
    if (kind == 11) model.control[slot] = pointed(context(slot, 2, 8) | (u64)context(slot, 2, 12) << 32);
    if (kind != 12) return;
    unsigned last = context(slot, 1, 0) >> 27;
    check(last >= 2 && last < 32 && context(slot, 0, 4) == (1 | 1u << last));
    model.interrupt[slot] = pointed(context(slot, last + 1, 8) | (u64)context(slot, last + 1, 12) << 32);
}

static void do_command(void) {
    struct trb *t = next(&model.commands);
    check(t);
    unsigned kind = t->control >> 10 & 63, slot = t->control >> 24, endpoint = t->control >> 16 & 31;
    check(kind >= 9 && kind <= 16 && slot <= x->slots);
    if (kind == 9) {
        for (slot = 1; slot < x->slots && model.slots >> (slot & 7) & 1 && slot < 7;) slot++;
        model.slots |= (u8)(1 << (slot & 7));
        model.kind[slot] = in.left ? take8(&in) : 1; // when it is used up, a hub behind a hub behind a hub
        if (chance(8)) slot = take8(&in);
    } else {
        check(slot && x->device[slot].m);
        if (kind == 10) model.slots &= (u8)~(1 << (slot & 7)), model.control[slot].at = model.interrupt[slot].at = NULL;
        if (kind == 11 || kind == 12) set_rings(kind, slot);
        if (kind == 16) *(endpoint == 1 ? &model.control[slot] : &model.interrupt[slot]) = pointed(t->parameter);
    }
    if (!chance(6)) tell((uintptr_t)t, (u32)code() << 24, 33, slot << 24);
}

// --- registers

static u32 capability(u64 at) {
    switch (at) {
    case 0x00: return 0x01000000 | OPERATIONAL;
    case 0x04: return (u32)PORTS << 24 | 7;
    case 0x08: return 3u << 27;
    case 0x10: return EXTENDED >> 2 << 16 | 1 | (model.kind[0] & 1 ? 4 : 0) | 8;
    case 0x14: return DOORBELLS;
    case 0x18: return RUNTIME;
    case EXTENDED: return 1 | 4 << 8 | 1u << (model.owned ? 24 : 16); // legacy support
    case EXTENDED + 16: return 2 | 0x03000000;                        // a protocol: port 8 is USB 3's
    case EXTENDED + 24: return 0x108;
    default: return 0;
    }
}

u32 mmio_read(u64 where) {
    u64 at = where - BASE;
    check(at < SIZE && at % 4 == 0);
    if (wild && chance(16)) {
        model.lost |= at < 0x20;
        return chance(64) ? ~0u : (u32)take(&in, 4);
    }
    if (at >= PORTS_AT && at < PORTS_AT + 16 * PORTS) return at & 15 ? 0 : model.portsc[(at - PORTS_AT) / 16];
    if (at == OPERATIONAL) return model.command;
    if (at == OPERATIONAL + 4) return model.command & 1 ? model.status : 1;
    if (at == OPERATIONAL + 8) return 1;
    if (at == OPERATIONAL + 0x18) return 0; // the command ring never runs
    return capability(at);
}

static void write_port(unsigned n, u32 v) {
    u32 *p = &model.portsc[n];
    *p &= ~(v & 0x00fe0000);
    *p = (*p & ~(u32)0x200) | (v & 0x200);
    if (v & 0x10 && *p & 1) *p |= 0x00200002; // reset: enabled at once
}

void mmio_write(u64 where, u32 v) {
    u64 at = where - BASE;
    check(at < SIZE && at % 4 == 0);
    if (at >= PORTS_AT && at < PORTS_AT + 16 * PORTS && !(at & 15)) write_port((unsigned)(at - PORTS_AT) / 16, v);
    if (at == OPERATIONAL) model.command = v & ~2u;
    if (at == OPERATIONAL + 0x18) model.crcr = v;
    if (at == OPERATIONAL + 0x1c && !(model.crcr & 4)) model.commands = pointed(model.crcr | (u64)v << 32);
    if (at == EXTENDED && v >> 24 & 1) model.owned = true;
    if (at == RUNTIME + 0x30) model.event_at = 0, model.event_cycle = true;
    if (model.lost || (wild && chance(2))) return;
    if (at == DOORBELLS) do_command();
    if (at > DOORBELLS && at <= DOORBELLS + 4 * XHCI_SLOTS && v == 1) do_control((unsigned)(at - DOORBELLS) / 4);
}

// --- what happens

static void connect(unsigned n) {
    bool there = !(model.portsc[n] & 1);
    model.portsc[n] = (model.portsc[n] & 0x200) | (there ? 1u | (1 + take8(&in) % 3u) << 10 : 0) | 0x20000;
    tell((u64)(n + 1) << 24, 1 << 24, 34, 0);
}

static void happen(void) {
    u8 what = take8(&in);
    unsigned n = what >> 3;
    switch (what & 7) {
    case 0: connect(n % PORTS); break;
    case 1:
    case 2:
    case 3: do_report(1 + n % 7); break;
    case 4: tell(take64(&in), (u32)take(&in, 4), take8(&in), (u32)take(&in, 4) & ~1u); break;
    case 5: now += (u64)n * 50 * MS; break;
    case 6:
        if (wild && x->event.trb) ((u8 *)x->event.trb)[take16(&in) % (EVENT_TRBS * sizeof(struct trb))] = take8(&in);
        break;
    default:
        if (wild) model.status = take16(&in);
        break;
    }
}

static void do_log(struct plat *p, enum log_level level, const char *line) { warnings += level <= LOG_WARN; }

static void check_devices(void) {
    for (unsigned i = 1; i <= x->slots && !x->dead; i++)
        check(!x->device[i].used || (x->device[i].tier <= TIERS && !(x->device[i].route >> 20)));
}

// What has taken long is rested from.
static void read_keys(void) {
    unsigned bytes = 0;
    int byte;
    u64 from = now;
    while ((byte = usb_read()) >= 0) check(byte <= 0xff && ++bytes <= sizeof x->typed->bytes);
    u64 took = now - from;
    check(took < CALL_MOST_NS);
    if (took < LONG_NS) return;
    check(from >= rested);
    rested = now + 5 * took;
    check_devices();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static struct handoff h;
    struct plat p = {.log = do_log};
    in = (struct input){data, size};
    memset(&model, 0, sizeof model);
    now = blocks = warnings = 0;
    u8 shape = take8(&in);
    wild = shape & 1;
    model.kind[0] = shape >> 1;
    for (unsigned i = 0; i < PORTS; i++)
        if (shape >> i & 2) model.portsc[i] = 0x20201 | (i % 3 + 1) << 10;
    h.usbs = 1;
    h.usb[0] = (struct usb_controller){.base = BASE, .size = SIZE};
    h.config.keyboard = (enum config_keyboard)(take8(&in) % 5);
    usb_init(&h, &p);
    check(now < 2 * CALL_MOST_NS && (usb_possible() || warnings == 1) && warnings <= 1);
    check_devices();
    rested = 0;
    for (unsigned i = 0; i < STEPS && in.left; i++) {
        happen();
        now += 5 * MS;
        read_keys();
    }
    check(warnings <= 2); // devices, and the controller
    while (blocks) free(block[--blocks]);
    return 0;
}

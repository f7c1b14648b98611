// SPDX-License-Identifier: MIT
// All controllers. Between slices nothing is looked at but a word in memory for each, unless something has come or gone.
#include "kernel/usb/usb.h"
#include "kernel/heap.h"
#include "kernel/paging.h"
#include "kernel/time.h"
#include "kernel/usb/xhci.h"

enum : u64 { MS = 1000000, INIT_NS = 3000 * MS, LONG_NS = 2 * MS, HEALTH_NS = 1000 * MS };
enum { INIT_STEP_US = 500, REST = 10, USBSTS = 4 };
enum : u32 { NOBODY = 0xffffffff, SYSTEM_ERROR = 1 << 2, INTERNAL_ERROR = 1 << 12 };

static struct xhci *controller[HANDOFF_USB];
static unsigned controllers;
static struct typed typed;
static struct plat *plat;

static void say_dead(struct xhci *x) {
    const struct pci_function *f = &x->where.pci;
    log_warn(plat, "USB controller %02x:%02x.%x: %s; keyboards on it do not work", f->bus, f->device, f->function, x->dead);
}

static void say_abandoned(const struct xhci *x) {
    const struct pci_function *f = &x->where.pci;
    if (!x->abandoned || x->dead) return;
    log_warn(plat, "USB controller %02x:%02x.%x: %u device%s on it do%s not answer", f->bus, f->device, f->function, x->abandoned,
             x->abandoned == 1 ? "" : "s", x->abandoned == 1 ? "es" : "");
}

// One register a second: a controller that has failed tells nobody.
static void check_health(struct xhci *x, u64 now) {
    if (now < x->healthy_until) return;
    x->healthy_until = now + HEALTH_NS;
    u32 v = xhci_get(x, x->operational + USBSTS);
    if (v == NOBODY || v & (SYSTEM_ERROR | INTERNAL_ERROR))
        x->dead = v == NOBODY ? "it has gone away" : "it has stopped on an error";
}

static void repeat_keys(struct xhci *x, u64 now) {
    u8 out[TYPING_MOST];
    for (unsigned slot = 1; slot <= x->slots; slot++) {
        struct usb_device *d = &x->device[slot];
        unsigned n = d->used && d->is_keyboard ? report_repeat(&d->keyboard, now, out) : 0;
        for (unsigned i = 0; i < n && typed.end < sizeof typed.bytes; i++) typed.bytes[typed.end++] = out[i];
    }
}

// However often devices come and go, answer nothing or fail: what they take is at most one part in REST of the time.
static void step(struct xhci *x, u64 now) {
    port_step(x);
    u64 end = time_ns(), took = end - now;
    x->due = took > LONG_NS && !x->starting ? end + REST * took : 0;
}

static void poll(struct xhci *x) {
    if (x->dead) return;
    u64 now = time_ns();
    ring_events(x);
    repeat_keys(x, now);
    if ((x->changed || x->busy) && now >= x->due) step(x, now);
    check_health(x, now);
    if (!x->dead) return;
    xhci_stop(x);
    say_dead(x);
}

static unsigned count_keyboards(const struct xhci *x) {
    unsigned n = 0;
    for (unsigned slot = 1; slot <= x->slots; slot++) n += x->device[slot].used && x->device[slot].is_keyboard;
    return n;
}

static void start(const struct handoff *h, unsigned i) {
    struct xhci *x = heap_alloc(sizeof *x, 64);
    if (!x) return;
    x->where = h->usb[i];
    x->base = paging_usb(h, i);
    x->typed = &typed;
    x->layout = h->config.keyboard;
    controller[controllers++] = x;
    x->starting = true;
    if (xhci_start(x)) say_dead(x);
}

static bool any_busy(void) {
    for (unsigned i = 0; i < controllers; i++)
        if (!controller[i]->dead && (controller[i]->changed || controller[i]->busy)) return true;
    return false;
}

unsigned usb_init(const struct handoff *h, struct plat *p) {
    unsigned keyboards = 0;
    plat = p;
    controllers = 0;
    typed = (struct typed){0};
    for (unsigned i = 0; i < h->usbs; i++) start(h, i);
    for (u64 end = time_ns() + INIT_NS; any_busy() && time_ns() < end; time_wait_us(INIT_STEP_US))
        for (unsigned i = 0; i < controllers; i++) poll(controller[i]);
    for (unsigned i = 0; i < controllers; i++) {
        controller[i]->starting = false;
        say_abandoned(controller[i]);
        keyboards += count_keyboards(controller[i]);
    }
    return keyboards;
}

bool usb_possible(void) {
    for (unsigned i = 0; i < controllers; i++)
        if (!controller[i]->dead) return true;
    return false;
}

int usb_read(void) {
    static bool paused = true; // between what was typed and what is typed next there is a -1
    if (typed.at < typed.end) return typed.bytes[typed.at++];
    typed.at = typed.end = 0;
    paused = !paused;
    if (paused) return -1;
    for (unsigned i = 0; i < controllers; i++) poll(controller[i]);
    if (typed.at == typed.end) {
        paused = true;
        return -1;
    }
    return typed.bytes[typed.at++];
}

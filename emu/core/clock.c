// SPDX-License-Identifier: MIT
// The event queue: a sorted list. A PC has about a dozen timers, so a list beats a heap.
#include "core/clock.h"

void event_init(struct vclock *c, struct event *ev, void (*fire)(void *ctx, u64 now), void *ctx) {
    *ev = (struct event){.fire = fire, .ctx = ctx, .order = c->events++, .made = c->made};
    c->made = ev;
}

static bool before(const struct event *a, const struct event *b) {
    return a->when != b->when ? a->when < b->when : a->order < b->order;
}

void event_cancel(struct vclock *c, struct event *ev) {
    if (!ev->queued) return;
    struct event **at = &c->head;
    while (*at != ev) at = &(*at)->next;
    *at = ev->next;
    ev->queued = false;
}

void event_at(struct vclock *c, struct event *ev, u64 when) {
    event_cancel(c, ev);
    ev->when = when;
    ev->queued = true;
    struct event **at = &c->head;
    while (*at && before(*at, ev)) at = &(*at)->next;
    ev->next = *at;
    *at = ev;
}

static void fire_first(struct vclock *c) {
    struct event *ev = c->head;
    c->head = ev->next;
    ev->queued = false;
    ev->fire(ev->ctx, c->now);
}

void clock_fire(struct vclock *c) {
    while (c->head && c->head->when <= c->now) fire_first(c);
}

void clock_advance(struct vclock *c, u64 to) {
    while (c->now < to && c->head && c->head->when < to) {
        if (c->head->when > c->now) c->now = c->head->when;
        fire_first(c);
    }
    if (c->now < to) c->now = to;
}

void clock_forget(struct vclock *c, unsigned events) {
    for (struct event **at = &c->head; *at;) {
        if ((*at)->order >= events) *at = (*at)->next;
        else at = &(*at)->next;
    }
    while (c->made && c->made->order >= events) c->made = c->made->made;
    c->events = events;
}

// SPDX-License-Identifier: MIT
// Split virtqueues, seen from the device. Every walk is bounded by the queue's or the segment array's size.
#include "dev/virtqueue.h"
#include "base/le.h"

// Descriptor, 16 bytes:  0 address (8)   8 length (4)   C flags (2)   E next (2)
enum { DESC_SIZE = 16, DESC_LENGTH = 8, DESC_FLAGS = 12, DESC_NEXT = 14 };
enum { FLAG_NEXT = 1, FLAG_WRITE = 2, FLAG_INDIRECT = 4 };
// Available ring:  0 flags   2 index   4 ring[size] (2 each)   then used_event (2)
// Used ring:       0 flags   2 index   4 ring[size] (id 4, length 4)   then avail_event (2)
enum { RING_FLAGS = 0, RING_INDEX = 2, RING_ENTRIES = 4, AVAIL_ENTRY = 2, USED_ENTRY = 8 };
enum { AVAIL_NO_INTERRUPT = 1 };

static int read16(struct bus *b, gpa_t at, u16 *v) { return bus_copy_out(b, at, v, sizeof *v); }

static int add_segment(struct virtq_chain *c, gpa_t at, u32 length, bool write) {
    if (!write && c->in) return ERR_CORRUPT; // readable segments come first
    if (c->out + c->in == VIRTQ_SEGMENTS) return ERR_CORRUPT;
    c->segment[c->out + c->in] = (struct virtq_segment){.at = at, .length = length};
    if (write) {
        c->in++;
        c->in_bytes += length;
    } else {
        c->out++;
        c->out_bytes += length;
    }
    return 0;
}

// Follows a chain in a table of `entries` descriptors. An indirect descriptor is handed back, not entered.
static int walk(struct bus *b, struct virtq_chain *c, gpa_t table, unsigned entries, unsigned index, u8 *indirect) {
    for (unsigned steps = 0; steps < entries; steps++) {
        u8 desc[DESC_SIZE];
        if (index >= entries) return ERR_CORRUPT;
        if (bus_copy_out(b, table + (gpa_t)index * DESC_SIZE, desc, sizeof desc)) return ERR_RANGE;
        u16 flags = ld16(desc + DESC_FLAGS);
        if (flags & FLAG_INDIRECT) {
            if (!indirect || (flags & FLAG_NEXT)) return ERR_CORRUPT;
            memcpy(indirect, desc, sizeof desc);
            return 0;
        }
        int e = add_segment(c, ld64(desc), ld32(desc + DESC_LENGTH), flags & FLAG_WRITE);
        if (e) return e;
        if (!(flags & FLAG_NEXT)) return 0;
        index = ld16(desc + DESC_NEXT);
    }
    return ERR_CORRUPT; // more steps than descriptors: a loop
}

static int read_chain(struct bus *b, const struct virtq_state *q, struct virtq_chain *c) {
    u8 indirect[DESC_SIZE] = {0};
    c->out = c->in = 0;
    c->out_bytes = c->in_bytes = 0;
    int e = walk(b, c, q->desc, q->size, c->head, indirect);
    if (e || !(ld16(indirect + DESC_FLAGS) & FLAG_INDIRECT)) return e;
    u32 length = ld32(indirect + DESC_LENGTH);
    if (!length || length % DESC_SIZE || length / DESC_SIZE > 0xffff) return ERR_CORRUPT;
    return walk(b, c, ld64(indirect), length / DESC_SIZE, 0, NULL);
}

int virtq_pop(struct bus *b, struct virtq_state *q, struct virtq_chain *c) {
    u16 index;
    if (read16(b, q->avail + RING_INDEX, &index)) return ERR_RANGE;
    u16 waiting = index - q->next_avail;
    if (!waiting) return 0;
    if (waiting > q->size) return ERR_CORRUPT;
    gpa_t entry = q->avail + RING_ENTRIES + (gpa_t)(q->next_avail % q->size) * AVAIL_ENTRY;
    if (read16(b, entry, &c->head)) return ERR_RANGE;
    int e = read_chain(b, q, c);
    if (e) return e;
    q->next_avail++;
    return 1;
}

int virtq_push(struct bus *b, struct virtq_state *q, const struct virtq_chain *c, u32 written) {
    u8 entry[USED_ENTRY];
    st32(entry, c->head);
    st32(entry + 4, written);
    gpa_t at = q->used + RING_ENTRIES + (gpa_t)(q->next_used % q->size) * USED_ENTRY;
    if (bus_copy_in(b, at, entry, sizeof entry)) return ERR_RANGE;
    q->next_used++;
    return bus_copy_in(b, q->used + RING_INDEX, &q->next_used, sizeof q->next_used);
}

bool virtq_wants_interrupt(struct bus *b, struct virtq_state *q, bool event_index) {
    u16 old = q->signalled, now = q->next_used, v;
    q->signalled = now;
    if (old == now) return false;
    if (!event_index) return read16(b, q->avail + RING_FLAGS, &v) || !(v & AVAIL_NO_INTERRUPT);
    gpa_t used_event = q->avail + RING_ENTRIES + (gpa_t)q->size * AVAIL_ENTRY;
    gpa_t avail_event = q->used + RING_ENTRIES + (gpa_t)q->size * USED_ENTRY;
    bus_copy_in(b, avail_event, &q->next_avail, sizeof q->next_avail);
    if (read16(b, used_event, &v)) return true;
    // 2.7.10: when the index passed the event on its way from old to now.
    return (u16)(now - v - 1) < (u16)(now - old);
}

static int copy(struct bus *b, const struct virtq_segment *s, unsigned n, u64 skip, void *to, const void *from, u64 len) {
    for (; n && len; n--, s++) {
        if (skip >= s->length) {
            skip -= s->length;
            continue;
        }
        u64 part = s->length - skip;
        if (part > len) part = len;
        int e = to ? bus_copy_out(b, s->at + skip, to, part) : bus_copy_in(b, s->at + skip, from, part);
        if (e) return e;
        if (to) to = (u8 *)to + part;
        else from = (const u8 *)from + part;
        len -= part;
        skip = 0;
    }
    return len ? ERR_RANGE : 0;
}

int virtq_read(struct bus *b, const struct virtq_chain *c, u64 skip, void *to, u64 len) {
    return copy(b, c->segment, c->out, skip, to, NULL, len);
}

int virtq_write(struct bus *b, const struct virtq_chain *c, u64 skip, const void *from, u64 len) {
    return copy(b, c->segment + c->out, c->in, skip, NULL, from, len);
}

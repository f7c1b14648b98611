// SPDX-License-Identifier: MIT
// Split virtqueues: descriptor table, available ring, used ring in guest memory. Everything read from there is hostile.
// Virtual I/O Device 1.2 (OASIS), 2.7.
#ifndef DEV_VIRTQUEUE_H
#define DEV_VIRTQUEUE_H

#include "bus/bus.h"

#define VIRTQ_SIZE_MAX 128
// Most segments in one request. A driver may put more into an indirect table than the queue has entries.
#define VIRTQ_SEGMENTS 256

struct virtq_state {
    gpa_t desc, avail, used; // 16-, 2- and 4-byte aligned once enabled
    u16 size;                // entries: a power of two
    u16 enabled;
    u16 vector; // MSI-X
    u16 next_avail, next_used;
    u16 signalled; // next_used at the last decision about an interrupt
};

struct virtq_segment {
    gpa_t at;
    u32 length;
};

// One request: `out` segments the device reads, then `in` segments it writes.
struct virtq_chain {
    u16 head;
    unsigned out, in;
    u64 out_bytes, in_bytes;
    struct virtq_segment segment[VIRTQ_SEGMENTS];
};

// Takes the next request. 1: *c is filled; 0: there is none; ERR_CORRUPT or ERR_RANGE: the rings cannot be trusted any
// more (the index ran away, a chain loops or is malformed, a ring is not RAM). Addresses of data are not checked here.
int virtq_pop(struct bus *b, struct virtq_state *q, struct virtq_chain *c);
// Gives it back, `written` bytes of its `in` part filled. ERR_RANGE when the used ring is not RAM.
int virtq_push(struct bus *b, struct virtq_state *q, const struct virtq_chain *c, u32 written);
// Whether the driver wants to hear of what was pushed since it was last asked; and asks it to announce its next
// request.
bool virtq_wants_interrupt(struct bus *b, struct virtq_state *q, bool event_index);

// Copies len bytes from the out part, or to the in part, starting `skip` bytes into it. 0, or ERR_RANGE when the part
// is shorter or an address is not RAM (what lies before it may have been copied).
int virtq_read(struct bus *b, const struct virtq_chain *c, u64 skip, void *to, u64 len);
int virtq_write(struct bus *b, const struct virtq_chain *c, u64 skip, const void *from, u64 len);

#endif

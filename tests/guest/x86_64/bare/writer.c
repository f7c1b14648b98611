// SPDX-License-Identifier: MIT
// A guest that does nothing but write to its virtio disk and flush, for ever, and says on port E9 what has been flushed:
// "F n". Write n is 4 KiB of pattern n at block place(n); before each flush block 0 gets the number of the last write, and
// with it the guest begins when it is started again. tests/host/blocks.py knows the same rules.
// Virtual I/O Device 1.2 (OASIS), 2.7, 4.1, 5.2, as little of it as will do: one request at a time, no interrupt.
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#define SLOT 4
#define BLOCK 4096
#define SPAN 64      // blocks that writes go to ...
#define STRIDE 97    // ... this far apart
#define FLUSH_EACH 5 // writes
#define QUEUE 8

// The BAR's parts, and the common configuration's registers that are needed.
enum {
    NOTIFY = 0x3000,
    STATUS = 20,
    DRIVER_FEATURE_SELECT = 8,
    DRIVER_FEATURE = 12,
    QUEUE_SELECT = 22,
    QUEUE_SIZE = 24,
    QUEUE_ENABLE = 28,
    QUEUE_DESC = 32,
    QUEUE_DRIVER = 40,
    QUEUE_DEVICE = 48
};
enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4, NEXT = 1, WRITE = 2 };

static struct {
    u64 at;
    u32 length;
    u16 flags, next;
} desc[QUEUE] __attribute__((aligned(16)));
static struct {
    u16 flags, index, ring[QUEUE];
} avail __attribute__((aligned(16)));
static volatile struct {
    u16 flags, index;
    struct {
        u32 id, length;
    } ring[QUEUE];
} used __attribute__((aligned(16)));
static struct {
    u32 type, reserved;
    u64 sector;
} header;
static volatile u8 status;
static u8 data[BLOCK] __attribute__((aligned(BLOCK)));
static u8 stack[16384] __attribute__((aligned(16), used));
static u64 bar;

static void out8(u16 port, u8 v) { asm volatile("outb %0, %1" ::"a"(v), "Nd"(port)); }
static void out32(u16 port, u32 v) { asm volatile("outl %0, %1" ::"a"(v), "Nd"(port)); }
static u32 in32(u16 port) {
    u32 v;
    asm volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static u32 config(unsigned at) {
    out32(0xcf8, 0x80000000u | SLOT << 11 | at);
    return in32(0xcfc);
}

static void set8(u64 at, u8 v) { *(volatile u8 *)(bar + at) = v; }
static void set16(u64 at, u16 v) { *(volatile u16 *)(bar + at) = v; }
static void set32(u64 at, u32 v) { *(volatile u32 *)(bar + at) = v; }
static void set64(u64 at, u64 v) { *(volatile u64 *)(bar + at) = v; }

static void print(const char *s) {
    while (*s) out8(0xe9, (u8)*s++);
}

static void print_number(u64 n) {
    char text[21], *at = text + 20;
    *at = 0;
    do *--at = (char)('0' + n % 10);
    while (n /= 10);
    print(at);
}

static _Noreturn void end(u8 code) {
    for (;;) out8(0xf4, code);
}

static void set_up(void) {
    bar = config(0x20) & ~15u;
    u64 high = config(0x24);
    bar |= high << 32;
    config(4);
    out32(0xcfc, 6); // memory, bus master
    set8(STATUS, 0);
    set8(STATUS, 3);
    set32(DRIVER_FEATURE_SELECT, 0);
    set32(DRIVER_FEATURE, 1 << 9); // FLUSH
    set32(DRIVER_FEATURE_SELECT, 1);
    set32(DRIVER_FEATURE, 1); // VERSION_1
    set8(STATUS, 11);
    set16(QUEUE_SELECT, 0);
    set16(QUEUE_SIZE, QUEUE);
    set64(QUEUE_DESC, (u64)desc);
    set64(QUEUE_DRIVER, (u64)&avail);
    set64(QUEUE_DEVICE, (u64)&used);
    set16(QUEUE_ENABLE, 1);
    set8(STATUS, 15);
}

static void request(u32 type, u64 block) {
    header.type = type;
    header.sector = block * (BLOCK / 512);
    status = 0xee;
    desc[0].at = (u64)&header, desc[0].length = sizeof header, desc[0].flags = NEXT, desc[0].next = type == T_FLUSH ? 2 : 1;
    desc[1].at = (u64)data, desc[1].length = BLOCK, desc[1].flags = NEXT | (type == T_IN ? WRITE : 0), desc[1].next = 2;
    desc[2].at = (u64)&status, desc[2].length = 1, desc[2].flags = WRITE;
    avail.ring[avail.index % QUEUE] = 0;
    asm volatile("" ::: "memory");
    avail.index++;
    asm volatile("" ::: "memory");
    set16(NOTIFY, 0);
    while (used.index != avail.index) {}
    if (!status) return;
    print("disk error\n");
    end(1);
}

static u64 place(u64 n) { return 1 + n * 2654435761u % SPAN * STRIDE; }

// Each sector begins with the number.
static void fill(u64 n) {
    u64 *word = (u64 *)data;
    for (unsigned i = 0; i < BLOCK / 8; i++) word[i] = i % 64 ? n * 0x9e3779b97f4a7c15u + i : n;
}

__attribute__((used)) static _Noreturn void run(void) {
    set_up();
    request(T_IN, 0);
    u64 n = *(u64 *)data;
    for (;;) {
        for (unsigned i = 0; i < FLUSH_EACH; i++) {
            fill(++n);
            request(T_OUT, place(n));
        }
        fill(n);
        request(T_OUT, 0);
        request(T_FLUSH, 0);
        print("F ");
        print_number(n);
        print("\n");
    }
}

void start(void);
__attribute__((naked, section(".header"), used)) void start(void) { asm("lea stack + 16384(%rip), %rsp\n call run"); }

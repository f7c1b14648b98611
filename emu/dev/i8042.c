// SPDX-License-Identifier: MIT
// Keyboard controller.
//
//   0x64 read   status         PARITY 7 | TIMEOUT 6 | AUX 5 | UNLOCKED 4 | CMD 3 | SYS 2 | IBF 1 | OBF 0
//   command byte               XLATE 6 | AUX off 5 | KBD off 4 | SYS 2 | AUX INT 1 | KBD INT 0
//   output port                AUX OBF 5 | KBD OBF 4 | A20 1 | RESET# 0
#include "dev/i8042.h"

enum { STR_OBF = 1, STR_SYS = 4, STR_CMD = 8, STR_UNLOCKED = 16, STR_AUX = 32 };
enum { CTR_KBD_INT = 1, CTR_AUX_INT = 2, CTR_SYS = 4, CTR_KBD_OFF = 16, CTR_AUX_OFF = 32, CTR_XLATE = 64 };
enum { PORT_RESET = 1, PORT_A20 = 2, PORT_KBD_OBF = 16, PORT_AUX_OBF = 32 };
enum { ACK = 0xFA, RESEND = 0xFE, SELF_TEST_OK = 0xAA };

// Controller commands (port 0x64).
enum {
    READ_RAM = 0x20,
    WRITE_RAM = 0x60,
    AUX_DISABLE = 0xA7,
    AUX_ENABLE = 0xA8,
    AUX_TEST = 0xA9,
    CONTROLLER_TEST = 0xAA,
    KBD_TEST = 0xAB,
    KBD_DISABLE = 0xAD,
    KBD_ENABLE = 0xAE,
    READ_INPUT = 0xC0,
    READ_OUTPUT = 0xD0,
    WRITE_OUTPUT = 0xD1,
    WRITE_KBD_BUFFER = 0xD2,
    WRITE_AUX_BUFFER = 0xD3,
    WRITE_AUX = 0xD4,
    A20_OFF = 0xDD,
    A20_ON = 0xDF,
    READ_TESTS = 0xE0,
    PULSE = 0xF0,
};

#define QUEUE 16

struct queue {
    u8 byte[QUEUE];
    u8 first, count;
};

struct i8042_state {
    struct queue kbd, aux; // bytes the devices want to send
    u8 ram[32];            // [0] is the command byte
    u8 out, status, output_port;
    u8 command;                  // controller command that waits for its parameter on port 0x60, or 0
    u8 kbd_command, aux_command; // device command that waits for its parameter, or 0
    u8 scan_set;
    u8 mouse_status, mouse_resolution, mouse_rate;
};

// Apart from the rest, whose state is the same without a person at the keys.
struct i8042_keys {
    u8 scanning;
};

struct i8042 {
    struct i8042_state s;
    struct i8042_keys *keys; // NULL: nobody presses any
    struct env *env;
    struct irq_line kbd, aux, a20, init;
};

static void update_irq(struct i8042 *k) {
    const struct i8042_state *s = &k->s;
    bool full = s->status & STR_OBF, from_aux = s->status & STR_AUX;
    irq_set(&k->kbd, full && !from_aux && s->ram[0] & CTR_KBD_INT);
    irq_set(&k->aux, full && from_aux && s->ram[0] & CTR_AUX_INT);
}

static void put_out(struct i8042 *k, u8 byte, bool from_aux) {
    k->s.out = byte;
    k->s.status |= STR_OBF;
    k->s.status = from_aux ? k->s.status | STR_AUX : k->s.status & (u8)~STR_AUX;
}

static bool take(struct queue *q, u8 *byte) {
    if (!q->count) return false;
    *byte = q->byte[q->first];
    q->first = (q->first + 1) % QUEUE;
    q->count--;
    return true;
}

// A device that talks more than its queue holds loses the rest, as real keyboards do.
static void say(struct queue *q, u8 byte) {
    if (q->count < QUEUE) q->byte[(q->first + q->count++) % QUEUE] = byte;
}

// Fills the output buffer from an interface whose clock is not held.
static void refill(struct i8042 *k) {
    struct i8042_state *s = &k->s;
    u8 byte;
    if (!(s->status & STR_OBF)) {
        if (!(s->ram[0] & CTR_KBD_OFF) && take(&s->kbd, &byte)) put_out(k, byte, false);
        else if (!(s->ram[0] & CTR_AUX_OFF) && take(&s->aux, &byte)) put_out(k, byte, true);
    }
    update_irq(k);
}

static void keyboard_parameter(struct i8042 *k, u8 command, u8 v) {
    struct i8042_state *s = &k->s;
    say(&s->kbd, ACK);
    if (command != 0xF0) return; // LEDs and typematic rate show nowhere
    if (v) s->scan_set = v;
    else say(&s->kbd, s->scan_set);
}

static void keyboard_command(struct i8042 *k, u8 v) {
    struct i8042_state *s = &k->s;
    u8 waiting = s->kbd_command;
    s->kbd_command = 0;
    if (waiting && v < 0xED) {
        keyboard_parameter(k, waiting, v);
        return;
    }
    switch (v) {
    case 0xED: // set LEDs
    case 0xF0: // scan code set
    case 0xF3: // typematic rate
        s->kbd_command = v;
        say(&s->kbd, ACK);
        break;
    case 0xEE: say(&s->kbd, 0xEE); break; // echo
    case 0xF2:                            // identify: MF2, translated as the real one is
        say(&s->kbd, ACK);
        say(&s->kbd, 0xAB);
        say(&s->kbd, s->ram[0] & CTR_XLATE ? 0x41 : 0x83);
        break;
    case 0xF4: // enable scanning
    case 0xF5: // disable scanning, defaults
    case 0xF6: // defaults
        if (k->keys && v != 0xF6) k->keys->scanning = v == 0xF4;
        s->scan_set = 2;
        say(&s->kbd, ACK);
        break;
    case 0xF7 ... 0xFD: say(&s->kbd, ACK); break; // key types
    case 0xFE: say(&s->kbd, s->out); break;       // resend
    case 0xFF:
        if (k->keys) k->keys->scanning = true;
        s->kbd.count = 0;
        s->scan_set = 2;
        say(&s->kbd, ACK);
        say(&s->kbd, SELF_TEST_OK);
        break;
    default: say(&s->kbd, RESEND); break;
    }
}

static void mouse_defaults(struct i8042_state *s) {
    s->mouse_status = 0;
    s->mouse_resolution = 2; // 4 counts per mm
    s->mouse_rate = 100;
}

static void mouse_say(struct i8042_state *s, u8 a, u8 b, u8 c) {
    say(&s->aux, a);
    say(&s->aux, b);
    say(&s->aux, c);
}

static void mouse_command(struct i8042 *k, u8 v) {
    enum { ENABLED = 0x20, SCALING = 0x10, REMOTE = 0x40 };
    struct i8042_state *s = &k->s;
    u8 waiting = s->aux_command;
    s->aux_command = 0;
    say(&s->aux, ACK);
    if (waiting) {
        *(waiting == 0xE8 ? &s->mouse_resolution : &s->mouse_rate) = v;
        return;
    }
    switch (v) {
    case 0xE6: s->mouse_status &= (u8)~SCALING; break;
    case 0xE7: s->mouse_status |= SCALING; break;
    case 0xE8: // set resolution
    case 0xF3: // set sample rate
        s->aux_command = v;
        break;
    case 0xE9: mouse_say(s, s->mouse_status, s->mouse_resolution, s->mouse_rate); break;
    case 0xEA: s->mouse_status &= (u8)~REMOTE; break;
    case 0xEB: mouse_say(s, 8, 0, 0); break; // a packet: no button, no movement
    case 0xF0: s->mouse_status |= REMOTE; break;
    case 0xF2: say(&s->aux, 0); break; // identify: plain PS/2 mouse
    case 0xF4: s->mouse_status |= ENABLED; break;
    case 0xF5: s->mouse_status &= (u8)~ENABLED; break;
    case 0xF6: mouse_defaults(s); break;
    case 0xFF:
        s->aux.count = 0;
        mouse_defaults(s);
        mouse_say(s, ACK, SELF_TEST_OK, 0);
        break;
    default:
        s->aux.count--; // not an acknowledge after all
        say(&s->aux, RESEND);
        break;
    }
}

// The line is the processor's INIT since the 80386.
static void pulse_init(struct i8042 *k) {
    irq_set(&k->init, true);
    irq_set(&k->init, false);
}

static void write_output_port(struct i8042 *k, u8 v) {
    k->s.output_port = v;
    irq_set(&k->a20, v & PORT_A20);
    if (!(v & PORT_RESET)) pulse_init(k);
}

static u8 read_output_port(const struct i8042_state *s) {
    u8 full = s->status & STR_OBF ? (s->status & STR_AUX ? PORT_AUX_OBF : PORT_KBD_OBF) : 0;
    return (u8)((s->output_port & ~(PORT_KBD_OBF | PORT_AUX_OBF)) | full);
}

// Controller commands of one byte, answered through the output buffer.
static void controller_command(struct i8042 *k, u8 v) {
    struct i8042_state *s = &k->s;
    u8 *ctr = &s->ram[0];
    s->command = 0;
    switch (v) {
    case READ_RAM ... READ_RAM + 31: put_out(k, s->ram[v - READ_RAM], false); break;
    case WRITE_RAM ... WRITE_RAM + 31:
    case WRITE_OUTPUT ... WRITE_AUX: s->command = v; break;
    case AUX_DISABLE: *ctr |= CTR_AUX_OFF; break;
    case AUX_ENABLE: *ctr &= (u8)~CTR_AUX_OFF; break;
    case AUX_TEST:
    case KBD_TEST: put_out(k, 0x00, false); break; // no fault on the lines
    case CONTROLLER_TEST:
        s->status |= STR_SYS;
        put_out(k, 0x55, false);
        break;
    case KBD_DISABLE: *ctr |= CTR_KBD_OFF; break;
    case KBD_ENABLE: *ctr &= (u8)~CTR_KBD_OFF; break;
    case READ_INPUT: put_out(k, 0x80, false); break; // keyboard not locked
    case READ_OUTPUT: put_out(k, read_output_port(s), false); break;
    case A20_OFF: write_output_port(k, s->output_port & (u8)~PORT_A20); break;
    case A20_ON: write_output_port(k, s->output_port | PORT_A20); break;
    case READ_TESTS: put_out(k, 0x00, false); break;
    case PULSE ... 0xFF: // lines whose bit is 0 are pulsed low; line 0 is the reset
        if (!(v & PORT_RESET)) pulse_init(k);
        break;
    default: log_debug(k->env->plat, "i8042: unknown command 0x%02x ignored", v); break;
    }
}

static void controller_parameter(struct i8042 *k, u8 command, u8 v) {
    struct i8042_state *s = &k->s;
    switch (command) {
    case WRITE_OUTPUT: write_output_port(k, v); break;
    case WRITE_KBD_BUFFER: put_out(k, v, false); break;
    case WRITE_AUX_BUFFER: put_out(k, v, true); break;
    case WRITE_AUX:
        s->ram[0] &= (u8)~CTR_AUX_OFF; // sending enables the interface
        mouse_command(k, v);
        break;
    default:
        s->ram[command - WRITE_RAM] = v;
        if (command == WRITE_RAM) s->status = v & CTR_SYS ? s->status | STR_SYS : s->status & (u8)~STR_SYS;
    }
}

static u8 data_read_byte(void *dev, u64 offset) {
    struct i8042 *k = dev;
    k->s.status &= (u8)~(STR_OBF | STR_AUX);
    u8 byte = k->s.out;
    update_irq(k); // the line drops between two bytes: each is an edge
    refill(k);
    return byte;
}

static void data_write_byte(void *dev, u64 offset, u8 v) {
    struct i8042 *k = dev;
    u8 command = k->s.command;
    k->s.status &= (u8)~STR_CMD;
    k->s.command = 0;
    if (command) {
        controller_parameter(k, command, v);
    } else {
        k->s.ram[0] &= (u8)~CTR_KBD_OFF;
        keyboard_command(k, v);
    }
    refill(k);
}

static u8 status_read_byte(void *dev, u64 offset) { return ((struct i8042 *)dev)->s.status | STR_UNLOCKED; }

static void command_write_byte(void *dev, u64 offset, u8 v) {
    struct i8042 *k = dev;
    k->s.status |= STR_CMD;
    controller_command(k, v);
    refill(k);
}

static u64 data_read(void *dev, u64 offset, unsigned width) { return data_read_byte(dev, offset); }

static void data_write(void *dev, u64 offset, unsigned width, u64 value) { data_write_byte(dev, offset, (u8)value); }

static u64 command_read(void *dev, u64 offset, unsigned width) { return status_read_byte(dev, offset); }

static void command_write(void *dev, u64 offset, unsigned width, u64 value) { command_write_byte(dev, offset, (u8)value); }

const struct io_ops i8042_data_ops = {data_read, data_write, .size = 1, .widths = IO_BYTES};
const struct io_ops i8042_command_ops = {command_read, command_write, .size = 1, .widths = IO_BYTES};

static bool queue_can_be(const struct queue *q) { return q->first < QUEUE && q->count <= QUEUE; }

static bool enter(void *dev) {
    const struct i8042_state *s = &((const struct i8042 *)dev)->s;
    u8 command = s->command;
    bool waits =
        (command >= WRITE_RAM && command < WRITE_RAM + sizeof s->ram) || (command >= WRITE_OUTPUT && command <= WRITE_AUX);
    return queue_can_be(&s->kbd) && queue_can_be(&s->aux) && (waits || !command);
}

struct i8042 *i8042_create(struct env *e, struct irq_line kbd, struct irq_line aux, struct irq_line a20, struct irq_line init) {
    struct i8042 *k = ENV_DEVICE(e, "i8042", struct i8042, s);
    env_check(e, "i8042", enter, k);
    k->env = e;
    k->kbd = kbd;
    k->aux = aux;
    k->a20 = a20;
    k->init = init;
    k->s.ram[0] = CTR_SYS | CTR_XLATE | CTR_KBD_INT;
    k->s.status = STR_SYS;
    k->s.output_port = 0xCC | PORT_RESET | PORT_A20;
    k->s.scan_set = 2;
    mouse_defaults(&k->s);
    return k;
}

// ---- keys

enum { EXTENDED = 0xE0, KEY_UP = 0x80, SET_2_UP = 0xF0 };

void i8042_add_keys(struct i8042 *k) {
    k->keys = env_state(k->env, "keyboard", sizeof *k->keys);
    k->keys->scanning = true;
}

bool i8042_takes_keys(const struct i8042 *k) {
    const struct i8042_state *s = &k->s;
    return k->keys && k->keys->scanning && !s->kbd.count && !(s->status & STR_OBF) && !s->kbd_command;
}

bool i8042_key_interrupts(const struct i8042 *k) {
    return k->keys && k->keys->scanning && (k->s.ram[0] & (CTR_KBD_INT | CTR_KBD_OFF)) == CTR_KBD_INT;
}

// The keyboard sends its set 2, and the controller makes set 1 of it, unless one of them was told otherwise.
static const u8 set_2[128] = {
    0x00, 0x76, 0x16, 0x1e, 0x26, 0x25, 0x2e, 0x36, 0x3d, 0x3e, 0x46, 0x45, 0x4e, 0x55, 0x66, 0x0d, // Esc 1 2 ... Tab
    0x15, 0x1d, 0x24, 0x2d, 0x2c, 0x35, 0x3c, 0x43, 0x44, 0x4d, 0x54, 0x5b, 0x5a, 0x14, 0x1c, 0x1b, // q w e ... Ctrl a s
    0x23, 0x2b, 0x34, 0x33, 0x3b, 0x42, 0x4b, 0x4c, 0x52, 0x0e, 0x12, 0x5d, 0x1a, 0x22, 0x21, 0x2a, // d f g ... z x c v
    0x32, 0x31, 0x3a, 0x41, 0x49, 0x4a, 0x59, 0x7c, 0x11, 0x29, 0x58, 0x05, 0x06, 0x04, 0x0c, 0x03, // b n m ... F5
    0x0b, 0x83, 0x0a, 0x01, 0x09, 0x77, 0x7e, 0x6c, 0x75, 0x7d, 0x7b, 0x6b, 0x73, 0x74, 0x79, 0x69, // F6 ... the keypad's 1
    0x72, 0x7a, 0x70, 0x71, 0x84, 0x00, 0x61, 0x78, 0x07,                                           // 2 3 0 . - - < F11 F12
};

void i8042_key(struct i8042 *k, const u8 *codes, unsigned n) {
    struct queue *q = &k->s.kbd;
    bool set_1 = k->s.ram[0] & CTR_XLATE || k->s.scan_set == 1;
    for (unsigned i = 0; i < n; i++) {
        u8 code = codes[i];
        if (set_1 || code == EXTENDED) {
            say(q, code);
            continue;
        }
        if (code & KEY_UP) say(q, SET_2_UP);
        say(q, set_2[code & ~KEY_UP]);
    }
    refill(k);
}

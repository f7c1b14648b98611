// SPDX-License-Identifier: MIT
// A start by network whose server or firmware says anything: URLs in device paths, DHCP packets, TFTP packets in any order, headers and bodies
// of HTTP. What is taken of a file comes in its order, everything that is opened is closed, and a server that is silent is given up.
// CI: 30000 runs.
#include "../../boot/url.c"

#include "../../boot/status.c"

#include "../../boot/tftp.c"

#define order order_http
#define wait wait_for
#include "../../boot/http.c"
#undef order

#include "base/bits.h"
#include "base/le.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void check(bool ok) {
    if (!ok) __builtin_trap();
}

static const u8 *in;
static size_t left;

static u8 next(void) { return left ? left--, *in++ : 0; }

static size_t some(void *to, size_t room) {
    size_t n = next() % 64;
    if (n > room) n = room;
    for (size_t i = 0; i < n; i++) ((u8 *)to)[i] = next();
    return n;
}

static void do_log(struct plat *p, enum log_level level, const char *line) {}

// --- what was taken of a file

static u64 taken;
static bool enough;

static bool do_take(void *ctx, const u8 *data, size_t size) {
    check(!enough && ctx == &taken);
    u8 sum = 0;
    for (size_t i = 0; i < size; i++) sum ^= data[i];
    taken += size + (sum & 0);
    enough = next() >= 0xf0;
    return !enough;
}

// --- PXE

static EFI_PXE_BASE_CODE_MODE mode;
static EFI_PXE_BASE_CODE_CALLBACK *installed;
static EFI_EVENT_NOTIFY timer;
static void *timed;

static EFI_STATUS EFIAPI do_mtftp(EFI_PXE_BASE_CODE *self, EFI_PXE_BASE_CODE_TFTP_OPCODE what, void *to, BOOLEAN over,
                                  UINT64 *size, UINTN *block, EFI_IP_ADDRESS *server, UINT8 *name,
                                  EFI_PXE_BASE_CODE_MTFTP_INFO *info, BOOLEAN unbuffered) {
    check(strlen((const char *)name) <= BOOT_PATH && *block >= 512 && !to);
    mode.TftpErrorReceived = next() & 1;
    memset(mode.TftpError.ErrorString, next(), sizeof mode.TftpError.ErrorString - 1);
    *size = next();
    if (what == EFI_PXE_BASE_CODE_TFTP_READ_FILE) {
        u16 number = 1;
        for (unsigned packets = next(); packets; packets--) {
            EFI_PXE_BASE_CODE_PACKET *p = malloc(sizeof *p);
            u8 how = next();
            if (how >= 0xc0) number = next();
            p->Raw[0] = 0, p->Raw[1] = how % 8 ? 3 : next(), p->Raw[2] = number >> 8, p->Raw[3] = (u8)number;
            UINT32 length = how & 8 ? next() % 8 : (UINT32)(4 + some(p->Raw + 4, 512));
            number++;
            if (how % 32 == 9 && !enough) timer(NULL, timed);
            u64 before = taken;
            EFI_PXE_BASE_CODE_CALLBACK_STATUS s =
                installed->Callback(installed, EFI_PXE_BASE_CODE_FUNCTION_DHCP, how % 64 != 0, length, how == 0xbf ? NULL : p);
            check(taken == before || taken - before == length - 4);
            free(p);
            if (s != EFI_PXE_BASE_CODE_CALLBACK_STATUS_CONTINUE) return EFI_ABORTED;
            check(!enough);
        }
    }
    return next() & 1 ? BIT(63) | (1 + next() % 40) : EFI_SUCCESS;
}

static EFI_STATUS EFIAPI do_parameters(EFI_PXE_BASE_CODE *self, BOOLEAN *arp, BOOLEAN *guid, UINT8 *ttl, UINT8 *tos,
                                       BOOLEAN *call) {
    check(installed);
    return next() >= 0xf0 ? EFI_INVALID_PARAMETER : EFI_SUCCESS;
}

static EFI_PXE_BASE_CODE pxe = {.Mtftp = do_mtftp, .SetParameters = do_parameters, .Mode = &mode};

// --- HTTP

static unsigned children, events, pools;
static struct efi_http_token *pending;
static unsigned polls;

static void finish(void) {
    struct efi_http_token *t = pending;
    struct efi_http_message *m = t->Message;
    pending = NULL;
    t->Status = next() >= 0xe0 ? BIT(63) | (1 + next() % 110) : EFI_SUCCESS;
    if (m->Data.Response && !m->Headers)
        m->Data.Response->StatusCode = next() & 1 ? EFI_HTTP_STATUS_200 : (enum efi_http_status)(next() % 50);
    if (m->Body) {
        UINTN n = next() >= 0xf8 ? m->BodyLength + next() : next() % (m->BodyLength + 1);
        memset(m->Body, 1, n < m->BodyLength ? n : m->BodyLength);
        m->BodyLength = n;
    } else if (!m->Headers && next() & 3) {
        m->HeaderCount = next() % 4;
        m->Headers = malloc(m->HeaderCount * sizeof *m->Headers + 1), pools++;
        for (UINTN i = 0; i < m->HeaderCount; i++) {
            bool size = next() & 3;
            m->Headers[i].FieldName = (CHAR8 *)strdup(size ? "content-length" : "Server"), pools++;
            CHAR8 *value = calloc(1, 24);
            pools++;
            if (next() & 7) plat_format((char *)value, 24, "%u", next() * 300u);
            else some(value, 23);
            m->Headers[i].FieldValue = value;
        }
    }
    *(volatile bool *)t->Event = true;
}

static EFI_STATUS EFIAPI do_start(struct efi_http *self, struct efi_http_token *t) {
    check(!pending);
    if (next() >= 0xf0) return BIT(63) | (1 + next() % 110);
    pending = t;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI do_cancel(struct efi_http *self, struct efi_http_token *t) {
    check(pending == t);
    pending = NULL;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI do_poll(struct efi_http *self) {
    if (left && next() < 0xf0) finish();
    check(++polls < 100000);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI do_configure(struct efi_http *self, struct efi_http_config_data *c) {
    check(!pending);
    return c && next() >= 0xf0 ? EFI_DEVICE_ERROR : EFI_SUCCESS;
}

static struct efi_http io = {
    .Configure = do_configure, .Request = do_start, .Response = do_start, .Cancel = do_cancel, .Poll = do_poll};

static EFI_STATUS EFIAPI do_child(EFI_SERVICE_BINDING *self, EFI_HANDLE *out) {
    if (next() >= 0xf0) return EFI_OUT_OF_RESOURCES;
    *out = &io;
    children++;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI do_no_child(EFI_SERVICE_BINDING *self, EFI_HANDLE child) {
    check(children-- && !pending);
    return EFI_SUCCESS;
}

static EFI_SERVICE_BINDING binding = {do_child, do_no_child};

// --- boot services

static EFI_DEVICE_PATH *device_of_input;
static bool has_pxe;

static EFI_STATUS EFIAPI do_protocol(EFI_HANDLE handle, EFI_GUID *type, void **out) {
    static EFI_GUID image_path = LOADED_IMAGE_DEVICE_PATH_GUID;
    if (!memcmp(type, GUID_OF(HTTP_PROTOCOL_GUID), sizeof *type)) return *out = &io, EFI_SUCCESS;
    if (!memcmp(type, GUID_OF(HTTP_SERVICE_BINDING_PROTOCOL_GUID), sizeof *type)) return *out = &binding, EFI_SUCCESS;
    if (!memcmp(type, GUID_OF(PXE_BASE_CODE_PROTOCOL_GUID), sizeof *type) && has_pxe) return *out = &pxe, EFI_SUCCESS;
    if (!memcmp(type, GUID_OF(DEVICE_PATH_PROTOCOL_GUID), sizeof *type)) return *out = device_of_input, EFI_SUCCESS;
    if (!memcmp(type, &image_path, sizeof *type) && next() & 1) return *out = device_of_input, EFI_SUCCESS;
    return EFI_NOT_FOUND;
}

static EFI_STATUS EFIAPI do_locate(EFI_GUID *type, EFI_DEVICE_PATH **path, EFI_HANDLE *out) {
    return next() >= 0xf0 ? EFI_NOT_FOUND : (*out = &binding, EFI_SUCCESS);
}

static EFI_STATUS EFIAPI do_install(EFI_HANDLE *handle, EFI_GUID *type, EFI_INTERFACE_TYPE how, void *what) {
    if (next() >= 0xf0) return EFI_INVALID_PARAMETER;
    check(!installed);
    installed = what;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI do_uninstall(EFI_HANDLE handle, EFI_GUID *type, void *what) {
    check(installed == what);
    installed = NULL;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI do_event(UINT32 type, EFI_TPL level, EFI_EVENT_NOTIFY notify, void *ctx, EFI_EVENT *out) {
    if (next() >= 0xf8) return EFI_OUT_OF_RESOURCES;
    *out = ctx ? ctx : &events;
    events++;
    if (type & EVT_TIMER) timer = notify, timed = ctx;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI do_close(EFI_EVENT event) {
    check(events--);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI do_check(EFI_EVENT event) { return next() & 1 && left ? EFI_NOT_READY : EFI_SUCCESS; }

static EFI_STATUS EFIAPI do_timer(EFI_EVENT event, EFI_TIMER_DELAY how, UINT64 time) { return EFI_SUCCESS; }

static EFI_STATUS EFIAPI do_free(void *at) {
    check(pools--);
    free(at);
    return EFI_SUCCESS;
}

static EFI_BOOT_SERVICES services = {.HandleProtocol = do_protocol,
                                     .LocateDevicePath = do_locate,
                                     .InstallProtocolInterface = do_install,
                                     .UninstallProtocolInterface = do_uninstall,
                                     .CreateEvent = do_event,
                                     .CloseEvent = do_close,
                                     .CheckEvent = do_check,
                                     .SetTimer = do_timer,
                                     .FreePool = do_free};

// Of up to three nodes, in memory that ends with them.
static EFI_DEVICE_PATH *device_path(void) {
    u8 path[3 * 256 + 4];
    size_t n = 0;
    for (unsigned nodes = next() % 4; nodes; nodes--) {
        u8 how = next(), *at = path + n;
        size_t text = 0;
        at[0] = MESSAGING_DEVICE_PATH, at[1] = how & 1 ? MSG_URI_DP : how & 2 ? MSG_IPv4_DP : next();
        if (at[1] == MSG_URI_DP && how & 4) memcpy(at + 4, "http://10.0.2.2/", text = 16);
        size_t length = 4 + text + some(at + 4 + text, 64);
        if (at[1] == MSG_IPv4_DP && how & 4) memset(at + 4, how, 23), length = 27;
        if (how >= 0xf8) length = next() % 4;
        st16(at + 2, (u16)length);
        if (length < 4) {
            n += 4;
            break;
        }
        n += length;
    }
    path[n] = END_DEVICE_PATH_TYPE, path[n + 1] = END_ENTIRE_DEVICE_PATH_SUBTYPE, path[n + 2] = 4, path[n + 3] = 0;
    u8 *exact = malloc(n + 4);
    memcpy(exact, path, n + 4);
    return (EFI_DEVICE_PATH *)(void *)exact;
}

static void fill_mode(void) {
    EFI_PXE_BASE_CODE_PACKET *const packets[] = {&mode.PxeReply, &mode.ProxyOffer, &mode.DhcpAck};
    memset(&mode, 0, sizeof mode);
    u8 how = next();
    mode.Started = how != 0xff, mode.UsingIpv6 = how == 0xfe;
    mode.PxeReplyReceived = how & 1, mode.ProxyOfferReceived = how & 2, mode.DhcpAckReceived = how & 4;
    for (unsigned i = 0; i < countof(packets); i++) {
        u8 *raw = packets[i]->Raw;
        if (next() & 7) memcpy(raw + MAGIC, "\x63\x82\x53\x63", 4);
        some(raw + SIADDR, 4);
        some(raw + FILE_NAME, FILE_BYTES);
        some(raw + OPTIONS, sizeof *packets[i] - OPTIONS);
    }
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static struct boot b;
    static EFI_LOADED_IMAGE loaded;
    u64 bytes;
    char path[64] = "";
    in = data, left = size;
    taken = polls = 0, enough = false;
    b = (struct boot){.bs = &services, .loaded = &loaded, .plat.log = do_log};
    has_pxe = next() & 1;
    device_of_input = device_path();
    fill_mode();
    struct server *s = http_server(&b);
    if (!s) s = tftp_server(&b);
    if (s) {
        check(memchr(s->name, 0, sizeof s->name) && memchr(s->folder, 0, sizeof s->folder));
        some(path, sizeof path - 1);
        s->size(s, path, &bytes);
        s->fetch(s, path, do_take, &taken);
    }
    check(!children && !events && !pools && !pending && !installed);
    free(device_of_input);
    return 0;
}

// SPDX-License-Identifier: MIT
// By HTTP boot: the loaded image's device path has the URL (UEFI 2.10, 24.7), and the address that the firmware has been given. Each file, and
// each question for its size, is a connection of its own.
#include "boot/efihttp.h"
#include "boot/net.h"
#include "boot/status.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LOADED_IMAGE_DEVICE_PATH_GUID {0xbc62157e, 0x3e33, 0x4fec, {0x99, 0x20, 0x2d, 0x3b, 0x36, 0xd7, 0x50, 0xdf}}
enum { NODES_MOST = 64, URL_UNITS = 1024, BODY = 128 * 1024, CONNECT_MS = 10000 };
enum { IPV4_NODE = offsetof(IPv4_DEVICE_PATH, SubnetMask) + sizeof(EFI_IPv4_ADDRESS) }; // the structure in C is longer
enum { TICK_MS = 200, PATIENCE_S = 20 };                                                // without a byte

struct http {
    struct server server;
    EFI_SERVICE_BINDING *binding;
    struct efi_httpv4_access_point address;
};

static struct http *http_of(struct server *s) { return (struct http *)(void *)s; }

// A connection, and what is on its way there.
struct visit {
    struct http *http;
    struct efi_http *io;
    EFI_HANDLE child;
    EFI_EVENT done, tick;
    net_take *take; // NULL: only the size is asked for
    void *ctx;
    const char *path;
    CHAR16 url[URL_UNITS];
    u64 size; // Content-Length
    bool has_size;
};

static void EFIAPI note_done(EFI_EVENT event, void *ctx) { *(volatile bool *)ctx = true; }

// Until the firmware is done with a token; EFI_TIMEOUT, EFI_ABORTED (no more is wanted).
static EFI_STATUS wait(struct visit *v, struct efi_http_token *token, volatile bool *done) {
    EFI_BOOT_SERVICES *bs = v->http->server.b->bs;
    EFI_STATUS e = EFI_SUCCESS;
    for (unsigned ticks = 0; !*done && !EFI_ERROR(e);) {
        v->io->Poll(v->io);
        if (*done || bs->CheckEvent(v->tick) != EFI_SUCCESS) continue;
        if (++ticks > PATIENCE_S * 1000 / TICK_MS) e = EFI_TIMEOUT;
        else if (v->take && !v->take(v->ctx, NULL, 0)) e = EFI_ABORTED;
    }
    if (*done) return token->Status;
    v->io->Cancel(v->io, token);
    return e;
}

static EFI_STATUS order(struct visit *v, EFI_STATUS(EFIAPI *what)(struct efi_http *, struct efi_http_token *),
                        struct efi_http_message *m) {
    EFI_BOOT_SERVICES *bs = v->http->server.b->bs;
    static volatile bool done;
    struct efi_http_token token = {.Message = m};
    done = false;
    EFI_STATUS e = bs->CreateEvent(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, note_done, (void *)(uintptr_t)&done, &token.Event);
    if (EFI_ERROR(e)) return e;
    e = what(v->io, &token);
    if (!EFI_ERROR(e)) e = wait(v, &token, &done);
    bs->CloseEvent(token.Event);
    return e;
}

static EFI_STATUS request(struct visit *v, enum efi_http_method method) {
    static const char host_name[] = "Host", accept_name[] = "Accept", accept[] = "*/*", agent_name[] = "User-Agent",
                      agent[] = "softmetal";
    char host[URL_SERVER];
    plat_format(host, sizeof host, "%s", strstr(v->http->server.name, "://") + 3);
    struct efi_http_request_data data = {method, v->url};
    struct efi_http_header header[] = {
        {(CHAR8 *)host_name, (CHAR8 *)host}, {(CHAR8 *)accept_name, (CHAR8 *)accept}, {(CHAR8 *)agent_name, (CHAR8 *)agent}};
    struct efi_http_message m = {.Data.Request = &data, .HeaderCount = sizeof header / sizeof *header, .Headers = header};
    return order(v, v->io->Request, &m);
}

// The firmware's own number of a status as the protocol has it, for people.
static unsigned status_number(enum efi_http_status s) {
    unsigned n = (unsigned)s;
    return n >= EFI_HTTP_STATUS_500   ? 500 + n - EFI_HTTP_STATUS_500
           : n >= EFI_HTTP_STATUS_400 ? 400 + n - EFI_HTTP_STATUS_400
           : n >= EFI_HTTP_STATUS_300 ? 300 + n - EFI_HTTP_STATUS_300
           : n >= EFI_HTTP_STATUS_200 ? 200 + n - EFI_HTTP_STATUS_200
                                      : 0;
}

static void read_headers(struct visit *v, struct efi_http_message *m) {
    EFI_BOOT_SERVICES *bs = v->http->server.b->bs;
    for (UINTN i = 0; m->Headers && i < m->HeaderCount; i++) {
        const char *name = (const char *)m->Headers[i].FieldName, *value = (const char *)m->Headers[i].FieldValue;
        char *end;
        if (!name || !value) continue;
        if (!strcasecmp(name, "Content-Length")) {
            v->size = strtoull(value, &end, 10);
            v->has_size = end != value && !*end && *value != '-';
        }
        bs->FreePool(m->Headers[i].FieldName);
        bs->FreePool(m->Headers[i].FieldValue);
    }
    if (m->Headers) bs->FreePool(m->Headers);
}

static EFI_STATUS response(struct visit *v) {
    struct server *s = &v->http->server;
    struct efi_http_response_data data = {0};
    struct efi_http_message m = {.Data.Response = &data};
    EFI_STATUS e = order(v, v->io->Response, &m);
    unsigned number = status_number(data.StatusCode);
    read_headers(v, &m);
    if (data.StatusCode == EFI_HTTP_STATUS_404) return EFI_NOT_FOUND;
    if (number > 200) {
        log_warn(&s->b->plat, "%s/%s: the server says: status %u", s->name, v->path, number);
        return number == 403 ? EFI_ACCESS_DENIED : EFI_PROTOCOL_ERROR;
    }
    if (EFI_ERROR(e) || v->has_size) return e;
    log_warn(&s->b->plat, "%s/%s: the server does not say how many bytes it has (Content-Length)", s->name, v->path);
    return EFI_UNSUPPORTED;
}

static EFI_STATUS body(struct visit *v) {
    static u8 data[BODY];
    EFI_STATUS e = EFI_SUCCESS;
    for (u64 left = v->size; left && !EFI_ERROR(e);) {
        struct efi_http_message m = {.BodyLength = left < sizeof data ? left : sizeof data, .Body = data};
        UINTN most = m.BodyLength;
        e = order(v, v->io->Response, &m);
        if (EFI_ERROR(e)) break;
        if (m.BodyLength > most) return EFI_PROTOCOL_ERROR;
        left -= m.BodyLength;
        if (m.BodyLength && !v->take(v->ctx, data, m.BodyLength)) e = EFI_ABORTED;
    }
    return e;
}

static EFI_STATUS connected(struct visit *v) {
    struct efi_http_config_data config = {EFI_HTTP_VERSION_11, CONNECT_MS, FALSE, &v->http->address};
    EFI_STATUS e = v->io->Configure(v->io, &config);
    if (!EFI_ERROR(e)) e = request(v, v->take ? EFI_HTTP_METHOD_GET : EFI_HTTP_METHOD_HEAD);
    if (!EFI_ERROR(e)) e = response(v);
    if (!EFI_ERROR(e) && v->take) e = body(v);
    v->io->Configure(v->io, NULL);
    return e;
}

static EFI_STATUS go(struct visit *v) {
    struct server *s = &v->http->server;
    EFI_BOOT_SERVICES *bs = s->b->bs;
    if (!url_join(s->name, v->path, v->url, URL_UNITS)) return EFI_INVALID_PARAMETER;
    EFI_STATUS e = v->http->binding->CreateChild(v->http->binding, &v->child);
    if (EFI_ERROR(e)) return e;
    e = bs->HandleProtocol(v->child, GUID_OF(HTTP_PROTOCOL_GUID), (void **)&v->io);
    if (!EFI_ERROR(e)) e = bs->CreateEvent(EVT_TIMER, TPL_CALLBACK, NULL, NULL, &v->tick);
    if (!EFI_ERROR(e)) {
        bs->SetTimer(v->tick, TimerPeriodic, TICK_MS * 10000ull);
        e = connected(v);
        bs->CloseEvent(v->tick);
    }
    v->http->binding->DestroyChild(v->http->binding, v->child);
    if (e == EFI_TIMEOUT) log_warn(&s->b->plat, "%s/%s: the server says nothing for %u s", s->name, v->path, PATIENCE_S);
    return e;
}

static EFI_STATUS http_size(struct server *s, const char *path, u64 *size) {
    static struct visit v;
    v = (struct visit){.http = http_of(s), .path = path};
    EFI_STATUS e = go(&v);
    *size = v.size;
    return e;
}

static EFI_STATUS http_fetch(struct server *s, const char *path, net_take *take, void *ctx) {
    static struct visit v;
    v = (struct visit){.http = http_of(s), .path = path, .take = take, .ctx = ctx};
    return go(&v);
}

// --- where this was started from

struct found_url {
    bool ipv4;
    struct efi_httpv4_access_point address;
    const char *url;
    size_t length;
};

static void look_at(EFI_DEVICE_PATH *node, struct found_url *f) {
    for (unsigned i = 0; node && i < NODES_MOST && !IsDevicePathEnd(node); i++, node = NextDevicePathNode(node)) {
        int size = DevicePathNodeLength(node);
        if (size < (int)sizeof *node) return;
        if (DevicePathType(node) != MESSAGING_DEVICE_PATH) continue;
        if (DevicePathSubType(node) == MSG_IPv4_DP && size >= IPV4_NODE) {
            IPv4_DEVICE_PATH ip;
            memcpy(&ip, node, IPV4_NODE);
            f->ipv4 = true;
            f->address.LocalAddress = ip.LocalIpAddress;
            f->address.LocalSubnet = ip.SubnetMask;
        }
        if (DevicePathSubType(node) == MSG_URI_DP && size > (int)sizeof *node) {
            f->url = (const char *)(node + 1);
            f->length = (size_t)size - sizeof *node;
        }
    }
}

static bool known(const struct efi_httpv4_access_point *a) {
    static const u8 none[4];
    return memcmp(a->LocalAddress.Addr, none, 4) && memcmp(a->LocalSubnet.Addr, none, 4);
}

struct server *http_server(struct boot *b) {
    static struct http h;
    struct found_url f = {0};
    char path[BOOT_PATH];
    EFI_DEVICE_PATH *device = NULL, *image = NULL, *at;
    EFI_HANDLE handle;
    b->bs->HandleProtocol(b->loaded->DeviceHandle, GUID_OF(DEVICE_PATH_PROTOCOL_GUID), (void **)&device);
    b->bs->HandleProtocol(b->image, &(EFI_GUID)LOADED_IMAGE_DEVICE_PATH_GUID, (void **)&image);
    look_at(device, &f);
    look_at(image, &f);
    if (!f.url) return NULL;
    h.server = (struct server){.b = b, .size = http_size, .fetch = http_fetch};
    if (!url_split(f.url, f.length, h.server.name, path, sizeof path)) {
        log_warn(&b->plat, "started from a URL that is none that can be understood: %.*s", (int)f.length, f.url);
        return NULL;
    }
    char *end = strrchr(path, '/');
    if (end) plat_format(h.server.folder, sizeof h.server.folder, "%.*s", (int)(end + 1 - path), path);
    h.address = f.address;
    h.address.UseDefaultAddress = !known(&f.address);
    at = device;
    EFI_STATUS e = f.ipv4 ? b->bs->LocateDevicePath(GUID_OF(HTTP_SERVICE_BINDING_PROTOCOL_GUID), &at, &handle) : EFI_UNSUPPORTED;
    if (!EFI_ERROR(e)) e = b->bs->HandleProtocol(handle, GUID_OF(HTTP_SERVICE_BINDING_PROTOCOL_GUID), (void **)&h.binding);
    if (!EFI_ERROR(e)) return &h.server;
    log_warn(&b->plat, "started from %s, but %s", h.server.name,
             f.ipv4 ? status_text(e) : "by IPv6: files can be had from a server by IPv4, so far");
    return NULL;
}

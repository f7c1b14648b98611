// SPDX-License-Identifier: MIT
// By PXE: the firmware's Base Code driver still has its address and what the DHCP server has said (UEFI 2.10, 24.3). A file comes packet by
// packet through the protocol's call-back, since nobody has a buffer that all of it fits in.
#include "boot/net.h"
#include <string.h>
#include <strings.h>

enum { BLOCK = 1428, TFTP_DATA = 3, TFTP_HEADER = 4 }; // BLOCK: fits into a packet of every network
enum { SILENT_MS = 500 };

struct tftp {
    EFI_PXE_BASE_CODE_CALLBACK callback; // what the firmware sees
    struct server server;
    EFI_PXE_BASE_CODE *pxe;
    EFI_IP_ADDRESS address;
    bool slash;     // the paths there begin with one
    net_take *take; // of the file that is on its way
    void *ctx;
    u16 next;           // block
    volatile bool came; // one has, since the last tick
    bool unwanted;      // somebody has said so while none came
};

static struct tftp *tftp_of(struct server *s) { return (struct tftp *)(void *)((u8 *)s - offsetof(struct tftp, server)); }

// Blocks come again when an acknowledgement was lost, and their numbers wrap (RFC 1350, 2348). (EDK2 calls DHCP what was the last function
// before, so that `function` says nothing: only a fetch has set `take`.)
static EFI_PXE_BASE_CODE_CALLBACK_STATUS EFIAPI packet_came(EFI_PXE_BASE_CODE_CALLBACK *self, EFI_PXE_BASE_CODE_FUNCTION function,
                                                            BOOLEAN received, UINT32 length, EFI_PXE_BASE_CODE_PACKET *packet) {
    struct tftp *t = (struct tftp *)(void *)self;
    const u8 *p = packet ? packet->Raw : NULL;
    if (!received || !p || length < TFTP_HEADER || !t->take) return EFI_PXE_BASE_CODE_CALLBACK_STATUS_CONTINUE;
    if (t->unwanted) return EFI_PXE_BASE_CODE_CALLBACK_STATUS_ABORT;
    if ((p[0] << 8 | p[1]) != TFTP_DATA || (p[2] << 8 | p[3]) != t->next) return EFI_PXE_BASE_CODE_CALLBACK_STATUS_CONTINUE;
    t->next++;
    t->came = true;
    if (t->take(t->ctx, p + TFTP_HEADER, length - TFTP_HEADER)) return EFI_PXE_BASE_CODE_CALLBACK_STATUS_CONTINUE;
    return EFI_PXE_BASE_CODE_CALLBACK_STATUS_ABORT;
}

// The call-back is for packets that come, so a server that stops leaves nobody a word: what is shown, and keys, are this timer's then. It cannot
// end the firmware's waiting; that has an end of its own (EDK2: six times 4 s).
static void EFIAPI tick(EFI_EVENT event, void *ctx) {
    struct tftp *t = ctx;
    if (!t->came && !t->unwanted) t->unwanted = !t->take(t->ctx, NULL, 0);
    t->came = false;
}

static EFI_STATUS order(struct tftp *t, EFI_PXE_BASE_CODE_TFTP_OPCODE operation, const char *path, u64 *size) {
    char name[BOOT_PATH + 1];
    UINTN block = BLOCK;
    plat_format(name, sizeof name, "%s%s", t->slash ? "/" : "", path);
    return t->pxe->Mtftp(t->pxe, operation, NULL, FALSE, size, &block, &t->address, (UINT8 *)name, NULL,
                         operation == EFI_PXE_BASE_CODE_TFTP_READ_FILE);
}

static bool says_not_found(const EFI_PXE_BASE_CODE_MODE *m) {
    static const char words[] = "not found";
    const char *text = (const char *)m->TftpError.ErrorString;
    for (size_t at = 0; at + sizeof words <= sizeof m->TftpError.ErrorString && text[at]; at++)
        if (!strncasecmp(text + at, words, sizeof words - 1)) return true;
    return false;
}

// The server's own word, where there is one, unless it is just that there is no such file. (By its text: EDK2 keeps a half of the number.)
static void say(struct tftp *t, const char *path, EFI_STATUS e) {
    const EFI_PXE_BASE_CODE_MODE *m = t->pxe->Mode;
    if (e == EFI_TIMEOUT) log_warn(&t->server.b->plat, "%s/%s: the server says nothing any more", t->server.name, path);
    else if (m->TftpErrorReceived && !says_not_found(m))
        log_warn(&t->server.b->plat, "%s/%s: the server says: \"%.126s\"", t->server.name, path,
                 (const char *)m->TftpError.ErrorString);
}

static EFI_STATUS tftp_size(struct server *s, const char *path, u64 *size) {
    struct tftp *t = tftp_of(s);
    UINT64 n = 0;
    EFI_STATUS e = order(t, EFI_PXE_BASE_CODE_TFTP_GET_FILE_SIZE, path, &n);
    *size = n;
    if (!EFI_ERROR(e)) return e;
    say(t, path, e);
    if (t->pxe->Mode->TftpErrorReceived) return EFI_NOT_FOUND;
    if (e != EFI_NOT_FOUND) return e;
    log_warn(&s->b->plat, "%s/%s: the server does not say how many bytes it has (RFC 2349, tsize)", s->name, path);
    return EFI_UNSUPPORTED;
}

static EFI_STATUS fetch(struct tftp *t, const char *path) {
    EFI_BOOT_SERVICES *bs = t->server.b->bs;
    UINT64 n = 0;
    EFI_EVENT timer;
    EFI_STATUS e = bs->CreateEvent(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, tick, t, &timer);
    if (EFI_ERROR(e)) return e;
    bs->SetTimer(timer, TimerPeriodic, SILENT_MS * 10000ull);
    e = order(t, EFI_PXE_BASE_CODE_TFTP_READ_FILE, path, &n);
    bs->CloseEvent(timer);
    if (!EFI_ERROR(e)) return e;
    if (t->unwanted || e == EFI_ABORTED) return EFI_ABORTED;
    say(t, path, e);
    return e;
}

static EFI_STATUS tftp_fetch(struct server *s, const char *path, net_take *take, void *ctx) {
    struct tftp *t = tftp_of(s);
    EFI_PXE_BASE_CODE_CALLBACK *ours = &t->callback;
    BOOLEAN yes = TRUE, no = FALSE;
    EFI_HANDLE handle = s->b->loaded->DeviceHandle;
    EFI_STATUS e =
        s->b->bs->InstallProtocolInterface(&handle, GUID_OF(PXE_BASE_CODE_CALLBACK_PROTOCOL_GUID), EFI_NATIVE_INTERFACE, ours);
    if (EFI_ERROR(e)) return e;
    t->take = take, t->ctx = ctx, t->next = 1, t->came = true, t->unwanted = false;
    e = t->pxe->SetParameters(t->pxe, NULL, NULL, NULL, NULL, &yes);
    if (!EFI_ERROR(e)) e = fetch(t, path);
    t->take = NULL;
    t->pxe->SetParameters(t->pxe, NULL, NULL, NULL, NULL, &no);
    s->b->bs->UninstallProtocolInterface(handle, GUID_OF(PXE_BASE_CODE_CALLBACK_PROTOCOL_GUID), ours);
    return e;
}

// The last that has named a file: a boot server, a proxy, the DHCP server itself.
static bool boot_file(const EFI_PXE_BASE_CODE_MODE *m, u8 address[4], char *path, size_t room) {
    const struct {
        bool received;
        const EFI_PXE_BASE_CODE_PACKET *packet;
    } from[] = {{m->PxeReplyReceived, &m->PxeReply}, {m->ProxyOfferReceived, &m->ProxyOffer}, {m->DhcpAckReceived, &m->DhcpAck}};
    for (unsigned i = 0; i < sizeof from / sizeof *from; i++)
        if (from[i].received && dhcp_boot_file(from[i].packet->Raw, sizeof from[i].packet->Raw, address, path, room)) return true;
    return false;
}

struct server *tftp_server(struct boot *b) {
    static struct tftp t;
    char path[BOOT_PATH];
    u8 *a = t.address.v4.Addr;
    if (EFI_ERROR(b->bs->HandleProtocol(b->loaded->DeviceHandle, GUID_OF(PXE_BASE_CODE_PROTOCOL_GUID), (void **)&t.pxe)) ||
        !t.pxe->Mode)
        return NULL;
    const EFI_PXE_BASE_CODE_MODE *m = t.pxe->Mode;
    if (!m->Started || m->UsingIpv6 || !boot_file(m, a, path, sizeof path)) {
        log_warn(&b->plat, "started by PXE, but %s",
                 !m->Started    ? "the firmware has left the network"
                 : m->UsingIpv6 ? "by IPv6: files can be had from a server by IPv4, so far"
                                : "no server has named a file");
        return NULL;
    }
    t.callback = (EFI_PXE_BASE_CODE_CALLBACK){EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL_REVISION, packet_came};
    t.server = (struct server){.b = b, .size = tftp_size, .fetch = tftp_fetch};
    plat_format(t.server.name, sizeof t.server.name, "tftp://%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
    t.slash = path[0] == '/';
    char *end = strrchr(path, '/');
    if (end) plat_format(t.server.folder, sizeof t.server.folder, "%.*s", (int)(end + 1 - path - t.slash), path + t.slash);
    return &t.server;
}

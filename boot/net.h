// SPDX-License-Identifier: MIT
// The server that this was started from, by PXE (TFTP) or by HTTP boot: its files as files of UEFI's own kind (2.10, 13.5) that can be
// read, through whatever the firmware has for it. A server does not tell which files it has.
#ifndef BOOT_NET_H
#define BOOT_NET_H

#include "boot/boot.h"
#include "boot/url.h"

// Takes what has come of a file, in its order. size 0: nothing has come for a while. false: no more of it is wanted.
typedef bool net_take(void *ctx, const u8 *data, size_t size);

struct server {
    struct boot *b;
    char name[URL_SERVER];  // "http://10.0.2.2:8000"
    char folder[BOOT_PATH]; // of the application there: "" or "pxe/softmetal/"
    // Bytes of a file, by its path from the server's root. EFI_NOT_FOUND: there is no such file. Other errors of a server are said.
    EFI_STATUS (*size)(struct server *s, const char *path, u64 *size);
    // EFI_ABORTED: no more was wanted. Ends in bounded time, whatever the server does.
    EFI_STATUS (*fetch)(struct server *s, const char *path, net_take *take, void *ctx);
};

// net.c: NULL: it was started from no server, or one that cannot be used, which is said.
struct server *net_server(struct boot *b);
EFI_FILE_HANDLE net_root(struct server *s);
// All of a file that was opened below such a root.
EFI_STATUS net_fetch(EFI_FILE_HANDLE f, net_take *take, void *ctx);

// tftp.c, http.c: NULL: it was not started that way, or it cannot be used, which is said.
struct server *tftp_server(struct boot *b);
struct server *http_server(struct boot *b);

#endif

// SPDX-License-Identifier: MIT
// What says where a server's files are: URLs (RFC 3986), and DHCP packets (RFC 2131, 2132). Neither is believed.
#ifndef BOOT_URL_H
#define BOOT_URL_H

#include "base/types.h"

#define URL_SERVER 200 // bytes of "http://host:port", with the zero

// "http://host:port/a%20folder/file?query" of n bytes as "http://host:port" and "a folder/file". false: it is no such URL, is too long, or
// its path holds a zero.
bool url_split(const char *url, size_t n, char server[URL_SERVER], char *path, size_t room);
// The two put together again for a request. false: it does not fit.
bool url_join(const char *server, const char *path, u16 *out, size_t units);

// Where a DHCP packet of n bytes says that there is something to boot: the server's IPv4 address, and the path there. false: it says neither or
// only one of them.
bool dhcp_boot_file(const u8 *packet, size_t n, u8 server[4], char *path, size_t room);

#endif

// SPDX-License-Identifier: MIT
#include "boot/url.h"
#include <string.h>

static int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool url_split(const char *url, size_t n, char server[URL_SERVER], char *path, size_t room) {
    size_t at = 0, to = 0;
    while (at < n && (letter(url[at]) || (at && url[at] && strchr("0123456789+-.", url[at])))) at++; // 3.1
    if (!at || at + 3 >= n || memcmp(url + at, "://", 3)) return false;
    for (at += 3; at < n && !strchr("/?#", url[at]);) at++; // (a zero, too)
    if (at >= URL_SERVER || url[at - 1] == '/') return false;
    memcpy(server, url, at);
    server[at] = 0;
    while (at < n && url[at] == '/') at++;
    for (; at < n && !strchr("?#", url[at]); at++) {
        bool coded = url[at] == '%' && at + 2 < n && hex(url[at + 1]) >= 0 && hex(url[at + 2]) >= 0;
        char c = coded ? (char)(hex(url[at + 1]) << 4 | hex(url[at + 2])) : url[at];
        if (coded) at += 2;
        if (!c || to + 1 >= room) return false;
        path[to++] = c;
    }
    path[to] = 0;
    return true;
}

// What a path may hold as it is (3.3: unreserved, sub-delims, ':', '@', and '/' between its segments).
static bool plain(char c) { return letter(c) || (c >= '0' && c <= '9') || (c && strchr("-._~!$&'()*+,;=:@/", c)); }

bool url_join(const char *server, const char *path, u16 *out, size_t units) {
    static const char digit[] = "0123456789ABCDEF";
    size_t n = 0;
    if (strlen(server) + 2 > units) return false;
    while (*server) out[n++] = (u8)*server++;
    out[n++] = '/';
    for (; *path; path++) {
        if (n + 4 > units) return false;
        if (plain(*path)) {
            out[n++] = (u8)*path;
            continue;
        }
        out[n++] = '%';
        out[n++] = (u8)digit[(u8)*path >> 4];
        out[n++] = (u8)digit[*path & 15];
    }
    out[n] = 0;
    return true;
}

// --- DHCP

enum { SIADDR = 20, FILE_NAME = 108, FILE_BYTES = 128, MAGIC = 236, OPTIONS = 240 };
enum { OPTION_PAD = 0, OPTION_OVERLOAD = 52, OPTION_SERVER = 54, OPTION_FILE = 67, OPTION_END = 255, OVERLOADED_FILE = 1 };

static const u8 *option(const u8 *packet, size_t n, u8 code, u8 *length) {
    for (size_t at = OPTIONS; at < n && packet[at] != OPTION_END;) {
        if (packet[at] == OPTION_PAD) {
            at++;
            continue;
        }
        if (at + 2 > n || at + 2 + packet[at + 1] > n) break;
        *length = packet[at + 1];
        if (packet[at] == code) return packet + at + 2;
        at += 2u + *length;
    }
    return NULL;
}

static bool copy(const u8 *from, size_t n, char *to, size_t room) {
    size_t length = strnlen((const char *)from, n);
    if (!length || length >= room) return false;
    memcpy(to, from, length);
    to[length] = 0;
    return true;
}

// The server as EDK2's PXE driver takes it: siaddr, else who has answered.
bool dhcp_boot_file(const u8 *packet, size_t n, u8 server[4], char *path, size_t room) {
    static const u8 magic[4] = {99, 130, 83, 99}, none[4];
    u8 length;
    if (n < OPTIONS || memcmp(packet + MAGIC, magic, sizeof magic)) return false;
    memcpy(server, packet + SIADDR, 4);
    const u8 *o = option(packet, n, OPTION_SERVER, &length);
    if (!memcmp(server, none, 4) && o && length == 4) memcpy(server, o, 4);
    if (!memcmp(server, none, 4)) return false;
    o = option(packet, n, OPTION_FILE, &length);
    if (o) return copy(o, length, path, room);
    o = option(packet, n, OPTION_OVERLOAD, &length);
    bool overloaded = o && length == 1 && *o & OVERLOADED_FILE;
    return !overloaded && copy(packet + FILE_NAME, FILE_BYTES, path, room);
}

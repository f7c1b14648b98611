// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "gdb_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE 5000 // ms that a debugger may take to read what it was sent

struct gdb_socket {
    struct emu_line line;
    struct plat *plat;
    int listens, peer; // -1: nobody
    char path[128];    // of a Unix socket, to be removed
    char name[128];
};

static struct gdb_socket *of(struct emu_line *l) { return container_of(l, struct gdb_socket, line); }

static void hang_up(struct gdb_socket *s) {
    if (s->peer >= 0) close(s->peer);
    s->peer = -1;
}

static bool answer(struct gdb_socket *s) {
    if (s->peer >= 0) return true;
    s->peer = accept4(s->listens, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (s->peer < 0) return false;
    setsockopt(s->peer, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)); // of a Unix socket it is refused, and no matter
    return true;
}

static int get(struct emu_line *l, u8 *to, size_t n) {
    struct gdb_socket *s = of(l);
    if (!answer(s)) return 0;
    ssize_t got = recv(s->peer, to, n, 0);
    if (got > 0) return (int)got;
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    hang_up(s);
    return ERR_IO;
}

// Whoever does not read is gone as far as we are concerned; the next `get` says so.
static void put(struct emu_line *l, const u8 *from, size_t n) {
    struct gdb_socket *s = of(l);
    while (n && s->peer >= 0) {
        ssize_t some = send(s->peer, from, n, MSG_NOSIGNAL);
        if (some >= 0) {
            from += some;
            n -= (size_t)some;
        } else if (errno == EAGAIN) {
            struct pollfd p = {.fd = s->peer, .events = POLLOUT};
            if (poll(&p, 1, PATIENCE) == 0) shutdown(s->peer, SHUT_RDWR);
        } else if (errno != EINTR) {
            shutdown(s->peer, SHUT_RDWR);
            return;
        }
    }
}

static void wait(struct emu_line *l, u64 ns) {
    struct gdb_socket *s = of(l);
    struct pollfd p = {.fd = s->peer >= 0 ? s->peer : s->listens, .events = POLLIN};
    poll(&p, 1, (int)(ns / 1000000));
}

static int fail(struct gdb_socket *s, const char *what) {
    log_error(s->plat, "gdb: %s: cannot %s: %s", s->name, what, strerror(errno));
    gdb_socket_close(&s->line);
    return ERR_IO;
}

// A socket that nobody listens at any more, of a run that was killed, goes; anything else of that name stays.
static void remove_stale(const struct sockaddr_un *a) {
    struct stat st;
    int fd;
    if (lstat(a->sun_path, &st) || !S_ISSOCK(st.st_mode)) return;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    if (connect(fd, (const struct sockaddr *)a, sizeof *a) && errno == ECONNREFUSED) unlink(a->sun_path);
    close(fd);
}

static int listen_unix(struct gdb_socket *s, const char *path) {
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof a.sun_path) {
        errno = ENAMETOOLONG;
        return fail(s, "listen");
    }
    strcpy(a.sun_path, path);
    remove_stale(&a);
    s->listens = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->listens < 0 || bind(s->listens, (const struct sockaddr *)&a, sizeof a)) return fail(s, "make that socket");
    strcpy(s->path, path);
    return listen(s->listens, 1) ? fail(s, "listen") : 0;
}

// A debugger can do anything to the guest: no other machine may be one.
static int listen_tcp(struct gdb_socket *s, const char *port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((u16)atoi(port)), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    s->listens = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->listens < 0) return fail(s, "make a socket");
    setsockopt(s->listens, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(s->listens, (const struct sockaddr *)&a, sizeof a)) return fail(s, "have that port");
    return listen(s->listens, 1) ? fail(s, "listen") : 0;
}

int gdb_socket_open(struct plat *p, const char *where, struct emu_line **out) {
    struct gdb_socket *s = calloc(1, sizeof *s);
    const char *comma = strchr(where, ',');
    if (!s) return ERR_NO_MEMORY;
    *s = (struct gdb_socket){
        .line = {.waits = !comma, .read = get, .write = put, .wait = wait}, .plat = p, .listens = -1, .peer = -1};
    snprintf(s->name, sizeof s->name, "%.*s", comma ? (int)(comma - where) : (int)strlen(where), where);
    s->line.name = s->name;
    int err = ERR_INVALID;
    if (!strncmp(s->name, "unix:", 5)) err = listen_unix(s, s->name + 5);
    else if (!strncmp(s->name, "tcp:", 4)) err = listen_tcp(s, s->name + 4);
    else {
        log_error(p, "gdb: %s: only the firmware has serial ports of its own; right is tcp:PORT or unix:PATH", s->name);
        gdb_socket_close(&s->line);
    }
    if (!err) *out = &s->line;
    return err;
}

void gdb_socket_close(struct emu_line *l) {
    if (!l) return;
    struct gdb_socket *s = of(l);
    hang_up(s);
    if (s->listens >= 0) close(s->listens);
    if (s->path[0]) unlink(s->path);
    free(s);
}

// SPDX-License-Identifier: MIT
// The system calls newlib asks for. It is here for memcpy, strings and vsnprintf: there are no files and no processes,
// and its own malloc (for a few odd formats) lives in a small static arena.
#include "base/types.h"
#include "kernel/console.h"
#include "kernel/panic.h"
#include <errno.h>
#include <sys/stat.h>
#undef errno
extern int errno;

void *sbrk(ptrdiff_t increment);
int write(int fd, const void *bytes, size_t n);
int read(int fd, void *bytes, size_t n);
int close(int fd);
int fstat(int fd, struct stat *st);
int isatty(int fd);
off_t lseek(int fd, off_t at, int whence);
int kill(int pid, int signal);
int getpid(void);
[[noreturn]] void _exit(int status);

static u8 arena[64 * 1024] __attribute__((aligned(16)));
static size_t arena_used;

void *sbrk(ptrdiff_t increment) {
    if (increment < 0 || (size_t)increment > sizeof arena - arena_used) {
        errno = ENOMEM;
        return (void *)-1;
    }
    void *at = arena + arena_used;
    arena_used += (size_t)increment;
    return at;
}

int write(int fd, const void *bytes, size_t n) {
    console_bytes(bytes, n);
    return (int)n;
}

static int no_file(void) {
    errno = EBADF;
    return -1;
}
int read(int fd, void *bytes, size_t n) { return no_file(); }
int close(int fd) { return no_file(); }
int fstat(int fd, struct stat *st) { return no_file(); }
off_t lseek(int fd, off_t at, int whence) { return no_file(); }
int isatty(int fd) { return fd < 3; }
int kill(int pid, int signal) { panic("newlib called abort"); }
int getpid(void) { return 1; }
void _exit(int status) { panic("newlib called exit"); }

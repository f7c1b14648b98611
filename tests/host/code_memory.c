// SPDX-License-Identifier: MIT
// A file without a name, mapped twice. Each mapping is made with the rights that it keeps; the seals see to it that nobody can give
// the executable one more.
#define _GNU_SOURCE
#include "code_memory.h"

#include "base/bits.h"
#include "base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8 // Linux 6.3: the file itself can never be a program; its pages may be mapped executable all the same
#endif
#define MOST (64 * MiB)

static int new_file(void) {
    int fd = memfd_create("softmetal-code", MFD_CLOEXEC | MFD_NOEXEC_SEAL);
    return fd >= 0 || errno != EINVAL ? fd : memfd_create("softmetal-code", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

static u8 *map(int fd, u64 size, int rights) {
    void *at = mmap(NULL, size, rights, MAP_SHARED, fd, 0);
    return at == MAP_FAILED ? NULL : at;
}

// After F_SEAL_FUTURE_WRITE the one writable mapping stays so, and no other can be made or become writable: not by mprotect either.
static bool map_both(int fd, u64 size, struct plat_code *c) {
    if (ftruncate(fd, (off_t)size)) return false;
    c->write = map(fd, size, PROT_READ | PROT_WRITE);
    if (!c->write || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL)) return false;
    c->exec = map(fd, size, PROT_READ | PROT_EXEC);
    return c->exec;
}

int code_memory_alloc(struct plat *p, u64 size, struct plat_code *out) {
    if (!size || size % 4096 || size > MOST) return ERR_INVALID;
    int fd = new_file();
    if (fd < 0) return ERR_UNSUPPORTED;
    struct plat_code c = {.size = size};
    bool ok = map_both(fd, size, &c);
    int why = errno;
    close(fd);
    if (ok) {
        *out = c;
        return 0;
    }
    code_memory_free(p, &c);
    errno = why;
    return ERR_NO_MEMORY;
}

void code_memory_free(struct plat *p, struct plat_code *code) {
    if (code->write) munmap(code->write, code->size);
    if (code->exec) munmap(code->exec, code->size);
    *code = (struct plat_code){0};
}

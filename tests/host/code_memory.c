// SPDX-License-Identifier: MIT
// A file without a name, mapped twice. Each mapping is made with the rights that it keeps; the seals see to it that nobody can give
// the executable one more. Where a profiler is to see it the memory is of another kind, which cannot be sealed.
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

static int alloc_sealed(u64 size, struct plat_code *c) {
    int fd = new_file();
    if (fd < 0) return ERR_UNSUPPORTED;
    bool ok = map_both(fd, size, c);
    int why = errno;
    close(fd);
    errno = why;
    return ok ? 0 : ERR_NO_MEMORY;
}

// perf looks up no names for files, and a memfd is one to it. Shared anonymous memory has no file descriptor, but mremap makes a second
// mapping of it, when the first is given as having no size.
static int alloc_profiled(u64 size, struct plat_code *c) {
    c->write = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (c->write == MAP_FAILED) c->write = NULL;
    if (!c->write) return ERR_NO_MEMORY;
    c->exec = mremap(c->write, 0, size, MREMAP_MAYMOVE);
    if (c->exec == MAP_FAILED) c->exec = NULL;
    return c->exec && !mprotect(c->exec, size, PROT_READ | PROT_EXEC) ? 0 : ERR_NO_MEMORY;
}

int code_memory_alloc(enum code_memory kind, u64 size, struct plat_code *out) {
    if (!size || size % 4096 || size > MOST) return ERR_INVALID;
    struct plat_code c = {.size = size};
    int err = kind == CODE_MEMORY_SEALED ? alloc_sealed(size, &c) : alloc_profiled(size, &c);
    int why = errno;
    if (err) code_memory_free(&c);
    else *out = c;
    errno = why;
    return err;
}

void code_memory_free(struct plat_code *code) {
    if (code->write) munmap(code->write, code->size);
    if (code->exec) munmap(code->exec, code->size);
    *code = (struct plat_code){0};
}

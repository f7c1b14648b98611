// SPDX-License-Identifier: MIT
// Programs that others wrote, from Debian's packages (scripts/guest-debian bench). They lie below the folder that BENCH_ROOT names,
// and are started by their own dynamic linker: natively they run as they do in a guest.
#include "kit.h"

enum { MMAP = 9, DUP2 = 33, FORK = 57, EXECVE = 59, EXIT = 60, WAIT4 = 61, LSEEK = 8, CHDIR = 80, MEMFD_CREATE = 319, WRITE = 1 };

static int file(void) {
    long fd = sys(MEMFD_CREATE, "bench", 0);
    if (fd < 0) fail("memfd_create");
    return (int)fd;
}

static size_t size_of(int fd) { return (size_t)sys(LSEEK, fd, 0, 2); }

static const u8 *contents(int fd) {
    long at = sys(MMAP, 0, size_of(fd), 1, 1, (long)fd, 0L);
    if (at < 0 && at > -4096) fail("a program has written nothing");
    return (const u8 *)at;
}

// Runs argv with `in` as its input; returns the file that it has written.
static int run(const char *const argv[], int in) {
    // The first is the dynamic linker, whose library path is relative, too.
    static const char *const envp[] = {"PYTHONHASHSEED=0", "PYTHONHOME=usr", "PYTHONDONTWRITEBYTECODE=1", NULL};
    int out = file(), status = -1;
    sys(LSEEK, in, 0, 0);
    long child = sys(FORK);
    if (!child) {
        sys(DUP2, in, 0);
        sys(DUP2, out, 1);
        sys(CHDIR, bench_root);
        sys(EXECVE, argv[0], argv, envp);
        sys(EXIT, 127);
    }
    if (sys(WAIT4, child, &status, 0, 0) != child || status) fail(argv[3]);
    return out;
}

#define LINKER "usr/lib64/ld-linux-x86-64.so.2", "--library-path", "usr/lib/x86_64-linux-gnu"

ROW(gzip, 8, NEEDS_DEBIAN, "gzip of Debian packs and unpacks text") {
    static const char *const pack[] = {LINKER, "usr/bin/gzip", "-n", "-6", "-c", NULL};
    static const char *const unpack[] = {LINKER, "usr/bin/gzip", "-d", "-c", NULL};
    static const char *const words[] = {"page ",  "block ",     "the ", "translated ", "of ",
                                        "fault ", "register\n", "a ",   "when ",       "memory "};
    static char text[4096];
    int plain = file();
    u64 state = RANDOM_START;
    for (u64 i = 0; i < work * 256; i++) {
        size_t n = 0;
        while (n < sizeof text - 32) {
            u64 x = next_random(&state);
            const char *word = words[x % countof(words)];
            while (*word) text[n++] = *word++;
            if (!(x >> 32 & 7)) text[n++] = (char)('0' + (x >> 40) % 64);
        }
        sys(WRITE, plain, text, n);
    }
    begin();
    int packed = run(pack, plain), again = run(unpack, packed);
    size_t n = size_of(plain);
    if (size_of(again) != n || memcmp(contents(again), contents(plain), n) != 0) fail("gzip: what is unpacked differs");
    return digest_of(contents(packed), size_of(packed));
}

ROW(python, 3, NEEDS_DEBIAN, "Python of Debian: objects, dictionaries, numbers") {
    static const char script[] = "import sys\n"
                                 "class Node:\n"
                                 "    def __init__(self, key): self.key, self.left, self.right = key, None, None\n"
                                 "def insert(root, key):\n"
                                 "    while root.key != key:\n"
                                 "        side = 'left' if key < root.key else 'right'\n"
                                 "        below = getattr(root, side)\n"
                                 "        if below is None: setattr(root, side, Node(key))\n"
                                 "        root = below or getattr(root, side)\n"
                                 "def walk(node): return 0 if node is None else 1 + max(walk(node.left), walk(node.right))\n"
                                 "total, x, seen = 0, 12345, {}\n"
                                 "for round in range(int(sys.argv[1])):\n"
                                 "    root = Node(1 << 30)\n"
                                 "    for i in range(12000):\n"
                                 "        x = (x * 1103515245 + 12345) % (1 << 31)\n"
                                 "        insert(root, x)\n"
                                 "        seen[str(x % 5000)] = seen.get(str(x % 5000), 0) + i\n"
                                 "    total += walk(root) + sum(sorted(seen.values())[:100]) + pow(3, x, 10 ** 40 + 7)\n"
                                 "    total += int(sum(1 / (1 + k) for k in range(20000)) * 1e9)\n"
                                 "print(total, '-'.join(sorted(seen))[:60])\n";
    char rounds[] = "0\n";
    rounds[0] = (char)('0' + work);
    rounds[1] = 0;
    const char *const argv[] = {LINKER, "usr/bin/python3.13", "-S", "-c", script, rounds, NULL};
    int out = run(argv, file());
    return digest_of(contents(out), size_of(out));
}

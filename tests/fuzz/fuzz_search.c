// SPDX-License-Identifier: MIT
// What is looked for on the machine's volumes, with a firmware that answers as the input says: any path of the application,
// load options, names and attributes in folders, sizes, statuses; and on discs with any bytes. Of several images or sections any is
// looked at, chosen, edited; files come in parts, into memory in pieces, until somebody does not want to wait. The search ends, every file
// that it opens is closed, and a refusal is never silent.
// CI: 50000 runs.
#include "../../boot/names.c"

#include "../../boot/status.c"

#include "../../boot/options.c"

#include "../../boot/volume.c"

#include "../../boot/disc.c"

#include "../../boot/cd.c"

#define note note_name
#include "../../boot/find.c"

#define look look_foreign
#include "../../boot/foreign.c"
#undef look
#undef note
#include "../../boot/images.c"

#include "../../boot/guest.c"

#include "../../boot/edit.c"

#define at at_head
#include "../../boot/peek.c"
#undef at

#define add add_text
#include "../../boot/entries.c"
#undef add

#include "../../boot/last.c"

#include "../../boot/net.c"

#define open_part open_file_part
#define take take_part
#include "../../boot/load.c"
#undef take

#include <stdlib.h>

struct emu_stream *record_stream(const char *name) { return NULL; }
bool window_reserve(struct boot *b) { return true; }
bool window_open(struct boot *b) { return true; }
void window_close(struct boot *b) {}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void check(bool ok) {
    if (!ok) __builtin_trap();
}

static const u8 *in;
static size_t left;

static u8 take(void) { return left ? left--, *in++ : 0; }

static struct boot b;
static struct handoff handoff;
static unsigned open_files, messages;
static void *given[4096];
static unsigned gave;

static void *give(size_t size) {
    check(gave < countof(given));
    return given[gave++] = calloc(1, size);
}

static EFI_STATUS status(void) { return BIT(63) | (1 + take() % 40); }

// --- a file or folder: the input says what it is each time that it is asked

static EFI_STATUS EFIAPI do_open(EFI_FILE_HANDLE self, EFI_FILE_HANDLE *out, CHAR16 *name, UINT64 mode, UINT64 attributes);

static EFI_STATUS EFIAPI do_close(EFI_FILE_HANDLE self) {
    check(open_files--);
    free(self);
    return EFI_SUCCESS;
}

// A name: one that means something, or units of the input.
static size_t name_of(CHAR16 *to, size_t room) {
    static const char *const known[] = {"a.iso",  "b.ISO", "vmlinuz", "initrd", "softmetal.conf", "softmetal.conf.txt",
                                        "folder", ".",     "._a.iso"};
    u8 how = take();
    size_t n = 0;
    if (how & 1) {
        for (const char *p = known[(how >> 1) % countof(known)]; *p && n < room; p++) to[n++] = (u8)*p;
    } else {
        for (how >>= 1; n < how && n < room; n++) to[n] = (CHAR16)(take() | (how & 0x40 ? take() << 8 : 0));
    }
    return n;
}

static EFI_STATUS EFIAPI do_read(EFI_FILE_HANDLE self, UINTN *size, void *to) {
    u8 how = take();
    if (how >= 0xf0) return status();
    if (how >= 0xe0) { // a size that cannot be
        *size = how & 1 ? *size + take() : take();
        return EFI_SUCCESS;
    }
    EFI_FILE_INFO *info = to;
    const size_t head = offsetof(EFI_FILE_INFO, FileName);
    if (how >= 0xc0) return *size = 0, EFI_SUCCESS; // an end
    if (!left || *size != sizeof(union info)) {     // the bytes of a file, or an end
        for (UINTN i = 0; i < *size && left; i++) ((u8 *)to)[i] = take();
        if (!left) *size = 0;
        return EFI_SUCCESS;
    }
    memset(info, 0, head);
    info->Attribute = how & 0x17;
    *size = head + 2 * name_of(info->FileName, (*size - head) / 2);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI do_info(EFI_FILE_HANDLE self, EFI_GUID *type, UINTN *size, void *to) {
    u8 how = take();
    if (how >= 0xf0) return status();
    memset(to, how, *size);
    if (!memcmp(type, GUID_OF(FILE_INFO_ID), sizeof *type)) {
        EFI_FILE_INFO *info = to;
        info->FileSize = how & 1 ? take() : (u64)take() << 12;
        info->Attribute = how & 2 ? EFI_FILE_DIRECTORY : 0;
    }
    *size = how & 0x40 ? how : *size;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI do_position(EFI_FILE_HANDLE self, UINT64 at) { return EFI_SUCCESS; }

static EFI_STATUS EFIAPI do_write(EFI_FILE_HANDLE self, UINTN *size, void *from) {
    check(size && from && *size == SIZE);
    return take() & 1 ? EFI_SUCCESS : status();
}

static EFI_FILE_HANDLE new_file(void) {
    EFI_FILE_HANDLE f = calloc(1, sizeof *f);
    f->Open = do_open, f->Close = do_close, f->Read = do_read, f->GetInfo = do_info, f->SetPosition = do_position,
    f->Write = do_write;
    open_files++;
    return f;
}

static EFI_STATUS EFIAPI do_open(EFI_FILE_HANDLE self, EFI_FILE_HANDLE *out, CHAR16 *name, UINT64 mode, UINT64 attributes) {
    unsigned n = 0;
    while (name[n]) check(n++ < PATH_UNITS);
    u8 how = take();
    if (how >= 0xf0) return status();
    if (!left || how < 0x80) return EFI_NOT_FOUND;
    *out = new_file();
    return EFI_SUCCESS;
}

// --- a server: the application's volume, if that has no file system

static EFI_STATUS server_size(struct server *s, const char *path, u64 *size) {
    check(path[0] && path[0] != '/');
    u8 how = take();
    if (how >= 0xf0) return status();
    if (!left || how < 0x80) return EFI_NOT_FOUND;
    *size = how & 1 ? take() : (u64)take() << 12;
    return EFI_SUCCESS;
}

// More or less than it has said.
static EFI_STATUS server_fetch(struct server *s, const char *path, net_take *taker, void *ctx) {
    static u8 data[8192];
    bool more = true;
    while (left && more) {
        u8 how = take();
        if (how >= 0xf0) return status();
        more = taker(ctx, data, how & 1 ? how : how * (size_t)32);
    }
    return more ? EFI_SUCCESS : EFI_ABORTED;
}

static struct server server = {.b = &b, .size = server_size, .fetch = server_fetch, .name = "http://server", .folder = "folder/"};

struct server *http_server(struct boot *boot) { return take() & 1 ? &server : NULL; }
struct server *tftp_server(struct boot *boot) { return NULL; }

// --- boot services

static EFI_FILE_HANDLE roots[4];
static unsigned roots_open;

static EFI_STATUS EFIAPI do_volume(EFI_FILE_IO_INTERFACE *self, EFI_FILE_HANDLE *root) {
    if (take() >= 0xe0) return status();
    check(roots_open < countof(roots));
    *root = roots[roots_open++] = new_file();
    return EFI_SUCCESS;
}

static EFI_FILE_IO_INTERFACE file_system = {.OpenVolume = do_volume};
static EFI_LOADED_IMAGE loaded;

// --- discs: most of a sector is zero, or its last; a descriptor and a record are what they should be, in parts

static EFI_STATUS EFIAPI do_blocks(EFI_BLOCK_IO *self, UINT32 media, EFI_LBA at, UINTN size, void *to) {
    check(size % self->Media->BlockSize == 0 && range_inside(at, size / self->Media->BlockSize, self->Media->LastBlock + 1));
    check((uintptr_t)to % self->Media->IoAlign == 0);
    u8 how = left ? take() : 0xff;
    u8 *p = to;
    if (how >= 0xf0) return status();
    memset(p, 0, size);
    if (how & 1) p[0] = take() % 3 + !left, memcpy(p + 1, "CD001", 5), st16(p + 128, DISC_SECTOR);
    if (how & 2) memcpy(p + 88, "%/E", 3);
    UINTN n = how & 1 ? 156 : 0; // where the next record goes
    for (u8 records = how >> 2 & 7; records && n + 64 <= size; records--) {
        u8 flags = take(), length = flags & 0x70 ? 18 : take() % 32;
        p[n] = flags & 8 ? take() : (u8)(34 + (length & ~1u));
        p[n + 2] = take() % 32, p[n + 10] = take(), p[n + 11] = take(), p[n + 25] = flags & 0x83;
        p[n + 32] = length;
        if (flags & 0x10) memcpy(p + n + 33, "\0v\0m\0l\0i\0n\0u\0z\0;\0001", length);
        else if (flags & 0x60) memcpy(p + n + 33, flags & 0x20 ? "vmlinuz;1.........." : "softmetal.conf;1...", length);
        else
            for (unsigned i = 0; i < length; i++) p[n + 33 + i] = take();
        n += 34 + (length & ~1u);
    }
    return EFI_SUCCESS;
}

static EFI_BLOCK_IO_MEDIA medium;
static EFI_BLOCK_IO blocks = {.Media = &medium, .ReadBlocks = do_blocks};

static void insert_disc(void) {
    static const u16 sizes[] = {2048, 512, 4096, 0, 1, 520};
    u8 how = take();
    medium =
        (EFI_BLOCK_IO_MEDIA){.MediaPresent = how % 16 != 0, .LogicalPartition = how % 16 == 1, .IoAlign = how & 0x80 ? 4096 : 1};
    medium.BlockSize = sizes[how & 0x40 ? how % countof(sizes) : how & 1];
    medium.LastBlock = (how & 0x20) ? take() : BIT(60);
}

static EFI_STATUS EFIAPI do_protocol(EFI_HANDLE handle, EFI_GUID *type, void **out) {
    if (!memcmp(type, GUID_OF(LOADED_IMAGE_PROTOCOL_GUID), sizeof *type)) return *out = &loaded, EFI_SUCCESS;
    bool disc = handle == (void *)2 && medium.MediaPresent;
    if (disc && !memcmp(type, GUID_OF(BLOCK_IO_PROTOCOL_GUID), sizeof *type)) return *out = &blocks, EFI_SUCCESS;
    if (!disc && !memcmp(type, GUID_OF(SIMPLE_FILE_SYSTEM_PROTOCOL_GUID), sizeof *type)) return *out = &file_system, EFI_SUCCESS;
    return EFI_NOT_FOUND;
}

static EFI_STATUS EFIAPI do_handles(EFI_LOCATE_SEARCH_TYPE how, EFI_GUID *type, void *key, UINTN *n, EFI_HANDLE **out) {
    EFI_HANDLE *handles = calloc(countof(roots), sizeof *handles);
    for (UINTN i = 0; i < countof(roots); i++) handles[i] = (void *)(i + 1);
    *n = take() % (countof(roots) + 1);
    *out = handles;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI do_connect(EFI_HANDLE disk, EFI_HANDLE *driver, EFI_DEVICE_PATH *rest, BOOLEAN all) {
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI do_pool(EFI_MEMORY_TYPE type, UINTN size, void **out) { return *out = malloc(size), EFI_SUCCESS; }

static EFI_STATUS EFIAPI do_free_pool(void *at) { return free(at), EFI_SUCCESS; }

static EFI_STATUS EFIAPI do_pages(EFI_ALLOCATE_TYPE how, EFI_MEMORY_TYPE type, UINTN pages, EFI_PHYSICAL_ADDRESS *at) {
    if (pages > 512) return EFI_OUT_OF_RESOURCES;
    *at = (uintptr_t)give(pages * EFI_PAGE_SIZE);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI do_stall(UINTN us) { return EFI_SUCCESS; }

static EFI_BOOT_SERVICES services = {.Stall = do_stall,
                                     .HandleProtocol = do_protocol,
                                     .LocateHandleBuffer = do_handles,
                                     .ConnectController = do_connect,
                                     .AllocatePool = do_pool,
                                     .FreePool = do_free_pool,
                                     .AllocatePages = do_pages};

// --- what the rest of boot/ does

static void *do_alloc(struct plat *p, size_t bytes, size_t align) { return calloc(1, bytes); }
static void do_free(struct plat *p, void *at, size_t bytes) { free(at); }
static void do_log(struct plat *p, enum log_level level, const char *line) { messages += level == LOG_ERROR; }

void log_progress(struct boot *boot, bool finished, const char *format, ...) {}

void tpm_measure(struct boot *boot, unsigned pcr, const char *what, const void *data, u64 size) {}
void tpm_measure_file(struct boot *boot, const char *key, const char *path, u8 *data, u64 size) {}
void hardware_show(struct boot *boot, const char *then) {}

u32 input_key(struct boot *boot) { return left && take() >= 0xf8 ? (u32)KEY_ESCAPE : (u32)NO_KEY; }

// --- memory: a file's is one, or two pieces that emu would see as one

static u8 *memory, *second;
static u64 memory_size, first_size;

bool ram_for_file(struct boot *boot, const char *file, u64 size, bool writable, u8 **data) {
    check(size > 1);
    if (size > 2 * MiB || (left && take() >= 0xf8)) return messages++, false;
    *data = memory = give(size + 2 * EFI_PAGE_SIZE);
    memory_size = align_up(size, EFI_PAGE_SIZE);
    first_size = take() & 1 ? align_down(take() * (u64)1024, EFI_PAGE_SIZE) : 0;
    if (first_size >= memory_size) first_size = 0;
    if (first_size) second = give(memory_size - first_size);
    return true;
}

u8 *window_physical(const struct handoff *h, u8 *data, u64 *room) {
    u64 at = (u64)(data - memory);
    check(at < memory_size);
    bool behind = first_size && at >= first_size;
    *room = (first_size && !behind ? first_size : memory_size) - at;
    return behind ? second + (at - first_size) : data;
}

// A device path of one or two nodes, the application's file in them or not.
static EFI_DEVICE_PATH *device_path(void) {
    u8 *path = give(1024), *at = path;
    for (unsigned nodes = take() % 3; nodes; nodes--) {
        u16 length = (u16)(4 + take());
        at[0] = take() & 1 ? MEDIA_DEVICE_PATH : HARDWARE_DEVICE_PATH, at[1] = MEDIA_FILEPATH_DP;
        st16(at + 2, length);
        for (unsigned i = 4; i + 1 < length; i += 2) at[i] = take();
        at += length;
    }
    at[0] = END_DEVICE_PATH_TYPE, at[1] = END_ENTIRE_DEVICE_PATH_SUBTYPE, at[2] = 4;
    return (EFI_DEVICE_PATH *)(void *)path;
}

// Every entry is looked at, one is taken, as it stands or edited.
static bool choose_any(void) {
    static struct menu_entry shown;
    static struct edit edit;
    static char words[EDIT_TEXT];
    char name[BOOT_PATH];
    check(b.entries <= MENU_ENTRIES);
    for (unsigned i = 0; i < b.entries; i++) {
        check(b.entry[i].name[0] && memchr(b.entry[i].name, 0, BOOT_PATH) && b.entry[i].config.volume < b.volumes);
        entry_describe(&b, &b.entry[i], &shown);
        check(memchr(shown.about, 0, sizeof shown.about) && memchr(shown.place, 0, sizeof shown.place));
    }
    const struct entry *e = &b.entry[take() % b.entries];
    last_read(&b, name, sizeof name);
    last_write(&b, e->name);
    u8 keys = take() % 32;
    if (!keys || !entry_words(&b, e, words, sizeof words)) return guest_take(&b, e, NULL);
    edit_open(&edit, words);
    while (keys--) edit_key(&edit, take() & 1 ? KEY_UP + take() % 9 : take());
    return guest_take(&b, e, edit.text);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    in = data, left = size;
    memset(&b, 0, sizeof b);
    memset(&handoff, 0, sizeof handoff);
    gave = open_files = messages = roots_open = 0;
    b.bs = &services;
    b.h = &handoff;
    b.plat.log = do_log;
    b.plat.alloc = do_alloc;
    b.plat.free = do_free;
    config_defaults(&handoff.config);
    loaded = (EFI_LOADED_IMAGE){.DeviceHandle = (void *)1, .FilePath = device_path()};
    u8 options_size = take();
    loaded.LoadOptionsSize = options_size;
    u8 *bytes = malloc(options_size + 1u);
    for (unsigned i = 0; i < options_size; i++) bytes[i] = take();
    loaded.LoadOptions = bytes;
    insert_disc();
    bool ok = volume_open(&b) && guest_configure(&b) && (!b.entries || choose_any());
    check(ok || messages);
    enum loaded r = ok ? guest_load(&b) : GUEST_LOADED;
    check(r != GUEST_REFUSED || messages);
    check(r != GUEST_BACK || b.entries);
    check(b.volumes <= BOOT_VOLUMES && b.config.volume < b.volumes && open_files == roots_open);
    check(memchr(handoff.config.kernel, 0, sizeof handoff.config.kernel));
    for (unsigned i = 0; i < b.volumes; i++) {
        EFI_FILE_HANDLE root = b.volume[i].root;
        if (b.volume[i].server) {
            net_close(root);
            continue;
        }
        if (!root || root->Open != cd_open) continue;
        struct cd *cd = of(root)->cd;
        cd_close(root);
        free(cd);
    }
    for (unsigned i = 0; i < roots_open; i++) do_close(roots[i]);
    while (gave) free(given[--gave]);
    free(bytes);
    return 0;
}

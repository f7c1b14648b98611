// SPDX-License-Identifier: MIT
#include "boot/tpm.h"
#include "base/bits.h"
#include "base/le.h"
#include "boot/status.h"
#include "boot/window.h"
#include <string.h>

#define EFI_TCG2_PROTOCOL_GUID {0x607f766c, 0x7455, 0x42be, {0x93, 0x0b, 0xe4, 0xd7, 0x6d, 0xb2, 0x72, 0x0f}}
enum { EV_IPL = 0x0d, HEADER_BYTES = 14, HEADER_VERSION = 1, LOG_TCG_2 = 2, EVENT_TEXT = 300 };
// TPM 2.0, part 2 and 3
enum { TPM_ST_NO_SESSIONS = 0x8001, TPM_CC_PCR_READ = 0x17e, TPM_ALG_SHA256 = 0x0b, PCRS = 10, DIGEST = 32, ANSWER_DIGEST = 30 };

struct tcg2_capability {
    u8 Size, StructureVersion[2], ProtocolVersion[2];
    u32 HashAlgorithmBitmap, SupportedEventLogs;
    BOOLEAN TPMPresentFlag;
    u16 MaxCommandSize, MaxResponseSize;
    u32 ManufacturerID, NumberOfPcrBanks, ActivePcrBanks;
};

struct tcg2_event {
    u32 Size, HeaderSize;
    u16 HeaderVersion;
    u32 PCRIndex, EventType;
    char Event[EVENT_TEXT];
} __attribute__((packed));

struct tcg2 {
    EFI_STATUS(EFIAPI *GetCapability)(struct tcg2 *, struct tcg2_capability *);
    EFI_STATUS(EFIAPI *GetEventLog)(struct tcg2 *, u32 format, EFI_PHYSICAL_ADDRESS *log, EFI_PHYSICAL_ADDRESS *last,
                                    BOOLEAN *cut);
    EFI_STATUS(EFIAPI *HashLogExtendEvent)(struct tcg2 *, u64 flags, EFI_PHYSICAL_ADDRESS data, u64 size, struct tcg2_event *);
    EFI_STATUS(EFIAPI *SubmitCommand)(struct tcg2 *, u32 in_size, u8 *in, u32 out_size, u8 *out);
};

static struct tcg2 *find(struct boot *b) {
    struct tcg2 *t;
    struct tcg2_capability c = {.Size = sizeof c};
    if (EFI_ERROR(b->bs->LocateProtocol(GUID_OF(TCG2_PROTOCOL_GUID), NULL, (void **)&t))) return NULL;
    return EFI_ERROR(t->GetCapability(t, &c)) || !c.TPMPresentFlag ? NULL : t;
}

void tpm_measure(struct boot *b, unsigned pcr, const char *what, const void *data, u64 size) {
    struct tcg2 *t = find(b);
    struct tcg2_event e = {.HeaderSize = HEADER_BYTES, .HeaderVersion = HEADER_VERSION, .PCRIndex = pcr, .EventType = EV_IPL};
    if (!t || !size) return;
    plat_format(e.Event, sizeof e.Event, "softmetal: %.280s", what);
    e.Size = (u32)(offsetof(struct tcg2_event, Event) + strlen(e.Event) + 1);
    EFI_STATUS s = t->HashLogExtendEvent(t, 0, (uintptr_t)data, size, &e);
    if (EFI_ERROR(s)) log_warn(&b->plat, "TPM: %.280s could not be measured into PCR %u: %s", what, pcr, status_text(s));
    else log_debug(&b->plat, "TPM: PCR %u: %.280s, %llu bytes", pcr, what, (unsigned long long)size);
}

void tpm_measure_file(struct boot *b, const char *key, const char *path, u8 *data, u64 size) {
    char what[EVENT_TEXT], from[48] = "";
    for (u64 at = 0, room; at < size; at += room) {
        u8 *piece = window_physical(b->h, data + at, &room);
        if (room > size - at) room = size - at;
        if (at) plat_format(from, sizeof from, ", from byte %llu", (unsigned long long)at);
        plat_format(what, sizeof what, "%s %.200s%s", key, path, from);
        tpm_measure(b, TPM_FILES, what, piece, room);
    }
}

static void put_be(u8 *to, u32 value, unsigned bytes) {
    while (bytes--) to[bytes] = (u8)value, value >>= 8;
}

// The SHA-256 bank's; false: it has none, or the TPM does not answer so.
static bool read_pcr(struct tcg2 *t, unsigned pcr, u8 digest[DIGEST]) {
    u8 in[20] = {0}, out[128] = {0};
    put_be(in, TPM_ST_NO_SESSIONS, 2);
    put_be(in + 2, sizeof in, 4);
    put_be(in + 6, TPM_CC_PCR_READ, 4);
    put_be(in + 10, 1, 4); // one bank, three bytes of PCRs
    put_be(in + 14, TPM_ALG_SHA256, 2);
    in[16] = 3;
    in[17 + pcr / 8] = (u8)BIT(pcr % 8);
    // The header of 10 bytes with its code, the counter of updates, the selection anew, the number of digests, and a length before each.
    if (EFI_ERROR(t->SubmitCommand(t, sizeof in, in, sizeof out, out)) || ld32be(out + 6) || out[ANSWER_DIGEST - 1] != DIGEST)
        return false;
    memcpy(digest, out + ANSWER_DIGEST, DIGEST);
    return true;
}

void tpm_report(struct boot *b) {
    struct tcg2 *t = find(b);
    EFI_PHYSICAL_ADDRESS log, last;
    BOOLEAN cut;
    u8 digest[DIGEST];
    char text[2 * DIGEST + 1];
    if (!t) return;
    if (!EFI_ERROR(t->GetEventLog(t, LOG_TCG_2, &log, &last, &cut)))
        log_info(&b->plat, "TPM: event log at 0x%llx, its last at 0x%llx", (unsigned long long)log, (unsigned long long)last);
    for (unsigned pcr = 0; pcr < PCRS && read_pcr(t, pcr, digest); pcr++) {
        for (unsigned i = 0; i < DIGEST; i++) plat_format(text + 2 * i, 3, "%02x", digest[i]);
        log_info(&b->plat, "TPM: PCR %u, SHA-256 %s", pcr, text);
    }
}

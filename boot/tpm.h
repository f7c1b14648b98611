// SPDX-License-Identifier: MIT
// What is read is measured, where the firmware has a TPM for it (TCG EFI Protocol Specification, family 2.0): into PCR 8 the words that say what to
// do, into PCR 9 files, each as an event EV_IPL of the firmware's log whose data is a line of text. Without a TPM nothing happens; one that
// fails is a warning, and no reason not to go on.
#ifndef BOOT_TPM_H
#define BOOT_TPM_H

#include "boot/boot.h"

enum { TPM_WORDS = 8, TPM_FILES = 9 };

// what: "configuration softmetal.conf".
void tpm_measure(struct boot *b, unsigned pcr, const char *what, const void *data, u64 size);
// Of a file in h->file, range by range: each is an event ("kernel my.iso", then "kernel my.iso, from byte 1048576").
void tpm_measure_file(struct boot *b, const char *key, const char *path, u8 *data, u64 size);
// Where the log is, and what the PCRs hold, as lines of the log.
void tpm_report(struct boot *b);

#endif

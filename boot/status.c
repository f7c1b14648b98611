// SPDX-License-Identifier: MIT
#include "boot/status.h"
#include "base/bits.h"

enum : u64 { ERROR = BIT(63) };

const char *status_text(u64 status) {
    static const char *const text[] = {
        [0] = "EFI_SUCCESS",
        [1] = "EFI_LOAD_ERROR",
        [2] = "EFI_INVALID_PARAMETER",
        [3] = "EFI_UNSUPPORTED, the firmware cannot do it",
        [4] = "EFI_BAD_BUFFER_SIZE",
        [5] = "EFI_BUFFER_TOO_SMALL",
        [6] = "EFI_NOT_READY",
        [7] = "EFI_DEVICE_ERROR, the stick or disk does not answer as it should",
        [8] = "EFI_WRITE_PROTECTED",
        [9] = "EFI_OUT_OF_RESOURCES, the firmware has run out of memory",
        [10] = "EFI_VOLUME_CORRUPTED, the file system is damaged",
        [11] = "EFI_VOLUME_FULL",
        [12] = "EFI_NO_MEDIA, there is no medium in the drive",
        [13] = "EFI_MEDIA_CHANGED, the medium is another one by now",
        [14] = "EFI_NOT_FOUND",
        [15] = "EFI_ACCESS_DENIED, the firmware does not permit it",
        [16] = "EFI_NO_RESPONSE",
        [18] = "EFI_TIMEOUT, the device has not answered in time",
        [21] = "EFI_ABORTED",
        [22] = "EFI_ICMP_ERROR, the server cannot be reached",
        [23] = "EFI_TFTP_ERROR, the server has refused it",
        [24] = "EFI_PROTOCOL_ERROR, the server has refused it",
        [26] = "EFI_SECURITY_VIOLATION",
        [27] = "EFI_CRC_ERROR, the data are damaged",
        [28] = "EFI_END_OF_MEDIA",
        [31] = "EFI_END_OF_FILE",
        [35] = "EFI_HTTP_ERROR, the server has refused it",
        [100] = "EFI_NETWORK_UNREACHABLE",
        [101] = "EFI_HOST_UNREACHABLE",
        [104] = "EFI_CONNECTION_FIN, the server has ended the connection",
        [105] = "EFI_CONNECTION_RESET, the server has ended the connection",
        [106] = "EFI_CONNECTION_REFUSED, no server answers there",
    };
    u64 code = status & ~ERROR;
    bool named = (!status || (status & ERROR && code)) && code < countof(text) && text[code];
    return named ? text[code] : "an error of the firmware's own";
}

// SPDX-License-Identifier: MIT
// EFI_HTTP_PROTOCOL (UEFI 2.10, 29.6), which GNU-EFI does not have, as far as a client of IPv4 needs it.
#ifndef BOOT_EFIHTTP_H
#define BOOT_EFIHTTP_H

#include <efi.h>

#define EFI_HTTP_SERVICE_BINDING_PROTOCOL_GUID {0xbdc8e6af, 0xd9bc, 0x4379, {0xa7, 0x2a, 0xe0, 0xc4, 0xe7, 0x5d, 0xae, 0x1c}}
#define EFI_HTTP_PROTOCOL_GUID {0x7a59b29b, 0x910b, 0x4171, {0x82, 0x42, 0xa8, 0x5a, 0x0d, 0xf2, 0x5b, 0x5b}}

enum efi_http_version { EFI_HTTP_VERSION_10, EFI_HTTP_VERSION_11 };
enum efi_http_method { EFI_HTTP_METHOD_GET = 0, EFI_HTTP_METHOD_HEAD = 5 };
// The status codes' own numbering: one after the other as the specification lists them.
enum efi_http_status {
    EFI_HTTP_STATUS_200 = 3,
    EFI_HTTP_STATUS_300 = 10,
    EFI_HTTP_STATUS_400 = 17,
    EFI_HTTP_STATUS_404 = 21,
    EFI_HTTP_STATUS_500 = 35
};

struct efi_httpv4_access_point {
    BOOLEAN UseDefaultAddress;
    EFI_IPv4_ADDRESS LocalAddress, LocalSubnet;
    UINT16 LocalPort;
};

struct efi_http_config_data {
    enum efi_http_version HttpVersion;
    UINT32 TimeOutMillisec;
    BOOLEAN LocalAddressIsIPv6;
    struct efi_httpv4_access_point *IPv4Node;
};

struct efi_http_header {
    CHAR8 *FieldName, *FieldValue;
};

struct efi_http_message {
    union {
        struct efi_http_request_data {
            enum efi_http_method Method;
            CHAR16 *Url;
        } *Request;
        struct efi_http_response_data {
            enum efi_http_status StatusCode;
        } *Response;
    } Data;
    UINTN HeaderCount;
    struct efi_http_header *Headers;
    UINTN BodyLength;
    VOID *Body;
};

struct efi_http_token {
    EFI_EVENT Event;
    EFI_STATUS Status;
    struct efi_http_message *Message;
};

struct efi_http {
    EFI_STATUS(EFIAPI *GetModeData)(struct efi_http *, struct efi_http_config_data *);
    EFI_STATUS(EFIAPI *Configure)(struct efi_http *, struct efi_http_config_data *);
    EFI_STATUS(EFIAPI *Request)(struct efi_http *, struct efi_http_token *);
    EFI_STATUS(EFIAPI *Cancel)(struct efi_http *, struct efi_http_token *);
    EFI_STATUS(EFIAPI *Response)(struct efi_http *, struct efi_http_token *);
    EFI_STATUS(EFIAPI *Poll)(struct efi_http *);
};

#endif

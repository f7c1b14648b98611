// SPDX-License-Identifier: MIT
// Where a server's files are: URLs, and what DHCP servers say. tests/fuzz/fuzz_network.c tries any others.
#include "../../../boot/url.c"

#include "base/bits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void split(const char *url, const char *server, const char *path) {
    char got_server[URL_SERVER], got[64];
    assert_int_equal(url_split(url, strlen(url), got_server, got, sizeof got), server != NULL);
    if (!server) return;
    assert_string_equal(got_server, server);
    assert_string_equal(got, path);
}

static void urls(void **state) {
    split("http://10.0.2.2:8000/pxe/BOOTX64.EFI", "http://10.0.2.2:8000", "pxe/BOOTX64.EFI");
    split("https://host/a%20b/%25c%zz%4?query#part", "https://host", "a b/%c%zz%4");
    split("http://host", "http://host", "");
    split("http://host?x/y", "http://host", "");
    split("http://host//x", "http://host", "x");
    split("http://host/x%00y", NULL, NULL);
    split("http:///x", NULL, NULL);
    split("http://", NULL, NULL);
    split("://host/x", NULL, NULL);
    split("host/x", NULL, NULL);
    split("ht tp://host/x", NULL, NULL);
    split("", NULL, NULL);
    char got[URL_SERVER], rest[8];
    assert_false(url_split("h\0://host/x", 11, got, rest, sizeof rest)); // what a server was called ended before its "://"
    char url[2 * URL_SERVER] = "http://", server[URL_SERVER], path[8];
    memset(url + 7, 'h', URL_SERVER - 8);
    assert_true(url_split(url, URL_SERVER - 1, server, path, sizeof path));
    url[URL_SERVER - 1] = 'h';
    assert_false(url_split(url, URL_SERVER, server, path, sizeof path));
    assert_true(url_split("h://s/1234567", 13, server, path, sizeof path));
    assert_false(url_split("h://s/12345678", 14, server, path, sizeof path));
}

static void joined(void **state) {
    static const char server[] = "http://s", path[] = "a b/ö?#%-1.iso", want[] = "http://s/a%20b/%C3%B6%3F%23%25-1.iso";
    u16 got[sizeof want + 3];
    assert_true(url_join(server, path, got, countof(got)));
    for (unsigned i = 0; i < sizeof want; i++) assert_int_equal(got[i], want[i]);
    for (size_t units = 0; units < sizeof want; units++) {
        u16 *exact = malloc(units * sizeof *exact); // (the sanitizer sees the end)
        assert_false(url_join(server, path, exact, units));
        free(exact);
    }
}

// A packet with options, each a string: code, length, value.
static bool dhcp(const char *siaddr, const char *file, const char *options, size_t n, u8 server[4], char *path, size_t room) {
    u8 *packet = calloc(OPTIONS + n, 1);
    memcpy(packet + SIADDR, siaddr, 4);
    memcpy(packet + FILE_NAME, file, strlen(file));
    memcpy(packet + MAGIC, "\x63\x82\x53\x63", 4);
    memcpy(packet + OPTIONS, options, n);
    bool ok = dhcp_boot_file(packet, OPTIONS + n, server, path, room);
    free(packet);
    return ok;
}

#define DHCP(siaddr, file, options) dhcp(siaddr, file, options, sizeof options - 1, server, path, sizeof path)

static void dhcp_packets(void **state) {
    u8 server[4];
    char path[20];
    assert_true(DHCP("\12\0\2\2", "x.efi", "\x35\1\5\xff"));
    assert_memory_equal(server, "\12\0\2\2", 4);
    assert_string_equal(path, "x.efi");
    assert_true(DHCP("\0\0\0\0", "x.efi", "\0\0\x36\4\1\2\3\4\x43\5y.efi\xff"));
    assert_memory_equal(server, "\1\2\3\4", 4);
    assert_string_equal(path, "y.efi");
    assert_true(DHCP("\1\2\3\4", "x.efi", "\x43\6z.efi\0"));
    assert_string_equal(path, "z.efi");
    assert_false(DHCP("\0\0\0\0", "x.efi", "\x36\3\1\2\3"));
    assert_false(DHCP("\1\2\3\4", "", "\xff\x43\5y.efi"));
    assert_false(DHCP("\1\2\3\4", "x.efi", "\x34\1\1")); // the file's field has options in it
    assert_true(DHCP("\1\2\3\4", "x.efi", "\x34\1\2"));
    assert_false(DHCP("\1\2\3\4", "a-name-of-20-letters", ""));
    assert_true(DHCP("\1\2\3\4", "name-of-19--letters", "\x36\4\1\2\3")); // an option that goes on behind the end is none
    assert_false(dhcp_boot_file((const u8 *)"", 0, server, path, sizeof path));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls),
        cmocka_unit_test(joined),
        cmocka_unit_test(dhcp_packets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

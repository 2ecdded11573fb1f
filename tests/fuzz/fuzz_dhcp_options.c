/* SPDX-License-Identifier: ISC
 *
 * Options only: two octets say how many of what follows go to file and sname, the rest is the field of
 * options.
 */
#include "dhcp_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t cookie[] = { 0x63, 0x82, 0x53, 0x63 };
    struct slice in = { data, size };
    size_t file_n = choice(&in) % 129, sname_n = choice(&in) % 65;
    struct slice file = slice_first(in, file_n),
                 sname = slice_first(slice_from(in, file.n), sname_n);
    struct slice options = slice_from(in, file.n + sname.n);
    uint8_t *message = calloc(1, DHCP_OPTIONS_AT + options.n);
    must(message != NULL);
    message[0] = 1;
    (void)slice_keep(file, message + DHCP_FILE_AT, 128);
    (void)slice_keep(sname, message + DHCP_SNAME_AT, 64);
    memcpy(message + DHCP_FIXED_SIZE, cookie, sizeof cookie);
    (void)slice_keep(options, message + DHCP_OPTIONS_AT, options.n);
    check_message((struct slice){ message, DHCP_OPTIONS_AT + options.n });
    free(message);
    return 0;
}

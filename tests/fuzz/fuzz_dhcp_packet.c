/* SPDX-License-Identifier: ISC */
#include "dhcp_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_message((struct slice){ data, size });
    return 0;
}

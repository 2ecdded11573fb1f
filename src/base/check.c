/* SPDX-License-Identifier: ISC */
#include "base/check.h"

#include <stdlib.h>

#include "base/log.h"

void check_failed(const char *file, int line, const char *condition)
{
    LOG(L_ERROR, "check.failed", FIELD_STR("file", file), FIELD_NUM("line", line),
        FIELD_STR("condition", condition));
    log_flush();
    abort();
}

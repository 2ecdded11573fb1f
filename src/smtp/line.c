/* SPDX-License-Identifier: ISC */
#include "smtp/line.h"

#include <string.h>

enum smtp_line_result smtp_line_next(struct slice bytes, size_t max, struct slice *line,
                                     size_t *taken)
{
    const uint8_t *lf = bytes.n ? memchr(bytes.p, '\n', bytes.n) : NULL;
    *line = (struct slice){ 0 };
    *taken = 0;
    if (!lf) {
        /* max bytes without LF cannot become a line within max any more */
        if (bytes.n == 0 || bytes.n < max)
            return SMTP_LINE_MORE;
        *taken = bytes.n;
        return SMTP_LINE_LONG;
    }
    size_t before = (size_t)(lf - bytes.p);
    *taken = before + 1;
    if (*taken > max)
        return SMTP_LINE_LONG;
    bool crlf = before && bytes.p[before - 1] == '\r';
    *line = slice_first(bytes, crlf ? before - 1 : before);
    return crlf && !slice_has(*line, '\r') ? SMTP_LINE_DONE : SMTP_LINE_BARE;
}

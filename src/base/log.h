/* SPDX-License-Identifier: ISC
 *
 * base/log: events with fields, to stderr, the journal or syslog, as text or JSON.
 *
 * A line is an event name and name=value fields, never a sentence. What peers sent is escaped and
 * cut at LOG_VALUE_MAX. Identifiers go in only through privacy/identifier.h, which decides what
 * may stand in clear. A text field with nothing in it is left out. Lines are gathered and written
 * together: by the loop within 20 ms, when the buffer is full, and at once for L_WARN and above.
 *
 * The one place outside cmd/ with state of the process: set up before threads start, and written
 * to from the loop's thread only.
 */
#pragma once

#include "base/slice.h"

#define LOG_VALUE_MAX 200

enum log_level { L_DEBUG, L_INFO, L_NOTICE, L_WARN, L_ERROR };
enum log_sink { LOG_TO_STDERR, LOG_TO_JOURNAL, LOG_TO_SYSLOG };
enum log_format { LOG_AS_TEXT, LOG_AS_JSON };

enum log_field_kind { LOG_TEXT, LOG_NUMBER };

struct log_field {
    const char *name;
    enum log_field_kind kind;
    struct slice text;
    int64_t number;
};

/* clang-format off */
#define FIELD(name_, slice_)    ((struct log_field){ .name = (name_), .kind = LOG_TEXT, .text = (slice_) })
#define FIELD_STR(name_, cstr_) ((struct log_field){ .name = (name_), .kind = LOG_TEXT, .text = slice_of_str(cstr_) })
#define FIELD_NUM(name_, num_)  ((struct log_field){ .name = (name_), .kind = LOG_NUMBER, .number = (int64_t)(num_) })
/* clang-format on */

/* LOG(L_INFO, "submit.connect", FIELD("session", id), FIELD_NUM("port", port)) */
#define LOG(level, event, ...)                                       \
    log_event((level), (event), (struct log_field[]){ __VA_ARGS__ }, \
              sizeof((struct log_field[]){ __VA_ARGS__ }) / sizeof(struct log_field))

/* service: "submit", for syslog and the journal. Static text. */
void log_setup(enum log_sink sink, enum log_format format, enum log_level least,
               const char *service);
bool log_wanted(enum log_level level);
void log_event(enum log_level level, const char *event, const struct log_field *fields, size_t n);
bool log_waiting(void); /* lines that are not written yet */
void log_flush(void);

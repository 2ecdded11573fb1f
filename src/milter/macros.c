/* SPDX-License-Identifier: ISC */
#include "milter/macros.h"

#include <string.h>

#include "milter/wire.h"

/* clang-format off */
static const struct {
    struct slice name;
    enum milter_macro macro;
} names[] = {
    { SLICE_INIT("auth_type"),   MILTER_MACRO_AUTH_TYPE   },
    { SLICE_INIT("auth_authen"), MILTER_MACRO_AUTH_AUTHEN },
    { SLICE_INIT("daemon_name"), MILTER_MACRO_DAEMON_NAME },
    { SLICE_INIT("i"),           MILTER_MACRO_QUEUE_ID    },
};
/* clang-format on */

/* "{name}" of long names; single letters come without braces, from some MTAs with. */
static struct slice bare_name(struct slice name)
{
    if (name.n > 2 && name.p[0] == '{' && name.p[name.n - 1] == '}')
        return (struct slice){ name.p + 1, name.n - 2 };
    return name;
}

static void keep(struct milter_macros *macros, struct slice name, struct slice value)
{
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (!slice_equal(bare_name(name), names[i].name))
            continue;
        char *room = macros->value[names[i].macro];
        memset(room, 0, MILTER_MACRO_MAX);
        (void)slice_keep(value, room, MILTER_MACRO_MAX - 1); /* cut: only looked at and logged */
    }
}

void milter_macros_take(struct milter_macros *macros, struct slice definitions)
{
    struct slice name, value;
    while (wire_string_next(&definitions, &name) && wire_string_next(&definitions, &value))
        keep(macros, name, value);
}

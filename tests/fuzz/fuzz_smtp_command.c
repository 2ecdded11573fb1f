/* SPDX-License-Identifier: ISC */
#include "property.h"

#include "smtp/command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    struct smtp_command c;
    struct fault why = { 0 };
    if (!smtp_command_parse(in, &c, &why)) {
        must(is_fault(in, &why));
        return 0;
    }
    must(inside(in, c.word) && inside(in, c.argument));
    must(c.word.p == in.p && c.word.n > 0 && !slice_has(c.word, ' '));
    must(c.argument_given || c.argument.n == 0);
    must(slice_equal(slice_trim_end(c.argument), c.argument));
    must(c.verb == SMTP_UNKNOWN ||
         slice_equal_nocase(c.word, slice_of_str(smtp_verb_name(c.verb))));
    return 0;
}

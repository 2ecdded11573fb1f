/* SPDX-License-Identifier: ISC */
#include "property.h"

#include "smtp/command.h"
#include "smtp/xclient.h"

/* Whatever a client called itself, one command line within Postfix's bound goes out. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    struct smtp_xclient_facts facts = { .offered = choice(&in), .address = SLICE("2001:db8::1") };
    struct smtp_command command;
    struct fault why;
    struct buf out;
    facts.port = choice(&in);
    (void)slice_cut(in, '\n', &facts.helo, &facts.login); /* without one: no login */
    buf_init(&out, 2048);
    smtp_xclient_write(&out, &facts);
    must(!out.failed);
    struct slice line = buf_slice(&out);
    must((line.n == 0) == !(facts.offered & 0x3f));
    if (line.n) {
        must(slice_equal(slice_from(line, line.n - 2), SLICE("\r\n")));
        must(smtp_command_parse(slice_first(line, line.n - 2), &command, &why));
        must(slice_is_ascii(line) && slice_equal(command.word, SLICE("XCLIENT")));
    }
    buf_clear(&out);
    return 0;
}

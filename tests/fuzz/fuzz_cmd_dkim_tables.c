/* SPDX-License-Identifier: ISC */
#include "cmd/dkim_tables.h"
#include "property.h"

/* The first octets are the KeyTable, up to NUL, the rest is the SigningTable. Every line that is no
 * comment is mapped or said; what is printed has no octet that YAML would not bear. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size }, keys, signing;
    bool both = slice_cut(in, 0, &keys, &signing);
    struct dkim_table k = { "k", keys }, s = { "s", signing };
    struct dkim_import out;
    bool fine = dkim_tables_import(&k, both ? &s : NULL, &out);
    must(fine);
    struct slice yaml = buf_slice(&out.yaml), notes = buf_slice(&out.notes);
    must(slice_starts(yaml, SLICE("milter:\n  sign:")) && yaml.p[yaml.n - 1] == '\n');
    for (size_t i = 0; i < yaml.n; i++)
        must(yaml.p[i] == '\n' || (yaml.p[i] >= 0x20 && yaml.p[i] != 0x7f));
    must(out.unmapped == 0 || notes.n > 0);
    buf_clear(&out.yaml);
    buf_clear(&out.notes);
    return 0;
}

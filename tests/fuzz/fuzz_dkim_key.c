/* SPDX-License-Identifier: ISC */
#include "property.h"

#include "dkim/key.h"

#define RECORDS 3

static void check_record(struct slice text)
{
    struct dkim_key_record record;
    struct fault why = { 0 };
    switch (dkim_key_record_parse(text, &record, &why)) {
    case DKIM_KEY_READ: must(inside(text, record.key)); break;
    case DKIM_KEY_FOREIGN:
    case DKIM_KEY_BROKEN: must(is_fault(text, &why)); break;
    }
}

static void check_key(const struct postern_dkim_key *key)
{
    bool usable = !postern_dkim_key_fault(key);
    must(usable == (key->without == POSTERN_DKIM_PASS));
    must((key->rsa != NULL) == (usable && key->type == DKIM_KEY_RSA));
    must((key->ed25519 != NULL) == (usable && key->type == DKIM_KEY_ED25519));
    must(!usable || key->rsa || key->ed25519);
    must(key->bits <= 4096 && (!key->rsa || key->bits >= 512));
}

/* The first octet says how many records; they are split at 0xff. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size }, part;
    check_record(in);
    struct postern_octets rdata[RECORDS];
    struct postern_dns_response response = { .ttl = 1, .rdata = rdata };
    size_t most = choice(&in) % (RECORDS + 1);
    while (response.rdata_n < most) {
        (void)slice_cut(in, 0xff, &part, &in); /* without one: all is the last record */
        rdata[response.rdata_n++] = (struct postern_octets){ part.p, part.n };
    }
    struct postern_dkim_key *key = postern_dkim_key_new(&response);
    must(key != NULL);
    check_key(key);
    postern_dkim_key_free(key);
    return 0;
}

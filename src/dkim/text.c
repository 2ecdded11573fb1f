/* SPDX-License-Identifier: ISC */
#include "base/attribute.h"
#include "postern/dkim.h"

const char *postern_dns_answer_text(enum postern_dns_answer answer)
{
    switch (answer) {
    case POSTERN_DNS_DATA: return "data";
    case POSTERN_DNS_NODATA: return "nodata";
    case POSTERN_DNS_NXDOMAIN: return "nxdomain";
    case POSTERN_DNS_SERVFAIL: return "servfail";
    case POSTERN_DNS_BOGUS: return "bogus";
    case POSTERN_DNS_TIMEOUT: return "timeout";
    }
    return "servfail";
}

const char *postern_dkim_result_text(enum postern_dkim_result result)
{
    switch (result) {
    case POSTERN_DKIM_NONE: return "none";
    case POSTERN_DKIM_NEUTRAL: return "neutral";
    case POSTERN_DKIM_PERMERROR: return "permerror";
    case POSTERN_DKIM_POLICY: return "policy";
    case POSTERN_DKIM_FAIL: return "fail";
    case POSTERN_DKIM_TEMPERROR: return "temperror";
    case POSTERN_DKIM_PASS: return "pass";
    }
    return "none";
}

const char *postern_message_fault_text(unsigned fault)
{
    static const char *const texts[] = { "several-from", "no-from", "bad-field",     "bare-cr",
                                         "bare-lf",      "nul",     "field-in-body", "once-twice" };
    for (unsigned i = 0; i < ARRAY_SIZE(texts); i++)
        if (fault == 1U << i)
            return texts[i];
    return NULL;
}

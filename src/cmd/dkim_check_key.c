/* SPDX-License-Identifier: ISC
 *
 * postern dkim check-key: is the key that DNS has the one of the file?
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/dkim.h"
#include "cmd/report.h"
#include "message/domain.h"

#define NAME_SPACE (2 * DOMAIN_MAX + 16)

struct checking {
    struct dkim_command *c;
    char name[NAME_SPACE];
    struct postern_dkim_private *own;
    struct postern_dkim_key *published; /* NULL: no memory */
    enum postern_dns_answer answer;
    struct buf text;     /* of the record, its strings joined */
    const char *verdict; /* "same", "differs", "missing", "unusable", "unknown" */
    struct buf why;
};

/* ---- DNS ---- */

static void join_strings(struct buf *out, struct postern_octets rdata)
{
    struct slice rest = { rdata.p, rdata.n };
    while (rest.n) {
        struct slice one = slice_first(slice_from(rest, 1), rest.p[0]);
        buf_append(out, one);
        rest = slice_from(rest, 1 + one.n);
    }
}

static void on_answer(void *owner, const struct postern_dns_response *response)
{
    struct checking *k = owner;
    k->answer = response->answer;
    k->published = postern_dkim_key_new(response);
    for (size_t i = 0; response->answer == POSTERN_DNS_DATA && i < response->rdata_n; i++) {
        if (i)
            buf_append_str(&k->text, " | ");
        join_strings(&k->text, response->rdata[i]);
    }
}

static int ask(struct checking *k)
{
    struct postern_dns_question question = { .name = k->name, .type = POSTERN_DNS_TYPE_TXT };
    struct judge judge;
    struct buf why;
    buf_init(&why, 2048);
    bool fine = judge_open(&judge, &k->c->judging, false, &why);
    if (fine) {
        judge_ask(&judge, &k->c->judging, &question, on_answer, k);
        judge_close(&judge);
    }
    int code = fine ? CMD_OK : tool_say(&k->c->tool, "%.*s", SLICE_ARG(buf_slice(&why)));
    buf_clear(&why);
    return code;
}

/* ---- comparing ---- */

static int conclude(struct checking *k, const char *verdict, int code)
{
    k->verdict = verdict;
    return code;
}

static int compare_keys(struct checking *k)
{
    const char *own = postern_dkim_private_algorithm(k->own);
    const char *type = postern_dkim_key_type(k->published);
    size_t n = type ? strlen(type) : 0;
    unsigned bits = postern_dkim_key_bits(k->published),
             own_bits = postern_dkim_private_bits(k->own);
    if (postern_dkim_private_fits(k->own, k->published))
        return conclude(k, "same", CMD_OK);
    if (!type || strncmp(own, type, n) != 0 || own[n] != '-')
        buf_printf(&k->why, "DNS has a key of another type: %s; the file's signs %s",
                   type ? type : "unknown", own);
    else if (bits != own_bits)
        buf_printf(&k->why, "DNS has another key: of %u bits, the file's has %u", bits, own_bits);
    else
        buf_append_str(&k->why, "DNS has another key of the same type and size");
    return conclude(k, "differs", CMD_FAILED);
}

static int compare(struct checking *k)
{
    const char *fault = k->published ? postern_dkim_key_fault(k->published) : "out of memory";
    if (fault)
        buf_append_str(&k->why, fault);
    switch (k->answer) {
    case POSTERN_DNS_DATA: break;
    case POSTERN_DNS_NODATA:
    case POSTERN_DNS_NXDOMAIN: return conclude(k, "missing", CMD_FAILED);
    case POSTERN_DNS_SERVFAIL:
    case POSTERN_DNS_BOGUS:
    case POSTERN_DNS_TIMEOUT: return conclude(k, "unknown", CMD_TRY_AGAIN);
    }
    if (fault)
        return conclude(k, "unusable", k->published ? CMD_FAILED : CMD_TRY_AGAIN);
    return compare_keys(k);
}

/* ---- printing ---- */

static json_t *check_json(const struct checking *k, const char *record, const char *want)
{
    struct buf why;
    buf_init(&why, 4096);
    buf_append(&why, buf_slice(&k->why));
    buf_append_byte(&why, 0);
    const char *text = buf_size(&k->why) ? (const char *)buf_slice(&why).p : NULL;
    json_t *value =
        json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "name", k->name, "answer",
                  postern_dns_answer_text(k->answer), "verdict", k->verdict, "reason",
                  report_json(text), "record", report_json(record), "expected", report_json(want));
    buf_clear(&why);
    return value;
}

static void check_text(const struct checking *k, const char *record, const char *want)
{
    struct buf out;
    buf_init(&out, (size_t)1024 * 1024);
    buf_printf(&out, "%s: %s", k->name, k->verdict);
    if (buf_size(&k->why)) {
        buf_append_str(&out, ", ");
        report_text(&out, buf_slice(&k->why));
    }
    if (k->published && postern_dkim_key_testing(k->published))
        buf_append_str(&out, "\n  the record says t=y: testing");
    if (record) {
        buf_append_str(&out, "\n  DNS has:  ");
        report_text(&out, slice_of_str(record));
    }
    if (strcmp(k->verdict, "same") != 0 && want)
        buf_printf(&out, "\n  the file:  %s", want);
    (void)printf("%.*s\n", SLICE_ARG(buf_slice(&out)));
    buf_clear(&out);
}

static int print(struct checking *k, int code)
{
    const struct tool *t = &k->c->tool;
    char *want = postern_dkim_private_record(k->own);
    buf_append_byte(&k->text, 0);
    const char *record = k->answer == POSTERN_DNS_DATA ? (const char *)buf_slice(&k->text).p : NULL;
    if (t->json) {
        int printed = tool_json(t, check_json(k, record, want));
        code = printed == CMD_OK ? code : printed;
    } else {
        check_text(k, record, want);
        code = tool_end(t, code);
    }
    free(want);
    return code;
}

static int run(struct checking *k)
{
    struct domain domain, selector;
    if (!domain_parse(slice_of_str(k->c->domains.at[0]), &domain) ||
        !domain_parse(slice_of_str(k->c->selectors.at[0]), &selector))
        return tool_say(&k->c->tool, "a domain or selector is no DNS name");
    (void)snprintf(k->name, sizeof k->name, "%s._domainkey.%s", selector.text, domain.text);
    int code = cmd_dkim_key(&k->c->tool, k->c->keys.at[0], &k->own);
    if (code == CMD_OK)
        code = ask(k);
    return code == CMD_OK ? print(k, compare(k)) : code;
}

int cmd_dkim_check_key(struct dkim_command *c)
{
    struct checking k = { .c = c };
    buf_init(&k.text, (size_t)256 * 1024);
    buf_init(&k.why, 2048);
    int code = run(&k);
    postern_dkim_private_free(k.own);
    postern_dkim_key_free(k.published);
    buf_clear(&k.text);
    buf_clear(&k.why);
    return code;
}

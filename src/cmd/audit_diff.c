/* SPDX-License-Identifier: ISC
 *
 * postern audit diff: what a change of settings gained, client by client.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit/json.h"
#include "cmd/audit.h"
#include "cmd/audit_diff.h"
#include "cmd/audit_run.h"
#include "cmd/cmd.h"
#include "cmd/report.h"

#define OUT_MAX (1024 * 1024) /* of one client */

static const char usage[] =
    "usage: postern audit diff [--secret FILE] [--reveal] [--json] OLD NEW\n"
    "\n"
    "  --secret FILE  the key of reports that are compared; captures need none\n"
    "  --reveal       values in clear\n"
    "  --json         for programs\n"
    "\n"
    "OLD, NEW: a capture, a directory of captures, or a report of `postern audit --json --secret "
    "FILE`.\n"
    "Exit codes: 0 nothing got worse, 1 a verdict or a grade did (or something failed), 2 the "
    "command line.\n";

struct diff {
    struct tool tool;
    bool json;
    struct diff_side old, new;
    size_t better, worse, same, mixed; /* mixed: of the worse ones, with something better, too */
    struct buf out;
    struct audit_json j;
};

static int gain_of(const struct diff_client *old, const struct diff_client *new, bool *worse)
{
    int gain = diff_grade(old, new), better = gain > 0;
    *worse = gain < 0;
    for (size_t i = 0; i < AUDIT_ATTACKS; i++) {
        gain = diff_verdict(old, new, i);
        better += gain > 0;
        *worse = *worse || gain < 0;
    }
    return better;
}

static const char *mark(int gain)
{
    return gain > 0 ? "  better" : gain < 0 ? "  WORSE" : "";
}

/* ---- text ---- */

static void put_text(struct diff *d, const char *text)
{
    report_text(&d->out, slice_of_str(text));
}

static void put_identifier(struct diff *d, const struct diff_identifier *id)
{
    if (!id) {
        buf_append_str(&d->out, "not sent");
        return;
    }
    put_text(d, id->value);
    buf_printf(&d->out, " (%s, %.1f bits)", id->stability, id->bits);
}

static void put_identifiers(struct diff *d, const struct diff_client *old,
                            const struct diff_client *new)
{
    for (unsigned kind = 0; kind < ID_KIND_COUNT; kind++) {
        const char *name = identifier_exposure((enum identifier_kind)kind)->name;
        const struct diff_identifier *a = diff_find(old, name), *b = diff_find(new, name);
        if (!a && !b)
            continue;
        buf_printf(&d->out, "  %-18s ", name);
        put_identifier(d, a);
        buf_append_str(&d->out, " -> ");
        put_identifier(d, b);
        buf_append_byte(&d->out, '\n');
    }
}

static void put_pair(struct diff *d, const struct diff_client *old, const struct diff_client *new)
{
    put_text(d, new->id);
    buf_append_str(&d->out, " ");
    put_text(d, new->hardware);
    if (!slice_equal(slice_of_str(old->id), slice_of_str(new->id))) {
        buf_append_str(&d->out, ", before ");
        put_text(d, old->id);
        buf_append_str(&d->out, " ");
        put_text(d, old->hardware);
    }
    buf_printf(&d->out, "\n  %-18s %c -> %c%s\n", "grade (RFC 7844)", old->grade, new->grade,
               mark(diff_grade(old, new)));
    buf_printf(&d->out, "  %-18s %.1f -> %.1f\n", "bits", old->bits, new->bits);
    for (unsigned i = 0; i < AUDIT_ATTACKS; i++) {
        if (!old->verdicts[i] && !new->verdicts[i])
            continue;
        buf_printf(
            &d->out, "  %-4s %s: %s -> %s%s\n", audit_attack_section((enum audit_attack_id)i),
            audit_attack_title((enum audit_attack_id)i), audit_verdict_text(old->verdicts[i]),
            audit_verdict_text(new->verdicts[i]), mark(diff_verdict(old, new, i)));
    }
    put_identifiers(d, old, new);
    buf_append_byte(&d->out, '\n');
}

/* ---- JSON ---- */

static void key_text(struct diff *d, const char *key, const char *text)
{
    audit_json_key(&d->j, key);
    audit_json_str(&d->j, text);
}

static void put_change(struct diff *d, int gain)
{
    key_text(d, "change", gain > 0 ? "better" : gain < 0 ? "worse" : "same");
}

static void put_json_side(struct diff *d, const char *key, const struct diff_identifier *id)
{
    audit_json_key(&d->j, key);
    if (!id) {
        audit_json_null(&d->j);
        return;
    }
    audit_json_object(&d->j);
    key_text(d, "value", id->value);
    key_text(d, "stability", id->stability);
    audit_json_key(&d->j, "bits");
    audit_json_number(&d->j, id->bits, 2);
    audit_json_end(&d->j);
}

static void put_json_identifiers(struct diff *d, const struct diff_client *old,
                                 const struct diff_client *new)
{
    audit_json_key(&d->j, "identifiers");
    audit_json_object(&d->j);
    for (unsigned kind = 0; kind < ID_KIND_COUNT; kind++) {
        const char *name = identifier_exposure((enum identifier_kind)kind)->name;
        const struct diff_identifier *a = diff_find(old, name), *b = diff_find(new, name);
        if (!a && !b)
            continue;
        audit_json_key(&d->j, name);
        audit_json_object(&d->j);
        put_json_side(d, "old", a);
        put_json_side(d, "new", b);
        audit_json_end(&d->j);
    }
    audit_json_end(&d->j);
}

static void put_json_attacks(struct diff *d, const struct diff_client *old,
                             const struct diff_client *new)
{
    audit_json_key(&d->j, "attacks");
    audit_json_object(&d->j);
    for (unsigned i = 0; i < AUDIT_ATTACKS; i++) {
        audit_json_key(&d->j, audit_attack_section((enum audit_attack_id)i));
        audit_json_object(&d->j);
        key_text(d, "old", audit_verdict_text(old->verdicts[i]));
        key_text(d, "new", audit_verdict_text(new->verdicts[i]));
        put_change(d, diff_verdict(old, new, i));
        audit_json_end(&d->j);
    }
    audit_json_end(&d->j);
}

static void put_json_pair(struct diff *d, const struct diff_client *old,
                          const struct diff_client *new)
{
    char grades[2][2] = { { old->grade, '\0' }, { new->grade, '\0' } };
    audit_json_object(&d->j);
    key_text(d, "id", new->id);
    key_text(d, "old_id", old->id);
    key_text(d, "hardware", new->hardware);
    audit_json_key(&d->j, "grade");
    audit_json_object(&d->j);
    key_text(d, "old", grades[0]);
    key_text(d, "new", grades[1]);
    put_change(d, diff_grade(old, new));
    audit_json_end(&d->j);
    audit_json_key(&d->j, "bits");
    audit_json_object(&d->j);
    audit_json_key(&d->j, "old");
    audit_json_number(&d->j, old->bits, 2);
    audit_json_key(&d->j, "new");
    audit_json_number(&d->j, new->bits, 2);
    audit_json_end(&d->j);
    put_json_attacks(d, old, new);
    put_json_identifiers(d, old, new);
    audit_json_end(&d->j);
}

/* ---- all of it ---- */

static bool print(struct diff *d)
{
    struct slice s = buf_slice(&d->out);
    bool fine = !d->out.failed && (!s.n || fwrite(s.p, 1, s.n, stdout) == s.n);
    buf_consume(&d->out, s.n);
    return fine;
}

static void put_alone(struct diff *d, const char *key, const struct diff_side *side)
{
    audit_json_key(&d->j, key);
    audit_json_array(&d->j);
    for (size_t i = 0; i < side->n && print(d); i++)
        if (!side->clients[i].other)
            audit_json_str(&d->j, side->clients[i].id);
    audit_json_end(&d->j);
}

static size_t count_alone(const struct diff_side *side)
{
    size_t n = 0;
    for (size_t i = 0; i < side->n; i++)
        n += !side->clients[i].other;
    return n;
}

static void put_all(struct diff *d)
{
    for (size_t i = 0; i < d->new.n &&print(d); i++) {
        const struct diff_client *new = &d->new.clients[i], *old = new->other;
        bool worse = false;
        if (!old)
            continue;
        int better = gain_of(old, new, &worse);
        d->worse += worse;
        d->mixed += worse && better;
        d->better += !worse && better;
        d->same += !worse && !better;
        (d->json ? put_json_pair : put_pair)(d, old, new);
    }
}

static void put_text_report(struct diff *d)
{
    put_all(d);
    buf_printf(&d->out, "Clients: %zu better, %zu the same, %zu WORSE", d->better, d->same,
               d->worse);
    if (d->mixed)
        buf_printf(&d->out, " (%zu of them better in something else)", d->mixed);
    buf_printf(&d->out, "; %zu only in the old one, %zu only in the new one\n",
               count_alone(&d->old), count_alone(&d->new));
}

static void put_json_report(struct diff *d)
{
    audit_json_init(&d->j, &d->out, 2);
    audit_json_object(&d->j);
    audit_json_key(&d->j, "clients");
    audit_json_array(&d->j);
    put_all(d);
    audit_json_end(&d->j);
    put_alone(d, "only_old", &d->old);
    put_alone(d, "only_new", &d->new);
    audit_json_key(&d->j, "better");
    audit_json_uint(&d->j, d->better);
    audit_json_key(&d->j, "same");
    audit_json_uint(&d->j, d->same);
    audit_json_key(&d->j, "worse");
    audit_json_uint(&d->j, d->worse);
    audit_json_end(&d->j);
    buf_append_byte(&d->out, '\n');
}

static int compare(struct diff *d, char *const *names, const char *secret, bool reveal)
{
    struct audit_mask *mask = audit_run_mask(&d->tool, secret, reveal);
    int code = mask ? CMD_OK : CMD_FAILED;
    if (code == CMD_OK)
        code = diff_side_read(&d->tool, names[0], mask, &d->old);
    if (code == CMD_OK)
        code = diff_side_read(&d->tool, names[1], mask, &d->new);
    if (code == CMD_OK) {
        diff_match(&d->old, &d->new);
        (d->json ? put_json_report : put_text_report)(d);
        code = print(d) ? CMD_OK : tool_error(&d->tool, "output", -EIO);
    }
    diff_side_clear(&d->old);
    diff_side_clear(&d->new);
    if (mask)
        audit_mask_free(mask);
    return tool_end(&d->tool, code == CMD_OK && d->worse ? CMD_FAILED : code);
}

int cmd_audit_diff(int argc, char **argv)
{
    static const struct option longs[] = {
        { "secret", required_argument, NULL, 's' },
        { "reveal", no_argument, NULL, 'r' },
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    struct diff d = { .tool.name = "postern audit diff" };
    const char *secret = NULL;
    bool reveal = false;
    int option;
    while ((option = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        if (option == 's')
            secret = optarg;
        else if (option == 'r')
            reveal = true;
        else if (option == 'j')
            d.json = true;
        else
            return tool_usage(&d.tool, usage, option);
    }
    if (argc - optind != 2)
        return tool_usage(&d.tool, usage, '?');
    buf_init(&d.out, OUT_MAX);
    int code = compare(&d, argv + optind, secret, reveal);
    buf_clear(&d.out);
    return code;
}

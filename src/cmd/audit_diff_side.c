/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/show.h"
#include "base/err.h"
#include "cmd/audit_diff.h"
#include "cmd/audit_run.h"
#include "cmd/cmd.h"

#define TEXT_MAX    (64 * 1024)
#define CLIENTS_MAX 10000000
#define VALUES_MAX  1024 /* of one client in a report */

void diff_side_clear(struct diff_side *side)
{
    for (size_t i = 0; i < side->n; i++) {
        struct diff_client *client = &side->clients[i];
        for (size_t k = 0; k < client->identifiers_n; k++)
            free(client->identifiers[k].value);
        free(client->identifiers);
        free(client->id);
        free(client->hardware);
    }
    free(side->clients);
    *side = (struct diff_side){ 0 };
}

/* ---- a capture ---- */

/* What was written into text, as a string of its own; text is empty then. */
static char *take(struct buf *text)
{
    struct slice s = buf_slice(text);
    char *copy = text->failed ? NULL : strndup(s.n ? (const char *)s.p : "", s.n);
    buf_consume(text, s.n);
    return copy;
}

static bool take_row(const struct audit_report *report, const struct audit_identifier *row,
                     struct buf *text, struct diff_identifier *out)
{
    if (row->traits)
        audit_show_value(report, row->traits->value, text);
    *out = (struct diff_identifier){
        .kind = identifier_exposure(row->kind)->name,
        .value = take(text),
        .stability = audit_stability_text(row->stability),
        .bits = row->bits,
    };
    return out->value != NULL;
}

static bool take_client(const struct audit_report *report, const struct audit_client *client,
                        struct buf *text, struct diff_client *out)
{
    struct audit_identifier rows[ID_KIND_COUNT];
    size_t n = audit_identifiers(report->audit, client, rows);
    audit_show_id(report, client, text);
    out->id = take(text);
    audit_show_hardware(report, client, text);
    out->hardware = take(text);
    out->grade = '-';
    if (client->conduct)
        out->grade = audit_grade(client);
    out->bits = client->bits;
    for (size_t i = 0; i < AUDIT_ATTACKS; i++)
        out->verdicts[i] = client->attacks[i].verdict;
    out->identifiers = calloc(n ? n : 1, sizeof *out->identifiers);
    bool fine = out->id && out->hardware && out->identifiers;
    for (; fine && out->identifiers_n < n; out->identifiers_n++)
        fine = take_row(report, &rows[out->identifiers_n], text,
                        &out->identifiers[out->identifiers_n]);
    return fine;
}

static bool take_clients(const struct audit_report *report, struct diff_side *out)
{
    struct buf text;
    size_t n = report->audit->clients_n;
    bool fine = true;
    buf_init(&text, TEXT_MAX);
    out->clients = calloc(n ? n : 1, sizeof *out->clients);
    for (; fine && out->clients && out->n < n; out->n++)
        fine = take_client(report, report->audit->clients[out->n], &text, &out->clients[out->n]);
    buf_clear(&text);
    return fine && out->clients;
}

static int audit_capture(struct audit_run *run, const char *path, struct diff_side *out)
{
    int code = audit_input_add(run, path, NULL);
    if (code == CMD_OK)
        code = audit_run_open(run);
    if (code == CMD_OK)
        code = audit_input_read(run);
    if (code != CMD_OK || run->code != CMD_OK)
        return code ? code : run->code;
    const struct audit_report report = { .audit = run->audit, .mask = run->mask };
    int error = audit_finish(run->audit);
    if (!error && !take_clients(&report, out))
        error = -ENOMEM;
    return error ? tool_error(&run->tool, path, error) : CMD_OK;
}

static int read_capture(const struct tool *tool, const char *path, struct audit_mask *mask,
                        struct diff_side *out)
{
    struct audit_run *run = audit_run_new(tool->name);
    if (!run)
        return tool_error(tool, path, -ENOMEM);
    run->mask = mask;
    int code = audit_capture(run, path, out);
    run->mask = NULL; /* it is the caller's */
    audit_run_free(run);
    return code;
}

/* ---- a report ---- */

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static enum audit_verdict verdict_of(const json_t *attack)
{
    const char *text = text_of(attack, "verdict");
    if (strcmp(text, audit_verdict_text(AUDIT_EXPOSED)) == 0)
        return AUDIT_EXPOSED;
    return strcmp(text, audit_verdict_text(AUDIT_POSSIBLE)) == 0 ? AUDIT_POSSIBLE : AUDIT_NOT_SEEN;
}

static const char *stability_of(const json_t *row)
{
    for (unsigned i = AUDIT_ONCE; i <= AUDIT_CHANGED; i++)
        if (strcmp(text_of(row, "stability"), audit_stability_text((enum audit_stability)i)) == 0)
            return audit_stability_text((enum audit_stability)i);
    return "";
}

static bool take_told_row(const json_t *row, struct diff_client *client)
{
    enum identifier_kind kind;
    if (!identifier_kind_find(slice_of_str(text_of(row, "kind")), &kind))
        return true; /* of a later version */
    struct diff_identifier *to = &client->identifiers[client->identifiers_n];
    to->kind = identifier_exposure(kind)->name;
    to->stability = stability_of(row);
    to->bits = json_number_value(json_object_get(row, "bits"));
    to->value = strdup(text_of(json_array_get(json_object_get(row, "seen"), 0), "value"));
    client->identifiers_n += to->value != NULL;
    return to->value;
}

static bool take_told(const json_t *told, struct diff_client *out)
{
    const json_t *attacks = json_object_get(told, "attacks");
    const json_t *rows = json_object_get(told, "identifiers");
    const char *grade = text_of(json_object_get(told, "conformance"), "grade");
    size_t n = json_array_size(rows) < VALUES_MAX ? json_array_size(rows) : VALUES_MAX;
    out->id = strdup(text_of(told, "id"));
    out->hardware = strdup(text_of(told, "hardware"));
    out->grade = '-';
    if (grade[0])
        out->grade = grade[0];
    out->bits = json_number_value(json_object_get(told, "bits"));
    for (unsigned i = 0; i < AUDIT_ATTACKS; i++)
        out->verdicts[i] =
            verdict_of(json_object_get(attacks, audit_attack_section((enum audit_attack_id)i)));
    out->identifiers = calloc(n ? n : 1, sizeof *out->identifiers);
    bool fine = out->id && out->hardware && out->identifiers;
    for (size_t i = 0; i < n && fine; i++)
        fine = take_told_row(json_array_get(rows, i), out);
    return fine;
}

static int take_report(const struct tool *tool, const json_t *report, struct diff_side *out)
{
    const json_t *clients = json_object_get(report, "clients");
    size_t n = json_array_size(clients);
    if (json_integer_value(json_object_get(report, "format")) != 1 || !json_is_array(clients))
        return tool_say(tool, "%s: this is no report of `postern audit --json`", out->name);
    if (n > CLIENTS_MAX)
        return tool_error(tool, out->name, ERR_TOO_BIG);
    out->clients = calloc(n ? n : 1, sizeof *out->clients);
    bool fine = out->clients != NULL;
    for (; fine && out->n < n; out->n++)
        fine = take_told(json_array_get(clients, out->n), &out->clients[out->n]);
    return fine ? CMD_OK : tool_error(tool, out->name, -ENOMEM);
}

static int read_report(const struct tool *tool, const char *path, struct diff_side *out)
{
    json_error_t why;
    json_t *report = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    if (!report)
        return tool_say(tool, "%s:%d:%d: %s", path, why.line, why.column, why.text);
    int code = take_report(tool, report, out);
    json_decref(report);
    return code;
}

/* No capture begins with a brace. */
static bool is_report(const char *path)
{
    struct stat st;
    int c = 0;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    FILE *file = fopen(path, "re");
    while (file && ((c = getc(file)) == ' ' || c == '\n' || c == '\t' || c == '\r'))
        continue;
    if (file)
        (void)fclose(file); /* only read from */
    return c == '{';
}

int diff_side_read(const struct tool *tool, const char *path, struct audit_mask *mask,
                   struct diff_side *out)
{
    *out = (struct diff_side){ .name = path };
    return is_report(path) ? read_report(tool, path, out) : read_capture(tool, path, mask, out);
}

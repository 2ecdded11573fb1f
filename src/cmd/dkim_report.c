/* SPDX-License-Identifier: ISC */
#include "cmd/dkim_report.h"

#include <stdlib.h>

#include "base/base64.h"
#include "dkim/canon.h"

#define FAULTS_MAX 16

/* ---- JSON ---- */

json_t *report_begin(const char *file, uint64_t number)
{
    if (number)
        return json_pack("{s:o, s:I}", "file", report_json(file), "message", (json_int_t)number);
    return json_pack("{s:o}", "file", report_json(file));
}

json_t *report_faults(unsigned faults)
{
    json_t *list = json_array();
    for (unsigned i = 0; list && i < FAULTS_MAX; i++) {
        const char *text = faults & 1u << i ? postern_message_fault_text(1u << i) : NULL;
        if (text && json_array_append_new(list, json_string(text))) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

static json_t *signature_json(const struct dkim_report_signature *r)
{
    const struct postern_dkim_signature *s = r->s;
    return json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:b}", "domain", report_json(s->domain),
                     "selector", report_json(s->selector), "identity", report_json(s->identity),
                     "algorithm", report_json(s->algorithm), "result",
                     postern_dkim_result_text(s->result), "reason", report_json(s->reason),
                     "originator", (int)r->originator);
}

static json_t *signatures_json(const struct dkim_report *r)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < r->signatures_n; i++)
        if (json_array_append_new(list, signature_json(&r->signatures[i]))) {
            json_decref(list);
            list = NULL;
        }
    return list;
}

bool dkim_report_json(const struct dkim_report *r, struct buf *out)
{
    json_t *line = report_begin(r->file, r->number);
    json_t *rest = json_pack("{s:{s:o, s:o}, s:s, s:o}", "from", "address", report_json(r->address),
                             "domain", report_json(r->domain), "result",
                             postern_dkim_result_text(r->result), "signatures", signatures_json(r));
    bool fine = line && rest && json_object_update(line, rest) == 0;
    if (fine && r->faults)
        fine = json_object_set_new(line, "faults", report_faults(r->faults)) == 0;
    json_decref(rest);
    if (fine)
        return report_line(out, line);
    json_decref(line);
    return false;
}

/* ---- text ---- */

static void put_str(struct buf *out, const char *text)
{
    report_text(out, slice_of_str(text));
}

void report_file(struct buf *out, const char *file, uint64_t number)
{
    put_str(out, file);
    if (number)
        buf_printf(out, "[%llu]", (unsigned long long)number);
}

static const struct {
    unsigned fault;
    const char *meaning;
} fault_meanings[] = {
    { POSTERN_MESSAGE_SEVERAL_FROM, "several From fields: readers disagree about who wrote it" },
    { POSTERN_MESSAGE_NO_FROM, "no From field" },
    { POSTERN_MESSAGE_BAD_FIELD, "the header has a line that is no field" },
    { POSTERN_MESSAGE_BARE_CR, "CR without LF" },
    { POSTERN_MESSAGE_BARE_LF,
      "LF without CR: others may see lines, or messages, where we do not" },
    { POSTERN_MESSAGE_NUL, "NUL octets: others may see less of it" },
    { POSTERN_MESSAGE_FIELD_IN_BODY, "the body begins with what looks like a header field" },
    { POSTERN_MESSAGE_ONCE_TWICE, "a field that may be there once is there twice" },
};

void report_faults_text(unsigned faults, struct buf *out)
{
    for (size_t i = 0; i < ARRAY_SIZE(fault_meanings); i++)
        if (faults & fault_meanings[i].fault)
            buf_printf(out, "  beware: %s (%s)\n", fault_meanings[i].meaning,
                       postern_message_fault_text(fault_meanings[i].fault));
}

static void put_tag(struct buf *out, const char *tag, const char *value)
{
    buf_printf(out, " %s=", tag);
    put_str(out, value ? value : "?");
}

void report_signature(struct buf *out, size_t i, const struct postern_dkim_signature *s,
                      bool originator)
{
    buf_printf(out, "  %zu.", i + 1);
    put_tag(out, "d", s->domain);
    put_tag(out, "s", s->selector);
    put_tag(out, "a", s->algorithm);
    if (s->key_bits)
        buf_printf(out, " (%u bits)", s->key_bits);
    put_tag(out, "i", s->identity);
    buf_printf(out, ": %s", postern_dkim_result_text(s->result));
    if (s->reason) {
        buf_append_str(out, ", ");
        put_str(out, s->reason);
    }
    buf_printf(out, "%s\n", originator ? ", on behalf of the From address" : "");
}

static void put_octets(struct buf *out, const char *what, struct postern_octets octets)
{
    buf_printf(out, "     %s", what);
    if (octets.n)
        base64_encode(out, (struct slice){ octets.p, octets.n });
    else
        buf_append_str(out, "not known");
    buf_append_byte(out, '\n');
}

static void put_body(const struct dkim_report_signature *r, struct buf *out)
{
    buf_append_str(out, "     the body is not the one that was signed:\n");
    put_octets(out, "  its hash as signed:   ", r->hashed.body_signed);
    put_octets(out, "  its hash as computed: ", r->hashed.body_computed);
    if (r->hint)
        buf_printf(out, "       %s\n", r->hint);
}

/* The last field of what was hashed is the DKIM-Signature itself, without a line end. */
static void put_hashed(struct slice header, struct buf *out)
{
    while (header.n) {
        struct slice line, rest;
        if (!slice_cut(header, '\n', &line, &rest))
            rest = (struct slice){ 0 };
        bool crlf = line.n && line.p[line.n - 1] == '\r' && line.n < header.n;
        buf_append_str(out, "       | ");
        report_text(out, slice_first(line, line.n - crlf));
        buf_append_byte(out, '\n');
        header = rest;
    }
}

static bool is_simple(struct slice header)
{
    /* Relaxed field names are in lower case, and so is the name of the signature's own field. */
    struct slice field = header, head, tail;
    static const struct slice name = SLICE_INIT("dkim-signature:");
    while (slice_cut(field, '\n', &head, &tail))
        if (slice_starts(head, name))
            return false;
        else
            field = tail;
    return !slice_starts(field, name);
}

/* A field with its folds, and what is behind it. */
static struct slice take_field(struct slice *rest)
{
    size_t n = 0;
    while (n < rest->n) {
        bool ends = rest->p[n++] == '\n';
        if (ends && n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t')
            break;
    }
    struct slice field = slice_first(*rest, n);
    *rest = slice_from(*rest, n);
    while (field.n && (field.p[field.n - 1] == '\n' || field.p[field.n - 1] == '\r'))
        field.n--;
    return field;
}

static void put_relaxed(struct slice header, struct buf *out)
{
    while (header.n) {
        struct slice field = take_field(&header);
        uint8_t *room = malloc(field.n + CANON_FIELD_MORE);
        size_t n = room ? canon_field(POSTERN_DKIM_RELAXED, field, room) : 0;
        put_hashed((struct slice){ room, n }, out);
        free(room);
    }
}

static void put_header(const struct dkim_report_signature *r, struct buf *out)
{
    struct slice header = { r->hashed.header.p, r->hashed.header.n };
    buf_append_str(out, "     the signature does not fit the header and the key");
    buf_append_str(out,
                   r->hashed.changed || !header.n ? ":\n" : "; what was hashed of the header:\n");
    if (r->hashed.changed) {
        buf_append_str(out, "       changed since it was signed (z=): ");
        put_str(out, *r->hashed.changed ? r->hashed.changed : "no field of the copies");
        buf_append_str(out, "\n       what was hashed of the header:\n");
    }
    put_hashed(header, out);
    if (header.n && is_simple(header)) {
        buf_append_str(out,
                       "       c=simple: a mail server that folds a field anew, or changes white "
                       "space or case in it, breaks the signature; relaxed would be:\n");
        put_relaxed(header, out);
    }
}

static void put_times(const struct postern_dkim_signature *s, struct buf *out)
{
    if (s->body_length >= 0 && s->body_left_out)
        buf_printf(out, "     l=%lld leaves %llu octets of the body unsigned\n",
                   (long long)s->body_length, (unsigned long long)s->body_left_out);
    if (s->testing)
        buf_append_str(out, "     the key says t=y: its owner is testing DKIM\n");
}

static void put_signature(const struct dkim_report_signature *r, size_t i, struct buf *out)
{
    report_signature(out, i, r->s, r->originator);
    put_times(r->s, out);
    if (r->s->body_differs)
        put_body(r, out);
    if (r->s->header_differs)
        put_header(r, out);
}

static void put_from(const struct dkim_report *r, struct buf *out)
{
    buf_append_str(out, "  From: ");
    if (r->address)
        put_str(out, r->address);
    else
        buf_printf(out, "no single address (%s)",
                   postern_originator_fault_text(r->originator_fault));
    buf_append_byte(out, '\n');
}

void dkim_report_text(const struct dkim_report *r, bool brief, struct buf *out)
{
    report_file(out, r->file, r->number);
    buf_printf(out, ": %s", postern_dkim_result_text(r->result));
    if (brief) {
        for (size_t i = 0; i < r->signatures_n; i++) {
            buf_append_str(out, i ? ", " : " (");
            put_str(out, r->signatures[i].s->domain ? r->signatures[i].s->domain : "?");
            buf_printf(out, " %s", postern_dkim_result_text(r->signatures[i].s->result));
        }
        buf_append_str(out, r->signatures_n ? ")\n" : "\n");
        return;
    }
    buf_append_str(out, r->signatures_n ? "\n" : ", it has no signature\n");
    put_from(r, out);
    report_faults_text(r->faults, out);
    for (size_t i = 0; i < r->signatures_n; i++)
        put_signature(&r->signatures[i], i, out);
}

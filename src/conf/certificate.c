/* SPDX-License-Identifier: ISC */
#include "conf/read.h"

#include "conf/suggest.h"

static const char *const fields[] = { "certificate", "key", NULL };

static bool field_unknown(struct reading *r, const char *path, const struct node *field)
{
    struct suggestion near;
    suggest_init(&near, field->key);
    for (size_t i = 0; fields[i]; i++)
        suggest_offer(&near, slice_of_str(fields[i]));
    if (near.best.n)
        return conf_fault(r->why, &field->key_place, path, "unknown key; did you mean \"%.*s\"?",
                          SLICE_ARG(near.best));
    return conf_fault(r->why, &field->key_place, path, "unknown key; known here: certificate, key");
}

static bool read_field(struct reading *r, struct conf_certificate *out, const struct node *field)
{
    char path[NODE_PATH_MAX];
    node_path(field, path);
    const struct node *twin = node_twin(field);
    bool is_key = slice_equal(field->key, SLICE("key"));
    if (!is_key && !slice_equal(field->key, SLICE("certificate")))
        return field_unknown(r, path, field);
    if (twin)
        return conf_fault(r->why, &field->key_place, path, "set twice, first at %s:%u:%u",
                          twin->key_place.file, twin->key_place.line, twin->key_place.column);
    const char *text = value_text(r, path, &form_path, field);
    *(is_key ? &out->key : &out->certificate) = text;
    return text != NULL;
}

static bool read_one(struct reading *r, const struct key *key, struct conf_certificate *out,
                     const struct node *n)
{
    if (n->kind != NODE_MAP)
        return value_unexpected(r, key, n);
    out->place = n->place;
    for (const struct node *field = n->first; field; field = field->next)
        if (!read_field(r, out, field))
            return false;
    if (!out->certificate || !out->key)
        return conf_fault(r->why, &n->place, key->path, "\"%s\" is missing",
                          out->certificate ? "key" : "certificate");
    return true;
}

bool certificates_read(struct reading *r, const struct key *key, const struct node *n)
{
    struct conf_tls *tls = &r->conf->submission.tls;
    if (n->kind == NODE_SCALAR || (n->kind == NODE_LIST && n->n < key->min))
        return value_unexpected(r, key, n);
    if (n->kind == NODE_LIST && n->n > key->max)
        return conf_fault(r->why, &n->place, key->path, "more than %zu elements", (size_t)key->max);
    tls->at = value_array(r, key->path, n, sizeof *tls->at);
    if (!tls->at)
        return false;
    if (n->kind == NODE_MAP)
        return read_one(r, key, &tls->at[tls->n++], n);
    for (const struct node *one = n->first; one; one = one->next)
        if (!read_one(r, key, &tls->at[tls->n++], one))
            return false;
    return true;
}

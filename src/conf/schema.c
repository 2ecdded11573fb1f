/* SPDX-License-Identifier: ISC */
#include <string.h>

#include <jansson.h>

#include "conf/read.h"
#include "conf/record.h"

/* jansson hands NULL on: a failed allocation anywhere shows as no text at the end, or as an entry
 * that is missing, which `set` remembers. */
struct schema {
    bool failed;
};

static void set(struct schema *s, json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value) != 0)
        s->failed = true;
}

static void append(struct schema *s, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        s->failed = true;
}

static json_t *typed(struct schema *s, const char *type)
{
    json_t *o = json_object();
    set(s, o, "type", json_string(type));
    return o;
}

static json_t *any_of(struct schema *s, json_t *one, json_t *other)
{
    json_t *o = json_object(), *both = json_array();
    append(s, both, one);
    append(s, both, other);
    set(s, o, "anyOf", both);
    return o;
}

static json_t *list_of(struct schema *s, json_t *item, const struct key *key)
{
    json_t *list = typed(s, "array");
    set(s, list, "items", item);
    set(s, list, "minItems", json_integer((json_int_t)key->min));
    set(s, list, "maxItems", json_integer((json_int_t)key->max));
    return list;
}

/* One value stands for a list of one. */
static json_t *one_or_list(struct schema *s, json_t *item, const struct key *key)
{
    return any_of(s, json_incref(item), list_of(s, item, key));
}

static json_t *pattern(struct schema *s, const char *expression)
{
    json_t *o = typed(s, "string");
    set(s, o, "pattern", json_string(expression));
    return o;
}

static json_t *integer(struct schema *s, uint64_t min, uint64_t max)
{
    json_t *o = typed(s, "integer");
    set(s, o, "minimum", json_integer((json_int_t)min));
    set(s, o, "maximum", json_integer((json_int_t)max));
    return o;
}

/* Editors read YAML's own types: 1.2 is a number to them, and off, to the older ones, false. */
static json_t *words(struct schema *s, const char *const *known)
{
    json_t *o = json_object(), *list = json_array();
    for (size_t i = 0; known[i]; i++) {
        json_t *value = json_loads(known[i], JSON_DECODE_ANY, NULL);
        append(s, list, json_string(known[i]));
        if (value)
            append(s, list, value);
        if (strcmp(known[i], "off") == 0)
            append(s, list, json_false());
    }
    set(s, o, "enum", list);
    return o;
}

static json_t *boolean(struct schema *s)
{
    json_t *o = json_object();
    set(s, o, "enum", json_pack("[b, b, s, s, s, s]", true, false, "yes", "no", "on", "off"));
    return o;
}

static json_t *count(struct schema *s, const struct key *key)
{
    json_t *number = integer(s, key->min, key->max);
    return key->words ? any_of(s, words(s, key->words), number) : number;
}

static json_t *duration(struct schema *s, const struct key *key)
{
    json_t *text = pattern(s, "^(0|[1-9][0-9]*)(ms|s|m|h|d)$");
    return key->min == 0 ? any_of(s, text, integer(s, 0, 0)) : text;
}

static json_t *certificates(struct schema *s, const struct key *key)
{
    json_t *one = typed(s, "object"), *fields = json_object(), *required = json_array();
    set(s, fields, "certificate", pattern(s, form_path.pattern));
    set(s, fields, "key", pattern(s, form_path.pattern));
    append(s, required, json_string("certificate"));
    append(s, required, json_string("key"));
    set(s, one, "properties", fields);
    set(s, one, "required", required);
    set(s, one, "additionalProperties", json_false());
    return one_or_list(s, one, key);
}

static json_t *clientid_rules(struct schema *s, const struct key *key)
{
    json_t *flag = words(s, clientid_flags), *list = typed(s, "array"), *o = json_object(),
           *type = json_array();
    set(s, list, "items", json_incref(flag));
    set(s, list, "minItems", json_integer(1));
    set(s, list, "uniqueItems", json_true());
    append(s, type, json_string("object"));
    append(s, type, json_string("null"));
    set(s, o, "type", type);
    set(s, o, "propertyNames", pattern(s, "^[A-Za-z0-9_*?-]+$"));
    set(s, o, "additionalProperties", any_of(s, flag, list));
    set(s, o, "maxProperties", json_integer((json_int_t)key->max));
    return o;
}

static json_t *bits(struct schema *s, const struct key *key)
{
    const char *known[KEY_BITS_MAX + 2];
    unsigned value[KEY_BITS_MAX + 1];
    key_bit_words(key, known, value);
    json_t *word = words(s, known), *list = typed(s, "array");
    set(s, list, "items", json_incref(word));
    set(s, list, "minItems", json_integer(1));
    set(s, list, "uniqueItems", json_true());
    return any_of(s, word, list);
}

static json_t *groups_value(struct schema *s)
{
    json_t *list = typed(s, "array");
    set(s, list, "items", pattern(s, form_account.pattern));
    set(s, list, "minItems", json_integer(1));
    return any_of(s, pattern(s, form_account.pattern), list);
}

/* Entries whose names are of a form. */
static json_t *named(struct schema *s, const struct key *key, const struct form *names,
                     json_t *value)
{
    json_t *o = typed(s, "object");
    set(s, o, "propertyNames", pattern(s, names->pattern));
    set(s, o, "additionalProperties", value);
    set(s, o, "maxProperties", json_integer((json_int_t)key->max));
    return o;
}

/* What may stand in an entry of a list, too. */
static json_t *field_schema(struct schema *s, const struct key *key)
{
    switch (key->type) {
    case KEY_TEXT: return pattern(s, key->form->pattern);
    case KEY_CHOICE: return words(s, key->words);
    case KEY_BOOL: return boolean(s);
    case KEY_COUNT: return count(s, key);
    case KEY_OCTETS_SHORT:
    case KEY_OCTETS:
        return any_of(s, integer(s, key->min, key->max), pattern(s, "^[1-9][0-9]*[KMG]?$"));
    case KEY_TIME: return duration(s, key);
    case KEY_INCLUDE:
    case KEY_LIST: return one_or_list(s, pattern(s, key->form->pattern), key);
    case KEY_BITS: return bits(s, key);
    case KEY_MODE: return any_of(s, pattern(s, key->form->pattern), integer(s, 0, 777));
    case KEY_CERTIFICATES:
    case KEY_CLIENTID_RULES:
    case KEY_ENROL:
    case KEY_GROUPS:
    case KEY_RULES:
    case KEY_LIMITS:
    case KEY_LOCATIONS:
    case KEY_SIGN:
    case KEY_MAIL_LISTS: break;
    }
    return NULL;
}

static json_t *record_schema(struct schema *s, const struct record *record)
{
    json_t *o = typed(s, "object"), *fields = json_object(), *required = json_array();
    for (size_t i = 0; i < record->keys_n; i++) {
        const struct key *key = &record->keys[i];
        json_t *value = field_schema(s, key);
        const char *name = (const char *)key_name(key).p; /* the end of a path, with its NUL */
        set(s, value, "description", json_string(key->help));
        set(s, fields, name, value);
        if (i < record->required)
            append(s, required, json_string(name));
    }
    set(s, o, "properties", fields);
    set(s, o, "required", required);
    set(s, o, "additionalProperties", json_false());
    return o;
}

static json_t *sign_value(struct schema *s)
{
    const struct key of_one_domain = { .min = 1, .max = CONF_SIGN_KEYS_MAX };
    return one_or_list(s, record_schema(s, &conf_record_sign), &of_one_domain);
}

static json_t *value_schema(struct schema *s, const struct key *key)
{
    switch (key->type) {
    case KEY_CERTIFICATES: return certificates(s, key);
    case KEY_CLIENTID_RULES: return clientid_rules(s, key);
    case KEY_ENROL: return pattern(s, "^(open|closed|first-[1-9][0-9]{0,3})$");
    case KEY_GROUPS: return named(s, key, &form_name, groups_value(s));
    case KEY_LOCATIONS: return named(s, key, &form_network, pattern(s, form_label.pattern));
    case KEY_SIGN: return named(s, key, &form_domain, sign_value(s));
    case KEY_MAIL_LISTS:
        return named(s, key, &form_account, record_schema(s, &conf_record_mail_list));
    case KEY_RULES:
    case KEY_LIMITS: return list_of(s, record_schema(s, conf_record_of(key->type)), key);
    case KEY_TEXT:
    case KEY_CHOICE:
    case KEY_BOOL:
    case KEY_COUNT:
    case KEY_OCTETS_SHORT:
    case KEY_OCTETS:
    case KEY_TIME:
    case KEY_LIST:
    case KEY_BITS:
    case KEY_MODE:
    case KEY_INCLUDE: break;
    }
    return field_schema(s, key);
}

static json_t *default_list(struct schema *s, const struct key *key)
{
    struct arena arena;
    CLEANUP(buf_clear) struct buf why;
    json_t *list = json_array();
    arena_init(&arena, 1 << 16);
    buf_init(&why, 256);
    const struct node *n = node_read(NULL, slice_of_str(key->fallback), &arena, &why);
    s->failed = s->failed || !n;
    for (const struct node *c = n ? n->first : NULL; c; c = c->next)
        append(s, list, json_stringn((const char *)c->text.p, c->text.n));
    arena_clear(&arena);
    return list;
}

/* Numbers as numbers, all else as the text that it is. */
static json_t *default_of(struct schema *s, const struct key *key)
{
    if (key->type == KEY_LIST)
        return default_list(s, key);
    json_t *number =
        key->type == KEY_CHOICE ? NULL : json_loads(key->fallback, JSON_DECODE_ANY, NULL);
    return number ? number : json_string(key->fallback);
}

static json_t *section_schema(struct schema *s)
{
    json_t *o = json_object(), *type = json_array();
    append(s, type, json_string("object"));
    append(s, type, json_string("null"));
    set(s, o, "type", type);
    set(s, o, "additionalProperties", json_false());
    set(s, o, "properties", json_object());
    return o;
}

/* The object that describes the key's section, made where it is not there yet. */
static json_t *find_section(struct schema *s, json_t *root, struct slice *path)
{
    struct slice name, rest;
    json_t *section = root;
    while (slice_cut(*path, '.', &name, &rest)) {
        json_t *properties = json_object_get(section, "properties");
        json_t *next = json_object_getn(properties, (const char *)name.p, name.n);
        if (!next) {
            next = section_schema(s);
            if (json_object_setn_new(properties, (const char *)name.p, name.n, next) != 0)
                s->failed = true;
        }
        section = next;
        *path = rest;
    }
    return section;
}

static void add_key(struct schema *s, json_t *root, const struct key *key)
{
    struct slice name = slice_of_str(key->path);
    json_t *section = find_section(s, root, &name), *value = value_schema(s, key);
    set(s, value, "description", json_string(key->help));
    if (key->fallback && key->type != KEY_CLIENTID_RULES)
        set(s, value, "default", default_of(s, key));
    set(s, json_object_get(section, "properties"), (const char *)name.p, value);
}

void conf_schema(struct buf *out)
{
    struct schema s = { 0 };
    json_t *root = section_schema(&s);
    set(&s, root, "$schema", json_string("https://json-schema.org/draft/2020-12/schema"));
    set(&s, root, "title", json_string("postern.yaml"));
    for (size_t i = 0; i < conf_key_count; i++)
        add_key(&s, root, &conf_keys[i]);
    char *text = json_dumps(root, JSON_INDENT(2));
    if (text && !s.failed)
        buf_printf(out, "%s\n", text);
    else
        out->failed = true;
    free(text);
    json_decref(root);
}

/* SPDX-License-Identifier: ISC */
#include "audit/show.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit/severity.h"
#include "base/clock.h"

#define PIECE    (64 * 1024)        /* octets given to write() at a time */
#define OUT_MAX  (16 * 1024 * 1024) /* one client with all that is told of it is far below */
#define TEXT_MAX (64 * 1024)        /* of one value */

void audit_show_init(struct audit_show *show, const struct audit_report *report)
{
    *show = (struct audit_show){ .report = report };
    buf_init(&show->out, OUT_MAX);
    (void)buf_reserve(&show->out, 2 * PIECE); /* at once: growing would copy all of it again */
}

void audit_show_flush(struct audit_show *show, bool all)
{
    if (show->out.failed && !show->error)
        show->error = -ENOMEM;
    if (buf_size(&show->out) == 0 || (!all && buf_size(&show->out) < PIECE))
        return;
    if (!show->error)
        show->error = show->report->write(show->report->owner, buf_slice(&show->out));
    buf_consume(&show->out, buf_size(&show->out));
    if (!all)
        (void)buf_reserve(&show->out, 2 * PIECE);
}

int audit_show_end(struct audit_show *show)
{
    audit_show_flush(show, true);
    buf_clear(&show->out);
    return show->error;
}

/* ---- who and where ---- */

/* htype and length in front: the same octets of two kinds of hardware are two clients. */
void audit_show_id(const struct audit_report *report, const struct audit_client *client,
                   struct buf *out)
{
    uint8_t key[2 + AUDIT_VALUE_MAX] = { client->htype, client->hlen };
    struct slice who = client->hlen ? (struct slice){ client->hardware, client->hlen }
                                    : slice_first(client->client_id, AUDIT_VALUE_MAX);
    if (who.n)
        memcpy(key + 2, who.p, who.n);
    audit_mask_id(report->mask, (struct slice){ key, 2 + who.n }, out);
}

void audit_show_hardware(const struct audit_report *report, const struct audit_client *client,
                         struct buf *out)
{
    if (client->hlen)
        audit_show_mac(report, client->hardware, client->hlen, out);
}

void audit_show_mac(const struct audit_report *report, const uint8_t *hardware, size_t n,
                    struct buf *out)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t text[3 * 16];
    n = n < 16 ? n : 16;
    for (size_t i = 0; i < n; i++) {
        text[3 * i] = (uint8_t)digits[hardware[i] >> 4];
        text[3 * i + 1] = (uint8_t)digits[hardware[i] & 15];
        text[3 * i + 2] = ':';
    }
    if (n)
        audit_mask_write(report->mask, ID_HARDWARE_ADDRESS, (struct slice){ text, 3 * n - 1 }, out);
}

static size_t put_dotted(uint8_t *to, uint32_t a)
{
    size_t n = 0;
    for (unsigned shift = 32; shift;) {
        unsigned part = a >> (shift -= 8) & 255;
        if (part >= 100)
            to[n++] = (uint8_t)('0' + part / 100);
        if (part >= 10)
            to[n++] = (uint8_t)('0' + part / 10 % 10);
        to[n++] = (uint8_t)('0' + part % 10);
        if (shift)
            to[n++] = '.';
    }
    return n;
}

void audit_show_address(const struct audit_report *report, uint32_t address, struct buf *out)
{
    uint8_t text[16];
    size_t n = put_dotted(text, address);
    audit_mask_write(report->mask, ID_ASSIGNED_ADDRESS, (struct slice){ text, n }, out);
}

void audit_show_subnet(const struct audit_report *report, uint32_t network, struct buf *out)
{
    const struct audit_network *n = &report->audit->networks[network];
    struct buf text;
    uint8_t dotted[16];
    if (!n->mask)
        return;
    buf_init(&text, 32);
    buf_append(&text, (struct slice){ dotted, put_dotted(dotted, n->subnet & n->mask) });
    buf_printf(&text, "/%d", __builtin_popcount(n->mask));
    audit_mask_write(report->mask, ID_NETWORK, buf_slice(&text), out);
    buf_clear(&text);
}

/* A name of the operator's, or his file's, is his own; the subnet behind the file's name is not. */
void audit_show_network(const struct audit_report *report, uint32_t network, struct buf *out)
{
    const struct audit *audit = report->audit;
    if (network >= audit->networks_n)
        return;
    const struct audit_network *n = &audit->networks[network];
    struct slice file = n->file < audit->files_n ? audit->files[n->file].name : (struct slice){ 0 };
    if (n->named || audit_mask_reveals(report->mask) || !file.n || !slice_starts(n->name, file)) {
        buf_append(out, n->name);
        return;
    }
    buf_append(out, file);
    struct slice rest = slice_trim(slice_from(n->name, file.n));
    if (!rest.n)
        return;
    buf_append_byte(out, ' ');
    audit_mask_write(report->mask, ID_NETWORK, rest, out);
}

struct slice audit_show_file(const struct audit_report *report, uint32_t file)
{
    return file < report->audit->files_n ? report->audit->files[file].name : (struct slice){ 0 };
}

void audit_show_time(int64_t time_us, struct buf *out)
{
    struct buf text;
    if (time_us == AUDIT_NO_TIME) {
        buf_append_byte(out, '-');
        return;
    }
    buf_init(&text, 64);
    clock_write_rfc3339(&text, time_us);
    struct slice s = buf_slice(&text);
    buf_append(out, slice_first(s, 10));
    buf_append_byte(out, ' ');
    buf_append(out, slice_first(slice_from(s, 11), 8));
    buf_clear(&text);
}

/* ---- what was seen ---- */

void audit_show_value(const struct audit_report *report, const struct audit_value *value,
                      struct buf *out)
{
    struct buf text;
    buf_init(&text, TEXT_MAX);
    audit_value_text(value, &text);
    audit_mask_write(report->mask, value->kind, buf_slice(&text), out);
    buf_clear(&text);
}

/* Networks that the operator named stay readable. */
static bool show_named(const struct audit_report *report, const struct audit_said *said,
                       struct buf *out)
{
    for (size_t i = 0; i < report->audit->networks_n && said->kind == ID_NETWORK; i++) {
        if (!slice_equal(report->audit->networks[i].name, said->text))
            continue;
        audit_show_network(report, (uint32_t)i, out);
        return true;
    }
    return false;
}

static void show_said(const struct audit_report *report, const struct audit_said *said,
                      struct buf *out)
{
    if (said->kind >= ID_KIND_COUNT) /* a word of ours: an option's name */
        buf_append(out, said->text);
    else if (!show_named(report, said, out))
        audit_mask_write(report->mask, said->kind, said->text, out);
}

/* A filter, a port or a time that is wrong looks like a network without DHCP: say what there was. */
void audit_show_nothing(const struct audit_report *report, struct buf *out)
{
    uint64_t frames = 0, outside = 0;
    if (report->audit->messages) {
        buf_append_str(out, "Nothing was found that gives anybody away.");
        return;
    }
    for (uint32_t i = 0; i < report->audit->files_n && report->sources; i++) {
        frames += report->sources[i].frames;
        outside += report->sources[i].outside;
    }
    buf_printf(out, "There was no DHCP message in %" PRIu64 " frame%s", frames,
               frames == 1 ? "" : "s");
    if (outside)
        buf_printf(out, ", %" PRIu64 " of them outside --from and --to", outside);
    buf_append_str(out, ": nothing can be told.");
}

void audit_show_what(const struct audit_report *report, const struct audit_evidence *evidence,
                     struct buf *out)
{
    buf_append_str(out, evidence->what);
    if (evidence->value.text.n) {
        buf_append_str(out, ": ");
        show_said(report, &evidence->value, out);
    }
    if (evidence->other.text.n) {
        buf_append_str(out, " (");
        show_said(report, &evidence->other, out);
        buf_append_byte(out, ')');
    }
}

static bool same_place(const struct audit_place *a, const struct audit_place *b)
{
    return a->file == b->file && a->frame == b->frame && a->at == b->at && a->n == b->n;
}

struct slice audit_show_octets(const struct audit_client *client, const struct audit_place *place)
{
    if (!place->n)
        return (struct slice){ 0 };
    for (const struct audit_trait *t = client->traits; t; t = t->next)
        if (same_place(&t->first, place) || same_place(&t->last, place))
            return t->value->octets;
    return (struct slice){ 0 };
}

const char *audit_stability_text(enum audit_stability stability)
{
    switch (stability) {
    case AUDIT_ONCE: return "once";
    case AUDIT_STABLE: return "stable";
    case AUDIT_CHANGED: return "changed";
    }
    return "";
}

/* ---- in which order ---- */

unsigned audit_show_weight(const struct audit_client *client)
{
    unsigned weight = 0;
    for (unsigned i = 0; i < AUDIT_ATTACKS; i++) {
        enum audit_severity s =
            audit_attack_severity((enum audit_attack_id)i, client->attacks[i].verdict);
        weight += s ? 1u << (3 * (s - 1)) : 0;
    }
    return weight;
}

static int compare(const void *a, const void *b)
{
    const struct audit_client *x = *(const struct audit_client *const *)a;
    const struct audit_client *y = *(const struct audit_client *const *)b;
    unsigned wx = audit_show_weight(x), wy = audit_show_weight(y);
    if (wx != wy)
        return wx < wy ? 1 : -1;
    return x->number < y->number ? -1 : x->number > y->number;
}

const struct audit_client **audit_show_sorted(const struct audit *audit)
{
    const struct audit_client **sorted =
        calloc(audit->clients_n ? audit->clients_n : 1, sizeof(struct audit_client *));
    if (!sorted)
        return NULL;
    for (size_t i = 0; i < audit->clients_n; i++)
        sorted[i] = audit->clients[i];
    qsort(sorted, audit->clients_n, sizeof(struct audit_client *), compare);
    return sorted;
}

/* ---- who is meant ---- */

static int hex_digit(uint8_t c)
{
    c = ascii_lower(c);
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "02:00:5e:10:00:00", with hyphens or colons; at most 16 octets. */
static bool read_hardware(struct slice text, struct audit_client *out)
{
    size_t n = 0;
    for (; text.n >= 2 && n < sizeof out->hardware; text = slice_from(text, 3)) {
        int high = hex_digit(text.p[0]), low = hex_digit(text.p[1]);
        bool divided = text.n == 2 || (text.n > 3 && (text.p[2] == ':' || text.p[2] == '-'));
        if (high < 0 || low < 0 || !divided)
            return false;
        out->hardware[n++] = (uint8_t)(high << 4 | low);
    }
    out->hlen = (uint8_t)n;
    return n > 1 && !text.n;
}

static bool is_called(const struct audit_client *client, struct slice name,
                      const struct audit_client *hardware, const struct audit_report *report)
{
    struct buf id;
    if (hardware->hlen)
        return client->hlen == hardware->hlen &&
               memcmp(client->hardware, hardware->hardware, hardware->hlen) == 0;
    buf_init(&id, TEXT_MAX);
    audit_show_id(report, client, &id);
    bool called = slice_starts(buf_slice(&id), name);
    buf_clear(&id);
    return called;
}

const struct audit_client *audit_report_find(const struct audit *audit,
                                             const struct audit_mask *mask, struct slice name)
{
    const struct audit_report report = { .audit = audit, .mask = mask };
    const struct audit_client *found = NULL;
    struct audit_client hardware = { 0 };
    if (!read_hardware(name, &hardware))
        hardware.hlen = 0;
    for (size_t i = 0; i < audit->clients_n && name.n; i++) {
        if (!is_called(audit->clients[i], name, &hardware, &report))
            continue;
        if (found)
            return NULL;
        found = audit->clients[i];
    }
    return found;
}

/* SPDX-License-Identifier: ISC
 *
 * postern dkim sign: a message with its signatures, for its author or for a mailing list.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "cmd/cmd.h"
#include "cmd/dkim.h"
#include "cmd/feed.h"
#include "cmd/report.h"
#include "message/address.h"

#define NAMES_MAX    128
#define LONGEST_LINE 998 /* RFC 5321 §4.5.3.1.6, without CRLF */

struct names { /* of --fields, --oversign */
    const char *at[NAMES_MAX];
    size_t n;
};

struct signing {
    struct dkim_command *c;
    struct arena arena;
    struct mailbox_message message;
    struct postern_dkim_private *keys[DKIM_KEYS_MAX];
    struct names fields, oversign;
    const char *identity;
    bool has_sender, add_sender;
    struct postern_dkim_signer *signer;
};

/* ---- what is to be signed ---- */

/* One message, of one file. */
static int take_message(struct signing *s)
{
    static char standard_input[] = "-";
    char *names[] = { s->c->arguments ? s->c->argument[0] : standard_input };
    const struct tool *t = &s->c->tool;
    struct mailbox *m = mailbox_new(names, 1);
    int result = m ? mailbox_next(m, &s->message) : -ENOMEM;
    mailbox_free(m);
    if (result < 0)
        return tool_error(t, names[0], result);
    if (result == 0 || s->message.number || strcmp(s->message.name, names[0]) != 0)
        return tool_say(t, "%s: one message is signed at a time, not a folder or an mbox",
                        names[0]);
    return CMD_OK;
}

static int take_keys(struct signing *s)
{
    int code = CMD_OK;
    for (size_t i = 0; i < s->c->keys.n && code == CMD_OK; i++)
        code = cmd_dkim_key(&s->c->tool, s->c->keys.at[i], &s->keys[i]);
    return code;
}

/* "from:to:subject". */
static bool take_names(struct signing *s, const char *text, struct names *out)
{
    struct slice rest = slice_of_str(text), name;
    while (rest.n) {
        (void)slice_cut(rest, ':', &name, &rest);
        name = slice_trim(name);
        if (out->n == NAMES_MAX || !name.n)
            return false;
        out->at[out->n] = arena_str(&s->arena, name);
        if (!out->at[out->n++])
            return false;
    }
    return true;
}

/* The list's address, alone: it becomes a field and an identity. */
static bool is_address(struct signing *s, const char *text)
{
    struct message_mailbox one;
    struct fault why;
    size_t n;
    struct slice value = slice_of_str(text);
    return message_addresses_parse(value, &s->arena, 1, &one, &n, &why) && n == 1 &&
           one.display.n == 0 && one.local.n + 1 + one.domain.n == value.n;
}

static int take_options(struct signing *s)
{
    const struct dkim_command *c = s->c;
    if (!take_names(s, c->fields, &s->fields) || !take_names(s, c->oversign, &s->oversign)) {
        (void)tool_say(&c->tool, "--fields and --oversign take names with \":\" between");
        return CMD_USAGE;
    }
    if (c->list && !is_address(s, c->list)) {
        (void)tool_say(&c->tool, "--list: %s is not an address", c->list);
        return CMD_USAGE;
    }
    s->identity = c->identity ? c->identity : c->list;
    return CMD_OK;
}

/* ---- a list manager (draft-allman-dkim-ssp-02 §5) ---- */

static int look_for_sender(void *owner, struct slice field)
{
    struct signing *s = owner;
    struct slice name, value;
    if (slice_cut(field, ':', &name, &value))
        s->has_sender = s->has_sender || slice_equal_nocase(slice_trim_end(name), SLICE("sender"));
    return 0;
}

static int pass_over(void *owner, struct slice octets)
{
    (void)owner;
    (void)octets;
    return 0;
}

static bool may_pass_later(const struct verification *v)
{
    const struct postern_practices_outcome *check = verification_practices(v, POSTERN_SSP);
    return postern_dkim_verifier_result(verification_dkim(v)) == POSTERN_DKIM_TEMPERROR ||
           (check && check->verdict == POSTERN_VERDICT_TEMPERROR);
}

/* What to do with it; CMD_OK: *out says. */
static int decide(struct signing *s, const struct verification *v,
                  const struct postern_practices *published, struct postern_list_decision *out)
{
    const struct dkim_command *c = s->c;
    struct postern_list_message message = {
        .kind = c->list_kind,
        .verified = postern_dkim_verifier_result(verification_dkim(v)),
        .check = verification_practices(v, POSTERN_SSP),
        .published = published ? postern_practices_outcome(published) : NULL,
        .has_sender = s->has_sender,
        .reject_suspicious = c->reject_suspicious,
        .reject_strict = c->reject_strict,
    };
    postern_list_decide(&message, out);
    if (out->action != POSTERN_LIST_SIGN)
        (void)tool_say(&c->tool, "%s", out->why);
    if (c->list_kind == POSTERN_LIST_RESENDING && out->action != POSTERN_LIST_SIGN &&
        may_pass_later(v))
        return CMD_TRY_AGAIN;
    return out->action == POSTERN_LIST_REJECT ? CMD_FAILED : CMD_OK;
}

static int judge_posting(struct signing *s, struct judge *judge, struct postern_list_decision *out)
{
    static const struct feed sender = { .field = look_for_sender, .body = pass_over };
    const struct dkim_command *c = s->c;
    struct postern_practices *published = NULL;
    struct verification *v = NULL;
    int error = feed_message(&s->message, &sender, s);
    if (!error)
        error = feed_judge(judge, &c->judging, &s->message, &v);
    /* A check that ends at a valid signature has not asked what the domain wants. */
    if (!error && c->reject_strict)
        published = judge_look_up(judge, &c->judging, verification_originator(v));
    int code = error ? tool_error(&c->tool, s->message.name, error) : decide(s, v, published, out);
    postern_practices_free(published);
    verification_free(v);
    return code;
}

static int verify_first(struct signing *s, struct postern_list_decision *out)
{
    struct judge judge;
    struct buf why;
    buf_init(&why, 2048);
    s->c->judging.kind = POSTERN_SSP;
    bool open = judge_open(&judge, &s->c->judging, true, &why);
    int code = open ? judge_posting(s, &judge, out)
                    : tool_say(&s->c->tool, "%.*s", SLICE_ARG(buf_slice(&why)));
    if (open)
        judge_close(&judge);
    buf_clear(&why);
    return code;
}

/* ---- signing ---- */

static int add_signatures(struct signing *s)
{
    const struct dkim_command *c = s->c;
    int error = 0;
    for (size_t i = 0; i < c->keys.n && !error; i++) {
        struct postern_dkim_sign_options o;
        postern_dkim_sign_options_init(&o);
        o.domain = c->domains.at[c->domains.n == 1 ? 0 : i];
        o.selector = c->selectors.at[i];
        o.identity = s->identity;
        o.header = c->header;
        o.body = c->body;
        o.now = c->judging.at;
        o.timestamp = !c->no_timestamp;
        o.lifetime = c->expire_us / US_PER_S;
        o.copy_fields = c->copy_fields;
        o.fields = c->fields ? s->fields.at : NULL;
        o.fields_n = s->fields.n;
        o.oversign = c->oversign ? s->oversign.at : NULL;
        o.oversign_n = s->oversign.n;
        error = postern_dkim_signer_add(s->signer, s->keys[i], &o);
    }
    return error;
}

static int sign_field(void *owner, struct slice field)
{
    return postern_dkim_signer_field(((struct signing *)owner)->signer, field.p, field.n);
}

static int sign_header_end(void *owner)
{
    return postern_dkim_signer_header_end(((struct signing *)owner)->signer);
}

static int sign_body(void *owner, struct slice octets)
{
    return postern_dkim_signer_body(((struct signing *)owner)->signer, octets.p, octets.n);
}

static int sign_end(void *owner)
{
    return postern_dkim_signer_end(((struct signing *)owner)->signer);
}

/* The Sender field goes on top of the others (§5.1). */
static int sign_sender(struct signing *s)
{
    struct buf field;
    buf_init(&field, 1024);
    buf_printf(&field, "Sender: %s", s->c->list);
    int error = field.failed ? ERR_TOO_BIG : sign_field(s, buf_slice(&field));
    buf_clear(&field);
    return error;
}

static int sign(struct signing *s)
{
    static const struct feed to = { sign_field, sign_header_end, sign_body, sign_end };
    const struct tool *t = &s->c->tool;
    s->signer = postern_dkim_signer_new();
    int error = s->signer ? add_signatures(s) : -ENOMEM;
    if (error == -EINVAL)
        return tool_say(t, "no signature can be written so: the domain, the selector, a list of "
                           "fields, or an identity that is not in the domain");
    if (!error && s->add_sender)
        error = sign_sender(s);
    if (!error)
        error = feed_message(&s->message, &to, s);
    return error ? tool_error(t, s->message.name, error) : CMD_OK;
}

/* What the next hop may break. */
static void warn(const struct signing *s)
{
    const struct tool *t = &s->c->tool;
    struct postern_dkim_hazards hazards;
    postern_dkim_signer_hazards(s->signer, &hazards);
    if (hazards.eight_bit)
        (void)tool_say(t, "warning: the body has 8-bit octets: a server that converts them breaks "
                          "the signature");
    if (hazards.longest_line > LONGEST_LINE)
        (void)tool_say(t,
                       "warning: a line has %zu octets: a server that cuts it at %d breaks the "
                       "signature",
                       hazards.longest_line, LONGEST_LINE);
    for (unsigned i = 0; i < 16; i++)
        if (hazards.faults & 1u << i && postern_message_fault_text(1u << i))
            (void)tool_say(t, "warning: the message has a fault: %s",
                           postern_message_fault_text(1u << i));
}

/* ---- printing ---- */

/* The message keeps the line ends that it has, and what is added has the same. */
static int has_crlf(const struct signing *s, bool *out)
{
    struct mailbox_reader reader;
    struct slice block = { 0 }, line, rest;
    mailbox_read_start(&reader, &s->message);
    int more = mailbox_read(&reader, &block);
    bool cut = slice_cut(block, '\n', &line, &rest);
    *out = !cut || (line.n && line.p[line.n - 1] == '\r');
    mailbox_read_end(&reader);
    return more < 0 ? more : 0;
}

static void put_line(const char *text, bool crlf)
{
    for (; *text; text++)
        if (*text != '\r' || crlf)
            (void)putchar(*text); /* tool_end tells of faults */
    (void)fputs(crlf ? "\r\n" : "\n", stdout);
}

static int put_message(const struct signing *s)
{
    struct mailbox_reader reader;
    struct slice block;
    int more;
    mailbox_read_start(&reader, &s->message);
    while ((more = mailbox_read(&reader, &block)) > 0)
        (void)fwrite(block.p, 1, block.n, stdout); /* the same */
    mailbox_read_end(&reader);
    return more;
}

static int print(const struct signing *s)
{
    const struct tool *t = &s->c->tool;
    const char *field;
    bool crlf;
    int error = has_crlf(s, &crlf);
    for (size_t i = 0; s->signer && (field = postern_dkim_signer_signature(s->signer, i)); i++)
        put_line(field, crlf);
    if (s->add_sender) {
        (void)fputs("Sender: ", stdout);
        put_line(s->c->list, crlf);
    }
    if (!error && !s->c->only_header)
        error = put_message(s);
    return error ? tool_error(t, s->message.name, error) : tool_end(t, CMD_OK);
}

static int run(struct signing *s)
{
    struct postern_list_decision decision = { .action = POSTERN_LIST_SIGN };
    int code = take_options(s);
    if (code == CMD_OK)
        code = take_message(s);
    if (code == CMD_OK)
        code = take_keys(s);
    if (code == CMD_OK && s->c->list)
        code = verify_first(s, &decision);
    if (code == CMD_OK && decision.action == POSTERN_LIST_SIGN) {
        s->add_sender = decision.add_sender;
        code = sign(s);
        if (code == CMD_OK)
            warn(s);
    }
    return code == CMD_OK ? print(s) : code;
}

int cmd_dkim_sign(struct dkim_command *c)
{
    struct signing s = { .c = c };
    arena_init(&s.arena, (size_t)64 * 1024);
    int code = run(&s);
    postern_dkim_signer_free(s.signer);
    for (size_t i = 0; i < DKIM_KEYS_MAX; i++)
        postern_dkim_private_free(s.keys[i]);
    mailbox_message_clear(&s.message);
    arena_clear(&s.arena);
    return code;
}

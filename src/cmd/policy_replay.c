/* SPDX-License-Identifier: ISC
 *
 * postern policy replay: recorded attempts through another policy, and what it would have done.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/policy.h"
#include "cmd/replay.h"
#include "cmd/text.h"

#define NAMES_MAX    256
#define NAME_MAX_LEN 64

struct row { /* of a rule, a limit or a built-in check */
    char name[NAME_MAX_LEN + 1];
    unsigned long long recorded, replayed, newly_refused, newly_accepted;
};

struct tally {
    unsigned long long lines, broken, no_account, no_address, no_verdict;
    unsigned long long taken, same, delayed;
    unsigned long long recorded[2][2], replayed[2][2]; /* [refused][right password] */
    unsigned long long refused_right, refused_wrong, accepted_right, accepted_wrong; /* newly */
    int64_t first_us, last_us;
    struct row rows[NAMES_MAX];
    size_t rows_n;
};

struct run {
    struct policy_command *c;
    struct replay *replay;
    struct tally tally;
    FILE *file;
    json_t *differences; /* --json --verbose; owned */
};

/* ---- counting ---- */

/* The last row takes what has none of its own. */
static struct row *row_of(struct tally *t, struct slice name)
{
    char text[NAME_MAX_LEN + 1] = "";
    name = slice_first(name.n ? name : SLICE("policy"), NAME_MAX_LEN);
    for (size_t i = 0; i < name.n; i++)
        text[i] = (char)(name.p[i] < 0x20 || name.p[i] >= 0x7f ? '?' : name.p[i]);
    for (size_t i = 0; i < t->rows_n; i++)
        if (strcmp(t->rows[i].name, text) == 0)
            return &t->rows[i];
    if (t->rows_n == NAMES_MAX)
        return &t->rows[NAMES_MAX - 1];
    struct row *row = &t->rows[t->rows_n++];
    (void)snprintf(row->name, sizeof row->name, "%s", text);
    return row;
}

static void count_change(struct tally *t, const struct replay_outcome *o)
{
    bool was = o->recorded == REPLAY_REFUSED, is = o->replayed == REPLAY_REFUSED;
    struct row *old = was ? row_of(t, o->recorded_by) : NULL;
    struct row *now = is ? row_of(t, slice_of_str(o->replayed_by)) : NULL;
    if (old)
        old->recorded++;
    if (now)
        now->replayed++;
    if (now && !was) {
        now->newly_refused++;
        *(o->right ? &t->refused_right : &t->refused_wrong) += 1;
    } else if (old && !is) {
        old->newly_accepted++;
        *(o->right ? &t->accepted_right : &t->accepted_wrong) += 1;
    } else
        t->same++;
}

static void count(struct tally *t, const struct replay_event *event, const struct replay_outcome *o)
{
    switch (o->skipped) {
    case REPLAY_NO_ACCOUNT: t->no_account++; return;
    case REPLAY_NO_ADDRESS: t->no_address++; return;
    case REPLAY_NO_VERDICT: t->no_verdict++; return;
    case REPLAY_TAKEN: break;
    }
    if (t->taken++ == 0)
        t->first_us = event->wall_us;
    t->last_us = event->wall_us;
    t->recorded[o->recorded == REPLAY_REFUSED][o->right]++;
    t->replayed[o->replayed == REPLAY_REFUSED][o->right]++;
    t->delayed += o->delay_us > 0;
    count_change(t, o);
}

/* ---- one difference ---- */

static void print_difference(const struct replay_event *event, const struct replay_outcome *o)
{
    char time[TEXT_TIME_MAX] = "-", account[TEXT_ACCOUNT_MAX], client[TEXT_ACCOUNT_MAX];
    bool refused = o->replayed == REPLAY_REFUSED;
    struct slice old = o->recorded_by.n ? o->recorded_by : SLICE("policy");
    if (!event->no_year)
        (void)text_time(event->wall_us, time);
    (void)text_account(event->account, account);
    (void)text_account(event->client, client);
    (void)printf("%-25s  %-28s  %-15s  %-7s  password %-5s  ", time, account, client,
                 policy_class_text(o->class), o->right ? "right" : "wrong");
    if (refused)
        (void)printf("let in -> refused by %s\n", o->replayed_by);
    else
        (void)printf("refused by %.*s -> let in\n", SLICE_ARG(old));
}

static bool keep_difference(json_t *list, const struct replay_event *event,
                            const struct replay_outcome *o)
{
    char time[TEXT_TIME_MAX], account[TEXT_ACCOUNT_MAX], client[TEXT_ACCOUNT_MAX];
    char session[TEXT_ACCOUNT_MAX], old[TEXT_ACCOUNT_MAX];
    bool refused = o->replayed == REPLAY_REFUSED;
    (void)text_account(event->account, account);
    (void)text_account(event->client, client);
    (void)text_account(event->session, session);
    (void)text_account(o->recorded_by, old);
    json_t *one = json_pack(
        "{s:s*, s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:s}", "time",
        event->no_year ? NULL : text_utc(event->wall_us, time), "session", session, "account",
        account, "client", client, "class", policy_class_text(o->class), "right-password", o->right,
        "recorded", refused ? "let-in" : "refused", "replayed", refused ? "refused" : "let-in",
        "policy", refused ? o->replayed_by : old);
    return json_array_append_new(list, one) == 0;
}

static int tell_difference(struct run *r, const struct replay_event *event,
                           const struct replay_outcome *o)
{
    if (!r->c->verbose || o->skipped != REPLAY_TAKEN || o->recorded == o->replayed)
        return CMD_OK;
    if (!r->c->tool.json)
        print_difference(event, o);
    else if (!keep_difference(r->differences, event, o))
        return tool_error(&r->c->tool, "replay", -ENOMEM);
    return CMD_OK;
}

/* ---- the log ---- */

static int take_line(struct run *r, struct slice line, struct replay_event *event)
{
    const struct tool *t = &r->c->tool;
    struct replay_outcome o;
    r->tally.lines++;
    switch (replay_line_parse(line, event)) {
    case REPLAY_OTHER: return CMD_OK;
    case REPLAY_BROKEN: r->tally.broken++; return CMD_OK;
    case REPLAY_UNTIMED:
        (void)tool_say(t,
                       "%s: line %llu: nothing says when it was; journalctl -o short-iso, or the "
                       "log's own time, would",
                       r->c->argument[0], r->tally.lines);
        return CMD_USAGE;
    case REPLAY_AUTH: break;
    }
    int error = replay_event(r->replay, event, &o);
    if (error)
        return tool_error(t, "the replay's own store", error);
    count(&r->tally, event, &o);
    return tell_difference(r, event, &o);
}

static int take_log(struct run *r)
{
    static struct replay_event event; /* 8 KiB */
    struct buf line;
    int c = 0, code = CMD_OK;
    buf_init(&line, REPLAY_LINE_MAX + 1);
    while (code == CMD_OK && c != EOF) {
        line.start = line.end = 0; /* keeps the room */
        line.failed = false;
        while ((c = getc_unlocked(r->file)) != EOF && c != '\n')
            buf_append_byte(&line, (uint8_t)c);
        struct slice text = buf_slice(&line);
        if (text.n && text.p[text.n - 1] == '\r')
            text.n--;
        if (text.n)
            code = take_line(r, text, &event);
        else
            r->tally.lines += c == '\n';
    }
    buf_clear(&line);
    return code;
}

/* ---- the report ---- */

static int compare_rows(const void *a, const void *b)
{
    return strcmp(((const struct row *)a)->name, ((const struct row *)b)->name);
}

static void print_left_out(const struct tally *t)
{
    const struct {
        unsigned long long n;
        const char *why;
    } reasons[] = {
        { t->no_address, "the client's address is a pseudonym (log: clear:)" },
        { t->no_account, "no account" },
        { t->no_verdict, "cancelled, or without an outcome" },
        { t->broken, "cut lines" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
        if (reasons[i].n)
            (void)printf("left out:          %12llu  %s\n", reasons[i].n, reasons[i].why);
}

static void print_rows(const struct tally *t)
{
    if (t->rows_n == 0)
        return;
    (void)printf("\n%-34s  %10s  %10s  %13s  %14s\n", "RULE OR LIMIT", "RECORDED", "REPLAYED",
                 "NEWLY REFUSED", "NEWLY ACCEPTED");
    for (size_t i = 0; i < t->rows_n; i++) {
        const struct row *r = &t->rows[i];
        (void)printf("%-34s  %10llu  %10llu  %13llu  %14llu\n", r->name, r->recorded, r->replayed,
                     r->newly_refused, r->newly_accepted);
    }
}

static void print_report(const struct tally *t)
{
    (void)printf("attempts:          %12llu\n", t->taken);
    print_left_out(t);
    (void)printf("\n%-34s  %10s  %10s\n", "", "RECORDED", "REPLAYED");
    (void)printf("%-34s  %10llu  %10llu\n", "let in, password right", t->recorded[0][1],
                 t->replayed[0][1]);
    (void)printf("%-34s  %10llu  %10llu\n", "let in, password wrong", t->recorded[0][0],
                 t->replayed[0][0]);
    (void)printf("%-34s  %10llu  %10llu\n", "refused, password right", t->recorded[1][1],
                 t->replayed[1][1]);
    (void)printf("%-34s  %10llu  %10llu\n", "refused, password wrong or unknown", t->recorded[1][0],
                 t->replayed[1][0]);
    (void)printf("%-34s  %10s  %10llu\n", "delayed", "", t->delayed);
    (void)printf("\n%-34s  %10llu\n", "same verdict", t->same);
    (void)printf("%-34s  %10llu  %llu with the right password\n", "newly refused",
                 t->refused_right + t->refused_wrong, t->refused_right);
    (void)printf("%-34s  %10llu  %llu with the right password\n", "newly accepted",
                 t->accepted_right + t->accepted_wrong, t->accepted_right);
    print_rows(t);
}

static json_t *rows_json(const struct tally *t)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < t->rows_n; i++) {
        const struct row *r = &t->rows[i];
        json_t *one = json_pack("{s:s, s:I, s:I, s:I, s:I}", "name", r->name, "recorded",
                                (json_int_t)r->recorded, "replayed", (json_int_t)r->replayed,
                                "newly-refused", (json_int_t)r->newly_refused, "newly-accepted",
                                (json_int_t)r->newly_accepted);
        if (json_array_append_new(list, one)) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

static json_t *table_json(unsigned long long table[2][2])
{
    return json_pack("{s:I, s:I, s:I, s:I}", "let-in-right", (json_int_t)table[0][1],
                     "let-in-wrong", (json_int_t)table[0][0], "refused-right",
                     (json_int_t)table[1][1], "refused-wrong", (json_int_t)table[1][0]);
}

static json_t *left_out_json(const struct tally *t)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "no-address", (json_int_t)t->no_address, "no-account",
                     (json_int_t)t->no_account, "no-outcome", (json_int_t)t->no_verdict, "broken",
                     (json_int_t)t->broken);
}

static json_t *report_json(struct run *r)
{
    struct tally *t = &r->tally;
    return json_pack("{s:I, s:o, s:o, s:o, s:I, s:I, s:{s:I, s:I}, s:{s:I, s:I}, s:o, s:O*}",
                     "attempts", (json_int_t)t->taken, "left-out", left_out_json(t), "recorded",
                     table_json(t->recorded), "replayed", table_json(t->replayed), "delayed",
                     (json_int_t)t->delayed, "same", (json_int_t)t->same, "newly-refused", "right",
                     (json_int_t)t->refused_right, "wrong", (json_int_t)t->refused_wrong,
                     "newly-accepted", "right", (json_int_t)t->accepted_right, "wrong",
                     (json_int_t)t->accepted_wrong, "names", rows_json(t), "differences",
                     r->differences);
}

static int report(struct run *r)
{
    struct tally *t = &r->tally;
    qsort(t->rows, t->rows_n, sizeof t->rows[0], compare_rows);
    if (r->c->tool.json)
        return tool_json(&r->c->tool, report_json(r));
    if (r->c->verbose && t->same < t->taken)
        (void)putchar('\n');
    print_report(t);
    return tool_end(&r->c->tool, CMD_OK);
}

/* ---- the command ---- */

static int replay_log(struct run *r)
{
    const struct tool *t = &r->c->tool;
    struct buf why;
    buf_init(&why, 1024);
    r->replay = replay_new(t->conf, t->policy, t->counters, t->locations, &why);
    r->differences = t->json && r->c->verbose ? json_array() : NULL;
    int code = r->replay ? take_log(r) : tool_say(t, "%.*s", SLICE_ARG(buf_slice(&why)));
    if (code == CMD_OK && ferror(r->file))
        code = tool_say(t, "%s: cannot be read", r->c->argument[0]);
    replay_free(r->replay);
    buf_clear(&why);
    if (code == CMD_OK)
        code = report(r);
    json_decref(r->differences);
    return code;
}

int cmd_policy_replay(struct policy_command *c)
{
    static struct run r; /* the rows */
    struct tool *t = &c->tool;
    bool from_stdin = strcmp(c->argument[0], "-") == 0;
    int code = tool_policy(t);
    if (code != CMD_OK)
        return code;
    r.c = c;
    r.file = from_stdin ? stdin : fopen(c->argument[0], "re");
    if (!r.file)
        return tool_say(t, "%s: cannot be opened", c->argument[0]);
    code = replay_log(&r);
    (void)fclose(r.file); /* only read from */
    return code;
}

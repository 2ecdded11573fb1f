/* SPDX-License-Identifier: ISC */
#include "cmd/tool.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attribute.h"
#include "base/clock.h"
#include "base/err.h"
#include "cmd/cmd.h"
#include "conf/unit.h"

/* ---- what is wrong ---- */

int tool_say(const struct tool *t, const char *format, ...)
{
    va_list args;
    (void)fflush(stdout);
    (void)fprintf(stderr, "%s: ", t->name);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
    return CMD_FAILED;
}

int tool_usage(const struct tool *t, const char *usage, int option)
{
    if (option != 'h' && option != '?' && optarg)
        (void)tool_say(t, "\"%s\" is no value of this option", optarg);
    (void)fputs(usage, option == 'h' ? stdout : stderr);
    return option == 'h' ? CMD_OK : CMD_USAGE;
}

int tool_error(const struct tool *t, const char *what, int error)
{
    (void)tool_say(t, "%s: %s", what, err_text(error));
    bool passes = error == ERR_FULL || error == ERR_TIMEOUT || error == ERR_CLOSED ||
                  error == -ENOMEM || error == -EAGAIN;
    return passes ? CMD_TRY_AGAIN : CMD_FAILED;
}

int tool_end(const struct tool *t, int code)
{
    errno = 0;
    if (fflush(stdout) || ferror(stdout))
        return tool_error(t, "output", errno ? -errno : -EIO);
    return code;
}

int tool_json(const struct tool *t, json_t *value)
{
    if (!value)
        return tool_error(t, "output", -ENOMEM);
    (void)json_dumpf(value, stdout, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
    (void)putchar('\n');
    json_decref(value);
    return tool_end(t, CMD_OK);
}

bool tool_time(const char *text, int64_t *out_us)
{
    uint64_t us;
    if (!unit_parse(slice_of_str(text), UNIT_TIME, &us) || us < US_PER_S || us > INT64_MAX / 4)
        return false;
    *out_us = (int64_t)us;
    return true;
}

/* ---- opening ---- */

/* The state folder belongs to the service's user, who could have put a link there: root becomes
 * him, and leaves no file of root's behind. */
static int become_owner(const char *directory)
{
    struct stat st;
    if (geteuid() != 0 || stat(directory, &st) || st.st_uid == 0)
        return 0;
    if (setgroups(0, NULL) || setgid(st.st_gid) || setuid(st.st_uid))
        return -errno;
    return 0;
}

/* Before root gives up: the secret is root's. A tool makes none: the service would not be able to
 * read it. Only who needs it is told that it is not there. */
static void open_secret(struct tool *t)
{
    const struct conf *conf = t->conf;
    buf_init(&t->privacy_why, 1024);
    if (access(conf->secret, F_OK))
        buf_printf(&t->privacy_why, "%s: %s", conf->secret, err_text(-errno));
    else
        t->privacy =
            privacy_open(conf->secret, conf->log.clear.at, conf->log.clear.n, &t->privacy_why);
}

int tool_open(struct tool *t, const char *file)
{
    struct buf why;
    buf_init(&why, 2048);
    t->conf = conf_load(file, &why);
    int code = t->conf ? CMD_OK : tool_say(t, "%.*s", SLICE_ARG(buf_slice(&why)));
    buf_clear(&why);
    if (t->conf)
        open_secret(t);
    return code;
}

void tool_close(struct tool *t)
{
    policy_free(t->policy);
    locations_free(t->locations);
    counters_free(t->counters);
    store_close(t->writer);
    store_close(t->store);
    privacy_free(t->privacy);
    buf_clear(&t->privacy_why);
    conf_free(t->conf);
}

int tool_read(struct tool *t)
{
    int error = become_owner(t->conf->state);
    if (!error && !t->store)
        error = store_open(t->conf->state, STORE_READ, 0, &t->store);
    if (error == ERR_NOT_FOUND)
        error = 0; /* the service has not recorded any yet */
    return error ? tool_error(t, t->conf->state, error) : CMD_OK;
}

int tool_secret(struct tool *t)
{
    if (t->privacy)
        return CMD_OK;
    return tool_say(t, "%.*s", SLICE_ARG(buf_slice(&t->privacy_why)));
}

static int make_counters(struct tool *t)
{
    uint8_t key[16] = { 0 };
    if (t->counters)
        return CMD_OK;
    if (t->privacy)
        control_counters_key(t->privacy, key);
    t->counters = counters_new(t->conf->policy.memory, 1, key);
    return t->counters ? CMD_OK : tool_error(t, "counters", -ENOMEM);
}

int tool_policy(struct tool *t)
{
    struct buf why;
    int code = t->policy ? CMD_OK : make_counters(t);
    if (code != CMD_OK || t->policy)
        return code;
    buf_init(&why, 2048);
    t->locations = locations_open(t->conf, &why);
    if (t->locations)
        t->policy = policy_new(t->conf, t->counters, &why);
    if (!t->policy)
        code = tool_say(t, "%.*s", SLICE_ARG(buf_slice(&why)));
    buf_clear(&why);
    return code;
}

int tool_account(struct tool *t, const char *text, struct buf *out)
{
    struct slice realm = slice_of_str(t->conf->submission.realm);
    struct buf canonical;
    if (!device_account_write(slice_of_str(text), realm, out))
        return tool_say(t, "no account can have that name");
    buf_init(&canonical, DEVICE_ACCOUNT_MAX);
    int error = ERR_NOT_FOUND;
    if (t->store)
        error = device_alias_find(t->store, buf_slice(out), &canonical);
    if (!error) {
        buf_clear(out);
        buf_append(out, buf_slice(&canonical));
    }
    buf_clear(&canonical);
    return error && error != ERR_NOT_FOUND ? tool_error(t, t->conf->state, error) : CMD_OK;
}

/* ---- requests ---- */

static bool about_policy(const json_t *request)
{
    struct slice what = slice_of_str(json_string_value(json_object_get(request, "do")));
    return slice_starts(what, SLICE("policy."));
}

enum use { USE_NONE, USE_READ, USE_WRITE };

/* Of the counters. Without a secret there are none: then a device cannot be in them either. */
static enum use use_of(const struct tool *t, const json_t *request)
{
    struct slice what = slice_of_str(json_string_value(json_object_get(request, "do")));
    if (about_policy(request))
        return slice_equal(what, SLICE("policy.attack")) ? USE_WRITE : USE_READ;
    bool forgets = slice_ends_nocase(what, SLICE(".revoke")) ||
                   slice_ends_nocase(what, SLICE(".forget")) ||
                   slice_ends_nocase(what, SLICE(".erase"));
    return forgets && t->privacy ? USE_WRITE : USE_NONE;
}

/* The counters as the service left them. */
static int load_counters(struct tool *t)
{
    struct buf why;
    int code = tool_secret(t);
    if (code == CMD_OK)
        code = make_counters(t);
    if (code != CMD_OK || t->loaded)
        return code;
    buf_init(&why, 1024);
    int error = counters_load(t->counters, t->conf->state, &why);
    if (buf_size(&why))
        (void)tool_say(t, "%.*s", SLICE_ARG(buf_slice(&why)));
    buf_clear(&why);
    t->loaded = true;
    t->saved = error == 1;
    return error < 0 && error != ERR_FORMAT ? tool_error(t, t->conf->state, error) : CMD_OK;
}

static int save_counters(struct tool *t)
{
    struct buf why;
    buf_init(&why, 1024);
    struct counters_file *file = counters_file_open(t->counters, t->conf->state, &why);
    int error = file ? counters_file_save(file) : 0;
    int code = file ? CMD_OK : tool_say(t, "%.*s", SLICE_ARG(buf_slice(&why)));
    if (error)
        code = tool_error(t, t->conf->state, error);
    counters_file_close(file);
    buf_clear(&why);
    return code;
}

/* A folder that root makes is not the service's: its first start does it right. */
static int check_state(const struct tool *t)
{
    if (geteuid() == 0 && access(t->conf->state, F_OK))
        return tool_say(t, "%s: not there yet: start the gate once", t->conf->state);
    return CMD_OK;
}

static int execute(struct tool *t, const json_t *request, json_t **answer)
{
    enum use use = use_of(t, request);
    int code = check_state(t);
    if (code == CMD_OK && use != USE_NONE)
        code = load_counters(t);
    if (code == CMD_OK && about_policy(request))
        code = tool_policy(t);
    if (code != CMD_OK)
        return code;
    int error = become_owner(t->conf->state);
    store_close(TAKE(t->store)); /* LMDB: one process opens a file once */
    if (!error && !t->writer)
        error = store_open(t->conf->state, STORE_WRITE, 0, &t->writer);
    if (error)
        return tool_error(t, t->conf->state, error);
    struct control_context context = {
        .store = t->writer,
        .counters = t->counters,
        .policy = t->policy,
        .privacy = t->privacy,
        .locations = t->locations,
        .conf = t->conf,
    };
    *answer = control_execute(&context, request, clock_wall_us());
    bool saves = use == USE_WRITE && (t->saved || about_policy(request));
    return saves ? save_counters(t) : CMD_OK;
}

static int judge(const struct tool *t, json_t *answer)
{
    if (!answer)
        return tool_error(t, "request", -ENOMEM);
    if (json_is_true(json_object_get(answer, "ok")))
        return CMD_OK;
    const char *error = json_string_value(json_object_get(answer, "error"));
    (void)tool_say(t, "%s", error ? error : "the service gave no answer");
    return json_is_true(json_object_get(answer, "again")) ? CMD_TRY_AGAIN : CMD_FAILED;
}

int tool_ask(struct tool *t, json_t *request, json_t **answer)
{
    json_t *got = NULL;
    int error = request ? control_ask(t->conf->state, request, &got) : -ENOMEM, code = CMD_OK;
    if (error == ERR_NOT_FOUND)
        code = execute(t, request, &got);
    else if (error)
        code = tool_error(t, t->conf->state, error);
    if (code == CMD_OK)
        code = judge(t, got);
    json_decref(request);
    if (code == CMD_OK)
        *answer = got;
    else
        json_decref(got);
    return code;
}

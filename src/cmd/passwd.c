/* SPDX-License-Identifier: ISC
 *
 * postern passwd: sets or removes the password of an account of the file backend.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "auth/passwd.h"
#include "auth/sasl.h"
#include "base/err.h"
#include "base/secret.h"
#include "cmd/cmd.h"
#include "conf/conf.h"

struct options {
    const char *conf, *file, *user;
    bool remove, from_stdin;
};

static int usage(void)
{
    (void)fputs("usage: postern passwd [-c FILE | -f PASSWD-FILE] [--remove] [--stdin] USER\n"
                "\n"
                "  -c, --config FILE  the configuration whose submission.auth is file:PATH\n"
                "                     (default: " CONF_DEFAULT_FILE ")\n"
                "  -f, --file FILE    the account file itself\n"
                "      --remove       remove the account\n"
                "      --stdin        read the password from the first line of standard input\n",
                stderr);
    return CMD_USAGE;
}

static bool read_options(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {
        { "config", required_argument, NULL, 'c' },
        { "file", required_argument, NULL, 'f' },
        { "remove", no_argument, NULL, 'r' },
        { "stdin", no_argument, NULL, 's' },
        { NULL, 0, NULL, 0 },
    };
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "c:f:", longs, NULL)) != -1;) {
        if (c == 'c')
            o->conf = optarg;
        else if (c == 'f')
            o->file = optarg;
        else if (c == 'r')
            o->remove = true;
        else if (c == 's')
            o->from_stdin = true;
        else
            return false;
    }
    if (optind != argc - 1 || (o->conf && o->file))
        return false;
    o->user = argv[optind];
    return true;
}

static void complain(struct slice text)
{
    (void)fprintf(stderr, "postern passwd: %.*s\n", SLICE_ARG(text));
}

/* One line without its end into out; false at the end of the file or when it is too long. */
static bool read_line(struct buf *out)
{
    int c;
    while ((c = getchar()) != EOF && c != '\n')
        buf_append_byte(out, (uint8_t)c);
    struct slice line = buf_slice(out);
    if (line.n && line.p[line.n - 1] == '\r')
        out->end--; /* from a file written elsewhere */
    return !out->failed && (c == '\n' || buf_size(out) > 0);
}

static struct termios terminal; /* as it was, for the signal handler */

/* Ctrl-C at the prompt must not leave a terminal without echo. */
static void on_signal(int number)
{
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &terminal); /* async-signal-safe, and all we can do */
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

static void catch_signals(void (*handler)(int))
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGQUIT, SIGHUP };
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
        (void)signal(numbers[i], handler); /* these can all be caught */
    (void)signal(SIGTSTP, handler == SIG_DFL ? SIG_DFL : SIG_IGN);
}

static bool ask_once(const char *prompt, struct buf *out)
{
    struct termios silent;
    if (tcgetattr(STDIN_FILENO, &terminal) != 0)
        return false;
    silent = terminal;
    catch_signals(on_signal);
    silent.c_lflag &= ~(tcflag_t)ECHO;
    silent.c_lflag |= ECHONL;
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) != 0)
        return false;
    (void)fputs(prompt, stderr); /* last: what is typed before it is flushed */
    bool good = read_line(out);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal); /* nothing to be done if not */
    catch_signals(SIG_DFL);
    return good;
}

static bool ask_twice(struct buf *out)
{
    CLEANUP(buf_wipe) struct buf again;
    buf_init(&again, SASL_PASSWORD_MAX);
    if (!ask_once("New password: ", out) || !ask_once("Once more: ", &again)) {
        complain(SLICE("no password was read"));
        return false;
    }
    if (secret_equal(buf_slice(out), buf_slice(&again)))
        return true;
    complain(SLICE("the two differ; nothing was changed"));
    return false;
}

static bool read_password(const struct options *o, struct buf *out)
{
    static char stdio_buffer[BUFSIZ]; /* ours, so that it can be wiped */
    (void)setvbuf(stdin, stdio_buffer, _IOFBF, sizeof stdio_buffer);
    bool good;
    if (!o->from_stdin && isatty(STDIN_FILENO)) {
        good = ask_twice(out);
    } else {
        good = read_line(out);
        if (!good)
            complain(SLICE("no password on standard input"));
    }
    secret_wipe(stdio_buffer, sizeof stdio_buffer);
    if (good && buf_size(out) == 0)
        complain(SLICE("an empty password is none; --remove removes the account"));
    return good && buf_size(out) > 0;
}

/* The account file that the configuration names; false after saying why not. */
static bool find_file(const struct options *o, struct buf *path)
{
    CLEANUP(buf_clear) struct buf why;
    buf_init(&why, 4096);
    struct conf *conf = conf_load(o->conf ? o->conf : CONF_DEFAULT_FILE, &why);
    struct slice auth = conf ? slice_of_str(conf->submission.auth) : (struct slice){ 0 };
    bool file = slice_starts(auth, SLICE("file:"));
    if (!conf)
        complain(buf_slice(&why));
    else if (!file)
        complain(SLICE("submission.auth is not file:PATH; give the file with -f"));
    buf_append(path, slice_from(auth, 5));
    buf_append_byte(path, 0);
    conf_free(conf);
    return file && !path->failed;
}

static int change(const struct options *o, const char *path)
{
    CLEANUP(buf_wipe) struct buf password;
    CLEANUP(buf_clear) struct buf why;
    struct slice user = slice_of_str(o->user);
    buf_init(&password, SASL_PASSWORD_MAX);
    buf_init(&why, 4096);
    if (!o->remove && !read_password(o, &password))
        return CMD_FAILED;
    int error = o->remove ? passwd_remove(path, user, &why)
                          : passwd_set(path, user, buf_slice(&password), &why);
    if (error)
        complain(buf_slice(&why));
    return error ? CMD_FAILED : CMD_OK;
}

int cmd_passwd(int argc, char **argv)
{
    struct options o = { 0 };
    if (!read_options(argc, argv, &o))
        return usage();
    CLEANUP(buf_clear) struct buf path;
    buf_init(&path, 4096);
    if (o.file)
        return change(&o, o.file);
    if (!find_file(&o, &path))
        return CMD_FAILED;
    return change(&o, (const char *)buf_slice(&path).p);
}

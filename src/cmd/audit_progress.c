/* SPDX-License-Identifier: ISC
 *
 * A file may have gigabytes without one message, so that nothing returns in time to tell: a timer's signal tells.
 */
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "cmd/audit_run.h"

#define NAME_MAX_SHOWN 50

static struct {
    struct capture *volatile capture;
    char name[NAME_MAX_SHOWN + 1];
    volatile sig_atomic_t shown;
} progress;

static size_t put(char *out, size_t at, const char *text)
{
    size_t n = strlen(text);
    memcpy(out + at, text, n);
    return at + n;
}

static size_t put_number(char *out, size_t at, uint64_t number)
{
    char digits[20];
    size_t n = sizeof digits;
    do {
        digits[--n] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    memcpy(out + at, digits + n, sizeof digits - n);
    return at + sizeof digits - n;
}

/* Only what a signal handler may do: numbers are read, octets are written. */
static void show(int signal)
{
    char line[NAME_MAX_SHOWN + 128];
    uint64_t read = 0, size = 0;
    (void)signal;
    if (!progress.capture)
        return;
    capture_position(progress.capture, &read, &size);
    size_t n = put(line, 0, "\r");
    n = put(line, n, progress.name);
    n = put(line, n, ": ");
    if (size)
        n = put(line, put_number(line, n, 100 * (read < size ? read : size) / size), " % of ");
    n = put(line, put_number(line, n, (size ? size : read) >> 20), " MiB, ");
    n = put(line, put_number(line, n, capture_totals(progress.capture)->frames), " frames ");
    progress.shown = 1;
    if (write(STDERR_FILENO, line, n) < 0)
        progress.capture = NULL; /* nobody is there to see it */
}

static void set_timer(time_t seconds)
{
    struct itimerval every = { .it_interval.tv_sec = seconds, .it_value.tv_sec = seconds };
    (void)setitimer(ITIMER_REAL, &every, NULL); /* cannot fail with these */
}

void audit_progress_start(struct capture *capture, const char *name)
{
    struct sigaction action = { .sa_handler = show, .sa_flags = SA_RESTART };
    if (!isatty(STDERR_FILENO))
        return;
    size_t n = strlen(name), from = n > NAME_MAX_SHOWN ? n - NAME_MAX_SHOWN : 0;
    for (size_t i = 0; i <= n - from; i++) {
        char c = name[from + i];
        progress.name[i] = c;
        if (c && ((unsigned char)c < 0x20 || c == 0x7f))
            progress.name[i] = '?';
    }
    progress.capture = capture;
    (void)sigaction(SIGALRM, &action, NULL); /* SIGALRM can be caught */
    set_timer(1);
}

void audit_progress_stop(void)
{
    if (!progress.capture && !progress.shown)
        return;
    set_timer(0);
    progress.capture = NULL;
    if (progress.shown && write(STDERR_FILENO, "\r\033[K", 4) < 0)
        progress.shown = 0; /* nobody is there to see it */
    progress.shown = 0;
}

/* SPDX-License-Identifier: ISC
 *
 * libopendkim as a peer. Lines on the standard input, one answer line each:
 *   sign HEADER BODY ALGORITHM DOMAIN SELECTOR KEYFILE IN OUT    (simple|relaxed, rsa-sha256|ed25519-sha256)
 *   verify KEYS IN                                               (KEYS: a file of "NAME RECORD" lines)
 * Files have CRLF line ends. Answers: "ok", "pass", "fail ...".
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <opendkim/dkim.h>

static unsigned char text[1 << 22];

static size_t load(const char *path)
{
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f)
        (void)fclose(f);
    text[n] = 0;
    return n;
}

static DKIM_STAT feed(DKIM *dkim, size_t n)
{
    size_t from = 0, at = 0;
    DKIM_STAT status = DKIM_STAT_OK;
    while (status == DKIM_STAT_OK && from + 2 <= n && memcmp(text + from, "\r\n", 2) != 0) {
        while (at + 2 < n && (memcmp(text + at, "\r\n", 2) != 0 || strchr(" \t", text[at + 2])))
            at++;
        status = dkim_header(dkim, text + from, at - from);
        from = at += 2;
    }
    if (status == DKIM_STAT_OK)
        status = dkim_eoh(dkim);
    if (status == DKIM_STAT_OK && from + 2 < n)
        status = dkim_body(dkim, text + from + 2, n - from - 2);
    return status;
}

static void sign(DKIM_LIB *lib, char **word)
{
    static unsigned char key[1 << 14];
    static unsigned char field[1 << 14];
    DKIM_STAT status;
    bool ed = strcmp(word[2], "ed25519-sha256") == 0;
    size_t key_n = load(word[5]);
    memcpy(key, text, key_n + 1);
    size_t n = load(word[6]);
    DKIM *dkim = dkim_sign(lib, (const unsigned char *)"job", NULL, key, (unsigned char *)word[4],
                           (unsigned char *)word[3],
                           strcmp(word[0], "simple") ? DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE,
                           strcmp(word[1], "simple") ? DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE,
                           ed ? DKIM_SIGN_ED25519SHA256 : DKIM_SIGN_RSASHA256, -1, &status);
    if (dkim)
        status = feed(dkim, n);
    if (status == DKIM_STAT_OK)
        status = dkim_eom(dkim, NULL);
    if (status == DKIM_STAT_OK)
        status = dkim_getsighdr(dkim, field, sizeof field, (size_t)16);
    FILE *out = status == DKIM_STAT_OK ? fopen(word[7], "wb") : NULL;
    if (out) {
        (void)fputs("DKIM-Signature: ", out);
        for (const unsigned char *p = field; *p; p++) { /* folds come with LF alone */
            if (*p == '\n' && (p == field || p[-1] != '\r'))
                (void)fputc('\r', out);
            (void)fputc(*p, out);
        }
        (void)fputs("\r\n", out);
        (void)fwrite(text, 1, n, out);
        (void)fclose(out);
    }
    (void)printf(out ? "ok\n" : "fail %s\n", dkim_getresultstr(status));
    if (dkim)
        (void)dkim_free(dkim);
}

static void verify(DKIM_LIB *lib, char **word)
{
    DKIM_STAT status;
    (void)dkim_options(lib, DKIM_OP_SETOPT, DKIM_OPTS_QUERYINFO, word[0], strlen(word[0]));
    size_t n = load(word[1]);
    DKIM *dkim = dkim_verify(lib, (const unsigned char *)"job", NULL, &status);
    if (dkim)
        status = feed(dkim, n);
    if (status == DKIM_STAT_OK)
        status = dkim_eom(dkim, NULL);
    DKIM_SIGINFO *signature = dkim ? dkim_getsignature(dkim) : NULL;
    bool pass = status == DKIM_STAT_OK && signature &&
                (dkim_sig_getflags(signature) & DKIM_SIGFLAG_PASSED) &&
                dkim_sig_getbh(signature) == DKIM_SIGBH_MATCH;
    (void)printf(pass ? "pass\n" : "fail %s\n", dkim_getresultstr(status));
    if (dkim)
        (void)dkim_free(dkim);
}

int main(void)
{
    static char line[1 << 14];
    dkim_query_t method = DKIM_QUERY_FILE;
    DKIM_LIB *lib = dkim_init(NULL, NULL);
    if (!lib)
        return 2;
    (void)dkim_options(lib, DKIM_OP_SETOPT, DKIM_OPTS_QUERYMETHOD, &method, sizeof method);
    while (fgets(line, sizeof line, stdin)) {
        char *word[10] = { NULL };
        size_t n = 0;
        line[strcspn(line, "\n")] = '\0';
        for (char *rest = line; n < 9 && rest;)
            word[n++] = strsep(&rest, " ");
        if (n == 9 && strcmp(word[0], "sign") == 0)
            sign(lib, word + 1);
        else if (n == 3 && strcmp(word[0], "verify") == 0)
            verify(lib, word + 1);
        else if (n == 1 && strcmp(word[0], "ed25519") == 0)
            (void)puts(dkim_libfeature(lib, DKIM_FEATURE_ED25519) ? "ok" : "fail not built in");
        else
            (void)puts("fail usage");
        (void)fflush(stdout);
    }
    dkim_close(lib);
    return 0;
}

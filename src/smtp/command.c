/* SPDX-License-Identifier: ISC */
#include "smtp/command.h"

#include "smtp/character.h"

static const char *const names[SMTP_VERB_COUNT + 1] = {
    [SMTP_AUTH] = "AUTH", [SMTP_BDAT] = "BDAT", [SMTP_CLIENTID] = "CLIENTID", [SMTP_DATA] = "DATA",
    [SMTP_EHLO] = "EHLO", [SMTP_ETRN] = "ETRN", [SMTP_EXPN] = "EXPN",         [SMTP_HELO] = "HELO",
    [SMTP_HELP] = "HELP", [SMTP_MAIL] = "MAIL", [SMTP_NOOP] = "NOOP",         [SMTP_QUIT] = "QUIT",
    [SMTP_RCPT] = "RCPT", [SMTP_RSET] = "RSET", [SMTP_STARTTLS] = "STARTTLS", [SMTP_VRFY] = "VRFY",
    [SMTP_UNKNOWN] = "?",
};

static bool fail(struct fault *why, size_t at, const char *what)
{
    *why = (struct fault){ .at = at, .what = what };
    return false;
}

static enum smtp_verb verb_of(struct slice word)
{
    for (enum smtp_verb v = 0; v < SMTP_VERB_COUNT; v++)
        if (slice_equal_nocase(word, slice_of_str(names[v])))
            return v;
    return SMTP_UNKNOWN;
}

bool smtp_command_parse(struct slice line, struct smtp_command *out, struct fault *why)
{
    for (size_t i = 0; i < line.n; i++)
        if (is_control(line.p[i]) && line.p[i] != '\t')
            return fail(why, i, "control byte in a command");
    struct slice word, argument;
    (void)slice_cut(slice_trim_end(line), ' ', &word, &argument); /* without one: all is the word */
    if (word.n == 0 || word.p[0] == '\t')
        return fail(why, 0, "no verb");
    *out = (struct smtp_command){
        .verb = verb_of(word),
        .word = word,
        .argument = argument,
        .argument_given = line.n > word.n && line.p[word.n] == ' ',
    };
    return true;
}

const char *smtp_verb_name(enum smtp_verb verb)
{
    return names[verb <= SMTP_UNKNOWN ? verb : SMTP_UNKNOWN];
}

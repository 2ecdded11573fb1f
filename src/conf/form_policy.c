/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "conf/form.h"

#define NAME_MAX_BYTES 64 /* DEVICE_REASON_MAX: the history and the alerts hold no more */
#define LABEL_MAX      31 /* what a record of the store has room for */
#define STARS_MAX      16

static bool is_alnum(uint8_t c)
{
    uint8_t low = ascii_lower(c);
    return (c >= '0' && c <= '9') || (low >= 'a' && low <= 'z');
}

static size_t count_stars(struct slice s)
{
    size_t stars = 0;
    for (size_t i = 0; i < s.n; i++)
        stars += s.p[i] == '*';
    return stars;
}

static const char *check_name(struct slice s)
{
    if (s.n == 0 || s.n > NAME_MAX_BYTES)
        return "not 1 to 64 characters";
    for (size_t i = 0; i < s.n; i++)
        if (!is_alnum(s.p[i]) && (s.p[i] == 0 || !strchr(" ._-", s.p[i])))
            return "a character that no name has";
    return s.p[0] == ' ' || s.p[s.n - 1] == ' ' ? "a space at an end" : NULL;
}

static const char *check_account(struct slice s)
{
    if (s.n == 0 || s.n > 255)
        return "not 1 to 255 characters";
    return count_stars(s) > STARS_MAX ? "more than 16 \"*\"" : NULL;
}

/* draft-storey-smtp-client-id-13 §3: a type has at most 16 characters. */
static const char *check_type(struct slice s)
{
    size_t stars = count_stars(s);
    if (s.n == 0)
        return "the pattern is empty";
    for (size_t i = 0; i < s.n; i++)
        if (!is_alnum(s.p[i]) && (s.p[i] == 0 || !strchr("-_*?", s.p[i])))
            return "a character that no type or pattern has";
    if (s.n - stars > 16)
        return "longer than any type: 16 characters";
    return stars > STARS_MAX ? "more than 16 \"*\"" : NULL;
}

/* "~" number "." 26 characters of lower-case base32, as privacy/pseudonym.h writes them; the last
 * one carries three bits, the lower two are zero. */
static const char *check_token(struct slice s)
{
    struct slice number, letters;
    uint32_t key;
    if (!slice_starts(s, SLICE("~")) || !slice_cut(slice_from(s, 1), '.', &number, &letters))
        return "not a pseudonym";
    if (!slice_to_u32(number, 1, UINT32_MAX, &key) || number.p[0] == '0')
        return "no number of a key behind the \"~\"";
    for (size_t i = 0; i < letters.n; i++)
        if (!(letters.p[i] >= 'a' && letters.p[i] <= 'z') &&
            !(letters.p[i] >= '2' && letters.p[i] <= '7'))
            return "a character that no pseudonym has";
    if (letters.n != 26 || !memchr("aeimquy4", letters.p[25], 8))
        return "cut, or not a pseudonym";
    return NULL;
}

static const char *check_label(struct slice s)
{
    return s.n == 0 || s.n > LABEL_MAX ? "not 1 to 31 octets" : NULL;
}

static const char *check_nonce(struct slice s)
{
    return s.n == 0 || s.n > 255 ? "not 1 to 255 octets" : NULL;
}

/* clang-format off */
const struct form form_name    = { "a name (letters, digits, spaces, dots, _ and -)", check_name, "^[A-Za-z0-9._-]([A-Za-z0-9 ._-]{0,62}[A-Za-z0-9._-])?$" };
const struct form form_account = { "a pattern of accounts", check_account, "^.{1,255}$" };
const struct form form_type    = { "a pattern of types", check_type, "^[A-Za-z0-9_*?-]+$" };
const struct form form_token   = { "a pseudonym (~1.k3v...)", check_token, "^~[1-9][0-9]{0,9}\\.[a-z2-7]{26}$" };
const struct form form_label   = { "a text of at most 31 octets", check_label, "^.{1,31}$" };
const struct form form_nonce   = { "a text of at most 255 octets", check_nonce, "^.{1,255}$" };
/* clang-format on */

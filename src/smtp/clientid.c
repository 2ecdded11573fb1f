/* SPDX-License-Identifier: ISC */
#include "smtp/clientid.h"

#include "smtp/character.h"

static bool fail(struct fault *why, size_t at, const char *what)
{
    *why = (struct fault){ .at = at, .what = what };
    return false;
}

/* client-id-type = 1*16 client-id-type-char ; client-id-type-char = ALPHA / DIGIT / "-" */
static bool check_type(struct slice type, bool underscore, struct fault *why)
{
    if (type.n == 0)
        return fail(why, 0, "no type");
    for (size_t i = 0; i < type.n; i++) {
        uint8_t c = type.p[i];
        if (!is_alnum(c) && c != '-' && !(underscore && c == '_'))
            return fail(why, i, "wrong byte in the type");
        if (i == CLIENTID_TYPE_MAX)
            return fail(why, i, "type too long");
    }
    return true;
}

/* client-id-token = 1*128 VCHAR */
static bool check_token(struct slice token, size_t at, struct fault *why)
{
    if (token.n == 0)
        return fail(why, at, "no token");
    for (size_t i = 0; i < token.n; i++) {
        if (!is_visible(token.p[i]))
            return fail(why, at + i, "wrong byte in the token");
        if (i == CLIENTID_TOKEN_MAX)
            return fail(why, at + i, "token too long");
    }
    return true;
}

bool smtp_clientid_parse(struct slice argument, bool underscore, struct clientid *out,
                         struct fault *why)
{
    struct slice type, token;
    bool cut = slice_cut(argument, ' ', &type, &token);
    if (!check_type(type, underscore, why) || !check_token(token, type.n + cut, why))
        return false;
    *out = (struct clientid){ .type = type, .token = token };
    return true;
}

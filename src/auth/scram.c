/* SPDX-License-Identifier: ISC */
#include "auth/scram.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gsasl.h>
#include <sodium.h>

#include "auth/sasl.h"
#include "auth/verifier.h"
#include "base/base64.h"
#include "base/secret.h"

struct scram_library {
    Gsasl *gsasl;
};

struct scram {
    Gsasl_session *session;
    bool plus, bound;
};

struct scram_library *scram_library_new(void)
{
    struct scram_library *library = calloc(1, sizeof *library);
    if (library && gsasl_init(&library->gsasl) != GSASL_OK) {
        free(library);
        return NULL;
    }
    return library;
}

void scram_library_free(struct scram_library *library)
{
    if (!library)
        return;
    gsasl_done(library->gsasl);
    free(library);
}

static bool set_base64(struct scram *s, Gsasl_property property, struct slice bytes)
{
    struct buf text;
    buf_init(&text, 256);
    base64_encode(&text, bytes);
    struct slice all = buf_slice(&text);
    bool good = !text.failed && gsasl_property_set_raw(s->session, property, (const char *)all.p,
                                                       all.n) == GSASL_OK;
    buf_wipe(&text);
    return good;
}

struct scram *scram_new(struct scram_library *library, bool plus, const uint8_t *binding)
{
    const char *mechanism = plus ? "SCRAM-SHA-256-PLUS" : "SCRAM-SHA-256";
    struct scram *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->plus = plus;
    s->bound = binding != NULL;
    if (gsasl_server_start(library->gsasl, mechanism, &s->session) != GSASL_OK ||
        (binding &&
         !set_base64(s, GSASL_CB_TLS_EXPORTER, (struct slice){ binding, SCRAM_BINDING }))) {
        scram_free(s);
        return NULL;
    }
    return s;
}

/* The library frees its properties as they are; what it holds of the keys is overwritten first. */
static void wipe_property(struct scram *s, Gsasl_property property)
{
    const char *value = gsasl_property_fast(s->session, property);
    char *bytes;
    memcpy(&bytes, &value, sizeof bytes); /* it was malloc'ed, const only for its readers */
    if (bytes)
        secret_wipe(bytes, strlen(bytes));
}

void scram_free(struct scram *s)
{
    if (s && s->session) {
        wipe_property(s, GSASL_SCRAM_STOREDKEY);
        wipe_property(s, GSASL_SCRAM_SERVERKEY);
        gsasl_finish(s->session);
    }
    free(s);
}

bool scram_name(struct slice first, struct buf *out)
{
    return sasl_name_find(SLICE("SCRAM-SHA-256"), first, out);
}

/* RFC 5802 §6: which gs2-cbind-flag goes with what was offered and chosen. */
static const char *check_binding(const struct scram *s, struct slice first)
{
    struct slice flag, rest;
    (void)slice_cut(first, ',', &flag, &rest); /* scram_name has seen the comma */
    if (slice_starts(flag, SLICE("p="))) {
        if (!s->plus)
            return "channel binding in a mechanism without -PLUS";
        return slice_equal(flag, SLICE("p=tls-exporter")) ? NULL : "unknown channel binding type";
    }
    if (s->plus)
        return "no channel binding in a -PLUS mechanism";
    if (slice_equal(flag, SLICE("n")))
        return NULL;
    if (!slice_equal(flag, SLICE("y")))
        return "bad channel binding flag";
    return s->bound ? "the client did not see that -PLUS was offered: someone in between" : NULL;
}

static bool set_verifier(struct scram *s, const struct scram_verifier *v)
{
    char iterations[16];
    (void)snprintf(iterations, sizeof iterations, "%u", v->iterations);
    return gsasl_property_set(s->session, GSASL_SCRAM_ITER, iterations) == GSASL_OK &&
           set_base64(s, GSASL_SCRAM_SALT, (struct slice){ v->salt, v->salt_n }) &&
           set_base64(s, GSASL_SCRAM_STOREDKEY, (struct slice){ v->stored_key, 32 }) &&
           set_base64(s, GSASL_SCRAM_SERVERKEY, (struct slice){ v->server_key, 32 });
}

static bool step(struct scram *s, struct slice in, int wanted, struct buf *out)
{
    char *answer = NULL;
    size_t n = 0;
    int result = gsasl_step(s->session, (const char *)in.p, in.n, &answer, &n);
    if (result == wanted && n)
        buf_append(out, (struct slice){ (const uint8_t *)answer, n });
    gsasl_free(answer);
    return result == wanted && !out->failed;
}

/* What GNU SASL read as the name must be what we looked up. */
static bool same_name(struct scram *s, struct slice first)
{
    struct buf name;
    buf_init(&name, SASL_NAME_MAX);
    bool same =
        scram_name(first, &name) &&
        slice_equal(buf_slice(&name), slice_of_str(gsasl_property_fast(s->session, GSASL_AUTHID)));
    buf_clear(&name);
    return same;
}

bool scram_begin(struct scram *s, struct slice first, const struct scram_verifier *verifier,
                 struct buf *out, const char **reason)
{
    *reason = slice_has(first, 0) ? "NUL in a SCRAM message" : check_binding(s, first);
    if (*reason)
        return false;
    *reason = "bad client-first-message";
    return set_verifier(s, verifier) && step(s, first, GSASL_NEEDS_MORE, out) &&
           same_name(s, first);
}

bool scram_prove(struct scram *s, struct slice final, struct buf *out, const char **reason)
{
    *reason = "wrong password, or a bad client-final-message";
    return final.n && !slice_has(final, 0) && step(s, final, GSASL_OK, out);
}

const char *scram_authorize(const struct scram *s)
{
    const char *name = gsasl_property_fast(s->session, GSASL_AUTHZID);
    return name && *name ? name : NULL;
}

static void derive(uint8_t *out, size_t n, const uint8_t key[32], const char *label,
                   struct slice lower)
{
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, key, 32, n); /* sizes are legal */
    (void)crypto_generichash_update(&state, (const uint8_t *)label, strlen(label) + 1);
    for (size_t i = 0; i < lower.n; i++) {
        uint8_t c = ascii_lower(lower.p[i]);
        (void)crypto_generichash_update(&state, &c, 1);
    }
    (void)crypto_generichash_final(&state, out, n);
    secret_wipe(&state, sizeof state);
}

void scram_verifier_invent(struct scram_verifier *v, const uint8_t key[32], struct slice name)
{
    *v = (struct scram_verifier){ .present = true,
                                  .iterations = SCRAM_ITERATIONS,
                                  .salt_n = SCRAM_SALT };
    derive(v->salt, v->salt_n, key, "scram salt", name);
    derive(v->stored_key, sizeof v->stored_key, key, "scram stored key", name);
    derive(v->server_key, sizeof v->server_key, key, "scram server key", name);
}

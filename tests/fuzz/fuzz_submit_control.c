/* SPDX-License-Identifier: ISC */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/check.h"
#include "submit/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct control_context context;
static char directory[] = "/tmp/postern-fuzz-XXXXXX";

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void end(void)
{
    store_close(context.store);
    (void)nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void begin(void)
{
    static const uint8_t key[16] = { 7 };
    struct buf why;
    buf_init(&why, 1024);
    CHECK(mkdtemp(directory));
    struct conf *conf = conf_parse("fuzz", SLICE("submission: {realm: example.com}"), &why);
    CHECK(conf && store_open(directory, STORE_WRITE, UINT64_C(64) << 20, &context.store) == 0);
    context.conf = conf;
    context.counters = counters_new(UINT64_C(1) << 20, 1, key);
    context.locations = locations_open(conf, &why);
    CHECK(context.counters && context.locations);
    context.policy = policy_new(conf, context.counters, &why);
    CHECK(context.policy);
    buf_clear(&why);
    CHECK(atexit(end) == 0);
}

/* Any JSON gets an answer: ok, or not and why; and the store is outside of a transaction again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_error_t why;
    if (!context.store)
        begin();
    json_t *request = json_loadb((const char *)data, size, JSON_DECODE_ANY, &why);
    if (!request)
        return 0;
    json_t *answer = control_execute(&context, request, INT64_C(1795252309123456));
    const json_t *ok = json_object_get(answer, "ok");
    CHECK(json_is_boolean(ok));
    CHECK(json_is_true(ok) || json_is_string(json_object_get(answer, "error")));
    json_decref(answer);
    json_decref(request);
    CHECK(store_begin(context.store) == 0);
    store_abort(context.store);
    return 0;
}

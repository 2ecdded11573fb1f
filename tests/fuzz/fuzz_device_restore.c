/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "device/device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One for the whole run, never written to: every transaction is aborted. */
static struct store *open_store(void)
{
    char path[] = "/tmp/postern-fuzz-XXXXXX", file[sizeof path + 32];
    struct store *store = NULL;
    CHECK(mkdtemp(path));
    CHECK(store_open(path, STORE_WRITE, 0, &store) == 0);
    CHECK(device_prepare(store) == 0);
    static const char *const names[] = { "/store.mdb", "/store.mdb-lock", "" };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) { /* it stays as long as it is open */
        (void)snprintf(file, sizeof file, "%s%s", path, names[i]);
        (void)remove(file);
    }
    return store;
}

static bool append_line(void *context, struct slice json)
{
    struct buf *out = context;
    buf_append(out, json);
    buf_append_byte(out, '\n');
    return true;
}

static void export_to(struct store *store, struct buf *out)
{
    buf_init(out, 16 * DEVICE_LINE_MAX);
    CHECK(device_export(store, SLICE(""), append_line, out) == 0 && !out->failed);
}

/* What is imported is exported as lines that are imported, and say the same then. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct store *store;
    struct slice line = { data, size }, lines;
    struct buf first, second;
    struct fault why = { 0 };
    if (!store)
        store = open_store();
    CHECK(store_begin(store) == 0);
    int error = device_import_line(store, line, &why);
    CHECK((error == 0) == (why.what == NULL));
    export_to(store, &first);
    CHECK((buf_size(&first) > 0) == (error == 0));
    for (lines = buf_slice(&first); slice_cut(lines, '\n', &line, &lines);)
        CHECK(line.n <= DEVICE_LINE_MAX && device_import_line(store, line, &why) == 0);
    export_to(store, &second);
    CHECK(slice_equal(buf_slice(&first), buf_slice(&second)));
    store_abort(store);
    if (error)
        CHECK(why.at <= size);
    buf_clear(&first);
    buf_clear(&second);
    return 0;
}

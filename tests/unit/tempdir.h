/* SPDX-License-Identifier: ISC
 *
 * A directory of the test's own, removed with all that is in it.
 */
#pragma once

#include "check.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>

struct tempdir {
    char path[64];
    char file[128]; /* of tempdir_file */
};

static inline void tempdir_make(struct tempdir *t)
{
    (void)snprintf(t->path, sizeof t->path, "%s", "/tmp/postern-test-XXXXXX");
    assert_non_null(mkdtemp(t->path));
}

/* PATH/name; valid until the next call. */
static inline const char *tempdir_file(struct tempdir *t, const char *name)
{
    (void)snprintf(t->file, sizeof t->file, "%s/%s", t->path, name);
    return t->file;
}

static inline int tempdir_remove_one(const char *path, const struct stat *st, int type,
                                     struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline void tempdir_remove(struct tempdir *t)
{
    (void)nftw(t->path, tempdir_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline unsigned tempdir_mode(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return (unsigned)st.st_mode & 07777;
}

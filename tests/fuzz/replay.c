/* SPDX-License-Identifier: ISC
 *
 * Runs a fuzz target over the files of the directories named (those that exist): in every build
 * the corpus and past crashes are ordinary tests.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
    static uint8_t all[1 << 20];
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        return 1;
    }
    size_t n = fread(all, 1, sizeof all, f);
    (void)fclose(f);                    /* only read from */
    uint8_t *exact = malloc(n ? n : 1); /* so that a sanitizer sees the end */
    if (!exact)
        return 1;
    for (size_t i = 0; i < n; i++)
        exact[i] = all[i];
    (void)LLVMFuzzerTestOneInput(exact, n);
    free(exact);
    return 0;
}

static int replay_directory(const char *directory)
{
    int failed = 0;
    DIR *d = opendir(directory);
    if (!d)
        return 0;
    for (struct dirent *e; (e = readdir(d));) {
        char path[4096];
        if (e->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", directory, e->d_name);
        failed |= replay_file(path);
    }
    (void)closedir(d);
    return failed;
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc; i++)
        failed |= replay_directory(argv[i]);
    return failed;
}

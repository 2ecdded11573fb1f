/* SPDX-License-Identifier: ISC
 *
 * fingerbank's dhcp_fingerprints.conf (of 2014 and before; ODbL): sections of an ini file with lists.
 *   [class 5]                        [os 500]
 *   description=Linux                description=Debian-based Linux
 *   members=500-599                  vendor_id=<<EOT ... EOT
 *                                    fingerprints=<<EOT ... EOT
 */
#include "audit/fingerprint_internal.h"
#include "base/err.h"

enum { CLASSES_MAX = 256 };

struct class
{
    struct slice description, members;
};

enum section { SECTION_NONE, SECTION_CLASS, SECTION_OS, SECTION_OTHER };
enum list { LIST_NONE, LIST_VENDOR, LIST_PARAMETERS, LIST_OTHER };

struct bank {
    struct fingerprints *prints;
    const char *name;
    struct buf *why;
    struct print_lines lines;
    enum section section;
    enum list list;
    struct slice end; /* of the list */
    uint32_t os;
    bool open; /* a print was begun for this os */
    struct class classes[CLASSES_MAX];
    size_t classes_n;
};

static int fail(struct bank *b, const char *what)
{
    print_fault(b->why, b->name, b->lines.number, what);
    return ERR_FORMAT;
}

/* "100-199,205" */
static bool has_member(struct slice members, uint32_t number)
{
    struct slice rest = members, range, from, to;
    while (rest.n) {
        uint32_t low, high;
        (void)slice_cut(rest, ',', &range, &rest); /* the last has no comma */
        if (!slice_cut(range, '-', &from, &to))
            to = from;
        if (slice_to_u32(slice_trim(from), 0, UINT32_MAX, &low) &&
            slice_to_u32(slice_trim(to), 0, UINT32_MAX, &high) && number >= low && number <= high)
            return true;
    }
    return false;
}

static struct slice class_of(const struct bank *b, uint32_t os)
{
    for (size_t i = 0; i < b->classes_n; i++)
        if (has_member(b->classes[i].members, os))
            return b->classes[i].description;
    return (struct slice){ 0 };
}

static int on_section(struct bank *b, struct slice line)
{
    struct slice inner, kind, number;
    if (line.p[line.n - 1] != ']')
        return fail(b, "a section without its end");
    inner = slice_first(slice_from(line, 1), line.n - 2);
    (void)slice_cut(inner, ' ', &kind, &number); /* a section of another kind may have no number */
    b->section = SECTION_OTHER;
    b->open = false;
    if (slice_equal(kind, SLICE("class"))) {
        if (b->classes_n == CLASSES_MAX)
            return fail(b, "more than 256 classes");
        b->section = SECTION_CLASS;
        b->classes[b->classes_n++] = (struct class){ 0 };
    } else if (slice_equal(kind, SLICE("os"))) {
        if (!slice_to_u32(slice_trim(number), 0, UINT32_MAX, &b->os))
            return fail(b, "an os without a number");
        b->section = SECTION_OS;
    }
    return 0;
}

static int on_value(struct bank *b, struct slice key, struct slice value)
{
    struct class *class = b->classes_n ? &b->classes[b->classes_n - 1] : NULL;
    if (b->section == SECTION_CLASS && class && slice_equal(key, SLICE("description")))
        class->description = value;
    if (b->section == SECTION_CLASS && class && slice_equal(key, SLICE("members")))
        class->members = value;
    if (b->section == SECTION_OS && slice_equal(key, SLICE("description"))) {
        b->open = true;
        return print_add(b->prints, value, class_of(b, b->os));
    }
    return 0;
}

static int on_key(struct bank *b, struct slice line)
{
    struct slice key, value;
    if (!slice_cut(line, '=', &key, &value))
        return fail(b, "neither a section nor a key with a value");
    key = slice_trim(key);
    value = slice_trim(value);
    if (!slice_starts(value, SLICE("<<")))
        return on_value(b, key, value);
    b->end = slice_trim(slice_from(value, 2));
    if (b->end.n == 0)
        return fail(b, "a list without a word for its end");
    b->list = LIST_OTHER;
    if (b->section == SECTION_OS && slice_equal(key, SLICE("vendor_id")))
        b->list = LIST_VENDOR;
    if (b->section == SECTION_OS && slice_equal(key, SLICE("fingerprints")))
        b->list = LIST_PARAMETERS;
    return b->list != LIST_OTHER && !b->open ? fail(b, "a list before the description") : 0;
}

static int on_parameters(struct bank *b, struct slice line)
{
    struct print_test test = { .kind = PRINT_PARAMETERS, .weight = PRINT_FULL_WEIGHT };
    int error = print_test_codes(b->prints, test, line);
    if (error != ERR_FORMAT)
        return error;
    if (buf_size(b->why) == 0)
        print_fault(b->why, b->name, b->lines.number, "not a list of option codes: passed over");
    return 0;
}

static int on_item(struct bank *b, struct slice line)
{
    struct print_test vendor = {
        .kind = PRINT_VENDOR_CLASS, .partial = true, .weight = PRINT_FULL_WEIGHT, .octets = line
    };
    if (slice_equal(line, b->end)) {
        b->list = LIST_NONE;
        return 0;
    }
    switch (b->list) {
    case LIST_VENDOR: return print_test(b->prints, &vendor);
    case LIST_PARAMETERS: return on_parameters(b, line);
    case LIST_NONE:
    case LIST_OTHER: break;
    }
    return 0;
}

static int on_line(struct bank *b, struct slice line)
{
    if (line.n == 0 || line.p[0] == '#')
        return 0;
    if (b->list != LIST_NONE)
        return on_item(b, line);
    return line.p[0] == '[' ? on_section(b, line) : on_key(b, line);
}

int prints_bank(struct fingerprints *prints, struct slice text, const char *name, struct buf *why)
{
    struct bank b = { .prints = prints, .name = name, .why = why, .lines = { .rest = text } };
    while (print_lines_next(&b.lines)) {
        int error = on_line(&b, slice_trim(b.lines.line));
        if (error) {
            if (error != ERR_FORMAT)
                print_fault(why, name, b.lines.number, err_text(error));
            return error;
        }
    }
    return b.list == LIST_NONE ? 0 : fail(&b, "a list without its end");
}

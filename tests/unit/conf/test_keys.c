/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "conf/keys.h"
#include "conf/record.h"

static void every_default_is_legal(void **state)
{
    struct buf why;
    (void)state;
    buf_init(&why, 1024);
    struct conf *conf = conf_parse("none.yaml", SLICE(""), &why);
    if (!conf)
        fail_msg("%.*s", (int)buf_size(&why), (const char *)buf_slice(&why).p);
    conf_free(conf);
}

static void every_row_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < conf_key_count; i++) {
        const struct key *key = &conf_keys[i];
        bool text = key->type == KEY_TEXT || key->type == KEY_LIST || key->type == KEY_MODE ||
                    key->type == KEY_INCLUDE;
        if (!key->help || !*key->help || (text && !key->form) || key->min > key->max ||
            (key->type == KEY_CHOICE && !key->words) || (!key->fallback && !key->absent) ||
            (key->type != KEY_INCLUDE && key->offset == 0))
            fail_msg("%s", key->path);
        if (!key->reload && key->type != KEY_TEXT && key->type != KEY_OCTETS &&
            key->type != KEY_MODE)
            fail_msg("%s: conf_keep_fixed keeps texts, sizes and modes only", key->path);
        if ((key->type == KEY_COUNT || key->type == KEY_OCTETS_SHORT) && key->max > UINT32_MAX)
            fail_msg("%s: does not fit", key->path);
    }
}

/* A path must fit where a fault names it, a row's type where its schema is made. */
static void every_row_of_an_entry_is_whole(void **state)
{
    static const struct {
        enum key_type type;
        const char *list;
    } lists[] = { { KEY_RULES, "policy.rules." },
                  { KEY_LIMITS, "policy.limits." },
                  { KEY_SIGN, "milter.sign." },
                  { KEY_MAIL_LISTS, "milter.lists." } };
    (void)state;
    for (size_t l = 0; l < ARRAY_SIZE(lists); l++) {
        const struct record *record = conf_record_of(lists[l].type);
        for (size_t i = 0; i < record->keys_n; i++) {
            const struct key *key = &record->keys[i];
            if (!slice_starts(slice_of_str(key->path), slice_of_str(lists[l].list)) || !key->help ||
                (!key->fallback && !key->absent) || key->min > key->max ||
                key->offset >= record->size || key->place_offset || !key->reload)
                fail_msg("%s", key->path);
            for (size_t k = 0; k < i; k++)
                if (key->offset == record->keys[k].offset)
                    fail_msg("%s and %s share a member", key->path, record->keys[k].path);
        }
    }
    assert_null(conf_record_of(KEY_LIST));
}

static void no_key_stands_twice_or_is_a_section(void **state)
{
    struct slice rest;
    (void)state;
    for (size_t i = 0; i < conf_key_count; i++) {
        struct slice path = slice_of_str(conf_keys[i].path);
        assert_ptr_equal(key_find(path), &conf_keys[i]);
        assert_false(key_is_section(path));
        for (size_t k = 0; k < conf_key_count; k++) /* one member, one key */
            if (k != i && conf_keys[i].offset == conf_keys[k].offset)
                fail_msg("%s and %s share a member", conf_keys[i].path, conf_keys[k].path);
    }
    assert_true(key_is_section(SLICE("submission.limits")));
    assert_false(key_is_section(SLICE("submission.limit")));
    assert_false(key_in_section(&conf_keys[0], SLICE("inc"), &rest));
}

static void rows_of_one_section_stand_together(void **state)
{
    (void)state;
    for (size_t i = 0; i < conf_key_count; i++) {
        struct slice path = slice_of_str(conf_keys[i].path), section, name, rest;
        bool left = false;
        if (!slice_cut_last(path, '.', &section, &name))
            continue;
        for (size_t k = i; k < conf_key_count; k++) {
            bool in = key_in_section(&conf_keys[k], section, &rest);
            if (in && left)
                fail_msg("%s", conf_keys[k].path);
            left = left || !in;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_default_is_legal),
        cmocka_unit_test(every_row_is_whole),
        cmocka_unit_test(every_row_of_an_entry_is_whole),
        cmocka_unit_test(no_key_stands_twice_or_is_a_section),
        cmocka_unit_test(rows_of_one_section_stand_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <errno.h>
#include <stdlib.h>

#include "audit/report.h"

enum { CLIENTS = 3000 };

/* A hand-made audit: so many clients, each with a proof whose value is not for everyone. */
struct world {
    struct audit audit;
    struct audit_file file;
    struct audit_network networks[2];
    struct audit_client clients[CLIENTS], *all[CLIENTS];
    struct audit_evidence proof;
    struct audit_mask *mask;
};

static const char secret_name[] = "annas-laptop <b>&\"'\x1b";

static struct world *make_world(size_t clients, bool reveal)
{
    struct world *w = calloc(1, sizeof *w);
    struct buf why;
    assert_non_null(w);
    buf_init(&why, 1024);
    w->mask = audit_mask_open(NULL, reveal, &why);
    assert_non_null(w->mask);
    w->file = (struct audit_file){ .name = SLICE("net <1>.pcap") };
    w->networks[0] = (struct audit_network){ .name = SLICE("net <1>.pcap 192.0.2.0/24") };
    w->networks[1] =
        (struct audit_network){ .name = SLICE("at home"), .named = true, .file = UINT32_MAX };
    w->proof = (struct audit_evidence){
        .place = { .frame = 7, .at = 240, .n = 9 },
        .what = "it has a name",
        .value = { ID_HOST_NAME, slice_of_str(secret_name) },
        .other = { ID_NETWORK, SLICE("at home") },
    };
    for (size_t i = 0; i < clients; i++) {
        struct audit_client *c = &w->clients[i];
        *c = (struct audit_client){
            .number = (uint32_t)i, .device = (uint32_t)i, .htype = 1, .hlen = 6
        };
        c->hardware[0] = 0x3c;
        c->hardware[4] = (uint8_t)(i >> 8);
        c->hardware[5] = (uint8_t)i;
        c->first_us = c->last_us = AUDIT_NO_TIME;
        c->attacks[AUDIT_5_5_STABLE_IDENTITY] =
            (struct audit_attack){ AUDIT_EXPOSED, { .at = &w->proof, .n = 1, .size = 1 } };
        w->all[i] = c;
    }
    w->audit = (struct audit){ .files = &w->file,
                               .files_n = 1,
                               .networks = w->networks,
                               .networks_n = 2,
                               .clients = w->all,
                               .clients_n = clients,
                               .messages = clients };
    return w;
}

static void free_world(struct world *w)
{
    audit_mask_free(w->mask);
    free(w);
}

struct sink {
    struct buf all;
    size_t largest, left; /* left: octets until writing fails */
};

static int take(void *owner, struct slice octets)
{
    struct sink *sink = owner;
    if (octets.n > sink->left)
        return -ENOSPC;
    sink->left -= octets.n;
    sink->largest = octets.n > sink->largest ? octets.n : sink->largest;
    buf_append(&sink->all, octets);
    return 0;
}

typedef int report_fn(const struct audit_report *report);
static report_fn *const forms[] = { audit_report_text, audit_report_json, audit_report_html };

static int write_report(struct world *w, report_fn *form, struct sink *sink)
{
    struct audit_report report = {
        .audit = &w->audit, .mask = w->mask, .columns = 80, .write = take, .owner = sink
    };
    return form(&report);
}

static bool holds(const struct sink *sink, const char *text)
{
    struct slice s = buf_slice(&sink->all);
    return s.n && memmem(s.p, s.n, text, strlen(text));
}

static void test_a_masked_report_has_no_value_and_a_revealed_one_has_it_safely(void **state)
{
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        bool reveal = i % 2;
        struct world *w = make_world(3, reveal);
        struct sink sink = { .left = SIZE_MAX };
        buf_init(&sink.all, 1 << 24);
        assert_int_equal(write_report(w, forms[i / 2], &sink), 0);
        assert_int_equal(holds(&sink, "annas-laptop"), reveal);
        assert_int_equal(holds(&sink, "3c:00:00:00:00:02"), reveal);
        assert_int_equal(holds(&sink, "192.0.2.0"),
                         reveal && i / 2 > 0); /* the text tells of stays only */
        assert_true(holds(&sink, "at home"));
        assert_false(holds(&sink, "\x1b"));
        if (forms[i / 2] == audit_report_html) {
            assert_false(holds(&sink, "<b>&"));
            assert_true(holds(&sink, "net &lt;1&gt;.pcap"));
        }
        buf_clear(&sink.all);
        free_world(w);
    }
}

static void test_a_report_is_given_in_pieces(void **state)
{
    (void)state;
    struct world *w = make_world(CLIENTS, false);
    for (size_t i = 0; i < 3; i++) {
        struct sink sink = { .left = SIZE_MAX };
        buf_init(&sink.all, 1 << 26);
        assert_int_equal(write_report(w, forms[i], &sink), 0);
        assert_true(buf_size(&sink.all) > 66000); /* more than one piece */
        assert_true(sink.largest < 200000);
        buf_clear(&sink.all);
    }
    free_world(w);
}

static void test_a_full_disk_ends_a_report(void **state)
{
    (void)state;
    struct world *w = make_world(CLIENTS, false);
    for (size_t i = 0; i < 3; i++)
        for (size_t left = 0; left < 70000; left += 30001) {
            struct sink sink = { .left = left };
            buf_init(&sink.all, 1 << 24);
            assert_int_equal(write_report(w, forms[i], &sink), -ENOSPC);
            buf_clear(&sink.all);
        }
    free_world(w);
}

static void test_clients_are_found_by_id_and_hardware_address(void **state)
{
    (void)state;
    static const struct {
        struct slice name;
        int found; /* number, or -1 */
    } cases[] = {
        { SLICE_INIT("3c:00:00:00:00:02"), 2 },
        { SLICE_INIT("3C-00-00-00-00-01"), 1 },
        { SLICE_INIT("3c:00:00:00:00:09"), -1 },
        { SLICE_INIT("3c:00:00:00:00"), -1 },
        { SLICE_INIT("3c:00:00:00:00:02:"), -1 },
        { SLICE_INIT("3c:00:00:00:00:2"), -1 },
        { SLICE_INIT("3c:00:00:00:00:02\0"), -1 },
        { SLICE_INIT("3c.00.00.00.00.02"), -1 },
        { SLICE_INIT("zz:00:00:00:00:02"), -1 },
        { SLICE_INIT(""), -1 },
        { SLICE_INIT("c"), -1 },
        /* several */ { SLICE_INIT("c-"), -1 },
        { SLICE_INIT("0:1:2:3:4:5:6:7:8:9:0:1:2:3:4:5:6:7"), -1 },
        { SLICE_INIT("00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10"), -1 },
    };
    struct world *w = make_world(4, false);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct audit_client *client =
            audit_report_find(&w->audit, w->mask, guarded(cases[i].name));
        assert_int_equal(client ? (int)client->number : -1, cases[i].found);
    }
    free_world(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_masked_report_has_no_value_and_a_revealed_one_has_it_safely),
        cmocka_unit_test(test_a_report_is_given_in_pieces),
        cmocka_unit_test(test_a_full_disk_ends_a_report),
        cmocka_unit_test(test_clients_are_found_by_id_and_hardware_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "tempdir.h"

#include "base/err.h"
#include "capture/writer.h"

static struct tempdir temp;
static struct buf why;
static const char *path;

static int setup(void **state)
{
    (void)state;
    tempdir_make(&temp);
    buf_init(&why, 512);
    path = tempdir_file(&temp, "capture");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tempdir_remove(&temp);
    buf_clear(&why);
    return 0;
}

static uint8_t large[CAPTURE_FRAME_MAX];

static const struct capture_frame frames[] = {
    { .time_ns = 1700000000000000007, .link = 1, .data = SLICE_INIT("abcd"), .length = 9 },
    { .time_ns = 1600000000000000000, .link = 1, .data = SLICE_INIT("abcde"), .length = 5 },
    { .time_ns = 0, .link = 1, .data = { NULL, 0 }, .length = 0 },
    { .time_ns = 4294967295999999999, .link = 1, .data = SLICE_INIT("x"), .length = UINT32_MAX },
    { .time_ns = 5, .link = 1, .data = { large, sizeof large }, .length = sizeof large },
    { .time_ns = 6, .link = 1, .data = { large, sizeof large }, .length = sizeof large },
    { .time_ns = 7, .link = 1, .data = { large, sizeof large }, .length = sizeof large },
    { .time_ns = 8, .link = 1, .data = { large, sizeof large }, .length = sizeof large },
    { .time_ns = 9, .link = 1, .data = { large, sizeof large }, .length = sizeof large },
};

/* From here on pcapng only. */
static const struct capture_frame more[] = {
    { .time_ns = CAPTURE_NO_TIME, .link = 1, .data = SLICE_INIT("abcdef"), .length = 6 },
    { .time_ns = 5, .interface = 7, .link = 276, .fcs = 4, .data = SLICE_INIT("g"), .length = 1 },
    { .time_ns = 5, .interface = 3, .link = 1, .data = SLICE_INIT("h"), .length = 1 },
    { .time_ns = 5, .interface = 7, .link = 276, .fcs = 4, .data = SLICE_INIT("i"), .length = 1 },
};

static void write_frames(struct capture_writer *w, const struct capture_frame *f, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_int_equal(capture_writer_frame(w, f + i), 0);
}

static struct capture_writer *open_writer(enum capture_format format)
{
    struct capture_writer *w = capture_writer_open(path, format, &why);
    if (!w)
        fail_msg("%.*s", SLICE_ARG(buf_slice(&why)));
    return w;
}

static void expect_frames(struct capture_records *r, const struct capture_frame *f, size_t n,
                          const uint32_t *interfaces)
{
    for (size_t i = 0; i < n; i++) {
        struct capture_frame got;
        assert_int_equal(capture_records_next(r, &got, &why), 1);
        assert_int_equal(got.time_ns, f[i].time_ns);
        assert_int_equal(got.link, f[i].link);
        assert_int_equal(got.length, f[i].length);
        assert_int_equal(got.fcs, f[i].fcs);
        assert_int_equal(got.interface, interfaces ? interfaces[i] : 0);
        assert_true(slice_equal(got.data, f[i].data));
    }
}

static struct capture_records *read_back(enum capture_format format)
{
    struct capture_records *r = capture_records_open(capture_input_open(path, &why), &why);
    assert_non_null(r);
    assert_int_equal(capture_records_format(r), format);
    return r;
}

static void expect_end(struct capture_records *r)
{
    struct capture_frame got;
    assert_int_equal(capture_records_next(r, &got, &why), 0);
    capture_records_close(r);
}

static void test_what_is_written_is_read_back(void **state)
{
    (void)state;
    static const uint32_t interfaces[] = { 0, 1, 2, 1 };
    for (int format = CAPTURE_PCAP; format <= CAPTURE_PCAPNG; format++) {
        struct capture_writer *w = open_writer(format);
        write_frames(w, frames, ARRAY_SIZE(frames));
        if (format == CAPTURE_PCAPNG)
            write_frames(w, more, ARRAY_SIZE(more));
        assert_int_equal(capture_writer_close(w), 0);
        assert_int_equal(tempdir_mode(path), 0600);
        struct capture_records *r = read_back(format);
        expect_frames(r, frames, ARRAY_SIZE(frames), NULL);
        if (format == CAPTURE_PCAPNG)
            expect_frames(r, more, ARRAY_SIZE(more), interfaces);
        expect_end(r);
    }
}

static void test_a_file_without_frames_is_a_capture(void **state)
{
    (void)state;
    for (int format = CAPTURE_PCAP; format <= CAPTURE_PCAPNG; format++) {
        assert_int_equal(capture_writer_close(open_writer(format)), 0);
        expect_end(read_back(format));
    }
}

static void test_a_pcap_has_one_link_type(void **state)
{
    (void)state;
    struct capture_writer *w = open_writer(CAPTURE_PCAP);
    struct capture_frame other = frames[0];
    write_frames(w, frames, 1);
    other.link = 101;
    assert_int_equal(capture_writer_frame(w, &other), ERR_FORMAT);
    write_frames(w, frames, 1);
    assert_int_equal(capture_writer_close(w), 0);
}

static void test_the_frame_check_sequence_is_told(void **state)
{
    (void)state;
    struct capture_frame frame = frames[0];
    frame.fcs = 4;
    for (int format = CAPTURE_PCAP; format <= CAPTURE_PCAPNG; format++) {
        struct capture_writer *w = open_writer(format);
        write_frames(w, &frame, 1);
        assert_int_equal(capture_writer_close(w), 0);
        struct capture_records *r = read_back(format);
        expect_frames(r, &frame, 1, NULL);
        expect_end(r);
    }
}

static void test_an_old_file_is_made_anew_and_its_owners_only(void **state)
{
    (void)state;
    FILE *f = fopen(path, "w");
    assert_int_equal(fwrite(large, 1, 4096, f), 4096);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(capture_writer_close(open_writer(CAPTURE_PCAP)), 0);
    assert_int_equal(tempdir_mode(path), 0600);
    expect_end(read_back(CAPTURE_PCAP));
}

static void test_what_cannot_be_written_is_said(void **state)
{
    (void)state;
    assert_null(capture_writer_open("/nonexistent/file", CAPTURE_PCAP, &why));
    expect_slice("why", buf_slice(&why),
                 SLICE("/nonexistent/file: cannot be written: No such file or directory"));
    struct capture_writer *w = open_writer(CAPTURE_PCAP);
    struct capture_frame frame = frames[0];
    frame.link = 65536;
    assert_int_equal(capture_writer_frame(w, &frame), ERR_TOO_BIG);
    frame = frames[4];
    frame.data.n++;
    assert_int_equal(capture_writer_frame(w, &frame), ERR_TOO_BIG);
    assert_int_equal(capture_writer_close(w), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_written_is_read_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_without_frames_is_a_capture, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_pcap_has_one_link_type, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_frame_check_sequence_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_old_file_is_made_anew_and_its_owners_only, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_written_is_said, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

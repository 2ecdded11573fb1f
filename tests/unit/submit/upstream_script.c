/* SPDX-License-Identifier: ISC */
#include "submit/upstream_script.h"

#include "check.h"

#define GOT_MAX ((size_t)8 * 1024 * 1024)

static void send_line(struct script_conn *c, struct slice text)
{
    buf_append(conn_output(c->conn), text);
    conn_write(c->conn, SLICE("\r\n"));
}

static size_t expect_line(const struct script_conn *c, struct slice bytes, struct slice want)
{
    struct slice line, behind;
    if (!slice_cut(bytes, '\n', &line, &behind))
        return 0;
    line = slice_first(line, line.n - 1);
    expect_slice("the upstream heard", line, want);
    (void)c;
    return line.n + 2;
}

static size_t end_of_data(struct slice bytes)
{
    static const char end[] = "\r\n.\r\n";
    const uint8_t *at = bytes.n >= 5 ? memmem(bytes.p, bytes.n, end, 5) : NULL;
    return at ? (size_t)(at - bytes.p) + 5 : 0;
}

static bool take_data(struct script_conn *c, struct slice bytes, size_t *taken)
{
    size_t before = buf_size(&c->got), n;
    buf_append(&c->got, bytes);
    n = end_of_data(slice_from(buf_slice(&c->got), c->data_at));
    *taken = n ? c->data_at + n - before : bytes.n;
    c->data_at = n ? c->data_at + n : c->data_at;
    return n > 0;
}

static bool take_octets(struct script_conn *c, struct slice bytes, struct slice number,
                        size_t *taken)
{
    uint32_t n = 0;
    assert_true(slice_to_u32(number, 1, GOT_MAX, &n));
    bytes = slice_first(bytes, c->data_at + n - buf_size(&c->got));
    buf_append(&c->got, bytes);
    *taken = bytes.n;
    if (buf_size(&c->got) < c->data_at + n)
        return false;
    c->data_at += n;
    return true;
}

static void hang_up(struct script_conn *c)
{
    c->closed = true;
    conn_leave(TAKE(c->conn), 1000000);
}

/* One line of the script; false: more must come first. */
static bool step(struct script_conn *c, struct slice bytes, size_t *taken)
{
    struct slice line, rest;
    (void)slice_cut(c->rest, '\n', &line, &rest);
    struct slice text = slice_from(line, 2);
    bool done = true;
    *taken = 0;
    switch (line.n ? line.p[0] : 0) {
    case 'S': send_line(c, text); break;
    case 'C': done = (*taken = expect_line(c, bytes, text)) > 0; break;
    case 'D': done = take_data(c, bytes, taken); break;
    case 'B': done = take_octets(c, bytes, text, taken); break;
    case 'X': hang_up(c); break;
    case 'W': c->waits = true; break;
    default: fail_msg("not a line of a script: %.*s", SLICE_ARG(line));
    }
    if (done)
        c->rest = rest;
    return done;
}

static size_t run(struct script_conn *c, struct slice bytes)
{
    size_t at = 0, taken;
    bool goes_on = true;
    while (goes_on && c->rest.n && !c->waits && !c->closed) {
        goes_on = step(c, slice_from(bytes, at), &taken);
        at += taken;
    }
    if (bytes.n > at && c->rest.n == 0)
        expect_slice("the upstream heard behind its script", slice_first(slice_from(bytes, at), 6),
                     SLICE("QUIT\r\n"));
    return c->closed || c->rest.n == 0 ? bytes.n : at;
}

static size_t on_input(struct conn_owner *owner, struct slice bytes)
{
    struct script_conn *c = CONTAINER_OF(owner, struct script_conn, owner);
    loop_stop(c->script->loop);
    return run(c, bytes);
}

static void on_end(struct conn_owner *owner)
{
    struct script_conn *c = CONTAINER_OF(owner, struct script_conn, owner);
    c->closed = true;
    conn_close(TAKE(c->conn));
    loop_stop(c->script->loop);
}

static void on_closed(struct conn_owner *owner, int error)
{
    struct script_conn *c = CONTAINER_OF(owner, struct script_conn, owner);
    (void)error; /* a client may go as it likes */
    c->closed = true;
    c->conn = NULL;
    loop_stop(c->script->loop);
}

static void on_accept(struct listener *l, int fd, const struct address *peer)
{
    struct script *s = CONTAINER_OF(l, struct script, listener);
    struct script_conn *c = &s->conns[s->accepted];
    const char *text = s->scripts[s->accepted];
    (void)peer;
    if (!text)
        fail_msg("connection %u has no script", s->accepted + 1);
    s->accepted++;
    c->script = s;
    c->rest = slice_of_str(text);
    c->owner.on_input = on_input;
    c->owner.on_end = on_end;
    c->owner.on_closed = on_closed;
    buf_init(&c->got, GOT_MAX);
    loop_stop(s->loop);
    c->conn = conn_new(s->loop, fd, &c->owner, 65536);
    assert_non_null(c->conn);
    (void)run(c, (struct slice){ 0 });
}

void script_start(struct script *s, struct loop *loop, const char *const *scripts)
{
    struct listen_spec spec;
    struct fault why;
    struct address own = { .n = sizeof own.un };
    *s = (struct script){ .loop = loop };
    for (unsigned i = 0; scripts[i]; i++) {
        assert_true(i + 1 < SCRIPTS_MAX);
        s->scripts[i] = scripts[i];
    }
    assert_true(listen_parse(SLICE("127.0.0.1:0"), &spec, &why));
    s->fd = listen_open(&spec);
    assert_true(s->fd >= 0);
    assert_int_equal(getsockname(s->fd, &own.any, &own.n), 0);
    s->port = address_port(&own);
    s->listener.on_accept = on_accept;
    assert_int_equal(listener_start(&s->listener, loop, s->fd), 0);
}

void script_stop(struct script *s)
{
    listener_stop(&s->listener);
    (void)close(s->fd);
    for (unsigned i = 0; i < s->accepted; i++) {
        conn_close(TAKE(s->conns[i].conn));
        buf_clear(&s->conns[i].got);
    }
}

void script_go(struct script *s, unsigned connection)
{
    struct script_conn *c = &s->conns[connection];
    assert_true(c->waits);
    c->waits = false;
    (void)run(c, (struct slice){ 0 });
    if (c->conn)
        conn_resume(c->conn);
}

void script_expect_done(const struct script *s)
{
    for (unsigned i = 0; i < SCRIPTS_MAX && s->scripts[i]; i++) {
        if (i >= s->accepted)
            fail_msg("connection %u never came", i + 1);
        if (s->conns[i].rest.n)
            fail_msg("connection %u stopped before: %.*s", i + 1, SLICE_ARG(s->conns[i].rest));
    }
}

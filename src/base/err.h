/* SPDX-License-Identifier: ISC
 *
 * base/err: when the world fails (disk, network, memory, store), not the peer.
 *
 * Functions return 0 or a negative number: -errno for the system's, an `enum err` for our own.
 * Passed up unchanged to the shell, which alone logs it.
 */
#pragma once

enum err {
    ERR_TOO_BIG = -1000,   /* over a bound of ours */
    ERR_FORMAT = -1001,    /* a file or record is not what it should be */
    ERR_CLOSED = -1002,    /* the other side went away */
    ERR_TLS = -1003,       /* the TLS library refused; its own text is logged beside */
    ERR_REFUSED = -1004,   /* a peer said no */
    ERR_TIMEOUT = -1005,   /* a deadline passed */
    ERR_FULL = -1006,      /* a table, queue or store has no room */
    ERR_NOT_FOUND = -1007, /* asked for something that is not there */
    ERR_OPEN_MODE = -1008, /* a secret that others can read */
    ERR_STORE = -1009,     /* the store's library refused */
    ERR_CRYPTO = -1010,    /* the crypto library refused */
};

/* A static text for any error number, ours or -errno. */
const char *err_text(int error);

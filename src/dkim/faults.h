/* SPDX-License-Identifier: ISC
 *
 * dkim/faults: what makes readers disagree about a message (enum postern_message_fault). Pure.
 */
#pragma once

#include "dkim/header.h"

/* After header_end. */
unsigned header_faults(const struct header *h);

/* The body, while it streams by. All zero to begin with. */
struct body_faults {
    unsigned found;
    bool cr;       /* the last octet was CR */
    bool past;     /* what the body begins with is known */
    bool colon;    /* a name and a colon */
    size_t name_n; /* octets of what may be the name of a field */
};
void body_faults_feed(struct body_faults *b, struct slice octets);
void body_faults_end(struct body_faults *b);

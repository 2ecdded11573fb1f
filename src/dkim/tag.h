/* SPDX-License-Identifier: ISC
 *
 * dkim/tag: tag=value lists (RFC 6376 §3.2): signatures, key records, and what practices/ reads. Pure.
 *
 *   tag-list  = tag-spec *( ";" tag-spec ) [ ";" ]
 *   tag-spec  = [FWS] tag-name [FWS] "=" [FWS] tag-value [FWS]
 *   tag-name  = ALPHA *( ALPHA / DIGIT / "_" )
 *   tag-value = [ 1*VALCHAR *( 1*FWS 1*VALCHAR ) ]      ; VALCHAR: visible, not ";", UTF-8 (RFC 8616)
 *
 * Names are compared with case, and values are what their reader makes of them (§3.2). Results point
 * into the text. One white space too many is forgiven: behind the last ";".
 */
#pragma once

#include "base/slice.h"

#define TAGS_MAX 64 /* of one list; more is a fault */

enum tag_space {
    TAG_FOLDED, /* FWS: SP, HTAB, and CRLF that one of them follows (DKIM, DKIMP) */
    TAG_SPACED  /* SP and HTAB only (ADSP, RFC 5617 §4.2.1; DMARC) */
};

struct tag {
    struct slice name;
    struct slice value; /* without the white space around it; may be empty, then p is still set */
    size_t at;          /* where its value begins in the text: right behind "=" */
    size_t end;         /* the ";" behind it, or the end of the text */
};

/* The strict reading: one fault makes the whole list invalid (§3.2), a tag given twice too. On false
 * the content of out means nothing. */
struct tag_list {
    size_t n;
    struct tag tags[TAGS_MAX];
};
MUST_USE bool tag_list_parse(struct slice text, enum tag_space space, struct tag_list *out,
                             struct fault *why);
/* NULL: the list has no such tag. */
const struct tag *tag_find(const struct tag_list *list, struct slice name);

/* One by one, for lists whose readers skip what is broken (DMARC). */
struct tag_reader {
    struct slice text;
    size_t at; /* of the next tag-spec */
    enum tag_space space;
};
struct tag_reader tag_reader_of(struct slice text, enum tag_space space);
/* 1: a tag; 0: the list has ended; -1: this tag-spec is broken, the next call reads the next one. */
MUST_USE int tag_next(struct tag_reader *reader, struct tag *out, struct fault *why);

/* The elements of a value like "a : b:c" one by one, without the white space around them (h=, q=,
 * t=, s=). rest: the value at first; p is NULL when all were given. False: there is none left. */
MUST_USE bool tag_element_next(struct slice *rest, struct slice *out);

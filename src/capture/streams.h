/* SPDX-License-Identifier: ISC
 *
 * capture/streams: TCP segments (RFC 9293) to streams, one for each direction, and streams to messages with
 * a 16-bit length in front (RFC 6926 §6.1).
 *
 * A segment that is early is held until the hole before it is filled. The hole is lost when its receiver
 * acknowledged it more than a second ago, when more is held than CAPTURE_STREAM_WINDOW, and when the stream
 * ends; then, as in a stream whose beginning was not captured, the next message is found by its magic cookie
 * (RFC 2131 §3). Of octets that come twice those that come first stand, of two segments held the one that
 * begins earlier. Only for this room.
 */
#pragma once

#include "capture/capture.h"

struct capture_streams;
struct capture_streams *capture_streams_new(void); /* NULL: no memory */
void capture_streams_free(struct capture_streams *streams);

/* about: all but ports and payload of the messages that end in this segment, payload_at where it stands in the
 * frame, 0 for nowhere. missing: octets that the snap length has cut. 0; negative: no memory. */
MUST_USE int capture_streams_add(struct capture_streams *streams,
                                 const struct capture_message *about, struct slice segment,
                                 size_t missing);
/* True: *out is a message or what was lost. To be asked until false after each add; a payload lives until the
 * next call of any of these. */
MUST_USE bool capture_streams_next(struct capture_streams *streams, struct capture_message *out);
/* Nothing more is given of this one. */
void capture_streams_stop(struct capture_streams *streams, uint32_t number);
/* No more come: holes are lost. */
void capture_streams_end(struct capture_streams *streams);

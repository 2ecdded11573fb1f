/* SPDX-License-Identifier: ISC
 *
 * submit/recorder: a worker's end of the way to the keeper. Gathers events and sends them every
 * 100 ms, or when 8 KiB wait; never blocks. While the keeper does not read, 64 KiB are kept; then
 * the oldest are dropped, counted and logged (`device.dropped`).
 */
#pragma once

#include "device/device.h"
#include "net/loop.h"

struct recorder;

/* fd: an end of a SOCK_SEQPACKET pair, not owned. NULL without memory. */
struct recorder *recorder_new(struct loop *loop, int fd);
/* Sends what it can, and frees; NULL is fine. */
void recorder_free(struct recorder *recorder);

/* Copies. What can be no event is counted as dropped. */
void recorder_event(struct recorder *recorder, const struct device_event *event);
/* Sends what it can now: before a worker ends. */
void recorder_flush(struct recorder *recorder);

size_t recorder_waiting(const struct recorder *recorder);   /* bytes */
uint64_t recorder_dropped(const struct recorder *recorder); /* records, since the start */

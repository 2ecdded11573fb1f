/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "house.h"

#define DEVICE_AGE_S (180 * 86400u)
#define PLACE_AGE_S  (30 * 86400u)

void house_make(struct house *h, uint32_t accounts)
{
    *h = (struct house){ .accounts = accounts, .at = calloc(accounts, sizeof(*h->at)) };
    CHECK(h->at != NULL);
}

void house_clear(struct house *h)
{
    for (uint32_t i = 0; i < h->accounts; i++)
        free(h->at[i].devices);
    free(h->at);
    h->at = NULL;
    h->accounts = 0;
}

static void devices_room(struct house_account *a)
{
    if (a->devices == NULL)
        a->devices = calloc(HOUSE_DEVICES, sizeof(*a->devices));
    CHECK(a->devices != NULL);
}

void house_copy(struct house *h, const struct house *from)
{
    house_make(h, from->accounts);
    memcpy(h->at, from->at, from->accounts * sizeof(*h->at));
    for (uint32_t i = 0; i < h->accounts; i++) {
        struct house_account *a = &h->at[i];
        if (a->devices == NULL)
            continue;
        a->devices = NULL;
        devices_room(a);
        memcpy(a->devices, from->at[i].devices, a->devices_n * sizeof(*a->devices));
    }
}

static uint32_t seconds(int64_t wall_us)
{
    return (uint32_t)((wall_us - EPOCH_US) / SECOND_US);
}

static bool place_known(const struct house_account *a, uint32_t address, uint32_t now)
{
    for (size_t i = 0; i < a->places_n; i++) {
        if (a->places[i].network == address >> 8)
            return now - a->places[i].last <= PLACE_AGE_S;
    }
    return false;
}

static bool has_places(const struct house_account *a, uint32_t now)
{
    for (size_t i = 0; i < a->places_n; i++) {
        if (now - a->places[i].last <= PLACE_AGE_S)
            return true;
    }
    return false;
}

const struct house_device *house_device_find(const struct house *h, uint32_t account,
                                             uint64_t token)
{
    if (account >= h->accounts || token == 0)
        return NULL;
    const struct house_account *a = &h->at[account];
    for (size_t i = 0; i < a->devices_n; i++) {
        if (a->devices[i].token == token)
            return &a->devices[i];
    }
    return NULL;
}

static uint32_t devices_known(const struct house_account *a)
{
    uint32_t n = 0;
    for (size_t i = 0; i < a->devices_n; i++)
        n += a->devices[i].state == DEVICE_KNOWN;
    return n;
}

static void learn_device(struct house *h, uint32_t account, uint64_t token, uint32_t address,
                         uint32_t now, const struct device_enrolment *enrolment)
{
    struct house_account *a = &h->at[account];
    devices_room(a);
    size_t at = 0;
    while (at < a->devices_n && a->devices[at].token != token)
        at++;
    enum device_state state = at < a->devices_n ? a->devices[at].state : DEVICE_NONE;
    if (state != DEVICE_KNOWN)
        state = device_enrol(enrolment, false, devices_known(a), has_places(a, now),
                             place_known(a, address, now));
    if (at == a->devices_n && at < HOUSE_DEVICES)
        a->devices_n++;
    if (at == HOUSE_DEVICES) {
        at = 0;
        for (size_t i = 1; i < HOUSE_DEVICES; i++) {
            if (a->devices[i].last < a->devices[at].last)
                at = i;
        }
    }
    a->devices[at] =
        (struct house_device){ .token = token, .last = now, .address = address, .state = state };
}

static void learn_place(struct house_account *a, uint32_t address, uint32_t now)
{
    size_t at = 0;
    while (at < a->places_n && a->places[at].network != address >> 8)
        at++;
    if (at == a->places_n && at < HOUSE_PLACES)
        a->places_n++;
    if (at == HOUSE_PLACES) {
        at = 0;
        for (size_t i = 1; i < HOUSE_PLACES; i++) {
            if (a->places[i].last < a->places[at].last)
                at = i;
        }
    }
    a->places[at] = (struct house_place){ .network = address >> 8, .last = now };
}

void house_learn(struct house *h, uint32_t account, uint64_t token, uint32_t address,
                 int64_t wall_us, const struct device_enrolment *enrolment)
{
    uint32_t now = seconds(wall_us);
    if (token != 0)
        learn_device(h, account, token, address, now, enrolment);
    learn_place(&h->at[account], address, now);
}

bool house_knows_device(const struct house *h, uint32_t account, uint64_t token)
{
    const struct house_device *d = house_device_find(h, account, token);
    return d != NULL && d->state == DEVICE_KNOWN;
}

bool house_knows(const struct house *h, uint32_t account, uint64_t token, uint32_t address,
                 int64_t wall_us)
{
    if (account >= h->accounts)
        return false;
    return house_knows_device(h, account, token) ||
           place_known(&h->at[account], address, seconds(wall_us));
}

static void facts_of(const struct house *h, uint32_t account, uint64_t token, uint32_t address,
                     uint32_t now, struct device_facts *out)
{
    const struct house_account *a = &h->at[account];
    out->account_known = a->devices_n + a->places_n > 0;
    out->devices = devices_known(a);
    out->has_places = has_places(a, now);
    out->place_known = place_known(a, address, now);
    const struct house_device *d = house_device_find(h, account, token);
    if (d == NULL || now - d->last > DEVICE_AGE_S)
        return;
    out->device = d->state;
    out->last_us = EPOCH_US + d->last * SECOND_US;
    uint8_t bytes[] = { (uint8_t)(d->address >> 24), (uint8_t)(d->address >> 16),
                        (uint8_t)(d->address >> 8) };
    out->last_network.family = 4;
    memcpy(out->last_network.bytes, bytes, sizeof(bytes));
}

void house_facts(const struct house *h, uint32_t account, uint64_t token, uint32_t address,
                 int64_t wall_us, struct device_facts *out)
{
    *out = (struct device_facts){ .device = DEVICE_NONE };
    (void)snprintf(out->account, sizeof(out->account), "a%07u@isp.example", account);
    if (account < h->accounts)
        facts_of(h, account, token, address, seconds(wall_us), out);
}

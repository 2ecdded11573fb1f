/* SPDX-License-Identifier: ISC
 *
 * bench/attack/house: the devices and places that successes have taught, as the store would keep
 * them: 20 devices and 16 places an account, the least recently successful goes.
 */
#pragma once

#include "device/device.h"
#include "population.h"

#define HOUSE_DEVICES 20
#define HOUSE_PLACES  16

struct house_device {
    uint64_t token;
    uint32_t last;    /* seconds since EPOCH_US */
    uint32_t address; /* of the last success */
    enum device_state state;
};

struct house_place {
    uint32_t network; /* the upper 24 bits */
    uint32_t last;
};

struct house_account {
    uint8_t devices_n, places_n;
    struct house_device *devices; /* HOUSE_DEVICES of them, from the first on */
    struct house_place places[HOUSE_PLACES];
};

struct house {
    uint32_t accounts;
    struct house_account *at;
};

void house_make(struct house *h, uint32_t accounts);
void house_copy(struct house *h, const struct house *from);
void house_clear(struct house *h);

/* One success. enrolment: as the policy says. */
void house_learn(struct house *h, uint32_t account, uint64_t token, uint32_t address,
                 int64_t wall_us, const struct device_enrolment *enrolment);
/* Whether the policy calls it a known device or a known place. */
bool house_knows(const struct house *h, uint32_t account, uint64_t token, uint32_t address,
                 int64_t wall_us);
bool house_knows_device(const struct house *h, uint32_t account, uint64_t token);
/* What the store would say. account past the number of accounts: a name that nobody has. */
void house_facts(const struct house *h, uint32_t account, uint64_t token, uint32_t address,
                 int64_t wall_us, struct device_facts *out);
/* NULL: none. */
const struct house_device *house_device_find(const struct house *h, uint32_t account,
                                             uint64_t token);

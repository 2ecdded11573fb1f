/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "dhcp/dhcid_search.h"
#include "dhcp/sha256_lanes.h"

enum { BLOCKS = 3 };

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* A message of n octets, padded (FIPS 180-4 §5.1.1); returns its blocks. */
static size_t fill(uint8_t message[BLOCKS * SHA256_BLOCK], size_t n,
                   uint32_t words[BLOCKS][SHA256_WORDS])
{
    uint8_t padded[BLOCKS * SHA256_BLOCK] = { 0 };
    size_t blocks = (n + 9 + SHA256_BLOCK - 1) / SHA256_BLOCK;
    memcpy(padded, message, n);
    padded[n] = 0x80;
    padded[blocks * SHA256_BLOCK - 2] = (uint8_t)(n * 8 >> 8);
    padded[blocks * SHA256_BLOCK - 1] = (uint8_t)(n * 8);
    for (size_t i = 0; i < blocks * SHA256_WORDS; i++)
        words[i / SHA256_WORDS][i % SHA256_WORDS] = be32(padded + 4 * i);
    return blocks;
}

/* Every length around the ends of blocks, both places of the number: as OpenSSL has it. */
static void check_lanes(sha256_lanes_fn *lanes)
{
    static const uint32_t numbers[] = { 0, 1, 0x00fff8, 0xabcdef, 0xfffff8 };
    for (unsigned shift = 16; shift <= 40; shift += 24) {
        size_t at = 4 + (64 - shift - 24) / 8; /* of the number's three octets */
        for (size_t n = 12; n <= 150; n++) {
            uint8_t message[BLOCKS * SHA256_BLOCK], digest[DHCP_DHCID_DIGEST];
            uint32_t words[BLOCKS][SHA256_WORDS], first[SHA256_LANES];
            uint32_t number = numbers[n % ARRAY_SIZE(numbers)];
            for (size_t i = 0; i < n; i++)
                message[i] = (uint8_t)(i * 37 + n);
            memset(message + at, 0, 3);
            size_t blocks = fill(message, n, words);
            lanes(&(struct sha256_family){ (const uint32_t(*)[SHA256_WORDS])words, blocks, shift },
                  number, first);
            for (uint32_t i = 0; i < SHA256_LANES; i++) {
                message[at] = (uint8_t)((number + i) >> 16);
                message[at + 1] = (uint8_t)((number + i) >> 8);
                message[at + 2] = (uint8_t)(number + i);
                assert_int_equal(
                    dhcp_dhcid_digest((struct slice){ message, n }, (struct slice){ 0 }, digest),
                    0);
                assert_int_equal(first[i], be32(digest));
            }
        }
    }
}

static void test_the_processors_best_is_sha256(void **state)
{
    (void)state;
    check_lanes(sha256_lanes());
}

static void test_the_plain_one_is_sha256(void **state)
{
    (void)state;
    check_lanes(sha256_lanes_plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_processors_best_is_sha256),
        cmocka_unit_test(test_the_plain_one_is_sha256),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
#include "dhcp/sha256_lanes.h"

#include <string.h>

/* Vectors of GCC and clang: where the processor has none as wide, the compiler takes two or eight. */
typedef uint32_t lanes __attribute__((vector_size(4 * SHA256_LANES)));

/* FIPS 180-4 §4.2.2, §5.3.3. */
static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};
static const uint32_t initial[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/* Macros and not functions, which would pass vectors by a calling convention that depends on the
 * processor (-Wpsabi). FIPS 180-4 §4.1.2. */
#define ROTATE(x, n) ((x) >> (n) | (x) << (32 - (n)))
#define SIGMA_0(x)   (ROTATE(x, 2) ^ ROTATE(x, 13) ^ ROTATE(x, 22))
#define SIGMA_1(x)   (ROTATE(x, 6) ^ ROTATE(x, 11) ^ ROTATE(x, 25))
#define EXPAND_0(x)  (ROTATE(x, 7) ^ ROTATE(x, 18) ^ (x) >> 3)
#define EXPAND_1(x)  (ROTATE(x, 17) ^ ROTATE(x, 19) ^ (x) >> 10)
#define INLINE       static inline __attribute__((always_inline))

/* FIPS 180-4 §6.2.2, the words of the message expanded in place. */
INLINE void add_block(lanes state[8], lanes words[SHA256_WORDS])
{
    lanes a = state[0], b = state[1], c = state[2], d = state[3];
    lanes e = state[4], f = state[5], g = state[6], h = state[7];
    for (unsigned i = 0; i < 64; i++) {
        if (i >= SHA256_WORDS)
            words[i % 16] += EXPAND_0(words[(i + 1) % 16]) + words[(i + 9) % 16] +
                             EXPAND_1(words[(i + 14) % 16]);
        lanes t = h + SIGMA_1(e) + (g ^ (e & (f ^ g))) + constants[i] + words[i % 16];
        lanes u = SIGMA_0(a) + ((a & b) | (c & (a | b)));
        h = g;
        g = f;
        f = e;
        e = d + t;
        d = c;
        c = b;
        b = a;
        a = t + u;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}

INLINE void digest_lanes(const struct sha256_family *family, uint32_t first,
                         uint32_t out[SHA256_LANES])
{
    const lanes steps = { 0, 1, 2, 3, 4, 5, 6, 7 };
    const lanes numbers = steps + first;
    lanes state[8], words[SHA256_WORDS];
    for (size_t i = 0; i < 8; i++)
        state[i] = (lanes){ 0 } + initial[i];
    for (size_t block = 0; block < family->blocks_n; block++) {
        for (size_t i = 0; i < SHA256_WORDS; i++)
            words[i] = (lanes){ 0 } + family->blocks[block][i];
        if (block == 0 && family->shift >= 32) {
            words[1] |= numbers << (family->shift - 32);
        } else if (block == 0) {
            words[1] |= numbers >> (32 - family->shift);
            words[2] |= numbers << family->shift;
        }
        add_block(state, words);
    }
    memcpy(out, &state[0], sizeof state[0]);
}

void sha256_lanes_plain(const struct sha256_family *family, uint32_t first,
                        uint32_t out[SHA256_LANES])
{
    digest_lanes(family, first, out);
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static void lanes_avx2(const struct sha256_family *family,
                                                       uint32_t first, uint32_t out[SHA256_LANES])
{
    digest_lanes(family, first, out);
}

sha256_lanes_fn *sha256_lanes(void)
{
    return __builtin_cpu_supports("avx2") ? lanes_avx2 : sha256_lanes_plain;
}
#else
sha256_lanes_fn *sha256_lanes(void)
{
    return sha256_lanes_plain;
}
#endif

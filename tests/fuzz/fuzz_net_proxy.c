/* SPDX-License-Identifier: ISC */
#include "base/check.h"
#include "net/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct proxy_header h = { .length = SIZE_MAX }, shorter;
    struct fault why = { .at = SIZE_MAX }, other;
    struct slice bytes = { data, size };
    char text[ADDRESS_TEXT_MAX];
    switch (proxy_parse(bytes, &h, &why)) {
    case PROXY_MORE:
        CHECK(h.length == SIZE_MAX);
        CHECK(size < PROXY_HEADER_MAX);
        break;
    case PROXY_BAD: CHECK(h.length == SIZE_MAX && why.what && why.at <= size); break;
    case PROXY_DONE:
        CHECK(h.length > 0 && h.length <= size && h.length <= PROXY_HEADER_MAX);
        CHECK(h.local == (h.source.n == 0) && h.local == (h.destination.n == 0));
        CHECK(address_text(&h.source, text) == text);
        CHECK(proxy_parse(slice_first(bytes, h.length), &shorter, &other) == PROXY_DONE);
        CHECK(shorter.length == h.length && address_equal(&shorter.source, &h.source));
        CHECK(proxy_parse(slice_first(bytes, h.length - 1), &shorter, &other) == PROXY_MORE);
        break;
    }
    return 0;
}

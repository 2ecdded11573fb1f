/* SPDX-License-Identifier: ISC
 *
 * pcap files (draft-ietf-opsawg-pcap), with the variants that were once about: Kuznetzov's, whose frames
 * have a longer header, Ixia's, whose file has one, and the versions before 2.4 that had the two lengths the
 * other way round.
 */
#include "base/err.h"
#include "capture/records_internal.h"

enum {
    FILE_HEADER = 24,
    FRAME_HEADER = 16,
    DG_UX = 543,                 /* the major version of its tcpdump */
    FRAME_HEADER_KUZNETZOV = 24, /* interface, protocol, kind, padding behind the lengths */
};
/* draft-ietf-opsawg-pcap §4: the bits above the link type */
#define FCS_PRESENT UINT32_C(0x04000000)
#define FCS_SHIFT   28
#define LINK_MASK   UINT32_C(0x0000ffff)

struct magic {
    uint32_t value;
    uint32_t fraction;
    uint8_t file_header, frame_header;
};

/* clang-format off */
static const struct magic magics[] = {
    { 0xa1b2c3d4, 1000, FILE_HEADER,     FRAME_HEADER },
    { 0xa1b23c4d, 1,    FILE_HEADER,     FRAME_HEADER },
    { 0xa1b2cd34, 1000, FILE_HEADER,     FRAME_HEADER_KUZNETZOV },
    { 0x1c0001ac, 1,    FILE_HEADER + 4, FRAME_HEADER }, /* Ixia, hardware */
    { 0x1c0001ab, 1,    FILE_HEADER + 4, FRAME_HEADER }, /* and software */
};
/* clang-format on */

static const struct magic *find_magic(struct slice bytes, bool *out_big)
{
    for (size_t i = 0; i < ARRAY_SIZE(magics); i++)
        for (int big = 0; big < 2; big++)
            if (load32(bytes.p, big) == magics[i].value) {
                *out_big = big;
                return magics + i;
            }
    return NULL;
}

int pcap_open(struct capture_records *records, struct slice magic, struct buf *why)
{
    struct slice header;
    const struct magic *found = find_magic(magic, &records->big);
    if (!found) {
        buf_append_str(why, "no capture: neither pcap nor pcapng");
        return ERR_FORMAT;
    }
    int got = records_take(records, found->file_header, "its header", &header, why);
    if (got < 0)
        return got;
    unsigned major = load16(header.p + 4, records->big), minor = load16(header.p + 6, records->big);
    uint32_t link = load32(header.p + 20, records->big);
    records->format = CAPTURE_PCAP;
    records->pcap = (struct pcap_file){
        .link = link & LINK_MASK,
        .fcs = link & FCS_PRESENT ? (uint8_t)((link >> FCS_SHIFT) * 2) : 0, /* 16-bit words */
        .header = found->frame_header,
        .fraction = found->fraction,
        .lengths_swapped = (major == 2 && minor < 3) || major == DG_UX,
        .lengths_maybe_swapped = major == 2 && minor == 3,
    };
    return 0;
}

static void swap_lengths(const struct pcap_file *f, uint32_t *captured, uint32_t *length)
{
    if (f->lengths_swapped || (f->lengths_maybe_swapped && *captured > *length)) {
        uint32_t was = *captured;
        *captured = *length;
        *length = was;
    }
}

int pcap_next(struct capture_records *records, struct capture_frame *out, struct buf *why)
{
    const struct pcap_file *f = &records->pcap;
    bool big = records->big;
    struct slice h;
    if (capture_input_peek(records->in, 1, &h) == 0)
        return 0;
    int got = records_take(records, f->header, "a frame's header", &h, why);
    if (got < 0)
        return got;
    uint64_t header_at = records->at - f->header;
    uint32_t seconds = load32(h.p, big), fraction = load32(h.p + 4, big);
    uint32_t captured = load32(h.p + 8, big), length = load32(h.p + 12, big);
    swap_lengths(f, &captured, &length);
    if (captured > CAPTURE_FRAME_MAX)
        return records_damage(header_at + 8, why, "a frame longer than any");
    struct slice data;
    got = records_take(records, captured, "a frame", &data, why);
    if (got < 0)
        return got;
    *out = (struct capture_frame){
        .number = ++records->number,
        .time_ns = (int64_t)seconds * 1000000000 + (int64_t)fraction * f->fraction,
        .link = f->link,
        .data = data,
        .length = length < captured ? captured : length,
        .fcs = f->fcs,
    };
    return 1;
}

/* SPDX-License-Identifier: ISC
 *
 * Satori's dhcp.xml: <DHCP><fingerprints><fingerprint name= device_type= device_vendor= ...><dhcp_tests>
 *   <test weight="5" matchtype="exact|partial" dhcptype="Discover|Request|Inform|...|Any"
 *         dhcpoptions= | dhcpoption55= | dhcpvendorcode= | ipttl= />
 * The document's own entities are refused: they have no place in it, and could make it grow.
 */
#include <expat.h>
#include <string.h>

#include "audit/fingerprint_internal.h"
#include "base/err.h"
#include "dhcp/packet.h"

struct satori {
    struct fingerprints *prints;
    XML_Parser parser;
    const char *name;
    struct buf *why;
    bool rooted, open; /* inside a fingerprint */
    int error;
};

static void stop(struct satori *s, int error, const char *what)
{
    if (s->error)
        return;
    s->error = error;
    buf_clear(s->why); /* a warning before it */
    print_fault(s->why, s->name, XML_GetCurrentLineNumber(s->parser), what);
    (void)XML_StopParser(s->parser, XML_FALSE); /* fails only when it has stopped */
}

static struct slice attribute(const XML_Char **attributes, const char *name)
{
    for (size_t i = 0; attributes[i]; i += 2)
        if (strcmp(attributes[i], name) == 0)
            return slice_of_str(attributes[i + 1]);
    return (struct slice){ 0 };
}

/* False: of servers, or unknown; no client's habit can match it. */
static bool message_type(struct slice text, uint8_t *out)
{
    static const struct {
        const char *name;
        uint8_t type;
    } types[] = {
        { "Any", 0 },
        { "Discover", DHCP_DISCOVER },
        { "Request", DHCP_REQUEST },
        { "Decline", DHCP_DECLINE },
        { "Release", DHCP_RELEASE },
        { "Inform", DHCP_INFORM },
    };
    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        if (slice_equal_nocase(text, slice_of_str(types[i].name))) {
            *out = types[i].type;
            return true;
        }
    return false;
}

static void on_fingerprint(struct satori *s, const XML_Char **attributes)
{
    struct slice vendor = attribute(attributes, "device_vendor");
    struct slice type = attribute(attributes, "device_type");
    struct buf device CLEANUP(buf_clear);
    int error;
    buf_init(&device, 4096);
    buf_append(&device, slice_first(vendor, 1024));
    if (vendor.n && type.n)
        buf_append_str(&device, " ");
    buf_append(&device, slice_first(type, 1024));
    error = print_add(s->prints, attribute(attributes, "name"), buf_slice(&device));
    if (error)
        stop(s, error, err_text(error));
    s->open = error == 0;
}

static int add_list(struct satori *s, struct print_test test, enum print_kind kind,
                    struct slice text)
{
    test.kind = kind;
    return print_test_codes(s->prints, test, text);
}

static int add_rest(struct satori *s, struct print_test test, const XML_Char **attributes)
{
    struct slice ttl = attribute(attributes, "ipttl");
    uint32_t number = 0;
    int error;
    test.kind = PRINT_VENDOR_CLASS;
    test.octets = slice_first(attribute(attributes, "dhcpvendorcode"), UINT8_MAX);
    error = print_test(s->prints, &test);
    if (error || ttl.n == 0)
        return error;
    if (!slice_to_u32(slice_trim(ttl), 0, UINT8_MAX, &number))
        return ERR_FORMAT;
    test.kind = PRINT_TTL;
    test.octets = (struct slice){ 0 };
    test.number = (uint16_t)number;
    return print_test(s->prints, &test);
}

static void on_test(struct satori *s, const XML_Char **attributes)
{
    struct print_test test = { .partial = slice_equal_nocase(attribute(attributes, "matchtype"),
                                                             SLICE("partial")) };
    uint32_t weight = PRINT_FULL_WEIGHT;
    int error;
    if (!message_type(attribute(attributes, "dhcptype"), &test.type))
        return;
    if (!slice_to_u32(attribute(attributes, "weight"), 1, PRINT_FULL_WEIGHT, &weight))
        weight = PRINT_FULL_WEIGHT;
    test.weight = (uint8_t)weight;
    error = add_list(s, test, PRINT_ORDER, attribute(attributes, "dhcpoptions"));
    if (error == 0)
        error = add_list(s, test, PRINT_PARAMETERS, attribute(attributes, "dhcpoption55"));
    if (error == 0)
        error = add_rest(s, test, attributes);
    if (error == ERR_FORMAT && buf_size(s->why) == 0)
        print_fault(s->why, s->name, XML_GetCurrentLineNumber(s->parser),
                    "a test that cannot be read: passed over");
    if (error && error != ERR_FORMAT)
        stop(s, error, err_text(error));
}

static void on_start(void *owner, const XML_Char *element, const XML_Char **attributes)
{
    struct satori *s = owner;
    if (s->error)
        return;
    if (!s->rooted) {
        s->rooted = strcmp(element, "DHCP") == 0;
        if (!s->rooted)
            stop(s, ERR_FORMAT, "the document is no DHCP of Satori's");
    } else if (strcmp(element, "fingerprint") == 0)
        on_fingerprint(s, attributes);
    else if (strcmp(element, "test") == 0 && s->open)
        on_test(s, attributes);
}

static void on_end(void *owner, const XML_Char *element)
{
    struct satori *s = owner;
    if (strcmp(element, "fingerprint") == 0)
        s->open = false;
}

static void on_doctype(void *owner, const XML_Char *name, const XML_Char *system,
                       const XML_Char *public, int internal)
{
    (void)name;
    (void)system;
    (void)public;
    (void)internal;
    stop(owner, ERR_FORMAT, "a document type is not allowed");
}

int prints_satori(struct fingerprints *prints, struct slice text, const char *name, struct buf *why)
{
    struct satori s = { .prints = prints, .name = name, .why = why };
    if (text.n > PRINT_FILE_MAX)
        return ERR_TOO_BIG;
    s.parser = XML_ParserCreate(NULL);
    if (!s.parser)
        return ERR_FULL;
    XML_SetUserData(s.parser, &s);
    XML_SetElementHandler(s.parser, on_start, on_end);
    XML_SetStartDoctypeDeclHandler(s.parser, on_doctype);
    if (XML_Parse(s.parser, (const char *)text.p, (int)text.n, 1) != XML_STATUS_OK && !s.error) {
        s.error = ERR_FORMAT;
        buf_clear(why);
        print_fault(why, name, XML_GetCurrentLineNumber(s.parser),
                    XML_ErrorString(XML_GetErrorCode(s.parser)));
    }
    XML_ParserFree(s.parser);
    return s.error;
}

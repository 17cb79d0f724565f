/* engine/io/addr.c - see addr.h. The texts are read here, not by inet_pton, because they come as
 * slices and from peers: no copies, no scope ids, no octal. */
#include "engine/io/addr.h"

#include "engine/base/check.h"

#define ADDR_WORDS 8

static size_t addr_ip_len(const struct addr *a)
{
	return a->family == 6 ? 16 : a->family == 4 ? 4 : 0;
}

static bool addr_parse_v4(uint8_t ip[4], struct slice text)
{
	struct slice part;
	uint64_t n;
	int count = 0;

	if (!text.ptr)
		return false;
	while (slice_split(&text, '.', &part)) {
		if (count == 4 || part.len > 3 || !slice_u64(part, 255, &n))
			return false;
		ip[count++] = (uint8_t)n;
	}
	return count == 4;
}

static int addr_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 32);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool addr_parse_word(uint16_t *word, struct slice part)
{
	unsigned n = 0;

	if (part.len == 0 || part.len > 4)
		return false;
	for (size_t i = 0; i < part.len; i++) {
		int digit = addr_hex_value(part.ptr[i]);

		if (digit < 0)
			return false;
		n = n << 4 | (unsigned)digit;
	}
	*word = (uint16_t)n;
	return true;
}

/* Words separated by colons, the last two perhaps as a dotted quad. -1, or how many (0 for ""). */
static int addr_parse_words(uint16_t words[ADDR_WORDS], struct slice text)
{
	struct slice part;
	uint8_t quad[4];
	int count = 0;

	if (text.len == 0)
		return 0;
	while (slice_split(&text, ':', &part)) {
		if (!text.ptr && count <= ADDR_WORDS - 2 && addr_parse_v4(quad, part)) {
			words[count++] = (uint16_t)(quad[0] << 8 | quad[1]);
			words[count++] = (uint16_t)(quad[2] << 8 | quad[3]);
			return count;
		}
		if (count == ADDR_WORDS || !addr_parse_word(&words[count], part))
			return -1;
		count++;
	}
	return count;
}

static bool addr_parse_v6(uint8_t ip[16], struct slice text)
{
	uint16_t left[ADDR_WORDS] = {0};
	uint16_t right[ADDR_WORDS];
	size_t gap = slice_find_text(text, SLICE_LIT("::"));
	int lefts, rights;

	if (gap == SIZE_MAX) {
		if (addr_parse_words(left, text) != ADDR_WORDS)
			return false;
	} else {
		lefts = addr_parse_words(left, slice_head(text, gap));
		rights = addr_parse_words(right, slice_from(text, gap + 2));
		/* A dotted quad may only stand at the very end. */
		if (lefts < 0 || rights < 0 || lefts + rights >= ADDR_WORDS ||
		    slice_find(slice_head(text, gap), '.') != SIZE_MAX)
			return false;
		for (int i = 0; i < rights; i++)
			left[ADDR_WORDS - rights + i] = right[i];
	}
	for (int i = 0; i < ADDR_WORDS; i++) {
		ip[2 * i] = (uint8_t)(left[i] >> 8);
		ip[2 * i + 1] = (uint8_t)left[i];
	}
	return true;
}

bool addr_parse_ip(struct addr *a, struct slice text)
{
	struct addr found = {.port = a->port};

	if (text.len >= 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']') {
		text = slice_head(slice_from(text, 1), text.len - 2);
		if (slice_find(text, ':') == SIZE_MAX)
			return false;
	}
	if (addr_parse_v4(found.ip, text))
		found.family = 4;
	else if (slice_find(text, ':') != SIZE_MAX && addr_parse_v6(found.ip, text))
		found.family = 6;
	else
		return false;
	*a = found;
	return true;
}

bool addr_parse(struct addr *a, struct slice text, uint16_t port_default)
{
	struct addr found = {.port = port_default};
	struct slice ip = text;
	size_t colon = slice_rfind(text, ':');
	uint64_t port;

	/* An IPv6 address carries a port only in brackets. */
	if (colon != SIZE_MAX &&
	    (slice_find(text, ':') == colon ||
	     (colon > 0 && text.ptr[0] == '[' && text.ptr[colon - 1] == ']'))) {
		if (!slice_u64(slice_from(text, colon + 1), 65535, &port))
			return false;
		found.port = (uint16_t)port;
		ip = slice_head(text, colon);
	}
	if (!addr_parse_ip(&found, ip))
		return false;
	*a = found;
	return true;
}

static uint16_t addr_word(const struct addr *a, int i)
{
	return (uint16_t)(a->ip[2 * i] << 8 | a->ip[2 * i + 1]);
}

static void addr_write_v4(struct sink *s, const uint8_t ip[4])
{
	for (int i = 0; i < 4; i++) {
		if (i)
			sink_char(s, '.');
		sink_u64(s, ip[i]);
	}
}

/* RFC 5952: the first of the longest runs of at least two zero words becomes "::". */
static void addr_write_v6(struct sink *s, const struct addr *a)
{
	int best = -1, best_len = 1;

	for (int i = 0; i < ADDR_WORDS; i++) {
		int len = 0;

		while (i + len < ADDR_WORDS && addr_word(a, i + len) == 0)
			len++;
		if (len > best_len) {
			best = i;
			best_len = len;
		}
		i += len;
	}
	if (best == 0 && best_len == 5 && addr_word(a, 5) == 0xffff) {
		sink_lit(s, "::ffff:");
		addr_write_v4(s, a->ip + 12);
		return;
	}
	for (int i = 0; i < ADDR_WORDS; i++) {
		if (i == best) {
			sink_lit(s, "::");
			i += best_len - 1;
			continue;
		}
		if (i && i != best + best_len)
			sink_char(s, ':');
		sink_hex(s, addr_word(a, i), 1);
	}
}

void addr_write_ip(struct sink *s, const struct addr *a)
{
	if (a->family == 4)
		addr_write_v4(s, a->ip);
	else if (a->family == 6)
		addr_write_v6(s, a);
}

void addr_write(struct sink *s, const struct addr *a)
{
	if (a->family == 6)
		sink_char(s, '[');
	addr_write_ip(s, a);
	if (a->family == 6)
		sink_char(s, ']');
	sink_char(s, ':');
	sink_u64(s, a->port);
}

const char *addr_text(const struct addr *a, char buf[ADDR_TEXT])
{
	struct sink s = sink_make(buf, ADDR_TEXT);

	addr_write(&s, a);
	return sink_cstr(&s);
}

bool addr_eq_ip(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && memcmp(a->ip, b->ip, addr_ip_len(a)) == 0;
}

bool addr_eq(const struct addr *a, const struct addr *b)
{
	return a->port == b->port && addr_eq_ip(a, b);
}

bool addr_is_any(const struct addr *a)
{
	static const uint8_t zero[16];

	return a->family && memcmp(a->ip, zero, addr_ip_len(a)) == 0;
}

bool addr_is_loopback(const struct addr *a)
{
	static const uint8_t one[16] = {[15] = 1};
	static const uint8_t mapped[13] = {[10] = 0xff, [11] = 0xff, [12] = 127};

	if (a->family == 4)
		return a->ip[0] == 127;
	return a->family == 6 && (memcmp(a->ip, one, 16) == 0 || memcmp(a->ip, mapped, 13) == 0);
}

uint64_t addr_hash(const struct addr *a, uint64_t seed)
{
	uint64_t port = (uint64_t)a->port << 8 | a->family;

	return slice_hash(slice_make((const char *)a->ip, addr_ip_len(a)),
			  seed ^ port * UINT64_C(0x9E3779B97F4A7C15));
}

/* Bits of a netmask, -1 if its ones are not in one piece. */
static int addr_mask_bits(const struct addr *mask)
{
	size_t len = addr_ip_len(mask);
	int bits = 0;

	while ((size_t)bits < 8 * len && mask->ip[bits / 8] & (0x80 >> bits % 8))
		bits++;
	for (size_t i = (size_t)bits; i < 8 * len; i++)
		if (mask->ip[i / 8] & (0x80 >> i % 8))
			return -1;
	return bits;
}

bool addr_net_parse(struct addr_net *n, struct slice text)
{
	size_t slash = slice_find(text, '/');
	struct slice tail = slash == SIZE_MAX ? SLICE_EMPTY : slice_from(text, slash + 1);
	struct addr_net net = {0};
	struct addr mask = {0};
	uint64_t bits;
	int ones;

	if (!addr_parse_ip(&net.base, slice_head(text, slash)))
		return false;
	bits = 8 * addr_ip_len(&net.base);
	if (slash != SIZE_MAX && !slice_u64(tail, bits, &bits)) {
		if (!addr_parse_ip(&mask, tail) || mask.family != net.base.family)
			return false;
		ones = addr_mask_bits(&mask);
		if (ones < 0)
			return false;
		bits = (uint64_t)ones;
	}
	net.prefix_bits = (uint8_t)bits;
	*n = net;
	return true;
}

struct addr addr_unmapped(const struct addr *a)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct addr v4 = {.family = 4, .port = a->port};

	if (a->family != 6 || memcmp(a->ip, mapped, sizeof(mapped)) != 0)
		return *a;
	memcpy(v4.ip, a->ip + 12, 4);
	return v4;
}

struct addr addr_network(const struct addr *a, uint8_t prefix_bits)
{
	struct addr net = {.family = a->family};
	size_t whole = prefix_bits / 8;
	unsigned rest = prefix_bits % 8;

	check(whole <= sizeof(net.ip));
	memcpy(net.ip, a->ip, whole);
	if (rest)
		net.ip[whole] = (uint8_t)(a->ip[whole] & 0xff00 >> rest);
	return net;
}

/* An IPv4 peer on a dual-stack socket is met by its IPv4 rules. */
bool addr_net_has(const struct addr_net *n, const struct addr *a)
{
	struct addr plain = n->base.family == 4 ? addr_unmapped(a) : *a;
	size_t whole = n->prefix_bits / 8;
	unsigned rest = n->prefix_bits % 8;

	check(whole <= addr_ip_len(&n->base));
	if (plain.family != n->base.family || memcmp(plain.ip, n->base.ip, whole) != 0)
		return false;
	return rest == 0 || ((plain.ip[whole] ^ n->base.ip[whole]) & (0xff00 >> rest) & 0xff) == 0;
}

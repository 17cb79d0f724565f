/* tests/fuzz/fuzz_dns.c - an answer of a name server. The first octet chooses the question. */
#include "engine/io/dns.h"

#include "engine/base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk_name(const char *name)
{
	check(memchr(name, '\0', DNS_NAME_ROOM));
}

static void walk(const struct dns_answer *a, enum dns_type type)
{
	check(a->count <= LIMIT_DNS_RECORDS);
	walk_name(a->alias);
	for (uint32_t i = 0; i < a->count; i++) {
		const union dns_record *r = &a->records[i];

		switch (type) {
		case DNS_SRV:
			walk_name(r->srv.target);
			break;
		case DNS_NAPTR:
			walk_name(r->naptr.replacement);
			check(memchr(r->naptr.flags, '\0', sizeof(r->naptr.flags)));
			check(memchr(r->naptr.service, '\0', sizeof(r->naptr.service)));
			break;
		default:
			check(r->addr.family == (type == DNS_A ? 4 : 6));
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct {
		enum dns_type type;
		const char *name;
	} questions[] = {{DNS_A, "gw.example"},
			 {DNS_AAAA, "gw.example"},
			 {DNS_SRV, "_sip._udp.example"},
			 {DNS_NAPTR, "example"}};
	static struct dns_answer a;

	if (size == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_COUNT(questions); i++) {
		if (data[0] % ARRAY_COUNT(questions) != i)
			continue;
		if (!dns_read_answer(&a, slice_make((const char *)data + 1, size - 1),
				     slice_str(questions[i].name), questions[i].type))
			walk(&a, questions[i].type);
	}
	return 0;
}

/* tests/sim/io_sim_dns.c - name servers of the world: a zone as lines, with weather. */
#include "engine/io/dns_client.h"
#include "tests/sim/sim_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define ZONE_SOA_TTL 60
#define MESSAGE_ROOM 4096

struct dns_client {
	struct io *io;
	struct dns_client_conf conf;
	dns_client_fn fn;
	void *arg;
	struct list questions; /* struct sim_question.node */
};

struct sim_question {
	struct sim_done done;
	struct list node;
	struct dns_client *client; /* NULL: it is gone */
	uint64_t token;
	int error;
	enum dns_type type;
	bool is_refused, is_due;
	char name[DNS_NAME_ROOM];
};

/* ---- the zone ---- */

void sim_dns_put(struct sim_world *w, const char *name, uint32_t ttl_s, const char *record)
{
	struct sim_zone_record *z;

	check(w->zone_count < SIM_ZONE_RECORDS);
	z = &w->zone[w->zone_count++];
	check(dns_copy_name(z->name, slice_str(name)));
	slice_copy(z->text, sizeof(z->text), slice_str(record));
	z->ttl_s = ttl_s;
}

void sim_dns_remove(struct sim_world *w, const char *name)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < w->zone_count; i++)
		if (strcmp(w->zone[i].name, name) != 0)
			w->zone[kept++] = w->zone[i];
	w->zone_count = kept;
}

void sim_dns_set(struct sim_world *w, const struct sim_dns_weather *weather)
{
	w->dns = *weather;
}

uint64_t sim_dns_questions(const struct sim_world *w)
{
	return w->dns_questions;
}

/* ---- messages ---- */

struct message {
	uint8_t data[MESSAGE_ROOM];
	size_t len;
	unsigned answers;
};

static void put_u8(struct message *m, unsigned n)
{
	check(m->len < MESSAGE_ROOM);
	m->data[m->len++] = (uint8_t)n;
}

static void put_u16(struct message *m, unsigned n)
{
	put_u8(m, n >> 8);
	put_u8(m, n & 255);
}

static void put_u32(struct message *m, uint32_t n)
{
	put_u16(m, n >> 16);
	put_u16(m, n & 65535);
}

static void put_name(struct message *m, struct slice name)
{
	struct slice label;

	while (name.len && slice_split(&name, '.', &label)) {
		put_u8(m, (unsigned)label.len);
		for (size_t i = 0; i < label.len; i++)
			put_u8(m, (uint8_t)label.ptr[i]);
		if (!name.ptr)
			break;
	}
	put_u8(m, 0);
}

static void put_string(struct message *m, struct slice s)
{
	put_u8(m, (unsigned)s.len);
	for (size_t i = 0; i < s.len; i++)
		put_u8(m, (uint8_t)s.ptr[i]);
}

static struct slice take_word(struct slice *rest)
{
	struct slice word = SLICE_EMPTY;

	UNUSED(slice_split(rest, ' ', &word));
	return word;
}

static unsigned take_number(struct slice *rest)
{
	uint64_t n = 0;

	check(slice_u64(take_word(rest), 65535, &n));
	return (unsigned)n;
}

static enum dns_type record_type(struct slice word)
{
	static const enum dns_type types[] = {DNS_A, DNS_AAAA, DNS_CNAME, DNS_SRV, DNS_NAPTR};

	for (size_t i = 0; i < ARRAY_COUNT(types); i++)
		if (slice_eq(word, slice_str(dns_type_name(types[i]))))
			return types[i];
	check(false);
	return DNS_SOA;
}

static void put_addr(struct message *m, struct slice text, size_t len)
{
	struct addr a = {0};

	check(addr_parse_ip(&a, text));
	for (size_t i = 0; i < len; i++)
		put_u8(m, a.ip[i]);
}

static void put_data(struct message *m, enum dns_type type, struct slice rest)
{
	switch (type) {
	case DNS_A:
		put_addr(m, rest, 4);
		break;
	case DNS_AAAA:
		put_addr(m, rest, 16);
		break;
	case DNS_SRV:
		put_u16(m, take_number(&rest));
		put_u16(m, take_number(&rest));
		put_u16(m, take_number(&rest));
		put_name(m, rest);
		break;
	case DNS_NAPTR:
		put_u16(m, take_number(&rest));
		put_u16(m, take_number(&rest));
		put_string(m, take_word(&rest));
		put_string(m, take_word(&rest));
		put_string(m, SLICE_EMPTY);
		put_name(m, rest);
		break;
	default:
		put_name(m, rest);
	}
}

static void put_record(struct message *m, const struct sim_zone_record *z)
{
	struct slice rest = slice_str(z->text);
	enum dns_type type = record_type(take_word(&rest));
	size_t at;

	put_name(m, slice_str(z->name));
	put_u16(m, type);
	put_u16(m, 1);
	put_u32(m, z->ttl_s);
	at = m->len;
	put_u16(m, 0);
	put_data(m, type, rest);
	m->data[at] = (uint8_t)((m->len - at - 2) >> 8);
	m->data[at + 1] = (uint8_t)((m->len - at - 2) & 255);
	m->answers++;
}

static bool zone_is(const struct sim_zone_record *z, enum dns_type type)
{
	struct slice rest = slice_str(z->text);

	return record_type(take_word(&rest)) == type;
}

/* As a recursive server answers: the chain of CNAMEs, then what stands at its end. True: the name
 * exists. */
static bool put_answers(const struct sim_world *w, struct message *m, const char *name,
			enum dns_type type, unsigned depth)
{
	bool exists = false;

	for (uint32_t i = 0; i < w->zone_count; i++) {
		const struct sim_zone_record *z = &w->zone[i];

		if (strcmp(z->name, name) != 0)
			continue;
		exists = true;
		if (zone_is(z, type)) {
			put_record(m, z);
		} else if (zone_is(z, DNS_CNAME) && depth < 8) {
			put_record(m, z);
			return put_answers(w, m, z->text + strlen("CNAME "), type, depth + 1);
		}
	}
	return exists;
}

static void put_soa(struct message *m)
{
	put_name(m, SLICE_LIT("sim"));
	put_u16(m, DNS_SOA);
	put_u16(m, 1);
	put_u32(m, ZONE_SOA_TTL);
	put_u16(m, 22);
	put_u8(m, 0);
	put_u8(m, 0);
	for (int i = 0; i < 4; i++)
		put_u32(m, 3600);
	put_u32(m, ZONE_SOA_TTL);
}

static void answer(const struct sim_world *w, struct message *m, const struct sim_question *q)
{
	bool exists;

	m->len = 12;
	put_name(m, slice_str(q->name));
	put_u16(m, q->type);
	put_u16(m, 1);
	exists = put_answers(w, m, q->name, q->type, 0);
	put_soa(m);
	memcpy(m->data, "\0\1\x81\x80\0\1\0\0\0\1\0\0", 12);
	m->data[3] |= (uint8_t)(q->is_refused ? 2 : exists ? 0 : 3);
	m->data[7] = (uint8_t)m->answers;
}

/* ---- questions ---- */

static void question_free(struct sim_question *q)
{
	list_del(&q->node);
	free(q);
}

static void question_drop(struct sim_done *done)
{
	question_free(list_entry(done, struct sim_question, done));
}

static void question_end(struct sim_done *done)
{
	struct sim_question *q = list_entry(done, struct sim_question, done);
	struct dns_client *c = q->client;
	uint64_t token = q->token;
	struct message m = {0};
	int error = q->error;

	answer(c->io->w, &m, q);
	question_free(q);
	c->fn(c->arg, token, error, slice_make((const char *)m.data, error ? 0 : m.len));
}

static void question_due(struct sim_world *w, void *arg)
{
	struct sim_question *q = arg;

	UNUSED(w);
	if (!q->client) {
		free(q);
		return;
	}
	q->is_due = true;
	sim_done_init(&q->done, q->client, question_end, question_drop);
	sim_done_post(q->client->io, &q->done);
}

/* When the answer comes: servers are asked in turn, each try may be lost, and waits twice as long
 * as the round before. */
static int64_t question_fate(struct sim_world *w, struct sim_question *q)
{
	const struct dns_client_conf *conf = &q->client->conf;
	int64_t wait = 0, timeout = conf->timeout_ms * SIM_MS;

	for (uint32_t round = 0; round < conf->tries; round++, timeout *= 2)
		for (uint32_t i = 0; i < conf->server_count; i++, wait += timeout)
			if (!w->dns.is_dead && !rng_chance(&w->rng, w->dns.loss_permille))
				return wait +
				       sim_between(w, w->dns.delay_min_ns, w->dns.delay_max_ns);
	q->error = -ETIMEDOUT;
	return wait;
}

/* Not yet due; they are freed when their time has come. */
static struct sim_question *question_first(struct dns_client *c)
{
	list_for (node, &c->questions) {
		struct sim_question *q = list_entry(node, struct sim_question, node);

		if (!q->is_due)
			return q;
	}
	return NULL;
}

static void questions_break(struct dns_client *c)
{
	struct sim_question *q;

	while ((q = question_first(c)) != NULL) {
		q->client = NULL;
		list_del(&q->node);
		c->fn(c->arg, q->token, -ECONNREFUSED, SLICE_EMPTY);
	}
}

void dns_client_ask(struct dns_client *c, const char *name, enum dns_type type, uint64_t token)
{
	struct sim_world *w = c->io->w;
	struct sim_question *q = sim_alloc(sizeof(*q));

	q->client = c;
	q->token = token;
	q->type = type;
	slice_copy(q->name, sizeof(q->name), slice_str(name));
	list_init(&q->node);
	list_add_tail(&c->questions, &q->node);
	w->dns_questions++;
	sim_trace_fmt(w, "dns", "%s %s", dns_type_name(type), name);
	q->is_refused = rng_chance(&w->rng, w->dns.refuse_permille);
	sim_at_always(w, w->now + question_fate(w, q), question_due, q);
	if (w->dns.breaks_at && strcmp(w->dns.breaks_at, name) == 0)
		questions_break(c);
}

/* ---- life ---- */

int dns_client_create(struct dns_client **out, struct io *io, struct tmr_wheel *wheel,
		      const struct dns_client_conf *conf, dns_client_fn fn, void *arg)
{
	struct dns_client *c = sim_alloc(sizeof(*c));

	UNUSED(wheel);
	c->io = io;
	c->conf = *conf;
	c->fn = fn;
	c->arg = arg;
	list_init(&c->questions);
	*out = c;
	return 0;
}

/* Those that wait on the loop go now; those still under way when their time has come. */
void dns_client_destroy(struct dns_client *c)
{
	if (!c)
		return;
	sim_done_cancel_owner(c->io, c);
	list_for_safe (node, &c->questions) {
		list_entry(node, struct sim_question, node)->client = NULL;
		list_del(node);
	}
	free(c);
}

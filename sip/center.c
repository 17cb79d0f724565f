/* sip/center.c - contacts of the center, and how shards hear of them. See center.h. */
#include "sip/center_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "sip/contact_json.h"

#include <errno.h>
#include <stdlib.h>

#define CENTER_RETRY_NS (10 * TMR_MS)

_Static_assert(LIMIT_SHARDS <= 64, "a bit for each shard");

int64_t center_now(const struct sip_center *c)
{
	return io_now_ns(c->env.io);
}

/* ---- telling the shards ---- */

uint64_t center_all_shards(const struct sip_center *c)
{
	return c->env.shard_count == 64 ? UINT64_MAX : (UINT64_C(1) << c->env.shard_count) - 1;
}

static bool center_tell_shard(struct sip_center *c, struct seat *s, uint32_t shard)
{
	char packed[CONTACT_PACKED_MAX];
	size_t len;

	if (s->is_gone)
		return c->env.notify(c->env.arg, shard, SIP_NOTICE_GONE, &s->c.info.id,
				     sizeof(s->c.info.id));
	len = contact_pack(&s->c.info, packed);
	check(len > 0);
	return c->env.notify(c->env.arg, shard, SIP_NOTICE_CONTACT, packed, len);
}

void center_retry_later(struct sip_center *c)
{
	if (!tmr_is_started(&c->retry))
		tmr_start(&c->retry, center_now(c) + CENTER_RETRY_NS);
}

/* *full: shards whose pipe takes nothing more now. */
static void center_tell_seat(struct sip_center *c, struct seat *s, uint64_t *full)
{
	uint64_t left = s->untold & ~*full;

	while (left) {
		uint32_t shard = (uint32_t)__builtin_ctzll(left);
		uint64_t bit = UINT64_C(1) << shard;

		left &= ~bit;
		if (center_tell_shard(c, s, shard))
			s->untold &= ~bit;
		else
			*full |= bit;
	}
	if (s->untold)
		return;
	list_del(&s->node);
	if (s->is_gone)
		location_remove(&c->table, &s->c);
}

static void center_flush(struct sip_center *c)
{
	uint64_t full = 0, all = center_all_shards(c);

	list_for_safe (node, &c->untold) {
		if (full == all)
			break;
		center_tell_seat(c, list_entry(node, struct seat, node), &full);
	}
	if (!list_empty(&c->untold))
		center_retry_later(c);
}

static void center_on_retry(struct tmr *tmr, void *arg)
{
	UNUSED(tmr);
	center_flush(arg);
	center_tell_routes(arg);
}

static void center_spread(struct sip_center *c, struct seat *s)
{
	s->untold = center_all_shards(c);
	list_del(&s->node);
	list_add_tail(&c->untold, &s->node);
	if (!tmr_is_started(&c->retry)) /* else a shard is behind: all at once, in a moment */
		center_flush(c);
}

/* ---- contacts ---- */

static struct seat *seat_live(struct contact *c)
{
	while (c && ((struct seat *)c)->is_gone)
		c = location_next(c);
	return (struct seat *)c;
}

struct seat *center_first(const struct sip_center *c, uint64_t aor)
{
	return seat_live(location_first(&c->table, aor));
}

struct seat *center_next(const struct seat *s)
{
	return seat_live(location_next(&s->c));
}

struct seat *center_find(const struct sip_center *c, uint64_t id)
{
	struct seat *s = (struct seat *)location_find(&c->table, id);

	return s && !s->is_gone ? s : NULL;
}

static void center_keep_as(struct seat *s, bool is_gone)
{
	struct sip_center *c = s->center;
	char key_room[LIMIT_DB_KEY], json_room[CONTACT_JSON_MAX];
	struct sink key = sink_make(key_room, sizeof(key_room));
	struct sink json = sink_make(json_room, sizeof(json_room));

	if (!c->env.keep)
		return;
	contact_write_key(&key, &s->c.info);
	if (!is_gone)
		contact_write_json(&json, &s->c.info);
	if (!key.over && !json.over)
		c->env.keep(c->env.arg, sink_slice(&key), sink_slice(&json));
}

void center_keep(struct seat *s)
{
	center_keep_as(s, s->is_gone);
}

void center_remove(struct seat *s)
{
	struct sip_center *c = s->center;

	tmr_stop(&s->expiry);
	s->is_gone = true;
	if (!seat_is_static(s))
		center_keep(s);
	center_tell_contact(c, &s->c.info, CONTACT_REMOVED);
	center_spread(c, s);
}

static void seat_on_expiry(struct tmr *tmr, void *arg)
{
	struct seat *s = arg;

	UNUSED(tmr);
	metric_inc(s->center->env.metrics, METRIC_sip_contact_expired);
	log_verbose(3, "Removed contact '%.*s' from AOR '%.*s' due to expiration",
		    SLICE_ARG(s->c.info.text[CONTACT_URI]), SLICE_ARG(s->c.info.text[CONTACT_AOR]));
	center_remove(s);
}

static void seat_start_expiry(struct seat *s)
{
	struct sip_center *c = s->center;
	int64_t left_ns = s->c.info.expires_wall_ns - io_wall_ns(c->env.io);

	if (seat_is_static(s))
		tmr_stop(&s->expiry);
	else
		tmr_start(&s->expiry, center_now(c) + left_ns);
}

struct seat *center_put(struct sip_center *c, const struct contact_info *info)
{
	bool is_new = !location_find(&c->table, info->id), was_gone;
	struct seat *s = (struct seat *)location_put(&c->table, info);

	if (!s) {
		metric_inc(c->env.metrics, METRIC_sip_contact_no_room);
		return NULL;
	}
	was_gone = s->is_gone;
	if (is_new) {
		s->center = c;
		list_init(&s->node);
		tmr_init(&s->expiry, c->env.wheel, seat_on_expiry, s);
	}
	s->is_gone = false;
	seat_start_expiry(s);
	if (is_new || was_gone)
		center_tell_contact(c, &s->c.info, info->status);
	center_spread(c, s);
	return s;
}

/* ---- configuration ---- */

/* What the AOR says of all its contacts. */
static void center_take_aor(struct contact_info *info, const struct sip_conf_aor *aor)
{
	bool is_asked = aor->qualify_s > 0;

	info->qualify_s = aor->qualify_s;
	info->qualify_timeout_ms = aor->qualify_timeout_ms;
	info->authenticate_qualify = aor->authenticate_qualify;
	info->qualify_2xx_only = aor->qualify_2xx_only;
	info->text[CONTACT_PROXY] = aor->outbound_proxy;
	if (is_asked && info->status == CONTACT_CREATED)
		info->status = CONTACT_UNKNOWN;
	if (!is_asked) {
		info->status = CONTACT_CREATED;
		info->rtt_ns = -1;
	}
}

static bool center_is_as_before(const struct contact_info *a, const struct contact_info *b)
{
	return a->qualify_s == b->qualify_s && a->qualify_timeout_ms == b->qualify_timeout_ms &&
	       a->authenticate_qualify == b->authenticate_qualify &&
	       a->qualify_2xx_only == b->qualify_2xx_only && a->status == b->status &&
	       slice_eq(a->text[CONTACT_PROXY], b->text[CONTACT_PROXY]) &&
	       slice_eq(a->text[CONTACT_ENDPOINT], b->text[CONTACT_ENDPOINT]);
}

static void center_put_static(struct sip_center *c, const struct sip_conf_aor *aor)
{
	struct slice owner = aor->user_count ? aor->users[0]->name : SLICE_EMPTY;

	for (uint32_t i = 0; i < aor->contact_count; i++) {
		struct slice uri = aor->contacts[i].uri;
		uint64_t id = contact_id(aor->name, uri);
		struct seat *old = center_find(c, id);
		struct contact_info info = {
			.id = id,
			.aor = aor->hash,
			.rtt_ns = -1,
			.shard = (uint32_t)(id % c->env.shard_count),
			.text = {[CONTACT_AOR] = aor->name,
				 [CONTACT_URI] = uri,
				 [CONTACT_ENDPOINT] = owner},
		};

		if (old) {
			info.status = old->c.info.status;
			info.rtt_ns = old->c.info.rtt_ns;
		}
		if (old && !seat_is_static(old)) { /* a phone had it: now it is the file's */
			center_keep_as(old, true);
			old = NULL;
		}
		center_take_aor(&info, aor);
		if ((!old || !center_is_as_before(&old->c.info, &info)) && !center_put(c, &info))
			log_error("Contact %.*s of AOR '%.*s' is not watched: there is room for %d "
				  "contacts",
				  SLICE_ARG(uri), SLICE_ARG(aor->name), LIMIT_CONTACTS);
	}
}

static bool center_is_configured(const struct sip_conf_aor *aor, struct slice uri)
{
	for (uint32_t i = 0; i < aor->contact_count; i++)
		if (slice_eq(aor->contacts[i].uri, uri))
			return true;
	return false;
}

/* Contacts whose AOR is gone, static ones that are not written any more; others take new settings.
 */
static void center_review(struct sip_center *c)
{
	struct contact *at;
	uint32_t cursor = 0;

	while ((at = location_walk(&c->table, &cursor))) {
		struct seat *s = (struct seat *)at;
		const struct sip_conf_aor *aor = sip_conf_aor_hash(c->conf, at->info.aor);
		struct contact_info info = at->info;

		if (s->is_gone)
			continue;
		if (!aor ||
		    (seat_is_static(s) && !center_is_configured(aor, at->info.text[CONTACT_URI]))) {
			center_remove(s);
			continue;
		}
		if (seat_is_static(s))
			continue;
		center_take_aor(&info, aor);
		if (!center_is_as_before(&at->info, &info))
			UNUSED(center_put(c, &info));
	}
}

static const struct center_registration *
center_old_registration(const struct center_registration *list, uint32_t count, uint64_t hash)
{
	for (uint32_t i = 0; i < count; i++)
		if (list[i].hash == hash)
			return &list[i];
	return NULL;
}

static void center_carry_registrations(struct sip_center *c, const struct sip_conf *old)
{
	struct center_registration *next = c->reserved_registrations;

	for (uint32_t i = 0; i < c->conf->registration_count; i++) {
		const struct center_registration *before =
			center_old_registration(c->registrations, old ? old->registration_count : 0,
						c->conf->registrations[i].hash);

		next[i].hash = c->conf->registrations[i].hash;
		if (before)
			next[i] = *before;
	}
	free(c->registrations);
	c->registrations = next;
	c->reserved_registrations = NULL;
}

static void center_carry_endpoints(struct sip_center *c, const struct sip_conf *old)
{
	struct center_endpoint *next = c->reserved_endpoints;

	for (uint32_t i = 0; i < c->conf->endpoint_count; i++) {
		const struct sip_conf_endpoint *before =
			old ? sip_conf_endpoint_hash(old, c->conf->endpoints[i].hash) : NULL;

		if (before)
			next[i] = c->endpoints[before - old->endpoints];
	}
	free(c->endpoints);
	c->endpoints = next;
	c->reserved_endpoints = NULL;
}

static void center_unreserve(struct sip_center *c)
{
	free(c->reserved_endpoints);
	free(c->reserved_registrations);
	c->reserved_endpoints = NULL;
	c->reserved_registrations = NULL;
}

int sip_center_reserve(struct sip_center *c, const struct sip_conf *conf)
{
	center_unreserve(c);
	c->reserved_endpoints = calloc(conf->endpoint_count + 1, sizeof(*c->reserved_endpoints));
	c->reserved_registrations =
		calloc(conf->registration_count + 1, sizeof(*c->reserved_registrations));
	return c->reserved_endpoints && c->reserved_registrations ? 0 : -ENOMEM;
}

void sip_center_set_conf(struct sip_center *c, const struct sip_conf *conf)
{
	const struct sip_conf *old = c->conf;

	check(c->reserved_endpoints && c->reserved_registrations);
	c->conf = conf;
	center_carry_endpoints(c, old);
	center_carry_registrations(c, old);
	center_review(c);
	center_watch_follow(c);
	for (uint32_t i = 0; i < conf->aor_count; i++)
		center_put_static(c, &conf->aors[i]);
}

/* ---- life ---- */

int sip_center_create(struct sip_center **out, const struct sip_center_env *env,
		      const struct sip_conf *conf)
{
	struct sip_center *c = calloc(1, sizeof(*c));
	int err;

	check(env->shard_count > 0 && env->shard_count <= LIMIT_SHARDS);
	if (!c)
		return -ENOMEM;
	c->env = *env;
	list_init(&c->untold);
	tmr_init(&c->retry, env->wheel, center_on_retry, c);
	c->answer = malloc(sizeof(struct sip_answer) + CENTER_ANSWER_LINES);
	err = c->answer ? location_create(&c->table, sizeof(struct seat)) : -ENOMEM;
	if (!err)
		err = sip_center_reserve(c, conf);
	if (!err)
		err = center_watch_create(c);
	if (err) {
		sip_center_destroy(c);
		return err;
	}
	sip_center_set_conf(c, conf);
	*out = c;
	return 0;
}

void sip_center_destroy(struct sip_center *c)
{
	struct contact *at;
	uint32_t cursor = 0;

	if (!c)
		return;
	tmr_stop(&c->retry);
	while (c->table.contacts && (at = location_walk(&c->table, &cursor)))
		tmr_stop(&((struct seat *)at)->expiry);
	location_destroy(&c->table);
	center_watch_destroy(c);
	center_capture_destroy(c);
	notify_conf_free(c->notify);
	center_unreserve(c);
	free(c->registrations);
	free(c->endpoints);
	free(c->answer);
	free(c);
}

bool sip_center_restore(struct sip_center *c, struct slice key, struct slice value)
{
	char room[LIMIT_CONTACT_TEXT];
	const struct sip_conf_aor *aor;
	struct contact_info info;
	const struct seat *old;

	if (!contact_read_json(&info, key, value, room) ||
	    info.expires_wall_ns <= io_wall_ns(c->env.io))
		return false;
	aor = sip_conf_aor(c->conf, info.text[CONTACT_AOR]);
	if (!aor || !aor->max_contacts)
		return false;
	info.aor = aor->hash;
	info.id = contact_id(aor->name, info.text[CONTACT_URI]);
	old = center_find(c, info.id);
	if (old && seat_is_static(old))
		return false;
	info.shard = (uint32_t)(info.id % c->env.shard_count);
	info.status = CONTACT_CREATED;
	center_take_aor(&info, aor);
	return center_put(c, &info) != NULL;
}

bool sip_center_is_quiet(const struct sip_center *c)
{
	return list_empty(&c->untold) && !c->has_unrouted;
}

uint32_t sip_center_contacts(const struct sip_center *c)
{
	uint32_t cursor = 0, count = 0;
	const struct contact *at;

	while ((at = location_walk(&c->table, &cursor)))
		count += !((const struct seat *)at)->is_gone;
	return count;
}

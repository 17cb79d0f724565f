/* sip/registration.c - see registration.h. */
#include "sip/registration.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "sip/errand.h"
#include "sip/transport.h"

#include <errno.h>

#define REGISTRATION_EARLY_S  5 /* refreshed so long before it ends, at least */
#define REGISTRATION_AGAIN_NS (100 * TMR_MS)
#define REGISTRATION_ROUNDS   3 /* 423 answered in a row */

struct registration {
	struct sip *sip;
	struct hash_node node; /* by its hash */
	uint64_t hash;	       /* of its name */
	struct tmr tmr;	       /* the next REGISTER */
	struct tmr tell;       /* a report found no room */
	handle_t errand;       /* the REGISTER under way */
	uint64_t tag;
	struct sip_auth_state auth;
	int64_t next_wall_ns;
	uint32_t cseq;
	uint32_t retries;
	uint32_t expiration_s; /* asked for; a 423 raises it */
	uint32_t rounds;
	uint32_t code;	/* of the last refusal */
	uint8_t state;	/* enum sip_registration_state */
	bool is_ending; /* REGISTER with Expires: 0 is under way */
	char call_id[SIP_IDENT_LEN];
	char line[REGISTRATION_LINE];
	bool has_home;
	struct sip_target home; /* that accepted it last: asked first, told of the end */
	uint32_t route_len;
	char route[SIP_ROUTE_TEXT];
};

static bool registration_is_ours(const struct registration *r)
{
	return r->hash % r->sip->env.shard_count == r->sip->env.shard;
}

static const struct sip_conf_registration *registration_conf(const struct registration *r)
{
	return sip_conf_registration(r->sip->conf, r->hash);
}

static struct registration *registrations_find(const struct sip *sip, uint64_t hash)
{
	struct hash_node *n = hash_first(&sip->registration_by_name, hash);

	return n ? hash_entry(n, struct registration, node) : NULL;
}

/* ---- reports ---- */

static void registration_report(struct registration *r)
{
	const struct sip_env *env = &r->sip->env;
	const struct sip_registration_report report = {
		.hash = r->hash,
		.next_wall_ns = r->next_wall_ns,
		.state = r->state,
		.code = r->code,
	};

	if (env->report &&
	    !env->report(env->report_arg, SIP_REPORT_REGISTRATION, &report, sizeof(report)))
		tmr_start(&r->tell, sip_now(r->sip) + REGISTRATION_AGAIN_NS);
}

static void registration_on_tell(struct tmr *tmr, void *arg)
{
	UNUSED(tmr);
	registration_report(arg);
}

static void registration_set(struct registration *r, enum sip_registration_state state,
			     uint32_t code)
{
	r->state = (uint8_t)state;
	r->code = code;
	registration_report(r);
}

static void registration_plan(struct registration *r, int64_t delay_ns)
{
	tmr_start(&r->tmr, sip_now(r->sip) + delay_ns);
	r->next_wall_ns = io_wall_ns(r->sip->env.io) + delay_ns;
}

/* ---- the request ---- */

/* What stands inside of the <> of Contact, and behind them. */
static void registration_write_params(const struct registration *r,
				      const struct sip_conf_registration *conf,
				      struct sip_request *q, struct sink *room)
{
	size_t at = room->len;

	if (conf->line) {
		sink_lit(room, ";line=");
		sink_add(room, slice_make(r->line, sizeof(r->line)));
	}
	q->contact_params = slice_from(sink_slice(room), at);
	at = room->len;
	if (conf->contact_header_params.len && conf->contact_header_params.ptr[0] != ';')
		sink_char(room, ';');
	sink_add(room, conf->contact_header_params);
	q->contact_tail = slice_from(sink_slice(room), at);
}

static void registration_write_request(struct registration *r,
				       const struct sip_conf_registration *conf, uint32_t expires,
				       struct sip_request *q, struct sink *room)
{
	size_t at;

	*q = (struct sip_request){
		.method = SIP_METHOD_REGISTER,
		.ruri = conf->server_uri,
		.from = conf->client_uri,
		.to = conf->client_uri,
		.user = conf->contact_user,
		.user_agent = conf->user_agent,
		.proxy = conf->outbound_proxy,
		.tag = r->tag,
		.call_id = slice_make(r->call_id, sizeof(r->call_id)),
		.cseq = r->cseq,
		.transport = conf->transport,
		.auth = &r->auth,
		.cred = conf->auth ? &conf->auth->cred : NULL,
	};
	registration_write_params(r, conf, q, room);
	at = room->len;
	sip_write_header_u32(room, SIP_HDR_EXPIRES, expires);
	if (conf->support_path)
		sip_write_header_id(room, SIP_HDR_SUPPORTED, SLICE_LIT("path"));
	q->extra = slice_from(sink_slice(room), at);
}

static int registration_write(void *arg, struct sip_request *q, struct sink *room)
{
	struct registration *r = arg;
	const struct sip_conf_registration *conf = registration_conf(r);

	if (!conf)
		return -ENOENT;
	registration_write_request(r, conf, r->is_ending ? 0 : r->expiration_s, q, room);
	return 0;
}

static bool registration_answered(void *arg, const struct txn *t, const struct sip_msg *msg);
static void registration_failed(void *arg, unsigned code);

static const struct sip_errand_ops registration_ops = {
	.sent = METRIC_sip_registration_sent,
	.write = registration_write,
	.answered = registration_answered,
	.failed = registration_failed,
};

/* False: it cannot be sent to anybody. */
static bool registration_send(struct registration *r)
{
	int err;

	r->cseq++;
	r->errand =
		sip_errand_begin(r->sip, &registration_ops, r, r->has_home ? &r->home : NULL, &err);
	return r->errand != HANDLE_NONE;
}

/* ---- refusals ---- */

static void registration_give_up(struct registration *r, const struct sip_conf_registration *conf,
				 unsigned code)
{
	tmr_stop(&r->tmr);
	r->next_wall_ns = 0;
	log_warning("Fatal response '%u' received from '%.*s' on registration attempt to '%.*s', "
		    "stopping outbound registration",
		    code, SLICE_ARG(conf->server_uri), SLICE_ARG(conf->client_uri));
	registration_set(r, SIP_REG_REJECTED_HARD, code);
}

static void registration_try_later(struct registration *r, const struct sip_conf_registration *conf,
				   unsigned code, uint32_t after_s)
{
	if (r->retries >= conf->max_retries) {
		log_warning(
			"Maximum retries reached when attempting outbound registration to '%.*s' "
			"with client '%.*s', stopping registration attempt",
			SLICE_ARG(conf->server_uri), SLICE_ARG(conf->client_uri));
		registration_give_up(r, conf, code);
		return;
	}
	r->retries++;
	registration_plan(r, after_s * TMR_SECOND);
	if (code)
		log_warning(
			"Temporal response '%u' received from '%.*s' on registration attempt to "
			"'%.*s', retrying in '%u' seconds",
			code, SLICE_ARG(conf->server_uri), SLICE_ARG(conf->client_uri), after_s);
	else
		log_warning("No response received from '%.*s' on registration attempt to '%.*s', "
			    "retrying in '%u'",
			    SLICE_ARG(conf->server_uri), SLICE_ARG(conf->client_uri), after_s);
	registration_set(r, SIP_REG_REJECTED, code);
}

static bool registration_is_temporary(unsigned code)
{
	return code == 0 || code == 408 || code == 500 || code == 502 || code == 503 ||
	       code == 504 || code >= 600;
}

/* How long to wait; 0: for good. */
static uint32_t registration_pause(const struct sip_conf_registration *conf, unsigned code)
{
	if ((code == 401 || code == 407) && !conf->auth_rejection_permanent)
		return conf->retry_s;
	if (registration_is_temporary(code))
		return conf->retry_s;
	if (code == 403 && conf->forbidden_retry_s)
		return conf->forbidden_retry_s;
	return code == 401 || code == 407 ? 0 : conf->fatal_retry_s;
}

/* msg: the answer, or NULL. code 0: nobody has said anything. */
static void registration_refused(struct registration *r, const struct sip_conf_registration *conf,
				 const struct sip_msg *msg, unsigned code)
{
	uint32_t pause = registration_pause(conf, code), after;

	sip_count_one(r->sip, METRIC_sip_registration_failed);
	r->auth = (struct sip_auth_state){0}; /* the next try is one of its own */
	if (pause && msg && code == 503 && sip_msg_get_u32(msg, SIP_HDR_RETRY_AFTER, &after) &&
	    after > pause)
		pause = after < 3600 ? after : 3600;
	if (pause)
		registration_try_later(r, conf, code, pause);
	else
		registration_give_up(r, conf, code);
}

/* ---- success ---- */

/* Our own binding is told from those of others by user, address and port. */
static bool registration_is_own(const struct sip_uri *uri, const struct sip_conf_registration *conf,
				const struct txn *t)
{
	struct addr a = {.port = uri->port ? uri->port : 5060};

	return slice_eq(uri->user, conf->contact_user) && sip_conf_host_addr(uri->host, &a) &&
	       addr_eq(&a, &t->via);
}

/* Seconds granted (RFC 3261 10.2.4): of our Contact, else of the only one, else of Expires. */
static uint32_t registration_granted(const struct sip_conf_registration *conf, const struct txn *t,
				     const struct sip_msg *msg, uint32_t asked)
{
	struct sip_values it = sip_values(msg, SIP_HDR_CONTACT);
	uint32_t s = asked, one = asked, count = 0, n;
	struct sip_addr contact;
	int err;

	UNUSED(sip_msg_get_u32(msg, SIP_HDR_EXPIRES, &s));
	one = s;
	while ((err = sip_values_next_addr(&it, &contact)) != -ENOENT) {
		struct sip_uri uri;
		struct slice value;

		if (err || sip_uri_parse(&uri, contact.uri))
			continue;
		count++;
		if (!sip_text_param(contact.params, SLICE_LIT("expires"), &value) ||
		    !sip_text_u32_clamp(value, UINT32_MAX, &n))
			continue;
		if (registration_is_own(&uri, conf, t))
			return n;
		one = n;
	}
	return count == 1 ? one : s;
}

/* Early enough for a lost request to be repeated, and not all at once. */
static int64_t registration_refresh_ns(struct registration *r, uint32_t granted_s)
{
	uint32_t early = REGISTRATION_EARLY_S + rng_below(r->sip->env.rng, granted_s / 10 + 1);

	if (early > granted_s / 2)
		early = granted_s / 2;
	return (granted_s - early) * TMR_SECOND;
}

static void registration_tell_route(struct registration *r, const struct sip_msg *msg)
{
	_Alignas(8) char room[sizeof(struct sip_route_notice) + SIP_ROUTE_TEXT];
	struct sip_route_notice *n = (void *)room;
	struct sink text = sink_make(n->text, SIP_ROUTE_TEXT);
	struct sip_values it = sip_values(msg, SIP_HDR_SERVICE_ROUTE);
	const struct sip_env *env = &r->sip->env;
	struct slice value;

	while (sip_values_next(&it, &value)) {
		if (text.len)
			sink_char(&text, ',');
		sip_text_write_flat(&text, value);
	}
	if (text.over) {
		log_warning(
			"The Service-Route that a registrar gave is longer than %d octets and is "
			"not used",
			SIP_ROUTE_TEXT);
		return;
	}
	if (!env->report || slice_eq(sink_slice(&text), slice_make(r->route, r->route_len)))
		return;
	n->hash = r->hash;
	n->len = (uint32_t)text.len;
	UNUSED(env->report(env->report_arg, SIP_REPORT_ROUTE, n,
			   offsetof(struct sip_route_notice, text) + n->len));
}

static void registration_accepted(struct registration *r, const struct sip_conf_registration *conf,
				  const struct txn *t, const struct sip_msg *msg)
{
	uint32_t granted = registration_granted(conf, t, msg, r->expiration_s);
	bool is_news = r->state != SIP_REG_REGISTERED;

	sip_auth_settled(&r->auth);
	if (!granted) { /* it has not kept us */
		registration_refused(r, conf, NULL, 0);
		return;
	}
	r->home = (struct sip_target){.addr = t->dst.addr,
				      .transport = (uint8_t)sip_tp_kind(r->sip, t->tp)};
	r->has_home = true;
	r->retries = r->rounds = 0;
	registration_plan(r, registration_refresh_ns(r, granted));
	registration_tell_route(r, msg);
	if (is_news)
		log_verbose(3, "Outbound registration to '%.*s' with client '%.*s' successful",
			    SLICE_ARG(conf->server_uri), SLICE_ARG(conf->client_uri));
	registration_set(r, SIP_REG_REGISTERED, 0);
}

/* ---- the exchange ---- */

static void registration_begin(struct registration *r)
{
	const struct sip_conf_registration *conf = registration_conf(r);

	tmr_stop(&r->tmr);
	if (NEVER(!conf))
		return;
	if (!r->tag) {
		r->tag = sip_ident_nonce(r->sip->env.rng);
		r->cseq = rng_below(r->sip->env.rng, 32768);
		rng_uuid(r->sip->env.rng, r->call_id);
	}
	if (!registration_send(r))
		registration_refused(r, conf, NULL, 0);
}

/* 401, 407: with credentials; 423: for longer. True: once more. */
static bool registration_again(struct registration *r, const struct sip_conf_registration *conf,
			       const struct sip_msg *msg)
{
	uint32_t least;

	if (msg->code == 401 || msg->code == 407)
		return conf->auth && sip_auth_take(&r->auth, msg, conf->auth->alg_mask,
						   &conf->auth->cred) == SIP_AUTH_RETRY;
	if (msg->code != 423 || r->is_ending || r->rounds++ >= REGISTRATION_ROUNDS ||
	    !sip_msg_get_u32(msg, SIP_HDR_MIN_EXPIRES, &least) || least <= r->expiration_s)
		return false;
	r->expiration_s = least;
	return true;
}

static void registration_ended(struct registration *r)
{
	r->is_ending = false;
	r->sip->unregistering--;
	r->next_wall_ns = 0;
	registration_set(r, SIP_REG_STOPPED, 0);
}

static bool registration_answered(void *arg, const struct txn *t, const struct sip_msg *msg)
{
	struct registration *r = arg;
	const struct sip_conf_registration *conf = registration_conf(r);

	if (!NEVER(!conf) && registration_again(r, conf, msg)) {
		r->cseq++;
		return true;
	}
	r->errand = HANDLE_NONE;
	if (r->is_ending)
		registration_ended(r);
	else if (conf && msg->code < 300)
		registration_accepted(r, conf, t, msg);
	else if (conf)
		registration_refused(r, conf, msg, msg->code);
	return false;
}

static void registration_failed(void *arg, unsigned code)
{
	struct registration *r = arg;
	const struct sip_conf_registration *conf = registration_conf(r);

	r->errand = HANDLE_NONE;
	if (r->is_ending)
		registration_ended(r);
	else if (!NEVER(!conf))
		registration_refused(r, conf, NULL, code);
}

static void registration_on_timer(struct tmr *tmr, void *arg)
{
	UNUSED(tmr);
	registration_begin(arg);
}

/* ---- commands ---- */

static void registration_halt(struct registration *r)
{
	tmr_stop(&r->tmr);
	sip_errand_drop(r->sip, r->errand);
	r->errand = HANDLE_NONE;
	if (r->is_ending)
		r->sip->unregistering--;
	r->is_ending = false;
}

static void registration_end(struct registration *r)
{
	bool is_on = r->state == SIP_REG_REGISTERED || r->errand != HANDLE_NONE;

	registration_halt(r);
	r->is_ending = true;
	r->sip->unregistering++;
	if (!is_on || !registration_send(r))
		registration_ended(r);
}

void registrations_command(struct sip *sip, uint64_t hash, enum sip_notice what)
{
	struct registration *r = registrations_find(sip, hash);
	const struct sip_conf_registration *conf = sip_conf_registration(sip->conf, hash);

	if (!r || !conf || !registration_is_ours(r))
		return;
	if (what == SIP_NOTICE_UNREGISTER) {
		registration_end(r);
		return;
	}
	registration_halt(r);
	r->retries = r->rounds = 0;
	r->auth = (struct sip_auth_state){0};
	registration_begin(r);
}

/* ---- configuration ---- */

static struct slice registration_transport(const struct sip_conf *conf, int32_t index)
{
	return index >= 0 && (uint32_t)index < conf->transport_count ? conf->transports[index].name
								     : SLICE_EMPTY;
}

static bool registration_same_auth(const struct sip_conf_auth *a, const struct sip_conf_auth *b)
{
	bool is_same = !a == !b;

	if (!a || !b)
		return is_same;
	is_same = slice_eq(a->cred.username, b->cred.username) &&
		  slice_eq(a->cred.password, b->cred.password) && a->alg_mask == b->alg_mask;
	for (unsigned i = 0; i < SIP_AUTH_ALG_COUNT; i++)
		is_same = is_same && slice_eq(a->cred.ha1[i], b->cred.ha1[i]);
	return is_same;
}

static bool registration_is_same(const struct sip_conf_registration *a,
				 const struct sip_conf_registration *b)
{
	return slice_eq(a->server_uri, b->server_uri) && slice_eq(a->client_uri, b->client_uri) &&
	       slice_eq(a->contact_user, b->contact_user) &&
	       slice_eq(a->contact_header_params, b->contact_header_params) &&
	       slice_eq(a->outbound_proxy, b->outbound_proxy) && a->line == b->line &&
	       a->expiration_s == b->expiration_s && registration_same_auth(a->auth, b->auth);
}

/* Where it is, with the settings that are about to go; what is answered concerns nobody any more.
 */
static void registration_send_last(struct registration *r, const struct sip_conf_registration *conf)
{
	char text[ERRAND_ROOM];
	struct sink room = sink_make(text, sizeof(text));
	struct sip_request q;
	struct sip_uri hop;
	int err;

	r->cseq++;
	registration_write_request(r, conf, 0, &q, &room);
	q.target = r->home;
	if (sip_request_first_hop(q.route, q.proxy, q.ruri, &hop))
		q.host = hop.host; /* of the connection that it came by */
	if (room.over)
		return;
	sip_count_one(r->sip, METRIC_sip_registration_sent);
	UNUSED(sip_request_send(r->sip, &q, NULL, NULL, &err));
}

static void registration_free(struct registration *r)
{
	const struct sip_conf_registration *conf = registration_conf(r);
	struct sip *sip = r->sip;
	bool is_on = r->state == SIP_REG_REGISTERED;

	registration_halt(r);
	if (is_on && conf)
		registration_send_last(r, conf);
	tmr_stop(&r->tell);
	sip->route_count -= r->route_len > 0;
	hash_del(&sip->registration_by_name, &r->node);
	slab_free(sip->registrations, r);
}

/* What the far end writes behind our Contact when it calls: not to be guessed, and the same on all
 * shards and after a reload. */
static void registration_make_line(struct registration *r, struct slice name)
{
	const struct slice parts[] = {
		slice_make((const char *)r->sip->secret, sizeof(r->sip->secret)), name};
	char hex[SIP_AUTH_HEX_MAX];

	if (sip_digest_hex(r->sip->digest, SIP_AUTH_MD5, parts, ARRAY_COUNT(parts), hex) >=
	    REGISTRATION_LINE)
		memcpy(r->line, hex, sizeof(r->line));
}

static void registration_new(struct sip *sip, const struct sip_conf_registration *conf)
{
	struct registration *r = slab_alloc(sip->registrations);

	if (!r) {
		log_error("Registration '%.*s' is left out: there may be %d", SLICE_ARG(conf->name),
			  LIMIT_REGISTRATIONS);
		return;
	}
	r->sip = sip;
	r->hash = conf->hash;
	hash_add(&sip->registration_by_name, &r->node, r->hash);
	r->expiration_s = conf->expiration_s;
	tmr_init(&r->tmr, sip->env.wheel, registration_on_timer, r);
	tmr_init(&r->tell, sip->env.wheel, registration_on_tell, r);
	registration_make_line(r, conf->name);
	if (registration_is_ours(r))
		registration_plan(r, rng_below(sip->env.rng, conf->max_initial_delay_s * 1000 + 1) *
					     TMR_MS);
}

/* Ends what `next` does not have, or has otherwise. */
static void registrations_drop(struct sip *sip, const struct sip_conf *next)
{
	for (uint32_t i = 0; i < slab_limit(sip->registrations); i++) {
		struct registration *r = slab_at(sip->registrations, i);
		const struct sip_conf_registration *was, *is;

		if (!r)
			continue;
		was = registration_conf(r);
		is = sip_conf_registration(next, r->hash);
		if (!was || !is || !registration_is_same(was, is) ||
		    !slice_eq(registration_transport(sip->conf, was->transport),
			      registration_transport(next, is->transport)))
			registration_free(r);
	}
}

void registrations_set_conf(struct sip *sip, const struct sip_conf *next)
{
	registrations_drop(sip, next);
	for (uint32_t i = 0; i < next->registration_count; i++) {
		const struct sip_conf_registration *conf = &next->registrations[i];
		struct registration *r = registrations_find(sip, conf->hash);

		if (!r) {
			registration_new(sip, conf);
		} else if (registration_is_ours(r) && !tmr_is_started(&r->tmr) &&
			   r->errand == HANDLE_NONE) { /* it had given up: a reload begins anew */
			r->retries = r->rounds = 0;
			registration_plan(r, 0);
		}
	}
}

int registrations_create(struct sip *sip)
{
	int err = slab_create(&sip->registrations, "registrations", sizeof(struct registration),
			      LIMIT_REGISTRATIONS);

	if (!err)
		err = hash_create(&sip->registration_by_name, LIMIT_REGISTRATIONS);
	if (!err)
		registrations_set_conf(sip, sip->conf);
	return err;
}

void registrations_destroy(struct sip *sip)
{
	if (!sip->registrations)
		return;
	for (uint32_t i = 0; i < slab_limit(sip->registrations); i++) {
		struct registration *r = slab_at(sip->registrations, i);

		if (!r)
			continue;
		registration_halt(r);
		tmr_stop(&r->tell);
		slab_free(sip->registrations, r);
	}
	slab_destroy(sip->registrations);
	hash_destroy(&sip->registration_by_name);
}

/* ---- what calls need ---- */

void registrations_take_route(struct sip *sip, const struct sip_route_notice *n, size_t len)
{
	struct registration *r = registrations_find(sip, n->hash);

	if (!r || n->len > SIP_ROUTE_TEXT ||
	    NEVER(len < offsetof(struct sip_route_notice, text) + n->len))
		return;
	sip->route_count -= r->route_len > 0;
	memcpy(r->route, n->text, n->len);
	r->route_len = n->len;
	sip->route_count += r->route_len > 0;
}

/* ;line= of To or, without one there, of the Request-URI. */
static bool registrations_line_of(const struct sip_msg *msg, struct slice *line)
{
	const struct slice uris[] = {msg->to.uri, msg->ruri};
	struct sip_uri uri;

	for (size_t i = 0; i < ARRAY_COUNT(uris); i++)
		if (sip_uri_parse(&uri, uris[i]) == 0 &&
		    sip_uri_param(&uri, SLICE_LIT("line"), line))
			return line->len == REGISTRATION_LINE;
	return false;
}

const struct sip_conf_endpoint *registrations_line(const struct sip *sip, const struct sip_msg *msg)
{
	struct slice line;

	if (slab_used(sip->registrations) == 0 || !registrations_line_of(msg, &line))
		return NULL;
	for (uint32_t i = 0; i < slab_limit(sip->registrations); i++) {
		const struct registration *r = slab_at(sip->registrations, i);
		const struct sip_conf_registration *conf;

		if (!r || memcmp(r->line, line.ptr, line.len) != 0)
			continue;
		conf = registration_conf(r);
		return conf && conf->line ? sip_conf_endpoint(sip->conf, conf->endpoint) : NULL;
	}
	return NULL;
}

struct slice registrations_route(const struct sip *sip, const struct sip_conf_endpoint *ep)
{
	if (!sip->route_count)
		return SLICE_EMPTY;
	for (uint32_t i = 0; i < slab_limit(sip->registrations); i++) {
		const struct registration *r = slab_at(sip->registrations, i);
		const struct sip_conf_registration *conf =
			r && r->route_len ? registration_conf(r) : NULL;

		if (conf && slice_eq(conf->endpoint, ep->name))
			return slice_make(r->route, r->route_len);
	}
	return SLICE_EMPTY;
}

uint32_t registrations_timers(const struct sip *sip)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < slab_limit(sip->registrations); i++) {
		const struct registration *r = slab_at(sip->registrations, i);

		count += r && tmr_is_started(&r->tmr);
	}
	return count;
}

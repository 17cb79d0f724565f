/* sip/watch.c - see watch.h. */
#include "sip/watch.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "sip/capture.h"
#include "sip/notice.h"
#include "sip/sip_internal.h"
#include "sip/transport.h"

#include <stdlib.h>

int sip_watch_init(struct sip *sip)
{
	sip->watch.conf.keeps_history = true;
	sip->watch.is_on = true;
	return sip_history_init(&sip->watch.history, LIMIT_SIP_HISTORY);
}

void sip_watch_free(struct sip *sip)
{
	sip_history_free(&sip->watch.history);
}

void sip_watch_set(struct sip *sip, const struct sip_watch_conf *conf)
{
	sip->watch.conf = *conf;
	sip->watch.is_on =
		(conf->is_logging && (!conf->is_silent || conf->capture)) || conf->keeps_history;
	if (conf->clear)
		sip_history_clear(&sip->watch.history);
}

const char *sip_watch_transport(uint8_t transport)
{
	return transport == SIP_TRANSPORT_TLS	? "TLS"
	       : transport == SIP_TRANSPORT_TCP ? "TCP"
						: "UDP";
}

/* ---- the log ---- */

/* cseq: "7 INVITE"; empty: the message could not be read. */
static bool watch_has_method(const struct sip_watch_conf *conf, struct slice cseq)
{
	size_t blank = slice_find(cseq, ' ');

	if (!conf->methods)
		return true;
	return blank != SIZE_MAX &&
	       (conf->methods >> sip_method_lookup(slice_trim(slice_from(cseq, blank))) & 1);
}

static bool watch_wants(const struct sip_watch_conf *conf, const struct addr *peer,
			struct slice cseq)
{
	if (!conf->is_logging || !watch_has_method(conf, cseq))
		return false;
	for (uint32_t i = 0; i < conf->host_count; i++) {
		const struct addr *host = &conf->hosts[i];

		if (host->port ? addr_eq(host, peer) : addr_eq_ip(host, peer))
			return true;
	}
	return conf->host_count == 0;
}

static void watch_log(const struct sip *sip, uint8_t tp, const struct addr *peer, struct slice data,
		      bool is_rx)
{
	bool is_response = slice_starts(data, SLICE_LIT("SIP/2.0 "));
	char room[160], where[ADDR_TEXT];
	struct sink head = sink_make(room, sizeof(room));

	sink_fmt(&head, "<--- %s SIP %s (%zu bytes) %s %s:%s --->",
		 is_rx ? "Received" : "Transmitting", is_response ? "response" : "request",
		 data.len, is_rx ? "from" : "to", sip_watch_transport(sip->tps[tp].protocol),
		 addr_text(peer, where));
	log_lines(__FILE__, sink_slice(&head), data);
}

static void watch_capture(struct sip *sip, uint8_t tp, const struct addr *peer, struct slice data,
			  bool is_rx)
{
	struct addr own;

	sip_tp_address(sip, tp, peer, &own);
	if (!capture_note(sip->watch.conf.capture, sip->env.shard, io_wall_ns(sip->env.io),
			  is_rx ? peer : &own, is_rx ? &own : peer, data))
		sip_count_one(sip, METRIC_sip_capture_dropped);
}

static void watch_show(struct sip *sip, uint8_t tp, const struct addr *peer, struct slice data,
		       bool is_rx)
{
	if (!sip->watch.conf.is_silent)
		watch_log(sip, tp, peer, data, is_rx);
	if (sip->watch.conf.capture)
		watch_capture(sip, tp, peer, data, is_rx);
}

/* ---- messages ---- */

static void watch_note(struct sip *sip, enum history_kind kind, uint8_t tp, const struct addr *peer,
		       struct slice start, struct slice cseq, struct slice call_id)
{
	const struct history_entry head = {
		.wall_ns = io_wall_ns(sip->env.io),
		.peer = *peer,
		.kind = (uint8_t)kind,
		.transport = sip->tps[tp].protocol,
	};

	sip_history_note(&sip->watch.history, &head, start, cseq, call_id);
}

void sip_watch_rx(struct sip *sip, uint8_t tp, const struct addr *from, struct slice data,
		  const struct sip_msg *msg, bool was_forwarded)
{
	size_t end = slice_find(data, '\r');

	if (!was_forwarded &&
	    watch_wants(&sip->watch.conf, from, msg ? msg->cseq_text : SLICE_EMPTY))
		watch_show(sip, tp, from, data, true);
	if (sip->watch.conf.keeps_history && msg)
		watch_note(sip, HISTORY_RX, tp, from,
			   slice_head(data, end == SIZE_MAX ? data.len : end), msg->cseq_text,
			   msg->call_id);
}

void sip_watch_tx(struct sip *sip, uint8_t tp, const struct addr *to, struct slice data)
{
	struct slice start, cseq, call_id;

	sip_history_scan(data, &start, &cseq, &call_id);
	if (watch_wants(&sip->watch.conf, to, cseq))
		watch_show(sip, tp, to, data, false);
	if (sip->watch.conf.keeps_history)
		watch_note(sip, HISTORY_TX, tp, to, start, cseq, call_id);
}

void sip_watch_pass(struct sip *sip)
{
	if (sip->watch.conf.keeps_history)
		sip_history_take_back(&sip->watch.history);
}

void sip_watch_name(struct sip *sip, struct slice call_id, struct slice channel)
{
	if (sip->watch.conf.keeps_history)
		watch_note(sip, HISTORY_NAME, 0, &(struct addr){0}, channel, SLICE_EMPTY, call_id);
}

/* ---- questions ---- */

static void watch_reply(struct sip *sip, struct sip_history_reply *r, uint16_t count, bool is_last)
{
	size_t len = offsetof(struct sip_history_reply, entries) + count * sizeof(r->entries[0]);

	r->count = count;
	r->is_last = is_last;
	/* A full pipe: the control shard waits for no answer longer than a moment. */
	if (sip->env.report)
		UNUSED(sip->env.report(sip->env.report_arg, SIP_REPORT_HISTORY, r, len));
}

static void watch_answer(struct sip *sip, struct sip_history_reply *r,
			 const struct history_entry *const *found, uint32_t count)
{
	uint16_t n = 0;

	for (uint32_t i = 0; i < count; i++) {
		r->entries[n++] = *found[i];
		if (n == SIP_HISTORY_CHUNK) {
			watch_reply(sip, r, n, false);
			n = 0;
		}
	}
	watch_reply(sip, r, n, true);
}

void sip_watch_ask(struct sip *sip, const struct sip_history_ask *ask, size_t len)
{
	const struct history_entry *found[LIMIT_SIP_LADDER];
	uint32_t max = ask->max < LIMIT_SIP_LADDER ? ask->max : LIMIT_SIP_LADDER;
	struct sip_history_reply *r;

	if (NEVER(len < sizeof(*ask) || len - sizeof(*ask) < ask->key_len))
		return;
	r = calloc(1, sizeof(*r)); /* by command only */
	if (!r)
		return;
	r->id = ask->id;
	watch_answer(sip, r, found,
		     sip_history_find(&sip->watch.history, slice_make(ask->key, ask->key_len),
				      found, max));
	free(r);
}

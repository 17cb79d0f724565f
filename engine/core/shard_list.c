/* engine/core/shard_list.c - what a shard has to show, piece by piece: SHARD_LIST of shard.h. */
#include "engine/core/shard.h"

#include "engine/base/check.h"

#define LIST_STEP 256 /* slots that one question looks at: calls do not wait for a long list */
#define LIST_LINE 320 /* octets of the longest line */

static void list_one_stat(const struct chan *c, struct sink *out)
{
	struct media_stats m = {0};
	enum codec codec = CODEC_NONE;

	if (c->session) {
		c->media->ops->stats(c->session, &m);
		codec = c->media->ops->codec(c->session);
	}
	sink_fmt(out, "%lld %s %llu %u %u %llu %u %u %u ",
		 (long long)((io_now_ns(c->shard->io) - c->created_ns) / TMR_SECOND),
		 codec == CODEC_NONE ? "-" : codec_name(codec), (unsigned long long)m.rx_packets,
		 m.rx_lost, m.rx_jitter_us, (unsigned long long)m.tx_packets, m.tx_lost,
		 m.tx_jitter_us, m.rtt_us);
	sink_add(out, c->name);
	sink_char(out, '\n');
}

static void list_stats(const struct shard *s, uint32_t *cursor, struct sink *out)
{
	uint32_t end = *cursor + LIST_STEP;

	for (; *cursor < slab_limit(s->chans); (*cursor)++) {
		const struct chan *c = slab_at(s->chans, *cursor);

		if (*cursor == end || out->room - out->len < LIST_LINE)
			return;
		if (c && !c->unheard)
			list_one_stat(c, out);
	}
	*cursor = 0;
}

bool shard_list(struct shard *s, struct slice what, uint32_t *cursor, struct sink *out)
{
	if (slice_eq(what, SLICE_LIT(SHARD_LIST_STATS))) {
		list_stats(s, cursor, out);
		return true;
	}
	for (uint32_t i = 0; i < s->tech_count; i++) {
		const struct tech *t = &s->techs[i];

		if (t->ops->list && t->ops->list(t->impl, what, cursor, out))
			return true;
	}
	return false;
}

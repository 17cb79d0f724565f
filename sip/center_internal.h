/* sip/center_internal.h - shared by center*.c only. */
#ifndef RINGER_SIP_CENTER_INTERNAL_H
#define RINGER_SIP_CENTER_INTERNAL_H

#include "engine/core/cli.h"
#include "sip/center.h"
#include "sip/location.h"
#include "sip/notice.h"
#include "sip/notify_conf.h"
#include "sip/watch.h"

/* A contact of the center. */
struct seat {
	struct contact c; /* first: an object of the table */
	struct sip_center *center;
	struct tmr expiry;
	struct list node; /* of center.untold while a shard has yet to hear of it */
	uint64_t untold;  /* those shards, a bit each */
	bool is_gone;	  /* over; it stays until all shards know */
};

struct center_endpoint {
	bool is_online; /* has a contact that is there, as far as is known */
};

struct center_registration {
	uint64_t hash;
	struct sip_registration_report last;
	uint64_t unrouted; /* shards that have yet to hear of the route, a bit each */
	uint32_t route_len;
	char route[SIP_ROUTE_TEXT];
	bool is_ending;
};

struct sip_center {
	struct sip_center_env env;
	const struct sip_conf *conf;
	struct location table; /* of struct seat */
	struct list untold;
	struct tmr retry;
	bool has_unrouted;			    /* some registration has */
	struct center_endpoint *endpoints;	    /* as conf->endpoints */
	struct center_registration *registrations;  /* as conf->registrations */
	struct control *console;		    /* of the commands; NULL: there are none */
	struct center_endpoint *reserved_endpoints; /* for the next configuration */
	struct center_registration *reserved_registrations;
	char *answer; /* scratch of one struct sip_answer */
	struct center_watch *watch;
	struct center_capture *capture; /* NULL: there never was one */
	struct notify_conf *notify;	/* owned; NULL: no kinds */
};

#define CENTER_ANSWER_LINES 3200

int64_t center_now(const struct sip_center *c);
uint64_t center_all_shards(const struct sip_center *c); /* a bit each */
/* Tells once more, in a moment, what a shard had no room for. */
void center_retry_later(struct sip_center *c);

/* ---- contacts (center.c) ---- */

/* The next live contact of the AOR, or of the chain behind s. NULL: none. */
struct seat *center_first(const struct sip_center *c, uint64_t aor);
struct seat *center_next(const struct seat *s);
/* NULL if it is gone. */
struct seat *center_find(const struct sip_center *c, uint64_t id);
static inline bool seat_is_static(const struct seat *s)
{
	return s->c.info.expires_wall_ns == 0;
}
/* Adds or changes one, starts its expiry, tells all shards, but does not keep it. NULL: no room
 * (counted). */
struct seat *center_put(struct sip_center *c, const struct contact_info *info);
void center_remove(struct seat *s);
/* To be kept over a restart. */
void center_keep(struct seat *s);

/* ---- what follows from a contact's state (center_state.c) ---- */

/* An event, and what it means for the endpoints that have the AOR. */
void center_tell_contact(struct sip_center *c, const struct contact_info *info,
			 enum contact_status status);
bool center_is_online(const struct sip_center *c, const struct sip_conf_endpoint *ep);
void center_on_status(struct sip_center *c, const struct sip_status_report *r);
void center_on_registration(struct sip_center *c, const struct sip_registration_report *r);
/* A Service-Route, for all shards; center_tell_routes goes on where a pipe was full. */
void center_on_route(struct sip_center *c, const struct sip_route_notice *n);
void center_tell_routes(struct sip_center *c);

/* ---- the registrar (center_bind.c) ---- */

void center_on_bind(struct sip_center *c, uint32_t shard, const struct sip_bind *b, size_t len);

/* ---- messages for people (center_watch.c) ---- */

int center_watch_create(struct sip_center *c);
void center_watch_destroy(struct sip_center *c);
/* type=global, debug= of pjsip.conf: at the start, and when a reload changed it. */
void center_watch_follow(struct sip_center *c);
void center_on_history(struct sip_center *c, const struct sip_history_reply *r);
/* Messages that are logged go there, too; NULL: no more. False: a shard cannot be told now. */
bool center_watch_capture(struct sip_center *c, struct capture *capture);
/* `pjsip set logger pcap FILE` (center_capture.c), and its end. */
enum cli_result center_capture_open(struct sip_center *c, struct cli_call *call);
void center_capture_close(struct sip_center *c);
void center_capture_destroy(struct sip_center *c);
/* Commands of the console. */
enum cli_result center_set_logger(void *center, struct cli_call *call);
enum cli_result center_set_history(void *center, struct cli_call *call);
enum cli_result center_show_ladder(void *center, struct cli_call *call);
enum cli_result center_show_history(void *center, struct cli_call *call);

/* ---- NOTIFY to order (center_notify.c, cli_notify.c) ---- */

#define CENTER_NO_OUTBOUND                                                                         \
	"No default outbound endpoint set, can not send NOTIFY requests to arbitrary URIs"

/* As tech_admin_ops.notify_write and notify. */
int center_notify_write(void *center, struct slice kind, const struct notify_pair *pairs,
			uint32_t count, struct notify_room *room, struct notify_text *out);
int center_notify(void *center, enum notify_peer peer, struct slice name,
		  const struct notify_text *text);
enum cli_result center_send_notify(void *center, struct cli_call *call);
void center_offer_notify_kinds(void *center, struct cli_words *words);
void center_offer_channels(void *center, struct cli_words *words);

/* ---- channels and targets (cli_channel.c, cli_list.c) ---- */

enum cli_result center_show_channels(void *center, struct cli_call *call);
enum cli_result center_list_channels(void *center, struct cli_call *call);
enum cli_result center_show_channel(void *center, struct cli_call *call);
enum cli_result center_show_channelstats(void *center, struct cli_call *call);
enum cli_result center_show_targets(void *center, struct cli_call *call);

/* ---- options (center_option.c) ---- */

/* All options of an object of pjsip.conf, of any kind but contacts. */
/* The same for any thread that holds the snapshot. */
void sip_conf_options(const struct sip_conf *conf, const struct tech_object *o, tech_option_fn fn,
		      void *arg);
void center_options(const struct sip_center *c, const struct tech_object *o, tech_option_fn fn,
		    void *arg);
/* Its section of the file; NULL: it has none. */
/* One of those that the file can have; false: there is none of that name. */
bool center_option(const struct sip_center *c, const struct tech_object *o, struct slice name,
		   tech_option_fn fn, void *arg);
const struct sip_conf_section *center_section(const struct sip_center *c,
					      const struct tech_object *o);

/* ---- views (center_view.c) ---- */

extern const struct tech_admin_ops center_admin_ops;

#endif

/* The control shard's part of SIP, wired: its shards, its events, its bindings in the database.
 * engine.h */
#include "engine/app/engine_internal.h"

#include "engine/base/log.h"
#include "engine/core/db.h"
#include "sip/contact_json.h"

static const struct slice sip_family = SLICE_LIT(CONTACT_FAMILY);

static bool engine_notify_sip(void *arg, uint32_t shard, uint32_t kind, const void *data,
			      size_t len)
{
	struct engine *e = arg;

	return control_tech_write(e->control, shard, 0, kind, data, len);
}

static void engine_publish_sip(void *arg, const struct event *event)
{
	struct engine *e = arg;

	/* What SIP says of an endpoint is its state without calls. */
	if (event->kind == EVENT_DEVICESTATECHANGE)
		control_note_device(e->control, event->text[0],
				    device_state_by_name(event->text[1]));
	else
		control_publish(e->control, event);
}

/* A binding that cannot be kept holds as long as the engine runs: the phone comes back by itself.
 */
static void engine_keep_sip(void *arg, struct slice key, struct slice value)
{
	struct engine *e = arg;
	int err = 0;

	if (value.len)
		err = db_put(e->db, sip_family, key, value);
	else
		db_del(e->db, sip_family, key);
	if (err)
		log_warning("The binding %.*s will not survive a restart: the database does not "
			    "take it "
			    "(%s)",
			    SLICE_ARG(key), strerror(-err));
}

/* Those of the last life. What is over, or of an AOR that is gone, is deleted. */
static void engine_restore_sip(struct engine *e)
{
	struct slice after = SLICE_EMPTY;
	uint32_t kept = 0, dropped = 0;
	char key_room[LIMIT_DB_KEY];
	struct db_pair pair;

	while (db_next(e->db, sip_family, SLICE_EMPTY, after, &pair)) {
		struct slice key;

		after = slice_make(key_room, slice_copy(key_room, sizeof(key_room), pair.key));
		key = slice_from(after, sip_family.len + 2); /* behind "/family/" */
		if (sip_center_restore(e->center, key, pair.value)) {
			kept++;
			continue;
		}
		db_del(e->db, sip_family, key);
		dropped++;
	}
	if (kept || dropped)
		log_notice("%u registered contacts are taken over, %u are over", kept, dropped);
}

void engine_follow_busy_at(struct engine *e)
{
	char device[2 * LIMIT_NAME];

	for (uint32_t i = 0; i < e->now->sip->endpoint_count; i++) {
		const struct sip_conf_endpoint *ep = &e->now->sip->endpoints[i];
		struct sink out = sink_make(device, sizeof(device));

		sink_lit(&out, "PJSIP/");
		sink_add(&out, ep->name);
		control_set_busy_at(e->control, sink_slice(&out), ep->busy_at);
	}
}

static int engine_post_sip(void *arg, struct chore *chore)
{
	struct engine *e = arg;

	return control_post(e->control, chore);
}

int engine_create_center(struct engine *e, struct sink *error)
{
	const struct sip_center_env env = {
		.io = e->control_io,
		.wheel = control_wheel(e->control),
		.metrics = &e->control_metrics,
		.shard_count = e->node_count,
		.notify = engine_notify_sip,
		.publish = engine_publish_sip,
		.keep = engine_keep_sip,
		.post = engine_post_sip,
		.log_dir = e->conf.log_dir,
		.arg = e,
	};
	int err = sip_center_create(&e->center, &env, e->now->sip);
	struct notify_conf *notify;
	struct tech_admin admin;

	if (!err)
		err = engine_load_notify(e, &notify, error);
	if (err)
		return err;
	sip_center_set_notify(e->center, notify);
	engine_restore_sip(e);
	engine_follow_busy_at(e);
	admin = sip_center_admin(e->center);
	control_set_admin(e->control, 0, &admin);
	return sip_cli_register(e->center, e->control);
}

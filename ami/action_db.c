/* ami/action_db.c - actions about the database: DBGet, DBPut, DBDel, DBDelTree, DBGetTree. */
#include "ami/action.h"
#include "ami/ami_internal.h"
#include "ami/reply.h"
#include "ami/text.h"
#include "engine/base/check.h"
#include "engine/core/db.h"

static struct db *db_of(struct ami_session *s)
{
	return control_db(s->ami->control);
}

enum ami_action_result ami_do_db_get(struct ami_session *s, const struct ami_msg *m)
{
	struct slice family = ami_msg_get(m, "Family"), key = ami_msg_get(m, "Key"), value;
	struct sink out;

	if (!db_get(db_of(s), family, key, &value)) {
		ami_reply_error(s, "Database entry not found");
		return AMI_ACTION_DONE;
	}
	ami_reply_list(s, "Result will follow");
	out = ami_reply_item(s, "DBGetResponse");
	ami_text_header(&out, "Family", family);
	ami_text_header(&out, "Key", key);
	ami_text_header(&out, "Val", value);
	ami_reply_action_id(s, &out);
	ami_reply_end(s, &out);
	out = ami_reply_list_end(s, "DBGetComplete", 1);
	ami_reply_end(s, &out);
	return AMI_ACTION_DONE;
}

enum ami_action_result ami_do_db_put(struct ami_session *s, const struct ami_msg *m)
{
	int err = db_put(db_of(s), ami_msg_get(m, "Family"), ami_msg_get(m, "Key"),
			 ami_msg_get(m, "Val"));

	if (err)
		ami_reply_error(s, "Failed to update entry");
	else
		ami_reply_ack(s, "Updated database successfully");
	return AMI_ACTION_DONE;
}

enum ami_action_result ami_do_db_del(struct ami_session *s, const struct ami_msg *m)
{
	if (db_del(db_of(s), ami_msg_get(m, "Family"), ami_msg_get(m, "Key")))
		ami_reply_ack(s, "Key deleted successfully");
	else
		ami_reply_error(s, "Database entry could not be deleted");
	return AMI_ACTION_DONE;
}

enum ami_action_result ami_do_db_del_tree(struct ami_session *s, const struct ami_msg *m)
{
	if (db_del_tree(db_of(s), ami_msg_get(m, "Family"), ami_msg_get(m, "Key")))
		ami_reply_ack(s, "Key tree deleted successfully");
	else
		ami_reply_error(s, "Database entry not found");
	return AMI_ACTION_DONE;
}

/* ---- DBGetTree: from key to key, so that the database may change while a slow client reads ----
 */

static void tree_item(struct ami_session *s, const struct db_pair *pair)
{
	struct sink out = ami_reply_item(s, "DBGetTreeResponse");

	ami_text_header(&out, "Key", pair->key);
	ami_text_header(&out, "Val", pair->value);
	ami_reply_action_id(s, &out);
	ami_reply_end(s, &out);
	s->item_count++;
}

/* The last key that was written waits in s->work. */
static void tree_go_on(struct ami_session *s)
{
	struct slice family = ami_msg_get(s->msg, "Family"), key = ami_msg_get(s->msg, "Key");
	struct slice after = ami_byteq_peek(&s->work);
	struct db_pair pair = {.key = after};
	bool more = true;
	struct sink out;

	while (ami_session_is_alive(s) && !ami_session_is_full(s) && more) {
		more = db_next(db_of(s), family, key, pair.key, &pair);
		if (more)
			tree_item(s, &pair);
	}
	if (!ami_session_is_alive(s))
		return;
	if (more) {
		/* Its place is in the database until this turn ends, not longer. */
		if (pair.key.ptr == after.ptr)
			return;
		ami_byteq_clear(&s->work);
		if (ami_byteq_add(&s->work, pair.key))
			return;
	}
	ami_byteq_clear(&s->work);
	out = ami_reply_list_end(s, "DBGetTreeComplete", s->item_count);
	ami_reply_end(s, &out);
	if (ami_session_is_alive(s))
		ami_session_done(s);
}

enum ami_action_result ami_do_db_get_tree(struct ami_session *s, const struct ami_msg *m)
{
	(void)m;
	s->item_count = 0;
	ami_reply_list(s, "Result will follow");
	s->resume = tree_go_on;
	tree_go_on(s);
	return AMI_ACTION_OPEN;
}

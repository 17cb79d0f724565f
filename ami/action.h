/* ami/action.h - the actions as one table: dispatch, checks, ListCommands and the console's manual.
 *
 * A handler answers and returns AMI_ACTION_DONE, or leaves the action open and calls
 * ami_session_done when it is over (perhaps before it returns). Every path through a handler sends
 * exactly one response, or one list, unless the session is closed meanwhile. */
#ifndef RINGER_AMI_ACTION_H
#define RINGER_AMI_ACTION_H

#include "ami/class.h"
#include "ami/session.h"
#include "engine/base/check.h"

enum ami_action_result { AMI_ACTION_DONE, AMI_ACTION_OPEN };

typedef enum ami_action_result (*ami_action_fn)(struct ami_session *s, const struct ami_msg *m);

#define AMI_ACTION_NEEDS 4

struct ami_action {
	const char *name;
	uint32_t classes; /* any of them suffices; 0: whoever is logged in */
	const char *synopsis;
	/* Headers that must not be empty, checked in this order, and what is said if they are. */
	struct {
		const char *header, *message;
	} needs[AMI_ACTION_NEEDS];
	const char *syntax; /* headers, separated by blanks, optional ones in brackets */
	const char *text;   /* description */
	ami_action_fn fn;
	bool before_login;
};

/* What reads of the state of calls, and of the engine, need. */
#define AMI_CLASSES_VAR	 (AMI_CLASS_CALL | AMI_CLASS_REPORTING)
#define AMI_CLASSES_INFO (AMI_CLASS_SYSTEM | AMI_CLASS_REPORTING)

/* The rows of one area, in a file of their own each: ami/table_<area>.c. */
struct ami_action_area {
	const struct ami_action *rows;
	uint32_t count;
};

extern const struct ami_action_area ami_area_channel, ami_area_config, ami_area_pjsip,
	ami_area_session, ami_area_state, ami_area_system;

/* NULL if there is none of that name. */
const struct ami_action *ami_action_find(struct slice name);
/* All of them in alphabetical order without case: the one behind `last`, the first if that is
 * NULL; NULL at the end. */
const struct ami_action *ami_action_after(const struct ami_action *last);

/* Runs s->msg. */
void ami_action_run(struct ami_session *s);
/* An event was held for the session while its action is open; input came behind it. */
void ami_action_event(struct ami_session *s);
void ami_action_input(struct ami_session *s);

/* ---- handlers ---- */

/* action_session.c */
enum ami_action_result ami_do_ping(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_events(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_filter(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_list_commands(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_wait_event(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_user_event(struct ami_session *s, const struct ami_msg *m);
void ami_wait_event_wake(struct ami_session *s);
/* action_state.c */
enum ami_action_result ami_do_extension_state(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_extension_state_list(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_device_state_list(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_presence_state(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_presence_state_list(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_mailbox_status(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_mailbox_count(struct ami_session *s, const struct ami_msg *m);
/* action_dialplan.c */
enum ami_action_result ami_do_show_dialplan(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_dialplan_edit(struct ami_session *s, const struct ami_msg *m);
/* action_replay.c */
enum ami_action_result ami_do_event_replay(struct ami_session *s, const struct ami_msg *m);
/* The answer of a WaitEvent: response, events held so far, end. */
void ami_wait_event_write(struct ami_session *s);
/* login.c */
enum ami_action_result ami_do_login(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_challenge(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_logoff(struct ami_session *s, const struct ami_msg *m);
/* action_originate.c */
enum ami_action_result ami_do_originate(struct ami_session *s, const struct ami_msg *m);
/* action_channel.c */
enum ami_action_result ami_do_hangup(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_getvar(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_setvar(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_redirect(struct ami_session *s, const struct ami_msg *m);
/* action_signal.c */
enum ami_action_result ami_do_absolute_timeout(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_play_dtmf(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_send_flash(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_send_text(struct ami_session *s, const struct ami_msg *m);
/* action_list.c */
enum ami_action_result ami_do_core_show_channel_map(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_status(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_core_show_channels(struct ami_session *s, const struct ami_msg *m);
/* action_config.c */
enum ami_action_result ami_do_get_config(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_get_config_json(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_list_categories(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_create_config(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_update_config(struct ami_session *s, const struct ami_msg *m);
/* action_db.c */
enum ami_action_result ami_do_db_get(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_db_put(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_db_del(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_db_del_tree(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_db_get_tree(struct ami_session *s, const struct ami_msg *m);
/* action_module.c */
enum ami_action_result ami_do_reload(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_module_check(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_module_load(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_logger_rotate(struct ami_session *s, const struct ami_msg *m);
/* action_core.c */
enum ami_action_result ami_do_core_status(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_core_settings(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_command(struct ami_session *s, const struct ami_msg *m);
/* action_pjsip.c */
enum ami_action_result ami_do_pjsip_endpoints(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_pjsip_endpoint(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_pjsip_aors(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_pjsip_auths(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_pjsip_contacts(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_pjsip_inbound(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_pjsip_inbound_statuses(struct ami_session *s,
						     const struct ami_msg *m);
enum ami_action_result ami_do_pjsip_outbound(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_pjsip_hangup(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_pjsip_qualify(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_pjsip_register(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_pjsip_unregister(struct ami_session *s, const struct ami_msg *m);
/* action_notify.c */
enum ami_action_result ami_do_pjsip_notify(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_pjsip_resource_lists(struct ami_session *s, const struct ami_msg *m);
enum ami_action_result ami_do_pjsip_subscriptions_inbound(struct ami_session *s,
							  const struct ami_msg *m);
enum ami_action_result ami_do_pjsip_subscriptions_outbound(struct ami_session *s,
							   const struct ami_msg *m);

#endif

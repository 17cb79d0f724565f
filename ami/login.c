/* ami/login.c - Login, Challenge, Logoff.
 *
 * A refused login is answered after one second, by a timer: the connection waits, nothing else
 * does. All refusals read the same. */
#include "ami/action.h"
#include "ami/ami_internal.h"
#include "ami/digest.h"
#include "ami/reply.h"
#include "ami/security.h"
#include "ami/text.h"
#include "engine/base/check.h"
#include "engine/base/log.h"

#define CHALLENGE_BOUND 1000000000u /* at most nine digits */

static void login_refused(struct tmr *t, void *arg)
{
	struct ami_session *s = arg;

	(void)t;
	ami_reply_error(s, "%s", s->refusal);
	ami_session_step(s, AMI_SESSION_REJECT);
}

static enum ami_action_result login_refuse(struct ami_session *s, const char *message)
{
	metric_add(s->ami->metrics, METRIC_ami_auth_failed, 1);
	s->refusal = message;
	ami_session_timer(s, login_refused, AMI_LOGIN_DELAY_NS);
	return AMI_ACTION_OPEN;
}

static enum ami_action_result login_fail(struct ami_session *s, enum ami_security kind,
					 struct slice account, struct slice detail)
{
	char ip[ADDR_TEXT];

	log_notice("AMI: login from %s refused", ami_session_peer_ip(s, ip));
	ami_security_event(s, kind, account, detail);
	return login_refuse(s, "Authentication failed");
}

static bool login_is_in_use(const struct ami *a, const struct ami_user *user)
{
	list_for (node, &a->sessions) {
		const struct ami_session *s = list_entry(node, struct ami_session, node);

		if (ami_session_is_ready(s) && slice_ieq(s->user->name, user->name))
			return true;
	}
	return false;
}

static void login_booted(struct ami_session *s)
{
	struct control *c = s->ami->control;
	int64_t now = io_wall_ns(s->ami->io);
	struct sink out;

	/* Over HTTP a login is answered by its response alone, as in Asterisk 22. */
	if (s->holds_events || !ami_session_wants(s, AMI_CLASS_SYSTEM))
		return;
	out = ami_reply_item(s, "FullyBooted");
	sink_lit(&out, "Privilege: system,all\r\n");
	ami_text_number(&out, "Uptime", (now - control_start_wall_ns(c)) / TMR_SECOND);
	ami_text_number(&out, "LastReload", (now - control_reload_wall_ns(c)) / TMR_SECOND);
	sink_lit(&out, "Status: Fully Booted\r\n");
	ami_reply_end(s, &out);
}

static enum ami_action_result login_accept(struct ami_session *s, const struct ami_user *user,
					   const struct ami_msg *m)
{
	struct slice events;

	if (ami_msg_find(m, "Events", &events) && events.len)
		s->mask = ami_class_parse_mask(events);
	ami_session_admit(s, s->ami->conf, user);
	ami_reply_ack(s, "Authentication accepted");
	login_booted(s);
	ami_security_event(s, AMI_SECURITY_SUCCESS, SLICE_EMPTY, SLICE_EMPTY);
	return AMI_ACTION_DONE;
}

static enum ami_action_result login_by_key(struct ami_session *s, const struct ami_user *user,
					   const struct ami_msg *m)
{
	struct slice parts[] = {slice_str(s->challenge), user->secret};
	struct slice key = ami_msg_get(m, "Key"), want;
	char hex[AMI_MD5_HEX];

	if (!s->challenge[0] || user->secret.len == 0)
		return login_refuse(s, "Authentication failed");
	want = ami_md5_hex(hex, parts, ARRAY_COUNT(parts));
	if (want.len && ami_text_same_secret(want, key))
		return login_accept(s, user, m);
	return login_fail(s, AMI_SECURITY_BAD_RESPONSE, SLICE_EMPTY, key);
}

static enum ami_action_result login_check(struct ami_session *s, const struct ami_user *user,
					  struct slice name, const struct ami_msg *m)
{
	if (!user)
		return login_fail(s, AMI_SECURITY_NO_ACCOUNT, name, SLICE_EMPTY);
	if (!acl_allows(&user->acl, &s->peer))
		return login_fail(s, AMI_SECURITY_ACL, user->name, SLICE_EMPTY);
	if (slice_ieq(ami_msg_get(m, "AuthType"), SLICE_LIT("MD5")))
		return login_by_key(s, user, m);
	if (user->secret.len && ami_text_same_secret(user->secret, ami_msg_get(m, "Secret")))
		return login_accept(s, user, m);
	return login_fail(s, AMI_SECURITY_BAD_PASSWORD, user->name, SLICE_EMPTY);
}

static enum ami_action_result login_limit(struct ami_session *s, const struct ami_user *user)
{
	ami_security_event(s, AMI_SECURITY_SESSION_LIMIT, user->name, SLICE_EMPTY);
	return login_refuse(s, "Login Already In Use");
}

enum ami_action_result ami_do_login(struct ami_session *s, const struct ami_msg *m)
{
	struct slice name = ami_msg_get(m, "Username");
	const struct ami_user *user = name.len ? ami_conf_user(s->ami->conf, name) : NULL;

	if (ami_session_is_ready(s)) {
		ami_reply_ack(s, "Already authenticated");
		return AMI_ACTION_DONE;
	}
	ami_session_step(s, AMI_SESSION_TRY);
	if (name.len == 0)
		return login_refuse(s, "Authentication failed");
	if (user && !user->multiple_login && login_is_in_use(s->ami, user))
		return login_limit(s, user);
	return login_check(s, user, name, m);
}

static void login_make_challenge(struct ami_session *s)
{
	struct sink out = sink_make(s->challenge, sizeof(s->challenge));
	uint32_t number;

	io_random(s->ami->io, &number, sizeof(number));
	sink_u64(&out, number % CHALLENGE_BOUND);
	sink_cstr(&out);
}

enum ami_action_result ami_do_challenge(struct ami_session *s, const struct ami_msg *m)
{
	struct slice name = ami_msg_get(m, "Username");
	const struct ami_user *user = name.len ? ami_conf_user(s->ami->conf, name) : NULL;
	struct sink out;

	if (!ami_session_is_ready(s) && user && !user->multiple_login &&
	    login_is_in_use(s->ami, user)) {
		ami_session_step(s, AMI_SESSION_TRY);
		return login_limit(s, user);
	}
	if (!slice_ieq(ami_msg_get(m, "AuthType"), SLICE_LIT("MD5"))) {
		ami_reply_error(s, "Must specify AuthType");
		return AMI_ACTION_DONE;
	}
	if (!s->challenge[0])
		login_make_challenge(s);
	out = ami_reply_begin(s, "Success");
	ami_text_header(&out, "Challenge", slice_str(s->challenge));
	ami_reply_end(s, &out);
	return AMI_ACTION_DONE;
}

enum ami_action_result ami_do_logoff(struct ami_session *s, const struct ami_msg *m)
{
	struct sink out = ami_reply_begin(s, "Goodbye");

	(void)m;
	ami_text_header(&out, "Message", SLICE_LIT("Thanks for all the fish."));
	ami_reply_end(s, &out);
	ami_session_step(s, AMI_SESSION_LOGOFF);
	return AMI_ACTION_DONE;
}

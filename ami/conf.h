/* ami/conf.h - manager.conf as an immutable snapshot.
 *
 * Loaded with ami_conf_load (ami.h). The snapshot is counted: the AMI holds it while it is in
 * force, each session holds the one it logged in with, so that a reload changes no live session.
 * All on the control thread, no atomics. Slices have a NUL behind them. */
#ifndef RINGER_AMI_CONF_H
#define RINGER_AMI_CONF_H

#include "ami/conf_tls.h"
#include "ami/filter.h"
#include "engine/core/acl.h"

#define AMI_CONF_PORT	  5038
#define AMI_CONF_TLS_PORT 5039

struct ami_setvar {
	struct slice name, value;
};

struct ami_user {
	struct slice name;
	struct slice secret;	/* empty: can never log in with a password */
	uint32_t read, write;	/* classes */
	struct acl acl;
	struct ami_setvar *setvars; /* last one first, as they are set */
	uint32_t setvar_count;
	struct ami_filters filters;
	int64_t write_timeout_ms; /* kept for show; output limits do its work */
	bool multiple_login, display_connects;
};

struct ami_conf {
	uint32_t holders;
	struct keep keep;

	bool enabled, web_enabled;
	struct addr bind;
	struct ami_tls_conf tls;
	bool multiple_login, display_connects, timestamp_events, debug, broken_events_action;
	bool no_cdr_events; /* cdr_manager.conf */
	size_t history_bytes; /* of events for EventReplay; 0: events are not numbered */
	int64_t auth_timeout_ms, http_timeout_ms;
	uint32_t auth_limit;
	struct slice channelvars_text, disabled_text; /* as written */
	struct slice *channelvars;
	uint32_t channelvar_count;
	struct slice *disabled; /* event names */
	uint32_t disabled_count;
	struct ami_user *users; /* in the order of the file */
	uint32_t user_count;
};

void ami_conf_hold(struct ami_conf *conf);
void ami_conf_drop(struct ami_conf *conf); /* the last one frees; NULL is fine */

/* In any case; NULL: no such user. */
const struct ami_user *ami_conf_user(const struct ami_conf *conf, struct slice name);
bool ami_conf_is_disabled(const struct ami_conf *conf, struct slice event);

#endif

/* engine/core/app_internal.h - the applications, by file; app.c makes the table of them. */
#ifndef RINGER_CORE_APP_INTERNAL_H
#define RINGER_CORE_APP_INTERNAL_H

#include "engine/core/app.h"
#include "engine/core/pbx_internal.h"

/* app_var.c */
extern const struct app app_log, app_mset, app_noop, app_set, app_userevent, app_verbose;
/* app_flow.c */
extern const struct app app_execif, app_exectime, app_goto, app_gotoif, app_gotoiftime, app_exec,
	app_tryexec, app_raiseexception;
/* app_while.c */
extern const struct app app_while, app_endwhile, app_exitwhile, app_continuewhile;
/* app_gosub.c */
extern const struct app app_gosub, app_gosubif, app_return, app_stackpop;
/* app_call.c */
extern const struct app app_answer, app_busy, app_congestion, app_echo, app_hangup, app_proceeding,
	app_progress, app_ringing, app_wait, app_playtones, app_stopplaytones;
/* app_transfer.c */
extern const struct app app_transfer;
/* app_play.c */
extern const struct app app_background, app_playback, app_senddtmf;
/* func_db.c */
extern const struct app app_dbdel, app_dbdeltree;
/* app_read.c */
extern const struct app app_read, app_waitexten;

#endif

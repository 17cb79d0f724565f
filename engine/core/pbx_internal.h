/* engine/core/pbx_internal.h - one dialplan run: shared by pbx*.c, app*.c and func*.c. */
#ifndef RINGER_CORE_PBX_INTERNAL_H
#define RINGER_CORE_PBX_INTERNAL_H

#include "engine/core/app.h"
#include "engine/core/dialplan.h"
#include "engine/core/subst.h"

#define PBX_TEXT 512 /* octets that a waiting application may keep */

enum pbx_state {
	PBX_RUNNING,	/* between steps (also: yielded in a long loop) */
	PBX_IN_APP,	/* an application waits */
	PBX_COLLECTING, /* waits for digits of an extension */
	PBX_OVER,
};

/* Where Gosub came from, and the names that hide others until Return. */
struct pbx_frame {
	struct pbx_frame *next; /* the caller's */
	char context[LIMIT_NAME], exten[LIMIT_NAME];
	int32_t priority; /* to go on with */
	uint32_t argc;
	struct vars hidden; /* names only */
};

/* Playback, BackGround */
struct pbx_play {
	size_t at;   /* of the next file in text */
	bool failed; /* a file was missing */
	bool digits; /* BackGround: a digit breaks */
	bool single; /* ... only one that is an extension */
};

/* Read */
struct pbx_read {
	size_t files, at; /* start of the file names in text, and of the next */
	int64_t timeout_ns, digit_timeout_ns;
	uint32_t digit_max, attempts;
	bool has_timeout, may_be_terminator, playing;
	char terminators[16];
};

/* Answer */
struct pbx_answer {
	int64_t least_ns, most_ns; /* when it may go on, and when it must */
};

/* SendDTMF, digit by digit: text holds them all */
struct pbx_digits {
	size_t at; /* of the next */
	uint32_t gap_ms, duration_ms;
	bool one_by_one; /* by signalling; else the media has them */
};

union pbx_app_state {
	struct pbx_digits digits;
	struct pbx_answer answer;
	struct pbx_play play;
	struct pbx_read read;
};

struct pbx {
	struct timespec_clock clock;
	enum pbx_state state;
	const struct app *app; /* PBX_IN_APP */
	union pbx_app_state u;
	size_t text_len;
	char text[PBX_TEXT];
	char digit;		 /* of APP_DIGIT */
	char digits[LIMIT_NAME]; /* collected so far */
	uint32_t digit_count;
	bool jumped;		    /* the place is set: do not go to the next priority */
	bool single;		    /* one application without a dialplan */
	bool fell_through;	    /* the tone behind the last step */
	uint32_t h_steps;	    /* of the `h` extension */
	bool in_h;		    /* runs the `h` extension: the call is over */
	bool is_try;		    /* TryExec: a failure does not end the call */
	uint32_t exec_depth;	    /* ExecIf inside ExecIf */
	char exception[LIMIT_NAME]; /* reason that led to `e` */
	char exception_context[LIMIT_NAME], exception_exten[LIMIT_NAME];
	int32_t exception_priority;
	struct pbx_frame *frames, *spare_frames;
	uint32_t frame_count;
};

/* ---- place ---- */

struct dialplan_query pbx_query(struct chan *c, struct slice context, struct slice exten,
				int32_t priority);
/* Is the place there? */
bool pbx_exists(struct chan *c, struct slice context, struct slice exten, int32_t priority);
/* Sets the place for the next step. */
void pbx_jump(struct chan *c, struct slice context, struct slice exten, int32_t priority);
/* "[[context,]exten,]priority" relative to where the channel is; label, +n, -n too. False: nothing
 * is changed, the reason was logged. */
bool pbx_parse_place(struct chan *c, struct slice text, struct slice *context, struct slice *exten,
		     int32_t *priority);
/* The same, then pbx_jump and the line "Goto (...)". */
bool pbx_goto(struct chan *c, struct slice text);
/* To extension `e` with a reason. False: there is none. */
bool pbx_raise_exception(struct chan *c, const char *reason);
/* Gives the frames of Gosub back (all of them, hidden names seen again). */
void pbx_pop_frame(struct chan *c, struct pbx *p);
/* Hides a name until the frame ends (LOCAL, ARGn). */
int pbx_set_local(struct chan *c, struct slice name, struct slice value);

/* ---- running ---- */

/* Runs another application in place of this one (ExecIf): its result is that of the caller. */
enum app_result pbx_run_app(struct app_call *call, struct slice name, struct slice args);
/* Puts variables and functions into text, cut at the room of *out. */
void pbx_expand(struct chan *c, struct slice text, struct sink *out);
/* What pbx_expand uses, for a subst of one's own. */
extern const struct subst_ops pbx_subst_ops;
/* Civil time of a wall instant; zone "": local. False: cannot be. */
bool pbx_civil_time(struct chan *c, const char *zone, int64_t wall_ns, struct tm *out);
/* The same for now, as clock of timed includes and conditions: arg is the channel. */
bool pbx_civil_now(void *arg, const char *zone, struct tm *out);
/* Stops what the channel plays or echoes. */
void pbx_stop_media(struct chan *c);

#endif

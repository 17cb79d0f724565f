/* engine/app/ctl.h - the terminal's end of the control socket: text out, lines in. console.h
 *
 * Part of the program that sits at a terminal, not of the engine: plain sockets, beside the seam.
 */
#ifndef RINGER_APP_CTL_H
#define RINGER_APP_CTL_H

#include "engine/base/slice.h"

#include <stdbool.h>

struct ctl {
	int fd;	    /* for poll; -1: not connected */
	bool ended; /* the engine has closed; lines may still wait */
	size_t len, taken;
	char text[64 * 1024];
	char host[128], version[64], pid[24]; /* of the greeting */
};

/* Connects and reads the greeting. 0 or a negative errno (-EPROTO: that is no engine). */
int ctl_open(struct ctl *c, const char *path);
void ctl_close(struct ctl *c);
/* One command, with its NUL. */
void ctl_say(struct ctl *c, struct slice command);
/* Takes what has come, without waiting. */
void ctl_read(struct ctl *c);
/* The next whole line, without its end; or, when the socket has ended or `flush`, what is left.
 * Valid until the next call. is_log: a line of the log, its mark taken off. */
bool ctl_line(struct ctl *c, bool flush, struct slice *line, bool *is_log);
/* Waits until something comes or the time is over. False: it is over. */
bool ctl_wait(const struct ctl *c, int timeout_ms);

#endif

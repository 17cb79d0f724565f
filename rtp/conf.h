/* rtp/conf.h - rtp.conf [general]: ports, RTCP, digits, strict RTP.
 *
 * Options of Asterisk that need ICE, STUN, TURN or SRTP have no effect, which README.md says, and
 * for servers that are named the log; a name that is no option at all gives a NOTICE with file and
 * line. One option of our own: initialsilence. */
#ifndef RINGER_RTP_CONF_H
#define RINGER_RTP_CONF_H

#include "rtp/latch.h"

struct conffile;

struct rtp_conf {
	uint16_t port_start;	       /* 1024..65535, even after the check */
	uint16_t port_end;	       /* last port that may be used */
	uint32_t rtcp_interval_ms;     /* 500..60000 */
	uint16_t dtmf_timeout_samples; /* 8000 a second */
	enum latch_mode strict;
	uint8_t probation;    /* packets */
	bool initial_silence; /* silence is sent until the far end is heard, at most 5 s */
};

extern const struct rtp_conf rtp_conf_default;

/* cf NULL (no rtp.conf): the defaults. Bad values: WARNING with file, line, range; the default
 * holds. */
void rtp_conf_read(struct rtp_conf *conf, const struct conffile *cf);
/* What [general] may hold, and whether it has an effect; NULL: there are not so many. */
const char *rtp_conf_option(uint32_t at, bool *has_effect);

#endif

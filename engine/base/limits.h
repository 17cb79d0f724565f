/* engine/base/limits.h - every bound of the engine, in one place.
 *
 * What is configurable has its default and its ceiling here; everything else is fixed. A table or
 * queue without a line here is a bug. */
#ifndef RINGER_BASE_LIMITS_H
#define RINGER_BASE_LIMITS_H

/* Shards and threads */
#define LIMIT_SHARDS 64 /* call shards of one engine */

/* Text */
#define LIMIT_NAME	 80   /* channel, context and extension names with their NUL */
#define LIMIT_UNIQUEID	 150  /* ChannelId: at most 149 octets (AMI) */
#define LIMIT_APPDATA	 8192 /* expanded argument text of one application */
#define LIMIT_VAR_NAME	 256
#define LIMIT_VAR_VALUE	 8192
#define LIMIT_CONF_LINE	 8192
#define LIMIT_CONF_DEPTH 10	   /* #include inside #include */
#define LIMIT_CONF_NEST	 128	   /* ;-- inside ;-- */
#define LIMIT_CONF_FILES 1024	   /* files read for one configuration */
#define LIMIT_CONF_VARS	 1000000   /* variables of one configuration, inherited ones too */
#define LIMIT_CONF_VALUE 65536	   /* one value, grown by += */
#define LIMIT_CONF_TEXT	 (1 << 20) /* octets of a file that is changed line by line */
#define LIMIT_PATH	 512

/* Attempts */
#define LIMIT_ORDER_BYTES      65536 /* one packed originate */
#define LIMIT_ORDER_VARS       256
#define LIMIT_QUEUE_DEFAULT    100000 /* attempts waiting; dialer.conf queue_max */
#define LIMIT_QUEUE_MAX	       1000000
#define LIMIT_TRUNKS	       4096
#define LIMIT_TIMEOUT_MS       INT64_C(2147483647) /* to answer: 24 days; more is as good as for ever */
#define LIMIT_CHORES	       64    /* pieces of blocking work for the control shard at once */
#define LIMIT_CHORES_PLACED    8     /* and those that have a place of their own */
#define LIMIT_DEVICES	       65536 /* whose states are kept: endpoints, Custom: */
#define LIMIT_ASKS	       2048 /* questions to shards (variables) that wait for their answer */
#define LIMIT_CHANNELS_DEFAULT 10000 /* channels of the whole engine; dialer.conf max_channels */
#define LIMIT_CHANNELS_MAX     200000
#define LIMIT_INCOMING_DEFAULT                                                                     \
	1000 /* channels besides for incoming calls; dialer.conf incoming_channels */
#define LIMIT_INCOMING_MAX 50000

/* Channels */
#define LIMIT_CHAN_ARENA (4 * LIMIT_ORDER_BYTES) /* what one channel may keep: order, variables */
#define LIMIT_USERFIELD	 256			 /* of a call record, with its NUL */
#define LIMIT_CHAN_VARS	 512
#define LIMIT_CHAN_GROUPS 16 /* categories of GROUP() */
#define LIMIT_GROUPS_EACH 2  /* groups for each channel of a shard, on the average */

/* Streams and TLS */
#define LIMIT_TLS_FILE (4 << 20) /* certificates, keys, CA files */
/* Octets sent on one connection before its TLS handshake is over: a second of calls to one trunk.
 */
#define LIMIT_STREAM_EARLY (1 << 20)
#define LIMIT_TLS_WAITING                                                                          \
	128 /* handshakes at once, of a port that tells its owner when they are over */
#define LIMIT_TLS_HANDSHAKE_S 10 /* of it, from the TCP connection on */
/* Database */
#define LIMIT_DB_KEY	 256 /* "/family/key" with its NUL */
#define LIMIT_DB_ENTRIES 100000
#define LIMIT_DB_BYTES	 (64 << 20) /* keys and values; each shard holds a copy */
#define LIMIT_DB_BATCH	 4096	    /* changes of one commit */

/* SIP */
#define LIMIT_SIP_DATAGRAM     65535
#define LIMIT_SIP_HEADERS      256
#define LIMIT_SIP_OUT	       8192 /* one message that we send */
#define LIMIT_STIR_URL	       512  /* public_cert_url: it stands twice in an INVITE */
#define LIMIT_SIP_FORKS	       8    /* early dialogs of one INVITE */
#define LIMIT_SIP_ROUTES       16
#define LIMIT_SIP_TARGETS      8    /* addresses that one URI leads to */
#define LIMIT_SIP_HEALTH       1024 /* targets in trouble that a shard remembers */
#define LIMIT_PEER_NAMES       1024  /* names of TLS peers that a shard remembers */
#define LIMIT_PEER_PINNED      8192  /* ... and of those in the configuration */
#define LIMIT_PEER_NAME	       253   /* octets of one */
#define LIMIT_SIP_FAILOVER     16    /* statuses of failover= */
#define LIMIT_SIP_REDIRECTS    5     /* URIs that one call is sent to by 3xx */
#define LIMIT_SIP_ERRANDS      32768 /* requests outside of dialogs on their way, per shard */
#define LIMIT_SIP_HOSTS	       256   /* names of pjsip.conf that stand for addresses */
#define LIMIT_SIP_LOCAL_NETS   64    /* local_net= of one transport */
#define LIMIT_SIP_HOST_ADDRS   64    /* addresses of one of them */
#define LIMIT_SIP_LINGER       65536 /* records that answer late 2xx, per shard */
#define LIMIT_SIP_OFFENDERS    4096  /* addresses that sent what nobody may send, per shard */
#define LIMIT_SIP_NONCES       256   /* targets whose nonces a shard keeps for the next call */
#define LIMIT_SIP_NONCE_IDLE_S 300   /* a nonce that was not used for so long is not tried */
#define LIMIT_SIP_NONCE_REST_S                                                                     \
	600 /* a target that refused several is not tried again for so long */
#define LIMIT_SIP_CAPTURE_BYTES (INT64_C(1) << 30) /* a pcap file of SIP messages */
#define LIMIT_SIP_HISTORY	32768 /* messages that a shard remembers, 256 octets each */
#define LIMIT_SIP_LADDER	512   /* of them, what one command shows of a shard */
#define LIMIT_NOTIFY_LINES	1024  /* headers of a NOTIFY that somebody orders */
#define LIMIT_NOTIFY_BODY	2048
#define LIMIT_NOTIFY_KINDS	1024	  /* sections of pjsip_notify.conf */
#define LIMIT_NOTIFY_OPEN	1024	  /* NOTIFY outside of calls on their way, per shard */
#define LIMIT_CONTACTS		20000	  /* contacts of all AORs, static and registered */
#define LIMIT_CONTACT_TEXT	1472	  /* all texts of one contact */
#define LIMIT_AOR_CONTACTS	32	  /* bindings that one REGISTER may name */
#define LIMIT_REGISTERS		1024	  /* REGISTER requests that wait for control, per shard */
#define LIMIT_REGISTRATIONS	4096	  /* that we keep with others */
#define LIMIT_SIP_CONNS		4096	  /* TCP and TLS connections of the engine */
#define LIMIT_SIP_CONN_OUT	(1 << 18) /* octets that one of them may have queued, */
#define LIMIT_SIP_CONN_BURST	(4 << 20) /* ... and those that are behind; */
#define LIMIT_SIP_CONNS_BEHIND	64	  /* ... so many may be */
#define LIMIT_SIP_CONN_OPEN_S	10	  /* to be connected, TLS included */
#define LIMIT_SIP_CONN_FIRST_S	30	  /* accepted, until the first message */
#define LIMIT_SIP_CONN_IDLE_S                                                                      \
	3900 /* without an octet of the far end: longer than a registration                        \
	      */

/* Octets that a connection keeps while its message waits for a shard. */
#define LIMIT_SIP_CONN_HELD (1 << 20)

#define LIMIT_SDP_MEDIA	  8
#define LIMIT_SDP_FORMATS 32

/* Names */
#define LIMIT_DNS_RECORDS   16	 /* of one answer; more are left out */
#define LIMIT_DNS_SERVERS   3	 /* name servers, as the C library */
#define LIMIT_DNS_NAMES	    1024 /* answers that one loop remembers */
#define LIMIT_DNS_QUESTIONS 256	 /* on the way at once, per loop; more fail at once */
#define LIMIT_DNS_HOSTS	    4096 /* names of the hosts file */

/* RTP */
#define LIMIT_RTP_PACKET  1500
#define LIMIT_CODECS	  8
#define LIMIT_RTP_LOCALS  16	/* local addresses that RTP is bound to, per shard */
#define LIMIT_RTP_FILES	  60	/* files of one Playback */
#define LIMIT_RTP_DIGITS  240	/* digits waiting to be sent on one call */
#define LIMIT_SOUND_FILES 65536 /* files in the sounds directory */

/* AMI */
#define LIMIT_AMI_LINE	   1024
#define LIMIT_AMI_HEADERS  128
#define LIMIT_AMI_CONNS	   1024
#define LIMIT_AMI_OUT_SOFT (4 << 20)
#define LIMIT_AMI_OUT_HARD (16 << 20)
#define LIMIT_AMI_CHUNK	   16384     /* octets held back come in pieces of this size, */
#define LIMIT_AMI_CHUNKS   8192	     /* so many for all connections together */
#define LIMIT_AMI_IN	   (1 << 18) /* input of one connection behind an open action */
#define LIMIT_AMI_ORDERS   262144    /* originates of AMI that wait for their outcome */
#define LIMIT_AMI_MESSAGE  262144    /* one response or event */
#define LIMIT_AMI_USERS	   4096
#define LIMIT_AMI_FILTERS  256 /* of one session, and of one user */
#define LIMIT_AMI_FILTER_STEPS                                                                     \
	16384			  /* of all their expressions: engine/base/regex.h; else octets */
#define LIMIT_AMI_NAME_MOVES  512 /* of a pattern of Hangup for each channel, on average */
#define LIMIT_AMI_HISTORY_KIB (1 << 20) /* of events kept for replay */
#define LIMIT_AMI_VARS	      100	/* names in Status' Variables */
#define LIMIT_AMI_CHANVARS    128	/* manager.conf channelvars, disabledevents */

/* Consoles */
#define LIMIT_CONSOLES	    32	      /* connections to the control socket at once, */
#define LIMIT_CONSOLES_OPEN 24	      /* of which so many may be consoles that stay */
#define LIMIT_CONSOLE_IN    4096      /* octets of commands that wait for the one before them */
#define LIMIT_CONSOLE_LINES 512	      /* log lines on their way to consoles */
#define LIMIT_CONSOLE_OUT   (1 << 18) /* octets unread: log lines are left out above it */
#define LIMIT_CLI_LINE	    512	      /* one command, its NUL included */
#define LIMIT_CLI_JOBS	    128	      /* commands that wait for an answer of a shard */
#define LIMIT_CLI_MATCHES   1000      /* words that complete one word */
#define LIMIT_CLI_WORDS	    128	      /* of them, words of commands */

/* HTTP */
#define LIMIT_HTTP_LINE	     4095      /* octets of the request line, and of each header line */
#define LIMIT_HTTP_HEADERS   100       /* of one request */
#define LIMIT_HTTP_BODY	     40960     /* octets */
#define LIMIT_HTTP_CONNS     1024      /* http.conf sessionlimit */
#define LIMIT_HTTP_SESSIONS  1024      /* web sessions of AMI, those of one request too */
#define LIMIT_HTTP_NONCES    4096      /* of digest, with their replay record */
#define LIMIT_HTTP_CHUNKS    8192      /* pieces of LIMIT_AMI_CHUNK for answers and events held */
#define LIMIT_HTTP_HELD_SOFT (1 << 20) /* octets of events that wait for a WaitEvent; */
#define LIMIT_HTTP_HELD_HARD (4 << 20) /* those that must not be lost */
#define LIMIT_HTTP_ANSWER    (16 << 20)
#define LIMIT_HTTP_FILE	     (8 << 20) /* one static file */
#define LIMIT_HTTP_FETCHES   32	       /* static files that are read at once */
#define LIMIT_HTTP_OUT	     (1 << 20) /* octets that a client has not read: no further request */

/* Regular expressions from outside, see engine/base/regex.h */
#define LIMIT_REGEX_TEXT    2048   /* octets of the expression */
#define LIMIT_REGEX_STEPS   2048   /* of its program, with all repetitions written out */
#define LIMIT_REGEX_GUARDED 262144 /* steps times octets, where a client asks a shard */
#define LIMIT_REGEX_DEPTH   64	   /* groups within groups, repetitions of repetitions */

/* Call files */
#define LIMIT_CALLFILE_LINE   1024
#define LIMIT_CALLFILE_BYTES  65536
#define LIMIT_CALLFILE_CODECS 8			     /* Codecs lines of one file */
#define LIMIT_CALLFILE_VARS   (LIMIT_ORDER_VARS - 1) /* Set lines; one is added by the spool */
#define LIMIT_CALLFILE_BATCH  128		     /* files handled in one turn of the spool */
#define LIMIT_CALLFILE_AHEAD  1024    /* files claimed and not yet taken by the pacer */
#define LIMIT_SPOOL_FILES     1000000 /* files known at once; more wait on disk */

_Static_assert(LIMIT_CHANNELS_DEFAULT <= LIMIT_CHANNELS_MAX, "default above the ceiling");
_Static_assert(LIMIT_DNS_QUESTIONS < LIMIT_DNS_NAMES, "a question is remembered");
_Static_assert(LIMIT_QUEUE_DEFAULT <= LIMIT_QUEUE_MAX, "default above the ceiling");
_Static_assert(LIMIT_ASKS >= LIMIT_AMI_CONNS + LIMIT_HTTP_SESSIONS,
	       "a session must be able to ask");
_Static_assert(LIMIT_AMI_OUT_SOFT < LIMIT_AMI_OUT_HARD, "soft limit above the hard one");
_Static_assert(LIMIT_AMI_LINE *LIMIT_AMI_HEADERS < LIMIT_AMI_MESSAGE,
	       "an event must hold a request");
_Static_assert(LIMIT_CONSOLES_OPEN < LIMIT_CONSOLES, "scripts must find room beside consoles");
_Static_assert(LIMIT_HTTP_HELD_HARD < LIMIT_HTTP_ANSWER, "held events must fit into an answer");
_Static_assert(LIMIT_CALLFILE_BYTES <= LIMIT_ORDER_BYTES, "a call file must fit into an order");

#endif

/* engine/base/metric_list.h - the one list of counters: X(name, help). */
#ifndef RINGER_BASE_METRIC_LIST_H
#define RINGER_BASE_METRIC_LIST_H

/* clang-format off */
#define METRIC_LIST(X) \
	/* attempts */ \
	X(attempt_accepted,       "attempts taken into the queue") \
	X(attempt_refused_full,   "attempts refused at the door: queue full") \
	X(attempt_started,        "attempts handed to a shard") \
	X(attempt_put_back,       "attempts that went back into line: their trunk takes no calls for now") \
	X(trunk_slowed,           "times that the rate of a trunk was halved: its far end had no room") \
	X(attempt_answered,       "attempts answered") \
	X(attempt_failed,         "attempts that ended without an answer") \
	X(attempt_settled,        "attempts settled with their source") \
	X(incoming_accepted,      "incoming calls that got a channel") \
	X(incoming_answered,      "incoming calls that the dialplan answered") \
	X(incoming_refused_number, "incoming calls refused: no such extension") \
	X(incoming_refused_full,  "incoming calls refused by 503: no free place, or the shard is behind") \
	X(incoming_refused_closed, "incoming calls refused by 503: the engine stops") \
	/* event pipe, chores */ \
	X(event_dropped,          "events left out because the control shard was behind") \
	X(chore_done,             "pieces of blocking work done for the control shard") \
	X(chore_refused,          "pieces of blocking work refused: too many at once") \
	/* database */ \
	X(db_commits,             "commits of the database") \
	X(db_commit_failed,       "commits of the database that failed, tried again") \
	X(db_refused,             "changes of the database refused: full, or a shard could not tell of it") \
	/* io */ \
	X(io_turns,               "turns of the loop") \
	X(io_udp_rx,              "datagrams received") \
	X(io_udp_tx,              "datagrams handed to the kernel") \
	X(io_udp_tx_fail,         "datagrams that the kernel refused") \
	X(io_udp_truncated,       "datagrams longer than their buffer, dropped") \
	X(io_rearmed,             "multishot receives armed again") \
	X(io_nobufs,              "receives ended for want of buffers") \
	X(io_cq_overflow,         "completion queue overflows seen") \
	X(io_timer_late,          "turns that left due timers for the next") \
	X(stream_refused,         "connections refused: table of streams full") \
	X(tls_handshakes,         "TLS handshakes done") \
	X(tls_failed,             "TLS connections that failed: handshake, certificate, forged octets") \
	X(tls_evicted,            "TLS handshakes given up for newer ones: too many at once") \
	X(tls_timeout,            "TLS handshakes given up after their time") \
	/* names */ \
	X(dns_asked,              "questions to name servers") \
	X(dns_failed,             "questions that came to no answer") \
	X(dns_stale,              "old answers used because no server answered") \
	X(dns_refused,            "questions refused: too many on the way") \
	X(dns_evicted,            "answers forgotten before their time: table full") \
	/* sip */ \
	X(sip_rx,                 "SIP messages received") \
	X(sip_tx,                 "SIP messages sent") \
	X(sip_rx_malformed,       "datagrams that are no SIP message, dropped") \
	X(sip_rx_lenient,         "SIP messages taken although they break the grammar") \
	X(sip_rx_stray,           "responses and ACKs that match nothing, dropped") \
	X(sip_rx_old,             "requests inside of calls whose CSeq is not above the last one, refused") \
	X(sip_rx_forwarded,       "messages handed to the shard that owns them") \
	X(sip_rx_dropped,         "messages lost: the pipe to the shard that owns them was full") \
	X(sip_retransmit,         "requests and responses sent again") \
	X(sip_timeout,            "transactions that timed out") \
	X(sip_linger_evicted,     "records of ended calls dropped before their time") \
	X(sip_unsupported,        "requests refused as not supported") \
	X(sip_no_slot,            "SIP objects refused: slab full") \
	X(sip_response_cut,       "answers whose headers were not all kept for PJSIP_RESPONSE_HEADER: too long, or no room") \
	X(sip_answer_too_long,    "calls ended at their answer: what each request repeats of it is too long") \
	X(sip_answer_untold,      "answers that got neither ACK nor BYE: no room, or too long even so") \
	X(sip_capture_dropped,    "SIP messages left out of a pcap file: the disk is behind") \
	X(sip_unidentified,       "requests that belong to no endpoint, refused") \
	X(sip_auth_failed,        "requests with wrong credentials, refused") \
	X(sip_auth_unmet,         "challenges that our credentials could not answer") \
	X(sip_nonce_reused,       "INVITEs sent with credentials at once") \
	X(sip_nonce_refused,      "kept nonces that a far end did not take (any more)") \
	X(sip_acl_refused,        "requests refused by an access list") \
	X(sip_ignored,            "requests of repeated offenders, dropped unanswered") \
	X(sip_register_ok,        "REGISTER requests accepted") \
	X(sip_register_refused,   "REGISTER requests refused") \
	X(sip_register_busy,      "REGISTER requests put off by 503: control is behind, or tables are full") \
	X(sip_contact_expired,    "bindings that were not refreshed in time") \
	X(sip_contact_no_room,    "contacts refused: table full, or texts too long") \
	X(sip_qualify_sent,       "OPTIONS sent to contacts") \
	X(sip_qualify_failed,     "contacts found unreachable") \
	X(sip_registration_sent,  "REGISTER requests sent") \
	X(sip_registration_failed, "registrations of ours that were refused or not answered") \
	X(sip_notify_sent,        "NOTIFY sent that somebody ordered") \
	X(sip_notify_failed,      "of them, those that were refused or not answered") \
	X(sip_notify_refused,     "NOTIFY ordered and not sent: no room, or nowhere to go") \
	X(sip_failover,           "INVITEs sent to the next target") \
	X(sip_unidentified_early, "requests dropped while names of match= were looked up for the first time") \
	X(sip_errand_failover,    "other requests sent to the next target") \
	X(sip_redirect,           "3xx followed") \
	X(sip_seek_given_up,      "calls hung up while names were looked up") \
	X(sip_seek_late,          "calls that failed unsent: names, once known, led to held targets alone") \
	X(sip_identity_signed,    "INVITEs sent with an Identity of ours") \
	X(sip_identity_none,      "INVITEs of endpoints with a stir_shaken_profile that attests no such number") \
	X(sip_identity_failed,    "INVITEs sent without the Identity that they should have: not signed") \
	X(sip_identity_refused,   "INVITEs refused for their Identity, or for the want of one") \
	X(sip_target_unknown,     "URIs that led to no address") \
	X(sip_next_hop_unknown,   "names of a Contact or Record-Route that led to no address: the source served") \
	X(sip_next_hop_late,      "names of a Contact or Record-Route not known in time: the source served for what waited") \
	X(sip_target_passed_over, "targets not tried because they are held or down") \
	X(sip_target_held,        "targets that asked for a pause (503 with Retry-After)") \
	X(sip_target_down,        "targets found silent") \
	X(sip_conn_accepted,      "SIP connections accepted") \
	X(sip_conn_opened,        "SIP connections asked for") \
	X(sip_conn_failed,        "SIP connections that never came up") \
	X(sip_conn_idle,          "SIP connections closed: far end silent") \
	X(sip_conn_bad,           "SIP connections closed: no SIP, or no end of it") \
	X(sip_conn_behind,        "SIP connections closed: far end does not read") \
	X(sip_conn_paused,        "SIP connections not read for a while: a message waited for room in a shard's pipe") \
	X(sip_conn_way_back,      "SIP responses whose connection was gone: sent to the Via instead") \
	X(sip_widened,            "SIP requests too large for UDP: sent by TCP") \
	X(sip_narrowed,           "... and by UDP all the same: no TCP there") \
	X(sip_conn_crowded,       "SIP messages for a connection that found no room on the way to its shard") \
	X(sip_conn_untold,        "SIP connections that were lost and a shard not told: its pipe full") \
	X(sip_conn_evicted,       "SIP connections closed for newer ones: table full") \
	/* rtp */ \
	X(rtp_rx,                 "RTP packets received") \
	X(rtp_tx,                 "RTP packets sent") \
	X(rtp_rx_bad,             "packets that are no RTP, dropped") \
	X(rtp_rx_stray,           "RTP packets from elsewhere or for no call, dropped") \
	X(rtp_rx_unknown,         "RTP packets of a payload type that was not agreed, dropped") \
	X(rtp_tx_late,            "RTP packets sent more than 10 ms after their time") \
	X(rtp_tx_skipped,         "RTP packets left out because the clock was behind") \
	X(rtcp_rx,                "RTCP packets received") \
	X(rtcp_rx_bad,            "RTCP packets that could not be read, dropped") \
	X(rtcp_tx,                "RTCP packets sent") \
	X(rtp_no_port,            "calls refused for want of an RTP port") \
	/* ami */ \
	X(ami_accepted,           "AMI connections accepted") \
	X(ami_refused,            "AMI connections refused: authlimit or table full") \
	X(ami_actions,            "AMI actions run") \
	X(ami_bad_message,        "AMI messages refused as malformed") \
	X(ami_pattern_refused,    "patterns of Hangup refused: they take too long for so many channels") \
	X(ami_filter_refused,     "filters refused: the session has as many as it may, or they are too long") \
	X(ami_auth_failed,        "failed AMI logins") \
	X(ami_events,             "events written for AMI, once for all clients") \
	X(ami_events_sent,        "events queued to AMI clients") \
	X(ami_events_dropped,     "events not queued to slow AMI clients") \
	X(ami_slow_closed,        "AMI clients closed as too slow") \
	/* consoles */ \
	X(console_refused,        "connections to the control socket refused: table full") \
	X(console_cut,            "answers to console commands cut because their reader does not read") \
	X(console_lines_dropped,  "log lines left out of consoles: too many, or the reader does not read") \
	X(http_accepted,          "HTTP connections accepted") \
	X(http_refused,           "HTTP connections closed at once: sessionlimit or table full") \
	X(http_requests,          "HTTP requests read") \
	X(http_bad_request,       "HTTP requests refused as malformed or too large") \
	X(http_denied,            "HTTP requests refused: wrong digest, permit and deny, restrictions") \
	X(http_no_session,        "HTTP requests refused: table of sessions full") \
	X(http_slow_closed,       "HTTP clients closed: timeout, or answer not read") \
	/* call files */ \
	X(callfile_seen,          "call files picked up") \
	X(callfile_bad,           "call files refused") \
	X(callfile_attempts,      "attempts made for call files") \
	X(callfile_completed,     "call files ended as Completed") \
	X(callfile_expired,       "call files ended as Expired") \
	X(callfile_rescans,       "scans of the spool after lost notifications") \
	/* dialplan */ \
	X(dialplan_steps,         "dialplan steps run") \
	X(function_refused,       "functions asked for by clients that are dangerous or not there") \
	X(dialplan_errors,        "steps that ended a call: unknown application, bad target") \
	/* records */ \
	X(cdr_written,            "CDRs written") \
	X(cdr_failed,             "CDRs that a sink refused")
/* clang-format on */

#endif

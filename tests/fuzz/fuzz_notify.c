/* tests/fuzz/fuzz_notify.c - pjsip_notify.conf. Each kind that comes to be makes a message that our
 * own parser takes, with the headers of the engine once and the body whole; a refusal says where
 * and why. */
#include "engine/base/check.h"
#include "sip/notify_conf.h"
#include "sip/write.h"
#include "tests/unit/core/memconf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void silence(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	check(line->text[0]);
}

static void look(const struct notify_text *text)
{
	static char room[LIMIT_NOTIFY_LINES + LIMIT_NOTIFY_BODY + 1024];
	struct sink out = sink_make(room, sizeof(room));
	enum sip_parse_error why;
	struct sip_msg msg;

	sink_lit(&out, "NOTIFY sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP c;branch=z9hG4bK1\r\n"
		       "From: <sip:d@e>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: x\r\nCSeq: 1 NOTIFY\r\n"
		       "Contact: <sip:d@e>\r\nMax-Forwards: 70\r\n");
	sink_add(&out, text->lines);
	if (text->body.len)
		sip_write_body(&out, SLICE_EMPTY, text->body);
	else
		sip_write_end(&out);
	check(!out.over);
	check(sip_msg_parse(&msg, sink_slice(&out), &why) == 0);
	check(slice_eq(msg.body, text->body));
	check(msg.via_count == 1 && slice_eq(msg.call_id, SLICE_LIT("x")));
	check(sip_msg_has(&msg, SIP_HDR_SUBSCRIPTION_STATE));
	check(!text->body.len || sip_msg_has(&msg, SIP_HDR_CONTENT_TYPE));
	check(!sip_msg_has(&msg, SIP_HDR_ROUTE) && !sip_msg_has(&msg, SIP_HDR_AUTHORIZATION));
}

static void walk(const struct notify_conf *conf)
{
	struct notify_text text;
	struct slice name;
	uint32_t i = 0;

	for (; notify_conf_name(conf, i, &name); i++) {
		check(notify_conf_find(conf, name, &text));
		look(&text);
	}
	check(i <= LIMIT_NOTIFY_KINDS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct memconf_file files[] = {
		{"pjsip_notify.conf", (const char *)data, size},
		{NULL, NULL, 0},
	};
	static struct memconf m;
	struct conffile_error why;
	struct conffile *cf = NULL;
	struct notify_conf *conf = NULL;
	char room[1024];
	struct sink error = sink_make(room, sizeof(room));
	int err;

	if (size == 0 || size > 65536)
		return 0;
	log_set_writer(silence, NULL);
	memconf_init(&m, files);
	if (conffile_load(&cf, &m.source, "pjsip_notify.conf", &why))
		return 0;
	err = notify_conf_load(&conf, cf, &error);
	conffile_free(cf); /* the texts stand alone */
	if (err)
		check(error.len > 0);
	else
		walk(conf);
	notify_conf_free(conf);
	return 0;
}

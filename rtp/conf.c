#include "rtp/conf.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/conffile.h"
#include "rtp/dtmf.h"

const struct rtp_conf rtp_conf_default = {
	.port_start = 5000,
	.port_end = 31000,
	.rtcp_interval_ms = 5000,
	.dtmf_timeout_samples = DTMF_TIMEOUT_DEFAULT,
	.strict = LATCH_YES,
	.probation = LATCH_PROBATION_DEFAULT,
	.initial_silence = true,
};

/* What [general] may hold. Those without effect are named in README.md; what a call would miss is
 * said as well. */
static const struct conf_name {
	const char *name;
	enum { CONF_OBEYED, CONF_SILENT, CONF_SAID } kind;
} conf_names[] = {
	{"rtpstart", CONF_OBEYED},
	{"rtpend", CONF_OBEYED},
	{"rtcpinterval", CONF_OBEYED},
	{"dtmftimeout", CONF_OBEYED},
	{"strictrtp", CONF_OBEYED},
	{"probation", CONF_OBEYED},
	{"initialsilence", CONF_OBEYED},
	{"rtpchecksums", CONF_SILENT},
	{"srtpreplayprotection", CONF_SILENT},
	{"icesupport", CONF_SILENT},
	{"stunaddr", CONF_SAID},
	{"stunaddr_reresolve_ttl_0", CONF_SILENT},
	{"stun_acl", CONF_SILENT},
	{"stun_deny", CONF_SILENT},
	{"stun_permit", CONF_SILENT},
	{"stun_software_attribute", CONF_SILENT},
	{"stun_blacklist", CONF_SILENT},
	{"turnaddr", CONF_SAID},
	{"turnport", CONF_SILENT},
	{"turnusername", CONF_SILENT},
	{"turnpassword", CONF_SILENT},
	{"ice_acl", CONF_SILENT},
	{"ice_deny", CONF_SILENT},
	{"ice_permit", CONF_SILENT},
	{"ice_blacklist", CONF_SILENT},
	{"dtls_mtu", CONF_SILENT},
	{"rtp_mtu", CONF_SILENT},
	{"rtp_use_dynamic", CONF_SILENT},
};

const char *rtp_conf_option(uint32_t at, bool *has_effect)
{
	if (at >= ARRAY_COUNT(conf_names))
		return NULL;
	*has_effect = conf_names[at].kind == CONF_OBEYED;
	return conf_names[at].name;
}

static const struct conf_name *conf_find(struct slice name)
{
	for (size_t i = 0; i < ARRAY_COUNT(conf_names); i++)
		if (slice_ieq(name, slice_str(conf_names[i].name)))
			return &conf_names[i];
	return NULL;
}

static void conf_note(const struct conffile_section *section)
{
	const struct conffile_var *v;

	for (v = section ? section->vars : NULL; v; v = v->next) {
		const struct conf_name *n = conf_find(v->name);

		if (!n)
			log_notice("%s:%d: [general] has no option \"%s\"; the line is ignored",
				   v->file, v->line, v->name.ptr);
		else if (n->kind == CONF_SAID && v->value.len)
			log_warning("%s:%d: option '%s' has no effect yet", v->file, v->line,
				    v->name.ptr);
	}
}

static void conf_read_ports(struct rtp_conf *conf, const struct conffile_section *section)
{
	int64_t start = conffile_number(section, "rtpstart", 1024, 65535, conf->port_start);
	int64_t end = conffile_number(section, "rtpend", 1024, 65535, conf->port_end);

	/* RTP takes the even port and RTCP the odd one above it. */
	start += start & 1;
	if (start >= end) {
		const struct conffile_var *v = conffile_get(section, "rtpstart");

		if (!v)
			v = conffile_get(section, "rtpend");
		log_warning(
			"%s:%d: rtpstart %lld is not below rtpend %lld; %d to %d are used. Give a "
			"range of at least two ports",
			v ? v->file : "rtp.conf", v ? v->line : 0, (long long)start, (long long)end,
			conf->port_start, conf->port_end);
		return;
	}
	conf->port_start = (uint16_t)start;
	conf->port_end = (uint16_t)end;
}

static void conf_read_strict(struct rtp_conf *conf, const struct conffile_section *section)
{
	const struct conffile_var *v = conffile_get(section, "strictrtp");

	if (!v)
		return;
	if (slice_ieq(v->value, SLICE_LIT("seqno")))
		conf->strict = LATCH_SEQNO;
	else if (slice_is_true(v->value))
		conf->strict = LATCH_YES;
	else if (slice_is_false(v->value))
		conf->strict = LATCH_NO;
	else
		log_warning("%s:%d: strictrtp=%s is none of yes, no, seqno; yes is used", v->file,
			    v->line, v->value.ptr);
}

void rtp_conf_read(struct rtp_conf *conf, const struct conffile *cf)
{
	const struct conffile_section *section = cf ? conffile_ifind(cf, "general") : NULL;

	*conf = rtp_conf_default;
	if (!section)
		return;
	conf_note(section);
	conf_read_ports(conf, section);
	conf_read_strict(conf, section);
	conf->rtcp_interval_ms = (uint32_t)conffile_number(section, "rtcpinterval", 500, 60000,
							   conf->rtcp_interval_ms);
	conf->dtmf_timeout_samples = (uint16_t)conffile_number(section, "dtmftimeout", 160, 65535,
							       conf->dtmf_timeout_samples);
	conf->probation = (uint8_t)conffile_number(section, "probation", 1, 250, conf->probation);
	conf->initial_silence = conffile_bool(section, "initialsilence", conf->initial_silence);
}

/* tests/fuzz/fuzz_stir.c - stir_shaken.conf, and the numbers of a call: the first line is the
 * caller, the second one whom he calls, the rest the file. What is signed is one line of the
 * alphabet of Identity and fits into an INVITE; a refusal says why. */
#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "sip/passport.h"
#include "sip/stir.h"
#include "tests/sim/sim.h"
#include "tests/unit/core/memconf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct io *io;

static void silence(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	check(line->text[0]);
}

/* Keys come from the simulator: an input must not make the test read files of the machine. */
static void begin(void)
{
	static struct metrics metrics;
	static const struct io_conf conf = {.name = "stir", .metrics = &metrics, .cpu = -1};
	struct sim_world *w;

	if (io)
		return;
	log_set_writer(silence, NULL);
	w = sim_world_create(1);
	check(w && sim_fs_import(w, RINGER_SOURCE_DIR "/tests/tls", "/tls") == 0);
	check(io_create(&io, &conf) == 0);
}

static bool write_number(struct sink *out, struct slice text)
{
	if (!passport_write_tn(out, text))
		return false;
	check(out->len > 0 && out->len <= PASSPORT_TN);
	for (size_t i = 0; i < out->len; i++)
		check(slice_find(SLICE_LIT("0123456789*#"), out->ptr[i]) != SIZE_MAX);
	return true;
}

static void sign(const struct sip_attest *how, struct slice orig, struct slice dest)
{
	const struct passport p = {
		.level = how->level,
		.orig = orig,
		.dest = dest,
		.url = how->url,
		.iat_s = 1767225600,
		.origid = "123e4567-e89b-12d3-a456-426655440000",
	};
	char room[LIMIT_SIP_OUT / 2];
	struct sink out = sink_make(room, sizeof(room));

	check(how->level >= 'A' && how->level <= 'C');
	check(passport_write_identity(&out, &p, how->key) == 0);
	for (size_t i = 0; i < out.len; i++)
		check(out.ptr[i] > ' ' && out.ptr[i] < 0x7f && out.ptr[i] != '"');
}

static void attest(const struct sip_conf *conf, struct slice caller, struct slice called)
{
	char orig_room[PASSPORT_TN], dest_room[PASSPORT_TN];
	struct sink orig = sink_make(orig_room, sizeof(orig_room));
	struct sink dest = sink_make(dest_room, sizeof(dest_room));
	struct sip_attest how;

	if (!write_number(&orig, caller) || !write_number(&dest, called))
		return;
	for (uint32_t i = 0; i < conf->stir->profile_count; i++) {
		struct slice profile = conf->stir->profiles[i].name;

		if (sip_stir_attest(conf->stir, profile, sink_slice(&orig), &how))
			sign(&how, sink_slice(&orig), sink_slice(&dest));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_make((const char *)data, size), caller, called;
	struct memconf_file files[] = {{"stir_shaken.conf", NULL, 0}, {NULL, NULL, 0}};
	static struct memconf m;
	struct conffile_error why;
	struct conffile *cf = NULL;
	struct sip_conf *conf;
	char room[2048];
	struct sink error = sink_make(room, sizeof(room));

	begin();
	if (size > 65536 || !slice_split(&rest, '\n', &caller) ||
	    !slice_split(&rest, '\n', &called) || rest.len == 0)
		return 0;
	files[0].text = rest.ptr;
	files[0].len = rest.len;
	memconf_init(&m, files);
	if (conffile_load(&cf, &m.source, "stir_shaken.conf", &why))
		return 0;
	conf = sip_conf_empty();
	check(conf);
	if (sip_stir_load(conf, cf, io, &error))
		check(error.len > 0);
	else
		attest(conf, caller, called);
	conffile_free(cf);
	sip_conf_free(conf);
	return 0;
}

#include "rtp/tone.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "engine/base/check.h"

#define RATE	 8000
#define FULL_DBM 3.14 /* dBm0 of a sine of full scale, G.711 */

#define DIGITS 16

struct tone_kind {
	const char *name;
	unsigned hz[2];
	unsigned on_samples, off_samples;
	double dbm[2]; /* of each frequency */
};

/* The on time holds whole periods of both frequencies, so a loop has no click. */
static const struct tone_kind tone_kinds[] = {
	{"busy", {480, 620}, 4000, 4000, {-13, -13}},
	{"congestion", {480, 620}, 2000, 2000, {-13, -13}},
	{"dial", {350, 440}, 8000, 0, {-13, -13}},
	{"ring", {440, 480}, 16000, 32000, {-19, -19}},
};

struct tone_set {
	struct sound_prompt *prompt[ARRAY_COUNT(tone_kinds)];
	struct sound_prompt *digit[DIGITS]; /* by event number of RFC 4733 */
};

static void tone_fill(uint8_t *out, const struct tone_kind *kind)
{
	double low = 32767 * pow(10, (kind->dbm[0] - FULL_DBM) / 20);
	double high = 32767 * pow(10, (kind->dbm[1] - FULL_DBM) / 20);

	for (unsigned i = 0; i < kind->on_samples; i++) {
		double t = 2 * M_PI * i / RATE;
		int v = (int)lrint(low * sin(t * kind->hz[0]) + high * sin(t * kind->hz[1]));

		out[2 * i] = (uint8_t)(v & 0xff);
		out[2 * i + 1] = (uint8_t)((v >> 8) & 0xff);
	}
}

static int tone_make(struct sound_prompt **out, const struct tone_kind *kind)
{
	size_t bytes = 2 * (size_t)(kind->on_samples + kind->off_samples);
	uint8_t *linear = calloc(1, bytes);
	char text[64];
	struct sink why = sink_make(text, sizeof(text));
	int rc;

	if (!linear)
		return -ENOMEM;
	tone_fill(linear, kind);
	rc = sound_prompt_make(out, SOUND_SLN, linear, bytes, &why);
	free(linear);
	if (rc == 0)
		(*out)->loop = true;
	return rc;
}

/* A second holds whole periods of every frequency that is a whole number: one loop of it is the
 * digit for however long it lasts. The high group is 2 dB above the low one, as lines weaken it
 * more. */
static int tone_make_digit(struct sound_prompt **out, unsigned event)
{
	static const unsigned low[] = {697, 770, 852, 941}, high[] = {1209, 1336, 1477, 1633};
	static const uint8_t key[DIGITS] = {13, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 14, 3, 7, 11, 15};
	struct tone_kind kind = {
		.hz = {low[key[event] / 4], high[key[event] % 4]},
		.on_samples = RATE,
		.dbm = {-10, -8},
	};

	return tone_make(out, &kind);
}

static int tone_set_fill(struct tone_set *set)
{
	for (size_t i = 0; i < ARRAY_COUNT(tone_kinds); i++)
		if (tone_make(&set->prompt[i], &tone_kinds[i]))
			return -ENOMEM;
	for (unsigned i = 0; i < DIGITS; i++)
		if (tone_make_digit(&set->digit[i], i))
			return -ENOMEM;
	return 0;
}

int tone_set_create(struct tone_set **out)
{
	struct tone_set *set = calloc(1, sizeof(*set));

	if (!set)
		return -ENOMEM;
	if (tone_set_fill(set)) {
		tone_set_destroy(set);
		return -ENOMEM;
	}
	*out = set;
	return 0;
}

void tone_set_destroy(struct tone_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < ARRAY_COUNT(tone_kinds); i++)
		free(set->prompt[i]);
	for (size_t i = 0; i < DIGITS; i++)
		free(set->digit[i]);
	free(set);
}

const struct sound_prompt *tone_find(const struct tone_set *set, struct slice name)
{
	if (slice_ieq(name, SLICE_LIT("ringing")))
		name = SLICE_LIT("ring");
	for (size_t i = 0; i < ARRAY_COUNT(tone_kinds); i++)
		if (slice_ieq(name, slice_str(tone_kinds[i].name)))
			return set->prompt[i];
	return NULL;
}

const struct sound_prompt *tone_digit(const struct tone_set *set, unsigned event)
{
	return event < DIGITS ? set->digit[event] : NULL;
}

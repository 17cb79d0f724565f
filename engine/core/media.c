#include "engine/core/media.h"

#include "engine/base/check.h"
#include "engine/base/sink.h"

static const struct {
	const char *name, *sdp_name;
	uint8_t pt;
	bool spoken;
} codec_table[CODEC_COUNT] = {
	[CODEC_NONE] = {"none", "", MEDIA_NO_PT, false},
	[CODEC_PCMU] = {"ulaw", "PCMU", 0, true},
	[CODEC_PCMA] = {"alaw", "PCMA", 8, true},
	[CODEC_G722] = {"g722", "G722", 9, false},
};

const char *codec_name(enum codec c)
{
	return codec_table[c].name;
}

const char *codec_sdp_name(enum codec c)
{
	return codec_table[c].sdp_name;
}

uint8_t codec_static_pt(enum codec c)
{
	return codec_table[c].pt;
}

bool codec_is_spoken(enum codec c)
{
	return codec_table[c].spoken;
}

enum codec codec_by_name(struct slice name)
{
	for (enum codec c = CODEC_PCMU; c < CODEC_COUNT; c++) {
		if (slice_ieq(name, slice_str(codec_table[c].name)))
			return c;
	}
	return CODEC_NONE;
}

static bool codec_list_has(const struct codec_list *list, enum codec c)
{
	for (uint8_t i = 0; i < list->count; i++) {
		if (list->codec[i] == c)
			return true;
	}
	return false;
}

static void codec_list_add(struct codec_list *list, enum codec c)
{
	if (codec_is_spoken(c) && !codec_list_has(list, c) && list->count < LIMIT_CODECS)
		list->codec[list->count++] = (uint8_t)c;
}

static void codec_list_remove(struct codec_list *list, enum codec c)
{
	uint8_t kept = 0;

	for (uint8_t i = 0; i < list->count; i++) {
		if (list->codec[i] != c)
			list->codec[kept++] = list->codec[i];
	}
	list->count = kept;
}

static void codec_list_apply(struct codec_list *list, struct slice name)
{
	bool remove = name.len > 0 && name.ptr[0] == '!';

	if (remove)
		name = slice_from(name, 1);
	for (enum codec c = CODEC_PCMU; c < CODEC_COUNT; c++) {
		if (!slice_ieq(name, SLICE_LIT("all")) && codec_by_name(name) != c)
			continue;
		if (remove)
			codec_list_remove(list, c);
		else
			codec_list_add(list, c);
	}
}

void codec_list_allow(struct codec_list *list, struct slice names)
{
	struct slice part;

	while (slice_split(&names, ',', &part))
		codec_list_apply(list, slice_trim(part));
}

struct codec_list codec_list_offer(const struct codec_list *wanted, const struct codec_list *allowed)
{
	struct codec_list out = {0};

	for (uint8_t i = 0; i < wanted->count; i++) {
		if (codec_list_has(allowed, wanted->codec[i]))
			codec_list_add(&out, wanted->codec[i]);
	}
	for (uint8_t i = 0; i < allowed->count; i++)
		codec_list_add(&out, allowed->codec[i]);
	return out;
}

void codec_list_write(struct sink *s, const struct codec_list *list)
{
	sink_char(s, '(');
	for (uint8_t i = 0; i < list->count; i++) {
		if (i > 0)
			sink_char(s, '|');
		sink_str(s, codec_name(list->codec[i]));
	}
	sink_char(s, ')');
}

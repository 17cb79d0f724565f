#include "engine/base/log.h"
#include "rtp/session_internal.h"

bool session_is_playing(const struct media_session *s)
{
	return s->player.prompt || s->list;
}

void session_drop_list(struct media_session *s)
{
	struct play_list *list = s->list;

	s->player.prompt = NULL;
	if (!list)
		return;
	for (unsigned i = 0; i < list->count; i++)
		sound_prompt_release(list->prompt[i]);
	sound_library_release(list->lib);
	slab_free(s->media->lists, list);
	s->list = NULL;
}

enum play_step session_next_frame(struct media_session *s, uint8_t *dst, uint32_t samples)
{
	struct play_list *list = s->list;

	for (;;) {
		bool more = s->may_send
				    ? player_frame(&s->player, (enum codec)s->codec, dst, samples)
				    : player_skip(&s->player, samples);

		if (more)
			return PLAY_SOUND;
		s->player.prompt = NULL;
		if (!list || list->at == list->count)
			return PLAY_END;
		if (list->pending >> list->at & 1)
			return PLAY_WAIT;
		player_start(&s->player, list->prompt[list->at++]);
		list->has_played |= s->player.prompt != NULL;
	}
}

/* --- asking the loader --- */

/* True: the name is being looked for, and its place in the list kept. */
static bool list_ask(struct media_session *s, struct slice name)
{
	struct rtp_media *m = s->media;
	struct sound_ask *ask;

	if (!m->loader || name.len > sizeof(ask->name))
		return false;
	ask = slab_alloc(m->asks);
	if (!ask)
		return false;
	ask->lib = s->list->lib;
	ask->user = session_handle(s);
	ask->number = s->list->number;
	ask->index = s->list->count;
	ask->shard = m->shard;
	memcpy(ask->name, name.ptr, name.len);
	ask->name_len = (uint16_t)name.len;
	ask->language_len =
		(uint16_t)slice_copy(ask->language, sizeof(ask->language), slice_str(s->language));
	sound_library_take(ask->lib);
	if (!sound_loader_ask(m->loader, ask)) {
		sound_library_release(ask->lib);
		slab_free(m->asks, ask);
		return false;
	}
	s->list->pending |= UINT64_C(1) << s->list->count;
	return true;
}

static void media_take_answer(struct rtp_media *m, struct sound_ask *ask)
{
	struct media_session *s = slab_get(m->sessions, ask->user);

	if (s && s->list && s->list->number == ask->number) {
		s->list->prompt[ask->index] = ask->prompt;
		s->list->pending &= ~(UINT64_C(1) << ask->index);
		if (!ask->prompt)
			log_warning("File %.*s does not exist in any format", (int)ask->name_len,
				    ask->name);
	} else {
		sound_prompt_release(ask->prompt);
	}
	sound_library_release(ask->lib);
	slab_free(m->asks, ask);
}

void media_take_answers(struct rtp_media *m)
{
	struct sound_ask *ask;

	while (m->loader && (ask = sound_loader_answer(m->loader, m->shard)))
		media_take_answer(m, ask);
}

/* --- beginning --- */

static void list_add(struct media_session *s, struct slice name, unsigned *missing)
{
	struct play_list *list = s->list;
	const struct sound_prompt *prompt;

	if (list->count == LIMIT_RTP_FILES) {
		log_warning("%.*s is left out: one Playback takes %d files at most",
			    SLICE_ARG(name), LIMIT_RTP_FILES);
		(*missing)++;
		return;
	}
	prompt = sound_find(list->lib, name, slice_str(s->language));
	if (!prompt && !list_ask(s, name))
		(*missing)++;
	else
		list->prompt[list->count++] = prompt;
}

bool session_play(struct media_session *s, struct slice names, unsigned *missing)
{
	struct sound_library *lib = s->media->conf.sounds;
	struct slice name;

	*missing = 0;
	session_drop_list(s);
	s->list = lib ? slab_alloc(s->media->lists) : NULL;
	if (!s->list) {
		*missing = 1;
		return false;
	}
	s->list->lib = lib;
	s->list->number = ++s->list_number;
	sound_library_take(lib);
	while (slice_split(&names, '&', &name)) {
		name = slice_trim(name);
		if (name.len)
			list_add(s, name, missing);
	}
	if (s->list->count == 0) {
		session_drop_list(s);
		return false;
	}
	session_begin_audio(s);
	return true;
}

bool session_tone(struct media_session *s, struct slice name)
{
	const struct sound_prompt *prompt =
		s->media->tones ? tone_find(s->media->tones, name) : NULL;

	if (!prompt)
		return false;
	session_drop_list(s);
	player_start(&s->player, prompt);
	session_begin_audio(s);
	return true;
}

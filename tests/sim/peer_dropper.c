/* tests/sim/peer_dropper.c - call files into the spool. */
#include "tests/sim/peer_dropper.h"

#include "engine/base/check.h"

#include <stdio.h>
#include <stdlib.h>

#define PATH_ROOM 512

struct drop {
	struct dropper *d;
	char name[128];
	char *text;
	enum dropper_way way;
	int64_t mtime_ns;
	bool dropped;
	int64_t dropped_at;
};

struct dropper {
	struct sim_world *w;
	char spool[256];
	struct drop **drops;
	uint32_t count, room;
};

struct dropper *dropper_create(struct sim_world *w, const char *spool)
{
	struct dropper *d = calloc(1, sizeof(*d));
	char path[PATH_ROOM];

	check(d);
	d->w = w;
	slice_copy(d->spool, sizeof(d->spool), slice_str(spool));
	snprintf(path, sizeof(path), "%s/outgoing", spool);
	sim_fs_mkdir(w, path);
	snprintf(path, sizeof(path), "%s/outgoing_done", spool);
	sim_fs_mkdir(w, path);
	snprintf(path, sizeof(path), "%s/tmp", spool);
	sim_fs_mkdir(w, path);
	return d;
}

void dropper_destroy(struct dropper *d)
{
	for (uint32_t i = 0; i < d->count; i++) {
		free(d->drops[i]->text);
		free(d->drops[i]);
	}
	free(d->drops);
	free(d);
}

static void drop_due(struct sim_world *w, void *arg)
{
	struct drop *p = arg;
	char tmp[PATH_ROOM], path[PATH_ROOM];

	snprintf(tmp, sizeof(tmp), "%s/tmp/%s", p->d->spool, p->name);
	snprintf(path, sizeof(path), "%s/outgoing/%s", p->d->spool, p->name);
	p->dropped = true;
	p->dropped_at = sim_now(w);
	sim_trace_fmt(w, "drop", "%s", p->name);
	if (p->way == DROPPER_COPY) {
		sim_fs_put(w, path, p->text);
		if (p->mtime_ns)
			sim_fs_set_mtime(w, path, p->mtime_ns);
		return;
	}
	sim_fs_put(w, tmp, p->text);
	if (p->mtime_ns)
		sim_fs_set_mtime(w, tmp, p->mtime_ns);
	sim_fs_move(w, tmp, path);
}

/* A file that was dropped before the snapshot and deleted at its end is in neither place as well: only
 * those dropped after it are missing, which `snapshot_at` tells. */
void dropper_rescue(struct dropper *d, int64_t snapshot_at)
{
	for (uint32_t i = 0; i < d->count; i++) {
		struct drop *p = d->drops[i];

		if (p->dropped && p->dropped_at >= snapshot_at)
			drop_due(d->w, p);
	}
}

void dropper_drop(struct dropper *d, int64_t at, const char *name, const char *text,
		  enum dropper_way way, int64_t mtime_ns)
{
	struct drop *p = calloc(1, sizeof(*p));

	check(p);
	p->d = d;
	p->way = way;
	p->mtime_ns = mtime_ns;
	p->text = strdup(text);
	slice_copy(p->name, sizeof(p->name), slice_str(name));
	if (d->count == d->room) {
		d->room = d->room ? 2 * d->room : 64;
		d->drops = realloc(d->drops, d->room * sizeof(struct drop *));
		check(d->drops);
	}
	d->drops[d->count++] = p;
	sim_at(d->w, at, drop_due, p);
}

const char *dropper_end_name(enum dropper_end end)
{
	static const char *const names[] = {"not dropped", "waiting", "Completed", "Expired",
					    "Failed",      "deleted", "odd"};

	return names[end];
}

uint32_t dropper_count(const struct dropper *d)
{
	return d->count;
}

const char *dropper_name(const struct dropper *d, uint32_t index)
{
	return d->drops[index]->name;
}

static const char *drop_text(const struct dropper *d, uint32_t index, const char *folder)
{
	char path[PATH_ROOM];

	snprintf(path, sizeof(path), "%s/%s/%s", d->spool, folder, d->drops[index]->name);
	return sim_fs_text(d->w, path, NULL);
}

enum dropper_end dropper_look(const struct dropper *d, uint32_t index)
{
	const char *waiting = drop_text(d, index, "outgoing");
	const char *done = drop_text(d, index, "outgoing_done");

	if (!d->drops[index]->dropped)
		return DROPPER_NOT_DROPPED;
	if (waiting && done)
		return DROPPER_ODD;
	if (waiting)
		return DROPPER_WAITING;
	if (!done)
		return DROPPER_DELETED;
	if (strstr(done, "Status: Completed"))
		return DROPPER_COMPLETED;
	if (strstr(done, "Status: Expired"))
		return DROPPER_EXPIRED;
	return strstr(done, "Status: Failed") ? DROPPER_FAILED : DROPPER_ODD;
}

bool dropper_is_archived(const struct dropper *d, uint32_t index)
{
	return !drop_text(d, index, "outgoing") && drop_text(d, index, "outgoing_done");
}

uint32_t dropper_starts(const struct dropper *d, uint32_t index)
{
	const char *at = drop_text(d, index, "outgoing");
	uint32_t n = 0;

	if (!at)
		at = drop_text(d, index, "outgoing_done");
	while (at && (at = strstr(at, "StartRetry:"))) {
		n++;
		at++;
	}
	return n;
}

bool dropper_is_done(const struct dropper *d)
{
	for (uint32_t i = 0; i < d->count; i++) {
		enum dropper_end end = dropper_look(d, i);

		if (end == DROPPER_NOT_DROPPED || end == DROPPER_WAITING)
			return false;
	}
	return true;
}

/* tests/sim/io_sim_watch.c - directory notifications, bounded and sometimes lost. */
#include "tests/sim/sim_internal.h"

#include <stdlib.h>

#define NOTE_DELAY_MAX (2 * SIM_MS)

struct note {
	struct list node;
	enum io_watch_kind kind;
	char name[];
};

struct io_watch {
	struct io *io;
	struct list node;       /* io.watches */
	struct list world_node; /* world.watches */
	struct sim_node *dir;   /* NULL: the tree it stood in was replaced */
	io_watch_fn fn;
	void *arg;
	struct list notes; /* struct note.node */
	uint32_t note_count;
	bool lost;
	bool pending; /* a wake-up is on its way */
	struct sim_done done;
	uint64_t id;
};

struct watch_wake {
	uint64_t id;
};

static bool watch_tell_next(struct io_watch *w)
{
	struct note *n = list_entry(list_first(&w->notes), struct note, node);
	bool closed = false;

	list_del(&n->node);
	w->note_count--;
	w->done.owner = &closed; /* io_watch_close sets it */
	sim_trace_fmt(w->io->w, "watch", "%d %s", (int)n->kind, n->name);
	w->fn(w->arg, n->kind, n->name);
	free(n);
	if (!closed)
		w->done.owner = w;
	return closed;
}

static void watch_tell(struct sim_done *done)
{
	struct io_watch *w = list_entry(done, struct io_watch, done);

	w->lost = false;
	for (uint32_t count = w->note_count; count > 0; count--) {
		if (watch_tell_next(w))
			return;
	}
}

static void watch_arrive(struct sim_world *world, void *arg)
{
	struct watch_wake *wake = arg;

	list_for(node, &world->watches) {
		struct io_watch *w = list_entry(node, struct io_watch, world_node);

		if (w->id != wake->id)
			continue;
		w->pending = false;
		sim_done_post(w->io, &w->done);
		break;
	}
	free(wake);
}

static void watch_add(struct io_watch *w, enum io_watch_kind kind, const char *name)
{
	struct note *n = sim_alloc(sizeof(*n) + strlen(name) + 1);
	struct watch_wake *wake;

	n->kind = kind;
	memcpy(n->name, name, strlen(name) + 1);
	list_add_tail(&w->notes, &n->node);
	w->note_count++;
	if (w->pending)
		return;
	w->pending = true;
	wake = sim_alloc(sizeof(*wake));
	wake->id = w->id;
	sim_at_always(w->io->w, w->io->w->now + sim_between(w->io->w, 0, NOTE_DELAY_MAX),
		      watch_arrive, wake);
}

static void watch_lose(struct io_watch *w)
{
	if (w->lost)
		return;
	w->lost = true;
	watch_add(w, IO_WATCH_LOST, "");
}

void sim_watch_note(struct sim_world *world, const struct sim_node *dir, enum io_watch_kind kind,
		    const char *name)
{
	list_for(node, &world->watches) {
		struct io_watch *w = list_entry(node, struct io_watch, world_node);
		uint32_t permille = world->hosts[w->io->host].faults.watch_lost_permille;

		if (w->dir != dir)
			continue;
		if (w->note_count >= world->notes_max ||
		    (permille && rng_chance(&world->rng, permille)))
			watch_lose(w);
		else
			watch_add(w, kind, name);
	}
}

int io_watch_open(struct io *io, struct io_watch **out, const char *dir, io_watch_fn fn, void *arg)
{
	struct sim_node *n = sim_fs_find(io->w, dir);
	struct io_watch *w;
	int rc = sim_fail(io, IO_OP_WATCH);

	if (rc != 0)
		return rc;
	if (!n)
		return -ENOENT;
	if (!sim_node_is_dir(n))
		return -ENOTDIR;
	w = sim_alloc(sizeof(*w));
	w->io = io;
	w->dir = n;
	w->fn = fn;
	w->arg = arg;
	w->id = io->w->seq++;
	sim_node_ref(n);
	list_init(&w->notes);
	sim_done_init(&w->done, w, watch_tell, NULL);
	list_add_tail(&io->watches, &w->node);
	list_add_tail(&io->w->watches, &w->world_node);
	*out = w;
	return 0;
}

void io_watch_close(struct io_watch *w)
{
	if (w->done.owner != w)
		*(bool *)w->done.owner = true;
	list_del(&w->done.node);
	list_del(&w->node);
	list_del(&w->world_node);
	while (!list_empty(&w->notes)) {
		struct note *n = list_entry(list_first(&w->notes), struct note, node);

		list_del(&n->node);
		free(n);
	}
	if (w->dir)
		sim_node_unref(w->dir);
	free(w);
}

void sim_watch_close_all(struct io *io)
{
	while (!list_empty(&io->watches))
		io_watch_close(list_entry(list_first(&io->watches), struct io_watch, node));
}

void sim_watch_detach_all(struct sim_world *world)
{
	list_for(node, &world->watches) {
		struct io_watch *w = list_entry(node, struct io_watch, world_node);

		if (w->dir)
			sim_node_unref(w->dir);
		w->dir = NULL;
	}
}

void sim_watch_limit(struct sim_world *world, uint32_t notes_max)
{
	world->notes_max = notes_max;
}

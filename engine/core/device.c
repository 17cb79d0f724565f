/* engine/core/device.c - see device.h.
 *
 * Open addressing over cells that are only ever added: a name is written before its cell is
 * published, so readers need no lock. */
#include "engine/core/device.h"

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/base/limits.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct device_cell {
	_Atomic uint32_t len;	/* of the name; 0: free */
	_Atomic uint32_t state; /* enum device_state */
	/* the control thread's */
	uint32_t counts[DEVICE_STATE_COUNT]; /* channels */
	uint32_t channels;
	uint32_t busy_at;   /* channels in use; 0: never */
	uint8_t idle, told; /* enum device_state; told: DEVICE_STATE_COUNT: never */
	char name[LIMIT_NAME];
};

struct devices {
	uint32_t count, max, mask;
	struct device_cell cells[];
};

static const struct {
	const char *name, *text;
} device_names[DEVICE_STATE_COUNT] = {
	[DEVICE_UNKNOWN] = {"UNKNOWN", "Unknown"},
	[DEVICE_NOT_INUSE] = {"NOT_INUSE", "Not in use"},
	[DEVICE_INUSE] = {"INUSE", "In use"},
	[DEVICE_BUSY] = {"BUSY", "Busy"},
	[DEVICE_INVALID] = {"INVALID", "Invalid"},
	[DEVICE_UNAVAILABLE] = {"UNAVAILABLE", "Unavailable"},
	[DEVICE_RINGING] = {"RINGING", "Ringing"},
	[DEVICE_RINGINUSE] = {"RINGINUSE", "Ring+Inuse"},
	[DEVICE_ONHOLD] = {"ONHOLD", "On Hold"},
};

const char *device_state_name(enum device_state s)
{
	return s < DEVICE_STATE_COUNT ? device_names[s].name : "UNKNOWN";
}

const char *device_state_text(enum device_state s)
{
	return s < DEVICE_STATE_COUNT ? device_names[s].text : "Unknown";
}

enum device_state device_state_by_name(struct slice name)
{
	unsigned s = 0;

	while (s < DEVICE_STATE_COUNT && !slice_ieq(name, slice_str(device_names[s].name)))
		s++;
	return (enum device_state)s;
}

/* ---- sums ---- */

void device_sum_begin(struct device_sum *s)
{
	*s = (struct device_sum){.state = DEVICE_INVALID};
}

/* The louder one counts; ringing and in use together are a state of their own. */
void device_sum_add(struct device_sum *s, enum device_state state)
{
	static const uint8_t loudness[DEVICE_STATE_COUNT] = {
		[DEVICE_INVALID] = 0,	[DEVICE_UNKNOWN] = 1, [DEVICE_UNAVAILABLE] = 2,
		[DEVICE_NOT_INUSE] = 3, [DEVICE_ONHOLD] = 4,  [DEVICE_RINGING] = 5,
		[DEVICE_INUSE] = 6,	[DEVICE_BUSY] = 7,    [DEVICE_RINGINUSE] = 8,
	};

	if (state == DEVICE_RINGING)
		s->ringing = true;
	else if (state == DEVICE_INUSE || state == DEVICE_ONHOLD || state == DEVICE_BUSY)
		s->inuse = true;
	if (s->ringing && s->inuse)
		s->state = DEVICE_RINGINUSE;
	else if (loudness[state] > loudness[s->state])
		s->state = state;
}

int exten_status(enum device_state s)
{
	switch (s) {
	case DEVICE_INUSE:
		return EXTEN_INUSE;
	case DEVICE_BUSY:
		return EXTEN_BUSY;
	case DEVICE_INVALID:
	case DEVICE_UNAVAILABLE:
		return EXTEN_UNAVAILABLE;
	case DEVICE_RINGING:
		return EXTEN_RINGING;
	case DEVICE_RINGINUSE:
		return EXTEN_INUSE | EXTEN_RINGING;
	case DEVICE_ONHOLD:
		return EXTEN_HOLD;
	default:
		return EXTEN_IDLE;
	}
}

const char *exten_status_text(int status)
{
	switch (status) {
	case EXTEN_IDLE:
		return "Idle";
	case EXTEN_INUSE:
		return "InUse";
	case EXTEN_BUSY:
		return "Busy";
	case EXTEN_UNAVAILABLE:
		return "Unavailable";
	case EXTEN_RINGING:
		return "Ringing";
	case EXTEN_INUSE | EXTEN_RINGING:
		return "InUse&Ringing";
	case EXTEN_HOLD:
		return "Hold";
	case EXTEN_INUSE | EXTEN_HOLD:
		return "InUse&Hold";
	default:
		return "Unknown";
	}
}

enum device_state device_state_of_channel(int32_t channel_state, bool is_held)
{
	if (is_held)
		return DEVICE_ONHOLD;
	switch (channel_state) {
	case 0: /* Down */
		return DEVICE_NOT_INUSE;
	case 5: /* Ringing */
	case 9: /* Pre-ring */
		return DEVICE_RINGING;
	case 7:
		return DEVICE_BUSY;
	default:
		return DEVICE_INUSE;
	}
}

/* ---- table ---- */

int devices_create(struct devices **out, uint32_t count_max)
{
	struct devices *d;
	uint32_t size = 16;

	while (size < 2 * count_max)
		size *= 2;
	d = calloc(1, sizeof(*d) + (size_t)size * sizeof(d->cells[0])); /* touched as it fills */
	if (!d)
		return -ENOMEM;
	d->max = count_max;
	d->mask = size - 1;
	*out = d;
	return 0;
}

void devices_destroy(struct devices *d)
{
	free(d);
}

/* The cell of that name, without case, or the free one where it belongs. */
static struct device_cell *devices_cell(const struct devices *d, struct slice name)
{
	uint32_t at = (uint32_t)slice_ihash(name, 0) & d->mask;

	for (;; at = (at + 1) & d->mask) {
		const struct device_cell *c = &d->cells[at];
		uint32_t len = atomic_load_explicit(&c->len, memory_order_acquire);

		if (len == 0 || slice_ieq(slice_make(c->name, len), name))
			return (struct device_cell *)c;
	}
}

static bool cell_is_used(const struct device_cell *c)
{
	return atomic_load_explicit(&c->len, memory_order_acquire) > 0;
}

static enum device_state cell_state(const struct device_cell *c)
{
	return (enum device_state)atomic_load_explicit(&c->state, memory_order_relaxed);
}

bool devices_get(const struct devices *d, struct slice name, enum device_state *state)
{
	const struct device_cell *c = devices_cell(d, name);

	if (!cell_is_used(c))
		return false;
	*state = cell_state(c);
	return true;
}

void devices_assume(struct devices *d, struct slice name, enum device_state state)
{
	struct device_cell *c = devices_cell(d, name);

	if (cell_is_used(c))
		atomic_store_explicit(&c->state, state, memory_order_relaxed);
}

/* NULL: too long a name, or the table is full. */
static struct device_cell *devices_make(struct devices *d, struct slice name,
					enum device_state idle)
{
	struct device_cell *c;

	if (name.len == 0 || name.len > LIMIT_NAME)
		return NULL;
	c = devices_cell(d, name);
	if (cell_is_used(c))
		return c;
	if (d->count == d->max)
		return NULL;
	d->count++;
	memcpy(c->name, name.ptr, name.len);
	c->idle = (uint8_t)idle;
	c->told = DEVICE_STATE_COUNT;
	atomic_store_explicit(&c->state, idle, memory_order_relaxed);
	atomic_store_explicit(&c->len, (uint32_t)name.len, memory_order_release);
	return c;
}

/* As the channels say; without any, as it is at rest. */
static enum device_state cell_count(const struct device_cell *c)
{
	struct device_sum sum;

	if (c->channels == 0)
		return (enum device_state)c->idle;
	if (c->busy_at &&
	    c->counts[DEVICE_INUSE] + c->counts[DEVICE_ONHOLD] + c->counts[DEVICE_BUSY] >=
		    c->busy_at)
		return DEVICE_BUSY;
	device_sum_begin(&sum);
	for (unsigned s = 0; s < DEVICE_STATE_COUNT; s++)
		if (c->counts[s])
			device_sum_add(&sum, (enum device_state)s);
	return sum.state;
}

static bool cell_settle(struct device_cell *c, enum device_state *now)
{
	*now = cell_count(c);
	atomic_store_explicit(&c->state, *now, memory_order_relaxed);
	if (c->told == *now)
		return false;
	c->told = (uint8_t)*now;
	return true;
}

bool devices_set(struct devices *d, struct slice name, enum device_state state,
		 enum device_state *now)
{
	struct device_cell *c = devices_make(d, name, state);

	if (!c)
		return false;
	c->idle = (uint8_t)state;
	return cell_settle(c, now);
}

bool devices_set_busy_at(struct devices *d, struct slice name, uint32_t calls,
			 enum device_state *now)
{
	struct device_cell *c = devices_cell(d, name);

	if (!cell_is_used(c) && calls > 0)
		c = devices_make(d, name, DEVICE_UNAVAILABLE);
	if (!c || !cell_is_used(c) || c->busy_at == calls)
		return false;
	c->busy_at = calls;
	return c->channels > 0 && cell_settle(c, now);
}

bool devices_move(struct devices *d, struct slice name, enum device_state from,
		  enum device_state to, enum device_state *now)
{
	/* A device that nobody has spoken of and that has calls can be reached. */
	struct device_cell *c = devices_make(d, name, DEVICE_NOT_INUSE);

	if (!c || from == to)
		return false;
	if (from != DEVICE_STATE_COUNT && c->counts[from] > 0) {
		c->counts[from]--;
		c->channels--;
	}
	if (to != DEVICE_STATE_COUNT) {
		c->counts[to]++;
		c->channels++;
	}
	return cell_settle(c, now);
}

uint32_t devices_channels(const struct devices *d, struct slice name)
{
	const struct device_cell *c = devices_cell(d, name);

	return cell_is_used(c) ? c->channels : 0;
}

bool devices_next(const struct devices *d, uint32_t *cursor, struct slice *name,
		  enum device_state *state)
{
	while (*cursor <= d->mask) {
		const struct device_cell *c = &d->cells[(*cursor)++];

		if (!cell_is_used(c))
			continue;
		*name = slice_make(c->name, c->len);
		*state = cell_state(c);
		return true;
	}
	return false;
}

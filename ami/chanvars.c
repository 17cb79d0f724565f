/* ami/chanvars.c - see chanvars.h.
 *
 * One hash over all values, keyed by channel; a node is a blob. */
#include "ami/chanvars.h"

#include "engine/base/blob.h"
#include "engine/base/hash.h"
#include "engine/base/limits.h"

#include <errno.h>
#include <stdlib.h>

struct ami_chanvars {
	struct hash values;
	struct blob_pool *pool;
};

/* At the start of a blob's data. */
struct chanvar {
	struct hash_node node;
	struct blob *blob;
	handle_t chan;
	uint32_t shard;
	uint32_t name_len, value_len;
	char text[]; /* name, value */
};

int ami_chanvars_create(struct ami_chanvars **out)
{
	struct ami_chanvars *v = calloc(1, sizeof(*v));
	int err = v ? hash_create(&v->values, LIMIT_CHANNELS_MAX) : -ENOMEM;

	if (err) {
		free(v);
		return err;
	}
	err = blob_pool_create(&v->pool, LIMIT_CHANNELS_MAX);
	if (err) {
		hash_destroy(&v->values);
		free(v);
		return err;
	}
	*out = v;
	return 0;
}

void ami_chanvars_destroy(struct ami_chanvars *v)
{
	if (!v)
		return;
	hash_destroy(&v->values);
	blob_pool_destroy(v->pool);
	free(v);
}

static uint64_t chanvar_hash(uint32_t shard, handle_t chan)
{
	uint64_t h = (chan ^ (uint64_t)shard << 56) * UINT64_C(0x9E3779B97F4A7C15);

	return h ^ h >> 32;
}

static struct chanvar *chanvar_of(struct hash_node *node)
{
	return hash_entry(node, struct chanvar, node);
}

static struct slice chanvar_name(const struct chanvar *c)
{
	return slice_make(c->text, c->name_len);
}

static void chanvar_free(struct ami_chanvars *v, struct chanvar *c)
{
	hash_del(&v->values, &c->node);
	blob_free(v->pool, c->blob);
}

static struct chanvar *chanvars_find(const struct ami_chanvars *v, uint32_t shard, handle_t chan,
				     struct slice name)
{
	struct hash_node *n = hash_first(&v->values, chanvar_hash(shard, chan));

	for (; n; n = hash_next(n)) {
		struct chanvar *c = chanvar_of(n);

		if (c->chan == chan && c->shard == shard && slice_eq(chanvar_name(c), name))
			return c;
	}
	return NULL;
}

static bool chanvars_lists(const struct ami_conf *conf, struct slice name)
{
	for (uint32_t i = 0; i < conf->channelvar_count; i++)
		if (slice_eq(conf->channelvars[i], name))
			return true;
	return false;
}

static struct slice chanvars_bare(struct slice variable)
{
	for (int i = 0; i < 2 && variable.len && variable.ptr[0] == '_'; i++)
		variable = slice_from(variable, 1);
	return variable;
}

void ami_chanvars_set(struct ami_chanvars *v, const struct ami_conf *conf, uint32_t shard,
		      handle_t chan, struct slice variable, struct slice value)
{
	struct slice name = chanvars_bare(variable);
	struct chanvar *c;
	struct blob *blob;

	if (!chanvars_lists(conf, name))
		return;
	c = chanvars_find(v, shard, chan, name);
	if (c)
		chanvar_free(v, c);
	if (value.len == 0)
		return;
	blob = blob_alloc(v->pool, sizeof(*c) + name.len + value.len);
	if (!blob)
		return; /* shows as empty; the pool holds more values than there are channels */
	c = (struct chanvar *)(void *)blob->data;
	*c = (struct chanvar){
		.blob = blob,
		.chan = chan,
		.shard = shard,
		.name_len = (uint32_t)name.len,
		.value_len = (uint32_t)value.len,
	};
	memcpy(c->text, name.ptr, name.len);
	memcpy(c->text + name.len, value.ptr, value.len);
	hash_add(&v->values, &c->node, chanvar_hash(shard, chan));
}

struct slice ami_chanvars_get(const struct ami_chanvars *v, uint32_t shard, handle_t chan,
			      struct slice name)
{
	const struct chanvar *c = chanvars_find(v, shard, chan, name);

	return c ? slice_make(c->text + c->name_len, c->value_len) : SLICE_EMPTY;
}

void ami_chanvars_forget(struct ami_chanvars *v, uint32_t shard, handle_t chan)
{
	struct hash_node *n = hash_first(&v->values, chanvar_hash(shard, chan)), *after;

	for (; n; n = after) {
		struct chanvar *c = chanvar_of(n);

		after = hash_next(n);
		if (c->chan == chan && c->shard == shard)
			chanvar_free(v, c);
	}
}

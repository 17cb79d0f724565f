/* sip/stir.c - what the objects of stir_shaken.conf mean together. See stir.h. */
#include "sip/stir.h"

static const struct sip_stir_object *stir_find(const struct sip_stir_object *sorted, uint32_t count,
					       struct slice name)
{
	uint32_t low = 0, high = count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (slice_cmp(sorted[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && slice_eq(sorted[low].name, name) ? &sorted[low] : NULL;
}

const struct sip_stir_object *sip_stir_profile(const struct sip_stir *stir, struct slice name)
{
	return stir && name.len ? stir_find(stir->profiles, stir->profile_count, name) : NULL;
}

const struct sip_stir_object *sip_stir_tn(const struct sip_stir *stir, struct slice number)
{
	return stir ? stir_find(stir->tns, stir->tn_count, number) : NULL;
}

/* What `over` sets takes the place of what stands there. */
static void stir_lay(struct sip_stir_object *out, const struct sip_stir_object *over)
{
	for (int i = 0; i < SIP_STIR_OPTIONS; i++)
		if (over->values[i].len && !slice_ieq(over->values[i], SLICE_LIT("not_set")))
			out->values[i] = over->values[i];
	if (over->key)
		out->key = over->key;
}

static bool stir_is_disabled(const struct sip_stir_object *o)
{
	return !o->name.len || slice_is_true(o->values[SIP_STIR_DISABLE]);
}

bool sip_stir_may_attest(const struct sip_stir_object *profile)
{
	struct slice behavior = profile->values[SIP_STIR_BEHAVIOR];

	return slice_ieq(behavior, SLICE_LIT("attest")) || slice_ieq(behavior, SLICE_LIT("on")) ||
	       slice_ieq(behavior, SLICE_LIT("both"));
}

bool sip_stir_may_verify(const struct sip_stir_object *profile)
{
	struct slice behavior = profile->values[SIP_STIR_BEHAVIOR];

	return slice_ieq(behavior, SLICE_LIT("verify")) || slice_ieq(behavior, SLICE_LIT("on")) ||
	       slice_ieq(behavior, SLICE_LIT("both"));
}

void sip_stir_effective(const struct sip_stir *stir, const struct sip_stir_object *profile,
			struct sip_stir_object *out)
{
	bool attests = sip_stir_may_attest(profile) && !stir_is_disabled(&stir->attestation);
	bool verifies = sip_stir_may_verify(profile) && !stir_is_disabled(&stir->verification);

	*out = (struct sip_stir_object){.name = profile->name};
	stir_lay(out, &stir->verification);
	stir_lay(out, &stir->attestation);
	stir_lay(out, profile);
	out->values[SIP_STIR_BEHAVIOR] = attests && verifies ? SLICE_LIT("on")
					 : attests	     ? SLICE_LIT("attest")
					 : verifies	     ? SLICE_LIT("verify")
							     : SLICE_LIT("off");
}

bool sip_stir_attest(const struct sip_stir *stir, struct slice profile, struct slice orig,
		     struct sip_attest *out)
{
	const struct sip_stir_object *p = sip_stir_profile(stir, profile), *tn;
	struct sip_stir_object o;
	struct slice level;

	if (!p)
		return false;
	sip_stir_effective(stir, p, &o);
	if (!sip_stir_may_attest(&o))
		return false;
	level = o.values[SIP_STIR_UNKNOWN_LEVEL];
	tn = sip_stir_tn(stir, orig);
	if (tn) {
		stir_lay(&o, tn);
		level = o.values[SIP_STIR_LEVEL];
	}
	if (!level.len || !o.key || !o.values[SIP_STIR_URL].len)
		return false;
	*out = (struct sip_attest){
		.key = o.key,
		.url = o.values[SIP_STIR_URL],
		.level = (char)(level.ptr[0] & ~0x20), /* it may be written small */
	};
	return true;
}

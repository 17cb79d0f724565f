/* engine/core/expr_math.c - the mathematical functions of expressions. */
#include "engine/core/expr_internal.h"

#include "engine/base/log.h"

#include <math.h>

static long double exp10_of(long double x)
{
	return powl(10.0L, x);
}

static const struct {
	const char *name;
	long double (*one)(long double);
	long double (*two)(long double, long double);
} functions[] = {
	{"COS", cosl, NULL},	 {"SIN", sinl, NULL},	    {"TAN", tanl, NULL},
	{"ACOS", acosl, NULL},	 {"ASIN", asinl, NULL},	    {"ATAN", atanl, NULL},
	{"ATAN2", NULL, atan2l}, {"POW", NULL, powl},	    {"SQRT", sqrtl, NULL},
	{"FLOOR", floorl, NULL}, {"CEIL", ceill, NULL},	    {"ROUND", roundl, NULL},
	{"RINT", rintl, NULL},	 {"TRUNC", truncl, NULL},   {"EXP", expl, NULL},
	{"EXP2", exp2l, NULL},	 {"EXP10", exp10_of, NULL}, {"LOG", logl, NULL},
	{"LOG2", log2l, NULL},	 {"LOG10", log10l, NULL},   {"REMAINDER", NULL, remainderl},
	{"ABS", fabsl, NULL},
};

bool expr_math(struct slice name, const struct expr_value *argv, unsigned argc,
	       struct expr_value *result)
{
	long double x = 0;
	long double y = 0;

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		unsigned want = functions[i].one ? 1 : 2;

		if (!slice_eq(name, slice_str(functions[i].name)))
			continue;
		*result = expr_number(0);
		if (argc != want || !expr_to_number(&argv[0], &x) ||
		    (want == 2 && !expr_to_number(&argv[1], &y)))
			log_warning("%s() takes %u number%s", functions[i].name, want,
				    want == 1 ? "" : "s");
		else if (functions[i].one)
			*result = expr_number(functions[i].one(x));
		else
			*result = expr_number(functions[i].two(x, y));
		return true;
	}
	return false;
}

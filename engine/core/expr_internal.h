/* engine/core/expr_internal.h - values of expressions, shared by expr.c and expr_math.c. */
#ifndef RINGER_CORE_EXPR_INTERNAL_H
#define RINGER_CORE_EXPR_INTERNAL_H

#include "engine/core/expr.h"

enum expr_kind {
	EXPR_TEXT,
	EXPR_NUMERIC_TEXT, /* keeps its spelling until it is counted with */
	EXPR_NUMBER,
};

struct expr_value {
	enum expr_kind kind;
	struct slice text;
	long double number;
};

struct expr_value expr_number(long double n);
bool expr_to_number(const struct expr_value *v, long double *n);
/* 18 digits, without trailing zeros. */
void expr_number_write(long double n, struct sink *out);

/* COS, POW, ...: false if the name is none of them. Wrong arguments give 0 and a WARNING. */
bool expr_math(struct slice name, const struct expr_value *argv, unsigned argc,
	       struct expr_value *result);

#endif

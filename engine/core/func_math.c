/* engine/core/func_math.c - MATH, INC, DEC, RAND, STRFTIME. */
#include "engine/core/func_internal.h"
#include "engine/core/pbx_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/args.h"
#include "engine/core/shard.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- MATH ---- */

enum math_op {
	MATH_ADD,
	MATH_SUB,
	MATH_MUL,
	MATH_DIV,
	MATH_MOD,
	MATH_POW,
	MATH_SHL,
	MATH_SHR,
	MATH_AND,
	MATH_OR,
	MATH_XOR,
	MATH_LE,
	MATH_GE,
	MATH_LT,
	MATH_GT,
	MATH_EQ,
};

static const struct {
	const char *text;
	enum math_op op;
} math_ops[] = {
	/* longer ones first */
	{"<<", MATH_SHL},  {">>", MATH_SHR},  {"<=", MATH_LE}, {">=", MATH_GE},	  {"==", MATH_EQ},
	{"AND", MATH_AND}, {"XOR", MATH_XOR}, {"OR", MATH_OR}, {"and", MATH_AND}, {"xor", MATH_XOR},
	{"or", MATH_OR},   {"+", MATH_ADD},   {"-", MATH_SUB}, {"*", MATH_MUL},	  {"/", MATH_DIV},
	{"%", MATH_MOD},   {"^", MATH_POW},   {"<", MATH_LT},  {">", MATH_GT},
};

static int64_t to_int(double x)
{
	if (!(x > -9e18 && x < 9e18))
		return 0;
	return (int64_t)x;
}

static int64_t math_int(enum math_op op, int64_t a, int64_t b)
{
	switch (op) {
	case MATH_MOD:
		return b == 0 || b == -1 ? 0 : a % b;
	case MATH_SHL:
		return b < 0 || b > 63 ? 0 : (int64_t)((uint64_t)a << b);
	case MATH_SHR:
		return b < 0 || b > 63 ? 0 : a >> b;
	case MATH_AND:
		return a & b;
	case MATH_OR:
		return a | b;
	default:
		return a ^ b;
	}
}

static double math_number(enum math_op op, double a, double b)
{
	switch (op) {
	case MATH_ADD:
		return a + b;
	case MATH_SUB:
		return a - b;
	case MATH_MUL:
		return a * b;
	case MATH_DIV:
		return b == 0 ? 0 : a / b; /* as it always was: no error */
	case MATH_POW:
		return pow(a, b);
	default:
		return (double)math_int(op, to_int(a), to_int(b));
	}
}

static bool math_compare(enum math_op op, double a, double b)
{
	switch (op) {
	case MATH_LE:
		return a <= b;
	case MATH_GE:
		return a >= b;
	case MATH_LT:
		return a < b;
	case MATH_GT:
		return a > b;
	default:
		return a == b;
	}
}

/* "a op b". False: it is not that. */
static bool math_parse(const char *text, double *a, enum math_op *op, double *b)
{
	char *end;
	size_t i;

	*a = strtod(text, &end);
	if (end == text)
		return false;
	end += strspn(end, " \t");
	for (i = 0; i < ARRAY_COUNT(math_ops); i++)
		if (strncmp(end, math_ops[i].text, strlen(math_ops[i].text)) == 0)
			break;
	if (i == ARRAY_COUNT(math_ops))
		return false;
	*op = math_ops[i].op;
	text = end + strlen(math_ops[i].text);
	*b = strtod(text, &end);
	return end != text && slice_is_empty(slice_trim(slice_str(end)));
}

static void math_write(double n, struct slice type, struct sink *out)
{
	char text[340];

	if (slice_is_empty(type) || slice_ieq(type, SLICE_LIT("float")) ||
	    slice_ieq(type, SLICE_LIT("f"))) {
		snprintf(text, sizeof(text), "%f", n);
		sink_str(out, text);
	} else if (slice_ieq(type, SLICE_LIT("int")) || slice_ieq(type, SLICE_LIT("i"))) {
		sink_i64(out, to_int(n));
	} else if (slice_ieq(type, SLICE_LIT("hex")) || slice_ieq(type, SLICE_LIT("h"))) {
		sink_hex(out, (uint32_t)to_int(n), 1);
	} else if (slice_ieq(type, SLICE_LIT("char")) || slice_ieq(type, SLICE_LIT("c"))) {
		sink_char(out, (char)to_int(n));
	} else {
		log_warning("Unknown type '%.*s' in MATH; use float, int, hex or char",
			    SLICE_ARG(type));
	}
}

static void math_read(struct func_call *f, struct sink *out)
{
	struct slice part[2];
	char text[128];
	enum math_op op;
	double a, b;

	args_split(f->text, f->len, ',', part, 2);
	slice_copy(text, sizeof(text), part[0]);
	if (!math_parse(text, &a, &op, &b)) {
		log_warning("Syntax: MATH(<number1><operator><number2>[,<type_of_result>]) - '%s' "
			    "is not that",
			    text);
		return;
	}
	if (op >= MATH_LE)
		sink_str(out, math_compare(op, a, b) ? "TRUE" : "FALSE");
	else
		math_write(math_number(op, a, b), slice_trim(part[1]), out);
}

/* ---- INC, DEC ---- */

static void change(struct func_call *f, int64_t by, struct sink *out)
{
	struct slice name = slice_trim(func_args(f));
	struct slice value = SLICE_EMPTY;
	char text[32];
	int64_t n;

	if (slice_starts(name, SLICE_LIT("$"))) {
		log_error("The value passed to INC or DEC must be a variable name, not '%.*s'",
			  SLICE_ARG(name));
		return;
	}
	chan_get_var(f->c, name, &value);
	if (!slice_i64(slice_trim(value), &n) || n > INT64_MAX - 1 || n < INT64_MIN + 1) {
		log_warning("Value of '%.*s' ('%.*s') is not an integer", SLICE_ARG(name),
			    SLICE_ARG(value));
		return;
	}
	snprintf(text, sizeof(text), "%" PRId64, n + by);
	chan_set_var(f->c, name, slice_str(text));
	sink_str(out, text);
}

static void inc_read(struct func_call *f, struct sink *out)
{
	change(f, 1, out);
}

static void dec_read(struct func_call *f, struct sink *out)
{
	change(f, -1, out);
}

/* ---- RAND ---- */

static void rand_read(struct func_call *f, struct sink *out)
{
	struct slice part[2];
	int32_t min, max;
	size_t end;

	args_split(f->text, f->len, ',', part, 2);
	min = args_int(part[0], &end);
	max = args_int(part[1], &end);
	if (end == 0)
		max = INT32_MAX;
	if (max < min) {
		int32_t t = max;

		max = min;
		min = t;
	}
	if (min < 0 && max - 1 > INT32_MAX + min)
		max = INT32_MAX + min; /* the span fits into 31 bits */
	sink_i64(out,
		 (int64_t)min + rng_below(&f->c->shard->rng, (uint32_t)((int64_t)max - min) + 1));
}

/* ---- STRFTIME ---- */

/* %q, %3q: fractions of the second; %s: the epoch. libc writes the rest. */
static void time_write(const char *format, const struct tm *civil, int64_t wall_ns,
		       struct sink *out)
{
	int64_t fraction = wall_ns % TMR_SECOND;
	char text[256], one[8];

	for (const char *p = format; *p; p++) {
		unsigned digits = 3;
		const char *q = p + 1;
		int64_t n = fraction < 0 ? 0 : fraction;

		if (*p != '%' || p[1] == 0) {
			sink_char(out, *p);
			continue;
		}
		if (*q >= '1' && *q <= '9' && q[1] == 'q')
			digits = (unsigned)(*q++ - '0');
		if (*q == 'q') {
			for (unsigned i = digits; i < 9; i++)
				n /= 10;
			sink_pad(out, (uint64_t)n, digits);
		} else if (*q == 's') {
			sink_i64(out, wall_ns / TMR_SECOND);
		} else {
			if ((*q == 'E' || *q == 'O' || *q == '-' || *q == '_' || *q == '^') && q[1])
				q++;
			snprintf(one, sizeof(one), "%.*s", (int)(q - p + 1), p);
			sink_add(out, slice_make(text, strftime(text, sizeof(text), one, civil)));
		}
		p = q;
	}
}

static void strftime_read(struct func_call *f, struct sink *out)
{
	struct slice part[3];
	char zone[TIMESPEC_ZONE], format[512];
	int64_t wall_ns;
	struct tm civil;

	args_split(f->text, f->len, ',', part, 3);
	if (!args_seconds(part[0], &wall_ns))
		wall_ns = io_wall_ns(f->c->shard->io);
	slice_copy(zone, sizeof(zone), slice_trim(part[1]));
	slice_copy(format, sizeof(format), slice_is_empty(part[2]) ? SLICE_LIT("%c") : part[2]);
	if (pbx_civil_time(f->c, zone, wall_ns, &civil))
		time_write(format, &civil, wall_ns, out);
}

const struct func func_math = {"MATH", "Performs Mathematical Functions.", math_read, 0, 0};
const struct func func_inc = {"INC", "Increments the value of a variable.", inc_read, 0, 0};
const struct func func_dec = {"DEC", "Decrements the value of a variable.", dec_read, 0, 0};
const struct func func_rand = {"RAND", "Choose a random number in a range.", rand_read, 0, 0};
const struct func func_strftime = {
	"STRFTIME", "Returns the current date/time in the specified format.", strftime_read, 0, 0};

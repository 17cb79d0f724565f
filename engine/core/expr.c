/* engine/core/expr.c - tokens, grammar and operators. Functions are in expr_math.c. */
#include "engine/core/expr.h"
#include "engine/core/expr_internal.h"

#include "engine/base/limits.h"
#include "engine/base/log.h"
#include "engine/base/regex.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Parentheses and operators inside one another, so that hostile text cannot use up the stack. */
#define DEPTH_MAX 64
#define ARGS_MAX  16

enum token_kind {
	TOK_END,
	TOK_WORD,   /* text as it stands */
	TOK_NUMBER, /* the same, and it looks like a number */
	TOK_QUOTED, /* with its quotes */
	TOK_LPAREN,
	TOK_RPAREN,
	TOK_COMMA,
	TOK_OR,
	TOK_AND,
	TOK_EQ,
	TOK_NE,
	TOK_LT,
	TOK_GT,
	TOK_LE,
	TOK_GE,
	TOK_PLUS,
	TOK_MINUS,
	TOK_MULT,
	TOK_DIV,
	TOK_MOD,
	TOK_NOT,
	TOK_COND,
	TOK_COLONCOLON,
	TOK_COLON,
	TOK_EQTILDE,
	TOK_TILDETILDE,
};

struct parser {
	const struct expr_env *env;
	struct sink scratch;
	struct slice text;
	size_t at; /* behind the current token */
	size_t token_at;
	enum token_kind kind;
	struct slice token;
	unsigned depth;
	bool failed;
};

static struct expr_value parse_ternary(struct parser *p);

/* ---- values ---- */

struct expr_value expr_number(long double n)
{
	return (struct expr_value){.kind = EXPR_NUMBER, .number = n};
}

static struct expr_value value_text(struct slice s)
{
	return (struct expr_value){.kind = EXPR_TEXT, .text = s};
}

static struct slice strip_quotes(struct slice s)
{
	if (s.len >= 2 && s.ptr[0] == '"' && s.ptr[s.len - 1] == '"')
		return slice_make(s.ptr + 1, s.len - 2);
	return s;
}

void expr_number_write(long double n, struct sink *out)
{
	char text[64];

	snprintf(text, sizeof(text), "%.18Lg", n);
	sink_str(out, text);
}

bool expr_to_number(const struct expr_value *v, long double *n)
{
	char text[64];
	char *end;

	if (v->kind == EXPR_NUMBER) {
		*n = v->number;
		return true;
	}
	if (v->kind != EXPR_NUMERIC_TEXT || v->text.len >= sizeof(text))
		return false;
	slice_copy(text, sizeof(text), v->text);
	*n = strtold(text, &end);
	return *end == 0;
}

static bool is_null_or_zero(const struct expr_value *v)
{
	long double n;

	if (expr_to_number(v, &n))
		return n == 0;
	return slice_is_empty(strip_quotes(v->text));
}

/* The value as text; numbers are written into the scratch. */
static struct slice value_string(struct parser *p, const struct expr_value *v)
{
	size_t start = p->scratch.len;

	if (v->kind != EXPR_NUMBER)
		return v->text;
	expr_number_write(v->number, &p->scratch);
	return slice_make(p->scratch.ptr + start, p->scratch.len - start);
}

/* ---- tokens ---- */

static const struct {
	const char *text;
	enum token_kind kind;
} operators[] = {
	/* longer ones first */
	{"||", TOK_OR},		{"&&", TOK_AND},  {"==", TOK_EQ},    {"=~", TOK_EQTILDE},
	{"~~", TOK_TILDETILDE}, {">=", TOK_GE},	  {"<=", TOK_LE},    {"!=", TOK_NE},
	{"::", TOK_COLONCOLON}, {"|", TOK_OR},	  {"&", TOK_AND},    {"=", TOK_EQ},
	{">", TOK_GT},		{"<", TOK_LT},	  {"+", TOK_PLUS},   {"-", TOK_MINUS},
	{"*", TOK_MULT},	{"/", TOK_DIV},	  {"%", TOK_MOD},    {"!", TOK_NOT},
	{"?", TOK_COND},	{":", TOK_COLON}, {"(", TOK_LPAREN}, {")", TOK_RPAREN},
	{",", TOK_COMMA},
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool looks_numeric(struct slice s)
{
	bool digits = false;
	bool dot = false;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] >= '0' && s.ptr[i] <= '9')
			digits = true;
		else if (s.ptr[i] == '.' && !dot)
			dot = true;
		else
			return false;
	}
	return digits;
}

static bool take_operator(struct parser *p, struct slice rest)
{
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		struct slice op = slice_str(operators[i].text);

		if (slice_starts(rest, op)) {
			p->kind = operators[i].kind;
			p->token = slice_head(rest, op.len);
			p->at += op.len;
			return true;
		}
	}
	return false;
}

/* A word ends where a blank, a quote or an operator begins; a lone '~' belongs to it. */
static size_t word_length(struct slice rest)
{
	size_t n = 0;

	while (n < rest.len && !is_blank(rest.ptr[n]) &&
	       !strchr("|&=><+-*/%!?:(),\"", rest.ptr[n]) &&
	       !(rest.ptr[n] == '~' && n + 1 < rest.len && rest.ptr[n + 1] == '~'))
		n++;
	return n;
}

static void next(struct parser *p)
{
	struct slice rest;
	size_t end;

	while (p->at < p->text.len && is_blank(p->text.ptr[p->at]))
		p->at++;
	rest = slice_from(p->text, p->at);
	p->token_at = p->at;
	if (rest.len == 0) {
		p->kind = TOK_END;
		p->token = SLICE_EMPTY;
		return;
	}
	if (take_operator(p, rest))
		return;
	if (rest.ptr[0] == '"') {
		end = slice_find(slice_from(rest, 1), '"');
		p->kind = TOK_QUOTED;
		/* Unclosed: the rest is one text. */
		p->token = end == SIZE_MAX ? rest : slice_head(rest, end + 2);
	} else {
		size_t n = word_length(rest);

		/* Nothing may stop us from moving on. */
		p->token = slice_head(rest, n ? n : 1);
		p->kind = looks_numeric(p->token) ? TOK_NUMBER : TOK_WORD;
	}
	p->at += p->token.len;
}

static void syntax_error(struct parser *p)
{
	if (p->failed)
		return;
	p->failed = true;
	log_warning("ast_yyerror():  syntax error: syntax error, unexpected %s; Input:\n"
		    "%.*s\n%*s^",
		    p->kind == TOK_END ? "end of the expression"
				       : "operator or text at the place marked below",
		    SLICE_ARG(slice_head(p->text, 1000)),
		    (int)(p->token_at < 1000 ? p->token_at : 1000), "");
}

/* ---- operators ---- */

static struct expr_value op_arithmetic(enum token_kind op, const struct expr_value *a,
				       const struct expr_value *b)
{
	long double x, y;

	if (!expr_to_number(a, &x) || !expr_to_number(b, &y)) {
		log_warning("non-numeric argument");
		return expr_number(0);
	}
	if (op == TOK_PLUS)
		return expr_number(x + y);
	if (op == TOK_MINUS)
		return expr_number(x - y);
	if (op == TOK_MULT)
		return expr_number(x * y);
	if (op == TOK_MOD) {
		x = truncl(x);
		y = truncl(y);
	}
	if (y == 0) {
		log_warning("division by zero");
		return expr_number(2147483647.0L);
	}
	return expr_number(op == TOK_MOD ? fmodl(x, y) : x / y);
}

static bool comparison_holds(enum token_kind op, int order)
{
	switch (op) {
	case TOK_EQ:
		return order == 0;
	case TOK_NE:
		return order != 0;
	case TOK_LT:
		return order < 0;
	case TOK_GT:
		return order > 0;
	case TOK_LE:
		return order <= 0;
	default:
		return order >= 0;
	}
}

static struct expr_value op_compare(struct parser *p, enum token_kind op,
				    const struct expr_value *a, const struct expr_value *b)
{
	long double x, y;
	int order;

	if (expr_to_number(a, &x) && expr_to_number(b, &y)) {
		order = (x > y) - (x < y);
	} else {
		struct slice left = strip_quotes(value_string(p, a));
		struct slice right = strip_quotes(value_string(p, b));

		/* The C locale: the order does not depend on the machine. */
		order = slice_cmp(left, right);
	}
	return expr_number(comparison_holds(op, order));
}

/* s : re (anchored) and s =~ re: the first submatch, or how many characters matched. */
static struct expr_value op_regex(struct parser *p, bool anchored, const struct expr_value *a,
				  const struct expr_value *b)
{
	struct slice subject = strip_quotes(value_string(p, a));
	struct slice pattern = strip_quotes(value_string(p, b));
	struct expr_value result = expr_number(0);
	struct regex_found found;
	struct regex *re;
	enum regex_error err = regex_compile(&re, pattern);
	bool fits;

	if (err) {
		log_warning("regcomp() error : '%.*s': %s", SLICE_ARG(slice_head(pattern, 80)),
			    regex_error_text(err));
		return value_text(SLICE_EMPTY);
	}
	fits = regex_find(re, subject, &found) && !(anchored && found.all.from != 0);
	if (regex_groups(re) > 0)
		result = value_text(fits && found.group.from != SIZE_MAX
					    ? slice_make(subject.ptr + found.group.from,
							 found.group.to - found.group.from)
					    : SLICE_EMPTY);
	else if (fits)
		result = expr_number((long double)(found.all.to - found.all.from));
	regex_free(re);
	if (result.kind == EXPR_TEXT && looks_numeric(result.text))
		result.kind = EXPR_NUMERIC_TEXT;
	return result;
}

static struct expr_value op_concat(struct parser *p, const struct expr_value *a,
				   const struct expr_value *b)
{
	struct slice left = strip_quotes(value_string(p, a));
	struct slice right = strip_quotes(value_string(p, b));
	size_t start = p->scratch.len;

	sink_add(&p->scratch, left);
	sink_add(&p->scratch, right);
	return value_text(slice_make(p->scratch.ptr + start, p->scratch.len - start));
}

static struct expr_value op_unary(enum token_kind op, const struct expr_value *a)
{
	long double n;

	if (op == TOK_NOT)
		return expr_number(is_null_or_zero(a));
	if (!expr_to_number(a, &n)) {
		log_warning("non-numeric argument");
		return expr_number(0);
	}
	return expr_number(-n);
}

/* ---- functions ---- */

static struct expr_value call_dialplan(struct parser *p, struct slice name,
				       const struct expr_value *argv, unsigned argc)
{
	size_t start = p->scratch.len;
	size_t args_end;

	for (unsigned i = 0; i < argc; i++) {
		struct slice s = value_string(p, &argv[i]);

		/* Numbers have just been written to the scratch: the joined text goes behind. */
		if (i == 0)
			start = p->scratch.len;
		else
			sink_char(&p->scratch, ',');
		sink_add(&p->scratch, s);
	}
	args_end = p->scratch.len;
	if (p->env->call)
		p->env->call(p->env->arg, name,
			     slice_make(p->scratch.ptr + start, args_end - start), &p->scratch);
	else
		log_error("Function %.*s not registered", SLICE_ARG(name));
	return value_text(slice_make(p->scratch.ptr + args_end, p->scratch.len - args_end));
}

static struct expr_value parse_call(struct parser *p, struct slice name)
{
	struct expr_value argv[ARGS_MAX];
	struct expr_value result;
	unsigned argc = 0;

	next(p); /* the parenthesis */
	while (!p->failed && p->kind != TOK_RPAREN) {
		struct expr_value v = {.kind = EXPR_TEXT};

		if (p->kind != TOK_COMMA)
			v = parse_ternary(p);
		if (argc == ARGS_MAX || p->kind == TOK_END) {
			syntax_error(p);
			break;
		}
		argv[argc++] = v;
		if (p->kind == TOK_COMMA)
			next(p);
		else if (p->kind != TOK_RPAREN)
			syntax_error(p);
	}
	if (p->failed)
		return value_text(SLICE_EMPTY);
	next(p);
	if (expr_math(name, argv, argc, &result))
		return result;
	result = call_dialplan(p, name, argv, argc);
	if (looks_numeric(result.text))
		result.kind = EXPR_NUMERIC_TEXT;
	return result;
}

/* ---- grammar, highest precedence first ---- */

static struct expr_value parse_primary(struct parser *p)
{
	struct expr_value v = value_text(p->token);

	if (p->kind == TOK_LPAREN) {
		next(p);
		v = parse_ternary(p);
		if (p->kind != TOK_RPAREN)
			syntax_error(p);
		else
			next(p);
		return v;
	}
	if (p->kind == TOK_WORD && p->at < p->text.len && p->text.ptr[p->at] == '(') {
		next(p);
		return parse_call(p, v.text);
	}
	if (p->kind != TOK_WORD && p->kind != TOK_NUMBER && p->kind != TOK_QUOTED) {
		syntax_error(p);
		return value_text(SLICE_EMPTY);
	}
	if (p->kind == TOK_NUMBER)
		v.kind = EXPR_NUMERIC_TEXT;
	next(p);
	return v;
}

static struct expr_value parse_match(struct parser *p)
{
	struct expr_value a = parse_primary(p);

	while (!p->failed &&
	       (p->kind == TOK_COLON || p->kind == TOK_EQTILDE || p->kind == TOK_TILDETILDE)) {
		enum token_kind op = p->kind;
		struct expr_value b;

		next(p);
		b = parse_primary(p);
		if (p->failed)
			break;
		if (op == TOK_TILDETILDE)
			a = op_concat(p, &a, &b);
		else
			a = op_regex(p, op == TOK_COLON, &a, &b);
	}
	return a;
}

static struct expr_value parse_unary(struct parser *p)
{
	enum token_kind ops[DEPTH_MAX];
	unsigned count = 0;
	struct expr_value v;

	while (p->kind == TOK_MINUS || p->kind == TOK_NOT) {
		if (count == DEPTH_MAX) {
			syntax_error(p);
			return value_text(SLICE_EMPTY);
		}
		ops[count++] = p->kind;
		next(p);
	}
	v = parse_match(p);
	while (count > 0 && !p->failed)
		v = op_unary(ops[--count], &v);
	return v;
}

/* Levels of left-associative binary operators, lowest first. */
static const struct {
	enum token_kind first, last;
} levels[] = {
	{TOK_OR, TOK_OR},      {TOK_AND, TOK_AND},  {TOK_EQ, TOK_GE},
	{TOK_PLUS, TOK_MINUS}, {TOK_MULT, TOK_MOD},
};

static struct expr_value op_binary(struct parser *p, enum token_kind op, const struct expr_value *a,
				   const struct expr_value *b)
{
	switch (op) {
	case TOK_OR:
		return is_null_or_zero(a) ? *b : *a;
	case TOK_AND:
		return is_null_or_zero(a) || is_null_or_zero(b) ? expr_number(0) : *a;
	case TOK_PLUS:
	case TOK_MINUS:
	case TOK_MULT:
	case TOK_DIV:
	case TOK_MOD:
		return op_arithmetic(op, a, b);
	default:
		return op_compare(p, op, a, b);
	}
}

static struct expr_value parse_level(struct parser *p, size_t level)
{
	struct expr_value a;

	if (level == sizeof(levels) / sizeof(levels[0]))
		return parse_unary(p);
	a = parse_level(p, level + 1);
	while (!p->failed && p->kind >= levels[level].first && p->kind <= levels[level].last) {
		enum token_kind op = p->kind;
		struct expr_value b;

		next(p);
		b = parse_level(p, level + 1);
		if (!p->failed)
			a = op_binary(p, op, &a, &b);
	}
	return a;
}

static struct expr_value parse_ternary(struct parser *p)
{
	struct expr_value a, yes, no;

	if (p->depth == DEPTH_MAX) {
		syntax_error(p);
		return value_text(SLICE_EMPTY);
	}
	p->depth++;
	a = parse_level(p, 0);
	while (!p->failed && p->kind == TOK_COND) {
		next(p);
		yes = parse_level(p, 0);
		if (!p->failed && p->kind != TOK_COLONCOLON)
			syntax_error(p);
		if (p->failed)
			break;
		next(p);
		no = parse_level(p, 0);
		a = is_null_or_zero(&a) ? no : yes;
	}
	p->depth--;
	return a;
}

bool expr_eval(const struct expr_env *env, struct slice text, struct sink *out)
{
	struct parser p = {.env = env, .text = text};
	struct expr_value v;

	p.scratch = sink_make(env->scratch, env->scratch_room);
	next(&p);
	if (p.kind == TOK_END)
		return true;
	v = parse_ternary(&p);
	if (!p.failed && p.kind != TOK_END)
		syntax_error(&p);
	if (p.failed)
		return false;
	if (p.scratch.over)
		log_warning("an expression needs more than %zu bytes, its result is cut",
			    env->scratch_room);
	sink_add(out, value_string(&p, &v));
	return true;
}

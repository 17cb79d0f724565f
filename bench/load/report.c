#include "bench/load/report.h"

#include "engine/base/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct report_row *report_row(struct report *r, const char *group, const char *key, const char *unit)
{
	struct report_row *row = &r->rows[r->count];

	check(r->count < REPORT_ROWS);
	r->count++;
	row->group = group;
	row->unit = unit;
	snprintf(row->key, sizeof(row->key), "%s", key);
	return row;
}

void report_count(struct report *r, const char *group, const char *key, uint64_t n, const char *unit)
{
	struct report_row *row = report_row(r, group, key, unit);

	row->is_number = true;
	snprintf(row->text, sizeof(row->text), "%llu", (unsigned long long)n);
}

void report_real(struct report *r, const char *group, const char *key, double x, const char *unit)
{
	struct report_row *row = report_row(r, group, key, unit);

	row->is_number = true;
	/* Of a share, what is missing to 100 % is what matters. */
	snprintf(row->text, sizeof(row->text), "%.*f",
		 strcmp(unit, "%") == 0 ? 3 : x >= 1000 ? 0 : x >= 10 ? 1 : 3, x);
}

void report_text(struct report *r, const char *group, const char *key, const char *text)
{
	snprintf(report_row(r, group, key, "")->text, sizeof(r->rows[0].text), "%s", text);
}

void report_hist(struct report *r, const char *group, const char *key, const struct hist *h)
{
	static const struct {
		const char *name;
		double q;
	} points[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"max", 1.0}};
	char name[48];

	for (size_t i = 0; i < ARRAY_COUNT(points); i++) {
		snprintf(name, sizeof(name), "%s_%s", key, points[i].name);
		report_real(r, group, name, (double)hist_quantile(h, points[i].q) / 1e6, "ms");
	}
}

void report_print(const struct report *r)
{
	const char *group = "";

	for (uint32_t i = 0; i < r->count; i++) {
		const struct report_row *row = &r->rows[i];
		char label[48];

		if (strcmp(group, row->group) != 0)
			printf("%s%s\n", i ? "\n" : "", row->group);
		group = row->group;
		snprintf(label, sizeof(label), "%s", row->key);
		for (char *c = label; *c; c++)
			*c = *c == '_' ? ' ' : *c;
		printf("  %-36s %14s %s\n", label, row->text, row->unit);
	}
	fflush(stdout);
}

static void json_text(FILE *f, const char *text)
{
	fputc('"', f);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', f);
		if ((unsigned char)*text >= 32)
			fputc(*text, f);
	}
	fputc('"', f);
}

int report_write_json(const struct report *r, const char *path)
{
	FILE *f = fopen(path, "w");
	const char *group = "";

	if (!f)
		return -errno;
	fputs("{\n", f);
	for (uint32_t i = 0; i < r->count; i++) {
		const struct report_row *row = &r->rows[i];
		bool fresh = strcmp(group, row->group) != 0;

		if (fresh)
			fprintf(f, "%s  \"%s\": {\n", i ? "\n  },\n" : "", row->group);
		group = row->group;
		fprintf(f, "%s    \"%s\": ", fresh ? "" : ",\n", row->key);
		if (row->is_number)
			fputs(row->text, f);
		else
			json_text(f, row->text);
	}
	fputs(r->count ? "\n  }\n}\n" : "}\n", f);
	return fclose(f) == 0 ? 0 : -errno;
}

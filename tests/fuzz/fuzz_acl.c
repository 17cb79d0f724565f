/* tests/fuzz/fuzz_acl.c - acl.conf: every list can be asked; one that could not be read lets nobody
 * in. */
#include "engine/base/check.h"
#include "engine/core/acl.h"
#include "tests/unit/core/memconf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void silence(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	check(line->text[0]);
}

static void ask(const struct acl_book *book, const struct acl_list *list)
{
	static const char *const peers[] = {"10.0.0.1", "::ffff:10.0.0.1", "2001:db8::1"};
	/* A comma and outer blanks make it another name, or several. */
	const struct conffile_var v = {.file = "f", .value = list->name};
	struct keep keep = KEEP_INIT;
	struct acl acl = {0};
	struct addr a = {0};
	bool is_closed = false;

	if (acl_add_names(&acl, &keep, &v) == 0 && acl_resolve(&acl, &keep, book) == 0) {
		for (uint32_t i = 0; i < acl.count; i++)
			is_closed |= acl.lists[i].is_closed;
		if (acl.count == 1 && slice_ieq(acl.lists[0].name, list->name))
			check(is_closed == list->is_closed);
		for (size_t i = 0; i < ARRAY_COUNT(peers); i++) {
			check(addr_parse_ip(&a, slice_str(peers[i])));
			check(!acl_allows(&acl, &a) || !is_closed);
		}
	}
	keep_free(&keep);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct memconf_file files[] = {
		{"acl.conf", (const char *)data, size},
		{NULL, NULL, 0},
	};
	const struct acl_list *list;
	static struct memconf m;
	struct conffile_error why;
	struct acl_book *book;
	struct conffile *cf;

	if (size == 0 || size > 16384)
		return 0;
	log_set_writer(silence, NULL);
	memconf_init(&m, files);
	if (conffile_load(&cf, &m.source, "acl.conf", &why))
		return 0;
	if (acl_book_load(&book, cf) == 0) {
		conffile_free(cf); /* the book stands alone */
		for (uint32_t i = 0; (list = acl_book_at(book, i)); i++)
			ask(book, list);
		acl_book_free(book);
	} else {
		conffile_free(cf);
	}
	return 0;
}

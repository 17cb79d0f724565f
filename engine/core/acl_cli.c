/* engine/core/acl_cli.c - access lists on the console. See acl.h. */
#include "engine/core/acl.h"

#include "engine/base/check.h"

static void acl_write_mask(struct sink *out, const struct addr_net *net)
{
	struct addr mask = {.family = net->base.family};

	for (uint32_t i = 0; i < net->prefix_bits; i++)
		mask.ip[i / 8] |= (uint8_t)(0x80 >> i % 8);
	addr_write_ip(out, &mask);
}

static void acl_print_list(struct cli_call *call, const struct acl_list *list, const char *before)
{
	cli_print(call, "%sACL: %s\n%s---------------------------------------------\n", before,
		  list->name.len ? list->name.ptr : "(unnamed)", before);
	for (uint32_t i = 0; i < list->rule_count; i++) {
		const struct acl_rule *rule = &list->rules[i];
		char text[2 * ADDR_TEXT];
		struct sink out = sink_make(text, sizeof(text));

		addr_write_ip(&out, &rule->net.base);
		sink_char(&out, '/');
		acl_write_mask(&out, &rule->net);
		cli_print(call, "%s%3u: %s - %s\n", before, i, rule->is_permit ? "allow" : " deny",
			  sink_cstr(&out));
	}
	if (list->is_closed)
		cli_print(call, "%sClosed: it is not in acl.conf, or a line of it cannot be read\n",
			  before);
}

void acl_print(struct cli_call *call, const struct acl *acl, const char *before)
{
	for (uint32_t i = 0; i < acl->count; i++)
		acl_print_list(call, &acl->lists[i], before);
}

static const struct acl_book *acl_book_of(void *context)
{
	return *(struct acl_book *const *)context;
}

static enum cli_result acl_show_one(const struct acl_book *book, struct cli_call *call)
{
	const struct acl_list *list = acl_book_find(book, call->argv[0]);

	if (!list) {
		cli_print(call, "\nCould not find ACL named '%.*s'\n", SLICE_ARG(call->argv[0]));
		return CLI_OK;
	}
	cli_print(call, "\n");
	acl_print_list(call, list, "");
	return CLI_OK;
}

static enum cli_result acl_show(void *context, struct cli_call *call)
{
	const struct acl_book *book = acl_book_of(context);
	const struct acl_list *list;

	if (call->argc > 1)
		return CLI_USAGE;
	if (call->argc == 1)
		return acl_show_one(book, call);
	cli_print(call, "\nacl\n---\n");
	for (uint32_t i = 0; (list = acl_book_at(book, i)); i++)
		cli_print(call, "%s\n", list->name.ptr);
	return CLI_OK;
}

static void acl_list_names(void *context, struct cli_words *words)
{
	const struct acl_book *book = acl_book_of(context);
	const struct acl_list *list;

	for (uint32_t i = 0; (list = acl_book_at(book, i)); i++)
		cli_offer(words, list->name);
}

static const struct cli_command acl_commands[] = {
	{"acl show", "Show a named ACL or list all named ACLs",
	 "Usage: acl show [<acl>]\n"
	 "       Lists the names of the access lists in acl.conf, or the rules of one of them.\n",
	 acl_show},
};
static const struct cli_kind acl_kinds[] = {{"acl", acl_list_names}};

int acl_register_cli(struct cli *cli, struct acl_book *const *book)
{
	int err = cli_register(cli, acl_commands, ARRAY_COUNT(acl_commands), (void *)book);

	return err ? err : cli_register_kinds(cli, acl_kinds, ARRAY_COUNT(acl_kinds), (void *)book);
}

/* engine/io/resolver_conf.c - name servers and hosts, from the two files that every machine has. */
#include "engine/io/resolver.h"

#include "engine/base/check.h"

#include <errno.h>
#include <stdlib.h>

#define CONF_BYTES_MAX (4 << 20)

void resolver_conf_default(struct resolver_conf *conf)
{
	*conf = (struct resolver_conf){.client = {.timeout_ms = 2000, .tries = 2}};
}

void resolver_conf_free(struct resolver_conf *conf)
{
	free(conf->hosts);
	conf->hosts = NULL;
	conf->host_count = 0;
}

/* The next word of *rest; false at its end. */
static bool conf_word_of(struct slice *rest, struct slice *word)
{
	size_t len = 0;

	*rest = slice_ltrim(*rest);
	while (len < rest->len && (unsigned char)rest->ptr[len] > ' ')
		len++;
	*word = slice_head(*rest, len);
	*rest = slice_from(*rest, len);
	return len > 0;
}

static struct slice conf_without_comment(struct slice line, const char *marks)
{
	for (const char *m = marks; *m; m++) {
		size_t at = slice_find(line, *m);

		if (at != SIZE_MAX)
			line = slice_head(line, at);
	}
	return line;
}

/* ---- resolv.conf(5) ---- */

static void conf_server(struct resolver_conf *conf, struct slice text)
{
	struct dns_client_conf *c = &conf->client;
	struct addr a;

	if (c->server_count < LIMIT_DNS_SERVERS && addr_parse(&a, text, 53))
		c->servers[c->server_count++] = a;
}

static uint32_t conf_between(uint64_t n, uint32_t least, uint32_t most)
{
	return n < least ? least : n > most ? most : (uint32_t)n;
}

static void conf_server_option(struct resolver_conf *conf, struct slice word)
{
	struct slice name;
	uint64_t n;

	if (!slice_split(&word, ':', &name) || !slice_u64(word, UINT32_MAX, &n))
		return;
	if (slice_eq(name, SLICE_LIT("timeout")))
		conf->client.timeout_ms = conf_between(n, 1, 30) * 1000;
	else if (slice_eq(name, SLICE_LIT("attempts")))
		conf->client.tries = conf_between(n, 1, 5);
}

void resolver_conf_read_servers(struct resolver_conf *conf, struct slice text)
{
	struct slice line, word;

	while (slice_split(&text, '\n', &line)) {
		line = conf_without_comment(line, "#;");
		if (!conf_word_of(&line, &word))
			continue;
		if (slice_eq(word, SLICE_LIT("nameserver")) && conf_word_of(&line, &word))
			conf_server(conf, word);
		else if (slice_eq(word, SLICE_LIT("options")))
			while (conf_word_of(&line, &word))
				conf_server_option(conf, word);
	}
}

/* ---- hosts(5) ---- */

static int conf_host(struct resolver_conf *conf, const struct addr *addr, struct slice name)
{
	struct resolver_host *more;

	if (conf->host_count == LIMIT_DNS_HOSTS || !dns_is_name(name))
		return 0;
	if ((conf->host_count & (conf->host_count - 1)) == 0) { /* a power of two: full */
		uint32_t room = conf->host_count ? 2 * conf->host_count : 1;

		more = realloc(conf->hosts, room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		conf->hosts = more;
	}
	conf->hosts[conf->host_count].addr = *addr;
	check(dns_copy_name(conf->hosts[conf->host_count].name, name));
	conf->host_count++;
	return 0;
}

int resolver_conf_read_hosts(struct resolver_conf *conf, struct slice text)
{
	struct slice line, word;
	int err = 0;

	while (!err && slice_split(&text, '\n', &line)) {
		struct addr addr = {0};

		line = conf_without_comment(line, "#");
		if (!conf_word_of(&line, &word) || !addr_parse_ip(&addr, word))
			continue;
		while (!err && conf_word_of(&line, &word))
			err = conf_host(conf, &addr, word);
	}
	return err;
}

/* ---- both ---- */

/* An unreadable file is none: a machine without /etc/hosts works. */
static int conf_load(struct io *io, const char *path, char **text, size_t *len)
{
	int err = path ? io_fs_load(io, path, CONF_BYTES_MAX, text, len) : -ENOENT;

	if (err == 0 || err == -ENOMEM)
		return err;
	*text = NULL;
	*len = 0;
	return 0;
}

int resolver_conf_load(struct resolver_conf *conf, struct io *io, const char *servers_path,
		       const char *hosts_path)
{
	size_t len;
	char *text;
	int err = conf_load(io, servers_path, &text, &len);

	if (err)
		return err;
	resolver_conf_read_servers(conf, slice_make(text, len));
	free(text);
	if (conf->client.server_count == 0 && servers_path)
		conf_server(conf, SLICE_LIT("127.0.0.1"));
	err = conf_load(io, hosts_path, &text, &len);
	if (err)
		return err;
	err = resolver_conf_read_hosts(conf, slice_make(text, len));
	free(text);
	return err;
}

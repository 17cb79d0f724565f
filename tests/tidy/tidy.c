/* tests/tidy/tidy.c - the source checks itself.
 *
 *	tidy ROOT [--write]
 *
 * Walks the folders of the product and says, one line each, what is not as style.md has it: includes
 * against the direction, calls that only engine/io may make, third-party headers outside their one
 * door, files and functions that grew, paths of somebody's machine, headers without a guard, things
 * left to do. Exit status 1 when there is anything to say.
 *
 * tests/tidy/ratchet.txt lists files over FILE_LINES and functions over FUNCTION_LINES with the size
 * they have today: they may only shrink. --write notes the sizes of today (only for less). */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_LINES     800
#define FUNCTION_LINES 60
#define PATH_ROOM      1024
#define RATCHETS       1024
#define COUNT(a)       (sizeof(a) / sizeof((a)[0]))

struct ratchet {
	char name[256]; /* "file" or "file:function" */
	unsigned allowed, seen;
};

struct tidy {
	char root[PATH_ROOM];
	const char *path; /* of the file looked at, from the root */
	char *text;       /* as it stands */
	char *code;       /* comments and strings blanked, same length */
	size_t len;
	unsigned complaints, functions, long_functions;
	struct ratchet ratchets[RATCHETS];
	unsigned ratchet_count;
	bool write;
};

static void complain(struct tidy *t, unsigned line, const char *what, const char *detail)
{
	t->complaints++;
	if (line)
		printf("%s:%u: %s%s\n", t->path, line, what, detail);
	else
		printf("%s: %s%s\n", t->path, what, detail);
}

static bool starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool ends(const char *s, const char *suffix)
{
	size_t a = strlen(s), b = strlen(suffix);

	return a >= b && strcmp(s + a - b, suffix) == 0;
}

static unsigned line_of(const struct tidy *t, const char *at)
{
	unsigned line = 1;

	for (const char *p = t->code; p < at; p++)
		line += *p == '\n';
	return line;
}

/* ---- what a folder may include: style.md section 1 ---- */

static const struct {
	const char *folder;
	const char *may; /* folders, blank before and behind each */
} directions[] = {
	{"engine/base/", " engine/base "},
	{"engine/io/", " engine/base engine/io "},
	{"engine/core/", " engine/base engine/io engine/core "},
	{"sip/", " engine/base engine/io engine/core sip "},
	{"rtp/", " engine/base engine/io engine/core rtp "},
	{"ami/", " engine/base engine/io engine/core ami "},
	{"spool/", " engine/base engine/io engine/core spool "},
	{"engine/app/", " engine/base engine/io engine/core engine/app sip rtp ami spool "},
	{"bench/", " engine/base engine/io engine/core engine/app sip rtp ami spool bench "},
};

/* The folder part of an include that a rule names: two parts below engine, else one. */
static void folder_of(const char *include, char folder[64])
{
	size_t len = strcspn(include, "/");

	if (starts(include, "engine/"))
		len = 7 + strcspn(include + 7, "/");
	snprintf(folder, 64, " %.*s ", (int)(len < 60 ? len : 60), include);
}

static void look_at_direction(struct tidy *t, unsigned line, const char *include)
{
	char folder[64];

	for (size_t i = 0; i < COUNT(directions); i++) {
		if (!starts(t->path, directions[i].folder))
			continue;
		folder_of(include, folder);
		if (!strchr(include, '/') || !strstr(directions[i].may, folder))
			complain(t, line, "may not include ", include);
	}
	if (ends(include, "_internal.h") && !starts(t->path, "tests/") &&
	    !starts(t->path, "bench/")) {
		size_t dir = (size_t)(strrchr(include, '/') ? strrchr(include, '/') - include : 0);

		if (strncmp(t->path, include, dir) != 0 || strchr(t->path + dir + 1, '/'))
			complain(t, line, "private header of another folder: ", include);
	}
}

/* ---- one door for each library ---- */

static const struct {
	const char *header; /* prefix of the name */
	const char *doors;  /* files or folders, blank before and behind each */
} libraries[] = {
	{"ck_", " engine/base/ "},
	{"liburing", " engine/io/ "},
	{"ares", " engine/io/io_posix_dns.c "},
	{"sys/socket.h", " engine/io/ engine/app/ctl.c bench/ "},
	{"netinet/", " engine/io/ bench/ "},
	{"arpa/", " engine/io/ bench/ "},
	{"sys/inotify.h", " engine/io/ "},
	{"poll.h", " engine/io/ engine/app/ctl.c engine/app/terminal.c "},
	{"pthread.h", " engine/io/ engine/app/main.c bench/ "},
	{"signal.h", " engine/io/ engine/app/main.c engine/app/ bench/ "},
	{"fcntl.h", " engine/io/ engine/app/main.c bench/ "},
	{"dirent.h", " engine/io/ "},
	{"sys/mman.h", " engine/base/ engine/io/ engine/core/queue.c "},
	{"sqlite3.h", " engine/core/cdr_sqlite.c engine/core/db_sqlite.c "},
	{"openssl/", " engine/io/ sip/digest.c ami/digest.c "},
	{"http_parser.h", " ami/http_request.h "},
	{"jemalloc/", " engine/app/main.c engine/app/commands.c engine/app/ "},
	{"histedit.h", " engine/app/terminal.c "},
	{"srtp", " rtp/ "},
	{"spandsp", " rtp/ "},
	{"benchmark/", " bench/ "},
};

static bool listed(const char *path, const char *list)
{
	char entry[128];

	while (sscanf(list, " %127s", entry) == 1) {
		if (ends(entry, "/") ? starts(path, entry) : strcmp(path, entry) == 0)
			return true;
		list = strstr(list, entry) + strlen(entry);
	}
	return false;
}

static void look_at_library(struct tidy *t, unsigned line, const char *header)
{
	if (starts(t->path, "tests/"))
		return;
	for (size_t i = 0; i < COUNT(libraries); i++) {
		if (starts(header, libraries[i].header) && !listed(t->path, libraries[i].doors))
			complain(t, line, "has another door: ", header);
	}
}

static void look_at_includes(struct tidy *t)
{
	unsigned line = 1;
	char name[256];

	for (const char *p = t->text; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL) {
		if (sscanf(p, "#include \"%255[^\"\n]", name) == 1)
			look_at_direction(t, line, name);
		else if (sscanf(p, "#include <%255[^>\n]", name) == 1)
			look_at_library(t, line, name);
		line++;
	}
}

/* ---- forbidden calls ---- */

static const struct {
	const char *name;
	const char *allowed; /* folders and files where it may stand */
} calls[] = {
	{"strcpy", ""}, {"strcat", ""}, {"strncat", " tests/ "}, {"sprintf", ""}, {"vsprintf", ""},
	{"strtok", ""}, {"gets", ""}, {"atoi", ""}, {"atol", ""}, {"atof", ""}, {"alloca", ""},
	{"rand", ""}, {"srand", ""}, {"random", ""}, {"drand48", ""},
	{"time", ""}, {"gettimeofday", ""}, {"clock", " tests/fuzz/driver.c "}, {"localtime", ""}, {"gmtime", ""},
	{"clock_gettime", " engine/io/ engine/base/log.c bench/ tests/ "},
	{"localtime_r", " engine/io/ engine/base/log.c "},
	{"sleep", " tests/ "}, {"usleep", " tests/ bench/ "}, {"nanosleep", " engine/io/ tests/ bench/ "},
	{"send", " engine/io/ tests/ bench/ "}, {"recv", " engine/io/ engine/app/ctl.c tests/ bench/ "},
	{"sendto", " engine/io/ tests/ bench/ "}, {"recvfrom", " engine/io/ tests/ bench/ "},
	{"sendmsg", " engine/io/ engine/app/ctl.c tests/ bench/ "}, {"recvmsg", " engine/io/ tests/ bench/ "},
	{"socket", " engine/io/ engine/app/ctl.c tests/ bench/ "}, {"bind", " engine/io/ tests/ bench/ "},
	{"accept", " engine/io/ tests/ bench/ "}, {"connect", " engine/io/ engine/app/ctl.c tests/ bench/ "},
	{"fopen", " engine/io/ tests/ bench/ "},
	{"opendir", " engine/io/ tests/ bench/ "},
	{"open", " engine/io/ engine/app/main.c tests/ bench/ "},
	{"rename", " engine/io/ tests/ bench/ "}, {"unlink", " engine/io/ tests/ bench/ "},
	{"fsync", " engine/io/ tests/ "}, {"fdatasync", " engine/io/ tests/ "},
	{"regcomp", " tests/ "}, {"regexec", " tests/ "}, {"fnmatch", " tests/ "},
	{"assert", " tests/ "}, {"system", ""}, {"popen", " tests/ "},
};

static bool word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* A call: the name as a whole word before '(', not a member (.name, ->name), not a declaration of a
 * member of that name ((*name)). */
static const char *find_call(const char *from, const char *code, const char *name)
{
	size_t len = strlen(name);
	const char *p = from;

	while ((p = strstr(p, name))) {
		bool alone = p == code || (!word(p[-1]) && p[-1] != '.' && p[-1] != '>' && p[-1] != '*');

		if (alone && p[len] == '(')
			return p;
		p += len;
	}
	return NULL;
}

static void look_at_calls(struct tidy *t)
{
	for (size_t i = 0; i < COUNT(calls); i++) {
		const char *p = t->code;

		if (listed(t->path, calls[i].allowed))
			continue;
		while ((p = find_call(p, t->code, calls[i].name))) {
			complain(t, line_of(t, p), "forbidden call: ", calls[i].name);
			p++;
		}
	}
}

/* ---- sizes ---- */

static struct ratchet *ratchet_of(struct tidy *t, const char *name)
{
	struct ratchet *r = t->ratchets;

	for (; r < t->ratchets + t->ratchet_count; r++) {
		if (strcmp(r->name, name) == 0)
			return r;
	}
	if (t->ratchet_count == RATCHETS)
		return NULL;
	t->ratchet_count++;
	snprintf(r->name, sizeof(r->name), "%s", name);
	return r;
}

static void measure(struct tidy *t, const char *name, unsigned size, unsigned line)
{
	struct ratchet *r = ratchet_of(t, name);
	char text[128];

	if (!r)
		return;
	if (size > r->seen)
		r->seen = size;
	if (size <= r->allowed || t->write)
		return;
	if (r->allowed)
		snprintf(text, sizeof(text), "%u lines, the ratchet allows %u", size, r->allowed);
	else
		snprintf(text, sizeof(text), "%u lines: too long", size);
	complain(t, line, text, "");
}

/* The name before the '(' of the signature that ends before `brace`. */
static void function_name(const struct tidy *t, const char *brace, char name[128])
{
	const char *start = brace, *paren, *p;

	while (start > t->code && !(start[-1] == '\n' && (start - 1 == t->code || start[-2] == '\n' ||
							   start[-2] == '}' || start[-2] == ';')))
		start--;
	paren = memchr(start, '(', (size_t)(brace - start));
	p = paren ? paren : brace;
	while (p > start && !word(p[-1]))
		p--;
	paren = p;
	while (p > start && word(p[-1]))
		p--;
	snprintf(name, 128, "%.*s", (int)(paren - p), p);
}

/* In this style only functions have a brace in the first column. */
static void look_at_functions(struct tidy *t)
{
	const char *p = t->code, *end;
	char function[128], name[400];

	while ((p = strstr(p, "\n{\n"))) {
		unsigned first, last;

		end = strstr(p, "\n}");
		if (!end)
			break;
		first = line_of(t, p + 1);
		last = line_of(t, end + 1);
		t->functions++;
		t->long_functions += last - first > 50;
		if (last - first > FUNCTION_LINES) {
			function_name(t, p + 1, function);
			snprintf(name, sizeof(name), "%s:%s", t->path, function);
			measure(t, name, last - first, first);
		}
		p = end;
	}
}

static void look_at_size(struct tidy *t)
{
	unsigned lines = 0;

	for (size_t i = 0; i < t->len; i++)
		lines += t->text[i] == '\n';
	if (lines > FILE_LINES)
		measure(t, t->path, lines, 0);
}

/* ---- texts ---- */

static void look_for(struct tidy *t, const char *text, const char *needle, const char *what)
{
	for (const char *p = text; (p = strstr(p, needle)); p++)
		complain(t, line_of(t, t->code + (p - text)), what, needle);
}

/* Split, so that this file does not complain about itself. */
static void look_at_texts(struct tidy *t)
{
	static const char *const paths[] = {"/wor" "k/", "/hom" "e/", "/roo" "t/", "/User" "s/"};
	static const char *const leftovers[] = {"TO" "DO", "FIX" "ME", "XX" "X:"};

	for (size_t i = 0; i < COUNT(paths); i++)
		look_for(t, t->text, paths[i], "path of somebody's machine: ");
	for (size_t i = 0; i < COUNT(leftovers); i++)
		look_for(t, t->text, leftovers[i], "left to do: ");
	for (const char *p = t->text; (p = strchr(p, '\n')); p++) {
		if (p > t->text && (p[-1] == ' ' || p[-1] == '\t'))
			complain(t, line_of(t, t->code + (p - t->text)), "blank at the end of the line", "");
	}
}

static void look_at_guard(struct tidy *t)
{
	char want[PATH_ROOM] = "RINGER_", line[2 * PATH_ROOM + 32];
	const char *path = t->path;
	size_t n = strlen(want);

	if (starts(path, "engine/"))
		path += 7;
	for (; *path && n + 1 < sizeof(want); path++)
		want[n++] = word(*path) ? (char)toupper((unsigned char)*path) : '_';
	want[n] = 0;
	snprintf(line, sizeof(line), "#ifndef %s\n#define %s\n", want, want);
	if (!strstr(t->text, line))
		complain(t, 0, "header guard should be ", want);
}

/* ---- files ---- */

/* Comments, strings and characters become blanks; line ends stay. */
static void blank_out(char *code)
{
	enum { CODE, LINE, BLOCK, STRING, CHAR } in = CODE;

	for (char *p = code; *p; p++) {
		bool escaped = (in == STRING || in == CHAR) && *p == '\\' && p[1];

		if (in == CODE && p[0] == '/' && (p[1] == '/' || p[1] == '*')) {
			in = p[1] == '/' ? LINE : BLOCK;
		} else if (in == CODE && (*p == '"' || *p == '\'')) {
			in = *p == '"' ? STRING : CHAR;
		} else if (in == LINE && *p == '\n') {
			in = CODE;
		} else if (in == BLOCK && p[0] == '*' && p[1] == '/') {
			*p++ = ' ';
			*p = ' ';
			in = CODE;
			continue;
		} else if ((in == STRING && *p == '"') || (in == CHAR && *p == '\'')) {
			*p = ' ';
			in = CODE;
			continue;
		}
		if (in == CODE || *p == '\n')
			continue;
		*p = ' ';
		if (escaped && p[1] != '\n')
			*++p = ' ';
	}
}

static char *load(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *text = NULL;
	long size;

	if (!f)
		return NULL;
	if (fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0 && fseek(f, 0, SEEK_SET) == 0) {
		text = malloc((size_t)size + 1);
		*len = text ? fread(text, 1, (size_t)size, f) : 0;
		if (text)
			text[*len] = 0;
	}
	fclose(f);
	return text;
}

static void look_at_file(struct tidy *t, const char *path, bool is_source)
{
	char full[2 * PATH_ROOM];

	snprintf(full, sizeof(full), "%s/%s", t->root, path);
	t->path = path;
	t->text = load(full, &t->len);
	t->code = t->text ? strdup(t->text) : NULL;
	if (!t->code) {
		complain(t, 0, "cannot be read", "");
	} else if (strlen(t->text) == t->len) { /* else no text */
		look_at_texts(t);
		if (is_source) {
			blank_out(t->code);
			look_at_includes(t);
			look_at_calls(t);
			look_at_functions(t);
			look_at_size(t);
		}
		if (ends(path, ".h"))
			look_at_guard(t);
	}
	free(t->text);
	free(t->code);
}

static bool is_text(const char *name)
{
	static const char *const kinds[] = {".md", ".txt", ".sh", ".conf", ".cmake", ".json", ".py"};

	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (ends(name, kinds[i]))
			return true;
	}
	return !strchr(name, '.');
}

static void walk(struct tidy *t, const char *dir)
{
	char full[2 * PATH_ROOM], path[PATH_ROOM];
	struct dirent **names;
	int n;

	snprintf(full, sizeof(full), "%s/%s", t->root, dir);
	n = scandir(full, &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", dir, name);
		snprintf(full, sizeof(full), "%s/%s", t->root, path);
		if (name[0] != '.' && strcmp(name, "corpus") != 0 &&
		    strcmp(name, "transcripts") != 0 && stat(full, &st) == 0) {
			if (S_ISDIR(st.st_mode))
				walk(t, path);
			else if (ends(name, ".c") || ends(name, ".h") || ends(name, ".cc"))
				look_at_file(t, path, true);
			else if (is_text(name))
				look_at_file(t, path, false);
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

/* ---- the ratchet ---- */

static void ratchet_load(struct tidy *t)
{
	char path[2 * PATH_ROOM], name[256];
	unsigned allowed;
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/tidy/ratchet.txt", t->root);
	f = fopen(path, "r");
	while (f && t->ratchet_count < RATCHETS && fscanf(f, "%255s %u", name, &allowed) == 2)
		ratchet_of(t, name)->allowed = allowed;
	if (f)
		fclose(f);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct ratchet *)a)->name, ((const struct ratchet *)b)->name);
}

static void ratchet_save(struct tidy *t)
{
	char path[2 * PATH_ROOM];
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/tidy/ratchet.txt", t->root);
	f = fopen(path, "w");
	if (!f) {
		printf("%s: %s\n", path, strerror(errno));
		return;
	}
	qsort(t->ratchets, t->ratchet_count, sizeof(t->ratchets[0]), by_name);
	for (unsigned i = 0; i < t->ratchet_count; i++) {
		if (t->ratchets[i].seen)
			fprintf(f, "%s %u\n", t->ratchets[i].name, t->ratchets[i].seen);
	}
	fclose(f);
}

static void ratchet_look(struct tidy *t)
{
	for (unsigned i = 0; i < t->ratchet_count; i++) {
		struct ratchet *r = &t->ratchets[i];

		if (r->allowed && r->seen < r->allowed)
			printf("note: %s has %u lines now, the ratchet says %u: run tidy --write\n",
			       r->name, r->seen, r->allowed);
	}
	if (t->functions && t->long_functions * 10 > t->functions) {
		t->complaints++;
		printf("%u of %u functions are over 50 lines, more than one in ten\n",
		       t->long_functions, t->functions);
	}
}

int main(int argc, char **argv)
{
	static const char *const folders[] = {"engine", "sip", "rtp", "ami", "spool",
					      "tests", "bench", "deploy"};
	static struct tidy t;

	if (argc < 2) {
		fprintf(stderr, "usage: tidy ROOT [--write]\n");
		return 2;
	}
	snprintf(t.root, sizeof(t.root), "%s", argv[1]);
	t.write = argc > 2 && strcmp(argv[2], "--write") == 0;
	ratchet_load(&t);
	for (size_t i = 0; i < COUNT(folders); i++)
		walk(&t, folders[i]);
	if (t.write)
		ratchet_save(&t);
	else
		ratchet_look(&t);
	printf("%u functions, %u over 50 lines, %u complaints\n", t.functions, t.long_functions,
	       t.complaints);
	return t.complaints ? 1 : 0;
}

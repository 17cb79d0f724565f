/* ringer - the program: options, signals, daemon. */
#include "engine/app/console.h"
#include "engine/app/engine.h"
#include "engine/app/logger.h"
#include "engine/app/terminal.h"
#include "engine/base/check.h"
#include "engine/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM_ANEW	  75 /* exit status of the engine behind -c: begin anew */
#define PROGRAM_ANEW_MARK "RINGER_BEGINS_ANEW"

struct program {
	const char *main_file;
	const char *socket_path;
	const char *command; /* -x */
	bool foreground, console, check_only, remote, reconnects, real_time;
	bool is_anew;  /* this process was the engine before, and is its own daemon */
	bool restarts; /* the engine ended to begin anew */
	int verbose, debug;
};

/* For the signal handlers, which have no other way to it. What comes before the engine runs is kept. */
static struct engine *_Atomic program_engine;
static atomic_bool program_stop_early;
static volatile sig_atomic_t program_terminal_signal; /* at a console */

static void program_usage(FILE *out)
{
	fputs("Usage: ringer [-f] [-C FILE] [-v...] [-d...]    run (in the background without -f)\n"
	      "       ringer -c [-C FILE]                      run in the foreground, with a console\n"
	      "       ringer -t [-C FILE]                      check the configuration and exit\n"
	      "       ringer -r [-C FILE] [-s SOCKET]          console of a running engine (-R: comes back to it)\n"
	      "       ringer -rx COMMAND [-C FILE] [-s SOCKET] run a console command of a running engine\n"
	      "       ringer -V | -h                           version, this help\n"
	      "  -p  real-time scheduling: audio keeps its time on a machine that does other work too\n",
	      out);
}

static int program_bad(const char *what, const char *name)
{
	fprintf(stderr, "ringer: %s%s\n", what, name);
	program_usage(stderr);
	return -EINVAL;
}

/* 0 go on, 1 done well, negative: bad option. */
static int program_parse(struct program *p, int argc, char **argv)
{
	int c;

	opterr = 0;
	while ((c = getopt(argc, argv, "fcC:trRx:s:vdVhqnFp")) != -1) {
		switch (c) {
		case 'f':
			p->foreground = true;
			break;
		case 'c':
			p->foreground = p->console = true;
			break;
		case 'C':
			p->main_file = optarg;
			break;
		case 't':
			p->check_only = true;
			break;
		case 'x':
			p->command = optarg;
			p->remote = true;
			break;
		case 'r':
			p->remote = true;
			break;
		case 'R':
			p->remote = p->reconnects = true;
			break;
		case 's':
			p->socket_path = optarg;
			break;
		case 'v':
			p->verbose++;
			break;
		case 'd':
			p->debug++;
			break;
		case 'V':
			puts("Ringer " RINGER_VERSION);
			return 1;
		case 'h':
			program_usage(stdout);
			return 1;
		case 'p':
			p->real_time = true;
			break;
		case 'q':
		case 'n':
		case 'F':
			break; /* of Asterisk; they mean nothing here */
		default:
			return program_bad("unknown option, or its argument is missing: ",
					   argv[optind > 0 ? optind - 1 : 0]);
		}
	}
	if (optind < argc)
		return program_bad("unexpected argument: ", argv[optind]);
	return 0;
}

/* ---- remote command ---- */

static int program_find_socket(const struct program *p, char *path)
{
	static struct metrics metrics;
	struct io_conf conf = {.name = "remote", .metrics = &metrics, .cpu = -1};
	static struct app_conf app;
	char text[1400];
	struct sink error = sink_make(text, sizeof(text));
	struct io *io;
	int err;

	if (p->socket_path) {
		slice_copy(path, LIMIT_PATH, slice_str(p->socket_path));
		return 0;
	}
	err = io_create(&io, &conf);
	if (err)
		return err;
	err = app_conf_load_main(&app, io, p->main_file, &error);
	if (err)
		fprintf(stderr, "ringer: %s\n", sink_cstr(&error));
	else
		slice_copy(path, LIMIT_PATH, slice_str(app.control_path));
	app_conf_free(&app);
	io_destroy(io);
	return err;
}

/* Only so that a wait ends and the size is asked for. */
static void program_on_winch(int signal_number)
{
	UNUSED(signal_number);
}

static void program_on_terminal_signal(int signal_number)
{
	program_terminal_signal = signal_number;
}

/* A console of somebody else's engine ends when told to. */
static bool program_visitor_stays(void *arg)
{
	UNUSED(arg);
	return program_terminal_signal == 0;
}

/* Waits are broken off by them, so that they are seen. */
static void program_take_terminal_signals(void)
{
	struct sigaction take = {.sa_handler = program_on_terminal_signal};
	struct sigaction note = {.sa_handler = program_on_winch};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	sigaction(SIGINT, &take, NULL);
	sigaction(SIGTERM, &take, NULL);
	sigaction(SIGHUP, &take, NULL);
	sigaction(SIGWINCH, &note, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

static void program_say_no_engine(const char *path)
{
	fprintf(stderr, "Unable to connect to remote ringer (does %s exist?)\n", path);
}

/* ringer -r */
static int program_visit(const struct program *p, const char *path)
{
	struct terminal_conf conf = {.path = path,
				     .verbose = p->verbose,
				     .debug = p->debug,
				     .reconnects = p->reconnects,
				     .on_signal = program_visitor_stays};

	program_take_terminal_signals();
	if (terminal_run(&conf) == 0)
		return 0;
	program_say_no_engine(path);
	return 1;
}

static int program_remote(const struct program *p)
{
	char path[LIMIT_PATH];

	if (program_find_socket(p, path) != 0)
		return 1;
	if (!p->command)
		return program_visit(p, path);
	if (console_run_remote(path, p->command) == 0)
		return 0;
	program_say_no_engine(path);
	return 1;
}

/* ---- what the system gives ---- */

static uint32_t program_cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 1;
	return (uint32_t)CPU_COUNT(&set);
}

static uint32_t program_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 0;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur > UINT32_MAX ? 0 : (uint32_t)limit.rlim_cur;
}

/* As Asterisk's -p; all threads inherit it. Not fatal: without the right it goes on as before. */
static void program_take_priority(void)
{
	struct sched_param param = {.sched_priority = 10};

	if (sched_setscheduler(0, SCHED_RR, &param) != 0)
		fprintf(stderr, "ringer: -p: no real-time scheduling: %s (needs root or CAP_SYS_NICE)\n",
			strerror(errno));
}

static void program_on_stop(int signal_number)
{
	struct engine *e = program_engine;

	UNUSED(signal_number);
	if (e)
		engine_request_stop(e, CONTROL_STOP_NOW);
	else
		program_stop_early = true;
}

static void program_on_hup(int signal_number)
{
	struct engine *e = program_engine;

	UNUSED(signal_number);
	if (e)
		engine_request_reload(e);
}

static void program_take_signals(void)
{
	struct sigaction stop = {.sa_handler = program_on_stop, .sa_flags = SA_RESTART};
	struct sigaction hup = {.sa_handler = program_on_hup, .sa_flags = SA_RESTART};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGHUP, &hup, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

/* The parent waits for the child's word, so that its exit status tells whether the start went well. */
static int program_daemonize(int *report)
{
	int ends[2];
	char word = 1;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid > 0) {
		close(ends[1]);
		if (read(ends[0], &word, 1) != 1)
			word = 1;
		_exit(word);
	}
	close(ends[0]);
	*report = ends[1];
	setsid();
	return 0;
}

/* From here on the terminal belongs to others: to the shell, or to the console of -c, which leaves us
 * standard error for what cannot be said otherwise. */
static void program_detach(int report, char word, bool has_console)
{
	int null;

	if (report < 0)
		return;
	if (write(report, &word, 1) != 1) /* the parent is gone: nobody waits for the word */
		log_debug("nobody waits for the start");
	close(report);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return;
	for (int fd = 0; fd <= (has_console ? 1 : 2); fd++)
		dup2(null, fd);
	close(null);
}

static void program_write_pid(struct io *io, const char *path)
{
	char text[32];
	struct sink line = sink_make(text, sizeof(text));
	int fd = io_fs_open(io, path, IO_FS_WRITE | IO_FS_CREATE | IO_FS_TRUNC, 0644);
	ssize_t n = fd;

	sink_i64(&line, io_pid(io));
	sink_char(&line, '\n');
	if (fd >= 0) {
		n = io_fs_write(io, fd, text, line.len);
		io_fs_close(io, fd);
	}
	if (n < 0)
		log_warning("The pid file %s cannot be written: %s", path, strerror((int)-n));
}

/* ---- run ---- */

static int program_check_kernel(void)
{
	char text[1024];
	struct sink out = sink_make(text, sizeof(text));
	int err = io_probe(&out);

	if (err)
		fprintf(stderr, "ringer: %s\n", sink_cstr(&out));
	else
		log_notice("%s", sink_cstr(&out));
	return err;
}

static int program_start_logger(struct logger **logger, const struct program *p,
				const struct app_conf *app, struct sink *error)
{
	struct logger_options options = {
		.log_dir = app->log_dir,
		.terminal = p->foreground,
		.verbose = p->verbose > app->verbose ? p->verbose : app->verbose,
		.debug = p->debug > app->debug ? p->debug : app->debug,
	};
	static struct metrics metrics;
	struct io_conf conf = {.name = "boot", .metrics = &metrics, .cpu = -1};
	struct conffile_source source;
	struct conffile_error fault;
	struct conffile *cf = NULL;
	char text[1200];
	struct io *io;
	int err = io_create(&io, &conf);

	if (err)
		return err;
	app_conf_source(&source, io, app->etc_dir);
	err = conffile_load(&cf, &source, "logger.conf", &fault);
	if (err == -ENOENT)
		err = 0;
	if (err) {
		conffile_error_text(&fault, text, sizeof(text));
		sink_str(error, text);
	}
	io_destroy(io);
	if (!err)
		err = logger_start(logger, &options, cf, error);
	conffile_free(cf);
	return err;
}

static int program_serve(struct program *p, struct engine *e, int report, struct sink *error)
{
	struct logger *logger = NULL;
	const struct app_conf *app = engine_conf(e);
	int err;

	err = program_start_logger(&logger, p, app, error);
	if (!err)
		err = program_check_kernel();
	if (!err) {
		engine_set_logger(e, logger);
		err = engine_start(e, error);
	}
	if (!err) {
		program_write_pid(engine_io(e), app->pid_path);
		log_notice("Ringer " RINGER_VERSION " ready");
		logger_set_listener(logger, engine_take_line, e);
		if (p->console)
			logger_leave_terminal(logger);
		program_detach(report, 0, p->console);
		program_engine = e;
		if (program_stop_early)
			engine_request_stop(e, CONTROL_STOP_NOW);
		err = engine_run(e);
		program_engine = NULL;
		p->restarts = !err && engine_restarts(e);
		io_fs_unlink(engine_io(e), app->pid_path);
	}
	if (err && error->len > 0)
		fprintf(stderr, "ringer: %s\n", sink_cstr(error));
	if (logger)
		logger_set_listener(logger, NULL, NULL);
	engine_destroy(e);
	logger_stop(logger);
	return err;
}

/* Copies: getpwuid and getgrgid use one place for all. */
static void program_tell_owner(struct engine_options *o, char user[64], char group[64])
{
	const struct passwd *u = getpwuid(geteuid());
	const struct group *g = getgrgid(getegid());

	slice_copy(user, 64, slice_str(u ? u->pw_name : ""));
	slice_copy(group, 64, slice_str(g ? g->gr_name : ""));
	o->run_user = user;
	o->run_group = group;
}

static int program_check(const struct engine_options *options, struct sink *error)
{
	int err = engine_check(options, error);

	if (err)
		fprintf(stderr, "ringer: %s\n", sink_cstr(error));
	else
		puts("The configuration is good.");
	return err ? 1 : 0;
}

/* report: where to say that the engine runs, or -1. */
static int program_run(struct program *p, int report)
{
	char user[64], group[64];
	struct engine_options options = {.main_file = p->main_file,
					 .cpu_count = program_cpus(),
					 .descriptor_max = program_descriptors(),
					 .console = true};
	char text[1400];
	struct sink error = sink_make(text, sizeof(text));
	struct engine *e = NULL;
	int err = 0;

	if (p->check_only)
		return program_check(&options, &error);
	if (!p->foreground && !p->is_anew && program_daemonize(&report) != 0)
		return 1;
	if (p->real_time)
		program_take_priority();
	umask(022);
	program_take_signals();
	program_tell_owner(&options, user, group);
	err = engine_create(&e, &options, &error);
	if (err) {
		fprintf(stderr, "ringer: %s\n", sink_cstr(&error));
		return 1;
	}
	return program_serve(p, e, report, &error) ? 1 : 0;
}

/* ---- ringer -c: the engine in a child, the terminal here ---- */

static pid_t program_engine_pid;

/* Ctrl-C reaches the engine from the terminal; other signals are passed on. We go on until it has ended. */
static bool program_owner_stays(void *arg)
{
	UNUSED(arg);
	if (program_terminal_signal == SIGTERM || program_terminal_signal == SIGHUP)
		kill(program_engine_pid, SIGTERM);
	program_terminal_signal = 0;
	return true;
}

static int program_wait_engine(void)
{
	int status = 0;

	while (waitpid(program_engine_pid, &status, 0) < 0) {
		if (errno != EINTR)
			return 1;
		program_owner_stays(NULL);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int program_sit(const struct program *p, const char *path, int report)
{
	struct terminal_conf conf = {.path = path,
				     .verbose = p->verbose,
				     .debug = p->debug,
				     .owns_engine = true,
				     .on_signal = program_owner_stays};
	char word;

	program_take_terminal_signals();
	/* Its word, or its end. */
	while (read(report, &word, 1) < 0 && errno == EINTR)
		program_owner_stays(NULL);
	close(report);
	terminal_run(&conf);
	return program_wait_engine();
}

static int program_run_with_console(struct program *p)
{
	char path[LIMIT_PATH];
	int ends[2];

	if (program_find_socket(p, path) != 0)
		return 1;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return 1;
	program_engine_pid = fork();
	if (program_engine_pid < 0)
		return 1;
	if (program_engine_pid > 0) {
		close(ends[1]);
		return program_sit(p, path, ends[0]);
	}
	close(ends[0]);
	prctl(PR_SET_PDEATHSIG, SIGTERM); /* no engine without its console */
	if (program_run(p, ends[1]) != 0)
		exit(1);
	exit(p->restarts ? PROGRAM_ANEW : 0);
}

/* ---- core restart ---- */

/* The program as it is installed now, in this process: whoever watches over us sees no end. */
static int program_begin_anew(const struct program *p, char **argv)
{
	if (!p->foreground && setenv(PROGRAM_ANEW_MARK, "1", 1) != 0)
		return 1;
	execvp(argv[0], argv);
	fprintf(stderr, "ringer: %s cannot be started anew: %s\n", argv[0], strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	struct program p = {0};
	int done = program_parse(&p, argc, argv), code;

	if (done)
		return done > 0 ? 0 : 1;
	if (p.remote)
		return program_remote(&p);
	p.is_anew = getenv(PROGRAM_ANEW_MARK) != NULL;
	unsetenv(PROGRAM_ANEW_MARK);
	if (!p.console || p.check_only) {
		code = program_run(&p, -1);
	} else {
		code = program_run_with_console(&p);
		p.restarts = code == PROGRAM_ANEW;
	}
	return p.restarts ? program_begin_anew(&p, argv) : code;
}

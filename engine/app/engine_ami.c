/* The manager interface and its web server at the start. engine.h */
#include "engine/app/engine_internal.h"

#include "engine/app/modules.h"

#include <string.h>

/* What AMI tells of the engine as a whole. */
static void engine_describe(struct engine *e)
{
	struct ami_files files = {.source = app_conf_source};
	struct ami_about about = {
		.max_calls = e->conf.max_calls,
		.max_files = e->options.descriptor_max,
		.cdr_enabled = e->conf.csv || e->conf.sqlite,
		.has_module = module_is_there,
		.live_dangerously = e->conf.live_dangerously,
	};

	slice_copy(about.system_name, sizeof(about.system_name), slice_str(e->conf.system_name));
	slice_copy(about.run_user, sizeof(about.run_user), slice_str(e->options.run_user));
	slice_copy(about.run_group, sizeof(about.run_group), slice_str(e->options.run_group));
	ami_set_about(e->ami, &about);
	slice_copy(files.etc_dir, sizeof(files.etc_dir), slice_str(e->conf.etc_dir));
	ami_set_files(e->ami, &files);
}

static int engine_create_http(struct engine *e, struct sink *error)
{
	struct http_conf *conf;
	int err = engine_load_http(e, &conf, error);

	if (err)
		return err;
	err = ami_set_http(e->ami, conf);
	if (err)
		sink_fmt(error,
			 "the web server cannot be started: %s (http.conf bindaddr, bindport)",
			 strerror(-err));
	return err;
}

int engine_create_ami(struct engine *e, struct sink *error)
{
	struct ami_conf *conf;
	int err = engine_load_manager(e, &conf, error);

	if (err)
		return err;
	err = ami_create(&e->ami, e->control, conf);
	if (err) {
		ami_conf_free(conf);
		sink_fmt(error, "AMI cannot be started: %s (manager.conf bindaddr, port)", strerror(-err));
		return err;
	}
	engine_describe(e);
	return engine_create_http(e, error);
}

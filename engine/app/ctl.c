/* engine/app/ctl.c - see ctl.h. */
#include "engine/app/ctl.h"

#include "engine/app/console.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CTL_GREETING_MS 5000

bool ctl_wait(const struct ctl *c, int timeout_ms)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};

	return poll(&p, 1, timeout_ms) > 0;
}

void ctl_read(struct ctl *c)
{
	ssize_t n;

	if (c->taken > 0) {
		c->len -= c->taken;
		memmove(c->text, c->text + c->taken, c->len);
		c->taken = 0;
	}
	if (c->len == sizeof(c->text) || c->fd < 0)
		return;
	n = recv(c->fd, c->text + c->len, sizeof(c->text) - c->len, MSG_DONTWAIT);
	if (n > 0)
		c->len += (size_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		c->ended = true;
}

bool ctl_line(struct ctl *c, bool flush, struct slice *line, bool *is_log)
{
	struct slice rest = slice_make(c->text + c->taken, c->len - c->taken);
	size_t end = slice_find(rest, '\n');

	if (rest.len == 0)
		return false;
	if (end == SIZE_MAX && !flush && !c->ended && rest.len < sizeof(c->text) / 2)
		return false;
	*line = end == SIZE_MAX ? rest : slice_head(rest, end);
	c->taken += line->len + (end != SIZE_MAX);
	*is_log = line->len > 0 && (unsigned char)line->ptr[0] >= CONSOLE_MARK;
	if (*is_log)
		*line = slice_from(*line, 1);
	return true;
}

/* "host/pid/version"; a host name has no slash. */
static int ctl_take_greeting(struct ctl *c)
{
	struct slice line, part;
	bool is_log;

	while (!ctl_line(c, false, &line, &is_log)) {
		if (c->ended || !ctl_wait(c, CTL_GREETING_MS))
			return -EPROTO;
		ctl_read(c);
	}
	slice_split(&line, '/', &part);
	slice_copy(c->host, sizeof(c->host), part);
	slice_split(&line, '/', &part);
	slice_copy(c->pid, sizeof(c->pid), part);
	slice_copy(c->version, sizeof(c->version), line);
	return 0;
}

int ctl_open(struct ctl *c, const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int err = 0;

	c->len = c->taken = 0;
	c->ended = false;
	if (strlen(path) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	slice_copy(to.sun_path, sizeof(to.sun_path), slice_str(path));
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return -errno;
	if (connect(c->fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		err = -errno;
	if (!err)
		err = ctl_take_greeting(c);
	if (err)
		ctl_close(c);
	return err;
}

void ctl_close(struct ctl *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

void ctl_say(struct ctl *c, struct slice command)
{
	struct iovec parts[2] = {
		{.iov_base = (void *)(uintptr_t)command.ptr, .iov_len = command.len},
		{.iov_base = "", .iov_len = 1}};
	struct msghdr m = {.msg_iov = parts, .msg_iovlen = 2};

	if (sendmsg(c->fd, &m, MSG_NOSIGNAL) < 0)
		c->ended = true;
}

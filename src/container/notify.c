/* notify.c - see notify.h */
#include "container/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/socket.h"
#include "base/text.h"

#define VARIABLE "NOTIFY_SOCKET"
#define INSIDE "/run/notify"
#define SOCKET "notify.sock"
#define MESSAGE_MAX 4096

/* The service manager's socket; NULL: there is none. */
static const char *outside_socket(void)
{
	const char *path = getenv(VARIABLE);

	return path && *path ? path : NULL;
}

/* The variable may be that of a service which ended long ago, and have come to us through a shell. */
static bool manager_listens(void)
{
	auto_fd sock = -1;
	struct error err;

	if (socket_connect_datagram(outside_socket(), &sock, &err) == 0)
		return true;
	log_warning("nobody is told when the container is ready (" VARIABLE "): %s", err.text);
	return false;
}

static bool sets_variable(const struct oci_process *process)
{
	for (size_t i = 0; i < process->env.n; i++)
		if (str_after(process->env.items[i], VARIABLE "="))
			return true;
	return false;
}

static void add_string(struct oci_strings *list, const char *s)
{
	list->items = xreallocarray(list->items, list->n + 2, sizeof(*list->items));
	list->items[list->n++] = xstrdup(s);
	list->items[list->n] = NULL;
}

static void add_mount(struct oci_config *config, char *source)
{
	static const char *const options[] = { "bind", "ro", "nosuid", "nodev", "noexec" };
	struct oci_mount mount = {
		.destination = xstrdup(INSIDE),
		.type = xstrdup("bind"),
		.source = source,
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		add_string(&mount.options, options[i]);
	config->mounts.items =
		xreallocarray(config->mounts.items, config->mounts.n + 1, sizeof(mount));
	config->mounts.items[config->mounts.n++] = mount;
}

int notify_add_mount(struct oci_config *config, const struct state_dir *dir, struct error *err)
{
	char link[32], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir->fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return fail_errno(err, "find the path of '%s/%s'", dir->root, dir->id);
	path[n] = '\0';
	add_mount(config, xasprintf("%s/" STATE_NOTIFY, path));
	return 0;
}

int notify_prepare(struct oci_config *config, const struct state_dir *dir, struct error *err)
{
	int r;

	if (!outside_socket() || sets_variable(config->process) || !manager_listens())
		return 0;
	if (mkdirat(dir->fd, STATE_NOTIFY, 0755) < 0)
		return fail_errno(err, "make '%s/%s/%s'", dir->root, dir->id, STATE_NOTIFY);
	r = notify_add_mount(config, dir, err);
	if (r < 0)
		return r;
	add_string(&config->process->env, VARIABLE "=" INSIDE "/" SOCKET);
	return 0;
}

int notify_listen(const struct state_dir *dir, int *ret_fd, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	auto_fd place = -1;
	auto_fd sock = -1;

	*ret_fd = -1;
	if (!outside_socket())
		return 0;
	place = openat(dir->fd, STATE_NOTIFY, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (place < 0)
		return errno == ENOENT ? 0 : fail_errno(err, "open '%s'", STATE_NOTIFY);
	if (!manager_listens())
		return 0;
	sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sock < 0)
		return fail_errno(err, "make a socket");
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" SOCKET, place);
	/* a start that was killed leaves one */
	unlinkat(place, SOCKET, 0);
	/* the program may be any user */
	if (bind(sock, (struct sockaddr *) &address, sizeof(address)) < 0 ||
	    fchmodat(place, SOCKET, 0777, 0) < 0)
		return fail_errno(err, "listen at '%s/%s/%s/" SOCKET "'", dir->root, dir->id,
				  STATE_NOTIFY);
	*ret_fd = TAKE_FD(sock);
	return 0;
}

static int send_out(const char *text, size_t len, struct error *err)
{
	auto_fd sock = -1;
	ssize_t sent;

	if (socket_connect_datagram(outside_socket(), &sock, err) < 0)
		return fail_in(err, "tell the service manager");
	/* a stop is enough to interrupt it, with the limit that it has */
	do
		sent = send(sock, text, len, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? fail_errno(err, "tell the service manager at '%s'", outside_socket()) : 0;
}

/* Passes on the lines of a message, but what would speak for other processes or hand on
 * descriptors.  1: it was ready. */
static int pass_on(char *message, pid_t init, struct error *err)
{
	/* clang-format off */
	static const char *const passed[] = { "READY=", "RELOADING=", "STOPPING=", "STATUS=", "ERRNO=",
					      "BUSERROR=", "EXTEND_TIMEOUT_USEC=", NULL };
	/* clang-format on */
	bool is_ready = false;
	auto_str text = { 0 };
	char *rest = message, *line;
	int r;

	while ((line = strsep(&rest, "\n"))) {
		for (size_t i = 0; passed[i]; i++)
			if (str_after(line, passed[i]))
				str_printf(&text, "%s\n", line);
		is_ready = is_ready || strcmp(line, "READY=1") == 0;
	}
	if (is_ready)
		str_printf(&text, "MAINPID=%d\n", init);
	r = text.len ? send_out(text.data, text.len, err) : 0;
	return r < 0 ? r : is_ready;
}

/* All messages that are there.  1: it was ready. */
static int drain(int socket, pid_t init, struct error *err)
{
	char message[MESSAGE_MAX + 1];
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = recv(socket, message, MESSAGE_MAX, 0)) >= 0) {
		message[n] = '\0';
		r = pass_on(message, init, err);
	}
	return r;
}

/* Until it is ready, which is 1, or has ended. */
static int forward(int socket, pid_t init, struct error *err)
{
	auto_fd pidfd = (int) syscall(SYS_pidfd_open, init, 0);
	int r = 0;

	if (pidfd < 0) /* it has ended already, perhaps with a word */
		return drain(socket, init, err);
	while (r == 0) {
		struct pollfd events[] = { { .fd = socket, .events = POLLIN },
					   { .fd = pidfd, .events = POLLIN } };

		if (poll(events, ARRAY_SIZE(events), -1) < 0) {
			if (errno != EINTR)
				return fail_errno(err, "wait for the container to be ready");
			continue;
		}
		r = drain(socket, init, err);
		if (events[1].revents)
			break;
	}
	return r;
}

void notify_forward(int socket, pid_t init)
{
	struct error err;

	if (socket >= 0 && forward(socket, init, &err) < 0)
		log_warning("%s", err.text);
}

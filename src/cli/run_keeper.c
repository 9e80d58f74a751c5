/* run_keeper.c - see run_keeper.h */
#include "cli/run_keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/packet.h"
#include "base/text.h"
#include "image/bundle_record.h"
#include "image/root_mount.h"
#include "image/staging.h"
#include "image/store.h"
#include "image/unpack.h"

/* A message is the runtime's pid, or this. */
#define DONE ((pid_t) -1)

#define BUNDLE "bundle"

/* How often, and how long each time, we wait for the runtime to end. */
#define DELETE_TRIES 100
#define DELETE_PAUSE_MS 100

#define WORDS_MAX 8

void kept_execute(const struct kept *kept, const char *const *words)
{
	const char *argv[WORDS_MAX + 4] = { kept->runtime };
	const char *state = kept->own_state ? kept->own_state : kept->state;
	size_t n = 1;

	if (state) {
		argv[n++] = "--root";
		argv[n++] = state;
	}
	for (size_t i = 0; words[i] && i < WORDS_MAX; i++)
		argv[n++] = words[i];
	execvp(kept->runtime, (char *const *) argv);
}

/* Those of the terminal and those for our whole group are not for the keeper. */
static const int not_for_us[] = { SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE };

static void set_signals(void (*handler)(int))
{
	for (size_t i = 0; i < ARRAY_SIZE(not_for_us); i++)
		signal(not_for_us[i], handler);
}

static void delete_container(const struct kept *kept)
{
	const char *const words[] = { "delete", "--force", kept->id, NULL };
	pid_t pid = fork();

	if (pid == 0) {
		/* it has hooks to run */
		set_signals(SIG_DFL);
		/* The runtime, which removes the container as well, may be the first. */
		if (dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO) >= 0)
			kept_execute(kept, words);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* The runtime may still be about to make the container: so until it has ended, again. */
static void end_container(const struct kept *kept, int runtime_fd)
{
	struct pollfd end = { .fd = runtime_fd, .events = POLLIN };

	for (int i = 0; i < DELETE_TRIES; i++) {
		delete_container(kept);
		if (runtime_fd < 0 || poll(&end, 1, DELETE_PAUSE_MS) > 0)
			break;
	}
	/* What it left when it was ended while it made the container. */
	delete_container(kept);
}

/* As whoever looks for it finds it: TMPDIR may be relative, and have links in it. */
static char *path_of(const struct kept *kept)
{
	char top[PATH_MAX];
	struct error ignored;

	return path_of_fd(kept->lock_fd, top, &ignored) < 0 ? NULL : xasprintf("%s/" BUNDLE, top);
}

void kept_note(const struct kept *kept)
{
	auto_free char *bundle = path_of(kept);
	auto_store store = STORE_NONE;
	struct error why;

	if (bundle && (store_open(kept->store, STORE_SHARED, &store, &why) < 0 ||
		       bundle_record_add_run(kept->store, bundle, &why) < 0))
		log_debug("%s", why.text);
}

void kept_remove(struct kept *kept)
{
	auto_free char *bundle = kept->top ? path_of(kept) : NULL;
	struct error err;

	if (!kept->top)
		return;
	if (bundle_delete(kept->lock_fd, BUNDLE, &err) < 0)
		log_error(&err);
	if (staging_clean(kept->lock_fd, BUNDLE, &err) < 0)
		log_error(&err);
	if (kept->own_state && dir_remove(kept->lock_fd, RUN_PLACE_STATE, &err) < 0)
		log_error(&err);
	if (rmdir(kept->top) == 0 && bundle)
		bundle_record_drop(kept->store, bundle);
	kept_release(kept);
}

void kept_release(struct kept *kept)
{
	cleanup_fd(&kept->lock_fd);
	free(kept->top);
	free(kept->bundle);
	free(kept->own_state);
	kept->top = kept->bundle = kept->own_state = NULL;
}

static void stand_aside(void)
{
	setsid();
	set_signals(SIG_IGN);
}

static void set_top(struct kept *kept, char *top)
{
	kept->top = top;
	kept->bundle = xasprintf("%s/" BUNDLE, top);
	if (kept->has_own_state)
		kept->own_state = xasprintf("%s/" RUN_PLACE_STATE, top);
	kept->id = strrchr(top, '/') + 1;
}

static const char *directory_of_places(void)
{
	const char *directory = getenv("TMPDIR");

	return directory && *directory ? directory : "/var/tmp";
}

/* Returns 0 or -errno. */
static int make_top(struct kept *kept)
{
	char *top = xasprintf("%s/" RUN_PLACE_PREFIX "XXXXXX", directory_of_places());

	if (!mkdtemp(top)) {
		free(top);
		return -errno;
	}
	set_top(kept, top);
	kept->lock_fd = open(top, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return kept->lock_fd < 0 || flock(kept->lock_fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
}

/* The first message: where the bundle will be, or -errno. */
struct place_message {
	int result;
	char top[PATH_MAX];
};

static int send_place(const struct kept *kept, int result, int fd)
{
	struct place_message message = { .result = result };

	if (result == 0)
		snprintf(message.top, sizeof(message.top), "%s", kept->top);
	return packet_send(fd, &message, sizeof(message), &kept->lock_fd, result == 0);
}

static _Noreturn void keep(struct kept *kept, int fd)
{
	auto_fd runtime_fd = -1;
	pid_t message = 0;
	bool has_run = false;

	stand_aside();
	send_place(kept, make_top(kept), fd);
	while (packet_recv(fd, &message, sizeof(message), NULL) == (ssize_t) sizeof(message)) {
		if (message == DONE)
			_exit(0);
		has_run = true;
		runtime_fd = (int) syscall(SYS_pidfd_open, message, 0);
	}
	if (has_run)
		end_container(kept, runtime_fd);
	kept_remove(kept);
	_exit(0);
}

static int receive_place(struct kept *kept, int fd, struct error *err)
{
	struct place_message message;
	int fds[PACKET_FDS_MAX];

	if (packet_recv(fd, &message, sizeof(message), fds) != (ssize_t) sizeof(message))
		return fail(err, ECHILD, "the process that cleans up has ended");
	if (message.result < 0)
		return fail(err, -message.result, "make a directory for the bundle in '%s': %s",
			    directory_of_places(), strerror(-message.result));
	kept->lock_fd = fds[0];
	set_top(kept, xstrdup(message.top));
	return 0;
}

int keeper_start(struct kept *kept, struct keeper *ret, struct error *err)
{
	int fds[2], r = packet_pair(fds);

	if (r < 0)
		return fail(err, -r, "make a socket pair: %s", strerror(-r));
	ret->pid = fork();
	if (ret->pid == 0) {
		close(fds[0]);
		keep(kept, fds[1]);
	}
	close(fds[1]);
	ret->fd = fds[0];
	if (ret->pid > 0)
		return receive_place(kept, fds[0], err);
	ret->pid = 0;
	return fail_errno(err, "start a process that cleans up");
}

void keeper_tell(const struct keeper *keeper)
{
	const pid_t runtime = getpid();

	packet_send(keeper->fd, &runtime, sizeof(runtime), NULL, 0);
}

void keeper_end(struct keeper *keeper, bool is_done)
{
	const pid_t done = DONE;

	if (keeper->pid > 0 && is_done)
		packet_send(keeper->fd, &done, sizeof(done), NULL, 0);
	cleanup_fd(&keeper->fd);
	while (keeper->pid > 0 && waitpid(keeper->pid, NULL, 0) < 0 && errno == EINTR)
		;
	keeper->pid = 0;
}

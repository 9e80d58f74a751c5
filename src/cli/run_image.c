/* run_image.c - the command run: an image becomes a container, and nothing of it stays */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/process.h"
#include "base/text.h"
#include "cli/bundle_commands.h"
#include "cli/interrupt.h"
#include "cli/run_keeper.h"
#include "cli/unpack_options.h"

struct run_options {
	struct unpack_options unpack; /* first: what the shared rows fill */
	const char *runtime;
	const char *state;
};

/* Where the bundle is, and who removes it if we cannot. */
struct place {
	struct kept kept;
	struct keeper keeper;
	bool is_keepers; /* to remove, with a container that may still run */
	char *runtime;
};

#define PLACE_NONE ((struct place){ .kept = KEPT_NONE, .keeper = KEEPER_NONE })

static void place_release(struct place *place)
{
	if (place->is_keepers)
		kept_release(&place->kept);
	else
		kept_remove(&place->kept);
	keeper_end(&place->keeper, !place->is_keepers);
	free(place->runtime);
}
#define auto_place __attribute__((cleanup(place_release))) struct place

/* The runtime beside this program, or else the one in PATH. */
static char *find_runtime(void)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 16);
	char *slash;

	if (len > 0) {
		path[len] = '\0';
		slash = strrchr(path, '/');
		strcpy(slash + 1, "coracle");
		if (access(path, X_OK) == 0)
			return xstrdup(path);
	}
	return xstrdup("coracle");
}

/* A user's runtime has it below XDG_RUNTIME_DIR, which cron and su do not set. */
static bool has_place_for_state(void)
{
	const char *directory = getenv("XDG_RUNTIME_DIR");

	return geteuid() == 0 || (directory && *directory == '/');
}

static int make_place(const struct run_options *options, const char *store, struct place *ret,
		      struct error *err)
{
	ret->runtime = options->runtime ? xstrdup(options->runtime) : find_runtime();
	ret->kept.runtime = ret->runtime;
	ret->kept.state = options->state;
	ret->kept.has_own_state = !options->state && !has_place_for_state();
	ret->kept.store = store;
	if (keeper_start(&ret->kept, &ret->keeper, err) < 0)
		return -err->code;
	kept_note(&ret->kept);
	return 0;
}

/* What is sent to us is for the container. */
static const int passed[] = { SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGUSR1, SIGUSR2 };

static bool is_ignored(int signal_)
{
	struct sigaction now;

	return sigaction(signal_, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

/* The runtime has the lock too, until the container has ended.  A signal that comes before it is there
 * ends us: what somebody wanted to stop does not begin. */
static void execute(const struct place *place, pid_t parent, const sigset_t *mask)
{
	const struct kept *kept = &place->kept;
	const char *const words[] = { "run", "--bundle", kept->bundle, kept->id, NULL };

	keeper_tell(&place->keeper);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(127);
	for (size_t i = 0; i < ARRAY_SIZE(passed); i++)
		if (!is_ignored(passed[i]))
			signal(passed[i], SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	fcntl(kept->lock_fd, F_SETFD, 0);
	kept_execute(kept, words);
	fprintf(stderr, "coracle-unpack: error: execute '%s': %s\n", kept->runtime,
		strerror(errno));
	_exit(127);
}

static volatile pid_t runtime_pid;
static bool is_session_leader;

/* Those of a terminal, which the kernel sends, reach the runtime anyway, but for its hang-up, which the session's
 * leader alone is told.  All others have a code up to 0, whichever call has sent them. */
static void pass_on(int signal_, siginfo_t *info, void *context)
{
	bool is_for_us_only = info->si_code <= 0 || (signal_ == SIGHUP && is_session_leader);

	(void) context;
	if (is_for_us_only && runtime_pid > 0)
		kill(runtime_pid, signal_);
}

static void pass_signals_on(void)
{
	struct sigaction action = { .sa_sigaction = pass_on, .sa_flags = SA_SIGINFO | SA_RESTART };

	is_session_leader = getsid(0) == getpid();
	for (size_t i = 0; i < ARRAY_SIZE(passed); i++)
		if (!is_ignored(passed[i]))
			sigaction(passed[i], &action, NULL);
}

/* Signals wait until there is somebody to have them. */
static int start(const struct place *place, struct error *err)
{
	pid_t us = getpid();
	sigset_t waiting, mask;

	sigemptyset(&waiting);
	for (size_t i = 0; i < ARRAY_SIZE(passed); i++)
		sigaddset(&waiting, passed[i]);
	sigprocmask(SIG_BLOCK, &waiting, &mask);
	/* Until here a signal has ended the work. */
	if (interrupt_signal) {
		sigprocmask(SIG_SETMASK, &mask, NULL);
		return fail(err, EINTR, "stopped by a signal");
	}
	runtime_pid = fork();
	if (runtime_pid == 0)
		execute(place, us, &mask);
	if (runtime_pid > 0)
		pass_signals_on();
	else
		fail_errno(err, "start the runtime");
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return runtime_pid < 0 ? -err->code : 0;
}

static int run_container(struct place *place, struct error *err)
{
	int status;

	if (start(place, err) < 0)
		return -err->code;
	while (waitpid(runtime_pid, &status, 0) < 0)
		if (errno != EINTR)
			return fail_errno(err, "wait for the container");
	/* its number may be another's now */
	runtime_pid = 0;
	/* It does not end so by itself: somebody has killed it, and not the container. */
	place->is_keepers = WIFSIGNALED(status);
	return exit_code(status);
}

static int run_run(const struct invocation *invocation, struct error *err)
{
	auto_place place = PLACE_NONE;
	struct unpack_request request = {
		.is_temporary = true,
		.driver = geteuid() == 0 ? DRIVER_OVERLAY : DRIVER_DIR,
		.settings = { .args = invocation->arguments + 1 },
	};
	struct progress done;

	if (make_place(invocation->options, invocation->global->root, &place, err) < 0)
		return -err->code;
	request.bundle = place.kept.bundle;
	if (unpack_options_make(invocation, &request, &done, err) < 0)
		return -err->code;
	return run_container(&place, err);
}

static const struct option_row rows[] = {
	UNPACK_OPTION_ROWS("overlay for root, dir for others"),
	OPTION(run_options, runtime, "runtime", 0, "PROGRAM",
	       "the OCI runtime (default: coracle, beside this program or in PATH)"),
	OPTION(run_options, state, "state", 0, "DIR",
	       "where the runtime keeps the container's state (its --root)"),
	OPTIONS_END
};

const struct command run_image_command = {
	.name = "run",
	.arguments = "IMAGE [ARGUMENT ...]",
	.summary = "Run a container of an image with coracle, and remove both when it has ended",
	.min_arguments = 1,
	.max_arguments = INT_MAX,
	.uses_state = true,
	.order = OPTIONS_FIRST,
	.options = rows,
	.options_size = sizeof(struct run_options),
	.run = run_run,
};

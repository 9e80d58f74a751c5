/* systemd.c - see systemd.h */
#include "cgroup/systemd.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/capture.h"
#include "base/cleanup.h"
#include "base/configured.h"
#include "base/text.h"
#include "cgroup/property_text.h"

bool systemd_is_built_in(void)
{
	return HAVE_SYSTEMD;
}

#if HAVE_SYSTEMD

#define PROGRAM "coracle-systemd"
#define INSTALLED LIBEXECDIR "/" PROGRAM

/* Each of its calls and waits has a limit of its own; this is for a program that hangs. */
#define ANSWER_LIMIT_MS 180000

/* Beside our own program, where a build has both, or where it was installed. */
static int find_program(char **ret, struct error *err)
{
	const char *self = (const char *) getauxval(AT_EXECFN);
	const char *slash = self ? strrchr(self, '/') : NULL;
	auto_free char *beside = NULL;

	if (slash)
		beside = xasprintf("%.*s/" PROGRAM, (int) (slash - self), self);
	if (beside && access(beside, X_OK) == 0)
		*ret = TAKE_PTR(beside);
	else if (access(INSTALLED, X_OK) == 0)
		*ret = xstrdup(INSTALLED);
	else
		return fail_as(err, ERROR_CGROUP, ENOENT,
			       "the systemd cgroup manager needs the program '" INSTALLED "': %s",
			       strerror(errno));
	return 0;
}

/* Nothing, or the number of an error and what there is to say about it, behind a '+' when systemd was
 * asked. */
static int read_answer(const struct str *answer, bool *ret_is_asked, struct error *err)
{
	char *end;
	long code;

	if (!answer->len)
		return 0;
	*ret_is_asked = answer->data[0] == '+';
	code = strtol(answer->data, &end, 10);
	if (code <= 0 || code > INT_MAX || *end != ' ')
		return fail_as(err, ERROR_CGROUP, EPROTO, "'" PROGRAM "' has a malformed answer");
	return fail_as(err, ERROR_CGROUP, (int) code, "%s", end + 1);
}

static int ask(const char *what, const char *unit, bool is_user,
	       const struct property_list *properties, bool *ret_is_asked, struct error *err)
{
	size_t n_properties = properties ? properties->n : 0, n = 0;
	auto_free char **argv = xcalloc(n_properties + 5, sizeof(*argv));
	auto_free char *program = NULL;
	auto_str answer = { 0 };
	char **assignments;
	int r;

	*ret_is_asked = false;
	r = find_program(&program, err);
	if (r < 0)
		return r;
	*ret_is_asked = true; /* as far as we know, until it says otherwise */
	argv[n++] = program;
	argv[n++] = (char *) (is_user ? "user" : "system");
	argv[n++] = (char *) what;
	argv[n++] = (char *) unit;
	assignments = argv + n;
	for (size_t i = 0; i < n_properties; i++)
		assignments[i] = property_text_print(&properties->items[i]);
	r = capture(argv, ANSWER_LIMIT_MS, &answer, err);
	for (size_t i = 0; i < n_properties; i++)
		free(assignments[i]);
	return r < 0 ? fail_class(err, ERROR_CGROUP, NULL)
		     : read_answer(&answer, ret_is_asked, err);
}

#else

static int ask(const char *what, const char *unit, bool is_user,
	       const struct property_list *properties, bool *ret_is_asked, struct error *err)
{
	*ret_is_asked = false;
	(void) what;
	(void) unit;
	(void) is_user;
	(void) properties;
	return fail_as(err, ERROR_CGROUP, ENOTSUP,
		       "the systemd cgroup manager is not in this build: use cgroupfs");
}

#endif

int systemd_start(const char *unit, bool is_user, const struct property_list *properties,
		  bool *ret_may_be_there, struct error *err)
{
	return ask("start", unit, is_user, properties, ret_may_be_there, err);
}

int systemd_change(const char *unit, bool is_user, const struct property_list *properties,
		   struct error *err)
{
	bool ignored;

	return ask("change", unit, is_user, properties, &ignored, err);
}

int systemd_stop(const char *unit, bool is_user, struct error *err)
{
	bool ignored;

	return ask("stop", unit, is_user, NULL, &ignored, err);
}

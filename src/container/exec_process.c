/* exec_process.c - see exec_process.h */
#include "container/exec_process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "container/check.h"
#include "libocispec/document.h"
#include "linux/capabilities.h"

static void append(struct oci_strings *list, const char *item)
{
	list->items = xreallocarray(list->items, list->n + 2, sizeof(*list->items));
	list->items[list->n++] = xstrdup(item);
	list->items[list->n] = NULL;
}

static void replace(char **member, const char *value)
{
	if (!value)
		return;
	free(*member);
	*member = xstrdup(value);
}

/* (uint32_t) -1 is no id: see process_check(). */
static int parse_id(const char *option, const char *text, uint32_t *ret, struct error *err)
{
	uint64_t number;
	int r = parse_u64(text, UINT32_MAX - 1, &number);

	if (r < 0)
		return fail_as(err, ERROR_USAGE, EINVAL,
			       "option '%s': '%s' is not a number from 0 to %" PRIu32, option, text,
			       UINT32_MAX - 1);
	*ret = (uint32_t) number;
	return 0;
}

/* UID[:GID], numbers only and strictly: "1x" or "" read as 0 made programs root (CVE-2026-30892). */
static int set_ids(const char *text, struct oci_user *user, struct error *err)
{
	const char *colon = strchr(text, ':');
	auto_free char *uid = xasprintf("%.*s", (int) str_until(text, ':'), text);
	int r;

	r = parse_id("--user", uid, &user->uid, err);
	if (r == 0 && colon)
		r = parse_id("--user", colon + 1, &user->gid, err);
	return r;
}

static int set_user(const struct exec_options *options, struct oci_process *process,
		    struct error *err)
{
	struct oci_user *user;
	int r = 0;

	if (!options->user && !options->additional_gids.n)
		return 0;
	if (!process->user)
		process->user = xcalloc(1, sizeof(*process->user));
	user = process->user;
	if (options->user)
		r = set_ids(options->user, user, err);
	for (size_t i = 0; r == 0 && i < options->additional_gids.n; i++) {
		struct oci_u32s *gids = &user->additional_gids;

		gids->items = xreallocarray(gids->items, gids->n + 1, sizeof(*gids->items));
		r = parse_id("--additional-gids", options->additional_gids.items[i],
			     &gids->items[gids->n], err);
		gids->n += r == 0;
	}
	return r;
}

static bool holds(const struct oci_strings *list, const char *item)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i], item) == 0)
			return true;
	return false;
}

static int add_capability(const char *name, struct oci_process *process, struct error *err)
{
	struct oci_capabilities *sets;

	if (!capability_is_known(name))
		return fail_as(err, ERROR_USAGE, EINVAL, "option '--cap': unknown capability '%s'",
			       name);
	if (!process->capabilities)
		process->capabilities = xcalloc(1, sizeof(*process->capabilities));
	sets = process->capabilities;
	append(&sets->bounding, name);
	append(&sets->effective, name);
	append(&sets->permitted, name);
	if (holds(&sets->inheritable, name))
		append(&sets->ambient, name);
	return 0;
}

/* In the place of the container's variable of that name: most programs see the first of two. */
static int set_variable(struct oci_strings *env, const char *variable, struct error *err)
{
	const char *equals = strchr(variable, '=');

	if (!equals || equals == variable)
		return fail_as(err, ERROR_USAGE, EINVAL, "option '--env': '%s' is not NAME=VALUE",
			       variable);
	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->items[i], variable, (size_t) (equals - variable) + 1) == 0) {
			replace(&env->items[i], variable);
			return 0;
		}
	append(env, variable);
	return 0;
}

static int plan_from_options(const struct exec_options *options, struct oci_process *process,
			     struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < process->args.n; i++)
		free(process->args.items[i]);
	process->args.n = 0;
	for (size_t i = 0; options->args[i]; i++)
		append(&process->args, options->args[i]);
	replace(&process->cwd, options->cwd);
	replace(&process->apparmor_profile, options->apparmor);
	replace(&process->selinux_label, options->process_label);
	process->terminal = options->tty;
	process->no_new_privileges |= options->no_new_privs;
	for (size_t i = 0; r == 0 && i < options->env.n; i++)
		r = set_variable(&process->env, options->env.items[i], err);
	if (r == 0)
		r = set_user(options, process, err);
	for (size_t i = 0; r == 0 && i < options->caps.n; i++)
		r = add_capability(options->caps.items[i], process, err);
	return r;
}

static int read_document(const char *path, struct oci_process *ret, struct error *err)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	auto_free char *json = NULL;
	struct oci_error reason;
	size_t len;
	int r;

	if (fd < 0) {
		fail_errno(err, "open the process '%s'", path);
		return fail_class(err, ERROR_BUNDLE, path);
	}
	r = file_read_fd(fd, path, OCI_DOCUMENT_MAX, &json, &len, err);
	if (r < 0)
		return fail_class(err, ERROR_BUNDLE, path);
	r = oci_parse(&oci_process_desc, ret, json, len, &reason);
	if (r < 0) {
		fail_at(err, reason.code, reason.path, "%s", reason.text);
		return fail_in(err, "%s", path);
	}
	return 0;
}

#define INHERIT(to, from, member, is_there)                            \
	do {                                                           \
		if (!(is_there)) {                                     \
			__typeof__((to)->member) mine_ = (to)->member; \
			(to)->member = (from)->member;                 \
			(from)->member = mine_;                        \
		}                                                      \
	} while (0)

static void inherit(struct oci_process *process, struct oci_process *container)
{
	INHERIT(process, container, capabilities, process->capabilities);
	INHERIT(process, container, rlimits, process->rlimits.n);
	INHERIT(process, container, apparmor_profile, process->apparmor_profile);
	INHERIT(process, container, selinux_label, process->selinux_label);
	INHERIT(process, container, oom_score_adj, process->oom_score_adj.is_set);
	INHERIT(process, container, scheduler, process->scheduler);
	INHERIT(process, container, io_priority, process->io_priority);
	INHERIT(process, container, exec_cpu_affinity, process->exec_cpu_affinity);
}

static int plan_from_document(const char *path, struct oci_process *process, struct error *err)
{
	struct oci_process document = { 0 };
	int r;

	r = read_document(path, &document, err);
	if (r < 0)
		return r;
	inherit(&document, process);
	oci_release(&oci_process_desc, process);
	*process = document;
	return 0;
}

int exec_process_plan(const struct exec_options *options, struct oci_process *process,
		      struct error *err)
{
	int r;

	if (options->process)
		r = plan_from_document(options->process, process, err);
	else
		r = plan_from_options(options, process, err);
	return r < 0 ? r : process_check(process, err);
}

/* scope_name.c - see scope_name.h */
#include "cgroup/scope_name.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cgroup/controllers.h"

#define UNIT_NAME_MAX 255

static const char where_path[] = "linux.cgroupsPath";

static bool is_unit_character(char c)
{
	return isalnum((unsigned char) c) || (c && strchr(":-_.\\", c));
}

static void append_escaped(struct str *s, const char *part)
{
	for (; *part; part++)
		if (is_unit_character(*part))
			str_append(s, part, 1);
		else
			str_printf(s, "\\x%02x", (unsigned char) *part);
}

static int make_scope(const char *prefix, const char *name, char **ret_scope, struct error *err)
{
	auto_str scope = { 0 };

	if (*prefix) {
		append_escaped(&scope, prefix);
		str_printf(&scope, "-");
	}
	append_escaped(&scope, name);
	str_printf(&scope, ".scope");
	if (scope.len > UNIT_NAME_MAX)
		return fail_at(err, ENAMETOOLONG, where_path,
			       "the scope's name '%s' is longer than %d bytes", scope.data,
			       UNIT_NAME_MAX);
	*ret_scope = TAKE_PTR(scope.data);
	return 0;
}

/* "a-b.slice": parts that are not empty, with one '-' between them. */
static bool is_slice(const char *slice)
{
	size_t stem;

	if (strcmp(slice, "-.slice") == 0)
		return true;
	if (!str_ends_with(slice, ".slice") || strlen(slice) > UNIT_NAME_MAX)
		return false;
	stem = strlen(slice) - strlen(".slice");
	for (size_t i = 0; i < stem; i++)
		if (!is_unit_character(slice[i]))
			return false;
	return stem > 0 && slice[0] != '-' && slice[stem - 1] != '-' && !strstr(slice, "--");
}

static int make_slice(const char *given, bool is_user, char **ret_slice, struct error *err)
{
	if (!*given)
		given = is_user ? "user.slice" : "system.slice";
	else if (strcmp(given, "-") == 0)
		given = "-.slice";
	if (!is_slice(given))
		return fail_at(err, EINVAL, where_path, "'%s' is not the name of a slice", given);
	*ret_slice = xstrdup(given);
	return 0;
}

/* Cuts "slice:prefix:name", a copy, into its parts. */
static int split(char *path, const char *given, char *parts[3], struct error *err)
{
	parts[0] = strsep(&path, ":");
	parts[1] = strsep(&path, ":");
	parts[2] = path;
	if (!path || strchr(path, ':'))
		return fail_at(err, EINVAL, where_path,
			       "'%s' is not of the form slice:prefix:name, which the systemd cgroup "
			       "manager needs",
			       given);
	if (!*path)
		return fail_at(err, EINVAL, where_path, "'%s' gives the scope no name", given);
	if (str_ends_with(path, ".slice"))
		return fail_at(err, EINVAL, where_path,
			       "'%s' names a slice, where a container's processes cannot be",
			       given);
	return 0;
}

int scope_name_plan(const char *cgroups_path, const char *id, bool is_user, char **ret_slice,
		    char **ret_scope, struct error *err)
{
	auto_free char *copy = cgroups_path ? xstrdup(cgroups_path) : NULL;
	char *parts[3] = { "", "coracle", (char *) id };
	auto_free char *slice = NULL;
	int r = 0;

	if (copy)
		r = split(copy, cgroups_path, parts, err);
	if (r == 0)
		r = make_slice(parts[0], is_user, &slice, err);
	if (r == 0)
		r = make_scope(parts[1], parts[2], ret_scope, err);
	if (r < 0)
		return r;
	*ret_slice = TAKE_PTR(slice);
	return 0;
}

/* Names that could be taken for a file of the kernel's get a '_' in front from systemd. */
static bool needs_mark(const char *unit)
{
	static const char *const files[] = { "cgroup.", "notify_on_release", "release_agent",
					     "tasks" };
	size_t n = strcspn(unit, ".");

	if (unit[0] == '_' || unit[0] == '.')
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (str_equal(unit, files[i]) || (i == 0 && str_after(unit, files[i])))
			return true;
	return unit[n] == '.' && controller_of_file(unit) != CONTROLLER_NONE;
}

static void append_unit(struct str *path, const char *unit)
{
	str_printf(path, "/%s%s", needs_mark(unit) ? "_" : "", unit);
}

char *scope_name_path(const char *slice, const char *scope)
{
	struct str path = { 0 };

	if (strcmp(slice, "-.slice") != 0) {
		for (const char *dash = strchr(slice, '-'); dash; dash = strchr(dash + 1, '-')) {
			auto_free char *parent =
				xasprintf("%.*s.slice", (int) (dash - slice), slice);

			append_unit(&path, parent);
		}
		append_unit(&path, slice);
	}
	append_unit(&path, scope);
	return path.data;
}

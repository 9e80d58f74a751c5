/* program.c - see program.h */
#include "container/program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

#define WHERE "process.args[0]"
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

const char *env_get(char *const *env, const char *name)
{
	const char *found = NULL;
	size_t len = strlen(name);

	for (; env && *env; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			found = *env + len + 1;
	return found;
}

/* 0, or why path cannot be executed. */
static int try_path(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	/* faccessat(AT_EACCESS) asks for the effective ids, which need not be the real ones */
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? errno : 0;
}

static const char *reason(int code)
{
	switch (code) {
	case ENOENT:
	case ENOTDIR:
		return "no such file or directory";
	case EACCES:
		return "permission denied";
	case EISDIR:
		return "permission denied: it is a directory";
	default:
		return strerror(code);
	}
}

static int not_found(struct error *err, int code, const char *name, const char *why)
{
	fail_at(err, code, WHERE, "execute '%s': %s", name, why);
	return fail_class(err, ERROR_BUNDLE, WHERE);
}

/* An empty place, which one behind the last colon is too, is the current directory (POSIX, 8.3); a PATH
 * that is nothing but empty has none. */
static int search(const char *name, const char *path, char **ret_path, struct error *err)
{
	int unusable = 0; /* why the first that may be there cannot be executed */

	for (bool is_more = *path; is_more;) {
		size_t len = str_until(path, ':');
		auto_free char *candidate =
			xasprintf("%.*s%s%s", (int) len, path, len ? "/" : "./", name);
		int code = try_path(candidate);

		if (!code) {
			*ret_path = TAKE_PTR(candidate);
			return 0;
		}
		if (!unusable && code != ENOENT && code != ENOTDIR && code != EISDIR)
			unusable = code;
		path += len;
		is_more = *path == ':';
		path += is_more;
	}
	if (unusable)
		return not_found(err, unusable, name, reason(unusable));
	return not_found(err, ENOENT, name, "executable file not found in $PATH");
}

int program_find(const char *name, char *const *env, char **ret_path, struct error *err)
{
	const char *path = env_get(env, "PATH");
	int code;

	if (!strchr(name, '/'))
		return search(name, path ? path : DEFAULT_PATH, ret_path, err);
	code = try_path(name);
	if (code)
		return not_found(err, code, name, reason(code));
	*ret_path = xstrdup(name);
	return 0;
}

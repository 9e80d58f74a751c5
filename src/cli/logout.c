/* logout.c - the command logout */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "cli/image_commands.h"
#include "image/auth_file.h"
#include "image/reference.h"

struct logout_options {
	const char *auth_file;
};

static int logout_run(const struct invocation *invocation, struct error *err)
{
	const struct logout_options *options = invocation->options;
	const char *scope = invocation->arguments[0];
	auto_free char *host = NULL;
	auto_free char *path = NULL;
	bool was_there = false;

	if (reference_parse_scope(scope, &host, err) < 0 ||
	    credentials_store(options->auth_file, scope, NULL, &was_there, &path, err) < 0)
		return -err->code;
	if (!was_there)
		return fail_as(err, ERROR_STATE, ENOENT, "'%s' holds no credentials for '%s'", path,
			       scope);
	fprintf(stderr, "logged out of '%s': removed from '%s'\n", scope, path);
	return 0;
}

static const struct option_row rows[] = {
	OPTION(logout_options, auth_file, "authfile", 0, "FILE",
	       "remove the credentials from FILE (default: $REGISTRY_AUTH_FILE, or the usual place)"),
	OPTIONS_END
};

const struct command logout_command = {
	.name = "logout",
	.arguments = "REGISTRY[/PATH]",
	.summary = "Forget the credentials for a registry",
	.min_arguments = 1,
	.max_arguments = 1,
	.options = rows,
	.options_size = sizeof(struct logout_options),
	.run = logout_run,
};

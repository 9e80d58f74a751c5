/* registry_absent.c - the commands that ask registries, in a build without libcurl */
#include <errno.h>

#include "cli/image_commands.h"
#include "cli/unpack_fetch.h"

static int absent_run(const struct invocation *invocation, struct error *err)
{
	(void) invocation;
	return fail_as(err, ERROR_USAGE, ENOTSUP,
		       "this coracle-unpack was built without registries (configure "
		       "--disable-registry, or a static build): `skopeo copy` can fetch the image "
		       "into a layout");
}

/* Whatever the other builds' options are, what is said of them is that there are no registries. */
static const struct option_row rows[] = { OPTIONS_END };

#define ABSENT(name_, arguments_)                                          \
	const struct command name_##_command = {                           \
		.name = #name_,                                            \
		.arguments = arguments_,                                   \
		.summary = "Not in this build: it has no registry client", \
		.max_arguments = 1000,                                     \
		.order = OPTIONS_HELP,                                     \
		.options = rows,                                           \
		.run = absent_run,                                         \
	}

ABSENT(login, "REGISTRY[/PATH]");
ABSENT(logout, "REGISTRY[/PATH]");
ABSENT(pull, "IMAGE");

int unpack_fetch(const char *image, const struct unpack_options *options, const struct store *store,
		 struct unpack_request *request, struct progress *ret, struct error *err)
{
	(void) options;
	(void) store;
	(void) request;
	(void) ret;
	return fail_as(err, ERROR_USAGE, ENOTSUP,
		       "image '%s' is not in the store, and this coracle-unpack was built without "
		       "registries",
		       image);
}

/* rm.c - the command rm */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/image_commands.h"
#include "image/digest.h"
#include "image/source.h"

static int remove_name(const char *image, const char *root, struct error *err)
{
	auto_image_source source = IMAGE_SOURCE_NONE;
	size_t n = 0;

	if (image_source_open(image, root, NULL, &source, err) < 0)
		return -err->code;
	if (!source.store.root)
		return fail_as(err, ERROR_USAGE, EINVAL,
			       "image '%s' is not in the store: only what is can be removed",
			       image);
	if (store_remove_name(&source.store, source.tag, &n, err) < 0)
		return -err->code;
	return n ? 0
		 : fail_as(err, ERROR_IMAGE, ENOENT, "the store '%s' has no image '%s'", root,
			   source.tag);
}

static int remove_digest(const char *digest, const char *root, struct error *err)
{
	auto_store store = STORE_NONE;
	size_t n = 0;

	if (store_open(root, STORE_SHARED, &store, err) < 0 ||
	    store_remove_name(&store, digest, &n, err) < 0)
		return -err->code;
	return n ? 0
		 : fail_as(err, ERROR_IMAGE, ENOENT, "the store '%s' has no image '%s'", root,
			   digest);
}

static int rm_run(const struct invocation *invocation, struct error *err)
{
	for (size_t i = 0; invocation->arguments[i]; i++) {
		const char *image = invocation->arguments[i];
		struct digest digest;
		struct error ignored;
		int r;

		if (digest_parse(image, &digest, &ignored) == 0)
			r = remove_digest(image, invocation->global->root, err);
		else
			r = remove_name(image, invocation->global->root, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static const struct option_row rows[] = { OPTIONS_END };

const struct command rm_command = {
	.name = "rm",
	.arguments = "IMAGE|DIGEST...",
	.summary = "Remove images' names from the store; gc frees the space",
	.min_arguments = 1,
	.max_arguments = 1000,
	.uses_state = true,
	.options = rows,
	.run = rm_run,
};

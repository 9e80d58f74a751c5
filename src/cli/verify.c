/* verify.c - the command verify */
#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "cli/image_commands.h"
#include "cli/interrupt.h"
#include "cli/units.h"
#include "image/cache_verify.h"
#include "image/lists.h"
#include "image/source.h"
#include "image/store_verify.h"

static void tell(void *context, const struct error *err)
{
	(void) context;
	log_error(err);
}

/* The blobs, and what the store has made of them; with chains NULL all of that. */
static int verify_source(const struct layout *layout, const char *tag, const char *root,
			 struct oci_strings *chains, struct verify_result *result,
			 struct error *err)
{
	const struct verify_request request = {
		.layout = layout,
		.tag = tag,
		.stop = &interrupt_signal,
		.tell = tell,
		.chains = chains,
	};

	if (store_verify(&request, result, err) < 0)
		return -err->code;
	return cache_verify(root, chains, &request, result, err);
}

static int verify_image(const char *image, const char *root, struct verify_result *result,
			struct error *err)
{
	auto_image_source source = IMAGE_SOURCE_NONE;
	auto_strings chains = { 0 };

	if (image_source_open(image, root, NULL, &source, err) < 0 ||
	    verify_source(&source.layout, source.tag, root, &chains, result, err) < 0)
		return -err->code;
	return 0;
}

static int verify_all(const char *root, struct verify_result *result, struct error *err)
{
	auto_store store = STORE_NONE;

	if (store_open(root, STORE_SHARED, &store, err) < 0)
		return -err->code;
	return verify_source(&store.layout, NULL, root, NULL, result, err);
}

static int judge(const struct verify_result *result, struct error *err)
{
	auto_str text = { 0 };

	if (result->bad)
		return fail_as(err, ERROR_IMAGE, EBADMSG,
			       "%ju of %ju blobs are bad: `rm` their images, `gc`, and pull again",
			       (uintmax_t) result->bad, (uintmax_t) result->blobs);
	if (result->bad_images)
		return fail_as(err, ERROR_IMAGE, EBADMSG,
			       "%ju of %ju block images are bad: `umount` the bundles that use "
			       "them, remove their directories, and unpack again",
			       (uintmax_t) result->bad_images, (uintmax_t) result->images);
	if (result->bad_trees)
		return fail_as(err, ERROR_IMAGE, EBADMSG,
			       "%ju of %ju unpacked layers are bad: `umount` the bundles that use "
			       "them, remove their directories, and unpack again",
			       (uintmax_t) result->bad_trees, (uintmax_t) result->trees);
	units_size(&text, result->bytes);
	fprintf(stderr,
		"%ju blobs, %ju unpacked layers and %ju block images, %s of them: all good\n",
		(uintmax_t) result->blobs, (uintmax_t) result->trees, (uintmax_t) result->images,
		text.data);
	return 0;
}

static int verify_run(const struct invocation *invocation, struct error *err)
{
	struct verify_result result = { 0 };
	int r = 0;

	interrupt_catch();
	if (!invocation->arguments[0])
		r = verify_all(invocation->global->root, &result, err);
	for (size_t i = 0; r == 0 && invocation->arguments[i]; i++)
		r = verify_image(invocation->arguments[i], invocation->global->root, &result, err);
	return r < 0 ? r : judge(&result, err);
}

static const struct option_row rows[] = { OPTIONS_END };

const struct command verify_command = {
	.name = "verify",
	.arguments = "[IMAGE...]",
	.summary = "Read what the store has of images, or of all, and compare the digests",
	.max_arguments = 1000,
	.uses_state = true,
	.options = rows,
	.run = verify_run,
};

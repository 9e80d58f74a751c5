/* unpack_fetch.c - see unpack_fetch.h */
#include "cli/unpack_fetch.h"

#include "cli/interrupt.h"
#include "cli/pull_view.h"
#include "image/pull.h"

static struct growing *coming_layer(void *context, size_t i)
{
	return puller_layer(context, i);
}

/* The layers were written; now the image must be whole, and gets its name. */
static int finish(void *context, struct error *err)
{
	auto_pull_result result = { 0 };

	return puller_finish(context, &result, err);
}

static int fetch(const struct pull_request *pull, struct unpack_request *request,
		 struct progress *ret, struct error *err)
{
	auto_puller *puller = NULL;
	struct layer_source source = { .layout = &pull->store->layout, .coming = coming_layer };

	if (puller_open(pull, &puller, err) < 0 || puller_start(puller, err) < 0)
		return -err->code;
	source.image = puller_image(puller);
	source.context = puller;
	request->source = &source;
	request->confirm = finish;
	request->context = puller;
	return unpack_image(request, ret, err);
}

int unpack_fetch(const char *image, const struct unpack_options *options, const struct store *store,
		 struct unpack_request *request, struct progress *ret, struct error *err)
{
	struct pull_view view = { .style = pull_view_style() };
	struct pull_request pull = {
		.store = store,
		.image = image,
		.platform = options->platform,
		.stop = &interrupt_signal,
		.tell = pull_view_tell,
		.context = &view,
	};
	int r;

	registry_flags_apply(&options->registry, &pull);
	r = fetch(&pull, request, ret, err);
	if (r < 0)
		pull_view_tell_kept(&view, "command");
	pull_view_release(&view);
	return r;
}

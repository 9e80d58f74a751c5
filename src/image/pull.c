/* pull.c - see pull.h */
#include "image/pull.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "image/fetch.h"
#include "image/pull_find.h"
#include "libocispec/document.h"

struct puller {
	const struct pull_request *request;
	struct registry_options options;
	struct platform platform;
	struct registries registries;
	struct http http;
	struct reference reference; /* the one that was found */
	struct endpoint_list endpoints;
	size_t endpoint; /* that serves us */
	struct registry registry;
	struct found found;
	struct fetch fetch;
	struct str name;
	pthread_t thread;
	bool is_running;    /* the thread */
	bool is_present;    /* the image: nothing is to be fetched */
	struct error error; /* of the thread, when it has ended */
};

/* Tries where the image may be had, until one has it. */
static int find_at_endpoints(struct puller *puller, struct error *err)
{
	const struct endpoint_list *endpoints = &puller->endpoints;
	int r = 0;

	for (size_t i = 0; i < endpoints->n; i++) {
		const struct endpoint *endpoint = &endpoints->items[i];

		r = registry_open(&puller->http, endpoint, &puller->options, &puller->registry,
				  err);
		if (r == 0)
			r = pull_find(&puller->registry, &puller->reference, puller->request->store,
				      &puller->platform, &puller->found, err);
		puller->endpoint = i;
		if (r == 0 || err->code == EINTR)
			return r;
		if (endpoint->is_mirror)
			log_warning("mirror '%s' is passed over: %s", endpoint->host, err->text);
		registry_release(&puller->registry);
	}
	return r;
}

/* Without asking anybody: what is named by a digest cannot have changed. */
static bool find_here(struct puller *puller)
{
	puller->is_present = puller->reference.digest &&
			     pull_find_here(puller->reference.digest, puller->request->store,
					    &puller->platform, &puller->found);
	return puller->is_present;
}

static int find_reference(struct puller *puller, const struct reference *reference,
			  struct error *err)
{
	puller->name.len = 0;
	reference_text(reference, &puller->name);
	reference_release(&puller->reference);
	endpoint_list_release(&puller->endpoints);
	reference_complete(reference, reference->domain, &puller->reference);
	if (find_here(puller))
		return 0;
	if (registries_locate(&puller->registries, reference, &puller->endpoints, err) < 0 ||
	    find_at_endpoints(puller, err) < 0)
		return fail_in(err, "image '%s'", puller->name.data);
	puller->is_present = !puller->found.manifest.data;
	return 0;
}

/* short-name-mode = "enforcing": nobody is there to be asked which one is meant. */
static int ambiguous(const struct reference_list *candidates, const char *image, struct error *err)
{
	auto_str names = { 0 };

	for (size_t i = 0; i < candidates->n && names.len < 600; i++) {
		str_printf(&names, "%s", i ? ", " : "");
		reference_text(&candidates->items[i], &names);
	}
	return fail_as(err, ERROR_CONFIG, EINVAL,
		       "image '%s': registries.conf wants short names to be unambiguous "
		       "(short-name-mode): write one of %s",
		       image, names.data);
}

/* A short name may mean several; what is not in one registry may be in the next. */
static int find_any(struct puller *puller, const struct reference *written, struct error *err)
{
	auto_reference_list candidates = { 0 };
	int r = registries_complete(&puller->registries, written, &candidates, err);

	if (r == 0 && candidates.n > 1 && puller->registries.is_enforcing)
		return ambiguous(&candidates, puller->request->image, err);
	for (size_t i = 0; r == 0 && i < candidates.n; i++) {
		if (find_reference(puller, &candidates.items[i], err) == 0)
			return 0;
		if (i + 1 == candidates.n || err->code == EINTR)
			return -err->code;
		log_warning("%s", err->text);
	}
	return r;
}

static int parse_request(struct puller *puller, struct reference *ret, struct error *err)
{
	const struct pull_request *request = puller->request;

	platform_host(&puller->platform);
	if (reference_parse(request->image, ret, err) < 0 ||
	    (request->platform && platform_parse(request->platform, &puller->platform, err) < 0))
		return -err->code;
	if (ret->transport != TRANSPORT_REGISTRY)
		return fail_as(err, ERROR_USAGE, EINVAL,
			       "image '%s' is in no registry: there is nothing to pull",
			       request->image);
	return registries_load(&puller->registries, err);
}

int puller_open(const struct pull_request *request, struct puller **ret, struct error *err)
{
	auto_puller *puller = xcalloc(1, sizeof(*puller));
	auto_reference written = { 0 };

	puller->request = request;
	puller->options = (struct registry_options){
		.is_insecure = request->is_insecure,
		.creds = request->creds,
		.auth_file = request->auth_file,
		.retries = request->retries,
	};
	if (parse_request(puller, &written, err) < 0 || http_init(&puller->http, err) < 0)
		return -err->code;
	puller->http.stop = request->stop;
	if (request->stall_seconds)
		puller->http.stall_seconds = request->stall_seconds;
	if (find_any(puller, &written, err) < 0)
		return -err->code;
	if (fetch_init(&puller->fetch, request->store, puller->found.image.manifest.layers.items,
		       puller->found.image.manifest.layers.n, puller->is_present, err) < 0)
		return fail_in(err, "image '%s'", puller->name.data);
	puller->fetch.registry = &puller->registry;
	puller->fetch.parallel = request->parallel ? request->parallel : PULL_PARALLEL;
	puller->fetch.tell = request->tell;
	puller->fetch.context = request->context;
	*ret = TAKE_PTR(puller);
	return 0;
}

const struct image *puller_image(const struct puller *puller)
{
	return &puller->found.image;
}

struct growing *puller_layer(struct puller *puller, size_t i)
{
	return &puller->fetch.layers[i].growing;
}

/* The layers; what one endpoint fails to give, the next may have. */
static int fetch_layers(struct puller *puller, struct error *err)
{
	while (fetch_run(&puller->fetch, err) < 0) {
		if (err->code == EINTR || err->class != ERROR_IMAGE ||
		    puller->endpoint + 1 >= puller->endpoints.n)
			return fail_in(err, "image '%s'", puller->name.data);
		log_warning("mirror '%s' is passed over: %s", puller->registry.host, err->text);
		registry_release(&puller->registry);
		if (registry_open(&puller->http, &puller->endpoints.items[++puller->endpoint],
				  &puller->options, &puller->registry, err) < 0)
			return fail_in(err, "image '%s'", puller->name.data);
	}
	return 0;
}

static void *run(void *context)
{
	struct puller *puller = context;
	struct error err = { 0 };

	if (fetch_layers(puller, &err) < 0) {
		puller->error = err;
		for (size_t i = 0; i < puller->fetch.n; i++)
			growing_fail(puller_layer(puller, i), &err);
	}
	return NULL;
}

int puller_start(struct puller *puller, struct error *err)
{
	int r;

	puller->fetch.is_read_along = true;
	r = pthread_create(&puller->thread, NULL, run, puller);
	if (r != 0)
		return fail(err, r, "start a thread: %s", strerror(r));
	puller->is_running = true;
	return 0;
}

static int add_document(const struct puller *puller, const struct fetched *document,
			struct error *err)
{
	struct digest digest;

	if (!document->data)
		return 0;
	if (digest_parse(document->digest, &digest, err) < 0)
		return -err->code;
	return store_add_blob(puller->request->store, &digest, document->data, document->len, err);
}

/* All that the name leads to is there before the name is. */
static int add_name(const struct puller *puller, struct error *err)
{
	const struct found *found = &puller->found;
	struct oci_descriptor descriptor = found->image.descriptor;

	descriptor.annotations.n = 0;
	descriptor.annotations.items = NULL;
	if (add_document(puller, &found->config, err) < 0 ||
	    add_document(puller, &found->manifest, err) < 0)
		return -err->code;
	return store_add_name(puller->request->store, puller->name.data, &descriptor, found->pulled,
			      err);
}

static void sum_up(const struct puller *puller, struct pull_result *ret)
{
	*ret = (struct pull_result){
		.name = xstrdup(puller->name.data),
		.layers = puller->fetch.n,
		.was_there = puller->is_present,
	};
	snprintf(ret->digest, sizeof(ret->digest), "%s", puller->found.image.descriptor.digest);
	for (size_t i = 0; i < puller->fetch.n; i++) {
		const struct fetch_layer *layer = &puller->fetch.layers[i];

		if (layer->is_repeated)
			continue;
		ret->size += layer->descriptor->size;
		if (layer->state == FETCH_DONE)
			ret->fetched += layer->descriptor->size - layer->continued_at;
	}
}

int puller_finish(struct puller *puller, struct pull_result *ret, struct error *err)
{
	if (puller->is_running) {
		pthread_join(puller->thread, NULL);
		puller->is_running = false;
		if (puller->error.code) {
			*err = puller->error;
			return -err->code;
		}
	} else if (!puller->is_present && fetch_layers(puller, err) < 0) {
		return -err->code;
	}
	if (add_name(puller, err) < 0)
		return fail_in(err, "image '%s'", puller->name.data);
	sum_up(puller, ret);
	return 0;
}

void puller_free(struct puller *puller)
{
	if (!puller)
		return;
	puller->http.is_cancelled = true;
	if (puller->is_running)
		pthread_join(puller->thread, NULL);
	fetch_release(&puller->fetch);
	found_release(&puller->found);
	registry_release(&puller->registry);
	http_release(&puller->http);
	registries_release(&puller->registries);
	reference_release(&puller->reference);
	endpoint_list_release(&puller->endpoints);
	str_release(&puller->name);
	free(puller);
}

void pull_result_release(struct pull_result *result)
{
	free(result->name);
	*result = (struct pull_result){ 0 };
}

int pull_image(const struct pull_request *request, struct pull_result *ret, struct error *err)
{
	auto_puller *puller = NULL;

	if (puller_open(request, &puller, err) < 0)
		return -err->code;
	return puller_finish(puller, ret, err);
}

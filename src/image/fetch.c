/* fetch.c - see fetch.h */
#include "image/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"

#define TELL_EVERY_MS 100
#define LOOK_AGAIN_MS 200

/* Who gets this far has not failed at the same place again. */
#define PROGRESS ((int64_t) 64 << 10)
#define AUTHORIZATIONS_MAX 8

int fetch_init(struct fetch *fetch, const struct store *store,
	       const struct oci_descriptor *descriptors, size_t n, struct error *err)
{
	fetch->store = store;
	fetch->layers = xcalloc(n + 1, sizeof(*fetch->layers));
	for (fetch->n = 0; fetch->n < n; fetch->n++) {
		struct fetch_layer *layer = &fetch->layers[fetch->n];

		if (digest_parse(descriptors[fetch->n].digest, &layer->digest, err) < 0)
			return fail_in(err, "layer %zu", fetch->n + 1);
		layer->descriptor = &descriptors[fetch->n];
		layer->writer = BLOB_WRITER_NONE;
		growing_init(&layer->growing);
		if (store_has_blob(store, &layer->digest, layer->descriptor->size))
			layer->state = FETCH_PRESENT;
		for (size_t i = 0; i < fetch->n; i++)
			if (str_equal(descriptors[i].digest, layer->descriptor->digest))
				layer->is_repeated = true;
	}
	return 0;
}

int64_t fetch_position(const struct fetch_layer *layer)
{
	if (layer->state == FETCH_DONE || layer->state == FETCH_PRESENT)
		return layer->descriptor->size;
	return layer->writer.position;
}

static void tell(struct fetch *fetch, bool is_news)
{
	int64_t now = http_now_ms();

	if (!fetch->tell || (!is_news && now - fetch->told_at < TELL_EVERY_MS))
		return;
	fetch->told_at = now;
	fetch->tell(fetch->context, fetch);
}

static void set_state(struct fetch *fetch, struct fetch_layer *layer, enum fetch_state state)
{
	if (layer->state == state)
		return;
	layer->state = state;
	tell(fetch, true);
}

/* "bytes 100-199/200": where it begins; -1: it does not say. */
static int64_t range_begin(const char *header)
{
	const char *at = header ? str_after(header, "bytes ") : NULL;
	char *end;
	long long begin;

	if (!at || *at < '0' || *at > '9')
		return -1;
	errno = 0;
	begin = strtoll(at, &end, 10);
	return errno || *end != '-' ? -1 : begin;
}

/* What the answer is: the rest that was asked for, or (when the server knows no ranges) all. */
static int look_at_answer(struct fetch_layer *layer, struct error *err)
{
	int64_t begin;

	layer->has_begun = true;
	layer->skip = 0;
	if (layer->transfer.status == 200) {
		layer->skip = layer->writer.position;
		return 0;
	}
	begin = range_begin(http_header(&layer->transfer, "Content-Range", 0));
	if (begin != layer->writer.position)
		return fail_as(err, ERROR_IMAGE, EPROTO,
			       "the answer to a request for the bytes from %" PRId64
			       " is another part",
			       layer->writer.position);
	return 0;
}

static int take(void *context, const void *data, size_t len, struct error *err)
{
	struct fetch_layer *layer = context;
	size_t skipped;

	if (!layer->has_begun && look_at_answer(layer, err) < 0)
		return -err->code;
	skipped = (uint64_t) layer->skip < len ? (size_t) layer->skip : len;
	layer->skip -= (int64_t) skipped;
	if (skipped == len)
		return 0;
	return blob_writer_write(&layer->writer, (const char *) data + skipped, len - skipped, err);
}

static void stop_transfer(struct fetch_layer *layer)
{
	http_transfer_release(&layer->transfer);
	layer->transfer = (struct http_transfer){ 0 };
}

static int fail_layer(const struct fetch *fetch, const struct fetch_layer *layer, struct error *err)
{
	return fail_in(err, "layer %zu of %zu", (size_t) (layer - fetch->layers) + 1, fetch->n);
}

/* A blob that is in the store can be read along too. */
static int be_present(struct fetch *fetch, struct fetch_layer *layer, struct error *err)
{
	struct digest digest;
	auto_fd fd = -1;

	if (layout_open_blob(&fetch->store->layout, layer->descriptor, &digest, &fd, err) < 0 ||
	    growing_open(&layer->growing, fd, err) < 0)
		return -err->code;
	growing_advance(&layer->growing, layer->descriptor->size);
	growing_end(&layer->growing);
	set_state(fetch, layer, FETCH_PRESENT);
	return 0;
}

static int begin_transfer(struct fetch *fetch, struct fetch_layer *layer, struct error *err)
{
	auto_free char *url = registry_blob_url(fetch->registry, layer->descriptor->digest);
	struct http_request *request = &layer->transfer.request;

	registry_prepare(fetch->registry, url, request);
	request->from = layer->writer.position;
	request->sink = take;
	request->context = layer;
	layer->has_begun = false;
	layer->attempt_at = layer->writer.position;
	if (http_begin(fetch->registry->http, &layer->transfer, err) < 0)
		return -err->code;
	set_state(fetch, layer, FETCH_RUNNING);
	return 0;
}

/* The blob is whole: is it the right one? */
static int finish(struct fetch *fetch, struct fetch_layer *layer, struct error *err)
{
	stop_transfer(layer);
	if (blob_writer_verify(&layer->writer, err) < 0) {
		if (err->code != EBADMSG || layer->was_wrong || fetch->is_read_along)
			return fail_in(err, "registry '%s': blob %.19s", fetch->registry->host,
				       layer->descriptor->digest);
		log_warning("%s: fetching it once more", err->text);
		layer->was_wrong = true;
		layer->continued_at = 0;
		set_state(fetch, layer, FETCH_WAITING);
		return 0;
	}
	growing_end(&layer->growing);
	if (blob_writer_publish(&layer->writer, err) < 0)
		return -err->code;
	set_state(fetch, layer, FETCH_DONE);
	return 0;
}

static int begin(struct fetch *fetch, struct fetch_layer *layer, struct error *err)
{
	if (layer->writer.fd < 0) {
		int r = blob_writer_open(fetch->store, &layer->digest, layer->descriptor->size,
					 &layer->growing, &layer->writer, err);

		if (r == 1)
			return be_present(fetch, layer, err);
		if (r == -EBUSY) {
			layer->not_before = http_now_ms() + LOOK_AGAIN_MS;
			set_state(fetch, layer, FETCH_ELSEWHERE);
			return 0;
		}
		if (r < 0)
			return r;
		layer->continued_at = layer->writer.position;
	}
	if (layer->writer.position == layer->descriptor->size)
		return finish(fetch, layer, err);
	return begin_transfer(fetch, layer, err);
}

static int try_later(struct fetch *fetch, struct fetch_layer *layer, struct error *err)
{
	int64_t delay;

	if (layer->writer.position - layer->attempt_at >= PROGRESS)
		layer->attempts = 0;
	layer->attempts++;
	if (layer->attempts > fetch->registry->options->retries)
		return -err->code;
	delay = registry_delay_ms(&layer->transfer, layer->attempts);
	log_warning("%s; going on from byte %" PRId64 " in %.1f s", err->text,
		    layer->writer.position, (double) delay / 1000);
	layer->not_before = http_now_ms() + delay;
	stop_transfer(layer);
	set_state(fetch, layer, FETCH_WAITING);
	return 0;
}

static int authorize(struct fetch *fetch, struct fetch_layer *layer, struct error *err)
{
	struct error refused = *err;
	int r;

	if (layer->authorizations++ == AUTHORIZATIONS_MAX)
		return -err->code;
	r = registry_authorize(fetch->registry, &layer->transfer, err);
	if (r == 0)
		*err = refused;
	if (r <= 0)
		return -err->code;
	stop_transfer(layer);
	set_state(fetch, layer, FETCH_WAITING);
	return 0;
}

/* The server has nothing at or behind our position: what we have cannot be a part of it. */
static int begin_again(struct fetch *fetch, struct fetch_layer *layer, struct error *err)
{
	stop_transfer(layer);
	if (layer->was_wrong || fetch->is_read_along)
		return fail_as(err, ERROR_IMAGE, EBADMSG,
			       "registry '%s': blob %.19s has fewer bytes than its descriptor says",
			       fetch->registry->host, layer->descriptor->digest);
	layer->was_wrong = true;
	if (blob_writer_restart(&layer->writer, err) < 0)
		return -err->code;
	set_state(fetch, layer, FETCH_WAITING);
	return 0;
}

static int transfer_done(struct fetch *fetch, struct fetch_layer *layer, struct error *err)
{
	auto_free char *what = xasprintf("blob %.19s", layer->descriptor->digest);

	if (layer->transfer.result == CURLE_OK && layer->transfer.status == 416)
		return begin_again(fetch, layer, err);
	switch (registry_judge(fetch->registry, &layer->transfer, what, err)) {
	case VERDICT_GOOD:
		if (layer->writer.position == layer->descriptor->size)
			return finish(fetch, layer, err);
		fail_as(err, ERROR_IMAGE, EBADMSG,
			"registry '%s': %s ends after %" PRId64 " of %" PRId64 " bytes",
			fetch->registry->host, what, layer->writer.position,
			layer->descriptor->size);
		return try_later(fetch, layer, err);
	case VERDICT_LATER:
		return try_later(fetch, layer, err);
	case VERDICT_AUTHORIZE:
		return authorize(fetch, layer, err);
	default:
		/* A foreign layer: who follows its urls can be sent anywhere. */
		if (err->code == ENOENT && layer->descriptor->urls.n)
			return fail_as(err, ERROR_IMAGE, ENOTSUP,
				       "registry '%s': %s is kept outside of the registry, at "
				       "'%.200s': such addresses are not followed",
				       fetch->registry->host, what,
				       layer->descriptor->urls.items[0]);
		return -err->code;
	}
}

static bool is_to_begin(const struct fetch_layer *layer, int64_t now)
{
	return (layer->state == FETCH_WAITING || layer->state == FETCH_ELSEWHERE) &&
	       layer->not_before <= now;
}

/* One look at every layer.  *ret_left: how many are not in the store yet. */
static int look(struct fetch *fetch, size_t *ret_left, struct error *err)
{
	int64_t now = http_now_ms();
	unsigned int running = 0;

	*ret_left = 0;
	for (size_t i = 0; i < fetch->n; i++)
		running += fetch->layers[i].state == FETCH_RUNNING;
	for (size_t i = 0; i < fetch->n; i++) {
		struct fetch_layer *layer = &fetch->layers[i];
		int r = 0;

		if (layer->state == FETCH_RUNNING && layer->transfer.is_done)
			r = transfer_done(fetch, layer, err);
		else if (running < fetch->parallel && is_to_begin(layer, now)) {
			r = begin(fetch, layer, err);
			running += layer->state == FETCH_RUNNING;
		}
		if (r < 0)
			return fail_layer(fetch, layer, err);
		*ret_left += layer->state != FETCH_DONE && layer->state != FETCH_PRESENT;
	}
	return 0;
}

int fetch_run(struct fetch *fetch, struct error *err)
{
	size_t left = 0;
	int r;

	for (size_t i = 0; i < fetch->n; i++)
		if (fetch->layers[i].state == FETCH_PRESENT &&
		    be_present(fetch, &fetch->layers[i], err) < 0)
			return fail_layer(fetch, &fetch->layers[i], err);
	tell(fetch, true);
	do {
		r = look(fetch, &left, err);
		if (r == 0 && left)
			r = http_turn(fetch->registry->http, 50, err);
		tell(fetch, false);
	} while (r == 0 && left);
	for (size_t i = 0; i < fetch->n; i++) {
		stop_transfer(&fetch->layers[i]);
		if (fetch->layers[i].state == FETCH_RUNNING)
			fetch->layers[i].state = FETCH_WAITING;
	}
	return r;
}

void fetch_release(struct fetch *fetch)
{
	for (size_t i = 0; i < fetch->n; i++) {
		stop_transfer(&fetch->layers[i]);
		blob_writer_release(&fetch->layers[i].writer);
		growing_release(&fetch->layers[i].growing);
	}
	free(fetch->layers);
	*fetch = (struct fetch){ 0 };
}

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

/* Of a layer without progress: a token may be short-lived, but not so that nothing comes. */
#define AUTHORIZATIONS_MAX 8

int fetch_init(struct fetch *fetch, const struct store *store,
	       const struct oci_descriptor *descriptors, size_t n, bool are_present,
	       struct error *err)
{
	fetch->store = store;
	fetch->layers = xcalloc(n + 1, sizeof(*fetch->layers));
	for (fetch->n = 0; fetch->n < n; fetch->n++) {
		struct fetch_layer *layer = &fetch->layers[fetch->n];

		if (digest_parse(descriptors[fetch->n].digest, &layer->digest, err) < 0)
			return fail_in(err, "layer %zu", fetch->n + 1);
		layer->descriptor = &descriptors[fetch->n];
		layer->blob.descriptor = layer->descriptor;
		layer->blob.writer = BLOB_WRITER_NONE;
		growing_init(&layer->growing);
		if (are_present || store_has_blob(store, &layer->digest, layer->descriptor->size))
			layer->state = FETCH_PRESENT;
		for (size_t i = 0; i < fetch->n; i++)
			if (str_equal(descriptors[i].digest, layer->descriptor->digest))
				layer->is_repeated = true;
	}
	return 0;
}

int64_t fetch_position(const struct fetch_layer *layer)
{
	int64_t position = layer->blob.writer.position;

	if (layer->state == FETCH_DONE || layer->state == FETCH_PRESENT)
		return layer->descriptor->size;
	for (size_t i = 1; i < layer->n_parts; i++)
		position += (int64_t) layer->parts[i]->len;
	return position;
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

static size_t count_running(const struct fetch_layer *layer)
{
	size_t n = 0;

	for (size_t i = 0; i < layer->n_parts; i++)
		n += layer->parts[i]->is_running;
	return n;
}

/* Follows from what its parts do. */
static void set_running(struct fetch *fetch, struct fetch_layer *layer)
{
	set_state(fetch, layer, count_running(layer) ? FETCH_RUNNING : FETCH_WAITING);
}

static void give_back(struct fetch *fetch, char *buffer)
{
	if (buffer)
		fetch->spare[fetch->n_spare++] = buffer;
}

/* Drops the parts from the i'th on, with what they have in memory. */
static void drop_parts(struct fetch *fetch, struct fetch_layer *layer, size_t i)
{
	while (layer->n_parts > i) {
		struct fetch_part *part = layer->parts[--layer->n_parts];

		fetch_part_stop(part);
		give_back(fetch, part->buffer);
		free(part);
	}
}

/* The part behind those that there are. */
static struct fetch_part *add_part(struct fetch *fetch, struct fetch_layer *layer)
{
	struct fetch_part *part = xcalloc(1, sizeof(*part));
	size_t n = layer->n_parts;

	part->blob = &layer->blob;
	part->position = layer->blob.writer.position;
	part->end = layer->descriptor->size;
	if (n) {
		part->position = layer->parts[n - 1]->end;
		if (part->end - part->position > FETCH_PART_SIZE)
			part->end = part->position + FETCH_PART_SIZE;
		part->buffer =
			fetch->n_spare ? fetch->spare[--fetch->n_spare] : fetch_part_buffer();
	}
	layer->parts[layer->n_parts++] = part;
	return part;
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

/* The blob is whole: is it the right one? */
static int finish(struct fetch *fetch, struct fetch_layer *layer, struct error *err)
{
	if (blob_writer_verify(&layer->blob.writer, err) < 0) {
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
	if (blob_writer_publish(&layer->blob.writer, err) < 0)
		return -err->code;
	set_state(fetch, layer, FETCH_DONE);
	return 0;
}

/* Opens the layer's partial file; whether there is something to fetch. */
static int open_writer(struct fetch *fetch, struct fetch_layer *layer, struct error *err)
{
	struct blob_writer *writer = &layer->blob.writer;
	int r = blob_writer_open(fetch->store, &layer->digest, layer->descriptor->size,
				 &layer->growing, writer, err);

	if (r == 1)
		return be_present(fetch, layer, err);
	if (r == -EBUSY) {
		layer->not_before = http_now_ms() + LOOK_AGAIN_MS;
		set_state(fetch, layer, FETCH_ELSEWHERE);
		return 0;
	}
	if (r < 0)
		return r;
	layer->continued_at = writer->position;
	set_state(fetch, layer, FETCH_WAITING);
	return 0;
}

/* Of parts that were sent beside each other with a token that has expired, the first to be refused
 * gets the new one for all. */
static int authorize(struct fetch *fetch, struct fetch_layer *layer, struct fetch_part *part,
		     struct error *err)
{
	struct error refused = *err;
	int r;

	if (part->authorization != fetch->registry->authorizations)
		return 0;
	if (layer->authorizations++ == AUTHORIZATIONS_MAX)
		return -err->code;
	r = registry_authorize(fetch->registry, &part->transfer, err);
	if (r == 0)
		*err = refused;
	return r <= 0 ? -err->code : 0;
}

/* The server has nothing at or behind our position: what we have cannot be a part of it. */
static int begin_again(struct fetch *fetch, struct fetch_layer *layer, struct error *err)
{
	drop_parts(fetch, layer, 0);
	if (layer->was_wrong || fetch->is_read_along)
		return fail_as(err, ERROR_IMAGE, EBADMSG,
			       "registry '%s': blob %.19s has fewer bytes than its descriptor says",
			       fetch->registry->host, layer->descriptor->digest);
	layer->was_wrong = true;
	return blob_writer_restart(&layer->blob.writer, err);
}

static int judge(struct fetch *fetch, struct fetch_layer *layer, struct fetch_part *part,
		 struct error *err)
{
	auto_free char *what = xasprintf("blob %.19s", layer->descriptor->digest);

	switch (registry_judge(fetch->registry, &part->transfer, what, err)) {
	case VERDICT_GOOD:
		if (fetch_part_is_answered(part))
			return 0;
		fail_as(err, ERROR_IMAGE, EBADMSG,
			"registry '%s': %s ends after %" PRId64 " of %" PRId64 " bytes",
			fetch->registry->host, what, part->position, layer->descriptor->size);
		return fetch_part_retry(part, fetch->registry, err);
	case VERDICT_LATER:
		return fetch_part_retry(part, fetch->registry, err);
	case VERDICT_AUTHORIZE:
		return authorize(fetch, layer, part, err);
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

/* A request has come to its end, good or bad. */
static int part_done(struct fetch *fetch, struct fetch_layer *layer, struct fetch_part *part,
		     struct error *err)
{
	int r = 0;

	if (fetch_part_has_progress(part))
		layer->authorizations = 0;
	if (part->transfer.result == CURLE_OK && part->transfer.status == 416)
		return begin_again(fetch, layer, err);
	if (!part->is_refused && !part->is_cut)
		r = judge(fetch, layer, part, err);
	fetch_part_stop(part);
	if (r == 0 && layer->blob.is_whole) {
		drop_parts(fetch, layer, 1);
		layer->parts[0]->end = layer->descriptor->size;
	}
	return r;
}

/* Lets the next part be the front, as often as a front is done. */
static int advance(struct fetch *fetch, struct fetch_layer *layer, struct error *err)
{
	while (layer->n_parts && !layer->parts[0]->is_running &&
	       layer->parts[0]->position == layer->parts[0]->end) {
		char *buffer;
		int r;

		free(layer->parts[0]);
		layer->n_parts--;
		memmove(layer->parts, layer->parts + 1, layer->n_parts * sizeof(*layer->parts));
		if (!layer->n_parts)
			break;
		r = fetch_part_lead(layer->parts[0], &buffer, err);
		give_back(fetch, buffer);
		if (r < 0)
			return r;
	}
	if (!layer->n_parts && layer->blob.writer.position == layer->descriptor->size)
		return finish(fetch, layer, err);
	return 0;
}

static struct fetch_part *find_done(const struct fetch_layer *layer)
{
	for (size_t i = 0; i < layer->n_parts; i++)
		if (layer->parts[i]->is_running && layer->parts[i]->transfer.is_done)
			return layer->parts[i];
	return NULL;
}

static bool is_in_store(const struct fetch_layer *layer)
{
	return layer->state == FETCH_DONE || layer->state == FETCH_PRESENT;
}

/* Without a writer the layer is in the store, or with another process. */
static bool has_writer(const struct fetch_layer *layer)
{
	return layer->blob.writer.fd >= 0;
}

static int look_at_parts(struct fetch *fetch, struct fetch_layer *layer, struct error *err)
{
	struct fetch_part *part;

	if (!has_writer(layer))
		return 0;
	while ((part = find_done(layer)))
		if (part_done(fetch, layer, part, err) < 0)
			return -err->code;
	return advance(fetch, layer, err);
}

/* Sends what requests of the layer are to be sent, while there may be more of them. */
static int begin(struct fetch *fetch, struct fetch_layer *layer, size_t *running, struct error *err)
{
	int64_t now = http_now_ms();

	if (*running >= fetch->parallel || is_in_store(layer) || layer->not_before > now)
		return 0;
	if (!has_writer(layer) && (open_writer(fetch, layer, err) < 0 ||
				   (has_writer(layer) && advance(fetch, layer, err) < 0)))
		return -err->code;
	if (layer->state != FETCH_WAITING && layer->state != FETCH_RUNNING)
		return 0;
	if (!layer->n_parts)
		add_part(fetch, layer);
	for (size_t i = 0; i < layer->n_parts && *running < fetch->parallel; i++) {
		struct fetch_part *part = layer->parts[i];

		if (part->is_running || part->position == part->end || part->not_before > now)
			continue;
		if (fetch_part_begin(part, fetch->registry, err) < 0)
			return -err->code;
		++*running;
	}
	return 0;
}

static bool can_split(const struct fetch_layer *layer)
{
	const struct fetch_part *front = layer->parts[0];

	if (!layer->n_parts || !layer->blob.has_ranges || layer->blob.is_whole ||
	    !fetch_part_is_slow(front))
		return false;
	if (layer->n_parts == 1 && front->end == layer->descriptor->size)
		return front->end - front->position >= FETCH_SPLIT_MIN;
	return layer->parts[layer->n_parts - 1]->end < layer->descriptor->size;
}

/* What requests are free when all layers have theirs go to parts ahead of slow ones. */
static int begin_ahead(struct fetch *fetch, struct fetch_layer *layer, size_t *running,
		       size_t *ahead, struct error *err)
{
	while (*ahead < FETCH_AHEAD_MAX && *running < fetch->parallel && can_split(layer)) {
		if (layer->parts[0]->end == layer->descriptor->size)
			fetch_part_cut(layer->parts[0]);
		if (fetch_part_begin(add_part(fetch, layer), fetch->registry, err) < 0)
			return -err->code;
		++*ahead;
		++*running;
	}
	return 0;
}

/* One look at every layer.  *ret_left: how many are not in the store yet. */
static int look(struct fetch *fetch, size_t *ret_left, struct error *err)
{
	size_t running = 0, ahead = 0;

	for (size_t i = 0; i < fetch->n; i++)
		if (look_at_parts(fetch, &fetch->layers[i], err) < 0)
			return fail_layer(fetch, &fetch->layers[i], err);
	for (size_t i = 0; i < fetch->n; i++)
		running += count_running(&fetch->layers[i]);
	for (size_t i = 0; i < fetch->n; i++)
		if (begin(fetch, &fetch->layers[i], &running, err) < 0)
			return fail_layer(fetch, &fetch->layers[i], err);
	for (size_t i = 0; i < fetch->n; i++)
		ahead += fetch->layers[i].n_parts > 1 ? fetch->layers[i].n_parts - 1 : 0;
	for (size_t i = 0; i < fetch->n; i++)
		if (begin_ahead(fetch, &fetch->layers[i], &running, &ahead, err) < 0)
			return fail_layer(fetch, &fetch->layers[i], err);
	*ret_left = 0;
	for (size_t i = 0; i < fetch->n; i++) {
		if (has_writer(&fetch->layers[i]))
			set_running(fetch, &fetch->layers[i]);
		*ret_left += !is_in_store(&fetch->layers[i]);
	}
	return 0;
}

/* The last registry's refusals are not this one's; nor is what it has sent, where that was wrong. */
static int change_registry(struct fetch_layer *layer, struct error *err)
{
	layer->authorizations = 0;
	if (!layer->was_wrong || !has_writer(layer))
		return 0;
	layer->was_wrong = false;
	layer->continued_at = 0;
	return blob_writer_restart(&layer->blob.writer, err);
}

int fetch_run(struct fetch *fetch, struct error *err)
{
	size_t left = 0;
	int r;

	for (size_t i = 0; i < fetch->n; i++)
		if (fetch->layers[i].state == FETCH_PRESENT &&
		    be_present(fetch, &fetch->layers[i], err) < 0)
			return fail_layer(fetch, &fetch->layers[i], err);
	for (size_t i = 0; i < fetch->n; i++)
		if (change_registry(&fetch->layers[i], err) < 0)
			return fail_layer(fetch, &fetch->layers[i], err);
	tell(fetch, true);
	do {
		r = look(fetch, &left, err);
		if (r == 0 && left)
			r = http_turn(fetch->registry->http, 50, err);
		tell(fetch, false);
	} while (r == 0 && left);
	for (size_t i = 0; i < fetch->n; i++) {
		drop_parts(fetch, &fetch->layers[i], 0);
		if (fetch->layers[i].state == FETCH_RUNNING)
			fetch->layers[i].state = FETCH_WAITING;
	}
	if (r < 0)
		tell(fetch, true);
	return r;
}

void fetch_release(struct fetch *fetch)
{
	for (size_t i = 0; i < fetch->n; i++) {
		drop_parts(fetch, &fetch->layers[i], 0);
		blob_writer_release(&fetch->layers[i].blob.writer);
		growing_release(&fetch->layers[i].growing);
	}
	while (fetch->n_spare)
		free(fetch->spare[--fetch->n_spare]);
	free(fetch->layers);
	*fetch = (struct fetch){ 0 };
}

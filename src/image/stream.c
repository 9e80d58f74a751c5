/* stream.c - see stream.h */
#include "image/stream.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "image/ring.h"

/* Blobs up to this size are done without threads. */
#define SMALL_MAX ((int64_t) 128 << 10)

struct stream {
	struct blob blob;
	struct hash diff_hash;
	struct error error; /* why the last buffer is not the end, but a failure */
	struct ring ring;
	pthread_t threads[2];
	unsigned int n_threads;
	bool ended;
	bool has_slot; /* the reader has a buffer that it must give back */
	uint64_t position;
	uint64_t bytes_max;
	uint64_t ratio_max;
};

/* Decompresses into the ring's next buffer.  An empty buffer is the last one: the end, or
 * stream->error.  Returns whether there is more to come. */
static bool fill(struct stream *stream, struct ring_slot *slot)
{
	struct span out = { slot->data, RING_SLOT_SIZE };

	if (blob_decode(&stream->blob, &out, &stream->error) < 0)
		out.len = RING_SLOT_SIZE;
	slot->len = RING_SLOT_SIZE - out.len;
	ring_done(&stream->ring, RING_FILL);
	return slot->len > 0;
}

static void hash(struct stream *stream, const struct ring_slot *slot)
{
	if (slot->len > 0)
		hash_update(&stream->diff_hash, slot->data, slot->len);
	ring_done(&stream->ring, RING_HASH);
}

static void *fill_all(void *data)
{
	struct stream *stream = data;
	struct ring_slot *slot;

	do
		slot = ring_wait(&stream->ring, RING_FILL);
	while (slot && fill(stream, slot));
	return NULL;
}

static void *hash_all(void *data)
{
	struct stream *stream = data;
	struct ring_slot *slot;
	bool is_last = false;

	while (!is_last && (slot = ring_wait(&stream->ring, RING_HASH))) {
		is_last = slot->len == 0;
		hash(stream, slot);
	}
	return NULL;
}

/* Signals are for the thread that the program began with. */
static int start_threads(struct stream *stream, struct error *err)
{
	void *(*const bodies[])(void *) = { fill_all, hash_all };
	sigset_t all, old;
	int r = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(bodies); i++) {
		r = pthread_create(&stream->threads[i], NULL, bodies[i], stream);
		stream->n_threads += r == 0;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return r ? fail(err, r, "start a thread: %s", strerror(r)) : 0;
}

int stream_new(const struct blob_source *source, struct stream **ret, struct error *err)
{
	auto_stream *stream = xcalloc(1, sizeof(*stream));

	ring_init(&stream->ring);
	stream_set_limits(stream, UINT64_MAX, 0);
	if (blob_init(&stream->blob, source, err) < 0 ||
	    hash_init(&stream->diff_hash, &source->diff_id, err) < 0)
		return -err->code;
	if (source->size > SMALL_MAX && start_threads(stream, err) < 0)
		return -err->code;
	*ret = stream;
	stream = NULL;
	return 0;
}

void stream_set_limits(struct stream *stream, uint64_t bytes, uint64_t ratio)
{
	stream->bytes_max = bytes;
	stream->ratio_max = ratio;
}

static int check_limits(const struct stream *stream, struct error *err)
{
	uint64_t size = (uint64_t) stream->blob.source->size;

	if (stream->position > stream->bytes_max)
		return fail_as(err, ERROR_IMAGE, EFBIG,
			       "the uncompressed layer has more than the %" PRIu64
			       " bytes that the limit leaves (--max-bytes)",
			       stream->bytes_max);
	if (stream->ratio_max && stream->position > STREAM_RATIO_FLOOR &&
	    stream->position / stream->ratio_max > size)
		return fail_as(err, ERROR_IMAGE, EFBIG,
			       "the layer grows to more than %" PRIu64 " times its %" PRIu64
			       " bytes (--max-ratio)",
			       stream->ratio_max, size);
	return 0;
}

/* All was read: now both digests must be right. */
static int finish(struct stream *stream, struct error *err)
{
	if (!stream->error.code) {
		ring_wait_for(&stream->ring, RING_HASH);
		hash_verify(&stream->diff_hash, "uncompressed layer (its diff_id)", &stream->error);
	}
	stream->ended = true;
	*err = stream->error;
	return -err->code;
}

/* The next buffer with something in it, or the empty one that ends. */
static const struct ring_slot *next_slot(struct stream *stream)
{
	if (stream->has_slot)
		ring_done(&stream->ring, RING_USE);
	stream->has_slot = true;
	if (!stream->n_threads) {
		fill(stream, ring_wait(&stream->ring, RING_FILL));
		hash(stream, ring_wait(&stream->ring, RING_HASH));
	}
	return ring_wait(&stream->ring, RING_USE);
}

ssize_t stream_read(struct stream *stream, const void **ret_data, struct error *err)
{
	const struct ring_slot *slot;

	if (stream->ended) {
		*err = stream->error;
		return -err->code;
	}
	slot = next_slot(stream);
	if (slot->len == 0)
		return finish(stream, err);
	stream->position += slot->len;
	if (check_limits(stream, err) < 0)
		return -err->code;
	*ret_data = slot->data;
	return (ssize_t) slot->len;
}

uint64_t stream_position(const struct stream *stream)
{
	return stream->position;
}

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	if (stream->n_threads)
		ring_close(&stream->ring);
	for (unsigned int i = 0; i < stream->n_threads; i++)
		pthread_join(stream->threads[i], NULL);
	hash_release(&stream->diff_hash);
	blob_release(&stream->blob);
	ring_release(&stream->ring);
	free(stream);
}

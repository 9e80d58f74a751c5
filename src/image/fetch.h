/* fetch.h - the layers of an image on their way from a registry into the store, beside each other
 *
 * A layer that breaks off goes on where it was, by one range a request; what the server does not
 * send by range is skipped over. */
#ifndef IMAGE_FETCH_H
#define IMAGE_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "image/blob_writer.h"
#include "image/growing.h"
#include "image/registry.h"
#include "image/store.h"

enum fetch_state {
	FETCH_WAITING,			/* for its turn, or for its next attempt */
	FETCH_ELSEWHERE,		/* another process is fetching it */
	FETCH_RUNNING,
	FETCH_DONE,			/* it is in the store now */
	FETCH_PRESENT,			/* it was there */
};

struct fetch_layer {
	const struct oci_descriptor *descriptor;
	struct digest digest;
	enum fetch_state state;
	bool is_repeated;		/* an earlier layer is the same: not counted */
	int64_t continued_at;		/* bytes that an earlier run had fetched */
	struct growing growing;
	struct blob_writer writer;
	struct http_transfer transfer;
	bool has_begun;			/* the transfer's answer was looked at */
	int64_t skip;			/* bytes of the answer that are there already */
	int64_t attempt_at;		/* position when the attempt began */
	unsigned int attempts;		/* that failed, since there was progress */
	unsigned int authorizations;
	bool was_wrong;			/* its digest was, once */
	int64_t not_before;		/* milliseconds */
};

struct fetch {
	const struct store *store;
	struct registry *registry;
	struct fetch_layer *layers;
	size_t n;
	unsigned int parallel;		/* at most so many at a time */
	bool is_read_along;		/* by an unpacker, which has used what turned out wrong */
	/* Is told now and then, and when a layer's state has changed; NULL: nobody. */
	void (*tell)(void *context, const struct fetch *fetch);
	void *context;
	int64_t told_at;
};

/* -EINVAL (class image) for a digest that is none.  The descriptors must outlive the fetch. */
int fetch_init(struct fetch *fetch, const struct store *store,
	       const struct oci_descriptor *descriptors, size_t n, struct error *err);

/* Fetches what is missing from fetch->registry.  What was fetched before an error stays. */
int fetch_run(struct fetch *fetch, struct error *err);

/* The bytes of a layer that are there. */
int64_t fetch_position(const struct fetch_layer *layer);

void fetch_release(struct fetch *fetch);

#endif

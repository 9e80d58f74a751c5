/* fetch.h - the layers of an image on their way from a registry into the store, beside each other
 *
 * A layer that breaks off goes on where it was, by one range a request; what the server does not
 * send by range is skipped over.  When fewer layers are left than may be fetched at a time, the
 * large ones come in several parts beside each other (fetch_part.h). */
#ifndef IMAGE_FETCH_H
#define IMAGE_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "image/fetch_part.h"
#include "image/growing.h"
#include "image/registry.h"
#include "image/store.h"

/* Parts ahead of their layers' fronts, of all layers: they are what memory a fetch takes. */
#define FETCH_AHEAD_MAX 3

enum fetch_state {
	FETCH_WAITING,	 /* for its turn, or for its next attempt */
	FETCH_ELSEWHERE, /* another process is fetching it */
	FETCH_RUNNING,
	FETCH_DONE,    /* it is in the store now */
	FETCH_PRESENT, /* it was there */
};

struct fetch_layer {
	const struct oci_descriptor *descriptor;
	struct digest digest;
	enum fetch_state state;
	bool is_repeated;     /* an earlier layer is the same: not counted */
	int64_t continued_at; /* bytes that an earlier run had fetched */
	struct growing growing;
	struct fetch_blob blob;
	struct fetch_part *parts[1 + FETCH_AHEAD_MAX]; /* in order, the front first */
	size_t n_parts;
	unsigned int authorizations; /* that it asked for, since there was progress */
	bool was_wrong;		     /* its digest was, once */
	int64_t not_before;	     /* milliseconds; of one that is elsewhere */
};

struct fetch {
	const struct store *store;
	struct registry *registry;
	struct fetch_layer *layers;
	size_t n;
	unsigned int parallel;	      /* requests at a time, at most */
	char *spare[FETCH_AHEAD_MAX]; /* buffers of parts, to be used again */
	size_t n_spare;
	bool is_read_along; /* by an unpacker, which has used what turned out wrong */
	/* Is told now and then, and when a layer's state has changed; NULL: nobody. */
	void (*tell)(void *context, const struct fetch *fetch);
	void *context;
	int64_t told_at;
};

/* are_present: the layers are known to be in the store.  -EINVAL (class image) for a digest that is
 * none.  The descriptors must outlive the fetch. */
int fetch_init(struct fetch *fetch, const struct store *store,
	       const struct oci_descriptor *descriptors, size_t n, bool are_present,
	       struct error *err);

/* Fetches what is missing from fetch->registry.  What was fetched before an error stays. */
int fetch_run(struct fetch *fetch, struct error *err);

/* The bytes of a layer that are there. */
int64_t fetch_position(const struct fetch_layer *layer);

void fetch_release(struct fetch *fetch);

#endif

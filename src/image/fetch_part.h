/* fetch_part.h - a stretch of a blob on its way from a registry, by one range a request
 *
 * At first there is one part, all of the blob.  When its connection turns out to be slow, and the
 * server knows ranges, it is cut short and others follow it, beside each other.  The first of them,
 * the front, hands its bytes to the blob's writer as they come.  Those ahead of it keep theirs in
 * memory until it is their turn: the blob is hashed, written and read along in order, and a partial
 * file never has holes. */
#ifndef IMAGE_FETCH_PART_H
#define IMAGE_FETCH_PART_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "image/blob_writer.h"
#include "image/http.h"
#include "image/registry.h"
#include "libocispec/descriptor.h"

#define FETCH_PART_SIZE ((int64_t) 4 << 20)

/* With less to come there is one part. */
#define FETCH_SPLIT_MIN (2 * FETCH_PART_SIZE)

/* What the parts of a blob share. */
struct fetch_blob {
	const struct oci_descriptor *descriptor;
	struct blob_writer writer;
	bool has_ranges; /* the server says that it knows them, */
	bool is_whole;	 /* but has answered with all instead: one part only */
};

struct fetch_part {
	struct fetch_blob *blob;
	int64_t position; /* of the byte that comes next */
	int64_t end;	  /* behind the last one */
	char *buffer;	  /* by fetch_part_buffer(), the owner's; NULL: of the front */
	size_t len;	  /* of what is in it */
	struct http_transfer transfer;
	unsigned int authorization; /* which of the registry's it was sent with */
	bool is_running;
	bool has_begun;	       /* the transfer's answer was looked at */
	bool is_refused;       /* ahead, and the server has answered with all */
	bool is_cut;	       /* the transfer was ended, for there is another part behind */
	int64_t skip;	       /* bytes of the answer that are there already */
	int64_t attempt_at;    /* position when the attempt began, */
	int64_t attempt_ms;    /* and the time */
	unsigned int attempts; /* that failed, since there was progress */
	int64_t not_before;    /* milliseconds */
};

/* Memory for a part's bytes, to be freed. */
char *fetch_part_buffer(void);

/* Sends a request for what is still to come. */
int fetch_part_begin(struct fetch_part *part, struct registry *registry, struct error *err);

/* Ends the request, also one that is not done. */
void fetch_part_stop(struct fetch_part *part);

/* Whether its connection gives less than whoever unpacks can use: a second one may help. */
bool fetch_part_is_slow(const struct fetch_part *part);

/* Of the blob's only part: ends it soon. */
void fetch_part_cut(struct fetch_part *part);

/* Whether the attempt has brought enough not to have failed where the last one did. */
bool fetch_part_has_progress(const struct fetch_part *part);

/* Whether all has come that was asked for. */
bool fetch_part_is_answered(const struct fetch_part *part);

/* Hands on what is in the buffer, which the owner gets back: the part is the front from now on. */
int fetch_part_lead(struct fetch_part *part, char **ret_buffer, struct error *err);

/* A request has failed for the reason in *err: sets when there is to be another one.  Returns 0, or
 * the error when there were too many. */
int fetch_part_retry(struct fetch_part *part, const struct registry *registry, struct error *err);

#endif

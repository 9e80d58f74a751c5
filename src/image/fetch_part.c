/* fetch_part.c - see fetch_part.h */
#include "image/fetch_part.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"

/* Who gets this far has not failed at the same place again. */
#define PROGRESS ((int64_t) 64 << 10)

/* Bytes a second that keep an inflating thread busy. */
#define FAST ((int64_t) 64 << 20)
#define JUDGED_AFTER_MS 100

#define HUGE_PAGE ((size_t) 2 << 20)

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

/* A range was asked for, and the answer is all.  Only the front can use that. */
static int take_whole(struct fetch_part *part, struct error *err)
{
	part->blob->is_whole = true;
	part->is_refused = part->buffer;
	if (part->is_refused)
		return fail_as(err, ERROR_IMAGE, EPROTO, "a range was asked for, all is sent");
	part->skip = part->position;
	part->end = part->blob->descriptor->size;
	return 0;
}

static int look_at_answer(struct fetch_part *part, struct error *err)
{
	const struct http_request *request = &part->transfer.request;

	part->has_begun = true;
	part->skip = 0;
	if (part->transfer.status == 200 && (request->from || request->to))
		return take_whole(part, err);
	if (part->transfer.status == 200) {
		part->blob->has_ranges =
			str_equal(http_header(&part->transfer, "Accept-Ranges", 0), "bytes");
		return 0;
	}
	part->blob->has_ranges = true;
	if (range_begin(http_header(&part->transfer, "Content-Range", 0)) != part->position)
		return fail_as(err, ERROR_IMAGE, EPROTO,
			       "the answer to a request for the bytes from %" PRId64
			       " is another part",
			       part->position);
	return 0;
}

static int keep(struct fetch_part *part, const char *data, size_t len, struct error *err)
{
	if (!part->buffer) {
		int r = blob_writer_write(&part->blob->writer, data, len, err);

		part->position = part->blob->writer.position;
		return r;
	}
	memcpy(part->buffer + part->len, data, len);
	part->len += len;
	part->position += (int64_t) len;
	return 0;
}

/* What comes behind the part's end: was it cut, or does the server send what nobody asked for? */
static int end_early(struct fetch_part *part, struct error *err)
{
	part->is_cut = !part->transfer.request.to && part->end < part->blob->descriptor->size;
	return fail_as(err, ERROR_IMAGE, EPROTO, "more bytes are sent than those to %" PRId64,
		       part->end - 1);
}

static int take(void *context, const void *data, size_t len, struct error *err)
{
	struct fetch_part *part = context;
	size_t skipped, left;

	if (!part->has_begun && look_at_answer(part, err) < 0)
		return -err->code;
	skipped = (uint64_t) part->skip < len ? (size_t) part->skip : len;
	part->skip -= (int64_t) skipped;
	if (skipped == len)
		return 0;
	data = (const char *) data + skipped;
	len -= skipped;
	/* The writer knows the blob's own end. */
	if (part->end == part->blob->descriptor->size && !part->buffer)
		return keep(part, data, len, err);
	left = (size_t) (part->end - part->position);
	if (keep(part, data, len < left ? len : left, err) < 0)
		return -err->code;
	return len > left ? end_early(part, err) : 0;
}

char *fetch_part_buffer(void)
{
	char *buffer = aligned_alloc(HUGE_PAGE, FETCH_PART_SIZE);

	if (!buffer)
		abort();
	/* Else the kernel makes it of a thousand pages, one fault each. */
	madvise(buffer, FETCH_PART_SIZE, MADV_HUGEPAGE);
	return buffer;
}

int fetch_part_begin(struct fetch_part *part, struct registry *registry, struct error *err)
{
	const struct oci_descriptor *descriptor = part->blob->descriptor;
	auto_free char *url = registry_blob_url(registry, descriptor->digest);
	struct http_request *request = &part->transfer.request;

	registry_prepare(registry, url, request);
	request->from = part->position;
	request->to = part->end < descriptor->size ? part->end - 1 : 0;
	request->is_unshared = part->buffer;
	request->sink = take;
	request->context = part;
	part->authorization = registry->authorizations;
	part->has_begun = false;
	part->is_refused = false;
	part->is_cut = false;
	part->attempt_at = part->position;
	part->attempt_ms = http_now_ms();
	if (http_begin(registry->http, &part->transfer, err) < 0)
		return -err->code;
	part->is_running = true;
	return 0;
}

void fetch_part_stop(struct fetch_part *part)
{
	http_transfer_release(&part->transfer);
	part->transfer = (struct http_transfer){ 0 };
	part->is_running = false;
}

bool fetch_part_is_slow(const struct fetch_part *part)
{
	int64_t ms = http_now_ms() - part->attempt_ms;

	return ms >= JUDGED_AFTER_MS && (part->position - part->attempt_at) * 1000 / ms < FAST;
}

void fetch_part_cut(struct fetch_part *part)
{
	part->end = part->position + FETCH_PART_SIZE;
}

bool fetch_part_has_progress(const struct fetch_part *part)
{
	return part->position - part->attempt_at >= PROGRESS;
}

bool fetch_part_is_answered(const struct fetch_part *part)
{
	int64_t to = part->transfer.request.to;

	return part->position == (to ? to + 1 : part->end);
}

int fetch_part_lead(struct fetch_part *part, char **ret_buffer, struct error *err)
{
	*ret_buffer = part->buffer;
	part->buffer = NULL;
	return part->len ? blob_writer_write(&part->blob->writer, *ret_buffer, part->len, err) : 0;
}

int fetch_part_retry(struct fetch_part *part, const struct registry *registry, struct error *err)
{
	int64_t delay;

	if (fetch_part_has_progress(part))
		part->attempts = 0;
	part->attempts++;
	if (part->attempts > registry->options->retries)
		return registry_give_up(registry, &part->transfer, err);
	delay = registry_delay_ms(&part->transfer, part->attempts);
	log_warning("%s; going on from byte %" PRId64 " in %.1f s", err->text, part->position,
		    (double) delay / 1000);
	part->not_before = http_now_ms() + delay;
	return 0;
}

/* pull.h - an image from a registry into the store; its layers can be read while they come
 *
 *	puller_open()		finds the image: its manifest and configuration are verified
 *	puller_start()		fetches the layers, in a thread of its own
 *	growing_read(puller_layer(...))		meanwhile, as often as wanted, in any order
 *	puller_finish()		when all layers are in the store, gives the image its name there
 *	puller_free()
 *
 * pull_image() is all of it.  What was fetched of an image stays when it fails, for the next time. */
#ifndef IMAGE_PULL_H
#define IMAGE_PULL_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "image/resolve.h"
#include "image/store.h"

struct fetch;
struct growing;

#define PULL_PARALLEL 4
#define PULL_RETRIES 5

struct pull_request {
	const struct store *store; /* open STORE_SHARED; must outlive the puller */
	const char *image;	   /* a name in a registry, see reference.h */
	const char *platform;	   /* "os/architecture[/variant]"; NULL: this host's */
	const char *creds;	   /* "USER:PASSWORD"; NULL: see auth_file.h */
	const char *auth_file;
	bool is_insecure;
	unsigned int parallel;		   /* requests at a time; 0: PULL_PARALLEL */
	unsigned int retries;		   /* of a request that fails */
	unsigned int stall_seconds;	   /* 0: HTTP_STALL_SECONDS (http.h) */
	const volatile sig_atomic_t *stop; /* non-zero: -EINTR soon; NULL: never */
	/* Is told of the layers' progress, in the thread that fetches; NULL: nobody. */
	void (*tell)(void *context, const struct fetch *fetch);
	void *context;
};

struct pull_result {
	char *name;		      /* in the store: "docker.io/library/busybox:latest" */
	char digest[DIGEST_TEXT_MAX]; /* of the manifest */
	int64_t size;		      /* of the layers */
	int64_t fetched;	      /* of which these bytes came over the network */
	size_t layers;
	bool was_there; /* all of it: nothing was to be done */
};

void pull_result_release(struct pull_result *result);
#define auto_pull_result __attribute__((cleanup(pull_result_release))) struct pull_result

struct puller;

int puller_open(const struct pull_request *request, struct puller **ret, struct error *err);

/* The image, with its configuration; valid until puller_free(). */
const struct image *puller_image(const struct puller *puller);

int puller_start(struct puller *puller, struct error *err);

/* The layer's bytes as they come, or as the store has them. */
struct growing *puller_layer(struct puller *puller, size_t i);

/* Waits for the layers when they were started, else fetches them here and now. */
int puller_finish(struct puller *puller, struct pull_result *ret, struct error *err);

/* Stops what is still going on. */
void puller_free(struct puller *puller);

static inline void cleanup_puller(struct puller **puller)
{
	puller_free(*puller);
}
#define auto_puller __attribute__((cleanup(cleanup_puller))) struct puller

int pull_image(const struct pull_request *request, struct pull_result *ret, struct error *err);

#endif

/* growing.h - a file that one thread writes while another reads what is there already
 *
 * So a layer is decompressed and unpacked while it is still being fetched.  The writer says how
 * many bytes from the beginning are there, and in the end whether the whole was what it should
 * be; the reader waits for either. */
#ifndef IMAGE_GROWING_H
#define IMAGE_GROWING_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct growing {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int fd;		    /* a duplicate of the writer's; -1: not opened yet */
	int64_t available;  /* bytes from the beginning */
	bool ended;	    /* all is there, and was verified */
	struct error error; /* code is set: there will be no more */
};

void growing_init(struct growing *growing);

/* The writer's side.  fd is duplicated; when there is one already, that one stays, for the reader
 * uses it without the lock: a second opening must be of the same file. */
int growing_open(struct growing *growing, int fd, struct error *err);
void growing_advance(struct growing *growing, int64_t available);
void growing_end(struct growing *growing);
void growing_fail(struct growing *growing, const struct error *why);

/* The reader's side: reads what is there at offset, waiting while nothing is.  Returns the number
 * of bytes, 0 at the end of a file whose size and digest were verified, or the negative errno of
 * what the writer failed with. */
ssize_t growing_read(struct growing *growing, int64_t offset, void *buf, size_t len,
		     struct error *err);

/* When neither side uses it any more. */
void growing_release(struct growing *growing);

#endif

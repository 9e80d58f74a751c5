/* ring.h - a few buffers of fixed size that go round between threads
 *
 * Each buffer passes three stages, in order of filling: one thread fills it; two others, each at
 * its own pace, look at what is in it; then it is free again.  Nobody copies, nobody allocates, and
 * who is ahead waits. */
#ifndef IMAGE_RING_H
#define IMAGE_RING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_SLOTS 12
#define RING_SLOT_SIZE ((size_t) 256 << 10)

enum ring_stage { RING_FILL, RING_HASH, RING_USE, RING_STAGES };

struct ring_slot {
	unsigned char *data; /* RING_SLOT_SIZE bytes */
	size_t len;	     /* what is filled */
};

struct ring {
	pthread_mutex_t mutex;
	pthread_cond_t changed[RING_STAGES]; /* the stage's thread waits here for its next buffer */
	bool is_waiting[RING_STAGES];
	pthread_cond_t finished; /* ring_wait_for() waits here */
	bool is_closed;
	uint64_t done[RING_STAGES]; /* how many buffers each stage has done */
	struct ring_slot slots[RING_SLOTS];
	unsigned char *memory;
};

/* Without memory the process ends.  The memory is zeroed by the kernel, page by page as it is used. */
void ring_init(struct ring *ring);
void ring_release(struct ring *ring);

/* The stage's next buffer, when the stages before are done with it; NULL when the ring was closed.  Only one
 * thread a stage may call it. */
struct ring_slot *ring_wait(struct ring *ring, enum ring_stage stage);

/* The stage is done with the buffer that ring_wait() gave. */
void ring_done(struct ring *ring, enum ring_stage stage);

/* Waits until the stage has done as many as were filled, or the ring was closed. */
void ring_wait_for(struct ring *ring, enum ring_stage stage);

/* Ends all waiting, now and later. */
void ring_close(struct ring *ring);

#endif

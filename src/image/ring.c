/* ring.c - see ring.h */
#include "image/ring.h"

#include <stdlib.h>

#include "base/text.h"

/* Who found no buffer free is woken when there are so many, for each waking costs as much as some of the
 * work on a buffer. */
#define FREE_AT_ONCE (RING_SLOTS / 4)

void ring_init(struct ring *ring)
{
	*ring = (struct ring){ 0 };
	pthread_mutex_init(&ring->mutex, NULL);
	for (size_t i = 0; i < RING_STAGES; i++)
		pthread_cond_init(&ring->changed[i], NULL);
	pthread_cond_init(&ring->finished, NULL);
	ring->memory = xcalloc(RING_SLOTS, RING_SLOT_SIZE);
	for (size_t i = 0; i < RING_SLOTS; i++)
		ring->slots[i].data = ring->memory + i * RING_SLOT_SIZE;
}

void ring_release(struct ring *ring)
{
	if (!ring->memory)
		return;
	for (size_t i = 0; i < RING_STAGES; i++)
		pthread_cond_destroy(&ring->changed[i]);
	pthread_cond_destroy(&ring->finished);
	pthread_mutex_destroy(&ring->mutex);
	free(ring->memory);
	*ring = (struct ring){ 0 };
}

/* How many buffers the stage can take now. */
static uint64_t count_ready(const struct ring *ring, enum ring_stage stage)
{
	const uint64_t *done = ring->done;
	uint64_t freed = done[RING_HASH] < done[RING_USE] ? done[RING_HASH] : done[RING_USE];

	return stage == RING_FILL ? RING_SLOTS - (done[RING_FILL] - freed)
				  : done[RING_FILL] - done[stage];
}

struct ring_slot *ring_wait(struct ring *ring, enum ring_stage stage)
{
	struct ring_slot *slot = NULL;

	pthread_mutex_lock(&ring->mutex);
	while (!ring->is_closed && !count_ready(ring, stage)) {
		ring->is_waiting[stage] = true;
		pthread_cond_wait(&ring->changed[stage], &ring->mutex);
	}
	ring->is_waiting[stage] = false;
	if (!ring->is_closed)
		slot = &ring->slots[ring->done[stage] % RING_SLOTS];
	pthread_mutex_unlock(&ring->mutex);
	return slot;
}

/* Under the mutex. */
static void wake(struct ring *ring, enum ring_stage stage, uint64_t at_once)
{
	if (!ring->is_waiting[stage] || count_ready(ring, stage) < at_once)
		return;
	ring->is_waiting[stage] = false;
	pthread_cond_signal(&ring->changed[stage]);
}

void ring_done(struct ring *ring, enum ring_stage stage)
{
	pthread_mutex_lock(&ring->mutex);
	ring->done[stage]++;
	if (stage == RING_FILL) {
		wake(ring, RING_HASH, 1);
		wake(ring, RING_USE, 1);
	} else {
		wake(ring, RING_FILL, FREE_AT_ONCE);
	}
	if (ring->done[stage] == ring->done[RING_FILL])
		pthread_cond_signal(&ring->finished);
	pthread_mutex_unlock(&ring->mutex);
}

void ring_wait_for(struct ring *ring, enum ring_stage stage)
{
	pthread_mutex_lock(&ring->mutex);
	while (!ring->is_closed && ring->done[stage] < ring->done[RING_FILL])
		pthread_cond_wait(&ring->finished, &ring->mutex);
	pthread_mutex_unlock(&ring->mutex);
}

void ring_close(struct ring *ring)
{
	pthread_mutex_lock(&ring->mutex);
	ring->is_closed = true;
	for (size_t i = 0; i < RING_STAGES; i++)
		pthread_cond_broadcast(&ring->changed[i]);
	pthread_cond_broadcast(&ring->finished);
	pthread_mutex_unlock(&ring->mutex);
}

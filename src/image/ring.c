/* ring.c - see ring.h */
#include "image/ring.h"

#include <stdlib.h>

#include "base/text.h"

void ring_init(struct ring *ring)
{
	*ring = (struct ring){ 0 };
	pthread_mutex_init(&ring->mutex, NULL);
	pthread_cond_init(&ring->changed, NULL);
	ring->memory = xcalloc(RING_SLOTS, RING_SLOT_SIZE);
	for (size_t i = 0; i < RING_SLOTS; i++)
		ring->slots[i].data = ring->memory + i * RING_SLOT_SIZE;
}

void ring_release(struct ring *ring)
{
	if (!ring->memory)
		return;
	pthread_cond_destroy(&ring->changed);
	pthread_mutex_destroy(&ring->mutex);
	free(ring->memory);
	*ring = (struct ring){ 0 };
}

/* Whether the stage's next buffer is its to take. */
static bool is_ready(const struct ring *ring, enum ring_stage stage)
{
	const uint64_t *done = ring->done;
	uint64_t freed = done[RING_HASH] < done[RING_USE] ? done[RING_HASH] : done[RING_USE];

	return stage == RING_FILL ? done[RING_FILL] - freed < RING_SLOTS
				  : done[stage] < done[RING_FILL];
}

/* Under the mutex. */
static void wait_for_change(struct ring *ring)
{
	ring->waiting++;
	pthread_cond_wait(&ring->changed, &ring->mutex);
	ring->waiting--;
}

struct ring_slot *ring_wait(struct ring *ring, enum ring_stage stage)
{
	struct ring_slot *slot = NULL;

	pthread_mutex_lock(&ring->mutex);
	while (!ring->is_closed && !is_ready(ring, stage))
		wait_for_change(ring);
	if (!ring->is_closed)
		slot = &ring->slots[ring->done[stage] % RING_SLOTS];
	pthread_mutex_unlock(&ring->mutex);
	return slot;
}

void ring_done(struct ring *ring, enum ring_stage stage)
{
	pthread_mutex_lock(&ring->mutex);
	ring->done[stage]++;
	if (ring->waiting)
		pthread_cond_broadcast(&ring->changed);
	pthread_mutex_unlock(&ring->mutex);
}

void ring_wait_for(struct ring *ring, enum ring_stage stage)
{
	pthread_mutex_lock(&ring->mutex);
	while (!ring->is_closed && ring->done[stage] < ring->done[RING_FILL])
		wait_for_change(ring);
	pthread_mutex_unlock(&ring->mutex);
}

void ring_close(struct ring *ring)
{
	pthread_mutex_lock(&ring->mutex);
	ring->is_closed = true;
	pthread_cond_broadcast(&ring->changed);
	pthread_mutex_unlock(&ring->mutex);
}

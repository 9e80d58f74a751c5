/* name_set.c - see name_set.h */
#include "image/name_set.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/text.h"

#define FIRST_SIZE 256

/* Spreads every bit of x over all of the result. */
static uint64_t mix(uint64_t x)
{
	x ^= x >> 32;
	x *= 0x9e3779b97f4a7c15;
	x ^= x >> 29;
	x *= 0xd6e8feb86659fd93;
	x ^= x >> 32;
	return x;
}

static uint64_t key_of(const struct name_set *set, ino_t dir, const char *name)
{
	uint64_t key = mix(set->seed ^ (uint64_t) dir);

	while (*name) {
		uint64_t word = 0;

		for (int i = 0; i < 8 && *name; i++)
			word = word << 8 | (unsigned char) *name++;
		key = mix(key ^ word) + set->seed;
	}
	return key ? key : 1;
}

/* The slot that holds the key, or the free one where it would go. */
static uint64_t *find(const struct name_set *set, uint64_t key)
{
	size_t i = key & (set->size - 1);

	while (set->slots[i] && set->slots[i] != key)
		i = (i + 1) & (set->size - 1);
	return &set->slots[i];
}

static void grow(struct name_set *set)
{
	struct name_set bigger = *set;

	bigger.size = set->size ? 2 * set->size : FIRST_SIZE;
	bigger.slots = xcalloc(bigger.size, sizeof(*bigger.slots));
	for (size_t i = 0; i < set->size; i++)
		if (set->slots[i])
			*find(&bigger, set->slots[i]) = set->slots[i];
	free(set->slots);
	*set = bigger;
}

void name_set_init(struct name_set *set)
{
	*set = (struct name_set){ 0 };
	if (getrandom(&set->seed, sizeof(set->seed), GRND_NONBLOCK) < 0)
		set->seed = (uint64_t) (uintptr_t) set;
}

int name_set_add(struct name_set *set, ino_t dir, const char *name, struct error *err)
{
	uint64_t key = key_of(set, dir, name), *slot;

	if (set->n >= NAME_SET_MAX)
		return fail_as(err, ERROR_IMAGE, E2BIG, "the layer has more than %zu entries",
			       NAME_SET_MAX);
	if (set->n >= set->size / 4 * 3)
		grow(set);
	slot = find(set, key);
	set->n += !*slot;
	*slot = key;
	return 0;
}

bool name_set_has(const struct name_set *set, ino_t dir, const char *name)
{
	return set->n > 0 && *find(set, key_of(set, dir, name));
}

void name_set_release(struct name_set *set)
{
	free(set->slots);
	*set = (struct name_set){ 0 };
}

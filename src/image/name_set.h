/* name_set.h - which names of the tree the layer being applied has made
 *
 * A whiteout hides what lower layers left, wherever it stands in its layer, and never what its own
 * layer brings; and a layer may not have a name twice.  A name is kept as 64 bits made of its
 * directory's inode number and itself: 16 bytes or so an entry.  An inode number that is used again
 * while the layer is applied belongs to a directory of this layer too, so no name in it can be
 * wrong. */
#ifndef IMAGE_NAME_SET_H
#define IMAGE_NAME_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* At most this many names: 64 MiB. */
#define NAME_SET_MAX ((size_t) 4 << 20)

struct name_set {
	uint64_t *slots; /* open addressing; 0 is a free slot */
	size_t size;	 /* a power of two, or 0 */
	size_t n;
	uint64_t seed; /* so that no layer can be crafted to be slow */
};

#define auto_name_set __attribute__((cleanup(name_set_release))) struct name_set

void name_set_init(struct name_set *set);

/* -E2BIG (class image) when the set is full. */
int name_set_add(struct name_set *set, ino_t dir, const char *name, struct error *err);
bool name_set_has(const struct name_set *set, ino_t dir, const char *name);
void name_set_release(struct name_set *set);

#endif

/* prefault.c - see prefault.h */
#include "linux/prefault.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define HEAP_MAX (96 << 10) /* free(3) gives more of the heap's end back */

void prefault(void *start, size_t len)
{
	uintptr_t mask = (uintptr_t) getauxval(AT_PAGESZ) - 1;
	uintptr_t first = (uintptr_t) start & ~mask;
	uintptr_t end = ((uintptr_t) start + len + mask) & ~mask;

	madvise((void *) first, end - first, MADV_POPULATE_WRITE);
}

/* contrib/musl says so of musl's older malloc */
#if defined(M_TRIM_THRESHOLD) || defined(HEAP_STAYS)

void prefault_heap(size_t len)
{
	void *next;

	len = len < HEAP_MAX ? len : HEAP_MAX;
	next = malloc(len);
	if (next)
		prefault(next, len);
	free(next);
}

#else

void prefault_heap(size_t len)
{
	(void) len; /* free(3) keeps nothing: musl's newer malloc maps such a piece alone, and unmaps it */
}

#endif

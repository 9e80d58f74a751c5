/* prefault.h - memory that is sure to be written to, asked for at once
 *
 * A page fault each costs many times what the kernel takes to give the pages together. */
#ifndef LINUX_PREFAULT_H
#define LINUX_PREFAULT_H

#include <stddef.h>

/* What the pages that start to start + len lie on need no page fault any more.  Where the kernel cannot
 * (before 5.14) they are faulted in when they are used, as ever. */
void prefault(void *start, size_t len);

/* The same for the bytes that malloc() gives next, as far as the heap is not trimmed for it. */
void prefault_heap(size_t len);

#endif

/* memory.h - counts what libocispec and its tests hold
 *
 * The test program is linked with --wrap for malloc and its kin, so that memory.c sees each call. */
#ifndef TESTS_LIBOCISPEC_MEMORY_H
#define TESTS_LIBOCISPEC_MEMORY_H

#include <stddef.h>

/* Allocations made and not freed. */
size_t memory_live(void);

#endif

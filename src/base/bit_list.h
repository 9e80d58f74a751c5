/* bit_list.h - lists of CPUs or memory nodes: "0-3,7" */
#ifndef BASE_BIT_LIST_H
#define BASE_BIT_LIST_H

#include <limits.h>
#include <stddef.h>

#define BIT_LIST_WORD (sizeof(unsigned long) * CHAR_BIT)

/* Blanks may stand around what commas separate (the runtime specification's schema has them).  Sets the
 * listed bits of the n_bits in bits (a multiple of BIT_LIST_WORD; the caller has zeroed
 * them).  Returns 0, -EINVAL (malformed, a range that runs backwards, an empty list) or -ERANGE
 * (a number that is not below n_bits). */
int bit_list_parse(const char *s, unsigned long *bits, size_t n_bits);

#endif

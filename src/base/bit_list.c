/* bit_list.c - see bit_list.h */
#include "base/bit_list.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

/* Reads the number that *s begins with, up to one of the delimiters or the end. */
static int parse_number(const char **s, const char *delimiters, size_t n_bits, uint64_t *ret)
{
	char digits[24];
	size_t len = strcspn(*s, delimiters);

	if (len >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, *s, len);
	digits[len] = '\0';
	*s += len;
	return parse_u64(digits, n_bits - 1, ret);
}

int bit_list_parse(const char *s, unsigned long *bits, size_t n_bits)
{
	for (;; s++) {
		uint64_t first, last;
		int r;

		s += strspn(s, " ");
		r = parse_number(&s, "-, ", n_bits, &first);
		if (r < 0)
			return r;
		last = first;
		if (*s == '-') {
			s++;
			r = parse_number(&s, ", ", n_bits, &last);
			if (r < 0)
				return r;
		}
		if (last < first)
			return -EINVAL;
		for (uint64_t i = first; i <= last; i++)
			bits[i / BIT_LIST_WORD] |= 1ul << i % BIT_LIST_WORD;
		s += strspn(s, " ");
		if (!*s)
			return 0;
		if (*s != ',')
			return -EINVAL;
	}
}

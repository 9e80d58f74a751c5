/* base64.h - base64 (RFC 4648, section 4) to bytes */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stddef.h>

/* *ret, to be freed, has *ret_len bytes and a NUL behind them.  Line ends are skipped, for tools
 * wrap long lines; whatever else is not the alphabet's, and padding that is missing or not the
 * last, is -EINVAL. */
int base64_decode(const char *text, unsigned char **ret, size_t *ret_len);

#endif

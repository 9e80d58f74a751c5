/* base64.c - see base64.h */
#include "base/base64.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The next four characters, padding included; how many there are before the end. */
static size_t take_group(const char **text, char ret[4])
{
	size_t n = 0;

	for (; n < 4 && **text; (*text)++)
		if (**text != '\n' && **text != '\r')
			ret[n++] = **text;
	return n;
}

/* How many bytes the group stands for, or -EINVAL. */
static int decode_group(const char group[4], unsigned char ret[3])
{
	int padding = (group[3] == '=') + (group[3] == '=' && group[2] == '=');
	uint32_t bits = 0;

	for (int i = 0; i < 4; i++) {
		const char *c = i < 4 - padding ? memchr(alphabet, group[i], 64) : alphabet;

		if (!c)
			return -EINVAL;
		bits = bits << 6 | (uint32_t) (c - alphabet);
	}
	for (int i = 0; i < 3; i++)
		ret[i] = (unsigned char) (bits >> (16 - 8 * i));
	return 3 - padding;
}

int base64_decode(const char *text, unsigned char **ret, size_t *ret_len)
{
	auto_free unsigned char *bytes = xcalloc(1, strlen(text) / 4 * 3 + 4);
	char group[4];
	size_t len = 0, n;
	int r = 3;

	while ((n = take_group(&text, group)) > 0) {
		if (n < 4 || r < 3) /* what was padded is the end */
			return -EINVAL;
		r = decode_group(group, bytes + len);
		if (r < 0)
			return r;
		len += (size_t) r;
	}
	bytes[len] = '\0';
	*ret = TAKE_PTR(bytes);
	*ret_len = len;
	return 0;
}

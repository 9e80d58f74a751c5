/* challenge.c - fuzz harness: any bytes as the header WWW-Authenticate */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "image/challenge.h"
#include "tests/fuzz/fuzz.h"

/* Nothing that could begin a header of its own goes on from here. */
static void require_clean(const char *value)
{
	for (; value && *value; value++)
		if (*value == '\r' || *value == '\n')
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_challenge challenge = { 0 };
	auto_str text = { 0 };

	str_append(&text, data, size);
	challenge_parse(text.data, &challenge);
	challenge_parse(text.data, &challenge);
	if (challenge.scheme == AUTH_BEARER && !challenge.realm)
		abort();
	require_clean(challenge.realm);
	require_clean(challenge.service);
	require_clean(challenge.scope);
	return 0;
}

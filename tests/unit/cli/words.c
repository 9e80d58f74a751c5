/* words.c - see words.h */
#include "tests/unit/cli/words.h"

#include "tests/unit/unit.h"

void words_split(const char *line, struct words *ret)
{
	char *rest = ret->text;
	size_t n = 0;

	ck_assert_uint_lt(strlen(line), sizeof(ret->text));
	strcpy(ret->text, line);
	while (*line && rest) {
		ck_assert_uint_lt(n, WORDS_MAX);
		ret->argv[n++] = strsep(&rest, " ");
	}
	ret->argv[n] = NULL;
}

void words_join(char *const *argv, struct str *ret)
{
	str_append(ret, "", 0);
	for (size_t i = 0; argv[i]; i++)
		str_printf(ret, "%s%s", i ? "|" : "", argv[i]);
}

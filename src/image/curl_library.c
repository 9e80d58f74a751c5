/* curl_library.c - see curl_library.h */
#include "image/curl_library.h"

#include <stddef.h>

#include "base/library.h"
#include "base/text.h"

#define LIBRARY "libcurl.so.4"

/* clang-format off */
#define SYMBOL(member) { "curl_" #member, offsetof(struct curl_library, member) }

static const struct library_symbol symbols[] = {
	SYMBOL(easy_cleanup),
	SYMBOL(easy_getinfo),
	SYMBOL(easy_header),
	SYMBOL(easy_init),
	SYMBOL(easy_setopt),
	SYMBOL(easy_strerror),
	SYMBOL(getdate),
	SYMBOL(global_cleanup),
	SYMBOL(global_init),
	SYMBOL(multi_add_handle),
	SYMBOL(multi_cleanup),
	SYMBOL(multi_info_read),
	SYMBOL(multi_init),
	SYMBOL(multi_perform),
	SYMBOL(multi_poll),
	SYMBOL(multi_remove_handle),
	SYMBOL(slist_append),
	SYMBOL(slist_free_all),
	SYMBOL(version_info),
};
/* clang-format on */

int curl_library_open(const struct curl_library **ret, struct error *err)
{
	static struct curl_library library;

	if (library_open(LIBRARY, "to speak to registries takes libcurl", symbols,
			 ARRAY_SIZE(symbols), &library, NULL, err) < 0)
		return fail_class(err, ERROR_IMAGE, NULL);
	*ret = &library;
	return 0;
}

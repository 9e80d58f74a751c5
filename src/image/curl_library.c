/* curl_library.c - see curl_library.h */
#include "image/curl_library.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/text.h"

#define LIBRARY "libcurl.so.4"

#define SYMBOL(member) { "curl_" #member, offsetof(struct curl_library, member) }

static const struct {
	const char *name;
	size_t offset;
} symbols[] = {
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

int curl_library_open(const struct curl_library **ret, struct error *err)
{
	static struct curl_library library;
	void *handle = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL);

	if (!handle)
		return fail_as(err, ERROR_IMAGE, ELIBACC, "to speak to registries takes libcurl: %s",
			       dlerror());
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
		void *symbol = dlsym(handle, symbols[i].name);

		if (!symbol)
			return fail_as(err, ERROR_IMAGE, ELIBACC,
				       "to speak to registries: '" LIBRARY "' lacks '%s'",
				       symbols[i].name);
		memcpy((char *) &library + symbols[i].offset, &symbol, sizeof(symbol));
	}
	*ret = &library;
	return 0;
}

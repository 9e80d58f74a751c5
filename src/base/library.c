/* library.c - see library.h */
#include "base/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

int library_open(const char *library, const char *purpose, const struct library_symbol *symbols,
		 size_t n, void *table, void **ret_handle, struct error *err)
{
	void *handle = dlopen(library, RTLD_LAZY | RTLD_LOCAL);

	if (!handle)
		return fail(err, ELIBACC, "%s: %s", purpose, dlerror());
	for (size_t i = 0; i < n; i++) {
		void *symbol = dlsym(handle, symbols[i].name);

		if (!symbol)
			return fail(err, ELIBACC, "%s: '%s' lacks '%s'", purpose, library,
				    symbols[i].name);
		memcpy((char *) table + symbols[i].offset, &symbol, sizeof(symbol));
	}
	if (ret_handle)
		*ret_handle = handle;
	return 0;
}

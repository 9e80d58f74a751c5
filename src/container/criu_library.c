/* criu_library.c - see criu_library.h */
#include "container/criu_library.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/text.h"

#ifdef STATIC_RUNTIME

int criu_library_open(const struct criu_library **ret, struct error *err)
{
	static const struct criu_library library = {
		.get_packed_size = protobuf_c_message_get_packed_size,
		.pack = protobuf_c_message_pack,
		.unpack = protobuf_c_message_unpack,
		.free_unpacked = protobuf_c_message_free_unpacked,
	};

	(void) err;
	*ret = &library;
	return 0;
}

#else

#define LIBRARY "libprotobuf-c.so.1"

#define SYMBOL(member) { "protobuf_c_message_" #member, offsetof(struct criu_library, member) }

static const struct {
	const char *name;
	size_t offset;
} symbols[] = {
	SYMBOL(get_packed_size),
	SYMBOL(pack),
	SYMBOL(unpack),
	SYMBOL(free_unpacked),
};

int criu_library_open(const struct criu_library **ret, struct error *err)
{
	static struct criu_library library;
	void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (!handle)
		return fail(err, ELIBACC, "to speak to criu takes libprotobuf-c: %s", dlerror());
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
		void *symbol = dlsym(handle, symbols[i].name);

		if (!symbol)
			return fail(err, ELIBACC, "to speak to criu: '" LIBRARY "' lacks '%s'",
				    symbols[i].name);
		memcpy((char *) &library + symbols[i].offset, &symbol, sizeof(symbol));
	}
	*ret = &library;
	return 0;
}

#endif

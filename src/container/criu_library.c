/* criu_library.c - see criu_library.h */
#include "container/criu_library.h"

#include <stddef.h>

#include "base/configured.h"
#include "base/library.h"
#include "base/text.h"

#if STATIC_RUNTIME

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

/* clang-format off */
#define SYMBOL(member) { "protobuf_c_message_" #member, offsetof(struct criu_library, member) }

static const struct library_symbol symbols[] = {
	SYMBOL(get_packed_size),
	SYMBOL(pack),
	SYMBOL(unpack),
	SYMBOL(free_unpacked),
};
/* clang-format on */

int criu_library_open(const struct criu_library **ret, struct error *err)
{
	static struct criu_library library;
	int r = library_open(LIBRARY, "to speak to criu takes libprotobuf-c", symbols,
			     ARRAY_SIZE(symbols), &library, NULL, err);

	if (r == 0)
		*ret = &library;
	return r;
}

#endif

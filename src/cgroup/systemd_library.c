/* systemd_library.c - libsystemd, opened when a container's unit is spoken of */
#include "cgroup/systemd_library.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/text.h"

#define LIBRARY "libsystemd.so.0"

#define SYMBOL(member) { "sd_bus_" #member, offsetof(struct systemd_library, member) }

static const struct {
	const char *name;
	size_t offset;
} symbols[] = {
	SYMBOL(open_system),
	SYMBOL(open_user),
	SYMBOL(close_unref),
	SYMBOL(call),
	SYMBOL(is_ready),
	SYMBOL(process),
	SYMBOL(wait),
	SYMBOL(add_match),
	SYMBOL(slot_unref),
	SYMBOL(get_property_string),
	SYMBOL(error_free),
	SYMBOL(error_has_name),
	SYMBOL(message_new_method_call),
	SYMBOL(message_append_basic),
	SYMBOL(message_open_container),
	SYMBOL(message_close_container),
	SYMBOL(message_read_basic),
	SYMBOL(message_unref),
};

int systemd_library_open(const struct systemd_library **ret, struct error *err)
{
	static struct systemd_library library;
	void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (!handle)
		return fail_as(err, ERROR_CGROUP, ELIBACC,
			       "the systemd cgroup manager needs libsystemd: %s", dlerror());
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
		void *symbol = dlsym(handle, symbols[i].name);

		if (!symbol)
			return fail_as(err, ERROR_CGROUP, ELIBACC,
				       "the systemd cgroup manager: '" LIBRARY "' lacks '%s'",
				       symbols[i].name);
		memcpy((char *) &library + symbols[i].offset, &symbol, sizeof(symbol));
	}
	*ret = &library;
	return 0;
}

/* toml.c - fuzz harness: any bytes as registries.conf */
#include <stdlib.h>

#include "image/registries.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_registries registries = { 0 };
	struct error err = { 0 };
	int r = registries_read((const char *) data, size, &registries, &err);

	if (r != 0 && (r != -err.code || !err.text[0]))
		abort();
	return 0;
}

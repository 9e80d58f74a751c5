/* units.c - see units.h */
#include "cli/units.h"

#include <inttypes.h>

void units_size(struct str *s, uint64_t bytes)
{
	static const char *const names[] = { "KiB", "MiB", "GiB", "TiB" };
	double value = (double) bytes / 1024;
	size_t i = 0;

	if (bytes < 1024) {
		str_printf(s, "%" PRIu64 " B", bytes);
		return;
	}
	while (value >= 1023.95 && i + 1 < ARRAY_SIZE(names)) {
		value /= 1024;
		i++;
	}
	str_printf(s, "%.1f %s", value, names[i]);
}

void units_duration(struct str *s, uint64_t seconds)
{
	if (seconds >= 3600)
		str_printf(s, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, seconds / 3600,
			   seconds / 60 % 60, seconds % 60);
	else
		str_printf(s, "%" PRIu64 ":%02" PRIu64, seconds / 60, seconds % 60);
}

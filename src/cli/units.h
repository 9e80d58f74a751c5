/* units.h - sizes and times as people read them */
#ifndef CLI_UNITS_H
#define CLI_UNITS_H

#include <stdint.h>

#include "base/text.h"

/* "512 B", "12.3 MiB" */
void units_size(struct str *s, uint64_t bytes);

/* "0:07", "1:02:03" */
void units_duration(struct str *s, uint64_t seconds);

#endif

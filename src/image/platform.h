/* platform.h - which of an image's variants fits: os, architecture, variant */
#ifndef IMAGE_PLATFORM_H
#define IMAGE_PLATFORM_H

#include "base/error.h"
#include "libocispec/descriptor.h"

struct platform {
	char os[32];
	char architecture[32];
	char variant[32]; /* "": the architecture's usual one */
};

/* "os/architecture[/variant]"; -EINVAL (class usage) otherwise. */
int platform_parse(const char *text, struct platform *ret, struct error *err);

/* What this host runs, by uname(2). */
void platform_host(struct platform *ret);

/* How well an offered platform serves the wanted one: 0 not at all, else the higher the better.
 * A processor runs its own variant and those below it (arm v7: v7, then v6, v5; amd64 v3: v3, v2,
 * v1); an offer without variant is the architecture's usual one. */
unsigned int platform_fits(const struct platform *wanted, const char *os, const char *architecture,
			   const char *variant);

/* "linux/arm/v7" for messages; offered members may be NULL. */
#define PLATFORM_TEXT_MAX 100
void platform_text(const char *os, const char *architecture, const char *variant,
		   char ret[PLATFORM_TEXT_MAX]);

#endif

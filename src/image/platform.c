/* platform.c - see platform.h */
#include "image/platform.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/text.h"

/* The image specification takes Go's names. */
static const struct machine {
	const char *kernel;
	const char *architecture;
	const char *variant;
} machines[] = {
	/* clang-format off */
	{ "x86_64",      "amd64",    "" },
	{ "i386",        "386",      "" },
	{ "i486",        "386",      "" },
	{ "i586",        "386",      "" },
	{ "i686",        "386",      "" },
	{ "aarch64",     "arm64",    "" },
	{ "armv8l",      "arm",      "v7" },
	{ "armv7l",      "arm",      "v7" },
	{ "armv6l",      "arm",      "v6" },
	{ "armv5tel",    "arm",      "v5" },
	{ "armv5tejl",   "arm",      "v5" },
	{ "riscv64",     "riscv64",  "" },
	{ "ppc64le",     "ppc64le",  "" },
	{ "ppc64",       "ppc64",    "" },
	{ "s390x",       "s390x",    "" },
	{ "loongarch64", "loong64",  "" },
	/* clang-format on */
};

/* Variants from the least to the most demanding; `usual` is meant where none is given. */
static const struct family {
	const char *architecture;
	const char *usual;
	const char *variants[4];
} families[] = {
	{ "amd64", "v1", { "v1", "v2", "v3", "v4" } },
	{ "arm", "v7", { "v5", "v6", "v7", "v8" } },
	{ "arm64", "v8", { "v8", "v9" } },
};

/* Copies the component of *text that ends at '/' or at the end; false when it is empty or too
 * long. */
static bool take(const char **text, char *ret, size_t size)
{
	size_t len = strcspn(*text, "/");

	if (len == 0 || len >= size)
		return false;
	memcpy(ret, *text, len);
	ret[len] = '\0';
	*text += len;
	return true;
}

int platform_parse(const char *text, struct platform *ret, struct error *err)
{
	const char *p = text;

	*ret = (struct platform){ 0 };
	if (take(&p, ret->os, sizeof(ret->os)) && *p++ == '/' &&
	    take(&p, ret->architecture, sizeof(ret->architecture)) &&
	    (!*p || (p++, take(&p, ret->variant, sizeof(ret->variant)) && !*p)))
		return 0;
	return fail_as(err, ERROR_USAGE, EINVAL,
		       "platform '%s' is not of the form os/architecture[/variant]", text);
}

void platform_host(struct platform *ret)
{
	struct utsname uts;

	*ret = (struct platform){ .os = "linux" };
	uname(&uts);
	snprintf(ret->architecture, sizeof(ret->architecture), "%.31s", uts.machine);
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		if (strcmp(uts.machine, machines[i].kernel) != 0)
			continue;
		snprintf(ret->architecture, sizeof(ret->architecture), "%s",
			 machines[i].architecture);
		snprintf(ret->variant, sizeof(ret->variant), "%s", machines[i].variant);
	}
}

static unsigned int level(const struct family *family, const char *variant)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(family->variants); i++)
		if (str_equal(family->variants[i], variant))
			return i + 1;
	return 0;
}

static unsigned int variant_fits(const char *architecture, const char *wanted, const char *offered)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const struct family *family = &families[i];
		unsigned int want, offer;

		if (strcmp(architecture, family->architecture) != 0)
			continue;
		want = level(family, *wanted ? wanted : family->usual);
		offer = level(family, *offered ? offered : family->usual);
		if (want && offer)
			return offer <= want ? offer : 0;
	}
	return strcmp(wanted, offered) == 0;
}

unsigned int platform_fits(const struct platform *wanted, const char *os, const char *architecture,
			   const char *variant)
{
	if (!str_equal(os, wanted->os) || !str_equal(architecture, wanted->architecture))
		return 0;
	return variant_fits(architecture, wanted->variant, variant ? variant : "");
}

void platform_text(const char *os, const char *architecture, const char *variant,
		   char ret[PLATFORM_TEXT_MAX])
{
	snprintf(ret, PLATFORM_TEXT_MAX, "%.30s/%.30s%s%.30s", os ? os : "unknown",
		 architecture ? architecture : "unknown", variant && *variant ? "/" : "",
		 variant ? variant : "");
}

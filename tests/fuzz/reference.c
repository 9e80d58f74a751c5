/* reference.c - fuzz harness: any text as an image's name; what is accepted is made of nothing but
 * what may stand in URLs and paths, and its full name means the same image */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "image/reference.h"
#include "tests/fuzz/fuzz.h"

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check_name(const struct reference *reference)
{
	const char *repository = reference->repository;

	require(repository && *repository && *repository != '/');
	require(strspn(repository, "abcdefghijklmnopqrstuvwxyz0123456789._-/") ==
		strlen(repository));
	require(!strstr(repository, "..") && !strstr(repository, "//") && !strstr(repository, "/."));
	require(!reference->tag || (!strpbrk(reference->tag, "/:@ \n") && *reference->tag != '.'));
	require(!reference->domain || !strpbrk(reference->domain, "/@?#% \n"));
}

/* The full name is a name again, of the same. */
static void check_round_trip(const struct reference *reference)
{
	auto_reference whole = { 0 }, again = { 0 };
	auto_str name = { 0 }, second = { 0 };
	struct error err;

	reference_complete(reference, reference->domain ? reference->domain : "docker.io", &whole);
	reference_text(&whole, &name);
	if (strlen(name.data) > REFERENCE_NAME_MAX)
		return;
	require(reference_parse(name.data, &again, &err) == 0);
	reference_text(&again, &second);
	require(strcmp(name.data, second.data) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_reference reference = { 0 };
	auto_str text = { 0 };
	struct error err = { 0 };
	int r;

	str_append(&text, data, size);
	r = reference_parse(text.data, &reference, &err);
	require(r == 0 || (r == -err.code && err.text[0] && !reference.repository));
	if (r == 0 && reference.transport == TRANSPORT_REGISTRY) {
		check_name(&reference);
		check_round_trip(&reference);
	} else if (r == 0) {
		require(reference.path && *reference.path);
	}
	return 0;
}

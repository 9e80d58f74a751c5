/* registries.c - tests of image/registries.h */
#include "image/registries.h"

#include <errno.h>

#include "base/text.h"
#include "tests/unit/image/suites.h"

#define DIGEST "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* clang-format off */
static const char conf[] =
	"unqualified-search-registries = [\"one.example\", 'two.example']\n"
	"short-name-mode = \"enforcing\"\n"
	"[[registry]]\n"
	"prefix = \"blocked.example/team\"\n"
	"blocked = true\n"
	"[[registry]]\n"
	"location = \"insecure.example:5000\"\n"
	"insecure = true\n"
	"[[registry]]\n"
	"prefix = \"moved.example/old\"\n"
	"location = \"new.example/other/place\"\n"
	"[[registry.mirror]]\n"
	"location = \"mirror.example/m\"\n"
	"insecure = true\n"
	"[[registry.mirror]]\n"
	"location = \"digests.example\"\n"
	"pull-from-mirror = \"digest-only\"\n"
	"[[registry]]\n"
	"prefix = \"*.wild.example\"\n"
	"insecure = true\n"
	"[[registry]]\n"
	"prefix = \"*.away.example\"\n"
	"location = \"home.example/kept\"\n"
	"[[registry.mirror]]\n"
	"location = \"near.example/\"\n"
	"pull-from-mirror = \"\"\n"
	"[[registry]]\n"
	"location = \"slash.example/team//\"\n"
	"blocked = true\n"
	"[[registry]]\n"
	"prefix = \"same.example\"\n"
	"location = \"\"\n"
	"insecure = true\n"
	"[[registry]]\n"
	"location = \"docker.io\"\n"
	"mirror = [{ location = \"hub.example\" }]\n"
	"mirror-by-digest-only = true\n"
	"[aliases]\n"
	"\"fedora\" = \"registry.example/fedora\"\n"
	"\"team/app\" = \"quay.io/team/app\"\n";
/* clang-format on */

static void load(struct registries *ret)
{
	struct error err = { 0 };

	ck_assert_msg(registries_read(conf, strlen(conf), ret, &err) == 0, "%s", err.text);
}

static const struct {
	const char *text;
	const char *expected; /* full names, a space between */
} completions[] = {
	{ "x", "one.example/x:latest two.example/x:latest" },
	{ "fedora:41", "registry.example/fedora:41" },
	{ "team/app", "quay.io/team/app:latest" },
	{ "team/app" DIGEST, "quay.io/team/app" DIGEST },
	{ "docker.io/x", "docker.io/library/x:latest" },
	{ "localhost/fedora", "localhost/fedora:latest" },
};

static void complete_to(const struct registries *registries, const char *text, struct str *ret)
{
	auto_reference reference = { 0 };
	auto_reference_list list = { 0 };
	struct error err;

	ck_assert_int_eq(reference_parse(text, &reference, &err), 0);
	ck_assert_int_eq(registries_complete(registries, &reference, &list, &err), 0);
	for (size_t i = 0; i < list.n; i++) {
		str_printf(ret, "%s", i ? " " : "");
		reference_text(&list.items[i], ret);
	}
}

START_TEST(complete)
{
	auto_registries registries = { 0 };
	auto_str names = { 0 };

	load(&registries);
	complete_to(&registries, completions[_i].text, &names);
	ck_assert_str_eq(names.data, completions[_i].expected);
}
END_TEST

START_TEST(complete_without_files)
{
	auto_registries registries = { 0 };
	auto_str names = { 0 };

	complete_to(&registries, "busybox", &names);
	ck_assert_str_eq(names.data, "docker.io/library/busybox:latest");
}
END_TEST

static const struct {
	const char *text;
	/* host/repository, '!' when insecure, '~' when a mirror; NULL: blocked */
	const char *expected;
} locations[] = {
	{ "quay.io/a", "quay.io/a" },
	{ "blocked.example/team/a", NULL },
	{ "blocked.example/team", NULL },
	{ "blocked.example/teams/a", "blocked.example/teams/a" },
	{ "insecure.example:5000/a", "insecure.example:5000/a!" },
	{ "insecure.example/a", "insecure.example/a" },
	{ "moved.example/old/a:1", "mirror.example/m/a!~ new.example/other/place/a" },
	{ "moved.example/old/a" DIGEST,
	  "mirror.example/m/a!~ digests.example/a~ new.example/other/place/a" },
	{ "moved.example/older/a", "moved.example/older/a" },
	{ "a.wild.example/b", "a.wild.example/b!" },
	{ "a.b.wild.example/c", "a.b.wild.example/c!" },
	{ "wild.example/b", "wild.example/b" },
	{ "notwild.example/b", "notwild.example/b" },
	{ "a.wild.example:5000/b", "a.wild.example:5000/b!" },
	{ "wild.example:5000/b", "wild.example:5000/b" },
	{ "a.away.example/b", "near.example/b~ home.example/kept/b" },
	{ "a.away.example:5000/b/c", "near.example/b/c~ home.example/kept/b/c" },
	{ "slash.example/team/a", NULL },
	{ "slash.example/teams/a", "slash.example/teams/a" },
	{ "same.example/a", "same.example/a!" },
	{ "docker.io/x", "docker.io/library/x" },
	{ "docker.io/x" DIGEST, "hub.example/library/x~ docker.io/library/x" },
};

START_TEST(locate)
{
	auto_registries registries = { 0 };
	auto_reference reference = { 0 };
	auto_endpoint_list list = { 0 };
	auto_str found = { 0 };
	struct error err;
	int r;

	load(&registries);
	ck_assert_int_eq(reference_parse(locations[_i].text, &reference, &err), 0);
	r = registries_locate(&registries, &reference, &list, &err);
	ck_assert_int_eq(r, locations[_i].expected ? 0 : -EPERM);
	for (size_t i = 0; i < list.n; i++)
		str_printf(&found, "%s%s/%s%s%s", i ? " " : "", list.items[i].host,
			   list.items[i].repository, list.items[i].is_insecure ? "!" : "",
			   list.items[i].is_mirror ? "~" : "");
	if (locations[_i].expected)
		ck_assert_str_eq(found.data, locations[_i].expected);
}
END_TEST

/* A later file's word counts. */
START_TEST(later_file)
{
	static const char more[] = "unqualified-search-registries = ['three.example']\n"
				   "[[registry]]\nlocation = 'insecure.example:5000'\n"
				   "[aliases]\nfedora = 'quay.io/fedora/fedora'\n'team/app' = ''\n";
	auto_registries registries = { 0 };
	auto_reference reference = { 0 };
	auto_endpoint_list list = { 0 };
	auto_str names = { 0 };
	struct error err;

	load(&registries);
	ck_assert_int_eq(registries_read(more, strlen(more), &registries, &err), 0);
	complete_to(&registries, "x", &names);
	str_append(&names, " ", 1);
	complete_to(&registries, "fedora", &names);
	str_append(&names, " ", 1);
	complete_to(&registries, "team/app", &names);
	ck_assert_str_eq(names.data, "three.example/x:latest quay.io/fedora/fedora:latest "
				     "three.example/team/app:latest");
	ck_assert_int_eq(reference_parse("insecure.example:5000/a", &reference, &err), 0);
	ck_assert_int_eq(registries_locate(&registries, &reference, &list, &err), 0);
	ck_assert(!list.items[0].is_insecure);
}
END_TEST

/* What it says of a registry without naming it is not for one of an earlier file. */
START_TEST(later_file_without_rules)
{
	static const char *const texts[] = { "[[registry.mirror]]\nlocation = 'x'\n",
					     "[registry]\nlocation = 'x'\nblocked = true\n" };
	auto_registries registries = { 0 };
	struct error err;

	load(&registries);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		ck_assert_int_eq(registries_read(texts[i], strlen(texts[i]), &registries, &err),
				 -EINVAL);
}
END_TEST

START_TEST(mode)
{
	auto_registries registries = { 0 };
	struct error err;

	load(&registries);
	ck_assert(registries.is_enforcing);
	ck_assert_int_eq(registries_read("short-name-mode = ''\n", 21, &registries, &err), 0);
	ck_assert(!registries.is_enforcing);
}
END_TEST

static const struct {
	const char *text;
	const char *message;
} bad[] = {
	{ "[[registry]]\nlocation = 'https://x'", "registry.location: 'https://x' is no HOST" },
	{ "[[registry]]\nlocation = 'x'\n[[registry.mirror]]\nlocation = 'http://y/z'",
	  "registry.mirror.location: 'http://y/z' is no HOST" },
	{ "unqualified-search-registries = ['x', 'https://y']", "'https://y' is no HOST" },
	{ "[[registry]]\nblocked = true", "has neither prefix nor location" },
	{ "[[registry]]\nlocation = 'x'\n[[registry.mirror]]\nlocation = '/'",
	  "mirror number 1 of 'x' has no location" },
	{ "[registry]\nlocation = 'x'", "use [[registry]]" },
	{ "short-name-mode = 'strict'", "is not a choice of" },
	{ "[[registry]]\nlocation = true", "registry.location is not a string" },
	{ "[[registry]]\ninsecure = \"yes\"", "registry.insecure is not a boolean" },
	{ "unqualified-search-registries = \"docker.io\"", "is not a list of strings" },
	{ "[[registry]]\n[[registry.mirror]]\npull-from-mirror = \"x\"", "is not a choice of" },
	{ "[registries.search]\nregistries = ['docker.io']", "version 1 of the format" },
	{ "[[registry.mirror]]\nlocation = 'x'", "before every registry" },
	{ "[aliases]\na = 1", "aliases.a is not a string" },
	{ "[[registry]\n", "line 1" },
};

START_TEST(refuse)
{
	auto_registries registries = { 0 };
	struct error err = { 0 };

	ck_assert_int_eq(registries_read(bad[_i].text, strlen(bad[_i].text), &registries, &err),
			 -EINVAL);
	ck_assert_int_eq(err.class, ERROR_CONFIG);
	ck_assert_msg(strstr(err.text, bad[_i].message), "%s", err.text);
}
END_TEST

Suite *image_registries_suite(void)
{
	Suite *suite = suite_create("image/registries");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, complete, 0, ARRAY_SIZE(completions));
	tcase_add_test(cases, complete_without_files);
	tcase_add_loop_test(cases, locate, 0, ARRAY_SIZE(locations));
	tcase_add_test(cases, later_file);
	tcase_add_test(cases, later_file_without_rules);
	tcase_add_test(cases, mode);
	tcase_add_loop_test(cases, refuse, 0, ARRAY_SIZE(bad));
	suite_add_tcase(suite, cases);
	return suite;
}

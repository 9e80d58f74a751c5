/* default_config.c - tests of libocispec/default_config.c */
#include <stdlib.h>
#include <string.h>

#include "libocispec/default_config.h"
#include "tests/unit/libocispec/documents.h"
#include "tests/unit/libocispec/suites.h"
#include "tests/unit/unit.h"

static bool has_namespace(const struct oci_config *config, const char *type)
{
	for (size_t i = 0; i < config->linux->namespaces.n; i++) {
		if (strcmp(config->linux->namespaces.items[i].type, type) == 0)
			return true;
	}
	return false;
}

static const struct oci_mount *find_mount(const struct oci_config *config, const char *destination)
{
	for (size_t i = 0; i < config->mounts.n; i++) {
		if (strcmp(config->mounts.items[i].destination, destination) == 0)
			return &config->mounts.items[i];
	}
	ck_abort_msg("no mount on '%s'", destination);
}

static bool has_string(const struct oci_strings *strings, const char *value)
{
	for (size_t i = 0; i < strings->n; i++) {
		if (strcmp(strings->items[i], value) == 0)
			return true;
	}
	return false;
}

START_TEST(default_for_root)
{
	struct oci_config config;
	struct oci_error err;

	memset(&config, 0xaa, sizeof(config));
	ck_assert_int_eq(oci_default_config(OCI_DEFAULT_ROOT, 1, 2, &config, &err), 0);
	ck_assert_str_eq(config.oci_version, OCI_RUNTIME_VERSION);
	ck_assert(config.process->terminal);
	ck_assert(config.process->no_new_privileges);
	ck_assert_str_eq(config.process->args.items[0], "sh");
	ck_assert_str_eq(config.process->cwd, "/");
	ck_assert_uint_eq(config.process->capabilities->bounding.n, 3);
	ck_assert_uint_eq(config.process->capabilities->effective.n, 3);
	ck_assert_uint_eq(config.process->capabilities->permitted.n, 3);
	ck_assert_uint_eq(config.process->capabilities->ambient.n, 0);
	ck_assert_uint_eq(config.process->capabilities->inheritable.n, 0);
	ck_assert_uint_eq(config.process->rlimits.items[0].soft, 1024);
	ck_assert(config.root->readonly);
	ck_assert_uint_eq(config.mounts.n, 7);
	ck_assert(has_namespace(&config, "network"));
	ck_assert(!has_namespace(&config, "user"));
	ck_assert(has_string(&find_mount(&config, "/dev/pts")->options, "gid=5"));
	ck_assert_str_eq(find_mount(&config, "/sys")->type, "sysfs");
	ck_assert(!config.linux->resources->devices.items[0].allow);
	ck_assert_uint_eq(config.linux->uid_mappings.n, 0);
	ck_assert(has_string(&config.linux->masked_paths, "/proc/kcore"));
	ck_assert(has_string(&config.linux->readonly_paths, "/proc/sys"));
	oci_release(&oci_config_desc, &config);
}
END_TEST

START_TEST(default_for_a_user)
{
	struct oci_config config;
	struct oci_error err;
	const struct oci_mount *sys;

	ck_assert_int_eq(oci_default_config(OCI_DEFAULT_ROOTLESS, 1000, 1001, &config, &err), 0);
	ck_assert(!has_namespace(&config, "network"));
	ck_assert(has_namespace(&config, "user"));
	ck_assert(!has_string(&find_mount(&config, "/dev/pts")->options, "gid=5"));
	sys = find_mount(&config, "/sys");
	ck_assert_str_eq(sys->source, "/sys");
	ck_assert(has_string(&sys->options, "rbind"));
	ck_assert(has_string(&sys->options, "ro"));
	ck_assert_ptr_null(config.linux->resources);
	ck_assert_uint_eq(config.linux->uid_mappings.n, 1);
	ck_assert_uint_eq(config.linux->uid_mappings.items[0].container_id, 0);
	ck_assert_uint_eq(config.linux->uid_mappings.items[0].host_id, 1000);
	ck_assert_uint_eq(config.linux->uid_mappings.items[0].size, 1);
	ck_assert_uint_eq(config.linux->gid_mappings.items[0].host_id, 1001);
	oci_release(&oci_config_desc, &config);
}
END_TEST

Suite *libocispec_default_config_suite(void)
{
	Suite *suite = suite_create("libocispec/default_config");
	TCase *tcase = tcase_create("default_config");

	tcase_add_test(tcase, default_for_root);
	tcase_add_test(tcase, default_for_a_user);
	suite_add_tcase(suite, tcase);
	return suite;
}

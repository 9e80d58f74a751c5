/* all.c - runs the unit tests of libocispec */
#include "tests/unit/libocispec/suites.h"
#include "tests/unit/unit.h"

/* clang-format off */
static Suite *(*const suites[])(void) = {
	libocispec_copy_suite,
	libocispec_default_config_suite,
	libocispec_desc_suite,
	libocispec_descriptor_suite,
	libocispec_encoding_suite,
	libocispec_except_suite,
	libocispec_list_suite,
	libocispec_memory_suite,
	libocispec_number_suite,
	libocispec_parse_suite,
	libocispec_path_suite,
	libocispec_print_suite,
	libocispec_release_suite,
	libocispec_samples_suite,
	libocispec_skip_suite,
	NULL,
};
/* clang-format on */

int main(int argc, char **argv)
{
	return unit_main(suites, argc, argv);
}

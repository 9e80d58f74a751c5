/* all.c - the unit tests of src/cli */
#include "tests/unit/cli/suites.h"

int main(int argc, char **argv)
{
	/* clang-format off */
	static Suite *(*const suites[])(void) = {
		cli_commands_suite,
		cli_event_document_suite,
		cli_options_suite,
		cli_program_suite,
		NULL,
	};
	/* clang-format on */

	return unit_main(suites, argc, argv);
}

/* suites.h - the suites of src/cli, one a source file */
#ifndef TESTS_UNIT_CLI_SUITES_H
#define TESTS_UNIT_CLI_SUITES_H

#include "tests/unit/unit.h"

Suite *cli_commands_suite(void);
Suite *cli_event_document_suite(void);
Suite *cli_options_suite(void);
Suite *cli_program_suite(void);

#endif

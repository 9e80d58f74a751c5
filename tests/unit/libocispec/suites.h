/* suites.h - the test suites of libocispec, one a source file */
#ifndef TESTS_LIBOCISPEC_SUITES_H
#define TESTS_LIBOCISPEC_SUITES_H

#include <check.h>

Suite *libocispec_copy_suite(void);
Suite *libocispec_default_config_suite(void);
Suite *libocispec_desc_suite(void);
Suite *libocispec_descriptor_suite(void);
Suite *libocispec_encoding_suite(void);
Suite *libocispec_except_suite(void);
Suite *libocispec_list_suite(void);
Suite *libocispec_memory_suite(void);
Suite *libocispec_number_suite(void);
Suite *libocispec_parse_suite(void);
Suite *libocispec_path_suite(void);
Suite *libocispec_print_suite(void);
Suite *libocispec_release_suite(void);
Suite *libocispec_samples_suite(void);
Suite *libocispec_skip_suite(void);

#endif

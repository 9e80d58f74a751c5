/* suites.h - the suites of src/base, one a source file */
#ifndef TESTS_UNIT_BASE_SUITES_H
#define TESTS_UNIT_BASE_SUITES_H

#include "tests/unit/unit.h"

Suite *base_base64_suite(void);
Suite *base_bit_list_suite(void);
Suite *base_capture_suite(void);
Suite *base_children_suite(void);
Suite *base_cleanup_suite(void);
Suite *base_directory_suite(void);
Suite *base_error_suite(void);
Suite *base_file_suite(void);
Suite *base_log_suite(void);
Suite *base_packet_suite(void);
Suite *base_process_suite(void);
Suite *base_socket_suite(void);
Suite *base_raw_syscall_suite(void);
Suite *base_text_suite(void);
Suite *base_timestamp_suite(void);
Suite *base_wait_suite(void);

#endif

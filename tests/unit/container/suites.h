/* suites.h - one suite a file of src/container */
#ifndef TESTS_UNIT_CONTAINER_SUITES_H
#define TESTS_UNIT_CONTAINER_SUITES_H

#include "tests/unit/unit.h"

Suite *container_annotations_suite(void);
Suite *container_bundle_suite(void);
Suite *container_check_suite(void);
Suite *container_criu_suite(void);
Suite *container_exec_process_suite(void);
Suite *container_hooks_suite(void);
Suite *container_id_suite(void);
Suite *container_listener_suite(void);
Suite *container_match_suite(void);
Suite *container_mounts_file_suite(void);
Suite *container_notify_suite(void);
Suite *container_passwd_suite(void);
Suite *container_plan_suite(void);
Suite *container_program_suite(void);
Suite *container_record_suite(void);
Suite *container_relay_suite(void);
Suite *container_state_dir_suite(void);
Suite *container_sync_suite(void);

#endif

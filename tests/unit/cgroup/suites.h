/* suites.h - one suite a file of src/cgroup */
#ifndef TESTS_UNIT_CGROUP_SUITES_H
#define TESTS_UNIT_CGROUP_SUITES_H

#include "tests/unit/unit.h"

Suite *cgroup_apply_suite(void);
Suite *cgroup_cgroup_suite(void);
Suite *cgroup_controllers_suite(void);
Suite *cgroup_convert_suite(void);
Suite *cgroup_delete_suite(void);
Suite *cgroup_device_filter_suite(void);
Suite *cgroup_device_program_suite(void);
Suite *cgroup_device_rules_suite(void);
Suite *cgroup_freeze_suite(void);
Suite *cgroup_join_suite(void);
Suite *cgroup_kill_suite(void);
Suite *cgroup_make_suite(void);
Suite *cgroup_owner_suite(void);
Suite *cgroup_path_suite(void);
Suite *cgroup_property_resources_suite(void);
Suite *cgroup_property_text_suite(void);
Suite *cgroup_restore_suite(void);
Suite *cgroup_scope_name_suite(void);
Suite *cgroup_processes_suite(void);
Suite *cgroup_settings_suite(void);
Suite *cgroup_stats_suite(void);
Suite *cgroup_update_suite(void);

#endif

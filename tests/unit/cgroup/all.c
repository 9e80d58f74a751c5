/* all.c - the unit tests of src/cgroup */
#include "tests/unit/cgroup/suites.h"

int main(int argc, char **argv)
{
	static Suite *(*const suites[])(void) = {
		cgroup_apply_suite,
		cgroup_cgroup_suite,
		cgroup_controllers_suite,
		cgroup_convert_suite,
		cgroup_delete_suite,
		cgroup_device_filter_suite,
		cgroup_device_program_suite,
		cgroup_device_rules_suite,
		cgroup_freeze_suite,
		cgroup_join_suite,
		cgroup_kill_suite,
		cgroup_make_suite,
		cgroup_owner_suite,
		cgroup_path_suite,
		cgroup_property_resources_suite,
		cgroup_property_text_suite,
		cgroup_restore_suite,
		cgroup_scope_name_suite,
		cgroup_processes_suite,
		cgroup_settings_suite,
		cgroup_stats_suite,
		cgroup_update_suite,
		NULL,
	};

	return unit_main(suites, argc, argv);
}

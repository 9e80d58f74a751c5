/* all.c - the unit tests of src/container */
#include "base/configured.h"
#include "tests/unit/container/suites.h"

int main(int argc, char **argv)
{
	static Suite *(*const suites[])(void) = {
		container_annotations_suite,
		container_bundle_suite,
		container_check_suite,
#if HAVE_PROTOBUF
		container_criu_suite,
#endif
		container_exec_process_suite,
		container_hooks_suite,
		container_id_suite,
		container_listener_suite,
		container_match_suite,
		container_mounts_file_suite,
		container_notify_suite,
		container_passwd_suite,
		container_plan_suite,
		container_program_suite,
		container_record_suite,
		container_relay_suite,
		container_state_dir_suite,
		container_sync_suite,
		NULL,
	};

	return unit_main(suites, argc, argv);
}

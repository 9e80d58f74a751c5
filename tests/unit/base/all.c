/* all.c - the unit tests of src/base */
#include "tests/unit/base/suites.h"

int main(int argc, char **argv)
{
	/* clang-format off */
	static Suite *(*const suites[])(void) = {
		base_base64_suite,
		base_bit_list_suite,
		base_capture_suite,
		base_children_suite,
		base_cleanup_suite,
		base_directory_suite,
		base_error_suite,
		base_file_suite,
		base_log_suite,
		base_packet_suite,
		base_process_suite,
		base_socket_suite,
		base_raw_syscall_suite,
		base_text_suite,
		base_timestamp_suite,
		base_wait_suite,
		NULL,
	};
	/* clang-format on */

	return unit_main(suites, argc, argv);
}

/* all.c - the unit tests of src/linux */
#include "tests/unit/linux/suites.h"

int main(int argc, char **argv)
{
	/* clang-format off */
	static Suite *(*const suites[])(void) = {
		linux_apparmor_suite,
		linux_bpf_shrink_suite,
		linux_capabilities_suite,
		linux_clone_suite,
		linux_cpu_affinity_suite,
		linux_devices_suite,
		linux_exe_seal_suite,
		linux_idmap_suite,
		linux_inroot_suite,
		linux_intel_rdt_suite,
		linux_io_priority_suite,
		linux_keyring_suite,
		linux_masks_suite,
		linux_memory_policy_suite,
		linux_mount_check_suite,
		linux_mount_idmap_suite,
		linux_mount_kind_suite,
		linux_mount_options_suite,
		linux_mount_remove_suite,
		linux_mounts_suite,
		linux_namespaces_suite,
		linux_network_suite,
		linux_oom_suite,
		linux_personality_suite,
		linux_prefault_suite,
		linux_procfs_suite,
		linux_rdt_stats_suite,
		linux_rlimits_suite,
		linux_rootfs_suite,
		linux_rtnetlink_suite,
		linux_scheduler_suite,
		linux_seccomp_suite,
		linux_seccomp_cache_suite,
		linux_selinux_suite,
		linux_signals_suite,
		linux_sysctl_suite,
		linux_terminal_suite,
		linux_timens_suite,
		linux_user_suite,
		linux_uts_suite,
		NULL,
	};
	/* clang-format on */

	return unit_main(suites, argc, argv);
}

/* suites.h - the suites of src/linux, one a source file */
#ifndef TESTS_UNIT_LINUX_SUITES_H
#define TESTS_UNIT_LINUX_SUITES_H

#include "tests/unit/unit.h"

Suite *linux_apparmor_suite(void);
Suite *linux_bpf_shrink_suite(void);
Suite *linux_capabilities_suite(void);
Suite *linux_clone_suite(void);
Suite *linux_cpu_affinity_suite(void);
Suite *linux_devices_suite(void);
Suite *linux_exe_seal_suite(void);
Suite *linux_idmap_suite(void);
Suite *linux_inroot_suite(void);
Suite *linux_intel_rdt_suite(void);
Suite *linux_io_priority_suite(void);
Suite *linux_keyring_suite(void);
Suite *linux_masks_suite(void);
Suite *linux_memory_policy_suite(void);
Suite *linux_mount_check_suite(void);
Suite *linux_mount_idmap_suite(void);
Suite *linux_mount_kind_suite(void);
Suite *linux_mount_options_suite(void);
Suite *linux_mount_remove_suite(void);
Suite *linux_mounts_suite(void);
Suite *linux_namespaces_suite(void);
Suite *linux_network_suite(void);
Suite *linux_oom_suite(void);
Suite *linux_personality_suite(void);
Suite *linux_prefault_suite(void);
Suite *linux_procfs_suite(void);
Suite *linux_rdt_stats_suite(void);
Suite *linux_rlimits_suite(void);
Suite *linux_rootfs_suite(void);
Suite *linux_rtnetlink_suite(void);
Suite *linux_scheduler_suite(void);
Suite *linux_seccomp_suite(void);
Suite *linux_seccomp_cache_suite(void);
Suite *linux_selinux_suite(void);
Suite *linux_signals_suite(void);
Suite *linux_sysctl_suite(void);
Suite *linux_terminal_suite(void);
Suite *linux_timens_suite(void);
Suite *linux_user_suite(void);
Suite *linux_uts_suite(void);

#endif

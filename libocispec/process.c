/* process.c - the table of config.json's "process" */
#include "libocispec/process.h"

#include <string.h>

#include "libocispec/desc.h"

static bool is_rlimit(const char *value)
{
	static const char prefix[] = "RLIMIT_";
	const char *name = value + sizeof(prefix) - 1;

	return strncmp(value, prefix, sizeof(prefix) - 1) == 0 && *name != '\0' &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(name);
}

static bool is_cpu_list(const char *value)
{
	return strspn(value, "0123456789, -") == strlen(value);
}

/* clang-format off */
static OCI_DESC(oci_box,
	OCI_F(oci_box, height, "height", REQUIRED),
	OCI_F(oci_box, width,  "width",  REQUIRED));

static OCI_DESC(oci_user,
	OCI_F(oci_user, uid,             "uid", PRINTED),
	OCI_F(oci_user, gid,             "gid", PRINTED),
	OCI_F(oci_user, umask,           "umask"),
	OCI_F(oci_user, additional_gids, "additionalGids"),
	OCI_F(oci_user, username,        "username"));

static OCI_DESC(oci_capabilities,
	OCI_F(oci_capabilities, bounding,    "bounding"),
	OCI_F(oci_capabilities, effective,   "effective"),
	OCI_F(oci_capabilities, inheritable, "inheritable"),
	OCI_F(oci_capabilities, permitted,   "permitted"),
	OCI_F(oci_capabilities, ambient,     "ambient"));

static OCI_DESC(oci_rlimit,
	OCI_F(oci_rlimit, type, "type", REQUIRED, OK(is_rlimit)),
	OCI_F(oci_rlimit, hard, "hard", REQUIRED),
	OCI_F(oci_rlimit, soft, "soft", REQUIRED));

static OCI_DESC(oci_scheduler,
	OCI_F(oci_scheduler, policy,   "policy", REQUIRED,
	      ONE_OF("SCHED_OTHER SCHED_FIFO SCHED_RR SCHED_BATCH SCHED_ISO SCHED_IDLE "
		     "SCHED_DEADLINE")),
	OCI_F(oci_scheduler, nice,     "nice"),
	OCI_F(oci_scheduler, priority, "priority"),
	OCI_F(oci_scheduler, flags,    "flags",
	      ONE_OF("SCHED_FLAG_RESET_ON_FORK SCHED_FLAG_RECLAIM SCHED_FLAG_DL_OVERRUN "
		     "SCHED_FLAG_KEEP_POLICY SCHED_FLAG_KEEP_PARAMS SCHED_FLAG_UTIL_CLAMP_MIN "
		     "SCHED_FLAG_UTIL_CLAMP_MAX")),
	OCI_F(oci_scheduler, runtime,  "runtime"),
	OCI_F(oci_scheduler, deadline, "deadline"),
	OCI_F(oci_scheduler, period,   "period"));

static OCI_DESC(oci_io_priority,
	OCI_F(oci_io_priority, class,    "class", REQUIRED,
	      ONE_OF("IOPRIO_CLASS_RT IOPRIO_CLASS_BE IOPRIO_CLASS_IDLE")),
	OCI_F(oci_io_priority, priority, "priority"));

static OCI_DESC(oci_exec_cpu_affinity,
	OCI_F(oci_exec_cpu_affinity, initial, "initial", OK(is_cpu_list)),
	OCI_F(oci_exec_cpu_affinity, final,   "final",   OK(is_cpu_list)));

OCI_DESC(oci_process,
	OCI_F(oci_process, terminal,          "terminal"),
	OCI_O(oci_process, console_size,      "consoleSize",     oci_box),
	OCI_O(oci_process, user,              "user",            oci_user),
	OCI_F(oci_process, args,              "args"),
	OCI_F(oci_process, command_line,      "commandLine"),
	OCI_F(oci_process, env,               "env"),
	OCI_F(oci_process, cwd,               "cwd", REQUIRED),
	OCI_O(oci_process, capabilities,      "capabilities",    oci_capabilities),
	OCI_L(oci_process, rlimits,           "rlimits",         oci_rlimit),
	OCI_F(oci_process, no_new_privileges, "noNewPrivileges"),
	OCI_F(oci_process, apparmor_profile,  "apparmorProfile"),
	OCI_F(oci_process, oom_score_adj,     "oomScoreAdj"),
	OCI_O(oci_process, scheduler,         "scheduler",       oci_scheduler),
	OCI_F(oci_process, selinux_label,     "selinuxLabel"),
	OCI_O(oci_process, io_priority,       "ioPriority",      oci_io_priority),
	OCI_O(oci_process, exec_cpu_affinity, "execCPUAffinity", oci_exec_cpu_affinity));
/* clang-format on */

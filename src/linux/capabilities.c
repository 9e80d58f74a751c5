/* capabilities.c - the five capability sets of the container's process
 *
 * The names are a table and the sets two system calls: loading libcap would cost every run more
 * than that. */
#include "linux/capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

#define BIT(capability) (UINT64_C(1) << (capability))

/* clang-format off */
static const char *const names[] = {
	[CAP_CHOWN] = "CAP_CHOWN",
	[CAP_DAC_OVERRIDE] = "CAP_DAC_OVERRIDE",
	[CAP_DAC_READ_SEARCH] = "CAP_DAC_READ_SEARCH",
	[CAP_FOWNER] = "CAP_FOWNER",
	[CAP_FSETID] = "CAP_FSETID",
	[CAP_KILL] = "CAP_KILL",
	[CAP_SETGID] = "CAP_SETGID",
	[CAP_SETUID] = "CAP_SETUID",
	[CAP_SETPCAP] = "CAP_SETPCAP",
	[CAP_LINUX_IMMUTABLE] = "CAP_LINUX_IMMUTABLE",
	[CAP_NET_BIND_SERVICE] = "CAP_NET_BIND_SERVICE",
	[CAP_NET_BROADCAST] = "CAP_NET_BROADCAST",
	[CAP_NET_ADMIN] = "CAP_NET_ADMIN",
	[CAP_NET_RAW] = "CAP_NET_RAW",
	[CAP_IPC_LOCK] = "CAP_IPC_LOCK",
	[CAP_IPC_OWNER] = "CAP_IPC_OWNER",
	[CAP_SYS_MODULE] = "CAP_SYS_MODULE",
	[CAP_SYS_RAWIO] = "CAP_SYS_RAWIO",
	[CAP_SYS_CHROOT] = "CAP_SYS_CHROOT",
	[CAP_SYS_PTRACE] = "CAP_SYS_PTRACE",
	[CAP_SYS_PACCT] = "CAP_SYS_PACCT",
	[CAP_SYS_ADMIN] = "CAP_SYS_ADMIN",
	[CAP_SYS_BOOT] = "CAP_SYS_BOOT",
	[CAP_SYS_NICE] = "CAP_SYS_NICE",
	[CAP_SYS_RESOURCE] = "CAP_SYS_RESOURCE",
	[CAP_SYS_TIME] = "CAP_SYS_TIME",
	[CAP_SYS_TTY_CONFIG] = "CAP_SYS_TTY_CONFIG",
	[CAP_MKNOD] = "CAP_MKNOD",
	[CAP_LEASE] = "CAP_LEASE",
	[CAP_AUDIT_WRITE] = "CAP_AUDIT_WRITE",
	[CAP_AUDIT_CONTROL] = "CAP_AUDIT_CONTROL",
	[CAP_SETFCAP] = "CAP_SETFCAP",
	[CAP_MAC_OVERRIDE] = "CAP_MAC_OVERRIDE",
	[CAP_MAC_ADMIN] = "CAP_MAC_ADMIN",
	[CAP_SYSLOG] = "CAP_SYSLOG",
	[CAP_WAKE_ALARM] = "CAP_WAKE_ALARM",
	[CAP_BLOCK_SUSPEND] = "CAP_BLOCK_SUSPEND",
	[CAP_AUDIT_READ] = "CAP_AUDIT_READ",
	[CAP_PERFMON] = "CAP_PERFMON",
	[CAP_BPF] = "CAP_BPF",
	[CAP_CHECKPOINT_RESTORE] = "CAP_CHECKPOINT_RESTORE",
};
/* clang-format on */

static bool is_known_to_kernel(int capability)
{
	return prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0;
}

static int find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], name) == 0)
			return (int) i;
	return -1;
}

bool capability_is_known(const char *name)
{
	return find(name) >= 0;
}

/* The names of the set, separated by spaces. */
static struct str list(uint64_t set)
{
	struct str text = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (set & BIT(i))
			str_printf(&text, "%s%s", text.len ? " " : "", names[i]);
	return text;
}

static int parse_set(const struct oci_strings *caps, const char *set, uint64_t *ret,
		     struct error *err)
{
	for (size_t i = 0; i < caps->n; i++) {
		int capability = find(caps->items[i]);

		if (capability < 0) {
			char where[64];

			snprintf(where, sizeof(where), "process.capabilities.%s[%zu]", set, i);
			return fail_at(err, EINVAL, where, "unknown capability '%s'",
				       caps->items[i]);
		}
		*ret |= BIT(capability);
	}
	return 0;
}

static int check_subset(uint64_t set, const char *where, uint64_t of, const char *of_name,
			struct error *err)
{
	auto_str missing = list(set & ~of);

	if (missing.len)
		return fail_at(err, EINVAL, where, "%s is not in the %s set", missing.data,
			       of_name);
	return 0;
}

static void warn_of(uint64_t missing, const char *who)
{
	auto_str text = list(missing);

	if (text.len)
		log_warning("process.capabilities: %s cannot be granted: %s", text.data, who);
}

static void leave_out(struct capability_sets *sets, uint64_t missing)
{
	sets->bounding &= ~missing;
	sets->effective &= ~missing;
	sets->inheritable &= ~missing;
	sets->permitted &= ~missing;
	sets->ambient &= ~missing;
}

/* Kernels number capabilities without gaps: mostly the highest one answers for all. */
static uint64_t unknown_to_kernel(const struct capability_sets *sets)
{
	uint64_t all = sets->bounding | sets->effective | sets->inheritable | sets->permitted |
		       sets->ambient;
	uint64_t unknown = 0;

	for (int i = ARRAY_SIZE(names) - 1; i >= 0; i--) {
		if (!(all & BIT(i)))
			continue;
		if (is_known_to_kernel(i))
			break;
		unknown |= BIT(i);
	}
	return unknown;
}

int capabilities_plan(const struct oci_capabilities *caps, struct capability_sets *ret,
		      struct error *err)
{
	struct capability_sets sets = { 0 };
	uint64_t unknown;
	int r;

	*ret = sets;
	if (!caps)
		return 0;
	if ((r = parse_set(&caps->bounding, "bounding", &sets.bounding, err)) < 0 ||
	    (r = parse_set(&caps->effective, "effective", &sets.effective, err)) < 0 ||
	    (r = parse_set(&caps->inheritable, "inheritable", &sets.inheritable, err)) < 0 ||
	    (r = parse_set(&caps->permitted, "permitted", &sets.permitted, err)) < 0 ||
	    (r = parse_set(&caps->ambient, "ambient", &sets.ambient, err)) < 0 ||
	    (r = check_subset(sets.effective, "process.capabilities.effective", sets.permitted,
			      "permitted", err)) < 0 ||
	    (r = check_subset(sets.inheritable, "process.capabilities.inheritable", sets.bounding,
			      "bounding", err)) < 0)
		return r;
	unknown = unknown_to_kernel(&sets);
	warn_of(unknown, "the kernel does not know it");
	leave_out(&sets, unknown);
	*ret = sets;
	return 0;
}

int capabilities_bound_apply(const struct capability_sets *sets, struct error *err)
{
	for (int i = 0; i < 64; i++) {
		if (sets->bounding & BIT(i))
			continue;
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == 0)
			continue;
		if (errno == EINVAL)
			break; /* beyond the kernel's last */
		return fail_errno(err, "drop capability %d from the bounding set", i);
	}
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return fail_errno(err, "keep the capabilities over the change of user");
	return 0;
}

static int get_permitted(uint64_t *ret, struct error *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return fail_errno(err, "ask for the capabilities of init");
	*ret = (uint64_t) data[1].permitted << 32 | data[0].permitted;
	return 0;
}

static int set_sets(const struct capability_sets *sets, struct error *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	for (int i = 0; i < 2; i++) {
		data[i].effective = (uint32_t) (sets->effective >> 32 * i);
		data[i].permitted = (uint32_t) (sets->permitted >> 32 * i);
		data[i].inheritable = (uint32_t) (sets->inheritable >> 32 * i);
	}
	if (syscall(SYS_capset, &header, data) < 0)
		return fail_errno(err, "set the permitted, effective and inheritable capabilities");
	return 0;
}

static int raise_ambient(uint64_t ambient, struct error *err)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return fail_errno(err, "clear the ambient capabilities");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(ambient & BIT(i)))
			continue;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0)
			return fail_errno(err, "raise the ambient capability %s", names[i]);
	}
	return 0;
}

int capabilities_apply(const struct capability_sets *sets, struct error *err)
{
	struct capability_sets granted = *sets;
	uint64_t own = 0, missing;
	int r;

	r = get_permitted(&own, err);
	if (r < 0)
		return r;
	missing = (sets->permitted | sets->inheritable) & ~own;
	warn_of(missing, "the runtime itself does not have it");
	leave_out(&granted, missing);
	r = set_sets(&granted, err);
	if (r < 0)
		return r;
	warn_of(granted.ambient & ~(granted.permitted & granted.inheritable),
		"an ambient one has to be permitted and inheritable");
	return raise_ambient(granted.ambient & granted.permitted & granted.inheritable, err);
}

const char *const *capability_names(void)
{
	static const char *known[ARRAY_SIZE(names) + 1];

	for (size_t i = 0; i < ARRAY_SIZE(names) && is_known_to_kernel((int) i); i++)
		known[i] = names[i];
	return known;
}

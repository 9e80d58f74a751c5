/* features.c - the command features: what this build can do, from the tables that do it */
#include "libocispec/features.h"
#include "base/configured.h"
#include "base/text.h"
#include "cgroup/systemd.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "libocispec/default_config.h"
#include "linux/capabilities.h"
#include "linux/memory_policy.h"
#include "linux/mount_options.h"
#include "linux/namespaces.h"
#include "linux/seccomp.h"

/* clang-format off */
#define YES { .is_set = true, .value = true }
#define NO { .is_set = true, .value = false }
/* clang-format on */

static const char *const hook_names[] = {
	"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop",
	NULL,
};

/* Borrows the names: what is made here is only printed. */
static struct oci_strings strings(const char *const *names)
{
	struct oci_strings list = { .items = (char **) names };

	while (names[list.n])
		list.n++;
	return list;
}

static bool has_mount_option(const char *name)
{
	for (const char *const *names = mount_option_names(); *names; names++)
		if (str_equal(*names, name))
			return true;
	return false;
}

/* What changes what a container may do, so that engines can refuse it from whom they do not trust; a
 * name that ends with '.' is a prefix. */
static const char *const unsafe_annotations[] = { "org.criu.config", "org.systemd.property.",
						  "run.oci.", NULL };

/* Those of seccomp_flag_names() that this kernel takes. */
static struct oci_strings supported_flags(void)
{
	static const char *flags[8];
	const char *const *all = seccomp_flag_names();
	size_t n = 0;

	for (size_t i = 0; all[i] && n < ARRAY_SIZE(flags) - 1; i++)
		if (seccomp_flag_is_supported(all[i]))
			flags[n++] = all[i];
	return strings(flags);
}

static int features_print(struct oci_features_linux *linux, struct error *err)
{
	char libseccomp[16];
	struct oci_pair annotations[] = {
		{ "coracle.version", PACKAGE_VERSION },
		{ "coracle.commit", COMMIT },
		{ "coracle.checkpoint.enabled", HAVE_PROTOBUF ? "true" : "false" },
		/* the name that runc gave it */
		{ "io.github.seccomp.libseccomp.version", libseccomp },
	};
	bool has_libseccomp = seccomp_version_read(libseccomp, sizeof(libseccomp)) == 0;
	struct oci_features features = {
		.oci_version_min = "1.0.0",
		.oci_version_max = OCI_RUNTIME_VERSION,
		.hooks = strings(hook_names),
		.mount_options = strings(mount_option_names()),
		.linux = linux,
		.annotations = { ARRAY_SIZE(annotations) - !has_libseccomp, annotations },
		.potentially_unsafe_config_annotations = strings(unsafe_annotations),
	};

	return output_document(&oci_features_desc, &features, err);
}

static int features_run(const struct invocation *invocation, struct error *err)
{
	struct oci_features_cgroup cgroup = {
		.v1 = NO,
		.v2 = YES,
		.systemd = { .is_set = true, .value = systemd_is_built_in() },
		.systemd_user = { .is_set = true, .value = systemd_is_built_in() },
		.rdma = YES,
	};
	struct oci_features_seccomp seccomp = {
		.enabled = { .is_set = true, .value = HAVE_SECCOMP },
		.actions = strings(seccomp_action_names()),
		.operators = strings(seccomp_operator_names()),
		.archs = strings(seccomp_arch_names()),
		.known_flags = strings(seccomp_flag_names()),
		.supported_flags = supported_flags(),
	};
	struct oci_features_switch selinux = {
		.enabled = { .is_set = true, .value = HAVE_SELINUX },
	};
	struct oci_features_switch apparmor = { .enabled = YES }, net_devices = { .enabled = YES };
	struct oci_features_switch idmap = {
		.enabled = { .is_set = true, .value = has_mount_option("idmap") },
	};
	struct oci_features_intel_rdt intel_rdt = {
		.enabled = YES,
		.schemata = YES,
		.monitoring = YES,
	};
	struct oci_features_memory_policy memory_policy = {
		.modes = strings(memory_policy_mode_names()),
		.flags = strings(memory_policy_flag_names()),
	};
	struct oci_features_mount_extensions mount_extensions = { .idmap = &idmap };
	struct oci_features_linux linux = {
		.namespaces = strings(namespace_names()),
		.capabilities = strings(capability_names()),
		.cgroup = &cgroup,
		.seccomp = &seccomp,
		.apparmor = &apparmor,
		.selinux = &selinux,
		.intel_rdt = &intel_rdt,
		.memory_policy = &memory_policy,
		.mount_extensions = &mount_extensions,
		.net_devices = &net_devices,
	};

	(void) invocation;
	return features_print(&linux, err);
}

static const struct option_row rows[] = { OPTIONS_END };

const struct command features_command = {
	.name = "features",
	.arguments = "",
	.summary = "Print what this runtime supports as JSON",
	.options = rows,
	.run = features_run,
};

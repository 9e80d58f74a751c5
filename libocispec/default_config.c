/* default_config.c - the configuration that 'spec' prints and that new bundles start from; see
 * default_config.h */
#include "libocispec/default_config.h"

#include <string.h>

/* clang-format off */
#define CAPABILITIES "[\"CAP_AUDIT_WRITE\", \"CAP_KILL\", \"CAP_NET_BIND_SERVICE\"]"

/* One text for both kinds; the arguments are what differs. */
#define CONFIG(devpts_gid, sys_mount, linux_begin, namespaces_end)                                 \
"{"                                                                                                \
	"\"ociVersion\": \"" OCI_RUNTIME_VERSION "\","                                             \
	"\"process\": {"                                                                           \
		"\"terminal\": true,"                                                              \
		"\"user\": { \"uid\": 0, \"gid\": 0 },"                                            \
		"\"args\": [\"sh\"],"                                                              \
		"\"env\": ["                                                                       \
			"\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\","   \
			"\"TERM=xterm\""                                                           \
		"],"                                                                               \
		"\"cwd\": \"/\","                                                                  \
		"\"capabilities\": {"                                                              \
			"\"bounding\": " CAPABILITIES ","                                          \
			"\"effective\": " CAPABILITIES ","                                         \
			"\"permitted\": " CAPABILITIES                                             \
		"},"                                                                               \
		"\"rlimits\": [{ \"type\": \"RLIMIT_NOFILE\", \"hard\": 1024, \"soft\": 1024 }],"  \
		"\"noNewPrivileges\": true"                                                        \
	"},"                                                                                       \
	"\"root\": { \"path\": \"rootfs\", \"readonly\": true },"                                  \
	"\"hostname\": \"coracle\","                                                               \
	"\"mounts\": ["                                                                            \
		"{ \"destination\": \"/proc\", \"type\": \"proc\", \"source\": \"proc\" },"        \
		"{ \"destination\": \"/dev\", \"type\": \"tmpfs\", \"source\": \"tmpfs\","         \
		"  \"options\": [\"nosuid\", \"strictatime\", \"mode=755\", \"size=65536k\"] },"   \
		"{ \"destination\": \"/dev/pts\", \"type\": \"devpts\", \"source\": \"devpts\","   \
		"  \"options\": [\"nosuid\", \"noexec\", \"newinstance\", \"ptmxmode=0666\","      \
		"                \"mode=0620\"" devpts_gid "] },"                                  \
		"{ \"destination\": \"/dev/shm\", \"type\": \"tmpfs\", \"source\": \"shm\","       \
		"  \"options\": [\"nosuid\", \"noexec\", \"nodev\", \"mode=1777\","                \
		"                \"size=65536k\"] },"                                              \
		"{ \"destination\": \"/dev/mqueue\", \"type\": \"mqueue\", \"source\": \"mqueue\"," \
		"  \"options\": [\"nosuid\", \"noexec\", \"nodev\"] },"                            \
		"{ \"destination\": \"/sys\"," sys_mount "},"                                      \
		"{ \"destination\": \"/sys/fs/cgroup\", \"type\": \"cgroup\","                     \
		"  \"source\": \"cgroup\","                                                        \
		"  \"options\": [\"nosuid\", \"noexec\", \"nodev\", \"relatime\", \"ro\"] }"       \
	"],"                                                                                       \
	"\"linux\": {"                                                                             \
		linux_begin ","                                                                    \
		"\"namespaces\": ["                                                                \
			"{ \"type\": \"pid\" },"                                                   \
			"{ \"type\": \"ipc\" },"                                                   \
			"{ \"type\": \"uts\" },"                                                   \
			"{ \"type\": \"mount\" },"                                                 \
			"{ \"type\": \"cgroup\" },"                                                \
			namespaces_end                                                             \
		"],"                                                                               \
		"\"maskedPaths\": ["                                                               \
			"\"/proc/acpi\","                                                          \
			"\"/proc/asound\","                                                        \
			"\"/proc/interrupts\","                                                    \
			"\"/proc/kcore\","                                                         \
			"\"/proc/keys\","                                                          \
			"\"/proc/latency_stats\","                                                 \
			"\"/proc/sched_debug\","                                                   \
			"\"/proc/scsi\","                                                          \
			"\"/proc/timer_list\","                                                    \
			"\"/proc/timer_stats\","                                                   \
			"\"/sys/devices/virtual/powercap\","                                       \
			"\"/sys/firmware\""                                                        \
		"],"                                                                               \
		"\"readonlyPaths\": ["                                                             \
			"\"/proc/bus\","                                                           \
			"\"/proc/fs\","                                                            \
			"\"/proc/irq\","                                                           \
			"\"/proc/sys\","                                                           \
			"\"/proc/sysrq-trigger\""                                                  \
		"]"                                                                                \
	"}"                                                                                        \
"}"

static const char root_config[] = CONFIG(
	", \"gid=5\"",
	"\"type\": \"sysfs\", \"source\": \"sysfs\","
	"\"options\": [\"nosuid\", \"noexec\", \"nodev\", \"ro\"]",
	"\"resources\": { \"devices\": [{ \"allow\": false, \"access\": \"rwm\" }] }",
	"{ \"type\": \"network\" }");

/* Without a network namespace of its own a container may not mount sysfs, and gid 5 is not in a
 * mapping of one id. */
static const char rootless_config[] = CONFIG(
	"",
	"\"type\": \"none\", \"source\": \"/sys\","
	"\"options\": [\"rbind\", \"nosuid\", \"noexec\", \"nodev\", \"ro\"]",
	"\"uidMappings\": [{ \"containerID\": 0, \"hostID\": 0, \"size\": 1 }],"
	"\"gidMappings\": [{ \"containerID\": 0, \"hostID\": 0, \"size\": 1 }]",
	"{ \"type\": \"user\" }");
/* clang-format on */

int oci_default_config(enum oci_default_kind kind, uint32_t uid, uint32_t gid,
		       struct oci_config *ret, struct oci_error *err)
{
	const char *text = kind == OCI_DEFAULT_ROOTLESS ? rootless_config : root_config;
	int r;

	memset(ret, 0, sizeof(*ret));
	r = oci_parse(&oci_config_desc, ret, text, strlen(text), err);
	if (r < 0)
		return r;
	if (kind == OCI_DEFAULT_ROOTLESS) {
		ret->linux->uid_mappings.items[0].host_id = uid;
		ret->linux->gid_mappings.items[0].host_id = gid;
	}
	return 0;
}

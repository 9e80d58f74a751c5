/* seccomp.c - the table of config.json's "linux.seccomp" */
#include "libocispec/seccomp.h"
#include "libocispec/desc.h"

#define ACTIONS                                                                                  \
	"SCMP_ACT_KILL SCMP_ACT_KILL_PROCESS SCMP_ACT_KILL_THREAD SCMP_ACT_TRAP SCMP_ACT_ERRNO " \
	"SCMP_ACT_TRACE SCMP_ACT_ALLOW SCMP_ACT_LOG SCMP_ACT_NOTIFY"
#define OPERATORS                                                                  \
	"SCMP_CMP_NE SCMP_CMP_LT SCMP_CMP_LE SCMP_CMP_EQ SCMP_CMP_GE SCMP_CMP_GT " \
	"SCMP_CMP_MASKED_EQ"

/* Architectures and flags grow with the kernel: what is known of them is the filter compiler's
 * business. */

/* clang-format off */
static OCI_DESC(oci_seccomp_arg,
	OCI_F(oci_seccomp_arg, index,     "index", REQUIRED),
	OCI_F(oci_seccomp_arg, value,     "value", REQUIRED),
	OCI_F(oci_seccomp_arg, value_two, "valueTwo"),
	OCI_F(oci_seccomp_arg, op,        "op",    REQUIRED, ONE_OF(OPERATORS)));

static OCI_DESC(oci_seccomp_syscall,
	OCI_F(oci_seccomp_syscall, names,     "names",  REQUIRED, FILLED),
	OCI_F(oci_seccomp_syscall, action,    "action", REQUIRED, ONE_OF(ACTIONS)),
	OCI_F(oci_seccomp_syscall, errno_ret, "errnoRet"),
	OCI_L(oci_seccomp_syscall, args,      "args", oci_seccomp_arg));

OCI_DESC(oci_seccomp,
	OCI_F(oci_seccomp, default_action,    "defaultAction", REQUIRED, ONE_OF(ACTIONS)),
	OCI_F(oci_seccomp, default_errno_ret, "defaultErrnoRet"),
	OCI_F(oci_seccomp, architectures,     "architectures"),
	OCI_F(oci_seccomp, flags,             "flags"),
	OCI_F(oci_seccomp, listener_path,     "listenerPath"),
	OCI_F(oci_seccomp, listener_metadata, "listenerMetadata"),
	OCI_L(oci_seccomp, syscalls,          "syscalls", oci_seccomp_syscall));
/* clang-format on */

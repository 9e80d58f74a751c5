/* state.h - the state of a container, as hooks and engines read it */
#ifndef OCI_STATE_H
#define OCI_STATE_H

#include "libocispec/types.h"

struct oci_state {
	char *oci_version;
	char *id;
	char *status;	    /* creating created running stopped; by runc's habit also paused */
	struct oci_i64 pid; /* as seen from the host; absent once stopped */
	char *bundle;
	struct oci_string_map annotations;
};

/* What a seccomp agent is sent with the listener: config-linux.md, "The Container Process State" */
struct oci_process_state {
	char *oci_version;
	struct oci_strings fds; /* the names of the descriptors that come with it */
	int64_t pid;
	char *metadata;
	struct oci_state *state;
};

extern const struct oci_desc oci_state_desc;
extern const struct oci_desc oci_process_state_desc;

#endif

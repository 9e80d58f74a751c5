/* settings.h - what the user wants of a bundle beside what its image says */
#ifndef IMAGE_SETTINGS_H
#define IMAGE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "libocispec/image.h"
#include "libocispec/runtime.h"

enum network {
	NETWORK_NONE, /* a namespace of its own, with a loopback device */
	NETWORK_HOST, /* the host's, and its resolv.conf */
};

enum seccomp_choice {
	SECCOMP_DEFAULT, /* seccomp_profile.h */
	SECCOMP_NONE,
};

/* Strings are the caller's, as the command line has them; NULL: what the image says.  A struct of
 * zeros changes nothing. */
struct settings {
	const char *const *env; /* "NAME=VALUE", or "NAME": as this process has it */
	size_t n_env;
	const char *user; /* as the image's User */
	const char *workdir;
	const char *entrypoint; /* a program, or a JSON array of strings; Cmd is dropped */
	char *const *args;	/* instead of Cmd; NULL-terminated */
	const char *hostname;
	const char *const *mounts; /* "type=bind,source=DIR,target=DIR,..." */
	size_t n_mounts;
	const char *memory;   /* "512M" */
	const char *cpus;     /* "1.5" */
	unsigned int pids;    /* 0: no limit */
	unsigned int network; /* enum network */
	unsigned int seccomp; /* enum seccomp_choice */
	bool read_only;
	bool tty;
	bool rootless; /* a user namespace with the caller's ids */
};

/* Entrypoint and Cmd, as the settings have them, into *ret; `run` may be all zeros. */
int settings_args(const struct settings *settings, const struct oci_image_run *run,
		  struct oci_strings *ret, struct error *err);

/* Sets the variables, which win over what is in *env. */
int settings_env(const struct settings *settings, struct oci_strings *env, struct error *err);

/* Whether a variable is there, by its name with the '=' behind it. */
bool env_has(const struct oci_strings *env, const char *name_and_equals);

/* All else: mounts, limits, network, host name, terminal, root, seccomp.  Errors are of class usage and name
 * the option. */
int settings_apply(const struct settings *settings, struct oci_config *config, struct error *err);

/* One value of --mount, added to config->mounts. */
int settings_mount(const char *text, struct oci_config *config, struct error *err);

/* "4096", "64K", "1.5G" (powers of 1024; a "B" or "iB" may follow): bytes.  -EINVAL or -ERANGE. */
int settings_size(const char *text, uint64_t *ret);

#endif

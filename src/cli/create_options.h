/* create_options.h - the options that create and run share */
#ifndef CLI_CREATE_OPTIONS_H
#define CLI_CREATE_OPTIONS_H

#include "cli/command.h"
#include "container/create.h"

/* clang-format off */
#define CREATE_OPTION_ROWS \
	OPTION(create_options, bundle, "bundle", 'b', "DIR", \
	       "the bundle (default: the current directory)"), \
	OPTION(create_options, config, "config", 'f', "FILE", \
	       "the configuration (default: config.json in the bundle)"), \
	OPTION(create_options, console_socket, "console-socket", 0, "SOCKET", \
	       "send the terminal's master side to this unix socket"), \
	OPTION(create_options, pidfd_socket, "pidfd-socket", 0, "SOCKET", \
	       "send a pidfd of the container's init to this unix socket"), \
	OPTION(create_options, pid_file, "pid-file", 0, "FILE", \
	       "write the pid of the container's init to FILE"), \
	OPTION(create_options, no_pivot, "no-pivot", 0, NULL, \
	       "do not use pivot_root, for a root file system in a ramdisk"), \
	OPTION(create_options, no_new_keyring, "no-new-keyring", 0, NULL, \
	       "keep the caller's session keyring"), \
	OPTION(create_options, preserve_fds, "preserve-fds", 0, "N", \
	       "pass N descriptors, from 3 on, to the container", \
	       .max = PRESERVE_FDS_MAX)
/* clang-format on */

#define PRESERVE_FDS_MAX 65536

/* For exec too: whether --preserve-fds N is less than what the caller has left open. */
int preserved_fds_check(unsigned int n, struct error *err);

/* The command's options with the global ones and the container's id. */
int create_options_complete(const struct invocation *invocation, struct create_options *ret,
			    struct error *err);

#endif

/* seccomp.h - linux.seccomp compiled to a BPF program by libseccomp, and loaded
 *
 * libseccomp is opened only when a configuration has a seccomp section (linked in when
 * STATIC_BUILD is defined); init needs none of it, just the program. */
#ifndef LINUX_SECCOMP_H
#define LINUX_SECCOMP_H

#include "base/error.h"
#include "libocispec/seccomp.h"

struct sock_filter;

/* { 0 } is no program.  Memory of its own; a forked child has it too. */
struct seccomp_program {
	struct sock_filter *filter;
	unsigned short n;	/* instructions */
	unsigned int flags;	/* SECCOMP_FILTER_FLAG_* */
};

/* Names, operators, errno numbers, argument indexes, flags; without libseccomp.  An error where
 * coracle was built without it.  NULL: nothing to check. */
int seccomp_check(const struct oci_seccomp *config, struct error *err);

/* Runs on the host; config has passed seccomp_check().  System calls that libseccomp does not know
 * are skipped, since profiles name the calls of newer kernels too; so are those that an
 * architecture lacks.  All conditions of a rule must hold; but when two of them are on the same
 * argument, each condition of that rule is an alternative (libseccomp cannot express the former,
 * and profiles written for runc mean the latter). */
int seccomp_compile(const struct oci_seccomp *config, struct seccomp_program *ret,
		    struct error *err);

/* Loads it on the calling thread; needs CAP_SYS_ADMIN or no_new_privs_apply() before. */
int seccomp_apply(const struct seccomp_program *program, struct error *err);

void seccomp_program_release(struct seccomp_program *program);

/* What a configuration may say, NULL-terminated: from the tables that read it. */
const char *const *seccomp_action_names(void);
const char *const *seccomp_operator_names(void);
const char *const *seccomp_arch_names(void);
const char *const *seccomp_flag_names(void);

#endif

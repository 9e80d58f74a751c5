/* seccomp.h - linux.seccomp compiled to a BPF program by libseccomp, and loaded
 *
 * libseccomp is opened only when a configuration has a seccomp section (a static runtime has it
 * linked in); init needs none of it, just the program. */
#ifndef LINUX_SECCOMP_H
#define LINUX_SECCOMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "libocispec/document.h"
#include "libocispec/seccomp.h"

struct sock_filter;

/* { 0 } is no program.  Memory of its own; a forked child has it too. */
struct seccomp_program {
	void *memory; /* what is freed: filter stands in it */
	struct sock_filter *filter;
	unsigned short n;   /* instructions */
	unsigned int flags; /* SECCOMP_FILTER_FLAG_* */
};

/* Names, operators, errno numbers, argument indexes, flags; without libseccomp.  An error where
 * coracle was built without it.  NULL: nothing to check. */
int seccomp_check(const struct oci_seccomp *config, struct error *err);

/* Whether a rule, or the default, is SCMP_ACT_NOTIFY: then somebody has to listen. */
bool seccomp_has_notify(const struct oci_seccomp *config);

/* Runs on the host; config has passed seccomp_check().  System calls that libseccomp does not know
 * are skipped (unless refuses_unknown), since profiles name the calls of newer kernels too; so are
 * those that an architecture lacks.  Where the default action refuses a call, one that is newer
 * than all in the profile is ENOSYS instead: programs try new calls, and know what to do without
 * them, but not what EPERM means (runc does the same).  All conditions of a rule must hold; but when
 * two of them are on the same argument, each condition of that rule is an alternative (libseccomp
 * cannot express the former, and profiles written for runc mean the latter). */
int seccomp_compile(const struct oci_seccomp *config, bool refuses_unknown,
		    struct seccomp_program *ret, struct error *err);

/* As seccomp_compile(), but keeps compiled filters in the directory SECCOMP_CACHE below dirfd, and
 * takes from there what was compiled before (seccomp_cache.c says when).  text is the section as it
 * was read, whose text is NULL when that is not known.  That a filter cannot be kept is no error. */
int seccomp_compile_cached(int dirfd, const struct oci_seccomp *config, struct oci_text text,
			   bool refuses_unknown, struct seccomp_program *ret, struct error *err);

/* Whether the filter of this text is kept there.  Then the text is right, has no listener, and need
 * not be parsed. */
bool seccomp_find_kept(int dirfd, struct oci_text text, bool refuses_unknown,
		       struct seccomp_program *ret);

#define SECCOMP_CACHE "@seccomp" /* '@' cannot be in a container's id */

/* A filter that somebody else has compiled: an array of struct sock_filter of this machine, in
 * base64.  Its flags are 0.  -EINVAL, -E2BIG at `where`, when it is not that or the kernel takes none
 * so long; what it says only the kernel checks, when it is loaded. */
int seccomp_decode(const char *text, const char *where, struct seccomp_program *ret,
		   struct error *err);

/* linux.seccomp.flags together; names that are none are left out. */
uint32_t seccomp_flags_of(const struct oci_strings *names);

/* Loads it on the calling thread; needs CAP_SYS_ADMIN or no_new_privs_apply() before.  The program
 * notifies nobody. */
int seccomp_apply(const struct seccomp_program *program, struct error *err);

/* The two halves of seccomp_apply(), for a process that runs beside another in the same memory
 * (linux/clone.h): the first is one system call, which writes no errno; the second tells how it went,
 * when the other waits again. */
long seccomp_apply_raw(const struct seccomp_program *program);
int seccomp_apply_result(const struct seccomp_program *program, long result, struct error *err);

/* Whether it lets a system call of our own architecture pass, whatever the arguments are. */
bool seccomp_always_allows(const struct seccomp_program *program, int number);

/* Whether it notifies: then it is loaded with the next function. */
bool seccomp_notifies(const struct seccomp_program *program);

/* Gives the listener's descriptor, which stays the caller's, to who will listen. */
typedef int seccomp_hand_over(void *context, int listener, struct error *err);

/* Loads a program that notifies, and has hand_over called by a thread that the filter does not
 * apply to: the calling thread makes no system call until the listener has been handed over, so
 * there is none that would have to wait for who listens. */
int seccomp_apply_notifying(const struct seccomp_program *program, seccomp_hand_over *hand_over,
			    void *context, struct error *err);

void seccomp_program_release(struct seccomp_program *program);

/* What a configuration may say, NULL-terminated: from the tables that read it. */
const char *const *seccomp_action_names(void);
const char *const *seccomp_operator_names(void);
const char *const *seccomp_arch_names(void);
const char *const *seccomp_flag_names(void);

/* The version of the libseccomp that is used, "2.5.4".  -ENOENT when there is none. */
int seccomp_version_read(char *ret, size_t size);

/* Whether the running kernel takes the flag, one of seccomp_flag_names(). */
bool seccomp_flag_is_supported(const char *name);

#endif

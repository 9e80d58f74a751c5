/* seccomp_names.h - the words of linux.seccomp, and the numbers they stand for */
#ifndef LINUX_SECCOMP_NAMES_H
#define LINUX_SECCOMP_NAMES_H

#include <stdbool.h>
#include <stdint.h>

/* Each is true and sets *ret when the name is one.  (The lists of names are in seccomp.h.) */
bool seccomp_action_find(const char *name, uint32_t *ret);   /* SCMP_ACT_*, errno 0 */
bool seccomp_operator_find(const char *name, uint32_t *ret); /* enum scmp_compare */
bool seccomp_arch_find(const char *name, uint32_t *ret);     /* SCMP_ARCH_* */
bool seccomp_flag_find(const char *name, uint32_t *ret);     /* SECCOMP_FILTER_FLAG_* */

/* Whether a rule with this action may have an errnoRet. */
bool seccomp_action_has_errno(uint32_t action);

#endif

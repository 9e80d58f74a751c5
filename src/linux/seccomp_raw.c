/* seccomp_raw.c - a filter that somebody else has compiled */
#include <errno.h>
#include <linux/filter.h>
#include <string.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "linux/seccomp.h"

int seccomp_decode(const char *text, const char *where, struct seccomp_program *ret,
		   struct error *err)
{
	auto_free unsigned char *bytes = NULL;
	size_t len, n;

	*ret = (struct seccomp_program){ 0 };
	if (base64_decode(text, &bytes, &len) < 0)
		return fail_at(err, EINVAL, where, "is not base64");
	n = len / sizeof(struct sock_filter);
	if (n == 0 || len % sizeof(struct sock_filter) != 0)
		return fail_at(err, EINVAL, where,
			       "%zu bytes are no instructions, which have %zu each", len,
			       sizeof(struct sock_filter));
	if (n > BPF_MAXINSNS)
		return fail_at(err, E2BIG, where,
			       "the filter has %zu instructions, and the kernel takes %d", n,
			       BPF_MAXINSNS);
	ret->n = (unsigned short) n;
	ret->memory = TAKE_PTR(bytes);
	ret->filter = ret->memory;
	return 0;
}

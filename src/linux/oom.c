/* oom.c - see oom.h */
#include "linux/oom.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/oom.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

int oom_score_adj_check(int value, struct error *err)
{
	if (value < OOM_SCORE_ADJ_MIN || value > OOM_SCORE_ADJ_MAX)
		return fail_at(err, ERANGE, "process.oomScoreAdj", "%d is not between %d and %d",
			       value, OOM_SCORE_ADJ_MIN, OOM_SCORE_ADJ_MAX);
	return 0;
}

int oom_score_adj_write(pid_t pid, int value, struct error *err)
{
	char path[64], text[16];
	int64_t old = OOM_SCORE_ADJ_MAX;
	int r;

	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", pid);
	if (file_peek(AT_FDCWD, path, text, sizeof(text)) > 0 &&
	    parse_i64(text, OOM_SCORE_ADJ_MIN, OOM_SCORE_ADJ_MAX, &old) == 0 && old == value)
		return 0;
	snprintf(text, sizeof(text), "%d", value);
	r = file_put(AT_FDCWD, path, text);
	if ((r == -EACCES || r == -EPERM) && value < old)
		return fail_at(err, -r, "process.oomScoreAdj",
			       "lowering it to %d needs CAP_SYS_RESOURCE: %s", value, strerror(-r));
	if (r < 0)
		return fail(err, -r, "set the OOM score adjustment %d of process %d: %s", value,
			    pid, strerror(-r));
	return 0;
}

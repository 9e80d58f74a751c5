/* plan.c - see plan.h */
#include "container/plan.h"

#include <errno.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "linux/namespaces.h"

static void join(struct join_list *list, const struct namespace_request *request)
{
	list->items[list->n++] = (struct namespace_join){ request->flag, request->fd };
}

static uint64_t flags_of(const struct namespace_request *requests, size_t n, bool joined)
{
	uint64_t flags = 0;

	for (size_t i = 0; i < n; i++)
		if ((requests[i].fd >= 0) == joined)
			flags |= requests[i].flag;
	return flags;
}

/* The user namespace comes first among what is joined behind it, mount last: from then on
 * paths mean something else. */
static void sort_joins(const struct namespace_request *requests, size_t n, bool has_new_user,
		       struct launch_plan *plan)
{
	static const uint64_t order[] = { CLONE_NEWUSER, CLONE_NEWNET,	  CLONE_NEWIPC,
					  CLONE_NEWUTS,	 CLONE_NEWCGROUP, CLONE_NEWTIME,
					  CLONE_NEWPID,	 CLONE_NEWNS };

	for (size_t k = 0; k < ARRAY_SIZE(order); k++)
		for (size_t i = 0; i < n; i++) {
			const struct namespace_request *request = &requests[i];
			bool changes_user = has_new_user || plan->has_joined_user;

			if (request->flag != order[k] || request->fd < 0)
				continue;
			if (request->flag == CLONE_NEWUSER)
				join(&plan->joins, request);
			else if (changes_user && request->is_owned_by_current)
				join(&plan->joins_before, request);
			else
				join(&plan->joins, request);
		}
}

int launch_plan(const struct namespace_request *requests, size_t n, bool has_time_offsets,
		struct launch_plan *ret, struct error *err)
{
	uint64_t fresh = flags_of(requests, n, false), joined = flags_of(requests, n, true);
	struct launch_plan plan = { .own = fresh | joined };

	if (has_time_offsets && !(fresh & CLONE_NEWTIME))
		return fail_at(err, EINVAL, "linux.timeOffsets",
			       "needs a new time namespace in linux.namespaces");
	plan.has_new_user = fresh & CLONE_NEWUSER;
	plan.has_joined_user = joined & CLONE_NEWUSER;
	plan.late_unshare = fresh & CLONE_NEWCGROUP;
	if (plan.has_new_user || plan.has_joined_user)
		plan.late_unshare |= fresh & CLONE_NEWIPC;
	sort_joins(requests, n, plan.has_new_user, &plan);

	fresh &= ~plan.late_unshare;
	plan.has_stage = plan.has_joined_user || plan.joins_before.n || (joined & CLONE_NEWPID) ||
			 has_time_offsets;
	if (!plan.has_stage) {
		plan.host_makes_network = (fresh & CLONE_NEWNET) && !plan.has_new_user;
		plan.clone_flags = fresh;
		if (plan.host_makes_network)
			plan.clone_flags &= ~(uint64_t) CLONE_NEWNET;
		*ret = plan;
		return 0;
	}
	plan.makes_user = plan.has_new_user;
	plan.makes_time = has_time_offsets;
	plan.stage_clone_flags = fresh & ~(uint64_t) CLONE_NEWUSER;
	if (plan.makes_time)
		plan.stage_clone_flags &= ~(uint64_t) CLONE_NEWTIME;
	*ret = plan;
	return 0;
}

void launch_plan_clone_network(struct launch_plan *plan)
{
	if (plan->host_makes_network)
		plan->clone_flags |= CLONE_NEWNET;
	plan->host_makes_network = false;
}

static int open_request(const struct oci_namespace *namespace, const char *where,
			struct namespace_request *ret, struct error *err)
{
	int r;

	r = namespace_open(namespace->path, ret->flag, where, &ret->fd, err);
	if (r < 0)
		return r;
	/* the host's own namespace, named by its path, stays the host's: it is not joined, nor taken for the
	 * container's */
	if (namespace_is_own(ret->fd, ret->flag)) {
		close(ret->fd);
		*ret = (struct namespace_request){ .fd = -1 };
		return 0;
	}
	if (ret->flag == CLONE_NEWUSER)
		return 0;
	r = namespace_owner_is_current(ret->fd);
	if (r < 0 && r != -EPERM)
		return fail_at(err, -r, where, "ask who owns '%s': %s", namespace->path,
			       strerror(-r));
	ret->is_owned_by_current = r == 1;
	return 0;
}

int namespace_requests_open(const struct oci_namespace *namespaces, size_t n,
			    struct namespace_request *ret, size_t *ret_n, struct error *err)
{
	uint64_t seen = 0;
	size_t kept = 0;

	for (size_t i = 0; i < NAMESPACES_MAX; i++)
		ret[i] = (struct namespace_request){ .fd = -1 };
	for (size_t i = 0; i < n; i++) {
		char where[64];
		uint64_t flag = namespace_flag(namespaces[i].type);
		int r;

		if (!flag || seen & flag) {
			snprintf(where, sizeof(where), "linux.namespaces[%zu].type", i);
			return fail_at(err, EINVAL, where,
				       flag ? "'%s' is there twice" : "unknown namespace '%s'",
				       namespaces[i].type);
		}
		seen |= flag;
		ret[kept].flag = flag;
		if (namespaces[i].path && *namespaces[i].path) {
			snprintf(where, sizeof(where), "linux.namespaces[%zu].path", i);
			r = open_request(&namespaces[i], where, &ret[kept], err);
			if (r < 0)
				return r;
		}
		kept += ret[kept].flag != 0;
	}
	*ret_n = kept;
	return 0;
}

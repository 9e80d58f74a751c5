/* make.c - see make.h */
#include "cgroup/make.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cgroup/controllers.h"
#include "cgroup/settings.h"

#define DESCENTS_MAX 10

/* The way from the mount to the container's cgroup. */
struct descent {
	int fd;		      /* the directory that was reached */
	bool is_new;	      /* ... and made by us, so nothing is enabled in it yet */
	unsigned int needed;  /* controllers that limits ask for */
	unsigned int wanted;  /* ... and the usual ones */
	unsigned int offered; /* those that its cgroup.controllers holds */
	unsigned int refused; /* those that an ancestor offered and the kernel would not enable */
	int refusal;	      /* ... its errno */
	char *refused_in;     /* ... the ancestor, below the mount */
};

static void descent_release(struct descent *d)
{
	cleanup_fd(&d->fd);
	free(d->refused_in);
}

static int collect_need(const struct setting *s, void *arg, struct error *err)
{
	unsigned int *need = arg;

	(void) err;
	if (s->is_limit && s->controller != CONTROLLER_NONE)
		*need |= CONTROLLER_BIT(s->controller);
	return 0;
}

/* Does enabling a controller change what kind of cgroup it is?  One with processes of its own gets
 * "domain threaded" by those that threads can have (the root of all, without a type, does not). */
static bool would_be_threaded(int dirfd)
{
	char type[32], pid[16];

	return file_peek(dirfd, "cgroup.type", type, sizeof(type)) > 0 &&
	       str_equal(type, "domain") && file_peek(dirfd, "cgroup.procs", pid, sizeof(pid)) > 0;
}

/* Hands the wanted controllers on to the children of the directory that was reached; `here` is
 * its path below the mount. */
static void hand_on(struct descent *d, const char *here, size_t here_len)
{
	unsigned int want = d->wanted & d->offered;
	unsigned int enabled = 0, missing, got;
	int refusal;

	d->offered = 0;
	if (want == 0)
		return;
	if (!d->is_new && controllers_read(d->fd, "cgroup.subtree_control", &enabled) < 0)
		return;
	missing = want & ~enabled;
	if (missing != 0 && !d->is_new && would_be_threaded(d->fd))
		missing &= d->needed;
	got = controllers_enable(d->fd, missing, &refusal);
	d->offered = enabled | got;
	if (refusal == 0 || d->refused_in)
		return;
	d->refusal = refusal;
	d->refused = missing & ~got;
	d->refused_in =
		xasprintf("%.*s", here_len > 0 ? (int) here_len : 1, here_len > 0 ? here : "/");
}

/* Makes or finds the child `name`, and goes there.  path up to len is the child's. */
static int step_down(struct descent *d, const char *name, const char *path, size_t len,
		     struct cgroup *cgroup, struct error *err)
{
	auto_fd child = -1;

	d->is_new = mkdirat(d->fd, name, 0755) == 0;
	if (!d->is_new && errno != EEXIST)
		return fail_errno(err, "make the cgroup '%s%.*s'", cgroup->mount, (int) len, path);
	if (d->is_new && !cgroup->made_from)
		cgroup->made_from = xasprintf("%.*s", (int) len, path);
	child = openat(d->fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (child < 0)
		return fail_errno(err, "open the cgroup '%s%.*s'", cgroup->mount, (int) len, path);
	close(d->fd);
	d->fd = TAKE_FD(child);
	return 0;
}

static int go_down(struct descent *d, struct cgroup *cgroup, struct error *err)
{
	const char *path = cgroup->path;
	auto_free char *names = xstrdup(path);
	size_t end = 0;

	while (path[end]) {
		size_t start = end + 1;
		int rc;

		hand_on(d, path, end);
		end = start + str_until(path + start, '/');
		names[end] = '\0';
		rc = step_down(d, names + start, path, end, cgroup, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* What find_unmet() looks with and leaves. */
struct unmet {
	const struct descent *descent;
	const struct cgroup *cgroup;
};

static int fail_unmet(const struct setting *s, const struct unmet *u, struct error *err)
{
	const struct descent *d = u->descent;
	const char *name = controller_name(s->controller);
	const char *mount = u->cgroup->mount;

	if (d->refused & CONTROLLER_BIT(s->controller))
		fail_at(err, d->refusal, s->where,
			"the cgroup controller '%s' cannot be enabled in '%s%s': %s%s", name, mount,
			d->refused_in, strerror(d->refusal),
			d->refusal == EBUSY ? " (that cgroup has processes of its own)" : "");
	else if (strcmp(mount, CGROUP_MOUNT_HYBRID) == 0)
		fail_at(err, ENOTSUP, s->where,
			"the cgroup controller '%s' is not available in '%s' (cgroup v1 has it on "
			"this hybrid host, or the kernel lacks it)",
			name, mount);
	else
		fail_at(err, ENOTSUP, s->where,
			"the cgroup controller '%s' is not available in '%s%s' (no cgroup above it "
			"hands it on, or the kernel lacks it)",
			name, mount, u->cgroup->path);
	return fail_class(err, ERROR_CGROUP, s->where);
}

static int find_unmet(const struct setting *s, void *arg, struct error *err)
{
	const struct unmet *u = arg;

	if (!s->is_limit || s->controller == CONTROLLER_NONE ||
	    (u->descent->offered & CONTROLLER_BIT(s->controller)))
		return 0;
	return fail_unmet(s, u, err);
}

int cgroup_check_unused(const struct cgroup *cgroup, struct error *err)
{
	const char *problem = NULL;

	if (!cgroup_is_empty(cgroup))
		problem = "in use: it has processes";
	else if (cgroup_is_frozen(cgroup))
		problem = "frozen";
	if (!problem)
		return 0;
	return fail_as(err, ERROR_CGROUP, EBUSY, "cgroup '%s' is %s", cgroup->path, problem);
}

int cgroup_make_threaded(const struct cgroup *cgroup)
{
	return file_put(cgroup->fd, "cgroup.type", "threaded");
}

static int descend(struct descent *d, struct cgroup *cgroup, struct error *err)
{
	d->is_new = false;
	cleanup_fd(&d->fd);
	d->fd = open(cgroup->mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (d->fd < 0)
		return fail_errno(err, "open '%s'", cgroup->mount);
	if (controllers_read(d->fd, "cgroup.controllers", &d->offered) < 0)
		d->offered = 0;
	return go_down(d, cgroup, err);
}

int cgroup_make(struct cgroup *cgroup, const struct oci_resources *resources, struct error *err)
{
	__attribute__((cleanup(descent_release))) struct descent d = { .fd = -1 };
	struct unmet unmet = { &d, cgroup };
	unsigned int need = 0;
	int rc;

	rc = settings_walk(resources, collect_need, &need, err);
	if (rc < 0)
		return rc;
	d.needed = need;
	d.wanted = CONTROLLERS_USUAL | need;
	/* a parent that another container's failed create has made goes with it, perhaps under our feet */
	for (int tries = 0; tries < DESCENTS_MAX; tries++) {
		rc = descend(&d, cgroup, err);
		if (rc != -ENOENT || cgroup->made_from)
			break;
	}
	if (rc < 0)
		return fail_class(err, ERROR_CGROUP, NULL);
	cgroup->fd = TAKE_FD(d.fd);
	if (!cgroup->made_from && !cgroup->scope)
		rc = cgroup_check_unused(cgroup, err);
	if (rc == 0 && (need & ~d.offered))
		rc = settings_walk(resources, find_unmet, &unmet, err);
	return rc;
}

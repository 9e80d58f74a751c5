/* cache_verify.c - see cache_verify.h */
#include "image/cache_verify.h"

#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "image/block_image.h"
#include "image/layer_cache.h"
#include "image/lists.h"
#include "image/tree_sums.h"

/* What of the store is to be verified, and where it stands. */
struct verifying {
	const struct verify_request *request;
	struct verify_result *result;
	const char *what; /* "block image" ... */
	const char *name; /* in the directory of each chain */
	char *place;	  /* of the one that is read now */
};

static void tell(void *context, const struct error *why)
{
	const struct verifying *verifying = context;
	struct error err = *why;

	fail_in(&err, "%s '%s'", verifying->what, verifying->place);
	if (verifying->request->tell)
		verifying->request->tell(verifying->request->context, &err);
}

/* Each returns 0 also when it is bad. */
static int verify_image(struct verifying *verifying, int dir, struct error *err)
{
	struct verify_result *result = verifying->result;
	uint64_t bytes = 0;
	int r = block_image_verify(dir, verifying->request->stop, &bytes, err);

	if (r == -EINTR)
		return r;
	result->images++;
	result->bytes += bytes;
	if (r == 0)
		return 0;
	result->bad_images++;
	tell(verifying, err);
	return 0;
}

static int verify_tree(struct verifying *verifying, int dir, struct error *err)
{
	struct verify_result *result = verifying->result;
	struct sums_result sums = { 0 };
	int r = tree_sums_verify(dir, verifying->name, verifying->request->stop, tell, verifying,
				 &sums, err);

	if (r == -EINTR)
		return r;
	result->trees++;
	result->bytes += sums.bytes;
	result->bad_trees += r < 0 || sums.bad;
	if (r < 0)
		tell(verifying, err);
	return 0;
}

static int verify_one(struct verifying *verifying, const char *path, int top, const char *chain,
		      struct error *err)
{
	auto_fd dir = openat(top, chain, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_free char *place = xasprintf("%s/%s/%s", path, chain, verifying->name);
	int r;

	if (dir < 0)
		return 0;
	verifying->place = place;
	r = (strcmp(verifying->name, "image") == 0 ? verify_image : verify_tree)(verifying, dir,
										 err);
	verifying->place = NULL;
	return r;
}

static int verify_cache(struct verifying *verifying, const char *path,
			const struct oci_strings *chains, struct error *err)
{
	auto_dir *dir = opendir(path);
	struct dirent *entry;

	if (!dir)
		return errno == ENOENT ? 0 : fail_errno(err, "read '%s'", path);
	while ((errno = 0, entry = readdir(dir)))
		if (*entry->d_name != '.' && (!chains || strings_have(chains, entry->d_name)) &&
		    verify_one(verifying, path, dirfd(dir), entry->d_name, err) < 0)
			return -err->code;
	return errno ? fail_errno(err, "read '%s'", path) : 0;
}

int cache_verify(const char *store, const struct oci_strings *chains,
		 const struct verify_request *request, struct verify_result *ret, struct error *err)
{
	static const struct {
		const char *cache, *what, *name;
	} rows[] = {
		{ "layers", "unpacked layer", "diff" },
		{ "trees", "unpacked root", "root" },
		{ "erofs", "block image", "image" },
		{ "erofs-layers", "block image", "image" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_free char *path = xasprintf("%s/%s", store, rows[i].cache);
		struct verifying verifying = {
			.request = request,
			.result = ret,
			.what = rows[i].what,
			.name = rows[i].name,
		};

		if (verify_cache(&verifying, path, chains, err) < 0)
			return -err->code;
	}
	return 0;
}

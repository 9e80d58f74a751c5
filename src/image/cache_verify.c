/* cache_verify.c - see cache_verify.h */
#include "image/cache_verify.h"

#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "image/block_image.h"
#include "image/layer_cache.h"
#include "image/lists.h"

/* Returns 0 also when the image is bad. */
static int verify_one(const char *path, int top, const char *chain,
		      const struct verify_request *request, struct verify_result *result,
		      struct error *err)
{
	auto_fd dir = openat(top, chain, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	uint64_t bytes = 0;
	int r;

	if (dir < 0)
		return 0;
	r = block_image_verify(dir, request->stop, &bytes, err);
	if (r == -EINTR)
		return r;
	result->images++;
	result->bytes += bytes;
	if (r == 0)
		return 0;
	fail_in(err, "block image '%s/%s/image'", path, chain);
	result->bad_images++;
	if (request->tell)
		request->tell(request->context, err);
	return 0;
}

static int verify_cache(const char *store, const char *cache, const struct oci_strings *chains,
			const struct verify_request *request, struct verify_result *result,
			struct error *err)
{
	auto_free char *path = xasprintf("%s/%s", store, cache);
	auto_dir *dir = opendir(path);
	struct dirent *entry;

	if (!dir)
		return errno == ENOENT ? 0 : fail_errno(err, "read '%s'", path);
	while ((entry = readdir(dir)))
		if (*entry->d_name != '.' && (!chains || strings_have(chains, entry->d_name)) &&
		    verify_one(path, dirfd(dir), entry->d_name, request, result, err) < 0)
			return -err->code;
	return 0;
}

int cache_verify(const char *store, const struct oci_strings *chains,
		 const struct verify_request *request, struct verify_result *ret,
		 struct error *err)
{
	if (verify_cache(store, "erofs", chains, request, ret, err) < 0)
		return -err->code;
	return verify_cache(store, "erofs-layers", chains, request, ret, err);
}

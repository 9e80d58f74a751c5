/* exe_remap.c - see exe_remap.h */
#include "linux/exe_remap.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/configured.h"
#include "base/file.h"
#include "base/raw_syscall.h"
#include "base/text.h"

/* A sanitizer would find the copy of the data segment reading across the red zones of its variables. */
#if SANITIZED_BUILD || !RAW_SYSCALL_IS_OURS

bool exe_remap_plan(struct prctl_mm_map *ret)
{
	(void) ret;
	return false;
}

int exe_remap_apply(int fd, const struct prctl_mm_map *plan, struct error *err)
{
	(void) fd;
	(void) plan;
	return fail(err, ENOSYS, "map the runtime's program anew: not in this build");
}

#else

#define PIPE_USUAL (64 << 10) /* what a pipe holds, if nothing else is asked for: pipe(7) */

/* The main program's segments, as its program headers describe them. */
struct program {
	uintptr_t base; /* what is added to their addresses */
	const ElfW(Phdr) *headers;
	size_t n;
};

/* A whole number of pages of the address space. */
struct pages {
	char *start;
	size_t len;
};

/* /proc/self/stat's fields, counted from 1 (proc(5)), and where each goes. */
static const struct {
	unsigned int field;
	size_t offset;
} stat_fields[] = {
	{ 26, offsetof(struct prctl_mm_map, start_code) },
	{ 27, offsetof(struct prctl_mm_map, end_code) },
	{ 28, offsetof(struct prctl_mm_map, start_stack) },
	{ 45, offsetof(struct prctl_mm_map, start_data) },
	{ 46, offsetof(struct prctl_mm_map, end_data) },
	{ 47, offsetof(struct prctl_mm_map, start_brk) },
	{ 48, offsetof(struct prctl_mm_map, arg_start) },
	{ 49, offsetof(struct prctl_mm_map, arg_end) },
	{ 50, offsetof(struct prctl_mm_map, env_start) },
	{ 51, offsetof(struct prctl_mm_map, env_end) },
};

/* The description must be repeated to the kernel whole, although only the executable changes. */
static bool read_description(struct prctl_mm_map *ret)
{
	char text[1024];
	unsigned int field = 2;
	char *p;

	if (file_peek(AT_FDCWD, "/proc/self/stat", text, sizeof(text)) <= 0)
		return false;
	p = strrchr(text, ')'); /* the end of field 2, which may hold anything */
	if (!p)
		return false;
	*ret = (struct prctl_mm_map){ .exe_fd = (uint32_t) -1 };
	for (size_t i = 0; i < ARRAY_SIZE(stat_fields); i++) {
		uint64_t value;

		for (; p && field < stat_fields[i].field; field++)
			p = strchr(p + 1, ' ');
		if (!p)
			return false;
		value = strtoull(p + 1, NULL, 10);
		memcpy((char *) ret + stat_fields[i].offset, &value, sizeof(value));
	}
	return true;
}

bool exe_remap_plan(struct prctl_mm_map *ret)
{
	uintptr_t here = (uintptr_t) exe_remap_plan;
	unsigned int size = 0;

	if (prctl(PR_SET_MM, PR_SET_MM_MAP_SIZE, &size, 0, 0) < 0 || size != sizeof(*ret))
		return false;
	return read_description(ret) && here >= ret->start_code && here < ret->end_code;
}

static int take_first(struct dl_phdr_info *info, size_t size, void *data)
{
	struct program *program = data;

	(void) size;
	program->base = info->dlpi_addr;
	program->headers = info->dlpi_phdr;
	program->n = info->dlpi_phnum;
	return 1;
}

static uintptr_t page_mask(void)
{
	return (uintptr_t) getauxval(AT_PAGESZ) - 1;
}

/* The pages that a segment's bytes from the file are on. */
static struct pages pages_of(const struct program *program, const ElfW(Phdr) *segment)
{
	uintptr_t first = program->base + segment->p_vaddr;
	uintptr_t start = first & ~page_mask();
	uintptr_t end = (first + segment->p_filesz + page_mask()) & ~page_mask();

	return (struct pages){ (char *) start, end - start };
}

/* Code and constants: the same bytes, from the other file.  Even the code that runs here. */
static int map_file(const struct pages *pages, const ElfW(Phdr) *segment, int fd)
{
	int prot = (segment->p_flags & PF_R ? PROT_READ : 0) |
		   (segment->p_flags & PF_X ? PROT_EXEC : 0);
	off_t offset = (off_t) (segment->p_offset & ~page_mask());

	if (mmap(pages->start, pages->len, prot, MAP_PRIVATE | MAP_FIXED, fd, offset) == MAP_FAILED)
		return -errno;
	return 0;
}

/* The C library is called through these very pages: while they are empty there is only us. */
static int replace_pages(const struct pages *pages, int pipe)
{
	long r = raw_syscall(SYS_mmap, RAW(pages->start), RAW(pages->len), PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_POPULATE, -1, 0);

	if (r < 0)
		return (int) r;
	r = raw_syscall(SYS_read, pipe, RAW(pages->start), RAW(pages->len), 0, 0, 0);
	if (r != (long) pages->len)
		__builtin_trap(); /* there is nothing to go on with */
	return 0;
}

/* Variables: kept in a pipe, and written into anonymous memory in their place. */
static int map_copy(const struct pages *pages)
{
	int ends[2], r = -ENOBUFS;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	if (pages->len > PIPE_USUAL)
		fcntl(ends[1], F_SETPIPE_SZ, (int) pages->len);
	if (write(ends[1], pages->start, pages->len) == (ssize_t) pages->len)
		r = replace_pages(pages, ends[0]);
	close(ends[0]);
	close(ends[1]);
	return r;
}

/* What the dynamic linker had made read-only once it had filled it in, the copy is to be too. */
static int protect_relro(const struct program *program, const ElfW(Phdr) *relro)
{
	uintptr_t first = program->base + relro->p_vaddr;
	uintptr_t start = first & ~page_mask();
	uintptr_t end = (first + relro->p_memsz) & ~page_mask();

	return mprotect((void *) start, end - start, PROT_READ) < 0 ? -errno : 0;
}

static int map_segments(const struct program *program, int fd)
{
	int r = 0;

	for (size_t i = 0; i < program->n && r == 0; i++) {
		const ElfW(Phdr) *segment = &program->headers[i];
		struct pages pages = pages_of(program, segment);

		if (segment->p_type != PT_LOAD || segment->p_filesz == 0)
			continue;
		r = segment->p_flags & PF_W ? map_copy(&pages) : map_file(&pages, segment, fd);
	}
	for (size_t i = 0; i < program->n && r == 0; i++)
		if (program->headers[i].p_type == PT_GNU_RELRO)
			r = protect_relro(program, &program->headers[i]);
	return r;
}

int exe_remap_apply(int fd, const struct prctl_mm_map *plan, struct error *err)
{
	struct prctl_mm_map map = *plan;
	struct program program;
	int r;

	dl_iterate_phdr(take_first, &program);
	r = map_segments(&program, fd);
	if (r < 0)
		return fail(err, -r, "map the runtime's program anew: %s", strerror(-r));
	/* The heap may have grown since; the auxiliary vector (size 0) stays as it is. */
	map.brk = (uintptr_t) sbrk(0);
	map.exe_fd = (uint32_t) fd;
	if (prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0) < 0)
		return fail_errno(err, "make the read-only program the one that runs");
	return 0;
}

#endif

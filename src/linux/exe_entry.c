/* exe_entry.c - see exe_entry.h
 *
 * Nothing here may call the C library or use a pointer that the linker would have to relocate: the
 * program is not relocated, thread-local storage (errno, the stack protector's guard) is not there,
 * and memcpy and its like are chosen later.  So: system calls by hand, and loops that the compiler cannot
 * take for memcpy.
 *
 * Each page that is touched here is one that is faulted in twice, before the program is sealed and after it,
 * and taken away in between.  So code and text stand together, at the program's beginning, beside the header
 * that both read: the kernel maps sixteen pages around the one that it is asked for. */
#include "linux/exe_entry.h"
#include "base/configured.h"

#if !(STATIC_RUNTIME && defined(__x86_64__)) || SANITIZED_BUILD

bool exe_entry_has_sealed(void)
{
	return false;
}

#else

#include <elf.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "base/raw_syscall.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define PAGE_SIZE 4096UL /* on x86-64 there is no other */
#define STACK_PAGES 5	 /* of the stack, that every run writes to */
#define STATUS_ABORTED 127
#define FD_MAX 1000 /* a descriptor has three digits; with more of them open exe_seal() does it */
#define EXE_AS_IT_IS (-1)
#define HEAP_ROOM (128UL << 10) /* what most commands use of it is 32 KiB */
#define TABLE (2UL << 20)	/* what one page of the lowest page table maps */

/* What the kernel puts on a new program's stack. */
struct start {
	const char **argv; /* NULL behind the last */
	const char **env;
	const Elf64_auxv_t *auxv;
	uintptr_t stack;
};

extern const Elf64_Ehdr program_header __asm__("__ehdr_start")
	__attribute__((visibility("hidden")));

static bool has_sealed;

bool exe_entry_has_sealed(void)
{
	return has_sealed;
}

/* The kernel's entry: a stack, and no caller. */
__asm__(".pushsection .text.unlikely.exe_entry, \"ax\"\n"
	".globl exe_entry\n"
	".hidden exe_entry\n"
	".type exe_entry, @function\n"
	"exe_entry:\n\t"
	"endbr64\n\t"
	"xor %ebp, %ebp\n\t"
	"mov %rsp, %rdi\n\t"
	"mov %rsp, %rbx\n\t"
	"mov %rdx, %r12\n\t" /* for atexit(3), if it is anything */
	"and $-16, %rsp\n\t"
	"call exe_entry_prepare\n\t"
	"mov %rbx, %rsp\n\t"
	"mov %r12, %rdx\n\t"
	"jmp _start\n"
	".size exe_entry, . - exe_entry\n\t"
	".popsection\n");

#define EARLY __attribute__((no_stack_protector, section(".text.unlikely.exe_entry")))

/* A literal that stands within the code. */
#define NEAR(literal)                                                                 \
	({                                                                            \
		const char *text_;                                                    \
		__asm__("lea 1f(%%rip), %0\n\tjmp 2f\n1:\t.asciz \"" literal "\"\n2:" \
			: "=r"(text_));                                               \
		text_;                                                                \
	})

/* A number that the compiler does not put among the constants, to load it with its neighbour. */
#define NUMBER(value)                        \
	({                                   \
		uint64_t number_ = (value);  \
		__asm__("" : "+r"(number_)); \
		number_;                     \
	})

EARLY static inline void clear(uintptr_t start, size_t len)
{
	__asm__ volatile("rep stosb" : "+D"(start), "+c"(len) : "a"(0) : "memory");
}

EARLY static struct start read_stack(uintptr_t stack)
{
	long argc = *(const long *) stack;
	const char **argv = (const char **) stack + 1, **p = argv + argc + 1;
	struct start start = { argv, p, NULL, stack };

	while (*p)
		p++;
	start.auxv = (const Elf64_auxv_t *) (p + 1);
	return start;
}

EARLY static uint64_t auxv_get(const struct start *start, uint64_t type)
{
	for (const Elf64_auxv_t *a = start->auxv; a->a_type != AT_NULL; a++)
		if (a->a_type == type)
			return a->a_un.a_val;
	return 0;
}

EARLY static bool is_equal(const char *a, const char *b)
{
	for (; *a && *a == *b; a++, b++)
		__asm__ volatile("");
	return *a == *b;
}

/* By the command's name alone, wherever it stands: one that is taken for a command and is none is
 * sealed for nothing. */
EARLY static bool makes_process(const struct start *start)
{
	for (const char **arg = start->argv; *arg; arg++)
		if (is_equal(*arg, NEAR("run")) || is_equal(*arg, NEAR("create")) ||
		    is_equal(*arg, NEAR("exec")) || is_equal(*arg, NEAR("mounts")))
			return true;
	return false;
}

EARLY static uintptr_t end_of_strings(const char **strings, uintptr_t none)
{
	const char *last = NULL;

	for (; *strings; strings++)
		last = *strings;
	if (!last)
		return none;
	while (*last) {
		last++;
		__asm__ volatile("");
	}
	return (uintptr_t) last + 1;
}

/* As exe_seal.c's open_by_readonly_mount(). */
EARLY static int open_by_readonly_mount(void)
{
	const char *prefix = NEAR("/proc/self/fd/");
	struct mount_attr readonly;
	long tree = raw_syscall(SYS_open_tree, AT_FDCWD, RAW(NEAR("/proc/self/exe")),
				OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC, 0, 0, 0);
	long r;

	if (tree < 0)
		return (int) tree;
	if (tree >= FD_MAX) {
		raw_syscall(SYS_close, tree, 0, 0, 0, 0, 0);
		return -1;
	}
	readonly.attr_set = NUMBER(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID);
	readonly.attr_clr = 0;
	readonly.propagation = 0;
	readonly.userns_fd = 0;
	r = raw_syscall(SYS_mount_setattr, tree, RAW(NEAR("")), AT_EMPTY_PATH, RAW(&readonly),
			sizeof(readonly), 0);
	if (r == 0) {
		char path[sizeof("/proc/self/fd/123")], *end = path;

		while (*prefix)
			*end++ = *prefix++;
		if (tree >= 100)
			*end++ = (char) ('0' + tree / 100);
		if (tree >= 10)
			*end++ = (char) ('0' + tree / 10 % 10);
		*end++ = (char) ('0' + tree % 10);
		*end = '\0';
		r = raw_syscall(SYS_openat, AT_FDCWD, RAW(path), O_RDONLY | O_CLOEXEC, 0, 0, 0);
	}
	raw_syscall(SYS_close, tree, 0, 0, 0, 0, 0);
	return (int) r;
}

static inline uintptr_t page_down(uintptr_t address)
{
	return address & ~(PAGE_SIZE - 1);
}

static inline uintptr_t page_up(uintptr_t address)
{
	return page_down(address + PAGE_SIZE - 1);
}

/* The segment's bytes, once more, from fd; what follows them on their last page are variables that
 * begin as 0. */
EARLY static long map_segment(const Elf64_Phdr *segment, int fd)
{
	uintptr_t start = (uintptr_t) &program_header + segment->p_vaddr;
	uintptr_t end = start + segment->p_filesz;
	int prot = (segment->p_flags & PF_R ? PROT_READ : 0) |
		   (segment->p_flags & PF_W ? PROT_WRITE : 0) |
		   (segment->p_flags & PF_X ? PROT_EXEC : 0);
	long r = raw_syscall(SYS_mmap, RAW(page_down(start)), RAW(page_up(end) - page_down(start)),
			     prot, MAP_PRIVATE | MAP_FIXED, fd, RAW(page_down(segment->p_offset)));

	if (r < 0)
		return r;
	if (segment->p_flags & PF_W)
		clear(end, page_up(end) - end);
	return 0;
}

/* The heap, which is still empty, behind the program and where it shares the program's page tables: in
 * others, as far away as the kernel puts it, it costs more than its pages do.  Within them it is where the
 * kernel's own place, which is random, says: that leaves 5 to 9 bits of its randomness.  Not where mappings
 * grow upwards (ulimit -s unlimited) and stand behind the program, first the vDSO. */
EARLY static uintptr_t place_heap(uintptr_t kernels_place, uintptr_t program_end, uintptr_t vdso)
{
	uintptr_t first = page_up(program_end) + PAGE_SIZE; /* an overflow does not go on into it */
	uintptr_t rest_of_table = TABLE - first % TABLE;

	if (vdso > program_end && vdso - program_end < 2 * TABLE)
		return kernels_place;
	return first + kernels_place % (rest_of_table > 2 * HEAP_ROOM ? rest_of_table - HEAP_ROOM
								      : HEAP_ROOM);
}

/* What the kernel keeps of a program's layout, as its ELF loader fills it in.  The kernel wants all
 * of it again, although only the executable changes, and where the heap begins. */
EARLY static long describe(const struct start *start, int fd)
{
	const Elf64_Phdr *headers = (const void *) auxv_get(start, AT_PHDR);
	uintptr_t heap = (uintptr_t) raw_syscall(SYS_brk, 0, 0, 0, 0, 0, 0);
	struct prctl_mm_map map;
	uint64_t last = 0;

	map.start_code = NUMBER(UINT64_MAX);
	map.end_code = map.start_data = map.end_data = 0;
	for (uint64_t i = 0; i < auxv_get(start, AT_PHNUM); i++) {
		uint64_t first = (uintptr_t) &program_header + headers[i].p_vaddr;
		uint64_t end = first + headers[i].p_filesz;
		bool is_code = headers[i].p_flags & PF_X;

		if (headers[i].p_type != PT_LOAD)
			continue;
		if (is_code && first < map.start_code)
			map.start_code = first;
		if (is_code && end > map.end_code)
			map.end_code = end;
		if (first > map.start_data)
			map.start_data = first;
		if (end > map.end_data)
			map.end_data = end;
		if (first + headers[i].p_memsz > last)
			last = first + headers[i].p_memsz;
	}
	map.start_brk = map.brk = place_heap(heap, last, auxv_get(start, AT_SYSINFO_EHDR));
	map.start_stack = start->stack;
	map.arg_start = (uintptr_t) start->argv[0];
	map.arg_end = end_of_strings(start->argv, 0);
	map.env_start = map.arg_end;
	map.env_end = end_of_strings(start->env, map.arg_end);
	map.auxv = NULL;
	map.auxv_size = 0;
	map.exe_fd = (uint32_t) fd;
	return raw_syscall(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP, RAW(&map), sizeof(map), 0, 0);
}

EARLY static void seal(const struct start *start)
{
	const Elf64_Phdr *headers = (const void *) auxv_get(start, AT_PHDR);
	int fd = open_by_readonly_mount();
	long r = 0;

	if (fd < 0)
		return;
	for (uint64_t i = 0; i < auxv_get(start, AT_PHNUM) && r == 0; i++)
		if (headers[i].p_type == PT_LOAD && headers[i].p_filesz)
			r = map_segment(&headers[i], fd);
	if (r < 0)
		raw_syscall(SYS_exit_group, STATUS_ABORTED, 0, 0, 0, 0, 0);
	has_sealed = describe(start, fd) == 0;
	raw_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
}

EARLY static void populate(uintptr_t start, uintptr_t end)
{
	raw_syscall(SYS_madvise, RAW(start), RAW(end - start), MADV_POPULATE_WRITE, 0, 0, 0);
}

/* The variables, which the C library's start relocates.  The code is faulted in by many pages at a
 * time as it is. */
EARLY static void populate_variables(const struct start *start)
{
	const Elf64_Phdr *headers = (const void *) auxv_get(start, AT_PHDR);

	for (uint64_t i = 0; i < auxv_get(start, AT_PHNUM); i++) {
		uintptr_t first = (uintptr_t) &program_header + headers[i].p_vaddr;

		if (headers[i].p_type == PT_LOAD && (headers[i].p_flags & PF_W))
			populate(page_down(first), page_up(first + headers[i].p_memsz));
	}
}

EARLY __attribute__((used, visibility("hidden"))) void exe_entry_prepare(uintptr_t stack);

void exe_entry_prepare(uintptr_t stack)
{
	struct start start = read_stack(stack);

	populate(page_down(stack) - STACK_PAGES * PAGE_SIZE, page_down(stack));
	if (start.argv[0] && auxv_get(&start, AT_EUID) == 0 && makes_process(&start))
		seal(&start);
	if (start.argv[0] && !has_sealed)
		describe(&start, EXE_AS_IT_IS);
	populate_variables(&start);
}

#endif

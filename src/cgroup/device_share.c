/* device_share.c - see device_share.h */
#include "cgroup/device_share.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/raw_syscall.h"
#include "cgroup/bpf.h"

#define IDS 1024 /* in the file; programs that have the same place there take turns */

static long place_of(const struct bpf_insn *insns, size_t n)
{
	uint64_t sum = n, word;

	for (size_t i = 0; i < n; i++) {
		memcpy(&word, &insns[i], sizeof(word));
		sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		sum ^= sum >> 32;
	}
	return (long) (sum % IDS * sizeof(uint32_t));
}

static int open_ids(int dirfd, int flags)
{
	return (int) raw_syscall(SYS_openat, dirfd, RAW(DEVICE_SHARE), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
				 0600, 0, 0);
}

static int get_info(int program, struct bpf_prog_info *info)
{
	union bpf_attr attr = bpf_no_attr();

	attr.info.bpf_fd = (uint32_t) program;
	attr.info.info_len = sizeof(*info);
	attr.info.info = (uintptr_t) info;
	return bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
}

/* What the kernel's check may rewrite in other programs it leaves alone in those that we write. */
static bool consists_of(int program, const struct bpf_insn *insns, size_t n)
{
	struct bpf_insn found[DEVICE_SHARE_MAX];
	const size_t size = n * sizeof(*insns);
	struct bpf_prog_info info;

	memset(&info, 0, sizeof(info));
	info.xlated_prog_insns = (uintptr_t) found;
	info.xlated_prog_len = (uint32_t) size;
	return get_info(program, &info) == 0 && info.type == BPF_PROG_TYPE_CGROUP_DEVICE &&
	       info.xlated_prog_insns && info.xlated_prog_len == size && memcmp(found, insns, size) == 0;
}

int device_share_take(int dirfd, const struct bpf_insn *insns, size_t n)
{
	uint32_t id = 0;
	int file, program;

	file = n > DEVICE_SHARE_MAX ? -ENOENT : open_ids(dirfd, O_RDONLY);
	if (file < 0)
		return file;
	raw_syscall(SYS_pread64, file, RAW(&id), sizeof(id), place_of(insns, n), 0, 0);
	raw_syscall(SYS_close, file, 0, 0, 0, 0, 0);
	program = bpf_open_program(id);
	if (program < 0 || consists_of(program, insns, n))
		return program;
	raw_syscall(SYS_close, program, 0, 0, 0, 0, 0);
	return -ENOENT;
}

void device_share_offer(int dirfd, const struct bpf_insn *insns, size_t n, int program)
{
	struct bpf_prog_info info;
	int file;

	memset(&info, 0, sizeof(info));
	if (n > DEVICE_SHARE_MAX || get_info(program, &info) < 0)
		return;
	file = open_ids(dirfd, O_WRONLY | O_CREAT);
	if (file < 0)
		return;
	raw_syscall(SYS_pwrite64, file, RAW(&info.id), sizeof(info.id), place_of(insns, n), 0, 0);
	raw_syscall(SYS_close, file, 0, 0, 0, 0, 0);
}

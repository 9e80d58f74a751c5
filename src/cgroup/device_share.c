/* device_share.c - see device_share.h */
#include "cgroup/device_share.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "base/raw_syscall.h"
#include "cgroup/bpf.h"

/* In the file, which is to be smaller than all else that is written: a limit on that (RLIMIT_FSIZE) would end us.
 * Programs that have the same place take turns. */
#define IDS 128

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

/* Not another's file that has been given the name, where others than we can write to the directory. */
static bool is_ours(int file)
{
	struct statx st;

	return raw_syscall(SYS_statx, file, RAW(""), AT_EMPTY_PATH, STATX_BASIC_STATS, RAW(&st), 0) == 0 &&
	       S_ISREG(st.stx_mode) && st.stx_nlink == 1 &&
	       st.stx_uid == (uint32_t) raw_syscall(SYS_geteuid, 0, 0, 0, 0, 0, 0);
}

/* The id of a device program of exactly these instructions; 0: it is another. */
static uint32_t id_of(int program, const struct bpf_insn *insns, size_t n)
{
	struct bpf_insn found[DEVICE_SHARE_MAX];
	const size_t size = n * sizeof(*insns);
	union bpf_attr attr = bpf_no_attr();
	struct bpf_prog_info info;

	if (n > DEVICE_SHARE_MAX)
		return 0;
	memset(&info, 0, sizeof(info));
	info.xlated_prog_insns = (uintptr_t) found;
	info.xlated_prog_len = (uint32_t) size;
	attr.info.bpf_fd = (uint32_t) program;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t) &info;
	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) < 0 || info.type != BPF_PROG_TYPE_CGROUP_DEVICE ||
	    !info.xlated_prog_insns || info.xlated_prog_len != size || memcmp(found, insns, size) != 0)
		return 0;
	return info.id;
}

bool device_share_is(int program, const struct bpf_insn *insns, size_t n)
{
	return id_of(program, insns, n) != 0;
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
	if (program < 0 || device_share_is(program, insns, n))
		return program;
	raw_syscall(SYS_close, program, 0, 0, 0, 0, 0);
	return -ENOENT;
}

void device_share_offer(int dirfd, const struct bpf_insn *insns, size_t n, int program)
{
	uint32_t id = id_of(program, insns, n);
	int file;

	if (id == 0)
		return;
	file = open_ids(dirfd, O_WRONLY | O_CREAT);
	if (file < 0)
		return;
	if (is_ours(file))
		raw_syscall(SYS_pwrite64, file, RAW(&id), sizeof(id), place_of(insns, n), 0, 0);
	raw_syscall(SYS_close, file, 0, 0, 0, 0, 0);
}

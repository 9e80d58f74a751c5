/* limit_run.c - the kernel's own price for a container, as a runtime has to pay it
 *
 * limit.c makes container after container in one process.  A runtime is executed anew for each of
 * them, and owes more than limit.c does to the specification, to the commands that come after it
 * and to what containers have broken out by.  This program makes one container and removes it
 * again, as `run` does, for the default configuration, which it does not parse: its system calls
 * are all that it is.  What limit.c leaves out are its steps, and each can be left out of it:
 *
 *	limit_run [--without STEP]... [--seccomp FILTER] BUNDLE STATE-ROOT ID PROGRAM
 *	limit_run --steps
 *
 * BUNDLE and STATE-ROOT are absolute paths.  FILTER is a file of struct sock_filter. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/libc.h"
#include "base/raw_syscall.h"
#include "linux/clone.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))
#define PAGE 4096UL

enum step {
	CONFIG,
	STATE,
	LOCK,
	PROTECTION,
	HANDSHAKE,
	SIGNALS,
	DEVICE_PROGRAM,
	SESSION,
	LOOPBACK,
	SAFE_TARGETS,
	RLIMITS,
	IDS,
	CAPABILITIES,
	N_STEPS
};

/* clang-format off */
static const struct {
	const char *name, *why;
} steps[N_STEPS] = {
	[CONFIG] = { "config", "config.json is read and a copy kept, which later commands go by" },
	[STATE] = { "state", "a directory takes the id; the record is replaced as a whole, twice" },
	[LOCK] = { "lock", "one command at a time" },
	[PROTECTION] = { "protection", "the program's own file cannot be written to (CVE-2019-5736) "
				       "or traced (CVE-2016-9962), no descriptor leaks (CVE-2024-21626)" },
	[HANDSHAKE] = { "handshake", "the program starts when its pid is on record, and not without us" },
	[SIGNALS] = { "signals", "those that we get are for the container; wait for both by poll" },
	[DEVICE_PROGRAM] = { "device-program", "linux.resources.devices, loaded beside init" },
	[SESSION] = { "session", "no terminal of the caller's" },
	[LOOPBACK] = { "loopback", "the loopback device is up" },
	[SAFE_TARGETS] = { "safe-targets", "the image's symbolic links lead out of it nowhere" },
	[RLIMITS] = { "rlimits", "process.rlimits" },
	[IDS] = { "ids", "process.user" },
	[CAPABILITIES] = { "capabilities", "process.capabilities" },
};
/* clang-format on */

static bool is_left_out[N_STEPS];

static struct {
	const char *bundle, *root, *id;
	char *program;
	struct sock_fprog filter;
	int sock[2];	  /* the host's, init's */
	int state;	  /* our directory */
	bool is_recorded; /* which pid it is; init is in our memory */
} run;

/* The result, which is none of an error. */
static long sure(long result, const char *what)
{
	if (result < 0)
		err(1, "%s", what);
	return result;
}

/* --- init --- */

static void loopback(void)
{
	int fd = (int) sure(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };

	sure(ioctl(fd, SIOCSIFFLAGS, &request), "bring up lo");
	close(fd);
}

/* Below the root, which is the working directory.  -1: there is no such path. */
static int open_target(const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };

	return (int) syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
}

/* mount(2) on a path below the root; nothing where there is no such path. */
static void mount_on(const char *source, const char *path, const char *type, unsigned long flags,
		     const char *data)
{
	char name[32];
	int fd = -1;

	if (!is_left_out[SAFE_TARGETS]) {
		fd = open_target(path);
		if (fd < 0)
			return;
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	}
	if (mount(source, fd < 0 ? path : name, type, flags, data) < 0 && errno != ENOENT)
		err(1, "mount on '%s'", path);
	if (fd >= 0)
		close(fd);
}

static void mount_file_systems(void)
{
	const unsigned long bare = MS_NOSUID | MS_NOEXEC | MS_NODEV;

	mount_on("proc", "proc", "proc", 0, NULL);
	mount_on("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k");
	sure(mkdir("dev/pts", 0755), "mkdir");
	sure(mkdir("dev/shm", 0755), "mkdir");
	sure(mkdir("dev/mqueue", 0755), "mkdir");
	mount_on("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		 "newinstance,ptmxmode=0666,mode=0620,gid=5");
	mount_on("shm", "dev/shm", "tmpfs", bare, "mode=1777,size=65536k");
	mount_on("mqueue", "dev/mqueue", "mqueue", bare, NULL);
	mount_on("sysfs", "sys", "sysfs", bare | MS_RDONLY, NULL);
	mount_on("cgroup", "sys/fs/cgroup", "cgroup2", bare | MS_RELATIME | MS_RDONLY, NULL);
}

static void make_devices(void)
{
	static const struct {
		const char *path;
		unsigned int major, minor;
	} devices[] = { { "dev/null", 1, 3 },	{ "dev/zero", 1, 5 },	 { "dev/full", 1, 7 },
			{ "dev/random", 1, 8 }, { "dev/urandom", 1, 9 }, { "dev/tty", 5, 0 } };
	static const char *const links[][2] = { { "/proc/self/fd", "dev/fd" },
						{ "/proc/self/fd/0", "dev/stdin" },
						{ "/proc/self/fd/1", "dev/stdout" },
						{ "/proc/self/fd/2", "dev/stderr" },
						{ "pts/ptmx", "dev/ptmx" } };
	mode_t mask = umask(0);

	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		sure(mknod(devices[i].path, S_IFCHR | 0666,
			   makedev(devices[i].major, devices[i].minor)),
		     devices[i].path);
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		sure(symlink(links[i][0], links[i][1]), links[i][1]);
	umask(mask);
}

static void mask_paths(void)
{
	static const char *const readonly[] = { "proc/bus", "proc/fs", "proc/irq", "proc/sys",
						"proc/sysrq-trigger" };
	static const char *const masked[] = { "proc/acpi",
					      "proc/asound",
					      "proc/interrupts",
					      "proc/kcore",
					      "proc/keys",
					      "proc/latency_stats",
					      "proc/sched_debug",
					      "proc/scsi",
					      "proc/timer_list",
					      "proc/timer_stats",
					      "sys/devices/virtual/powercap",
					      "sys/firmware" };
	const char *empty = NULL; /* the first masked directory, which the others share */
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(readonly); i++) {
		mount_on(readonly[i], readonly[i], NULL, MS_BIND | MS_REC, NULL);
		if (syscall(SYS_mount_setattr, AT_FDCWD, readonly[i], AT_RECURSIVE, &attr,
			    sizeof(attr)) < 0 &&
		    errno != ENOENT)
			err(1, "'%s'", readonly[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(masked); i++) {
		if (stat(masked[i], &st) < 0)
			continue;
		if (!S_ISDIR(st.st_mode)) {
			mount_on("/dev/null", masked[i], NULL, MS_BIND, NULL);
		} else if (empty) {
			mount_on(empty, masked[i], NULL, MS_BIND, NULL);
		} else {
			mount_on("tmpfs", masked[i], "tmpfs", MS_RDONLY, "size=0k");
			empty = masked[i];
		}
	}
}

static void make_root(void)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	sure(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL), "make mounts slaves");
	sure(mount("rootfs", "rootfs", NULL, MS_BIND | MS_REC, NULL), "bind the root");
	sure(chdir("rootfs"), "enter the root");
	mount_file_systems();
	make_devices();
	mask_paths();
	sure(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	sure(mount(NULL, ".", NULL, MS_REC | MS_SLAVE, NULL), "make the host's mounts slaves");
	sure(umount2(".", MNT_DETACH), "let go of the host's mounts");
	sure(chdir("/"), "enter the working directory");
	sure(syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, &attr, sizeof(attr)),
	     "make the root read-only");
}

/* kill, net_bind_service and audit_write */
static void set_capabilities(void)
{
	const uint32_t kept = 1u << CAP_KILL | 1u << CAP_NET_BIND_SERVICE | 1u << CAP_AUDIT_WRITE;
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { .effective = kept, .permitted = kept } };

	for (unsigned long i = 0; i <= CAP_LAST_CAP; i++)
		if (i >= 32 || !(kept & 1u << i))
			prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	sure(syscall(SYS_capset, &header, data), "set capabilities");
	sure(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0),
	     "clear ambient capabilities");
}

/* Ready: if the pid is on record by now, there is nothing to wait for; otherwise the answer is the leave to
 * go on. */
static void wait_for_start(void)
{
	struct pollfd end = { .fd = run.sock[1] };
	char word = 0;

	sure(prctl(PR_SET_PDEATHSIG, 0), "outlive the host");
	if (__atomic_load_n(&run.is_recorded, __ATOMIC_ACQUIRE) && poll(&end, 1, 0) == 0)
		return;
	if (write(run.sock[1], &word, 1) != 1 || read(run.sock[1], &word, 1) != 1)
		_exit(1);
}

static void init(void *unused)
{
	static char *env[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			       NULL };
	char *argv[] = { run.program, NULL };
	struct rlimit files = { 1024, 1024 };
	char cwd[256];

	(void) unused;
	if (!is_left_out[HANDSHAKE]) {
		close(run.sock[0]);
		sure(prctl(PR_SET_PDEATHSIG, SIGKILL), "die with the host");
	}
	if (!is_left_out[SIGNALS]) {
		sigset_t none;

		sigemptyset(&none);
		sure(sigprocmask(SIG_SETMASK, &none, NULL), "unblock signals");
	}
	if (!is_left_out[SESSION])
		sure(setsid(), "start a session");
	sure(chdir(run.bundle), "enter the bundle");
	if (!is_left_out[PROTECTION])
		sure(prctl(PR_SET_DUMPABLE, 0), "hide");
	sure(unshare(CLONE_NEWCGROUP), "make the cgroup namespace");
	if (!is_left_out[LOOPBACK])
		loopback();
	sure(sethostname("limit", 5), "set the host name");
	make_root();
	if (!is_left_out[RLIMITS])
		sure(setrlimit(RLIMIT_NOFILE, &files), "set limits");
	if (!is_left_out[PROTECTION] && (!getcwd(cwd, sizeof(cwd)) || *cwd != '/'))
		errx(1, "the working directory is the host's");
	if (!is_left_out[IDS]) {
		sure(syscall(SYS_setgroups, 0, NULL), "set groups");
		sure(syscall(SYS_setresgid, 0, 0, 0), "set the group");
		sure(syscall(SYS_setresuid, 0, 0, 0), "set the user");
		umask(022);
	}
	if (!is_left_out[CAPABILITIES])
		set_capabilities();
	sure(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "set no_new_privs");
	if (!is_left_out[HANDSHAKE])
		wait_for_start();
	if (run.filter.len)
		sure(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &run.filter),
		     "load the filter");
	if (!is_left_out[PROTECTION])
		sure(syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC), "mark descriptors");
	execve(run.program, argv, env);
	err(1, "execute '%s'", run.program);
}

/* --- the host --- */

static void copy(uintptr_t to, uintptr_t from, size_t len)
{
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(len) : : "memory");
}

/* The program's own pages from file, which is the same.  While its variables are not there, nothing
 * but the stack is used. */
static void map_segment(const ElfW(Phdr) *segment, uintptr_t address, int file)
{
	uintptr_t start = address & ~(PAGE - 1);
	size_t len = (address + segment->p_filesz - start + PAGE - 1) & ~(PAGE - 1);
	bool is_written = segment->p_flags & PF_W;
	int prot = PROT_READ | (is_written ? PROT_WRITE : 0) |
		   (segment->p_flags & PF_X ? PROT_EXEC : 0);
	char saved[is_written ? len : 1];
	long r;

	if (is_written)
		copy((uintptr_t) saved, start, len);
	r = raw_syscall(SYS_mmap, RAW(start), RAW(len), prot, MAP_PRIVATE | MAP_FIXED, file,
			RAW(segment->p_offset & ~(PAGE - 1)));
	if (r < 0)
		raw_syscall(SYS_exit_group, 1, 0, 0, 0, 0, 0);
	if (is_written)
		copy(start, (uintptr_t) saved, len);
}

/* Where the program's parts are, which the kernel wants to be told again with its file. */
static int map_segments(struct dl_phdr_info *info, size_t size, void *context)
{
	struct prctl_mm_map *map = context;

	(void) size;
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + segment->p_vaddr,
			  end = start + segment->p_filesz;

		if (segment->p_type != PT_LOAD)
			continue;
		map_segment(segment, start, (int) map->exe_fd);
		if (segment->p_flags & PF_X) {
			map->start_code = start;
			map->end_code = end;
		}
		map->start_data = start;
		map->end_data = end;
	}
	return 1; /* the program comes first, and has no libraries */
}

/* The file that runs becomes the same on a mount of its own, which is read-only. */
static void protect(char **argv)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID };
	struct prctl_mm_map map = { .start_brk = (uintptr_t) sbrk(0),
				    .brk = (uintptr_t) sbrk(0),
				    .start_stack = (uintptr_t) argv - sizeof(long),
				    .arg_start = (uintptr_t) argv[0],
				    .arg_end = (uintptr_t) environ[0],
				    .env_start = (uintptr_t) environ[0],
				    .env_end = (uintptr_t) environ[0] };
	int tree = (int) sure(syscall(SYS_open_tree, AT_FDCWD, "/proc/self/exe",
				      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC),
			      "clone our mount");
	char path[32];

	sure(syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)),
	     "make it read-only");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", tree);
	map.exe_fd = (uint32_t) sure(open(path, O_RDONLY | O_CLOEXEC), "open our file");
	close(tree);
	dl_iterate_phdr(map_segments, &map);
	sure(prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0), "set our file");
	close((int) map.exe_fd);
}

/* The same verdicts as coracle's for the default rules: the default devices, terminals, any mknod. */
static int load_device_program(void)
{
	enum { TYPE = 5, ACCESS = 2, MAJOR = 3, MINOR = 4, END = 21 };
/* clang-format off */
#define FIELD(reg, name) \
	{ BPF_LDX | BPF_MEM | BPF_W, reg, 1, offsetof(struct bpf_cgroup_dev_ctx, name), 0 }
#define ALU(op, reg, value) { BPF_ALU | (op) | BPF_K, reg, 0, 0, value }
#define JUMP(at, op, reg, value, to) { BPF_JMP | (op) | BPF_K, reg, 0, (to) - (at) - 1, value }
	/* clang-format on */
	static const struct bpf_insn code[] = {
		FIELD(ACCESS, access_type),
		FIELD(MAJOR, major),
		FIELD(MINOR, minor),
		{ BPF_ALU | BPF_MOV | BPF_X, TYPE, ACCESS, 0, 0 },
		ALU(BPF_AND, TYPE, 0xffff),
		ALU(BPF_RSH, ACCESS, 16),
		JUMP(6, BPF_JEQ, ACCESS, BPF_DEVCG_ACC_MKNOD, END),
		JUMP(7, BPF_JNE, TYPE, BPF_DEVCG_DEV_CHAR, END - 2),
		JUMP(8, BPF_JEQ, MAJOR, 136, END),
		JUMP(9, BPF_JNE, MAJOR, 5, 13),
		JUMP(10, BPF_JEQ, MINOR, 0, END),
		JUMP(11, BPF_JEQ, MINOR, 2, END),
		{ BPF_JMP | BPF_JA, 0, 0, END - 2 - 13, 0 },
		JUMP(13, BPF_JNE, MAJOR, 1, END - 2),
		JUMP(14, BPF_JEQ, MINOR, 3, END),
		JUMP(15, BPF_JEQ, MINOR, 5, END),
		JUMP(16, BPF_JEQ, MINOR, 7, END),
		JUMP(17, BPF_JEQ, MINOR, 8, END),
		JUMP(18, BPF_JEQ, MINOR, 9, END),
		{ BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0 },
		{ BPF_JMP | BPF_EXIT, 0, 0, 0, 0 },
		{ BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1 },
		{ BPF_JMP | BPF_EXIT, 0, 0, 0, 0 },
	};
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
				.insn_cnt = ARRAY_SIZE(code),
				.insns = (uintptr_t) code,
				.license = (uintptr_t) "Apache-2.0" };

	return (int) sure(syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)),
			  "load the device program");
}

static void attach_device_program(int cgroup)
{
	int program = load_device_program();
	union bpf_attr attr = { .target_fd = (uint32_t) cgroup,
				.attach_bpf_fd = (uint32_t) program,
				.attach_type = BPF_CGROUP_DEVICE,
				.attach_flags = BPF_F_ALLOW_MULTI };

	sure(syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr)), "attach the device program");
	close(program);
}

static void write_file(const char *name, const char *data, size_t len)
{
	int fd = (int) sure(openat(run.state, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600),
			    name);

	if (write(fd, data, len) != (ssize_t) len)
		err(1, "write '%s'", name);
	close(fd);
}

/* As long as coracle's. */
static void write_record(const char *status, pid_t pid, const char *started)
{
	char name[32], text[512];
	int len = snprintf(text, sizeof(text),
			   "{\"ociVersion\":\"1.0.0\",\"id\":\"%s\",\"status\":\"%s\",\"pid\":%d,"
			   "\"started\":\"%s\",\"bundle\":\"%s\",\"cgroup\":\"/%s\","
			   "\"created\":\"2026-01-01T00:00:00.000000000Z\"}\n",
			   run.id, status, pid, started, run.bundle, run.id);

	if (is_left_out[STATE])
		return;
	snprintf(name, sizeof(name), "state.json.%d~", getpid());
	write_file(name, text, (size_t) len);
	sure(renameat(run.state, name, run.state, "state.json"), "replace the record");
}

/* A pid is used again: with the time of its start it says which process it was. */
static void record_pid(pid_t pid)
{
	char path[32], text[512] = "";
	const char *started;
	int fd;

	if (is_left_out[STATE])
		return;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = (int) sure(open(path, O_RDONLY | O_CLOEXEC), path);
	sure(read(fd, text, sizeof(text) - 1), path);
	close(fd);
	started = text;
	for (int i = 0; i < 21 && started; i++)
		started = strchr(started + 1, ' ');
	if (!started)
		errx(1, "'%s'", path);
	started++;
	text[started - text + (long) strcspn(started, " ")] = '\0';
	write_record("running", pid, started);
}

/* The directory whose making takes the id. */
static void take_id(int root)
{
	sure(mkdirat(root, run.id, 0700), "take the id");
	run.state =
		(int) sure(openat(root, run.id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
			   run.id);
	if (!is_left_out[LOCK])
		sure(flock(run.state, LOCK_EX | LOCK_NB), "lock");
}

static void read_config(void)
{
	static char text[64 << 10];
	char path[512];
	struct stat st;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "%s/config.json", run.bundle);
	fd = (int) sure(open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC), path);
	sure(fstat(fd, &st), path);
	len = sure(read(fd, text, sizeof(text)), path);
	close(fd);
	if (!is_left_out[STATE])
		write_file("config.json", text, (size_t) len);
}

static void wait_for_end(pid_t pid)
{
	int status;

	if (!is_left_out[SIGNALS]) {
		struct signalfd_siginfo info;
		sigset_t all;
		struct pollfd fd = { .events = POLLIN };

		sigfillset(&all);
		fd.fd = (int) sure(signalfd(-1, &all, SFD_CLOEXEC), "signalfd");
		sure(poll(&fd, 1, -1), "poll");
		sure(read(fd.fd, &info, sizeof(info)), "read a signal");
		close(fd.fd);
	}
	sure(waitpid(pid, &status, 0), "wait");
	if (status)
		errx(1, "'%s' ended with status %#x", run.program, status);
}

/* Beside init until it is ready, and then what has to be before its program starts. */
static void serve(pid_t pid, int cgroup)
{
	char word;

	if (!is_left_out[HANDSHAKE])
		close(run.sock[1]);
	if (!is_left_out[DEVICE_PROGRAM])
		attach_device_program(cgroup);
	record_pid(pid);
	__atomic_store_n(&run.is_recorded, true, __ATOMIC_RELEASE);
	if (is_left_out[HANDSHAKE])
		return;
	/* the end of file says that the program is executed */
	while (read(run.sock[0], &word, 1) == 1)
		if (write(run.sock[0], &word, 1) != 1)
			errx(1, "init has failed");
	close(run.sock[0]);
}

static void run_container(void)
{
	char path[256];
	int root =
		is_left_out[STATE]
			? -1
			: (int) sure(open(run.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC), run.root);
	int cgroup, pidfd;
	struct clone_args args = { .flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
					    CLONE_NEWIPC | CLONE_NEWUTS | CLONE_INTO_CGROUP |
					    CLONE_CLEAR_SIGHAND | CLONE_PIDFD,
				   .pidfd = (uintptr_t) &pidfd,
				   .exit_signal = SIGCHLD };
	pid_t pid;

	if (!is_left_out[STATE])
		take_id(root);
	if (!is_left_out[CONFIG])
		read_config();
	write_record("creating", 0, "0");
	snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", run.id);
	sure(mkdir(path, 0755), path);
	cgroup = (int) sure(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), path);
	args.cgroup = (uint64_t) cgroup;
	if (!is_left_out[HANDSHAKE])
		sure(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, run.sock), "socketpair");
	pid = clone_sharing(&args, init, NULL);
	if (pid < 0)
		errx(1, "clone: %s", strerror(-pid));
	serve(pid, cgroup);
	wait_for_end(pid);
	while (rmdir(path) < 0)
		if (errno != EBUSY)
			err(1, "remove '%s'", path);
	if (is_left_out[STATE])
		return;
	sure(unlinkat(run.state, "state.json", 0), "remove the record");
	if (!is_left_out[CONFIG])
		sure(unlinkat(run.state, "config.json", 0), "remove the copy");
	sure(unlinkat(root, run.id, AT_REMOVEDIR), "give the id back");
}

static void read_filter(const char *path)
{
	static struct sock_filter code[BPF_MAXINSNS];
	int fd = (int) sure(open(path, O_RDONLY | O_CLOEXEC), path);
	long len = sure(read(fd, code, sizeof(code)), path);

	close(fd);
	run.filter = (struct sock_fprog){ (unsigned short) (len / (long) sizeof(*code)), code };
}

static void leave_out(const char *name)
{
	for (size_t i = 0; i < N_STEPS; i++) {
		if (strcmp(steps[i].name, name) == 0) {
			is_left_out[i] = true;
			return;
		}
	}
	errx(2, "no step '%s'", name);
}

static int print_steps(void)
{
	for (size_t i = 0; i < N_STEPS; i++)
		printf("%s\t%s\n", steps[i].name, steps[i].why);
	return 0;
}

int main(int argc, char **argv)
{
	char **argv_whole = argv;

	if (argc == 2 && strcmp(argv[1], "--steps") == 0)
		return print_steps();
	for (; argc > 2 && argv[1][0] == '-'; argc -= 2, argv += 2) {
		if (strcmp(argv[1], "--without") == 0)
			leave_out(argv[2]);
		else if (strcmp(argv[1], "--seccomp") == 0)
			read_filter(argv[2]);
		else
			break;
	}
	if (argc != 5)
		errx(2,
		     "usage: limit_run [--without STEP]... [--seccomp FILTER] BUNDLE STATE-ROOT ID PROGRAM");
	run.bundle = argv[1];
	run.root = argv[2];
	run.id = argv[3];
	run.program = argv[4];
	if (!is_left_out[PROTECTION])
		protect(argv_whole);
	if (!is_left_out[SIGNALS]) {
		sigset_t all;

		sigfillset(&all);
		sure(sigprocmask(SIG_SETMASK, &all, NULL), "block signals");
	}
	run_container();
	return 0;
}

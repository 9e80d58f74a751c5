/* limit.c - the kernel's own price for one container, which coracle is held against
 *
 * The system calls that the default configuration cannot do without, in one static process: no
 * JSON, no state on disk, no second program.  FILTER is a file of instructions for seccomp(2).
 * usage: limit ROOTFS N PROGRAM [FILTER] */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *rootfs, *prog;
static struct sock_fprog filter;

static void m(const char *s, const char *t, const char *fs, unsigned long f, const char *d)
{
	if (mount(s, t, fs, f, d) < 0)
		err(1, "mount %s", t);
}

static void child(int cgfd)
{
	(void) cgfd;
	if (chdir(rootfs) < 0)
		err(1, "chdir");
	m(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	m(".", rootfs, NULL, MS_BIND | MS_REC, NULL);
	if (chdir(rootfs) < 0)
		err(1, "chdir");
	mkdir("proc", 0755), mkdir("dev", 0755), mkdir("sys", 0755);
	m("proc", "proc", "proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL);
	m("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k");
	mkdir("dev/pts", 0755), mkdir("dev/shm", 0755), mkdir("dev/mqueue", 0755);
	m("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
	  "newinstance,ptmxmode=0666,mode=0620");
	m("shm", "dev/shm", "tmpfs", MS_NOSUID | MS_NOEXEC | MS_NODEV, "mode=1777,size=65536k");
	m("mqueue", "dev/mqueue", "mqueue", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL);
	m("sysfs", "sys", "sysfs", MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY, NULL);
	m("cgroup", "sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RELATIME,
	  NULL);
	static const struct {
		const char *n;
		int maj, min;
	} devs[] = { { "dev/null", 1, 3 },   { "dev/zero", 1, 5 },    { "dev/full", 1, 7 },
		     { "dev/random", 1, 8 }, { "dev/urandom", 1, 9 }, { "dev/tty", 5, 0 } };
	for (size_t i = 0; i < sizeof devs / sizeof *devs; i++)
		if (mknod(devs[i].n, S_IFCHR | 0666, (dev_t) (devs[i].maj << 8 | devs[i].min)) < 0)
			err(1, "mknod");
	symlink("/proc/self/fd", "dev/fd"), symlink("pts/ptmx", "dev/ptmx");
	symlink("/proc/self/fd/0", "dev/stdin"), symlink("/proc/self/fd/1", "dev/stdout"),
		symlink("/proc/self/fd/2", "dev/stderr");
	static const char *masked[] = { "proc/acpi",	      "proc/kcore",	 "proc/keys",
					"proc/latency_stats", "proc/timer_list", "proc/timer_stats",
					"proc/sched_debug",   "sys/firmware",	 "proc/scsi" };
	for (size_t i = 0; i < sizeof masked / sizeof *masked; i++) {
		struct stat st;
		if (stat(masked[i], &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode))
			m("tmpfs", masked[i], "tmpfs", MS_RDONLY, "size=0k");
		else
			m("/dev/null", masked[i], NULL, MS_BIND, NULL);
	}
	static const char *ro[] = { "proc/bus", "proc/fs", "proc/irq", "proc/sys",
				    "proc/sysrq-trigger" };
	for (size_t i = 0; i < sizeof ro / sizeof *ro; i++) {
		if (access(ro[i], F_OK) < 0)
			continue;
		m(ro[i], ro[i], NULL, MS_BIND | MS_REC, NULL);
		m(NULL, ro[i], NULL,
		  MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL);
	}
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		err(1, "pivot_root");
	if (umount2(".", MNT_DETACH) < 0)
		err(1, "umount2");
	m(NULL, "/", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL);
	sethostname("limit", 5);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (filter.len && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) < 0)
		err(1, "load the filter");
	execl(prog, prog, NULL);
	err(1, "execl %s", prog);
}

static void read_filter(const char *path)
{
	static struct sock_filter code[BPF_MAXINSNS];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, code, sizeof(code));

	if (n <= 0)
		err(1, "read '%s'", path);
	close(fd);
	filter = (struct sock_fprog){ .len = (unsigned short) ((size_t) n / sizeof(code[0])),
				      .filter = code };
}

int main(int argc, char **argv)
{
	if (argc < 4)
		errx(2, "usage: limit ROOTFS N PROGRAM [FILTER]");
	if (argc > 4)
		read_filter(argv[4]);
	rootfs = argv[1], prog = argv[3];
	int n = atoi(argv[2]);
	struct timespec a, b;
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (int i = 0; i < n; i++) {
		char cg[64];
		snprintf(cg, sizeof cg, "/sys/fs/cgroup/limit-%d-%d", (int) getpid(), i);
		if (mkdir(cg, 0755) < 0)
			err(1, "mkdir %s", cg);
		int fd = open(cg, O_PATH | O_DIRECTORY | O_CLOEXEC);
		struct clone_args ca = { .flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
						  CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP |
						  CLONE_INTO_CGROUP,
					 .exit_signal = SIGCHLD,
					 .cgroup = (uint64_t) fd };
		pid_t p = (pid_t) syscall(SYS_clone3, &ca, sizeof ca);
		if (p < 0)
			err(1, "clone3");
		if (!p)
			child(fd);
		int st;
		waitpid(p, &st, 0);
		if (st)
			errx(1, "child status %x", st);
		close(fd);
		while (rmdir(cg) < 0)
			if (errno != EBUSY)
				err(1, "rmdir");
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%.3f ms/container\n",
	       ((double) (b.tv_sec - a.tv_sec) * 1e3 + (double) (b.tv_nsec - a.tv_nsec) / 1e6) / n);
	return 0;
}

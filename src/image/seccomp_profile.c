/* seccomp_profile.c - see seccomp_profile.h */
#include "image/seccomp_profile.h"

#include <errno.h>
#include <linux/sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "image/lists.h"

/* Names of all architectures; those that one does not have are passed over when it is loaded. */
/* clang-format off */
static const char *const allowed[] = {
	/* files and directories by name */
	"access chdir chmod chown chown32 creat faccessat faccessat2 fchdir fchmod fchmodat fchmodat2 "
	"fchown fchown32 fchownat fstatat64 futimesat getcwd lchown lchown32 link linkat lstat lstat64 "
	"mkdir mkdirat mknod mknodat name_to_handle_at newfstatat open openat openat2 readlink "
	"readlinkat rename renameat renameat2 rmdir stat stat64 statfs statfs64 statx symlink symlinkat "
	"truncate truncate64 umask unlink unlinkat utime utimensat utimensat_time64 utimes chroot",
	/* their attributes and locks */
	"fgetxattr flistxattr fremovexattr fsetxattr getxattr getxattrat lgetxattr listxattr "
	"listxattrat llistxattr lremovexattr lsetxattr removexattr removexattrat setxattr setxattrat "
	"flock",
	/* open files */
	"_llseek close close_range copy_file_range dup dup2 dup3 fadvise64 fadvise64_64 "
	"arm_fadvise64_64 fallocate fcntl fcntl64 fdatasync fstat fstat64 fstatfs fstatfs64 fsync "
	"ftruncate ftruncate64 getdents getdents64 ioctl lseek pread64 preadv preadv2 pwrite64 pwritev "
	"pwritev2 read readahead readdir readv sendfile sendfile64 splice sync sync_file_range "
	"sync_file_range2 syncfs tee vmsplice write writev pipe pipe2",
	/* waiting for them */
	"_newselect epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 "
	"epoll_wait epoll_wait_old eventfd eventfd2 inotify_add_watch inotify_init inotify_init1 "
	"inotify_rm_watch poll ppoll ppoll_time64 pselect6 pselect6_time64 select signalfd "
	"signalfd4 io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup "
	"io_submit",
	/* memory */
	"brk cachestat madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 "
	"mlockall mmap mmap2 mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free "
	"pkey_mprotect remap_file_pages process_madvise process_mrelease",
	/* processes and threads; clone has rules of its own below */
	"execve execveat exit exit_group fork vfork wait4 waitid waitpid getpgid getpgrp getpid getppid "
	"getsid gettid setpgid setsid set_tid_address pidfd_open pidfd_send_signal pidfd_getfd prctl "
	"arch_prctl getrusage times restart_syscall rseq sched_yield set_thread_area get_thread_area "
	"set_robust_list get_robust_list set_tls get_tls cacheflush breakpoint usr26 usr32 "
	"riscv_flush_icache riscv_hwprobe s390_guarded_storage s390_pci_mmio_read s390_pci_mmio_write "
	"s390_runtime_instr swapcontext switch_endian sigaltstack",
	/* of one's own kind only: the kernel checks, and since 4.8 seccomp is not bypassed by it */
	"ptrace process_vm_readv process_vm_writev",
	/* scheduling and limits */
	"getcpu getpriority getrlimit ioprio_get ioprio_set nice prlimit64 sched_get_priority_max "
	"sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler "
	"sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr "
	"sched_setparam sched_setscheduler setpriority setrlimit ugetrlimit",
	/* signals */
	"alarm kill pause rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn "
	"rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sgetmask sigaction "
	"signal sigpending sigprocmask sigreturn sigsuspend ssetmask tgkill tkill",
	/* locks between threads */
	"futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake",
	/* users, capabilities, and less of both */
	"capget capset getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 "
	"getresgid getresgid32 getresuid getresuid32 getuid getuid32 setfsgid setfsgid32 setfsuid "
	"setfsuid32 setgid setgid32 setgroups setgroups32 setregid setregid32 setresgid setresgid32 "
	"setresuid setresuid32 setreuid setreuid32 setuid setuid32 landlock_add_rule "
	"landlock_create_ruleset landlock_restrict_self seccomp lsm_get_self_attr lsm_list_modules "
	"lsm_set_self_attr",
	/* time; to set a clock takes a capability that containers do not have */
	"adjtimex clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime "
	"clock_gettime64 clock_nanosleep clock_nanosleep_time64 getitimer gettimeofday nanosleep "
	"setitimer time timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 "
	"timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime "
	"timerfd_settime64",
	/* sockets; socket has a rule of its own below */
	"accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg "
	"recvmmsg_time64 recvmsg send sendmmsg sendmsg sendto setsockopt shutdown socketcall socketpair",
	/* System V and POSIX communication, in the container's own namespace */
	"ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend "
	"mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd semctl semget semop semtimedop "
	"semtimedop_time64 shmat shmctl shmdt shmget",
	/* the system */
	"getrandom sysinfo uname olduname oldolduname statmount listmount",
};

static const char *const refused[] = {
	/* the tree of mounts */
	"mount mount_setattr move_mount open_tree open_tree_attr fsconfig fsmount fsopen fspick "
	"pivot_root umount umount2 swapon swapoff quotactl quotactl_fd fanotify_init fanotify_mark",
	/* files without a path to them (CVE-2014-9357's kind: out of the container by a handle) */
	"open_by_handle_at",
	/* other namespaces */
	"setns unshare sethostname setdomainname",
	/* code and events of the kernel */
	"bpf perf_event_open init_module finit_module delete_module create_module query_module "
	"kexec_load kexec_file_load userfaultfd lookup_dcookie kcmp",
	/* the machine */
	"reboot acct syslog vhangup settimeofday clock_settime clock_settime64 stime iopl ioperm "
	"nfsservctl s390_sthyi",
	/* key rings, which are not the container's own */
	"add_key keyctl request_key",
};
/* clang-format on */

static void add_words(struct oci_strings *ret, const char *const *lines, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		auto_free char *words = xstrdup(lines[i]);
		char *save = NULL;

		for (char *word = strtok_r(words, " ", &save); word;
		     word = strtok_r(NULL, " ", &save))
			strings_add(ret, xstrdup(word));
	}
}

/* A new row at the end of the profile. */
static struct oci_seccomp_syscall *add_row(struct oci_seccomp *profile, const char *action)
{
	struct oci_seccomp_syscall *row;

	profile->syscalls.items =
		list_grow(profile->syscalls.items, profile->syscalls.n, sizeof(*row));
	row = &profile->syscalls.items[profile->syscalls.n++];
	row->action = xstrdup(action);
	return row;
}

/* `name` is allowed where its argument compares so. */
static void allow_if(struct oci_seccomp *profile, const char *name, struct oci_seccomp_arg arg,
		     const char *op)
{
	struct oci_seccomp_syscall *row = add_row(profile, "SCMP_ACT_ALLOW");

	strings_add(&row->names, xstrdup(name));
	arg.op = xstrdup(op);
	row->args.items = list_grow(NULL, 0, sizeof(arg));
	row->args.items[row->args.n++] = arg;
}

/* New namespaces: a new user namespace opens much of the kernel to whoever has none of its
 * privileges.  clone3's flags are in memory, where no filter sees them: it is not known (ENOSYS),
 * and libraries go on with clone. */
#define NEW_NAMESPACES                                                                \
	(CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | \
	 CLONE_NEWUSER | CLONE_NEWUTS)

/* Linux, Linux with addresses of 3 GiB or without randomisation for debuggers, and the question. */
static const uint64_t personalities[] = { 0, 0x8, 0x40000, 0x20000, 0x20008, 0xffffffff };

static void add_conditions(struct oci_seccomp *profile)
{
#ifdef __s390x__
	const uint32_t clone_flags = 1;
#else
	const uint32_t clone_flags = 0;
#endif

	allow_if(profile, "clone",
		 (struct oci_seccomp_arg){ .index = clone_flags, .value = NEW_NAMESPACES },
		 "SCMP_CMP_MASKED_EQ");
	for (size_t i = 0; i < ARRAY_SIZE(personalities); i++)
		allow_if(profile, "personality",
			 (struct oci_seccomp_arg){ .value = personalities[i] }, "SCMP_CMP_EQ");
	/* AF_VSOCK reaches the hypervisor, whatever the network namespace. */
	allow_if(profile, "socket", (struct oci_seccomp_arg){ .value = AF_VSOCK }, "SCMP_CMP_NE");
}

static void add_architectures(struct oci_strings *ret)
{
	/* clang-format off */
	static const char *const names[] = {
#if defined(__x86_64__)
		"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32",
#elif defined(__aarch64__)
		"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM",
#elif defined(__s390x__)
		"SCMP_ARCH_S390X", "SCMP_ARCH_S390",
#endif
		NULL
	};
	/* clang-format on */

	for (size_t i = 0; names[i]; i++)
		strings_add(ret, xstrdup(names[i]));
}

struct oci_seccomp *seccomp_profile_new(void)
{
	struct oci_seccomp *profile = xcalloc(1, sizeof(*profile));
	struct oci_seccomp_syscall *row;

	profile->default_action = xstrdup("SCMP_ACT_ERRNO");
	profile->default_errno_ret = (struct oci_u32){ true, ENOSYS };
	add_architectures(&profile->architectures);
	row = add_row(profile, "SCMP_ACT_ALLOW");
	add_words(&row->names, allowed, ARRAY_SIZE(allowed));
	row = add_row(profile, "SCMP_ACT_ERRNO");
	row->errno_ret = (struct oci_u32){ true, EPERM };
	add_words(&row->names, refused, ARRAY_SIZE(refused));
	add_conditions(profile);
	return profile;
}

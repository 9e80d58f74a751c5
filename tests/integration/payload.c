/* payload.c - the program that the integration tests run in a container: tells what it sees
 *
 * One static file, so that a root file system needs nothing else.  `payload COMMAND ARG...`; the
 * table at the end lists the commands.  What it prints is JSON where a test reads more than a
 * word.  It exits 0 when it could tell, whatever it tells; 125 when it was called wrongly. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define EXIT_MISUSED 125

extern char **environ;

static _Noreturn void misused(const char *what, const char *arg)
{
	fprintf(stderr, "payload: %s '%s'\n", what, arg);
	exit(EXIT_MISUSED);
}

static long number(const char *text)
{
	char *end;
	long value = (long) strtoul(text, &end, 0);

	if (!*text || *end)
		misused("not a number:", text);
	return value;
}

/* JSON: a byte that is not ASCII is written as the code point of its value */

static void print_bytes(const char *text, size_t len)
{
	putchar('"');
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char) text[i];

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void print_string(const char *text)
{
	if (text)
		print_bytes(text, strlen(text));
	else
		printf("null");
}

static void print_strings(const char *name, char **list)
{
	printf("\"%s\": [", name);
	for (size_t i = 0; list[i]; i++) {
		printf("%s", i ? ", " : "");
		print_string(list[i]);
	}
	printf("],\n");
}

/* All that can be read, in a buffer that the next call overwrites; NULL with errno. */
static char *slurp_fd(int fd, size_t *ret_len)
{
	static char buf[1 << 18];
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, buf + len, sizeof(buf) - 1 - len)) > 0)
		len += (size_t) n;
	buf[len] = '\0';
	if (ret_len)
		*ret_len = len;
	return n < 0 && !len ? NULL : buf;
}

static char *slurp(const char *path, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return NULL;
	char *data = slurp_fd(fd, ret_len);
	int saved = errno;

	close(fd);
	errno = saved;
	return data;
}

static const char *link_target(const char *path)
{
	static char buf[4096];
	ssize_t n = readlink(path, buf, sizeof(buf) - 1);

	if (n < 0)
		return NULL;
	buf[n] = '\0';
	return buf;
}

/* report: everything about this process that a test may want, as one object */

static void report_ids(void)
{
	gid_t groups[256];
	int n = getgroups(COUNT(groups), groups);
	mode_t mask = umask(0);

	umask(mask);
	printf("\"pid\": %d, \"ppid\": %d, \"sid\": %d, \"pgid\": %d,\n", getpid(), getppid(),
	       getsid(0), getpgid(0));
	printf("\"uid\": %u, \"euid\": %u, \"gid\": %u, \"egid\": %u,\n", getuid(), geteuid(),
	       getgid(), getegid());
	printf("\"groups\": [");
	for (int i = 0; i < n; i++)
		printf("%s%u", i ? ", " : "", groups[i]);
	printf("],\n\"umask\": %u,\n", mask);
}

static void report_place(void)
{
	struct utsname uts;
	char *cwd = getcwd(NULL, 0);

	uname(&uts);
	printf("\"cwd\": ");
	print_string(cwd);
	printf(",\n\"hostname\": ");
	print_string(uts.nodename);
	printf(",\n\"domainname\": ");
	print_string(uts.domainname);
	printf(",\n");
	free(cwd);
}

static void report_files(void)
{
	static const char *const names[] = { "status",	"mountinfo", "cgroup",	 "oom_score_adj",
					     "uid_map", "gid_map",   "setgroups" };

	printf("\"proc\": {");
	for (size_t i = 0; i < COUNT(names); i++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/self/%s", names[i]);
		printf("%s\"%s\": ", i ? ",\n" : "", names[i]);
		print_string(slurp(path, NULL));
	}
	printf("},\n");
}

static void report_links(const char *name, const char *dir_path)
{
	DIR *dir = opendir(dir_path);
	const char *separator = "";
	struct dirent *entry;

	printf("\"%s\": {", name);
	while (dir && (entry = readdir(dir))) {
		char path[512];

		if (entry->d_name[0] == '.' || atoi(entry->d_name) == dirfd(dir))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir_path, entry->d_name);
		printf("%s\"%s\": ", separator, entry->d_name);
		print_string(link_target(path));
		separator = ", ";
	}
	printf("},\n");
	if (dir)
		closedir(dir);
}

static void report_rlimits(void)
{
	/* clang-format off */
	static const struct {
		const char *name;
		int resource;
	} limits[] = {
		{ "RLIMIT_AS", RLIMIT_AS },
		{ "RLIMIT_CORE", RLIMIT_CORE },
		{ "RLIMIT_CPU", RLIMIT_CPU },
		{ "RLIMIT_DATA", RLIMIT_DATA },
		{ "RLIMIT_FSIZE", RLIMIT_FSIZE },
		{ "RLIMIT_LOCKS", RLIMIT_LOCKS },
		{ "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK },
		{ "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE },
		{ "RLIMIT_NICE", RLIMIT_NICE },
		{ "RLIMIT_NOFILE", RLIMIT_NOFILE },
		{ "RLIMIT_NPROC", RLIMIT_NPROC },
		{ "RLIMIT_RSS", RLIMIT_RSS },
		{ "RLIMIT_RTPRIO", RLIMIT_RTPRIO },
		{ "RLIMIT_RTTIME", RLIMIT_RTTIME },
		{ "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING },
		{ "RLIMIT_STACK", RLIMIT_STACK },
	};
	/* clang-format on */

	printf("\"rlimits\": {");
	for (size_t i = 0; i < COUNT(limits); i++) {
		struct rlimit limit;

		getrlimit(limits[i].resource, &limit);
		printf("%s\"%s\": [%lu, %lu]", i ? ", " : "", limits[i].name, limit.rlim_cur,
		       limit.rlim_max);
	}
	printf("},\n");
}

static void report_terminal(void)
{
	struct winsize size = { 0 };
	struct termios termios = { 0 };
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	bool is_terminal = ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0;

	tcgetattr(STDIN_FILENO, &termios);
	printf("\"terminal\": {\"stdin\": %s, \"rows\": %u, \"columns\": %u, \"controlling\": %s, "
	       "\"onlcr\": %s},\n",
	       is_terminal ? "true" : "false", size.ws_row, size.ws_col,
	       tty >= 0 ? "true" : "false", termios.c_oflag & ONLCR ? "true" : "false");
	if (tty >= 0)
		close(tty);
}

static void report_clock(const char *name, clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	printf("\"%s\": %ld,\n", name, now.tv_sec);
}

static void report_keyring(void)
{
	char name[256];
	long n = syscall(SYS_keyctl, KEYCTL_DESCRIBE, KEY_SPEC_SESSION_KEYRING, name, sizeof(name));

	printf("\"session_keyring\": ");
	print_string(n > 0 ? name : NULL);
	printf(",\n");
}

static int report(int argc, char **argv)
{
	int pdeathsig = 0;

	(void) argc;
	printf("{");
	report_ids();
	report_place();
	printf("\"argv0\": ");
	print_string(program_invocation_name);
	printf(",\n");
	print_strings("args", argv);
	print_strings("env", environ);
	report_files();
	report_links("namespaces", "/proc/self/ns");
	report_links("fds", "/proc/self/fd");
	report_rlimits();
	report_terminal();
	report_clock("boottime", CLOCK_BOOTTIME);
	report_clock("monotonic", CLOCK_MONOTONIC);
	report_keyring();
	prctl(PR_GET_PDEATHSIG, &pdeathsig);
	printf("\"pdeathsig\": %d, \"dumpable\": %d, \"personality\": %d}\n", pdeathsig,
	       prctl(PR_GET_DUMPABLE), personality(0xffffffff));
	return 0;
}

/* probe OP ARG [OP ARG]...: tries each and prints a list of {op, arg, error, data} */

static int probe_read(const char *path)
{
	size_t len = 0;
	char *data = slurp(path, &len);

	if (!data)
		return -1;
	printf("\"data\": ");
	print_bytes(data, len < 4096 ? len : 4096);
	printf(", ");
	return 0;
}

static int probe_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0644);

	return fd < 0 ? -1 : close(fd);
}

/* for writing, without writing */
static int probe_writable(const char *path)
{
	return probe_open(path, O_WRONLY);
}

static int probe_create(const char *path)
{
	return probe_open(path, O_WRONLY | O_CREAT | O_EXCL);
}

/* "PATH=TEXT": writes TEXT into an existing file */
static int probe_write(const char *arg)
{
	const char *text = strchr(arg, '=');

	if (!text)
		misused("not PATH=TEXT:", arg);
	char *path = strndup(arg, (size_t) (text - arg));
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text + 1, strlen(text + 1));
	int saved = errno;

	free(path);
	if (fd >= 0)
		close(fd);
	errno = saved;
	return n < 0 ? -1 : 0;
}

static int probe_mkdir(const char *path)
{
	return mkdir(path, 0755);
}

static int probe_chdir(const char *path)
{
	return chdir(path);
}

static int probe_list(const char *path)
{
	DIR *dir = opendir(path);
	const char *separator = "";
	struct dirent *entry;

	if (!dir)
		return -1;
	printf("\"data\": [");
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		printf("%s", separator);
		print_string(entry->d_name);
		separator = ", ";
	}
	printf("], ");
	closedir(dir);
	return 0;
}

static int probe_stat(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return -1;
	printf("\"data\": {\"mode\": %u, \"uid\": %u, \"gid\": %u, \"rdev\": [%u, %u], \"size\": "
	       "%ld, "
	       "\"target\": ",
	       st.st_mode, st.st_uid, st.st_gid, major(st.st_rdev), minor(st.st_rdev),
	       (long) st.st_size);
	print_string(S_ISLNK(st.st_mode) ? link_target(path) : NULL);
	printf("}, ");
	return 0;
}

/* "PATH:TYPE:MAJOR:MINOR", type c or b: makes the node and opens it; removes it again */
static int probe_device(const char *arg)
{
	char path[256], type;
	unsigned int dev_major, dev_minor;

	if (sscanf(arg, "%255[^:]:%c:%u:%u", path, &type, &dev_major, &dev_minor) != 4)
		misused("not PATH:TYPE:MAJOR:MINOR:", arg);
	if (mknod(path, (type == 'b' ? S_IFBLK : S_IFCHR) | 0600, makedev(dev_major, dev_minor)) < 0)
		return -1;
	int result = probe_open(path, O_RDONLY);
	int saved = errno;

	unlink(path);
	errno = saved;
	return result;
}

/* in a child: what execve(2) says */
static int probe_exec(const char *path)
{
	char *const argv[] = { (char *) path, "exit", "0", NULL };
	pid_t pid = vfork();

	if (pid == 0) {
		execve(path, argv, environ);
		_exit(errno);
	}
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : ECHILD;
	return errno ? -1 : 0;
}

static int probe(int argc, char **argv)
{
	/* clang-format off */
	static const struct {
		const char *op;
		int (*try)(const char *arg);
	} probes[] = {
		{ "read", probe_read },
		{ "writable", probe_writable },
		{ "create", probe_create },
		{ "write", probe_write },
		{ "mkdir", probe_mkdir },
		{ "chdir", probe_chdir },
		{ "list", probe_list },
		{ "stat", probe_stat },
		{ "device", probe_device },
		{ "exec", probe_exec },
	};
	/* clang-format on */

	printf("[");
	for (int i = 1; i + 1 < argc; i += 2) {
		size_t p = 0;

		while (p < COUNT(probes) && strcmp(probes[p].op, argv[i]))
			p++;
		if (p == COUNT(probes))
			misused("no such probe:", argv[i]);
		printf("%s{\"op\": \"%s\", \"arg\": ", i > 1 ? ",\n" : "", argv[i]);
		print_string(argv[i + 1]);
		printf(", ");
		int error = probes[p].try(argv[i + 1]) < 0 ? errno : 0;

		printf("\"error\": ");
		print_string(error ? strerrorname_np(error) : NULL);
		printf("}");
	}
	printf("]\n");
	return 0;
}

/* syscall NAME [ARG]...: makes the call and prints "ok RESULT" or the errno's name.  An argument
 * is a number, or a string after '@'. */
static int make_syscall(int argc, char **argv)
{
	/* clang-format off */
	static const struct {
		const char *name;
		long number;
	} calls[] = {
		{ "dup3", SYS_dup3 },
		{ "future", 1999 }, /* of a kernel to come */
		{ "getcpu", SYS_getcpu },
		{ "getpriority", SYS_getpriority },
		{ "keyctl", SYS_keyctl },
		{ "mkdirat", SYS_mkdirat },
		{ "mount", SYS_mount },
		{ "personality", SYS_personality },
		{ "ptrace", SYS_ptrace },
		{ "setgid", SYS_setgid },
		{ "sethostname", SYS_sethostname },
		{ "setuid", SYS_setuid },
		{ "socket", SYS_socket },
		{ "sysinfo", SYS_sysinfo },
		{ "unshare", SYS_unshare },
	};
	/* clang-format on */
	long args[6] = { 0 };
	size_t i = 0;

	while (i < COUNT(calls) && (argc < 2 || strcmp(calls[i].name, argv[1])))
		i++;
	if (i == COUNT(calls) || argc > 8)
		misused("no such system call:", argc < 2 ? "" : argv[1]);
	for (int a = 2; a < argc; a++)
		args[a - 2] = argv[a][0] == '@' ? (long) (intptr_t) (argv[a] + 1) : number(argv[a]);
	long result =
		syscall(calls[i].number, args[0], args[1], args[2], args[3], args[4], args[5]);

	if (result < 0)
		printf("%s\n", strerrorname_np(errno));
	else
		printf("ok %ld\n", result);
	return 0;
}

/* foreign-syscall: makes getpriority(2) as a program of i386 does, and prints the same */
static int make_foreign_syscall(int argc, char **argv)
{
	long result = -ENOSYS;

	(void) argc;
	(void) argv;
#ifdef __x86_64__
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "0"(96L), "b"((long) PRIO_PROCESS), "c"(0L)
			 : "memory", "r8", "r9", "r10", "r11");
#endif
	if (result < 0)
		printf("%s\n", strerrorname_np((int) -result));
	else
		printf("ok %ld\n", result);
	return 0;
}

/* Small ones */

static int exit_with(int argc, char **argv)
{
	return argc < 2 ? 0 : (int) number(argv[1]);
}

/* signal N: sends it to itself, with its default action */
static int signal_self(int argc, char **argv)
{
	int signal_number = argc < 2 ? SIGTERM : (int) number(argv[1]);

	signal(signal_number, SIG_DFL);
	kill(getpid(), signal_number);
	return 0;
}

/* crash: a fault, which ends even a namespace's init */
static int crash(int argc, char **argv)
{
	(void) argc;
	(void) argv;
	char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return *(volatile char *) page;
}

/* sleep: does nothing, for ever, with default actions for signals */
static int sleep_forever(int argc, char **argv)
{
	(void) argc;
	(void) argv;
	puts("ready");
	fflush(stdout);
	while (pause())
		continue;
	return 0;
}

static void *live_on(void *arg)
{
	puts("ready");
	fflush(stdout);
	while (pause())
		continue;
	return arg;
}

/* leave: the first thread ends, another goes on for ever */
static int leave(int argc, char **argv)
{
	pthread_t thread;

	(void) argc;
	(void) argv;
	if (pthread_create(&thread, NULL, live_on, NULL) != 0)
		return 1;
	pthread_exit(NULL);
}

static void print_signal(int signal_number)
{
	struct winsize size;

	if (signal_number == SIGWINCH && ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
		printf("winch %u %u\n", size.ws_row, size.ws_col);
	else
		printf("signal %d\n", signal_number);
	fflush(stdout);
}

/* wait [STATUS]: prints "ready", then each signal as it comes; SIGTERM ends it with STATUS */
static int wait_signals(int argc, char **argv)
{
	sigset_t all;
	int signal_number;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	puts("ready");
	fflush(stdout);
	while (sigwait(&all, &signal_number) == 0) {
		print_signal(signal_number);
		if (signal_number == SIGTERM)
			break;
	}
	return argc < 2 ? 0 : (int) number(argv[1]);
}

static volatile sig_atomic_t is_asked_to_end;

static void ask_to_end(int signal_number)
{
	(void) signal_number;
	is_asked_to_end = 1;
}

/* count FILE [STATUS [lock]]: writes a number that grows into FILE, which it has locked, again and
 * again; SIGTERM ends it with STATUS.  It prints nothing. */
static int count(int argc, char **argv)
{
	struct timespec pause = { .tv_nsec = 2 * 1000 * 1000 };
	int fd = argc < 2 ? -1 : open(argv[1], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		misused("cannot open", argc < 2 ? "" : argv[1]);
	if (argc > 3 && flock(fd, LOCK_EX | LOCK_NB) < 0)
		return 1;
	signal(SIGTERM, ask_to_end);
	for (unsigned long n = 1; !is_asked_to_end; n++) {
		char text[32];
		int len = snprintf(text, sizeof(text), "%010lu\n", n);

		if (pwrite(fd, text, (size_t) len, 0) != len)
			return 1;
		nanosleep(&pause, NULL);
	}
	return argc < 3 ? 0 : (int) number(argv[2]);
}

/* spawn N: N children, each in a session of its own, then all sleep */
static int spawn(int argc, char **argv)
{
	for (long n = argc < 2 ? 1 : number(argv[1]); n > 0; n--)
		if (fork() == 0) {
			setsid();
			while (pause())
				continue;
		}
	return sleep_forever(0, NULL);
}

static void eat(long mebibytes)
{
	size_t size = (size_t) mebibytes << 20;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (size_t i = 0; memory != MAP_FAILED && i < size; i += 4096)
		*(volatile char *) (memory + i) = 1;
}

static double seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

/* burn SECONDS: computes for so long, and prints the processor time that it got */
static int burn(int argc, char **argv)
{
	double end = seconds(CLOCK_MONOTONIC) + (double) (argc < 2 ? 1 : number(argv[1]));

	while (seconds(CLOCK_MONOTONIC) < end)
		continue;
	printf("%f\n", seconds(CLOCK_PROCESS_CPUTIME_ID));
	return 0;
}

/* forks N: up to N children that wait; prints how many there could be and what kept it from more */
static int forks(int argc, char **argv)
{
	long wanted = argc < 2 ? 1 : number(argv[1]), n = 0;
	pid_t pid = 1;

	while (n < wanted && (pid = fork()) > 0)
		n++;
	if (pid == 0)
		while (pause())
			continue;
	printf("%ld %s\n", n, pid < 0 ? strerrorname_np(errno) : "ok");
	return 0;
}

static int use_device(int argc, char **argv, int flag,
		      ssize_t (*use)(int fd, void *buf, size_t size))
{
	static char buf[65536] __attribute__((aligned(4096)));
	int fd = argc < 3 ? -1 : open(argv[1], flag | O_DIRECT | O_CLOEXEC);
	double start = seconds(CLOCK_MONOTONIC);

	if (fd < 0)
		misused("cannot open", argc < 2 ? "" : argv[1]);
	for (long left = number(argv[2]) * 1024; left > 0; left -= (long) sizeof(buf))
		if (use(fd, buf, sizeof(buf)) != (ssize_t) sizeof(buf))
			misused("cannot read or write", argv[1]);
	printf("%f\n", seconds(CLOCK_MONOTONIC) - start);
	return 0;
}

/* read-device PATH KIB: reads so much, past the page cache, and prints the seconds that it took */
static int read_device(int argc, char **argv)
{
	return use_device(argc, argv, O_RDONLY, read);
}

static ssize_t write_zeros(int fd, void *buf, size_t size)
{
	return write(fd, buf, size);
}

/* write-device PATH KIB: writes zeros in the same way */
static int write_device(int argc, char **argv)
{
	return use_device(argc, argv, O_WRONLY, write_zeros);
}

/* huge MIB [stay]: maps so much in pages of 2 MiB; prints "ok" or the errno's name */
static int map_huge(int argc, char **argv)
{
	size_t size = (size_t) (argc < 2 ? 2 : number(argv[1])) << 20;
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	puts(memory == MAP_FAILED ? strerrorname_np(errno) : "ok");
	return argc == 3 ? sleep_forever(0, NULL) : 0;
}

/* eat MIB: takes so much memory, and says "eaten" if it may live on */
static int eat_itself(int argc, char **argv)
{
	eat(argc < 2 ? 1 : number(argv[1]));
	puts("eaten");
	return 0;
}

/* eat-in-children N MIB: waits for SIGUSR1, then lets N children after one another take so much
 * memory, prints how each ended, and sleeps */
static int eat_in_children(int argc, char **argv)
{
	sigset_t usr1;
	int signal_number, status;

	if (argc != 3)
		misused("not N MIB", "");
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	puts("ready");
	fflush(stdout);
	sigwait(&usr1, &signal_number);
	for (long n = number(argv[1]); n > 0; n--) {
		pid_t pid = fork();

		if (pid == 0) {
			eat(number(argv[2]));
			_exit(0);
		}
		if (pid < 0 || waitpid(pid, &status, 0) < 0)
			return 1;
		printf("signal %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
		fflush(stdout);
	}
	while (pause())
		continue;
	return 0;
}

/* devices PATH:TYPE:MAJOR:MINOR [NANOSECONDS]: makes and opens it again and again, with so much time
 * between (1 ms), and prints each new answer */
static int devices(int argc, char **argv)
{
	struct timespec pause = { .tv_nsec = argc > 2 ? number(argv[2]) : 1000 * 1000 };
	int last = -1;

	puts("ready");
	while (argc > 1) {
		int error = probe_device(argv[1]) < 0 ? errno : 0;

		if (error != last)
			puts(error ? strerrorname_np(error) : "ok");
		fflush(stdout);
		last = error;
		if (pause.tv_nsec)
			nanosleep(&pause, NULL);
	}
	misused("no device", "");
}

/* echo: copies its standard input to its standard output */
static int echo(int argc, char **argv)
{
	char buf[4096];
	ssize_t n;

	(void) argc;
	(void) argv;
	while ((n = read(STDIN_FILENO, buf, sizeof(buf))) > 0)
		if (write(STDOUT_FILENO, buf, (size_t) n) != n)
			return 1;
	return 0;
}

/* serve PORT: answers what one client sends with the same, and prints "closed" when it has gone */
static int serve_tcp(int argc, char **argv)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t) (argc < 2 ? 0 : number(argv[1]))),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	int sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), client, yes = 1;
	char buf[4096];
	ssize_t n;

	setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(sock, (struct sockaddr *) &address, sizeof(address)) < 0 || listen(sock, 1) < 0)
		misused("cannot listen at", argc < 2 ? "" : argv[1]);
	client = accept(sock, NULL, NULL);
	close(sock);
	while ((n = read(client, buf, sizeof(buf))) > 0)
		if (write(client, buf, (size_t) n) != n)
			break;
	puts("closed");
	return 0;
}

/* datagrams PATH: sends a number that grows to the socket PATH, again and again */
static int send_datagrams(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", argc < 2 ? "" : argv[1]);
	if (connect(sock, (struct sockaddr *) &address, sizeof(address)) < 0)
		misused("cannot connect to", address.sun_path);
	for (unsigned long n = 1;; n++) {
		char text[32];
		int len = snprintf(text, sizeof(text), "%lu", n);

		send(sock, text, (size_t) len, MSG_NOSIGNAL | MSG_DONTWAIT);
		nanosleep(&pause, NULL);
	}
}

/* notify MESSAGE...: sends each to $NOTIFY_SOCKET */
static int notify(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (!path)
		misused("no", "NOTIFY_SOCKET");
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	for (int i = 0; i < argc; i++)
		if (sendto(sock, argv[i], strlen(argv[i]), 0, (struct sockaddr *) &address,
			   sizeof(address)) < 0)
			misused("cannot send to", path);
	return 0;
}

/* save PATH: its standard input and its environment, as a hook gets them, appended to PATH as one
 * line of JSON */
static int save(int argc, char **argv)
{
	size_t len = 0;
	char *input = slurp_fd(STDIN_FILENO, &len);

	if (argc < 2 || !freopen(argv[1], "a", stdout))
		misused("cannot append to", argc < 2 ? "" : argv[1]);
	printf("{");
	print_strings("args", argv);
	print_strings("env", environ);
	printf("\"input\": ");
	print_bytes(input ? input : "", len);
	printf("}\n");
	return fflush(stdout) == 0 ? 0 : 1;
}

/* save-link LINK PATH: writes where LINK leads into PATH */
static int save_link(int argc, char **argv)
{
	const char *target = argc == 3 ? link_target(argv[1]) : NULL;

	if (!target || !freopen(argv[2], "w", stdout))
		misused("cannot save", argc == 3 ? argv[2] : "");
	printf("%s", target);
	return fflush(stdout) == 0 ? 0 : 1;
}

/* usage PATH COMMAND ARG...: runs the command, ends as it does, and writes into PATH what its process and the
 * children that it waited for have taken, as JSON.  On the host, in the place of the tests' own process: the
 * peak resident set that a child starts with is its maker's. */
static int usage(int argc, char **argv)
{
	struct rusage usage;
	int status;
	pid_t pid;

	if (argc < 3)
		misused("what is the command?", argv[0]);
	pid = vfork();
	if (pid == 0) {
		execv(argv[2], argv + 2);
		_exit(EXIT_MISUSED);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) < 0 || !freopen(argv[1], "w", stdout))
		misused("cannot tell the usage of", argv[2]);
	printf("{\"kib\": %ld, \"faults\": %ld}\n", usage.ru_maxrss, usage.ru_minflt);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	/* clang-format off */
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} commands[] = {
		{ "burn", burn },
		{ "count", count },
		{ "crash", crash },
		{ "datagrams", send_datagrams },
		{ "devices", devices },
		{ "eat", eat_itself },
		{ "eat-in-children", eat_in_children },
		{ "echo", echo },
		{ "exit", exit_with },
		{ "leave", leave },
		{ "notify", notify },
		{ "foreign-syscall", make_foreign_syscall },
		{ "forks", forks },
		{ "huge", map_huge },
		{ "probe", probe },
		{ "read-device", read_device },
		{ "report", report },
		{ "save", save },
		{ "save-link", save_link },
		{ "serve", serve_tcp },
		{ "signal", signal_self },
		{ "sleep", sleep_forever },
		{ "spawn", spawn },
		{ "syscall", make_syscall },
		{ "usage", usage },
		{ "wait", wait_signals },
		{ "write-device", write_device },
	};
	/* clang-format on */

	if (argc < 2)
		return 0;
	for (size_t i = 0; i < COUNT(commands); i++)
		if (strcmp(commands[i].name, argv[1]) == 0)
			return commands[i].run(argc - 1, argv + 1);
	misused("no such command:", argv[1]);
}

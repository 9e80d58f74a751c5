/* net_device.c - see net_device.h */
#include "linux/net_device.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "libocispec/path.h"
#include "linux/net_address.h"
#include "linux/rtnetlink.h"

#define NUMBERS_MAX 4096 /* that are tried for "%d" */

/* One side of a move. */
struct side {
	int sock;  /* rtnetlink, in the namespace */
	int ns_fd; /* the namespace */
};

/* A device on its way. */
struct device {
	const char *name; /* on the host */
	char new_name[IFNAMSIZ];
	int index;
	unsigned int flags; /* IFF_* that it had */
	struct net_addresses addresses;
	bool has_moved;
};

/* As the parser writes it: a name may have a dot, "eth0.100". */
static void path_of(const char *name, const char *member, char ret[128])
{
	snprintf(ret, 128,
		 oci_path_is_identifier(name) ? "linux.netDevices.%.32s%s"
					      : "linux.netDevices[\"%.32s\"]%s",
		 name, member);
}

static const char *new_name_of(const struct oci_net_device *device, const char *name)
{
	return device->name && *device->name ? device->name : name;
}

/* The kernel's rules, and one "%d" where it may be. */
static bool is_name(const char *name, bool may_count)
{
	const char *percent = strchr(name, '%');
	size_t len = strlen(name);

	if (len == 0 || len >= IFNAMSIZ || str_equal(name, ".") || str_equal(name, ".."))
		return false;
	if (name[strcspn(name, "/: \t\n\v\f\r")])
		return false;
	return !percent || (may_count && percent[1] == 'd' && !strchr(percent + 1, '%'));
}

static int check_one(const struct oci_net_device *devices, char *const *names, size_t i,
		     struct error *err)
{
	const char *new_name = new_name_of(&devices[i], names[i]);
	char at[128];

	path_of(names[i], "", at);
	if (!is_name(names[i], false))
		return fail_at(err, EINVAL, at, "'%.40s' is no name of a network device", names[i]);
	path_of(names[i], ".name", at);
	if (!is_name(new_name, true))
		return fail_at(err, EINVAL, at, "'%.40s' is no name of a network device", new_name);
	for (size_t j = 0; j < i; j++)
		if (!strchr(new_name, '%') &&
		    str_equal(new_name, new_name_of(&devices[j], names[j])))
			return fail_at(err, EINVAL, at, "'%s' is the name of '%s' already",
				       new_name, names[j]);
	return 0;
}

int net_devices_check(const struct oci_net_device *devices, char *const *names, size_t n,
		      bool has_network_ns, struct error *err)
{
	if (n && !has_network_ns)
		return fail_at(err, EINVAL, "linux.netDevices",
			       "there is no network namespace in linux.namespaces");
	for (size_t i = 0; i < n; i++)
		if (check_one(devices, names, i, err) < 0)
			return -err->code;
	return 0;
}

static int read_link(const struct nlmsghdr *answer, void *data)
{
	const struct ifinfomsg *head = NLMSG_DATA(answer);
	struct device *device = data;

	if (answer->nlmsg_type != RTM_NEWLINK || answer->nlmsg_len < NLMSG_LENGTH(sizeof(*head)))
		return 0;
	device->index = head->ifi_index;
	device->flags = head->ifi_flags;
	return 0;
}

/* Finds a device by its name; -ENODEV when there is none. */
static int look_up(int sock, const char *name, struct device *ret)
{
	const struct ifinfomsg head = { .ifi_family = AF_UNSPEC };
	struct rtnetlink_message message;

	rtnetlink_begin(&message, RTM_GETLINK, &head, sizeof(head));
	rtnetlink_add(&message, IFLA_IFNAME, name, strlen(name) + 1);
	return rtnetlink_ask(sock, &message, 0, read_link, ret);
}

static bool is_taken(int sock, const char *name, const struct device *devices, size_t n)
{
	struct device ignored;

	for (size_t i = 0; i < n; i++)
		if (str_equal(devices[i].new_name, name))
			return true;
	return look_up(sock, name, &ignored) != -ENODEV;
}

/* The name in the container, of which no device there and none of the n before has the same. */
static int choose_name(int sock, const char *wanted, struct device *devices, size_t n,
		       struct error *err)
{
	char *name = devices[n].new_name;
	const char *percent = strchr(wanted, '%');

	snprintf(name, IFNAMSIZ, "%s", wanted);
	if (!percent)
		return is_taken(sock, name, devices, n)
			       ? fail(err, EEXIST, "the container has a device '%s' already", name)
			       : 0;
	for (int i = 0; i < NUMBERS_MAX; i++) {
		int len = snprintf(name, IFNAMSIZ, "%.*s%d%s", (int) (percent - wanted), wanted, i,
				   percent + 2);

		if (len >= IFNAMSIZ)
			break;
		if (!is_taken(sock, name, devices, n))
			return 0;
	}
	return fail(err, EEXIST, "the container has no name of the kind '%s' left", wanted);
}

/* What went wrong, in the kernel's own words where it has some. */
static int fail_order(struct error *err, int r, const char *what, const char *name,
		      const char *words)
{
	return *words ? fail(err, -r, "%s '%s': %s (%s)", what, name, strerror(-r), words)
		      : fail(err, -r, "%s '%s': %s", what, name, strerror(-r));
}

static int change_link(int sock, int index, const struct ifinfomsg *change, const char *name,
		       int ns_fd, char words[RTNETLINK_WORDS])
{
	struct ifinfomsg head = *change;
	struct rtnetlink_message message;

	head.ifi_index = index;
	rtnetlink_begin(&message, RTM_NEWLINK, &head, sizeof(head));
	if (ns_fd >= 0) {
		rtnetlink_add(&message, IFLA_NET_NS_FD, &ns_fd, sizeof(ns_fd));
		rtnetlink_add(&message, IFLA_IFNAME, name, strlen(name) + 1);
	}
	return rtnetlink_order(sock, &message, words);
}

/* From one side to the other, where it has the name `name` and what it had before; is_up: whether
 * it is set up then. */
static int move(struct device *device, const struct side *from, const struct side *to,
		const char *name, bool is_up, struct error *err)
{
	const struct ifinfomsg nothing = { .ifi_family = AF_UNSPEC };
	const struct ifinfomsg up = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	char words[RTNETLINK_WORDS];
	struct device there = { 0 };
	int r;

	r = change_link(from->sock, device->index, &nothing, name, to->ns_fd, words);
	if (r < 0)
		return fail_order(err, r, "move the device to the name", name, words);
	device->has_moved = !device->has_moved;
	r = look_up(to->sock, name, &there);
	if (r < 0)
		return fail(err, -r, "find the moved device '%s': %s", name, strerror(-r));
	device->index = there.index;
	r = net_addresses_write(to->sock, there.index, &device->addresses, words);
	if (r < 0)
		return fail_order(err, r, "restore the addresses of", name, words);
	r = is_up ? change_link(to->sock, there.index, &up, NULL, -1, words) : 0;
	return r < 0 ? fail_order(err, r, "set up the device", name, words) : 0;
}

/* The error in *err is that of the configured name. */
static int fail_name(struct error *err, const char *at)
{
	const struct error name = *err;

	return fail_at(err, name.code, at, "%s", name.text);
}

/* Everything is looked at before anything is moved. */
static int prepare(struct device *devices, size_t n, const struct oci_net_device *config,
		   const struct side *host, const struct side *container, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		struct device *device = &devices[i];
		char at[128];
		int r = look_up(host->sock, device->name, device);

		path_of(device->name, "", at);
		if (r == 0)
			r = net_addresses_read(host->sock, device->index, &device->addresses);
		if (r < 0)
			return fail_at(err, -r, at, "find the device '%s': %s", device->name,
				       strerror(-r));
		if (choose_name(container->sock, new_name_of(&config[i], device->name), devices, i,
				err) < 0)
			return fail_name(err, at);
	}
	return 0;
}

static void bring_back(struct device *devices, size_t n, const struct side *host,
		       const struct side *container)
{
	for (size_t i = 0; i < n; i++) {
		struct device *device = &devices[i];
		struct error err;

		if (device->has_moved &&
		    move(device, container, host, device->name, device->flags & IFF_UP, &err) < 0)
			log_warning("bring '%s' back to the host: %s", device->name, err.text);
	}
}

static int move_all(struct device *devices, size_t n, const struct side *host,
		    const struct side *container, struct error *err)
{
	char at[128];

	for (size_t i = 0; i < n; i++)
		if (move(&devices[i], host, container, devices[i].new_name, true, err) < 0) {
			bring_back(devices, n, host, container);
			path_of(devices[i].name, "", at);
			fail_in(err, "%s", at);
			return fail_place(err, "%s", at);
		}
	return 0;
}

static int open_sides(pid_t pid, struct side *host, struct side *container, struct error *err)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	host->ns_fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	container->ns_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (host->ns_fd < 0 || container->ns_fd < 0)
		return fail_errno(err, "open the network namespaces");
	host->sock = rtnetlink_open();
	container->sock = host->sock < 0 ? host->sock : rtnetlink_open_in(container->ns_fd);
	if (container->sock < 0)
		return fail(err, -container->sock, "ask for the container's network devices: %s",
			    strerror(-container->sock));
	return 0;
}

static void close_side(struct side *side)
{
	cleanup_fd(&side->sock);
	cleanup_fd(&side->ns_fd);
}

int net_devices_move(pid_t pid, const struct oci_net_device *devices, char *const *names, size_t n,
		     struct error *err)
{
	struct side host = { -1, -1 }, container = { -1, -1 };
	auto_free struct device *moving = xcalloc(n, sizeof(*moving));
	int r = open_sides(pid, &host, &container, err);

	for (size_t i = 0; i < n; i++)
		moving[i].name = names[i];
	if (r == 0)
		r = prepare(moving, n, devices, &host, &container, err);
	if (r == 0)
		r = move_all(moving, n, &host, &container, err);
	for (size_t i = 0; i < n; i++)
		free(moving[i].addresses.items);
	close_side(&host);
	close_side(&container);
	return r;
}

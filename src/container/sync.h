/* sync.h - what init and the host say to each other while a container is made
 *
 * One SOCK_SEQPACKET pair, one message a packet.  Init asks, the host serves and answers; only the
 * network comes unasked, as the first message of all.  A message that is out of order, or comes
 * twice, is an error (host.c holds the table).
 *
 *	init (exec's process)               host (create, run; exec)
 *	 |<------ SYNC_NETWORK + namespace --|                            a new network namespace, beside all else
 *	 |-- SYNC_PLACE -------------------->|  a scope around init        the systemd manager
 *	 |<-------------------- SYNC_GO -----|
 *	 |-- SYNC_MAP_IDS ------------------>|  uid_map and gid_map       a new user namespace
 *	 |<-------------------- SYNC_GO -----|
 *	 |-- SYNC_TIME_OFFSETS ------------->|  timens_offsets            timeOffsets
 *	 |<-------------------- SYNC_GO -----|
 *	 |-- SYNC_FORKED (pid) ------------->|  init is now this process  a second fork
 *	 |-- SYNC_ENTER -------------------->|  init is in its cgroup,    little memory (late_place.h)
 *	 |<-------------------- SYNC_GO -----|                            with a cgroup namespace, or hooks
 *	 |-- SYNC_LEAVE -------------------->|  and in the host's again   behind that namespace
 *	 |<-------------------- SYNC_GO -----|
 *	 |-- SYNC_NET_DEVICES -------------->|  moves them               netDevices
 *	 |<-------------------- SYNC_GO -----|
 *	 |-- SYNC_MAP_MOUNT (N) + mount ---->|  maps its ids              each idmapped mounts[N]
 *	 |<-------------------- SYNC_GO -----|
 *	 |-- SYNC_CONSOLE + pty master ----->|  keeps or sends it on      process.terminal
 *	 |<-------------------- SYNC_GO -----|
 *	 |-- SYNC_HOOKS -------------------->|  prestart, createRuntime   hooks, createContainer's too: what is
 *	 |<-------------------- SYNC_GO -----|                            done beside init is done
 *	 |-- SYNC_LISTENER + descriptor ---->|  sends it on               SCMP_ACT_NOTIFY
 *	 |<-------------------- SYNC_GO -----|                            (or behind SYNC_START)
 *	 |-- SYNC_READY (+ stat) ----------->|  the container is created; with little memory init enters its cgroup
 *	 |<-------------------- SYNC_GO -----|  (create) init goes to the socket below
 *	 |<-------------------- SYNC_START --|  (run)
 *	 |   end of file                     |  (run) the program was executed; where init starts by itself,
 *	 |                                   |  that comes instead of SYNC_READY (self_start.h)
 *
 * After create the host has gone: init waits at the socket "start" in the state directory for
 *
 *	init                                exec, for a user who may not look into init
 *	 |<------- SYNC_NAMESPACE (flag) ----|
 *	 |-- SYNC_NAMESPACE + descriptor --->|  joins it
 *
 *	init                                start
 *	 |<-------------------- SYNC_START --|
 *	 |-- SYNC_LISTENER + descriptor ---->|  sends it on               SCMP_ACT_NOTIFY
 *	 |<-------------------- SYNC_GO -----|
 *	 |   end of file                     |  the program was executed
 *
 * Other commands speak in the same way with a child of theirs:
 *
 *	the child, in the container         mounts add, mounts remove (live_mounts.h)
 *	 |-- SYNC_MAP_MOUNT (N) + mount ---->|  maps its ids              each idmapped row N of the file
 *	 |<-------------------- SYNC_GO -----|
 *	 |-- SYNC_READY -------------------->|  all is mounted, or removed
 *
 *	the child, which becomes criu       checkpoint, restore (criu.h)
 *	 |<-------------------- SYNC_GO -----|
 *	 |   end of file                     |  criu was executed
 *
 * Whoever is on the left may say SYNC_ERROR, with a struct error, at any time: that ends the conversation. */
#ifndef CONTAINER_SYNC_H
#define CONTAINER_SYNC_H

#include "base/error.h"

enum sync_message {
	SYNC_ERROR,
	SYNC_NETWORK,
	SYNC_PLACE,
	SYNC_MAP_IDS,
	SYNC_TIME_OFFSETS,
	SYNC_FORKED,
	SYNC_ENTER,
	SYNC_LEAVE,
	SYNC_NET_DEVICES,
	SYNC_MAP_MOUNT,
	SYNC_HOOKS,
	SYNC_CONSOLE,
	SYNC_LISTENER,
	SYNC_READY,
	SYNC_GO,
	SYNC_START,
	SYNC_NAMESPACE,
	SYNC_MESSAGES /* how many there are */
};

/* For how long the host goes without a word of init, beyond what hooks may take inside. */
#define SYNC_CREATE_LIMIT_SECONDS 600 /* file systems of a network; much to copy up */
#define SYNC_EXEC_LIMIT_SECONDS 60

/* The message's name in errors: "SYNC_READY" is "ready". */
const char *sync_name(enum sync_message message);

/* Says message, with value (0: none) and fd (-1: none; it stays the caller's). */
int sync_say(int sock, enum sync_message message, int value, int fd, struct error *err);

/* The same by a system call alone, beside a process that may run in our memory.  Returns 0 or -errno. */
int sync_say_beside(int sock, enum sync_message message, int value, int fd);

/* Sends *failure to the peer; nobody can be told when that fails. */
void sync_say_error(int sock, const struct error *failure);

struct sync_packet {
	enum sync_message message;
	int value; /* SYNC_FORKED: the pid; SYNC_MAP_MOUNT: N; SYNC_NAMESPACE: CLONE_NEW*;
		    * SYNC_NETWORK: 0 with the namespace, else an errno;
		    * SYNC_GO to SYNC_MAP_IDS: setgroups is allowed */
	int fd;	   /* -1: none; the caller's to close */
};

/* From now on sync_hear() over this end of a socket waits at most so many seconds; 0: for ever. */
int sync_limit(int sock, unsigned int seconds, struct error *err);

/* Waits for a message.  1: *ret holds it; 0: end of file; negative: *err is what the peer said
 * with SYNC_ERROR, or why nothing could be read (-ETIME: nothing came within sync_limit()). */
int sync_hear(int sock, struct sync_packet *ret, struct error *err);

/* Waits for exactly this message; anything else, the end of file too, is an error.  Returns the
 * message's value, which is not negative. */
int sync_expect(int sock, enum sync_message message, struct error *err);

/* The same for one that may come with a descriptor: *ret_fd, the caller's to close; -1: none came. */
int sync_expect_fd(int sock, enum sync_message message, int *ret_fd, struct error *err);

#endif

// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the programs in the kernel tell, byte for byte: the records of the ring, the rows of the iterator, and
// what both sides share in memory. The kernel's side reads this file as C23, ours as C++23. Fields have fixed
// widths and leave no holes. Numbers are in host order, addresses in network order. Every text comes from
// other processes: it may hold any byte.

#include <linux/types.h>

#ifdef __cplusplus
namespace portwatch::sensor::bpf::abi {
#endif

enum RecordKind : __u32 {
  kRecordProcess = 1,        ///< ProcessRecord: before the first record that names this image of a process
  kRecordListen = 2,         ///< SocketRecord: a TCP listening period began, for certain
  kRecordListenRefused = 3,  ///< SocketRecord: listen(2) failed after it had been tried
  kRecordListenEnd = 4,      ///< EndRecord: a TCP listening period ended
  kRecordBind = 5,           ///< SocketRecord: a UDP socket was bound
  kRecordRelease = 6,        ///< EndRecord: a UDP socket that was bound is gone
  kRecordBindRefused = 7,    ///< RefusalRecord: bind(2) failed
  kRecordExec = 8,           ///< ExecRecord: a holder runs another program now
  kRecordFork = 9,           ///< ForkRecord: a holder made a child, which may have its sockets
  kRecordExit = 10,          ///< ExitRecord: a holder ended
};

/// One image of a process: exec(2) keeps pid and start, and raises exec_id.
struct ProcessRef {
  __u64 start_ns;  ///< CLOCK_BOOTTIME
  __u64 exec_id;   ///< self_exec_id: a child begins with that of its parent, so compare it beside pid and
                   ///< start only
  __s32 pid;       ///< of the initial pid namespace; 0: nobody (the kernel itself)
  __u32 uid;       ///< effective, at the time of the record
};

struct RecordHeader {
  __u32 kind;                 ///< RecordKind
  __u32 size;                 ///< of the whole record
  __u64 time_ns;              ///< CLOCK_BOOTTIME
  struct ProcessRef process;  ///< who did it
};

enum SocketFlags : __u32 {
  kSocketV6Only = 1U << 0,
  kSocketReusePort = 1U << 1,
  kSocketPortNamed = 1U << 2,    ///< the program named the port: it was not 0 in bind(2)
  kSocketIntentKnown = 1U << 3,  ///< else kSocketPortNamed says nothing
  kSocketMptcp = 1U << 4,
  kSocketListening = 1U << 5,  ///< of a row: TCP in the state LISTEN
  kSocketConnected = 1U << 6,  ///< of a row, or at an end: it has a peer
};

struct SocketFacts {
  __u64 cookie;      ///< of MPTCP: that of its first subflow
  __u64 inode;       ///< of its file; 0: it has none
  __u32 netns;       ///< inode of the socket's network namespace
  __u32 uid;         ///< who made the socket
  __u32 device;      ///< index of the interface that it is bound to, in its namespace; 0: none
  __u32 flags;       ///< SocketFlags
  __u8 address[16];  ///< IPv4: the first four octets
  __u16 port;
  __u8 family;    ///< 4 or 6
  __u8 protocol;  ///< IPPROTO_TCP or IPPROTO_UDP
  __u32 backlog;  ///< TCP
};

struct SocketRecord {
  struct RecordHeader header;
  struct SocketFacts socket;
};

enum EndFlags : __u32 {
  kEndExiting = 1U << 0,    ///< whoever closed it is ending: `status` says how
  kEndConnected = 1U << 1,  ///< UDP: it had a peer
  kEndByKernel = 1U << 2,   ///< a thread of the kernel let go of it, for somebody who is not known any more
};

struct EndRecord {
  struct RecordHeader header;
  __u64 cookie;
  __u64 inode;
  __u32 netns;
  __s32 status;  ///< as of wait(2); only with kEndExiting
  __u32 flags;   ///< EndFlags
  __u16 port;    ///< of UDP; 0: not known any more
  __u8 family;   ///< 4 or 6
  __u8 protocol;
};

enum RefusalFlags : __u32 {
  /// The port is one of the privileged ones, and the process had no CAP_NET_BIND_SERVICE: EACCES, else
  /// unknown.
  kRefusalPrivileged = 1U << 0,
};

/// What a program asks for in bind(2). One that stays where it is was refused.
struct Wish {
  struct ProcessRef process;
  __u64 coarse_ns;            ///< CLOCK_MONOTONIC_COARSE: of the clock tick before
  struct SocketFacts socket;  ///< address and port: as wished
  __u32 flags;                ///< RefusalFlags
  __u32 reserved;
};

enum RefusalSign : __u32 {
  kSignNextBind = 1,   ///< the same socket was bound again
  kSignRelease = 2,    ///< the socket went, never bound
  kSignDisplaced = 3,  ///< it stayed long, and its place was needed
};

/// Wishes have fixed places, by the cookie of their socket: so nothing is searched for when all goes well.
/// Whoever reads or writes one for good has exchanged the cookie with kWishUnfinished before.
struct WishSlot {
  __u64 cookie;  ///< 0: free
  struct Wish wish;
  __u64 reserved[3];
};

constexpr __u32 kWishSlots = 512;
/// The cookie of no socket.
constexpr __u64 kWishUnfinished = ~0ULL;

struct RefusalRecord {
  struct RecordHeader header;  ///< process of the wish, and the end of the clock tick in which it was, or
                               ///< when it was noticed, if that is earlier
  struct SocketFacts socket;   ///< address and port: as wished
  __u64 noticed_ns;
  __u32 flags;  ///< RefusalFlags
  __u32 sign;   ///< RefusalSign
};

constexpr __u32 kNameSize = 16;
constexpr __u32 kAncestors = 4;
constexpr __u32 kExecutableSize = 768;
constexpr __u32 kDirectorySize = 768;
constexpr __u32 kCgroupSize = 768;
constexpr __u32 kArgumentsSize = 1024;

struct AncestorFacts {
  __u64 start_ns;
  __s32 pid;
  __u32 reserved;
  char name[kNameSize];
};

enum ProcessFlags : __u32 {
  kProcessExecutableKnown = 1U << 0,      ///< else a kernel thread, or it was ending
  kProcessExecutableTruncated = 1U << 1,  ///< the beginning of the path is missing
  kProcessExecutableUnlinked = 1U << 2,
  kProcessExecutableNameless = 1U << 3,  ///< it never had a path: the name is its label (memfd)
  kProcessDirectoryKnown = 1U << 4,
  kProcessDirectoryTruncated = 1U << 5,
  kProcessDirectoryUnlinked = 1U << 6,
  kProcessArgumentsKnown = 1U << 7,
  kProcessArgumentsTruncated = 1U << 8,
  kProcessCgroupKnown = 1U << 9,  ///< in the hierarchy of version 2
  kProcessCgroupTruncated = 1U << 10,
  kProcessLoginKnown = 1U << 11,
  kProcessAncestorsTruncated = 1U << 12,
  kProcessKernelThread = 1U << 13,
};

/// Paths are lists of names, the last one of the path first, each with NUL behind it: "nginx\0sbin\0usr\0".
struct ProcessRecord {
  struct RecordHeader header;
  __u64 cgroup_id;
  __u64 executable_inode;
  __u32 executable_device;  ///< as the kernel counts: major << 20 | minor
  __u32 flags;              ///< ProcessFlags
  __u32 login_uid;
  __u32 audit_session;
  __s32 session;        ///< pid of the session's leader
  __s32 inner_pid;      ///< in its own pid namespace
  __u32 pid_namespace;  ///< inode
  __u32 net_namespace;  ///< inode; of the process, which need not be that of its sockets
  __u16 executable_size;
  __u16 directory_size;
  __u16 cgroup_size;
  __u16 arguments_size;
  __u32 ancestor_count;
  __u32 reserved;
  char name[kNameSize];
  char terminal[kNameSize];  ///< "pts3"; empty: none
  struct AncestorFacts ancestors[kAncestors];
  char executable[kExecutableSize];
  char directory[kDirectorySize];
  char cgroup[kCgroupSize];
  char arguments[kArgumentsSize];  ///< each with NUL behind it
};

enum ExecFlags : __u32 {
  kExecHolds = 1U << 0,  ///< it may still have a socket with a port; else it is no holder any more
};

struct ExecRecord {
  struct RecordHeader header;  ///< process: the new image
  __u64 old_exec_id;
  __u32 flags;  ///< ExecFlags
  __u32 reserved;
};

struct ForkRecord {
  struct RecordHeader header;  ///< process: the parent
  struct ProcessRef child;
};

struct ExitRecord {
  struct RecordHeader header;
  __s32 status;  ///< as of wait(2)
  __u32 reserved;
};

constexpr __u32 kMaxHolders = 16384;

/// The value of the map of holders. Key: pid.
struct Image {
  __u64 start_ns;
  __u64 exec_id;
};

/// A process that was told. Their places go by pid: one that loses its place is told again.
struct ToldSlot {
  struct Image image;
  __s32 pid;
  __u32 is_watched;  ///< it is among the holders
};

constexpr __u32 kToldSlots = 16384;

/// One descriptor of one process, as the iterator gives it.
struct DescriptorRow {
  struct ProcessRef holder;
  __u32 descriptor;
  __u32 reserved;
  struct SocketFacts socket;
};

/// What both sides see while the programs run.
struct Shared {
  /// Written by the reader: 1 before it waits, when it wants to be woken. Set to 0 by who wakes it.
  __u32 reader_waits;
  __u32 reserved[15];    ///< a cache line of its own: the rest is written more often
  __u64 lost_records;    ///< that found no room in the ring
  __u64 lost_processes;  ///< those among them that tell who a process is; they are told again
  __u64 last_lost_ns;    ///< CLOCK_BOOTTIME
  __u64 full_wishes;     ///< binds whose refusal would not be noticed: their place was taken
  __u64 full_holders;    ///< processes whose exec, fork and exit will not be noticed
  __u64 full_pending;    ///< listens under way whose place was taken: a refusal will look like an end
};

static_assert(sizeof(struct ProcessRef) == 24);
static_assert(sizeof(struct RecordHeader) == 40);
static_assert(sizeof(struct SocketFacts) == 56);
static_assert(sizeof(struct SocketRecord) == 96);
static_assert(sizeof(struct EndRecord) == 72);
static_assert(sizeof(struct Wish) == 96);
static_assert(sizeof(struct RefusalRecord) == 112);
static_assert(sizeof(struct AncestorFacts) == 32);
static_assert(sizeof(struct ProcessRecord) ==
              264 + kExecutableSize + kDirectorySize + kCgroupSize + kArgumentsSize);
static_assert(sizeof(struct ExecRecord) == 56);
static_assert(sizeof(struct ForkRecord) == 64);
static_assert(sizeof(struct ExitRecord) == 48);
static_assert(sizeof(struct WishSlot) == 128);
static_assert(sizeof(struct Image) == 16);
static_assert(sizeof(struct ToldSlot) == 24);
static_assert(sizeof(struct DescriptorRow) == 88);
static_assert(sizeof(struct Shared) == 112);

#ifdef __cplusplus
}  // namespace portwatch::sensor::bpf::abi
#endif

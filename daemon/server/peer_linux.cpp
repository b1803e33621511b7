// SPDX-License-Identifier: Apache-2.0
// SO_PEERCRED gives the peer's credentials as they were at connect(2), SO_PEERGROUPS (since Linux 4.13) its
// supplementary groups (unix(7), socket(7)). A user that is not mapped into our user namespace shows as the
// overflow uid (user_namespaces(7)); it is nobody that we know. Where every user is mapped, as outside of
// containers, that uid is a user like any other ("nobody").
#include <grp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/platform/user_mapping.h"
#include "common/platform/user_name.h"
#include "daemon/server/peer.h"

namespace portwatch::server {
namespace {

using base::ErrorCode;

/// What the getXXX_r functions write names into; an entry that does not fit is as good as none.
using NameBuffer = std::array<char, 16384>;

/// By the user database, for kernels before 4.13, which do not tell. What a process gained or gave up since
/// login is not seen.
std::vector<gid_t> groups_by_database(const ucred& peer) {
  const std::optional<std::string> name = platform::user_name(peer.uid);
  if (!name) return {peer.gid};
  int count = 64;
  std::vector<gid_t> groups(64);
  if (::getgrouplist(name->c_str(), peer.gid, groups.data(), &count) == -1) {
    groups.resize(static_cast<std::size_t>(std::max(count, 64)));
    if (::getgrouplist(name->c_str(), peer.gid, groups.data(), &count) == -1) return {peer.gid};
  }
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

std::vector<gid_t> groups_of(int fd, const ucred& peer) {
#ifdef SO_PEERGROUPS
  std::vector<gid_t> groups(64);
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0) {
      groups.resize(size / sizeof(gid_t));
      groups.push_back(peer.gid);
      return groups;
    }
    if (errno != ERANGE) break;
    groups.resize(size / sizeof(gid_t));
  }
#endif
  return groups_by_database(peer);
}

}  // namespace

std::optional<std::uint32_t> group_number(const std::string& name) {
  if (name.empty()) return std::nullopt;
  group entry{};
  group* found = nullptr;
  NameBuffer buffer;
  if (::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return std::nullopt;
  return found->gr_gid;
}

base::Result<Peer> identify_peer(int fd, std::optional<std::uint32_t> admin_group) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || size != sizeof peer)
    return base::fail(ErrorCode::kPermissionDenied, "the kernel does not say who connected");
  // (uid_t)-1 stands for a socket that nobody connected to.
  if (platform::is_unmapped_user(peer.uid) || peer.uid == static_cast<uid_t>(-1))
    return base::fail(ErrorCode::kPermissionDenied, "who connected has no user of this system");
  Peer known{.uid = base::Uid{peer.uid}};
  if (admin_group) {
    const std::vector<gid_t> groups = groups_of(fd, peer);
    known.is_in_admin_group = std::ranges::find(groups, *admin_group) != groups.end();
  }
  return known;
}

base::Uid own_user() {
  return base::Uid{::geteuid()};
}

}  // namespace portwatch::server

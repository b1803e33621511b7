// SPDX-License-Identifier: Apache-2.0
// sd_session_get_remote_host(3) reads /run/systemd/sessions, which only root writes.

#include "daemon/sensor/linux/login_sessions.h"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>

#include <systemd/sd-login.h>

namespace portwatch::sensor {
namespace {

/// Names of machines are no longer (RFC 1035).
constexpr std::size_t kLongestPeer = 255;

}  // namespace

std::string login_peer_of(const std::string& session, base::Uid user) {
  // The library would wait for a pipe that lies there.
  std::error_code error;
  const auto note = std::filesystem::path("/run/systemd/sessions") / session;
  if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(note, error))) return {};
  uid_t of_session = 0;
  if (sd_session_get_uid(session.c_str(), &of_session) < 0 || of_session != user.value) return {};
  char* text = nullptr;
  if (sd_session_get_remote_host(session.c_str(), &text) < 0 || text == nullptr) return {};
  const std::unique_ptr<char, decltype(&std::free)> owned(text, &std::free);
  std::string peer(text);
  if (peer.size() > kLongestPeer) peer.resize(kLongestPeer);
  return peer;
}

}  // namespace portwatch::sensor

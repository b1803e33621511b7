// SPDX-License-Identifier: Apache-2.0
#pragma once

// The bound socket that clients connect to: its file has the right mode from the first moment, and it never
// takes the place of anything but the leftover of a daemon that is gone.

#include <filesystem>
#include <memory>

#include "common/base/error.h"
#include "daemon/server/audience.h"

namespace portwatch::server {

class SocketListener {
 public:
  /// Binds and listens. The file's mode is 0600 for the owner alone and 0666 for everybody. The
  /// folder is prepared by prepare_socket_folder().
  ///
  /// Beside the socket lies "<path>.lock", which stays and is locked while the listener lives: of two daemons
  /// that start at once one gives way.
  ///
  /// Errors: kInvalidArgument (the path does not fit into a socket's address), kConflict (a daemon lives
  /// there, or what is there is no socket), kPermissionDenied (the folder is not safe, or we may not write to
  /// it).
  [[nodiscard]] static base::Result<SocketListener> bind(const std::filesystem::path& path,
                                                         Audience audience);

  /// Whether bind() would find a daemon that lives there, or something that is no socket; changes nothing.
  /// For who has much to do before the socket is bound. Errors: kConflict, or what the system said.
  [[nodiscard]] static base::Status check_is_free(const std::filesystem::path& path);

  SocketListener(SocketListener&&) noexcept;
  SocketListener& operator=(SocketListener&&) noexcept;
  /// Removes the file, if it is still ours, and gives up the lock.
  ~SocketListener();

  /// The listening descriptor; the caller owns it from now on. Once.
  [[nodiscard]] int release_descriptor();

 private:
  struct State;
  explicit SocketListener(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace portwatch::server

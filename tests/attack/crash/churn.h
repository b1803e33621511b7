// SPDX-License-Identifier: Apache-2.0
#pragma once

// Sockets that come and go, a step at a time, from a seed; and those that stay from the beginning to the end.

#include <cstdint>
#include <utility>
#include <vector>

#include "tests/support/listening_socket.h"
#include "tests/support/random.h"

namespace portwatch::test {

class Churn {
 public:
  /// `named`: ports for services of their own, which may raise alerts. All its other sockets have the service
  /// of one that stays.
  Churn(std::uint64_t seed, std::vector<std::uint16_t> named) : random_(seed), named_(std::move(named)) {}

  /// Opens or closes one socket.
  void step();

 private:
  Random random_;
  std::vector<std::uint16_t> named_;
  std::vector<ListeningSocket> open_;
};

/// Free ports that a program names, all different.
[[nodiscard]] std::vector<std::uint16_t> named_ports(std::size_t count);

/// Of several kinds, made before portwatchd looks for the first time.
[[nodiscard]] std::vector<ListeningSocket> sockets_that_stay();

}  // namespace portwatch::test

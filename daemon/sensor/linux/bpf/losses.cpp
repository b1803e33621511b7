// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/bpf/losses.h"

#include <fmt/format.h>

namespace portwatch::sensor::bpf {

std::vector<std::string> blind_spots_of(const Losses& losses) {
  std::vector<std::string> spots;
  if (losses.unseen_refusals > 0)
    spots.push_back(
        fmt::format("of {} calls of bind(2) since portwatchd began, among very many at once, it is not known "
                    "whether they "
                    "were refused",
                    losses.unseen_refusals));
  if (losses.unseen_holders > 0)
    spots.push_back(fmt::format(
        "{} times since portwatchd began a process opened a socket, or made a child, that could not be "
        "watched, because too many are: who has its sockets is found by looks alone",
        losses.unseen_holders));
  if (losses.unseen_tries > 0)
    spots.push_back(fmt::format(
        "{} calls of listen(2) since portwatchd began, among very many at once, would look as if a "
        "listener had ended if they were refused",
        losses.unseen_tries));
  return spots;
}

}  // namespace portwatch::sensor::bpf

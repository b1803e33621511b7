// SPDX-License-Identifier: Apache-2.0
#pragma once

// A machine that lives at random: servers start, fork, exec, exit and come back, always out of the same few
// programs, ports and pids, so that they collide.

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tests/support/fake_machine.h"
#include "tests/support/random.h"

namespace portwatch::test {

class RandomLife {
 public:
  explicit RandomLife(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] FakeMachine& machine() { return machine_; }
  [[nodiscard]] Random& random() { return random_; }

  /// Some things happen.
  void live() {
    for (std::uint64_t steps = random_.below(6); steps > 0; --steps) step();
  }

  /// One look at what is there, with the sockets in another order each time.
  [[nodiscard]] model::Snapshot snapshot() {
    model::Snapshot taken = machine_.snapshot();
    shuffle(taken);
    return taken;
  }
  void shuffle(model::Snapshot& snapshot) {
    for (std::size_t i = snapshot.sightings.size(); i > 1; --i)
      std::swap(snapshot.sightings[i - 1], snapshot.sightings[random_.below(i)]);
  }

  /// A look that fails in part: tables unreadable, rows missing, holders not found.
  void blur(model::Snapshot& snapshot) {
    if (random_.chance(30)) {
      const std::size_t index = random_.below(snapshot.coverage.tables.size());
      const model::Table table = snapshot.coverage.tables[index];
      snapshot.coverage.tables.erase(snapshot.coverage.tables.begin() + static_cast<std::ptrdiff_t>(index));
      snapshot.coverage.holes.push_back({table, "not readable"});
      const bool is_whole_table_missing = random_.chance(50);
      std::erase_if(snapshot.sightings, [&](const model::Sighting& sighting) {
        const net::Endpoint& endpoint = sighting.socket.endpoint;
        const bool is_of_table =
            endpoint.protocol == table.protocol && endpoint.address.family() == table.family;
        return is_of_table && (is_whole_table_missing || random_.chance(50));
      });
    }
    for (model::Sighting& sighting : snapshot.sightings) {
      if (!random_.chance(10)) continue;
      sighting.owners.clear();
      sighting.attribution = random_.pick(
          std::vector{model::Attribution::kDenied, model::Attribution::kExited, model::Attribution::kKernel});
    }
  }

  [[nodiscard]] model::ProcessRef process() {
    const auto pid = static_cast<std::int32_t>(random_.between(100, 120));
    const auto start = std::chrono::seconds{random_.between(1, 3)};
    const auto uid = static_cast<std::uint32_t>(random_.below(2) * 1000);
    FakeProcess made = random_.chance(50) ? python(pid, {random_.pick(scripts_)})
                                          : FakeProcess(pid).exe(random_.pick(programs_));
    made.start(start).user(uid, uid == 0 ? "root" : "ana");
    return made.ref();
  }

 private:
  void step() {
    auto& sockets = machine_.sightings();
    const std::uint64_t what = random_.below(100);
    if (sockets.empty() || what < 40) {
      machine_.listen(endpoint(random_.pick(addresses_), random_.pick(ports_),
                               random_.chance(70) ? net::Protocol::kTcp : net::Protocol::kUdp),
                      owners());
      return;
    }
    const model::SocketId id = sockets[random_.below(sockets.size())].socket.id;
    if (what < 70) {
      machine_.close(id);
    } else if (what < 90) {
      machine_.hold(id, owners());
    } else {
      machine_.sighting(id).socket.endpoint.port = base::Port{random_.pick(ports_)};
    }
  }

  /// One or two; no two under one key.
  std::vector<model::ProcessRef> owners() {
    std::map<model::ProcessKey, model::ProcessRef> holders;
    for (std::uint64_t count = 1 + random_.below(2); count > 0; --count) {
      model::ProcessRef holder = process();
      holders.emplace(holder->key, std::move(holder));
    }
    std::vector<model::ProcessRef> list;
    for (auto& [key, holder] : holders) list.push_back(std::move(holder));
    return list;
  }

  FakeMachine machine_;
  Random random_;
  std::vector<std::string> scripts_{"app.py", "evil.py", "/tmp/evil.py"};
  std::vector<std::string> programs_{"/usr/sbin/nginx", "/usr/bin/redis-server", "/tmp/dropper"};
  std::vector<std::string> addresses_{
      "127.0.0.1", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1", "192.168.1.10"};
  std::vector<std::uint16_t> ports_{80, 8000, 40000, 62893};
};

}  // namespace portwatch::test

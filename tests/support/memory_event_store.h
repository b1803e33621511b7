// SPDX-License-Identifier: Apache-2.0
#pragma once

// An event store in memory that keeps to the contract of daemon/interface/event_store.h
// (tests/contract/event_store holds it to that), for tests of what stands on a store.

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "daemon/interface/event_store.h"

namespace portwatch::test {

class MemoryEventStore {
 public:
  MemoryEventStore();
  ~MemoryEventStore();

  /// Writers and readers share the store and may outlive this object.
  [[nodiscard]] std::unique_ptr<interface::EventWriter> writer();
  [[nodiscard]] std::unique_ptr<interface::EventReader> reader();

  /// What a daemon that starts now would be given.
  [[nodiscard]] interface::RestoredState state() const;

  /// Everything that was committed and not pruned.
  [[nodiscard]] std::vector<model::Event> events() const;

  struct Data;

 private:
  std::shared_ptr<Data> data_;
};

}  // namespace portwatch::test

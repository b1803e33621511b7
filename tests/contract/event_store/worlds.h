// SPDX-License-Identifier: Apache-2.0
#pragma once

// The stores that the contract is held against, and what a test does with one.

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/interface/event_store.h"
#include "daemon/store/store.h"
#include "tests/support/log_samples.h"
#include "tests/support/memory_event_store.h"
#include "tests/support/temp_dir.h"

namespace portwatch::test {

/// The real store, in a file.
class SqliteWorld {
 public:
  /// As a daemon starts: what was open before is closed first.
  interface::RestoredState start() {
    writer_.reset();
    auto opened = store::open(options_);
    EXPECT_TRUE(opened) << opened.error().message;
    writer_ = std::move(opened->writer);
    return std::move(opened->state);
  }
  interface::EventWriter& writer() { return *writer_; }
  std::unique_ptr<interface::EventReader> reader() {
    auto reader = store::open_reader(options_);
    EXPECT_TRUE(reader) << reader.error().message;
    return *std::move(reader);
  }

 private:
  TempDir folder_;
  store::Options options_{.path = folder_ / "portwatch.db", .machine_hash = "0123"};
  std::unique_ptr<interface::EventWriter> writer_;
};

/// The fake.
class MemoryWorld {
 public:
  interface::RestoredState start() {
    writer_ = store_.writer();
    return store_.state();
  }
  interface::EventWriter& writer() { return *writer_; }
  std::unique_ptr<interface::EventReader> reader() { return store_.reader(); }

 private:
  MemoryEventStore store_;
  std::unique_ptr<interface::EventWriter> writer_;
};

using EventStoreWorlds = ::testing::Types<SqliteWorld, MemoryWorld>;

template <class World>
class EventStoreContract : public ::testing::Test {
 protected:
  EventStoreContract() { first_ = world_.start(); }

  /// Commits a group and gives it as it became: with seqs.
  std::vector<model::Event> commit(std::vector<model::Event> events, std::int64_t alive_seconds = 0) {
    const base::Status status =
        world_.writer().commit(events, {.at = at(alive_seconds), .boot_id = std::string(kBootId)});
    EXPECT_TRUE(status) << status.error().message;
    return events;
  }

  model::EventPage page(const model::EventQuery& query = {}) {
    auto found = world_.reader()->events(query);
    EXPECT_TRUE(found) << found.error().message;
    return found ? *std::move(found) : model::EventPage{};
  }

  std::vector<model::ListenerRef> past(std::int64_t seconds, std::optional<net::PortQuery> port = {},
                                       std::size_t limit = model::kMaxPage) {
    auto page = world_.reader()->listeners_at({.at = at(seconds), .port = port, .after = {}, .limit = limit});
    EXPECT_TRUE(page) << page.error().message;
    return page ? std::move(page->listeners) : std::vector<model::ListenerRef>{};
  }

  std::vector<model::Alert> alerts(const model::AlertQuery& query = {}) {
    auto page = world_.reader()->alerts(query);
    EXPECT_TRUE(page) << page.error().message;
    return page ? std::move(page->alerts) : std::vector<model::Alert>{};
  }

  World world_;
  interface::RestoredState first_;
};

/// Seqs of events, to compare at a glance.
inline std::vector<std::int64_t> seqs(const std::vector<model::Event>& events) {
  std::vector<std::int64_t> list;
  for (const model::Event& event : events) list.push_back(event.seq.value);
  return list;
}

/// Generations of listeners, to compare at a glance.
inline std::vector<std::int64_t> generations(const std::vector<model::ListenerRef>& listeners) {
  std::vector<std::int64_t> list;
  for (const model::ListenerRef& listener : listeners) list.push_back(listener->key.generation);
  return list;
}

}  // namespace portwatch::test

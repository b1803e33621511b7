// SPDX-License-Identifier: Apache-2.0
#pragma once

// Questions to the store, answered off the loop by a few readers, each with a connection of its own; more
// questions wait for their turn. Thread: the loop's, for all of it.

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "common/uv/work.h"
#include "daemon/interface/event_store.h"
#include "daemon/interface/state_view.h"

namespace portwatch::app {

class QueryRunner final : public interface::Queries {
 public:
  /// Beyond it a question is refused: at a few milliseconds each, those that wait take seconds already.
  static constexpr std::size_t kMaxWaiting = 1024;

  /// One question per reader is answered at a time. They need pool threads: leave some of libuv's four for
  /// the scan.
  QueryRunner(uv::Loop& loop, std::vector<std::unique_ptr<interface::EventReader>> readers);

  /// No question is begun any more: those that wait and those to come are refused with kUnavailable. Readers
  /// are closed, those that answer a question when they have. So the writer can be the last to close, and
  /// fold its log into the database.
  void close();

  void events(model::EventQuery query, Done<model::EventPage> done) override;
  void alerts(model::AlertQuery query, Done<model::AlertPage> done) override;
  void listeners_at(model::PastQuery query, Done<std::vector<model::ListenerRef>> done) override;

 private:
  using Reader = std::shared_ptr<interface::EventReader>;  ///< shared with the pool's thread while it reads

  /// `reader` is null when the question is refused.
  using Question = std::function<void(Reader reader)>;

  template <class T>
  void submit(std::function<base::Result<T>(interface::EventReader&)> question, Done<T> done);
  void start_next();

  std::vector<Reader> idle_;
  std::deque<Question> waiting_;
  bool is_closed_ = false;
  uv::Work work_;
};

}  // namespace portwatch::app

// SPDX-License-Identifier: Apache-2.0
#pragma once

// The way of an event: appended on the loop, committed on the writer's thread, and back on the loop when it
// is durable. Nobody hears of an event before that. Thread: the loop's, for all of it.

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "common/base/error.h"
#include "common/model/event.h"
#include "common/uv/async.h"
#include "common/uv/work.h"
#include "daemon/app/log.h"
#include "daemon/store/writer_thread.h"

namespace portwatch::app {

class EventPump {
 public:
  struct Sinks {
    std::function<void(std::span<const model::Event> events)> on_committed;  ///< in order of seq
    std::function<void(const store::WriterHealth& health)> on_health;        ///< whenever it has changed
  };

  [[nodiscard]] static base::Result<std::unique_ptr<EventPump>> start(
      uv::Loop& loop, Log& log, std::unique_ptr<interface::EventWriter> writer,
      store::WriterThread::Options options, base::Seq last_seq, Sinks sinks);

  /// Queues events that belong together. When the store has been unable to write for so long that the queue
  /// is full they are dropped, which is logged once; the writer stores the gap.
  void append(std::vector<model::Event> events);
  /// Queues a decision, which is tried once. `decided` comes later, behind on_committed: its events as they
  /// were stored, or why nothing of them was. Errors: nothing of them is stored, and `decided` does not come.
  [[nodiscard]] base::Status append_decision(std::vector<model::Event> events,
                                             store::WriterThread::Decided decided);
  /// As WriterThread::insist().
  bool insist() { return writer_->insist(); }

  void set_retention(std::optional<base::Micros> retention) { writer_->set_retention(retention); }

  [[nodiscard]] std::size_t pending() const { return writer_->pending(); }
  [[nodiscard]] base::Seq last_seq() const { return last_seq_; }
  [[nodiscard]] const store::WriterHealth& health() const { return health_; }

  /// Commits what waits, as long as no `patience` passes without a commit. `done` comes when everything that
  /// was committed has been told, with how many events were lost.
  void stop(base::Micros patience, std::function<void(std::size_t lost)> done);

 private:
  EventPump(uv::Loop& loop, Log& log, uv::Async async, Sinks sinks)
      : log_(log), sinks_(std::move(sinks)), async_(std::move(async)), work_(loop) {}

  void on_committed(const std::vector<model::Event>& events);
  void on_health(const store::WriterHealth& health);

  Log& log_;
  Sinks sinks_;
  base::Seq last_seq_;  ///< of an earlier run until this one commits
  store::WriterHealth health_;
  bool is_dropping_ = false;
  uv::Async async_;
  std::shared_ptr<store::WriterThread> writer_;  ///< shared with the pool's thread that stops it
  uv::Work work_;
};

}  // namespace portwatch::app

// SPDX-License-Identifier: Apache-2.0
#pragma once

// One client that follows the event log. It keeps the last seq that it has dealt with: a committed batch that
// continues it directly is told at once; otherwise the store is read from that seq, one page after another,
// as fast as the client takes them. Resuming from a cursor, catching up and following live are so one
// mechanism, and nothing is told twice or left out.

#include <deque>
#include <functional>
#include <memory>
#include <span>

#include "common/base/error.h"
#include "common/model/event.h"
#include "common/model/query.h"
#include "daemon/interface/state_view.h"
#include "daemon/server/authorizer.h"

namespace portwatch::server {

class Subscription : public std::enable_shared_from_this<Subscription> {
 public:
  /// How many events are held at most: a page of the store, or a batch that is told live.
  static constexpr std::size_t kPage = 200;

  struct Hooks {
    /// An event as this viewer may see it. May end the subscription.
    std::function<void(const model::Event&)> tell;
    /// Whether the client has taken enough of what was told for a page more. When not, on_room() has to be
    /// called later.
    std::function<bool()> has_room;
    /// The store cannot be read; the subscription is over.
    std::function<void(base::Error)> fail;
  };

  /// Of the filter only the conditions count; `after` is the last seq that the client has, committed or not.
  /// What the hooks use must live until end(). `queries` are its own: what it asked is dropped with it.
  Subscription(std::unique_ptr<interface::Queries> queries, Viewer viewer, model::EventQuery filter,
               base::Seq after, Hooks hooks);

  /// Catches up with what is committed. Once, at first.
  void start(base::Seq committed);
  /// What has been committed since, in order of seq.
  void on_committed(std::span<const model::Event> events);
  void on_room();
  /// Nothing is told any more.
  void end();

 private:
  void read();
  void on_page(base::Result<model::EventPage> page, base::Seq committed_then);
  /// Tells what is held as far as there is room, and goes on when all of it was told.
  void go_on();

  std::unique_ptr<interface::Queries> queries_;
  Viewer viewer_;
  model::EventQuery filter_;
  base::Seq last_;
  base::Seq committed_;
  Hooks hooks_;
  std::deque<model::Event> held_;
  base::Seq held_until_;  ///< what has been dealt with once all that is held was told
  bool is_reading_ = false;
  bool has_ended_ = false;
};

}  // namespace portwatch::server

// SPDX-License-Identifier: Apache-2.0
#pragma once

// A daemon that answers from memory and remembers what it was asked.

#include <deque>
#include <memory>
#include <vector>

#include "cli/client/daemon.h"

namespace portwatch::test {

/// What the fake answers and was asked; outlives the connections to it.
struct FakeDaemonState {
  model::Status status;
  std::vector<model::ListenerRef> listeners;
  std::vector<model::ListenerRef> past_listeners;
  model::ConnectionList connections;
  std::vector<model::Event> events;    ///< the whole log, by seq
  std::vector<model::Alert> alerts;    ///< newest first
  std::size_t page = model::kMaxPage;  ///< the longest page of events or alerts
  std::optional<base::Error> failure;  ///< the answer to everything
  bool is_lost_by_failure = false;     ///< whether that ends the connection
  bool is_lost = false;                ///< whether the connection has ended

  /// What each follow() does, in order: tells the events, then ends with the error; is_lost() is true then.
  /// Without an error it goes on until nobody listens. No more of them: follow() returns at once.
  struct Following {
    std::vector<model::Event> events;
    std::optional<base::Error> end;
    bool is_lost = true;
  };
  std::deque<Following> followings;

  std::vector<cli::EventsQuestion> events_questions;
  std::vector<cli::EventsQuestion> followed;
  std::vector<model::AlertQuery> alert_questions;
  std::vector<model::PastQuery> past_questions;
  std::vector<std::pair<base::AlertId, cli::AlertAction>> changes;
  std::optional<base::Error> change_failure;
};

class FakeDaemon final : public cli::Daemon {
 public:
  explicit FakeDaemon(std::shared_ptr<FakeDaemonState> state) : state_(std::move(state)) {}

  base::Result<model::Status> status() override;
  base::Result<std::vector<model::ListenerRef>> listeners(std::optional<base::Port> port) override;
  base::Result<std::vector<model::ListenerRef>> listeners_in_brief() override;
  base::Result<std::vector<model::ListenerRef>> listeners_at(const model::PastQuery& query) override;
  base::Result<model::ConnectionList> connections(base::Port port) override;
  base::Result<cli::EventsAnswer> events(const cli::EventsQuestion& question) override;
  base::Result<model::AlertPage> alerts(const model::AlertQuery& query) override;
  base::Result<model::Alert> change_alert(base::AlertId id, cli::AlertAction action) override;
  base::Status follow(cli::EventsQuestion& question, const Follower& follower) override;
  bool is_lost() const override { return state_->is_lost || (state_->failure && state_->is_lost_by_failure); }

 private:
  std::shared_ptr<FakeDaemonState> state_;
};

}  // namespace portwatch::test

// SPDX-License-Identifier: Apache-2.0
// The fake's answers: filters by what the tests need, pages by seq and id as a daemon does.
#include "tests/support/fake_daemon.h"

#include <algorithm>
#include <ranges>

#include "cli/client/event_filter.h"

namespace portwatch::test {

base::Result<model::Status> FakeDaemon::status() {
  if (state_->failure) return std::unexpected(*state_->failure);
  return state_->status;
}

base::Result<std::vector<model::ListenerRef>> FakeDaemon::listeners(std::optional<base::Port> port) {
  if (state_->failure) return std::unexpected(*state_->failure);
  std::vector<model::ListenerRef> listeners = state_->listeners;
  std::erase_if(listeners,
                [&](const auto& listener) { return port && listener->socket.endpoint.port != *port; });
  return listeners;
}

base::Result<std::vector<model::ListenerRef>> FakeDaemon::listeners_in_brief() {
  if (state_->failure) return std::unexpected(*state_->failure);
  std::vector<model::ListenerRef> listeners;
  for (const auto& listener : state_->listeners)
    listeners.push_back(std::make_shared<const model::Listener>(model::in_brief(*listener)));
  return listeners;
}

base::Result<std::vector<model::ListenerRef>> FakeDaemon::listeners_at(const model::PastQuery& query) {
  state_->past_questions.push_back(query);
  if (state_->failure) return std::unexpected(*state_->failure);
  return state_->past_listeners;
}

base::Result<cli::EventsAnswer> FakeDaemon::events(const cli::EventsQuestion& question) {
  state_->events_questions.push_back(question);
  if (state_->failure) return std::unexpected(*state_->failure);
  const model::EventQuery& query = question.query;
  std::vector<model::Event> log = state_->events;
  if (query.newest_first) std::ranges::reverse(log);
  std::erase_if(log, [&](const model::Event& event) {
    if (query.since && event.time.at < *query.since) return true;
    if (query.until && event.time.at >= *query.until) return true;
    if (question.after &&
        (query.newest_first ? event.seq >= question.after->seq : event.seq <= question.after->seq))
      return true;
    return !cli::matches(query, event);
  });
  cli::EventsAnswer answer;
  const std::size_t limit = std::min(query.limit, state_->page);
  if (log.size() > limit) {
    log.resize(limit);
    answer.next = protocol::Cursor{.epoch = state_->status.epoch, .seq = log.back().seq};
  }
  answer.events = std::move(log);
  return answer;
}

base::Result<model::ConnectionList> FakeDaemon::connections(base::Port port) {
  if (state_->failure) return std::unexpected(*state_->failure);
  model::ConnectionList list = state_->connections;
  std::erase_if(list.connections, [&](const auto& connection) { return connection.local.port != port; });
  return list;
}

base::Result<model::AlertPage> FakeDaemon::alerts(const model::AlertQuery& query) {
  state_->alert_questions.push_back(query);
  if (state_->failure) return std::unexpected(*state_->failure);
  model::AlertPage page;
  for (const model::Alert& alert : state_->alerts) {
    if (query.id && alert.id != *query.id) continue;
    if (query.after && alert.id >= *query.after) continue;
    if (!query.states.empty() && std::ranges::find(query.states, alert.state) == query.states.end()) continue;
    if (page.alerts.size() == std::min(query.limit, state_->page)) {
      page.next = page.alerts.back().id;
      break;
    }
    page.alerts.push_back(alert);
  }
  return page;
}

base::Result<model::Alert> FakeDaemon::change_alert(base::AlertId id, cli::AlertAction action) {
  state_->changes.emplace_back(id, action);
  if (state_->failure) return std::unexpected(*state_->failure);
  if (state_->change_failure) return std::unexpected(*state_->change_failure);
  const auto alert = std::ranges::find(state_->alerts, id, &model::Alert::id);
  // What is approved is forgotten by those who decide.
  if (alert == state_->alerts.end() || alert->state == model::AlertState::kApproved)
    return base::fail(base::ErrorCode::kNotFound, "no such alert waits");
  const auto wanted = action == cli::AlertAction::kApprove  ? model::AlertState::kApproved
                      : action == cli::AlertAction::kReject ? model::AlertState::kRejected
                                                            : model::AlertState::kAcknowledged;
  const bool would_forget_rejection =
      wanted == model::AlertState::kAcknowledged && alert->state == model::AlertState::kRejected;
  if (alert->state == wanted || would_forget_rejection)
    return base::fail(base::ErrorCode::kConflict, "it is already so");
  alert->state = wanted;
  return *alert;
}

base::Status FakeDaemon::follow(cli::EventsQuestion& question, const Follower& follower) {
  state_->followed.push_back(question);
  if (state_->followings.empty()) return {};
  const FakeDaemonState::Following following = std::move(state_->followings.front());
  state_->followings.pop_front();
  state_->is_lost = false;
  for (const model::Event& event : following.events) {
    if (!follower.is_listening()) return {};
    question.after = protocol::Cursor{.epoch = state_->status.epoch, .seq = event.seq};
    if (cli::matches(question.query, event)) follower.on_event(event);
  }
  if (!following.end) return {};
  state_->is_lost = following.is_lost;
  return std::unexpected(*following.end);
}

}  // namespace portwatch::test

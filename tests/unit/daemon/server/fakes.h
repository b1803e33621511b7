// SPDX-License-Identifier: Apache-2.0
#pragma once

// A daemon behind the server, in memory: a log, alerts and listeners that a test fills, and a record of what
// was asked.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/model/page_budget.h"
#include "common/model/weight.h"
#include "daemon/interface/state_view.h"
#include "daemon/server/event_filter.h"
#include "tests/support/builders.h"

namespace portwatch::server {

class FakeStateView : public interface::StateView {
 public:
  model::Status current = test::make_status();
  std::vector<model::ListenerRef> now;

  [[nodiscard]] model::Status status() const override { return current; }
  [[nodiscard]] base::Seq last_seq() const override { return current.store.last_seq; }
  [[nodiscard]] model::Coverage coverage() const override { return current.coverage; }
  [[nodiscard]] const std::vector<model::ListenerRef>& listeners() const override { return now; }
};

/// Answers when answer_all() is called, as the real one answers later; at once when `is_immediate`.
class FakeQueries : public interface::Queries, public interface::QuerySource {
 public:
  /// Questions of a client are questions to this, as long as the client is there.
  std::unique_ptr<interface::Queries> queries_of(base::Uid uid) override {
    clients.push_back(uid);
    return std::make_unique<Client>(*this);
  }
  std::vector<base::Uid> clients;

  std::vector<model::Event> log;
  std::vector<model::Alert> stored_alerts;  ///< newest first
  std::vector<model::ListenerRef> past;
  std::optional<base::Error> failure;
  bool is_immediate = true;
  std::vector<model::EventQuery> event_queries;
  std::vector<model::AlertQuery> alert_queries;
  std::vector<model::PastQuery> past_queries;

  void events(model::EventQuery query, Done<model::EventPage> done) override {
    event_queries.push_back(query);
    answer([this, query = std::move(query), done = std::move(done)] { reply(done, page_of(query)); });
  }
  void alerts(model::AlertQuery query, Done<model::AlertPage> done) override {
    alert_queries.push_back(query);
    answer([this, query = std::move(query), done = std::move(done)] {
      model::AlertPage page;
      model::PageBudget budget(query.limit, query.max_bytes);
      for (const model::Alert& alert : stored_alerts) {
        if (query.id && alert.id != *query.id) continue;
        if (query.after && alert.id >= *query.after) continue;
        if (!budget.take(weight(alert))) {
          page.next = page.alerts.back().id;
          break;
        }
        page.alerts.push_back(alert);
      }
      reply(done, std::move(page));
    });
  }
  void listeners_at(model::PastQuery query, Done<model::PastPage> done) override {
    past_queries.push_back(query);
    answer([this, query, done = std::move(done)] {
      model::PastPage page;
      model::PageBudget budget(query.limit, query.max_bytes);
      const auto from = past.begin() + (query.after ? query.after->number : 0);
      const auto stop = model::fill_page(from, past.end(), budget, [&](const model::ListenerRef& listener) {
        if (!budget.take(weight(*listener))) return false;
        page.listeners.push_back(listener);
        return true;
      });
      if (stop != past.end()) page.next = model::PastPlace{.number = stop - past.begin()};
      reply(done, std::move(page));
    });
  }

  void connections(base::Port /*port*/, Done<model::ConnectionList> done) override {
    answer([this, done = std::move(done)] { reply(done, connected); });
  }
  model::ConnectionList connected;

  void answer_all() {
    while (!waiting_.empty()) {
      const auto next = std::move(waiting_.front());
      waiting_.pop_front();
      next();
    }
  }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

  /// Adds an event to the log; returns it as committed.
  model::Event commit(model::EventKind kind,
                      model::Listener listener = test::make_listener("127.0.0.1:62893/tcp")) {
    log.push_back(test::make_event(kind, static_cast<std::int64_t>(log.size()) + 1, std::move(listener)));
    return log.back();
  }

 private:
  class Client : public interface::Queries {
   public:
    explicit Client(FakeQueries& all) : all_(all) {}
    void events(model::EventQuery query, Done<model::EventPage> done) override {
      all_.events(std::move(query), while_here(std::move(done)));
    }
    void alerts(model::AlertQuery query, Done<model::AlertPage> done) override {
      all_.alerts(std::move(query), while_here(std::move(done)));
    }
    void listeners_at(model::PastQuery query, Done<model::PastPage> done) override {
      all_.listeners_at(std::move(query), while_here(std::move(done)));
    }

    void connections(base::Port port, Done<model::ConnectionList> done) override {
      all_.connections(port, while_here(std::move(done)));
    }

   private:
    template <class T>
    Done<T> while_here(Done<T> done) {
      return [done = std::move(done), here = std::weak_ptr(is_here_)](base::Result<T> found) {
        if (!here.expired()) done(std::move(found));
      };
    }
    FakeQueries& all_;
    std::shared_ptr<bool> is_here_ = std::make_shared<bool>(true);
  };

  void answer(std::function<void()> call) {
    if (is_immediate)
      call();
    else
      waiting_.push_back(std::move(call));
  }
  template <class T>
  void reply(const Done<T>& done, T value) {
    if (failure)
      done(std::unexpected(*failure));
    else
      done(std::move(value));
  }
  [[nodiscard]] model::EventPage page_of(const model::EventQuery& query) const {
    model::EventPage page;
    model::PageBudget budget(query.limit, query.max_bytes);
    const auto add = [&](const model::Event& event) {
      if (query.after && (query.newest_first ? event.seq >= *query.after : event.seq <= *query.after))
        return true;
      if (!matches(query, event)) return true;
      if (!budget.take(weight(event))) {
        page.next = page.events.back().seq;
        return false;
      }
      page.events.push_back(event);
      return true;
    };
    if (query.newest_first) {
      for (auto event = log.rbegin(); event != log.rend() && add(*event); ++event) {
      }
    } else {
      for (auto event = log.begin(); event != log.end() && add(*event); ++event) {
      }
    }
    return page;
  }

  std::deque<std::function<void()>> waiting_;
};

class FakeCommands : public interface::Commands {
 public:
  struct Change {
    base::AlertId id;
    interface::AlertAction action;
    std::string actor;
    bool operator==(const Change&) const = default;
  };
  std::vector<Change> changes;
  base::Result<model::Alert> outcome = test::make_alert(21, test::make_listener("127.0.0.1:62893/tcp"));
  model::Alert alert = *outcome;  ///< as it is when it comes to the change
  std::function<void()> meanwhile = [] {};

  void change_alert(base::AlertId id, interface::AlertAction action, std::string actor, Allowed allowed,
                    Done done) override {
    meanwhile();
    if (const base::Status may = allowed(alert); !may) {
      done(std::unexpected(may.error()));
      return;
    }
    changes.push_back({.id = id, .action = action, .actor = std::move(actor)});
    done(outcome);
  }
};

}  // namespace portwatch::server

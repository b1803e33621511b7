// SPDX-License-Identifier: Apache-2.0
#include "tests/support/memory_event_store.h"

#include <algorithm>
#include <iterator>

#include "common/model/page_budget.h"
#include "common/model/sight.h"
#include "common/model/weight.h"

namespace portwatch::test {

struct MemoryEventStore::Data {
  /// A listening period with its owners by the event from which on they were so.
  struct Period {
    std::map<base::Seq, std::vector<model::ProcessRef>> owners;
    model::ListenerRef now;
    base::Seq opened_seq;
    std::optional<base::Seq> closed_seq;
  };

  std::mutex mutex;
  std::vector<model::Event> events;
  std::map<model::ListenerKey, Period> periods;
  std::map<base::AlertId, model::Alert> alerts;
  std::vector<model::BaselineEntry> baseline;
  interface::RestoredState meta{.host_id = std::string(32, 'a'), .epoch = std::string(16, 'b')};

  void apply(model::Event& event) {
    if (auto* opened = std::get_if<model::OpenedDetail>(&event.detail);
        opened != nullptr && opened->replaces) {
      if (const auto replaced = periods.find(*opened->replaces); replaced != periods.end())
        opened->replaces_seq = replaced->second.closed_seq;
    }
    auto* alert = std::get_if<model::AlertDetail>(&event.detail);
    const model::ListenerRef listener = alert != nullptr ? alert->alert.listener : event.listener;
    if (listener) {
      Period& period = periods[listener->key];
      if (!period.now || (alert == nullptr && !period.closed_seq)) {
        if (!period.now) period.opened_seq = event.seq;
        period.owners[event.seq] = listener->owners;
        period.now = listener;
        if (listener->closed) period.closed_seq = event.seq;
      }
      meta.last_generation = std::max(meta.last_generation, listener->key.generation);
    }
    if (alert != nullptr) {
      alert->alert.listener = as_known(*listener);
      event.listener = alert->alert.listener;
      alerts[alert->alert.id] = alert->alert;
      meta.last_alert_id = std::max(meta.last_alert_id, alert->alert.id);
    }
    if (const auto* policy = std::get_if<model::PolicyDetail>(&event.detail)) apply(*policy);
    if (const auto* seen = std::get_if<model::CoverageDetail>(&event.detail))
      apply(seen->coverage, event.time.earliest.value_or(event.time.at));
  }

  void apply(const model::Coverage& coverage, base::UtcTime last_watched) {
    for (auto& [key, period] : periods) {
      if (period.closed_seq) continue;
      auto now = std::make_shared<model::Listener>(*period.now);
      now->unwatched_since = model::unwatched_since(coverage, model::table_of(now->socket), now->opened.at,
                                                    period.now->unwatched_since, last_watched);
      period.now = std::move(now);
    }
  }

  void apply(const model::PolicyDetail& policy) {
    if (policy.learning_until) meta.learning_until = policy.learning_until;
    for (const model::BaselineEntry& entry : policy.added) {
      std::erase_if(baseline,
                    [&](const model::BaselineEntry& known) { return known.service == entry.service; });
      baseline.push_back(entry);
      for (auto& [key, period] : periods) {
        if (period.closed_seq || period.now->service != entry.service) continue;
        if (period.now->verdict != model::Verdict::kUnknown) continue;
        auto known = std::make_shared<model::Listener>(*period.now);
        known->verdict = model::Verdict::kKnown;
        period.now = std::move(known);
      }
    }
  }

  /// What is known of the listener by now, as the other one was assessed.
  model::ListenerRef as_known(const model::Listener& assessed) const {
    auto known = std::make_shared<model::Listener>(*periods.at(assessed.key).now);
    assess_as(*known, assessed);
    known->unwatched_since.reset();  // that is told of now alone
    return known;
  }

  static void assess_as(model::Listener& listener, const model::Listener& assessed) {
    listener.exposure = assessed.exposure;
    listener.attribution = assessed.attribution;
    listener.program = assessed.program;
    listener.service = assessed.service;
    listener.listener_class = assessed.listener_class;
    listener.verdict = assessed.verdict;
  }

  model::Alert with_current_listener(model::Alert alert) const {
    alert.listener = periods.at(alert.listener->key).now;
    return alert;
  }
};

namespace {

using Data = MemoryEventStore::Data;

base::Status check_limit(std::size_t limit) {
  if (limit >= 1 && limit <= model::kMaxPage) return {};
  return base::fail(base::ErrorCode::kInvalidArgument, "a limit out of range");
}

bool is_at(const model::Listener& listener, const net::PortQuery& port) {
  const net::Endpoint& endpoint = listener.socket.endpoint;
  return endpoint.port == port.port && (!port.protocol || endpoint.protocol == *port.protocol) &&
         (!port.address || endpoint.address == *port.address);
}

bool matches(const model::Event& event, const model::EventQuery& query) {
  if (query.since && event.time.at < *query.since) return false;
  if (query.until && event.time.at >= *query.until) return false;
  if (!query.kinds.empty() && std::ranges::find(query.kinds, event.kind) == query.kinds.end()) return false;
  if (!query.port && query.program.empty() && query.user.empty() && query.unit.empty()) return true;
  if (!event.listener) return false;
  const model::Listener& listener = *event.listener;
  return (!query.port || is_at(listener, *query.port)) &&
         listener.program.label.find(query.program) != std::string::npos &&
         (query.user.empty() || listener.service.user == query.user) &&
         (query.unit.empty() || std::ranges::any_of(listener.owners, [&](const model::ProcessRef& owner) {
            return owner->unit == query.unit;
          }));
}

class Writer final : public interface::EventWriter {
 public:
  explicit Writer(std::shared_ptr<Data> data) : data_(std::move(data)) {}

  base::Status commit(std::span<model::Event> events, const interface::AliveMark& mark) override {
    if (!std::ranges::all_of(events, model::is_well_formed))
      return base::fail(base::ErrorCode::kInvalidArgument, "an event with a detail of another kind");
    const std::scoped_lock lock(data_->mutex);
    for (model::Event& event : events) {
      event.seq = base::Seq{++data_->meta.last_seq.value};
      data_->apply(event);
      data_->events.push_back(event);
    }
    data_->meta.last_alive = mark.at;
    data_->meta.last_boot_id = mark.boot_id;
    return {};
  }

  base::Result<std::size_t> prune(const interface::AgeLimit& age, std::size_t max_rows) override {
    const std::scoped_lock lock(data_->mutex);
    std::vector<model::Event>& log = data_->events;
    const auto young = std::ranges::find_if(log, [&](const model::Event& event) {
      return event.time.at >= age.before && event.time.at <= age.now;
    });
    auto end = young;
    while (end != log.begin() && std::prev(end)->time.at > age.now) --end;
    std::size_t dropped = std::min(max_rows, static_cast<std::size_t>(end - log.begin()));
    log.erase(log.begin(), log.begin() + static_cast<std::ptrdiff_t>(dropped));
    for (auto at = data_->alerts.begin(); at != data_->alerts.end() && dropped < max_rows;) {
      const bool is_old =
          at->second.state == model::AlertState::kApproved && at->second.last_seen_at < age.before;
      at = is_old ? data_->alerts.erase(at) : std::next(at);
      dropped += is_old ? 1 : 0;
    }
    for (auto at = data_->periods.begin(); at != data_->periods.end() && dropped < max_rows;) {
      const bool is_gone = at->second.closed_seq && !is_mentioned(at->first);
      at = is_gone ? data_->periods.erase(at) : std::next(at);
      dropped += is_gone ? 1 : 0;
    }
    return dropped;
  }

 private:
  [[nodiscard]] bool is_mentioned(const model::ListenerKey& key) const {
    return std::ranges::any_of(
               data_->events,
               [&](const model::Event& event) { return event.listener && event.listener->key == key; }) ||
           std::ranges::any_of(data_->alerts,
                               [&](const auto& alert) { return alert.second.listener->key == key; });
  }

  std::shared_ptr<Data> data_;
};

class Reader final : public interface::EventReader {
 public:
  explicit Reader(std::shared_ptr<Data> data) : data_(std::move(data)) {}

  base::Result<model::EventPage> events(const model::EventQuery& query) override {
    PW_TRY(check_limit(query.limit));
    const std::scoped_lock lock(data_->mutex);
    std::vector<model::Event> log = data_->events;
    if (query.newest_first) std::ranges::reverse(log);
    model::EventPage page;
    model::PageBudget budget(query.limit, query.max_bytes);
    for (const model::Event& event : log) {
      if (query.after && (query.newest_first ? event.seq >= *query.after : event.seq <= *query.after))
        continue;
      if (!matches(event, query)) continue;
      if (!budget.take(weight(event))) {
        page.next = page.events.back().seq;
        break;
      }
      page.events.push_back(event);
    }
    return page;
  }

  base::Result<model::AlertPage> alerts(const model::AlertQuery& query) override {
    PW_TRY(check_limit(query.limit));
    const std::scoped_lock lock(data_->mutex);
    model::AlertPage page;
    model::PageBudget budget(query.limit, query.max_bytes);
    for (auto at = data_->alerts.rbegin(); at != data_->alerts.rend(); ++at) {
      const model::Alert& alert = at->second;
      if (query.id && alert.id != *query.id) continue;
      if (query.after && alert.id >= *query.after) continue;
      if (!query.states.empty() && std::ranges::find(query.states, alert.state) == query.states.end())
        continue;
      model::Alert as_now = data_->with_current_listener(alert);
      if (!budget.take(weight(as_now))) {
        page.next = page.alerts.back().id;
        break;
      }
      page.alerts.push_back(std::move(as_now));
    }
    return page;
  }

  base::Result<model::PastPage> listeners_at(const model::PastQuery& query) override {
    PW_TRY(check_limit(query.limit));
    const std::scoped_lock lock(data_->mutex);
    std::map<model::PastPlace, model::ListenerRef> found;
    for (const auto& [key, period] : data_->periods) {
      const model::Listener& now = *period.now;
      if (now.opened.at > query.at || (now.closed && now.closed->at <= query.at)) continue;
      if (query.port && !is_at(now, *query.port)) continue;
      auto then = std::make_shared<model::Listener>(now);
      if (now.unwatched_since > query.at) then->unwatched_since.reset();
      const base::Seq seq = std::max(last_seq_at(query.at), period.opened_seq);
      then->owners = std::prev(period.owners.upper_bound(seq))->second;
      for (const model::Event& event : data_->events)
        if (event.seq <= seq && event.listener && event.listener->key == key)
          Data::assess_as(*then, *event.listener);
      found[{.port = now.socket.endpoint.port, .number = period.opened_seq.value}] = std::move(then);
    }
    model::PastPage page;
    model::PageBudget budget(query.limit, query.max_bytes);
    const auto from = query.after ? found.upper_bound(*query.after) : found.begin();
    const auto stop = model::fill_page(from, found.end(), budget, [&](const auto& each) {
      if (!budget.take(weight(*each.second))) return false;
      page.listeners.push_back(each.second);
      return true;
    });
    if (stop != found.end()) page.next = std::prev(stop)->first;
    return page;
  }

 private:
  /// The last event that is not later; when all are, what came before the first one.
  [[nodiscard]] base::Seq last_seq_at(base::UtcTime at) const {
    if (data_->events.empty()) return data_->meta.last_seq;
    base::Seq seq{data_->events.front().seq.value - 1};
    for (const model::Event& event : data_->events)
      if (event.time.at <= at) seq = event.seq;
    return seq;
  }

  std::shared_ptr<Data> data_;
};

}  // namespace

MemoryEventStore::MemoryEventStore() : data_(std::make_shared<Data>()) {}
MemoryEventStore::~MemoryEventStore() = default;

std::unique_ptr<interface::EventWriter> MemoryEventStore::writer() {
  return std::make_unique<Writer>(data_);
}
std::unique_ptr<interface::EventReader> MemoryEventStore::reader() {
  return std::make_unique<Reader>(data_);
}

interface::RestoredState MemoryEventStore::state() const {
  const std::scoped_lock lock(data_->mutex);
  interface::RestoredState state = data_->meta;
  state.baseline = data_->baseline;
  for (const auto& [key, period] : data_->periods)
    if (!period.closed_seq) state.open_listeners.push_back(period.now);
  for (const auto& [id, alert] : data_->alerts)
    if (alert.state != model::AlertState::kApproved)
      state.alerts.push_back(data_->with_current_listener(alert));
  return state;
}

std::vector<model::Event> MemoryEventStore::events() const {
  const std::scoped_lock lock(data_->mutex);
  return data_->events;
}

}  // namespace portwatch::test

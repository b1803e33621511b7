// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/subscription.h"

#include <algorithm>
#include <utility>

#include "daemon/server/event_filter.h"
#include "daemon/server/redaction.h"

namespace portwatch::server {

Subscription::Subscription(interface::Queries& queries, Viewer viewer, model::EventQuery filter,
                           base::Seq after, Hooks hooks)
    : queries_(queries), viewer_(viewer), filter_(std::move(filter)), last_(after), hooks_(std::move(hooks)) {
  filter_.newest_first = false;
  filter_.limit = kPage;
}

void Subscription::start(base::Seq committed) {
  committed_ = committed;
  go_on();
}

void Subscription::on_committed(std::span<const model::Event> events) {
  if (events.empty() || has_ended_) return;
  committed_ = std::max(committed_, events.back().seq);
  // Only what continues the log at the place where we are can be told without the store.
  const auto fresh = std::ranges::upper_bound(events, last_, {}, &model::Event::seq);
  const bool continues = !is_reading_ && fresh != events.end() && fresh->seq.value == last_.value + 1;
  if (!continues || !hooks_.has_room()) {
    go_on();
    return;
  }
  for (auto event = fresh; event != events.end() && !has_ended_; ++event) {
    last_ = event->seq;
    const model::Event seen = redact(*event, viewer_);
    if (matches(filter_, seen)) hooks_.tell(seen);
  }
}

void Subscription::on_room() {
  go_on();
}

void Subscription::go_on() {
  if (has_ended_ || is_reading_ || committed_ <= last_ || !hooks_.has_room()) return;
  read();
}

void Subscription::read() {
  is_reading_ = true;
  model::EventQuery query = visible_query(filter_, viewer_);
  query.after = last_;
  queries_.events(std::move(query), [weak = weak_from_this(), committed_then = committed_](auto page) {
    if (const auto self = weak.lock()) self->on_page(std::move(page), committed_then);
  });
}

void Subscription::on_page(base::Result<model::EventPage> page, base::Seq committed_then) {
  is_reading_ = false;
  if (has_ended_) return;
  if (!page) {
    has_ended_ = true;
    hooks_.fail(std::move(page).error());
    return;
  }
  for (const model::Event& event : page->events) {
    if (has_ended_) return;
    last_ = event.seq;
    const model::Event seen = redact(event, viewer_);
    if (matches(filter_, seen)) hooks_.tell(seen);
  }
  // The last page holds all that was committed when it was asked for.
  last_ = page->next ? std::max(last_, *page->next) : std::max(last_, committed_then);
  go_on();
}

}  // namespace portwatch::server

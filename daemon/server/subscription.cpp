// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/subscription.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/server/event_filter.h"
#include "daemon/server/redaction.h"

namespace portwatch::server {

Subscription::Subscription(std::unique_ptr<interface::Queries> queries, Viewer viewer,
                           model::EventQuery filter, base::Seq after, Hooks hooks)
    : queries_(std::move(queries)),
      viewer_(viewer),
      filter_(std::move(filter)),
      last_(after),
      hooks_(std::move(hooks)) {
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
  // Only what continues the log at the place where we are can be told without the store, and only so much as
  // a page.
  const auto fresh = std::ranges::upper_bound(events, last_, {}, &model::Event::seq);
  const bool continues = !is_reading_ && held_.empty() && fresh != events.end() &&
                         fresh->seq.value == last_.value + 1 &&
                         static_cast<std::size_t>(events.end() - fresh) <= kPage;
  if (continues) {
    held_.assign(fresh, events.end());
    held_until_ = events.back().seq;
  }
  go_on();
}

void Subscription::on_room() {
  go_on();
}

void Subscription::end() {
  has_ended_ = true;
  queries_.reset();
}

void Subscription::go_on() {
  while (!has_ended_ && !held_.empty() && hooks_.has_room()) {
    const model::Event event = std::move(held_.front());
    held_.pop_front();
    last_ = held_.empty() ? held_until_ : event.seq;
    const model::Event seen = redact(event, viewer_);
    if (matches(filter_, seen)) hooks_.tell(seen);
  }
  if (!has_ended_ && !is_reading_ && held_.empty() && committed_ > last_ && hooks_.has_room()) read();
}

void Subscription::read() {
  is_reading_ = true;
  model::EventQuery query = visible_query(filter_, viewer_);
  query.after = last_;
  queries_->events(std::move(query), [weak = weak_from_this(), committed_then = committed_](auto page) {
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
  // The last page holds all that was committed when it was asked for.
  held_until_ = page->next ? *page->next : committed_then;
  if (!page->events.empty()) held_until_ = std::max(held_until_, page->events.back().seq);
  held_.assign(std::make_move_iterator(page->events.begin()), std::make_move_iterator(page->events.end()));
  if (held_.empty()) last_ = std::max(last_, held_until_);
  go_on();
}

}  // namespace portwatch::server

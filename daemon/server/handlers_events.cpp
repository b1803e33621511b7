// SPDX-License-Identifier: Apache-2.0
// events.list: stored history, a page at a time. (events.subscribe belongs to a session: see session.cpp.)
#include "daemon/server/event_filter.h"
#include "daemon/server/log_position.h"
#include "daemon/server/redaction.h"
#include "daemon/server/reply.h"

namespace portwatch::server {

void handle_events_list(const ContextRef& context, const Caller& caller, const nlohmann::json& json,
                        Reply reply) {
  auto params = decode_or_reply<protocol::Method::kEventsList>(json, reply);
  if (!params) return;
  model::EventQuery query = std::move(params->query);
  query.after.reset();
  if (params->after) {
    const auto position = position_of(*params->after, context->identity.epoch);
    if (!position) {
      reply(std::unexpected(position.error()));
      return;
    }
    query.after = *position;
  }
  query.max_bytes = context->max_page_bytes;
  caller.queries.events(visible_query(query, caller.viewer),
                        [viewer = caller.viewer, query, epoch = context->identity.epoch,
                         reply = std::move(reply)](base::Result<model::EventPage> page) {
                          if (!page) {
                            reply(outcome_of(page.error()));
                            return;
                          }
                          protocol::EventsListResult result;
                          for (const model::Event& event : page->events)
                            if (model::Event seen = redact(event, viewer); matches(query, seen))
                              result.events.push_back(std::move(seen));
                          if (page->next) result.next = protocol::Cursor{.epoch = epoch, .seq = *page->next};
                          reply(outcome_of(result));
                        });
}

}  // namespace portwatch::server

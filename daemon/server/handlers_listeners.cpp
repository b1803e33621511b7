// SPDX-License-Identifier: Apache-2.0
// listeners.list, listeners.brief and listeners.at: who listens now, and who did.
#include <algorithm>
#include <iterator>

#include "common/model/page_budget.h"
#include "common/model/weight.h"
#include "daemon/server/listener_position.h"
#include "daemon/server/on_port.h"
#include "daemon/server/redaction.h"
#include "daemon/server/reply.h"

namespace portwatch::server {
namespace {

using protocol::Method;

/// The conditions on what everybody may see, but for the port.
bool matches_what_is_open(const protocol::ListenersListParams& params, const model::Listener& listener) {
  const net::Endpoint& endpoint = listener.socket.endpoint;
  if (params.port) {
    if (params.port->protocol && endpoint.protocol != *params.port->protocol) return false;
    if (params.port->address && endpoint.address != *params.port->address) return false;
  }
  if (params.protocol && endpoint.protocol != *params.protocol) return false;
  if (params.family && endpoint.address.family() != *params.family) return false;
  if (params.exposure && listener.exposure != *params.exposure) return false;
  return !params.verdict || listener.verdict == *params.verdict;
}

/// The others, decided on what the viewer sees: a condition must not answer for what is hidden.
bool matches(const protocol::ListenersListParams& params, const model::Listener& seen) {
  if (seen.program.label.find(params.program) == std::string::npos) return false;
  return params.user.empty() || seen.service.user == params.user ||
         std::ranges::any_of(seen.owners,
                             [&](const model::ProcessRef& owner) { return owner->user == params.user; });
}

/// A place in the list of who listens now.
using Place = std::vector<model::ListenerRef>::const_iterator;

/// Where a page begins; when there is no such place, replies so and gives nothing.
std::optional<Place> place_or_reply(const std::optional<std::string>& after,
                                    const std::vector<model::ListenerRef>& all, const Reply& reply) {
  if (!after) return all.begin();
  const auto position = ListenerPosition::parse(*after, all.empty() ? "" : all.front()->key.boot_id);
  if (position)
    return std::ranges::upper_bound(all, *position, {}, [](const model::ListenerRef& listener) {
      return ListenerPosition::of(*listener);
    });
  reply(std::unexpected(protocol::invalid_params(
      {.code = base::ErrorCode::kInvalidArgument, .message = "/after is no place that portwatchd gave"})));
  return std::nullopt;
}

/// For who asks for the page that begins there.
std::string next_of(Place stop) {
  return ListenerPosition::of(**std::prev(stop)).to_string();
}

}  // namespace

void handle_listeners_list(const ContextRef& context, const Caller& caller, const nlohmann::json& json,
                           Reply reply) {
  const auto params = decode_or_reply<Method::kListenersList>(json, reply);
  if (!params) return;
  const std::vector<model::ListenerRef>& all = context->view.listeners();
  auto from = place_or_reply(params->after, all, reply);
  if (!from) return;
  Place end = all.end();
  if (params->port) {
    const auto of_port = on_port(all, params->port->port);
    from = std::max(*from, of_port.begin());
    end = std::max(*from, of_port.end());
  }

  protocol::ListenersListResult result;
  model::PageBudget budget(params->limit, context->max_page_bytes);
  const Place stop = model::fill_page(*from, end, budget, [&](const model::ListenerRef& listener) {
    if (!matches_what_is_open(*params, *listener)) return true;
    model::ListenerRef seen = redact(listener, caller.viewer);
    if (!matches(*params, *seen)) return true;
    if (!budget.take(weight(*seen))) return false;
    result.listeners.push_back(std::move(seen));
    return true;
  });
  if (stop != end) result.next = next_of(stop);
  result.coverage = context->view.coverage();
  reply(outcome_of(result));
}

void handle_listeners_brief(const ContextRef& context, const Caller& caller, const nlohmann::json& json,
                            Reply reply) {
  const auto params = decode_or_reply<Method::kListenersBrief>(json, reply);
  if (!params) return;
  const std::vector<model::ListenerRef>& all = context->view.listeners();
  const auto from = place_or_reply(params->after, all, reply);
  if (!from) return;

  protocol::ListenersBriefResult result;
  model::AlikeListenersBuilder groups;
  model::PageBudget budget(model::kMaxPage, context->max_page_bytes);
  const Place stop = model::fill_page(*from, all.end(), budget, [&](const model::ListenerRef& listener) {
    const model::ListenerRef seen = redact(listener, caller.viewer);
    const bool is_alike = groups.has_alike(*seen);
    if (!budget.take(is_alike ? model::kWeightOfAnAlikeOne : weight_in_brief(*seen))) return false;
    groups.add(seen);
    return true;
  });
  if (stop != all.end()) result.next = next_of(stop);
  result.groups = std::move(groups).take();
  reply(outcome_of(result));
}

void handle_listeners_at(const ContextRef& context, const Caller& caller, const nlohmann::json& json,
                         Reply reply) {
  auto params = decode_or_reply<Method::kListenersAt>(json, reply);
  if (!params) return;
  params->max_bytes = context->max_page_bytes;
  caller.queries.listeners_at(std::move(*params), [viewer = caller.viewer, reply = std::move(reply)](
                                                      base::Result<model::PastPage> page) {
    if (!page) {
      reply(outcome_of(page.error()));
      return;
    }
    protocol::ListenersAtResult result{.next = page->next};
    for (const model::ListenerRef& listener : page->listeners)
      result.listeners.push_back(redact(listener, viewer));
    reply(outcome_of(result));
  });
}

}  // namespace portwatch::server

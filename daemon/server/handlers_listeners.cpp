// SPDX-License-Identifier: Apache-2.0
// listeners.list, listeners.brief and listeners.at: who listens now, and who did.
#include <algorithm>
#include <iterator>

#include "common/base/assert.h"
#include "daemon/server/listener_position.h"
#include "daemon/server/redaction.h"
#include "daemon/server/reply.h"
#include "daemon/server/weight.h"

namespace portwatch::server {
namespace {

using protocol::Method;

/// The conditions on what everybody may see.
bool matches_what_is_open(const protocol::ListenersListParams& params, const model::Listener& listener) {
  const net::Endpoint& endpoint = listener.socket.endpoint;
  if (params.port) {
    if (endpoint.port != params.port->port) return false;
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

}  // namespace

void handle_listeners_list(const ContextRef& context, const Caller& caller, const nlohmann::json& json,
                           Reply reply) {
  const auto params = decode_or_reply<Method::kListenersList>(json, reply);
  if (!params) return;
  const std::vector<model::ListenerRef>& all = context->view.listeners();
  auto next = place_or_reply(params->after, all, reply);
  if (!next) return;

  protocol::ListenersListResult result;
  PageBudget budget(context->max_page_bytes);
  for (; *next != all.end(); ++*next) {
    if (!matches_what_is_open(*params, ***next)) continue;
    model::ListenerRef seen = redact(**next, caller.viewer);
    if (!matches(*params, *seen)) continue;
    if (result.listeners.size() == params->limit || !budget.take(weight(*seen))) {
      result.next = ListenerPosition::of(*result.listeners.back()).to_string();
      break;
    }
    result.listeners.push_back(std::move(seen));
  }
  result.coverage = context->view.coverage();
  reply(outcome_of(result));
}

void handle_listeners_brief(const ContextRef& context, const Caller& caller, const nlohmann::json& json,
                            Reply reply) {
  const auto params = decode_or_reply<Method::kListenersBrief>(json, reply);
  if (!params) return;
  const std::vector<model::ListenerRef>& all = context->view.listeners();
  auto next = place_or_reply(params->after, all, reply);
  if (!next) return;

  protocol::ListenersBriefResult result;
  model::AlikeListenersBuilder groups;
  PageBudget budget(context->max_page_bytes);
  for (const Place first = *next; *next != all.end(); ++*next) {
    const model::ListenerRef seen = redact(**next, caller.viewer);
    if (!budget.take(groups.has_alike(*seen) ? kWeightOfAnAlikeOne : weight_in_brief(*seen))) {
      PW_ASSERT(*next != first);
      result.next = ListenerPosition::of(**std::prev(*next)).to_string();
      break;
    }
    groups.add(seen);
  }
  result.groups = std::move(groups).take();
  reply(outcome_of(result));
}

void handle_listeners_at(const ContextRef& context, const Caller& caller, const nlohmann::json& json,
                         Reply reply) {
  auto params = decode_or_reply<Method::kListenersAt>(json, reply);
  if (!params) return;
  const std::size_t limit = params->limit;
  caller.queries.listeners_at(
      std::move(*params), [viewer = caller.viewer, limit, max_bytes = context->max_page_bytes,
                           reply = std::move(reply)](base::Result<std::vector<model::ListenerRef>> found) {
        if (!found) {
          reply(outcome_of(found.error()));
          return;
        }
        protocol::ListenersAtResult result{.is_truncated = found->size() >= limit};
        PageBudget budget(max_bytes);
        for (const model::ListenerRef& listener : *found) {
          model::ListenerRef seen = redact(listener, viewer);
          if (!budget.take(weight(*seen))) {
            result.is_truncated = true;
            break;
          }
          result.listeners.push_back(std::move(seen));
        }
        reply(outcome_of(result));
      });
}

}  // namespace portwatch::server

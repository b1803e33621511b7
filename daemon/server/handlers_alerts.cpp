// SPDX-License-Identifier: Apache-2.0
// alerts.*: what nobody expected, and what a person decides about it.
#include <fmt/format.h>

#include "daemon/server/redaction.h"
#include "daemon/server/reply.h"

namespace portwatch::server {
namespace {

using interface::AlertAction;
using protocol::Method;

using OnAlert = std::function<void(base::Result<model::Alert>)>;

void find_alert(interface::Queries& queries, base::AlertId id, OnAlert done) {
  queries.alerts({.id = id, .limit = 1}, [id, done = std::move(done)](base::Result<model::AlertPage> page) {
    if (!page)
      done(std::unexpected(std::move(page).error()));
    else if (page->alerts.empty())
      done(base::fail(base::ErrorCode::kNotFound, fmt::format("there is no alert {}", id.value)));
    else
      done(std::move(page->alerts.front()));
  });
}

/// Replies with an alert as the viewer may see it, or with the error.
OnAlert reply_with_alert(const Viewer& viewer, Reply reply) {
  return [viewer, reply = std::move(reply)](base::Result<model::Alert> alert) {
    if (alert)
      reply(outcome_of(protocol::AlertResult{.alert = redact(*alert, viewer)}));
    else
      reply(outcome_of(alert.error()));
  };
}

/// "ana (uid 1000)", or "uid 1000" where no name is known.
std::string actor_name(const Caller& caller) {
  const std::string uid = fmt::format("uid {}", caller.viewer.uid.value);
  return caller.user ? fmt::format("{} ({})", *caller.user, uid) : uid;
}

void change(const ContextRef& context, const Caller& caller, base::AlertId id, AlertAction action,
            Reply reply) {
  const Viewer viewer = caller.viewer;
  // Who may never do it learns nothing about the alert.
  if (right_to_change(viewer, context->policy, action) == ChangeRight::kNever) {
    reply(outcome_of(denial(viewer, context->policy, action)));
    return;
  }
  // Until it comes to that, the alert may change and the policy be reloaded.
  auto allowed = [context, viewer, action](const model::Alert& alert) {
    return may_change(viewer, context->policy, action, alert);
  };
  context->commands.change_alert(id, action, actor_name(caller), std::move(allowed),
                                 reply_with_alert(viewer, std::move(reply)));
}

}  // namespace

void handle_alerts_list(const ContextRef& context, const Caller& caller, const nlohmann::json& json,
                        Reply reply) {
  auto params = decode_or_reply<Method::kAlertsList>(json, reply);
  if (!params) return;
  params->max_bytes = context->max_page_bytes;
  caller.queries.alerts(std::move(*params), [viewer = caller.viewer,
                                             reply = std::move(reply)](base::Result<model::AlertPage> page) {
    if (!page) {
      reply(outcome_of(page.error()));
      return;
    }
    protocol::AlertsListResult result{.next = page->next};
    for (const model::Alert& alert : page->alerts) result.alerts.push_back(redact(alert, viewer));
    reply(outcome_of(result));
  });
}

void handle_alerts_show(const ContextRef& /*context*/, const Caller& caller, const nlohmann::json& json,
                        Reply reply) {
  const auto params = decode_or_reply<Method::kAlertsShow>(json, reply);
  if (params) find_alert(caller.queries, params->id, reply_with_alert(caller.viewer, std::move(reply)));
}

void handle_alerts_ack(const ContextRef& context, const Caller& caller, const nlohmann::json& json,
                       Reply reply) {
  const auto params = decode_or_reply<Method::kAlertsAck>(json, reply);
  if (params) change(context, caller, params->id, AlertAction::kAcknowledge, std::move(reply));
}

void handle_alerts_approve(const ContextRef& context, const Caller& caller, const nlohmann::json& json,
                           Reply reply) {
  const auto params = decode_or_reply<Method::kAlertsApprove>(json, reply);
  if (params) change(context, caller, params->id, AlertAction::kApprove, std::move(reply));
}

void handle_alerts_reject(const ContextRef& context, const Caller& caller, const nlohmann::json& json,
                          Reply reply) {
  const auto params = decode_or_reply<Method::kAlertsReject>(json, reply);
  if (params) change(context, caller, params->id, AlertAction::kReject, std::move(reply));
}

}  // namespace portwatch::server

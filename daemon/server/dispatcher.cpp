// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/dispatcher.h"

#include "daemon/server/reply.h"

namespace portwatch::server {
namespace {

using protocol::Method;

Handler handler_of(Method method) {
  switch (method) {
    case Method::kAlertsAck: return handle_alerts_ack;
    case Method::kAlertsApprove: return handle_alerts_approve;
    case Method::kAlertsList: return handle_alerts_list;
    case Method::kAlertsReject: return handle_alerts_reject;
    case Method::kAlertsShow: return handle_alerts_show;
    case Method::kEventsList: return handle_events_list;
    case Method::kHello: return handle_hello;
    case Method::kListenersAt: return handle_listeners_at;
    case Method::kListenersBrief: return handle_listeners_brief;
    case Method::kListenersClients: return handle_listeners_clients;
    case Method::kListenersList: return handle_listeners_list;
    case Method::kStatus: return handle_status;
    case Method::kEventsSubscribe:
    case Method::kEventsUnsubscribe: break;
  }
  return nullptr;
}

}  // namespace

void dispatch(const ContextRef& context, const Caller& caller, Method method, const nlohmann::json& params,
              Reply reply) {
  if (const base::Status allowed = may_read(caller.viewer); !allowed) {
    reply(outcome_of(allowed.error()));
    return;
  }
  const Handler handler = handler_of(method);
  if (handler == nullptr) {
    reply(std::unexpected(protocol::RpcError{.code = protocol::RpcCode::kInternalError,
                                             .message = "this method belongs to a session"}));
    return;
  }
  handler(context, caller, params, std::move(reply));
}

}  // namespace portwatch::server

// SPDX-License-Identifier: Apache-2.0
// The detail of a refused bind or listen as JSON and back.

#include "common/json/fields.h"

namespace portwatch::json {
namespace {

Json encode_holder(const model::AddressHolder& holder) {
  return Json::object(
      {{"kind", value(holder.kind)},
       {"protocol", value(holder.endpoint.protocol)},
       {"address", holder.endpoint.address.to_string()},
       {"port", value(holder.endpoint.port)},
       {"device", text_or_null(holder.device)},
       {"listener", holder.listener ? value(std::string_view(holder.listener->to_string())) : Json(nullptr)},
       {"listener_key", value_or_null(holder.listener)},
       {"program", text_or_null(holder.program)},
       {"pid", value_or_null(holder.pid)},
       {"user", text_or_null(holder.user)},
       {"same_process", holder.is_same_process}});
}

}  // namespace

model::AddressHolder read(const Reader& at, std::type_identity<model::AddressHolder>) {
  return {.kind = at.get<model::HolderKind>("kind"),
          .endpoint = {.protocol = at.get<net::Protocol>("protocol"),
                       .address = at.get<net::IpAddress>("address"),
                       .port = at.get<base::Port>("port")},
          .device = at.get_or<std::string>("device", {}),
          .listener = at.optional<model::ListenerKey>("listener_key"),
          .program = at.get_or<std::string>("program", {}),
          .pid = at.optional<base::Pid>("pid"),
          .user = at.get_or<std::string>("user", {}),
          .is_same_process = at.get<bool>("same_process")};
}

Json value(const model::ConflictDetail& detail) {
  return Json::object({{"wish", value(detail.wish)},
                       {"cause", value(detail.cause)},
                       {"certain", detail.is_certain},
                       {"holders", array_of(detail.holders, encode_holder)},
                       {"holders_left_out", detail.holders_left_out},
                       {"count", detail.count},
                       {"first_at", value(detail.first_at)},
                       {"others", detail.others}});
}

model::ConflictDetail read(const Reader& at, std::type_identity<model::ConflictDetail>) {
  return {.wish = at.get<model::Wish>("wish"),
          .cause = at.get<model::ConflictCause>("cause"),
          .is_certain = at.get<bool>("certain"),
          .holders = at.list<model::AddressHolder>("holders"),
          .holders_left_out = at.get<std::uint64_t>("holders_left_out"),
          .count = at.get<std::int64_t>("count"),
          .first_at = at.get<base::UtcTime>("first_at"),
          .others = at.get<std::int64_t>("others")};
}

}  // namespace portwatch::json

// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/conflict_codec.h"

#include "daemon/store/listener_key_codec.h"
#include "daemon/store/row_values.h"

namespace portwatch::store {
namespace {

void put_holder(FieldWriter& out, const model::AddressHolder& holder) {
  out.put(holder.kind)
      .put(holder.endpoint.protocol)
      .put(holder.endpoint.address.to_string())
      .put(std::int64_t{holder.endpoint.port.value})
      .put(holder.device)
      .put(holder.program)
      .put(holder.pid ? std::optional<std::int64_t>(holder.pid->value) : std::nullopt)
      .put(holder.user)
      .put(std::int64_t{holder.is_same_process})
      .put(std::int64_t{holder.listener.has_value()});
  if (holder.listener) put(out, *holder.listener);
}

model::AddressHolder read_holder(FieldReader& in) {
  model::AddressHolder holder;
  holder.kind = in.enumerator<model::HolderKind>();
  holder.endpoint.protocol = in.enumerator<net::Protocol>();
  holder.endpoint.address = net::IpAddress::parse(in.text()).value_or(net::IpAddress{});
  holder.endpoint.port = base::Port{static_cast<std::uint16_t>(in.number())};
  holder.device = in.text();
  holder.program = in.text();
  if (const auto pid = in.optional_number()) holder.pid = base::Pid{static_cast<std::int32_t>(*pid)};
  holder.user = in.text();
  holder.is_same_process = in.number() != 0;
  if (in.number() != 0) holder.listener = read_key(in);
  return holder;
}

}  // namespace

void put(FieldWriter& out, const model::ConflictDetail& detail) {
  out.put(detail.wish)
      .put(detail.cause)
      .put(std::int64_t{detail.is_certain})
      .put(detail.count)
      .put(to_us(detail.first_at))
      .put(detail.others)
      .put(static_cast<std::int64_t>(detail.holders_left_out))
      .put(static_cast<std::int64_t>(detail.holders.size()));
  for (const model::AddressHolder& holder : detail.holders) put_holder(out, holder);
}

model::ConflictDetail read_conflict(FieldReader& in) {
  model::ConflictDetail detail;
  detail.wish = in.enumerator<model::Wish>();
  detail.cause = in.enumerator<model::ConflictCause>();
  detail.is_certain = in.number() != 0;
  detail.count = in.number();
  detail.first_at = utc_from_us(in.number());
  detail.others = in.number();
  detail.holders_left_out = static_cast<std::uint64_t>(in.number());
  const std::size_t count = in.count();
  for (std::size_t i = 0; i < count && in.is_good(); ++i) detail.holders.push_back(read_holder(in));
  return detail;
}

}  // namespace portwatch::store

// SPDX-License-Identifier: Apache-2.0
#include "cli/filters.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cli/client/event_filter.h"
#include "cli/render/words.h"
#include "cli/times.h"
#include "common/base/text.h"
#include "common/net/port_query.h"

namespace portwatch::cli {
namespace {

bool is_of_user(const model::Listener& listener, const std::string& user) {
  if (user_words(listener) == user) return true;
  return std::ranges::any_of(listener.owners, [&](const model::ProcessRef& owner) {
    return owner && (owner->user == user || (owner->uid && fmt::format("{}", owner->uid->value) == user));
  });
}

bool is_of_unit(const model::Listener& listener, const std::string& unit) {
  return std::ranges::any_of(listener.owners, [&](const model::ProcessRef& owner) {
    return owner && owner->unit && (*owner->unit == unit || *owner->unit == unit + ".service");
  });
}

base::Result<std::vector<model::EventKind>> kinds_of(const Arguments& arguments) {
  std::vector<model::EventKind> kinds;
  for (const std::string& values : arguments.values("--kind")) {
    for (const std::string_view name : base::split(values, ',')) {
      const auto kind = base::enum_from_name<model::EventKind>(name);
      if (!kind) {
        const std::vector<std::string_view> known(base::kEnumNames<model::EventKind>.begin(),
                                                  base::kEnumNames<model::EventKind>.end());
        const auto nearest = base::nearest(name, known);
        return base::fail(
            base::ErrorCode::kInvalidArgument,
            fmt::format("--kind: no kind of event is called '{}'{}; there are: {}", name,
                        nearest ? fmt::format(" (did you mean {}?)", *nearest) : "", fmt::join(known, ", ")));
      }
      kinds.push_back(*kind);
    }
  }
  return kinds;
}

}  // namespace

const std::vector<OptionSpec>& who_options() {
  static const std::vector<OptionSpec> kOptions{
      {"", "--program", "TEXT", "programs whose name holds TEXT: \"http.server\""},
      {"", "--user", "NAME", "what this user's processes hold"},
      {"", "--unit", "UNIT", "what this systemd unit holds: nginx.service"},
  };
  return kOptions;
}

const std::vector<OptionSpec>& event_options() {
  static const std::vector<OptionSpec> kOptions{
      {"", "--port", "PORT", "the same as the argument PORT"},
      {"", "--kind", "KIND",
       "this kind of event alone: opened, closed, owner_changed, bind_conflict, alert_raised, gap, …; may be "
       "given "
       "again",
       true},
  };
  return kOptions;
}

std::vector<OptionSpec> joined(std::vector<OptionSpec> options, const std::vector<OptionSpec>& more) {
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

base::Result<std::optional<net::PortQuery>> port_argument(const Arguments& arguments) {
  auto text = arguments.value("PORT");
  if (text && arguments.has("--port"))
    return base::fail(base::ErrorCode::kInvalidArgument, "give the port once: as PORT or with --port");
  if (!text) text = arguments.value("--port");
  if (!text) return std::optional<net::PortQuery>();
  const auto query = net::parse_port_query(*text);
  if (!query) return std::unexpected(query.error());
  return std::optional(*query);
}

base::Result<std::vector<model::ListenerRef>> choose_listeners(const Arguments& arguments,
                                                               std::vector<model::ListenerRef> listeners) {
  const auto port = port_argument(arguments);
  if (!port) return std::unexpected(port.error());
  const auto program = arguments.value("--program");
  const auto user = arguments.value("--user");
  const auto unit = arguments.value("--unit");
  // Both of a pair, or none, is no condition.
  const bool is_by_protocol = arguments.has("--tcp") != arguments.has("--udp");
  const bool is_by_family = arguments.has("--ipv4") != arguments.has("--ipv6");
  const auto protocol = arguments.has("--tcp") ? net::Protocol::kTcp : net::Protocol::kUdp;
  const auto family = arguments.has("--ipv4") ? net::Family::kIpv4 : net::Family::kIpv6;

  std::erase_if(listeners, [&](const model::ListenerRef& listener) {
    if (!listener) return true;
    const net::Endpoint& endpoint = listener->socket.endpoint;
    if (is_by_protocol && endpoint.protocol != protocol) return true;
    if (is_by_family && endpoint.address.family() != family) return true;
    if (*port && !matches(**port, endpoint)) return true;
    if (program && listener->program.label.find(*program) == std::string::npos) return true;
    if (user && !is_of_user(*listener, *user)) return true;
    return unit && !is_of_unit(*listener, *unit);
  });
  return listeners;
}

base::Result<std::optional<protocol::Cursor>> cursor_argument(const Arguments& arguments) {
  const auto text = arguments.value("--after");
  if (!text) return std::optional<protocol::Cursor>();
  if (auto cursor = protocol::Cursor::parse(*text)) return cursor;
  const auto seq = base::parse_u64(*text);
  if (seq && std::in_range<std::int64_t>(*seq))
    return std::optional(protocol::Cursor{.epoch = "", .seq = {static_cast<std::int64_t>(*seq)}});
  return base::fail(
      base::ErrorCode::kInvalidArgument,
      fmt::format("--after: '{}' is neither a \"next\" of history --json nor the seq of an event", *text));
}

base::Result<model::EventQuery> event_query(const Arguments& arguments, base::UtcTime now,
                                            const TimeZone& zone) {
  model::EventQuery query;
  auto port = port_argument(arguments);
  if (!port) return std::unexpected(port.error());
  query.port = *port;
  auto kinds = kinds_of(arguments);
  if (!kinds) return std::unexpected(kinds.error());
  query.kinds = std::move(*kinds);
  query.program = arguments.value("--program").value_or("");
  query.user = arguments.value("--user").value_or("");
  query.unit = arguments.value("--unit").value_or("");
  for (const auto& [name, target] :
       {std::pair{"--since", &query.since}, std::pair{"--until", &query.until}}) {
    const auto text = arguments.value(name);
    if (!text) continue;
    const auto time = parse_time(*text, now, zone);
    if (!time) return base::with_context(name, time.error());
    *target = *time;
  }
  if (query.since && query.until && *query.since >= *query.until)
    return base::fail(base::ErrorCode::kInvalidArgument,
                      "--since is not before --until: that is no time at all");
  return query;
}

}  // namespace portwatch::cli

// SPDX-License-Identifier: Apache-2.0
#include "common/net/port_query.h"

#include <string>

#include <fmt/format.h>

#include "common/base/text.h"

namespace portwatch::net {
namespace {

using base::ErrorCode;
using base::fail;

constexpr std::string_view kAllowed =
    "write a port from 1 to 65535 as 3000, :3000, udp/5353, 5353/udp, 127.0.0.1:3000, [::1]:3000, "
    "localhost:3000 or a URL";

std::unexpected<base::Error> refuse(std::string_view text) {
  constexpr std::size_t kShown = 60;
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("\"{}\" is not a port: {}",
                          base::truncate_to_width(base::escape_for_terminal(text), kShown), kAllowed));
}

std::optional<base::Port> parse_port(std::string_view text) {
  const auto number = base::parse_u64(text);
  if (!number || *number == 0 || *number > 65535) return std::nullopt;
  return base::Port{static_cast<std::uint16_t>(*number)};
}

/// The port that a URL of this scheme means when it names none.
std::optional<base::Port> default_port(std::string_view scheme) {
  if (scheme == "http" || scheme == "ws") return base::Port{80};
  if (scheme == "https" || scheme == "wss") return base::Port{443};
  return std::nullopt;
}

struct HostAndPort {
  std::string_view host;
  std::optional<std::string_view> port;
};

/// "host:port", "[v6]:port", ":port", or a host alone. Nothing for an IPv6 address without brackets.
std::optional<HostAndPort> split_host(std::string_view text) {
  std::size_t end_of_host = text.find(':');
  std::string_view host = text.substr(0, end_of_host);
  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    host = text.substr(1, bracket - 1);
    if (!IpAddress::parse(host) || host.find(':') == std::string_view::npos) return std::nullopt;
    end_of_host = bracket + 1;
  }
  if (end_of_host >= text.size()) return HostAndPort{.host = host};
  if (text[end_of_host] != ':') return std::nullopt;
  return HostAndPort{.host = host, .port = text.substr(end_of_host + 1)};
}

/// What is behind "scheme://". A name is not resolved: only its port counts.
std::optional<PortQuery> parse_url(std::string_view scheme, std::string_view rest) {
  std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos)
    authority.remove_prefix(at + 1);
  const auto parts = split_host(authority);
  if (!parts || parts->host.empty()) return std::nullopt;
  const bool is_port_named = parts->port && !parts->port->empty();
  const auto port = is_port_named ? parse_port(*parts->port) : default_port(scheme);
  if (!port) return std::nullopt;
  return PortQuery{.port = *port,
                   .protocol = base::enum_from_name<Protocol>(scheme),
                   .address = IpAddress::parse(parts->host)};
}

/// "3000", ":3000", "*:3000", "localhost:3000", "127.0.0.1:3000", "[::1]:3000".
std::optional<PortQuery> parse_plain(std::string_view text) {
  if (const auto port = parse_port(text)) return PortQuery{.port = *port};
  const auto parts = split_host(text);
  if (!parts || !parts->port) return std::nullopt;
  const auto port = parse_port(*parts->port);
  if (!port) return std::nullopt;
  PortQuery query{.port = *port, .address = IpAddress::parse(parts->host)};
  const bool is_any =
      parts->host.empty() ? !text.starts_with('[') : parts->host == "*" || parts->host == "localhost";
  if (!query.address && !is_any) return std::nullopt;
  return query;
}

}  // namespace

base::Result<PortQuery> parse_port_query(std::string_view text) {
  std::string_view rest = base::trim(text);
  if (const std::size_t mark = rest.find("://"); mark != std::string_view::npos) {
    const auto query = parse_url(rest.substr(0, mark), rest.substr(mark + 3));
    if (!query) return refuse(text);
    return *query;
  }
  std::optional<Protocol> protocol;
  if (const std::size_t slash = rest.find('/'); slash != std::string_view::npos) {
    if ((protocol = base::enum_from_name<Protocol>(rest.substr(0, slash))))
      rest.remove_prefix(slash + 1);
    else if ((protocol = base::enum_from_name<Protocol>(rest.substr(slash + 1))))
      rest = rest.substr(0, slash);
    else
      return refuse(text);
  }
  auto query = parse_plain(rest);
  if (!query) return refuse(text);
  query->protocol = protocol;
  return *query;
}

}  // namespace portwatch::net

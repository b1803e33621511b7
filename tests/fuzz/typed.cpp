// SPDX-License-Identifier: Apache-2.0
// What people type, and text that is shown to them: what is read is written as it was meant, and nothing that
// is shown does anything to a terminal.
#include <string>

#include <nlohmann/json.hpp>

#include "cli/times.h"
#include "common/base/text.h"
#include "common/base/utf8.h"
#include "common/json/codec.h"
#include "common/protocol/cursor.h"
#include "tests/fuzz/target.h"

namespace portwatch::fuzz {
namespace {

constexpr base::UtcTime kNow =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + std::chrono::hours{12};

void port(std::string_view text) {
  const auto port = net::parse_port_query(text);
  if (!port) {
    PW_ASSERT(port.error().code == base::ErrorCode::kInvalidArgument && !port.error().message.empty());
    return;
  }
  PW_ASSERT(port->port != base::Port{0});
  const model::PastQuery query{.at = kNow, .port = *port};
  const auto again = json::decode<model::PastQuery>(json::encode(query));
  PW_ASSERT(again && *again == query);
}

void time(std::string_view text) {
  if (const auto time = base::parse_rfc3339(text))
    PW_ASSERT(base::parse_rfc3339(base::to_rfc3339(*time)) == time);
  if (const auto duration = base::parse_duration(text)) {
    PW_ASSERT(*duration >= base::Micros{0});
    PW_ASSERT(!base::format_duration(*duration).empty());
  }
  for (const auto ahead : {std::chrono::hours{0}, std::chrono::hours{14}, std::chrono::hours{-12}}) {
    const auto typed = cli::parse_time(text, kNow, [ahead](base::UtcTime) { return ahead; });
    PW_ASSERT(typed || !typed.error().message.empty());
  }
}

void values(std::string_view text) {
  if (const auto address = net::IpAddress::parse(text))
    PW_ASSERT(net::IpAddress::parse(address->to_string()) == address);
  if (const auto cursor = protocol::Cursor::parse(text))
    PW_ASSERT(protocol::Cursor::parse(cursor->to_string()) == cursor);
}

void shown(std::string_view text) {
  const std::string valid = base::to_valid_utf8(text);
  PW_ASSERT(base::to_valid_utf8(valid) == valid);
  const std::string safe = base::escape_for_terminal(text);
  PW_ASSERT(base::to_valid_utf8(safe) == safe);
  for (std::string_view rest = safe; !rest.empty();) {
    const base::CodePoint next = base::first_code_point(rest);
    PW_ASSERT(next.is_valid && !base::is_invisible(next.value));
    rest.remove_prefix(next.size);
  }
  for (const std::size_t columns : {std::size_t{0}, std::size_t{1}, std::size_t{7}}) {
    const std::string cut = base::truncate_to_width(safe, columns);
    PW_ASSERT(base::display_width(cut) <= columns);
    PW_ASSERT(base::to_valid_utf8(cut) == cut);
  }
  static_cast<void>(base::nearest(text, {"status", "list", "history", "alerts"}));
  // As JSON it is one line that holds the same text.
  const std::string line = json::dump(valid);
  PW_ASSERT(line.find('\n') == std::string::npos);
  const auto parsed = json::parse(line);
  PW_ASSERT(parsed && *parsed == valid);
}

}  // namespace

void typed(std::string_view input) {
  port(input);
  time(input);
  values(input);
  shown(input);
}

}  // namespace portwatch::fuzz

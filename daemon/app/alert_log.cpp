// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/alert_log.h"

#include <fmt/format.h>

#include "common/base/assert.h"
#include "common/base/text.h"

namespace portwatch::app {
namespace {

std::string in_quotes(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return '"' + base::escape_for_terminal(escaped) + '"';
}

std::string pids_of(const model::Listener& listener) {
  std::string pids;
  for (const model::ProcessRef& owner : listener.owners) {
    if (!pids.empty()) pids += ',';
    pids += fmt::format("{}", owner->key.pid.value);
  }
  return pids.empty() ? "-" : pids;
}

std::string texts_of(const std::vector<model::Reason>& reasons) {
  std::string texts;
  for (const model::Reason& reason : reasons) {
    if (!texts.empty()) texts += "; ";
    texts += reason.text;
  }
  return texts;
}

}  // namespace

std::string format_alert(const model::Alert& alert, std::uint64_t passed_over) {
  PW_ASSERT(alert.listener != nullptr);
  const model::Listener& listener = *alert.listener;
  std::string line = fmt::format(
      "alert id={} severity={} state={} delivery={} count={} endpoint={} exposure={} program={} pid={} "
      "user={} reason={}",
      alert.id.value, base::name_of(alert.severity), base::name_of(alert.state),
      base::name_of(alert.delivery), alert.count, listener.socket.place(), base::name_of(listener.exposure),
      in_quotes(listener.program.label), pids_of(listener), in_quotes(listener.service.user),
      in_quotes(texts_of(alert.reasons)));
  if (passed_over > 0) line += fmt::format(" not_logged={}", passed_over);
  return line;
}

}  // namespace portwatch::app

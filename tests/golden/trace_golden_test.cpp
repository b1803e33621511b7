// SPDX-License-Identifier: Apache-2.0
// Recordings of real workloads (tests/fixtures/traces), and what is made of them: each event with its time
// since the start, on any system.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <variant>

#include "daemon/app/replay.h"
#include "tests/golden/golden.h"

namespace portwatch::test {
namespace {

std::string since(base::Micros time) {
  return fmt::format("+{}.{:06}", time.count() / 1'000'000, time.count() % 1'000'000);
}

std::string pids(const std::vector<model::ProcessRef>& processes) {
  std::string text;
  for (const model::ProcessRef& process : processes) text += fmt::format(" {}", process->key.pid.value);
  return text;
}

std::string line_of(const model::Ending& ending) {
  std::string text = fmt::format(", {}", base::name_of(ending.cause));
  if (ending.cause == model::EndCause::kExited) text += fmt::format(" with {}", ending.exit_status);
  return ending.signal.empty() ? text : text + " by " + ending.signal;
}

struct DetailLine {
  std::string operator()(std::monostate) const { return ""; }
  std::string operator()(const model::StartedDetail& detail) const { return " " + detail.sensor; }
  std::string operator()(const model::GapDetail& detail) const { return " " + detail.reason; }
  std::string operator()(const model::SuspendedDetail& detail) const {
    return fmt::format(" {} us", detail.duration.count());
  }
  std::string operator()(const model::CoverageDetail& detail) const {
    return fmt::format(" {} tables, {} holes", detail.coverage.tables.size(), detail.coverage.holes.size());
  }
  std::string operator()(const model::OpenedDetail& detail) const {
    return detail.replaces ? fmt::format(", again after {}", detail.replaces->generation) : "";
  }
  std::string operator()(const model::OwnerChangedDetail& detail) const {
    return fmt::format(", added{}, removed{}", pids(detail.added), pids(detail.removed));
  }
  std::string operator()(const model::AlertDetail& detail) const {
    const model::Alert& alert = detail.alert;
    std::string text = fmt::format(", alert {} {} {} x{}", alert.id.value, base::name_of(alert.severity),
                                   base::name_of(alert.state), alert.count);
    for (const model::Reason& reason : alert.reasons) text += fmt::format(" {}", base::name_of(reason.code));
    return text;
  }
  std::string operator()(const model::ConflictDetail& detail) const {
    std::string text = fmt::format(", {} refused x{}: {}", base::name_of(detail.wish), detail.count,
                                   base::name_of(detail.cause));
    for (const model::AddressHolder& holder : detail.holders)
      text += fmt::format(" {} {}", base::name_of(holder.kind), holder.program);
    return text;
  }
  std::string operator()(const model::PolicyDetail& detail) const {
    return fmt::format(" {} known", detail.added.size());
  }
};

std::string line_of(const model::Event& event, base::BootTime start) {
  std::string line = fmt::format("{} {}", since(event.time.boot - start), base::name_of(event.kind));
  if (event.time.earliest)
    line += fmt::format(" within {} us", (event.time.at - *event.time.earliest).count());
  if (event.listener != nullptr) {
    line += fmt::format(" {} {} {} by {} ({}), held by{}", event.listener->socket.place(),
                        base::name_of(event.listener->exposure),
                        base::name_of(event.listener->socket.bind_intent), event.listener->program.label,
                        event.listener->service.user, pids(event.listener->owners));
    if (event.kind == model::EventKind::kClosed) line += line_of(event.listener->ending);
  }
  return line + std::visit(DetailLine{}, event.detail) + "\n";
}

std::string summary_of(const std::string& name) {
  const auto source = trace::Source::open(std::string(PORTWATCH_TRACES_DIR) + "/" + name + ".jsonl");
  if (!source) return source.error().message;
  core::Engine engine(app::options_of((*source)->began().rules), {});
  std::string summary;
  const auto tell = [&](const core::Effects& effects) {
    for (const model::Event& event : effects.events) summary += line_of(event, (*source)->began().at.boot);
  };
  tell(app::replay(engine, (*source)->began()));
  while (true) {
    const auto record = (*source)->next();
    if (!record) return record.error().message;
    if (!*record) break;
    tell(app::replay(engine, **record));
  }
  return summary + (*source)->shortfall().value_or("");
}

class RecordedWorkload : public testing::TestWithParam<std::string> {};

TEST_P(RecordedWorkload, LeadsToTheEventsThatItLedToBefore) {
  EXPECT_TRUE(matches_golden("trace-" + GetParam(), summary_of(GetParam())));
}

INSTANTIATE_TEST_SUITE_P(Traces, RecordedWorkload,
                         testing::Values("crash-loop", "nginx-reload", "refused-binds", "socket-tests",
                                         "two-networks"),
                         [](const testing::TestParamInfo<std::string>& workload) {
                           std::string name;
                           for (const char c : workload.param)
                             if (c != '-') name += c;
                           return name;
                         });

}  // namespace
}  // namespace portwatch::test

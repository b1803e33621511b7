// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/bpf/event_rig.h"

#include <sys/stat.h>

#include "common/base/assert.h"

namespace portwatch::test {
namespace {

bpf::EventPrograms load(const bpf::EventPrograms::Options& options) {
  auto programs = bpf::EventPrograms::load(bpf::read_conditions("/proc", "/sys"), options);
  if (!programs) ADD_FAILURE() << programs.error().message;
  PW_ASSERT(programs.has_value());
  for (const auto& missing : programs->missing()) ADD_FAILURE() << missing.what << ": " << missing.reason;
  return std::move(*programs);
}

}  // namespace

base::Netns own_netns() {
  struct stat status{};
  PW_ASSERT(::stat("/proc/self/ns/net", &status) == 0);
  return base::Netns{status.st_ino};
}

EventRig::EventRig(bpf::EventPrograms::Options options) : programs_(load(options)), netns_{own_netns()} {}

bool EventRig::is_ours(const bpf::Event& event) const {
  if (const auto* const process = std::get_if<bpf::ProcessTold>(&event)) return is_ours(process->netns);
  if (const auto* const opened = std::get_if<bpf::Opened>(&event))
    return is_ours(opened->socket.record.netns);
  if (const auto* const ended = std::get_if<bpf::Ended>(&event)) return is_ours(ended->netns);
  if (const auto* const refused = std::get_if<bpf::ListenRefused>(&event))
    return is_ours(refused->wished.record.netns);
  if (const auto* const refused = std::get_if<bpf::BindRefused>(&event))
    return is_ours(refused->wished.record.netns);
  return true;  // of a process: tests ask by its pid
}

void EventRig::read() {
  programs_.ring().drain([&](bpf::Bytes record) {
    auto event = bpf::decode_event(record);
    ASSERT_TRUE(event) << event.error().message;
    if (is_ours(*event)) events_.push_back(std::move(*event));
  });
}

EventRig& shared_rig() {
  static EventRig rig;
  rig.forget();
  return rig;
}

bpf::ProcessTold EventRig::who(const bpf::ImageId& image) {
  const auto told = all<bpf::ProcessTold>([&](const auto& each) { return each.happening.image == image; });
  EXPECT_FALSE(told.empty());
  return told.empty() ? bpf::ProcessTold{} : told.back();
}

}  // namespace portwatch::test

// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/event_translator.h"

#include <utility>
#include <variant>

#include "daemon/sensor/linux/wait_status.h"

namespace portwatch::sensor {

void EventTranslator::take(const bpf::Event& event, std::vector<model::Observation>& told) {
  std::visit([&](const auto& one) { note(one, told); }, event);
}

void EventTranslator::end_bundle(std::vector<model::Observation>& told) {
  refusals_.clear();
  tell_holders(told);
}

void EventTranslator::tell_holders(Observations& told) {
  if (const auto at = std::exchange(holders_changed_at_, std::nullopt))
    told.emplace_back(model::HoldersChanged{.at = *at, .ended = std::exchange(ended_, {})});
}

void EventTranslator::note(const bpf::ProcessTold& event, Observations& /*told*/) {
  processes_->tell(event);
}

void EventTranslator::note(const bpf::Opened& event, Observations& told) {
  model::SocketOpened opened{.socket = event.socket.record, .at = event.happening.at};
  opened.opener = processes_->who(event.happening.image, event.happening.uid);
  if (!networks_->is_own(opened.socket.netns)) sockets_->note(opened.socket, opened.at);
  place(opened.socket, event.socket.device_index, opened.opener, *networks_, device_name_);
  told.emplace_back(std::move(opened));
}

void EventTranslator::note(const bpf::Ended& event, Observations& told) {
  const base::Pid pid = event.happening.image.key.pid;
  model::SocketClosed closed{.netns = event.netns, .id = event.id, .at = event.happening.at};
  if (!networks_->is_own(event.netns)) closed.id = sockets_->end(event.netns, event.id, event.inode);
  if (event.wait_status)
    closed.ending = ending_of(*event.wait_status, pid);
  else if (!event.is_by_kernel && pid != self_)
    closed.ending = {.cause = model::EndCause::kClosed, .pid = pid};
  else
    tell_holders(told);  // one of them may be why
  told.emplace_back(std::move(closed));
}

void EventTranslator::note(const bpf::ListenRefused& event, Observations& told) {
  refuse(event.happening, event.wished, model::Wish::kListen, false, told);
}

void EventTranslator::note(const bpf::BindRefused& event, Observations& told) {
  refuse(event.happening, event.wished, model::Wish::kBind, event.lacks_privilege, told);
}

/// A program that does not stop to try is told once for a bundle.
void EventTranslator::refuse(const bpf::Happening& happening, const bpf::Socket& wished, model::Wish wish,
                             bool lacks_privilege, Observations& told) {
  const Again again{.process = happening.image.key,
                    .netns = wished.record.netns,
                    .endpoint = wished.record.endpoint,
                    .device_index = wished.device_index,
                    .wish = wish};
  const auto [known, is_first] = refusals_.try_emplace(again, told.size());
  if (!is_first) {
    ++std::get<model::WishRefused>(told[known->second]).count;
    return;
  }
  model::WishRefused refused{.wish = wish, .socket = wished.record, .at = happening.at, .by = nullptr};
  refused.by = processes_->who(happening.image, happening.uid);
  place(refused.socket, wished.device_index, refused.by, *networks_, device_name_);
  AddressHolders::Finding finding = why_refused_(wish, refused.socket, lacks_privilege);
  refused.cause = finding.cause;
  refused.is_certain = finding.is_certain;
  refused.holders = std::move(finding.holders);
  refused.holders_left_out = finding.holders_left_out;
  told.emplace_back(std::move(refused));
}

void EventTranslator::note(const bpf::HolderExec& event, Observations& /*told*/) {
  processes_->tell(event);
  holders_changed_at_ = event.happening.at;
}

void EventTranslator::note(const bpf::HolderFork& event, Observations& /*told*/) {
  processes_->tell(event);
  holders_changed_at_ = event.happening.at;
}

void EventTranslator::note(const bpf::HolderExit& event, Observations& /*told*/) {
  processes_->tell(event);
  const model::ProcessKey& process = event.happening.image.key;
  if (ended_.size() < kMostEnds)
    ended_.push_back({.process = process, .ending = ending_of(event.wait_status, process.pid)});
  holders_changed_at_ = event.happening.at;
}

}  // namespace portwatch::sensor

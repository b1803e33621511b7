// SPDX-License-Identifier: Apache-2.0
#include "common/model/told_size.h"

#include <algorithm>

#include "common/model/weight.h"

namespace portwatch::model {
namespace {

/// How many values from the beginning of a list are told.
template <class T>
std::size_t count_told(const std::vector<T>& values, std::size_t most) {
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (const T& value : values) {
    bytes += weight(value);
    if (count > 0 && (count == most || bytes > kMostBytesTold)) break;
    ++count;
  }
  return count;
}

template <class T>
void cut(std::vector<T>& values, std::uint64_t& left_out, std::size_t most) {
  const std::size_t count = count_told(values, most);
  left_out += values.size() - count;
  values.resize(count);
}

}  // namespace

ListenerRef cut_to_told_size(const ListenerRef& listener) {
  if (listener == nullptr || count_told(listener->owners, kMostProcessesTold) == listener->owners.size())
    return listener;
  auto told = std::make_shared<Listener>(*listener);
  cut(told->owners, told->owners_left_out, kMostProcessesTold);
  return told;
}

void cut_to_told_size(Event& event) {
  event.listener = cut_to_told_size(event.listener);
  if (auto* owners = std::get_if<OwnerChangedDetail>(&event.detail)) {
    cut(owners->added, owners->added_left_out, kMostProcessesTold);
    cut(owners->removed, owners->removed_left_out, kMostProcessesTold);
  } else if (auto* alert = std::get_if<AlertDetail>(&event.detail)) {
    alert->alert.listener = cut_to_told_size(alert->alert.listener);
  } else if (auto* policy = std::get_if<PolicyDetail>(&event.detail)) {
    cut(policy->added, policy->added_left_out, policy->added.size());
  }
}

}  // namespace portwatch::model

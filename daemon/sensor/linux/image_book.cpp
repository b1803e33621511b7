// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/image_book.h"

#include <utility>

namespace portwatch::sensor {

void ImageBook::keep(const bpf::ImageId& image, model::ProcessRef process) {
  if (const auto known = by_image_.find(image); known != by_image_.end()) {
    known->second->process = std::move(process);
    entries_.splice(entries_.begin(), entries_, known->second);
    return;
  }
  if (by_image_.size() >= most_) {
    by_image_.erase(entries_.back().image);
    entries_.pop_back();
  }
  entries_.push_front({image, std::move(process)});
  by_image_.emplace(image, entries_.begin());
}

model::ProcessRef ImageBook::find(const bpf::ImageId& image) {
  const auto known = by_image_.find(image);
  if (known == by_image_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, known->second);
  return known->second->process;
}

void ImageBook::forget(const bpf::ImageId& image) {
  const auto known = by_image_.find(image);
  if (known == by_image_.end()) return;
  entries_.erase(known->second);
  by_image_.erase(known);
}

}  // namespace portwatch::sensor

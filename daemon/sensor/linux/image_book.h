// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who each image of a process is, as it was told. It is bounded: the one that was not asked for the longest
// goes.

#include <cstddef>
#include <list>
#include <unordered_map>

#include "common/model/process.h"
#include "daemon/sensor/linux/bpf/decode.h"

namespace portwatch::sensor {

class ImageBook {
 public:
  explicit ImageBook(std::size_t most) : most_(most) {}

  void keep(const bpf::ImageId& image, model::ProcessRef process);
  /// Null: not told, or forgotten.
  [[nodiscard]] model::ProcessRef find(const bpf::ImageId& image);
  void forget(const bpf::ImageId& image);

  [[nodiscard]] std::size_t size() const { return by_image_.size(); }

 private:
  struct Entry {
    bpf::ImageId image;
    model::ProcessRef process;
  };
  struct Hash {
    std::size_t operator()(const bpf::ImageId& image) const noexcept {
      return std::hash<model::ProcessKey>{}(image.key) * 31U + static_cast<std::size_t>(image.exec_id);
    }
  };

  std::size_t most_;
  std::list<Entry> entries_;  ///< the one that was asked for last is in front
  std::unordered_map<bpf::ImageId, std::list<Entry>::iterator, Hash> by_image_;
};

}  // namespace portwatch::sensor

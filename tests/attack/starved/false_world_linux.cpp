// SPDX-License-Identifier: Apache-2.0
// One page of memory that the test and the program share, in a file.
#include "tests/attack/starved/false_world.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <new>

#include "common/base/assert.h"
#include "common/platform/descriptor.h"

namespace portwatch::test {

FalseWorld::FalseWorld() {
  const platform::Descriptor file{open((folder_ / "page").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  PW_ASSERT(file);
  PW_ASSERT(ftruncate(file.get(), sizeof(FalseWorldPage)) == 0);
  void* const memory =
      mmap(nullptr, sizeof(FalseWorldPage), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  PW_ASSERT(memory != MAP_FAILED);
  page_ = new (memory) FalseWorldPage{};
  // LD_PRELOAD ends a path at a space, and the sources may lie anywhere.
  std::filesystem::create_symlink(PW_FALSE_WORLD, library());
}

FalseWorld::~FalseWorld() {
  munmap(page_, sizeof(FalseWorldPage));
}

std::vector<std::pair<std::string, std::string>> FalseWorld::environment() const {
  return {{"LD_PRELOAD", library().native()}, {kFalseWorldVariable, (folder_ / "page").native()}};
}

void FalseWorld::sleep_machine(std::chrono::microseconds slept) {
  page_->wall_clock_us += slept.count();
  page_->boot_clock_us += slept.count();
}

}  // namespace portwatch::test

// SPDX-License-Identifier: Apache-2.0
// Writing to real descriptors: a pipe that is slow, and one whose reader has gone.
#include "cli/output.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <thread>

#include "common/base/assert.h"
#include "common/platform/descriptor.h"

namespace portwatch::cli {
namespace {

using platform::Descriptor;

struct Pipe {
  Pipe() {
    std::signal(SIGPIPE, SIG_IGN);
    std::array<int, 2> fds{};
    PW_ASSERT(::pipe(fds.data()) == 0);
    read_end = Descriptor(fds[0]);
    write_end = Descriptor(fds[1]);
  }
  Descriptor read_end;
  Descriptor write_end;
};

TEST(DescriptorOutput, WritesMoreThanAPipeHolds) {
  Pipe pipe;
  const std::string text(1U << 20U, 'x');
  std::string received;
  std::thread reader([&] {
    std::array<char, 4096> buffer{};
    ssize_t got = 0;
    while ((got = ::read(pipe.read_end.get(), buffer.data(), buffer.size())) > 0)
      received.append(buffer.data(), static_cast<std::size_t>(got));
  });
  DescriptorOutput output(pipe.write_end.get());
  output.print(text);
  EXPECT_EQ(output.state(), Output::State::kGood);
  pipe.write_end.reset();
  reader.join();
  EXPECT_EQ(received, text);
}

TEST(DescriptorOutput, NoticesThatTheReaderHasGoneWithoutWriting) {
  Pipe pipe;
  DescriptorOutput output(pipe.write_end.get());
  EXPECT_EQ(output.state(), Output::State::kGood);
  pipe.read_end.reset();
  EXPECT_EQ(output.state(), Output::State::kReaderGone);
}

TEST(DescriptorOutput, TellsAReaderThatHasGoneFromAFailure) {
  Pipe pipe;
  pipe.read_end.reset();
  DescriptorOutput output(pipe.write_end.get());
  output.print("x");
  EXPECT_EQ(output.state(), Output::State::kReaderGone);

  DescriptorOutput closed(-1);
  closed.print("x");
  EXPECT_EQ(closed.state(), Output::State::kFailed);
  EXPECT_FALSE(closed.problem().empty());
}

}  // namespace
}  // namespace portwatch::cli

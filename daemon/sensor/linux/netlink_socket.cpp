// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/netlink_socket.h"

#include <algorithm>
#include <cerrno>

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace portwatch::sensor {
namespace {

/// The kernel fills at most 32 KiB at a time for a reader whose buffer is that large.
constexpr std::size_t kBufferSize = 64U * 1024U;
constexpr timeval kPatience{.tv_sec = 5, .tv_usec = 0};

/// The errno inside NLMSG_ERROR and NLMSG_DONE; 0 for none.
int error_in(Bytes payload) {
  return -load<int>(payload).value_or(0);
}

}  // namespace

base::Status NetlinkSocket::open() {
  if (socket_) return {};
  platform::Descriptor fresh(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!fresh) return base::fail_os("cannot open a NETLINK_SOCK_DIAG socket", errno);
  if (::setsockopt(fresh.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience) != 0 ||
      ::setsockopt(fresh.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience) != 0)
    return base::fail_os("cannot set the time limit of a NETLINK_SOCK_DIAG socket", errno);
  buffer_.resize(kBufferSize);
  socket_ = std::move(fresh);
  return {};
}

base::Status NetlinkSocket::send(std::uint16_t type, Bytes request) {
  const nlmsghdr header{.nlmsg_len = static_cast<std::uint32_t>(sizeof(nlmsghdr) + request.size()),
                        .nlmsg_type = type,
                        .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                        .nlmsg_seq = ++sequence_,
                        .nlmsg_pid = 0};
  std::vector<std::byte> message(header.nlmsg_len);
  std::memcpy(message.data(), &header, sizeof header);
  std::ranges::copy(request, message.begin() + sizeof header);
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  const ssize_t sent = ::sendto(socket_.get(), message.data(), message.size(), 0,
                                reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
  if (sent < 0) return base::fail_os("cannot ask for a socket table", errno);
  return {};
}

base::Result<DumpEnd> NetlinkSocket::receive(std::uint16_t type, const std::function<void(Bytes)>& row) {
  bool was_interrupted = false;
  for (;;) {
    sockaddr_nl sender{};
    iovec part{.iov_base = buffer_.data(), .iov_len = buffer_.size()};
    msghdr envelope{};
    envelope.msg_name = &sender;
    envelope.msg_namelen = sizeof sender;
    envelope.msg_iov = &part;
    envelope.msg_iovlen = 1;
    const ssize_t size = ::recvmsg(socket_.get(), &envelope, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      return base::fail(base::ErrorCode::kTimeout,
                        "the kernel did not answer the request for a socket table");
    if (size < 0) return base::fail_os("cannot receive a socket table", errno);
    if (sender.nl_pid != 0) continue;  // only the kernel may answer
    if ((envelope.msg_flags & MSG_TRUNC) != 0)
      return base::fail(base::ErrorCode::kCorrupt,
                        "a part of a socket table was longer than the kernel says it may be");

    Bytes datagram = Bytes(buffer_).first(static_cast<std::size_t>(size));
    bool is_malformed = false;
    while (const auto message = take_message(datagram, is_malformed)) {
      if (message->sequence != sequence_) continue;
      if ((message->flags & NLM_F_DUMP_INTR) != 0) was_interrupted = true;
      if (message->type == NLMSG_DONE || message->type == NLMSG_ERROR) {
        if (const int os_errno = error_in(message->payload); os_errno > 0)
          return base::fail_os("the kernel refused to show a socket table", os_errno);
        return was_interrupted ? DumpEnd::kInterrupted : DumpEnd::kWhole;
      }
      if (message->type == type) row(message->payload);
    }
    if (is_malformed) return base::fail(base::ErrorCode::kCorrupt, "a part of a socket table is malformed");
  }
}

base::Result<DumpEnd> NetlinkSocket::dump(std::uint16_t type, Bytes request,
                                          const std::function<void(Bytes)>& row) {
  PW_TRY(open());
  auto result = [&]() -> base::Result<DumpEnd> {
    PW_TRY(send(type, request));
    return receive(type, row);
  }();
  if (!result) socket_.reset();
  return result;
}

}  // namespace portwatch::sensor

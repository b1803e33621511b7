// SPDX-License-Identifier: Apache-2.0
#include "common/base/error.h"

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "common/base/out_of_room.h"

namespace portwatch::base {
namespace {

ErrorCode code_of(int os_errno) {
  if (is_out_of_room(os_errno)) return ErrorCode::kUnavailable;
  switch (os_errno) {
    case EACCES:
    case EPERM:
    case EROFS: return ErrorCode::kPermissionDenied;
    case ENOENT:
    case ESRCH: return ErrorCode::kNotFound;
    case EINVAL:
    case ENAMETOOLONG: return ErrorCode::kInvalidArgument;
    case EADDRINUSE:
    case EEXIST: return ErrorCode::kConflict;
    case EMFILE:
    case ENFILE:
    case ENOMEM: return ErrorCode::kResourceExhausted;
    case ECONNREFUSED: return ErrorCode::kUnavailable;
    case ENOSYS:
    case EOPNOTSUPP:
    case EPROTONOSUPPORT: return ErrorCode::kUnsupported;
    case ETIMEDOUT: return ErrorCode::kTimeout;
    default: return ErrorCode::kInternal;
  }
}

}  // namespace

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return "invalid_argument";
    case ErrorCode::kNotFound: return "not_found";
    case ErrorCode::kPermissionDenied: return "permission_denied";
    case ErrorCode::kUnsupported: return "unsupported";
    case ErrorCode::kUnavailable: return "unavailable";
    case ErrorCode::kTimeout: return "timeout";
    case ErrorCode::kCorrupt: return "corrupt";
    case ErrorCode::kConflict: return "conflict";
    case ErrorCode::kResourceExhausted: return "resource_exhausted";
    case ErrorCode::kInternal: return "internal";
  }
  return "internal";
}

std::unexpected<Error> fail_os(std::string_view what, int os_errno) {
  std::string message(what);
  message += ": ";
  message += std::generic_category().message(os_errno);
  return fail(code_of(os_errno), std::move(message));
}

std::unexpected<Error> with_context(std::string_view what, Error error) {
  error.message.insert(0, std::string(what) + ": ");
  return std::unexpected(std::move(error));
}

}  // namespace portwatch::base

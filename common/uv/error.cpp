// SPDX-License-Identifier: Apache-2.0
#include "common/uv/error.h"

#include <uv.h>

#include <string>

namespace portwatch::uv {
namespace {

base::ErrorCode code_of(int status) {
  switch (status) {
    case UV_EACCES:
    case UV_EPERM: return base::ErrorCode::kPermissionDenied;
    case UV_ENOENT: return base::ErrorCode::kNotFound;
    case UV_EINVAL:
    case UV_ENAMETOOLONG: return base::ErrorCode::kInvalidArgument;
    case UV_EADDRINUSE:
    case UV_EEXIST: return base::ErrorCode::kConflict;
    case UV_EMFILE:
    case UV_ENFILE:
    case UV_ENOMEM:
    case UV_ENOBUFS: return base::ErrorCode::kResourceExhausted;
    case UV_ECONNREFUSED:
    case UV_ECONNRESET:
    case UV_EPIPE:
    case UV_EOF:
    case UV_EAGAIN:
    case UV_ECANCELED: return base::ErrorCode::kUnavailable;
    case UV_ETIMEDOUT: return base::ErrorCode::kTimeout;
    case UV_ENOSYS:
    case UV_ENOTSUP:
    case UV_ENOTSOCK: return base::ErrorCode::kUnsupported;
    default: return base::ErrorCode::kInternal;
  }
}

}  // namespace

std::unexpected<base::Error> fail_uv(std::string_view what, int status) {
  std::string message(what);
  message += ": ";
  message += uv_strerror(status);
  return base::fail(code_of(status), std::move(message));
}

}  // namespace portwatch::uv

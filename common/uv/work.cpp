// SPDX-License-Identifier: Apache-2.0
#include "common/uv/work.h"

#include <uv.h>

#include <set>

#include "common/base/assert.h"

namespace portwatch::uv {

/// Lives until the last request was given back by libuv, so that a request can tell whether somebody still
/// waits for it.
struct Work::Owner {
  bool is_attached = true;
  std::set<Request*> requests;
};

struct Work::Request {
  uv_work_t raw{};
  std::function<void()> job;
  std::function<void()> done;
  std::shared_ptr<Owner> owner;
};

Work::Work(Loop& loop) : loop_(&loop), owner_(std::make_shared<Owner>()) {}

Work::~Work() {
  owner_->is_attached = false;
  // What already runs cannot be cancelled and comes back by itself; either way the callback frees the
  // request.
  for (Request* request : owner_->requests) uv_cancel(reinterpret_cast<uv_req_t*>(&request->raw));
}

void Work::submit(std::function<void()> job, std::function<void()> done) {
  auto request = std::make_unique<Request>();
  request->raw.data = request.get();
  request->job = std::move(job);
  request->done = std::move(done);
  request->owner = owner_;
  owner_->requests.insert(request.get());

  const auto on_pool = [](uv_work_t* raw) noexcept { static_cast<Request*>(raw->data)->job(); };
  const auto on_loop = [](uv_work_t* raw, int status) noexcept {
    const std::unique_ptr<Request> finished(static_cast<Request*>(raw->data));
    finished->owner->requests.erase(finished.get());
    if (status == 0 && finished->owner->is_attached) finished->done();
  };
  PW_ASSERT(uv_queue_work(loop_->raw(), &request->raw, on_pool, on_loop) ==
            0);  // fails without a work function alone
  static_cast<void>(request.release());
}

std::size_t Work::outstanding() const noexcept {
  return owner_->requests.size();
}

}  // namespace portwatch::uv

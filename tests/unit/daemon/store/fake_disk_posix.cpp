// SPDX-License-Identifier: Apache-2.0
// A SQLite VFS (https://www.sqlite.org/vfs.html) that hands everything on to the default one. A file of ours
// is a header with the real file right behind it, as SQLite asks for szOsFile bytes in one piece.
#include "tests/unit/daemon/store/fake_disk.h"

#include <csignal>
#include <cstddef>

#include <sqlite3.h>

#include "common/base/assert.h"

namespace portwatch::test {
namespace {

struct File {
  sqlite3_file base;
  FakeDisk* disk;
  bool is_log;
};

constexpr std::size_t kHeaderSize =
    (sizeof(File) + alignof(std::max_align_t) - 1) / alignof(std::max_align_t) * alignof(std::max_align_t);

File& ours(sqlite3_file* file) {
  return *reinterpret_cast<File*>(file);
}

sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<std::byte*>(file) + kHeaderSize);
}

const sqlite3_io_methods& io(sqlite3_file* file) {
  return *real(file)->pMethods;
}

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  ours(file).disk->take_step();
  if (ours(file).disk->is_full()) return SQLITE_FULL;
  return io(file).xWrite(real(file), data, size, offset);
}

int sync(sqlite3_file* file, int flags) {
  ours(file).disk->take_step();
  if (ours(file).is_log) ours(file).disk->note_log_sync();
  return io(file).xSync(real(file), flags);
}

const sqlite3_io_methods kMethods{
    .iVersion = 2,
    .xClose = [](sqlite3_file* file) { return io(file).xClose(real(file)); },
    .xRead = [](sqlite3_file* file, void* data, int size,
                sqlite3_int64 offset) { return io(file).xRead(real(file), data, size, offset); },
    .xWrite = write,
    .xTruncate = [](sqlite3_file* file, sqlite3_int64 size) { return io(file).xTruncate(real(file), size); },
    .xSync = sync,
    .xFileSize = [](sqlite3_file* file, sqlite3_int64* size) { return io(file).xFileSize(real(file), size); },
    .xLock = [](sqlite3_file* file, int level) { return io(file).xLock(real(file), level); },
    .xUnlock = [](sqlite3_file* file, int level) { return io(file).xUnlock(real(file), level); },
    .xCheckReservedLock = [](sqlite3_file* file,
                             int* out) { return io(file).xCheckReservedLock(real(file), out); },
    .xFileControl = [](sqlite3_file* file, int op,
                       void* argument) { return io(file).xFileControl(real(file), op, argument); },
    .xSectorSize = [](sqlite3_file* file) { return io(file).xSectorSize(real(file)); },
    .xDeviceCharacteristics = [](sqlite3_file* file) { return io(file).xDeviceCharacteristics(real(file)); },
    .xShmMap = [](sqlite3_file* file, int page, int size, int extend,
                  void volatile** out) { return io(file).xShmMap(real(file), page, size, extend, out); },
    .xShmLock = [](sqlite3_file* file, int offset, int count,
                   int flags) { return io(file).xShmLock(real(file), offset, count, flags); },
    .xShmBarrier = [](sqlite3_file* file) { io(file).xShmBarrier(real(file)); },
    .xShmUnmap = [](sqlite3_file* file, int remove) { return io(file).xShmUnmap(real(file), remove); },
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  sqlite3_vfs* default_vfs = sqlite3_vfs_find("unix");
  const int code = default_vfs->xOpen(default_vfs, name, real(file), flags, out_flags);
  if (code != SQLITE_OK) return code;
  ours(file).disk = static_cast<FakeDisk*>(vfs->pAppData);
  ours(file).is_log = (flags & SQLITE_OPEN_WAL) != 0;
  file->pMethods = &kMethods;
  return SQLITE_OK;
}

}  // namespace

FakeDisk::FakeDisk() {
  sqlite3_vfs* default_vfs = sqlite3_vfs_find("unix");
  PW_ASSERT(default_vfs != nullptr);
  vfs_ = std::make_unique<sqlite3_vfs>(*default_vfs);  // its other functions work on names and clocks alone
  vfs_->zName = "fake-disk";
  vfs_->pAppData = this;
  vfs_->szOsFile = static_cast<int>(kHeaderSize) + default_vfs->szOsFile;
  vfs_->xOpen = open;
  PW_ASSERT(sqlite3_vfs_register(vfs_.get(), 1) == SQLITE_OK);
}

void FakeDisk::take_step() {
  if (steps_left_ < 0) return;
  if (steps_left_-- == 0) (void)std::raise(SIGKILL);
}

FakeDisk::~FakeDisk() {
  PW_ASSERT(sqlite3_vfs_unregister(vfs_.get()) == SQLITE_OK);
  PW_ASSERT(sqlite3_vfs_register(sqlite3_vfs_find("unix"), 1) == SQLITE_OK);
}

}  // namespace portwatch::test

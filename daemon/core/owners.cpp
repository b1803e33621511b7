// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/owners.h"

#include <algorithm>

#include "daemon/core/program_identity.h"

namespace portwatch::core {
namespace {

using model::Attribution;
using model::ProcessRef;

enum class Change : std::uint8_t {
  kNone,    ///< the newer reference says the same, or more
  kPoorer,  ///< the newer one could not be read as well, and nothing says that it is another program
  kExec,    ///< it runs another program, or may do so
};

bool is_same_file(const model::Executable& a, const model::Executable& b) {
  if (a.file && b.file) return *a.file == *b.file;
  return a.path == b.path;
}

/// Of one process, seen twice. An exec keeps pid and start, so what can be read at last may be another
/// program than the one that could not be read: it counts as one. So does what may not be looked into any
/// more.
Change compare(const model::Process& before, const model::Process& after) {
  if (before == after) return Change::kNone;
  const bool is_same_image = before.image != 0 && before.image == after.image;
  if (!before.exe && !after.exe) return Change::kNone;
  if (!before.exe) return Change::kExec;
  if (!after.exe)  // one that ends has none either
    return is_same_image || after.attribution != Attribution::kDenied ? Change::kPoorer : Change::kExec;
  if (!is_same_file(*before.exe, *after.exe)) return Change::kExec;
  if (before.argv == after.argv) return Change::kNone;
  const model::ProgramIdentity is = identity_of(after);
  if (same_program(identity_of(before), is)) return Change::kNone;
  // A program can write a title over its command line. Of one that an earlier run knew the image is not
  // known.
  return is_weak(is) && (is_same_image || before.image == 0) ? Change::kPoorer : Change::kExec;
}

/// What was known before of a process that says less now; with its image, so that the next exec shows.
ProcessRef keep_known(const ProcessRef& before, const ProcessRef& after) {
  if (before->image != 0 || after->image == 0) return before;
  auto known = std::make_shared<model::Process>(*before);
  known->image = after->image;
  return known;
}

/// The look found every holder that there is, so whoever it does not show holds the socket no more.
bool proves_absence(const model::Sighting& sighting) {
  const bool is_complete =
      sighting.attribution == Attribution::kExact || sighting.attribution == Attribution::kShared;
  return is_complete && !sighting.owners.empty();
}

}  // namespace

bool same_references(const std::vector<ProcessRef>& a, const std::vector<ProcessRef>& b) {
  return std::ranges::equal(a, b);
}

OwnerUpdate update_owners(const std::vector<ProcessRef>& before, Attribution attribution_before,
                          const model::Sighting& sighting, bool believes_absence) {
  OwnerUpdate update;
  const bool is_absence_proven = believes_absence || proves_absence(sighting);
  auto old_owner = before.begin();
  auto new_owner = sighting.owners.begin();
  while (old_owner != before.end() || new_owner != sighting.owners.end()) {
    const bool is_old = new_owner == sighting.owners.end() ||
                        (old_owner != before.end() && (*old_owner)->key < (*new_owner)->key);
    const bool is_new = old_owner == before.end() ||
                        (new_owner != sighting.owners.end() && (*new_owner)->key < (*old_owner)->key);
    if (is_new) {
      update.added.push_back(*new_owner);
      update.owners.push_back(*new_owner++);
    } else if (is_old) {
      if (is_absence_proven)
        update.removed.push_back(*old_owner);
      else
        update.owners.push_back(*old_owner);
      update.is_doubtful = update.is_doubtful || !is_absence_proven;
      ++old_owner;
    } else {
      const bool is_same = *old_owner == *new_owner;
      const Change change = is_same ? Change::kNone : compare(**old_owner, **new_owner);
      if (change == Change::kExec) {
        update.has_exec = true;
        update.removed.push_back(*old_owner);
        update.added.push_back(*new_owner);
      }
      update.owners.push_back(change == Change::kPoorer ? keep_known(*old_owner, *new_owner) : *new_owner);
      ++old_owner;
      ++new_owner;
    }
  }
  update.attribution = update.is_doubtful ? attribution_before : sighting.attribution;
  return update;
}

}  // namespace portwatch::core

// Requests of one gathering that need nothing of each other, under way at the same time.
#pragma once

#include <cstddef>
#include <functional>

#include "evidence/work_pool.h"
#include "registry/registry.h"

namespace hullwright::evidence {

inline Urgency UrgencyOf(const registry::Call& call) {
  return call.priority == registry::Priority::kAdmission ? Urgency::kAdmission : Urgency::kBackground;
}

inline constexpr std::size_t kMaxTogether = 8;  // under way for one caller

// Calls work(0) to work(count - 1), each once, on this thread and on those of the pool that have nothing else to do, and returns when all
// are done. Needs no free thread to come to its end, so that it may be called on a thread of the pool, and by work itself. work runs on
// several threads at the same time; what the first of it throws is thrown here, and what was not begun by then is left out.
void ForEachTogether(WorkPool& pool, Urgency urgency, std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace hullwright::evidence

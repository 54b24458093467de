#include "base/thread_priority.h"

#include <sys/resource.h>
#include <unistd.h>

namespace hullwright {

void YieldToOtherThreads() {
  constexpr int kLeast = 19;
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kLeast);
}

}  // namespace hullwright

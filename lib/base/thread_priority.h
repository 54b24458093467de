// How much of the processors a thread wants.
#pragma once

namespace hullwright {

// From now on the calling thread has what others leave: for work that nobody waits for, beside threads that answer requests. As far as the
// system lets it (Linux: nice(2) of the one thread); there is no way back.
void YieldToOtherThreads();

}  // namespace hullwright

// Who gives way when a file is full.
#pragma once

#include <vector>

namespace hullwright::store {

// What each may keep so that excess goes: those who hold the most lose first, until the next one holds as much as they. Whoever writes much
// pushes out its own and not what others hold.
double LevelFor(std::vector<double> held, double excess);

}  // namespace hullwright::store

#include "store/fair_share.h"

#include <algorithm>
#include <functional>

namespace hullwright::store {

double LevelFor(std::vector<double> held, double excess) {
  std::ranges::sort(held, std::greater());
  double sum = 0, level = 0;
  for (std::size_t i = 0; i < held.size(); ++i) {
    sum += held[i];
    level = (sum - excess) / static_cast<double>(i + 1);
    if (i + 1 < held.size() && level >= held[i + 1]) break;
  }
  return std::max(level, 0.0);
}

}  // namespace hullwright::store

// Files of EPSS scores, plain and packed: whatever the bytes, the answer is an error in one line, or scores from 0 to 1 in order, each of
// which is found.
#include "fuzz/fuzzing.h"
#include "scan/epss.h"

using namespace hullwright;
using namespace hullwright::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto scores = scan::DecodeEpss(Text(data, size), {.max_bytes = 1u << 20, .max_unpacked = 1u << 20, .max_rows = 1000});
  if (!scores) {
    RequireOneLine(scores.error().message);
    return 0;
  }
  Require(!scores->entries.empty() && scores->entries.size() <= 1000);
  const policy::EpssScore* before = nullptr;
  for (const policy::EpssScore& score : scores->entries) {
    Require(before == nullptr || before->cve < score.cve);
    Require(score.probability <= 1'000'000 && score.percentile <= 1'000'000);
    Require(scores->Find(score.cve) == &score);
    before = &score;
  }
  return 0;
}

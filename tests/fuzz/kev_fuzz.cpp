// Catalogues of known exploited vulnerabilities: whatever the bytes, the answer is an error in one line, or a dated list in order, each
// entry of which is found.
#include "fuzz/fuzzing.h"
#include "scan/kev.h"

using namespace hullwright;
using namespace hullwright::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto known = scan::DecodeKev(Text(data, size), {.max_bytes = 1u << 20, .max_entries = 1000});
  if (!known) {
    RequireOneLine(known.error().message);
    return 0;
  }
  Require(!known->entries.empty() && known->entries.size() <= 1000 && known->date != Time{});
  const policy::KnownExploit* before = nullptr;
  for (const policy::KnownExploit& exploit : known->entries) {
    Require(before == nullptr || before->cve < exploit.cve);
    Require(known->Find(exploit.cve) == &exploit);
    before = &exploit;
  }
  return 0;
}

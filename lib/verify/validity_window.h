// From when to when a key or an authority may be used; closed at both ends.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "verify/failure.h"

namespace hullwright::verify {

class JsonFields;

struct ValidityWindow {
  Time start{};
  std::optional<Time> end;  // nullopt: still in use

  bool Contains(Time time) const { return start <= time && (!end || time <= *end); }

  // The member validFor {start, end?} of a protobuf JSON object; start is mandatory. One that ends before it starts contains no time.
  static Checked<ValidityWindow> Read(const JsonFields& owner);
};

std::string ToString(const ValidityWindow& window);  // "from 2021-01-12T11:53:27Z to 2022-10-31T23:59:59Z"

}  // namespace hullwright::verify

// Reading a whole file that somebody else may have put there.
#pragma once

#include <cstddef>
#include <string>

#include "base/error.h"

namespace hullwright {

// Symbolic links are followed; anything but a regular file behind them is refused, and never waited for: no pipe without a writer, no
// device of endless zeros. Errors: kNotFound, kDenied, kTooLarge, kInvalidInput (no regular file), kInternal; the caller adds the path.
// The text has the capacity to be read as JSON without a copy (base/json.h).
Result<std::string> ReadRegularFile(const std::string& path, std::size_t max_bytes);

// The same of its first bytes, at most so many; never kTooLarge.
Result<std::string> ReadBeginning(const std::string& path, std::size_t max_bytes);

}  // namespace hullwright

// Cuts a stream into its lines, whatever pieces it arrives in.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hullwright::kube {

class LineSplitter {
 public:
  explicit LineSplitter(std::size_t max_line_bytes) : max_line_bytes_(max_line_bytes) {}

  enum class Outcome { kGoOn, kStopped, kLineTooLong };

  // Calls on_line for every line that is complete now, without its end; stops when that returns false. Empty lines are left out.
  template <class OnLine>
  Outcome Add(std::string_view data, OnLine&& on_line) {
    for (auto end = data.find('\n'); end != std::string_view::npos; end = data.find('\n')) {
      if (begun_.size() + end > max_line_bytes_) return Outcome::kLineTooLong;
      begun_ += data.substr(0, end);
      data.remove_prefix(end + 1);
      const bool go_on = begun_.empty() || on_line(std::string_view(begun_));
      begun_.clear();
      if (!go_on) return Outcome::kStopped;
    }
    if (begun_.size() + data.size() > max_line_bytes_) return Outcome::kLineTooLong;
    begun_ += data;
    return Outcome::kGoOn;
  }

 private:
  const std::size_t max_line_bytes_;
  std::string begun_;
};

}  // namespace hullwright::kube

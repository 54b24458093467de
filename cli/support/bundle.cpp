#include "cli/support/bundle.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/render_json.h"
#include "cli/support/redaction.h"

namespace hullwright::cli {

bool Bundle::HasRoom(const std::string& path, const std::string& what) {
  if (files_.size() < limits_.max_files && bytes_ < limits_.max_bytes) return true;
  LeaveOut(fmt::format("{} ({})", path, what), fmt::format("the bundle is full: {} files, {} bytes", files_.size(), bytes_));
  return false;
}

void Bundle::Keep(const std::string& path, const std::string& what, std::string text, bool cut) {
  bytes_ += text.size();
  entries_.push_back({path, what, text.size(), cut});
  files_.push_back({path, std::move(text)});
}

void Bundle::AddText(const std::string& path, const std::string& what, std::string text) {
  if (!HasRoom(path, what)) return;
  // Redacted first: what a cut leaves of a secret may no longer look like one.
  text = Redact(std::move(text));
  const std::size_t room = std::min(limits_.max_file_bytes, limits_.max_bytes - bytes_);
  const bool cut = text.size() > room;
  if (cut) {
    text.resize(room);
    LeaveOut(path + ", its end", fmt::format("a file has at most {} bytes, and all files {}", limits_.max_file_bytes, limits_.max_bytes));
  }
  Keep(path, what, std::move(text), cut);
}

void Bundle::AddObjects(const std::string& path, const std::string& what, std::vector<nlohmann::json> objects) {
  if (!HasRoom(path, what)) return;
  const std::size_t room = std::min(limits_.max_file_bytes, limits_.max_bytes - bytes_);
  std::string text = "{\"items\": [";
  std::size_t kept = 0;
  for (nlohmann::json& object : objects) {
    const std::string item = RedactObject(std::move(object)).dump(1, ' ', false, nlohmann::json::error_handler_t::replace);
    if (text.size() + item.size() + 8 > room) break;
    text += (kept++ == 0 ? "\n" : ",\n") + item;
  }
  text += "\n]}\n";
  const bool cut = kept < objects.size();
  if (cut)
    LeaveOut(fmt::format("{} of {} objects of {}", objects.size() - kept, objects.size(), path),
             fmt::format("a file has at most {} bytes, and all files {}", limits_.max_file_bytes, limits_.max_bytes));
  Keep(path, what, std::move(text), cut);
}

void Bundle::LeaveOut(const std::string& what, const std::string& why) {
  left_out_.emplace_back(Redact(what), Redact(why));
}

void Bundle::Miss(const std::string& what, const Error& error) {
  ++missed_;
  LeaveOut(what, "could not be fetched: " + error.message);
}

Result<std::string> Bundle::Pack(const std::string& folder, nlohmann::ordered_json index, Time now) const {
  using Ordered = nlohmann::ordered_json;
  index["files"] = Ordered::array();
  for (const Entry& entry : entries_)
    index["files"].push_back({{"path", entry.path}, {"what", entry.what}, {"bytes", entry.bytes}, {"cut", entry.cut}});
  index["leftOut"] = Ordered::array();
  for (const auto& [what, why] : left_out_) index["leftOut"].push_back({{"what", what}, {"why", why}});
  std::vector<ArchivedFile> files{{"index.json", JsonText(index)}};
  files.insert(files.end(), files_.begin(), files_.end());
  return PackTarGz(folder, files, now);
}

}  // namespace hullwright::cli

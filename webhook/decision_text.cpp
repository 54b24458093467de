#include "webhook/decision_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>

#include "base/text.h"

namespace hullwright::webhook {
namespace {

constexpr std::size_t kMaxReasonsPerImage = 6;
constexpr std::size_t kMaxReasonBytes = 700;
constexpr std::size_t kMaxAnnotationBytes = 1024;
constexpr std::size_t kRoomForMore = 64;  // of a text, for "and N more"

// Cut at a byte bound, never inside a UTF-8 sequence; the texts here are ASCII anyway, but that is for others to promise.
std::string Cut(std::string text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

std::string WarningOf(std::string text) {
  return Cut(WithoutControls(std::move(text)), kMaxWarningBytes);
}

// "(ClusterImageAdmissionPolicy/production, rule vulnerabilities.forbid[fixable-critical])"
std::string Source(const policy::Reason& reason) {
  if (reason.policy.empty()) return "";
  if (reason.rule.empty()) return fmt::format(" ({})", reason.policy);
  return fmt::format(" ({}, rule {})", reason.policy, reason.rule);
}

std::string ReasonText(const policy::Reason& reason, bool with_remedy) {
  return Cut(fmt::format("{}: {}{}.{}{}", policy::ToString(reason.word), reason.message, Source(reason), with_remedy ? " " : "",
                         with_remedy ? reason.remedy : ""),
             kMaxReasonBytes);
}

std::string Place(const policy::ImageDecision& image) {
  if (image.image.empty()) return image.field_path;
  return fmt::format("{} ({})", image.image, image.field_path);
}

bool Denies(const policy::Reason& reason) {
  return reason.enforcement == api::Enforcement::kDeny;
}

std::optional<std::string> DenialLine(const policy::ImageDecision& image) {
  std::string line;
  std::size_t shown = 0, denying = 0;
  std::vector<policy::ReasonWord> explained;
  for (const policy::Reason& reason : image.reasons) {
    if (!Denies(reason)) continue;
    if (++denying > kMaxReasonsPerImage) continue;
    const bool is_new = std::ranges::find(explained, reason.word) == explained.end();
    explained.push_back(reason.word);
    line += (line.empty() ? "" : " ") + ReasonText(reason, is_new);
    ++shown;
  }
  if (denying == 0) return std::nullopt;
  if (denying > shown) line += fmt::format(" And {} more reasons.", denying - shown);
  return WithoutControls(fmt::format("{}: {}", Place(image), line));
}

std::string Join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string piece = WithoutControls(parts[i]);
    if (text.size() + piece.size() + separator.size() > kMaxAnnotationBytes - kRoomForMore) {
      return Cut(std::move(text), kMaxAnnotationBytes - kRoomForMore) + fmt::format("{}and {} more", separator, parts.size() - i);
    }
    text += (text.empty() ? "" : std::string(separator)) + piece;
  }
  return text;
}

template <class T, class U>
void AddDistinct(std::vector<T>& all, const U& one) {
  if (std::ranges::find(all, one) == all.end()) all.emplace_back(one);
}

std::vector<std::string> Digests(const policy::Decision& decision) {
  std::vector<std::string> digests;
  for (const auto& image : decision.images) {
    if (!image.digest.empty()) AddDistinct(digests, image.digest);
  }
  return digests;
}

std::vector<std::string> WaivedTexts(const policy::Decision& decision) {
  std::vector<std::string> texts;
  for (const auto& image : decision.images) {
    for (const auto& waived : image.waived) {
      AddDistinct(texts, fmt::format("{}: {} for {} ({})", waived.Who(), waived.what, waived.policy, Printable(waived.why, 128)));
    }
  }
  return texts;
}

std::vector<std::string> NoticeTexts(const policy::Decision& decision, std::string_view word) {
  std::vector<std::string> texts;
  for (const auto& image : decision.images) {
    for (const auto& notice : image.notices)
      if (notice.word == word) AddDistinct(texts, notice.message);
  }
  return texts;
}

// What was let in because somebody accepted it must not be forgotten by those who run it: one line for each exception, its end first. VEX
// statements say that there is nothing to accept.
std::vector<std::string> AcceptedTexts(const policy::ImageDecision& image) {
  std::vector<std::string> texts;
  std::set<std::string_view> told;
  for (const policy::Waived& waived : image.waived) {
    if (waived.until.empty() || !told.insert(waived.waiver).second) continue;
    const auto others = std::ranges::count(image.waived, waived.waiver, &policy::Waived::waiver) - 1;
    texts.push_back(fmt::format("accepted until {} by {}: {}{}", waived.until, waived.waiver, waived.what,
                                others > 0 ? fmt::format(" and {} more", others) : ""));
  }
  return texts;
}

}  // namespace

std::string DenialMessage(const policy::Decision& decision) {
  std::string message;
  std::size_t left_out = 0;
  for (const auto& image : decision.images) {
    const auto line = DenialLine(image);
    if (!line) continue;
    if (message.empty()) {
      message = Cut(*line, kMaxMessageBytes - kRoomForMore);
    } else if (left_out == 0 && message.size() + line->size() + 1 <= kMaxMessageBytes - kRoomForMore) {
      message += "\n" + *line;
    } else {
      ++left_out;
    }
  }
  if (left_out > 0) message += fmt::format("\nand {} more images are refused", left_out);
  return message;
}

void AddWarnings(const policy::Decision& decision, std::string_view prefix, std::vector<std::string>& warnings) {
  for (const auto& image : decision.images) {
    for (const auto& reason : image.reasons) {
      const bool says_it_already = prefix.empty() && Denies(reason);
      if (says_it_already || reason.enforcement == api::Enforcement::kAudit) continue;
      warnings.push_back(WarningOf(
          fmt::format("{}{}: {}: {}{}", prefix, image.field_path, policy::ToString(reason.word), reason.message, Source(reason))));
    }
    for (const auto& notice : image.notices)
      warnings.push_back(WarningOf(fmt::format("{}{}: {}: {}", prefix, image.field_path, notice.word, notice.message)));
    if (!prefix.empty() || !decision.allowed()) continue;
    for (const std::string& text : AcceptedTexts(image)) warnings.push_back(WarningOf(fmt::format("{}: {}", image.field_path, text)));
  }
}

void BoundWarnings(std::vector<std::string>& warnings) {
  std::vector<std::string> kept;
  std::set<std::string> seen;
  for (auto& warning : warnings) {
    if (seen.insert(warning).second) kept.push_back(std::move(warning));
  }
  if (kept.size() > kMaxWarnings) {
    const std::size_t more = kept.size() - kMaxWarnings;
    kept.resize(kMaxWarnings);
    kept.push_back(fmt::format("and {} more", more));
  }
  warnings = std::move(kept);
}

std::map<std::string, std::string> AuditAnnotations(const policy::Decision& decision) {
  std::map<std::string, std::string> annotations{{"outcome", std::string(policy::ToString(decision.outcome))}};
  const auto add = [&](const char* key, const std::vector<std::string>& values, std::string_view separator) {
    if (!values.empty()) annotations[key] = Join(values, separator);
  };
  const auto words = ReasonWords(decision);
  add("policies", PolicyIds(decision), ",");
  add("reasons", {words.begin(), words.end()}, ",");
  add("digests", Digests(decision), ",");
  add("waived", WaivedTexts(decision), "; ");
  if (decision.unmatched) annotations["unmatched"] = "true";
  add(kOutageAnnotation, NoticeTexts(decision, policy::kRegistryOutage), "; ");
  add(kToleratedAnnotation, NoticeTexts(decision, policy::kSignatureTolerated), "; ");
  add(kGraceAnnotation, NoticeTexts(decision, policy::kWithinGrace), "; ");
  return annotations;
}

std::vector<std::string_view> ReasonWords(const policy::Decision& decision) {
  std::vector<std::string_view> words;
  for (const auto& image : decision.images) {
    for (const auto& reason : image.reasons) AddDistinct(words, policy::ToString(reason.word));
  }
  return words;
}

std::vector<std::string> PolicyIds(const policy::Decision& decision) {
  std::vector<std::string> ids;
  for (const auto& image : decision.images) {
    for (const auto& policy : image.policies) AddDistinct(ids, policy);
  }
  return ids;
}

}  // namespace hullwright::webhook

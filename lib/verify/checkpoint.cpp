#include "verify/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/base64.h"
#include "base/text.h"
#include "verify/hash.h"
#include "verify/limits.h"

namespace hullwright::verify {
namespace {

constexpr std::size_t kHintBytes = 4;
constexpr std::size_t kRootBytes = 32;
constexpr std::size_t kMaxLines = 64;  // of a note; a witnessed checkpoint has about twenty

Checked<std::vector<std::string_view>> Lines(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  std::vector<std::string_view> lines;
  while (true) {
    if (lines.size() == kMaxLines) return Reject(Step::kLimit, fmt::format("the checkpoint has more than {} lines", kMaxLines));
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

Checked<std::uint64_t> ParseSize(std::string_view text) {
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc() || end != text.data() + text.size() || fmt::format("{}", size) != text) {
    return Reject(Step::kParse, "the second line of the checkpoint is not a decimal size");
  }
  return size;
}

Checked<NoteSignature> ParseSignatureLine(std::string_view line) {
  constexpr std::string_view kDash = "\u2014 ";
  const auto wrong = [] { return Reject(Step::kParse, "a signature line of the checkpoint is malformed"); };
  if (!line.starts_with(kDash)) return wrong();
  line.remove_prefix(kDash.size());
  const auto space = line.find(' ');
  if (space == std::string_view::npos || space == 0) return wrong();
  const auto bytes = DecodeBase64(line.substr(space + 1));
  if (!bytes || bytes->size() <= kHintBytes) return wrong();
  return NoteSignature{std::string(line.substr(0, space)), bytes->substr(0, kHintBytes), bytes->substr(kHintBytes)};
}

// Which key of a name signed. Ed25519 as C2SP defines it, with the name; the others as Rekor has always written them, without.
std::string KeyHint(std::string_view name, const PublicKey& key) {
  if (key.type() != KeyType::kEd25519) return key.id().substr(0, kHintBytes);
  std::string text(name);
  text.append("\n\x01").append(key.Ed25519Bytes());
  return Sha256(text).substr(0, kHintBytes);
}

bool IsDigits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// The name that an origin starts with; nullopt when it is not written as this generation writes it.
std::optional<std::string_view> NameOfOrigin(std::string_view origin, LogGeneration generation) {
  constexpr std::string_view kSeparator = " - ";
  const auto separator = origin.rfind(kSeparator);
  const bool has_tree = separator != std::string_view::npos && IsDigits(origin.substr(separator + kSeparator.size()));
  if (has_tree != (generation == LogGeneration::kRekor1)) return std::nullopt;
  return origin.substr(0, has_tree ? separator : origin.size());
}

bool IsBy(const NoteSignature& signature, std::string_view name, const TransparencyLog& log, std::string_view text) {
  if (signature.name != name || signature.hint != KeyHint(name, log.key)) return false;
  return VerifySignature(log.key, log.algorithm, text, signature.signature).has_value();
}

}  // namespace

Checked<Checkpoint> Checkpoint::Parse(std::string_view text) {
  const auto lines = Lines(text);
  if (!lines) return std::unexpected(lines.error());
  if (lines->size() < 3) return Reject(Step::kParse, "the checkpoint has fewer than three lines: origin, size, root");
  if (lines->front().empty()) return Reject(Step::kParse, "the checkpoint has no origin");
  const auto size = ParseSize((*lines)[1]);
  if (!size) return std::unexpected(size.error());
  auto root = DecodeBase64((*lines)[2]);
  if (!root || root->size() != kRootBytes) return Reject(Step::kParse, "the third line of the checkpoint is not a root hash");
  return Checkpoint{std::string(lines->front()), *size, std::move(*root), {lines->begin() + 3, lines->end()}};
}

Checked<SignedNote> SignedNote::Parse(std::string_view note) {
  const auto blank = note.rfind("\n\n");
  if (blank == std::string_view::npos || !note.ends_with('\n')) {
    return Reject(Step::kParse, "the checkpoint is not a signed note: text, blank line, signatures");
  }
  SignedNote parsed{std::string(note.substr(0, blank + 1)), {}};
  const auto lines = Lines(note.substr(blank + 2));
  if (!lines) return std::unexpected(lines.error());
  for (const auto line : *lines) {
    auto signature = ParseSignatureLine(line);
    if (!signature) return std::unexpected(signature.error());
    parsed.signatures.push_back(std::move(*signature));
  }
  return parsed;
}

Checked<Checkpoint> VerifyCheckpoint(std::string_view note, const TransparencyLog& log, LogGeneration generation) {
  const auto signed_note = SignedNote::Parse(note);
  if (!signed_note) return std::unexpected(signed_note.error());
  auto checkpoint = Checkpoint::Parse(signed_note->text);
  if (!checkpoint) return checkpoint;
  const auto name = NameOfOrigin(checkpoint->origin, generation);
  // A v1 log names itself as its machine is called, which need not be its URL; what binds it is the key that the entry's log id names.
  if (!name || (generation == LogGeneration::kRekor2 && *name != log.Host())) {
    return Reject(Step::kTransparencyLog, fmt::format("the checkpoint's origin \"{}\" is not that of the log {}",
                                                      Printable(checkpoint->origin, 128), log.base_url));
  }
  const auto by_log = [&](const NoteSignature& signature) { return IsBy(signature, *name, log, signed_note->text); };
  if (std::ranges::none_of(signed_note->signatures, by_log)) {
    return Reject(Step::kTransparencyLog, fmt::format("the checkpoint is not signed by the log {}", log.base_url));
  }
  return checkpoint;
}

}  // namespace hullwright::verify

// Checkpoints as signed notes: what is read is written again as the same bytes; the log of strangers signed none, ours the kept ones alone.
#include <fmt/format.h>

#include <array>

#include "base/base64.h"
#include "fuzz/fuzzing.h"
#include "verify/checkpoint.h"

namespace {

using namespace hullwright;
using namespace hullwright::fuzz;
using namespace hullwright::verify;

struct Generation {
  LogGeneration generation;
  std::size_t log;  // in the trusted root
  std::string text;
};

const std::array<Generation, 2>& Generations() {
  static const std::array<Generation, 2> generations = {
      {{LogGeneration::kRekor1, 0, Kept("checkpoint-rekor1")}, {LogGeneration::kRekor2, 1, Kept("checkpoint-rekor2")}}};
  return generations;
}

std::string Written(const Checkpoint& checkpoint) {
  std::string text = fmt::format("{}\n{}\n{}", checkpoint.origin, checkpoint.size, EncodeBase64(checkpoint.root));
  for (const std::string& line : checkpoint.others) text += "\n" + line;
  return text;
}

std::string Written(const SignedNote& note) {
  std::string text = note.text + "\n";
  for (const NoteSignature& signature : note.signatures)
    text += fmt::format("\u2014 {} {}\n", signature.name, EncodeBase64(signature.hint + signature.signature));
  return text;
}

void CheckText(std::string_view text) {
  const auto checkpoint = Checkpoint::Parse(text);
  if (!checkpoint) return RequireOneLine(checkpoint.error().message);
  Require(checkpoint->root.size() == 32);
  const std::string written = Written(*checkpoint);
  Require(written == text || written + "\n" == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const TrustedRoot ours = TrustedRoot::Parse(Kept("our-root.json")).value();
  static const TrustedRoot stranger = TrustedRoot::Parse(Kept("stranger-root.json")).value();
  const std::string_view text = Text(data, size);
  CheckText(text);
  const auto note = SignedNote::Parse(text);
  if (!note) {
    RequireOneLine(note.error().message);
    return 0;
  }
  Require(Written(*note) == text);
  CheckText(note->text);
  for (const Generation& each : Generations()) {
    const auto refused = VerifyCheckpoint(text, stranger.logs[each.log], each.generation);
    Require(!refused.has_value());
    RequireOneLine(refused.error().message);
    if (VerifyCheckpoint(text, ours.logs[each.log], each.generation)) Require(note->text == each.text);
  }
  return 0;
}

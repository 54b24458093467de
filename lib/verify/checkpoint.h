// Checkpoints: a log's signed word for its size and root hash, as a signed note. Source: research sections 0.10 and 0.11, C2SP signed-note
// and tlog-checkpoint.
//
// Pure and thread-safe. Malformed is kParse, everything that does not hold kTransparencyLog.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "verify/failure.h"
#include "verify/trusted_root.h"

namespace hullwright::verify {

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  std::string root;                 // raw, 32 bytes
  std::vector<std::string> others;  // further lines, of no meaning to us

  // The text of the note, each line ended by a newline (the last one may lack it).
  static Checked<Checkpoint> Parse(std::string_view text);
};

struct NoteSignature {
  std::string name;
  std::string hint;  // 4 raw bytes that tell which key of that name
  std::string signature;
};

struct SignedNote {
  std::string text;  // what is signed, with its last newline
  std::vector<NoteSignature> signatures;

  static Checked<SignedNote> Parse(std::string_view note);
};

enum class LogGeneration {
  kRekor1,  // origin "<name> - <tree id>", signed with that name
  kRekor2,  // origin is the host of the log's URL, and the name it signs with
};

// The checkpoint inside the note, signed by this log, with an origin as its generation writes it. Signatures of others are ignored.
Checked<Checkpoint> VerifyCheckpoint(std::string_view note, const TransparencyLog& log, LogGeneration generation);

}  // namespace hullwright::verify

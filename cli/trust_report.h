// What folders of publishers and trust roots amount to: who is trusted by which keys and identities, what those rest on, from when to when,
// and what of it cannot be used.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/review.h"
#include "cli/trust_text.h"

namespace hullwright::cli {

// As written on the command line.
struct TrustFolders {
  std::vector<std::string> folders;
  std::string cluster_data;  // as the webhook's --cluster-data; "" for none
  std::string release_namespace = "hullwright-system";
};

struct PublisherReport {
  std::string name, display_name;
  bool by_name = false;  // NameOnly: no signature is looked at
  std::vector<std::string> repositories, aliases;
  std::string signature_repository;
  struct Authority {
    AuthorityText text;
    std::string root;  // TrustRoot it rests on; "" for none
  };
  std::vector<Authority> authorities;
  std::vector<std::string> broken;  // authorities that cannot be used, and why
};

// A log, an authority or a certificate of a root.
struct RootPart {
  std::string kind;         // "certificate authority", "transparency log", "store ca"
  std::string name;         // URL or subject
  std::string fingerprint;  // of key or certificate, "sha256:…"
  Time from{};
  std::optional<Time> until;  // nullopt: no end is set
};

struct RootReport {
  std::string name, type;
  std::vector<RootPart> parts;
  std::vector<std::string> broken;
};

struct TrustReport {
  Time now{};
  std::vector<PublisherReport> publishers;
  std::vector<RootReport> roots;
  std::vector<InputProblem> problems;  // objects that cannot be used at all

  // kCouldNotTell when anything cannot be used: that is what images judged by it will be.
  ExitCode Verdict() const;
};

// Errors: a folder cannot be read.
Result<TrustReport> ReadTrustReport(const TrustFolders& folders, Time now);

}  // namespace hullwright::cli

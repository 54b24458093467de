// The mirror of a TUF repository in memory: serves what was published, until the test has it lie.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "evidence/trust_fetcher.h"
#include "support/minted_tuf.h"
#include "verify/hash.h"

namespace hullwright::testing {

inline constexpr std::string_view kMirrorUrl = "https://tuf.example/repository";

// A trusted root that can be read; of another name it is another document.
inline std::string TrustedRootJson(std::string_view media = "application/vnd.dev.sigstore.trustedroot+json;version=0.1") {
  return fmt::format(R"({{"mediaType":"{}","tlogs":[],"certificateAuthorities":[],"ctlogs":[],"timestampAuthorities":[]}})", media);
}

struct TufMirror final : evidence::TrustFetcher {
  TufRepository repository;
  std::map<std::string, std::string> files;  // by path below kMirrorUrl
  // Answers in the mirror's place; nullopt: it answers honestly.
  std::function<std::optional<Result<std::string>>(const std::string& path)> lie;
  std::vector<std::string> asked;

  TufMirror() { repository.target = TrustedRootJson(); }

  // Puts these versions of the roles online, one behind the other; the target is as repository.target now says.
  void Publish(int timestamp, int snapshot, int targets, std::string_view expires = kTufSoon) {
    const std::string targets_json = repository.Targets(targets, expires);
    const std::string snapshot_json =
        SignTuf(TufListingPart("snapshot", snapshot, TufFileEntry("targets.json", targets_json, targets), expires), {&repository.online});
    files["timestamp.json"] = SignTuf(
        TufListingPart("timestamp", timestamp, TufFileEntry("snapshot.json", snapshot_json, snapshot), expires), {&repository.online});
    files[fmt::format("{}.snapshot.json", snapshot)] = snapshot_json;
    files[fmt::format("{}.targets.json", targets)] = targets_json;
    files[TargetPath()] = repository.target;
  }
  std::string TargetPath() const { return fmt::format("targets/{}.trusted_root.json", verify::ToHex(verify::Sha256(repository.target))); }

  Result<std::string> Fetch(const evidence::FetchRequest& request) override {
    const std::string path = request.url.substr(kMirrorUrl.size() + 1);
    asked.push_back(path);
    if (lie) {
      if (auto answer = lie(path)) return Bounded(std::move(*answer), request.max_bytes);
    }
    const auto file = files.find(path);
    if (file == files.end()) return Fail(ErrorCode::kNotFound, path + " answers 404");
    return Bounded(file->second, request.max_bytes);
  }

 private:
  // As the HTTP client does: it reads no further than the bound.
  static Result<std::string> Bounded(Result<std::string> answer, std::size_t max_bytes) {
    if (answer && answer->size() > max_bytes) return Fail(ErrorCode::kTooLarge, fmt::format("more than {} bytes", max_bytes));
    return answer;
  }
};

}  // namespace hullwright::testing

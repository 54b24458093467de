// Judging recorded decisions again: by what was in force then, by that with some objects changed, or by other objects altogether.
//
// Facts are those of then, and so is the time. What a history cannot give back is what was signed (recorded_origin.h): it is gathered from
// registries where there is a gatherer. Where there is none, a rule about signatures keeps the reasons that were recorded, if it asks for
// the same as then and at the time of then; otherwise it is could-not-tell, and the replay says which rules it is unsure of.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/object.h"
#include "api/pull_context.h"
#include "base/guarded.h"
#include "evidence/gatherer.h"
#include "evidence/recent_map.h"
#include "evidence/record_reader.h"

namespace hullwright::evidence {

struct ReplayPlan {
  // Policies, publishers and waivers, in place of the recorded ones of that kind and name and beside all others.
  std::vector<api::Object> changed = {};
  std::shared_ptr<const policy::PolicySet> instead = nullptr;  // not null: by these, and by none that was recorded
  Gatherer* gatherer = nullptr;                                // null: no registry is asked. Outlives the replayer
  api::PullContext pull = {};
  std::optional<Time> now = std::nullopt;  // nullopt: the time of the decision
  bool trace = false;
};

// What a decision becomes.
enum class Change {
  kDenied,    // was allowed, and would be denied
  kUnsure,    // was allowed, and nobody can tell whether it would be denied; or was denied, and nobody can tell whether it still would be
  kAdmitted,  // was denied, and would be allowed
  kWarned,    // stays allowed; a changed policy warns
  kSame,
};
// "denied", "could-not-tell", "admitted", "warned", "same".
std::string_view ToString(Change change);

// What is not known of the reasons of a decision, each of its image: the index in Decision::images.
struct ReasonDoubts {
  std::function<bool(std::size_t, const policy::Reason&)> is_unsure;   // nobody can tell whether the reason would be there
  std::function<bool(std::size_t, const policy::Reason&)> might_deny;  // its rule could not be judged, and would deny were it violated
};
// was_allowed: what was answered, or would be without the change. changed_policies: ids.
Change ChangeBetween(bool was_allowed, const policy::Decision& now, const ReasonDoubts& doubts,
                     const std::vector<std::string>& changed_policies);
// Whether the policy of the reason would deny, were its rule violated and not only impossible to judge.
bool ViolationDenies(const policy::Reason& reason, const policy::PolicySet& policies, const policy::Subject& subject,
                     const policy::ImageFacts& image, Time now);

struct Replayed {
  policy::Decision decision;
  Change change = Change::kSame;
  std::vector<std::string> unsure;  // sentences: which rules of which policies could not be judged as they would have been
};

// Thread-safe. The reader outlives it.
class Replayer {
 public:
  Replayer(RecordReader& reader, ReplayPlan plan);

  // Errors: something of the record cannot be read.
  Result<Replayed> Replay(const Record& record);

 private:
  // What the rules of a policy ask of what was signed, compared with the policy of that name that was in force.
  struct Sameness {
    bool proofs = false;           // rules.publishers and rules.attestations, with the publishers they name
    bool vulnerabilities = false;  // rules.vulnerabilities, with the publishers and waivers
  };
  struct Sets {
    std::shared_ptr<const policy::PolicySet> then, now;
    Guarded<std::map<std::string, Sameness, std::less<>>> sameness;  // by policy id, as far as asked for
  };
  class Judgement;

  Result<std::shared_ptr<Sets>> SetsOf(const Record& record);
  static Sameness SamenessOf(Sets& sets, const policy::Policy& policy);
  void Gather(const policy::PolicySet& policies, const policy::Subject& subject, std::vector<policy::ImageFacts>& images) const;

  RecordReader& reader_;
  const ReplayPlan plan_;
  std::vector<std::string> changed_ids_;  // of the policies in plan_.changed
  // Of two policies and an exception each, thousands; bounded by the bytes of their documents, of which they take some times as much.
  RecentMap<std::shared_ptr<Sets>> sets_{{10'000, 32u << 20}};
};

}  // namespace hullwright::evidence

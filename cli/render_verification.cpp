#include <fmt/format.h>

#include <set>

#include "base/rfc3339.h"
#include "cli/text.h"
#include "cli/verify.h"

namespace hullwright::cli {
namespace {

constexpr std::size_t kIndent = 8;
constexpr std::size_t kTrialIndent = 12;

class Verification {
 public:
  Verification(const Review& review, const ClaimRecord& record, const Terminal& terminal)
      : review_(review), record_(record), terminal_(terminal), paint_(terminal) {}

  std::string Render() {
    for (const ReviewedObject& object : review_.objects) AddVerdict(object);
    AddSought();
    for (const FoundRecord& found : record_.found) AddFound(found);
    if (record_.found.empty() && !record_.sought.empty()) AddNothingFound();
    for (const ReviewedObject& object : review_.objects) AddReasons(object);
    for (const InputProblem& problem : review_.problems) Add("broken", problem.ToString());
    return std::move(out_);
  }

 private:
  void Add(std::string_view word, const std::string& text) { out_ += Paragraph(PadRight(word, kIndent), kIndent, text, terminal_.width); }

  void AddVerdict(const ReviewedObject& object) {
    const std::string_view action = ActionOf(object);
    const bool in_doubt = object.decision.outcome == policy::Outcome::kCouldNotTell;
    const std::string word = action == "denied"   ? paint_.Bold(paint_.Red(in_doubt ? "UNKNOWN" : "REFUSED"))
                             : action == "warned" ? paint_.Yellow("warned")
                                                  : paint_.Green("passed");
    for (const policy::ImageDecision& image : object.decision.images) {
      Add(word, paint_.Bold(image.reference));
      Add("", image.digest.empty() ? "its digest is not known" : image.digest);
    }
  }

  // Signers that are wanted; once, however many places were searched for them.
  void AddSought() {
    std::set<std::string> told;
    for (const SoughtRecord& sought : record_.sought) {
      if (!told.insert(sought.publisher).second) continue;
      for (const AuthorityText& authority : sought.authorities)
        Add(paint_.Dim("wanted"),
            fmt::format("{}: {}; {}", NameOf(sought.publisher, authority.name), authority.wanted, paint_.Dim(authority.proofs)));
      for (const std::string& broken : sought.broken) Add(paint_.Red("broken"), broken);
    }
  }

  static std::string NameOf(const std::string& publisher, const std::string& authority) {
    return publisher == kCommandLine ? "--" + authority : publisher + "/" + authority;
  }

  void AddFound(const FoundRecord& found) {
    const std::string type = found.predicate_type.empty() ? "" : fmt::format(" of type {}", found.predicate_type);
    Add("found", fmt::format("{}{}  {}", found.format, type, paint_.Dim(found.source)));
    if (IsAboutAnother(found)) AddLine(fmt::format("about {}", found.subject));
    if (found.trials.empty()) AddLine(paint_.Dim("nobody asked for it"));
    for (const TrialRecord& trial : found.trials) AddTrial(trial);
  }

  // Of a platform of the image, and not of the image as a whole.
  bool IsAboutAnother(const FoundRecord& found) const {
    for (const ReviewedObject& object : review_.objects)
      for (const policy::ImageDecision& image : object.decision.images)
        if (image.digest == found.subject) return false;
    return true;
  }

  void AddLine(const std::string& text) { out_ += Paragraph(std::string(kIndent, ' '), kTrialIndent, text, terminal_.width); }

  void AddTrial(const TrialRecord& trial) {
    const std::string name = NameOf(trial.publisher, trial.authority);
    if (!trial.accepted)
      return AddLine(
          fmt::format("{} {}: {}: {}", paint_.Red(terminal_.unicode ? "✗" : "no"), name, paint_.Bold(trial.step), trial.message));
    std::string text = fmt::format("{} {}: {}", paint_.Green(terminal_.unicode ? "✓" : "ok"), name, trial.identity);
    if (!trial.issuer.empty()) text += " by " + trial.issuer;
    if (!trial.times.empty()) text += ", signed at " + FormatRfc3339(trial.times.front());
    AddLine(text);
  }

  void AddNothingFound() {
    std::set<std::string> places;
    for (const SoughtRecord& sought : record_.sought) places.insert(sought.repository);
    Add("found", fmt::format("nothing that claims to be a signature, in {}", fmt::join(places, ", ")));
  }

  void AddReasons(const ReviewedObject& object) {
    for (const policy::ImageDecision& image : object.decision.images) {
      for (const policy::Reason& reason : image.reasons) {
        Add("why", fmt::format("{}: {}", paint_.Bold(policy::ToString(reason.word)), reason.message));
        if (!reason.remedy.empty()) Add(paint_.Dim("to do"), reason.remedy);
      }
    }
  }

  const Review& review_;
  const ClaimRecord& record_;
  const Terminal& terminal_;
  const Paint paint_;
  std::string out_;
};

}  // namespace

std::string RenderVerification(const Review& review, const ClaimRecord& record, const Terminal& terminal) {
  return Verification(review, record, terminal).Render();
}

}  // namespace hullwright::cli
